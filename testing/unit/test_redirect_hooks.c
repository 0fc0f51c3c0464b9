/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <daemon.h>
#include <encoding/payloads/auth_payload.h>
#include <encoding/payloads/eap_payload.h>
#include <encoding/payloads/ke_payload.h>
#include <encoding/payloads/nonce_payload.h>
#include <encoding/payloads/notify_payload.h>

#include "ike_wire_redirect.h"
#include "redirect_gateway.h"
#include "redirect_guard.h"
#include "redirect_replica.h"

/** a nonce, and another */
#define NONCE "0123456789abcdef"
#define OTHER "0123456789abcdeX"

/** data of REDIRECT to 192.0.2.2, and to its port 10500 */
#define TO "\x01\x04\xc0\x00\x02\x02"
#define TO_PORT "\xf1\x06\xc0\x00\x02\x02\x29\x04"

/** octets of a string, those that are zero, too */
#define octets(str) chunk_create(str, sizeof(str) - 1)

/**
 * An IKE_SA.
 */
typedef struct {
	ike_sa_t public;
	ike_sa_id_t *id;
	host_t *me, *other;
	identification_t *other_id;
	uint32_t conditions;
	ike_sa_state_t state;
} fake_sa_t;

static fake_sa_t sa;
static daemon_t fake_charon;
static ike_sa_manager_t manager;
static bus_t bus;

/**
 * Implements bus_t.log, libcharon's DBG() calls it.
 */
static void ignore_log(bus_t *this, debug_t group, level_t level, char *format,
					   ...)
{
}

METHOD(ike_sa_t, get_id, ike_sa_id_t*,
	fake_sa_t *this)
{
	return this->id;
}

METHOD(ike_sa_t, get_name, char*,
	fake_sa_t *this)
{
	return "home";
}

METHOD(ike_sa_t, get_my_host, host_t*,
	fake_sa_t *this)
{
	return this->me;
}

METHOD(ike_sa_t, get_other_host, host_t*,
	fake_sa_t *this)
{
	return this->other;
}

METHOD(ike_sa_t, get_other_id, identification_t*,
	fake_sa_t *this)
{
	return this->other_id;
}

METHOD(ike_sa_t, has_condition, bool,
	fake_sa_t *this, ike_condition_t condition)
{
	return (this->conditions & condition) != 0;
}

METHOD(ike_sa_t, get_redirected_from, host_t*,
	fake_sa_t *this)
{
	return NULL;
}

METHOD(ike_sa_t, get_state, ike_sa_state_t,
	fake_sa_t *this)
{
	return this->state;
}

METHOD(ike_sa_manager_t, get_half_open_count, u_int,
	ike_sa_manager_t *this, host_t *ip, bool responder_only)
{
	return 0;
}

/**
 * Set an option.
 */
static void set(char *name, char *value)
{
	char key[128];

	/* settings don't take dots of arguments as borders of sections */
	snprintf(key, sizeof(key), "%s.plugins.redirect.%s", lib->ns, name);
	lib->settings->set_str(lib->settings, key, value);
}

static void setup()
{
	memset(&sa, 0, sizeof(sa));
	sa.public.get_id = _get_id;
	sa.public.get_state = _get_state;
	sa.public.get_name = _get_name;
	sa.public.get_my_host = _get_my_host;
	sa.public.get_other_host = _get_other_host;
	sa.public.get_other_id = _get_other_id;
	sa.public.get_other_eap_id = _get_other_id;
	sa.public.has_condition = _has_condition;
	sa.public.get_redirected_from = _get_redirected_from;
	sa.id = ike_sa_id_create(IKEV2_MAJOR_VERSION, 1, 2, TRUE);
	sa.me = host_create_from_string("192.0.2.100", 500);
	sa.other = host_create_from_string("192.0.2.1", 500);
	sa.other_id = identification_create_from_string("gw.example.org");
	sa.conditions = COND_ORIGINAL_INITIATOR;
	manager.get_half_open_count = (void*)_get_half_open_count;
	fake_charon.ike_sa_manager = &manager;
	bus.log = ignore_log;
	fake_charon.bus = &bus;
	charon = &fake_charon;
}

static void teardown()
{
	charon = NULL;
	sa.id->destroy(sa.id);
	sa.me->destroy(sa.me);
	sa.other->destroy(sa.other);
	sa.other_id->destroy(sa.other_id);
}

/**
 * Make a message.
 */
static message_t *make(exchange_type_t exchange, bool request)
{
	message_t *message;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_exchange_type(message, exchange);
	message->set_request(message, request);
	return message;
}

/**
 * Make a message with a REDIRECT.
 */
static message_t *make_redirect(exchange_type_t exchange, bool request,
								chunk_t data)
{
	message_t *message;

	message = make(exchange, request);
	message->add_notify(message, FALSE, REDIRECT, data);
	return message;
}

/**
 * Let the guard see a message, return if there's still a REDIRECT in it that
 * charon gets to see.
 */
static bool passes(redirect_guard_t *guard, message_t *message, bool incoming)
{
	bool passed;

	guard->listener.message(&guard->listener, &sa.public, message, incoming,
							TRUE);
	passed = message->get_notify(message, REDIRECT) &&
			 message->get_exchange_type(message) != EXCHANGE_TYPE_UNDEFINED;
	message->destroy(message);
	return passed;
}

/**
 * The IKE SA is gone.
 */
static void forget(redirect_guard_t *guard)
{
	guard->listener.ike_state_change(&guard->listener, &sa.public,
									 IKE_DESTROYING);
}

/**
 * E1, E4: by the original responder only, no nonce.
 */
START_TEST(test_established)
{
	redirect_guard_t *guard = redirect_guard_create();
	uint64_t followed, refused;

	ck_assert(passes(guard, make_redirect(INFORMATIONAL, TRUE,
										  octets(TO)), TRUE));
	ck_assert(!passes(guard, make_redirect(INFORMATIONAL, TRUE,
									octets(TO NONCE)), TRUE));
	sa.conditions = 0;
	ck_assert(!passes(guard, make_redirect(INFORMATIONAL, TRUE,
										   octets(TO)), TRUE));
	guard->get_counts(guard, &followed, &refused);
	ck_assert_uint_eq(followed, 1);
	forget(guard);
	guard->destroy(guard);
}
END_TEST

/**
 * Make an IKE_AUTH response with a REDIRECT, and EAP or AUTH.
 */
static message_t *make_auth(bool eap, bool auth)
{
	message_t *message;

	message = make_redirect(IKE_AUTH, FALSE, octets(TO));
	if (eap)
	{
		message->add_payload(message, (payload_t*)eap_payload_create());
	}
	if (auth)
	{
		message->add_payload(message, (payload_t*)auth_payload_create());
	}
	return message;
}

/**
 * U4, U5: in the first or last IKE_AUTH response only.
 */
START_TEST(test_auth)
{
	redirect_guard_t *guard = redirect_guard_create();

	/* no EAP: the first is the last */
	ck_assert(passes(guard, make_auth(FALSE, TRUE), TRUE));
	forget(guard);
	/* EAP: the first, those in between, the one with EAP success, the last */
	ck_assert(passes(guard, make_auth(TRUE, TRUE), TRUE));
	ck_assert(!passes(guard, make_auth(TRUE, FALSE), TRUE));
	ck_assert(!passes(guard, make_auth(TRUE, TRUE), TRUE));
	ck_assert(!passes(guard, make_auth(FALSE, FALSE), TRUE));
	ck_assert(passes(guard, make_auth(FALSE, TRUE), TRUE));
	forget(guard);
	guard->destroy(guard);
}
END_TEST

/**
 * The client sends its IKE_SA_INIT request.
 */
static void send_init(redirect_guard_t *guard)
{
	nonce_payload_t *nonce;
	message_t *message;

	set("guard.ports", "no");
	message = make(IKE_SA_INIT, TRUE);
	nonce = nonce_payload_create(PLV2_NONCE);
	nonce->set_nonce(nonce, chunk_from_str(NONCE));
	message->add_payload(message, (payload_t*)nonce);
	ck_assert(!passes(guard, message, FALSE));
}

/**
 * I2, D1, L1: what is not authenticated.
 */
START_TEST(test_init)
{
	redirect_guard_t *guard = redirect_guard_create();
	message_t *message;
	u_int i;

	/* before there was a request */
	ck_assert(!passes(guard, make_redirect(IKE_SA_INIT, FALSE,
									octets(TO NONCE)), TRUE));
	send_init(guard);
	for (i = 0; i < 10; i++)
	{	/* forged ones don't count */
		ck_assert(!passes(guard, make_redirect(IKE_SA_INIT, FALSE,
									octets(TO OTHER)), TRUE));
		ck_assert(!passes(guard, make_redirect(IKE_SA_INIT, FALSE,
									octets(TO)), TRUE));
	}
	set("guard.init", "no");
	ck_assert(!passes(guard, make_redirect(IKE_SA_INIT, FALSE,
									octets(TO NONCE)), TRUE));
	set("guard.init", "yes");
	set("guard.max_redirects", "2");
	ck_assert(passes(guard, make_redirect(IKE_SA_INIT, FALSE,
									octets(TO NONCE)), TRUE));
	ck_assert(passes(guard, make_redirect(IKE_SA_INIT, FALSE,
									octets(TO NONCE)), TRUE));
	ck_assert(!passes(guard, make_redirect(IKE_SA_INIT, FALSE,
									octets(TO NONCE)), TRUE));
	forget(guard);
	/* R2: charon gets to see no port */
	send_init(guard);
	message = make_redirect(IKE_SA_INIT, FALSE, octets(TO_PORT NONCE));
	guard->listener.message(&guard->listener, &sa.public, message, TRUE, TRUE);
	ck_assert(chunk_equals(message->get_notify(message,
						REDIRECT)->get_notification_data(
						message->get_notify(message, REDIRECT)),
						octets(TO NONCE)));
	message->destroy(message);
	forget(guard);
	guard->destroy(guard);
}
END_TEST

/**
 * Let the gateway see an IKE_SA_INIT request with a notify, return if the
 * client is redirected and its KE payload is gone.
 */
static bool redirects(redirect_gateway_t *gateway, notify_type_t type,
					  chunk_t data)
{
	identification_t *to = NULL;
	message_t *message;
	bool redirected;

	message = make(IKE_SA_INIT, TRUE);
	message->set_source(message, sa.other->clone(sa.other));
	message->set_destination(message, sa.me->clone(sa.me));
	message->add_payload(message,
						 (payload_t*)ke_payload_create(PLV2_KEY_EXCHANGE));
	message->add_notify(message, FALSE, type, data);
	gateway->listener.message(&gateway->listener, &sa.public, message, TRUE,
							  TRUE);
	redirected = gateway->provider.redirect_on_init(&gateway->provider,
													&sa.public, &to);
	ck_assert(redirected == (to != NULL));
	ck_assert(redirected == !message->get_payload(message, PLV2_KEY_EXCHANGE));
	DESTROY_IF(to);
	message->destroy(message);
	gateway->listener.ike_state_change(&gateway->listener, &sa.public,
									   IKE_DESTROYING);
	return redirected;
}

/**
 * S1, I1, I4, V1: who is redirected, before any Diffie-Hellman.
 */
START_TEST(test_gateway)
{
	redirect_members_t *members = redirect_members_create("a", NULL);
	redirect_policy_t *policy = redirect_policy_create(members);
	redirect_meter_t *meter = redirect_meter_create();
	redirect_gateway_t *gateway;
	redirect_config_t config;

	gateway = redirect_gateway_create(policy, meter, members);
	/* R6: without a rule nothing happens */
	ck_assert(!redirects(gateway, REDIRECT_SUPPORTED, chunk_empty));
	set("rules.all.target", "192.0.2.2");
	redirect_config_load(&config);
	policy->reload(policy, &config);
	ck_assert(redirects(gateway, REDIRECT_SUPPORTED, chunk_empty));
	ck_assert(!redirects(gateway, MOBIKE_SUPPORTED, chunk_empty));
	ck_assert(redirects(gateway, REDIRECTED_FROM,
						octets("\x01\x04\xc0\x00\x02\x03")));
	/* from the target of the rule: it stays here */
	ck_assert(!redirects(gateway, REDIRECTED_FROM, octets(TO)));
	/* a malformed one says nothing */
	ck_assert(!redirects(gateway, REDIRECTED_FROM, octets(TO "x")));
	ck_assert(!redirects(gateway, REDIRECTED_FROM,
						 chunk_from_str("\x03\x02gw")));
	ck_assert_uint_eq(gateway->get_count(gateway, REDIRECT_INIT), 2);
	gateway->destroy(gateway);
	meter->destroy(meter);
	policy->destroy(policy);
	members->destroy(members);
	redirect_config_clear(&config);
}
END_TEST

/**
 * Implements redirect_replica_cb_t
 */
static void note_turn(int *turns, ike_sa_t *ike_sa, bool active)
{
	*turns += active ? 1 : 100;
}

/**
 * Change the state of the IKE_SA.
 */
static void turn(redirect_replica_t *replica, ike_sa_state_t state)
{
	replica->listener.ike_state_change(&replica->listener, &sa.public, state);
	sa.state = state;
}

/**
 * Copies of other members' IKE SAs are told from our own.
 */
START_TEST(test_replica)
{
	redirect_replica_t *replica;
	int turns = 0;

	replica = redirect_replica_create((redirect_replica_cb_t)note_turn, &turns);
	ck_assert(!replica->is_destroyed(replica, &sa.public));
	/* a copy, as it's made and goes */
	sa.state = IKE_CREATED;
	turn(replica, IKE_CONNECTING);
	turn(replica, IKE_PASSIVE);
	ck_assert_int_eq(turns, 0);
	turn(replica, IKE_DESTROYING);
	ck_assert(replica->is_destroyed(replica, &sa.public));
	ck_assert_int_eq(turns, 0);
	/* one that is taken over, and given back */
	sa.state = IKE_PASSIVE;
	turn(replica, IKE_ESTABLISHED);
	ck_assert_int_eq(turns, 1);
	turn(replica, IKE_REKEYING);
	turn(replica, IKE_PASSIVE);
	ck_assert_int_eq(turns, 101);
	/* our own */
	sa.state = IKE_CREATED;
	turn(replica, IKE_CONNECTING);
	turn(replica, IKE_ESTABLISHED);
	turn(replica, IKE_DELETING);
	turn(replica, IKE_DESTROYING);
	ck_assert(!replica->is_destroyed(replica, &sa.public));
	ck_assert_int_eq(turns, 101);
	replica->destroy(replica);
}
END_TEST

static Suite *redirect_hooks_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("redirect_hooks");
	tc = tcase_create("redirect_hooks");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_established);
	tcase_add_test(tc, test_auth);
	tcase_add_test(tc, test_init);
	tcase_add_test(tc, test_gateway);
	tcase_add_test(tc, test_replica);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_redirect_hooks"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(redirect_hooks_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
