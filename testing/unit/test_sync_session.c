/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include <poll.h>
#include <sys/eventfd.h>

#include "sync_frame.h"
#include "sync_session.h"

/** acknowledgements the member asks for */
#define REQUESTS 200

/** time for the thread that calls subscribers to see one, in us */
#define PAUSE 500

/** timers, in ms: nothing is due while this runs */
#define NEVER 600000

static sync_backlog_t *backlog;
static sync_commit_t *commit;
static sync_subscribers_t *subscribers;
static sync_wake_t *wake;
static sync_session_t *session;

/** a descriptor that is always ready */
static int fd;

/** requests received, TRUE if there is one that was not looked at */
static u_int requests;
static bool pending;

/** what is sent, heartbeats in there */
static u_char space[4 * SYNC_FRAME_MAX];
static u_int heartbeats;

METHOD(sync_link_t, get_fd, int,
	sync_link_t *this)
{
	return fd;
}

METHOD(sync_link_t, get_events, short,
	sync_link_t *this, bool reading)
{
	return POLLIN;
}

METHOD(sync_link_t, receive, bool,
	sync_link_t *this, size_t *len, char **why)
{
	if (heartbeats)
	{
		*why = strdup("done");
		return FALSE;
	}
	*len = 0;
	if (requests < REQUESTS)
	{
		requests++;
		pending = TRUE;
		*len = 1;
	}
	usleep(PAUSE);
	return TRUE;
}

METHOD(sync_link_t, next, status_t,
	sync_link_t *this, sync_frame_t *frame, char **why)
{
	if (!pending)
	{
		return NEED_MORE;
	}
	pending = FALSE;
	*frame = (sync_frame_t){
		.domain = SYNC_CONTROL,
		.type = SYNC_ACK_REQUEST,
	};
	return SUCCESS;
}

/**
 * As long as the member asks it reads nothing.
 */
METHOD(sync_link_t, get_space, chunk_t,
	sync_link_t *this)
{
	return chunk_create(space, requests < REQUESTS ? 0 : sizeof(space));
}

METHOD(sync_link_t, added, void,
	sync_link_t *this, u_int frames, size_t len)
{
	chunk_t data = chunk_create(space, len);
	sync_frame_t frame;
	size_t used;

	while (data.len)
	{
		ck_assert_int_eq(sync_frame_decode(data, &frame, &used), SUCCESS);
		heartbeats += frame.domain == SYNC_CONTROL &&
					  frame.type == SYNC_HEARTBEAT;
		data = chunk_skip(data, used);
	}
}

METHOD(sync_link_t, flush, bool,
	sync_link_t *this, char **why)
{
	return TRUE;
}

METHOD(sync_link_t, is_flushed, bool,
	sync_link_t *this)
{
	return FALSE;
}

METHOD(sync_link_t, count, void,
	sync_link_t *this, sync_member_t *member)
{
}

static void setup()
{
	ck_assert(library_init("", "test_sync_session"));
	requests = heartbeats = 0;
	pending = FALSE;
	fd = eventfd(1, 0);
	ck_assert_int_ge(fd, 0);
	backlog = sync_backlog_create(1024 * 1024);
	commit = sync_commit_create();
	subscribers = sync_subscribers_create();
	wake = sync_wake_create();
	session = sync_session_create("moon", 4711, backlog, commit, subscribers,
								  wake);
	session->set_timers(session, NEVER, NEVER);
}

static void teardown()
{
	session->destroy(session);
	wake->destroy(wake);
	subscribers->destroy(subscribers);
	commit->destroy(commit);
	backlog->destroy(backlog);
	close(fd);
	library_deinit();
}

/**
 * A member that asks for acknowledgements and does not read them gets one: what
 * is kept for it does not grow.
 */
START_TEST(test_ack_flood)
{
	sync_link_t link = {
		.get_fd = _get_fd,
		.get_events = _get_events,
		.receive = _receive,
		.next = _next,
		.get_space = _get_space,
		.added = _added,
		.flush = _flush,
		.is_flushed = _is_flushed,
		.count = _count,
	};
	sync_hello_t hello = {
		.major = SYNC_VERSION_MAJOR,
		.cluster = "test",
		.member = "moon",
		.incarnation = 1,
		.heartbeat = 100,
	};
	char *why;

	why = session->run(session, &link, &hello);
	ck_assert_str_eq(why, "done");
	free(why);
	ck_assert_uint_eq(requests, REQUESTS);
	ck_assert_uint_ge(heartbeats, 1);
	ck_assert_uint_le(heartbeats, 2);
}
END_TEST

static Suite *sync_session_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("sync_session");
	tc = tcase_create("sync_session");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_ack_flood);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	sr = srunner_create(sync_session_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
