/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_test.h"
#include "stub_capture.h"
#include "stub_syn.h"
#include "ike_wire_secret.h"

#include <sa/ikev2/keymat_v2.h>

/** SPIs of IKE SAs after a rekeying */
#define SPI_I_2 htobe64(0x2122232425262728ULL)
#define SPI_R_2 htobe64(0x3132333435363738ULL)

/** lifetime both sides are configured with */
#define LIFETIME 3600

static stub_config_t config;
static stub_stats_t *stats;
static stub_keeper_t *keeper;
static stub_capture_t *capture;
static peer_cfg_t *peer_cfg;

static void setup()
{
	ike_cfg_create_t ike = {
		.version = IKEV2,
		.local = "192.168.0.1",
		.remote = "%any",
		.local_port = 500,
		.remote_port = 500,
	};
	peer_cfg_create_t data = {};

	charon = NULL;
	ck_assert(libcharon_init());
	peer_cfg = peer_cfg_create("rw", ike_cfg_create(&ike), &data);
	config = (stub_config_t){
		.gateway = TRUE,
		.client = TRUE,
		.lifetime = LIFETIME,
		.store = STUB_STORE_MEMORY,
		.hardened = TRUE,
		.max_chain = 2,
		.max_stubs = 10,
	};
	stats = stub_stats_create();
	keeper = stub_keeper_create(&config, stats);
	capture = stub_capture_create(&config, keeper, NULL, stats);
}

static void teardown()
{
	capture->destroy(capture);
	keeper->destroy(keeper);
	stats->destroy(stats);
	peer_cfg->destroy(peer_cfg);
	libcharon_deinit();
}

/**
 * Derive the keys of an IKE_SA, charon's and what we see of it.
 */
static void derive(ike_sa_t *ike_sa, ike_sa_t *rekey)
{
	keymat_v2_t *keymat = (keymat_v2_t*)ike_sa->get_keymat(ike_sa);
	chunk_t ni = chunk_from_str("nonce of the initiator");
	chunk_t nr = chunk_from_str("nonce of the responder");
	proposal_t *proposal = ike_sa->get_proposal(ike_sa);
	array_t *kes = NULL;

	array_insert_create(&kes, ARRAY_TAIL,
						ike_wire_secret_create(chunk_from_str("g^ir")));
	ck_assert(keymat->derive_ike_keys(keymat, proposal, kes, ni, nr,
									  ike_sa->get_id(ike_sa), PRF_UNDEFINED,
									  chunk_empty));
	capture->listener.ike_keys(&capture->listener, ike_sa, kes, chunk_empty, ni,
							   nr, rekey, NULL, AUTH_NONE);
	array_destroy_offset(kes, offsetof(key_exchange_t, destroy));
}

/**
 * Create an IKE_SA whose keys are derived.
 */
static ike_sa_t *create(uint64_t spi_i, uint64_t spi_r, bool initiator,
						ike_sa_t *rekey)
{
	ike_sa_id_t *id = ike_sa_id_create(IKEV2_MAJOR_VERSION, spi_i, spi_r,
									   initiator);
	ike_sa_t *ike_sa = ike_sa_create(id, initiator, IKEV2);
	proposal_t *proposal = proposal_create_from_string(PROTO_IKE,
												"aes128-sha256-x25519");

	ike_sa->set_peer_cfg(ike_sa, peer_cfg);
	ike_sa->set_my_id(ike_sa, identification_create_from_string("moon"));
	ike_sa->set_other_id(ike_sa, identification_create_from_string("carol"));
	ike_sa->set_my_host(ike_sa, host_create_from_string("192.168.0.1", 500));
	ike_sa->set_other_host(ike_sa,
						   host_create_from_string("192.168.0.100", 500));
	ike_sa->set_proposal(ike_sa, proposal);
	proposal->destroy(proposal);
	id->destroy(id);
	derive(ike_sa, rekey);
	return ike_sa;
}

/**
 * Show the capture an IKE_AUTH message, with an offer if there is a lifetime;
 * the lifetime that was added to it, 0 if none was.
 */
static uint32_t auth(ike_sa_t *ike_sa, bool request, bool incoming,
					 uint32_t lifetime)
{
	stub_offer_t offer = { .lifetime = lifetime, .hardened = TRUE };
	message_t *message = message_create(IKEV2_MAJOR_VERSION,
										IKEV2_MINOR_VERSION);

	message->set_exchange_type(message, IKE_AUTH);
	message->set_request(message, request);
	if (lifetime)
	{
		stub_offer_add(message, &offer);
	}
	capture->listener.message(&capture->listener, ike_sa, message, incoming,
							  TRUE);
	offer.lifetime = 0;
	stub_offer_find(message, &offer);
	message->destroy(message);
	return offer.lifetime;
}

static void up(ike_sa_t *ike_sa)
{
	ike_sa->set_condition(ike_sa, COND_AUTHENTICATED, TRUE);
	capture->listener.ike_updown(&capture->listener, ike_sa, TRUE);
}

static void end(ike_sa_t *ike_sa, bool deleted)
{
	if (deleted)
	{
		capture->listener.ike_state_change(&capture->listener, ike_sa,
										   IKE_DELETING);
	}
	capture->listener.ike_state_change(&capture->listener, ike_sa,
									   IKE_DESTROYING);
	ike_sa->destroy(ike_sa);
}

/**
 * Have a gateway's IKE_SA with a stub.
 */
static ike_sa_t *create_agreed()
{
	ike_sa_t *ike_sa = create(TEST_SPI_I, TEST_SPI_R, FALSE, NULL);

	auth(ike_sa, TRUE, TRUE, LIFETIME);
	up(ike_sa);
	return ike_sa;
}

static bool has(uint64_t index)
{
	stub_t *stub;

	stub = keeper->get(keeper, index, NULL);
	stub_unref(stub);
	return stub != NULL;
}

/**
 * X16: without agreement there is no stub, and nothing is told.
 */
START_TEST(test_no_offer)
{
	ike_sa_t *ike_sa;

	ike_sa = create(TEST_SPI_I, TEST_SPI_R, FALSE, NULL);
	auth(ike_sa, TRUE, TRUE, 0);
	up(ike_sa);
	ck_assert_int_eq(auth(ike_sa, FALSE, FALSE, 0), 0);
	ck_assert_int_eq(keeper->count(keeper), 0);
	end(ike_sa, FALSE);
	/* nor if we don't want any */
	config.gateway = FALSE;
	end(create_agreed(), FALSE);
	ck_assert_int_eq(keeper->count(keeper), 0);
}
END_TEST

/**
 * X13, X14: made when the IKE SA is up, for the shorter lifetime, which the
 * client is told; hardened keys only; deleted with the IKE SA.
 */
START_TEST(test_deleted)
{
	keymat_v2_t *keymat;
	ike_sa_t *ike_sa;
	chunk_t sk_d;
	stub_t *stub;

	ike_sa = create(TEST_SPI_I, TEST_SPI_R, FALSE, NULL);
	auth(ike_sa, TRUE, TRUE, 600);
	ck_assert_int_eq(keeper->count(keeper), 0);
	up(ike_sa);
	ck_assert_int_eq(keeper->count(keeper), 1);
	ck_assert_int_ge(auth(ike_sa, FALSE, FALSE, 0), 590);
	ck_assert_int_le(auth(ike_sa, FALSE, FALSE, 0), 600);
	stub = keeper->get(keeper, TEST_SPI_R, NULL);
	ck_assert(stub);
	ck_assert(stub->hardened);
	keymat = (keymat_v2_t*)ike_sa->get_keymat(ike_sa);
	keymat->get_skd(keymat, &sk_d);
	ck_assert(!chunk_equals(stub->sk_d, sk_d));
	ck_assert(!chunk_equals(stub->secret, chunk_from_str("g^ir")));
	ck_assert_str_eq(stub->peer_cfg, "rw");
	stub_unref(stub);
	end(ike_sa, TRUE);
	ck_assert_int_eq(keeper->count(keeper), 0);
	ck_assert_int_eq(stats->get(stats, STUB_REVOKED), 1);
}
END_TEST

/**
 * X13: stays if the IKE SA just ends.
 */
START_TEST(test_died)
{
	end(create_agreed(), FALSE);
	ck_assert(has(TEST_SPI_R));
	ck_assert_int_eq(stats->get(stats, STUB_REVOKED), 0);
}
END_TEST

/**
 * X13: replaced when the IKE SA is rekeyed, whoever does it; gone if the new
 * one is.
 */
START_TEST(test_rekeyed)
{
	ike_sa_t *old, *new;

	old = create_agreed();
	/* by us: our SPI is that of the initiator */
	new = create(SPI_I_2, SPI_R_2, TRUE, old);
	capture->listener.ike_rekey(&capture->listener, old, new);
	ck_assert(!has(TEST_SPI_R));
	ck_assert(!has(SPI_R_2));
	ck_assert(has(SPI_I_2));
	end(old, TRUE);
	ck_assert(has(SPI_I_2));
	end(new, TRUE);
	ck_assert_int_eq(keeper->count(keeper), 0);
}
END_TEST

/**
 * X14: ends when the client has to authenticate again, and that is not later
 * after a resumption.
 */
START_TEST(test_reauth)
{
	ike_sa_t *ike_sa;
	stub_t *stub;

	ike_sa = create(TEST_SPI_I, TEST_SPI_R, FALSE, NULL);
	ike_sa->set_statistic(ike_sa, STAT_REAUTH, time_monotonic(NULL) + 300);
	auth(ike_sa, TRUE, TRUE, LIFETIME);
	up(ike_sa);
	stub = keeper->get(keeper, TEST_SPI_R, NULL);
	ck_assert(stub->expires <= (uint64_t)time(NULL) + 300);
	ck_assert(stub->reauth && stub->reauth <= (uint64_t)time(NULL) + 300);
	end(ike_sa, FALSE);
	ike_sa = create(SPI_I_2, SPI_R_2, FALSE, NULL);
	capture->resumed(capture, ike_sa, stub, chunk_empty);
	stub_unref(stub);
	stub = keeper->get(keeper, SPI_R_2, NULL);
	ck_assert(stub->expires <= (uint64_t)time(NULL) + 300);
	stub_unref(stub);
	end(ike_sa, FALSE);
}
END_TEST

/**
 * G3: resumptions in a row are limited, unless there was a new key exchange.
 */
START_TEST(test_chain)
{
	ike_sa_t *ike_sa;
	stub_t *stub;
	u_int i;

	end(create_agreed(), FALSE);
	stub = keeper->get(keeper, TEST_SPI_R, NULL);
	for (i = 1; i <= 4; i++)
	{
		ike_sa = create(SPI_I_2, htobe64(i), FALSE, NULL);
		capture->resumed(capture, ike_sa, stub,
						 i < 3 ? chunk_from_str("fresh") : chunk_empty);
		end(ike_sa, FALSE);
		ck_assert_int_eq(has(htobe64(i)), i < 4);
		if (i < 4)
		{
			stub_unref(stub);
			stub = keeper->get(keeper, htobe64(i), NULL);
			ck_assert_int_eq(stub->chain, i < 3 ? 0 : 1);
		}
	}
	stub_unref(stub);
}
END_TEST

/**
 * X13, X16: a client's stub is taken once, and goes with its IKE SA.
 */
START_TEST(test_client)
{
	ike_sa_t *ike_sa;
	stub_t *stub;

	ike_sa = create(TEST_SPI_I, TEST_SPI_R, TRUE, NULL);
	auth(ike_sa, FALSE, TRUE, 600);
	up(ike_sa);
	ck_assert_int_eq(keeper->count(keeper), 0);
	stub = capture->take(capture, ike_sa);
	ck_assert(stub);
	ck_assert_int_eq(stub->role, STUB_CLIENT);
	ck_assert(stub_get_gateway_spi(stub) == TEST_SPI_R);
	ck_assert(stub_get_index(stub) == TEST_SPI_I);
	stub_unref(stub);
	ck_assert(!capture->take(capture, ike_sa));
	end(ike_sa, FALSE);

	ike_sa = create(SPI_I_2, SPI_R_2, TRUE, NULL);
	auth(ike_sa, FALSE, TRUE, 600);
	up(ike_sa);
	capture->listener.ike_state_change(&capture->listener, ike_sa,
									   IKE_DELETING);
	ck_assert(!capture->take(capture, ike_sa));
	end(ike_sa, FALSE);
}
END_TEST

static Suite *stub_capture_suite()
{
	Suite *s = suite_create("stub capture");
	TCase *tc;

	tc = tcase_create("capture");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_no_offer);
	tcase_add_test(tc, test_deleted);
	tcase_add_test(tc, test_died);
	tcase_add_test(tc, test_rekeyed);
	tcase_add_test(tc, test_reauth);
	tcase_add_test(tc, test_chain);
	tcase_add_test(tc, test_client);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	return stub_test_run(stub_capture_suite(), "random nonce openssl kdf");
}
