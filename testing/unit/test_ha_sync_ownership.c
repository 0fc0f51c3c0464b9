/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <library.h>
#include <threading/mutex.h>

#include "ha_sync_ownership.h"

/** how long a test waits for what must happen, in ms */
#define PATIENCE 10000

/** how long a member waits for others after the start, in ms */
#define START_DELAY 3000

/**
 * A member, with the channel to the other one.
 */
typedef struct {
	/** name */
	char *name;
	/** what is tested */
	ha_sync_ownership_t *ownership;
	/** it has the addresses */
	bool held;
	/** calls of ops, one line each; protected by the mutex */
	char log[4096];
} node_t;

/**
 * The members.
 */
static node_t moon = { .name = "moon" }, sun = { .name = "sun" };

/**
 * They are connected.
 */
static bool linked;

/**
 * Protects the logs, the addresses and the link.
 */
static mutex_t *mutex;

/**
 * How far the clock was moved, in s.
 */
static time_t ahead;

/**
 * Takes the place of libstrongswan's, so that tests need not wait.
 */
time_t time_monotonic(timeval_t *tv)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += __atomic_load_n(&ahead, __ATOMIC_SEQ_CST);
	if (tv)
	{
		tv->tv_sec = ts.tv_sec;
		tv->tv_usec = ts.tv_nsec / 1000;
	}
	return ts.tv_sec;
}

/**
 * Note a call.
 */
static void note(node_t *node, char *fmt, ...)
{
	va_list args;
	size_t len;

	mutex->lock(mutex);
	len = strlen(node->log);
	va_start(args, fmt);
	vsnprintf(node->log + len, sizeof(node->log) - len, fmt, args);
	va_end(args);
	mutex->unlock(mutex);
}

/**
 * Implements ha_sync_ownership_ops_t.holds
 */
static bool holds(node_t *node, char *group)
{
	bool held;

	ck_assert_str_eq(group, "vpn");
	mutex->lock(mutex);
	held = node->held;
	mutex->unlock(mutex);
	return held;
}

/**
 * Implements ha_sync_ownership_ops_t.announce: what the channel does.
 */
static void announce(node_t *node, const ha_sync_group_record_t *record)
{
	ha_sync_group_record_t *received;
	node_t *other = node == &moon ? &sun : &moon;
	chunk_t body;
	bool up;

	ck_assert_uint_eq(record->ikes, 5);
	note(node, "%s %llu\n", record->active ? "active" : "standby",
		 (unsigned long long)record->epoch);
	mutex->lock(mutex);
	up = linked;
	mutex->unlock(mutex);
	if (up)
	{
		body = ha_sync_group_encode(record);
		received = ha_sync_group_decode(body);
		ck_assert(received);
		other->ownership->record(other->ownership, node->name, received);
		ha_sync_group_record_destroy(received);
		chunk_free(&body);
	}
}

/**
 * Implements ha_sync_ownership_ops_t.activate
 */
static void activate(node_t *node, char *group, bool planned)
{
	note(node, "activate %s%s\n", group, planned ? " planned" : "");
}

/**
 * Implements ha_sync_ownership_ops_t.give_up
 */
static void give_up(node_t *node, char *group)
{
	note(node, "give up %s\n", group);
}

/**
 * Implements ha_sync_ownership_ops_t.settle
 */
static void settle(node_t *node, char *group)
{
	note(node, "settle %s\n", group);
}

/**
 * Implements ha_sync_ownership_ops_t.drop
 */
static void drop(node_t *node, char *group)
{
	note(node, "drop %s\n", group);
}

/**
 * Implements ha_sync_ownership_ops_t.resync
 */
static void resync(node_t *node, char *member)
{
	note(node, "resync %s\n", member);
}

/**
 * Implements ha_sync_ownership_ops_t.count
 */
static uint32_t count(node_t *node, char *group)
{
	return 5;
}

/**
 * Create a member, not started.
 */
static void create(node_t *node, bool manual)
{
	ha_sync_ownership_ops_t ops = {
		.user = node,
		.holds = (void*)holds,
		.announce = (void*)announce,
		.activate = (void*)activate,
		.give_up = (void*)give_up,
		.settle = (void*)settle,
		.drop = (void*)drop,
		.resync = (void*)resync,
		.count = (void*)count,
	};
	array_t *names;

	node->ownership = ha_sync_ownership_create(node->name, &ops);
	names = array_create(0, 0);
	array_insert(names, ARRAY_TAIL, "vpn");
	node->ownership->set_groups(node->ownership, names, manual);
	array_destroy(names);
}

/**
 * Start a member.
 */
static void start(node_t *node)
{
	array_t *members;

	members = array_create(0, 0);
	array_insert(members, ARRAY_TAIL, node == &moon ? "sun" : "moon");
	node->ownership->start(node->ownership, members);
	array_destroy(members);
}

/**
 * Connect or disconnect the members.
 */
static void set_link(bool up)
{
	mutex->lock(mutex);
	linked = up;
	mutex->unlock(mutex);
	if (up)
	{
		moon.ownership->member_up(moon.ownership, "sun", 1);
		sun.ownership->member_up(sun.ownership, "moon", 2);
	}
	else
	{
		moon.ownership->member_down(moon.ownership, "sun");
		sun.ownership->member_down(sun.ownership, "moon");
	}
}

/**
 * Give addresses to a member, or take them away.
 */
static void set_held(node_t *node, bool held)
{
	mutex->lock(mutex);
	node->held = held;
	mutex->unlock(mutex);
	node->ownership->addresses_changed(node->ownership);
}

/**
 * Wait for a line in the log of a member; then it's removed with those before.
 */
static void expect(node_t *node, char *line)
{
	char *found;
	bool ok = FALSE;
	int i;

	for (i = 0; !ok && i < PATIENCE; i++)
	{
		mutex->lock(mutex);
		found = strstr(node->log, line);
		ok = found != NULL;
		if (ok)
		{
			memmove(node->log, found + strlen(line),
					strlen(found + strlen(line)) + 1);
		}
		mutex->unlock(mutex);
		if (!ok)
		{
			usleep(1000);
		}
	}
	ck_assert_msg(ok, "%s: no '%s' in '%s'", node->name, line, node->log);
}

/**
 * Check that something is not in the log of a member.
 */
static void unexpected(node_t *node, char *part)
{
	mutex->lock(mutex);
	ck_assert_msg(!strstr(node->log, part), "%s: '%s' in '%s'", node->name,
				  part, node->log);
	mutex->unlock(mutex);
}

/**
 * Get the state of a member.
 */
static ha_sync_ownership_status_t status(node_t *node)
{
	ha_sync_ownership_status_t status;

	ck_assert(node->ownership->get_status(node->ownership, "vpn", &status));
	return status;
}

/**
 * Wait until this member is (not) active.
 */
static bool wait_active(node_t *node, bool active, u_int ms)
{
	return node->ownership->wait(node->ownership, "vpn", active, ms);
}

/**
 * Check if a member accepts records of the other one.
 */
static bool accepts(node_t *node)
{
	return node->ownership->accepts(node->ownership,
									node == &moon ? "sun" : "moon", "vpn");
}

/**
 * Start two members that are connected, moon is active.
 */
static void start_both(bool manual)
{
	char *msg;

	moon.held = !manual;
	create(&moon, manual);
	create(&sun, manual);
	set_link(TRUE);
	start(&moon);
	start(&sun);
	if (manual)
	{
		msg = moon.ownership->activate(moon.ownership, "vpn");
		ck_assert(!msg);
	}
	expect(&moon, "active 1\nactivate vpn\n");
	expect(&sun, "standby 1\n");
	ck_assert(moon.ownership->is_active(moon.ownership, "vpn"));
	ck_assert(!sun.ownership->is_active(sun.ownership, "vpn"));
	ck_assert(accepts(&sun) && !accepts(&moon));
}

static void setup()
{
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
}

static void teardown()
{
	/* the threads use the other member's, so both must have ended */
	moon.ownership->stop(moon.ownership);
	if (sun.ownership)
	{
		sun.ownership->stop(sun.ownership);
	}
	DESTROY_IF(moon.ownership);
	DESTROY_IF(sun.ownership);
	mutex->destroy(mutex);
}

START_TEST(test_start)
{
	moon.held = TRUE;
	create(&moon, FALSE);
	/* nothing is decided before */
	moon.ownership->addresses_changed(moon.ownership);
	ck_assert(!wait_active(&moon, TRUE, 50));
	unexpected(&moon, "active");

	start(&moon);
	expect(&moon, "standby 0\n");
	ck_assert(!wait_active(&moon, TRUE, 200));
	ck_assert_str_eq(status(&moon).waiting,
					 "waiting for the other members after the start");
	if (_i == 0)
	{	/* by its own timer */
		ck_assert(wait_active(&moon, TRUE, START_DELAY + PATIENCE));
	}
	else
	{
		__atomic_store_n(&ahead, START_DELAY / 1000, __ATOMIC_SEQ_CST);
		moon.ownership->addresses_changed(moon.ownership);
	}
	expect(&moon, "active 1\nactivate vpn\n");
	ck_assert(!status(&moon).waiting);
	ck_assert_str_eq(status(&moon).active_member, "moon");
}
END_TEST

START_TEST(test_failover)
{
	start_both(FALSE);
	/* moon dies */
	set_link(FALSE);
	set_held(&sun, TRUE);
	/* the owner did not give up: what it knew last is not known */
	expect(&sun, "active 2\nactivate vpn\n");
	ck_assert(!accepts(&sun));
}
END_TEST

START_TEST(test_move)
{
	start_both(FALSE);
	set_held(&moon, FALSE);
	/* what others need is sent before they hear of it */
	expect(&moon, "give up vpn\nstandby 1\n");
	set_held(&sun, TRUE);
	expect(&sun, "active 2\nactivate vpn planned\n");
	expect(&moon, "standby 2\n");
	/* its SAs go on for packets that still come */
	ck_assert(!accepts(&moon));
	expect(&moon, "settle vpn\nresync sun\n");
	ck_assert(accepts(&moon) && !accepts(&sun));
	ck_assert(!moon.ownership->owns(moon.ownership, "vpn"));
	ck_assert(sun.ownership->owns(sun.ownership, "vpn"));
	ck_assert_str_eq(status(&moon).active_member, "sun");
}
END_TEST

START_TEST(test_claim)
{
	start_both(FALSE);
	/* gratuitous ARP comes before the old host lost them */
	set_held(&sun, TRUE);
	ck_assert(!wait_active(&sun, TRUE, 50));
	set_held(&moon, FALSE);
	expect(&sun, "active 2\nactivate vpn planned\n");
	unexpected(&moon, "drop");
}
END_TEST

START_TEST(test_partition)
{
	start_both(FALSE);
	/* both have the addresses and don't see each other */
	set_link(FALSE);
	set_held(&sun, TRUE);
	expect(&sun, "active 2\nactivate vpn\n");
	ck_assert(moon.ownership->is_active(moon.ownership, "vpn"));
	ck_assert(!status(&moon).split_brain && !status(&sun).split_brain);

	/* healed: the lower epoch drops its copies and gets all from the winner,
	 * the higher one goes on */
	set_link(TRUE);
	expect(&moon, "standby 2\ndrop vpn\nresync sun\n");
	ck_assert(wait_active(&moon, FALSE, PATIENCE));
	ck_assert(sun.ownership->is_active(sun.ownership, "vpn"));
	unexpected(&sun, "drop");
	ck_assert(accepts(&moon) && !accepts(&sun));
	/* it still has the addresses: said as long as it's so */
	moon.ownership->addresses_changed(moon.ownership);
	expect(&moon, "");
	while (!status(&moon).waiting)
	{
		usleep(1000);
	}
	ck_assert(status(&moon).split_brain);
	ck_assert_uint_eq(status(&moon).epoch, 2);
	set_held(&moon, FALSE);
	expect(&moon, "standby 2\n");
	ck_assert(!status(&moon).split_brain);
}
END_TEST

START_TEST(test_partition_tie)
{
	/* both start alone */
	create(&moon, FALSE);
	create(&sun, FALSE);
	moon.held = sun.held = TRUE;
	__atomic_store_n(&ahead, START_DELAY / 1000 + 1, __ATOMIC_SEQ_CST);
	start(&moon);
	start(&sun);
	__atomic_store_n(&ahead, START_DELAY / 1000 * 2 + 2, __ATOMIC_SEQ_CST);
	moon.ownership->addresses_changed(moon.ownership);
	sun.ownership->addresses_changed(sun.ownership);
	expect(&moon, "active 1\nactivate vpn\n");
	expect(&sun, "active 1\nactivate vpn\n");

	/* the same epoch: sun's name sorts higher */
	set_link(TRUE);
	expect(&moon, "drop vpn\nresync sun\n");
	ck_assert(sun.ownership->is_active(sun.ownership, "vpn"));
	unexpected(&sun, "drop");
	ck_assert(accepts(&moon) && !accepts(&sun));
}
END_TEST

START_TEST(test_hand_over)
{
	start_both(TRUE);
	moon.ownership->hand_over(moon.ownership, "vpn", "sun");
	ck_assert(moon.ownership->wait_other(moon.ownership, "vpn", "sun",
										 PATIENCE));
	expect(&moon, "give up vpn\nstandby 1\n");
	expect(&sun, "active 2\nactivate vpn planned\n");
	ck_assert(!moon.ownership->wait_other(moon.ownership, "vpn", "venus", 50));
	ck_assert(!sun.ownership->wait_other(sun.ownership, "vpn", "moon", 50));
	unexpected(&moon, "drop");
}
END_TEST

START_TEST(test_take_back)
{
	start_both(TRUE);
	/* there is no such member */
	moon.ownership->hand_over(moon.ownership, "vpn", "venus");
	ck_assert(wait_active(&moon, FALSE, PATIENCE));
	ck_assert(!moon.ownership->wait_other(moon.ownership, "vpn", "venus", 50));
	moon.ownership->take_back(moon.ownership, "vpn");
	ck_assert(wait_active(&moon, TRUE, PATIENCE));
	/* what was live was not touched yet, but numbers may have been announced */
	expect(&moon, "settle vpn\n");
	expect(&moon, "active 2\nactivate vpn planned\n");
	ck_assert(!sun.ownership->is_active(sun.ownership, "vpn"));
}
END_TEST

START_TEST(test_stand_down)
{
	char *msg;

	start_both(FALSE);
	ck_assert(!moon.ownership->stand_down(moon.ownership, "vpn"));
	ck_assert(wait_active(&moon, FALSE, PATIENCE));
	expect(&moon, "give up vpn\nstandby 1\n");
	ck_assert(status(&moon).stood_down && status(&moon).held);
	/* until told otherwise */
	set_held(&moon, FALSE);
	set_held(&moon, TRUE);
	ck_assert(!wait_active(&moon, TRUE, 100));
	ck_assert(!moon.ownership->activate(moon.ownership, "vpn"));
	ck_assert(wait_active(&moon, TRUE, PATIENCE));

	msg = sun.ownership->activate(sun.ownership, "vpn");
	ck_assert(msg && strstr(msg, "'moon' is active"));
	free(msg);
	msg = sun.ownership->activate(sun.ownership, "other");
	ck_assert(msg && strstr(msg, "no group 'other'"));
	free(msg);
	msg = sun.ownership->stand_down(sun.ownership, "other");
	ck_assert(msg && strstr(msg, "no group 'other'"));
	free(msg);
}
END_TEST

START_TEST(test_group_gone)
{
	ha_sync_group_record_t *record, unknown = { .name = "other", .epoch = 1 };
	ha_sync_ownership_status_t state;
	array_t *names;

	start_both(FALSE);
	names = array_create(0, 0);
	moon.ownership->set_groups(moon.ownership, names, FALSE);
	array_destroy(names);
	expect(&moon, "give up vpn\nstandby 1\n");
	record = moon.ownership->get_record(moon.ownership, "vpn");
	ck_assert(record && !record->active && record->owner);
	ck_assert_uint_eq(record->ikes, 5);
	ha_sync_group_record_destroy(record);

	/* what nobody configured */
	sun.ownership->record(sun.ownership, "moon", &unknown);
	ck_assert(!sun.ownership->get_record(sun.ownership, "other"));
	ck_assert(!sun.ownership->accepts(sun.ownership, "moon", "other"));
	ck_assert(!sun.ownership->owns(sun.ownership, "other"));
	ck_assert(!sun.ownership->is_active(sun.ownership, "other"));
	ck_assert(!sun.ownership->get_status(sun.ownership, "other", &state));
	ck_assert(!sun.ownership->wait(sun.ownership, "other", FALSE, PATIENCE));
	sun.ownership->hand_over(sun.ownership, "other", "moon");
	sun.ownership->take_back(sun.ownership, "other");
}
END_TEST

static Suite *ownership_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_ownership");
	tc = tcase_create("ownership");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_start, 0, 2);
	tcase_add_test(tc, test_failover);
	tcase_add_test(tc, test_move);
	tcase_add_test(tc, test_claim);
	tcase_add_test(tc, test_partition);
	tcase_add_test(tc, test_partition_tie);
	tcase_add_test(tc, test_hand_over);
	tcase_add_test(tc, test_take_back);
	tcase_add_test(tc, test_stand_down);
	tcase_add_test(tc, test_group_gone);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_ownership"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(ownership_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
