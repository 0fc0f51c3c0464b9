/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <daemon.h>

#include "fake_sa.h"
#include "ike_wire_protect.h"

/** keys, from us to the peer and back */
#define KEY_OUT 0x5a
#define KEY_IN 0xa3

/** ours, and the peer's */
static fake_sa_t sa, peer;

/**
 * As AEADs and stream ciphers do.
 */
static size_t no_block(aead_t *this)
{
	return 1;
}

static size_t short_iv(aead_t *this)
{
	return 8;
}

static bool refuse_iv(iv_gen_t *this, uint64_t seq, size_t size,
					  uint8_t *buffer)
{
	return FALSE;
}

/**
 * Make both ends, with a cipher in counter mode or not.
 */
static void make_both(bool initiator, bool counter)
{
	fake_sa_init(&sa, initiator, KEY_IN, KEY_OUT);
	fake_sa_init(&peer, !initiator, KEY_OUT, KEY_IN);
	if (counter)
	{
		sa.keymat.out.public.get_block_size = no_block;
		sa.keymat.out.public.get_iv_size = short_iv;
		peer.keymat.in.public.get_block_size = no_block;
		peer.keymat.in.public.get_iv_size = short_iv;
	}
	sa.keymat.out.iv_gen.get_iv = refuse_iv;
}

static daemon_t fake_charon = { .bus = &fake_bus };

static void setup()
{
	ck_assert(library_init("", "test_ike_wire_protect"));
	charon = &fake_charon;
	lib->crypto->add_rng(lib->crypto, RNG_TRUE, "test", fake_rng);
}

static void teardown()
{
	fake_sa_deinit(&sa);
	fake_sa_deinit(&peer);
	lib->crypto->remove_rng(lib->crypto, fake_rng);
	charon = NULL;
	library_deinit();
}

/**
 * Make a message with notifies that have data of some length, and receive it.
 */
static message_t *exchange(bool request, u_int count, size_t len,
						   message_t **received)
{
	ike_wire_notify_t notifies[] = {
		{ IKEV2_MESSAGE_ID_SYNC, chunk_alloca(len + 1) },
		{ IPSEC_REPLAY_COUNTER_SYNC, chunk_from_chars(1, 2, 3, 4) },
	};
	message_t *message;
	packet_t *packet;

	notifies[0].data.len = len;
	memset(notifies[0].data.ptr, 0x77, len);
	packet = ike_wire_protect(&sa.public, request, notifies, count);
	ck_assert(packet);
	ck_assert(sa.me->equals(sa.me, packet->get_source(packet)));
	ck_assert(sa.other->equals(sa.other, packet->get_destination(packet)));
	message = message_create_from_packet(packet);
	ck_assert_int_eq(message->parse_header(message), SUCCESS);
	*received = ike_wire_unprotect(&peer.public, message);
	return message;
}

/**
 * What charon's own parser says: requests and responses, from both roles, with
 * one or two notifies, with a block cipher and an AEAD.
 */
START_TEST(test_protect)
{
	bool request = _i & 1, initiator = _i & 2, counter = _i & 4;
	u_int count = _i & 8 ? 2 : 1;
	message_t *message, *received;
	notify_payload_t *notify;
	ike_sa_id_t *id;
	size_t len;

	for (len = 0; len < 40; len++)
	{
		make_both(initiator, counter);
		message = exchange(request, count, len, &received);
		ck_assert(received);
		ck_assert(received->get_request(received) == request);
		ck_assert_int_eq(received->get_exchange_type(received), INFORMATIONAL);
		ck_assert_uint_eq(received->get_message_id(received), 0);
		ck_assert_uint_eq(received->get_major_version(received), 2);
		ck_assert_uint_eq(received->get_minor_version(received), 0);
		id = received->get_ike_sa_id(received);
		ck_assert(id->get_initiator_spi(id) == sa.id->get_initiator_spi(sa.id));
		ck_assert(id->get_responder_spi(id) == sa.id->get_responder_spi(sa.id));
		/* the flag is the sender's */
		ck_assert(id->is_initiator(id) == initiator);
		notify = received->get_notify(received, IKEV2_MESSAGE_ID_SYNC);
		ck_assert(notify);
		ck_assert_uint_eq(notify->get_notification_data(notify).len, len);
		ck_assert_int_eq(notify->get_protocol_id(notify), PROTO_NONE);
		notify = received->get_notify(received, IPSEC_REPLAY_COUNTER_SYNC);
		ck_assert(count == 2 ? notify != NULL : notify == NULL);
		received->destroy(received);
		message->destroy(message);
		fake_sa_deinit(&sa);
		fake_sa_deinit(&peer);
	}
}
END_TEST

/**
 * The same twice has different IVs.
 */
START_TEST(test_iv)
{
	message_t *messages[2], *received;
	u_int i;

	make_both(TRUE, _i);
	for (i = 0; i < countof(messages); i++)
	{
		messages[i] = exchange(TRUE, 1, 12, &received);
		ck_assert(received);
		received->destroy(received);
	}
	/* behind both headers */
	ck_assert(!memeq(messages[0]->get_packet_data(messages[0]).ptr + 32,
					 messages[1]->get_packet_data(messages[1]).ptr + 32, 8));
	for (i = 0; i < countof(messages); i++)
	{
		messages[i]->destroy(messages[i]);
	}
}
END_TEST

/**
 * P7: other keys, messages too long to be looked at.
 */
START_TEST(test_refused)
{
	message_t *message, *received;

	make_both(TRUE, FALSE);
	peer.keymat.in.key++;
	message = exchange(TRUE, 1, 12, &received);
	ck_assert(!received);
	ck_assert_uint_eq(peer.keymat.in.decrypted, 1);
	message->destroy(message);
	peer.keymat.in.key--;
	message = exchange(TRUE, 1, 600, &received);
	ck_assert(!received);
	ck_assert_uint_eq(peer.keymat.in.decrypted, 1);
	message->destroy(message);
}
END_TEST

START_TEST(test_no_keys)
{
	ike_wire_notify_t notify = { IKEV2_MESSAGE_ID_SYNC, chunk_empty };

	make_both(TRUE, FALSE);
	sa.keymat.broken = TRUE;
	ck_assert(!ike_wire_protect(&sa.public, TRUE, &notify, 1));
	sa.keymat.broken = FALSE;
	/* no random numbers for an IV */
	lib->crypto->remove_rng(lib->crypto, fake_rng);
	ck_assert(!ike_wire_protect(&sa.public, TRUE, &notify, 1));
	lib->crypto->add_rng(lib->crypto, RNG_TRUE, "test", fake_rng);
}
END_TEST

static Suite *protect_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ike_wire_protect");
	tc = tcase_create("messages");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_protect, 0, 16);
	tcase_add_loop_test(tc, test_iv, 0, 2);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_no_keys);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	sr = srunner_create(protect_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
