/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>

#include "ha_sync_hook_time.h"

/** samples that are kept */
#define SAMPLES 4096

START_TEST(test_percentiles)
{
	ha_sync_hook_time_t *times;
	uint64_t median, p99;
	int i;

	times = ha_sync_hook_time_create();
	ck_assert_uint_eq(times->get(times, &median, &p99), 0);
	ck_assert(median == 0 && p99 == 0);
	times->add(times, 7);
	ck_assert_uint_eq(times->get(times, &median, &p99), 1);
	ck_assert(median == 7 && p99 == 7);
	times->destroy(times);

	/* 1 to 1000, not in order: 7 and 1000 have no common factor */
	times = ha_sync_hook_time_create();
	for (i = 0; i < 1000; i++)
	{
		times->add(times, i * 7 % 1000 + 1);
	}
	ck_assert_uint_eq(times->get(times, &median, &p99), 1000);
	ck_assert_uint_eq(median, 501);
	ck_assert_uint_eq(p99, 991);
	times->destroy(times);
}
END_TEST

START_TEST(test_ring)
{
	ha_sync_hook_time_t *times;
	uint64_t median, p99;
	int i;

	/* old ones are replaced */
	times = ha_sync_hook_time_create();
	for (i = 0; i < 2 * SAMPLES; i++)
	{
		times->add(times, i < SAMPLES ? 1000000 : 5);
	}
	ck_assert_uint_eq(times->get(times, &median, &p99), 2 * SAMPLES);
	ck_assert(median == 5 && p99 == 5);
	times->destroy(times);
}
END_TEST

START_TEST(test_now)
{
	uint64_t before, after;

	before = ha_sync_hook_now();
	after = ha_sync_hook_now();
	ck_assert(before && after >= before);
}
END_TEST

static Suite *hook_time_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_hook_time");
	tc = tcase_create("times");
	tcase_add_test(tc, test_percentiles);
	tcase_add_test(tc, test_ring);
	tcase_add_test(tc, test_now);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_hook_time"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(hook_time_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
