/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include <daemon.h>
#include <encoding/payloads/delete_payload.h>
#include <encoding/payloads/nonce_payload.h>
#include <encoding/payloads/notify_payload.h>
#include <encoding/payloads/sa_payload.h>
#include <encoding/payloads/ts_payload.h>
#include <threading/mutex.h>

#include "fake_sa.h"
#include "ha_sync_exchanges.h"
#include "ha_sync_message.h"
#include "ha_sync_packets.h"
#include "ha_sync_request.h"
#include "ha_sync_response.h"
#include "ha_sync_resume.h"

/** inbound SPIs of CHILD SAs */
#define SPI_NEW htonl(0xc0000001)
#define SPI_OLD htonl(0xc0000002)

/** message IDs: expected, and of the request under way */
#define RECV 8
#define SEND 5

/** key of messages in both directions */
#define KEY 0x5a

/** how long to wait for what jobs do, in ms */
#define PATIENCE 10000

/** how long to wait for more than that, in us */
#define JOBS 100000

static fake_sa_t sa;
static daemon_t fake_charon;

/** packets sent (packet_t*) */
static array_t *sent;
static mutex_t *mutex;

/** message IDs the capture was told */
static ha_sync_mids_t told;

static void fake_send(sender_t *this, packet_t *packet)
{
	mutex->lock(mutex);
	array_insert(sent, ARRAY_TAIL, packet);
	mutex->unlock(mutex);
}

static void fake_set_mids(ha_sync_capture_t *this, ike_sa_t *ike_sa,
						  const ha_sync_mids_t *mids)
{
	told = *mids;
}

static sender_t fake_sender = { .send = fake_send };
static ha_sync_capture_t fake_capture = { .set_mids = fake_set_mids };

/**
 * A hash is enough that differs.
 */
METHOD(hasher_t, get_hash, bool,
	hasher_t *this, chunk_t data, uint8_t *hash)
{
	uint32_t value = chunk_hash_static(data);

	memset(hash, 0x33, HA_SYNC_HASH_LEN);
	memcpy(hash, &value, sizeof(value));
	return TRUE;
}

METHOD(hasher_t, hasher_destroy, void,
	hasher_t *this)
{
	free(this);
}

static hasher_t *create_hasher(hash_algorithm_t algo)
{
	hasher_t *this;

	INIT(this,
		.get_hash = _get_hash,
		.destroy = _hasher_destroy,
	);
	return this;
}

static ha_sync_registry_t *registry;
static ha_sync_response_t *response;
static ha_sync_resume_t *resume;

static void setup()
{
	ck_assert(library_init("", "test_ha_sync_exchange"));
	fake_charon.bus = &fake_bus;
	fake_charon.sender = &fake_sender;
	charon = &fake_charon;
	lib->crypto->add_hasher(lib->crypto, HASH_SHA1, "test",
							(hasher_constructor_t)create_hasher);
	lib->crypto->add_rng(lib->crypto, RNG_WEAK, "test", fake_rng);
	lib->processor->set_threads(lib->processor, 4);
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	sent = array_create(0, 0);
	fake_sa_init(&sa, FALSE, KEY, KEY);
	sa.send = SEND + 1;
	sa.recv = RECV;
	registry = ha_sync_registry_create();
	response = ha_sync_response_create(registry);
	resume = ha_sync_resume_create(&fake_capture);
}

static void teardown()
{
	lib->processor->cancel(lib->processor);
	/* its task uses the object */
	fake_sa_deinit(&sa);
	resume->destroy(resume);
	response->destroy(response);
	registry->destroy(registry);
	array_destroy_offset(sent, offsetof(packet_t, destroy));
	mutex->destroy(mutex);
	lib->crypto->remove_hasher(lib->crypto,
							   (hasher_constructor_t)create_hasher);
	lib->crypto->remove_rng(lib->crypto, fake_rng);
	charon = NULL;
	library_deinit();
}

/**
 * Start a message.
 */
static message_t *start_message(exchange_type_t type, bool request,
								uint32_t mid)
{
	message_t *message;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_ike_sa_id(message, sa.id);
	message->set_exchange_type(message, type);
	message->set_request(message, request);
	message->set_message_id(message, mid);
	message->set_source(message, sa.me->clone(sa.me));
	message->set_destination(message, sa.me->clone(sa.me));
	return message;
}

/**
 * Encode a message we send, in fragments if they have a length.
 */
static chunk_t encode(message_t *message, size_t fragment)
{
	enumerator_t *enumerator;
	packet_t *packet;
	chunk_t packets;

	if (fragment)
	{
		ck_assert_int_eq(message->fragment(message, &sa.keymat.public, fragment,
										   &enumerator), SUCCESS);
		enumerator->destroy(enumerator);
	}
	else
	{
		ck_assert_int_eq(message->generate(message, &sa.keymat.public, &packet),
						 SUCCESS);
		packet->destroy(packet);
	}
	packets = ha_sync_message_packets(message);
	ck_assert(packets.len);
	message->destroy(message);
	return packets;
}

/**
 * Make a request to create a CHILD SA, to rekey one, or to rekey the IKE SA.
 */
static chunk_t create_request(protocol_id_t protocol, bool rekey,
							  size_t fragment)
{
	static char ip[] = "10.1.0.0/16";
	notify_payload_t *notify;
	linked_list_t *list;
	proposal_t *proposal;
	message_t *message;
	ts_payload_t *ts;
	nonce_payload_t *nonce;

	message = start_message(CREATE_CHILD_SA, TRUE, SEND);
	if (rekey)
	{
		notify = notify_payload_create_from_protocol_and_type(PLV2_NOTIFY,
														protocol, REKEY_SA);
		notify->set_spi(notify, SPI_OLD);
		message->add_payload(message, (payload_t*)notify);
	}
	proposal = proposal_create(protocol, 1);
	proposal->add_algorithm(proposal, ENCRYPTION_ALGORITHM, ENCR_AES_GCM_ICV16,
							128);
	proposal->set_spi(proposal,
					  protocol == PROTO_IKE ? FAKE_SPI_I + 1 : SPI_NEW);
	message->add_payload(message,
					(payload_t*)sa_payload_create_from_proposal_v2(proposal));
	proposal->destroy(proposal);
	nonce = nonce_payload_create(PLV2_NONCE);
	nonce->set_nonce(nonce, chunk_from_chars(
					 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16));
	message->add_payload(message, (payload_t*)nonce);
	if (protocol != PROTO_IKE)
	{
		list = linked_list_create_with_items(
					traffic_selector_create_from_cidr(ip, 0, 0, 65535), NULL);
		ts = ts_payload_create_from_traffic_selectors(TRUE, list, NULL);
		message->add_payload(message, (payload_t*)ts);
		ts = ts_payload_create_from_traffic_selectors(FALSE, list, NULL);
		message->add_payload(message, (payload_t*)ts);
		list->destroy_offset(list, offsetof(traffic_selector_t, destroy));
	}
	return encode(message, fragment);
}

/**
 * Make a request to delete CHILD SAs, or the IKE SA.
 */
static chunk_t delete_request(protocol_id_t protocol)
{
	delete_payload_t *delete;
	message_t *message;

	message = start_message(INFORMATIONAL, TRUE, SEND);
	delete = delete_payload_create(PLV2_DELETE, protocol);
	if (protocol != PROTO_IKE)
	{
		delete->add_spi(delete, SPI_NEW);
		delete->add_spi(delete, SPI_OLD);
	}
	message->add_payload(message, (payload_t*)delete);
	return encode(message, 0);
}

START_TEST(test_read)
{
	ha_sync_request_t request;
	chunk_t packets, rest, first;
	uint32_t spi;
	size_t fragment = _i ? 150 : 0;

	packets = create_request(PROTO_ESP, FALSE, fragment);
	ck_assert(ha_sync_request_read(&sa.public, packets, &request));
	ck_assert_int_eq(request.kind, HA_REQUEST_CHILD_CREATE);
	ck_assert_int_eq(request.protocol, PROTO_ESP);
	ck_assert_uint_eq(request.spi, SPI_NEW);
	ck_assert_uint_eq(request.rekey_spi, 0);
	ha_sync_request_clear(&request);
	/* all fragments are needed */
	rest = packets;
	if (fragment)
	{
		ck_assert(ha_sync_packets_next(&rest, &first));
		ck_assert(!ha_sync_request_read(&sa.public, first, &request));
		ck_assert(!ha_sync_request_read(&sa.public, rest, &request));
	}
	chunk_free(&packets);

	packets = create_request(PROTO_ESP, TRUE, fragment);
	ck_assert(ha_sync_request_read(&sa.public, packets, &request));
	ck_assert_int_eq(request.kind, HA_REQUEST_CHILD_CREATE);
	ck_assert_uint_eq(request.rekey_spi, SPI_OLD);
	ha_sync_request_clear(&request);
	chunk_free(&packets);

	packets = create_request(PROTO_IKE, FALSE, 0);
	ck_assert(ha_sync_request_read(&sa.public, packets, &request));
	ck_assert_int_eq(request.kind, HA_REQUEST_IKE_REKEY);
	ha_sync_request_clear(&request);
	chunk_free(&packets);

	packets = delete_request(PROTO_ESP);
	ck_assert(ha_sync_request_read(&sa.public, packets, &request));
	ck_assert_int_eq(request.kind, HA_REQUEST_CHILD_DELETE);
	ck_assert_int_eq(array_count(request.deleted), 2);
	ck_assert(array_remove(request.deleted, ARRAY_HEAD, &spi));
	ck_assert_uint_eq(spi, SPI_NEW);
	ha_sync_request_clear(&request);
	/* of somebody with other keys */
	packets.ptr[packets.len - 1]++;
	ck_assert(!ha_sync_request_read(&sa.public, packets, &request));
	chunk_free(&packets);

	packets = delete_request(PROTO_IKE);
	ck_assert(ha_sync_request_read(&sa.public, packets, &request));
	ck_assert_int_eq(request.kind, HA_REQUEST_IKE_DELETE);
	ha_sync_request_clear(&request);
	chunk_free(&packets);

	packets = encode(start_message(INFORMATIONAL, TRUE, SEND), 0);
	ck_assert(ha_sync_request_read(&sa.public, packets, &request));
	ck_assert_int_eq(request.kind, HA_REQUEST_OTHER);
	ha_sync_request_clear(&request);
	chunk_free(&packets);
}
END_TEST

/**
 * Put the IKE SA, and its last messages, in the registry.
 */
static void put(chunk_t answer, chunk_t request, message_t *answered)
{
	ha_sync_exchange_t *exchange;
	ha_sync_ike_t *ike;

	INIT(ike,
		.spis = { FAKE_SPI_I, FAKE_SPI_R, FALSE },
		.group = strdup("default"),
		.peer_cfg = strdup("rw"),
		.dynamic = {
			.local = sa.me->clone(sa.me),
			.remote = sa.me->clone(sa.me),
		},
	);
	registry->put_ike(registry, ike);
	INIT(exchange,
		.spis = { FAKE_SPI_I, FAKE_SPI_R, FALSE },
		.mids = { SEND + 1, RECV, request.len > 0 },
		.response = answer,
		.request = request,
	);
	if (answered)
	{
		ck_assert(ha_sync_message_hash(answered->get_packet_data(answered),
									   exchange->hash));
	}
	ck_assert(registry->put_exchange(registry, exchange, FALSE));
}

/**
 * Make a request of the peer, encoded.
 */
static message_t *peer_request(uint32_t mid)
{
	message_t *message;
	packet_t *packet;

	message = start_message(INFORMATIONAL, TRUE, mid);
	ck_assert_int_eq(message->generate(message, &sa.keymat.public, &packet),
					 SUCCESS);
	packet->destroy(packet);
	return message;
}

/**
 * Get the number of packets sent.
 */
static int count_sent()
{
	int count;

	mutex->lock(mutex);
	count = array_count(sent);
	mutex->unlock(mutex);
	return count;
}

/**
 * Receive a message, check the number of packets sent for it.
 */
static void receive(message_t *message, bool plain, int expected)
{
	int before = count_sent(), i;

	ck_assert(response->listener.message(&response->listener, &sa.public,
										 message, TRUE, plain));
	/* what is sent is sent by a job, no more than expected */
	for (i = 0; i < PATIENCE && count_sent() - before < expected; i++)
	{
		usleep(1000);
	}
	usleep(JOBS);
	ck_assert_int_eq(count_sent() - before, expected);
}

START_TEST(test_response)
{
	message_t *request, *other;
	chunk_t packets, rest, first, data;
	packet_t *packet;
	int i;

	request = peer_request(RECV - 1);
	other = peer_request(RECV);
	/* the macro evaluates what it is given twice */
	first = encode(start_message(INFORMATIONAL, FALSE, RECV - 1), 0);
	rest = encode(start_message(INFORMATIONAL, FALSE, RECV - 1), 0);
	packets = chunk_cat("mm", first, rest);
	put(chunk_clone(packets), chunk_empty, request);

	/* the next request, the same after it was authenticated, a response */
	receive(other, FALSE, 0);
	receive(request, TRUE, 0);
	request->set_request(request, FALSE);
	receive(request, FALSE, 0);
	request->set_request(request, TRUE);
	/* with its message ID, but another one */
	other->set_message_id(other, RECV - 1);
	receive(other, FALSE, 0);
	ck_assert_uint_eq(response->get_count(response), 0);

	/* all packets, each time */
	receive(request, FALSE, 2);
	receive(request, FALSE, 2);
	ck_assert_uint_eq(response->get_count(response), 2);
	rest = packets;
	for (i = 0; i < 2; i++)
	{
		ck_assert(ha_sync_packets_next(&rest, &first));
		array_get(sent, i, &packet);
		data = packet->get_data(packet);
		ck_assert(chunk_equals(data, first));
	}
	/* not anymore once there was a newer one */
	sa.recv++;
	receive(request, FALSE, 0);
	chunk_free(&packets);
	request->destroy(request);
	other->destroy(other);
}
END_TEST

START_TEST(test_closed)
{
	ha_sync_spis_t spis = { FAKE_SPI_I, FAKE_SPI_R, FALSE };
	message_t *request;

	request = peer_request(RECV - 1);
	put(encode(start_message(INFORMATIONAL, FALSE, RECV - 1), 0), chunk_empty,
		request);
	response->closed(response, &spis);
	registry->remove_ike(registry, &spis);
	/* only by the IKE_SA that is there for it */
	receive(request, FALSE, 0);
	sa.state = IKE_DELETING;
	receive(request, FALSE, 1);
	request->destroy(request);
}
END_TEST

/**
 * Start what is in the registry.
 */
static bool start_resume()
{
	ha_sync_spis_t spis = { FAKE_SPI_I, FAKE_SPI_R, FALSE };
	ha_sync_exchange_t *exchange;
	status_t status = SUCCESS;
	bool started;

	exchange = registry->get_exchange(registry, &spis);
	ck_assert(exchange);
	ck_assert(ha_sync_resume_wanted(exchange));
	started = resume->start(resume, &sa.public, exchange, &status);
	ck_assert_int_eq(status, SUCCESS);
	ha_sync_exchange_destroy(exchange);
	return started;
}

/**
 * Have a packet sent, return what leaves in its place.
 */
static chunk_t substitute(chunk_t data)
{
	packet_t *packet;
	chunk_t left;

	packet = packet_create_from_data(sa.me->clone(sa.me),
									 sa.me->clone(sa.me),
									 chunk_clone(data));
	resume->substitute(resume, packet);
	left = chunk_clone(packet->get_data(packet));
	packet->destroy(packet);
	return left;
}

START_TEST(test_resume)
{
	size_t fragment = _i ? 150 : 0;
	chunk_t packets, rest, first, dummy, left;
	message_t *message;
	packet_t *packet;
	int count = 0;

	packets = create_request(PROTO_ESP, FALSE, fragment);
	put(chunk_empty, chunk_clone(packets), NULL);
	ck_assert(start_resume());
	ck_assert_uint_eq(sa.send, SEND);
	ck_assert_uint_eq(sa.initiated, 1);
	ck_assert(sa.task);

	/* what charon builds for it has the exchange type, but no content */
	message = start_message(INFORMATIONAL, TRUE, SEND);
	ck_assert_int_eq(sa.task->build(sa.task, message), NEED_MORE);
	ck_assert_int_eq(message->get_exchange_type(message), CREATE_CHILD_SA);
	dummy = encode(message, 0);
	rest = packets;
	ck_assert(ha_sync_packets_next(&rest, &first));
	left = substitute(dummy);
	ck_assert(chunk_equals(left, first));
	chunk_free(&left);
	/* the other fragments follow, and are not changed */
	while (ha_sync_packets_next(&rest, &first))
	{
		ck_assert(array_get(sent, count++, &packet));
		ck_assert(chunk_equals(packet->get_data(packet), first));
		left = substitute(first);
		ck_assert(chunk_equals(left, first));
		chunk_free(&left);
	}
	ck_assert_int_eq(array_count(sent), count);
	ck_assert(fragment ? count > 0 : count == 0);
	chunk_free(&dummy);

	/* other messages are not, nor any when the task is done */
	dummy = encode(start_message(INFORMATIONAL, TRUE, SEND + 1), 0);
	left = substitute(dummy);
	ck_assert(chunk_equals(left, dummy));
	chunk_free(&left);
	chunk_free(&dummy);
	dummy = encode(start_message(INFORMATIONAL, TRUE, SEND), 0);
	sa.task->destroy(sa.task);
	sa.task = NULL;
	left = substitute(dummy);
	ck_assert(chunk_equals(left, dummy));
	chunk_free(&left);
	chunk_free(&dummy);
	chunk_free(&packets);
}
END_TEST

/**
 * The message ID was set while the request was under way.
 */
START_TEST(test_obsolete)
{
	message_t *message;

	put(chunk_empty, delete_request(PROTO_ESP), NULL);
	ck_assert(start_resume());
	message = start_message(INFORMATIONAL, TRUE, SEND + 16);
	ck_assert_int_eq(sa.task->build(sa.task, message), SUCCESS);
	ck_assert_int_eq(message->get_exchange_type(message),
					 EXCHANGE_TYPE_UNDEFINED);
	message->destroy(message);
}
END_TEST

/**
 * A CHILD SA that the peer made, as its response says, is deleted there.
 */
START_TEST(test_close)
{
	delete_payload_t *delete;
	enumerator_t *enumerator;
	message_t *message;
	proposal_t *proposal;
	task_t *task;
	uint32_t spi;

	put(chunk_empty, create_request(PROTO_ESP, TRUE, 0), NULL);
	ck_assert(start_resume());
	task = sa.task;
	sa.task = NULL;
	/* refused: nothing follows */
	message = start_message(CREATE_CHILD_SA, FALSE, SEND);
	message->add_notify(message, FALSE, TEMPORARY_FAILURE, chunk_empty);
	ck_assert_int_eq(task->process(task, message), SUCCESS);
	ck_assert(!sa.task);
	message->destroy(message);

	message = start_message(CREATE_CHILD_SA, FALSE, SEND);
	proposal = proposal_create(PROTO_ESP, 1);
	proposal->set_spi(proposal, htonl(0xd0000001));
	message->add_payload(message,
					(payload_t*)sa_payload_create_from_proposal_v2(proposal));
	proposal->destroy(proposal);
	ck_assert_int_eq(task->process(task, message), SUCCESS);
	message->destroy(message);
	task->destroy(task);
	ck_assert(sa.task);
	/* a stock peer may not survive that it is rekeyed again before */
	ck_assert_int_eq(sa.task->get_type(sa.task), TASK_IKE_DELETE);

	message = start_message(INFORMATIONAL, TRUE, SEND + 1);
	ck_assert_int_eq(sa.task->build(sa.task, message), NEED_MORE);
	delete = (delete_payload_t*)message->get_payload(message, PLV2_DELETE);
	ck_assert(delete);
	ck_assert_int_eq(delete->get_protocol_id(delete), PROTO_ESP);
	enumerator = delete->create_spi_enumerator(delete);
	ck_assert(enumerator->enumerate(enumerator, &spi));
	ck_assert_uint_eq(spi, SPI_NEW);
	enumerator->destroy(enumerator);
	message->destroy(message);
}
END_TEST

/**
 * A rekeying of the IKE SA is not repeated, its message ID is used.
 */
START_TEST(test_ike_rekey)
{
	chunk_t dummy, left;

	put(chunk_empty, create_request(PROTO_IKE, FALSE, 0), NULL);
	memset(&told, 0, sizeof(told));
	ck_assert(start_resume());
	ck_assert_uint_eq(sa.send, SEND);
	ck_assert_uint_eq(told.send, SEND);
	ck_assert(!told.pending);
	ck_assert(sa.task);
	ck_assert_int_eq(sa.task->get_type(sa.task), TASK_IKE_DPD);
	dummy = encode(start_message(INFORMATIONAL, TRUE, SEND), 0);
	left = substitute(dummy);
	ck_assert(chunk_equals(left, dummy));
	chunk_free(&left);
	chunk_free(&dummy);
}
END_TEST

START_TEST(test_ike_delete)
{
	message_t *message;

	sa.state = IKE_REKEYED;
	put(chunk_empty, delete_request(PROTO_IKE), NULL);
	ck_assert(start_resume());
	/* the only type charon starts for a rekeyed IKE_SA */
	ck_assert_int_eq(sa.task->get_type(sa.task), TASK_IKE_DELETE);
	message = start_message(INFORMATIONAL, TRUE, SEND);
	ck_assert_int_eq(sa.task->build(sa.task, message), NEED_MORE);
	ck_assert_int_eq(sa.state, IKE_DELETING);
	message->destroy(message);
	message = start_message(INFORMATIONAL, FALSE, SEND);
	ck_assert_int_eq(sa.task->process(sa.task, message), DESTROY_ME);
	message->destroy(message);
}
END_TEST

/**
 * What the others are told, and when.
 */
START_TEST(test_exchanges)
{
	static const ha_sync_mids_t adopted = { SEND + 1, RECV, TRUE };
	chunk_t asked = chunk_from_str("asked");
	ha_sync_spis_t spis = { FAKE_SPI_I, FAKE_SPI_R, FALSE };
	uint8_t hash[HA_SYNC_HASH_LEN];
	ha_sync_exchanges_t *exchanges;
	ha_sync_exchange_t *exchange;

	exchanges = ha_sync_exchanges_create();
	ck_assert(!exchanges->take(exchanges, &spis));

	/* the peer's request is answered; if that is not known it's of no use */
	exchanges->message(exchanges, 0, FALSE, TRUE);
	exchanges->packets(exchanges, 0, FALSE, chunk_clone(chunk_from_str("a")));
	exchange = exchanges->take(exchanges, &spis);
	ck_assert_uint_eq(exchange->mids.recv, 1);
	ck_assert(!exchange->response.len);
	ha_sync_exchange_destroy(exchange);
	exchanges->asked(exchanges, chunk_clone(asked));
	exchanges->message(exchanges, 1, FALSE, TRUE);
	exchanges->packets(exchanges, 1, FALSE, chunk_clone(chunk_from_str("b")));
	/* the next one is not kept, the one before is not wanted anymore */
	exchanges->asked(exchanges, chunk_empty);
	exchanges->message(exchanges, 2, FALSE, TRUE);
	exchanges->packets(exchanges, 2, FALSE, chunk_empty);
	exchange = exchanges->take(exchanges, &spis);
	ck_assert_uint_eq(exchange->mids.recv, 3);
	ck_assert(!exchange->response.len);
	ha_sync_exchange_destroy(exchange);
	/* the hash is that of the request that is answered, not of a later one */
	exchanges->asked(exchanges, chunk_clone(chunk_from_str("fragment")));
	exchanges->asked(exchanges, chunk_clone(asked));
	exchanges->message(exchanges, 3, FALSE, TRUE);
	exchanges->packets(exchanges, 3, FALSE, chunk_clone(chunk_from_str("c")));
	exchanges->asked(exchanges, chunk_clone(chunk_from_str("next")));
	ck_assert(ha_sync_message_hash(asked, hash));
	exchange = exchanges->take(exchanges, &spis);
	ck_assert(chunk_equals(exchange->response, chunk_from_str("c")));
	ck_assert(memeq(exchange->hash, hash, sizeof(hash)));
	ha_sync_exchange_destroy(exchange);
	ck_assert(!exchanges->take(exchanges, &spis));

	/* a request, until it has its response */
	exchanges->message(exchanges, 0, TRUE, TRUE);
	exchanges->packets(exchanges, 0, TRUE, chunk_clone(chunk_from_str("d")));
	exchange = exchanges->take(exchanges, &spis);
	ck_assert(chunk_equals(exchange->request, chunk_from_str("d")));
	ck_assert(exchange->mids.pending);
	ha_sync_exchange_destroy(exchange);
	exchanges->message(exchanges, 1, TRUE, TRUE);
	exchanges->packets(exchanges, 1, TRUE, chunk_clone(chunk_from_str("e")));
	exchanges->message(exchanges, 1, FALSE, FALSE);
	exchange = exchanges->take(exchanges, &spis);
	ck_assert(!exchange->request.len);
	ck_assert(!exchange->mids.pending);
	ck_assert_uint_eq(exchange->mids.send, 2);
	ha_sync_exchange_destroy(exchange);

	/* one that stands for that of another member is not told */
	exchanges->set_mids(exchanges, &adopted);
	exchanges->message(exchanges, SEND, TRUE, TRUE);
	exchanges->packets(exchanges, SEND, TRUE,
					   chunk_clone(chunk_from_str("f")));
	ck_assert(!exchanges->take(exchanges, &spis));
	exchanges->destroy(exchanges);
}
END_TEST

static Suite *exchange_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_exchange");

	tc = tcase_create("request");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_read, 0, 2);
	tcase_add_test(tc, test_exchanges);
	suite_add_tcase(s, tc);

	tc = tcase_create("response");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_response);
	tcase_add_test(tc, test_closed);
	suite_add_tcase(s, tc);

	tc = tcase_create("resume");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_resume, 0, 2);
	tcase_add_test(tc, test_obsolete);
	tcase_add_test(tc, test_close);
	tcase_add_test(tc, test_ike_rekey);
	tcase_add_test(tc, test_ike_delete);
	suite_add_tcase(s, tc);

	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	sr = srunner_create(exchange_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
