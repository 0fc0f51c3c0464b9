/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Delivery between real channels: order, catch-up, resync, slow members.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <threading/thread.h>

#include "sync_test.h"
#include "sync_wake.h"

/** longest time send() may take for many messages, in ms: the members that
 * are blocked meanwhile are so until the test lets them go on */
#define SEND_TIME 10000

/** number of big messages: more than all queues on the way take, but for the
 * backlog */
#define BIG_COUNT 600

/** timeout of those who have a slow member, in ms */
#define SLOW_TIMEOUT 3000

/** octets of a big message */
#define BIG_LEN (60 * 1024)

/**
 * Create moon and sun, wait for their link, and for the resyncs of both.
 */
static void create_two(sync_config_t *config, test_member_t **moon,
					   test_member_t **sun)
{
	*moon = test_member_create(config, TRUE);
	*sun = test_member_create(test_config("sun", 2, 2), TRUE);
	test_await(*moon, 0, "end sun");
	test_await(*sun, 0, "end moon");
	test_await_state(*moon, "sun", SYNC_LINK_UP);
	test_await_state(*sun, "moon", SYNC_LINK_UP);
}

/**
 * Send many big messages, check that it's not the network that's waited for.
 */
static void send_big(test_member_t *member, u_int count)
{
	uint64_t start = sync_now();
	chunk_t body;
	u_int i;

	for (i = 0; i < count; i++)
	{
		body = chunk_alloc(BIG_LEN);
		memset(body.ptr, 0, body.len);
		snprintf(body.ptr, body.len, "big%u", i);
		ck_assert(member->channel->send(member->channel, SYNC_HA, 1, body));
	}
	ck_assert_uint_lt(sync_now() - start, SEND_TIME);
}

START_TEST(test_connect_two)
{
	test_member_t *moon, *sun;
	sync_member_t info;
	u_int pos;

	create_two(test_config("moon", 1, 2), &moon, &sun);
	pos = test_await(sun, 0, "up moon");
	pos = test_await(sun, pos, "begin moon");
	test_await(sun, pos, "end moon");

	info = test_info(moon, "sun");
	ck_assert(info.error == NULL);
	ck_assert_uint_eq(info.incarnation,
					  sun->channel->get_incarnation(sun->channel));
	ck_assert_uint_eq(info.connects, 1);
	ck_assert_uint_ge(info.resyncs_out, 1);
	ck_assert_uint_eq(info.overflows, 0);
	ck_assert_uint_eq(info.catchups, 0);
	ck_assert_uint_gt(info.bytes_out, 0);
	ck_assert_uint_gt(info.bytes_in, 0);
	ck_assert_uint_gt(info.frames_out, 0);
	ck_assert_str_eq(sun->channel->get_name(sun->channel), "sun");
	ck_assert_uint_ne(sun->channel->get_incarnation(sun->channel),
					  moon->channel->get_incarnation(moon->channel));

	ck_assert_uint_eq(test_send(moon, "hello"), 1);
	test_await(sun, 0, "moon 1 hello");
	ck_assert_uint_eq(test_send(sun, "hello yourself"), 1);
	test_await(moon, 0, "sun 1 hello yourself");
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

START_TEST(test_order)
{
	test_member_t *moon, *sun, *mars;
	u_int i, pos;

	moon = test_member_create(test_config("moon", 1, 3), TRUE);
	sun = test_member_create(test_config("sun", 2, 3), TRUE);
	mars = test_member_create(test_config("mars", 3, 3), TRUE);
	test_await(sun, 0, "end moon");
	test_await(mars, 0, "end moon");
	test_await(sun, 0, "end mars");
	for (i = 0; i < 3000; i++)
	{
		ck_assert_uint_eq(test_send(moon, "%u", i), i + 1);
	}
	for (i = 0, pos = 0; i < 3000; i++)
	{
		pos = test_await(sun, pos, "moon 1 %u", i);
	}
	for (i = 0, pos = 0; i < 3000; i++)
	{
		pos = test_await(mars, pos, "moon 1 %u", i);
	}
	ck_assert_uint_eq(test_count(sun, "moon 1 7"), 1);
	test_member_destroy(moon);
	test_member_destroy(sun);
	test_member_destroy(mars);
}
END_TEST

/**
 * What is posted keeps its place, and leaves at the latest with a heartbeat.
 */
START_TEST(test_post)
{
	test_member_t *moon, *sun;
	u_int i, pos = 0;
	uint64_t seq;

	create_two(test_config("moon", 1, 2), &moon, &sun);
	for (i = 0; i < 100; i++)
	{
		seq = moon->channel->post(moon->channel, SYNC_HA, 5,
								  chunk_clone(chunk_from_str("posted")));
		ck_assert_uint_eq(seq, 2 * i + 1);
		ck_assert_uint_eq(test_send(moon, "sent%u", i), 2 * i + 2);
	}
	for (i = 0; i < 100; i++)
	{
		pos = test_await(sun, pos, "moon 5 posted");
		pos = test_await(sun, pos, "moon 1 sent%u", i);
	}
	moon->channel->post(moon->channel, SYNC_HA, 6,
						chunk_clone(chunk_from_str("woken")));
	moon->channel->wake(moon->channel);
	moon->channel->wake(moon->channel);
	test_await(sun, pos, "moon 6 woken");
	moon->channel->post(moon->channel, SYNC_HA, 6,
						chunk_clone(chunk_from_str("forgotten")));
	test_await(sun, pos, "moon 6 forgotten");
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

START_TEST(test_send_limits)
{
	test_member_t *moon, *sun;
	chunk_t body;

	create_two(test_config("moon", 1, 2), &moon, &sun);
	body = chunk_alloc(SYNC_MAX_BODY + 1);
	memset(body.ptr, 0, body.len);
	ck_assert_uint_eq(moon->channel->send(moon->channel, SYNC_HA, 1, body), 0);
	body = chunk_alloc(SYNC_MAX_BODY + 1);
	memset(body.ptr, 0, body.len);
	ck_assert(!moon->channel->send_to(moon->channel, "sun", SYNC_HA, 1, body));
	/* one nobody subscribed to, and one later versions may have */
	ck_assert(moon->channel->send(moon->channel, SYNC_STUB, 1, chunk_empty));
	ck_assert(moon->channel->send(moon->channel, 77, 1, chunk_empty));
	ck_assert(test_send(moon, "last"));
	test_await(sun, 0, "moon 1 last");
	ck_assert_uint_eq(test_count(sun, "moon 1 "), 0);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * Set a state of moon's.
 */
static void set_state(test_member_t *this, char *key, u_int value)
{
	char buf[16];

	snprintf(buf, sizeof(buf), "%s%u", key, value);
	this->channel->set_state(this->channel, SYNC_HA, 3, chunk_from_str(key),
							 chunk_clone(chunk_from_str(buf)));
}

START_TEST(test_states)
{
	sync_config_t *config = test_config("moon", 1, 2);
	test_member_t *moon, *sun;
	u_int i, pos;

	config->flush_interval = 400;
	create_two(config, &moon, &sun);
	for (i = 0; i <= 100; i++)
	{
		set_state(moon, "a", i);
		set_state(moon, "b", i);
	}
	set_state(moon, "gone", 1);
	moon->channel->cancel_state(moon->channel, SYNC_HA, chunk_from_str("gone"));
	test_send(moon, "event");
	/* an event does not wait for the flush, states come behind */
	pos = test_await(sun, 0, "moon 1 event");
	pos = test_await(sun, pos, "moon 3 a100");
	pos = test_await(sun, pos, "moon 3 b100");
	set_state(moon, "a", 101);
	test_await(sun, pos, "moon 3 a101");
	for (i = 0; i < 100; i++)
	{
		ck_assert_uint_eq(test_count(sun, "moon 3 a%u", i), 0);
		ck_assert_uint_eq(test_count(sun, "moon 3 b%u", i), 0);
	}
	ck_assert_uint_eq(test_count(sun, "moon 3 gone1"), 0);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

START_TEST(test_catchup)
{
	sync_config_t *config = test_config("moon", 1, 2);
	test_proxy_t *proxy = test_proxy_create(config, "sun");
	test_member_t *moon, *sun;
	sync_member_t info;
	u_int i, pos;

	create_two(config, &moon, &sun);
	for (i = 0; i < 10; i++)
	{
		test_send(moon, "%u", i);
	}
	pos = test_await(sun, 0, "moon 1 9");
	test_proxy_cut(proxy);
	pos = test_await(sun, pos, "down moon");
	test_await(moon, 0, "down sun");
	test_await_error(sun, "moon", "");
	for (; i < 500; i++)
	{
		test_send(moon, "%u", i);
	}
	test_send(sun, "from sun");
	info = test_info(moon, "sun");
	ck_assert_int_eq(info.state, SYNC_LINK_DOWN);
	ck_assert_uint_ge(info.lag, 490);
	ck_assert_uint_gt(info.backlog_used, 490);

	test_proxy_allow(proxy);
	pos = test_await(sun, pos, "up moon");
	for (i = 10; i < 500; i++)
	{
		pos = test_await(sun, pos, "moon 1 %u", i);
	}
	test_await(moon, 0, "sun 1 from sun");
	for (i = 0; i < 500; i++)
	{
		ck_assert_uint_eq(test_count(sun, "moon 1 %u", i), 1);
	}
	/* no resync was needed */
	ck_assert_uint_eq(test_count(sun, "begin moon"), 1);
	info = test_info(moon, "sun");
	ck_assert_uint_eq(info.connects, 2);
	ck_assert_uint_eq(info.catchups, 1);
	ck_assert_uint_eq(info.overflows, 0);
	ck_assert(info.error == NULL);
	test_member_destroy(moon);
	test_member_destroy(sun);
	test_proxy_destroy(proxy);
}
END_TEST

/**
 * The link is cut in the middle of data again and again: each message arrives
 * once, in order.
 */
START_TEST(test_cut_often)
{
	sync_config_t *config = test_config("moon", 1, 2);
	test_proxy_t *proxy = test_proxy_create(config, "sun");
	test_member_t *moon, *sun;
	u_int round, i, pos = 0;
	char start[40];

	create_two(config, &moon, &sun);
	for (round = 0; round < 5; round++)
	{
		for (i = 0; i < 200; i++)
		{
			test_send(moon, "%u %0*u", round * 200 + i, 2000, 0);
		}
		if (round % 2)
		{
			usleep(5000 * round);
		}
		test_proxy_cut(proxy);
		test_proxy_allow(proxy);
		test_await_state(moon, "sun", SYNC_LINK_UP);
	}
	test_send(moon, "last");
	test_await(sun, 0, "moon 1 last");
	for (i = 0; i < 1000; i++)
	{
		snprintf(start, sizeof(start), "%u %031u", i, 0);
		start[32] = '\0';
		ck_assert_uint_eq(test_count(sun, "moon 1 %s", start), 1);
		pos = test_await(sun, pos, "moon 1 %s", start);
	}
	ck_assert_uint_eq(test_info(moon, "sun").overflows, 0);
	test_member_destroy(moon);
	test_member_destroy(sun);
	test_proxy_destroy(proxy);
}
END_TEST

START_TEST(test_overflow)
{
	sync_config_t *config = test_config("moon", 1, 2);
	test_proxy_t *proxy = test_proxy_create(config, "sun");
	test_member_t *moon, *sun;
	sync_member_t info;
	u_int i, pos;

	config->backlog = 64 * 1024;
	create_two(config, &moon, &sun);
	moon->items = 20;
	pos = test_await(sun, 0, "end moon");
	test_proxy_cut(proxy);
	pos = test_await(sun, pos, "down moon");
	send_big(moon, 5);
	test_proxy_allow(proxy);
	pos = test_await(sun, pos, "up moon");
	pos = test_await(sun, pos, "begin moon");
	for (i = 0; i < 20; i++)
	{
		pos = test_await(sun, pos, "moon 2 item%u", i);
	}
	pos = test_await(sun, pos, "end moon");
	test_send(moon, "after");
	test_await(sun, pos, "moon 1 after");
	for (i = 0; i < 5; i++)
	{	/* the snapshot took their place */
		ck_assert_uint_eq(test_count(sun, "moon 1 big%u", i), 0);
	}
	info = test_info(moon, "sun");
	ck_assert_uint_eq(info.overflows, 1);
	ck_assert_uint_eq(info.catchups, 0);
	ck_assert_uint_ge(info.resyncs_out, 2);
	/* nothing of sun's was lost */
	ck_assert_uint_eq(test_info(sun, "moon").catchups, 1);
	test_member_destroy(moon);
	test_member_destroy(sun);
	test_proxy_destroy(proxy);
}
END_TEST

/**
 * What is sent while a snapshot is written arrives, behind the snapshot.
 */
START_TEST(test_resync_events)
{
	test_member_t *moon, *sun;
	u_int pos, i;

	create_two(test_config("moon", 1, 2), &moon, &sun);
	moon->items = 3;
	pos = test_events(sun);
	test_block(moon, FALSE, TRUE);
	ck_assert(sun->channel->request_resync(sun->channel, "moon", SYNC_HA));
	test_await_writing(moon);
	for (i = 0; i < 50; i++)
	{
		test_send(moon, "meanwhile%u", i);
	}
	set_state(moon, "state", 1);
	/* the other direction goes on */
	test_send(sun, "from sun");
	test_await(moon, 0, "sun 1 from sun");
	usleep(3 * TEST_FLUSH * 1000);
	test_block(moon, FALSE, FALSE);
	pos = test_await(sun, pos, "begin moon");
	for (i = 0; i < 3; i++)
	{
		pos = test_await(sun, pos, "moon 2 item%u", i);
	}
	pos = test_await(sun, pos, "end moon");
	for (i = 0; i < 50; i++)
	{
		pos = test_await(sun, pos, "moon 1 meanwhile%u", i);
	}
	test_await(sun, pos, "moon 3 state1");
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * A link that breaks down while a snapshot is written: a whole one follows
 * with the next link, and no end is told for the first.
 */
START_TEST(test_resync_cut)
{
	sync_config_t *config = test_config("moon", 1, 2);
	test_proxy_t *proxy = test_proxy_create(config, "sun");
	test_member_t *moon, *sun;
	u_int pos, ends;

	create_two(config, &moon, &sun);
	moon->items = 2;
	pos = test_events(sun);
	ends = test_count(sun, "end moon");
	test_block(moon, FALSE, TRUE);
	ck_assert(moon->channel->start_resync(moon->channel, NULL, SYNC_HA));
	test_await_writing(moon);
	pos = test_await(sun, pos, "begin moon");
	test_proxy_cut(proxy);
	pos = test_await(sun, pos, "down moon");
	ck_assert_uint_eq(test_count(sun, "end moon"), ends);
	test_block(moon, FALSE, FALSE);
	test_proxy_allow(proxy);
	pos = test_await(sun, pos, "up moon");
	pos = test_await(sun, pos, "begin moon");
	pos = test_await(sun, pos, "moon 2 item1");
	test_await(sun, pos, "end moon");
	test_member_destroy(moon);
	test_member_destroy(sun);
	test_proxy_destroy(proxy);
}
END_TEST

START_TEST(test_resync_requests)
{
	test_member_t *moon, *sun;
	u_int pos;

	create_two(test_config("moon", 1, 3), &moon, &sun);
	moon->items = sun->items = 1;
	ck_assert(!moon->channel->request_resync(moon->channel, "mars", SYNC_HA));
	ck_assert(!moon->channel->start_resync(moon->channel, "mars", SYNC_HA));
	ck_assert(!moon->channel->start_resync(moon->channel, "pluto", SYNC_HA));
	pos = test_events(sun);
	ck_assert(moon->channel->start_resync(moon->channel, NULL, SYNC_HA));
	pos = test_await(sun, pos, "begin moon");
	pos = test_await(sun, pos, "moon 2 item0");
	pos = test_await(sun, pos, "end moon");
	pos = test_events(moon);
	ck_assert(moon->channel->request_resync(moon->channel, NULL, SYNC_HA));
	pos = test_await(moon, pos, "begin sun");
	pos = test_await(moon, pos, "sun 2 item0");
	test_await(moon, pos, "end sun");
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * A big snapshot, several times what queues take.
 */
START_TEST(test_resync_big)
{
	sync_config_t *config = test_config("moon", 1, 2);
	test_member_t *moon, *sun;
	u_int pos, i;

	config->backlog = 64 * 1024;
	create_two(config, &moon, &sun);
	moon->items = BIG_COUNT;
	moon->item_len = BIG_LEN;
	pos = test_events(sun);
	ck_assert(moon->channel->start_resync(moon->channel, "sun", SYNC_HA));
	pos = test_await(sun, pos, "begin moon");
	for (i = 0; i < BIG_COUNT; i++)
	{
		pos = test_await(sun, pos, "moon 2 item%u", i);
	}
	test_await(sun, pos, "end moon");
	ck_assert_uint_eq(test_count(sun, "down moon"), 0);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * A subscriber that takes its time: nobody else notices, its link stays up,
 * and it gets everything from the backlog.
 */
START_TEST(test_slow)
{
	sync_config_t *config = test_config("moon", 1, 3);
	test_member_t *moon, *sun, *mars;
	u_int i, pos;

	config->timeout = SLOW_TIMEOUT;
	moon = test_member_create(config, TRUE);
	sun = test_member_create(test_config("sun", 2, 3), TRUE);
	mars = test_member_create(test_config("mars", 3, 3), TRUE);
	test_await(sun, 0, "end moon");
	test_await(mars, 0, "end moon");
	test_block(sun, TRUE, FALSE);
	send_big(moon, BIG_COUNT);
	for (i = 0, pos = 0; i < BIG_COUNT; i++)
	{
		pos = test_await(mars, pos, "moon 1 big%u", i);
	}
	/* a slow member is not a dead one */
	usleep(3 * SLOW_TIMEOUT / 2 * 1000);
	ck_assert_int_eq(test_info(moon, "sun").state, SYNC_LINK_UP);
	ck_assert_uint_gt(test_info(moon, "sun").lag, BIG_COUNT / 2);
	ck_assert_uint_eq(test_count(moon, "down sun"), 0);
	test_block(sun, FALSE, FALSE);
	for (i = 0, pos = 0; i < BIG_COUNT; i++)
	{
		pos = test_await(sun, pos, "moon 1 big%u", i);
	}
	ck_assert_uint_eq(test_count(sun, "begin moon"), 1);
	ck_assert_uint_eq(test_count(sun, "down moon"), 0);
	test_member_destroy(moon);
	test_member_destroy(sun);
	test_member_destroy(mars);
}
END_TEST

/**
 * Slower than the backlog allows: a full resync over the same link.
 */
START_TEST(test_slow_overflow)
{
	sync_config_t *config = test_config("moon", 1, 2);
	test_member_t *moon, *sun;
	u_int pos, i;

	config->backlog = 64 * 1024;
	create_two(config, &moon, &sun);
	moon->items = 2;
	pos = test_events(sun);
	test_block(sun, TRUE, FALSE);
	send_big(moon, BIG_COUNT);
	test_block(sun, FALSE, FALSE);
	pos = test_await(sun, pos, "begin moon");
	pos = test_await(sun, pos, "moon 2 item1");
	test_await(sun, pos, "end moon");
	/* as long as it catches up, a snapshot may take the place of messages */
	for (i = 0; i < 100 && !test_count(sun, "moon 1 after"); i++)
	{
		test_send(moon, "after");
		usleep(100000);
	}
	ck_assert_uint_ge(test_count(sun, "moon 1 after"), 1);
	ck_assert_uint_ge(test_info(moon, "sun").overflows, 1);
	ck_assert_uint_eq(test_info(moon, "sun").connects, 1);
	ck_assert_uint_eq(test_count(sun, "down moon"), 0);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

START_TEST(test_send_to)
{
	test_member_t *moon, *sun, *mars;
	chunk_t body;
	u_int i, sent, pos;
	bool ok = TRUE;

	moon = test_member_create(test_config("moon", 1, 4), TRUE);
	sun = test_member_create(test_config("sun", 2, 4), TRUE);
	mars = test_member_create(test_config("mars", 3, 4), TRUE);
	test_await(sun, 0, "end moon");
	test_await(mars, 0, "end moon");
	/* venus is not there, pluto is not known */
	body = chunk_from_str("x");
	ck_assert(!moon->channel->send_to(moon->channel, "venus", SYNC_HA, 4,
									  chunk_clone(body)));
	ck_assert(!moon->channel->send_to(moon->channel, "pluto", SYNC_HA, 4,
									  chunk_clone(body)));
	test_block(sun, TRUE, FALSE);
	for (sent = 0; ok; sent += ok)
	{
		body = chunk_alloc(BIG_LEN);
		memset(body.ptr, 0, body.len);
		snprintf(body.ptr, body.len, "only%u", sent);
		ok = moon->channel->send_to(moon->channel, "sun", SYNC_HA, 4, body);
		ck_assert_uint_lt(sent, 100000);
	}
	test_block(sun, FALSE, FALSE);
	for (i = 0, pos = 0; i < sent; i++)
	{
		pos = test_await(sun, pos, "moon 4 only%u", i);
	}
	test_send(moon, "all");
	test_await(mars, 0, "moon 1 all");
	ck_assert_uint_eq(test_count(mars, "moon 4 only0"), 0);
	test_member_destroy(moon);
	test_member_destroy(sun);
	test_member_destroy(mars);
}
END_TEST

START_TEST(test_late_subscriber)
{
	test_member_t *moon, *sun;
	u_int pos;

	moon = test_member_create(test_config("moon", 1, 2), TRUE);
	moon->items = 2;
	sun = test_member_create(test_config("sun", 2, 2), FALSE);
	sun->items = 1;
	test_await_state(sun, "moon", SYNC_LINK_UP);
	test_await_state(moon, "sun", SYNC_LINK_UP);
	test_send(moon, "early");
	test_await(moon, 0, "end sun");
	ck_assert_uint_eq(test_events(sun), 0);
	ck_assert_uint_eq(test_count(moon, "sun 2 item0"), 0);

	test_member_subscribe(sun);
	pos = test_await(sun, 0, "up moon");
	pos = test_await(sun, pos, "begin moon");
	pos = test_await(sun, pos, "moon 2 item0");
	pos = test_await(sun, pos, "moon 2 item1");
	test_await(sun, pos, "end moon");
	/* what it has to say was not known to moon before */
	test_await(moon, 0, "sun 2 item0");

	/* and once more */
	test_member_unsubscribe(sun);
	pos = test_events(sun);
	test_member_subscribe(sun);
	pos = test_await(sun, pos, "up moon");
	pos = test_await(sun, pos, "moon 2 item1");
	test_await(sun, pos, "end moon");
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * Unsubscribe in a thread.
 */
static void *unsubscribe(test_member_t *member)
{
	test_member_unsubscribe(member);
	return (void*)(uintptr_t)test_events(member);
}

START_TEST(test_unsubscribe_waits)
{
	test_member_t *moon, *sun;
	thread_t *thread;
	u_int before;
	void *after;

	create_two(test_config("moon", 1, 2), &moon, &sun);
	test_block(sun, TRUE, FALSE);
	test_send(moon, "first");
	test_send(moon, "second");
	test_await_receiving(sun);
	before = test_events(sun);
	thread = thread_create((thread_main_t)unsubscribe, sun);
	usleep(100000);
	ck_assert_uint_eq(test_events(sun), before);
	test_block(sun, FALSE, FALSE);
	after = thread->join(thread);
	/* the call under way was complete, and it was the last */
	ck_assert_uint_eq((uintptr_t)after, before + 1);
	test_send(moon, "third");
	usleep(300000);
	ck_assert_uint_eq(test_events(sun), before + 1);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * A snapshot for a member that does not read it: the one that writes it can
 * unsubscribe, and its daemon can end.
 */
START_TEST(test_unsubscribe_stuck)
{
	sync_config_t *config = test_config("moon", 1, 2);
	test_member_t *moon, *sun;
	uint64_t start;

	config->timeout = SLOW_TIMEOUT;
	create_two(config, &moon, &sun);
	moon->endless = TRUE;
	moon->item_len = BIG_LEN;
	test_block(sun, TRUE, FALSE);
	ck_assert(moon->channel->start_resync(moon->channel, "sun", SYNC_HA));
	test_await_receiving(sun);
	usleep(3 * SLOW_TIMEOUT / 2 * 1000);
	ck_assert_int_eq(test_info(moon, "sun").state, SYNC_LINK_UP);
	start = sync_now();
	test_member_unsubscribe(moon);
	ck_assert_uint_lt(sync_now() - start, 5000);
	start = sync_now();
	test_member_destroy(moon);
	ck_assert_uint_lt(sync_now() - start, 5000);
	test_member_destroy(sun);
}
END_TEST

START_TEST(test_restart)
{
	test_member_t *moon, *sun;
	u_int pos;

	create_two(test_config("moon", 1, 2), &moon, &sun);
	moon->items = 1;
	pos = test_events(sun);
	test_member_destroy(moon);
	pos = test_await(sun, pos, "down moon");
	moon = test_member_create(test_config("moon", 1, 2), TRUE);
	pos = test_await(sun, pos, "up moon");
	pos = test_await(sun, pos, "begin moon");
	test_await(sun, pos, "end moon");
	test_await_state(sun, "moon", SYNC_LINK_UP);
	ck_assert_uint_eq(test_info(sun, "moon").incarnation,
					  moon->channel->get_incarnation(moon->channel));
	ck_assert_uint_eq(test_info(sun, "moon").catchups, 0);
	test_send(moon, "new");
	test_await(sun, pos, "moon 1 new");
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

START_TEST(test_farewell)
{
	test_member_t *moon, *sun;
	u_int i, pos = 0;

	create_two(test_config("moon", 1, 2), &moon, &sun);
	for (i = 0; i < 500; i++)
	{
		test_send(moon, "%u", i);
	}
	set_state(moon, "last", 1);
	test_member_destroy(moon);
	for (i = 0; i < 500; i++)
	{
		pos = test_await(sun, pos, "moon 1 %u", i);
	}
	pos = test_await(sun, pos, "moon 3 last1");
	test_await(sun, pos, "down moon");
	test_await_error(sun, "moon", "its daemon ends");
	test_member_destroy(sun);
}
END_TEST

/**
 * Silence in both directions, without an end of the connection.
 */
START_TEST(test_silence)
{
	sync_config_t *config = test_config("moon", 1, 2);
	test_proxy_t *proxy = test_proxy_create(config, "sun");
	test_member_t *moon, *sun;
	u_int pos;

	config->timeout = TEST_SHORT_TIMEOUT;
	create_two(config, &moon, &sun);
	pos = test_events(sun);
	test_proxy_stall(proxy);
	pos = test_await(sun, pos, "down moon");
	test_await(moon, 0, "down sun");
	test_send(moon, "later");
	test_proxy_allow(proxy);
	pos = test_await(sun, pos, "up moon");
	test_await(sun, pos, "moon 1 later");
	ck_assert_uint_eq(test_count(sun, "begin moon"), 1);
	test_member_destroy(moon);
	test_member_destroy(sun);
	test_proxy_destroy(proxy);
}
END_TEST

/**
 * Write moon's configuration; sun at an address, or not there if NULL.
 */
static void write_config(char *cluster, char *secret_file, char *sun)
{
	host_t *address = test_address(1);
	char config[1024], member[128] = "";

	if (sun)
	{
		snprintf(member, sizeof(member), "sun {\n address = %s\n }\n", sun);
	}
	snprintf(config, sizeof(config),
			 "test_sync_channel {\n cluster {\n name = %s\n member = moon\n"
			 "port = %u\n heartbeat = %u\n timeout = %u\n secret_file = %s\n"
			 "members {\n moon {\n address = 127.8.0.1\n }\n %s }\n }\n }\n",
			 cluster, address->get_port(address), TEST_HEARTBEAT, TEST_TIMEOUT,
			 secret_file, member);
	ck_assert(lib->settings->load_string(lib->settings, config, FALSE));
	address->destroy(address);
}

START_TEST(test_reload)
{
	char file[] = "/tmp/test_sync_channel.XXXXXX";
	sync_config_t *config = test_config("sun", 2, 2);
	test_member_t *moon, *sun;
	u_int pos;
	int fd;

	fd = mkstemp(file);
	ck_assert_int_eq(write(fd, config->secret.ptr, config->secret.len),
					 config->secret.len);
	close(fd);
	sun = test_member_create(config, TRUE);
	write_config("test", file, "127.8.0.2");
	moon = test_member_create(sync_config_load(), TRUE);
	test_await(moon, 0, "end sun");
	pos = test_await(sun, 0, "end moon");

	/* the same again, and what is wrong or can't be changed */
	ck_assert(moon->channel->reload(moon->channel));
	write_config("other", file, "127.8.0.2");
	ck_assert(!moon->channel->reload(moon->channel));
	write_config("test", "/nonexistent", "127.8.0.2");
	ck_assert(!moon->channel->reload(moon->channel));
	write_config("test", file, "nowhere");
	ck_assert(!moon->channel->reload(moon->channel));
	test_send(moon, "still there");
	pos = test_await(sun, pos, "moon 1 still there");
	ck_assert_uint_eq(test_info(moon, "sun").connects, 1);

	write_config("test", file, NULL);
	ck_assert(moon->channel->reload(moon->channel));
	test_await_error(sun, "moon", "removed from the configuration");
	pos = test_await(sun, pos, "down moon");
	test_await(moon, 0, "down sun");
	write_config("test", file, "127.8.0.2");
	ck_assert(moon->channel->reload(moon->channel));
	test_await_state(moon, "sun", SYNC_LINK_UP);
	test_send(moon, "again");
	pos = test_await(sun, pos, "moon 1 again");

	write_config("test", file, "127.8.0.3");
	ck_assert(moon->channel->reload(moon->channel));
	pos = test_await(sun, pos, "down moon");
	write_config("test", file, "127.8.0.2");
	ck_assert(moon->channel->reload(moon->channel));
	test_send(moon, "and again");
	test_await(sun, pos, "moon 1 and again");
	unlink(file);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

static Suite *sync_channel_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("sync_channel");
	tc = tcase_create("delivery");
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_connect_two);
	tcase_add_test(tc, test_order);
	tcase_add_test(tc, test_post);
	tcase_add_test(tc, test_send_limits);
	tcase_add_test(tc, test_states);
	tcase_add_test(tc, test_send_to);
	suite_add_tcase(s, tc);

	tc = tcase_create("reconnect");
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_catchup);
	tcase_add_test(tc, test_cut_often);
	tcase_add_test(tc, test_overflow);
	tcase_add_test(tc, test_restart);
	tcase_add_test(tc, test_farewell);
	tcase_add_test(tc, test_silence);
	tcase_add_test(tc, test_reload);
	suite_add_tcase(s, tc);

	tc = tcase_create("resync");
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_resync_events);
	tcase_add_test(tc, test_resync_cut);
	tcase_add_test(tc, test_resync_requests);
	tcase_add_test(tc, test_resync_big);
	suite_add_tcase(s, tc);

	tc = tcase_create("slow");
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_slow);
	tcase_add_test(tc, test_slow_overflow);
	suite_add_tcase(s, tc);

	tc = tcase_create("subscribers");
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_late_subscriber);
	tcase_add_test(tc, test_unsubscribe_waits);
	tcase_add_test(tc, test_unsubscribe_stuck);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	if (!sync_test_init("test_sync_channel"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}
	return sync_test_run(sync_channel_suite());
}
