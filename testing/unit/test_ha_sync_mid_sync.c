/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>
#include <threading/mutex.h>

#include "fake_sa.h"
#include "ha_sync_mid_sync.h"
#include "ike_wire_sync.h"

/** keys of the fake cipher, from the member to the peer and back */
#define KEY_OUT 0x5a
#define KEY_IN 0xa3

/** how often a request is sent: once, as often as setup() says, and twice */
#define SENDS 5

/** how long to wait for what jobs do, in ms */
#define PATIENCE 5000

/**
 * As charon's for AEADs: message IDs of ours must not go back to 0.
 */
static bool refuse_iv(iv_gen_t *this, uint64_t seq, size_t size,
					  uint8_t *buffer)
{
	return FALSE;
}

static ha_sync_mid_sync_t *mid_sync;
static fake_sa_t sa;
static fake_keymat_t peer;
static daemon_t fake_charon;

/** what was negotiated */
static ha_sync_cap_t caps;
static proposal_t *proposal;

/** what the callbacks do and saw */
static bool ours;
static u_int changes, refused;
static ha_sync_mids_t changed_to;

/** data of the replay counter sync in the same message */
static chunk_t delta;

/** packets sent (packet_t*), protected by the mutex as is the IKE_SA */
static array_t *sent;
static mutex_t *mutex;

METHOD(ike_sa_t, get_proposal, proposal_t*,
	fake_sa_t *this)
{
	return proposal;
}

/**
 * As charon does, with its bus having one listener.
 */
METHOD(ike_sa_t, generate_message, status_t,
	fake_sa_t *this, message_t *message, packet_t **packet)
{
	listener_t *listener = &mid_sync->listener;
	status_t status;

	message->set_ike_sa_id(message, this->id);
	listener->message(listener, &this->public, message, FALSE, TRUE);
	status = message->generate(message, &this->keymat.public, packet);
	listener->message(listener, &this->public, message, FALSE, FALSE);
	return status;
}

/**
 * Implements sender_t.send
 */
static void fake_send(sender_t *this, packet_t *packet)
{
	mutex->lock(mutex);
	array_insert(sent, ARRAY_TAIL, packet);
	mutex->unlock(mutex);
}

/**
 * Implements ike_sa_manager_t.checkout
 */
static ike_sa_t *fake_checkout(ike_sa_manager_t *this, ike_sa_id_t *id)
{
	ck_assert(id->equals(id, sa.id));
	mutex->lock(mutex);
	return &sa.public;
}

/**
 * Implements ike_sa_manager_t.checkin
 */
static void fake_checkin(ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
	mutex->unlock(mutex);
}

static sender_t fake_sender = { .send = fake_send };
static ike_sa_manager_t fake_manager = {
	.checkout = fake_checkout,
	.checkin = fake_checkin,
};

/**
 * Implements ha_sync_mid_caps_t.has
 */
static bool fake_has(ha_sync_mid_caps_t *this, ike_sa_t *ike_sa,
					 ha_sync_cap_t mask)
{
	return (caps & mask) == mask;
}

static ha_sync_mid_caps_t fake_caps = { .has = fake_has };

static bool is_ours(void *user, ike_sa_t *ike_sa)
{
	ck_assert_ptr_eq(user, &sa);
	ck_assert_ptr_eq(ike_sa, &sa.public);
	return ours;
}

static void changed(void *user, ike_sa_t *ike_sa, const ha_sync_mids_t *mids)
{
	ck_assert_ptr_eq(user, &sa);
	ck_assert_ptr_eq(ike_sa, &sa.public);
	changed_to = *mids;
	changes++;
}

static void note_refused(void *user, ike_sa_id_t *id)
{
	ck_assert_ptr_eq(user, &sa);
	ck_assert(id->equals(id, sa.id));
	mutex->lock(mutex);
	refused++;
	mutex->unlock(mutex);
}

/**
 * Set the time after which requests are sent again, in s.
 */
static void set_timeout(double timeout)
{
	lib->settings->set_double(lib->settings, "%s.retransmit_timeout", timeout,
							  lib->ns);
}

static void setup()
{
	/* no configuration */
	ck_assert(library_init("", "test_ha_sync_mid_sync"));
	set_timeout(60);
	lib->settings->set_double(lib->settings, "%s.retransmit_base", 1.0,
							  lib->ns);
	lib->settings->set_int(lib->settings, "%s.retransmit_tries", SENDS - 3,
						   lib->ns);
	lib->crypto->add_rng(lib->crypto, RNG_TRUE, "test", fake_rng);
	lib->processor->set_threads(lib->processor, 4);
	fake_charon.bus = &fake_bus;
	fake_charon.sender = &fake_sender;
	fake_charon.ike_sa_manager = &fake_manager;
	charon = &fake_charon;
	sent = array_create(0, 0);
	mutex = mutex_create(MUTEX_TYPE_RECURSIVE);

	fake_sa_init(&sa, FALSE, KEY_IN, KEY_OUT);
	sa.public.get_proposal = _get_proposal;
	sa.public.generate_message = _generate_message;
	sa.extensions = EXT_IKE_MESSAGE_ID_SYNC;
	sa.recv = 3;
	proposal = proposal_create(PROTO_IKE, 1);
	proposal->add_algorithm(proposal, ENCRYPTION_ALGORITHM, ENCR_AES_CBC,
							128);
	peer = fake_keymat(KEY_OUT, KEY_IN);
	ours = TRUE;
	changes = refused = 0;
	caps = HA_SYNC_CAP_MID;
	delta = chunk_empty;
	sa.keymat.out.iv_gen.get_iv = refuse_iv;
	mid_sync = ha_sync_mid_sync_create(&fake_caps, is_ours, changed,
									   note_refused, &sa);
}

static void teardown()
{
	lib->processor->cancel(lib->processor);
	mid_sync->destroy(mid_sync);
	array_destroy_offset(sent, offsetof(packet_t, destroy));
	mutex->destroy(mutex);
	fake_sa_deinit(&sa);
	proposal->destroy(proposal);
	lib->crypto->remove_rng(lib->crypto, fake_rng);
	charon = NULL;
	library_deinit();
}

/**
 * Wait until a number is reached.
 */
#define wait_for(expr, value) ({ \
	u_int _ms; \
	for (_ms = 0; _ms < PATIENCE; _ms++) \
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
})

/**
 * Get the numbers.
 */
static ha_sync_mid_sync_counts_t counts()
{
	ha_sync_mid_sync_counts_t counts;

	mid_sync->get_counts(mid_sync, &counts);
	return counts;
}

#define assert_counts(p, d, f, s) ({ \
	ha_sync_mid_sync_counts_t _counts = counts(); \
	ck_assert_uint_eq(_counts.pending, p); \
	ck_assert_uint_eq(_counts.done, d); \
	ck_assert_uint_eq(_counts.failed, f); \
	ck_assert_uint_eq(_counts.skipped, s); \
})

/**
 * Call the hook of a message.
 */
static void hook(message_t *message, bool incoming, bool plain)
{
	mutex->lock(mutex);
	ck_assert(mid_sync->listener.message(&mid_sync->listener, &sa.public,
										 message, incoming, plain));
	mutex->unlock(mutex);
}

/**
 * Make a message without payloads.
 */
static message_t *make_message(exchange_type_t type, bool request, uint32_t mid)
{
	message_t *message;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_exchange_type(message, type);
	message->set_request(message, request);
	message->set_message_id(message, mid);
	message->set_source(message, sa.other->clone(sa.other));
	message->set_destination(message, sa.me->clone(sa.me));
	return message;
}

/**
 * Start a sync, and get what the peer sees of it.
 */
static ike_wire_sync_t start(uint32_t send, uint32_t recv)
{
	notify_payload_t *notify;
	enumerator_t *enumerator;
	payload_t *payload;
	message_t *message;
	packet_t *packet;
	ike_wire_sync_t request;

	mutex->lock(mutex);
	mid_sync->start(mid_sync, &sa.public, send, recv, delta);
	ck_assert_int_eq(array_count(sent), 1);
	array_get(sent, ARRAY_HEAD, &packet);
	message = message_create_from_packet(packet->clone(packet));
	mutex->unlock(mutex);

	ck_assert_int_eq(message->parse_header(message), SUCCESS);
	ck_assert_int_eq(message->get_exchange_type(message), INFORMATIONAL);
	ck_assert_int_eq(message->get_message_id(message), 0);
	ck_assert(message->get_request(message));
	ck_assert_int_eq(message->parse_body(message, &peer.public), SUCCESS);
	/* Q1, Q2, Q5: nothing but the notifies */
	enumerator = message->create_payload_enumerator(message);
	ck_assert(enumerator->enumerate(enumerator, &payload));
	ck_assert_int_eq(payload->get_type(payload), PLV2_NOTIFY);
	if (delta.len)
	{
		ck_assert(enumerator->enumerate(enumerator, &payload));
		notify = (notify_payload_t*)payload;
		ck_assert_int_eq(payload->get_type(payload), PLV2_NOTIFY);
		ck_assert_int_eq(notify->get_notify_type(notify),
						 IPSEC_REPLAY_COUNTER_SYNC);
		ck_assert(chunk_equals(notify->get_notification_data(notify), delta));
	}
	ck_assert(!enumerator->enumerate(enumerator, &payload));
	enumerator->destroy(enumerator);
	notify = message->get_notify(message, IKEV2_MESSAGE_ID_SYNC);
	ck_assert(notify);
	ck_assert_int_eq(notify->get_protocol_id(notify), PROTO_NONE);
	ck_assert_int_eq(notify->get_spi_data(notify).len, 0);
	ck_assert(ike_wire_sync_parse(notify->get_notification_data(notify),
								  &request));
	message->destroy(message);
	return request;
}

/**
 * Make the peer's response, further notifies or octets may be added.
 */
static message_t *make_response(const ike_wire_sync_t *request, uint32_t p2,
								uint32_t m2, notify_type_t more, size_t octets)
{
	ike_wire_sync_t sync = *request;
	ike_sa_id_t *id;
	message_t *message;
	packet_t *packet;
	chunk_t data;

	sync.send = p2;
	sync.recv = m2;
	data = ike_wire_sync_encode(&sync);
	message = make_message(INFORMATIONAL, FALSE, 0);
	id = sa.id->clone(sa.id);
	id->switch_initiator(id);
	message->set_ike_sa_id(message, id);
	id->destroy(id);
	message->add_notify(message, FALSE, IKEV2_MESSAGE_ID_SYNC, data);
	chunk_free(&data);
	if (more)
	{
		data = chunk_alloc(octets);
		memset(data.ptr, 0, data.len);
		message->add_notify(message, FALSE, more, data);
		chunk_free(&data);
	}
	ck_assert_int_eq(message->generate(message, &peer.public, &packet),
					 SUCCESS);
	message->destroy(message);
	message = message_create_from_packet(packet);
	ck_assert_int_eq(message->parse_header(message), SUCCESS);
	return message;
}

/**
 * Receive a response.
 */
static void respond(const ike_wire_sync_t *request, uint32_t p2, uint32_t m2)
{
	message_t *message;

	message = make_response(request, p2, m2, 0, 0);
	hook(message, TRUE, FALSE);
	/* left as it was for others */
	ck_assert_int_eq(message->get_exchange_type(message), INFORMATIONAL);
	message->destroy(message);
}

/**
 * Ciphers and if an IKE SA with them survives a sync.
 */
static struct {
	uint16_t alg;
	bool usable;
} ciphers[] = {
	{ ENCR_AES_CBC, TRUE },
	{ ENCR_3DES, TRUE },
	{ ENCR_CAMELLIA_CBC, TRUE },
	{ ENCR_AES_CTR, FALSE },
	{ ENCR_CAMELLIA_CTR, FALSE },
	{ ENCR_AES_GCM_ICV16, FALSE },
	{ ENCR_AES_CCM_ICV8, FALSE },
	{ ENCR_CHACHA20_POLY1305, FALSE },
	{ ENCR_NULL_AUTH_AES_GMAC, FALSE },
	{ ENCR_NULL, FALSE },
};

START_TEST(test_usable_cipher)
{
	char *why = NULL;

	proposal->destroy(proposal);
	proposal = proposal_create(PROTO_IKE, 1);
	proposal->add_algorithm(proposal, ENCRYPTION_ALGORITHM,
							ciphers[_i].alg, 0);
	ck_assert_int_eq(mid_sync->usable(mid_sync, &sa.public, &why),
					 ciphers[_i].usable);
	ck_assert_int_eq(why == NULL, ciphers[_i].usable);
	assert_counts(0, 0, 0, ciphers[_i].usable ? 0 : 1);
	/* with a peer that makes its IVs for message ID 0 as we do */
	caps |= HA_SYNC_CAP_PLUGIN;
	ck_assert(mid_sync->usable(mid_sync, &sa.public, &why));
}
END_TEST

START_TEST(test_usable)
{
	proposal_t *negotiated = proposal;
	char *why = NULL;

	/* N2 */
	caps = HA_SYNC_CAP_REPLAY | HA_SYNC_CAP_PLUGIN;
	ck_assert(!mid_sync->usable(mid_sync, &sa.public, &why));
	ck_assert(why);
	caps = HA_SYNC_CAP_MID;
	proposal = NULL;
	ck_assert(!mid_sync->usable(mid_sync, &sa.public, &why));
	proposal = negotiated;
	assert_counts(0, 0, 0, 2);
}
END_TEST

START_TEST(test_sync)
{
	ike_wire_sync_t request;

	sa.send = 5;
	request = start(5, 3);
	/* Q6, Q7 */
	ck_assert_uint_gt(request.send, 5);
	ck_assert_uint_gt(request.recv, 3);
	/* ours is M1 from now on, and told to others before it's sent (Q8) */
	ck_assert_uint_eq(sa.send, request.send);
	ck_assert_uint_eq(sa.recv, 3);
	ck_assert_uint_eq(changes, 1);
	ck_assert_uint_eq(changed_to.send, request.send);
	ck_assert_uint_eq(changed_to.recv, 3);
	assert_counts(1, 0, 0, 0);

	respond(&request, request.recv, request.send);
	/* Q13: exactly what was agreed */
	ck_assert_uint_eq(sa.send, request.send);
	ck_assert_uint_eq(sa.recv, request.recv);
	ck_assert_uint_eq(changed_to.send, request.send);
	ck_assert_uint_eq(changed_to.recv, request.recv);
	ck_assert_uint_eq(changes, 2);
	assert_counts(0, 1, 0, 0);
	/* T2 */
	ck_assert_uint_eq(sa.queued, 1);
	ck_assert_int_eq(sa.task->get_type(sa.task), TASK_IKE_DPD);
	wait_for(sa.initiated, 1);
}
END_TEST

/**
 * Nothing was ever sent, the task manager must not take the response.
 */
/**
 * Check if a verified request of the peer is ignored.
 */
static bool is_ignored(exchange_type_t type, uint32_t mid)
{
	message_t *message;
	bool ignored;

	message = make_message(type, TRUE, mid);
	hook(message, TRUE, TRUE);
	ignored = message->get_exchange_type(message) == EXCHANGE_TYPE_UNDEFINED;
	message->destroy(message);
	return ignored;
}

/**
 * A request for a CHILD SA that crossed the sync is answered only if the peer
 * sends it again, so it still waits for the response.
 */
START_TEST(test_crossed)
{
	ike_wire_sync_t request;

	ck_assert(!is_ignored(CREATE_CHILD_SA, 3));
	sa.send = 5;
	request = start(5, 3);
	ck_assert(!is_ignored(INFORMATIONAL, 3));
	/* with this plugin a peer goes on with it */
	caps |= HA_SYNC_CAP_PLUGIN;
	ck_assert(!is_ignored(CREATE_CHILD_SA, 3));
	caps = HA_SYNC_CAP_MID;
	ck_assert(is_ignored(CREATE_CHILD_SA, 3));
	ck_assert(!is_ignored(CREATE_CHILD_SA, 3));
	ck_assert(is_ignored(CREATE_CHILD_SA, 4));
	ck_assert(!is_ignored(CREATE_CHILD_SA, 4));
	respond(&request, request.recv, request.send);
	ck_assert(!is_ignored(CREATE_CHILD_SA, 5));
}
END_TEST

START_TEST(test_never_sent)
{
	ike_wire_sync_t request;

	sa.send = 0;
	request = start(0, 0);
	ck_assert_uint_ge(request.send, 1);
	ck_assert_uint_ge(sa.send, 1);
	/* what the IKE_SA received is known better than told by the caller */
	ck_assert_uint_gt(request.recv, 3);
}
END_TEST

START_TEST(test_peer_ahead)
{
	ike_wire_sync_t request;

	request = start(5, 3);
	respond(&request, 90, request.send + 100);
	ck_assert_uint_eq(sa.send, request.send + 100);
	ck_assert_uint_eq(sa.recv, 90);
	ck_assert_uint_eq(changed_to.send, request.send + 100);
	ck_assert_uint_eq(changed_to.recv, 90);
	assert_counts(0, 1, 0, 0);
}
END_TEST

/**
 * Requests of both sides were faster than the response.
 */
START_TEST(test_never_back)
{
	ike_wire_sync_t request;

	request = start(5, 3);
	sa.send++;
	sa.recv = request.recv + 1;
	respond(&request, request.recv, request.send);
	ck_assert_uint_eq(sa.send, request.send + 1);
	ck_assert_uint_eq(sa.recv, request.recv + 1);
	ck_assert_uint_eq(sa.resets, 1);
	assert_counts(0, 1, 0, 0);
}
END_TEST

/**
 * Q10: a response is processed once.
 */
START_TEST(test_replayed_response)
{
	ike_wire_sync_t request;

	request = start(5, 3);
	respond(&request, 80, request.send);
	respond(&request, 80, request.send);
	respond(&request, 800, request.send + 800);
	ck_assert_uint_eq(sa.send, request.send);
	ck_assert_uint_eq(sa.recv, 80);
	ck_assert_uint_eq(sa.queued, 1);
	ck_assert_int_eq(sa.task->get_type(sa.task), TASK_IKE_DPD);
	ck_assert_uint_eq(changes, 2);
	assert_counts(0, 1, 0, 0);
}
END_TEST

START_TEST(test_unexpected_response)
{
	ike_wire_sync_t request = {
		.send = 30,
	};

	respond(&request, 800, 800);
	ck_assert_uint_eq(sa.send, 0);
	ck_assert_uint_eq(sa.recv, 3);
	ck_assert_uint_eq(sa.resets, 0);
	ck_assert_uint_eq(sa.keymat.in.decrypted, 0);
	assert_counts(0, 0, 0, 0);
}
END_TEST

START_TEST(test_bad_response)
{
	ike_wire_sync_t request, other;
	fake_keymat_t keymat = peer;
	message_t *message, *bad;
	packet_t *packet;
	chunk_t data;
	u_int count;
	size_t i;

	request = start(5, 3);
	/* Q9: every bit of the nonce counts */
	for (i = 0; i < sizeof(request.nonce) * 8; i++)
	{
		other = request;
		other.nonce[i / 8] ^= 1 << (i % 8);
		respond(&other, 100, request.send);
	}
	/* P9 */
	respond(&request, request.recv - 1, request.send);
	respond(&request, request.recv, request.send - 1);
	ck_assert_uint_gt(sa.keymat.in.decrypted, 0);
	/* Q5: another notify, the same twice */
	message = make_response(&request, 100, request.send, COOKIE2, 8);
	hook(message, TRUE, FALSE);
	message->destroy(message);
	message = make_response(&request, 100, request.send, IKEV2_MESSAGE_ID_SYNC,
							IKE_WIRE_SYNC_LEN);
	hook(message, TRUE, FALSE);
	message->destroy(message);
	/* too long to be one, not even decrypted */
	count = sa.keymat.in.decrypted;
	message = make_response(&request, 100, request.send, COOKIE2, 4000);
	hook(message, TRUE, FALSE);
	message->destroy(message);
	ck_assert_uint_eq(sa.keymat.in.decrypted, count);
	/* P7: other keys, our own packets, no protection at all */
	peer = sa.keymat;
	peer.out.iv_gen = keymat.out.iv_gen;
	respond(&request, 100, request.send);
	peer = keymat;
	peer.broken = TRUE;
	respond(&request, 100, request.send);
	peer = keymat;
	/* any octet behind the header changed or missing */
	message = make_response(&request, 100, request.send, 0, 0);
	data = chunk_clone(message->get_packet_data(message));
	message->destroy(message);
	for (i = 28; i < data.len; i++)
	{
		data.ptr[i] ^= 0x01;
		packet = packet_create_from_data(sa.other->clone(sa.other),
										 sa.me->clone(sa.me),
										 chunk_clone(data));
		data.ptr[i] ^= 0x01;
		bad = message_create_from_packet(packet);
		if (bad->parse_header(bad) == SUCCESS)
		{
			hook(bad, TRUE, FALSE);
		}
		bad->destroy(bad);
		packet = packet_create_from_data(sa.other->clone(sa.other),
						sa.me->clone(sa.me),
						chunk_clone(chunk_create(data.ptr, i)));
		bad = message_create_from_packet(packet);
		if (bad->parse_header(bad) == SUCCESS)
		{
			hook(bad, TRUE, FALSE);
		}
		bad->destroy(bad);
	}
	chunk_free(&data);
	ck_assert_uint_eq(sa.recv, 3);
	ck_assert_uint_eq(sa.send, request.send);
	assert_counts(1, 0, 0, 0);

	/* none of them did harm */
	respond(&request, 100, request.send);
	ck_assert_uint_eq(sa.recv, 100);
	assert_counts(0, 1, 0, 0);
}
END_TEST

/**
 * T1: the same octets again, until we give up.
 */
START_TEST(test_retransmit)
{
	ike_wire_sync_t request;
	packet_t *first, *again;

	set_timeout(0.05);
	request = start(5, 3);
	wait_for(array_count(sent), SENDS);
	wait_for(counts().failed, 1);
	ck_assert_int_eq(array_count(sent), SENDS);
	array_get(sent, ARRAY_HEAD, &first);
	array_get(sent, ARRAY_TAIL, &again);
	ck_assert(chunk_equals(first->get_data(first), again->get_data(again)));
	assert_counts(0, 0, 1, 0);
	/* tasks put back by the sync go on */
	wait_for(sa.initiated, 1);
	/* late, but the peer uses these message IDs from now on */
	respond(&request, 100, request.send);
	ck_assert_uint_eq(sa.recv, 100);
	assert_counts(0, 1, 1, 0);
}
END_TEST

/**
 * Q2, R4: replay counters in the same message; nobody answers.
 */
START_TEST(test_delta)
{
	set_timeout(0.05);
	delta = ike_wire_delta_encode(0x12345678, _i);
	ck_assert_uint_eq(delta.len, _i ? 8 : 4);
	start(5, 3);
	wait_for(refused, 1);
	ck_assert_int_eq(array_count(sent), SENDS);
	usleep(100000);
	wait_for(refused, 1);
	assert_counts(0, 0, 1, 0);
	chunk_free(&delta);
}
END_TEST

START_TEST(test_delta_answered)
{
	ike_wire_sync_t request;

	set_timeout(0.5);
	delta = ike_wire_delta_encode(1 << 20, FALSE);
	request = start(5, 3);
	chunk_free(&delta);
	respond(&request, request.recv, request.send);
	assert_counts(0, 1, 0, 0);
	/* SENDS and longer */
	usleep(3000000);
	wait_for(refused, 0);
}
END_TEST

START_TEST(test_lost_response)
{
	ike_wire_sync_t request;
	int count;

	set_timeout(1);
	request = start(5, 3);
	wait_for(array_count(sent) >= 2, TRUE);
	respond(&request, request.recv, request.send);
	assert_counts(0, 1, 0, 0);
	/* nothing is sent afterwards */
	count = array_count(sent);
	usleep(1500000);
	ck_assert_int_eq(array_count(sent), count);
	assert_counts(0, 1, 0, 0);
}
END_TEST

/**
 * Q11: a second call while a sync is under way.
 */
START_TEST(test_once)
{
	ike_wire_sync_t request;

	request = start(5, 3);
	mid_sync->start(mid_sync, &sa.public, 50, 30, delta);
	ck_assert_uint_eq(sa.send, request.send);
	ck_assert_uint_eq(changes, 1);
	assert_counts(1, 0, 0, 0);
}
END_TEST

START_TEST(test_moved)
{
	packet_t *packet;
	host_t *to;

	set_timeout(1);
	start(5, 3);
	to = host_create_from_string("198.51.100.7", 4501);
	mid_sync->listener.ike_update(&mid_sync->listener, &sa.public, sa.me, to);
	wait_for(array_count(sent) >= 2, TRUE);
	array_get(sent, ARRAY_TAIL, &packet);
	ck_assert(to->equals(to, packet->get_destination(packet)));
	to->destroy(to);
}
END_TEST

/**
 * States in which an IKE SA doesn't need a sync anymore.
 */
static struct {
	ike_sa_state_t state;
	bool pending;
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
	ike_wire_sync_t request;

	request = start(5, 3);
	mid_sync->listener.ike_state_change(&mid_sync->listener, &sa.public,
										states[_i].state);
	assert_counts(states[_i].pending, 0, 0, 0);
	respond(&request, 100, request.send);
	assert_counts(0, states[_i].pending, 0, 0);
	ck_assert_uint_eq(sa.recv, states[_i].pending ? 100 : 3);
}
END_TEST

START_TEST(test_broken)
{
	mutex->lock(mutex);
	sa.keymat.broken = TRUE;
	delta = _i ? chunk_from_str("1234") : chunk_empty;
	mid_sync->start(mid_sync, &sa.public, 5, 3, delta);
	mutex->unlock(mutex);
	assert_counts(0, 0, 1, 0);
	ck_assert_int_eq(array_count(sent), 0);
	wait_for(sa.initiated, 1);
	ck_assert_uint_eq(refused, _i);
}
END_TEST

START_TEST(test_used_up)
{
	mutex->lock(mutex);
	mid_sync->start(mid_sync, &sa.public, UINT32_MAX - 2, 3, delta);
	mutex->unlock(mutex);
	assert_counts(0, 0, 1, 0);
	ck_assert_int_eq(array_count(sent), 0);
	ck_assert_uint_eq(sa.resets, 0);
}
END_TEST

/**
 * A request of ours with message ID M1 is under way when the response comes:
 * the peer's higher P2 is used when we got the response to that.  Also if the
 * IKE_SA is UNSYNED, as a peer without the plugin gets requests nevertheless.
 */
START_TEST(test_busy)
{
	ike_wire_sync_t request;
	message_t *message;
	task_t task;

	caps |= _i ? HA_SYNC_UNSYNED : 0;
	set_timeout(1.5);
	request = start(5, 3);
	sa.active = &task;
	respond(&request, 100, request.send);
	ck_assert_uint_eq(sa.recv, 3);
	ck_assert_uint_eq(sa.resets, 1);
	ck_assert_ptr_eq(sa.active, &task);
	assert_counts(1, 0, 0, 0);
	/* a response is here, nothing is sent again */
	usleep(2000000);
	ck_assert_int_eq(array_count(sent), 1);
	/* another one changes nothing */
	respond(&request, 200, request.send + 20);

	message = make_message(INFORMATIONAL, FALSE, request.send);
	mutex->lock(mutex);
	hook(message, TRUE, TRUE);
	/* charon is done with it */
	sa.active = NULL;
	sa.send++;
	mutex->unlock(mutex);
	message->destroy(message);
	wait_for(counts().done, 1);
	ck_assert_uint_eq(sa.recv, 100);
	ck_assert_uint_eq(sa.send, request.send + 1);
	ck_assert_uint_eq(changed_to.recv, 100);
	assert_counts(0, 1, 0, 0);
}
END_TEST

/**
 * The peer answers a request with M1, so it has accepted the sync, but its
 * response to that was lost.
 */
START_TEST(test_implicit)
{
	ike_wire_sync_t request;
	message_t *message;
	int i;

	request = start(5, 3);
	for (i = -1; i <= 0; i++)
	{
		message = make_message(CREATE_CHILD_SA, FALSE, request.send + i);
		mutex->lock(mutex);
		/* not before it's verified */
		hook(message, TRUE, FALSE);
		ck_assert_uint_eq(counts().pending, 1);
		hook(message, TRUE, TRUE);
		sa.send = request.send + i + 1;
		mutex->unlock(mutex);
		message->destroy(message);
		wait_for(counts().done, i + 1);
	}
	ck_assert_uint_eq(sa.send, request.send + 1);
	ck_assert_uint_eq(sa.recv, request.recv);
	ck_assert_uint_eq(changed_to.recv, request.recv);
	assert_counts(0, 1, 0, 0);
}
END_TEST

/**
 * The peer chose a higher M2, so it can't have accepted our request.
 */
START_TEST(test_busy_ahead)
{
	ike_wire_sync_t request;
	task_t task;

	request = start(5, 3);
	sa.active = &task;
	respond(&request, 100, request.send + 1);
	ck_assert_uint_eq(sa.recv, 100);
	ck_assert_uint_eq(sa.send, request.send + 1);
	assert_counts(0, 1, 0, 0);
	wait_for(sa.initiated, 1);
}
END_TEST

/**
 * A response to another member's sync that the task manager would process.
 */
START_TEST(test_protect)
{
	exchange_type_t types[] = { INFORMATIONAL, EXCHANGE_TYPE_UNDEFINED };
	message_t *message;
	u_int i;

	for (i = 0; i < countof(types); i++)
	{
		ours = i;
		message = make_message(INFORMATIONAL, FALSE, 0);
		message->add_notify(message, FALSE, IKEV2_MESSAGE_ID_SYNC, chunk_empty);
		hook(message, TRUE, TRUE);
		ck_assert_int_eq(message->get_exchange_type(message), types[i]);
		message->destroy(message);
	}
	/* others are left alone */
	message = make_message(INFORMATIONAL, FALSE, 0);
	hook(message, TRUE, TRUE);
	ck_assert_int_eq(message->get_exchange_type(message), INFORMATIONAL);
	message->destroy(message);
	message = make_message(INFORMATIONAL, TRUE, 0);
	message->add_notify(message, FALSE, IKEV2_MESSAGE_ID_SYNC, chunk_empty);
	hook(message, TRUE, TRUE);
	ck_assert_int_eq(message->get_exchange_type(message), INFORMATIONAL);
	message->destroy(message);
}
END_TEST

static Suite *mid_sync_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_mid_sync");
	tc = tcase_create("capability");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_usable);
	tcase_add_loop_test(tc, test_usable_cipher, 0, countof(ciphers));
	suite_add_tcase(s, tc);

	tc = tcase_create("exchange");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_sync);
	tcase_add_test(tc, test_crossed);
	tcase_add_test(tc, test_never_sent);
	tcase_add_test(tc, test_peer_ahead);
	tcase_add_test(tc, test_never_back);
	tcase_add_test(tc, test_replayed_response);
	tcase_add_test(tc, test_unexpected_response);
	tcase_add_test(tc, test_bad_response);
	tcase_add_test(tc, test_retransmit);
	tcase_add_loop_test(tc, test_delta, 0, 2);
	tcase_add_test(tc, test_delta_answered);
	tcase_add_test(tc, test_lost_response);
	tcase_add_test(tc, test_once);
	tcase_add_test(tc, test_moved);
	tcase_add_loop_test(tc, test_gone, 0, countof(states));
	tcase_add_loop_test(tc, test_broken, 0, 2);
	tcase_add_test(tc, test_used_up);
	tcase_add_loop_test(tc, test_busy, 0, 2);
	tcase_add_test(tc, test_busy_ahead);
	tcase_add_test(tc, test_implicit);
	tcase_add_test(tc, test_protect);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	sr = srunner_create(mid_sync_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
