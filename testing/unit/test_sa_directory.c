/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>

#include "sa_members.h"
#include "sa_spis.h"

/**
 * M4: an SPI is found in whatever role, as long as an IKE SA uses it.
 */
START_TEST(test_spis)
{
	sa_spis_t *this = sa_spis_create();
	enumerator_t *enumerator;
	uint64_t spi_i, spi_r;
	u_int count = 0;

	this->add(this, 1, 2);
	this->add(this, 1, 2);
	this->add(this, 1, 3);
	this->add(this, 4, 0);
	ck_assert_uint_eq(this->count(this), 3);
	ck_assert(this->uses(this, 1));
	ck_assert(this->uses(this, 2));
	ck_assert(!this->uses(this, 0));
	ck_assert(!this->uses(this, 5));
	enumerator = this->create_enumerator(this);
	while (enumerator->enumerate(enumerator, &spi_i, &spi_r))
	{
		ck_assert(spi_i == 1 || spi_i == 4);
		count++;
	}
	enumerator->destroy(enumerator);
	ck_assert_uint_eq(count, 3);
	this->remove(this, 1, 2);
	this->remove(this, 1, 2);
	ck_assert(this->uses(this, 1));
	ck_assert(!this->uses(this, 2));
	this->remove(this, 1, 3);
	this->remove(this, 2, 1);
	ck_assert(!this->uses(this, 1));
	this->destroy(this);
}
END_TEST

/** what the channel says about the only other member */
static sync_member_t member = { .name = "moon" };
static u_int requested;

static bool request(sync_channel_t *this, char *name, sync_domain_t domain)
{
	requested += streq(name, "moon") && domain == SYNC_DIRECTORY;
	return TRUE;
}

static enumerator_t *create_enumerator(sync_channel_t *this)
{
	return enumerator_create_single(&member, NULL);
}

/**
 * Have a message received.
 */
static void receive(sa_members_t *this, uint8_t type, uint64_t spi_i,
					uint64_t spi_r)
{
	uint64_t spi[] = { spi_i, spi_r };

	this->subscriber.receive(&this->subscriber, "moon", type,
							 chunk_from_thing(spi));
}

/**
 * M6, M7: a token needs to know that nobody has the IKE SA: the member is
 * connected, and its list complete.
 */
START_TEST(test_members)
{
	sync_channel_t channel = {
		.request_resync = request,
		.create_member_enumerator = create_enumerator,
	};
	sa_members_t *this = sa_members_create(&channel, NULL);
	sync_subscriber_t *subscriber = &this->subscriber;

	/* never connected */
	member.state = SYNC_LINK_DOWN;
	ck_assert_int_eq(this->find(this, 1, 2), SA_MEMBERS_UNKNOWN);
	member.state = SYNC_LINK_UP;
	requested = 0;
	subscriber->member_up(subscriber, "moon", 1);
	ck_assert_uint_eq(requested, 1);
	ck_assert_int_eq(this->find(this, 1, 2), SA_MEMBERS_UNKNOWN);
	subscriber->resync_begin(subscriber, "moon");
	receive(this, SA_MEMBERS_ADD, 1, 2);
	ck_assert_int_eq(this->find(this, 5, 6), SA_MEMBERS_UNKNOWN);
	subscriber->resync_end(subscriber, "moon");
	ck_assert_int_eq(this->find(this, 1, 2), SA_MEMBERS_USED);
	ck_assert_int_eq(this->find(this, 9, 1), SA_MEMBERS_USED);
	ck_assert_int_eq(this->find(this, 5, 6), SA_MEMBERS_NONE);
	receive(this, SA_MEMBERS_REMOVE, 1, 2);
	receive(this, SA_MEMBERS_ADD, 3, 4);
	ck_assert_int_eq(this->find(this, 1, 2), SA_MEMBERS_NONE);
	/* not connected: what it had it may have still, or died with it */
	subscriber->member_down(subscriber, "moon");
	member.state = SYNC_LINK_DOWN;
	ck_assert_int_eq(this->find(this, 3, 9), SA_MEMBERS_UNKNOWN);
	ck_assert_int_eq(this->find(this, 1, 2), SA_MEMBERS_UNKNOWN);
	/* it restarted: until the snapshot is complete both count */
	member.state = SYNC_LINK_RESYNC;
	subscriber->member_up(subscriber, "moon", 2);
	subscriber->resync_begin(subscriber, "moon");
	receive(this, SA_MEMBERS_ADD, 7, 8);
	ck_assert_int_eq(this->find(this, 3, 4), SA_MEMBERS_USED);
	ck_assert_int_eq(this->find(this, 7, 8), SA_MEMBERS_USED);
	subscriber->resync_end(subscriber, "moon");
	ck_assert_int_eq(this->find(this, 3, 4), SA_MEMBERS_NONE);
	ck_assert_uint_eq(this->count(this), 1);
	/* malformed, or of a newer release */
	subscriber->receive(subscriber, "moon", SA_MEMBERS_ADD,
						chunk_from_chars(1, 2, 3));
	receive(this, 77, 1, 2);
	ck_assert_uint_eq(this->count(this), 1);
	this->destroy(this);
}
END_TEST

static Suite *sa_directory_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("sa_directory");
	tc = tcase_create("sa_directory");
	tcase_add_test(tc, test_spis);
	tcase_add_test(tc, test_members);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_sa_directory"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(sa_directory_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
