/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_test.h"
#include "stub_check.h"
#include "stub_keys.h"

#include <sa/ikev2/keymat_v2.h>

#define SPI_I_NEW htobe64(0x2122232425262728ULL)
#define SPI_R_NEW htobe64(0x3132333435363738ULL)

/** nonces */
#define NI chunk_from_str("nonce of the initiator, 32 octets")
#define NR chunk_from_str("nonce of the responder, 32 octets")

/** secret of a new key exchange */
#define FRESH chunk_from_str("fresh secret")

/**
 * An IKE_SA with the functions that are called.
 */
typedef struct {
	ike_sa_t public;
	ike_sa_id_t *id;
	keymat_v2_t *keymat;
} fake_ike_sa_t;

METHOD(ike_sa_t, get_id, ike_sa_id_t*,
	fake_ike_sa_t *this)
{
	return this->id;
}

METHOD(ike_sa_t, get_keymat, keymat_t*,
	fake_ike_sa_t *this)
{
	return &this->keymat->keymat;
}

/**
 * charon with the functions above.
 */
METHOD(bus_t, ike_derived_keys, void,
	bus_t *this, chunk_t sk_d, chunk_t sk_ai, chunk_t sk_ar, chunk_t sk_ei,
	chunk_t sk_er, chunk_t sk_pi, chunk_t sk_pr)
{
}

static void fake_log(bus_t *this, debug_t group, level_t level, char *fmt, ...)
{
}

static bus_t bus = {
	.log = fake_log,
};
static daemon_t fake_charon = { .bus = &bus };

/**
 * HMAC-SHA-256.
 */
static chunk_t hmac(chunk_t key, chunk_t data)
{
	chunk_t out;
	prf_t *prf;

	prf = lib->crypto->create_prf(lib->crypto, PRF_HMAC_SHA2_256);
	ck_assert(prf && prf->set_key(prf, key) &&
			  prf->allocate_bytes(prf, data, &out));
	prf->destroy(prf);
	return out;
}

/**
 * SK_d of the new IKE SA, calculated step by step: SKEYSEED = prf(SK_d, g^ir |
 * Ni | Nr | more), SK_d is the start of prf+(SKEYSEED, Ni | Nr | SPIi | SPIr).
 */
static chunk_t expected_skd(stub_t *stub, chunk_t fresh)
{
	uint64_t i = SPI_I_NEW, r = SPI_R_NEW;
	chunk_t seed, skeyseed, sk_d;

	seed = chunk_cat("ccccc", stub->secret, NI, NR, stub->additional, fresh);
	skeyseed = hmac(stub->sk_d, seed);
	chunk_free(&seed);
	seed = chunk_cat("ccccc", NI, NR, chunk_from_thing(i), chunk_from_thing(r),
					 chunk_from_chars(1));
	sk_d = hmac(skeyseed, seed);
	chunk_free(&seed);
	chunk_free(&skeyseed);
	return sk_d;
}

/**
 * Derive the keys of one side.
 */
static fake_ike_sa_t derive(stub_t *stub, bool initiator, chunk_t fresh)
{
	fake_ike_sa_t ike_sa = {
		.public = {
			.get_id = _get_id,
			.get_keymat = _get_keymat,
		},
		.id = ike_sa_id_create(IKEV2_MAJOR_VERSION, SPI_I_NEW, SPI_R_NEW,
							   initiator),
		.keymat = keymat_v2_create(initiator),
	};

	ck_assert(stub_keys_derive(stub, &ike_sa.public, NI, NR, fresh));
	return ike_sa;
}

/**
 * Check the keys of both sides.
 */
static void check_keys(stub_t *stub, chunk_t fresh)
{
	fake_ike_sa_t client, gateway;
	chunk_t expected, sk_d;

	expected = expected_skd(stub, fresh);
	client = derive(stub, TRUE, fresh);
	gateway = derive(stub, FALSE, fresh);
	ck_assert_int_eq(client.keymat->get_skd(client.keymat, &sk_d),
					 PRF_HMAC_SHA2_256);
	ck_assert(chunk_equals(sk_d, expected));
	gateway.keymat->get_skd(gateway.keymat, &sk_d);
	ck_assert(chunk_equals(sk_d, expected));
	client.keymat->keymat.destroy(&client.keymat->keymat);
	gateway.keymat->keymat.destroy(&gateway.keymat->keymat);
	client.id->destroy(client.id);
	gateway.id->destroy(gateway.id);
	chunk_clear(&expected);
}

/**
 * X5, X6: the key schedule is that of a rekeying, with charon's own keymat, for
 * one and for several key exchanges, and with a new one.
 */
START_TEST(test_derive)
{
	stub_t *stub = stub_test_create(TEST_SPI_R, 100);

	check_keys(stub, chunk_empty);
	check_keys(stub, FRESH);
	chunk_clear(&stub->additional);
	check_keys(stub, chunk_empty);
	check_keys(stub, FRESH);
	stub_unref(stub);
}
END_TEST

/**
 * G3: hardened keys don't contain those of the IKE SA.
 */
START_TEST(test_hardened)
{
	chunk_t sk_d = chunk_from_str("0123456789abcdef0123456789abcdef");
	chunk_t secret = chunk_from_str("g^ir"), more = chunk_from_str("more");
	uint64_t i = TEST_SPI_I, r = TEST_SPI_R;
	chunk_t seed, s1, s2;
	stub_t *stub;

	seed = chunk_cat("ccc", chunk_from_str("stub key"), chunk_from_thing(i),
					 chunk_from_thing(r));
	s1 = hmac(sk_d, seed);
	chunk_free(&seed);
	s2 = hmac(s1, chunk_from_str("g^irmore"));
	stub = stub_create();
	stub->spi_i = TEST_SPI_I;
	stub->spi_r = TEST_SPI_R;
	ck_assert(stub_keys_set(stub, PRF_HMAC_SHA2_256, sk_d, secret, more, TRUE));
	ck_assert(stub->hardened);
	ck_assert(chunk_equals(stub->sk_d, s1));
	ck_assert(chunk_equals(stub->secret, s2));
	ck_assert_int_eq(stub->additional.len, 0);
	stub_unref(stub);
	stub = stub_create();
	ck_assert(stub_keys_set(stub, PRF_HMAC_SHA2_256, sk_d, secret, more,
							FALSE));
	ck_assert(chunk_equals(stub->sk_d, sk_d));
	ck_assert(chunk_equals(stub->secret, secret));
	ck_assert(chunk_equals(stub->additional, more));
	stub_unref(stub);
	chunk_free(&s1);
	chunk_free(&s2);
}
END_TEST

/**
 * G1, G7: proofs are as specified, and depend on all they are about.
 */
START_TEST(test_proof)
{
	chunk_t syn = chunk_from_str("syn"), proof, other, key, seed;
	uint64_t i = TEST_SPI_I, r = TEST_SPI_R, n = SPI_I_NEW;
	stub_t *stub = stub_test_create(TEST_SPI_R, 100);

	seed = chunk_cat("ccc", chunk_from_str("stub proof"), chunk_from_thing(i),
					 chunk_from_thing(r));
	key = hmac(stub->sk_d, seed);
	chunk_free(&seed);
	seed = chunk_cat("cccc", chunk_from_str("i"), chunk_from_thing(n), NI, syn);
	other = hmac(key, seed);
	chunk_free(&seed);
	chunk_free(&key);
	ck_assert(stub_keys_proof_i(stub, SPI_I_NEW, NI, syn, &proof));
	ck_assert(chunk_equals(proof, other));
	chunk_free(&other);
	ck_assert(stub_keys_proof_i(stub, SPI_R_NEW, NI, syn, &other));
	ck_assert(!chunk_equals(proof, other));
	chunk_free(&other);
	ck_assert(stub_keys_proof_i(stub, SPI_I_NEW, NR, syn, &other));
	ck_assert(!chunk_equals(proof, other));
	chunk_free(&other);
	ck_assert(stub_keys_proof_i(stub, SPI_I_NEW, NI, NI, &other));
	ck_assert(!chunk_equals(proof, other));
	chunk_free(&other);
	chunk_free(&proof);
	ck_assert(stub_keys_proof_r(stub, SPI_I_NEW, SPI_R_NEW, NI, NR, &proof));
	ck_assert(stub_keys_proof_r(stub, SPI_I_NEW, SPI_I_NEW, NI, NR, &other));
	ck_assert(!chunk_equals(proof, other));
	chunk_free(&other);
	chunk_free(&proof);
	stub_unref(stub);
}
END_TEST

/**
 * G1: a gateway accepts the right proof only, and the right address.
 */
START_TEST(test_check)
{
	stub_t *stub = stub_test_create(TEST_SPI_R, 100);
	stub_request_t request = { .spi_i = SPI_I_NEW, .nonce = NI };

	request.data = stub_syn_encode(TEST_SPI_R, stub->gateway);
	ck_assert(stub_syn_parse(request.data, &request.syn));
	ck_assert(!stub_check_proof(stub, &request, TRUE));
	ck_assert(stub_check_proof(stub, &request, FALSE));
	ck_assert(stub_keys_proof_i(stub, SPI_I_NEW, NI, request.syn.body,
								&request.proof));
	ck_assert(stub_check_proof(stub, &request, TRUE));
	ck_assert(stub_check_address(stub, &request));
	request.data.ptr[STUB_SPI_LEN]++;
	ck_assert(!stub_check_address(stub, &request));
	ck_assert(!stub_check_proof(stub, &request, TRUE));
	/* a gateway behind a NAT does not know its address */
	stub->any_address = TRUE;
	ck_assert(stub_check_address(stub, &request));
	request.data.ptr[STUB_SPI_LEN]--;
	request.proof.ptr[0]++;
	ck_assert(!stub_check_proof(stub, &request, FALSE));
	chunk_free(&request.data);
	chunk_free(&request.proof);
	stub_unref(stub);
}
END_TEST

static Suite *stub_keys_suite()
{
	Suite *s = suite_create("stub keys");
	TCase *tc;

	tc = tcase_create("keys");
	tcase_add_test(tc, test_derive);
	tcase_add_test(tc, test_hardened);
	tcase_add_test(tc, test_proof);
	tcase_add_test(tc, test_check);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	bus.ike_derived_keys = _ike_derived_keys;
	charon = &fake_charon;
	return stub_test_run(stub_keys_suite(), "random nonce openssl kdf");
}
