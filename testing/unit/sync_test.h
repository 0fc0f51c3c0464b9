/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_test sync_test
 *
 * Real channels in one process, on loopback addresses and ports of their own,
 * for test_sync_channel and test_sync_link.
 */

#ifndef SYNC_TEST_H_
#define SYNC_TEST_H_

#include <library.h>
#include <threading/condvar.h>
#include <threading/mutex.h>

#include "sync_channel_create.h"

/** timers of channels, in ms; the timeout is one a busy machine won't meet */
#define TEST_HEARTBEAT 100
#define TEST_TIMEOUT 15000
#define TEST_FLUSH 50

/** timeout where silence is what is tested, in ms */
#define TEST_SHORT_TIMEOUT 1500

/** longest time anything may take, in ms; far more than it does take */
#define TEST_PATIENCE 30000

/** members that exist */
#define TEST_MEMBERS 4

typedef struct test_member_t test_member_t;
typedef struct test_proxy_t test_proxy_t;

/**
 * A member: a channel and a subscriber that keeps account of all calls.
 *
 * A call is noted as "up <member>", "down <member>", "begin <member>",
 * "end <member>", and messages as "<member> <type> <body>", with at most 32
 * octets of the body.
 */
struct test_member_t {
	/** subscriber, first */
	sync_subscriber_t public;
	/** name, and last octet of the address */
	char *name;
	u_int number;
	/** the channel, NULL if it could not be made */
	sync_channel_t *channel;
	/** lock and signal for all below */
	mutex_t *mutex;
	condvar_t *changed;
	/** what was noted */
	char **events;
	u_int count;
	/** receive() and snapshot() wait while set */
	bool block_receive, block_snapshot;
	/** snapshot() writes as many items, of as many octets: "item<n>" */
	u_int items, item_len;
	/** snapshot() writes items until it fails */
	bool endless;
	/** calls of receive() and snapshot() under way */
	u_int receiving, writing;
};

/**
 * Start: threads, random numbers; the address and ports of this process.
 */
bool sync_test_init(const char *name);

/**
 * Run a suite, and clean up.
 */
int sync_test_run(void *suite);

/**
 * Address of a member, "moon" is 1, "sun" 2, "mars" 3, "venus" 4.
 */
host_t *test_address(u_int number);

/**
 * Make the options of a member; its peers are all others up to the number of
 * members given.  Moon (as "moon" sorts first of the two) connects to sun.
 */
sync_config_t *test_config(char *name, u_int number, u_int members);

/**
 * Find a peer in the options.
 */
sync_peer_config_t *test_peer(sync_config_t *config, char *name);

/**
 * Create a member, subscribe to SYNC_HA if wanted.
 */
test_member_t *test_member_create(sync_config_t *config, bool subscribe);

/**
 * Subscribe, or unsubscribe.
 */
void test_member_subscribe(test_member_t *this);
void test_member_unsubscribe(test_member_t *this);

/**
 * Send a message with text as body; type 1.
 */
uint64_t test_send(test_member_t *this, char *format, ...);

/**
 * Wait for an event from a position on; returns the position after it.
 * Fails the test if it takes too long.
 */
u_int test_await(test_member_t *this, u_int from, char *format, ...);

/**
 * Number of times an event was noted.
 */
u_int test_count(test_member_t *this, char *format, ...);

/**
 * Number of events so far.
 */
u_int test_events(test_member_t *this);

/**
 * Let receive() and snapshot() wait, or go on.
 */
void test_block(test_member_t *this, bool receive, bool snapshot);

/**
 * Wait until a receive() or snapshot() is under way.
 */
void test_await_receiving(test_member_t *this);
void test_await_writing(test_member_t *this);

/**
 * What the channel tells of another member.  The strings are static.
 */
sync_member_t test_info(test_member_t *this, char *other);

/**
 * Wait until the channel tells an error that contains a text, or a state.
 */
void test_await_error(test_member_t *this, char *other, char *text);
void test_await_state(test_member_t *this, char *other,
					  sync_link_state_t state);

/**
 * Remove a member; its subscriber is unsubscribed.
 */
void test_member_destroy(test_member_t *this);

/**
 * Create a proxy for connections of a member to another one, and redirect them
 * in the options of the first.
 */
test_proxy_t *test_proxy_create(sync_config_t *config, char *to);

/**
 * Cut all connections and end new ones, until allowed again.
 */
void test_proxy_cut(test_proxy_t *this);
void test_proxy_allow(test_proxy_t *this);

/**
 * Pass nothing on, but keep connections.
 */
void test_proxy_stall(test_proxy_t *this);

void test_proxy_destroy(test_proxy_t *this);

/**
 * Open a TCP connection from one member's address to another one's port; a
 * number of 0 is an address that is no member's.
 */
int test_connect(u_int from, u_int to);

/**
 * Check if the other side ends a connection in some time, in ms.
 */
bool test_is_closed(int fd, u_int ms);

#endif /** SYNC_TEST_H_ */
