/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <library.h>

#include "ha_sync_handover.h"

/**
 * File for keepalived.
 */
static char path[] = "track.XXXXXX";

/**
 * What the ownership that is handed over is told, and what it answers.
 */
static struct {
	/** calls */
	int hand_over, take_back, waits;
	/** number in the file while the other member should take over */
	int number;
	/** the addresses are kept, and were at the time above */
	bool kept, kept_then;
	/** the other member gets active */
	bool moves;
	/** only commands change the active */
	bool manual;
	/** member that is active in the end, NULL if none */
	char *other;
	/** the group is known */
	bool known;
} state;

/**
 * Read the number in the file, 1 if there is none.
 */
static int read_number()
{
	FILE *file;
	int number;

	file = fopen(path, "r");
	ck_assert(file);
	if (fscanf(file, "%d\n", &number) != 1)
	{
		number = 1;
	}
	fclose(file);
	return number;
}

METHOD(ha_sync_ownership_t, get_status, bool,
	ha_sync_ownership_t *this, char *group, ha_sync_ownership_status_t *status)
{
	*status = (ha_sync_ownership_status_t){
		.manual = state.manual,
		.active_member = state.other,
	};
	return state.known;
}

METHOD(ha_sync_ownership_t, hand_over, void,
	ha_sync_ownership_t *this, char *group, char *member)
{
	ck_assert_str_eq(group, "vpn");
	ck_assert_str_eq(member, "sun");
	state.hand_over++;
}

METHOD(ha_sync_ownership_t, take_back, void,
	ha_sync_ownership_t *this, char *group)
{
	ck_assert_str_eq(group, "vpn");
	state.take_back++;
}

METHOD(ha_sync_ownership_t, wait_other, bool,
	ha_sync_ownership_t *this, char *group, char *member, u_int ms)
{
	ck_assert_str_eq(group, "vpn");
	ck_assert_str_eq(member, "sun");
	ck_assert_uint_eq(ms, 2000);
	state.waits++;
	state.number = read_number();
	state.kept_then = state.kept;
	return state.moves;
}

METHOD(ha_sync_address_keep_t, keep, void,
	ha_sync_address_keep_t *this, char *group, u_int ms)
{
	ck_assert_str_eq(group, "vpn");
	ck_assert_uint_eq(ms, 2000);
	/* they are not gone yet */
	ck_assert_int_eq(read_number(), 1);
	state.kept = TRUE;
}

METHOD(ha_sync_address_keep_t, release, void,
	ha_sync_address_keep_t *this, char *group)
{
	ck_assert_str_eq(group, "vpn");
	state.kept = FALSE;
}

/**
 * Objects with the functions above.
 */
static ha_sync_ownership_t ownership;
static ha_sync_address_keep_t keeper;

/**
 * Set the option, NULL for none.
 */
static void set_file(char *value)
{
	lib->settings->set_str(lib->settings, "%s.plugins.ha-sync.track_file",
						   value, lib->ns);
}

static void setup()
{
	int fd;

	ownership = (ha_sync_ownership_t){
		.get_status = _get_status,
		.hand_over = _hand_over,
		.take_back = _take_back,
		.wait_other = _wait_other,
	};
	keeper = (ha_sync_address_keep_t){
		.keep = _keep,
		.release = _release,
	};
	fd = mkstemp(path);
	ck_assert(fd != -1);
	close(fd);
	set_file(path);
	state.known = TRUE;
}

static void teardown()
{
	unlink(path);
}

/**
 * Hand over and check the reason why it failed, NULL if it does not.
 */
static void assert_handover(char *part)
{
	char *msg;

	msg = ha_sync_handover(&ownership, &keeper, "vpn", "sun", 2000);
	ck_assert((msg != NULL) == (part != NULL));
	ck_assert_msg(!part || strstr(msg, part), "'%s' misses '%s'", msg, part);
	free(msg);
}

START_TEST(test_address)
{
	state.moves = _i == 0;
	assert_handover(_i == 0 ? NULL : "'sun' did not get active for group 'vpn' "
					"within 2 s");
	/* keepalived gave the addresses away, and takes them if sun dies */
	ck_assert_int_eq(state.waits, 1);
	ck_assert_int_eq(state.number, -200);
	/* if it fails they stay where they are, else ownership releases them */
	ck_assert(state.kept_then);
	ck_assert_int_eq(state.kept, _i == 0);
	ck_assert_int_eq(read_number(), 0);
	ck_assert_int_eq(state.hand_over, 0);
	ck_assert_int_eq(state.take_back, 0);
}
END_TEST

START_TEST(test_another)
{
	/* keepalived's priorities say so */
	state.other = "alice";
	assert_handover("let 'alice' be active for group 'vpn', not 'sun'");
	ck_assert_int_eq(read_number(), 0);
}
END_TEST

START_TEST(test_manual)
{
	state.manual = TRUE;
	state.moves = _i == 0;
	assert_handover(_i == 0 ? NULL : "it was taken back");
	ck_assert_int_eq(state.waits, 1);
	ck_assert_int_eq(state.hand_over, 1);
	ck_assert_int_eq(state.take_back, _i);
	/* nothing was written, no address moves by itself */
	ck_assert(!state.kept_then);
	ck_assert_int_eq(read_number(), 1);
}
END_TEST

START_TEST(test_refused)
{
	set_file(NULL);
	assert_handover("set track_file for group 'vpn'");
	ck_assert(!state.kept);
	set_file("/nonexistent/track");
	assert_handover("writing track_file '/nonexistent/track' failed: No such");
	ck_assert(!state.kept);
	state.known = FALSE;
	assert_handover("no group 'vpn'");
	ck_assert_int_eq(state.waits, 0);
}
END_TEST

START_TEST(test_hint)
{
	ha_sync_handover_hint("vpn", FALSE);
	ck_assert_int_eq(read_number(), -200);
	ha_sync_handover_hint("vpn", TRUE);
	ck_assert_int_eq(read_number(), 0);
	/* logged only */
	set_file("/nonexistent/track");
	ha_sync_handover_hint("vpn", FALSE);
	set_file(NULL);
	ha_sync_handover_hint("vpn", FALSE);
	ck_assert_int_eq(read_number(), 0);
}
END_TEST

/**
 * Check the number in a group's file after telling a value.
 */
static void assert_group(char *group, bool willing, int number)
{
	char *msg;

	msg = ha_sync_handover_willing(group, willing);
	ck_assert_msg(!msg, "%s", msg);
	ck_assert_int_eq(read_number(), number);
}

START_TEST(test_groups)
{
	char *msg;

	/* the only group */
	lib->settings->set_str(lib->settings,
						   "%s.plugins.ha-sync.groups.vpn.addresses",
						   "192.168.0.5", lib->ns);
	assert_group("vpn", FALSE, -200);
	/* one file is not for two groups, or both would move */
	lib->settings->set_str(lib->settings,
						   "%s.plugins.ha-sync.groups.lab.addresses",
						   "192.168.0.6", lib->ns);
	msg = ha_sync_handover_willing("vpn", TRUE);
	ck_assert(msg && strstr(msg, "set track_file for group 'vpn'"));
	free(msg);
	ck_assert_int_eq(read_number(), -200);
	/* each has its own */
	lib->settings->set_str(lib->settings,
						   "%s.plugins.ha-sync.groups.vpn.track_file", path,
						   lib->ns);
	assert_group("vpn", TRUE, 0);
	ha_sync_handover_hint("lab", FALSE);
	ck_assert_int_eq(read_number(), 0);
	/* that of the plugin belongs to its addresses */
	lib->settings->set_str(lib->settings,
						   "%s.plugins.ha-sync.groups.vpn.track_file", NULL,
						   lib->ns);
	lib->settings->set_str(lib->settings, "%s.plugins.ha-sync.addresses",
						   "192.168.0.7", lib->ns);
	assert_group("default", FALSE, -200);
}
END_TEST

static Suite *handover_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_handover");
	tc = tcase_create("handover");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_address, 0, 2);
	tcase_add_loop_test(tc, test_manual, 0, 2);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_another);
	tcase_add_test(tc, test_hint);
	tcase_add_test(tc, test_groups);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_handover"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(handover_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
