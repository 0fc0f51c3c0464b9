/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>

#include "ike_wire_check.h"
#include "ike_wire_notify.h"
#include "ike_wire_redirect.h"

/**
 * F1, M2: INVALID_IKE_SPI and a token, as on the wire (RFC 6290, 4.5).
 */
static u_char wire[] = {
	0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
	0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
	41, 0x20, 37, 0x20, 0x00, 0x00, 0x00, 0x4d,
	0x00, 0x00, 0x00, 0x3c,
	41, 0x00, 0x00, 0x08, 0, 0, 0x00, 0x04,
	0, 0x00, 0x00, 0x18, 1, 0, 0x40, 0x23,
	0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
	0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
};

/**
 * Parse a copy of the message in memory of just that size.
 */
static bool parse_copy(chunk_t data)
{
	ike_wire_message_t message;
	chunk_t copy;
	bool ok;

	copy = chunk_clone(data);
	ok = ike_wire_notify_parse(copy, &message);
	chunk_free(&copy);
	return ok;
}

START_TEST(test_build)
{
	ike_wire_message_t message = {
		.header = {
			.spi_i = htobe64(0x0102030405060708ULL),
			.spi_r = htobe64(0x1112131415161718ULL),
			.exchange = 37,
			.response = TRUE,
			.mid = 0x4d,
		},
	};
	chunk_t data;

	ike_wire_notify_add(&message, 0, IKE_WIRE_INVALID_IKE_SPI, chunk_empty,
						chunk_empty);
	ike_wire_notify_add(&message, 1, IKE_WIRE_QCD_TOKEN, chunk_empty,
						chunk_create(wire + sizeof(wire) - 16, 16));
	data = ike_wire_notify_build(&message);
	ck_assert(chunk_equals(data, chunk_from_thing(wire)));
	chunk_free(&data);
}
END_TEST

START_TEST(test_parse)
{
	ike_wire_message_t message;

	ck_assert(ike_wire_notify_possible(chunk_from_thing(wire)));
	ck_assert(ike_wire_notify_parse(chunk_from_thing(wire), &message));
	ck_assert(message.header.spi_i == htobe64(0x0102030405060708ULL));
	ck_assert(message.header.spi_r == htobe64(0x1112131415161718ULL));
	ck_assert(message.header.response && !message.header.initiator);
	ck_assert_uint_eq(message.header.mid, 0x4d);
	ck_assert_uint_eq(message.count, 2);
	ck_assert_uint_eq(message.notifies[0].type, IKE_WIRE_INVALID_IKE_SPI);
	ck_assert_uint_eq(message.notifies[1].type, IKE_WIRE_QCD_TOKEN);
	ck_assert_uint_eq(message.notifies[1].protocol, 1);
	ck_assert_uint_eq(message.notifies[1].data.len, 16);
}
END_TEST

/**
 * Cut off anywhere, it is refused; with the header's length corrected, too,
 * unless it ends after a payload whose successor is none.
 */
START_TEST(test_truncated)
{
	chunk_t data;
	size_t len;

	for (len = 0; len < sizeof(wire); len++)
	{
		ck_assert(!parse_copy(chunk_create(wire, len)));
		if (len >= IKE_WIRE_HEADER_LEN)
		{
			data = chunk_clone(chunk_create(wire, len));
			htoun32(data.ptr + 24, len);
			ck_assert(!parse_copy(data));
			chunk_free(&data);
		}
	}
}
END_TEST

/**
 * Octets of the message and a value that makes it wrong.
 */
START_TEST(test_malformed)
{
	struct {
		size_t pos;
		u_char value;
	} tests[] = {
		/* IKEv1 */
		{ 17, 0x10 },
		/* first payload SK, SA */
		{ 16, 46 }, { 16, 33 },
		/* length of message and payloads */
		{ 27, 0x3b }, { 27, 0x3d }, { 31, 0x07 }, { 31, 0x03 }, { 39, 0x17 },
		{ 39, 0x19 }, { 38, 0xff },
		/* SPI longer than the payload */
		{ 41, 17 },
		/* next payload missing */
		{ 36, 41 },
	};
	chunk_t data;
	u_int i;

	for (i = 0; i < countof(tests); i++)
	{
		data = chunk_clone(chunk_from_thing(wire));
		data.ptr[tests[i].pos] = tests[i].value;
		ck_assert_msg(!parse_copy(data), "test %u", i);
		chunk_free(&data);
	}
}
END_TEST

START_TEST(test_not_possible)
{
	chunk_t data;

	data = chunk_clone(chunk_from_thing(wire));
	/* IKE_SA_INIT, whose notifies are in the clear */
	data.ptr[18] = 34;
	ck_assert(!ike_wire_notify_possible(data));
	data.ptr[18] = 37;
	data.ptr[16] = 46;
	ck_assert(!ike_wire_notify_possible(data));
	data.ptr[16] = 41;
	data.ptr[17] = 0x10;
	ck_assert(!ike_wire_notify_possible(data));
	data.ptr[17] = 0x20;
	ck_assert(ike_wire_notify_possible(data));
	data.len = IKE_WIRE_HEADER_LEN - 1;
	ck_assert(!ike_wire_notify_possible(data));
	/* M5: protected requests */
	data.len = IKE_WIRE_HEADER_LEN;
	data.ptr[16] = 46;
	data.ptr[19] = 0x08;
	ck_assert(ike_wire_request_possible(data));
	data.ptr[16] = 53;
	data.ptr[18] = 36;
	ck_assert(ike_wire_request_possible(data));
	data.ptr[19] = 0x28;
	ck_assert(!ike_wire_request_possible(data));
	data.ptr[19] = 0x08;
	data.ptr[18] = 35;
	ck_assert(!ike_wire_request_possible(data));
	data.ptr[18] = 37;
	data.ptr[16] = 41;
	ck_assert(!ike_wire_request_possible(data));
	data.ptr[16] = 46;
	data.ptr[17] = 0x10;
	ck_assert(!ike_wire_request_possible(data));
	data.ptr[17] = 0x20;
	data.len--;
	ck_assert(!ike_wire_request_possible(data));
	free(data.ptr);
}
END_TEST

/**
 * T3: four tokens have to be looked at; more than IKE_WIRE_NOTIFY_MAX notifies
 * are refused.
 */
START_TEST(test_many)
{
	ike_wire_message_t message = {}, again;
	chunk_t data, more;
	u_int i;

	for (i = 0; i < IKE_WIRE_NOTIFY_MAX + 3; i++)
	{
		ike_wire_notify_add(&message, 1, IKE_WIRE_QCD_TOKEN, chunk_empty,
							chunk_create(wire, 16 + i));
	}
	ck_assert_uint_eq(message.count, IKE_WIRE_NOTIFY_MAX);
	data = ike_wire_notify_build(&message);
	ck_assert(ike_wire_notify_parse(data, &again));
	ck_assert_uint_eq(again.count, IKE_WIRE_NOTIFY_MAX);
	ck_assert_uint_eq(again.notifies[15].data.len, 31);
	/* one before all others */
	more = chunk_cat("ccc", chunk_create(data.ptr, IKE_WIRE_HEADER_LEN),
					 chunk_from_chars(41, 0, 0, 8, 0, 0, 0, 4),
					 chunk_skip(data, IKE_WIRE_HEADER_LEN));
	htoun32(more.ptr + 24, more.len);
	ck_assert(!parse_copy(more));
	chunk_free(&more);
	chunk_free(&data);
}
END_TEST

START_TEST(test_check_spi)
{
	u_char buf[4 + 255] = { 2, 21 };
	ike_wire_check_t check = {
		.spi_i = 1,
		.spi_r = 2,
		.type = IKE_WIRE_CHECK_NACK,
		.cookie = chunk_create(buf + 4, 21),
	}, again;
	ike_wire_notify_t notify = { .protocol = 1 };
	chunk_t spi, data;

	data = ike_wire_check_encode(&check, &spi);
	ck_assert(chunk_equals(data, chunk_create(buf, 25)));
	notify.spi = spi;
	notify.data = data;
	ck_assert(ike_wire_check_parse(&notify, &again));
	ck_assert(again.spi_i == 1 && again.spi_r == 2);
	ck_assert_uint_eq(again.type, IKE_WIRE_CHECK_NACK);
	ck_assert_uint_eq(again.cookie.len, 21);
	/* for ESP, another SPI, too short, too long, unknown subtype */
	notify.protocol = 3;
	ck_assert(!ike_wire_check_parse(&notify, &again));
	notify.protocol = 1;
	notify.spi.len = 8;
	ck_assert(!ike_wire_check_parse(&notify, &again));
	notify.spi.len = 16;
	notify.data.len = 24;
	ck_assert(!ike_wire_check_parse(&notify, &again));
	notify.data.len = 3;
	ck_assert(!ike_wire_check_parse(&notify, &again));
	notify.data = chunk_create(buf, 26);
	ck_assert(!ike_wire_check_parse(&notify, &again));
	notify.data = chunk_create(buf, 25);
	ck_assert(ike_wire_check_parse(&notify, &again));
	buf[0] = 3;
	ck_assert(!ike_wire_check_parse(&notify, &again));
	chunk_free(&spi);
	chunk_free(&data);
}
END_TEST

/** messages logged by default */
static u_int logged;

/**
 * Count what is logged.
 */
static void count_log(debug_t group, level_t level, char *fmt, ...)
{
	logged += level <= LEVEL_CTRL;
}

/**
 * Anybody can send what is malformed, so the log has nothing about it.
 */
START_TEST(test_silent)
{
	void (*old)(debug_t group, level_t level, char *fmt, ...) = dbg;
	u_char check[4 + 21] = { 2, 21 }, gateway[2 + 4] = { 1, 4, 192, 0, 2, 1 };
	ike_wire_notify_t notify = {
		.protocol = 1,
		.spi = chunk_create(wire, 16),
	};
	ike_wire_gateway_t parsed;
	ike_wire_check_t content;
	chunk_t data;
	size_t len;

	dbg = count_log;
	data = chunk_clone(chunk_from_thing(wire));
	for (len = 0; len < sizeof(wire); len++)
	{
		parse_copy(chunk_create(data.ptr, len));
		if (len >= IKE_WIRE_HEADER_LEN)
		{
			htoun32(data.ptr + 24, len);
			ck_assert(!parse_copy(chunk_create(data.ptr, len)));
		}
	}
	/* lengths of a payload and of an SPI that are too long */
	htoun32(data.ptr + 24, sizeof(wire));
	data.ptr[30] = 0xff;
	ck_assert(!parse_copy(data));
	data.ptr[30] = 0;
	data.ptr[33] = 1;
	ck_assert(!parse_copy(data));
	chunk_free(&data);
	for (len = 0; len < sizeof(check); len++)
	{
		notify.data = chunk_create(check, len);
		ck_assert(!ike_wire_check_parse(&notify, &content));
	}
	for (len = 0; len < sizeof(gateway); len++)
	{
		data = chunk_create(gateway, len);
		ck_assert(!ike_wire_gateway_parse(data, FALSE, &parsed));
	}
	dbg = old;
	ck_assert_uint_eq(logged, 0);
}
END_TEST

static Suite *ike_wire_notify_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ike_wire_notify");
	tc = tcase_create("ike_wire_notify");
	tcase_add_test(tc, test_build);
	tcase_add_test(tc, test_parse);
	tcase_add_test(tc, test_truncated);
	tcase_add_test(tc, test_malformed);
	tcase_add_test(tc, test_not_possible);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_check_spi);
	tcase_add_test(tc, test_silent);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ike_wire_notify"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(ike_wire_notify_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
