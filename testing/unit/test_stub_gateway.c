/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_daemon.h"
#include "stub_gateway.h"
#include "stub_keys.h"
#include "stub_syn.h"

/** what is wrong with a request */
typedef enum {
	/** nothing */
	GOOD,
	/** no SYN, an ordinary one */
	NO_SYN,
	/** there is no proof */
	NO_PROOF,
	/** the proof is for other octets */
	WRONG_PROOF,
	/** the client knows the gateway by another address */
	WRONG_ADDRESS,
	/** the index is not that of a stub */
	WRONG_INDEX,
} request_kind_t;

static stub_daemon_t *fake;
static stub_config_t config;
static stub_stats_t *stats;
static stub_keeper_t *keeper;
static stub_capture_t *capture;
static stub_gateway_t *gateway;

/** a look-up elsewhere that is under way */
static stub_lookup_cb_t lookup_cb;
static void *lookup_user;

/** TRUE if there is a store to look in */
static bool has_store;

static bool lookup(stub_keeper_t *this, uint64_t index, chunk_t address,
				   stub_lookup_cb_t cb, void *user)
{
	lookup_cb = cb;
	lookup_user = user;
	return has_store;
}

/** whom to tell that somebody else used a stub */
static stub_lost_cb_t lost_cb;
static void *lost_user;

static bool consume(stub_keeper_t *this, stub_t *stub, stub_lost_cb_t lost,
					void *user)
{
	lost_cb = lost;
	lost_user = user;
	this->forget(this, stub_get_index(stub));
	return TRUE;
}

/** another plugin that says no */
static bool refuse(bus_t *this, bool final)
{
	return FALSE;
}

static void setup()
{
	has_store = FALSE;
	fake = stub_daemon_init();
	config = (stub_config_t){
		.gateway = TRUE,
		.lifetime = 3600,
		.store = STUB_STORE_MEMORY,
		.confirm_timeout = 10,
		.proof = TRUE,
		.max_stubs = 10,
	};
	stats = stub_stats_create();
	keeper = stub_keeper_create(&config, stats);
	keeper->lookup = lookup;
	capture = stub_capture_create(&config, keeper, NULL, stats);
	gateway = stub_gateway_create(&config, keeper, capture, stats);
	keeper->put(keeper, fake->stub);
	stub_daemon_create_sa(FALSE);
}

/**
 * End the IKE_SA as charon does.
 */
static void end_sa()
{
	gateway->listener.ike_state_change(&gateway->listener, fake->sa,
									   IKE_DESTROYING);
	capture->listener.ike_state_change(&capture->listener, fake->sa,
									   IKE_DESTROYING);
}

static void teardown()
{
	end_sa();
	ck_assert_int_eq(gateway->count(gateway), 0);
	stub_daemon_clear();
	gateway->destroy(gateway);
	capture->destroy(capture);
	keeper->destroy(keeper);
	stats->destroy(stats);
	stub_daemon_deinit();
}

/**
 * Add SYN and proof to a request.
 */
static void add_syn(message_t *message, request_kind_t kind)
{
	host_t *host = host_create_from_string(
				kind == WRONG_ADDRESS ? "192.168.0.2" : GATEWAY_ADDRESS, 500);
	chunk_t proof, body;

	body = stub_syn_encode(kind == WRONG_INDEX ? OTHER_SPI : TEST_SPI_R, host);
	message->add_payload(message, stub_syn_create(body));
	if (kind != NO_PROOF)
	{
		ck_assert(stub_keys_proof_i(fake->stub, NEW_SPI_I, CLIENT_NONCE,
									body, &proof));
		proof.ptr[0] ^= kind == WRONG_PROOF;
		message->add_notify(message, FALSE, stub_types.proof, proof);
		chunk_free(&proof);
	}
	chunk_free(&body);
	host->destroy(host);
}

/**
 * Make an IKE_SA_INIT request as it is on the wire.
 */
static packet_t *create_request(request_kind_t kind)
{
	message_t *message = stub_daemon_message(IKE_SA_INIT, TRUE, 0);
	packet_t *packet;

	stub_daemon_add_ordinary(message);
	stub_daemon_add_nonce(message, CLIENT_NONCE);
	if (kind != NO_SYN)
	{
		add_syn(message, kind);
	}
	ck_assert(message->generate(message, NULL, &packet) == SUCCESS);
	message->destroy(message);
	return packet;
}

/**
 * Let the gateway see a request; TRUE if charon has to answer it.
 */
static bool receive(packet_t *packet)
{
	return stub_daemon_receive(&gateway->listener, packet);
}

/**
 * Let it see a new request.
 */
static bool receive_new(request_kind_t kind)
{
	packet_t *packet = create_request(kind);
	bool mine;

	mine = receive(packet);
	packet->destroy(packet);
	return mine;
}

static u_int counted(stub_counter_t counter)
{
	return stats->get(stats, counter);
}

/**
 * A request that is charon's, and nothing is left of.
 */
static void assert_ordinary(request_kind_t kind, stub_counter_t counter)
{
	u_int before = counted(counter);

	ck_assert(receive_new(kind));
	ck_assert_int_eq(counted(counter), before + 1);
	ck_assert_int_eq(counted(STUB_ANSWERED), 0);
	ck_assert_int_eq(gateway->count(gateway), 0);
	ck_assert_int_eq(fake->packets, 0);
	ck_assert_int_eq(fake->sa->get_state(fake->sa), IKE_CREATED);
	ck_assert_int_eq(keeper->count(keeper), 1);
}

/**
 * X4, G1: requests without SYN, for no stub, without proof, or with a wrong one
 * or another address make no state.
 */
START_TEST(test_refused)
{
	ck_assert(receive_new(NO_SYN));
	ck_assert_int_eq(counted(STUB_SYN_RECEIVED), 0);
	assert_ordinary(WRONG_INDEX, STUB_NOT_FOUND);
	assert_ordinary(NO_PROOF, STUB_WRONG_PROOF);
	assert_ordinary(WRONG_PROOF, STUB_WRONG_PROOF);
	/* it's in the proof, but not the address the stub is for */
	assert_ordinary(WRONG_ADDRESS, STUB_WRONG_ADDRESS);
	ck_assert_int_eq(counted(STUB_SYN_RECEIVED), 4);
	ck_assert_int_eq(fake->jobs->get_count(fake->jobs), 0);
}
END_TEST

/**
 * X14, G4: stubs that may not be used.
 */
START_TEST(test_stub)
{
	fake->stub->expires = time(NULL) - 1;
	assert_ordinary(GOOD, STUB_NOT_FOUND);
	fake->stub->expires = time(NULL) + 100;
	/* we are the client there */
	fake->stub->role = STUB_CLIENT;
	assert_ordinary(GOOD, STUB_NOT_FOUND);
	fake->stub->role = STUB_GATEWAY;
	fake->connection = "renamed";
	assert_ordinary(GOOD, STUB_NOT_ALLOWED);
}
END_TEST

/**
 * G2: no more SYNs of a source are looked at than configured, and none if this
 * is no gateway.
 */
START_TEST(test_limit)
{
	u_int i;

	config.rate = 1;
	/* a second may begin meanwhile */
	for (i = 0; i < 5; i++)
	{
		ck_assert(receive_new(WRONG_INDEX));
	}
	ck_assert_int_ge(counted(STUB_SYN_LIMITED), 2);
	ck_assert_int_eq(counted(STUB_SYN_LIMITED) + counted(STUB_NOT_FOUND), 5);
	config.rate = 0;
	config.gateway = FALSE;
	ck_assert(receive_new(GOOD));
	ck_assert_int_eq(counted(STUB_SYN_RECEIVED), 5);
}
END_TEST

/**
 * X2, X15: the answer has a nonce and no SA, and comes again for the same
 * request; the client's first protected message establishes the IKE SA and uses
 * the stub up.
 */
START_TEST(test_answered)
{
	packet_t *packet = create_request(GOOD);
	message_t *message;
	chunk_t first;

	ck_assert(!receive(packet));
	ck_assert_int_eq(fake->packets, 1);
	ck_assert_int_eq(counted(STUB_ANSWERED), 1);
	ck_assert_int_eq(gateway->count(gateway), 1);
	ck_assert_int_eq(fake->sa->get_state(fake->sa), IKE_CONNECTING);
	first = chunk_clone(fake->sent->get_data(fake->sent));

	ck_assert(!receive(packet));
	ck_assert_int_eq(fake->packets, 2);
	ck_assert(chunk_equals(fake->sent->get_data(fake->sent), first));
	ck_assert_int_eq(counted(STUB_ANSWERED), 1);
	ck_assert_int_eq(counted(STUB_ANSWERED_AGAIN), 1);
	chunk_free(&first);
	packet->destroy(packet);

	message = message_create_from_packet(fake->sent->clone(fake->sent));
	ck_assert(message->parse_header(message) == SUCCESS);
	ck_assert_int_eq(message->get_exchange_type(message), IKE_SA_INIT);
	ck_assert(!message->get_request(message));
	message->destroy(message);

	ck_assert_int_eq(keeper->count(keeper), 1);
	message = stub_daemon_message(CREATE_CHILD_SA, TRUE, 1);
	gateway->listener.message(&gateway->listener, fake->sa, message,
							  TRUE, TRUE);
	ck_assert_int_eq(message->get_exchange_type(message), CREATE_CHILD_SA);
	message->destroy(message);
	ck_assert_int_eq(fake->sa->get_state(fake->sa), IKE_ESTABLISHED);
	ck_assert_str_eq(fake->sa->get_name(fake->sa), "rw");
	ck_assert(fake->sa->has_condition(fake->sa, COND_AUTHENTICATED));
	ck_assert_int_eq(counted(STUB_CONFIRMED), 1);
	ck_assert_int_eq(gateway->count(gateway), 0);
	ck_assert(!keeper->get(keeper, TEST_SPI_R, NULL));
}
END_TEST

/**
 * G3: a new key exchange is done by a job, not while charon's bus is locked.
 */
START_TEST(test_pfs)
{
	fake->stub->pfs = TRUE;
	ck_assert(!receive_new(GOOD));
	ck_assert_int_eq(fake->packets, 0);
	ck_assert_int_eq(gateway->count(gateway), 1);
	ck_assert_int_eq(fake->jobs->get_count(fake->jobs), 1);
	stub_daemon_run(fake->jobs);
	ck_assert_int_eq(fake->packets, 1);
	ck_assert_int_eq(counted(STUB_ANSWERED), 1);
	ck_assert_int_eq(fake->sa->get_state(fake->sa), IKE_CONNECTING);
}
END_TEST

/**
 * G6: an IKE SA that is not confirmed goes, and the stub stays.
 */
START_TEST(test_unconfirmed)
{
	config.confirm_timeout = 0;
	ck_assert(!receive_new(GOOD));
	while (fake->scheduled->get_count(fake->scheduled))
	{
		stub_daemon_run(fake->scheduled);
	}
	ck_assert(fake->destroyed);
	ck_assert_int_eq(counted(STUB_UNCONFIRMED), 1);
	ck_assert_int_eq(keeper->count(keeper), 1);
}
END_TEST

/**
 * G8: a stub that somebody else used meanwhile makes no IKE SA.
 */
START_TEST(test_used)
{
	message_t *message;

	ck_assert(!receive_new(GOOD));
	ck_assert(keeper->revoke(keeper, TEST_SPI_R));
	message = stub_daemon_message(CREATE_CHILD_SA, TRUE, 1);
	gateway->listener.message(&gateway->listener, fake->sa, message,
							  TRUE, TRUE);
	/* charon drops it */
	ck_assert_int_eq(message->get_exchange_type(message),
					 EXCHANGE_TYPE_UNDEFINED);
	message->destroy(message);
	ck_assert_int_eq(fake->sa->get_state(fake->sa), IKE_CONNECTING);
	ck_assert_int_eq(counted(STUB_USED_TWICE), 1);
	stub_daemon_run(fake->jobs);
	ck_assert(fake->destroyed);
}
END_TEST

/**
 * G8: an IKE SA goes, and the stub made of it, if somebody else turns out to
 * have used the first stub.
 */
START_TEST(test_lost)
{
	message_t *message;
	stub_t *made;

	config.max_chain = 16;
	keeper->consume = consume;
	ck_assert(!receive_new(GOOD));
	message = stub_daemon_message(CREATE_CHILD_SA, TRUE, 1);
	gateway->listener.message(&gateway->listener, fake->sa, message,
							  TRUE, TRUE);
	message->destroy(message);
	ck_assert_int_eq(fake->sa->get_state(fake->sa), IKE_ESTABLISHED);
	made = keeper->get(keeper, NEW_SPI_R, NULL);
	ck_assert(made);
	stub_unref(made);
	lost_cb(lost_user);
	free(lost_user);
	while (fake->jobs->get_count(fake->jobs))
	{
		stub_daemon_run(fake->jobs);
	}
	ck_assert_int_eq(counted(STUB_USED_TWICE), 1);
	ck_assert(fake->destroyed);
	ck_assert_int_eq(keeper->count(keeper), 0);
}
END_TEST

/**
 * X10: a stub that is elsewhere: charon drops the request and its repetitions
 * until it is here.
 */
START_TEST(test_lookup)
{
	has_store = TRUE;
	keeper->revoke(keeper, TEST_SPI_R);
	ck_assert(!receive_new(GOOD));
	ck_assert_int_eq(counted(STUB_LOOKUPS), 1);
	ck_assert_int_eq(gateway->count(gateway), 1);
	/* charon goes on to count it as half open */
	ck_assert_int_eq(fake->sa->get_state(fake->sa), IKE_CONNECTING);
	ck_assert(!receive_new(GOOD));
	ck_assert_int_eq(counted(STUB_LOOKUPS), 1);
	ck_assert_int_eq(fake->packets, 0);

	lookup_cb(lookup_user, stub_ref(fake->stub));
	ck_assert_int_eq(fake->packets, 0);
	stub_daemon_run(fake->jobs);
	ck_assert_int_eq(counted(STUB_LOOKUPS_FOUND), 1);
	ck_assert_int_eq(counted(STUB_ANSWERED), 1);
	ck_assert_int_eq(fake->packets, 1);
	ck_assert_int_eq(fake->half_open, 0);
}
END_TEST

/**
 * X10: a stub that is nowhere, or not good: charon gets the request again and
 * answers it.
 */
START_TEST(test_lookup_fails)
{
	packet_t *packet = create_request(_i ? WRONG_PROOF : GOOD);

	has_store = TRUE;
	keeper->revoke(keeper, TEST_SPI_R);
	ck_assert(!receive(packet));
	lookup_cb(lookup_user, _i ? stub_ref(fake->stub) : NULL);
	stub_daemon_run(fake->jobs);
	ck_assert_int_eq(counted(_i ? STUB_WRONG_PROOF : STUB_NOT_FOUND), 1);
	ck_assert_int_eq(counted(STUB_ANSWERED), 0);
	ck_assert_int_eq(fake->packets, 0);
	/* counted as half open as often as charon takes it off */
	ck_assert_int_eq(fake->half_open, 1);
	ck_assert_int_eq(fake->jobs->get_count(fake->jobs), 1);
	ck_assert_int_eq(fake->sa->get_state(fake->sa), IKE_CONNECTING);
	ck_assert(receive(packet));
	ck_assert_int_eq(fake->sa->get_state(fake->sa), IKE_CREATED);
	ck_assert_int_eq(gateway->count(gateway), 0);
	packet->destroy(packet);
}
END_TEST

/**
 * X10: so does it if another plugin does not authorize the client.
 */
START_TEST(test_unauthorized)
{
	packet_t *packet = create_request(GOOD);

	has_store = TRUE;
	keeper->revoke(keeper, TEST_SPI_R);
	ck_assert(!receive(packet));
	charon->bus->authorize = refuse;
	lookup_cb(lookup_user, stub_ref(fake->stub));
	stub_daemon_run(fake->jobs);
	ck_assert_int_eq(counted(STUB_NOT_ALLOWED), 1);
	ck_assert_int_eq(counted(STUB_ANSWERED), 0);
	ck_assert_int_eq(keeper->count(keeper), 0);
	ck_assert_int_eq(fake->sa->get_state(fake->sa), IKE_CONNECTING);
	ck_assert(receive(packet));
	ck_assert_int_eq(gateway->count(gateway), 0);
	packet->destroy(packet);
}
END_TEST

/**
 * A stub of another gateway that there is no room for: charon gets the request
 * again, as there would be nothing to confirm.
 */
START_TEST(test_lookup_full)
{
	stub_t *other = stub_test_create(OTHER_SPI, 100);
	packet_t *packet = create_request(GOOD);

	has_store = TRUE;
	keeper->revoke(keeper, TEST_SPI_R);
	config.max_stubs = 1;
	keeper->reload(keeper);
	ck_assert(keeper->put(keeper, other));
	ck_assert(!receive(packet));
	lookup_cb(lookup_user, stub_ref(fake->stub));
	stub_daemon_run(fake->jobs);
	ck_assert_int_eq(counted(STUB_REFUSED_FULL), 1);
	ck_assert_int_eq(counted(STUB_ANSWERED), 0);
	ck_assert_int_eq(fake->packets, 0);
	ck_assert_int_eq(fake->half_open, 1);
	ck_assert(receive(packet));
	ck_assert_int_eq(gateway->count(gateway), 0);
	ck_assert_int_eq(keeper->count(keeper), 1);
	packet->destroy(packet);
	stub_unref(other);
}
END_TEST

/**
 * An IKE_SA that goes while its stub is looked for: what comes late is ignored.
 */
START_TEST(test_lookup_late)
{
	has_store = TRUE;
	keeper->revoke(keeper, TEST_SPI_R);
	ck_assert(!receive_new(GOOD));
	end_sa();
	fake->destroyed = TRUE;
	ck_assert_int_eq(gateway->count(gateway), 0);
	lookup_cb(lookup_user, stub_ref(fake->stub));
	stub_daemon_run(fake->jobs);
	ck_assert_int_eq(fake->packets, 0);
	ck_assert_int_eq(fake->half_open, 0);
	ck_assert_int_eq(counted(STUB_ANSWERED), 0);
}
END_TEST

static Suite *stub_gateway_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("stub_gateway");
	tc = tcase_create("stub_gateway");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_stub);
	tcase_add_test(tc, test_limit);
	tcase_add_test(tc, test_answered);
	tcase_add_test(tc, test_pfs);
	tcase_add_test(tc, test_unconfirmed);
	tcase_add_test(tc, test_used);
	tcase_add_test(tc, test_lost);
	tcase_add_test(tc, test_lookup);
	tcase_add_loop_test(tc, test_lookup_fails, 0, 2);
	tcase_add_test(tc, test_unauthorized);
	tcase_add_test(tc, test_lookup_full);
	tcase_add_test(tc, test_lookup_late);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	return stub_test_run(stub_gateway_suite(), "random nonce openssl kdf");
}
