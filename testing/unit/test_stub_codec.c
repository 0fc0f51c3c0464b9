/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_test.h"
#include "stub_codec.h"
#include "stub_seal.h"

/**
 * Compare identities.
 */
static void assert_id(identification_t *a, identification_t *b)
{
	ck_assert(a && b && a->equals(a, b));
}

/**
 * What is encoded is there again.
 */
START_TEST(test_round_trip)
{
	stub_auth_t *auth;
	stub_attr_t *attr;
	chunk_t data, again;
	stub_t *in, *out;
	host_t *vip;

	in = stub_test_create(TEST_SPI_R, 100);
	data = stub_encode(in);
	ck_assert(data.len > 0);
	out = stub_decode(data);
	ck_assert(out != NULL);
	ck_assert(out->spi_i == in->spi_i && out->spi_r == in->spi_r);
	ck_assert(!out->gateway_initiator && !out->any_address && out->pfs);
	ck_assert(in->gateway->equals(in->gateway, out->gateway));
	ck_assert(in->proposal->equals(in->proposal, out->proposal));
	ck_assert_int_eq(out->prf, in->prf);
	ck_assert(chunk_equals(in->sk_d, out->sk_d));
	ck_assert(chunk_equals(in->secret, out->secret));
	ck_assert(chunk_equals(in->additional, out->additional));
	assert_id(in->gateway_id, out->gateway_id);
	assert_id(in->client_id, out->client_id);
	ck_assert_int_eq(array_count(out->auths), 2);
	array_get(out->auths, 0, &auth);
	ck_assert(!auth->gateway && auth->eap_type == EAP_MSCHAPV2);
	ck_assert_int_eq(array_count(auth->groups), 1);
	array_get(out->auths, 1, &auth);
	ck_assert(auth->gateway && auth->auth_class == AUTH_CLASS_PUBKEY);
	ck_assert_str_eq(out->peer_cfg, "rw");
	ck_assert_int_eq(out->extensions, in->extensions);
	ck_assert_int_eq(out->conditions, in->conditions);
	ck_assert_int_eq(array_count(out->vips), 2);
	array_get(out->vips, 1, &vip);
	ck_assert_int_eq(vip->get_family(vip), AF_INET6);
	array_get(out->attrs, 0, &attr);
	ck_assert_int_eq(attr->type, INTERNAL_IP4_DNS);
	ck_assert(out->expires == in->expires && out->reauth == in->reauth);
	ck_assert(out->lifetime == in->lifetime && out->chain == in->chain);
	again = stub_encode(out);
	ck_assert(chunk_equals(data, again));
	chunk_clear(&data);
	chunk_clear(&again);
	stub_unref(in);
	stub_unref(out);
}
END_TEST

/**
 * Truncated at every octet, and with every octet changed: no crash, and what is
 * missing something is refused.
 */
START_TEST(test_malformed)
{
	stub_t *in, *out;
	chunk_t data;
	u_int i;

	in = stub_test_create(TEST_SPI_R, 100);
	data = stub_encode(in);
	for (i = 0; i < data.len; i++)
	{
		out = stub_decode(chunk_create(data.ptr, i));
		stub_unref(out);
		data.ptr[i] ^= 0xff;
		stub_unref(stub_decode(data));
		data.ptr[i] ^= 0xff;
	}
	ck_assert(!stub_decode(chunk_create(data.ptr, 100)));
	ck_assert(!stub_decode(chunk_empty));
	chunk_clear(&data);
	stub_unref(in);
}
END_TEST

/**
 * G5: nothing is to be seen in a record, it's for one index and one key only.
 */
START_TEST(test_seal)
{
	uint8_t hash[STUB_HASH_LEN], other[STUB_HASH_LEN];
	stub_seal_t *seal, *foreign;
	chunk_t record, again;
	stub_t *stub, *out;
	u_int i;

	seal = stub_seal_create(chunk_from_str("secret of the cluster, 32 octets"));
	foreign = stub_seal_create(chunk_from_str("another secret of 32 octets"));
	stub = stub_test_create(TEST_SPI_R, 100);
	seal->hash(seal, stub_get_index(stub), hash);
	foreign->hash(foreign, stub_get_index(stub), other);
	ck_assert(!memeq(hash, other, sizeof(hash)));
	seal->hash(seal, TEST_SPI_I, other);
	ck_assert(!memeq(hash, other, sizeof(hash)));

	record = seal->seal(seal, stub);
	ck_assert(stub_seal_expires(record) == stub->expires);
	ck_assert(!memmem(record.ptr, record.len, "carol", 5));
	ck_assert(!memmem(record.ptr, record.len, &stub->spi_r, 8));
	ck_assert(!memmem(record.ptr, record.len, "secret", 6));
	again = seal->seal(seal, stub);
	ck_assert(!chunk_equals(record, again));
	chunk_free(&again);

	out = seal->open(seal, hash, record);
	ck_assert(out && out->spi_r == stub->spi_r);
	stub_unref(out);
	/* swapped, of another cluster, changed, truncated */
	ck_assert(!seal->open(seal, other, record));
	ck_assert(!foreign->open(foreign, hash, record));
	for (i = 0; i < record.len; i++)
	{
		record.ptr[i] ^= 1;
		ck_assert(!seal->open(seal, hash, record));
		record.ptr[i] ^= 1;
		ck_assert(!seal->open(seal, hash, chunk_create(record.ptr, i)));
	}
	chunk_free(&record);
	stub_unref(stub);
	seal->destroy(seal);
	foreign->destroy(foreign);
}
END_TEST

static Suite *stub_codec_suite()
{
	Suite *s = suite_create("stub codec");
	TCase *tc;

	tc = tcase_create("codec");
	tcase_add_test(tc, test_round_trip);
	tcase_add_test(tc, test_malformed);
	suite_add_tcase(s, tc);
	tc = tcase_create("seal");
	tcase_add_test(tc, test_seal);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	return stub_test_run(stub_codec_suite(), "random openssl");
}
