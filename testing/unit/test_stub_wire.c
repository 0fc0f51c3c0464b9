/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_test.h"
#include "stub_answer.h"
#include "stub_message.h"
#include "stub_syn.h"

/**
 * X1: layout of the SYN, its length tells the family.
 */
START_TEST(test_syn)
{
	u_char v4[] = {
		0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 192, 168, 0, 1,
	};
	stub_syn_t syn;
	host_t *host;
	chunk_t body;
	u_int len;

	host = host_create_from_string("192.168.0.1", 4500);
	body = stub_syn_encode(TEST_SPI_R, host);
	ck_assert(chunk_equals(body, chunk_from_thing(v4)));
	ck_assert(stub_syn_parse(body, &syn));
	ck_assert(syn.spi == TEST_SPI_R);
	ck_assert(chunk_equals(syn.address, host->get_address(host)));
	host->destroy(host);
	chunk_free(&body);

	host = host_create_from_string("fec0::1", 500);
	body = stub_syn_encode(TEST_SPI_R, host);
	ck_assert_int_eq(body.len, 24);
	ck_assert(stub_syn_parse(body, &syn));
	ck_assert_int_eq(syn.address.len, 16);
	for (len = 0; len < body.len; len++)
	{
		ck_assert_int_eq(stub_syn_parse(chunk_create(body.ptr, len), &syn),
						 len == 12);
	}
	memset(body.ptr, 0, STUB_SPI_LEN);
	ck_assert(!stub_syn_parse(body, &syn));
	host->destroy(host);
	chunk_free(&body);
}
END_TEST

/**
 * X1: the payload in a message, the critical bit is not set.
 */
START_TEST(test_payload)
{
	host_t *host = host_create_from_string("192.168.0.1", 500);
	chunk_t body = stub_syn_encode(TEST_SPI_R, host);
	payload_t *payload;
	encoding_rule_t *rules;

	payload = stub_syn_create(body);
	ck_assert_int_eq(payload->get_type(payload), 161);
	ck_assert_int_eq(payload->get_length(payload), 16);
	ck_assert_int_eq(payload->get_encoding_rules(payload, &rules), 11);
	ck_assert_int_eq(rules[1].type, FLAG);
	ck_assert(!*(bool*)((char*)payload + rules[1].offset));
	payload->set_next_type(payload, PLV2_NOTIFY);
	ck_assert_int_eq(payload->get_next_type(payload), PLV2_NOTIFY);
	payload->destroy(payload);
	host->destroy(host);
	chunk_free(&body);
}
END_TEST

/**
 * X14: lifetime and flags.
 */
START_TEST(test_offer)
{
	stub_offer_t offer = { .lifetime = 3600, .hardened = TRUE }, out;
	uint8_t data[4], expected[] = { 0x80, 0x00, 0x0e, 0x10 };

	stub_offer_encode(&offer, data);
	ck_assert(memeq(data, expected, sizeof(data)));
	ck_assert(stub_offer_parse(chunk_from_thing(data), &out));
	ck_assert(out.lifetime == 3600 && out.hardened && !out.pfs);
	offer = (stub_offer_t){ .lifetime = UINT32_MAX, .pfs = TRUE };
	stub_offer_encode(&offer, data);
	ck_assert(stub_offer_parse(chunk_from_thing(data), &out));
	ck_assert(out.lifetime == STUB_LIFETIME_MAX && !out.hardened && out.pfs);
	memset(data, 0, sizeof(data));
	ck_assert(!stub_offer_parse(chunk_from_thing(data), &out));
	ck_assert(!stub_offer_parse(chunk_create(data, 3), &out));
}
END_TEST

/** an answer with nothing but a nonce */
static u_char strict[] = {
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	40, 0x20, 34, 0x20, 0, 0, 0, 0, 0, 0, 0, 48,
	0, 0, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
};

/**
 * Put an answer together: the strict one with a payload in front.
 */
static chunk_t with_payload(uint8_t type, uint8_t flags, chunk_t body)
{
	u_char head[] = { 40, flags, 0, 4 + body.len };
	chunk_t packet;

	packet = chunk_cat("cccc", chunk_create(strict, 28), chunk_from_thing(head),
					   body, chunk_create(strict + 28, 20));
	packet.ptr[16] = type;
	htoun32(packet.ptr + 24, packet.len);
	return packet;
}

/**
 * X3: both forms of an answer; it's truncated at every octet.
 */
START_TEST(test_answer)
{
	u_char notify[] = { 0, 0, 0xa0, 0x32, 'p', 'r', 'o', 'o', 'f' };
	stub_answer_t answer;
	chunk_t packet, data;
	u_int len;

	ck_assert(stub_answer_parse(chunk_from_thing(strict), &answer));
	ck_assert_int_eq(answer.nonce.len, 16);
	ck_assert_int_eq(answer.count, 0);
	ck_assert(memeq(&answer.spi_r, strict + 8, 8));
	ck_assert(!stub_answer_notify(&answer, stub_types.proof, &data));

	packet = with_payload(PLV2_NOTIFY, 0, chunk_from_thing(notify));
	ck_assert(stub_answer_parse(packet, &answer));
	ck_assert(stub_answer_notify(&answer, stub_types.proof, &data));
	ck_assert(chunk_equals(data, chunk_from_str("proof")));
	for (len = 0; len < packet.len; len++)
	{
		ck_assert(!stub_answer_parse(chunk_create(packet.ptr, len), &answer));
	}
	chunk_free(&packet);
}
END_TEST

/**
 * X4: what is no answer is left to charon.
 */
START_TEST(test_no_answer)
{
	u_char cookie[] = { 0, 0, 0x00, 0x0e }, spi[] = { 0, 9, 0xa0, 0x32 };
	u_char copy[sizeof(strict)];
	stub_answer_t answer;
	chunk_t packet;

	packet = with_payload(PLV2_SECURITY_ASSOCIATION, 0, chunk_from_str("sa"));
	ck_assert(!stub_answer_parse(packet, &answer));
	chunk_free(&packet);
	packet = with_payload(PLV2_NOTIFY, 0, chunk_from_thing(cookie));
	ck_assert(!stub_answer_parse(packet, &answer));
	chunk_free(&packet);
	packet = with_payload(PLV2_NOTIFY, 0, chunk_from_thing(spi));
	ck_assert(!stub_answer_parse(packet, &answer));
	chunk_free(&packet);
	packet = with_payload(200, 0x80, chunk_from_str("critical"));
	ck_assert(!stub_answer_parse(packet, &answer));
	chunk_free(&packet);
	packet = with_payload(200, 0, chunk_from_str("unknown"));
	ck_assert(stub_answer_parse(packet, &answer));
	chunk_free(&packet);
	packet = with_payload(PLV2_NONCE, 0, chunk_create(strict, 16));
	ck_assert(!stub_answer_parse(packet, &answer));
	chunk_free(&packet);
	/* a request, another exchange, no SPI of the responder */
	memcpy(copy, strict, sizeof(copy));
	copy[19] = 0x08;
	ck_assert(!stub_answer_parse(chunk_from_thing(copy), &answer));
	memcpy(copy, strict, sizeof(copy));
	copy[18] = 35;
	ck_assert(!stub_answer_parse(chunk_from_thing(copy), &answer));
	memcpy(copy, strict, sizeof(copy));
	memset(copy + 8, 0, 8);
	ck_assert(!stub_answer_parse(chunk_from_thing(copy), &answer));
}
END_TEST

/**
 * X12: the draft's headers, bundles, all lengths.
 */
START_TEST(test_message)
{
	u_char expected[] = {
		1, 2, 0, 4,
		0, 0, 0, 16, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
		192, 168, 0, 1,
	};
	host_t *host = host_create_from_string("192.168.0.1", 500);
	stub_message_type_t type;
	stub_message_t *message;
	array_t *contents;
	chunk_t data, content, address;
	uint64_t index;
	u_int len;

	message = stub_message_create(STUB_MESSAGE_GET);
	ck_assert(message->add_get(message, TEST_SPI_R, host));
	data = message->get(message);
	ck_assert(chunk_equals(data, chunk_from_thing(expected)));
	ck_assert(stub_message_parse(data, &type, &contents));
	ck_assert_int_eq(type, STUB_MESSAGE_GET);
	ck_assert_int_eq(array_count(contents), 1);
	ck_assert(array_remove(contents, ARRAY_HEAD, &content));
	ck_assert(stub_message_parse_get(content, &index, &address));
	ck_assert(index == TEST_SPI_R);
	array_destroy(contents);
	for (len = 0; len < data.len; len++)
	{
		ck_assert(!stub_message_parse(chunk_create(data.ptr, len), &type,
									  &contents));
	}
	/* type 0 is reserved, 4 unknown */
	data.ptr[1] = 0;
	ck_assert(!stub_message_parse(data, &type, &contents));
	data.ptr[1] = 4;
	ck_assert(!stub_message_parse(data, &type, &contents));
	chunk_free(&data);
	message->destroy(message);
	host->destroy(host);
}
END_TEST

/**
 * X12: 1000 stubs go in few messages, none is too long.
 */
START_TEST(test_bundle)
{
	stub_item_t item = { .kind = STUB_ITEM_RECORD }, out;
	stub_message_type_t type;
	stub_message_t *message;
	array_t *contents;
	chunk_t data, content;
	u_int i, messages = 1, count = 0;
	u_char record[600] = {};

	record[11] = 1;
	item.record = chunk_from_thing(record);
	message = stub_message_create(STUB_MESSAGE_UPDATE);
	for (i = 0; i <= 1000; i++)
	{
		memcpy(item.hash, &i, sizeof(i));
		if (i < 1000 && message->add(message, &item))
		{
			continue;
		}
		data = message->get(message);
		ck_assert(data.len <= STUB_MESSAGE_MAX);
		ck_assert(stub_message_parse(data, &type, &contents));
		while (array_remove(contents, ARRAY_HEAD, &content))
		{
			ck_assert(stub_message_parse_item(content, &out));
			ck_assert(memeq(out.hash, &count, sizeof(count)));
			ck_assert(chunk_equals(out.record, item.record));
			count++;
		}
		array_destroy(contents);
		chunk_free(&data);
		message->destroy(message);
		message = stub_message_create(STUB_MESSAGE_UPDATE);
		if (i < 1000)
		{
			ck_assert(message->add(message, &item));
			messages++;
		}
	}
	message->destroy(message);
	ck_assert_int_eq(count, 1000);
	ck_assert_int_le(messages, 12);
}
END_TEST

/**
 * Contents of Update and Download.
 */
START_TEST(test_item)
{
	u_char content[STUB_HASH_LEN + 1 + 300] = {};
	stub_item_t item;
	chunk_t data = chunk_create(content, STUB_HASH_LEN + 1);

	content[STUB_HASH_LEN] = STUB_ITEM_GONE;
	ck_assert(stub_message_parse_item(data, &item));
	content[STUB_HASH_LEN] = STUB_ITEM_RECORD;
	ck_assert(!stub_message_parse_item(data, &item));
	content[STUB_HASH_LEN] = STUB_ITEM_USED;
	ck_assert(!stub_message_parse_item(data, &item));
	data.len++;
	ck_assert(stub_message_parse_item(data, &item));
	data.len += STUB_NAME_MAX;
	ck_assert(!stub_message_parse_item(data, &item));
	content[STUB_HASH_LEN] = 3;
	ck_assert(!stub_message_parse_item(data, &item));
	data.len = STUB_HASH_LEN;
	ck_assert(!stub_message_parse_item(data, &item));
}
END_TEST

static Suite *stub_wire_suite()
{
	Suite *s = suite_create("stub wire");
	TCase *tc;

	tc = tcase_create("IKE");
	tcase_add_test(tc, test_syn);
	tcase_add_test(tc, test_payload);
	tcase_add_test(tc, test_offer);
	tcase_add_test(tc, test_answer);
	tcase_add_test(tc, test_no_answer);
	suite_add_tcase(s, tc);
	tc = tcase_create("bank");
	tcase_add_test(tc, test_message);
	tcase_add_test(tc, test_bundle);
	tcase_add_test(tc, test_item);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	return stub_test_run(stub_wire_suite(), "random");
}
