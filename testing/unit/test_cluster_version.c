/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include "cluster_version.h"

/**
 * What a daemon of this version logs when it starts; volatile, so that it's in
 * the program whatever an optimizer knows about it.
 */
static char *volatile banner = "Starting test (strongSwan " VERSION ", Linux)";

/**
 * Options of ASan, which takes the look through all constants of the program
 * for a read behind the end of one.
 */
const char *__asan_default_options()
{
	return "intercept_memmem=0";
}

/**
 * What is logged, a line.
 */
static char logged[BUF_LEN];

/**
 * Keeps the line.
 */
static void dbg_keep(debug_t group, level_t level, char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(logged, sizeof(logged), fmt, args);
	va_end(args);
}

START_TEST(test_same)
{
	ck_assert_msg(strstr(banner, VERSION) != NULL, "%s", banner);
	ck_assert(cluster_check_version("test"));
	ck_assert_str_eq(logged, "");
}
END_TEST

START_TEST(test_other)
{
	ck_assert(!cluster_check_version_of("test", "5.9.0"));
	ck_assert_msg(strstr(logged, "5.9.0") != NULL, "%s", logged);
	ck_assert_msg(strstr(logged, VERSION) != NULL, "%s", logged);
}
END_TEST

static Suite *version_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("cluster version");

	tc = tcase_create("version");
	tcase_add_test(tc, test_same);
	tcase_add_test(tc, test_other);
	suite_add_tcase(s, tc);

	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	dbg = dbg_keep;
	sr = srunner_create(version_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
