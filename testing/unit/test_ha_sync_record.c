/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>
#include <ipsec/ipsec_types.h>
#include <credentials/auth_cfg.h>
#include <sync_channel.h>
#include <sync_tlv.h>

#include "ha_sync_packets.h"
#include "ha_sync_record_fields.h"

/** rounds of random mutations for each message */
#define MUTATIONS 20000

/** goal for an IKE and a CHILD SA's record together, in octets */
#define SIZE_GOAL 700

/** an attribute type no release uses */
#define UNKNOWN_ATTR 250

/**
 * Make a secret of some octets.
 */
static chunk_t make_chunk(size_t len, u_char fill)
{
	chunk_t chunk = chunk_alloc(len);

	memset(chunk.ptr, fill, len);
	return chunk;
}

/**
 * Add a key derivation.
 */
static ha_sync_round_t *add_round(ha_sync_ike_t *ike, size_t secret)
{
	ha_sync_round_t *round;

	INIT(round,
		.prf = PRF_UNDEFINED,
		.secret = make_chunk(secret, 0x11),
		.nonce_i = make_chunk(32, 0x22),
		.nonce_r = make_chunk(32, 0x33),
	);
	array_insert_create(&ike->rounds, ARRAY_TAIL, round);
	return round;
}

/**
 * Add an authentication round.
 */
static ha_sync_auth_t *add_auth(ha_sync_ike_t *ike, bool local,
								auth_class_t class, identification_t *id)
{
	ha_sync_auth_t *auth;

	INIT(auth,
		.local = local,
		.auth_class = class,
		.id = id ? id->clone(id) : NULL,
	);
	array_insert_create(&ike->auths, ARRAY_TAIL, auth);
	return auth;
}

/**
 * Add an address to a list.
 */
static void add_host(array_t **list, char *address, uint16_t port)
{
	array_insert_create(list, ARRAY_TAIL,
						host_create_from_string(address, port));
}

/**
 * Add a traffic selector to a list.
 */
static void add_ts(array_t **list, char *cidr, uint8_t protocol, uint16_t from,
				   uint16_t to)
{
	array_insert_create(list, ARRAY_TAIL,
				traffic_selector_create_from_cidr(cidr, protocol, from, to));
}

/**
 * An IKE SA as a roadwarrior's usually is.
 */
static ha_sync_ike_t *make_typical_ike()
{
	ha_sync_ike_t *ike;

	INIT(ike,
		.spis = { 0x1122334455667788, 0x99aabbccddeeff01, FALSE },
		.group = strdup("default"),
		.peer_cfg = strdup("roadwarriors"),
		.proposal = proposal_create_from_string(PROTO_IKE,
									"aes256-sha256-prfsha256-curve25519"),
		.local_id = identification_create_from_string(
									"gateway.strongswan.org"),
		.remote_id = identification_create_from_string(
									"carol.smith@strongswan.org"),
		.dynamic = {
			.local = host_create_from_string("192.168.0.1", 4500),
			.remote = host_create_from_string("192.168.0.100", 4500),
			.extensions = 0x1821,
			.conditions = 0x0102,
		},
		.mids = { 0, 2, FALSE },
		.rekey_in = 13000,
		.delete_in = 14400,
	);
	add_round(ike, 32);
	add_auth(ike, TRUE, AUTH_CLASS_PUBKEY, ike->local_id);
	add_auth(ike, FALSE, AUTH_CLASS_PUBKEY, ike->remote_id);
	add_host(&ike->dynamic.remote_vips, "10.3.0.1", 0);
	return ike;
}

/**
 * An IKE SA with every member set.
 */
static ha_sync_ike_t *make_full_ike()
{
	ha_sync_round_t *round;
	ha_sync_auth_t *auth;
	ha_sync_ike_t *ike;
	int i;

	ike = make_typical_ike();
	ike->spis.initiator = TRUE;
	ike->old = (ha_sync_spis_t){ 0xa1, 0xb2, TRUE };
	DESTROY_IF(ike->proposal);
	ike->proposal = proposal_create(PROTO_IKE, 3);
	ike->proposal->set_spi(ike->proposal, 0x0102030405060708);
	ike->proposal->add_algorithm(ike->proposal, ENCRYPTION_ALGORITHM,
								 ENCR_AES_GCM_ICV16, 256);
	ike->proposal->add_algorithm(ike->proposal, PSEUDO_RANDOM_FUNCTION,
								 PRF_HMAC_SHA2_512, 0);
	ike->proposal->add_algorithm(ike->proposal, KEY_EXCHANGE_METHOD,
								 CURVE_25519, 0);
	for (i = ADDITIONAL_KEY_EXCHANGE_1; i <= ADDITIONAL_KEY_EXCHANGE_7; i++)
	{
		ike->proposal->add_algorithm(ike->proposal, i, 35 + i, 0);
	}
	ike->ppk_id = identification_create_from_encoding(ID_KEY_ID,
									chunk_from_chars(0x00, 0xff, 0x10));
	array_get(ike->rounds, ARRAY_HEAD, &round);
	round->prf = PRF_HMAC_SHA2_512;
	round->sk_d = make_chunk(64, 0x44);
	round->additional = make_chunk(96, 0x55);
	round = add_round(ike, 1024);
	chunk_clear(&round->nonce_i);
	chunk_clear(&round->nonce_r);
	auth = add_auth(ike, FALSE, AUTH_CLASS_EAP, NULL);
	auth->eap_type = 26;
	auth->eap_vendor = 0xfffffe;
	auth->id = identification_create_from_string("C=CH, O=x, CN=carol");
	auth->eap_id = identification_create_from_string("carol");
	array_insert_create(&auth->groups, ARRAY_TAIL,
						identification_create_from_string("sales"));
	array_insert_create(&auth->groups, ARRAY_TAIL,
						identification_create_from_string("research"));
	DESTROY_IF(ike->dynamic.remote);
	ike->dynamic.remote = host_create_from_string("fec0::10", 500);
	add_host(&ike->dynamic.peer_addrs, "10.1.0.10", 0);
	add_host(&ike->dynamic.peer_addrs, "fec1::10", 4500);
	add_host(&ike->dynamic.local_vips, "10.4.0.1", 0);
	add_host(&ike->dynamic.remote_vips, "fec3::1", 0);
	ike->dynamic.rekeyed = TRUE;
	ike->dynamic.caps = 7;
	ike->mids = (ha_sync_mids_t){ 0xffffffff, 0x12345, TRUE };
	ike->age = 86400;
	ike->reauth_in = 1;
	return ike;
}

/**
 * A CHILD SA as a roadwarrior's usually is.
 */
static ha_sync_child_t *make_typical_child()
{
	ha_sync_child_t *child;

	INIT(child,
		.id = {
			.ike = { 0x1122334455667788, 0x99aabbccddeeff01, FALSE },
			.spi_in = 0xc1234567,
		},
		.spi_out = 0xc89abcde,
		.name = strdup("net"),
		.protocol = PROTO_ESP,
		.mode = MODE_TUNNEL,
		.encap = TRUE,
		.reqid = 17,
		.proposal = proposal_create_from_string(PROTO_ESP, "aes256-sha256"),
		.encr_i = make_chunk(32, 1),
		.encr_r = make_chunk(32, 2),
		.integ_i = make_chunk(32, 3),
		.integ_r = make_chunk(32, 4),
		.rekey_in = 3300,
		.expire_in = 3960,
	);
	add_ts(&child->local_ts, "10.1.0.0/16", 0, 0, 65535);
	add_ts(&child->remote_ts, "10.3.0.1/32", 0, 0, 65535);
	return child;
}

/**
 * A CHILD SA with every member set.
 */
static ha_sync_child_t *make_full_child()
{
	ha_sync_child_t *child;

	child = make_typical_child();
	child->cpi_in = 0x1234;
	child->cpi_out = 0x0001;
	child->mode = MODE_BEET;
	child->ipcomp = IPCOMP_DEFLATE;
	child->initiator = TRUE;
	child->outbound_pending = TRUE;
	child->rekeyed = TRUE;
	child->mark_in = 1;
	child->mask_in = 0xffffffff;
	child->mark_out = 2;
	child->mask_out = 0xff;
	child->if_id_in = 42;
	child->if_id_out = 0x80000000;
	child->label = strdup("system_u:object_r:ipsec_spd_t:s0");
	child->rekey_spi = 0xcafe;
	DESTROY_IF(child->proposal);
	child->proposal = proposal_create_from_string(PROTO_ESP,
						"aes256-sha512-modp3072-ke1_ecp384-esn");
	add_ts(&child->local_ts, "fec1::/16", IPPROTO_TCP, 443, 443);
	add_ts(&child->remote_ts, "10.1.0.10/32", IPPROTO_ICMP, 8, 8);
	add_ts(&child->remote_ts, "fec0::1/128", IPPROTO_UDP, 0xffff, 0);
	child->close_action = 1;
	child->dpd_action = 3;
	child->use = (ha_sync_use_t){ 0x1ffffffff, 0xffffffffffffffff, 1, 0x100,
								  0x123456789a, 255 };
	child->age = 12;
	return child;
}

static void assert_chunks(chunk_t a, chunk_t b)
{
	/* chunk_equals() takes empty chunks for different */
	ck_assert_uint_eq(a.len, b.len);
	ck_assert(!a.len || chunk_equals(a, b));
}

static void assert_ids(identification_t *a, identification_t *b)
{
	ck_assert_int_eq(a != NULL, b != NULL);
	if (a)
	{
		ck_assert_int_eq(a->get_type(a), b->get_type(b));
		assert_chunks(a->get_encoding(a), b->get_encoding(b));
	}
}

static void assert_host_lists(array_t *a, array_t *b)
{
	host_t *x, *y;
	int i;

	ck_assert_int_eq(array_count(a), array_count(b));
	for (i = 0; array_get(a, i, &x) && array_get(b, i, &y); i++)
	{
		ck_assert(x->equals(x, y));
	}
}

static void assert_ts_lists(array_t *a, array_t *b)
{
	traffic_selector_t *x, *y;
	int i;

	ck_assert_int_eq(array_count(a), array_count(b));
	for (i = 0; array_get(a, i, &x) && array_get(b, i, &y); i++)
	{
		ck_assert(x->equals(x, y));
	}
}

static void assert_proposals(proposal_t *a, proposal_t *b)
{
	ck_assert(a->equals(a, b));
	ck_assert_int_eq(a->get_number(a), b->get_number(b));
	ck_assert(a->get_spi(a) == b->get_spi(b));
}

static void assert_rounds(ha_sync_round_t *a, ha_sync_round_t *b)
{
	ck_assert_int_eq(a->prf, b->prf);
	assert_chunks(a->sk_d, b->sk_d);
	assert_chunks(a->secret, b->secret);
	assert_chunks(a->additional, b->additional);
	assert_chunks(a->nonce_i, b->nonce_i);
	assert_chunks(a->nonce_r, b->nonce_r);
}

static void assert_auths(ha_sync_auth_t *a, ha_sync_auth_t *b)
{
	identification_t *x, *y;
	int i;

	ck_assert_int_eq(a->local, b->local);
	ck_assert_int_eq(a->auth_class, b->auth_class);
	ck_assert_uint_eq(a->eap_type, b->eap_type);
	ck_assert_uint_eq(a->eap_vendor, b->eap_vendor);
	assert_ids(a->id, b->id);
	assert_ids(a->eap_id, b->eap_id);
	ck_assert_int_eq(array_count(a->groups), array_count(b->groups));
	for (i = 0; array_get(a->groups, i, &x) && array_get(b->groups, i, &y);
		 i++)
	{
		assert_ids(x, y);
	}
}

static void assert_mids(const ha_sync_mids_t *a, const ha_sync_mids_t *b)
{
	ck_assert_uint_eq(a->send, b->send);
	ck_assert_uint_eq(a->recv, b->recv);
	ck_assert_int_eq(a->pending, b->pending);
}

static void assert_dynamics(const ha_sync_dynamic_t *a,
							const ha_sync_dynamic_t *b)
{
	ck_assert(a->local->equals(a->local, b->local));
	ck_assert(a->remote->equals(a->remote, b->remote));
	ck_assert_uint_eq(a->extensions, b->extensions);
	ck_assert_uint_eq(a->conditions, b->conditions);
	assert_host_lists(a->peer_addrs, b->peer_addrs);
	assert_host_lists(a->local_vips, b->local_vips);
	assert_host_lists(a->remote_vips, b->remote_vips);
	ck_assert_int_eq(a->rekeyed, b->rekeyed);
	ck_assert_uint_eq(a->caps, b->caps);
}

static void assert_ikes(ha_sync_ike_t *a, ha_sync_ike_t *b)
{
	void *x, *y;
	int i;

	ck_assert(ha_sync_spis_equals(&a->spis, &b->spis));
	ck_assert(ha_sync_spis_equals(&a->old, &b->old));
	ck_assert_str_eq(a->group, b->group);
	ck_assert_str_eq(a->peer_cfg, b->peer_cfg);
	assert_proposals(a->proposal, b->proposal);
	ck_assert_int_eq(array_count(a->rounds), array_count(b->rounds));
	for (i = 0; array_get(a->rounds, i, &x) && array_get(b->rounds, i, &y);
		 i++)
	{
		assert_rounds(x, y);
	}
	assert_ids(a->ppk_id, b->ppk_id);
	assert_ids(a->local_id, b->local_id);
	assert_ids(a->remote_id, b->remote_id);
	ck_assert_int_eq(array_count(a->auths), array_count(b->auths));
	for (i = 0; array_get(a->auths, i, &x) && array_get(b->auths, i, &y); i++)
	{
		assert_auths(x, y);
	}
	assert_dynamics(&a->dynamic, &b->dynamic);
	assert_mids(&a->mids, &b->mids);
	ck_assert_uint_eq(a->age, b->age);
	ck_assert_uint_eq(a->rekey_in, b->rekey_in);
	ck_assert_uint_eq(a->reauth_in, b->reauth_in);
	ck_assert_uint_eq(a->delete_in, b->delete_in);
}

static void assert_child_ids(const ha_sync_child_id_t *a,
							 const ha_sync_child_id_t *b)
{
	ck_assert(ha_sync_spis_equals(&a->ike, &b->ike));
	ck_assert_uint_eq(a->spi_in, b->spi_in);
}

static void assert_uses(const ha_sync_use_t *a, const ha_sync_use_t *b)
{
	ck_assert(a->oseq == b->oseq && a->seq == b->seq);
	ck_assert(a->bytes_in == b->bytes_in && a->bytes_out == b->bytes_out);
	ck_assert(a->packets_in == b->packets_in &&
			  a->packets_out == b->packets_out);
}

static void assert_children(ha_sync_child_t *a, ha_sync_child_t *b)
{
	assert_child_ids(&a->id, &b->id);
	ck_assert_uint_eq(a->spi_out, b->spi_out);
	ck_assert_uint_eq(a->cpi_in, b->cpi_in);
	ck_assert_uint_eq(a->cpi_out, b->cpi_out);
	ck_assert_str_eq(a->name, b->name);
	ck_assert_int_eq(a->protocol, b->protocol);
	ck_assert_int_eq(a->mode, b->mode);
	ck_assert_int_eq(a->ipcomp, b->ipcomp);
	ck_assert_int_eq(a->initiator, b->initiator);
	ck_assert_int_eq(a->encap, b->encap);
	ck_assert_int_eq(a->outbound_pending, b->outbound_pending);
	ck_assert_int_eq(a->rekeyed, b->rekeyed);
	ck_assert_uint_eq(a->reqid, b->reqid);
	ck_assert_uint_eq(a->mark_in, b->mark_in);
	ck_assert_uint_eq(a->mask_in, b->mask_in);
	ck_assert_uint_eq(a->mark_out, b->mark_out);
	ck_assert_uint_eq(a->mask_out, b->mask_out);
	ck_assert_uint_eq(a->if_id_in, b->if_id_in);
	ck_assert_uint_eq(a->if_id_out, b->if_id_out);
	ck_assert_int_eq(a->label != NULL, b->label != NULL);
	ck_assert(!a->label || streq(a->label, b->label));
	ck_assert_uint_eq(a->rekey_spi, b->rekey_spi);
	assert_proposals(a->proposal, b->proposal);
	assert_chunks(a->encr_i, b->encr_i);
	assert_chunks(a->encr_r, b->encr_r);
	assert_chunks(a->integ_i, b->integ_i);
	assert_chunks(a->integ_r, b->integ_r);
	assert_ts_lists(a->local_ts, b->local_ts);
	assert_ts_lists(a->remote_ts, b->remote_ts);
	ck_assert_int_eq(a->close_action, b->close_action);
	ck_assert_int_eq(a->dpd_action, b->dpd_action);
	assert_uses(&a->use, &b->use);
	ck_assert_uint_eq(a->age, b->age);
	ck_assert_uint_eq(a->rekey_in, b->rekey_in);
	ck_assert_uint_eq(a->expire_in, b->expire_in);
}

/**
 * Encode, decode and clone a record and compare.
 */
static void round_trip_ike(ha_sync_ike_t *ike)
{
	ha_sync_ike_t *decoded, *clone;
	chunk_t body;

	body = ha_sync_ike_encode(ike);
	ck_assert(body.len);
	decoded = ha_sync_ike_decode(body);
	ck_assert(decoded);
	assert_ikes(ike, decoded);
	clone = ha_sync_ike_clone(ike);
	assert_ikes(ike, clone);
	ha_sync_ike_destroy(clone);
	ha_sync_ike_destroy(decoded);
	ha_sync_ike_destroy(ike);
	chunk_clear(&body);
}

static void round_trip_child(ha_sync_child_t *child)
{
	ha_sync_child_t *decoded, *clone;
	chunk_t body;

	body = ha_sync_child_encode(child);
	ck_assert(body.len);
	decoded = ha_sync_child_decode(body);
	ck_assert(decoded);
	assert_children(child, decoded);
	clone = ha_sync_child_clone(child);
	assert_children(child, clone);
	ha_sync_child_destroy(clone);
	ha_sync_child_destroy(decoded);
	ha_sync_child_destroy(child);
	chunk_clear(&body);
}

START_TEST(test_ike)
{
	ha_sync_ike_t *ike;

	round_trip_ike(make_typical_ike());
	round_trip_ike(make_full_ike());

	ike = make_typical_ike();
	array_destroy_function(ike->auths, (void*)ha_sync_auth_destroy, NULL);
	ike->auths = NULL;
	array_destroy_offset(ike->dynamic.remote_vips, offsetof(host_t, destroy));
	ike->dynamic.remote_vips = NULL;
	ike->dynamic.extensions = ike->dynamic.conditions = 0;
	ike->mids.recv = ike->rekey_in = ike->delete_in = 0;
	round_trip_ike(ike);
}
END_TEST

START_TEST(test_child)
{
	ha_sync_child_t *child;

	round_trip_child(make_typical_child());
	round_trip_child(make_full_child());

	/* AEAD has no integrity keys */
	child = make_typical_child();
	DESTROY_IF(child->proposal);
	child->proposal = proposal_create_from_string(PROTO_ESP, "aes128gcm16");
	chunk_clear(&child->integ_i);
	chunk_clear(&child->integ_r);
	round_trip_child(child);

	/* AH has nothing else */
	child = make_typical_child();
	DESTROY_IF(child->proposal);
	child->protocol = PROTO_AH;
	child->proposal = proposal_create_from_string(PROTO_AH, "sha256");
	chunk_clear(&child->encr_i);
	chunk_clear(&child->encr_r);
	round_trip_child(child);
}
END_TEST

START_TEST(test_group)
{
	ha_sync_group_record_t full = { "vpn", 0x123456789abcdef0, TRUE, TRUE,
									TRUE, 7, "moon" };
	ha_sync_group_record_t few = { .name = "x" }, *decoded;
	chunk_t body;

	body = ha_sync_group_encode(&full);
	decoded = ha_sync_group_decode(body);
	ck_assert(decoded);
	ck_assert_str_eq(decoded->name, "vpn");
	ck_assert(decoded->epoch == full.epoch);
	ck_assert(decoded->active && decoded->owner && decoded->held);
	ck_assert_uint_eq(decoded->ikes, 7);
	ck_assert_str_eq(decoded->successor, "moon");
	ha_sync_group_record_destroy(decoded);
	chunk_free(&body);

	body = ha_sync_group_encode(&few);
	decoded = ha_sync_group_decode(body);
	ck_assert(decoded);
	ck_assert_str_eq(decoded->name, "x");
	ck_assert(!decoded->epoch && !decoded->active && !decoded->owner &&
			  !decoded->held);
	ck_assert_uint_eq(decoded->ikes, 0);
	ck_assert(!decoded->successor);
	ha_sync_group_record_destroy(decoded);
	chunk_free(&body);
}
END_TEST

START_TEST(test_states)
{
	ha_sync_spis_t spis = { 0x1, 0xffffffffffffffff, TRUE }, spis_out;
	ha_sync_mids_t mids = { 3, 0, TRUE }, mids_out;
	ha_sync_child_id_t id = { spis, 0x01000000 }, id_out;
	ha_sync_use_t use = { 1, 2, 3, 4, 5, 6 }, none = {}, use_out;
	chunk_t body;

	body = ha_sync_spis_encode(&spis);
	ck_assert(ha_sync_spis_decode(body, &spis_out));
	ck_assert(ha_sync_spis_equals(&spis, &spis_out));
	chunk_free(&body);

	body = ha_sync_ike_mids_encode(&spis, &mids);
	ck_assert(ha_sync_ike_mids_decode(body, &spis_out, &mids_out));
	ck_assert(ha_sync_spis_equals(&spis, &spis_out));
	assert_mids(&mids, &mids_out);
	chunk_free(&body);

	body = ha_sync_child_id_encode(&id);
	ck_assert(ha_sync_child_id_decode(body, &id_out));
	assert_child_ids(&id, &id_out);
	chunk_free(&body);

	body = ha_sync_child_use_encode(&id, &use);
	ck_assert(ha_sync_child_use_decode(body, &id_out, &use_out));
	assert_child_ids(&id, &id_out);
	assert_uses(&use, &use_out);
	chunk_free(&body);

	body = ha_sync_child_use_encode(&id, &none);
	ck_assert(ha_sync_child_use_decode(body, &id_out, &use_out));
	assert_uses(&none, &use_out);
	chunk_free(&body);
}
END_TEST

START_TEST(test_update)
{
	ha_sync_dynamic_t dynamic, clone;
	ha_sync_spis_t spis;
	ha_sync_ike_t *ike;
	chunk_t body;

	ike = make_full_ike();
	body = ha_sync_ike_update_encode(&ike->spis, &ike->dynamic);
	ck_assert(ha_sync_ike_update_decode(body, &spis, &dynamic));
	ck_assert(ha_sync_spis_equals(&spis, &ike->spis));
	assert_dynamics(&ike->dynamic, &dynamic);
	ha_sync_dynamic_clone(&dynamic, &clone);
	ha_sync_dynamic_clear(&dynamic);
	ck_assert(!dynamic.local && !dynamic.remote_vips);
	assert_dynamics(&ike->dynamic, &clone);
	ha_sync_dynamic_clear(&clone);
	ha_sync_ike_destroy(ike);
	chunk_free(&body);
}
END_TEST

START_TEST(test_sizes)
{
	ha_sync_child_t *child;
	ha_sync_ike_t *ike;
	chunk_t a, b, c, d, e;

	ike = make_typical_ike();
	child = make_typical_child();
	a = ha_sync_ike_encode(ike);
	b = ha_sync_child_encode(child);
	c = ha_sync_ike_mids_encode(&ike->spis, &ike->mids);
	d = ha_sync_ike_update_encode(&ike->spis, &ike->dynamic);
	e = ha_sync_child_use_encode(&child->id, &child->use);
	printf("octets: IKE SA %zu, CHILD SA %zu, both %zu (goal %d), message IDs "
		   "%zu, IKE SA update %zu, CHILD SA use %zu\n", a.len, b.len,
		   a.len + b.len, SIZE_GOAL, c.len, d.len, e.len);
	ck_assert_uint_le(a.len + b.len, SIZE_GOAL);
	chunk_clear(&a);
	chunk_clear(&b);
	chunk_clear(&c);
	chunk_clear(&d);
	chunk_clear(&e);
	ha_sync_ike_destroy(ike);
	ha_sync_child_destroy(child);
}
END_TEST

/**
 * Make an IKE packet of an IKE SA, with a body of some octets.
 */
static chunk_t make_packet(const ha_sync_spis_t *spis, bool request,
						   uint32_t mid, size_t body)
{
	chunk_t packet = make_chunk(28 + body, 0x77);

	memcpy(packet.ptr, &spis->i, sizeof(spis->i));
	memcpy(packet.ptr + 8, &spis->r, sizeof(spis->r));
	packet.ptr[16] = 46;
	packet.ptr[17] = 0x20;
	packet.ptr[18] = 37;
	packet.ptr[19] = (spis->initiator ? 0x08 : 0) | (request ? 0 : 0x20);
	htoun32(packet.ptr + 20, mid);
	htoun32(packet.ptr + 24, packet.len);
	return packet;
}

/**
 * Make a record of the last messages, the response has two fragments.
 */
static ha_sync_exchange_t *make_exchange()
{
	ha_sync_exchange_t *exchange;
	ha_sync_ike_t *ike = make_full_ike();
	chunk_t first, second;

	INIT(exchange,
		.spis = ike->spis,
		.mids = { 6, 9, TRUE },
		.hash = { 1, 2, 3, 4, 5 },
	);
	/* the macro evaluates what it is given twice */
	first = make_packet(&ike->spis, FALSE, 8, 52);
	second = make_packet(&ike->spis, FALSE, 8, 17);
	exchange->response = chunk_cat("mm", first, second);
	exchange->request = make_packet(&ike->spis, TRUE, 5, 40);
	ha_sync_ike_destroy(ike);
	return exchange;
}

START_TEST(test_exchange)
{
	ha_sync_exchange_t *exchange = make_exchange(), *decoded, *clone;
	chunk_t body, packets, packet;

	body = ha_sync_exchange_encode(exchange);
	ck_assert(body.len);
	decoded = ha_sync_exchange_decode(body);
	ck_assert(decoded);
	clone = ha_sync_exchange_clone(decoded);
	ha_sync_exchange_destroy(decoded);
	ck_assert(ha_sync_spis_equals(&clone->spis, &exchange->spis));
	ck_assert(memeq(&clone->mids, &exchange->mids, sizeof(clone->mids)));
	ck_assert(memeq(clone->hash, exchange->hash, sizeof(clone->hash)));
	assert_chunks(clone->response, exchange->response);
	assert_chunks(clone->request, exchange->request);
	ck_assert_uint_eq(ha_sync_packets_mid(clone->response), 8);
	ck_assert_uint_eq(ha_sync_packets_mid(clone->request), 5);
	ck_assert_int_eq(ha_sync_packets_type(clone->request), INFORMATIONAL);

	/* fragment by fragment */
	packets = clone->response;
	ck_assert(ha_sync_packets_next(&packets, &packet));
	ck_assert_uint_eq(packet.len, 80);
	ck_assert(ha_sync_packets_next(&packets, &packet));
	ck_assert_uint_eq(packet.len, 45);
	ck_assert(!ha_sync_packets_next(&packets, &packet));
	ha_sync_exchange_destroy(clone);
	ha_sync_exchange_destroy(exchange);
	chunk_clear(&body);
}
END_TEST

/**
 * Packets that must not get to a peer, or crash who takes them apart.
 */
START_TEST(test_bad_packets)
{
	ha_sync_exchange_t *exchange = make_exchange();
	ha_sync_spis_t *spis = &exchange->spis, other = *spis;
	chunk_t packets, part;
	size_t len;

	packets = exchange->response;
	ck_assert(ha_sync_packets_check(packets, spis, FALSE));
	ck_assert(!ha_sync_packets_check(packets, spis, TRUE));
	ck_assert(!ha_sync_packets_check(chunk_empty, spis, FALSE));
	for (len = 0; len < packets.len; len++)
	{
		part = chunk_create(packets.ptr, len);
		ck_assert(ha_sync_packets_check(part, spis, FALSE) == (len == 80));
	}
	other.r++;
	ck_assert(!ha_sync_packets_check(packets, &other, FALSE));
	other = *spis;
	other.initiator = !other.initiator;
	ck_assert(!ha_sync_packets_check(packets, &other, FALSE));
	/* fragments of different messages */
	packets.ptr[80 + 23]++;
	ck_assert(!ha_sync_packets_check(packets, spis, FALSE));
	packets.ptr[80 + 23]--;
	/* a length that is too small would never end */
	htoun32(packets.ptr + 24, 27);
	ck_assert(!ha_sync_packets_check(packets, spis, FALSE));
	ck_assert(!ha_sync_exchange_encode(exchange).len);
	htoun32(packets.ptr + 24, 80);
	ck_assert(ha_sync_packets_check(packets, spis, FALSE));

	/* a request under way is one that has no response */
	exchange->mids.pending = FALSE;
	ck_assert(!ha_sync_exchange_encode(exchange).len);
	exchange->mids.pending = TRUE;

	chunk_free(&exchange->response);
	exchange->response = make_packet(spis, FALSE, 8, HA_SYNC_MAX_PACKETS);
	ck_assert(!ha_sync_exchange_encode(exchange).len);
	ha_sync_exchange_destroy(exchange);

	ck_assert(!ha_sync_packets_is_first_fragment(chunk_empty));
	part = make_packet(&other, TRUE, 1, 30);
	ck_assert(!ha_sync_packets_is_first_fragment(part));
	part.ptr[16] = 53;
	htoun16(part.ptr + 32, 1);
	ck_assert(ha_sync_packets_is_first_fragment(part));
	htoun16(part.ptr + 32, 2);
	ck_assert(!ha_sync_packets_is_first_fragment(part));
	part.len = 35;
	ck_assert(!ha_sync_packets_is_first_fragment(part));
	chunk_free(&part);
}
END_TEST

/**
 * Decode a message of any type, check and release what comes out.
 */
static bool decode_any(ha_sync_type_t type, chunk_t body)
{
	ha_sync_group_record_t *group;
	ha_sync_dynamic_t dynamic;
	ha_sync_child_t *child;
	ha_sync_child_id_t id;
	ha_sync_mids_t mids;
	ha_sync_spis_t spis;
	ha_sync_use_t use;
	ha_sync_ike_t *ike;
	ha_sync_exchange_t *exchange;
	bool ok = FALSE;

	switch (type)
	{
		case HA_SYNC_GROUP:
			group = ha_sync_group_decode(body);
			ok = group != NULL;
			ck_assert(!ok || group->name);
			ha_sync_group_record_destroy(group);
			break;
		case HA_SYNC_IKE:
			ike = ha_sync_ike_decode(body);
			ok = ike != NULL;
			ck_assert(!ok || (ike->spis.i && ike->spis.r && ike->group &&
							  ike->peer_cfg && ike->proposal &&
							  array_count(ike->rounds) && ike->local_id &&
							  ike->remote_id && ike->dynamic.local &&
							  ike->dynamic.remote));
			ha_sync_ike_destroy(ike);
			break;
		case HA_SYNC_IKE_UPDATE:
			ok = ha_sync_ike_update_decode(body, &spis, &dynamic);
			ck_assert(!ok || (spis.i && dynamic.local && dynamic.remote));
			ck_assert(ok || (!dynamic.local && !dynamic.peer_addrs));
			ha_sync_dynamic_clear(&dynamic);
			break;
		case HA_SYNC_IKE_MIDS:
			ok = ha_sync_ike_mids_decode(body, &spis, &mids);
			ck_assert(!ok || (spis.i && spis.r));
			break;
		case HA_SYNC_IKE_DELETE:
			ok = ha_sync_spis_decode(body, &spis);
			ck_assert(!ok || (spis.i && spis.r));
			break;
		case HA_SYNC_CHILD:
			child = ha_sync_child_decode(body);
			ok = child != NULL;
			ck_assert(!ok || (child->id.ike.i && child->id.spi_in &&
							  child->spi_out && child->name &&
							  child->proposal && child->mode &&
							  array_count(child->local_ts) &&
							  array_count(child->remote_ts)));
			ha_sync_child_destroy(child);
			break;
		case HA_SYNC_CHILD_DELETE:
			ok = ha_sync_child_id_decode(body, &id);
			ck_assert(!ok || (id.ike.i && id.spi_in));
			break;
		case HA_SYNC_CHILD_USE:
			ok = ha_sync_child_use_decode(body, &id, &use);
			ck_assert(!ok || (id.ike.i && id.spi_in));
			break;
		case HA_SYNC_EXCHANGE:
			exchange = ha_sync_exchange_decode(body);
			ok = exchange != NULL;
			ck_assert(!ok || (exchange->spis.i && exchange->spis.r));
			ck_assert(!ok || !exchange->response.len ||
					  ha_sync_packets_check(exchange->response,
											&exchange->spis, FALSE));
			ha_sync_exchange_destroy(exchange);
			break;
	}
	return ok;
}

/**
 * Encode a message of any type with all its members.
 */
static chunk_t encode_any(ha_sync_type_t type)
{
	ha_sync_group_record_t group = { "vpn", 5, TRUE, TRUE, TRUE, 7, "moon" };
	ha_sync_exchange_t *exchange = make_exchange();
	ha_sync_child_t *child = make_full_child();
	ha_sync_ike_t *ike = make_full_ike();
	chunk_t body = chunk_empty;

	switch (type)
	{
		case HA_SYNC_GROUP:
			body = ha_sync_group_encode(&group);
			break;
		case HA_SYNC_IKE:
			body = ha_sync_ike_encode(ike);
			break;
		case HA_SYNC_IKE_UPDATE:
			body = ha_sync_ike_update_encode(&ike->spis, &ike->dynamic);
			break;
		case HA_SYNC_IKE_MIDS:
			body = ha_sync_ike_mids_encode(&ike->spis, &ike->mids);
			break;
		case HA_SYNC_IKE_DELETE:
			body = ha_sync_spis_encode(&ike->spis);
			break;
		case HA_SYNC_CHILD:
			body = ha_sync_child_encode(child);
			break;
		case HA_SYNC_CHILD_DELETE:
			body = ha_sync_child_id_encode(&child->id);
			break;
		case HA_SYNC_CHILD_USE:
			body = ha_sync_child_use_encode(&child->id, &child->use);
			break;
		case HA_SYNC_EXCHANGE:
			body = ha_sync_exchange_encode(exchange);
			break;
	}
	ha_sync_exchange_destroy(exchange);
	ha_sync_ike_destroy(ike);
	ha_sync_child_destroy(child);
	ck_assert(body.len);
	ck_assert(decode_any(type, body));
	return body;
}

START_TEST(test_truncated)
{
	chunk_t body, cut;
	size_t len;

	body = encode_any(_i);
	for (len = 0; len < body.len; len++)
	{
		/* a copy, so that ASan sees reads behind its end */
		cut = chunk_clone(chunk_create(body.ptr, len));
		ck_assert_msg(!decode_any(_i, cut), "type %d cut to %zu octets "
					  "accepted", _i, len);
		chunk_free(&cut);
	}
	/* nor is something behind the end */
	cut = chunk_cat("cc", body, chunk_from_chars(0));
	ck_assert(!decode_any(_i, cut));
	chunk_free(&cut);
	chunk_free(&body);
}
END_TEST

/**
 * Check if an attribute ends after some octets of a message.
 */
static bool is_border(chunk_t body, size_t len)
{
	bio_reader_t *reader;
	chunk_t value;
	uint8_t type;
	size_t end = HA_SYNC_HEADER_LEN;

	reader = bio_reader_create(chunk_skip(body, HA_SYNC_HEADER_LEN));
	while (end < len && sync_tlv_get(reader, &type, &value))
	{
		end = value.ptr + value.len - body.ptr;
	}
	reader->destroy(reader);
	return end == len;
}

START_TEST(test_truncated_inside)
{
	chunk_t body, cut;
	size_t len;
	bool ok;

	/* as above, but with a header that matches: at the border of attributes,
	 * this may be a complete record with less in it, decode_any() checks */
	body = encode_any(_i);
	for (len = HA_SYNC_HEADER_LEN; len < body.len; len++)
	{
		cut = chunk_clone(chunk_create(body.ptr, len));
		htoun16(cut.ptr, len - HA_SYNC_HEADER_LEN);
		ok = decode_any(_i, cut);
		ck_assert_msg(!ok || is_border(body, len), "type %d cut to %zu octets "
					  "accepted", _i, len);
		chunk_free(&cut);
	}
	chunk_free(&body);
}
END_TEST

START_TEST(test_mutated)
{
	chunk_t body, copy;
	u_int i, j, accepted = 0;

	srandom(_i);
	body = encode_any(_i);
	for (i = 0; i < MUTATIONS; i++)
	{
		copy = chunk_clone(body);
		for (j = random() % 4 + 1; j > 0; j--)
		{
			copy.ptr[random() % copy.len] = random();
		}
		accepted += decode_any(_i, copy);
		chunk_free(&copy);
	}
	/* values of names, keys etc. can't be recognized as wrong */
	ck_assert_uint_lt(accepted, MUTATIONS);
	chunk_free(&body);
}
END_TEST

/**
 * Append an attribute to a message, adjust its length.
 */
static chunk_t append(chunk_t body, uint8_t type, chunk_t value)
{
	bio_writer_t *writer;
	chunk_t longer;

	writer = bio_writer_create(0);
	writer->write_data(writer, body);
	sync_tlv_put(writer, type, value);
	longer = writer->extract_buf(writer);
	writer->destroy(writer);
	htoun16(longer.ptr, longer.len - HA_SYNC_HEADER_LEN);
	return longer;
}

START_TEST(test_unknown)
{
	chunk_t body, longer;

	body = encode_any(_i);
	longer = append(body, UNKNOWN_ATTR, chunk_from_str("later release"));
	ck_assert(decode_any(_i, longer));
	chunk_free(&body);
	/* any number of them */
	body = append(longer, UNKNOWN_ATTR, chunk_empty);
	ck_assert(decode_any(_i, body));
	chunk_free(&longer);
	chunk_free(&body);
}
END_TEST

/**
 * Get the first attribute of a type.
 */
static bool find_attr(chunk_t body, uint8_t wanted, chunk_t *value)
{
	bio_reader_t *reader;
	uint8_t type = 0;

	reader = bio_reader_create(chunk_skip(body, HA_SYNC_HEADER_LEN));
	while (type != wanted && sync_tlv_get(reader, &type, value));
	reader->destroy(reader);
	return type == wanted;
}

/**
 * Leave out all attributes of a type.
 */
static chunk_t leave_out(chunk_t body, uint8_t unwanted)
{
	bio_reader_t *reader;
	chunk_t shorter, value;
	uint8_t type;

	shorter = chunk_clone(chunk_create(body.ptr, HA_SYNC_HEADER_LEN));
	reader = bio_reader_create(chunk_skip(body, HA_SYNC_HEADER_LEN));
	while (sync_tlv_get(reader, &type, &value))
	{
		if (type != unwanted)
		{
			body = append(shorter, type, value);
			chunk_free(&shorter);
			shorter = body;
		}
	}
	reader->destroy(reader);
	htoun16(shorter.ptr, shorter.len - HA_SYNC_HEADER_LEN);
	return shorter;
}

START_TEST(test_duplicates)
{
	static const uint8_t ike[] = {
		HA_ATTR_SPIS, HA_ATTR_OLD_SPIS, HA_ATTR_GROUP, HA_ATTR_PEER_CFG,
		HA_ATTR_PROPOSAL, HA_ATTR_PPK_ID, HA_ATTR_LOCAL_ID, HA_ATTR_REMOTE_ID,
		HA_ATTR_LOCAL_HOST, HA_ATTR_EXTENSIONS, HA_ATTR_MID_SEND, HA_ATTR_AGE,
	};
	static const uint8_t child[] = {
		HA_ATTR_SPIS, HA_ATTR_SPI_IN, HA_ATTR_SPI_OUT, HA_ATTR_CPI_IN,
		HA_ATTR_NAME, HA_ATTR_PROTOCOL, HA_ATTR_PROPOSAL, HA_ATTR_ENCR_I,
		HA_ATTR_LABEL, HA_ATTR_OSEQ,
	};
	chunk_t body, longer, value;
	u_int i;

	body = encode_any(HA_SYNC_IKE);
	for (i = 0; i < countof(ike); i++)
	{
		ck_assert(find_attr(body, ike[i], &value));
		longer = append(body, ike[i], value);
		ck_assert_msg(!decode_any(HA_SYNC_IKE, longer), "%d twice", ike[i]);
		chunk_free(&longer);
	}
	chunk_free(&body);
	body = encode_any(HA_SYNC_CHILD);
	for (i = 0; i < countof(child); i++)
	{
		ck_assert(find_attr(body, child[i], &value));
		longer = append(body, child[i], value);
		ck_assert_msg(!decode_any(HA_SYNC_CHILD, longer), "%d twice",
					  child[i]);
		chunk_free(&longer);
	}
	chunk_free(&body);
}
END_TEST

START_TEST(test_required)
{
	static const uint8_t ike[] = {
		HA_ATTR_SPIS, HA_ATTR_GROUP, HA_ATTR_PEER_CFG, HA_ATTR_PROPOSAL,
		HA_ATTR_ROUND, HA_ATTR_LOCAL_ID, HA_ATTR_REMOTE_ID, HA_ATTR_LOCAL_HOST,
		HA_ATTR_REMOTE_HOST,
	};
	static const uint8_t child[] = {
		HA_ATTR_SPIS, HA_ATTR_SPI_IN, HA_ATTR_SPI_OUT, HA_ATTR_NAME,
		HA_ATTR_PROTOCOL, HA_ATTR_MODE, HA_ATTR_PROPOSAL, HA_ATTR_ENCR_I,
		HA_ATTR_INTEG_R, HA_ATTR_LOCAL_TS, HA_ATTR_REMOTE_TS,
	};
	chunk_t body, shorter;
	u_int i;

	body = encode_any(HA_SYNC_IKE);
	for (i = 0; i < countof(ike); i++)
	{
		shorter = leave_out(body, ike[i]);
		ck_assert_uint_lt(shorter.len, body.len);
		ck_assert_msg(!decode_any(HA_SYNC_IKE, shorter), "without %d", ike[i]);
		chunk_free(&shorter);
	}
	chunk_free(&body);
	body = encode_any(HA_SYNC_CHILD);
	for (i = 0; i < countof(child); i++)
	{
		shorter = leave_out(body, child[i]);
		ck_assert_uint_lt(shorter.len, body.len);
		ck_assert_msg(!decode_any(HA_SYNC_CHILD, shorter), "without %d",
					  child[i]);
		chunk_free(&shorter);
	}
	chunk_free(&body);
}
END_TEST

/**
 * Bad values: the attribute is replaced, or added to a list.
 */
static struct {
	ha_sync_type_t message;
	uint8_t type;
	bool add;
	chunk_t value;
} bad_values[] = {
	{ HA_SYNC_CHILD, HA_ATTR_MODE, FALSE, chunk_from_chars(4) },
	{ HA_SYNC_CHILD, HA_ATTR_PROTOCOL, FALSE, chunk_from_chars(1) },
	{ HA_SYNC_CHILD, HA_ATTR_PROTOCOL, FALSE, chunk_from_chars(2) },
	{ HA_SYNC_CHILD, HA_ATTR_PROTOCOL, FALSE, chunk_from_chars(4) },
	{ HA_SYNC_CHILD, HA_ATTR_IPCOMP, FALSE, chunk_from_chars(5) },
	{ HA_SYNC_CHILD, HA_ATTR_ENCAP, FALSE, chunk_from_chars(2) },
	{ HA_SYNC_CHILD, HA_ATTR_CLOSE_ACTION, FALSE, chunk_from_chars(4) },
	{ HA_SYNC_CHILD, HA_ATTR_REQID, FALSE, chunk_from_chars(1, 0, 0, 0, 0) },
	{ HA_SYNC_CHILD, HA_ATTR_SPI_IN, FALSE, chunk_from_chars(1, 0, 0) },
	{ HA_SYNC_CHILD, HA_ATTR_SPI_IN, FALSE, chunk_from_chars(0, 0, 0, 0) },
	{ HA_SYNC_CHILD, HA_ATTR_ENCR_I, FALSE, chunk_from_chars(1, 2, 3) },
	{ HA_SYNC_CHILD, HA_ATTR_ENCR_I, FALSE, { NULL, 0 } },
	{ HA_SYNC_CHILD, HA_ATTR_LABEL, FALSE, chunk_from_chars('a', 0, 'b') },
	{ HA_SYNC_CHILD, HA_ATTR_LOCAL_TS, TRUE,
		chunk_from_chars(9, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2) },
	{ HA_SYNC_CHILD, HA_ATTR_LOCAL_TS, TRUE,
		chunk_from_chars(7, 0, 0, 0, 0, 0, 2, 2, 2, 2, 1, 1, 1, 1) },
	{ HA_SYNC_CHILD, HA_ATTR_LOCAL_TS, TRUE,
		chunk_from_chars(7, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2) },
	{ HA_SYNC_CHILD, HA_ATTR_LOCAL_TS, TRUE, chunk_from_chars(7) },
	{ HA_SYNC_CHILD, HA_ATTR_PROPOSAL, FALSE,
		chunk_from_chars(2, 1, 0, 3, 0, 12) },
	{ HA_SYNC_IKE, HA_ATTR_PROPOSAL, FALSE, chunk_from_chars(1, 1, 0) },
	{ HA_SYNC_IKE, HA_ATTR_PROPOSAL, FALSE,
		chunk_from_chars(0, 1, 0, 1, 0, 12) },
	{ HA_SYNC_IKE, HA_ATTR_PROPOSAL, FALSE,
		chunk_from_chars(3, 1, 0, 1, 0, 12) },
	{ HA_SYNC_IKE, HA_ATTR_PROPOSAL, FALSE,
		chunk_from_chars(1, 1, 4, 1, 2, 3, 4, 1, 0, 12) },
	{ HA_SYNC_IKE, HA_ATTR_PROPOSAL, FALSE,
		chunk_from_chars(1, 1, 0, 13, 0, 12) },
	{ HA_SYNC_IKE, HA_ATTR_PROPOSAL, FALSE,
		chunk_from_chars(1, 1, 0, 0x81, 0, 12, 1) },
	{ HA_SYNC_IKE, HA_ATTR_SPIS, FALSE,
		chunk_from_chars(1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 2) },
	{ HA_SYNC_IKE, HA_ATTR_SPIS, FALSE,
		chunk_from_chars(1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8) },
	{ HA_SYNC_IKE, HA_ATTR_OLD_SPIS, FALSE,
		chunk_from_chars(1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0) },
	{ HA_SYNC_IKE, HA_ATTR_LOCAL_ID, FALSE, chunk_from_chars(255, 13) },
	{ HA_SYNC_IKE, HA_ATTR_PPK_ID, FALSE, chunk_from_chars(255, 54) },
	{ HA_SYNC_IKE, HA_ATTR_PPK_ID, FALSE, chunk_from_chars(255, 200) },
	{ HA_SYNC_IKE, HA_ATTR_REMOTE_ID, FALSE, chunk_from_chars(1, 1, 2, 3) },
	{ HA_SYNC_IKE, HA_ATTR_REMOTE_ID, FALSE, chunk_from_chars(4, 1, 2, 3) },
	{ HA_SYNC_IKE, HA_ATTR_REMOTE_ID, FALSE, { NULL, 0 } },
	{ HA_SYNC_IKE, HA_ATTR_REMOTE_HOST, FALSE, chunk_from_chars(0, 0, 1) },
	{ HA_SYNC_IKE, HA_ATTR_REMOTE_VIP, TRUE, chunk_from_chars(0, 0, 1) },
	{ HA_SYNC_IKE, HA_ATTR_ROUND, TRUE, { NULL, 0 } },
	{ HA_SYNC_IKE, HA_ATTR_ROUND, TRUE,
		chunk_from_chars(HA_ATTR_SECRET, 0, 1, 9, HA_ATTR_SK_D, 0, 1, 9) },
	{ HA_SYNC_IKE, HA_ATTR_ROUND, TRUE,
		chunk_from_chars(HA_ATTR_SECRET, 0, 1, 9, HA_ATTR_NONCE_I, 0, 1, 9) },
	{ HA_SYNC_IKE, HA_ATTR_ROUND, TRUE,
		chunk_from_chars(HA_ATTR_SECRET, 0, 1, 9, HA_ATTR_PRF, 0, 2, 9) },
	{ HA_SYNC_IKE, HA_ATTR_ROUND, TRUE,
		chunk_from_chars(HA_ATTR_SECRET, 0, 1, 9, HA_ATTR_PRF, 0) },
	{ HA_SYNC_IKE, HA_ATTR_AUTH, TRUE,
		chunk_from_chars(HA_ATTR_AUTH_CLASS, 0, 1, 5) },
	{ HA_SYNC_IKE, HA_ATTR_AUTH, TRUE,
		chunk_from_chars(HA_ATTR_LOCAL, 0, 1, 1, HA_ATTR_LOCAL, 0, 1, 1) },
	{ HA_SYNC_GROUP, HA_ATTR_ACTIVE, FALSE, chunk_from_chars(2) },
	{ HA_SYNC_GROUP, HA_ATTR_GROUP, FALSE, { NULL, 0 } },
};

START_TEST(test_bad_values)
{
	chunk_t body, other;

	body = encode_any(bad_values[_i].message);
	if (!bad_values[_i].add)
	{
		other = leave_out(body, bad_values[_i].type);
		chunk_free(&body);
		body = other;
	}
	other = append(body, bad_values[_i].type, bad_values[_i].value);
	ck_assert_msg(!decode_any(bad_values[_i].message, other), "accepted: %d",
				  _i);
	chunk_free(&other);
	chunk_free(&body);
}
END_TEST

/**
 * Lists and how long they may be.
 */
static struct {
	ha_sync_type_t message;
	uint8_t type;
	u_int max;
} lists[] = {
	{ HA_SYNC_IKE, HA_ATTR_ROUND, 64 },
	{ HA_SYNC_IKE, HA_ATTR_AUTH, 32 },
	{ HA_SYNC_IKE, HA_ATTR_PEER_ADDR, 64 },
	{ HA_SYNC_IKE, HA_ATTR_LOCAL_VIP, 64 },
	{ HA_SYNC_IKE, HA_ATTR_REMOTE_VIP, 64 },
	{ HA_SYNC_CHILD, HA_ATTR_LOCAL_TS, 256 },
	{ HA_SYNC_CHILD, HA_ATTR_REMOTE_TS, 256 },
};

START_TEST(test_list_limits)
{
	chunk_t body, longer, value;
	u_int i;

	body = encode_any(lists[_i].message);
	ck_assert(find_attr(body, lists[_i].type, &value));
	value = chunk_clonea(value);
	longer = leave_out(body, lists[_i].type);
	chunk_free(&body);
	body = longer;
	for (i = 1; i <= lists[_i].max + 1; i++)
	{
		longer = append(body, lists[_i].type, value);
		chunk_free(&body);
		body = longer;
		ck_assert_int_eq(decode_any(lists[_i].message, body),
						 i <= lists[_i].max);
	}
	chunk_free(&body);
}
END_TEST

START_TEST(test_encode_refused)
{
	ha_sync_spis_t none = {}, half = { 1, 0, FALSE };
	ha_sync_child_id_t id = {};
	ha_sync_child_t *child;
	ha_sync_ike_t *ike;
	u_int i;

	ck_assert(!ha_sync_spis_encode(&none).len);
	ck_assert(!ha_sync_spis_encode(&half).len);
	ck_assert(!ha_sync_child_id_encode(&id).len);

	ike = make_full_ike();
	ike->local_id->destroy(ike->local_id);
	ike->local_id = NULL;
	ck_assert(!ha_sync_ike_encode(ike).len);
	ha_sync_ike_destroy(ike);

	/* too long for a message */
	ike = make_full_ike();
	for (i = 0; i < 20; i++)
	{
		add_round(ike, 4096);
	}
	ck_assert(!ha_sync_ike_encode(ike).len);
	ha_sync_ike_destroy(ike);

	/* an identity beyond the limit */
	ike = make_full_ike();
	ike->remote_id->destroy(ike->remote_id);
	ike->remote_id = identification_create_from_encoding(ID_KEY_ID,
										chunk_alloca(HA_SYNC_MAX_ID + 1));
	ck_assert(!ha_sync_ike_encode(ike).len);
	ha_sync_ike_destroy(ike);

	child = make_full_child();
	chunk_clear(&child->encr_i);
	ck_assert(!ha_sync_child_encode(child).len);
	ha_sync_child_destroy(child);

	child = make_full_child();
	child->protocol = PROTO_AH;
	ck_assert(!ha_sync_child_encode(child).len);
	ha_sync_child_destroy(child);
}
END_TEST

/**
 * Get the alignment of a struct.
 */
static size_t alignment(const ha_sync_table_t *table);

/**
 * Get the alignment of a field.
 */
static size_t field_alignment(const ha_sync_field_t *field)
{
	return field->kind == HA_KIND_INLINE ? alignment(field->table)
										 : min(field->size, sizeof(void*));
}

static size_t alignment(const ha_sync_table_t *table)
{
	const ha_sync_field_t *field;
	size_t highest = 1;

	for (field = table->fields; field->kind != HA_KIND_END; field++)
	{
		highest = max(highest, field_alignment(field));
	}
	return highest;
}

static const ha_sync_table_t *tables[] = {
	&ha_sync_group_table, &ha_sync_ike_table, &ha_sync_update_table,
	&ha_sync_ike_mids_table, &ha_sync_name_table, &ha_sync_child_table,
	&ha_sync_child_id_table, &ha_sync_child_use_table, &ha_sync_round_table,
	&ha_sync_auth_table, &ha_sync_dynamic_table, &ha_sync_exchange_table,
};

/**
 * Every member of a struct has a field: there is nothing but padding between.
 */
START_TEST(test_complete)
{
	const ha_sync_table_t *table = tables[_i];
	const ha_sync_field_t *field;
	size_t end = 0;

	for (field = table->fields; field->kind != HA_KIND_END; field++)
	{
		ck_assert_msg(field->offset == round_up(end, field_alignment(field)),
					  "%s: something is missing before '%s'", table->name,
					  field->name);
		end = field->offset + (field->kind == HA_KIND_INLINE ?
							   field->table->size : field->size);
	}
	ck_assert_msg(table->size == round_up(end, alignment(table)),
				  "%s: something is missing at the end", table->name);
}
END_TEST

START_TEST(test_destroy_null)
{
	ha_sync_group_record_destroy(NULL);
	ha_sync_round_destroy(NULL);
	ha_sync_auth_destroy(NULL);
	ha_sync_dynamic_clear(NULL);
	ha_sync_ike_destroy(NULL);
	ha_sync_child_destroy(NULL);
}
END_TEST

static Suite *record_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_record");

	tc = tcase_create("round trips");
	tcase_add_test(tc, test_ike);
	tcase_add_test(tc, test_child);
	tcase_add_test(tc, test_group);
	tcase_add_test(tc, test_states);
	tcase_add_test(tc, test_update);
	tcase_add_test(tc, test_exchange);
	tcase_add_test(tc, test_sizes);
	tcase_add_test(tc, test_encode_refused);
	tcase_add_test(tc, test_destroy_null);
	tcase_add_loop_test(tc, test_complete, 0, countof(tables));
	suite_add_tcase(s, tc);

	tc = tcase_create("bad input");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_truncated, HA_SYNC_GROUP,
						HA_SYNC_CHILD_USE + 1);
	tcase_add_loop_test(tc, test_truncated_inside, HA_SYNC_GROUP,
						HA_SYNC_CHILD_USE + 1);
	tcase_add_loop_test(tc, test_mutated, HA_SYNC_GROUP,
						HA_SYNC_CHILD_USE + 1);
	tcase_add_loop_test(tc, test_unknown, HA_SYNC_GROUP,
						HA_SYNC_CHILD_USE + 1);
	tcase_add_loop_test(tc, test_truncated, HA_SYNC_EXCHANGE,
						HA_SYNC_EXCHANGE + 1);
	tcase_add_loop_test(tc, test_truncated_inside, HA_SYNC_EXCHANGE,
						HA_SYNC_EXCHANGE + 1);
	tcase_add_loop_test(tc, test_mutated, HA_SYNC_EXCHANGE,
						HA_SYNC_EXCHANGE + 1);
	tcase_add_loop_test(tc, test_unknown, HA_SYNC_EXCHANGE,
						HA_SYNC_EXCHANGE + 1);
	tcase_add_test(tc, test_bad_packets);
	tcase_add_test(tc, test_duplicates);
	tcase_add_test(tc, test_required);
	tcase_add_loop_test(tc, test_bad_values, 0, countof(bad_values));
	tcase_add_loop_test(tc, test_list_limits, 0, countof(lists));
	suite_add_tcase(s, tc);

	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_record"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(record_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
