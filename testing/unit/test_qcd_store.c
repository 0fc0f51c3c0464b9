/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>

#include "qcd_store.h"

/** tokens, all different */
static chunk_t get_token(u_int i)
{
	static u_char buf[16][128];

	memset(buf[i], i + 1, sizeof(buf[i]));
	return chunk_create(buf[i], 32);
}

/**
 * F1: tokens of 16 to 128 octets.
 */
START_TEST(test_lengths)
{
	qcd_store_t *this = qcd_store_create();
	chunk_t token = get_token(0);
	size_t len;

	this->live(this, 1, 2);
	for (len = 0; len <= 130; len++)
	{
		token.len = min(len, 128);
		if (len > 128)
		{
			token = chunk_alloca(len);
			memset(token.ptr, 1, len);
		}
		ck_assert_int_eq(this->add(this, 1, 2, token), len >= 16 && len <= 128);
		ck_assert_int_eq(this->verify(this, 1, 2, token),
						 len >= 16 && len <= 128);
	}
	this->destroy(this);
}
END_TEST

/**
 * T4: another token, other SPIs, an IKE SA that is not established; T9: what is
 * one octet longer or shorter.
 */
START_TEST(test_verify)
{
	qcd_store_t *this = qcd_store_create();
	chunk_t token = get_token(0);
	u_int tokens;

	ck_assert(!this->verify(this, 1, 2, token));
	ck_assert(this->add(this, 1, 2, token));
	ck_assert(!this->verify(this, 1, 2, token));
	ck_assert(!this->find(this, 1, 2, NULL));
	this->live(this, 1, 2);
	ck_assert(this->verify(this, 1, 2, token));
	ck_assert(!this->verify(this, 2, 1, token));
	ck_assert(!this->verify(this, 1, 3, token));
	ck_assert(!this->verify(this, 1, 2, get_token(1)));
	ck_assert(!this->verify(this, 1, 2, chunk_create(token.ptr, 31)));
	ck_assert(!this->verify(this, 1, 2, chunk_create(token.ptr, 33)));
	ck_assert(this->find(this, 1, 2, &tokens));
	ck_assert_uint_eq(tokens, 1);
	/* S10: gone with the IKE SA */
	this->remove(this, 1, 2);
	ck_assert(!this->verify(this, 1, 2, token));
	ck_assert_uint_eq(this->count(this, &tokens), 0);
	ck_assert_uint_eq(tokens, 0);
	this->destroy(this);
}
END_TEST

/**
 * S8, T8: a new token, the earlier ones stay, up to 4 of them.
 */
START_TEST(test_update)
{
	qcd_store_t *this = qcd_store_create();
	u_int i, tokens;

	this->live(this, 1, 2);
	for (i = 0; i < 6; i++)
	{
		ck_assert(this->add(this, 1, 2, get_token(i)));
		ck_assert(this->add(this, 1, 2, get_token(i)));
	}
	this->find(this, 1, 2, &tokens);
	ck_assert_uint_eq(tokens, 4);
	for (i = 0; i < 6; i++)
	{
		ck_assert_int_eq(this->verify(this, 1, 2, get_token(i)), i >= 2);
	}
	this->destroy(this);
}
END_TEST

/**
 * S5: the token of the new IKE SA comes under the old one, whose own stays; S7:
 * that of an IKE SA that never came goes with the old one.
 */
START_TEST(test_rekey)
{
	qcd_store_t *this = qcd_store_create();
	u_int tokens;

	ck_assert(!this->add_next(this, 1, 2, 3, 4, get_token(1)));
	this->live(this, 1, 2);
	this->add(this, 1, 2, get_token(0));
	ck_assert(this->add_next(this, 1, 2, 3, 4, get_token(1)));
	ck_assert(this->verify(this, 1, 2, get_token(0)));
	ck_assert(!this->verify(this, 1, 2, get_token(1)));
	ck_assert(!this->verify(this, 3, 4, get_token(1)));
	this->live(this, 3, 4);
	ck_assert(this->verify(this, 3, 4, get_token(1)));
	this->remove(this, 1, 2);
	ck_assert(this->verify(this, 3, 4, get_token(1)));
	/* the second attempt replaces the first one, both come to nothing */
	ck_assert(this->add_next(this, 3, 4, 5, 6, get_token(2)));
	ck_assert(this->add_next(this, 3, 4, 7, 8, get_token(3)));
	ck_assert_uint_eq(this->count(this, &tokens), 2);
	this->remove(this, 3, 4);
	ck_assert_uint_eq(this->count(this, &tokens), 0);
	this->destroy(this);
}
END_TEST

/**
 * T12: one hint per interval.
 */
START_TEST(test_hint)
{
	qcd_store_t *this = qcd_store_create();

	ck_assert(!this->hint(this, 1, 2, 1000));
	this->live(this, 1, 2);
	ck_assert(this->hint(this, 1, 2, 1000));
	ck_assert(!this->hint(this, 1, 2, 1000));
	ck_assert(this->hint(this, 1, 2, 0));
	this->destroy(this);
}
END_TEST

static Suite *qcd_store_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("qcd_store");
	tc = tcase_create("qcd_store");
	tcase_add_test(tc, test_lengths);
	tcase_add_test(tc, test_verify);
	tcase_add_test(tc, test_update);
	tcase_add_test(tc, test_rekey);
	tcase_add_test(tc, test_hint);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_qcd_store"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}
	/* the crypto of the installed strongSwan */
	lib->plugins->load(lib->plugins, "random nonce openssl");

	sr = srunner_create(qcd_store_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
