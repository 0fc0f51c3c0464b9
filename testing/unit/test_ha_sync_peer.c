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
#include "ha_sync_alone.h"
#include "ha_sync_peer.h"
#include "ike_wire_zero.h"

/** keys, from the cluster to us and back */
#define KEY_IN 0x5a
#define KEY_OUT 0xa3

/** how long to wait for what jobs do, in ms */
#define PATIENCE 5000

/** longest time until a request that was put back goes on, in ms */
#define RESTART 2000

/** type of Simultaneous Failover Failure (Z7) */
#define SFF 8311

/** what is in a request, besides the sync */
enum {
	NOTHING,
	DELTA4,
	DELTA8,
	DELTA5,
	VENDOR,
	TWICE,
};

/**
 * A CHILD_SA.
 */
typedef struct {
	child_sa_t public;
	uint32_t spi;
	proposal_t *proposal;
	uint64_t oseq;
	/** packets that are sent whenever the kernel was asked */
	uint64_t burst;
	u_int reads, writes;
} fake_child_t;

static ha_sync_peer_t *peer;
static ha_sync_mid_caps_t *caps;
static fake_sa_t sa;
static fake_child_t children[3];
static u_int installed;
static fake_keymat_t cluster;
static daemon_t fake_charon;

/** what the callbacks do and saw */
static ha_sync_verdict_t verdict;
static u_int refused, changes;
static ha_sync_mids_t changed_to;

/** packets sent (packet_t*), protected by the mutex as is the IKE_SA */
static array_t *sent;
static mutex_t *mutex;

METHOD(ike_sa_t, create_child_sa_enumerator, enumerator_t*,
	fake_sa_t *this)
{
	linked_list_t *list = linked_list_create();
	u_int i;

	for (i = 0; i < installed; i++)
	{
		list->insert_last(list, &children[i].public);
	}
	return enumerator_create_cleaner(list->create_enumerator(list),
									 (void*)list->destroy, list);
}

METHOD(child_sa_t, get_outbound_state, child_sa_outbound_state_t,
	fake_child_t *this)
{
	return CHILD_OUTBOUND_INSTALLED;
}

METHOD(child_sa_t, get_proposal, proposal_t*,
	fake_child_t *this)
{
	return this->proposal;
}

METHOD(child_sa_t, get_spi, uint32_t,
	fake_child_t *this, bool inbound)
{
	return inbound ? this->spi + 0x1000 : this->spi;
}

METHOD(child_sa_t, get_protocol, protocol_id_t,
	fake_child_t *this)
{
	return PROTO_ESP;
}

METHOD(child_sa_t, get_mark, mark_t,
	fake_child_t *this, bool inbound)
{
	return (mark_t){};
}

METHOD(child_sa_t, get_name, char*,
	fake_child_t *this)
{
	return "net";
}

METHOD(child_sa_t, child_get_unique_id, uint32_t,
	fake_child_t *this)
{
	return this->spi;
}

/**
 * Implements ha_sync_kernel_replay_t.get
 */
static bool kernel_get(ha_sync_kernel_replay_t *this, const ha_sync_sa_id_t *id,
					   ha_sync_replay_t *replay)
{
	fake_child_t *child = &children[id->spi - 1];

	ck_assert(id->dst->ip_equals(id->dst, sa.other));
	child->reads++;
	*replay = (ha_sync_replay_t){ .oseq = child->oseq };
	child->oseq += child->burst;
	return TRUE;
}

/**
 * Implements ha_sync_kernel_replay_t.set, as the kernel does: no check
 */
static bool kernel_set(ha_sync_kernel_replay_t *this, const ha_sync_sa_id_t *id,
					   const ha_sync_replay_t *replay,
					   ha_sync_replay_flag_t flags)
{
	fake_child_t *child = &children[id->spi - 1];

	ck_assert_int_eq(flags, HA_SYNC_REPLAY_OSEQ);
	child->writes++;
	child->oseq = replay->oseq;
	return TRUE;
}

static ha_sync_kernel_replay_t kernel = {
	.get = kernel_get,
	.set = kernel_set,
};

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

/**
 * Implements child_sa_manager_t.checkout: the job that rekeys
 */
static ike_sa_t *fake_checkout_child(child_sa_manager_t *this,
									 protocol_id_t protocol, uint32_t spi,
									 host_t *dst, child_sa_t **child_sa)
{
	mutex->lock(mutex);
	ck_assert(dst->ip_equals(dst, sa.me));
	children[spi - 0x1001].burst = 12345;
	mutex->unlock(mutex);
	return NULL;
}

static sender_t fake_sender = { .send = fake_send };
static ike_sa_manager_t fake_manager = {
	.checkout = fake_checkout,
	.checkin = fake_checkin,
};
static child_sa_manager_t fake_child_manager = {
	.checkout = fake_checkout_child,
};

static ha_sync_verdict_t judge(void *user, ike_sa_t *ike_sa)
{
	ck_assert_ptr_eq(user, &sa);
	ck_assert_ptr_eq(ike_sa, &sa.public);
	return verdict;
}

static void refusal(void *user, ike_sa_t *ike_sa)
{
	ck_assert_ptr_eq(user, &sa);
	refused++;
}

static void changed(void *user, ike_sa_t *ike_sa, const ha_sync_mids_t *mids)
{
	ck_assert_ptr_eq(user, &sa);
	changed_to = *mids;
	changes++;
}

/**
 * Make a CHILD_SA.
 */
static fake_child_t make_child(uint32_t spi, bool esn)
{
	fake_child_t child = {
		.public = {
			.get_outbound_state = _get_outbound_state,
			.get_proposal = _get_proposal,
			.get_spi = _get_spi,
			.get_protocol = _get_protocol,
			.get_mark = _get_mark,
			.get_name = _get_name,
			.get_unique_id = _child_get_unique_id,
		},
		.spi = spi,
		.proposal = proposal_create(PROTO_ESP, 1),
		.oseq = 1000 * spi,
	};

	child.proposal->add_algorithm(child.proposal, EXTENDED_SEQUENCE_NUMBERS,
								  esn ? EXT_SEQ_NUMBERS : NO_EXT_SEQ_NUMBERS,
								  0);
	return child;
}

static void setup()
{
	ha_sync_peer_ops_t ops = {
		.judge = judge,
		.refused = refusal,
		.changed = changed,
		.user = &sa,
	};
	u_int i;

	ck_assert(library_init("", "test_ha_sync_peer"));
	lib->crypto->add_rng(lib->crypto, RNG_TRUE, "test", fake_rng);
	lib->processor->set_threads(lib->processor, 4);
	fake_charon.bus = &fake_bus;
	fake_charon.sender = &fake_sender;
	fake_charon.ike_sa_manager = &fake_manager;
	fake_charon.child_sa_manager = &fake_child_manager;
	charon = &fake_charon;
	sent = array_create(0, 0);
	mutex = mutex_create(MUTEX_TYPE_RECURSIVE);

	fake_sa_init(&sa, TRUE, KEY_IN, KEY_OUT);
	sa.public.create_child_sa_enumerator = _create_child_sa_enumerator;
	sa.extensions = EXT_IKE_MESSAGE_ID_SYNC;
	sa.send = 5;
	sa.recv = 3;
	installed = countof(children);
	for (i = 0; i < countof(children); i++)
	{
		children[i] = make_child(i + 1, FALSE);
	}
	cluster = fake_keymat(KEY_OUT, KEY_IN);
	verdict = HA_SYNC_ANSWER;
	refused = changes = 0;
	caps = ha_sync_mid_caps_create();
	caps->set(caps, &sa.public, HA_SYNC_CAP_REPLAY | HA_SYNC_CAP_PLUGIN);
	peer = ha_sync_peer_create(caps, &kernel, &ops);
}

static void teardown()
{
	u_int i;

	lib->processor->cancel(lib->processor);
	peer->destroy(peer);
	caps->destroy(caps);
	array_destroy_offset(sent, offsetof(packet_t, destroy));
	mutex->destroy(mutex);
	fake_sa_deinit(&sa);
	for (i = 0; i < countof(children); i++)
	{
		children[i].proposal->destroy(children[i].proposal);
	}
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
		_done = (uint64_t)(expr) == (uint64_t)(value); \
		mutex->unlock(mutex); \
		if (_done) \
		{ \
			break; \
		} \
		usleep(1000); \
	} \
	ck_assert_uint_eq(expr, value); \
	_ms; \
})

/**
 * Get the numbers.
 */
static ha_sync_peer_counts_t counts()
{
	ha_sync_peer_counts_t counts;

	peer->get_counts(peer, &counts);
	return counts;
}

/**
 * Make a message of the cluster, as received.
 */
static message_t *make_request(uint32_t mid, const ike_wire_sync_t *sync,
							   int more, uint64_t delta)
{
	message_t *message;
	packet_t *packet;
	uint8_t buf[8];
	chunk_t data;
	ike_sa_id_t *id;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_exchange_type(message, INFORMATIONAL);
	message->set_request(message, TRUE);
	message->set_message_id(message, mid);
	message->set_source(message, sa.other->clone(sa.other));
	message->set_destination(message, sa.me->clone(sa.me));
	id = sa.id->clone(sa.id);
	id->switch_initiator(id);
	message->set_ike_sa_id(message, id);
	id->destroy(id);
	if (sync)
	{
		data = ike_wire_sync_encode(sync);
		message->add_notify(message, FALSE, IKEV2_MESSAGE_ID_SYNC, data);
		if (more == TWICE)
		{
			message->add_notify(message, FALSE, IKEV2_MESSAGE_ID_SYNC, data);
		}
		chunk_free(&data);
	}
	switch (more)
	{
		case DELTA4:
			htoun32(buf, delta);
			message->add_notify(message, FALSE, IPSEC_REPLAY_COUNTER_SYNC,
								chunk_create(buf, 4));
			break;
		case DELTA8:
			htoun64(buf, delta);
			message->add_notify(message, FALSE, IPSEC_REPLAY_COUNTER_SYNC,
								chunk_create(buf, 8));
			break;
		case DELTA5:
			memset(buf, 0, sizeof(buf));
			message->add_notify(message, FALSE, IPSEC_REPLAY_COUNTER_SYNC,
								chunk_create(buf, 5));
			break;
		case VENDOR:
			message->add_notify(message, FALSE, INITIAL_CONTACT, chunk_empty);
			break;
		default:
			break;
	}
	ck_assert_int_eq(message->generate(message, &cluster.public, &packet),
					 SUCCESS);
	message->destroy(message);
	message = message_create_from_packet(packet);
	ck_assert_int_eq(message->parse_header(message), SUCCESS);
	return message;
}

/**
 * Receive a message as charon's task manager does.
 *
 * @param message	message, destroyed
 * @return			TRUE if charon would process it
 */
static bool receive(message_t *message)
{
	listener_t *listener = &peer->listener;
	bool passed = FALSE;
	uint32_t mid;

	mutex->lock(mutex);
	/* charon compares the message ID that the listener leaves, but takes 0, as
	 * it was before, for a sync */
	mid = message->get_message_id(message);
	ck_assert(listener->message(listener, &sa.public, message, TRUE, FALSE));
	if (message->get_message_id(message) == sa.recv || (mid == 0 &&
		message->get_exchange_type(message) == INFORMATIONAL))
	{
		/* charon answers what it can't parse with this ID, so it must not be
		 * made to try that with another exchange type */
		ck_assert_int_eq(message->get_exchange_type(message), INFORMATIONAL);
		if (message->parse_body(message, &sa.keymat.public) == SUCCESS)
		{
			listener->message(listener, &sa.public, message, TRUE, TRUE);
			passed = message->get_exchange_type(message) == INFORMATIONAL;
		}
	}
	mutex->unlock(mutex);
	message->destroy(message);
	return passed;
}

/**
 * Get the notify of the last of a number of packets sent.
 */
static chunk_t get_answer(u_int number, uint16_t type)
{
	notify_payload_t *notify = NULL;
	enumerator_t *enumerator;
	payload_t *payload;
	message_t *message;
	packet_t *packet;
	chunk_t data;

	wait_for(array_count(sent), number);
	mutex->lock(mutex);
	array_get(sent, ARRAY_TAIL, &packet);
	message = message_create_from_packet(packet->clone(packet));
	mutex->unlock(mutex);
	ck_assert_int_eq(message->parse_header(message), SUCCESS);
	ck_assert_int_eq(message->get_exchange_type(message), INFORMATIONAL);
	ck_assert_int_eq(message->get_message_id(message), 0);
	ck_assert(!message->get_request(message));
	ck_assert_int_eq(message->parse_body(message, &cluster.public), SUCCESS);
	enumerator = message->create_payload_enumerator(message);
	ck_assert(enumerator->enumerate(enumerator, &payload));
	ck_assert_int_eq(payload->get_type(payload), PLV2_NOTIFY);
	notify = (notify_payload_t*)payload;
	ck_assert(!enumerator->enumerate(enumerator, &payload));
	enumerator->destroy(enumerator);
	ck_assert_uint_eq(notify->get_notify_type(notify), type);
	ck_assert_int_eq(notify->get_protocol_id(notify), PROTO_NONE);
	ck_assert_int_eq(notify->get_spi_data(notify).len, 0);
	data = chunk_clone(notify->get_notification_data(notify));
	message->destroy(message);
	return data;
}

/**
 * Get the response to a sync.
 */
static ike_wire_sync_t get_response(u_int number)
{
	ike_wire_sync_t response;
	chunk_t data;

	data = get_answer(number, IKEV2_MESSAGE_ID_SYNC);
	ck_assert(ike_wire_sync_parse(data, &response));
	chunk_free(&data);
	return response;
}

/**
 * Nothing is answered, nothing changes.
 */
static void assert_ignored(message_t *message)
{
	uint32_t send = sa.send, recv = sa.recv;
	u_int number = array_count(sent), resets = sa.resets;

	ck_assert(!receive(message));
	usleep(20000);
	ck_assert_uint_eq(array_count(sent), number);
	ck_assert_uint_eq(sa.resets, resets);
	ck_assert_uint_eq(sa.send, send);
	ck_assert_uint_eq(sa.recv, recv);
}

#define SYNC(m1, p1) { .nonce = { 0xde, 0xad, 0xbe, 0xef }, \
					   .send = (m1), .recv = (p1) }

/**
 * State, request, and what the answer is to be.
 */
static const struct {
	uint32_t send, recv;
	bool busy;
	uint32_t m1, p1, m2, p2;
} vectors[] = {
	/* M1 and P1 are as expected, but one request may be unknown (Z1b) */
	{ 5, 3, FALSE, 3, 5, 4, 5 },
	/* cluster is ahead, as it should be */
	{ 5, 3, FALSE, 20, 21, 20, 21 },
	/* P3: a request of ours is under way, or known to us only */
	{ 5, 3, TRUE, 3, 5, 4, 6 },
	{ 9, 3, FALSE, 20, 5, 20, 9 },
	/* Q6, RFC 6311, A.1: the cluster never sent a request */
	{ 2, 0, FALSE, 0, 2, 1, 2 },
	{ 2, 0, FALSE, 1, 2, 1, 2 },
	/* nobody ever sent one, as after an IKE rekey */
	{ 0, 0, FALSE, 0, 0, 1, 0 },
	{ 0, 0, FALSE, 16, 16, 16, 16 },
};

START_TEST(test_answer)
{
	ike_wire_sync_t request = SYNC(vectors[_i].m1, vectors[_i].p1), response;
	task_t task = {};

	sa.send = vectors[_i].send;
	sa.recv = vectors[_i].recv;
	sa.active = vectors[_i].busy ? &task : NULL;
	/* P4, P5: at once */
	ck_assert(!receive(make_request(0, &request, NOTHING, 0)));
	response = get_response(1);
	/* Q9 */
	ck_assert(memeq(response.nonce, request.nonce, sizeof(request.nonce)));
	/* P2, P3 */
	ck_assert_uint_eq(response.recv, vectors[_i].m2);
	ck_assert_uint_eq(response.send, vectors[_i].p2);
	/* what was put back goes on */
	ck_assert_uint_lt(wait_for(sa.initiated, 1), RESTART);
	ck_assert_uint_eq(sa.recv, vectors[_i].m2);
	ck_assert_uint_eq(sa.send, vectors[_i].p2);
	ck_assert_uint_eq(changes, 1);
	ck_assert_uint_eq(changed_to.recv, vectors[_i].m2);
	ck_assert_uint_eq(changed_to.send, vectors[_i].p2);
	ck_assert_uint_eq(counts().answered, 1);
}
END_TEST

START_TEST(test_rekeying)
{
	ike_wire_sync_t request = SYNC(20, 20);

	/* charon would never start the rekeying again in this state */
	sa.state = IKE_REKEYING;
	ck_assert(!receive(make_request(0, &request, NOTHING, 0)));
	get_response(1);
	wait_for(sa.initiated, 1);
	ck_assert_int_eq(sa.state, IKE_ESTABLISHED);
}
END_TEST

START_TEST(test_repeat)
{
	ike_wire_sync_t request = SYNC(20, 20);
	ike_sa_state_t state = sa.state;
	message_t *message;
	packet_t *packet, *first, *second;
	u_int resets;

	message = make_request(0, &request, NOTHING, 0);
	packet = message->get_packet(message);
	ck_assert(!receive(message));
	get_response(1);
	wait_for(sa.initiated, 1);
	resets = sa.resets;
	/* T1: the same octets, the same answer, but nothing is set */
	message = message_create_from_packet(packet->clone(packet));
	ck_assert_int_eq(message->parse_header(message), SUCCESS);
	ck_assert(!receive(message));
	wait_for(array_count(sent), 2);
	array_get(sent, 0, &first);
	array_get(sent, 1, &second);
	ck_assert(chunk_equals(first->get_data(first), second->get_data(second)));
	ck_assert_uint_eq(sa.resets, resets);
	ck_assert_uint_eq(counts().repeated, 1);
	/* the cluster goes on: it got the answer */
	ck_assert(receive(make_request(20, NULL, NOTHING, 0)));
	sa.recv = 21;
	message = message_create_from_packet(packet);
	ck_assert_int_eq(message->parse_header(message), SUCCESS);
	assert_ignored(message);
	ck_assert_int_eq(state, sa.state);
}
END_TEST

START_TEST(test_stale)
{
	ike_wire_sync_t request = SYNC(20, 20), other = SYNC(20, 25);
	ike_wire_sync_t low = SYNC(19, 30), old = SYNC(2, 5), next = SYNC(21, 20);

	/* P1: one that was used */
	assert_ignored(make_request(0, &old, NOTHING, 0));
	ck_assert(!receive(make_request(0, &request, NOTHING, 0)));
	get_response(1);
	wait_for(sa.initiated, 1);
	/* P1: that of an earlier sync, with other content; or lower */
	assert_ignored(make_request(0, &other, NOTHING, 0));
	assert_ignored(make_request(0, &low, NOTHING, 0));
	/* the next failover */
	ck_assert(!receive(make_request(0, &next, NOTHING, 0)));
	ck_assert_uint_eq(get_response(2).recv, 21);
	/* P1: a request of the first failover */
	assert_ignored(make_request(0, &request, NOTHING, 0));
	ck_assert_uint_eq(counts().answered, 2);
}
END_TEST

START_TEST(test_limits)
{
	ike_wire_sync_t m1 = SYNC(UINT32_MAX, 5), p1 = SYNC(5, UINT32_MAX - 1);

	assert_ignored(make_request(0, &m1, NOTHING, 0));
	assert_ignored(make_request(0, &p1, NOTHING, 0));
}
END_TEST

START_TEST(test_bad)
{
	ike_wire_sync_t request = SYNC(20, 20);

	/* Q4: replay counters alone */
	assert_ignored(make_request(0, NULL, DELTA4, 100));
	/* Q5: something else in it */
	assert_ignored(make_request(0, &request, VENDOR, 0));
	assert_ignored(make_request(0, &request, TWICE, 0));
	/* P8: wrong length */
	assert_ignored(make_request(0, &request, DELTA5, 0));
	ck_assert_uint_eq(counts().dropped, 4);
	/* also as the first request of the cluster */
	sa.recv = 0;
	assert_ignored(make_request(0, NULL, DELTA4, 100));
	assert_ignored(make_request(0, &request, VENDOR, 0));
	ck_assert_uint_eq(children[0].writes, 0);
	/* P8: not negotiated, charon's business */
	sa.extensions = 0;
	sa.recv = 3;
	receive(make_request(0, &request, NOTHING, 0));
	usleep(20000);
	ck_assert_uint_eq(array_count(sent), 0);
}
END_TEST

START_TEST(test_length)
{
	static uint8_t zeros[24];
	message_t *message;
	packet_t *packet;
	size_t len;

	/* P8: each length but the right one */
	for (len = 0; len <= sizeof(zeros); len++)
	{
		ike_sa_id_t *id = sa.id->clone(sa.id);

		if (len == IKE_WIRE_SYNC_LEN)
		{
			id->destroy(id);
			continue;
		}
		message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
		message->set_exchange_type(message, INFORMATIONAL);
		message->set_request(message, TRUE);
		message->set_message_id(message, 0);
		message->set_source(message, sa.other->clone(sa.other));
		message->set_destination(message, sa.me->clone(sa.me));
		id->switch_initiator(id);
		message->set_ike_sa_id(message, id);
		id->destroy(id);
		message->add_notify(message, FALSE, IKEV2_MESSAGE_ID_SYNC,
							chunk_create(zeros, len));
		ck_assert_int_eq(message->generate(message, &cluster.public, &packet),
						 SUCCESS);
		message->destroy(message);
		message = message_create_from_packet(packet);
		ck_assert_int_eq(message->parse_header(message), SUCCESS);
		assert_ignored(message);
	}
}
END_TEST

START_TEST(test_not_authentic)
{
	ike_wire_sync_t request = SYNC(20, 20);
	message_t *message, *changed;
	packet_t *packet;
	chunk_t data;
	size_t i;

	/* P7: any octet changed */
	message = make_request(0, &request, NOTHING, 0);
	data = message->get_packet_data(message);
	for (i = 28; i < data.len; i++)
	{
		packet = message->get_packet(message);
		packet->get_data(packet).ptr[i] ^= 1;
		changed = message_create_from_packet(packet);
		ck_assert_int_eq(changed->parse_header(changed), SUCCESS);
		assert_ignored(changed);
		if (i > 40)
		{
			i += 8;
		}
	}
	ck_assert_uint_gt(sa.keymat.in.decrypted, 0);
	message->destroy(message);
}
END_TEST

START_TEST(test_ordinary)
{
	/* the first request of the cluster has message ID 0 */
	sa.recv = 0;
	ck_assert(receive(make_request(0, NULL, NOTHING, 0)));
	/* a copy of it, charon compares it to what it got */
	sa.recv = 1;
	ck_assert(receive(make_request(0, NULL, NOTHING, 0)));
	usleep(20000);
	ck_assert_uint_eq(array_count(sent), 0);
}
END_TEST

START_TEST(test_broken)
{
	ike_wire_sync_t request = SYNC(20, 20);

	/* nothing is set if there is no answer */
	sa.keymat.broken = TRUE;
	assert_ignored(make_request(0, &request, NOTHING, 0));
	sa.keymat.broken = FALSE;
	ck_assert(!receive(make_request(0, &request, NOTHING, 0)));
	get_response(1);
}
END_TEST

START_TEST(test_judge)
{
	ike_wire_sync_t request = SYNC(20, 20), stale = SYNC(2, 2);
	chunk_t data;

	verdict = HA_SYNC_DROP;
	assert_ignored(make_request(0, &request, NOTHING, 0));
	verdict = HA_SYNC_REFUSE;
	/* Z11 */
	assert_ignored(make_request(0, &stale, NOTHING, 0));
	/* Z8, Z10: once for each request */
	ck_assert(!receive(make_request(0, &request, DELTA4, 1000)));
	data = get_answer(1, SFF);
	ck_assert(chunk_equals(data, chunk_from_thing(request.nonce)));
	chunk_free(&data);
	ck_assert(!receive(make_request(0, &request, DELTA4, 1000)));
	data = get_answer(2, SFF);
	chunk_free(&data);
	wait_for(refused, 2);
	/* Z6: nothing is applied */
	ck_assert_uint_eq(sa.resets, 0);
	ck_assert_uint_eq(children[0].writes, 0);
	ck_assert_uint_eq(counts().refused, 2);
}
END_TEST

START_TEST(test_delta)
{
	ike_wire_sync_t request = SYNC(20, 20), stale = SYNC(20, 21);
	u_int i;

	/* Q2, R2: all CHILD SAs of the IKE SA */
	ck_assert(!receive(make_request(0, &request, DELTA4, 1000000)));
	get_response(1);
	wait_for(counts().raised, countof(children));
	for (i = 0; i < countof(children); i++)
	{
		ck_assert_uint_eq(children[i].oseq, 1000000 + 1000 * (i + 1));
	}
	/* R3: not if the message IDs are stale */
	assert_ignored(make_request(0, &stale, DELTA4, 1000000));
	ck_assert_uint_eq(counts().raised, countof(children));
	/* Q3: alone, in an ordinary message that charon answers */
	ck_assert(receive(make_request(20, NULL, DELTA4, 1000000)));
	wait_for(counts().raised, 2 * countof(children));
	ck_assert_uint_eq(children[0].oseq, 2001000);
	/* P8 */
	ck_assert(receive(make_request(20, NULL, DELTA5, 0)));
	/* not negotiated */
	caps->set(caps, &sa.public, 0);
	ck_assert(receive(make_request(20, NULL, DELTA4, 1000000)));
	usleep(20000);
	ck_assert_uint_eq(counts().raised, 2 * countof(children));
}
END_TEST

START_TEST(test_delta_esn)
{
	ike_wire_sync_t first = SYNC(20, 20), second = SYNC(30, 30);
	ike_wire_sync_t third = SYNC(40, 40);
	u_int i;

	/* R4: 4 octets with ESN, the message IDs are fine */
	for (i = 0; i < countof(children); i++)
	{
		children[i].proposal->destroy(children[i].proposal);
		children[i] = make_child(i + 1, TRUE);
		children[i].oseq = 0xfffffff0;
	}
	ck_assert(!receive(make_request(0, &first, DELTA4, 1000000)));
	get_response(1);
	wait_for(sa.initiated, 1);
	ck_assert_uint_eq(counts().raised, 0);
	ck_assert(!receive(make_request(0, &second, DELTA8, 0x100000000ULL)));
	get_response(2);
	wait_for(counts().raised, countof(children));
	ck_assert_uint_eq(children[0].oseq, 0x1fffffff0ULL);
	/* mixed: nothing is done */
	children[1].proposal->destroy(children[1].proposal);
	children[1] = make_child(2, FALSE);
	ck_assert(!receive(make_request(0, &third, DELTA8, 1000)));
	get_response(3);
	wait_for(sa.initiated, 3);
	ck_assert_uint_eq(counts().raised, countof(children));
	ck_assert_uint_eq(children[0].oseq, 0x1fffffff0ULL);
}
END_TEST

START_TEST(test_delta_wrap)
{
	ike_wire_sync_t request = SYNC(20, 20);

	/* R5: the first one is rekeyed */
	children[0].oseq = 1000;
	children[1].oseq = 254;
	installed = 2;
	ck_assert(!receive(make_request(0, &request, DELTA4, 0xffffff00)));
	get_response(1);
	wait_for(children[0].burst, 12345);
	ck_assert_uint_eq(children[0].writes, 0);
	ck_assert_uint_eq(children[0].oseq, 1000);
	wait_for(children[1].oseq, 0xfffffffe);
}
END_TEST

START_TEST(test_delta_busy)
{
	ike_wire_sync_t request = SYNC(20, 20);

	/* R6: packets that are sent meanwhile don't make it go back */
	children[0].oseq = 1000;
	children[0].burst = 5000;
	installed = 1;
	ck_assert(!receive(make_request(0, &request, DELTA4, 10)));
	get_response(1);
	wait_for(counts().raised, 1);
	ck_assert_uint_gt(children[0].oseq, 1000 + 2 * 5000);
	ck_assert_uint_eq(children[0].writes, 1);
	ck_assert_uint_eq(children[0].reads, 2);
}
END_TEST

START_TEST(test_gone)
{
	ike_wire_sync_t request = SYNC(20, 20);

	ck_assert(!receive(make_request(0, &request, NOTHING, 0)));
	get_response(1);
	wait_for(sa.initiated, 1);
	peer->listener.ike_state_change(&peer->listener, &sa.public,
									IKE_DESTROYING);
	/* another IKE SA, by chance with this unique ID */
	sa.recv = 3;
	ck_assert(!receive(make_request(0, &request, NOTHING, 0)));
	get_response(2);
	wait_for(counts().answered, 2);
}
END_TEST

START_TEST(test_alone)
{
	ike_wire_sync_t request = SYNC(20, 20);

	/* without a cluster of its own */
	peer->destroy(peer);
	peer = ha_sync_peer_create(caps, &kernel, NULL);
	ck_assert(!receive(make_request(0, &request, NOTHING, 0)));
	ck_assert_uint_eq(get_response(1).recv, 20);
	wait_for(sa.initiated, 1);
}
END_TEST

START_TEST(test_is_alone)
{
	ck_assert(ha_sync_is_alone());
	lib->settings->set_str(lib->settings,
					"%s.plugins.ha-sync.failover_failure_notify", "8312",
					lib->ns);
	ck_assert(ha_sync_is_alone());
	ck_assert_uint_eq(ha_sync_failure_notify(), 8312);
	lib->settings->set_str(lib->settings,
					"%s.plugins.ha-sync.groups.a.addresses", "192.0.2.5",
					lib->ns);
	ck_assert(!ha_sync_is_alone());
}
END_TEST

START_TEST(test_is_member)
{
	lib->settings->set_str(lib->settings, "%s.plugins.ha-sync.addresses",
						   "192.0.2.5", lib->ns);
	ck_assert(!ha_sync_is_alone());
	/* not an error type for private use */
	lib->settings->set_str(lib->settings,
					"%s.plugins.ha-sync.failover_failure_notify", "41011",
					lib->ns);
	ck_assert_uint_eq(ha_sync_failure_notify(), SFF);
}
END_TEST

Suite *peer_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha-sync peer");
	tc = tcase_create("message IDs");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, test_answer, 0, countof(vectors));
	tcase_add_test(tc, test_rekeying);
	tcase_add_test(tc, test_repeat);
	tcase_add_test(tc, test_stale);
	tcase_add_test(tc, test_limits);
	tcase_add_test(tc, test_bad);
	tcase_add_test(tc, test_length);
	tcase_add_test(tc, test_not_authentic);
	tcase_add_test(tc, test_ordinary);
	tcase_add_test(tc, test_broken);
	tcase_add_test(tc, test_judge);
	tcase_add_test(tc, test_gone);
	tcase_add_test(tc, test_alone);
	tcase_add_test(tc, test_is_alone);
	tcase_add_test(tc, test_is_member);
	suite_add_tcase(s, tc);

	tc = tcase_create("replay counters");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, test_delta);
	tcase_add_test(tc, test_delta_esn);
	tcase_add_test(tc, test_delta_wrap);
	tcase_add_test(tc, test_delta_busy);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	sr = srunner_create(peer_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
