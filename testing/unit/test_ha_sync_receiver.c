/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <daemon.h>

#include "ha_sync_receiver.h"

/** inbound SPI that is used twice */
#define SPI 0xc0001234

/**
 * What is tested, and what it puts records into.
 */
static ha_sync_receiver_t *receiver;
static ha_sync_registry_t *registry;

/**
 * CHILD SAs to be rekeyed, and copies made.
 */
static ha_sync_child_id_t rekeyed[4];
static int rekeys, copies;

METHOD(ha_sync_rekey_t, add, void,
	ha_sync_rekey_t *this, const ha_sync_child_id_t *id, bool urgent)
{
	ck_assert(!urgent);
	ck_assert_int_lt(rekeys, countof(rekeyed));
	rekeyed[rekeys++] = *id;
}

/**
 * Each member owns the group with its name.
 */
METHOD(ha_sync_ownership_t, accepts, bool,
	ha_sync_ownership_t *this, char *member, char *group)
{
	return streq(member, group);
}

METHOD(ha_sync_replica_t, child, void,
	ha_sync_replica_t *this, const ha_sync_child_id_t *id)
{
	copies++;
}

/**
 * Implements bus_t.log, where libcharon logs.
 */
static void fake_log(bus_t *this, debug_t group, level_t level, char *fmt, ...)
{
}

/**
 * charon, and objects with the functions above.
 */
static bus_t bus = { .log = fake_log };
static daemon_t fake_charon = { .bus = &bus };
static ha_sync_rekey_t rekey;
static ha_sync_ownership_t ownership;
static ha_sync_replica_t replica;

/**
 * Put an IKE SA of a group into the registry.
 */
static void put_ike(uint64_t nr, char *group)
{
	ha_sync_ike_t *ike;

	INIT(ike,
		.spis = { nr, nr, FALSE },
		.group = strdup(group),
		.peer_cfg = strdup("rw"),
		.dynamic = {
			.local = host_create_from_string("192.168.0.5", 4500),
			.remote = host_create_from_string("192.168.0.100", 4500),
		},
	);
	ck_assert(registry->put_ike(registry, ike));
}

/**
 * Name of the CHILD SA of an IKE SA.
 */
static ha_sync_child_id_t child_id(uint64_t nr)
{
	return (ha_sync_child_id_t){ { nr, nr, FALSE }, htonl(SPI) };
}

/**
 * Receive a CHILD SA of an IKE SA from a member.
 */
static void receive(char *member, uint64_t nr, uint32_t spi_out)
{
	ha_sync_child_t *child;
	chunk_t body;

	INIT(child,
		.id = child_id(nr),
		.spi_out = spi_out,
		.name = strdup("net"),
		.protocol = PROTO_ESP,
		.mode = MODE_TUNNEL,
		.proposal = proposal_create_from_string(PROTO_ESP, "aes128gcm16"),
		.encr_i = chunk_clone(chunk_from_str("01234567890123456789")),
		.encr_r = chunk_clone(chunk_from_str("98765432109876543210")),
	);
	array_insert_create(&child->local_ts, ARRAY_TAIL,
						traffic_selector_create_dynamic(0, 0, 65535));
	array_insert_create(&child->remote_ts, ARRAY_TAIL,
						traffic_selector_create_dynamic(0, 0, 65535));
	body = ha_sync_child_encode(child);
	ck_assert(body.len);
	receiver->subscriber.receive(&receiver->subscriber, member, HA_SYNC_CHILD,
								 body);
	chunk_clear(&body);
	ha_sync_child_destroy(child);
}

/**
 * Check the outbound SPI of the CHILD SA of an IKE SA.
 */
static void assert_child(uint64_t nr, uint32_t spi_out)
{
	ha_sync_child_id_t id = child_id(nr);
	ha_sync_child_t *child;

	child = registry->get_child(registry, &id);
	ck_assert(child);
	ck_assert_uint_eq(child->spi_out, spi_out);
	ha_sync_child_destroy(child);
}

static void setup()
{
	rekey.add = _add;
	ownership.accepts = _accepts;
	replica.child = _child;
	charon = &fake_charon;
	registry = ha_sync_registry_create();
	receiver = ha_sync_receiver_create(registry, &ownership, &replica, NULL,
									   NULL, NULL, NULL, &rekey);
	put_ike(1, "moon");
	put_ike(2, "sun");
	put_ike(3, "moon");
}

static void teardown()
{
	receiver->destroy(receiver);
	registry->destroy(registry);
	charon = NULL;
}

/**
 * P1: CHILD SAs of two groups have the same inbound SPI.
 */
START_TEST(test_collision)
{
	receive("moon", 1, 11);
	/* the same again is no other one */
	receive("moon", 1, 11);
	ck_assert_int_eq(rekeys, 0);
	receive("sun", 2, 12);
	/* both are there, and rekeyed by who is active */
	assert_child(1, 11);
	assert_child(2, 12);
	ck_assert_int_eq(copies, 3);
	ck_assert_int_eq(rekeys, 2);
	ck_assert_uint_eq(rekeyed[0].ike.i, 1);
	ck_assert_uint_eq(rekeyed[1].ike.i, 2);
	ck_assert_uint_eq(rekeyed[0].spi_in, htonl(SPI));
	ck_assert_uint_eq(rekeyed[1].spi_in, htonl(SPI));
}
END_TEST

/**
 * When an IKE SA is rekeyed its CHILD SAs may be seen with both for a moment.
 */
START_TEST(test_same_group)
{
	receive("moon", 1, 11);
	receive("moon", 3, 11);
	ck_assert_int_eq(rekeys, 0);
	ck_assert_int_eq(copies, 2);
}
END_TEST

/**
 * P1, M1: nobody but the owner of the group replaces what is known.
 */
START_TEST(test_not_owner)
{
	uint64_t received, refused;

	receive("moon", 1, 11);
	receive("sun", 1, 12);
	assert_child(1, 11);
	receiver->get_counts(receiver, &received, &refused);
	ck_assert_uint_eq(received, 2);
	ck_assert_uint_eq(refused, 1);
	ck_assert_int_eq(copies, 1);
	ck_assert_int_eq(rekeys, 0);
}
END_TEST

static Suite *receiver_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_receiver");
	tc = tcase_create("CHILD SA");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_collision);
	tcase_add_test(tc, test_same_group);
	tcase_add_test(tc, test_not_owner);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_receiver"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(receiver_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
