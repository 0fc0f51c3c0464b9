/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>
#include <time.h>

#include <library.h>
#include <ipsec/ipsec_types.h>
#include <threading/thread.h>

#include "ha_sync_registry.h"

/** threads and rounds of the test of concurrent use */
#define THREADS 4
#define ROUNDS 2000

/**
 * The registry that is tested.
 */
static ha_sync_registry_t *registry;

/**
 * How far the clock was moved by a test, in s.
 */
static time_t ahead;

/**
 * Takes the place of libstrongswan's, so that tests need not wait.
 */
time_t time_monotonic(timeval_t *tv)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += ahead;
	if (tv)
	{
		tv->tv_sec = ts.tv_sec;
		tv->tv_usec = ts.tv_nsec / 1000;
	}
	return ts.tv_sec;
}

static void setup()
{
	ahead = 0;
	registry = ha_sync_registry_create();
}

static void teardown()
{
	registry->destroy(registry);
}

/**
 * Name of an IKE SA.
 */
static ha_sync_spis_t spis(uint64_t nr)
{
	return (ha_sync_spis_t){ nr, nr << 32, FALSE };
}

/**
 * Name of a CHILD SA.
 */
static ha_sync_child_id_t child_id(uint64_t nr, uint32_t spi)
{
	return (ha_sync_child_id_t){ spis(nr), spi };
}

/**
 * Make an IKE SA.
 */
static ha_sync_ike_t *make_ike(uint64_t nr, uint64_t old, char *group)
{
	ha_sync_round_t *round;
	ha_sync_ike_t *ike;

	INIT(round,
		.secret = chunk_clone(chunk_from_str("secret")),
	);
	INIT(ike,
		.spis = spis(nr),
		.old = spis(old),
		.group = strdup(group),
		.peer_cfg = strdup("rw"),
		.dynamic = {
			.local = host_create_from_string("192.168.0.1", 4500),
			.remote = host_create_from_string("192.168.0.100", 4500),
		},
		.mids = { 1, 2, FALSE },
		.age = 100,
		.rekey_in = 1000,
		.delete_in = 2000,
	);
	array_insert_create(&ike->rounds, ARRAY_TAIL, round);
	return ike;
}

/**
 * Make a CHILD SA.
 */
static ha_sync_child_t *make_child(uint64_t nr, uint32_t spi_in,
								   uint32_t spi_out)
{
	ha_sync_child_t *child;

	INIT(child,
		.id = child_id(nr, spi_in),
		.spi_out = spi_out,
		.name = strdup("net"),
		.protocol = PROTO_ESP,
		.mode = MODE_TUNNEL,
		.encr_i = chunk_clone(chunk_from_str("key")),
		.use = { .oseq = 10, .seq = 20 },
		.age = 10,
		.rekey_in = 500,
		.expire_in = 600,
	);
	return child;
}

/**
 * Put an IKE SA of the default group.
 */
static bool put_ike(uint64_t nr, uint64_t old)
{
	return registry->put_ike(registry, make_ike(nr, old, "default"));
}

/**
 * Put a CHILD SA.
 */
static bool put_child(uint64_t nr, uint32_t spi_in, uint32_t spi_out)
{
	return registry->put_child(registry, make_child(nr, spi_in, spi_out));
}

/**
 * Number of children of an IKE SA; checks that they have its name.
 */
static int count_children(uint64_t nr)
{
	ha_sync_spis_t name = spis(nr);
	ha_sync_child_t *child;
	array_t *children;
	int count;

	children = registry->get_children(registry, &name);
	count = array_count(children);
	while (array_remove(children, ARRAY_TAIL, &child))
	{
		ck_assert(ha_sync_spis_equals(&child->id.ike, &name));
		ha_sync_child_destroy(child);
	}
	array_destroy(children);
	return count;
}

static void assert_counts(char *group, int ikes, int children, int failed)
{
	ha_sync_counts_t counts = registry->count(registry, group);

	ck_assert_int_eq(counts.ikes, ikes);
	ck_assert_int_eq(counts.children, children);
	ck_assert_int_eq(counts.failed, failed);
}

/**
 * Compare and destroy a list of names of IKE SAs.
 */
static void assert_list(array_t *list, int count, ...)
{
	ha_sync_spis_t *name, expected;
	va_list args;

	ck_assert(list);
	ck_assert_int_eq(array_count(list), count);
	va_start(args, count);
	while (array_remove(list, ARRAY_HEAD, &name))
	{
		expected = spis(va_arg(args, int));
		ck_assert(ha_sync_spis_equals(name, &expected));
		free(name);
	}
	va_end(args);
	array_destroy(list);
}

START_TEST(test_put)
{
	ha_sync_spis_t name = spis(1), other = spis(1);
	ha_sync_ike_t *ike;

	ck_assert(!registry->get_ike(registry, &name));
	ck_assert(put_ike(1, 0));
	ike = registry->get_ike(registry, &name);
	ck_assert(ike);
	ck_assert_str_eq(ike->peer_cfg, "rw");
	ha_sync_ike_destroy(ike);

	/* the role is part of the name */
	other.initiator = TRUE;
	ck_assert(!registry->get_ike(registry, &other));

	/* a replacement keeps children and failure */
	ck_assert(put_child(1, 11, 12));
	registry->set_failure(registry, &name, "no config");
	ike = make_ike(1, 0, "other");
	ike->peer_cfg[0] = 'x';
	ck_assert(!registry->put_ike(registry, ike));
	ike = registry->get_ike(registry, &name);
	ck_assert_str_eq(ike->peer_cfg, "xw");
	ha_sync_ike_destroy(ike);
	assert_counts("default", 0, 0, 0);
	assert_counts("other", 1, 1, 1);
	assert_counts(NULL, 1, 1, 1);

	ck_assert(registry->remove_ike(registry, &name));
	ck_assert(!registry->remove_ike(registry, &name));
	assert_counts(NULL, 0, 0, 0);
	ck_assert(!put_child(1, 11, 12));
}
END_TEST

/**
 * Make a packet with a message ID, and some octet in it.
 */
static chunk_t make_packet(uint32_t mid, u_char octet)
{
	chunk_t packet = chunk_alloc(29);

	memset(packet.ptr, octet, packet.len);
	htoun32(packet.ptr + 20, mid);
	htoun32(packet.ptr + 24, packet.len);
	return packet;
}

/**
 * Put messages: 0 if there is none.
 */
static bool put_exchange(uint64_t nr, uint32_t response, uint32_t request,
						 bool own)
{
	ha_sync_exchange_t *exchange;

	INIT(exchange,
		.spis = spis(nr),
		.mids = { request + 1, response + 1, request != 0 },
	);
	if (response)
	{
		memset(exchange->hash, response, sizeof(exchange->hash));
		exchange->response = make_packet(response, 'r');
	}
	if (request)
	{
		exchange->request = make_packet(request, 'q');
	}
	return registry->put_exchange(registry, exchange, own);
}

/**
 * Look for a response, returns if it is there.
 */
static bool has_response(uint64_t nr, uint32_t mid, uint8_t hash)
{
	uint8_t full[HA_SYNC_HASH_LEN];
	ha_sync_spis_t name = spis(nr);
	chunk_t response;
	bool found;

	memset(full, hash, sizeof(full));
	response = registry->get_response(registry, &name, mid, full);
	found = response.len > 0;
	ck_assert(!found || response.ptr[28] == 'r');
	chunk_free(&response);
	return found;
}

START_TEST(test_exchange)
{
	ha_sync_spis_t name = spis(1);
	ha_sync_exchange_t *exchange;
	ha_sync_mids_t mids = { 4, 8, FALSE };

	ck_assert(!put_exchange(1, 7, 3, FALSE));
	put_ike(1, 0);
	ck_assert(!registry->get_exchange(registry, &name));
	ck_assert(!has_response(1, 7, 7));

	ck_assert(put_exchange(1, 7, 3, FALSE));
	ck_assert(has_response(1, 7, 7));
	ck_assert(!has_response(1, 7, 8));
	ck_assert(!has_response(1, 6, 7));
	ck_assert(!has_response(2, 7, 7));
	exchange = registry->get_exchange(registry, &name);
	ck_assert_uint_eq(exchange->mids.send, 4);
	ck_assert_uint_eq(exchange->mids.recv, 8);
	ck_assert(exchange->mids.pending);
	ck_assert(exchange->request.len && exchange->response.len);
	ha_sync_exchange_destroy(exchange);

	/* the request has its response, that of the peer stays */
	registry->put_mids(registry, &name, &mids);
	exchange = registry->get_exchange(registry, &name);
	ck_assert(!exchange->request.len && exchange->response.len);
	ha_sync_exchange_destroy(exchange);

	/* a resync tells the IKE SA again */
	put_ike(1, 0);
	ck_assert(has_response(1, 7, 7));

	/* what charon has itself is not sent by us */
	ck_assert(put_exchange(1, 8, 0, TRUE));
	ck_assert(!has_response(1, 7, 7));
	ck_assert(!has_response(1, 8, 8));
	exchange = registry->get_exchange(registry, &name);
	ck_assert_uint_eq(exchange->mids.recv, 9);
	ha_sync_exchange_destroy(exchange);

	registry->remove_ike(registry, &name);
	ck_assert(!registry->get_exchange(registry, &name));
}
END_TEST

START_TEST(test_dynamic)
{
	ha_sync_spis_t name = spis(1), unknown = spis(2);
	ha_sync_dynamic_t dynamic = {
		.local = host_create_from_string("192.168.0.1", 4500),
		.remote = host_create_from_string("10.0.0.1", 1024),
		.rekeyed = TRUE,
	};
	ha_sync_mids_t mids = { 7, 8, TRUE }, out;
	ha_sync_ike_t *ike;

	put_ike(1, 0);
	ck_assert(registry->put_dynamic(registry, &name, &dynamic));
	ck_assert(!dynamic.local && !dynamic.remote);
	ike = registry->get_ike(registry, &name);
	ck_assert_int_eq(ike->dynamic.remote->get_port(ike->dynamic.remote), 1024);
	ck_assert(ike->dynamic.rekeyed);
	ha_sync_ike_destroy(ike);

	dynamic.local = host_create_from_string("192.168.0.1", 4500);
	ck_assert(!registry->put_dynamic(registry, &unknown, &dynamic));
	ck_assert(!dynamic.local);

	ck_assert(registry->put_mids(registry, &name, &mids));
	ck_assert(registry->get_mids(registry, &name, &out));
	ck_assert(out.send == 7 && out.recv == 8 && out.pending);
	ck_assert(!registry->put_mids(registry, &unknown, &mids));
	ck_assert(!registry->get_mids(registry, &unknown, &out));
}
END_TEST

START_TEST(test_children)
{
	ha_sync_child_id_t id = child_id(1, 11), other = child_id(1, 99);
	ha_sync_child_t *child;

	put_ike(1, 0);
	ck_assert_int_eq(count_children(1), 0);
	ck_assert(put_child(1, 11, 12));
	ck_assert(put_child(1, 21, 22));
	ck_assert(put_child(1, 11, 12));
	ck_assert_int_eq(count_children(1), 2);
	assert_counts("default", 1, 2, 0);

	child = registry->get_child(registry, &id);
	ck_assert_uint_eq(child->spi_out, 12);
	ha_sync_child_destroy(child);
	ck_assert(!registry->get_child(registry, &other));

	ck_assert(!registry->remove_child(registry, &other));
	ck_assert(registry->remove_child(registry, &id));
	ck_assert(!registry->remove_child(registry, &id));
	ck_assert_int_eq(count_children(1), 1);
}
END_TEST

START_TEST(test_use)
{
	ha_sync_child_id_t id = child_id(1, 11), other = child_id(2, 11);
	ha_sync_use_t use = { 100, 5, 1000, 10, 2000, 20 };
	ha_sync_child_t *child;

	put_ike(1, 0);
	put_child(1, 11, 12);
	ck_assert(!registry->put_use(registry, &other, &use));
	ck_assert(registry->put_use(registry, &id, &use));
	child = registry->get_child(registry, &id);
	ck_assert(child->use.oseq == 100);
	/* stays where it was */
	ck_assert(child->use.seq == 20);
	ck_assert(child->use.bytes_out == 2000 && child->use.packets_in == 10);
	ha_sync_child_destroy(child);

	/* nor does a new record take it back */
	put_child(1, 11, 12);
	child = registry->get_child(registry, &id);
	ck_assert(child->use.oseq == 100 && child->use.seq == 20);
	ha_sync_child_destroy(child);
}
END_TEST

/**
 * A number that was given to the kernel is known as long as its SA.
 */
START_TEST(test_given)
{
	ha_sync_child_id_t id = child_id(1, 11), moved = child_id(2, 11);
	ha_sync_spis_t name = spis(2);

	/* not known: whoever asks gives it */
	ck_assert(registry->give(registry, &id, 1, 100));
	ck_assert_uint_eq(registry->get_given(registry, &id), 0);
	put_ike(1, 0);
	ck_assert(put_child(1, 11, 12));
	ck_assert_uint_eq(registry->get_given(registry, &id), 0);
	ck_assert(registry->give(registry, &id, 50, 100));
	ck_assert(!registry->give(registry, &id, 100, 200));
	ck_assert_uint_eq(registry->get_given(registry, &id), 100);
	ck_assert(registry->give(registry, &id, UINT64_MAX, 90));
	ck_assert_uint_eq(registry->get_given(registry, &id), 90);
	/* another record of it, and a rekeyed IKE SA, change nothing */
	ck_assert(put_child(1, 11, 12));
	put_ike(2, 1);
	ck_assert_uint_eq(registry->get_given(registry, &moved), 90);
	ck_assert_uint_eq(registry->get_given(registry, &id), 0);
	/* gone with the CHILD SA, or its IKE SA */
	ck_assert(registry->remove_child(registry, &moved));
	ck_assert(put_child(2, 11, 12));
	ck_assert(registry->give(registry, &moved, 1, 80));
	ck_assert(registry->remove_ike(registry, &name));
	put_ike(2, 0);
	ck_assert(put_child(2, 11, 12));
	ck_assert_uint_eq(registry->get_given(registry, &moved), 0);
}
END_TEST

START_TEST(test_find)
{
	ha_sync_child_id_t id, expected = child_id(1, 11);

	put_ike(1, 0);
	put_ike(2, 0);
	put_child(1, 11, 12);
	ck_assert(registry->find_child(registry, 11, TRUE, &id));
	ck_assert(ha_sync_spis_equals(&id.ike, &expected.ike));
	ck_assert_uint_eq(id.spi_in, 11);
	ck_assert(registry->find_child(registry, 12, FALSE, &id));
	ck_assert_uint_eq(id.spi_in, 11);
	ck_assert(!registry->find_child(registry, 12, TRUE, &id));
	ck_assert(!registry->find_child(registry, 11, FALSE, &id));

	/* two peers chose the same: the first one stays, the other is found when
	 * it is gone */
	put_child(2, 21, 12);
	ck_assert(registry->find_child(registry, 12, FALSE, &id));
	ck_assert_uint_eq(id.spi_in, 11);
	ck_assert(registry->remove_child(registry, &id));
	ck_assert(registry->find_child(registry, 12, FALSE, &id));
	ck_assert_uint_eq(id.spi_in, 21);

	/* the outbound SPI may come later, or change */
	put_child(2, 21, 13);
	ck_assert(!registry->find_child(registry, 12, FALSE, &id));
	ck_assert(registry->find_child(registry, 13, FALSE, &id));
	expected = child_id(2, 21);
	ck_assert(registry->remove_ike(registry, &expected.ike));
	ck_assert(!registry->find_child(registry, 13, FALSE, &id));
	ck_assert(!registry->find_child(registry, 21, TRUE, &id));
}
END_TEST

START_TEST(test_rekey)
{
	ha_sync_child_id_t id, old = child_id(1, 11), new = child_id(2, 11);
	ha_sync_use_t use = { .oseq = 50 };
	ha_sync_child_t *child;

	put_ike(1, 0);
	put_child(1, 11, 12);
	put_child(1, 21, 22);
	registry->put_use(registry, &old, &use);

	ck_assert(put_ike(2, 1));
	ck_assert_int_eq(count_children(1), 0);
	ck_assert_int_eq(count_children(2), 2);
	ck_assert(!registry->get_child(registry, &old));
	child = registry->get_child(registry, &new);
	ck_assert(child && child->use.oseq == 50);
	ha_sync_child_destroy(child);
	ck_assert(registry->find_child(registry, 12, FALSE, &id));
	ck_assert(ha_sync_spis_equals(&id.ike, &new.ike));
	ck_assert(registry->put_use(registry, &new, &use));

	/* the delete of the old one takes nothing along */
	ck_assert(registry->remove_ike(registry, &old.ike));
	ck_assert_int_eq(count_children(2), 2);
	ck_assert(registry->find_child(registry, 21, TRUE, &id));

	/* and the new one may come again */
	ck_assert(!put_ike(2, 1));
	ck_assert_int_eq(count_children(2), 2);
}
END_TEST

START_TEST(test_rekey_conflict)
{
	ha_sync_child_id_t id = child_id(2, 11);
	ha_sync_child_t *child;

	/* a record of the child with the new name was first */
	put_ike(2, 0);
	put_child(2, 11, 99);
	put_ike(1, 0);
	put_child(1, 11, 12);
	ck_assert(!put_ike(2, 1));
	ck_assert_int_eq(count_children(1), 0);
	ck_assert_int_eq(count_children(2), 1);
	child = registry->get_child(registry, &id);
	ck_assert_uint_eq(child->spi_out, 99);
	ha_sync_child_destroy(child);
	ck_assert(!registry->find_child(registry, 12, FALSE, &id));
}
END_TEST

START_TEST(test_list)
{
	assert_list(registry->list(registry, NULL), 0);
	/* 4 replaced 3, 3 replaced 2; 1 is of another group */
	put_ike(4, 3);
	registry->put_ike(registry, make_ike(1, 0, "other"));
	put_ike(3, 2);
	put_ike(2, 0);
	assert_list(registry->list(registry, "default"), 3, 2, 3, 4);
	assert_list(registry->list(registry, "other"), 1, 1);
	assert_list(registry->list(registry, "none"), 0);
	assert_list(registry->list(registry, NULL), 4, 2, 3, 4, 1);
	/* again, and with a loop */
	put_ike(2, 4);
	put_ike(5, 5);
	ck_assert_int_eq(registry->count(registry, NULL).ikes, 5);
	assert_list(registry->list(registry, "default"), 4, 2, 3, 4, 5);
}
END_TEST

START_TEST(test_failures)
{
	ha_sync_spis_t name = spis(1), second = spis(2), unknown = spis(3), *found;
	enumerator_t *enumerator;
	char *peer_cfg, *reason;

	put_ike(1, 0);
	put_ike(2, 0);
	ck_assert(!registry->set_failure(registry, &unknown, "unknown"));
	/* what is the same again is not told */
	ck_assert(registry->set_failure(registry, &name, "no config"));
	ck_assert(!registry->set_failure(registry, &name, "no config"));
	ck_assert(registry->set_failure(registry, &name, "no key"));
	ck_assert(!registry->set_failure(registry, &second, NULL));
	ck_assert(registry->set_failure(registry, &second, "no kernel"));
	ck_assert(registry->set_failure(registry, &second, NULL));
	assert_counts("default", 2, 0, 1);

	enumerator = registry->create_failure_enumerator(registry);
	/* a copy: what is removed now is still there */
	registry->remove_ike(registry, &name);
	ck_assert(enumerator->enumerate(enumerator, &found, &peer_cfg, &reason));
	ck_assert(ha_sync_spis_equals(found, &name));
	ck_assert_str_eq(peer_cfg, "rw");
	ck_assert_str_eq(reason, "no key");
	ck_assert(!enumerator->enumerate(enumerator, &found, &peer_cfg, &reason));
	enumerator->destroy(enumerator);
	assert_counts("default", 1, 0, 0);

	/* not all of them enumerated */
	registry->set_failure(registry, &second, "again");
	enumerator = registry->create_failure_enumerator(registry);
	enumerator->destroy(enumerator);
}
END_TEST

/**
 * End a sweep, compare what is unseen: the only IKE SA, the only CHILD SA, 0
 * for none.
 */
static void assert_unseen(char *group, int ike, uint32_t child)
{
	ha_sync_child_id_t *id;
	array_t *ikes, *children;

	registry->unseen(registry, group, &ikes, &children);
	ck_assert(children);
	assert_list(ikes, ike ? 1 : 0, ike);
	ck_assert_int_eq(array_count(children), child ? 1 : 0);
	while (array_remove(children, ARRAY_TAIL, &id))
	{
		ck_assert_uint_eq(id->spi_in, child);
		free(id);
	}
	array_destroy(children);
}

START_TEST(test_sweep)
{
	put_ike(1, 0);
	put_child(1, 11, 12);
	put_child(1, 21, 22);
	put_ike(2, 0);
	put_child(2, 31, 32);
	registry->put_ike(registry, make_ike(3, 0, "other"));
	put_child(3, 41, 42);
	assert_unseen("default", 0, 0);

	registry->mark(registry, "default");
	/* children of an IKE SA that is gone are not listed */
	put_ike(1, 0);
	put_child(1, 11, 12);
	assert_unseen("default", 2, 21);
	assert_unseen("other", 0, 0);

	put_ike(2, 0);
	put_child(1, 21, 22);
	assert_unseen("default", 0, 31);

	/* a new one meanwhile is seen */
	registry->mark(registry, "other");
	registry->put_ike(registry, make_ike(4, 0, "other"));
	put_child(4, 51, 52);
	assert_unseen("other", 3, 0);
}
END_TEST

START_TEST(test_times)
{
	ha_sync_child_id_t id = child_id(1, 11);
	ha_sync_child_t *child;
	ha_sync_ike_t *ike;

	put_ike(1, 0);
	put_child(1, 11, 12);
	ahead = 550;
	ike = registry->get_ike(registry, &id.ike);
	/* a second may pass while the test runs */
	ck_assert_uint_ge(ike->age, 650);
	ck_assert_uint_le(ike->age, 652);
	ck_assert_uint_le(ike->rekey_in, 450);
	ck_assert_uint_ge(ike->rekey_in, 448);
	ck_assert_uint_eq(ike->reauth_in, 0);
	ck_assert_uint_le(ike->delete_in, 1450);
	ck_assert_uint_ge(ike->delete_in, 1448);
	/* what is handed out can be put again and still is right */
	registry->put_ike(registry, ike);

	child = registry->get_child(registry, &id);
	ck_assert_uint_ge(child->age, 560);
	ck_assert_uint_le(child->age, 562);
	/* overdue, not unscheduled */
	ck_assert_uint_eq(child->rekey_in, 1);
	ck_assert_uint_le(child->expire_in, 50);
	ck_assert_uint_ge(child->expire_in, 48);
	ha_sync_child_destroy(child);

	ahead = 650;
	ike = registry->get_ike(registry, &id.ike);
	ck_assert_uint_ge(ike->age, 750);
	ck_assert_uint_le(ike->age, 752);
	ck_assert_uint_le(ike->rekey_in, 350);
	ck_assert_uint_ge(ike->rekey_in, 348);
	ha_sync_ike_destroy(ike);
}
END_TEST

/**
 * Use the registry while others do.
 */
static void *use_registry(void *arg)
{
	uint64_t nr = (uintptr_t)arg;
	ha_sync_spis_t name = spis(nr);
	ha_sync_child_id_t id;
	enumerator_t *enumerator;
	ha_sync_spis_t *listed;
	array_t *list;
	int i;

	for (i = 0; i < ROUNDS; i++)
	{
		put_ike(nr, nr - 1);
		put_child(nr, nr * 10, 5);
		put_child(nr, nr * 10 + 1, 5);
		count_children(nr);
		registry->find_child(registry, 5, FALSE, &id);
		registry->set_failure(registry, &name, "failed");
		enumerator = registry->create_failure_enumerator(registry);
		enumerator->destroy(enumerator);
		list = registry->list(registry, NULL);
		while (array_remove(list, ARRAY_TAIL, &listed))
		{
			free(listed);
		}
		array_destroy(list);
		registry->remove_ike(registry, &name);
	}
	return NULL;
}

START_TEST(test_threads)
{
	thread_t *threads[THREADS];
	uintptr_t i;

	for (i = 0; i < THREADS; i++)
	{
		threads[i] = thread_create(use_registry, (void*)(i + 1));
		ck_assert(threads[i]);
	}
	for (i = 0; i < THREADS; i++)
	{
		threads[i]->join(threads[i]);
	}
	assert_counts(NULL, 0, 0, 0);
}
END_TEST

static Suite *registry_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_registry");
	tc = tcase_create("registry");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_put);
	tcase_add_test(tc, test_exchange);
	tcase_add_test(tc, test_dynamic);
	tcase_add_test(tc, test_children);
	tcase_add_test(tc, test_use);
	tcase_add_test(tc, test_given);
	tcase_add_test(tc, test_find);
	tcase_add_test(tc, test_rekey);
	tcase_add_test(tc, test_rekey_conflict);
	tcase_add_test(tc, test_list);
	tcase_add_test(tc, test_failures);
	tcase_add_test(tc, test_sweep);
	tcase_add_test(tc, test_times);
	tcase_add_test(tc, test_threads);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_registry"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(registry_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
