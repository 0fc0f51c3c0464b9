/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <library.h>
#include <threading/thread.h>

#include "sync_backlog.h"
#include "sync_config.h"
#include "sync_option.h"
#include "sync_frame.h"
#include "sync_outbox.h"
#include "sync_states.h"
#include "sync_tlv.h"

/** limit of the backlogs of most tests, in octets */
#define LIMIT (1024 * 1024)

/**
 * A body of some length, all octets the same.
 */
static chunk_t make_body(u_char value, size_t len)
{
	chunk_t body = chunk_alloc(len);

	memset(body.ptr, value, len);
	return body;
}

/**
 * Read one frame at a position, into memory of static lifetime.
 */
static bool read_one(sync_backlog_t *backlog, uint64_t seq,
					 sync_frame_t *frame)
{
	static u_char buf[SYNC_FRAME_MAX];
	uint64_t position = seq;
	size_t len, used;
	u_int frames;

	if (!backlog->read(backlog, &position, chunk_from_thing(buf), 1, &frames,
					   &len) || !len)
	{
		return FALSE;
	}
	ck_assert_uint_eq(frames, 1);
	ck_assert_uint_eq(position, seq + 1);
	ck_assert_int_eq(sync_frame_decode(chunk_create(buf, len), frame, &used),
					 SUCCESS);
	ck_assert_uint_eq(used, len);
	return TRUE;
}

START_TEST(test_backlog_append)
{
	sync_backlog_t *backlog = sync_backlog_create(LIMIT);
	sync_frame_t frame;
	uint64_t seq;

	ck_assert_uint_eq(backlog->get_head(backlog), 0);
	ck_assert_uint_eq(backlog->get_usage(backlog, 0), 0);
	for (seq = 1; seq <= 10; seq++)
	{
		ck_assert_uint_eq(backlog->append(backlog, SYNC_HA, seq,
										  make_body(seq, seq)), seq);
		ck_assert_uint_eq(backlog->get_head(backlog), seq);
	}
	for (seq = 1; seq <= 10; seq++)
	{
		ck_assert(read_one(backlog, seq, &frame));
		ck_assert_uint_eq(frame.domain, SYNC_HA);
		ck_assert_uint_eq(frame.type, seq);
		ck_assert_uint_eq(frame.flags, SYNC_FRAME_SEQUENCED);
		ck_assert_uint_eq(frame.seq, seq);
		ck_assert_uint_eq(frame.body.len, seq);
		ck_assert_uint_eq(frame.body.ptr[0], seq);
	}
	backlog->destroy(backlog);
}
END_TEST

START_TEST(test_backlog_too_long)
{
	sync_backlog_t *backlog = sync_backlog_create(LIMIT);

	ck_assert_uint_eq(backlog->append(backlog, SYNC_HA, 1,
									  make_body(0, SYNC_MAX_BODY + 1)), 0);
	ck_assert_uint_eq(backlog->get_head(backlog), 0);
	ck_assert_uint_eq(backlog->append(backlog, SYNC_HA, 1,
									  make_body(0, SYNC_MAX_BODY)), 1);
	ck_assert_uint_eq(backlog->append(backlog, SYNC_HA, 1, chunk_empty), 2);
	backlog->destroy(backlog);
}
END_TEST

START_TEST(test_backlog_read)
{
	sync_backlog_t *backlog = sync_backlog_create(LIMIT);
	u_char buf[SYNC_FRAME_MAX];
	chunk_t space = chunk_from_thing(buf);
	uint64_t position = 1;
	u_int frames, i;
	size_t len;

	/* nothing there yet is not an error */
	ck_assert(backlog->read(backlog, &position, space, 100, &frames, &len));
	ck_assert_uint_eq(len, 0);
	ck_assert_uint_eq(frames, 0);
	ck_assert_uint_eq(position, 1);

	for (i = 0; i < 10; i++)
	{	/* 100 octets each */
		backlog->append(backlog, SYNC_HA, 1, make_body(i, 100 - 9));
	}
	ck_assert(backlog->read(backlog, &position, space, 350, &frames, &len));
	ck_assert_uint_eq(frames, 3);
	ck_assert_uint_eq(len, 300);
	ck_assert_uint_eq(position, 4);
	/* the first one always */
	ck_assert(backlog->read(backlog, &position, space, 1, &frames, &len));
	ck_assert_uint_eq(frames, 1);
	ck_assert_uint_eq(position, 5);
	/* but never more than the buffer takes */
	space.len = 250;
	ck_assert(backlog->read(backlog, &position, space, 1000, &frames, &len));
	ck_assert_uint_eq(frames, 2);
	ck_assert_uint_eq(position, 7);
	space.len = 99;
	ck_assert(backlog->read(backlog, &position, space, 1000, &frames, &len));
	ck_assert_uint_eq(frames, 0);
	ck_assert_uint_eq(len, 0);
	space.len = sizeof(buf);
	ck_assert(backlog->read(backlog, &position, space, 1000, &frames, &len));
	ck_assert_uint_eq(frames, 4);
	ck_assert_uint_eq(position, 11);
	ck_assert(backlog->read(backlog, &position, space, 1000, &frames, &len));
	ck_assert_uint_eq(frames, 0);

	/* there's no such number yet */
	position = 12;
	ck_assert(!backlog->read(backlog, &position, space, 1000, &frames, &len));
	position = 0;
	ck_assert(!backlog->read(backlog, &position, space, 1000, &frames, &len));
	position = UINT64_MAX;
	ck_assert(!backlog->read(backlog, &position, space, 1000, &frames, &len));
	backlog->destroy(backlog);
}
END_TEST

START_TEST(test_backlog_covers)
{
	sync_backlog_t *backlog = sync_backlog_create(LIMIT);

	ck_assert(!backlog->covers(backlog, 0));
	ck_assert(backlog->covers(backlog, 1));
	ck_assert(!backlog->covers(backlog, 2));
	backlog->append(backlog, SYNC_HA, 1, make_body(1, 10));
	backlog->append(backlog, SYNC_HA, 1, make_body(2, 10));
	ck_assert(backlog->covers(backlog, 1));
	ck_assert(backlog->covers(backlog, 3));
	ck_assert(!backlog->covers(backlog, 4));
	backlog->release(backlog, 1);
	ck_assert(!backlog->covers(backlog, 1));
	ck_assert(backlog->covers(backlog, 2));
	ck_assert(!backlog->covers(backlog, UINT64_MAX));
	backlog->destroy(backlog);
}
END_TEST

START_TEST(test_backlog_release)
{
	sync_backlog_t *backlog = sync_backlog_create(LIMIT);
	sync_frame_t frame;
	u_int i;

	for (i = 0; i < 10; i++)
	{
		backlog->append(backlog, SYNC_HA, 1, make_body(i, 10));
	}
	backlog->release(backlog, 0);
	ck_assert(backlog->covers(backlog, 1));
	backlog->release(backlog, 4);
	ck_assert(!read_one(backlog, 4, &frame));
	ck_assert(read_one(backlog, 5, &frame));
	/* what was released already */
	backlog->release(backlog, 2);
	ck_assert(read_one(backlog, 5, &frame));
	/* more than there is */
	backlog->release(backlog, 1000);
	ck_assert_uint_eq(backlog->get_head(backlog), 10);
	ck_assert(backlog->covers(backlog, 11));
	ck_assert(!backlog->covers(backlog, 10));
	ck_assert_uint_eq(backlog->get_usage(backlog, 0), 0);
	ck_assert_uint_eq(backlog->append(backlog, SYNC_HA, 1, chunk_empty), 11);
	ck_assert(read_one(backlog, 11, &frame));
	backlog->destroy(backlog);
}
END_TEST

START_TEST(test_backlog_usage)
{
	sync_backlog_t *backlog = sync_backlog_create(LIMIT);
	uint64_t one, all;

	backlog->append(backlog, SYNC_HA, 1, make_body(1, 1000));
	one = backlog->get_usage(backlog, 0);
	ck_assert_uint_gt(one, 1000);
	ck_assert_uint_lt(one, 1200);
	backlog->append(backlog, SYNC_HA, 1, make_body(1, 1000));
	backlog->append(backlog, SYNC_HA, 1, make_body(1, 1000));
	all = backlog->get_usage(backlog, 0);
	ck_assert_uint_eq(all, 3 * one);
	ck_assert_uint_eq(backlog->get_usage(backlog, 1), 2 * one);
	ck_assert_uint_eq(backlog->get_usage(backlog, 2), one);
	ck_assert_uint_eq(backlog->get_usage(backlog, 3), 0);
	ck_assert_uint_eq(backlog->get_usage(backlog, 1000), 0);
	backlog->release(backlog, 2);
	ck_assert_uint_eq(backlog->get_usage(backlog, 0), one);
	backlog->destroy(backlog);
}
END_TEST

/**
 * Far more frames than fit: the ring grows, wraps, and never takes more than
 * its limit.
 */
START_TEST(test_backlog_limit)
{
	sync_backlog_t *backlog = sync_backlog_create(SYNC_FRAME_MAX + 32);
	sync_frame_t frame;
	uint64_t seq, first;

	for (seq = 1; seq <= 20000; seq++)
	{
		ck_assert_uint_eq(backlog->append(backlog, SYNC_HA, 1,
										make_body(seq, seq % 50)), seq);
		ck_assert_uint_le(backlog->get_usage(backlog, 0), SYNC_FRAME_MAX + 32);
		ck_assert(read_one(backlog, seq, &frame));
		ck_assert_uint_eq(frame.body.len, seq % 50);
	}
	for (first = 1; !backlog->covers(backlog, first); first++);
	ck_assert_uint_gt(first, 15000);
	ck_assert_uint_lt(first, 20000 - 512);
	ck_assert(!read_one(backlog, first - 1, &frame));
	for (seq = first; seq <= 20000; seq++)
	{
		ck_assert(read_one(backlog, seq, &frame));
		ck_assert_uint_eq(frame.seq, seq);
		ck_assert_uint_eq(frame.body.len, seq % 50);
		ck_assert(!frame.body.len || frame.body.ptr[0] == (u_char)seq);
	}
	/* the longest frame takes the place of all others */
	ck_assert_uint_eq(backlog->append(backlog, SYNC_HA, 1,
									  make_body(1, SYNC_MAX_BODY)), 20001);
	ck_assert(!backlog->covers(backlog, 20000));
	ck_assert(read_one(backlog, 20001, &frame));
	ck_assert_uint_eq(frame.body.len, SYNC_MAX_BODY);
	backlog->destroy(backlog);
}
END_TEST

START_TEST(test_backlog_grow)
{
	sync_backlog_t *backlog = sync_backlog_create(LIMIT);
	sync_frame_t frame;
	uint64_t seq;

	/* grows while its oldest frame is in the middle of the ring */
	for (seq = 1; seq <= 40; seq++)
	{
		backlog->append(backlog, SYNC_HA, 1, make_body(seq, 4));
	}
	backlog->release(backlog, 39);
	for (; seq <= 1000; seq++)
	{
		backlog->append(backlog, SYNC_HA, 1, make_body(seq, 4));
	}
	for (seq = 40; seq <= 1000; seq++)
	{
		ck_assert(read_one(backlog, seq, &frame));
		ck_assert_uint_eq(frame.seq, seq);
		ck_assert_uint_eq(frame.body.ptr[3], (u_char)seq);
	}
	ck_assert(!read_one(backlog, 39, &frame));
	backlog->destroy(backlog);
}
END_TEST

START_TEST(test_backlog_set_limit)
{
	sync_backlog_t *backlog = sync_backlog_create(LIMIT);
	uint64_t all;
	u_int i;

	for (i = 0; i < 10; i++)
	{
		backlog->append(backlog, SYNC_HA, 1, make_body(i, 50000));
	}
	all = backlog->get_usage(backlog, 0);
	backlog->set_limit(backlog, all / 2);
	ck_assert_uint_eq(backlog->get_usage(backlog, 0), all / 2);
	ck_assert(!backlog->covers(backlog, 5));
	ck_assert(backlog->covers(backlog, 6));
	backlog->destroy(backlog);
}
END_TEST

/**
 * States and the backlog they are flushed to.
 */
static sync_backlog_t *target;
static sync_states_t *states;

static void setup_states()
{
	target = sync_backlog_create(LIMIT);
	states = sync_states_create(target);
}

static void teardown_states()
{
	states->destroy(states);
	target->destroy(target);
}

/**
 * Set a state whose body is one octet.
 */
static void set_state(sync_domain_t domain, uint8_t type, char *key,
					  u_char value)
{
	states->set(states, domain, type, chunk_from_str(key),
				make_body(value, 1));
}

/**
 * Check a frame of the backlog.
 */
static void check_frame(uint64_t seq, sync_domain_t domain, uint8_t type,
						u_char value)
{
	sync_frame_t frame;

	ck_assert(read_one(target, seq, &frame));
	ck_assert_uint_eq(frame.domain, domain);
	ck_assert_uint_eq(frame.type, type);
	ck_assert_uint_eq(frame.body.len, 1);
	ck_assert_uint_eq(frame.body.ptr[0], value);
}

START_TEST(test_states_coalesce)
{
	u_int i;

	for (i = 0; i < 200; i++)
	{
		set_state(SYNC_HA, 1, "a", i);
	}
	ck_assert_uint_eq(target->get_head(target), 0);
	states->flush(states);
	ck_assert_uint_eq(target->get_head(target), 1);
	check_frame(1, SYNC_HA, 1, 199);
	/* each goes out once */
	states->flush(states);
	ck_assert_uint_eq(target->get_head(target), 1);
	set_state(SYNC_HA, 1, "a", 201);
	states->flush(states);
	ck_assert_uint_eq(target->get_head(target), 2);
	check_frame(2, SYNC_HA, 1, 201);
}
END_TEST

START_TEST(test_states_distinct)
{
	set_state(SYNC_HA, 1, "a", 1);
	set_state(SYNC_HA, 2, "a", 2);
	set_state(SYNC_HA, 1, "b", 3);
	set_state(SYNC_STUB, 1, "a", 4);
	states->set(states, SYNC_HA, 1, chunk_empty, make_body(5, 1));
	set_state(SYNC_HA, 2, "a", 6);
	states->flush(states);
	ck_assert_uint_eq(target->get_head(target), 5);
	/* in the order in which the objects came */
	check_frame(1, SYNC_HA, 1, 1);
	check_frame(2, SYNC_HA, 2, 6);
	check_frame(3, SYNC_HA, 1, 3);
	check_frame(4, SYNC_STUB, 1, 4);
	check_frame(5, SYNC_HA, 1, 5);
}
END_TEST

START_TEST(test_states_after_send)
{
	set_state(SYNC_HA, 1, "a", 1);
	target->append(target, SYNC_HA, 9, make_body(9, 1));
	states->flush(states);
	check_frame(1, SYNC_HA, 9, 9);
	check_frame(2, SYNC_HA, 1, 1);
}
END_TEST

START_TEST(test_states_cancel)
{
	set_state(SYNC_HA, 1, "a", 1);
	set_state(SYNC_HA, 2, "a", 2);
	set_state(SYNC_HA, 1, "b", 3);
	set_state(SYNC_STUB, 1, "a", 4);
	states->cancel(states, SYNC_HA, chunk_from_str("a"));
	states->cancel(states, SYNC_HA, chunk_from_str("unknown"));
	states->cancel(states, SYNC_REDIRECT, chunk_from_str("b"));
	states->flush(states);
	ck_assert_uint_eq(target->get_head(target), 2);
	check_frame(1, SYNC_HA, 1, 3);
	check_frame(2, SYNC_STUB, 1, 4);

	/* the first, the last and the only one */
	set_state(SYNC_HA, 1, "a", 1);
	set_state(SYNC_HA, 1, "b", 2);
	set_state(SYNC_HA, 1, "c", 3);
	states->cancel(states, SYNC_HA, chunk_from_str("a"));
	states->cancel(states, SYNC_HA, chunk_from_str("c"));
	states->cancel(states, SYNC_HA, chunk_from_str("b"));
	states->flush(states);
	ck_assert_uint_eq(target->get_head(target), 2);
	set_state(SYNC_HA, 1, "d", 5);
	states->flush(states);
	check_frame(3, SYNC_HA, 1, 5);
}
END_TEST

START_TEST(test_states_many)
{
	char key[16];
	u_int i;

	for (i = 0; i < 2000; i++)
	{
		snprintf(key, sizeof(key), "%u", i % 1000);
		set_state(SYNC_HA, 1, key, i < 1000 ? 0 : i);
	}
	states->flush(states);
	ck_assert_uint_eq(target->get_head(target), 1000);
	for (i = 0; i < 1000; i++)
	{
		check_frame(i + 1, SYNC_HA, 1, i + 1000);
	}
	/* what is left when it's destroyed is no leak */
	set_state(SYNC_HA, 1, "left", 1);
	set_state(SYNC_HA, 2, "left", 1);
}
END_TEST

/**
 * Outbox, and how often it woke the link.
 */
static sync_outbox_t *outbox;
static refcount_t woken;

static void wake(refcount_t *count)
{
	ref_get(count);
}

static void setup_outbox()
{
	woken = 0;
	outbox = sync_outbox_create((void*)wake, &woken);
}

static void teardown_outbox()
{
	outbox->destroy(outbox);
}

START_TEST(test_outbox_closed)
{
	u_char buf[100];
	u_int frames;

	outbox->put(outbox, make_body(1, 10));
	ck_assert(!outbox->try(outbox, make_body(1, 10)));
	ck_assert_int_eq(outbox->wait(outbox, make_body(1, 10)), FAILED);
	ck_assert(outbox->is_empty(outbox));
	ck_assert_uint_eq(outbox->take(outbox, chunk_from_thing(buf), &frames), 0);
	ck_assert_uint_eq(woken, 0);

	outbox->open(outbox);
	ck_assert(outbox->try(outbox, make_body(1, 10)));
	ck_assert_uint_eq(woken, 1);
	ck_assert(!outbox->is_empty(outbox));
	/* nothing of one link reaches the next */
	outbox->close(outbox);
	outbox->open(outbox);
	ck_assert(outbox->is_empty(outbox));
	ck_assert_uint_eq(outbox->take(outbox, chunk_from_thing(buf), &frames), 0);
}
END_TEST

START_TEST(test_outbox_order)
{
	u_char buf[40];
	u_int frames;

	outbox->open(outbox);
	outbox->put(outbox, make_body(1, 10));
	ck_assert(outbox->try(outbox, make_body(2, 20)));
	ck_assert_int_eq(outbox->wait(outbox, make_body(3, 30)), SUCCESS);
	ck_assert_uint_eq(woken, 3);
	/* whole frames only */
	ck_assert_uint_eq(outbox->take(outbox, chunk_from_thing(buf), &frames), 30);
	ck_assert_uint_eq(frames, 2);
	ck_assert_uint_eq(buf[0], 1);
	ck_assert_uint_eq(buf[10], 2);
	ck_assert_uint_eq(outbox->take(outbox, chunk_create(buf, 29), &frames), 0);
	ck_assert_uint_eq(frames, 0);
	ck_assert_uint_eq(outbox->take(outbox, chunk_from_thing(buf), &frames), 30);
	ck_assert_uint_eq(frames, 1);
	ck_assert_uint_eq(buf[29], 3);
	ck_assert(outbox->is_empty(outbox));
}
END_TEST

START_TEST(test_outbox_latest)
{
	u_char buf[100];
	u_int frames;

	/* without a link nothing is kept */
	outbox->put_latest(outbox, make_body(1, 10));
	ck_assert(outbox->is_empty(outbox));
	ck_assert_uint_eq(woken, 0);
	outbox->open(outbox);
	outbox->put(outbox, make_body(1, 10));
	outbox->put_latest(outbox, make_body(2, 10));
	outbox->put(outbox, make_body(3, 10));
	outbox->put_latest(outbox, make_body(4, 20));
	outbox->put_latest(outbox, make_body(5, 5));
	ck_assert_uint_eq(outbox->take(outbox, chunk_from_thing(buf), &frames), 25);
	ck_assert_uint_eq(frames, 3);
	ck_assert_uint_eq(buf[10], 5);
	ck_assert_uint_eq(buf[15], 3);
	ck_assert(outbox->is_empty(outbox));
	/* it was taken, so there may be another; or it is gone with the link */
	outbox->put_latest(outbox, make_body(6, 10));
	outbox->close(outbox);
	outbox->open(outbox);
	outbox->put_latest(outbox, make_body(7, 10));
	ck_assert_uint_eq(outbox->take(outbox, chunk_from_thing(buf), &frames), 10);
	ck_assert_uint_eq(buf[0], 7);
	ck_assert(outbox->is_empty(outbox));
}
END_TEST

/**
 * Fill the outbox, return the number of frames that fitted.
 */
static u_int fill_outbox()
{
	u_int count = 0;

	while (outbox->try(outbox, make_body(0, SYNC_FRAME_MAX)))
	{
		ck_assert_uint_lt(++count, 1000);
	}
	return count;
}

START_TEST(test_outbox_full)
{
	static u_char buf[SYNC_FRAME_MAX];
	u_int frames, count;
	chunk_t frame;

	outbox->open(outbox);
	count = fill_outbox();
	ck_assert_uint_gt(count, 5);
	/* the link's own frames always */
	outbox->put(outbox, make_body(7, 5));
	ck_assert(!outbox->try(outbox, make_body(0, 1)));

	/* who waited for nothing keeps the frame */
	frame = make_body(8, 5);
	ck_assert_int_eq(outbox->wait(outbox, frame), NEED_MORE);
	ck_assert_uint_eq(frame.ptr[4], 8);
	while (outbox->take(outbox, chunk_from_thing(buf), &frames))
	{
		count -= min(count, frames);
	}
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(buf[0], 7);
	ck_assert_int_eq(outbox->wait(outbox, frame), SUCCESS);
}
END_TEST

/**
 * Wait for space until there's some or the outbox was closed.
 */
static void *wait_for_space(void *null)
{
	chunk_t frame = make_body(1, 5);
	status_t status;

	do
	{
		status = outbox->wait(outbox, frame);
	}
	while (status == NEED_MORE);
	return (void*)(uintptr_t)status;
}

START_TEST(test_outbox_close_wakes)
{
	thread_t *thread;
	void *result;

	outbox->open(outbox);
	fill_outbox();
	thread = thread_create(wait_for_space, NULL);
	usleep(50000);
	outbox->close(outbox);
	result = thread->join(thread);
	ck_assert_int_eq((uintptr_t)result, FAILED);
}
END_TEST

START_TEST(test_outbox_take_wakes)
{
	static u_char buf[SYNC_FRAME_MAX];
	thread_t *thread;
	void *result;
	u_int frames;

	outbox->open(outbox);
	fill_outbox();
	thread = thread_create(wait_for_space, NULL);
	usleep(50000);
	ck_assert(outbox->take(outbox, chunk_from_thing(buf), &frames));
	result = thread->join(thread);
	ck_assert_int_eq((uintptr_t)result, SUCCESS);
}
END_TEST

/**
 * A secret of just the length needed.
 */
#define SECRET "0123456789abcdef0123456789abcdef"

/**
 * File with the secret.
 */
static char secret_file[] = "/tmp/test_sync_backlog.XXXXXX";

/**
 * Write the secret file.
 */
static void write_secret(chunk_t secret, mode_t mode)
{
	ck_assert(chunk_write(secret, secret_file, 0077, TRUE));
	ck_assert_int_eq(chmod(secret_file, mode), 0);
}

/**
 * Set an option, NULL to remove it.
 */
static void set_option(char *option, char *value)
{
	char path[128];

	/* dots of an argument would be part of the name */
	snprintf(path, sizeof(path), "%%s.cluster.%s", option);
	lib->settings->set_str(lib->settings, path, value, lib->ns);
}

/**
 * A correct configuration.
 */
static void setup_config()
{
	int fd;

	fd = mkstemp(secret_file);
	ck_assert_int_ge(fd, 0);
	close(fd);
	write_secret(chunk_from_str(SECRET "\n"), 0600);
	ck_assert(lib->settings->load_string(lib->settings,
		"test_sync_backlog {\n"
		"  cluster {\n"
		"    name = test\n"
		"    member = moon\n"
		"    members {\n"
		"      moon {\n address = 192.0.2.1\n }\n"
		"      sun {\n address = 192.0.2.2\n }\n"
		"    }\n"
		"  }\n"
		"}\n", FALSE));
	set_option("secret_file", secret_file);
	/* a dot in a name is not one between sections */
	lib->settings->set_str(lib->settings, "%s.cluster.members.%s.address",
						   "2001:db8::3", lib->ns, "venus.example");
	lib->settings->set_str(lib->settings, "%s.cluster.members.%s.port", "4999",
						   lib->ns, "venus.example");
}

static void teardown_config()
{
	unlink(secret_file);
	strcpy(strchr(secret_file, '.'), ".XXXXXX");
	ck_assert(lib->settings->load_string(lib->settings, "", FALSE));
}

START_TEST(test_config)
{
	sync_peer_config_t *peer;
	sync_config_t *config;
	enumerator_t *enumerator;
	u_int found = 0;

	config = sync_config_load();
	ck_assert(config != NULL);
	ck_assert_str_eq(config->cluster, "test");
	ck_assert_str_eq(config->member, "moon");
	ck_assert_uint_eq(config->listen->get_port(config->listen), SYNC_PORT);
	ck_assert_uint_eq(config->heartbeat, 500);
	ck_assert_uint_eq(config->timeout, 2000);
	ck_assert_uint_eq(config->flush_interval, 100);
	ck_assert_uint_eq(config->backlog, 64 * 1024 * 1024);
	/* without the newline */
	ck_assert(chunk_equals(config->secret, chunk_from_str(SECRET)));
	ck_assert(config->cert == NULL);
	ck_assert_uint_eq(config->peers->get_count(config->peers), 2);
	enumerator = config->peers->create_enumerator(config->peers);
	while (enumerator->enumerate(enumerator, &peer))
	{
		if (streq(peer->name, "sun"))
		{
			ck_assert_uint_eq(peer->address->get_port(peer->address),
							  SYNC_PORT);
			found |= 1;
		}
		if (streq(peer->name, "venus.example"))
		{
			ck_assert_uint_eq(peer->address->get_port(peer->address), 4999);
			found |= 2;
		}
	}
	enumerator->destroy(enumerator);
	ck_assert_uint_eq(found, 3);
	sync_config_destroy(config);
	sync_config_destroy(NULL);
}
END_TEST

START_TEST(test_config_unknown)
{
	const char *known[] = { "name", "member", "members", NULL };
	const char *few[] = { "name", NULL };
	const char *more[] = { "name", "member", "secret_file", "nmae", NULL };
	sync_config_t *config;

	set_option("nmae", "tset");
	/* secret_file and the misspelled one */
	ck_assert_uint_eq(sync_option_check(NULL, known), 2);
	ck_assert_uint_eq(sync_option_check(NULL, few), 3);
	ck_assert_uint_eq(sync_option_check(NULL, more), 0);
	ck_assert_uint_eq(sync_option_check("no-such", known), 0);
	lib->settings->set_str(lib->settings, "%s.plugins.some-one.adresses", "x",
						   lib->ns);
	ck_assert_uint_eq(sync_option_check("some-one", known), 1);
	/* it's ignored, as by strongSwan */
	config = sync_config_load();
	ck_assert(config != NULL);
	sync_config_destroy(config);
	set_option("nmae", NULL);
}
END_TEST

START_TEST(test_config_x509)
{
	sync_config_t *config;

	set_option("secret_file", NULL);
	set_option("cert", "/c.pem");
	set_option("key", "/k.pem");
	set_option("ca", "/ca.pem");
	config = sync_config_load();
	ck_assert(config != NULL);
	ck_assert_uint_eq(config->secret.len, 0);
	ck_assert_str_eq(config->cert, "/c.pem");
	ck_assert_str_eq(config->key, "/k.pem");
	ck_assert_str_eq(config->ca, "/ca.pem");
	sync_config_destroy(config);

	/* both */
	set_option("secret_file", secret_file);
	ck_assert(sync_config_load() == NULL);
	/* a part */
	set_option("secret_file", NULL);
	set_option("ca", NULL);
	ck_assert(sync_config_load() == NULL);
	/* nothing */
	set_option("cert", NULL);
	set_option("key", NULL);
	ck_assert(sync_config_load() == NULL);
}
END_TEST

/**
 * Options and whether they are accepted.
 */
static struct {
	char *option, *value;
	bool ok;
} options[] = {
	{ "name", NULL, FALSE },
	{ "name", "a b", FALSE },
	{ "name", "%s", FALSE },
	{ "member", NULL, FALSE },
	{ "member", "not/a/name", FALSE },
	{ "member", "stranger", FALSE },
	{ "member", "sun", TRUE },
	{ "heartbeat", "50", TRUE },
	{ "heartbeat", "49", FALSE },
	{ "heartbeat", "10000", TRUE },
	{ "heartbeat", "10001", FALSE },
	{ "heartbeat", "-1", FALSE },
	{ "heartbeat", "500ms", FALSE },
	{ "heartbeat", "", FALSE },
	{ "heartbeat", "99999999999999999999999", FALSE },
	{ "timeout", "1000", TRUE },
	{ "timeout", "999", FALSE },
	{ "timeout", "60000", TRUE },
	{ "timeout", "60001", FALSE },
	{ "flush_interval", "5", TRUE },
	{ "flush_interval", "4", FALSE },
	{ "flush_interval", "5000", TRUE },
	{ "flush_interval", "5001", FALSE },
	{ "backlog", "65536", TRUE },
	{ "backlog", "65535", FALSE },
	{ "port", "65535", TRUE },
	{ "port", "0", FALSE },
	{ "port", "65536", FALSE },
	{ "port", "isakmp", FALSE },
	{ "listen", "0.0.0.0", TRUE },
	{ "listen", "::", TRUE },
	{ "listen", "moon.strongswan.org", FALSE },
	{ "listen", "192.0.2.256", FALSE },
	{ "members.sun.address", NULL, FALSE },
	{ "members.sun.address", "sun.strongswan.org", FALSE },
	{ "members.sun.address", "0.0.0.0", FALSE },
	{ "members.sun.address", "::", FALSE },
	{ "members.sun.port", "4511", TRUE },
	{ "members.sun.port", "0", FALSE },
	{ "members.sun.port", "65536", FALSE },
	{ "members.sun.port", "70000", FALSE },
	{ "members.sun.port", "-1", FALSE },
	{ "members.sun.port", "http", FALSE },
	{ "members.moon.port", "65536", FALSE },
	{ "members.moon.port", "4511", TRUE },
	{ "members.a{b.address", "192.0.2.9", FALSE },
	{ "secret_file", "/nonexistent/secret", FALSE },
	{ "secret_file", "/tmp", FALSE },
};

START_TEST(test_config_option)
{
	sync_config_t *config;

	set_option(options[_i].option, options[_i].value);
	config = sync_config_load();
	ck_assert_msg((config != NULL) == options[_i].ok, "%s = %s",
				  options[_i].option, options[_i].value ?: "(unset)");
	sync_config_destroy(config);
}
END_TEST

START_TEST(test_config_timeout)
{
	sync_config_t *config;

	/* no option has to be set because another one was */
	set_option("heartbeat", "3000");
	config = sync_config_load();
	ck_assert(config != NULL);
	ck_assert_uint_eq(config->timeout, 9000);
	sync_config_destroy(config);
}
END_TEST

START_TEST(test_config_members)
{
	sync_config_t *config;
	char option[64], address[64];
	u_int i;

	/* two others are there already */
	for (i = 0; i < 29; i++)
	{
		snprintf(option, sizeof(option), "members.m%u.address", i);
		snprintf(address, sizeof(address), "192.0.2.%u", 100 + i);
		set_option(option, address);
	}
	config = sync_config_load();
	ck_assert(config != NULL);
	ck_assert_uint_eq(config->peers->get_count(config->peers), 31);
	sync_config_destroy(config);
	set_option("members.toomany.address", "192.0.2.200");
	ck_assert(sync_config_load() == NULL);
}
END_TEST

/**
 * Modes of the secret's file.
 */
static struct {
	mode_t mode;
	bool ok;
} modes[] = {
	{ 0600, TRUE },
	{ 0400, TRUE },
	{ 0700, TRUE },
	{ 0640, FALSE },
	{ 0620, FALSE },
	{ 0610, FALSE },
	{ 0604, FALSE },
	{ 0602, FALSE },
	{ 0666, FALSE },
};

START_TEST(test_config_secret_mode)
{
	sync_config_t *config;

	write_secret(chunk_from_str(SECRET), modes[_i].mode);
	config = sync_config_load();
	ck_assert_int_eq(config != NULL, modes[_i].ok);
	sync_config_destroy(config);
}
END_TEST

/**
 * Lengths of secrets.
 */
static struct {
	size_t len;
	bool ok;
} secrets[] = {
	{ 0, FALSE },
	{ 1, FALSE },
	{ 31, FALSE },
	{ 32, TRUE },
	{ 4096, TRUE },
	{ 4097, FALSE },
	{ 4098, FALSE },
	{ 100000, FALSE },
};

START_TEST(test_config_secret_len)
{
	sync_config_t *config;
	chunk_t secret;

	secret = make_body('s', secrets[_i].len);
	write_secret(secret, 0600);
	config = sync_config_load();
	ck_assert_int_eq(config != NULL, secrets[_i].ok);
	if (config)
	{
		ck_assert(chunk_equals(config->secret, secret));
	}
	sync_config_destroy(config);
	chunk_free(&secret);

	/* spaces are not part of it */
	write_secret(chunk_from_str("0123456789abcdef0123456789abcde \r\n\n"), 0600);
	ck_assert(sync_config_load() == NULL);
}
END_TEST

static Suite *sync_backlog_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("sync_backlog");
	tc = tcase_create("backlog");
	tcase_add_test(tc, test_backlog_append);
	tcase_add_test(tc, test_backlog_too_long);
	tcase_add_test(tc, test_backlog_read);
	tcase_add_test(tc, test_backlog_covers);
	tcase_add_test(tc, test_backlog_release);
	tcase_add_test(tc, test_backlog_usage);
	tcase_add_test(tc, test_backlog_limit);
	tcase_add_test(tc, test_backlog_grow);
	tcase_add_test(tc, test_backlog_set_limit);
	suite_add_tcase(s, tc);

	tc = tcase_create("states");
	tcase_add_checked_fixture(tc, setup_states, teardown_states);
	tcase_add_test(tc, test_states_coalesce);
	tcase_add_test(tc, test_states_distinct);
	tcase_add_test(tc, test_states_after_send);
	tcase_add_test(tc, test_states_cancel);
	tcase_add_test(tc, test_states_many);
	suite_add_tcase(s, tc);

	tc = tcase_create("outbox");
	tcase_add_checked_fixture(tc, setup_outbox, teardown_outbox);
	tcase_add_test(tc, test_outbox_closed);
	tcase_add_test(tc, test_outbox_order);
	tcase_add_test(tc, test_outbox_latest);
	tcase_add_test(tc, test_outbox_full);
	tcase_add_test(tc, test_outbox_close_wakes);
	tcase_add_test(tc, test_outbox_take_wakes);
	suite_add_tcase(s, tc);

	tc = tcase_create("config");
	tcase_add_checked_fixture(tc, setup_config, teardown_config);
	tcase_add_test(tc, test_config);
	tcase_add_test(tc, test_config_unknown);
	tcase_add_test(tc, test_config_x509);
	tcase_add_loop_test(tc, test_config_option, 0, countof(options));
	tcase_add_test(tc, test_config_timeout);
	tcase_add_test(tc, test_config_members);
	tcase_add_loop_test(tc, test_config_secret_mode, 0, countof(modes));
	tcase_add_loop_test(tc, test_config_secret_len, 0, countof(secrets));
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_sync_backlog"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(sync_backlog_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
