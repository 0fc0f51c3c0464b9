/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>

#include "ike_wire_sync.h"

/**
 * Data as on the wire (RFC 6311, 6.3).
 */
static u_char wire[] = {
	0xde, 0xad, 0xbe, 0xef,
	0x00, 0x00, 0x01, 0x02,
	0xf0, 0x00, 0x00, 0x03,
};

START_TEST(test_encode)
{
	ike_wire_sync_t sync = {
		.nonce = { 0xde, 0xad, 0xbe, 0xef },
		.send = 0x0102,
		.recv = 0xf0000003,
	};
	chunk_t data;

	data = ike_wire_sync_encode(&sync);
	ck_assert(chunk_equals(data, chunk_from_thing(wire)));
	chunk_free(&data);
}
END_TEST

START_TEST(test_parse)
{
	ike_wire_sync_t sync;

	ck_assert(ike_wire_sync_parse(chunk_from_thing(wire), &sync));
	ck_assert(memeq(sync.nonce, wire, sizeof(sync.nonce)));
	ck_assert_uint_eq(sync.send, 0x0102);
	ck_assert_uint_eq(sync.recv, 0xf0000003);
}
END_TEST

/**
 * P8: lengths other than that of RFC 6311, 6.3, in memory of just that size.
 */
START_TEST(test_lengths)
{
	ike_wire_sync_t sync, before;
	chunk_t data;
	size_t len;

	memset(&sync, 0xa5, sizeof(sync));
	before = sync;
	for (len = 0; len <= 24; len++)
	{
		data = chunk_alloc(len);
		memset(data.ptr, 0x01, len);
		ck_assert_int_eq(ike_wire_sync_parse(data, &sync), len == sizeof(wire));
		if (len != sizeof(wire))
		{
			ck_assert(memeq(&sync, &before, sizeof(sync)));
		}
		sync = before;
		chunk_free(&data);
	}
}
END_TEST

/**
 * Q6, Q7: M1 and P1 are above what is known, so M1 is never 0.
 */
START_TEST(test_choose)
{
	ike_wire_sync_t sync, again;
	uint32_t send;

	for (send = 0; send < 100; send++)
	{
		ck_assert(ike_wire_sync_choose(send, 7, &sync));
		ck_assert_uint_gt(sync.send, send);
		ck_assert_uint_gt(sync.recv, 7);
		/* Q8: who was told of it chooses a higher one */
		ck_assert(ike_wire_sync_choose(sync.send, 7, &again));
		ck_assert_uint_gt(again.send, sync.send);
	}
}
END_TEST

START_TEST(test_choose_limits)
{
	ike_wire_sync_t sync;

	ck_assert(ike_wire_sync_choose(UINT32_MAX - 100, 0, &sync));
	ck_assert_uint_gt(sync.send, UINT32_MAX - 100);
	ck_assert(!ike_wire_sync_choose(UINT32_MAX - 1, 0, &sync));
	ck_assert(!ike_wire_sync_choose(UINT32_MAX, 0, &sync));
	ck_assert(!ike_wire_sync_choose(0, UINT32_MAX, &sync));
}
END_TEST

/**
 * Responses to the request M1 = 20, P1 = 10 with nonce 1234.
 */
static struct {
	char *nonce;
	uint32_t p2, m2;
	bool matches;
} responses[] = {
	/* the peer was in sync, or behind: it takes our values */
	{ "1234", 10, 20, TRUE },
	/* a request of the peer is under way, or it knows of more of ours */
	{ "1234", 11, 20, TRUE },
	{ "1234", 10, 21, TRUE },
	{ "1234", 4000000000U, 4000000000U, TRUE },
	/* lower than ours (P9) */
	{ "1234", 9, 20, FALSE },
	{ "1234", 10, 19, FALSE },
	{ "1234", 0, 0, FALSE },
	/* values swapped by a peer that got the fields wrong */
	{ "1234", 20, 10, FALSE },
	/* no message can have these IDs anymore */
	{ "1234", UINT32_MAX, 20, FALSE },
	{ "1234", 10, UINT32_MAX, FALSE },
	/* another nonce (Q9) */
	{ "1235", 10, 20, FALSE },
	{ "0234", 10, 20, FALSE },
};

START_TEST(test_matches)
{
	ike_wire_sync_t request = {
		.nonce = { '1', '2', '3', '4' },
		.send = 20,
		.recv = 10,
	}, response = {
		.send = responses[_i].p2,
		.recv = responses[_i].m2,
	};

	memcpy(response.nonce, responses[_i].nonce, sizeof(response.nonce));
	ck_assert_int_eq(ike_wire_sync_matches(&request, &response),
					 responses[_i].matches);
}
END_TEST

static Suite *sync_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ike_wire_sync");
	tc = tcase_create("notify");
	tcase_add_test(tc, test_encode);
	tcase_add_test(tc, test_parse);
	tcase_add_test(tc, test_lengths);
	suite_add_tcase(s, tc);

	tc = tcase_create("rules");
	tcase_add_test(tc, test_choose);
	tcase_add_test(tc, test_choose_limits);
	tcase_add_loop_test(tc, test_matches, 0, countof(responses));
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ike_wire_sync"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(sync_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
