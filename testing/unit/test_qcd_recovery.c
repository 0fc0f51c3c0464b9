/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <daemon.h>

#include "fake_sa.h"
#include "qcd_recovery.h"

/**
 * The clock, in ms.
 */
static uint64_t now;

/**
 * The IKE_SA that can be checked out.
 */
static fake_sa_t sa;

/**
 * Jobs queued by the recovery, and IKE_SAs destroyed.
 */
static job_t *job;
static u_int destroyed;

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

METHOD(ike_sa_t, reestablish, status_t,
	fake_sa_t *this)
{
	return SUCCESS;
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

METHOD(ike_sa_manager_t, checkin_and_destroy, void,
	ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
	destroyed++;
}

METHOD(bus_t, ike_updown, void,
	bus_t *this, ike_sa_t *ike_sa, bool up)
{
	ck_assert(!up);
}

METHOD(processor_t, queue_job, void,
	processor_t *this, job_t *new)
{
	ck_assert(!job);
	job = new;
}

static ike_sa_manager_t manager;
static processor_t processor, *real;
static daemon_t fake_charon;
static bus_t bus;
static qcd_store_t *store;
static qcd_stats_t *stats;
static qcd_recovery_t *this;

static void setup()
{
	fake_sa_init(&sa, TRUE, 1, 2);
	sa.public.reestablish = (void*)_reestablish;
	sa.public.get_other_eap_id = sa.public.get_other_id;
	manager.checkout = _checkout;
	manager.checkin = _checkin;
	manager.checkin_and_destroy = _checkin_and_destroy;
	bus = fake_bus;
	bus.ike_updown = _ike_updown;
	fake_charon.ike_sa_manager = &manager;
	fake_charon.bus = &bus;
	charon = &fake_charon;
	real = lib->processor;
	processor.queue_job = _queue_job;
	lib->processor = &processor;
	now = 1000000;
	destroyed = 0;
	store = qcd_store_create();
	stats = qcd_stats_create();
	this = qcd_recovery_create(store, stats);
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
 * Lose the IKE SA with a peer that has an identity and a port, return for how
 * long the recovery waits, in ms, -1 if it is not done at all.
 */
static int lose(char *id, uint16_t port)
{
	qcd_owner_t owner = { .spi_i = FAKE_SPI_I, .spi_r = FAKE_SPI_R };
	job_requeue_t requeue;
	u_int before = destroyed;
	int delay = 0;

	DESTROY_IF(sa.other_id);
	sa.other_id = identification_create_from_string(id);
	sa.other->set_port(sa.other, port);
	this->recover(this, &owner);
	requeue = job->execute(job);
	if (requeue.type == JOB_REQUEUE_TYPE_SCHEDULE)
	{
		ck_assert_uint_eq(destroyed, before);
		ck_assert_int_eq(requeue.schedule, JOB_SCHEDULE_MS);
		delay = requeue.time.rel;
		now += delay;
		requeue = job->execute(job);
	}
	ck_assert_int_eq(requeue.type, JOB_REQUEUE_TYPE_NONE);
	job->destroy(job);
	job = NULL;
	return destroyed == before ? -1 : delay;
}

/**
 * T13: who is lost again waits longer each time, whatever its port is then; for
 * others behind the same NAT that does not count.
 */
START_TEST(test_delay)
{
	ck_assert_int_eq(lose("carol", 4501), 0);
	ck_assert_int_eq(lose("dave", 4502), 0);
	ck_assert_int_eq(lose("carol", 4501), 1000);
	now += 1500;
	ck_assert_int_eq(lose("carol", 4503), 2000);
	now += 2500;
	ck_assert_int_eq(lose("carol", 4504), 4000);
	ck_assert_int_eq(lose("dave", 4502), 1000);
	/* the peer answered more than one request with a token */
	ck_assert_int_eq(lose("dave", 4502), -1);
	now += 61000;
	ck_assert_int_eq(lose("carol", 4504), 0);
	ck_assert_int_eq(lose("dave", 4502), 0);
}
END_TEST

/**
 * The clock of a thread that was late is no reason not to wait.
 */
START_TEST(test_late)
{
	ck_assert_int_eq(lose("carol", 4501), 0);
	now--;
	ck_assert_int_eq(lose("carol", 4501), 1000);
}
END_TEST

static Suite *qcd_recovery_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("qcd_recovery");
	tc = tcase_create("qcd_recovery");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_delay);
	tcase_add_test(tc, test_late);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_qcd_recovery"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}
	/* the crypto of the installed strongSwan */
	lib->plugins->load(lib->plugins, "random nonce openssl");

	sr = srunner_create(qcd_recovery_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
