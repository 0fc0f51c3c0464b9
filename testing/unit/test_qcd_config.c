/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include <library.h>

#include "qcd_config.h"

/**
 * The last line that was logged, and how many were.
 */
static char logged[256];
static u_int lines;

/**
 * Implements dbg.
 */
static void keep_log(debug_t group, level_t level, char *fmt, ...)
{
	va_list args;

	if (level <= 1)
	{
		va_start(args, fmt);
		vsnprintf(logged, sizeof(logged), fmt, args);
		va_end(args);
		lines++;
	}
}

/**
 * Load the options with one that is set.
 */
static void load(qcd_config_t *config, char *name, char *value)
{
	char key[128];

	/* settings don't take dots of arguments as borders of sections */
	snprintf(key, sizeof(key), "%s.plugins.qcd.%s", lib->ns, name);
	lib->settings->set_str(lib->settings, key, value);
	lines = 0;
	qcd_config_load(config);
	lib->settings->set_str(lib->settings, key, NULL);
}

/**
 * Values of a yes or no that strongSwan does not know are said.
 */
START_TEST(test_bool)
{
	char *good[] = {
		"yes", "true", "enabled", "1", "no", "false", "disabled", "0", "No",
	};
	qcd_config_t config = {};
	u_int i;

	dbg = keep_log;
	load(&config, "maker", NULL);
	ck_assert_uint_eq(lines, 0);
	ck_assert(config.maker);
	ck_assert(!config.token_address);
	for (i = 0; i < countof(good); i++)
	{
		load(&config, "maker", good[i]);
		ck_assert_uint_eq(lines, 0);
		ck_assert_int_eq(config.maker, i < 4);
		load(&config, "token_address", good[i]);
		ck_assert_uint_eq(lines, 0);
		ck_assert_int_eq(config.token_address, i < 4);
	}
	load(&config, "maker", "off");
	ck_assert_uint_eq(lines, 1);
	ck_assert_str_eq(logged, "qcd: maker = off is wrong, it's yes, true, "
					 "enabled or 1, or no, false, disabled or 0; using yes");
	ck_assert(config.maker);
	load(&config, "token_address", "on");
	ck_assert_uint_eq(lines, 1);
	ck_assert_str_eq(logged, "qcd: token_address = on is wrong, it's yes, "
					 "true, enabled or 1, or no, false, disabled or 0; using "
					 "no");
	ck_assert(!config.token_address);
	dbg = dbg_default;
	qcd_config_clear(&config);
}
END_TEST

static Suite *qcd_config_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("qcd_config");
	tc = tcase_create("qcd_config");
	tcase_add_test(tc, test_bool);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_qcd_config"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(qcd_config_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
