/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_daemon.h"
#include "stub_client.h"
#include "stub_keys.h"
#include "stub_syn.h"

#include <encoding/payloads/notify_payload.h>

/** nonce of the gateway */
#define GATEWAY_NONCE chunk_from_str("nonce of the gateway, 32 octets.")

/** what is wrong with an answer */
typedef enum {
	/** nothing */
	GOOD,
	/** there is no proof */
	NO_PROOF,
	/** the proof is for other octets */
	WRONG_PROOF,
	/** it is an ordinary response */
	ORDINARY,
	/** it asks for a cookie */
	COOKIE_WANTED,
} answer_kind_t;

static stub_daemon_t *fake;
static stub_config_t config;
static stub_stats_t *stats;
static stub_keeper_t *keeper;
static stub_capture_t *capture;
static stub_client_t *client;

/** the IKE_SA that is replaced */
static ike_sa_t *old;

/** stub of the old IKE_SA, NULL for none */
static stub_t *stub;

/** number of times charon was to initiate something */
static u_int initiated;

/** Implements stub_capture_t.take */
static stub_t *take(stub_capture_t *this, ike_sa_t *ike_sa)
{
	ck_assert(ike_sa == old);
	return stub ? stub_ref(stub) : NULL;
}

/** Implements ike_sa_t.initiate */
static status_t initiate(ike_sa_t *this, child_cfg_t *cfg,
						 child_init_args_t *args)
{
	initiated++;
	return SUCCESS;
}

static void setup()
{
	ike_sa_id_t *id;

	initiated = 0;
	fake = stub_daemon_init();
	fake->stub->role = STUB_CLIENT;
	stub = fake->stub;
	config = (stub_config_t){
		.client = TRUE,
		.lifetime = 3600,
		.store = STUB_STORE_MEMORY,
		.proof = TRUE,
		.max_stubs = 10,
	};
	stats = stub_stats_create();
	keeper = stub_keeper_create(&config, stats);
	capture = stub_capture_create(&config, keeper, NULL, stats);
	capture->take = take;
	client = stub_client_create(&config, capture, NULL, stats);

	id = ike_sa_id_create(IKEV2_MAJOR_VERSION, TEST_SPI_I, TEST_SPI_R, TRUE);
	old = ike_sa_create(id, TRUE, IKEV2);
	id->destroy(id);
	stub_daemon_create_sa(TRUE);
	fake->sa->initiate = initiate;
}

/**
 * End the IKE_SA as charon does.
 */
static void end_sa()
{
	client->listener.ike_state_change(&client->listener, fake->sa,
									  IKE_DESTROYING);
	capture->listener.ike_state_change(&capture->listener, fake->sa,
									   IKE_DESTROYING);
}

static void teardown()
{
	end_sa();
	ck_assert_int_eq(client->count(client), 0);
	stub_daemon_clear();
	old->destroy(old);
	client->destroy(client);
	capture->destroy(capture);
	keeper->destroy(keeper);
	stats->destroy(stats);
	stub_daemon_deinit();
}

static u_int counted(stub_counter_t counter)
{
	return stats->get(stats, counter);
}

/**
 * Have the IKE_SA take the place of the old one.
 */
static void reestablish()
{
	client->listener.ike_reestablish_pre(&client->listener, old, fake->sa);
	fake->sa->set_state(fake->sa, IKE_CONNECTING);
}

/**
 * Let the client see the IKE_SA_INIT request that leaves; the request, with all
 * that was added.
 */
static message_t *send_request()
{
	message_t *message = stub_daemon_message(IKE_SA_INIT, TRUE, 0);

	stub_daemon_add_ordinary(message);
	stub_daemon_add_nonce(message, CLIENT_NONCE);
	client->listener.message(&client->listener, fake->sa, message, FALSE, TRUE);
	return message;
}

/**
 * Check if the client adds a SYN to its request, with a proof that fits.
 */
static bool sends_syn()
{
	message_t *message = send_request(), *parsed;
	notify_payload_t *notify;
	packet_t *packet;
	stub_syn_t syn;
	chunk_t proof;
	bool found;

	ck_assert(message->generate(message, NULL, &packet) == SUCCESS);
	message->destroy(message);
	parsed = message_create_from_packet(packet);
	ck_assert(parsed->parse_header(parsed) == SUCCESS);
	ck_assert(parsed->parse_body(parsed, NULL) == SUCCESS);
	found = stub_syn_find(parsed, &syn);
	notify = parsed->get_notify(parsed, stub_types.proof);
	ck_assert(found == (notify != NULL));
	if (found)
	{
		ck_assert(syn.spi == TEST_SPI_R);
		ck_assert(stub_keys_proof_i(stub, NEW_SPI_I, CLIENT_NONCE, syn.body,
									&proof));
		ck_assert(chunk_equals(proof, notify->get_notification_data(notify)));
		chunk_free(&proof);
	}
	parsed->destroy(parsed);
	return found;
}

/**
 * Present the stub.
 */
static void present()
{
	reestablish();
	ck_assert(sends_syn());
	ck_assert_int_eq(client->count(client), 1);
}

/**
 * Add the gateway's proof to an answer.
 */
static void add_proof(message_t *message, answer_kind_t kind)
{
	chunk_t proof;

	ck_assert(stub_keys_proof_r(stub, NEW_SPI_I, NEW_SPI_R, CLIENT_NONCE,
								GATEWAY_NONCE, &proof));
	proof.ptr[0] ^= kind == WRONG_PROOF;
	message->add_notify(message, FALSE, stub_types.proof, proof);
	chunk_free(&proof);
}

/**
 * Let the client see an answer; TRUE if it's charon's.
 */
static bool receive(answer_kind_t kind)
{
	message_t *message = stub_daemon_message(IKE_SA_INIT, FALSE, 0);
	packet_t *packet;
	bool mine;

	switch (kind)
	{
		case ORDINARY:
			stub_daemon_add_ordinary(message);
			/* fall-through */
		case GOOD:
		case NO_PROOF:
		case WRONG_PROOF:
			stub_daemon_add_nonce(message, GATEWAY_NONCE);
			break;
		case COOKIE_WANTED:
			message->add_notify(message, FALSE, COOKIE,
								chunk_from_str("cookie"));
			break;
	}
	if (kind == GOOD || kind == WRONG_PROOF)
	{
		add_proof(message, kind);
	}
	ck_assert(message->generate(message, NULL, &packet) == SUCCESS);
	message->destroy(message);
	mine = stub_daemon_receive(&client->listener, packet);
	packet->destroy(packet);
	return mine;
}

/**
 * Let the client see an answer; TRUE if it's taken: charon ignores it then, as
 * it expects another message ID.
 */
static bool takes(answer_kind_t kind)
{
	int before = fake->jobs->get_count(fake->jobs);

	receive(kind);
	return fake->jobs->get_count(fake->jobs) == before + 1 &&
		   fake->sa->get_message_id(fake->sa, TRUE) == 1;
}

/**
 * Run all jobs that wait for their time.
 */
static void run_scheduled()
{
	while (fake->scheduled->get_count(fake->scheduled))
	{
		stub_daemon_run(fake->scheduled);
	}
}

/**
 * Check that the IKE_SA is established once the job has run.
 */
static void assert_resumed()
{
	ike_sa_t *sa = fake->sa;
	ike_sa_id_t *id = sa->get_id(sa);

	ck_assert(id->get_responder_spi(id) == NEW_SPI_R);
	ck_assert_int_eq(sa->get_message_id(sa, TRUE), 1);
	ck_assert_int_eq(sa->get_state(sa), IKE_CONNECTING);
	stub_daemon_run(fake->jobs);
	ck_assert_int_eq(sa->get_state(sa), IKE_ESTABLISHED);
	ck_assert(sa->has_condition(sa, COND_AUTHENTICATED));
	ck_assert_int_eq(counted(STUB_RESUMED), 1);
	ck_assert_int_eq(counted(STUB_FELL_BACK), 0);
	ck_assert_int_eq(client->count(client), 0);
	ck_assert_int_eq(initiated, 1);
}

/**
 * X1, G1: SYN and proof are in each request until there is an answer, also
 * after a cookie.
 */
START_TEST(test_syn)
{
	present();
	ck_assert(receive(COOKIE_WANTED));
	ck_assert(sends_syn());
	ck_assert_int_eq(counted(STUB_SYN_SENT), 2);
	ck_assert_int_eq(counted(STUB_FELL_BACK), 0);
	ck_assert(takes(GOOD));
	ck_assert(!sends_syn());
}
END_TEST

/**
 * There is none without a stub, for one that expired, if the client has to
 * authenticate again, or does not want any.
 */
START_TEST(test_no_syn)
{
	switch (_i)
	{
		case 0:
			stub = NULL;
			break;
		case 1:
			stub->expires = time(NULL) - 1;
			break;
		case 2:
			old->set_condition(old, COND_REAUTHENTICATING, TRUE);
			break;
		case 3:
			config.client = FALSE;
			break;
	}
	reestablish();
	ck_assert(!sends_syn());
	ck_assert_int_eq(counted(STUB_SYN_SENT), 0);
	ck_assert_int_eq(client->count(client), 0);
	/* the answer to it is charon's */
	ck_assert(receive(ORDINARY));
	ck_assert_int_eq(counted(STUB_FELL_BACK), 0);
}
END_TEST

/**
 * X3, X8: a good answer makes an IKE SA, whose next request is 1; what comes
 * again is charon's, which ignores it.
 */
START_TEST(test_answered)
{
	present();
	ck_assert(takes(GOOD));
	ck_assert(!takes(GOOD));
	assert_resumed();
	ck_assert(!takes(GOOD));
	ck_assert_int_eq(counted(STUB_BAD_ANSWER), 0);
}
END_TEST

/**
 * G7: answers without a good proof change nothing: a good one that follows is
 * taken.
 */
START_TEST(test_forged)
{
	ike_sa_id_t *id = fake->sa->get_id(fake->sa);
	u_int later = fake->scheduled->get_count(fake->scheduled);

	present();
	/* charon's manager takes it from the message before */
	id->set_responder_spi(id, OTHER_SPI);
	ck_assert(!receive(WRONG_PROOF));
	ck_assert(!receive(NO_PROOF));
	ck_assert_int_eq(counted(STUB_BAD_ANSWER), 2);
	ck_assert(id->get_responder_spi(id) == 0);
	ck_assert_int_eq(client->count(client), 1);
	ck_assert_int_eq(fake->jobs->get_count(fake->jobs), 0);
	/* one look at it some time later, not one for each of them */
	ck_assert_int_eq(fake->scheduled->get_count(fake->scheduled), later + 1);

	ck_assert(takes(GOOD));
	assert_resumed();
	/* which finds nothing to do */
	run_scheduled();
	ck_assert_int_eq(initiated, 1);
	ck_assert_int_eq(counted(STUB_FELL_BACK), 0);
}
END_TEST

/**
 * G7: if no good one follows, it is tried without the stub.
 */
START_TEST(test_start_again)
{
	present();
	ck_assert(!receive(WRONG_PROOF));
	run_scheduled();
	ck_assert_int_eq(counted(STUB_FELL_BACK), 1);
	ck_assert_int_eq(initiated, 1);
	ck_assert_int_eq(client->count(client), 0);
	ck_assert(!sends_syn());
	/* not for us anymore */
	ck_assert(!takes(GOOD));
}
END_TEST

/**
 * X4: without proof an answer is good if none is required, a wrong one never
 * is.
 */
START_TEST(test_optional)
{
	config.proof = FALSE;
	present();
	ck_assert(!receive(WRONG_PROOF));
	ck_assert_int_eq(counted(STUB_BAD_ANSWER), 1);
	ck_assert(takes(NO_PROOF));
	ck_assert_int_eq(counted(STUB_BAD_ANSWER), 1);
	assert_resumed();
}
END_TEST

/**
 * X4: an ordinary response is charon's, the stub is not used anymore.
 */
START_TEST(test_ordinary)
{
	present();
	ck_assert(receive(ORDINARY));
	ck_assert_int_eq(counted(STUB_FELL_BACK), 1);
	ck_assert_int_eq(counted(STUB_BAD_ANSWER), 0);
	ck_assert_int_eq(client->count(client), 0);
	ck_assert(!sends_syn());
}
END_TEST

/**
 * An IKE_SA that goes before the job has run.
 */
START_TEST(test_gone)
{
	present();
	ck_assert(takes(GOOD));
	end_sa();
	ck_assert_int_eq(client->count(client), 0);
	fake->destroyed = TRUE;
	stub_daemon_run(fake->jobs);
	ck_assert_int_eq(counted(STUB_RESUMED), 0);
	ck_assert_int_eq(initiated, 0);
}
END_TEST

static Suite *stub_client_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("stub_client");
	tc = tcase_create("stub_client");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_syn);
	tcase_add_loop_test(tc, test_no_syn, 0, 4);
	tcase_add_test(tc, test_answered);
	tcase_add_test(tc, test_forged);
	tcase_add_test(tc, test_start_again);
	tcase_add_test(tc, test_optional);
	tcase_add_test(tc, test_ordinary);
	tcase_add_test(tc, test_gone);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	return stub_test_run(stub_client_suite(), "random nonce openssl kdf");
}
