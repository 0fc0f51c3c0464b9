/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>

#include "ha_sync_groups.h"
#include "ha_sync_option.h"

/**
 * What was logged, one line each.
 */
static char logged[4096];

/**
 * Takes the place of libstrongswan's log.
 */
static void log_line(debug_t group, level_t level, char *fmt, ...)
{
	va_list args;
	size_t len;

	if (level <= LEVEL_CTRL)
	{
		len = strlen(logged);
		va_start(args, fmt);
		/* the newline takes one more */
		vsnprintf(logged + len, sizeof(logged) - len - 1, fmt, args);
		va_end(args);
		strcat(logged, "\n");
	}
}

static void setup()
{
	dbg = log_line;
	logged[0] = '\0';
}

/**
 * Set an option of the plugin.
 */
static void set(char *name, char *value)
{
	char key[128];

	/* settings don't take dots of arguments as borders of sections */
	snprintf(key, sizeof(key), "%s.plugins.ha-sync.%s", lib->ns, name);
	lib->settings->set_str(lib->settings, key, value);
}

/**
 * Check that one line was logged, with something in it.
 */
static void assert_logged(char *part)
{
	ck_assert_msg(strstr(logged, part), "'%s' misses '%s'", logged, part);
	ck_assert_msg(strchr(logged, '\n') == logged + strlen(logged) - 1,
				  "more than one line: %s", logged);
	logged[0] = '\0';
}

/**
 * Find the group of an address.
 */
static char *find(ha_sync_groups_t *groups, char *address)
{
	host_t *host;
	char *found;

	host = host_create_from_string(address, 4500);
	found = groups->find(groups, host);
	host->destroy(host);
	return found;
}

/**
 * Number of addresses of a group, -1 if there is no such group.
 */
static int count_addresses(ha_sync_groups_t *groups, char *name)
{
	array_t *addresses;
	int count;

	addresses = groups->get_addresses(groups, name);
	if (!addresses)
	{
		return -1;
	}
	count = array_count(addresses);
	array_destroy_offset(addresses, offsetof(host_t, destroy));
	return count;
}

/**
 * Check the names of all groups, up to two.
 */
static void assert_names(ha_sync_groups_t *groups, char *first, char *second)
{
	array_t *names;
	char *name;

	names = groups->get_names(groups);
	ck_assert_int_eq(array_count(names), second ? 2 : 1);
	array_get(names, 0, &name);
	ck_assert_str_eq(name, first);
	if (second)
	{
		array_get(names, 1, &name);
		ck_assert_str_eq(name, second);
	}
	array_destroy(names);
}

START_TEST(test_default)
{
	ha_sync_groups_t *groups;

	/* spaces, commas, or both */
	set("addresses", " 192.168.0.5,10.1.0.5  fec0::5, ");
	groups = ha_sync_groups_create();
	ck_assert(groups);
	assert_names(groups, "default", NULL);
	ck_assert_int_eq(count_addresses(groups, "default"), 3);
	ck_assert_int_eq(count_addresses(groups, "other"), -1);
	ck_assert_str_eq(find(groups, "192.168.0.5"), "default");
	ck_assert_str_eq(find(groups, "10.1.0.5"), "default");
	ck_assert_str_eq(find(groups, "fec0::5"), "default");
	ck_assert(!find(groups, "192.168.0.50"));
	ck_assert(!find(groups, "fec0::50"));
	groups->destroy(groups);
	ck_assert_str_eq(logged, "");
}
END_TEST

START_TEST(test_several)
{
	ha_sync_groups_t *groups;

	set("groups.a.addresses", "192.168.0.5 10.1.0.5");
	set("groups.b.addresses", "192.168.0.6");
	groups = ha_sync_groups_create();
	ck_assert(groups);
	assert_names(groups, "a", "b");
	ck_assert_str_eq(find(groups, "10.1.0.5"), "a");
	ck_assert_str_eq(find(groups, "192.168.0.6"), "b");
	ck_assert_int_eq(count_addresses(groups, "a"), 2);
	groups->destroy(groups);
}
END_TEST

START_TEST(test_reload)
{
	ha_sync_groups_t *groups;
	char *name;

	set("groups.a.addresses", "192.168.0.5");
	groups = ha_sync_groups_create();
	ck_assert(groups);
	name = find(groups, "192.168.0.5");

	set("groups.a.addresses", "192.168.0.7");
	set("groups.b.addresses", "192.168.0.6");
	ck_assert(groups->reload(groups));
	assert_names(groups, "a", "b");
	ck_assert(!find(groups, "192.168.0.5"));
	/* the name that was handed out stays the same */
	ck_assert(find(groups, "192.168.0.7") == name);
	ck_assert_str_eq(find(groups, "192.168.0.6"), "b");

	/* a wrong one changes nothing */
	set("groups.a.addresses", "192.168.0.8");
	set("groups.b.addresses", "192.168.0");
	ck_assert(!groups->reload(groups));
	assert_logged("'192.168.0' of group 'b' is not an IP address");
	ck_assert(find(groups, "192.168.0.7") && find(groups, "192.168.0.6"));
	ck_assert(!find(groups, "192.168.0.8"));
	groups->destroy(groups);
}
END_TEST

START_TEST(test_removed)
{
	ha_sync_groups_t *groups;

	set("addresses", "192.168.0.5");
	set("groups.a.addresses", "192.168.0.6");
	groups = ha_sync_groups_create();
	ck_assert(groups);
	assert_names(groups, "a", "default");

	set("addresses", NULL);
	ck_assert(groups->reload(groups));
	assert_names(groups, "a", NULL);
	ck_assert(!find(groups, "192.168.0.5"));

	/* and back again */
	set("addresses", "192.168.0.7");
	ck_assert(groups->reload(groups));
	assert_names(groups, "a", "default");
	ck_assert_str_eq(find(groups, "192.168.0.7"), "default");
	groups->destroy(groups);
}
END_TEST

/**
 * Addresses that are refused, and what the log says.
 */
static struct {
	char *addresses, *line;
} wrong[] = {
	{ NULL, "no service address configured for group 'default'" },
	{ "", "no service address configured for group 'default'" },
	{ " , ", "no service address configured for group 'default'" },
	{ "192.168.0.5 192.168.0.256", "'192.168.0.256' of group 'default'" },
	{ "moon", "'moon' of group 'default'" },
	{ "192.168.0.0/24", "'192.168.0.0/24' of group 'default'" },
	{ "fec0:::5", "'fec0:::5' of group 'default'" },
};

START_TEST(test_wrong)
{
	if (wrong[_i].addresses)
	{
		set("addresses", wrong[_i].addresses);
	}
	ck_assert(!ha_sync_groups_create());
	assert_logged(wrong[_i].line);
}
END_TEST

/**
 * Configure many addresses, and groups, and see if they are accepted.
 */
static bool accepts_many(int addresses, int groups)
{
	ha_sync_groups_t *created;
	char list[4096] = "", name[64];
	int i;

	for (i = 0; i < addresses; i++)
	{
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "10.0.0.%d ",
				 i);
	}
	for (i = 0; i < groups; i++)
	{
		snprintf(name, sizeof(name), "groups.g%d.addresses", i);
		set(name, list);
	}
	created = ha_sync_groups_create();
	DESTROY_IF(created);
	return created != NULL;
}

START_TEST(test_limits)
{
	ck_assert(accepts_many(64, 1));
	ck_assert(accepts_many(1, 64));
	ck_assert_str_eq(logged, "");
	ck_assert(!accepts_many(1, 65));
	assert_logged("64 groups");
	ck_assert(!accepts_many(65, 1));
	assert_logged("64 addresses");
}
END_TEST

/**
 * Numbers of options: range 50 to 1000, default 500.
 */
static struct {
	char *value;
	uint64_t number;
} numbers[] = {
	{ NULL, 500 },
	{ "50", 50 },
	{ "0x100", 256 },
	{ "1000", 1000 },
	/* all others are logged */
	{ "49", 0 },
	{ "0", 0 },
	{ "1001", 0 },
	{ "-1", 0 },
	{ "4294967346", 0 },
	{ "18446744073709551666", 0 },
	{ "many", 0 },
	{ "100k", 0 },
	{ "", 0 },
};

START_TEST(test_number)
{
	uint64_t number;

	if (numbers[_i].value)
	{
		set("sync_rate", numbers[_i].value);
	}
	number = ha_sync_option_number("sync_rate", 50, 1000, 500);
	ck_assert_uint_eq(number, numbers[_i].number ?: 500);
	if (numbers[_i].number)
	{
		ck_assert_str_eq(logged, "");
	}
	else
	{
		assert_logged(" is wrong, it's a number from 50 to 1000; using 500");
	}
}
END_TEST

static Suite *groups_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_groups");
	tc = tcase_create("groups");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, test_default);
	tcase_add_test(tc, test_several);
	tcase_add_test(tc, test_reload);
	tcase_add_test(tc, test_removed);
	tcase_add_loop_test(tc, test_wrong, 0, countof(wrong));
	tcase_add_test(tc, test_limits);
	suite_add_tcase(s, tc);

	tc = tcase_create("options");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, test_number, 0, countof(numbers));
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_groups"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(groups_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
