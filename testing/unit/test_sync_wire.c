/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>

#include "sync_frame.h"
#include "sync_hello.h"
#include "sync_tlv.h"

/** type of attribute no decoder knows */
#define ATTR_UNKNOWN 200

/** first attributes of a HELLO, in any version of the protocol */
#define HELLO_MAJOR 1
#define HELLO_MINOR 2
#define HELLO_CLUSTER 3
#define HELLO_MEMBER 4
#define HELLO_INCARNATION 5
#define HELLO_HEARTBEAT 7

/**
 * Get a writer's data and destroy it.
 */
static chunk_t finish(bio_writer_t *writer)
{
	chunk_t data = writer->extract_buf(writer);

	writer->destroy(writer);
	return data;
}

/**
 * Copy the start of data to memory of just that size, so that a sanitizer sees
 * what is read behind its end.
 */
static chunk_t cut(chunk_t data, size_t len)
{
	chunk_t copy = chunk_alloc(len);

	memcpy(copy.ptr, data.ptr, len);
	return copy;
}

/**
 * Integers and their encoding.
 */
static struct {
	uint64_t value;
	size_t len;
} ints[] = {
	{ 0, 0 },
	{ 1, 1 },
	{ 0xff, 1 },
	{ 0x100, 2 },
	{ 0xffff, 2 },
	{ 0x10000, 3 },
	{ 0xffffffff, 4 },
	{ 0x100000000ULL, 5 },
	{ UINT64_MAX, 8 },
};

START_TEST(test_tlv_int)
{
	bio_writer_t *writer = bio_writer_create(0);
	bio_reader_t *reader;
	uint8_t type, n8 = 0;
	uint16_t n16 = 0;
	uint32_t n32 = 0;
	uint64_t n64 = 1;
	chunk_t data, value;

	sync_tlv_put_int(writer, 7, ints[_i].value);
	data = finish(writer);
	ck_assert_uint_eq(data.len, 3 + ints[_i].len);

	reader = bio_reader_create(data);
	ck_assert(sync_tlv_get(reader, &type, &value));
	ck_assert_uint_eq(type, 7);
	ck_assert_uint_eq(value.len, ints[_i].len);
	ck_assert(!sync_tlv_get(reader, &type, &value));
	ck_assert_uint_eq(reader->remaining(reader), 0);
	reader->destroy(reader);

	ck_assert(sync_tlv_int(value, sizeof(n64), &n64));
	ck_assert_uint_eq(n64, ints[_i].value);
	ck_assert_int_eq(sync_tlv_int(value, sizeof(n32), &n32),
					 ints[_i].value <= UINT32_MAX);
	ck_assert_uint_eq(n32, ints[_i].value <= UINT32_MAX ? ints[_i].value : 0);
	ck_assert_int_eq(sync_tlv_int(value, sizeof(n16), &n16),
					 ints[_i].value <= UINT16_MAX);
	ck_assert_uint_eq(n16, ints[_i].value <= UINT16_MAX ? ints[_i].value : 0);
	ck_assert_int_eq(sync_tlv_int(value, sizeof(n8), &n8),
					 ints[_i].value <= UINT8_MAX);
	ck_assert_uint_eq(n8, ints[_i].value <= UINT8_MAX ? ints[_i].value : 0);
	chunk_free(&data);
}
END_TEST

START_TEST(test_tlv_int_sizes)
{
	u_char zeros[9] = {};
	uint64_t value = 5;

	/* leading zeros are not ours, but not wrong either, if they fit */
	ck_assert(sync_tlv_int(chunk_create(zeros, 8), sizeof(value), &value));
	ck_assert_uint_eq(value, 0);
	ck_assert(!sync_tlv_int(chunk_create(zeros, 9), sizeof(value), &value));
	ck_assert(!sync_tlv_int(chunk_create(zeros, 1), 3, &value));
}
END_TEST

START_TEST(test_tlv_str)
{
	bio_writer_t *writer = bio_writer_create(0);
	char *str = NULL;
	chunk_t data;

	sync_tlv_put_str(writer, 1, NULL);
	ck_assert_uint_eq(writer->get_buf(writer).len, 0);
	sync_tlv_put_str(writer, 1, "moon");
	data = finish(writer);
	ck_assert(chunk_equals(data, chunk_from_chars(1, 0, 4, 'm','o','o','n')));
	chunk_free(&data);

	ck_assert(sync_tlv_str(chunk_from_str("moon"), &str));
	ck_assert_str_eq(str, "moon");
	ck_assert(sync_tlv_str(chunk_from_str("sun"), &str));
	ck_assert_str_eq(str, "sun");
	/* refused, what was there stays */
	ck_assert(!sync_tlv_str(chunk_empty, &str));
	ck_assert(!sync_tlv_str(chunk_create("a\0b", 3), &str));
	ck_assert(!sync_tlv_str(chunk_create("a", 2), &str));
	ck_assert_str_eq(str, "sun");
	free(str);
}
END_TEST

/**
 * Addresses.
 */
static char *addresses[] = {
	"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "2001:db8::1",
};

START_TEST(test_tlv_host)
{
	bio_writer_t *writer = bio_writer_create(0);
	host_t *host, *out = NULL;
	chunk_t data, copy;
	size_t len;

	host = host_create_from_string(addresses[_i], 4510);
	sync_tlv_put_host(writer, 1, NULL);
	ck_assert_uint_eq(writer->get_buf(writer).len, 0);
	sync_tlv_put_host(writer, 1, host);
	data = finish(writer);
	ck_assert_uint_eq(data.len, 3 + 2 + host->get_address(host).len);
	ck_assert_uint_eq(untoh16(data.ptr + 1), data.len - 3);

	for (len = 0; len < data.len - 3; len++)
	{
		copy = cut(chunk_skip(data, 3), len);
		/* an IPv6 address that is cut may be as long as an IPv4 one */
		ck_assert_int_eq(sync_tlv_host(copy, &out), len == 2 + 4);
		chunk_free(&copy);
	}
	ck_assert(sync_tlv_host(chunk_skip(data, 3), &out));
	ck_assert(out->equals(out, host));
	out->destroy(out);
	host->destroy(host);
	chunk_free(&data);
}
END_TEST

START_TEST(test_tlv_host_lengths)
{
	u_char buf[32] = {};
	host_t *out = NULL;
	size_t len;

	for (len = 0; len <= sizeof(buf); len++)
	{
		ck_assert_int_eq(sync_tlv_host(chunk_create(buf, len), &out),
						 len == 6 || len == 18);
	}
	DESTROY_IF(out);
}
END_TEST

START_TEST(test_tlv_lengths)
{
	bio_writer_t *writer = bio_writer_create(0);
	bio_reader_t *reader;
	chunk_t data, value, copy;
	uint8_t type;
	size_t len;

	sync_tlv_put(writer, 1, chunk_from_chars(1, 2, 3));
	sync_tlv_put(writer, 2, chunk_empty);
	sync_tlv_put(writer, 3, chunk_from_chars(4, 5));
	data = finish(writer);

	for (len = 0; len <= data.len; len++)
	{
		copy = cut(data, len);
		reader = bio_reader_create(copy);
		while (sync_tlv_get(reader, &type, &value))
		{
			ck_assert(type >= 1 && type <= 3);
		}
		/* cut between two attributes it's complete */
		ck_assert_int_eq(reader->remaining(reader) == 0,
						 len == 0 || len == 6 || len == 9 || len == 14);
		reader->destroy(reader);
		chunk_free(&copy);
	}
	chunk_free(&data);
}
END_TEST

START_TEST(test_tlv_longest)
{
	bio_writer_t *writer = bio_writer_create(0);
	bio_reader_t *reader;
	chunk_t data, value, big;
	uint8_t type;

	big = chunk_alloc(UINT16_MAX + 1);
	memset(big.ptr, 0x5a, big.len);
	sync_tlv_put(writer, 1, big);
	ck_assert_uint_eq(writer->get_buf(writer).len, 0);
	big.len--;
	sync_tlv_put(writer, 1, big);
	data = finish(writer);
	reader = bio_reader_create(data);
	ck_assert(sync_tlv_get(reader, &type, &value));
	ck_assert(chunk_equals(value, big));
	reader->destroy(reader);
	chunk_free(&data);
	chunk_free(&big);
}
END_TEST

/**
 * Frames.
 */
static struct {
	uint8_t domain, type, flags;
	uint32_t seq;
	size_t len;
} frames[] = {
	{ SYNC_HA, 1, 0, 0, 0 },
	{ SYNC_CONTROL, SYNC_HEARTBEAT, 0, 0, 4 },
	{ SYNC_HA, 255, SYNC_FRAME_SEQUENCED, 0xfedcba98, 17 },
	{ SYNC_STUB, 2, SYNC_FRAME_SEQUENCED, 0, 0 },
	/* domain and flags nobody knows (yet) */
	{ 255, 1, 0xfe, 0, 3 },
	{ 255, 1, 0xff, 1, 3 },
};

START_TEST(test_frame)
{
	sync_frame_t frame = {
		.domain = frames[_i].domain,
		.type = frames[_i].type,
		.flags = frames[_i].flags,
		.seq = frames[_i].seq,
	}, out;
	chunk_t data, copy;
	size_t len = 0, cutoff, header;

	frame.body = chunk_alloc(frames[_i].len);
	memset(frame.body.ptr, 0xa5, frame.body.len);
	data = sync_frame_encode(&frame);
	header = frame.flags & SYNC_FRAME_SEQUENCED ? 9 : 5;
	ck_assert_uint_eq(data.len, header + frame.body.len);

	for (cutoff = 0; cutoff < data.len; cutoff++)
	{
		copy = cut(data, cutoff);
		ck_assert_int_eq(sync_frame_decode(copy, &out, &len), NEED_MORE);
		ck_assert_uint_eq(len, 0);
		chunk_free(&copy);
	}
	/* something else may follow */
	copy = chunk_cat("cc", data, chunk_from_chars(1, 2, 3));
	ck_assert_int_eq(sync_frame_decode(copy, &out, &len), SUCCESS);
	ck_assert_uint_eq(len, data.len);
	ck_assert_uint_eq(out.domain, frame.domain);
	ck_assert_uint_eq(out.type, frame.type);
	ck_assert_uint_eq(out.flags, frame.flags);
	ck_assert_uint_eq(out.seq, frame.seq);
	ck_assert_uint_eq(out.body.len, frame.body.len);
	ck_assert(!frame.body.len || chunk_equals(out.body, frame.body));
	chunk_free(&copy);
	chunk_free(&data);
	chunk_free(&frame.body);
}
END_TEST

START_TEST(test_frame_longest)
{
	sync_frame_t frame = {
		.domain = SYNC_HA,
		.flags = SYNC_FRAME_SEQUENCED,
	}, out;
	chunk_t data, body;
	size_t len;

	body = chunk_alloc(SYNC_MAX_BODY + 1);
	memset(body.ptr, 0, body.len);
	frame.body = body;
	data = sync_frame_encode(&frame);
	ck_assert_uint_eq(data.len, 0);

	frame.body.len--;
	data = sync_frame_encode(&frame);
	ck_assert_uint_eq(data.len, SYNC_FRAME_MAX);
	ck_assert_int_eq(sync_frame_decode(data, &out, &len), SUCCESS);
	ck_assert_uint_eq(out.body.len, SYNC_MAX_BODY);

	/* a longer one is refused as soon as the header is there: nobody waits for
	 * a body that does not fit in any buffer */
	htoun16(data.ptr, SYNC_MAX_BODY + 1);
	ck_assert_int_eq(sync_frame_decode(data, &out, &len), FAILED);
	data.len = SYNC_FRAME_HEADER;
	ck_assert_int_eq(sync_frame_decode(data, &out, &len), FAILED);
	htoun16(data.ptr, UINT16_MAX);
	ck_assert_int_eq(sync_frame_decode(data, &out, &len), FAILED);
	chunk_free(&data);
	chunk_free(&body);
}
END_TEST

/**
 * Decode a control frame, return its body; check its type.
 */
static chunk_t control_body(chunk_t data, sync_control_t type)
{
	sync_frame_t frame;
	size_t len;

	ck_assert_int_eq(sync_frame_decode(data, &frame, &len), SUCCESS);
	ck_assert_uint_eq(len, data.len);
	ck_assert_uint_eq(frame.domain, SYNC_CONTROL);
	ck_assert_uint_eq(frame.type, type);
	ck_assert_uint_eq(frame.flags, 0);
	return frame.body;
}

START_TEST(test_control_int)
{
	uint64_t value = 0;
	chunk_t data, body, copy;
	size_t len;

	data = sync_frame_control_int(SYNC_START, SYNC_ATTR_SEQUENCE,
								  0x123456789abcULL);
	body = control_body(data, SYNC_START);
	ck_assert(sync_frame_get_int(body, SYNC_ATTR_SEQUENCE, &value));
	ck_assert_uint_eq(value, 0x123456789abcULL);
	ck_assert(!sync_frame_get_int(body, SYNC_ATTR_DOMAIN, &value));
	for (len = 0; len < body.len; len++)
	{
		copy = cut(body, len);
		ck_assert(!sync_frame_get_int(copy, SYNC_ATTR_SEQUENCE, &value));
		chunk_free(&copy);
	}
	chunk_free(&data);

	/* zero is a value, too */
	data = sync_frame_control_int(SYNC_HEARTBEAT, SYNC_ATTR_SEQUENCE, 0);
	body = control_body(data, SYNC_HEARTBEAT);
	ck_assert(sync_frame_get_int(body, SYNC_ATTR_SEQUENCE, &value));
	ck_assert_uint_eq(value, 0);
	chunk_free(&data);
}
END_TEST

START_TEST(test_control_int_others)
{
	bio_writer_t *writer = bio_writer_create(0);
	u_char nine[9] = { 1 };
	uint64_t value;
	chunk_t data;

	sync_tlv_put(writer, ATTR_UNKNOWN, chunk_from_chars(1, 2, 3));
	sync_tlv_put_int(writer, SYNC_ATTR_SEQUENCE, 42);
	sync_tlv_put(writer, ATTR_UNKNOWN + 1, chunk_empty);
	data = finish(writer);
	ck_assert(sync_frame_get_int(data, SYNC_ATTR_SEQUENCE, &value));
	ck_assert_uint_eq(value, 42);
	chunk_free(&data);

	writer = bio_writer_create(0);
	sync_tlv_put(writer, SYNC_ATTR_SEQUENCE, chunk_from_thing(nine));
	data = finish(writer);
	ck_assert(!sync_frame_get_int(data, SYNC_ATTR_SEQUENCE, &value));
	chunk_free(&data);
}
END_TEST

START_TEST(test_control_domains)
{
	bio_writer_t *writer = bio_writer_create(0);
	u_int domains, expected = 1 << SYNC_HA | 1 << SYNC_DIRECTORY;
	chunk_t data, copy;
	size_t len;
	bool whole;

	/* those of later versions, and what is none */
	sync_tlv_put_int(writer, SYNC_ATTR_DOMAIN, SYNC_CONTROL);
	sync_tlv_put_int(writer, SYNC_ATTR_DOMAIN, SYNC_HA);
	sync_tlv_put_int(writer, SYNC_ATTR_DOMAIN, SYNC_DOMAIN_COUNT);
	sync_tlv_put_int(writer, ATTR_UNKNOWN, SYNC_STUB);
	sync_tlv_put_int(writer, SYNC_ATTR_DOMAIN, 255);
	sync_tlv_put_int(writer, SYNC_ATTR_DOMAIN, SYNC_DIRECTORY);
	data = finish(writer);
	ck_assert(sync_frame_get_domains(data, &domains));
	ck_assert_uint_eq(domains, expected);
	for (len = 0; len < data.len; len++)
	{
		copy = cut(data, len);
		/* the first attribute takes 3 octets, the others 4 */
		whole = len == 0 || len % 4 == 3;
		ck_assert_int_eq(sync_frame_get_domains(copy, &domains), whole);
		chunk_free(&copy);
	}
	chunk_free(&data);

	writer = bio_writer_create(0);
	sync_tlv_put_int(writer, SYNC_ATTR_DOMAIN, 256 + SYNC_HA);
	data = finish(writer);
	ck_assert(!sync_frame_get_domains(data, &domains));
	chunk_free(&data);
}
END_TEST

START_TEST(test_control_body_limit)
{
	chunk_t body = chunk_alloc(SYNC_MAX_BODY + 1);

	memset(body.ptr, 0, body.len);
	/* adopted also if refused */
	ck_assert_uint_eq(sync_frame_control(SYNC_RESYNC_REQUEST, body).len, 0);
}
END_TEST

/**
 * Reasons and what of them is logged.
 */
static struct {
	chunk_t sent;
	char *logged;
} reasons[] = {
	{ chunk_from_chars('o', 'k'), "ok" },
	{ chunk_from_chars('a', '\n', 'b', '\r', 0x1b, '[', '2', 'J'), "a?b??[2J" },
	{ chunk_from_chars(0x7f, 0x80, 0xc3, 0xa4, 0xff, '~'), "?????~" },
	{ chunk_from_chars('%', 's', '%', 'n'), "%s%n" },
	{ chunk_from_chars('a', 0, 'b'), "no reason given" },
	{ { NULL, 0 }, "no reason given" },
};

START_TEST(test_reason)
{
	bio_writer_t *writer = bio_writer_create(0);
	chunk_t data;
	char *reason;

	sync_tlv_put(writer, ATTR_UNKNOWN, chunk_from_chars('x'));
	sync_tlv_put(writer, SYNC_ATTR_REASON, reasons[_i].sent);
	data = finish(writer);
	reason = sync_frame_get_reason(data);
	ck_assert_str_eq(reason, reasons[_i].logged);
	free(reason);
	chunk_free(&data);
}
END_TEST

START_TEST(test_reason_cut)
{
	char text[1001], *reason;
	chunk_t data, body, copy;
	size_t len;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	data = sync_frame_control_str(SYNC_GOODBYE, text);
	body = control_body(data, SYNC_GOODBYE);
	reason = sync_frame_get_reason(body);
	ck_assert_uint_eq(strlen(reason), 256);
	free(reason);
	for (len = 0; len < body.len; len++)
	{
		copy = cut(body, len);
		reason = sync_frame_get_reason(copy);
		ck_assert_str_eq(reason, "no reason given");
		free(reason);
		chunk_free(&copy);
	}
	chunk_free(&data);
}
END_TEST

START_TEST(test_names)
{
	ck_assert_str_eq(enum_to_name(sync_control_names, SYNC_GOODBYE), "GOODBYE");
	ck_assert_str_eq(enum_to_name(sync_domain_names, SYNC_DIRECTORY),
					 "directory");
	ck_assert_str_eq(enum_to_name(sync_link_state_names, SYNC_LINK_UP), "up");
}
END_TEST

/**
 * A HELLO with all there is.
 */
static sync_hello_t full_hello = {
	.major = SYNC_VERSION_MAJOR,
	.minor = SYNC_VERSION_MINOR,
	.cluster = "test",
	.member = "moon",
	.incarnation = 0x8877665544332211ULL,
	.capabilities = 5,
	.heartbeat = 500,
	.known = 0x1122334455667788ULL,
	.last = 123456,
};

/**
 * Compare what was decoded.
 */
static void check_hello(sync_hello_t *got, sync_hello_t *expected)
{
	ck_assert(got != NULL);
	ck_assert_uint_eq(got->major, expected->major);
	ck_assert_uint_eq(got->minor, expected->minor);
	ck_assert_str_eq(got->cluster, expected->cluster);
	ck_assert_str_eq(got->member, expected->member);
	ck_assert_uint_eq(got->incarnation, expected->incarnation);
	ck_assert_uint_eq(got->capabilities, expected->capabilities);
	ck_assert_uint_eq(got->heartbeat, expected->heartbeat);
	ck_assert_uint_eq(got->known, expected->known);
	ck_assert_uint_eq(got->last, expected->last);
}

START_TEST(test_hello)
{
	sync_hello_t hello = full_hello, *out;
	chunk_t data;

	data = sync_hello_encode(&hello);
	out = sync_hello_decode(data);
	check_hello(out, &hello);
	sync_hello_destroy(out);
	chunk_free(&data);

	/* of a member that knows nothing of us, last is of no interest */
	hello.known = 0;
	data = sync_hello_encode(&hello);
	hello.last = 0;
	out = sync_hello_decode(data);
	check_hello(out, &hello);
	sync_hello_destroy(out);
	chunk_free(&data);
	sync_hello_destroy(NULL);
}
END_TEST

START_TEST(test_hello_truncated)
{
	sync_hello_t hello = full_hello, *out;
	chunk_t data, minimal, copy;
	size_t len;

	data = sync_hello_encode(&hello);
	hello.known = 0;
	minimal = sync_hello_encode(&hello);
	for (len = 0; len < data.len; len++)
	{
		copy = cut(data, len);
		out = sync_hello_decode(copy);
		if (len == minimal.len || len == minimal.len + 3 + 8)
		{	/* known and last are optional */
			ck_assert(out != NULL);
		}
		else
		{
			ck_assert(out == NULL);
		}
		sync_hello_destroy(out);
		chunk_free(&copy);
	}
	chunk_free(&minimal);
	chunk_free(&data);
}
END_TEST

START_TEST(test_hello_unknown)
{
	bio_writer_t *writer = bio_writer_create(0);
	sync_hello_t *out;
	chunk_t data, hello;

	hello = sync_hello_encode(&full_hello);
	writer->write_data(writer, hello);
	sync_tlv_put(writer, ATTR_UNKNOWN, chunk_from_chars(1, 2, 3));
	sync_tlv_put(writer, 255, chunk_empty);
	data = finish(writer);
	out = sync_hello_decode(data);
	check_hello(out, &full_hello);
	sync_hello_destroy(out);
	chunk_free(&data);
	chunk_free(&hello);
}
END_TEST

START_TEST(test_hello_version)
{
	bio_writer_t *writer = bio_writer_create(0);
	sync_hello_t *out;
	chunk_t data;

	/* of another version nothing but the numbers can be relied on */
	sync_tlv_put_int(writer, HELLO_MAJOR, SYNC_VERSION_MAJOR + 1);
	sync_tlv_put_int(writer, HELLO_MINOR, 9);
	sync_tlv_put(writer, HELLO_CLUSTER, chunk_from_chars(0, 0, 0));
	sync_tlv_put(writer, HELLO_HEARTBEAT, chunk_from_chars(1, 2, 3, 4, 5, 6));
	data = finish(writer);
	out = sync_hello_decode(data);
	ck_assert(out != NULL);
	ck_assert_uint_eq(out->major, SYNC_VERSION_MAJOR + 1);
	ck_assert_uint_eq(out->minor, 9);
	ck_assert(out->cluster == NULL);
	ck_assert(out->member == NULL);
	ck_assert_uint_eq(out->heartbeat, 0);
	sync_hello_destroy(out);
	chunk_free(&data);
}
END_TEST

START_TEST(test_hello_version_first)
{
	bio_writer_t *writer = bio_writer_create(0);
	chunk_t data, hello;

	hello = sync_hello_encode(&full_hello);
	sync_tlv_put_str(writer, HELLO_CLUSTER, "test");
	writer->write_data(writer, hello);
	data = finish(writer);
	ck_assert(sync_hello_decode(data) == NULL);
	chunk_free(&data);
	chunk_free(&hello);

	ck_assert(sync_hello_decode(chunk_from_chars(HELLO_MAJOR, 0, 0)) == NULL);
	ck_assert(sync_hello_decode(chunk_from_chars(HELLO_MAJOR, 0, 2, 1, 0)) ==
																		NULL);
}
END_TEST

/**
 * Make a HELLO with some attributes only.
 */
static chunk_t some_hello(char *cluster, char *member, uint64_t incarnation,
						  uint64_t heartbeat)
{
	bio_writer_t *writer = bio_writer_create(0);

	sync_tlv_put_int(writer, HELLO_MAJOR, SYNC_VERSION_MAJOR);
	sync_tlv_put_str(writer, HELLO_CLUSTER, cluster);
	sync_tlv_put_str(writer, HELLO_MEMBER, member);
	sync_tlv_put_int(writer, HELLO_INCARNATION, incarnation);
	sync_tlv_put_int(writer, HELLO_HEARTBEAT, heartbeat);
	return finish(writer);
}

/**
 * What has to be in a HELLO, and names that may be.
 */
static struct {
	char *cluster, *member;
	uint64_t incarnation, heartbeat;
	bool ok;
} hellos[] = {
	{ "test", "moon", 1, 1, TRUE },
	{ NULL, "moon", 1, 1, FALSE },
	{ "test", NULL, 1, 1, FALSE },
	{ "test", "moon", 0, 1, FALSE },
	{ "test", "moon", 1, 0, FALSE },
	{ "test", "moon", 1, 0x100000000ULL, FALSE },
	{ "te st", "moon", 1, 1, FALSE },
	{ "test", "moon\n", 1, 1, FALSE },
	{ "test", "m\xc3\xb6nd", 1, 1, FALSE },
	{ "test", "moon/..", 1, 1, FALSE },
};

START_TEST(test_hello_content)
{
	sync_hello_t *out;
	chunk_t data;

	data = some_hello(hellos[_i].cluster, hellos[_i].member,
					  hellos[_i].incarnation, hellos[_i].heartbeat);
	out = sync_hello_decode(data);
	ck_assert_int_eq(out != NULL, hellos[_i].ok);
	sync_hello_destroy(out);
	chunk_free(&data);
}
END_TEST

START_TEST(test_name_valid)
{
	char name[SYNC_NAME_MAX + 2];

	ck_assert(sync_name_valid("a"));
	ck_assert(sync_name_valid("moon-1.Example_org"));
	ck_assert(!sync_name_valid(""));
	ck_assert(!sync_name_valid("moon sun"));
	ck_assert(!sync_name_valid("moon{"));
	ck_assert(!sync_name_valid("%s"));
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ck_assert(!sync_name_valid(name));
	name[SYNC_NAME_MAX] = '\0';
	ck_assert(sync_name_valid(name));
}
END_TEST

static Suite *sync_wire_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("sync_wire");
	tc = tcase_create("tlv");
	tcase_add_loop_test(tc, test_tlv_int, 0, countof(ints));
	tcase_add_test(tc, test_tlv_int_sizes);
	tcase_add_test(tc, test_tlv_str);
	tcase_add_loop_test(tc, test_tlv_host, 0, countof(addresses));
	tcase_add_test(tc, test_tlv_host_lengths);
	tcase_add_test(tc, test_tlv_lengths);
	tcase_add_test(tc, test_tlv_longest);
	suite_add_tcase(s, tc);

	tc = tcase_create("frame");
	tcase_add_loop_test(tc, test_frame, 0, countof(frames));
	tcase_add_test(tc, test_frame_longest);
	suite_add_tcase(s, tc);

	tc = tcase_create("control");
	tcase_add_test(tc, test_control_int);
	tcase_add_test(tc, test_control_int_others);
	tcase_add_test(tc, test_control_domains);
	tcase_add_test(tc, test_control_body_limit);
	tcase_add_loop_test(tc, test_reason, 0, countof(reasons));
	tcase_add_test(tc, test_reason_cut);
	tcase_add_test(tc, test_names);
	suite_add_tcase(s, tc);

	tc = tcase_create("hello");
	tcase_add_test(tc, test_hello);
	tcase_add_test(tc, test_hello_truncated);
	tcase_add_test(tc, test_hello_unknown);
	tcase_add_test(tc, test_hello_version);
	tcase_add_test(tc, test_hello_version_first);
	tcase_add_loop_test(tc, test_hello_content, 0, countof(hellos));
	tcase_add_test(tc, test_name_valid);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_sync_wire"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(sync_wire_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
