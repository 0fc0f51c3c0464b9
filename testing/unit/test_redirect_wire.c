/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>

#include "ike_wire_redirect.h"
#include "redirect_lease_message.h"
#include "redirect_load.h"

/** a nonce of the shortest length */
#define NONCE "0123456789abcdef"

/**
 * Check that data is parsed and made again, and is refused if it is cut; with a
 * nonce it's also valid with none.
 */
static void check_data(chunk_t data, bool from, uint8_t type, uint16_t port,
					   chunk_t identity, chunk_t nonce)
{
	ike_wire_gateway_t gateway;
	chunk_t again, copy;
	size_t len;

	ck_assert(ike_wire_gateway_parse(data, from, &gateway));
	ck_assert_uint_eq(gateway.type, type);
	ck_assert_uint_eq(gateway.port, port);
	ck_assert(chunk_equals(gateway.identity, identity));
	ck_assert_uint_eq(gateway.nonce.len, nonce.len);
	ck_assert(!nonce.len || chunk_equals(gateway.nonce, nonce));
	again = ike_wire_gateway_build(&gateway);
	ck_assert(chunk_equals(again, data));
	chunk_free(&again);
	for (len = 0; len < data.len; len++)
	{
		copy = chunk_clone(chunk_create(data.ptr, len));
		ck_assert(!ike_wire_gateway_parse(copy, from, &gateway) ||
				  (nonce.len && len == data.len - nonce.len));
		chunk_free(&copy);
	}
}

/**
 * R4: the registry of RFC 5685, 9.1, not that of identities; V1.
 */
START_TEST(test_types)
{
	chunk_t v4 = chunk_from_chars(192,0,2,1);
	chunk_t v6 = chunk_from_chars(0x20,1,0xd,0xb8,0,0,0,0,0,0,0,0,0,0,0,1);

	check_data(chunk_from_chars(1,4,192,0,2,1), FALSE, 1, 0, v4, chunk_empty);
	check_data(chunk_from_chars(1,4,192,0,2,1), TRUE, 1, 0, v4, chunk_empty);
	check_data(chunk_from_chars(2,16,0x20,1,0xd,0xb8,0,0,0,0,0,0,0,0,0,0,0,1),
			   TRUE, 2, 0, v6, chunk_empty);
	check_data(chunk_from_str("\x03\x0bgw1.example"), FALSE, 3, 0,
			   chunk_from_str("gw1.example"), chunk_empty);
	check_data(chunk_from_str("\x03\x03gw1" NONCE), FALSE, 3, 0,
			   chunk_from_str("gw1"), chunk_from_str(NONCE));
	check_data(chunk_from_chars(241,6,192,0,2,1,0x29,4), FALSE, 1, 10500, v4,
			   chunk_empty);
	check_data(chunk_from_chars(242,18,0x20,1,0xd,0xb8,0,0,0,0,0,0,0,0,0,0,0,1,
								1,244), FALSE, 2, 500, v6, chunk_empty);
	check_data(chunk_from_chars(243,5,0x29,4,'g','w','1'), FALSE, 3, 10500,
			   chunk_from_str("gw1"), chunk_empty);
}
END_TEST

/**
 * V1: what is refused.
 */
START_TEST(test_malformed)
{
	ike_wire_gateway_t gateway;
	u_char all[2 + 255 + IKE_WIRE_NONCE_MAX + 1];
	chunk_t bad[] = {
		chunk_empty,
		chunk_from_chars(1,4,192,0,2),
		chunk_from_chars(1,3,192,0,2),
		chunk_from_chars(1,5,192,0,2,1,1),
		chunk_from_chars(1,16,0x20,1,0xd,0xb8,0,0,0,0,0,0,0,0,0,0,0,1),
		chunk_from_chars(2,4,192,0,2,1),
		chunk_from_chars(3,0),
		chunk_from_chars(3,3,'g',0,'w'),
		chunk_from_chars(3,3,'g',' ','w'),
		chunk_from_chars(3,3,'g','.','.'),
		chunk_from_chars(3,3,'.','g','w'),
		chunk_from_chars(3,3,'g','%','n'),
		chunk_from_chars(0,4,192,0,2,1),
		chunk_from_chars(4,4,192,0,2,1),
		chunk_from_chars(5,16,0x20,1,0xd,0xb8,0,0,0,0,0,0,0,0,0,0,0,1),
		chunk_from_chars(241,4,192,0,2,1),
		chunk_from_chars(241,6,192,0,2,1,0,0),
		chunk_from_chars(243,2,1,244),
		chunk_from_chars(244,4,192,0,2,1),
		/* a nonce that is none */
		chunk_from_chars(1,4,192,0,2,1,1),
		chunk_from_str("\x03\x03gw1" "0123456789abcde"),
	};
	u_int i;

	for (i = 0; i < countof(bad); i++)
	{
		ck_assert_msg(!ike_wire_gateway_parse(bad[i], FALSE, &gateway),
					  "%u", i);
	}
	/* REDIRECTED_FROM: an address and nothing else */
	ck_assert(!ike_wire_gateway_parse(chunk_from_str("\x03\x03gw1"), TRUE,
									  &gateway));
	ck_assert(!ike_wire_gateway_parse(
							chunk_from_chars(1,4,192,0,2,1,1), TRUE, &gateway));
	ck_assert(!ike_wire_gateway_parse(
				chunk_from_chars(241,6,192,0,2,1,0x29,4), TRUE, &gateway));
	/* longest nonce, longest name */
	memset(all, 'a', sizeof(all));
	all[0] = 3;
	all[1] = 255;
	for (i = 2 + 63; i < 2 + 255; i += 64)
	{
		all[i] = '.';
	}
	ck_assert(ike_wire_gateway_parse(chunk_create(all, sizeof(all) - 1), FALSE,
									 &gateway));
	ck_assert_uint_eq(gateway.identity.len, 255);
	ck_assert(!ike_wire_gateway_parse(chunk_create(all, sizeof(all)), FALSE,
									  &gateway));
	/* a label that is too long */
	all[2 + 63] = 'a';
	ck_assert(!ike_wire_gateway_parse(chunk_create(all, 2 + 255), FALSE,
									  &gateway));
}
END_TEST

/**
 * V2: an address in writing is an address.
 */
START_TEST(test_hosts)
{
	ike_wire_gateway_t gateway;
	identification_t *id;
	host_t *host;

	ck_assert(ike_wire_gateway_parse(chunk_from_str("\x03\x09" "192.0.2.1"),
									 FALSE, &gateway));
	host = ike_wire_gateway_to_host(&gateway);
	ck_assert(host);
	ck_assert_uint_eq(host->get_port(host), 500);
	host->destroy(host);
	ck_assert(ike_wire_gateway_parse(chunk_from_str("\x03\x07" "fec0::1"),
									 FALSE, &gateway));
	host = ike_wire_gateway_to_host(&gateway);
	ck_assert(host && host->get_family(host) == AF_INET6);
	host->destroy(host);
	ck_assert(ike_wire_gateway_parse(chunk_from_str("\x03\x02" "gw"), FALSE,
									 &gateway));
	ck_assert(!ike_wire_gateway_to_host(&gateway));
	id = ike_wire_gateway_to_id(&gateway);
	ck_assert_int_eq(id->get_type(id), ID_FQDN);
	ck_assert(ike_wire_gateway_from_id(id, 0, &gateway));
	id->destroy(id);
	id = identification_create_from_string("C=CH, CN=gw");
	ck_assert(!ike_wire_gateway_from_id(id, 0, &gateway));
	id->destroy(id);
}
END_TEST

/**
 * A load, with all there is.
 */
START_TEST(test_load)
{
	redirect_load_t load = {
		.ipv4 = host_create_from_string("192.0.2.1", 10500),
		.ipv6 = host_create_from_string("fec0::1", 0),
		.inner = host_create_from_string("10.1.0.1", 0),
		.fqdn = strdup("gw1.example.org"),
		.weight = 200, .limit = 5000, .ike_sas = 70000, .half_open = 3,
		.jobs = 12, .busy = 703, .cpu = 99, .draining = TRUE, .full = TRUE,
	}, got, copy;
	chunk_t data, cut;
	size_t len;

	data = redirect_load_encode(&load);
	ck_assert(redirect_load_decode(data, &got));
	ck_assert(load.ipv4->equals(load.ipv4, got.ipv4));
	ck_assert(load.ipv6->equals(load.ipv6, got.ipv6));
	ck_assert(load.inner->ip_equals(load.inner, got.inner));
	ck_assert_str_eq(load.fqdn, got.fqdn);
	ck_assert_uint_eq(got.weight, 200);
	ck_assert_uint_eq(got.limit, 5000);
	ck_assert_uint_eq(got.ike_sas, 70000);
	ck_assert_uint_eq(got.half_open, 3);
	ck_assert_uint_eq(got.busy, 703);
	ck_assert_uint_eq(got.jobs, 12);
	ck_assert_uint_eq(got.cpu, 99);
	ck_assert(got.draining && got.full);
	redirect_load_copy(&got, &copy);
	redirect_load_clear(&got);
	ck_assert_str_eq(load.fqdn, copy.fqdn);
	redirect_load_clear(&copy);
	for (len = 0; len < data.len; len++)
	{
		cut = chunk_clone(chunk_create(data.ptr, len));
		if (redirect_load_decode(cut, &got))
		{	/* cut between attributes */
			redirect_load_clear(&got);
		}
		chunk_free(&cut);
	}
	chunk_free(&data);
	redirect_load_clear(&load);
	/* a newer member's attribute is skipped */
	ck_assert(redirect_load_decode(chunk_from_chars(200,0,2,1,2,10,0,1,50),
								   &got));
	ck_assert_uint_eq(got.cpu, 50);
	ck_assert_uint_eq(got.weight, REDIRECT_WEIGHT_DEFAULT);
	redirect_load_clear(&got);
	/* values out of range */
	ck_assert(!redirect_load_decode(chunk_from_chars(10,0,1,101), &got));
	ck_assert(!redirect_load_decode(chunk_from_chars(5,0,0), &got));
	ck_assert(!redirect_load_decode(chunk_from_chars(5,0,3,1,0,0), &got));
	ck_assert(!redirect_load_decode(chunk_from_chars(3,0,2,'a',' '), &got));
	ck_assert(!redirect_load_decode(
					chunk_from_chars(2,0,6,0,0,192,0,2,1), &got));
	ck_assert(!redirect_load_decode(
					chunk_from_chars(1,0,6,0,0,0,0,0,0), &got));
}
END_TEST

/**
 * A lease.
 */
START_TEST(test_lease)
{
	identification_t *id, *got;
	host_t *vip, *address, *gateway;
	chunk_t data, cut;
	size_t len;

	vip = host_create_from_string("10.3.0.1", 0);
	id = identification_create_from_string("carol@strongswan.org");
	data = redirect_lease_encode(vip, id, vip);
	ck_assert(redirect_lease_decode(data, &address, &got, &gateway));
	ck_assert(gateway && gateway->ip_equals(gateway, vip));
	gateway->destroy(gateway);
	address->destroy(address);
	got->destroy(got);
	chunk_free(&data);
	data = redirect_lease_encode(vip, id, NULL);
	ck_assert(redirect_lease_decode(data, &address, &got, &gateway));
	ck_assert(!gateway);
	ck_assert(address->ip_equals(address, vip));
	ck_assert(got->equals(got, id));
	address->destroy(address);
	got->destroy(got);
	for (len = 0; len < data.len; len++)
	{
		cut = chunk_clone(chunk_create(data.ptr, len));
		ck_assert(!redirect_lease_decode(cut, &address, &got, &gateway));
		ck_assert(!address && !got);
		chunk_free(&cut);
	}
	chunk_free(&data);
	vip->destroy(vip);
	id->destroy(id);
}
END_TEST

static Suite *redirect_wire_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("redirect_wire");
	tc = tcase_create("redirect_wire");
	tcase_add_test(tc, test_types);
	tcase_add_test(tc, test_malformed);
	tcase_add_test(tc, test_hosts);
	tcase_add_test(tc, test_load);
	tcase_add_test(tc, test_lease);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_redirect_wire"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(redirect_wire_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
