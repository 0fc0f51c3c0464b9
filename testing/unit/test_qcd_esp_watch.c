/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <daemon.h>

#include "qcd_esp_count.h"
#include "qcd_esp_watch.h"

/** addresses: of a peer, of this host, of one behind it */
#define PEER "192.0.2.100"
#define OURS "192.0.2.1"
#define FOREIGN "198.51.100.1"

/**
 * What the kernel counted.
 */
static uint64_t counted;

/**
 * Packets that arrived, and how many were read; those with an SPI below 100 are
 * only routed.
 */
static uint32_t packets[300];
static u_int arrived, taken;

/**
 * TRUE while there's a tap.
 */
static bool open_tap;

/**
 * SPIs that were answered.
 */
static uint32_t answered[300];
static u_int answers;

/**
 * Number of connections loaded.
 */
static u_int connections;

/**
 * The job of the watch.
 */
static job_t *job;

METHOD(qcd_esp_count_t, count_read, bool,
	qcd_esp_count_t *this, uint64_t *count)
{
	*count = counted;
	return TRUE;
}

METHOD(qcd_esp_count_t, count_destroy, void,
	qcd_esp_count_t *this)
{
}

/**
 * Takes the place of that of qcd_esp_count.c.
 */
qcd_esp_count_t *qcd_esp_count_create()
{
	static qcd_esp_count_t this;

	this.read = _count_read;
	this.destroy = _count_destroy;
	return &this;
}

METHOD(qcd_esp_tap_t, tap_read, bool,
	qcd_esp_tap_t *this, qcd_esp_packet_t *packet)
{
	if (taken == arrived)
	{
		return FALSE;
	}
	packet->spi = packets[taken++];
	packet->udp = FALSE;
	packet->src = host_create_from_string(PEER, 500);
	packet->dst = host_create_from_string(packet->spi < 100 ? FOREIGN : OURS,
										  500);
	return TRUE;
}

METHOD(qcd_esp_tap_t, tap_destroy, void,
	qcd_esp_tap_t *this)
{
	open_tap = FALSE;
}

/**
 * Takes the place of that of qcd_esp_tap.c.
 */
qcd_esp_tap_t *qcd_esp_tap_create(uint16_t nat_t)
{
	static qcd_esp_tap_t this;

	this.read = _tap_read;
	this.destroy = _tap_destroy;
	ck_assert(!open_tap);
	ck_assert_uint_eq(nat_t, 4500);
	open_tap = TRUE;
	return &this;
}

METHOD(kernel_interface_t, get_interface, bool,
	kernel_interface_t *this, host_t *host, char **name)
{
	host_t *ours = host_create_from_string(OURS, 0);
	bool found;

	ck_assert(!name);
	found = host->ip_equals(host, ours);
	ours->destroy(ours);
	return found;
}

METHOD(socket_manager_t, get_port, uint16_t,
	socket_manager_t *this, bool nat_t)
{
	return nat_t ? 4500 : 500;
}

METHOD(backend_manager_t, create_ike_cfg_enumerator, enumerator_t*,
	backend_manager_t *this, host_t *me, host_t *other, ike_version_t version)
{
	return connections ? enumerator_create_single(this, NULL)
					   : enumerator_create_empty();
}

METHOD(scheduler_t, schedule_job_ms, void,
	scheduler_t *this, job_t *new, uint32_t ms)
{
	ck_assert(!job);
	job = new;
}

/**
 * Implements qcd_esp_unknown_t.
 */
static void unknown(void *user, qcd_esp_packet_t *packet)
{
	answered[answers++] = packet->spi;
}

static kernel_interface_t kernel;
static socket_manager_t sockets;
static backend_manager_t backends;
static scheduler_t scheduler, *real;
static daemon_t fake_charon;

static qcd_config_t config;
static qcd_children_t *children;
static qcd_stats_t *stats;
static qcd_esp_watch_t *this;

static void setup()
{
	kernel.get_interface = _get_interface;
	sockets.get_port = _get_port;
	backends.create_ike_cfg_enumerator = _create_ike_cfg_enumerator;
	scheduler.schedule_job_ms = _schedule_job_ms;
	fake_charon.kernel = &kernel;
	fake_charon.socket = &sockets;
	fake_charon.backends = &backends;
	charon = &fake_charon;
	real = lib->scheduler;
	lib->scheduler = &scheduler;
	config = (qcd_config_t){
		.esp_watch = TRUE,
		.esp_answers = 1,
		.esp_answers_source = 1,
	};
	connections = 1;
	children = qcd_children_create();
	stats = qcd_stats_create();
	this = qcd_esp_watch_create(&config, children, unknown, NULL, stats);
	ck_assert(job);
}

static void teardown()
{
	this->destroy(this);
	job->destroy(job);
	children->destroy(children);
	stats->destroy(stats);
	lib->scheduler = real;
	charon = NULL;
}

/**
 * Have packets arrive, with consecutive SPIs, and the watch run.
 */
static void arrive(uint32_t spi, u_int count)
{
	while (count--)
	{
		packets[arrived++] = spi++;
	}
	job->execute(job);
}

/**
 * L1: with a tap open for a packet to us, those we only route are no unknown
 * ones, and use up no limit.
 */
START_TEST(test_foreign)
{
	arrive(0, 0);
	ck_assert(!open_tap);
	counted = 1;
	arrive(0, 0);
	ck_assert(open_tap);
	arrive(1, 20);
	ck_assert(open_tap);
	ck_assert_uint_eq(answers, 0);
	ck_assert_uint_eq(stats->get(stats, QCD_ESP_UNKNOWN), 0);
	arrive(100, 1);
	ck_assert(!open_tap);
	ck_assert_uint_eq(answers, 1);
	ck_assert_uint_eq(answered[0], 100);
	ck_assert_uint_eq(stats->get(stats, QCD_ESP_UNKNOWN), 1);
	ck_assert_uint_eq(stats->get(stats, QCD_ESP_LIMITED), 0);
}
END_TEST

/**
 * Until connections are loaded, packets to us are kept, and no others: they
 * would leave no place.
 */
START_TEST(test_early)
{
	connections = 0;
	counted = 1;
	arrive(0, 0);
	ck_assert(open_tap);
	arrive(1, 64);
	ck_assert(open_tap);
	arrive(100, 1);
	ck_assert(!open_tap);
	ck_assert_uint_eq(answers, 0);
	connections = 1;
	arrive(0, 0);
	ck_assert_uint_eq(answers, 1);
	ck_assert_uint_eq(answered[0], 100);
	ck_assert_uint_eq(stats->get(stats, QCD_ESP_UNKNOWN), 1);
}
END_TEST

/**
 * The limit counts, and with it the pause: the tap is closed for it.
 */
START_TEST(test_limit)
{
	counted = 1;
	arrive(0, 0);
	arrive(100, 3);
	ck_assert(!open_tap);
	ck_assert_uint_eq(answers, 1);
	ck_assert_uint_eq(stats->get(stats, QCD_ESP_UNKNOWN), 3);
	ck_assert_uint_eq(stats->get(stats, QCD_ESP_LIMITED), 2);
	/* one was answered: no pause */
	counted = 2;
	arrive(0, 0);
	ck_assert(open_tap);
}
END_TEST

static Suite *qcd_esp_watch_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("qcd_esp_watch");
	tc = tcase_create("qcd_esp_watch");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_foreign);
	tcase_add_test(tc, test_early);
	tcase_add_test(tc, test_limit);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_qcd_esp_watch"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}
	/* the crypto of the installed strongSwan */
	lib->plugins->load(lib->plugins, "random nonce openssl");

	sr = srunner_create(qcd_esp_watch_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
