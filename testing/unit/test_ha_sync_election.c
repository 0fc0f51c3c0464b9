/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>

#include "ha_sync_election.h"

/** when the member starts, in ms; no test is before that */
#define START 1000000

/** what it waits for others after the start, a resync, and an active, in ms */
#define START_DELAY 3000
#define RESYNC_DELAY 60000
#define CLAIM_DELAY 300

/** what it waits before it settles, until others are active and after it */
#define SETTLE_DELAY 2000
#define SETTLE_GRACE 300

/**
 * Other members, and the election that is tested: "moon" of group "vpn".
 */
static ha_sync_members_t *members;
static ha_sync_election_t *election;

/**
 * Time, and when to decide again, 0 if not.
 */
static uint64_t now, until;

/**
 * Who won, if the last decision was HA_SYNC_LOSE.
 */
static char *winner;

static void setup()
{
	now = START;
	members = ha_sync_members_create();
	election = ha_sync_election_create("moon", "vpn", members);
	election->configure(election, TRUE, FALSE);
}

static void teardown()
{
	election->destroy(election);
	members->destroy(members);
}

/**
 * Connect a member and let it say something.
 */
static void say(char *name, uint64_t epoch, bool active, bool owner,
				char *successor)
{
	ha_sync_member_t *member;
	ha_sync_group_record_t record = {
		.name = "vpn",
		.epoch = epoch,
		.active = active,
		.owner = owner,
		.successor = successor,
	};

	member = members->get(members, name);
	if (!member->up)
	{
		members->up(members, name, 1);
	}
	member->reported = TRUE;
	election->record(election, member, &record, now);
}

/**
 * Decide, HA_SYNC_KEEP for HA_SYNC_TELL.
 */
static ha_sync_decision_t decide()
{
	ha_sync_decision_t decision;

	until = 0;
	decision = election->decide(election, now, &until, &winner);
	ck_assert((decision == HA_SYNC_LOSE) == (winner != NULL));
	return decision == HA_SYNC_TELL ? HA_SYNC_KEEP : decision;
}

/**
 * Get the state.
 */
static ha_sync_ownership_status_t status()
{
	ha_sync_ownership_status_t status;

	election->get_status(election, &status);
	return status;
}

/**
 * Become active, with the addresses, in the next epoch.
 */
static void be_active(bool planned)
{
	uint64_t epoch = status().epoch;

	election->set_held(election, TRUE, now);
	ck_assert_int_eq(decide(), HA_SYNC_ACTIVATE);
	ck_assert_int_eq(election->activated(election, now), planned);
	ck_assert_uint_eq(status().epoch, epoch + 1);
	ck_assert(election->is_active(election) && election->owns(election));
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
}

/**
 * Give up, in order, and settle at once or after the delay.
 */
static void give_up()
{
	ck_assert_int_eq(decide(), HA_SYNC_GIVE_UP);
	election->deactivated(election, FALSE, now);
	ck_assert(!election->is_active(election));
	if (decide() == HA_SYNC_KEEP)
	{
		ck_assert_uint_eq(until, now + SETTLE_DELAY);
		now = until;
	}
	ck_assert_int_eq(decide(), HA_SYNC_SETTLE);
	election->settled(election);
}

/**
 * Check if records of a member are accepted.
 */
static bool accepts(char *name)
{
	return election->accepts(election, members->get(members, name));
}

START_TEST(test_alone)
{
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	ck_assert(!status().active && !status().waiting && !status().held);
	ck_assert_str_eq(status().group, "vpn");
	ck_assert(!status().active_member);

	be_active(FALSE);
	ck_assert(status().held && !status().manual);
	ck_assert_str_eq(status().active_member, "moon");

	/* the addresses go: standby, still the owner of what it knows */
	now += 10;
	election->set_held(election, FALSE, now);
	give_up();
	ck_assert(!election->is_active(election) && election->owns(election));
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);

	/* they come again: all is known here */
	be_active(TRUE);
	ck_assert_uint_eq(status().epoch, 2);
}
END_TEST

START_TEST(test_settle)
{
	say("sun", 0, FALSE, FALSE, NULL);
	be_active(FALSE);

	/* nobody takes over: not longer than the delay */
	election->set_held(election, FALSE, now);
	ck_assert_int_eq(decide(), HA_SYNC_GIVE_UP);
	election->deactivated(election, FALSE, now);
	now += SETTLE_DELAY - 1;
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	ck_assert_uint_eq(until, now + 1);
	now += 1;
	ck_assert_int_eq(decide(), HA_SYNC_SETTLE);
	election->settled(election);
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	ck_assert_uint_eq(until, 0);

	/* the addresses come again meanwhile: settle first, then be active */
	be_active(TRUE);
	election->set_held(election, FALSE, now);
	ck_assert_int_eq(decide(), HA_SYNC_GIVE_UP);
	election->deactivated(election, FALSE, now);
	election->set_held(election, TRUE, now);
	ck_assert_int_eq(decide(), HA_SYNC_SETTLE);
	election->settled(election);
	be_active(TRUE);

	/* another one takes over: neighbors have to learn that, and its records
	 * are not for SAs that still send */
	election->set_held(election, FALSE, now);
	ck_assert_int_eq(decide(), HA_SYNC_GIVE_UP);
	election->deactivated(election, FALSE, now);
	now += 50;
	say("sun", 4, TRUE, TRUE, NULL);
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	ck_assert_uint_eq(until, now + SETTLE_GRACE);
	ck_assert(!accepts("sun"));
	now += SETTLE_GRACE - 1;
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	now += 1;
	ck_assert_int_eq(decide(), HA_SYNC_SETTLE);
	ck_assert(!accepts("sun"));
	election->settled(election);
	ck_assert(accepts("sun"));
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
}
END_TEST

START_TEST(test_settle_held)
{
	say("sun", 0, FALSE, FALSE, NULL);
	be_active(FALSE);

	/* packets still get here: the numbers of a copy are the other's */
	election->configure(election, TRUE, TRUE);
	election->hand_over(election, "sun");
	ck_assert_int_eq(decide(), HA_SYNC_GIVE_UP);
	election->deactivated(election, FALSE, now);
	say("sun", 2, TRUE, TRUE, NULL);
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	now += SETTLE_DELAY * 100;
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	ck_assert_uint_eq(until, 0);
	election->set_held(election, FALSE, now);
	ck_assert_int_eq(decide(), HA_SYNC_SETTLE);
}
END_TEST

START_TEST(test_unconfigured)
{
	be_active(FALSE);
	election->configure(election, FALSE, FALSE);
	ck_assert(!election->is_configured(election));
	give_up();
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	say("sun", 5, TRUE, TRUE, NULL);
	ck_assert(!accepts("sun"));
	election->configure(election, TRUE, FALSE);
	ck_assert(accepts("sun"));
}
END_TEST

START_TEST(test_start_delay)
{
	members->get(members, "sun");
	members->start(members, START);
	election->set_held(election, TRUE, now);
	now = START + START_DELAY - 1;
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	ck_assert_uint_eq(until, START + START_DELAY);
	ck_assert(strstr(status().waiting, "after the start"));

	/* connected is not enough, it has to tell what it knows */
	members->up(members, "sun", 1);
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	/* sun does not come */
	now = until;
	ck_assert_int_eq(decide(), HA_SYNC_ACTIVATE);
}
END_TEST

START_TEST(test_start_reported)
{
	members->get(members, "sun");
	members->get(members, "venus");
	members->start(members, START);
	election->set_held(election, TRUE, now);
	say("sun", 7, FALSE, TRUE, NULL);
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	say("venus", 6, FALSE, FALSE, NULL);
	/* no need to wait any longer, and sun gave up in order */
	ck_assert_uint_eq(status().epoch, 7);
	be_active(TRUE);
	ck_assert_uint_eq(status().epoch, 8);
}
END_TEST

START_TEST(test_start_resync)
{
	members->start(members, START);
	say("sun", 7, FALSE, TRUE, NULL);
	members->get(members, "sun")->resync = TRUE;
	now = START + RESYNC_DELAY - 1;
	election->set_held(election, TRUE, now);
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	ck_assert_uint_eq(until, START + RESYNC_DELAY);
	ck_assert(strstr(status().waiting, "receiving"));
	/* it's over, or takes too long, or the member is gone */
	if (_i == 0)
	{
		members->get(members, "sun")->resync = FALSE;
	}
	else if (_i == 1)
	{
		now = until;
	}
	else
	{
		members->down(members, "sun");
	}
	ck_assert_int_eq(decide(), HA_SYNC_ACTIVATE);
}
END_TEST

START_TEST(test_claim)
{
	say("sun", 3, TRUE, TRUE, NULL);
	ck_assert(accepts("sun"));
	ck_assert_str_eq(status().active_member, "sun");
	election->set_held(election, TRUE, now);
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	ck_assert_uint_eq(until, now + CLAIM_DELAY);
	ck_assert_str_eq(status().waiting, "another member is still active");
	ck_assert(!status().split_brain);
	now += CLAIM_DELAY - 1;
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);

	if (_i == 0)
	{	/* it gives up: at once, and all is known */
		say("sun", 3, FALSE, TRUE, NULL);
		be_active(TRUE);
	}
	else if (_i == 1)
	{	/* it's gone */
		members->down(members, "sun");
		be_active(FALSE);
	}
	else
	{	/* it hangs, but its host lost the addresses */
		now++;
		be_active(FALSE);
		/* that it was active before is no split brain */
		ck_assert(!status().split_brain);
	}
	ck_assert_uint_eq(status().epoch, 4);
	ck_assert(!accepts("sun"));
}
END_TEST

START_TEST(test_epochs)
{
	/* the owner of the highest epoch is accepted, nobody else */
	say("sun", 3, FALSE, TRUE, NULL);
	ck_assert(accepts("sun"));
	say("venus", 2, TRUE, TRUE, NULL);
	ck_assert(!accepts("venus") && accepts("sun"));
	ck_assert_uint_eq(status().epoch, 3);
	say("venus", 4, TRUE, TRUE, NULL);
	ck_assert(accepts("venus") && !accepts("sun"));
	ck_assert_uint_eq(status().epoch, 4);
	/* not the owner, it only heard of that epoch */
	say("sun", 4, FALSE, FALSE, NULL);
	ck_assert(!accepts("sun"));
	ck_assert(!accepts("unknown"));
	/* the highest epoch, then the highest name */
	say("sun", 5, TRUE, TRUE, NULL);
	ck_assert_str_eq(status().active_member, "sun");
	say("venus", 5, TRUE, TRUE, NULL);
	ck_assert_str_eq(status().active_member, "venus");
	/* those that are not connected don't count */
	members->down(members, "venus");
	ck_assert_str_eq(status().active_member, "sun");
	ck_assert_str_eq(election->get_other(election)->name, "sun");
	members->down(members, "sun");
	ck_assert(!election->get_other(election));
}
END_TEST

START_TEST(test_forget)
{
	ha_sync_member_t *member;

	say("sun", 3, TRUE, TRUE, NULL);
	members->down(members, "sun");
	/* the same daemon: what it said counts */
	ck_assert(!members->up(members, "sun", 1));
	ck_assert(accepts("sun"));
	members->down(members, "sun");
	member = members->up(members, "sun", 2);
	ck_assert(member && streq(member->name, "sun") && member->up &&
			  !member->reported);
	election->forget(election, member);
	ck_assert(!accepts("sun") && !election->get_other(election));
	ck_assert_uint_eq(status().epoch, 3);
	election->forget(election, member);
}
END_TEST

/**
 * Two actives: what others say, and what is decided in epoch 1.
 */
static struct {
	char *name;
	uint64_t epoch;
	bool active, owner;
	ha_sync_decision_t decision;
} splits[] = {
	{ "sun", 2, TRUE, TRUE, HA_SYNC_LOSE },
	{ "mars", 2, TRUE, TRUE, HA_SYNC_LOSE },
	/* the name decides */
	{ "sun", 1, TRUE, TRUE, HA_SYNC_LOSE },
	{ "mars", 1, TRUE, TRUE, HA_SYNC_KEEP },
	{ "sun", 0, TRUE, TRUE, HA_SYNC_KEEP },
	/* knows more, but is not active */
	{ "sun", 2, FALSE, TRUE, HA_SYNC_RAISE },
	{ "sun", 2, FALSE, FALSE, HA_SYNC_RAISE },
	{ "sun", 1, FALSE, TRUE, HA_SYNC_KEEP },
};

START_TEST(test_split)
{
	be_active(FALSE);
	now += 10;
	say(splits[_i].name, splits[_i].epoch, splits[_i].active, splits[_i].owner,
		NULL);
	ck_assert_int_eq(decide(), splits[_i].decision);
	ck_assert(status().split_brain == splits[_i].active);
	ck_assert(!accepts(splits[_i].name));
	if (splits[_i].decision == HA_SYNC_LOSE)
	{
		ck_assert_str_eq(winner, splits[_i].name);
	}
	if (splits[_i].decision == HA_SYNC_RAISE)
	{
		election->activated(election, now);
		ck_assert_uint_eq(status().epoch, splits[_i].epoch + 1);
	}
}
END_TEST

START_TEST(test_split_lost)
{
	be_active(FALSE);
	now += 10;
	say("sun", 2, TRUE, TRUE, NULL);
	ck_assert_int_eq(decide(), HA_SYNC_LOSE);
	election->deactivated(election, TRUE, now);
	/* no fight: it stays standby while it has the addresses, and says so */
	now += 100000;
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	ck_assert(status().split_brain && status().held);
	ck_assert(strstr(status().waiting, "take the addresses away"));
	ck_assert(accepts("sun") && !election->owns(election));

	if (_i == 0)
	{	/* the winner gives up or goes away */
		members->down(members, "sun");
		ck_assert_int_eq(decide(), HA_SYNC_ACTIVATE);
		ck_assert(!status().split_brain);
		return;
	}
	if (_i == 1)
	{	/* the addresses go and come again */
		election->set_held(election, FALSE, now);
		ck_assert_int_eq(decide(), HA_SYNC_KEEP);
		ck_assert(!status().split_brain && !status().waiting);
		election->set_held(election, TRUE, now);
	}
	else
	{	/* the operator decides */
		ck_assert(!election->activate(election, now));
	}
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	ck_assert(!status().split_brain);
	now += CLAIM_DELAY;
	ck_assert_int_eq(decide(), HA_SYNC_ACTIVATE);
	election->activated(election, now);
	ck_assert_uint_eq(status().epoch, 3);
}
END_TEST

START_TEST(test_tell)
{
	ha_sync_group_record_t *record;
	char *unused;

	/* a new group, once */
	ck_assert_int_eq(election->decide(election, now, &until, &unused),
					 HA_SYNC_TELL);
	ha_sync_group_record_destroy(election->get_record(election, FALSE));
	ck_assert_int_eq(election->decide(election, now, &until, &unused),
					 HA_SYNC_TELL);
	record = election->get_record(election, TRUE);
	ck_assert_str_eq(record->name, "vpn");
	ck_assert(!record->active && !record->owner && !record->held &&
			  !record->epoch && !record->successor);
	ha_sync_group_record_destroy(record);
	ck_assert_int_eq(election->decide(election, now, &until, &unused),
					 HA_SYNC_KEEP);
	switch (_i)
	{
		case 0:
			election->tell(election);
			break;
		case 1:
			say("sun", 9, FALSE, FALSE, NULL);
			break;
		case 2:
			election->stand_down(election);
			election->set_held(election, TRUE, now);
			break;
	}
	ck_assert_int_eq(election->decide(election, now, &until, &unused),
					 HA_SYNC_TELL);
	record = election->get_record(election, TRUE);
	ck_assert_uint_eq(record->epoch, _i == 1 ? 9 : 0);
	ck_assert(record->held == (_i == 2));
	ha_sync_group_record_destroy(record);
	ck_assert_int_eq(election->decide(election, now, &until, &unused),
					 HA_SYNC_KEEP);
}
END_TEST

/**
 * Check the reason why a command was refused.
 */
static void assert_refused(char *msg, char *part)
{
	ck_assert(msg);
	ck_assert_msg(strstr(msg, part), "'%s' misses '%s'", msg, part);
	free(msg);
}

START_TEST(test_commands)
{
	assert_refused(election->activate(election, now), "does not hold");
	say("sun", 3, TRUE, TRUE, NULL);
	assert_refused(election->activate(election, now), "'sun' is active");
	say("sun", 3, FALSE, TRUE, NULL);
	be_active(TRUE);

	election->stand_down(election);
	ck_assert(status().stood_down);
	give_up();
	/* whatever the addresses do */
	election->set_held(election, FALSE, now);
	election->set_held(election, TRUE, now);
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	ck_assert(!election->activate(election, now));
	ck_assert(!status().stood_down);
	be_active(TRUE);
}
END_TEST

START_TEST(test_manual)
{
	election->configure(election, TRUE, TRUE);
	election->set_held(election, TRUE, now);
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	say("sun", 3, TRUE, TRUE, NULL);
	assert_refused(election->activate(election, now), "'sun' is active");
	members->down(members, "sun");
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	ck_assert(!election->activate(election, now));
	be_active(FALSE);
	/* the addresses don't matter */
	election->set_held(election, FALSE, now);
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);
	ck_assert(status().manual);
	election->stand_down(election);
	ck_assert_int_eq(decide(), HA_SYNC_GIVE_UP);
}
END_TEST

START_TEST(test_hand_over)
{
	ha_sync_group_record_t *record;

	election->configure(election, TRUE, TRUE);
	ck_assert(!election->activate(election, now));
	be_active(FALSE);
	election->hand_over(election, "sun");
	give_up();
	record = election->get_record(election, TRUE);
	ck_assert(!record->active && record->owner);
	ck_assert_str_eq(record->successor, "sun");
	ha_sync_group_record_destroy(record);
	ck_assert_int_eq(decide(), HA_SYNC_KEEP);

	if (_i == 0)
	{
		now += 10;
		say("sun", 2, TRUE, TRUE, NULL);
		ck_assert_int_eq(decide(), HA_SYNC_KEEP);
		ck_assert(accepts("sun"));
		return;
	}
	/* it does not get active */
	election->take_back(election, now);
	ck_assert_int_eq(decide(), HA_SYNC_ACTIVATE);
	ck_assert(election->activated(election, now));
	record = election->get_record(election, TRUE);
	ck_assert(record->active && !record->successor);
	ha_sync_group_record_destroy(record);
}
END_TEST

START_TEST(test_successor)
{
	election->configure(election, TRUE, _i != 3);
	election->stand_down(election);
	switch (_i)
	{
		case 0:
			say("sun", 3, FALSE, TRUE, "moon");
			break;
		case 1:
			/* still active */
			say("sun", 3, TRUE, TRUE, "moon");
			break;
		case 2:
			/* not the owner */
			say("sun", 3, FALSE, FALSE, "moon");
			break;
		case 3:
			/* addresses decide */
			say("sun", 3, FALSE, TRUE, "moon");
			break;
		case 4:
			/* another one */
			say("sun", 3, FALSE, TRUE, "venus");
			break;
	}
	ck_assert_int_eq(decide(), _i == 0 ? HA_SYNC_ACTIVATE : HA_SYNC_KEEP);
	ck_assert(status().stood_down == (_i != 0));
}
END_TEST

static Suite *election_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_election");
	tc = tcase_create("rules");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_alone);
	tcase_add_test(tc, test_settle);
	tcase_add_test(tc, test_settle_held);
	tcase_add_test(tc, test_unconfigured);
	tcase_add_test(tc, test_start_delay);
	tcase_add_test(tc, test_start_reported);
	tcase_add_loop_test(tc, test_start_resync, 0, 3);
	tcase_add_loop_test(tc, test_claim, 0, 3);
	tcase_add_test(tc, test_epochs);
	tcase_add_test(tc, test_forget);
	tcase_add_loop_test(tc, test_split, 0, countof(splits));
	tcase_add_loop_test(tc, test_split_lost, 0, 3);
	tcase_add_loop_test(tc, test_tell, 0, 3);
	suite_add_tcase(s, tc);

	tc = tcase_create("commands");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_commands);
	tcase_add_test(tc, test_manual);
	tcase_add_loop_test(tc, test_hand_over, 0, 2);
	tcase_add_loop_test(tc, test_successor, 0, 5);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_election"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(election_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
