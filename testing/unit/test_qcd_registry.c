/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>
#include <sa/ike_sa.h>

#include "qcd_children.h"
#include "qcd_spi_registry.h"

/** IKE SAs and CHILD SAs as far as qcd_children looks at them */
static ike_sa_id_t *id;
static ike_sa_t ike_sa;
static child_sa_t child_sa;

static ike_sa_id_t *get_id(ike_sa_t *this)
{
	return id;
}

static uint32_t get_spi(child_sa_t *this, bool inbound)
{
	return inbound ? 0x11 : 0x22;
}

static enumerator_t *create_child_enumerator(ike_sa_t *this)
{
	return enumerator_create_single(&child_sa, NULL);
}

static void setup()
{
	ike_sa = (ike_sa_t){
		.get_id = get_id,
		.create_child_sa_enumerator = create_child_enumerator,
	};
	child_sa = (child_sa_t){
		.get_spi = (void*)get_spi,
	};
	id = ike_sa_id_create(2, 1, 2, FALSE);
}

static void teardown()
{
	id->destroy(id);
}

/**
 * Have the CHILD SA change its state.
 */
static void set_state(qcd_children_t *this, child_sa_state_t state)
{
	this->listener.child_state_change(&this->listener, &ike_sa, &child_sa,
									  state);
}

/**
 * SIR R1: an SPI is known while the CHILD SA exists, and a while after.
 * T6: an outbound SPI leads to its IKE SA.
 */
START_TEST(test_children)
{
	qcd_children_t *this = qcd_children_create();
	qcd_owner_t owners[QCD_OWNERS_MAX];
	uint32_t version = this->get_version(this);

	ck_assert(!this->has_inbound(this, 0x11));
	ck_assert(!this->had_inbound(this, 0x11));
	set_state(this, CHILD_INSTALLED);
	set_state(this, CHILD_INSTALLED);
	ck_assert(this->has_inbound(this, 0x11));
	ck_assert(!this->has_inbound(this, 0x22));
	ck_assert(!this->had_inbound(this, 0x11));
	ck_assert_uint_eq(this->find_outbound(this, 0x22, owners), 1);
	ck_assert(owners[0].spi_i == 1 && owners[0].spi_r == 2);
	ck_assert_uint_ne(this->get_version(this), version);
	version = this->get_version(this);
	set_state(this, CHILD_DESTROYING);
	set_state(this, CHILD_DESTROYING);
	ck_assert(!this->has_inbound(this, 0x11));
	ck_assert(this->had_inbound(this, 0x11));
	ck_assert(!this->had_inbound(this, 0x22));
	ck_assert_uint_eq(this->find_outbound(this, 0x22, owners), 0);
	ck_assert_uint_ne(this->get_version(this), version);
	this->destroy(this);
}
END_TEST

/** what was sent to all members, and to one */
static chunk_t sent, sent_to;
static uint8_t sent_type;

static uint64_t send_all(sync_channel_t *this, sync_domain_t domain,
						 uint8_t type, chunk_t body)
{
	ck_assert_int_eq(domain, SYNC_QCD);
	chunk_free(&sent);
	sent = body;
	sent_type = type;
	return 1;
}

static bool send_to(sync_channel_t *this, char *member, sync_domain_t domain,
					uint8_t type, chunk_t body)
{
	ck_assert_int_eq(domain, SYNC_QCD);
	ck_assert_str_eq(member, "moon");
	ck_assert_int_eq(type, QCD_SPI_YOURS);
	chunk_free(&sent_to);
	sent_to = body;
	return TRUE;
}

static sync_channel_t channel = {
	.send = send_all,
	.send_to = send_to,
};

/**
 * M10: the CHILD SAs of this daemon are told as they come, change and go.
 */
START_TEST(test_told)
{
	qcd_children_t *children = qcd_children_create();
	qcd_spi_registry_t *this;
	uint64_t spi;
	ike_sa_id_t *new;

	this = qcd_spi_registry_create_for(&channel, children);
	set_state(children, CHILD_INSTALLED);
	ck_assert_int_eq(sent_type, QCD_SPI_ADD);
	ck_assert_uint_eq(sent.len, QCD_SPI_LEN);
	memcpy(&spi, sent.ptr + 4, sizeof(spi));
	ck_assert(spi == 1);
	new = ike_sa_id_create(2, 5, 6, FALSE);
	children->listener.children_migrate(&children->listener, &ike_sa, new, 0);
	ck_assert_int_eq(sent_type, QCD_SPI_ADD);
	memcpy(&spi, sent.ptr + 4, sizeof(spi));
	ck_assert(spi == 5);
	new->destroy(new);
	set_state(children, CHILD_DESTROYING);
	ck_assert_int_eq(sent_type, QCD_SPI_REMOVE);
	this->destroy(this);
	chunk_free(&sent);
	set_state(children, CHILD_INSTALLED);
	ck_assert(!sent.ptr);
	children->destroy(children);
}
END_TEST

/**
 * Have a message with a CHILD SA received.
 */
static void receive(qcd_spi_registry_t *this, uint8_t type, uint32_t spi,
					uint64_t spi_i, uint64_t spi_r)
{
	u_char body[QCD_SPI_LEN];

	memcpy(body, &spi, sizeof(spi));
	memcpy(body + 4, &spi_i, sizeof(spi_i));
	memcpy(body + 12, &spi_r, sizeof(spi_r));
	this->subscriber.receive(&this->subscriber, "moon", type,
							 chunk_from_thing(body));
}

/**
 * M10: what a member had is known after it was restarted, and told to it.
 */
START_TEST(test_members)
{
	qcd_children_t *children = qcd_children_create();
	qcd_spi_registry_t *this;
	sync_subscriber_t *subscriber;
	qcd_owner_t owner;

	this = qcd_spi_registry_create_for(&channel, children);
	subscriber = &this->subscriber;
	subscriber->member_up(subscriber, "moon", 1);
	subscriber->resync_begin(subscriber, "moon");
	receive(this, QCD_SPI_ADD, 10, 11, 12);
	receive(this, QCD_SPI_ADD, 20, 21, 22);
	receive(this, QCD_SPI_ADD, 20, 23, 24);
	receive(this, QCD_SPI_REMOVE, 10, 11, 12);
	ck_assert(!this->find(this, 10, &owner));
	ck_assert(this->find(this, 20, &owner));
	ck_assert(owner.spi_i == 23 && owner.spi_r == 24);
	/* the link only was lost */
	subscriber->member_up(subscriber, "moon", 1);
	ck_assert(!sent_to.ptr);
	/* it was restarted */
	subscriber->member_up(subscriber, "moon", 2);
	ck_assert_uint_eq(sent_to.len, QCD_SPI_LEN);
	subscriber->resync_begin(subscriber, "moon");
	ck_assert(this->find(this, 20, &owner));
	receive(this, QCD_SPI_ADD, 30, 31, 32);
	ck_assert(this->find(this, 30, &owner));
	/* the other side */
	receive(this, QCD_SPI_YOURS, 40, 41, 42);
	ck_assert(this->find(this, 40, &owner));
	ck_assert(owner.spi_i == 41 && owner.spi_r == 42);
	/* malformed, or of a newer release */
	subscriber->receive(subscriber, "moon", QCD_SPI_ADD,
						chunk_from_chars(1, 2, 3));
	receive(this, 77, 50, 51, 52);
	ck_assert(!this->find(this, 50, &owner));
	chunk_free(&sent_to);
	this->destroy(this);
	children->destroy(children);
}
END_TEST

static Suite *qcd_registry_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("qcd_registry");
	tc = tcase_create("qcd_registry");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_children);
	tcase_add_test(tc, test_told);
	tcase_add_test(tc, test_members);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_qcd_registry"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(qcd_registry_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
