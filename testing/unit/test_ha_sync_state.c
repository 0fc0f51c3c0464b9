/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
/* check has a macro of this name */
#undef fail
#include <stdlib.h>
#include <unistd.h>

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>
#include <threading/mutex.h>

#include "fake_sa.h"
#include "ha_sync_failed.h"
#include "ha_sync_state.h"
#include "ike_wire_sync.h"

/** keys, from the peer to us and back */
#define KEY_IN 0x5a
#define KEY_OUT 0xa3

/** how long to wait for what jobs do, in ms */
#define PATIENCE 5000

/** type of Simultaneous Failover Failure (Z7), and another error */
#define SFF 8311
#define OTHER 8312

static ha_sync_state_t *state;
static ha_sync_mid_caps_t *caps;
static fake_sa_t sas[2], *sa = &sas[0];
static fake_keymat_t peer;
static daemon_t fake_charon;
static mutex_t *mutex;

/** what the fakes do and saw */
static u_int gone, added, hurried, downs, reestablished, destroyed;
static bool waiting;
static uint8_t nonce[IKE_WIRE_SYNC_NONCE_LEN] = { 1, 2, 3, 4 };
static ha_sync_mid_sync_done_t done_cb;
static void *done_user;

METHOD(ike_sa_t, reestablish, status_t,
	fake_sa_t *this)
{
	/* with all CHILD SAs, whatever their DPD action is */
	ck_assert(this->conditions & COND_REAUTHENTICATING);
	reestablished++;
	return SUCCESS;
}

/**
 * Implements ike_sa_manager_t.checkout
 */
static ike_sa_t *fake_checkout(ike_sa_manager_t *this, ike_sa_id_t *id)
{
	u_int i;

	for (i = 0; i < countof(sas); i++)
	{
		if (id->equals(id, sas[i].id))
		{
			mutex->lock(mutex);
			return &sas[i].public;
		}
	}
	return NULL;
}

/**
 * Implements ike_sa_manager_t.checkin
 */
static void fake_checkin(ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
	mutex->unlock(mutex);
}

/**
 * Implements ike_sa_manager_t.checkin_and_destroy
 */
static void fake_destroy(ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
	destroyed++;
	state->listener.ike_state_change(&state->listener, ike_sa, IKE_DESTROYING);
	mutex->unlock(mutex);
}

/**
 * Implements bus_t.ike_updown
 */
static void fake_updown(bus_t *this, ike_sa_t *ike_sa, bool up)
{
	ck_assert(!up);
	downs++;
}

static ike_sa_manager_t fake_manager = {
	.checkout = fake_checkout,
	.checkin = fake_checkin,
	.checkin_and_destroy = fake_destroy,
};

/**
 * Implements ha_sync_capture_t.gone
 */
static void fake_gone(ha_sync_capture_t *this, ike_sa_t *ike_sa)
{
	ck_assert_ptr_eq(ike_sa, &sa->public);
	gone++;
}

/**
 * Implements ha_sync_mid_guard_t.hurry
 */
static void fake_hurry(ha_sync_mid_guard_t *this, ike_sa_t *ike_sa, char *why)
{
	hurried++;
}

/**
 * Implements ha_sync_mid_sync_t.waits_for
 */
static bool fake_waits_for(ha_sync_mid_sync_t *this, ike_sa_t *ike_sa,
						   const uint8_t *other)
{
	return waiting && memeq(nonce, other, sizeof(nonce));
}

/**
 * Implements ha_sync_mid_sync_t.set_done
 */
static void fake_set_done(ha_sync_mid_sync_t *this, ha_sync_mid_sync_done_t cb,
						  void *user)
{
	done_cb = cb;
	done_user = user;
}

/**
 * Implements ha_sync_mid_guard_t.add
 */
static void fake_add(ha_sync_mid_guard_t *this, ike_sa_t *ike_sa,
					 uint32_t skip, bool esn)
{
	added++;
}

static ha_sync_capture_t fake_capture = { .gone = fake_gone };
static ha_sync_mid_guard_t fake_guard = {
	.add = fake_add,
	.hurry = fake_hurry,
};
static ha_sync_mid_sync_t fake_mid_sync = {
	.waits_for = fake_waits_for,
	.set_done = fake_set_done,
};

static void setup()
{
	u_int i;

	sa = &sas[0];
	ck_assert(library_init("", "test_ha_sync_state"));
	lib->crypto->add_rng(lib->crypto, RNG_TRUE, "test", fake_rng);
	lib->processor->set_threads(lib->processor, 4);
	fake_bus.ike_updown = fake_updown;
	fake_charon.bus = &fake_bus;
	fake_charon.ike_sa_manager = &fake_manager;
	charon = &fake_charon;
	mutex = mutex_create(MUTEX_TYPE_RECURSIVE);
	for (i = 0; i < countof(sas); i++)
	{
		fake_sa_init(&sas[i], TRUE, KEY_IN, KEY_OUT);
		sas[i].public.reestablish = _reestablish;
		sas[i].unique_id = 42 + i;
		sas[i].id->destroy(sas[i].id);
		sas[i].id = ike_sa_id_create(IKEV2_MAJOR_VERSION, FAKE_SPI_I + i,
									 FAKE_SPI_R, TRUE);
		sas[i].extensions = EXT_IKE_MESSAGE_ID_SYNC;
		sas[i].conditions = COND_ORIGINAL_INITIATOR;
		sas[i].send = 16;
		sas[i].recv = 3;
		sas[i].my_id = identification_create_from_string("mars");
		sas[i].other_id = identification_create_from_string("jupiter");
	}
	peer = fake_keymat(KEY_OUT, KEY_IN);
	gone = added = hurried = downs = reestablished = destroyed = 0;
	waiting = TRUE;
	caps = ha_sync_mid_caps_create();
	caps->set(caps, &sa->public, HA_SYNC_CAP_PLUGIN);
	state = ha_sync_state_create(caps, &fake_capture, &fake_guard,
								 &fake_mid_sync);
}

static void teardown()
{
	u_int i;

	lib->processor->cancel(lib->processor);
	state->destroy(state);
	ck_assert(!done_cb);
	caps->destroy(caps);
	mutex->destroy(mutex);
	for (i = 0; i < countof(sas); i++)
	{
		fake_sa_deinit(&sas[i]);
	}
	lib->crypto->remove_rng(lib->crypto, fake_rng);
	charon = NULL;
	library_deinit();
}

/**
 * Get the time in ms.
 */
static u_int now_ms()
{
	timeval_t now;

	time_monotonic(&now);
	return now.tv_sec * 1000 + now.tv_usec / 1000;
}

/**
 * Wait until a number is reached; how long that took, in ms.
 */
#define wait_for(expr, value) ({ \
	u_int _begin = now_ms(); \
	while (now_ms() - _begin < PATIENCE) \
	{ \
		bool _done; \
		mutex->lock(mutex); \
		_done = (u_int)(expr) == (u_int)(value); \
		mutex->unlock(mutex); \
		if (_done) \
		{ \
			break; \
		} \
		usleep(1000); \
	} \
	ck_assert_uint_eq(expr, value); \
	now_ms() - _begin; \
})

/**
 * Get the numbers.
 */
static ha_sync_state_counts_t counts()
{
	ha_sync_state_counts_t counts;

	state->get_counts(state, &counts);
	return counts;
}

/**
 * Make a message of the peer, as received.
 */
static message_t *make_message(bool request, uint32_t mid, notify_type_t type,
							   chunk_t data)
{
	message_t *message;
	packet_t *packet;
	ike_sa_id_t *id;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_exchange_type(message, INFORMATIONAL);
	message->set_request(message, request);
	message->set_message_id(message, mid);
	message->set_source(message, sa->other->clone(sa->other));
	message->set_destination(message, sa->me->clone(sa->me));
	id = sa->id->clone(sa->id);
	id->switch_initiator(id);
	message->set_ike_sa_id(message, id);
	id->destroy(id);
	if (type)
	{
		message->add_notify(message, FALSE, type, data);
	}
	ck_assert_int_eq(message->generate(message, &peer.public, &packet),
					 SUCCESS);
	message->destroy(message);
	message = message_create_from_packet(packet);
	ck_assert_int_eq(message->parse_header(message), SUCCESS);
	return message;
}

/**
 * Receive a message, as charon's task manager does.
 *
 * @param message	message, destroyed
 * @return			TRUE if charon looks at it
 */
static bool receive(message_t *message)
{
	bool seen = FALSE, expected;
	uint32_t mid;

	mutex->lock(mutex);
	state->listener.message(&state->listener, &sa->public, message, TRUE,
							FALSE);
	mid = message->get_message_id(message);
	expected = mid == (message->get_request(message) ? sa->recv : sa->send);
	if (message->get_exchange_type(message) == INFORMATIONAL &&
		(mid == 0 || expected))
	{
		seen = TRUE;
		if (expected)
		{
			ck_assert_int_eq(message->parse_body(message, &sa->keymat.public),
							 SUCCESS);
			state->listener.message(&state->listener, &sa->public, message,
									TRUE, TRUE);
		}
	}
	mutex->unlock(mutex);
	message->destroy(message);
	return seen;
}

START_TEST(test_plugin_peer)
{
	/* always SYNED before */
	ck_assert_int_eq(state->judge(state, &sa->public), HA_SYNC_ANSWER);
	ck_assert(receive(make_message(TRUE, 3, 0, chunk_empty)));
	/* Z3: a member that became active is not */
	state->start(state, &sa->public);
	ck_assert(state->is_unsyned(state, &sa->public));
	ck_assert_uint_eq(hurried, 1);
	ck_assert_uint_eq(counts().unsyned, 1);
	/* Z4 */
	ck_assert_int_eq(state->judge(state, &sa->public), HA_SYNC_REFUSE);
	/* strict: D; not what belongs to a sync */
	ck_assert(!receive(make_message(TRUE, 3, 0, chunk_empty)));
	/* C, E: none of our requests has left */
	ck_assert(!receive(make_message(FALSE, 16, 0, chunk_empty)));
	ck_assert(receive(make_message(TRUE, 0, IKEV2_MESSAGE_ID_SYNC,
								   chunk_empty)));
	ck_assert(receive(make_message(FALSE, 0, IKEV2_MESSAGE_ID_SYNC,
								   chunk_empty)));
	ck_assert(state->is_unsyned(state, &sa->public));
	/* the peer's answer */
	done_cb(done_user, &sa->public);
	ck_assert(!state->is_unsyned(state, &sa->public));
	ck_assert_int_eq(state->judge(state, &sa->public), HA_SYNC_ANSWER);
	ck_assert(receive(make_message(TRUE, 3, 0, chunk_empty)));
	ck_assert_uint_eq(counts().unsyned, 0);
	ck_assert_uint_eq(counts().failed, 0);
}
END_TEST

START_TEST(test_other_peer)
{
	caps->set(caps, &sa->public, 0);
	state->start(state, &sa->public);
	ck_assert(state->is_unsyned(state, &sa->public));
	ck_assert_uint_eq(hurried, 0);
	/* Z9: it doesn't know the notify */
	ck_assert_int_eq(state->judge(state, &sa->public), HA_SYNC_DROP);
	/* a sync may never come */
	ck_assert(receive(make_message(TRUE, 3, 0, chunk_empty)));
	ck_assert(state->is_unsyned(state, &sa->public));
	/* the peer agrees on message IDs */
	ck_assert(receive(make_message(FALSE, 16, 0, chunk_empty)));
	ck_assert(!state->is_unsyned(state, &sa->public));
	/* it can't be synced at all */
	sa->extensions = 0;
	state->start(state, &sa->public);
	ck_assert(!state->is_unsyned(state, &sa->public));
}
END_TEST

START_TEST(test_failure)
{
	chunk_t current = chunk_from_thing(nonce);
	uint8_t old[] = { 1, 2, 3, 5 };
	message_t *message;

	/* SYNED: ignored */
	ck_assert(receive(make_message(FALSE, 0, SFF, current)));
	state->start(state, &sa->public);
	/* Z12: about another request, or in a request, or something else */
	receive(make_message(FALSE, 0, SFF, chunk_from_thing(old)));
	receive(make_message(FALSE, 0, SFF, chunk_create(nonce, 3)));
	receive(make_message(TRUE, 0, SFF, current));
	receive(make_message(FALSE, 0, OTHER, current));
	/* Z10: forged */
	message = make_message(FALSE, 0, SFF, current);
	message->get_packet_data(message).ptr[50] ^= 1;
	receive(message_create_from_packet(message->get_packet(message)));
	message->destroy(message);
	/* no request is under way */
	waiting = FALSE;
	receive(make_message(FALSE, 0, SFF, current));
	waiting = TRUE;
	usleep(20000);
	ck_assert_uint_eq(counts().failed, 0);
	ck_assert(state->is_unsyned(state, &sa->public));
	/* Z5 */
	receive(make_message(FALSE, 0, SFF, current));
	wait_for(counts().failed, 1);
	ck_assert(!state->is_unsyned(state, &sa->public));
	ck_assert_uint_eq(gone, 1);
	ck_assert_int_eq(sa->state, IKE_REKEYED);
	/* Z14: the original initiator sets it up again */
	wait_for(reestablished, 1);
	/* F: it's not used anymore, but the peer is still told */
	ck_assert(!receive(make_message(TRUE, 3, 0, chunk_empty)));
	ck_assert(!receive(make_message(FALSE, 16, 0, chunk_empty)));
	ck_assert_int_eq(state->judge(state, &sa->public), HA_SYNC_REFUSE);
	/* once only */
	receive(make_message(FALSE, 0, SFF, current));
	state->fail(state, &sa->public, "test");
	ck_assert_uint_eq(counts().failed, 1);
	ck_assert_uint_eq(counts().initiated, 1);
	ck_assert_uint_eq(destroyed, 0);
}
END_TEST

START_TEST(test_no_answer)
{
	lib->settings->set_double(lib->settings, "%s.retransmit_timeout", 0.1,
							  lib->ns);
	lib->settings->set_int(lib->settings, "%s.retransmit_tries", 0, lib->ns);
	state->start(state, &sa->public);
	wait_for(counts().failed, 1);
	wait_for(reestablished, 1);
	/* one that was answered in time */
	sa = &sas[1];
	caps->set(caps, &sa->public, HA_SYNC_CAP_PLUGIN);
	state->start(state, &sa->public);
	done_cb(done_user, &sa->public);
	usleep(300000);
	ck_assert_uint_eq(counts().failed, 1);
	/* one that is a copy again */
	state->start(state, &sa->public);
	sa->state = IKE_PASSIVE;
	usleep(300000);
	ck_assert_uint_eq(counts().failed, 1);
}
END_TEST

START_TEST(test_responder)
{
	sa->conditions = 0;
	state->start(state, &sa->public);
	state->fail(state, &sa->public, "test");
	usleep(50000);
	ck_assert_uint_eq(reestablished, 0);
	ck_assert_uint_eq(counts().failing, 1);
}
END_TEST

START_TEST(test_replaced)
{
	u_int ms;

	state->fail(state, &sa->public, "test");
	/* of another peer, down, or its own */
	sas[1].other_id->destroy(sas[1].other_id);
	sas[1].other_id = identification_create_from_string("saturn");
	state->listener.child_updown(&state->listener, &sas[1].public, NULL, TRUE);
	sas[1].other_id->destroy(sas[1].other_id);
	sas[1].other_id = identification_create_from_string("jupiter");
	state->listener.child_updown(&state->listener, &sas[1].public, NULL, FALSE);
	state->listener.child_updown(&state->listener, &sa->public, NULL, TRUE);
	usleep(100000);
	/* Z13: CHILD SAs are used until the new ones are */
	state->listener.child_updown(&state->listener, &sas[1].public, NULL, TRUE);
	state->listener.child_updown(&state->listener, &sas[1].public, NULL, TRUE);
	ms = wait_for(destroyed, 1);
	ck_assert_uint_ge(ms + 200, HA_SYNC_FAILED_OVERLAP / 2);
	ck_assert_uint_eq(downs, 1);
	ck_assert_uint_eq(counts().failing, 0);
	/* charon forgot it, so nothing is ignored anymore */
	ck_assert(receive(make_message(TRUE, 3, 0, chunk_empty)));
}
END_TEST

/**
 * Check if a packet of ours may leave.
 */
static bool pass(bool request, uint32_t mid)
{
	message_t *message;
	packet_t *packet;
	bool passed;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_exchange_type(message, INFORMATIONAL);
	message->set_request(message, request);
	message->set_message_id(message, mid);
	message->set_source(message, sa->me->clone(sa->me));
	message->set_destination(message, sa->other->clone(sa->other));
	message->set_ike_sa_id(message, sa->id);
	ck_assert_int_eq(message->generate(message, &sa->keymat.public, &packet),
					 SUCCESS);
	message->destroy(message);
	passed = state->pass(state, packet);
	packet->destroy(packet);
	return passed;
}

START_TEST(test_pass)
{
	packet_t *packet;

	ck_assert(pass(TRUE, 16));
	/* nothing but the sync until it's done */
	state->start(state, &sa->public);
	ck_assert(!pass(TRUE, 16));
	ck_assert(pass(TRUE, 0));
	ck_assert(pass(FALSE, 16));
	packet = packet_create_from_data(sa->me->clone(sa->me),
									 sa->other->clone(sa->other),
									 chunk_clone(chunk_from_chars(0xff)));
	ck_assert(state->pass(state, packet));
	packet->destroy(packet);
	done_cb(done_user, &sa->public);
	ck_assert(pass(TRUE, 16));
	/* a copy again */
	state->start(state, &sa->public);
	ck_assert(!pass(TRUE, 16));
	state->listener.ike_state_change(&state->listener, &sa->public,
									 IKE_PASSIVE);
	ck_assert(pass(TRUE, 16));
	/* F: never, once it failed */
	state->fail(state, &sa->public, "test");
	ck_assert(!pass(TRUE, 17));
	/* another IKE SA */
	sa = &sas[1];
	ck_assert(pass(TRUE, 16));
}
END_TEST

START_TEST(test_resume)
{
	state->resume(state, &sa->public);
	ck_assert(state->is_unsyned(state, &sa->public));
	ck_assert_uint_eq(hurried, 0);
	/* the previous active's request */
	ck_assert(pass(TRUE, 15));
	/* the peer failed over, too */
	ck_assert_int_eq(state->judge(state, &sa->public), HA_SYNC_REFUSE);
	ck_assert(!receive(make_message(TRUE, 3, 0, chunk_empty)));
	ck_assert(state->is_unsyned(state, &sa->public));
	/* it gets a response */
	ck_assert(receive(make_message(FALSE, 16, 0, chunk_empty)));
	ck_assert(!state->is_unsyned(state, &sa->public));
	ck_assert(receive(make_message(TRUE, 3, 0, chunk_empty)));
}
END_TEST

START_TEST(test_resume_first)
{
	/* the first request on a rekeyed IKE SA has message ID 0, as syncs have */
	sa->send = 0;
	caps->set(caps, &sa->public, 0);
	state->resume(state, &sa->public);
	ck_assert(receive(make_message(FALSE, 0, SFF, chunk_from_thing(nonce))));
	ck_assert(state->is_unsyned(state, &sa->public));
	ck_assert(receive(make_message(FALSE, 0, 0, chunk_empty)));
	ck_assert(!state->is_unsyned(state, &sa->public));
}
END_TEST

START_TEST(test_resume_old)
{
	/* a peer that answered it long ago ignores it */
	state->resume(state, &sa->public);
	usleep(HA_SYNC_STATE_RESUME / 2 * 1000);
	ck_assert_uint_eq(added, 0);
	wait_for(added, 1);
	ck_assert(state->is_unsyned(state, &sa->public));
	ck_assert_uint_ge(hurried, 1);
	ck_assert(!pass(TRUE, 15));
}
END_TEST

START_TEST(test_destroyed)
{
	state->fail(state, &sa->public, "test");
	ck_assert_uint_eq(counts().failing, 1);
	/* by the operator */
	state->listener.ike_state_change(&state->listener, &sa->public,
									 IKE_DESTROYING);
	ck_assert_uint_eq(counts().failing, 0);
}
END_TEST

Suite *state_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha-sync synchronization state");
	tc = tcase_create("state");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, test_plugin_peer);
	tcase_add_test(tc, test_other_peer);
	tcase_add_test(tc, test_failure);
	tcase_add_test(tc, test_no_answer);
	tcase_add_test(tc, test_responder);
	tcase_add_test(tc, test_replaced);
	tcase_add_test(tc, test_pass);
	tcase_add_test(tc, test_resume);
	tcase_add_test(tc, test_resume_first);
	tcase_add_test(tc, test_resume_old);
	tcase_add_test(tc, test_destroyed);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	sr = srunner_create(state_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
