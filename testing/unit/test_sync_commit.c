/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Acknowledgements between real channels: prompt if somebody waits for them,
 * and for what was processed only.
 */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "sync_test.h"
#include "sync_commit.h"
#include "sync_wake.h"

/** heartbeats so far apart that no acknowledgement comes with one, in ms */
#define RARE_HEARTBEAT 20000

/** messages in a row */
#define COUNT 200

/** calls of changed() */
static refcount_t changes;

/**
 * Callback of the channel.
 */
static void changed(void *user)
{
	ref_get(&changes);
}

/**
 * Options of a member that rarely sends heartbeats.
 */
static sync_config_t *rare_config(char *name, u_int number, u_int members)
{
	sync_config_t *config = test_config(name, number, members);

	config->heartbeat = RARE_HEARTBEAT;
	config->timeout = 4 * RARE_HEARTBEAT;
	return config;
}

/**
 * Wait until a sequence number is committed, and members are up, or not.
 */
static void await_commit(test_member_t *this, uint64_t seq, bool up)
{
	uint64_t start = sync_now(), committed = 0;

	while (this->channel->get_committed(this->channel, &committed) != up ||
		   committed < seq)
	{
		ck_assert_msg(sync_now() < start + RARE_HEARTBEAT / 2,
					  "committed %llu instead of %llu",
					  (unsigned long long)committed, (unsigned long long)seq);
		usleep(1000);
	}
}

START_TEST(test_prompt)
{
	test_member_t *moon, *sun;
	uint64_t seq, before;
	u_int i;

	moon = test_member_create(rare_config("moon", 1, 2), TRUE);
	ck_assert(!moon->channel->get_committed(moon->channel, &seq));
	moon->channel->on_commit(moon->channel, changed, NULL);
	sun = test_member_create(rare_config("sun", 2, 2), TRUE);
	/* heartbeats come too late for it */
	await_commit(moon, 0, TRUE);
	ck_assert_uint_gt(ref_cur(&changes), 0);
	for (i = 0; i < COUNT; i++)
	{
		before = ref_cur(&changes);
		seq = test_send(moon, "%u", i);
		await_commit(moon, seq, TRUE);
		ck_assert_uint_eq(test_count(sun, "moon 1 %u", i), 1);
		ck_assert_uint_gt(ref_cur(&changes), before);
	}
	moon->channel->on_commit(moon->channel, NULL, NULL);
	before = ref_cur(&changes);
	test_member_destroy(sun);
	await_commit(moon, seq, FALSE);
	ck_assert_uint_eq(ref_cur(&changes), before);
	test_member_destroy(moon);
}
END_TEST

/**
 * Who does not ask causes no acknowledgements.
 */
START_TEST(test_nobody_waits)
{
	test_member_t *moon, *sun;
	uint64_t frames, seq, committed;
	u_int i;

	moon = test_member_create(rare_config("moon", 1, 2), TRUE);
	sun = test_member_create(rare_config("sun", 2, 2), TRUE);
	await_commit(moon, 0, TRUE);
	test_await(moon, 0, "end sun");
	test_await_state(moon, "sun", SYNC_LINK_UP);
	test_send(moon, "first");
	test_await(sun, 0, "moon 1 first");
	frames = test_info(moon, "sun").frames_in;
	for (i = 0; i < COUNT; i++)
	{
		seq = test_send(moon, "%u", i);
	}
	test_await(sun, 0, "moon 1 %u", COUNT - 1);
	ck_assert_uint_le(test_info(moon, "sun").frames_in, frames + 2);
	moon->channel->get_committed(moon->channel, &committed);
	ck_assert_uint_lt(committed, seq);

	/* one who comes to want them gets them with the next message */
	moon->channel->on_commit(moon->channel, changed, NULL);
	seq = test_send(moon, "wanted");
	await_commit(moon, seq, TRUE);
	moon->channel->on_commit(moon->channel, NULL, NULL);
	test_member_destroy(sun);
	test_member_destroy(moon);
}
END_TEST

/**
 * What is received, but not processed, is not committed.
 */
START_TEST(test_processed)
{
	test_member_t *moon, *sun;
	uint64_t seq, committed;

	moon = test_member_create(rare_config("moon", 1, 2), TRUE);
	moon->channel->on_commit(moon->channel, changed, NULL);
	sun = test_member_create(rare_config("sun", 2, 2), TRUE);
	await_commit(moon, 0, TRUE);
	seq = test_send(moon, "first");
	await_commit(moon, seq, TRUE);
	test_block(sun, TRUE, FALSE);
	seq = test_send(moon, "second");
	test_await_receiving(sun);
	usleep(200 * 1000);
	ck_assert(moon->channel->get_committed(moon->channel, &committed));
	ck_assert_uint_eq(committed, seq - 1);
	test_block(sun, FALSE, FALSE);
	await_commit(moon, seq, TRUE);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * One of two members is enough, and stays enough if the other one goes.
 */
START_TEST(test_any)
{
	test_member_t *moon, *sun, *mars;
	uint64_t seq;

	moon = test_member_create(rare_config("moon", 1, 3), TRUE);
	moon->channel->on_commit(moon->channel, changed, NULL);
	sun = test_member_create(rare_config("sun", 2, 3), TRUE);
	mars = test_member_create(rare_config("mars", 3, 3), TRUE);
	test_await(sun, 0, "end moon");
	test_await(mars, 0, "end moon");
	await_commit(moon, 0, TRUE);
	test_block(sun, TRUE, FALSE);
	seq = test_send(moon, "first");
	test_await_receiving(sun);
	await_commit(moon, seq, TRUE);
	test_block(sun, FALSE, FALSE);
	test_await(sun, 0, "moon 1 first");
	test_member_destroy(mars);
	seq = test_send(moon, "second");
	await_commit(moon, seq, TRUE);
	test_member_destroy(sun);
	await_commit(moon, seq, FALSE);
	test_member_destroy(moon);
}
END_TEST

/**
 * A member that is brought up to date is nothing to wait for until it is.
 */
START_TEST(test_up_to_date)
{
	test_member_t *moon, *sun;
	uint64_t seq, committed;

	moon = test_member_create(rare_config("moon", 1, 2), TRUE);
	moon->channel->on_commit(moon->channel, changed, NULL);
	test_block(moon, FALSE, TRUE);
	moon->items = 3;
	sun = test_member_create(rare_config("sun", 2, 2), TRUE);
	test_await_writing(moon);
	seq = test_send(moon, "meanwhile");
	usleep(200 * 1000);
	ck_assert(!moon->channel->get_committed(moon->channel, &committed));
	test_block(moon, FALSE, FALSE);
	await_commit(moon, seq, TRUE);

	/* another one, requested */
	test_block(moon, FALSE, TRUE);
	ck_assert(sun->channel->request_resync(sun->channel, "moon", SYNC_HA));
	test_await_writing(moon);
	await_commit(moon, seq, FALSE);
	seq = test_send(moon, "meanwhile again");
	test_block(moon, FALSE, FALSE);
	await_commit(moon, seq, TRUE);

	/* what an earlier incarnation said is not taken for this one's */
	test_member_destroy(moon);
	moon = test_member_create(rare_config("moon", 1, 2), TRUE);
	await_commit(moon, 0, TRUE);
	moon->channel->get_committed(moon->channel, &committed);
	ck_assert_uint_eq(committed, 0);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * A member that was away for a while catches up from the backlog.
 */
START_TEST(test_catchup)
{
	test_member_t *moon, *sun;
	sync_config_t *config;
	test_proxy_t *proxy;
	uint64_t seq;
	u_int i;

	config = rare_config("moon", 1, 2);
	proxy = test_proxy_create(config, "sun");
	moon = test_member_create(config, TRUE);
	moon->channel->on_commit(moon->channel, changed, NULL);
	sun = test_member_create(rare_config("sun", 2, 2), TRUE);
	await_commit(moon, 0, TRUE);
	test_proxy_cut(proxy);
	await_commit(moon, 0, FALSE);
	for (i = 0; i < COUNT; i++)
	{
		seq = test_send(moon, "%u", i);
	}
	test_proxy_allow(proxy);
	await_commit(moon, seq, TRUE);
	ck_assert_uint_eq(test_count(sun, "moon 1 %u", COUNT - 1), 1);
	test_member_destroy(moon);
	test_member_destroy(sun);
	test_proxy_destroy(proxy);
}
END_TEST

START_TEST(test_commit)
{
	sync_commit_t *commit;
	uint64_t seq;

	commit = sync_commit_create();
	ck_assert(!commit->is_wanted(commit));
	ck_assert(!commit->get(commit, &seq));
	ck_assert_uint_eq(seq, 0);
	commit->set_callback(commit, changed, NULL);
	ck_assert(commit->is_wanted(commit));
	commit->joined(commit, 7);
	ck_assert_uint_eq(ref_cur(&changes), 1);
	ck_assert(commit->get(commit, &seq));
	ck_assert_uint_eq(seq, 7);
	/* the slower one */
	commit->joined(commit, 3);
	commit->acked(commit, 6);
	ck_assert(commit->get(commit, &seq));
	ck_assert_uint_eq(seq, 7);
	commit->acked(commit, 9);
	ck_assert(commit->get(commit, &seq));
	ck_assert_uint_eq(seq, 9);
	commit->left(commit);
	ck_assert(commit->get(commit, &seq));
	ck_assert_uint_eq(seq, 9);
	commit->left(commit);
	ck_assert(!commit->get(commit, &seq));
	ck_assert_uint_eq(seq, 9);
	ck_assert_uint_eq(ref_cur(&changes), 4);
	commit->destroy(commit);
}
END_TEST

static Suite *sync_commit_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("sync_commit");
	tc = tcase_create("commit");
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_commit);
	tcase_add_test(tc, test_prompt);
	tcase_add_test(tc, test_nobody_waits);
	tcase_add_test(tc, test_processed);
	tcase_add_test(tc, test_any);
	tcase_add_test(tc, test_up_to_date);
	tcase_add_test(tc, test_catchup);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	if (!sync_test_init("test_sync_commit"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}
	return sync_test_run(sync_commit_suite());
}
