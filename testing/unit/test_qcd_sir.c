/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <daemon.h>

#include "fake_sa.h"
#include "qcd_sir.h"

/** interval of liveness checks, in ms */
#define INTERVAL 10000

/**
 * The clock, in ms.
 */
static uint64_t now;

/**
 * The IKE_SA that can be checked out.
 */
static fake_sa_t sa;

/**
 * The job queued last, and liveness checks started.
 */
static job_t *job;
static u_int checks;

/**
 * Takes the place of libstrongswan's.
 */
time_t time_monotonic(timeval_t *tv)
{
	if (tv)
	{
		*tv = (timeval_t){
			.tv_sec = now / 1000,
			.tv_usec = now % 1000 * 1000,
		};
	}
	return now / 1000;
}

METHOD(ike_sa_manager_t, checkout, ike_sa_t*,
	ike_sa_manager_t *this, ike_sa_id_t *id)
{
	return &sa.public;
}

METHOD(ike_sa_manager_t, checkin, void,
	ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
}

METHOD(bus_t, change_listener, void,
	bus_t *this, listener_t *listener)
{
}

METHOD(processor_t, queue_job, void,
	processor_t *this, job_t *new)
{
	ck_assert(!job);
	job = new;
}

METHOD(qcd_recovery_t, check_, void,
	qcd_recovery_t *this, qcd_owner_t *owner)
{
	ck_assert(owner->spi_i == FAKE_SPI_I && owner->spi_r == FAKE_SPI_R);
	checks++;
}

static ike_sa_manager_t manager;
static processor_t processor, *real;
static daemon_t fake_charon;
static bus_t bus;
static qcd_config_t config;
static qcd_recovery_t recovery;
static qcd_store_t *store;
static qcd_stats_t *stats;
static qcd_sir_t *this;

static void setup()
{
	fake_sa_init(&sa, TRUE, 1, 2);
	manager.checkout = _checkout;
	manager.checkin = _checkin;
	recovery.check = _check_;
	bus = fake_bus;
	bus.add_listener = bus.remove_listener = _change_listener;
	fake_charon.ike_sa_manager = &manager;
	fake_charon.bus = &bus;
	charon = &fake_charon;
	real = lib->processor;
	processor.queue_job = _queue_job;
	lib->processor = &processor;
	now = 1000000;
	checks = 0;
	config = (qcd_config_t){
		.sir = TRUE,
		.checks = 100,
		.checks_source = 100,
		.hint_interval = INTERVAL,
	};
	store = qcd_store_create();
	stats = qcd_stats_create();
	this = qcd_sir_create(&config, store, NULL, &recovery, stats);
}

static void teardown()
{
	this->destroy(this);
	stats->destroy(stats);
	store->destroy(store);
	fake_sa_deinit(&sa);
	lib->processor = real;
	charon = NULL;
}

/**
 * A hint comes that the peer may have lost the IKE SA.
 */
static void hint()
{
	qcd_owner_t owner = { .spi_i = FAKE_SPI_I, .spi_r = FAKE_SPI_R };

	ck_assert(this->hint(this, &owner, sa.other, sa.me));
	ck_assert(job);
	job->execute(job);
	job->destroy(job);
	job = NULL;
}

/**
 * V2, Q4: a peer that does not know SIR gets a liveness check, but one in the
 * interval only.
 */
START_TEST(test_no_sir)
{
	store->live(store, FAKE_SPI_I, FAKE_SPI_R);
	hint();
	ck_assert_uint_eq(checks, 1);
	hint();
	now += INTERVAL - 1;
	hint();
	ck_assert_uint_eq(checks, 1);
	now++;
	hint();
	ck_assert_uint_eq(checks, 2);
	ck_assert_uint_eq(stats->get(stats, QCD_LIVENESS), 2);
	ck_assert_uint_eq(stats->get(stats, QCD_HINTS_LIMITED), 2);
	ck_assert_uint_eq(stats->get(stats, QCD_SIR_QUERIES), 0);
}
END_TEST

static Suite *qcd_sir_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("qcd_sir");
	tc = tcase_create("qcd_sir");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_no_sir);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_qcd_sir"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}
	/* the crypto of the installed strongSwan */
	lib->plugins->load(lib->plugins, "random nonce openssl");

	sr = srunner_create(qcd_sir_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
