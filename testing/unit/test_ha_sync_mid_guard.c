/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include <daemon.h>
#include <encoding/message.h>
#include <encoding/payloads/notify_payload.h>
#include <threading/mutex.h>

#include "fake_sa.h"
#include "ha_sync_mid_guard.h"
#include "ha_sync_mid_replay.h"

/** message IDs of the IKE SA: of our next request, of the peer's next one */
#define SEND 5
#define RECV 3

/** how long to wait for what jobs do, in ms */
#define PATIENCE 5000

static fake_sa_t sa;
static ha_sync_mid_guard_t *guard;
static daemon_t fake_charon;

/** protects all that jobs change, held while the IKE_SA is checked out */
static mutex_t *mutex;

/** what the peer is to be asked */
static uint32_t skip;
static bool esn;

/** TRUE if the peer can be asked */
static bool usable;

/** what was started */
static u_int starts;
static uint32_t start_send, start_recv;
static chunk_t start_delta;

static ike_sa_t *fake_checkout(ike_sa_manager_t *this, ike_sa_id_t *id)
{
	ck_assert(id->equals(id, sa.id));
	mutex->lock(mutex);
	return &sa.public;
}

static void fake_checkin(ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
	mutex->unlock(mutex);
}

static bool fake_get_mids(ha_sync_registry_t *this, const ha_sync_spis_t *spis,
						  ha_sync_mids_t *mids)
{
	*mids = (ha_sync_mids_t){
		.send = SEND,
		.recv = RECV,
	};
	return TRUE;
}

static bool fake_usable(ha_sync_mid_sync_t *this, ike_sa_t *ike_sa, char **why)
{
	*why = "fake";
	return usable;
}

static void fake_start(ha_sync_mid_sync_t *this, ike_sa_t *ike_sa,
					   uint32_t send, uint32_t recv, chunk_t delta)
{
	ck_assert_ptr_eq(ike_sa, &sa.public);
	starts++;
	start_send = send;
	start_recv = recv;
	chunk_clear(&start_delta);
	start_delta = chunk_clone(delta);
}

static ike_sa_manager_t fake_manager = {
	.checkout = fake_checkout,
	.checkin = fake_checkin,
};
/**
 * TRUE if the response of the previous active to its last request is here.
 */
static bool answered;

METHOD(hasher_t, get_hash, bool,
	hasher_t *this, chunk_t data, uint8_t *hash)
{
	memset(hash, 1, HA_SYNC_HASH_LEN);
	return TRUE;
}

METHOD(hasher_t, hasher_destroy, void,
	hasher_t *this)
{
	free(this);
}

/**
 * Create a hasher for which all messages are the same.
 */
static hasher_t *create_hasher(hash_algorithm_t algo)
{
	hasher_t *this;

	INIT(this,
		.get_hash = _get_hash,
		.destroy = _hasher_destroy,
	);
	return this;
}

/**
 * Implements ha_sync_registry_t.get_response
 */
static chunk_t fake_get_response(ha_sync_registry_t *this,
								 const ha_sync_spis_t *spis, uint32_t mid,
								 const uint8_t hash[HA_SYNC_HASH_LEN])
{
	ck_assert_uint_eq(mid, RECV - 1);
	ck_assert_int_eq(hash[0], 1);
	return answered ? chunk_clone(chunk_from_str("response")) : chunk_empty;
}

static ha_sync_registry_t fake_registry = {
	.get_mids = fake_get_mids,
	.get_response = fake_get_response,
};
static ha_sync_mid_sync_t fake_mid_sync = {
	.usable = fake_usable,
	.start = fake_start,
};

static void setup()
{
	ck_assert(library_init("", "test_ha_sync_mid_guard"));
	lib->processor->set_threads(lib->processor, 4);
	lib->crypto->add_hasher(lib->crypto, HASH_SHA1, "test",
							(hasher_constructor_t)create_hasher);
	fake_charon.bus = &fake_bus;
	fake_charon.ike_sa_manager = &fake_manager;
	charon = &fake_charon;
	mutex = mutex_create(MUTEX_TYPE_RECURSIVE);
	starts = skip = 0;
	esn = FALSE;
	start_delta = chunk_empty;
	usable = TRUE;
	fake_sa_init(&sa, FALSE, 0, 0);
	sa.send = SEND;
	sa.recv = RECV;
	guard = ha_sync_mid_guard_create(&fake_registry, &fake_mid_sync);
}

static void teardown()
{
	lib->processor->cancel(lib->processor);
	guard->destroy(guard);
	mutex->destroy(mutex);
	chunk_free(&start_delta);
	fake_sa_deinit(&sa);
	charon = NULL;
	lib->crypto->remove_hasher(lib->crypto,
							   (hasher_constructor_t)create_hasher);
	library_deinit();
}

#define assert_counts(u, q) ({ \
	uint32_t _unproven, _queued; \
	guard->get_counts(guard, &_unproven, &_queued); \
	ck_assert_uint_eq(_unproven, u); \
	ck_assert_uint_eq(_queued, q); \
})

/**
 * Wait until a number of syncs were started, no more, and let jobs end.
 */
static void assert_starts(u_int number)
{
	u_int ms;

	for (ms = 0; ms < PATIENCE; ms++)
	{
		mutex->lock(mutex);
		if (starts >= number)
		{
			mutex->unlock(mutex);
			break;
		}
		mutex->unlock(mutex);
		usleep(1000);
	}
	usleep(50000);
	mutex->lock(mutex);
	ck_assert_uint_eq(starts, number);
	mutex->unlock(mutex);
}

/**
 * Pass a packet of ours, or one of another IKE SA.
 */
static bool pass(uint64_t spi_i, uint32_t mid, bool request)
{
	ike_sa_id_t *id;
	message_t *message;
	packet_t *packet;
	bool passed;

	id = ike_sa_id_create(IKEV2_MAJOR_VERSION, spi_i, FAKE_SPI_R, FALSE);
	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_ike_sa_id(message, id);
	/* not encrypted */
	message->set_exchange_type(message, IKE_SA_INIT);
	message->set_request(message, request);
	message->set_message_id(message, mid);
	message->set_source(message, host_create_any(AF_INET));
	message->set_destination(message, host_create_any(AF_INET));
	ck_assert_int_eq(message->generate(message, NULL, &packet), SUCCESS);
	passed = guard->pass(guard, packet);
	packet->destroy(packet);
	message->destroy(message);
	id->destroy(id);
	return passed;
}

/**
 * Receive a message, return FALSE if charon is to ignore it.
 */
static bool receive(bool request, uint32_t mid, bool plain)
{
	message_t *message;
	bool process;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_exchange_type(message, INFORMATIONAL);
	message->set_request(message, request);
	message->set_message_id(message, mid);
	mutex->lock(mutex);
	ck_assert(guard->listener.message(&guard->listener, &sa.public, message,
									  TRUE, plain));
	mutex->unlock(mutex);
	process = message->get_exchange_type(message) == INFORMATIONAL;
	message->destroy(message);
	return process;
}

/**
 * Take the IKE SA over.
 */
static void take_over()
{
	mutex->lock(mutex);
	guard->add(guard, &sa.public, skip, esn);
	mutex->unlock(mutex);
}

/**
 * With semi-sync our first request leaves; if it is sent again there is a sync.
 */
START_TEST(test_exact)
{
	guard->set_exact(guard, TRUE);
	take_over();
	ck_assert(pass(FAKE_SPI_I, SEND, TRUE));
	assert_counts(1, 0);
	assert_starts(0);
	mutex->lock(mutex);
	ck_assert(!pass(FAKE_SPI_I, SEND, TRUE));
	assert_counts(0, 1);
	mutex->unlock(mutex);
	assert_starts(1);

	/* with a response there is none */
	take_over();
	ck_assert(pass(FAKE_SPI_I, SEND, TRUE));
	ck_assert(receive(FALSE, SEND, FALSE));
	assert_counts(1, 0);
	ck_assert(receive(FALSE, SEND, TRUE));
	assert_counts(1, 0);
	ck_assert(pass(FAKE_SPI_I, SEND + 1, TRUE));
	ck_assert(pass(FAKE_SPI_I, SEND + 1, TRUE));
	ck_assert(receive(FALSE, SEND + 1, TRUE));
	assert_starts(1);
	/* which tells nothing of the peer's message ID */
	ck_assert(receive(TRUE, RECV, FALSE));
	assert_counts(1, 0);
	ck_assert(receive(TRUE, RECV, TRUE));
	assert_counts(0, 0);
	assert_starts(1);

	/* in the other order */
	take_over();
	ck_assert(receive(TRUE, RECV, TRUE));
	ck_assert(pass(FAKE_SPI_I, SEND, TRUE));
	assert_counts(1, 0);
	ck_assert(receive(FALSE, SEND, TRUE));
	assert_counts(0, 0);
	assert_starts(1);

	/* the standby missed a request of the peer, ours is answered */
	take_over();
	ck_assert(pass(FAKE_SPI_I, SEND, TRUE));
	ck_assert(receive(FALSE, SEND, TRUE));
	ck_assert(receive(TRUE, RECV + 2, FALSE));
	assert_starts(2);
	assert_counts(0, 0);

	/* a response to a request we have not sent is still a reason */
	take_over();
	ck_assert(!receive(FALSE, SEND, TRUE));
	assert_starts(3);
}
END_TEST

/**
 * Q12: our first request waits for a sync, also with message ID 0; everything
 * else leaves.
 */
START_TEST(test_first_request)
{
	ck_assert(pass(FAKE_SPI_I, SEND, TRUE));
	take_over();
	assert_counts(1, 0);
	ck_assert(pass(FAKE_SPI_I, RECV, FALSE));
	ck_assert(pass(FAKE_SPI_I + 1, SEND, TRUE));
	assert_starts(0);
	mutex->lock(mutex);
	ck_assert(!pass(FAKE_SPI_I, _i ? SEND : 0, TRUE));
	assert_counts(0, 1);
	/* sent again before the sync is started */
	ck_assert(!pass(FAKE_SPI_I, _i ? SEND : 0, TRUE));
	mutex->unlock(mutex);
	assert_starts(1);
	ck_assert_uint_eq(start_send, SEND);
	ck_assert_uint_eq(start_recv, RECV);
	assert_counts(0, 0);
	/* from now on they leave */
	ck_assert(pass(FAKE_SPI_I, SEND, TRUE));
	assert_starts(1);
}
END_TEST

/**
 * Too short for a header.
 */
START_TEST(test_short)
{
	packet_t *packet;

	take_over();
	packet = packet_create_from_data(host_create_any(AF_INET),
									 host_create_any(AF_INET),
									 chunk_clone(chunk_from_str("\xff")));
	ck_assert(guard->pass(guard, packet));
	packet->destroy(packet);
	assert_counts(1, 0);
}
END_TEST

/**
 * Messages of the peer that cause a sync, and those that don't.
 */
static struct {
	bool request;
	uint32_t mid;
	bool plain;
	u_int starts;
	bool process;
} received[] = {
	/* as expected */
	{ TRUE, RECV, FALSE, 0, TRUE },
	{ TRUE, RECV, TRUE, 0, TRUE },
	/* an old one, replayed by somebody */
	{ TRUE, RECV - 2, FALSE, 0, TRUE },
	/* the peer is ahead */
	{ TRUE, RECV + 1, FALSE, 1, TRUE },
	{ TRUE, UINT32_MAX, FALSE, 1, TRUE },
	/* to requests the previous active told us of */
	{ FALSE, SEND - 1, FALSE, 0, TRUE },
	{ FALSE, 0, FALSE, 0, TRUE },
	/* to one that it didn't: charon would verify and process it */
	{ FALSE, SEND, FALSE, 0, TRUE },
	{ FALSE, SEND, TRUE, 1, FALSE },
	/* to later ones */
	{ FALSE, SEND + 1, FALSE, 1, TRUE },
};

START_TEST(test_received)
{
	take_over();
	ck_assert(receive(received[_i].request, received[_i].mid,
					  received[_i].plain) == received[_i].process);
	assert_starts(received[_i].starts);
	assert_counts(!received[_i].starts, 0);
}
END_TEST

/**
 * Q11: a flood of old and of unexpected messages gets one sync.
 */
START_TEST(test_flood)
{
	u_int i;

	take_over();
	for (i = 0; i < 1000; i++)
	{
		receive(TRUE, i % 20, FALSE);
		receive(FALSE, i % 20, FALSE);
	}
	assert_starts(1);
	for (i = 0; i < 1000; i++)
	{
		receive(TRUE, i % 20, FALSE);
		receive(FALSE, i % 20, FALSE);
	}
	assert_starts(1);
	/* the next takeover may need another one */
	take_over();
	receive(TRUE, RECV + 1, FALSE);
	assert_starts(2);
}
END_TEST

/**
 * The peer repeats a request the previous active answered.
 */
START_TEST(test_repeated)
{
	take_over();
	receive(TRUE, RECV - 1, FALSE);
	/* fragments, or duplicated by the network */
	receive(TRUE, RECV - 1, FALSE);
	assert_starts(0);
	sleep(3);
	receive(TRUE, RECV - 1, FALSE);
	assert_starts(1);
}
END_TEST

/**
 * No sync for a request that is answered again, nor for those that came after
 * the takeover.
 */
START_TEST(test_answered)
{
	take_over();
	answered = _i;
	if (!answered)
	{
		receive(TRUE, RECV, TRUE);
	}
	receive(TRUE, RECV - 1, FALSE);
	sleep(3);
	receive(TRUE, RECV - 1, FALSE);
	assert_starts(0);
	answered = FALSE;
}
END_TEST

/**
 * N2: not with peers that can't.
 */
START_TEST(test_not_usable)
{
	usable = FALSE;
	take_over();
	assert_counts(0, 0);
	ck_assert(pass(FAKE_SPI_I, SEND, TRUE));
	receive(TRUE, RECV + 1, FALSE);
	ck_assert(receive(FALSE, SEND, TRUE));
	assert_starts(0);
}
END_TEST

/**
 * States in which an IKE SA doesn't need a sync anymore.
 */
static struct {
	ike_sa_state_t state;
	bool kept;
} states[] = {
	{ IKE_ESTABLISHED, TRUE },
	{ IKE_REKEYING, TRUE },
	{ IKE_REKEYED, FALSE },
	{ IKE_PASSIVE, FALSE },
	{ IKE_DELETING, FALSE },
	{ IKE_DESTROYING, FALSE },
};

START_TEST(test_gone)
{
	take_over();
	guard->listener.ike_state_change(&guard->listener, &sa.public,
									 states[_i].state);
	assert_counts(states[_i].kept, 0);
	ck_assert(pass(FAKE_SPI_I, SEND, TRUE) != states[_i].kept);
	assert_starts(states[_i].kept);
}
END_TEST

/**
 * It's gone after its sync was queued.
 */
START_TEST(test_gone_queued)
{
	take_over();
	mutex->lock(mutex);
	ck_assert(!pass(FAKE_SPI_I, SEND, TRUE));
	guard->listener.ike_state_change(&guard->listener, &sa.public,
									 IKE_DELETING);
	assert_counts(0, 0);
	mutex->unlock(mutex);
	assert_starts(0);
}
END_TEST

static void set_option(char *value)
{
	lib->settings->set_str(lib->settings, "%s.plugins.ha-sync.sync", value,
						   lib->ns);
}

START_TEST(test_eager)
{
	set_option("eager");
	ck_assert(guard->reload(guard));
	mutex->lock(mutex);
	take_over();
	assert_counts(0, 1);
	/* nothing leaves with a message ID that may be wrong */
	ck_assert(!pass(FAKE_SPI_I, SEND, TRUE));
	mutex->unlock(mutex);
	assert_starts(1);
	assert_counts(0, 0);

	/* what was set last remains */
	set_option("soon");
	ck_assert(!guard->reload(guard));
	take_over();
	assert_starts(2);
	set_option("lazy");
	ck_assert(guard->reload(guard));
	take_over();
	assert_starts(2);
	assert_counts(1, 0);
}
END_TEST

/**
 * Both in one message (RFC 6311, 5), at once: packets are refused until then.
 */
START_TEST(test_both)
{
	uint8_t data[] = { 0, 0, 0, 0, 0x12, 0x34, 0x56, 0x78 };

	skip = 0x12345678;
	esn = _i;
	take_over();
	assert_starts(1);
	ck_assert(chunk_equals(start_delta, esn ? chunk_from_thing(data)
									: chunk_skip(chunk_from_thing(data), 4)));
	ck_assert_uint_eq(start_send, SEND);
	ck_assert(!sa.queued);
	assert_counts(0, 0);
}
END_TEST

/**
 * Q3: replay counters only, in an INFORMATIONAL of charon's task manager.
 */
START_TEST(test_replay_only)
{
	notify_payload_t *notify;
	message_t *message;
	u_int ms;

	usable = FALSE;
	skip = 1 << 20;
	mutex->lock(mutex);
	take_over();
	/* message IDs are not in doubt */
	ck_assert(pass(FAKE_SPI_I, SEND, TRUE));
	receive(TRUE, RECV + 1, FALSE);
	ck_assert(receive(FALSE, SEND, TRUE));
	mutex->unlock(mutex);
	for (ms = 0; ms < PATIENCE && !sa.initiated; ms++)
	{
		usleep(1000);
	}
	assert_starts(0);
	assert_counts(0, 0);
	ck_assert_uint_eq(sa.initiated, 1);
	ck_assert_uint_eq(sa.queued, 1);
	ck_assert_int_eq(sa.task->get_type(sa.task), TASK_IKE_DPD);
	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	ck_assert_int_eq(sa.task->build(sa.task, message), NEED_MORE);
	notify = message->get_notify(message, IPSEC_REPLAY_COUNTER_SYNC);
	ck_assert(notify);
	ck_assert_uint_eq(notify->get_notification_data(notify).len, 4);
	ck_assert_uint_eq(untoh32(notify->get_notification_data(notify).ptr),
					  1 << 20);
	ck_assert_int_eq(sa.task->process(sa.task, message), SUCCESS);
	message->destroy(message);
}
END_TEST

/**
 * ESN of the CHILD SAs, and what can be done with them.
 */
static struct {
	ha_sync_cap_t caps;
	/** 'e' for a CHILD SA with ESN, 'n' for one without */
	char *children;
	bool usable;
	bool esn;
} mixes[] = {
	{ HA_SYNC_CAP_REPLAY, "n", TRUE, FALSE },
	{ HA_SYNC_CAP_REPLAY, "e", TRUE, TRUE },
	{ HA_SYNC_CAP_REPLAY, "nnn", TRUE, FALSE },
	{ HA_SYNC_CAP_REPLAY, "ee", TRUE, TRUE },
	{ HA_SYNC_CAP_REPLAY, "en", FALSE, FALSE },
	{ HA_SYNC_CAP_REPLAY, "nee", FALSE, FALSE },
	{ HA_SYNC_CAP_REPLAY, "", FALSE, FALSE },
	{ HA_SYNC_CAP_MID | HA_SYNC_CAP_PLUGIN, "n", FALSE, FALSE },
};

static bool fake_has(ha_sync_mid_caps_t *this, ike_sa_t *ike_sa,
					 ha_sync_cap_t caps)
{
	return (mixes[starts].caps & caps) == caps;
}

/**
 * R4: one number for all CHILD SAs, so they may not be mixed.
 */
START_TEST(test_mixed)
{
	ha_sync_mid_caps_t caps = { .has = fake_has };
	ha_sync_child_t *child;
	array_t *children;
	char *c;
	bool all = FALSE;

	starts = _i;
	children = array_create(0, 0);
	for (c = mixes[_i].children; *c; c++)
	{
		INIT(child,
			.proposal = proposal_create(PROTO_ESP, 1),
		);
		child->proposal->add_algorithm(child->proposal,
						EXTENDED_SEQUENCE_NUMBERS,
						*c == 'e' ? EXT_SEQ_NUMBERS : NO_EXT_SEQ_NUMBERS, 0);
		array_insert(children, ARRAY_TAIL, child);
	}
	ck_assert(ha_sync_mid_replay_usable(&caps, &sa.public, children, &all) ==
			  mixes[_i].usable);
	ck_assert(all == mixes[_i].esn);
	array_destroy_function(children, (void*)ha_sync_child_destroy, NULL);
	ck_assert(!ha_sync_mid_replay_usable(&caps, &sa.public, NULL, &all));
	starts = 0;
}
END_TEST

static Suite *mid_guard_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_mid_guard");
	tc = tcase_create("guard");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_exact);
	tcase_add_loop_test(tc, test_first_request, 0, 2);
	tcase_add_test(tc, test_short);
	tcase_add_loop_test(tc, test_received, 0, countof(received));
	tcase_add_test(tc, test_flood);
	tcase_add_test(tc, test_repeated);
	tcase_add_loop_test(tc, test_answered, 0, 2);
	tcase_add_test(tc, test_not_usable);
	tcase_add_loop_test(tc, test_gone, 0, countof(states));
	tcase_add_test(tc, test_gone_queued);
	tcase_add_test(tc, test_eager);
	suite_add_tcase(s, tc);

	tc = tcase_create("replay counters");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_both, 0, 2);
	tcase_add_test(tc, test_replay_only);
	tcase_add_loop_test(tc, test_mixed, 0, countof(mixes));
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	sr = srunner_create(mid_guard_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
