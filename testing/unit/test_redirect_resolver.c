/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <threading/semaphore.h>

#include "redirect_resolver.h"

/** names that are looked up at the same time, more than there are threads */
#define NAMES 12
#define THREADS 4

static daemon_t fake_charon;
static bus_t bus;

/** look-ups under way, most of them at the same time, and all */
static refcount_t running, most, all;

/** released for each look-up that shall end */
static semaphore_t *answers;

/** jobs that ran beside them */
static refcount_t others;

/**
 * Implements bus_t.log, libcharon's DBG() calls it.
 */
static void ignore_log(bus_t *this, debug_t group, level_t level, char *format,
					   ...)
{
}

/**
 * Implements host_resolver_t.resolve: a name server that answers late.
 */
static host_t *resolve(host_resolver_t *this, char *name, int family)
{
	refcount_t now = ref_get(&running);

	if (now > ref_cur(&most))
	{
		ref_get(&most);
	}
	ref_get(&all);
	answers->wait(answers);
	ignore_result(ref_put(&running));
	return streq(name, "none.example.org") ? NULL :
				host_create_from_string("192.0.2.2", 0);
}

/**
 * What IKE does.
 */
static job_requeue_t work(void *unused)
{
	ref_get(&others);
	return JOB_REQUEUE_NONE;
}

/**
 * Wait up to 5 s until a number is reached.
 */
static void wait_for(refcount_t *number, u_int wanted)
{
	u_int i;

	for (i = 0; i < 500 && ref_cur(number) < wanted; i++)
	{
		usleep(10000);
	}
	ck_assert_uint_eq(ref_cur(number), wanted);
}

/**
 * Get a packet that nobody can do anything with.
 */
static packet_t *garbage()
{
	return packet_create_from_data(host_create_any(AF_INET),
								   host_create_any(AF_INET),
								   chunk_clone(chunk_from_str("x")));
}

static void setup()
{
	bus.log = ignore_log;
	fake_charon.bus = &bus;
	charon = &fake_charon;
	running = most = all = others = 0;
	answers = semaphore_create(0);
	lib->hosts->resolve = resolve;
	lib->processor->set_threads(lib->processor, THREADS);
}

static void teardown()
{
	lib->processor->cancel(lib->processor);
	answers->destroy(answers);
}

/**
 * V2: a name server that doesn't answer has some threads wait, not all.
 */
START_TEST(test_threads)
{
	redirect_resolver_t *this = redirect_resolver_create();
	char name[32];
	host_t *host;
	u_int i;

	for (i = 0; i < NAMES; i++)
	{
		snprintf(name, sizeof(name), "gw%u.example.org", i);
		ck_assert(this->lookup(this, name, 10, garbage()));
		ck_assert(!this->get(this, name));
	}
	/* a name twice is one look-up */
	ck_assert(this->lookup(this, name, 10, garbage()));
	wait_for(&all, REDIRECT_RESOLVER_JOBS);
	for (i = 0; i < NAMES; i++)
	{
		lib->processor->queue_job(lib->processor,
				(job_t*)callback_job_create(work, NULL, NULL, NULL));
	}
	wait_for(&others, NAMES);
	ck_assert_uint_eq(ref_cur(&all), REDIRECT_RESOLVER_JOBS);
	/* the others follow as there are answers */
	for (i = 0; i < NAMES; i++)
	{
		answers->post(answers);
	}
	wait_for(&all, NAMES);
	ck_assert_uint_eq(ref_cur(&most), REDIRECT_RESOLVER_JOBS);
	host = NULL;
	for (i = 0; i < 500 && !host; i++)
	{
		usleep(10000);
		host = this->get(this, name);
	}
	ck_assert(host);
	host->destroy(host);
	this->destroy(this);
}
END_TEST

/**
 * What took too long isn't used, nor looked up if that did not begin in time.
 */
START_TEST(test_late)
{
	redirect_resolver_t *this = redirect_resolver_create();
	u_int i;

	for (i = 0; i < REDIRECT_RESOLVER_JOBS; i++)
	{
		ck_assert(this->lookup(this, i ? "a.example.org" : "none.example.org",
							   1, garbage()));
	}
	ck_assert(this->lookup(this, "b.example.org", 1, garbage()));
	wait_for(&all, REDIRECT_RESOLVER_JOBS);
	sleep(3);
	for (i = 0; i < REDIRECT_RESOLVER_JOBS + 1; i++)
	{
		answers->post(answers);
	}
	usleep(200000);
	ck_assert_uint_eq(ref_cur(&all), REDIRECT_RESOLVER_JOBS);
	ck_assert(!this->get(this, "a.example.org"));
	ck_assert(!this->get(this, "b.example.org"));
	ck_assert(!this->get(this, "none.example.org"));
	/* the next message tries again */
	ck_assert(this->lookup(this, "b.example.org", 10, garbage()));
	wait_for(&all, REDIRECT_RESOLVER_JOBS + 1);
	this->destroy(this);
}
END_TEST

/**
 * It may end while names wait; their number is limited.
 */
START_TEST(test_limit)
{
	redirect_resolver_t *this = redirect_resolver_create();
	char name[32];
	u_int i;

	for (i = 0; i < REDIRECT_RESOLVER_MAX; i++)
	{
		snprintf(name, sizeof(name), "gw%u.example.org", i);
		ck_assert(this->lookup(this, name, 10, garbage()));
	}
	ck_assert(!this->lookup(this, "one.more.example.org", 10, garbage()));
	wait_for(&all, REDIRECT_RESOLVER_JOBS);
	this->destroy(this);
	for (i = 0; i < REDIRECT_RESOLVER_JOBS; i++)
	{
		answers->post(answers);
	}
	usleep(200000);
	ck_assert_uint_eq(ref_cur(&all), REDIRECT_RESOLVER_JOBS);
}
END_TEST

static Suite *redirect_resolver_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("redirect_resolver");
	tc = tcase_create("redirect_resolver");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_threads);
	tcase_add_test(tc, test_late);
	tcase_add_test(tc, test_limit);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_redirect_resolver"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(redirect_resolver_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
