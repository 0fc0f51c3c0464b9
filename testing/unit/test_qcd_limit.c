/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>

#include "qcd_limit.h"

/** the clock, in ms */
static uint64_t now;

/**
 * Takes the place of libstrongswan's.
 */
time_t time_monotonic(timeval_t *tv)
{
	if (tv)
	{
		*tv = (timeval_t){
			.tv_sec = now / 1000,
			.tv_usec = now % 1000 * 1000,
		};
	}
	return now / 1000;
}

/**
 * Count how many of some attempts are allowed.
 */
static u_int attempt(qcd_limit_t *this, host_t *host, u_int count)
{
	u_int allowed = 0;

	while (count--)
	{
		allowed += this->allow(this, host);
	}
	return allowed;
}

/**
 * M8, M9, T5: per source and in total.
 */
START_TEST(test_limits)
{
	qcd_limit_t *this = qcd_limit_create(10, 4);
	host_t *a, *b, *port;

	a = host_create_from_string("192.168.0.1", 500);
	port = host_create_from_string("192.168.0.1", 4500);
	b = host_create_from_string("fec0::1", 500);
	ck_assert(this->peek(this, a));
	ck_assert(this->peek(this, a));
	ck_assert_uint_eq(attempt(this, a, 100), 4);
	ck_assert(!this->peek(this, a));
	ck_assert(this->peek(this, b));
	/* a port is no other source */
	ck_assert_uint_eq(attempt(this, port, 10), 0);
	ck_assert_uint_eq(attempt(this, b, 100), 4);
	ck_assert_uint_eq(attempt(this, NULL, 100), 2);
	/* after a quarter of a second one more of each */
	now += 260;
	ck_assert_uint_eq(attempt(this, a, 100), 1);
	now += 1100;
	ck_assert_uint_eq(attempt(this, a, 100), 4);
	this->set(this, 100, 50);
	now += 1100;
	ck_assert_uint_eq(attempt(this, b, 100), 50);
	this->destroy(this);
	a->destroy(a);
	b->destroy(b);
	port->destroy(port);
}
END_TEST

/**
 * M8: a thread that was late sees a time before that of the last one.
 */
START_TEST(test_late)
{
	qcd_limit_t *this = qcd_limit_create(100, 4);
	host_t *host;

	host = host_create_from_string("192.168.0.1", 500);
	now += 100;
	ck_assert_uint_eq(attempt(this, host, 100), 4);
	now -= 100;
	ck_assert(!this->peek(this, host));
	ck_assert_uint_eq(attempt(this, host, 100), 0);
	/* no time counts twice */
	now += 100 + 249;
	ck_assert(!this->peek(this, host));
	now++;
	ck_assert(this->peek(this, host));
	this->destroy(this);
	host->destroy(host);
}
END_TEST

/**
 * Thousands of sources share the total.
 */
START_TEST(test_many)
{
	qcd_limit_t *this = qcd_limit_create(100, 5);
	char address[32];
	u_int i, allowed = 0;
	host_t *host;

	for (i = 0; i < 5000; i++)
	{
		snprintf(address, sizeof(address), "10.0.%u.%u", i / 256, i % 256);
		host = host_create_from_string(address, 500);
		allowed += this->allow(this, host);
		host->destroy(host);
	}
	ck_assert_uint_eq(allowed, 100);
	this->destroy(this);
}
END_TEST

static Suite *qcd_limit_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("qcd_limit");
	tc = tcase_create("qcd_limit");
	tcase_add_test(tc, test_limits);
	tcase_add_test(tc, test_late);
	tcase_add_test(tc, test_many);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_qcd_limit"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}
	/* the crypto of the installed strongSwan */
	lib->plugins->load(lib->plugins, "random nonce openssl");

	sr = srunner_create(qcd_limit_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
