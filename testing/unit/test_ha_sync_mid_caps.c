/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>

#include "fake_sa.h"
#include "ha_sync_mid_caps.h"

/** all there are */
#define ALL (HA_SYNC_CAP_MID | HA_SYNC_CAP_REPLAY | HA_SYNC_CAP_PLUGIN)

static ha_sync_mid_caps_t *caps;
static fake_sa_t sas[2];
static daemon_t fake_charon;

static void setup()
{
	u_int i;

	ck_assert(library_init("", "test_ha_sync_mid_caps"));
	for (i = 0; i < countof(sas); i++)
	{
		fake_sa_init(&sas[i], TRUE, 0, 0);
		sas[i].unique_id = i + 1;
		sas[i].state = IKE_CONNECTING;
	}
	fake_charon.bus = &fake_bus;
	charon = &fake_charon;
	caps = ha_sync_mid_caps_create();
}

static void teardown()
{
	u_int i;

	caps->destroy(caps);
	for (i = 0; i < countof(sas); i++)
	{
		fake_sa_deinit(&sas[i]);
	}
	charon = NULL;
	library_deinit();
}

/** capabilities and their types on the wire (RFC 6311, 12) */
static const struct {
	ha_sync_cap_t cap;
	uint16_t type;
} types[] = {
	{ HA_SYNC_CAP_MID, 16420 },
	{ HA_SYNC_CAP_REPLAY, 16421 },
	{ HA_SYNC_CAP_PLUGIN, 41011 },
};

/**
 * Pass an IKE_AUTH message with notifies to the hook, as charon does.
 *
 * @return		capabilities it has notifies for afterwards, each once
 */
static ha_sync_cap_t pass(fake_sa_t *sa, bool incoming, bool request,
						  uint32_t mid, ha_sync_cap_t has)
{
	enumerator_t *enumerator;
	notify_payload_t *notify;
	message_t *message;
	ha_sync_cap_t found = 0;
	u_int i;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_exchange_type(message, IKE_AUTH);
	message->set_request(message, request);
	message->set_message_id(message, mid);
	for (i = 0; i < countof(types); i++)
	{
		if (has & types[i].cap)
		{
			message->add_notify(message, FALSE, types[i].type, chunk_empty);
		}
	}
	ck_assert(caps->listener.message(&caps->listener, &sa->public, message,
									 incoming, !incoming));
	ck_assert(caps->listener.message(&caps->listener, &sa->public, message,
									 incoming, incoming));
	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &notify))
	{
		for (i = 0; i < countof(types); i++)
		{
			if (notify->get_notify_type(notify) == types[i].type)
			{
				ck_assert(!(found & types[i].cap));
				ck_assert_uint_eq(notify->get_notification_data(notify).len, 0);
				ck_assert_uint_eq(notify->get_spi_data(notify).len, 0);
				found |= types[i].cap;
			}
		}
	}
	enumerator->destroy(enumerator);
	message->destroy(message);
	return found;
}

/**
 * As a responder with EAP: three exchanges, the offer is in one of them.
 *
 * @return		what we agree to
 */
static ha_sync_cap_t respond(fake_sa_t *sa, ha_sync_cap_t offer, u_int when)
{
	ha_sync_cap_t answer = 0;
	u_int i;

	for (i = 1; i <= 3; i++)
	{
		pass(sa, TRUE, TRUE, i, i == when ? offer : 0);
		sa->state = i == 3 ? IKE_ESTABLISHED : IKE_CONNECTING;
		answer = pass(sa, FALSE, FALSE, i, 0);
		if (i < 3)
		{	/* N4: in the last response only */
			ck_assert_uint_eq(answer, 0);
		}
	}
	return answer;
}

START_TEST(test_responder)
{
	ha_sync_cap_t offer = _i;
	u_int when;

	for (when = 1; when <= 3; when++)
	{	/* N1: what was offered, each separately; N4: in any request */
		sas[0].extensions = 0;
		ck_assert_uint_eq(respond(&sas[0], offer, when), offer);
		ck_assert_uint_eq(caps->get(caps, &sas[0].public), offer);
		ck_assert_uint_eq(sas[0].extensions,
						  offer & HA_SYNC_CAP_MID ? EXT_IKE_MESSAGE_ID_SYNC
												  : 0);
		caps->listener.ike_state_change(&caps->listener, &sas[0].public,
										IKE_DESTROYING);
	}
}
END_TEST

START_TEST(test_responder_once)
{
	/* a charon that agrees by itself */
	pass(&sas[0], TRUE, TRUE, 1, HA_SYNC_CAP_MID);
	sas[0].state = IKE_ESTABLISHED;
	ck_assert_uint_eq(pass(&sas[0], FALSE, FALSE, 1, HA_SYNC_CAP_MID),
					  HA_SYNC_CAP_MID);
}
END_TEST

START_TEST(test_initiator)
{
	ha_sync_cap_t answer = _i;

	/* charon offers message IDs in the first request */
	ck_assert_uint_eq(pass(&sas[0], FALSE, TRUE, 1, HA_SYNC_CAP_MID), ALL);
	ck_assert_uint_eq(pass(&sas[0], TRUE, FALSE, 1, 0), 0);
	ck_assert_uint_eq(pass(&sas[0], FALSE, TRUE, 2, 0), 0);
	/* N2: nothing before the responder agreed */
	ck_assert_uint_eq(caps->get(caps, &sas[0].public), 0);
	pass(&sas[0], TRUE, FALSE, 2, answer);
	/* message IDs are charon's: ike_auth */
	ck_assert_uint_eq(caps->get(caps, &sas[0].public),
					  answer & ~HA_SYNC_CAP_MID);
	sas[0].extensions = EXT_IKE_MESSAGE_ID_SYNC;
	ck_assert_uint_eq(caps->get(caps, &sas[0].public),
					  answer | HA_SYNC_CAP_MID);
}
END_TEST

START_TEST(test_initiator_not_offered)
{
	/* loaded when the request had left */
	pass(&sas[0], TRUE, FALSE, 1, ALL);
	ck_assert_uint_eq(caps->get(caps, &sas[0].public), 0);
}
END_TEST

START_TEST(test_has)
{
	respond(&sas[0], HA_SYNC_CAP_MID | HA_SYNC_CAP_PLUGIN, 1);
	ck_assert(caps->has(caps, &sas[0].public, HA_SYNC_CAP_MID));
	ck_assert(caps->has(caps, &sas[0].public,
						HA_SYNC_CAP_MID | HA_SYNC_CAP_PLUGIN));
	ck_assert(!caps->has(caps, &sas[0].public, HA_SYNC_CAP_REPLAY));
	ck_assert(!caps->has(caps, &sas[0].public, ALL));
	/* another IKE SA has nothing */
	ck_assert(!caps->has(caps, &sas[1].public, HA_SYNC_CAP_PLUGIN));
}
END_TEST

START_TEST(test_import)
{
	/* N3: known at once after a failover */
	sas[0].extensions = EXT_IKE_MESSAGE_ID_SYNC;
	caps->set(caps, &sas[0].public, ALL | 0x10000);
	ck_assert_uint_eq(caps->get(caps, &sas[0].public), ALL);
	caps->set(caps, &sas[0].public, 0);
	ck_assert_uint_eq(caps->get(caps, &sas[0].public), HA_SYNC_CAP_MID);
	/* the extension counts */
	caps->set(caps, &sas[1].public, ALL);
	ck_assert_uint_eq(caps->get(caps, &sas[1].public), ALL & ~HA_SYNC_CAP_MID);
}
END_TEST

START_TEST(test_mark)
{
	respond(&sas[0], ALL, 1);
	caps->mark(caps, &sas[0].public, TRUE);
	caps->mark(caps, &sas[1].public, FALSE);
	ck_assert_uint_eq(caps->get(caps, &sas[0].public), ALL | HA_SYNC_UNSYNED);
	ck_assert(caps->has(caps, &sas[0].public,
						HA_SYNC_CAP_PLUGIN | HA_SYNC_UNSYNED));
	ck_assert_uint_eq(caps->count(caps), 1);
	/* Z3: part of what members tell each other */
	caps->set(caps, &sas[1].public, caps->get(caps, &sas[0].public));
	ck_assert_uint_eq(caps->count(caps), 2);
	/* a new IKE SA is synced */
	caps->listener.ike_rekey(&caps->listener, &sas[0].public, &sas[1].public);
	ck_assert(!caps->has(caps, &sas[1].public, HA_SYNC_UNSYNED));
	caps->mark(caps, &sas[0].public, FALSE);
	ck_assert_uint_eq(caps->get(caps, &sas[0].public), ALL);
	ck_assert_uint_eq(caps->count(caps), 0);
}
END_TEST

START_TEST(test_rekey)
{
	/* N6 */
	respond(&sas[0], ALL, 1);
	sas[1].extensions = sas[0].extensions;
	caps->listener.ike_rekey(&caps->listener, &sas[0].public, &sas[1].public);
	caps->listener.ike_state_change(&caps->listener, &sas[0].public,
									IKE_DESTROYING);
	ck_assert_uint_eq(caps->get(caps, &sas[1].public), ALL);
	ck_assert_uint_eq(caps->get(caps, &sas[0].public), HA_SYNC_CAP_MID);
}
END_TEST

Suite *mid_caps_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha-sync capabilities");
	tc = tcase_create("caps");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_responder, 0, ALL + 1);
	tcase_add_test(tc, test_responder_once);
	tcase_add_loop_test(tc, test_initiator, 0, ALL + 1);
	tcase_add_test(tc, test_initiator_not_offered);
	tcase_add_test(tc, test_has);
	tcase_add_test(tc, test_import);
	tcase_add_test(tc, test_mark);
	tcase_add_test(tc, test_rekey);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	sr = srunner_create(mid_caps_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
