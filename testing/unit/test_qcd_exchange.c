/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <daemon.h>
#include <encoding/payloads/delete_payload.h>
#include <encoding/payloads/id_payload.h>
#include <encoding/payloads/notify_payload.h>

#include "fake_sa.h"
#include "ike_wire_notify.h"
#include "qcd_exchange.h"

/**
 * The IKE_SA, which can be checked out, and an inbound SPI of its CHILD SA.
 */
static fake_sa_t sa;
static uint32_t child_spi;

METHOD(child_sa_t, get_spi, uint32_t,
	child_sa_t *this, bool inbound)
{
	return inbound ? child_spi : 0x99;
}

METHOD(ike_sa_manager_t, checkout, ike_sa_t*,
	ike_sa_manager_t *this, ike_sa_id_t *id)
{
	return &sa.public;
}

METHOD(ike_sa_manager_t, checkin, void,
	ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
}

/**
 * Our token is of the SPIs only.
 */
METHOD(qcd_secret_t, make, bool,
	qcd_secret_t *this, uint64_t spi_i, uint64_t spi_r, host_t *taker,
	uint8_t *token)
{
	memset(token, 0, QCD_TOKEN_LEN);
	memcpy(token, &spi_i, sizeof(spi_i));
	memcpy(token + sizeof(spi_i), &spi_r, sizeof(spi_r));
	return TRUE;
}

static qcd_secret_t secret;
static qcd_config_t config;
static daemon_t fake_charon;
static ike_sa_manager_t manager;
static child_sa_t child_sa;
static qcd_store_t *store;
static qcd_children_t *children;
static qcd_stats_t *stats;
static qcd_exchange_t *this;

static void setup()
{
	fake_sa_init(&sa, TRUE, 1, 2);
	secret.make = _make;
	config = (qcd_config_t){ .maker = TRUE };
	manager.checkout = _checkout;
	manager.checkin = _checkin;
	child_sa.get_spi = _get_spi;
	fake_charon.ike_sa_manager = &manager;
	fake_charon.bus = &fake_bus;
	charon = &fake_charon;
	store = qcd_store_create();
	children = qcd_children_create();
	stats = qcd_stats_create();
	this = qcd_exchange_create(&config, &secret, store, children, stats);
}

static void teardown()
{
	this->destroy(this);
	stats->destroy(stats);
	children->destroy(children);
	store->destroy(store);
	fake_sa_deinit(&sa);
	charon = NULL;
}

/**
 * Make a message and have it sent, the caller destroys it.
 */
static message_t *sends(exchange_type_t exchange, bool request)
{
	identification_t *id;
	message_t *message;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_exchange_type(message, exchange);
	message->set_request(message, request);
	if (exchange == IKE_AUTH)
	{
		id = identification_create_from_string("client");
		message->add_payload(message, (payload_t*)
				id_payload_create_from_identification(PLV2_ID_INITIATOR, id));
		id->destroy(id);
	}
	this->listener.message(&this->listener, &sa.public, message, FALSE, TRUE);
	return message;
}

/**
 * Have a message sent, return TRUE if it has the token for an initiator's SPI.
 */
static bool gives(exchange_type_t exchange, uint64_t spi_i)
{
	notify_payload_t *notify;
	message_t *message;
	bool given;

	message = sends(exchange, TRUE);
	notify = message->get_notify(message, (notify_type_t)IKE_WIRE_QCD_TOKEN);
	given = notify && memeq(notify->get_notification_data(notify).ptr, &spi_i,
							sizeof(spi_i));
	ck_assert(given || !notify);
	message->destroy(message);
	return given;
}

/**
 * S1: the token is in the first IKE_AUTH request, also in that of another try
 * with other SPIs.
 */
START_TEST(test_another_try)
{
	sa.state = IKE_CONNECTING;
	ck_assert(!gives(IKE_SA_INIT, FAKE_SPI_I));
	/* with a cookie */
	ck_assert(!gives(IKE_SA_INIT, FAKE_SPI_I));
	ck_assert(gives(IKE_AUTH, FAKE_SPI_I));
	/* of another round */
	ck_assert(!gives(IKE_AUTH, FAKE_SPI_I));
	sa.id->set_initiator_spi(sa.id, 0x77);
	ck_assert(!gives(IKE_SA_INIT, 0x77));
	ck_assert(gives(IKE_AUTH, 0x77));
	ck_assert(!gives(IKE_AUTH, 0x77));
}
END_TEST

/**
 * Have a CHILD SA change its state.
 */
static void set_child(child_sa_state_t state)
{
	children->listener.child_state_change(&children->listener, &sa.public,
										  &child_sa, state);
}

/**
 * Have an INFORMATIONAL sent, return a sum of the SPIs it deletes.
 */
static uint32_t deletes()
{
	enumerator_t *enumerator;
	delete_payload_t *delete;
	message_t *message;
	uint32_t spi, sum = 0;

	message = sends(INFORMATIONAL, TRUE);
	delete = (delete_payload_t*)message->get_payload(message, PLV2_DELETE);
	ck_assert(!delete == !message->get_notify(message, INVALID_SPI));
	if (delete)
	{
		enumerator = delete->create_spi_enumerator(delete);
		while (enumerator->enumerate(enumerator, &spi))
		{
			sum += spi;
		}
		enumerator->destroy(enumerator);
	}
	message->destroy(message);
	return sum;
}

/**
 * L1: an SPI is reported once over the IKE SA, and not at all if its CHILD SA
 * is there by then.
 */
START_TEST(test_report)
{
	qcd_owner_t owner = { .spi_i = FAKE_SPI_I, .spi_r = FAKE_SPI_R };

	this->report_spi(this, &owner, 0x100);
	this->report_spi(this, &owner, 0x100);
	this->report_spi(this, &owner, 0x200);
	ck_assert_uint_eq(deletes(), 0x300);
	ck_assert_uint_eq(deletes(), 0);
	ck_assert_uint_eq(stats->get(stats, QCD_ESP_PROTECTED), 2);
	this->report_spi(this, &owner, 0x100);
	this->report_spi(this, &owner, 0x200);
	child_spi = 0x100;
	set_child(CHILD_INSTALLED);
	ck_assert_uint_eq(deletes(), 0x200);
	this->report_spi(this, &owner, 0x100);
	ck_assert_uint_eq(deletes(), 0);
	set_child(CHILD_DESTROYING);
	ck_assert_uint_eq(deletes(), 0);
	ck_assert_uint_eq(stats->get(stats, QCD_ESP_PROTECTED), 3);
}
END_TEST

static Suite *qcd_exchange_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("qcd_exchange");
	tc = tcase_create("qcd_exchange");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_another_try);
	tcase_add_test(tc, test_report);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_qcd_exchange"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}
	/* the crypto of the installed strongSwan */
	lib->plugins->load(lib->plugins, "random nonce openssl");

	sr = srunner_create(qcd_exchange_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
