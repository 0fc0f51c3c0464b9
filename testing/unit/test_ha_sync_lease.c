/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>

#include "ha_sync_lease_table.h"

static ha_sync_lease_table_t *leases;
static host_t *vip, *peer;
static identification_t *carol, *dave;

static void setup()
{
	leases = ha_sync_lease_table_create();
	vip = host_create_from_string("10.3.0.1", 0);
	peer = host_create_from_string("192.168.0.100", 4500);
	carol = identification_create_from_string("carol@strongswan.org");
	dave = identification_create_from_string("dave@strongswan.org");
}

static void teardown()
{
	leases->destroy(leases);
	vip->destroy(vip);
	peer->destroy(peer);
	carol->destroy(carol);
	dave->destroy(dave);
}

/**
 * Add a replica with the address.
 */
static void add(bool inherits)
{
	leases->add(leases, vip, carol, peer,
				linked_list_create_with_items(strdup("pool"), NULL), inherits);
}

/**
 * Remove one, check if it is the last.
 */
static void assert_remove(bool expected)
{
	ha_sync_lease_entry_t *last;

	ck_assert(leases->remove(leases, vip, carol, &last));
	ck_assert(!last == !expected);
	if (last)
	{
		ha_sync_lease_entry_destroy(last);
	}
	ck_assert(leases->is_taken(leases, vip, dave) == !expected);
}

/**
 * Two IKE SAs of a client, as after a make-before-break reauthentication.
 */
START_TEST(test_two)
{
	ha_sync_lease_entry_t *last;

	ck_assert(!leases->is_taken(leases, vip, dave));
	add(FALSE);
	add(FALSE);
	ck_assert(leases->is_taken(leases, vip, dave));
	assert_remove(FALSE);
	assert_remove(TRUE);
	ck_assert(!leases->remove(leases, vip, carol, &last));
}
END_TEST

/**
 * The replica of a rekeyed IKE SA, which goes without a release, and that of
 * the new one are one user; so is a new one whose rekeyed one had no address.
 */
START_TEST(test_rekeyed)
{
	add(_i);
	add(TRUE);
	add(TRUE);
	assert_remove(TRUE);
}
END_TEST

static Suite *lease_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_lease");
	tc = tcase_create("table");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_two);
	tcase_add_loop_test(tc, test_rekeyed, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_lease"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}
	sr = srunner_create(lease_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
