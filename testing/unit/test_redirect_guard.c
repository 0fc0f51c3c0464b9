/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>

#include "redirect_guard_config.h"
#include "redirect_history.h"
#include "redirect_lease_table.h"
#include "redirect_meter.h"
#include "redirect_pace.h"

/** a time, in s */
#define NOW 1000

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

/**
 * L1, R7: limits of RFC 5685, 7, and others.
 */
START_TEST(test_history)
{
	redirect_history_t history = {};
	u_int i;

	for (i = 0; i < 5; i++)
	{
		ck_assert(redirect_history_add(&history, NOW + i, 5, 300));
	}
	ck_assert(!redirect_history_add(&history, NOW + 6, 5, 300));
	ck_assert(!redirect_history_add(&history, NOW + 299, 5, 300));
	/* the first is old now, the second is not */
	ck_assert(redirect_history_add(&history, NOW + 300, 5, 300));
	ck_assert(!redirect_history_add(&history, NOW + 300, 5, 300));
	/* 0: never */
	memset(&history, 0, sizeof(history));
	ck_assert(!redirect_history_add(&history, NOW, 0, 10));
	/* limits that are changed */
	ck_assert(redirect_history_add(&history, NOW, 3, 10));
	ck_assert(redirect_history_add(&history, NOW, 3, 10));
	ck_assert(!redirect_history_add(&history, NOW, 1, 10));
	for (i = 0; i < REDIRECT_HISTORY_MAX - 2; i++)
	{
		ck_assert(redirect_history_add(&history, NOW, 1000, 10));
	}
	ck_assert(!redirect_history_add(&history, NOW, 1000, 10));
}
END_TEST

/**
 * Check if a target is allowed for a connection.
 */
static bool allows(char *connection, char *target)
{
	redirect_guard_config_t config;
	ike_wire_gateway_t gateway;
	identification_t *id;
	bool allowed;

	redirect_guard_config_load(connection, &config);
	id = identification_create_from_string(target);
	ck_assert(ike_wire_gateway_from_id(id, 0, &gateway));
	allowed = redirect_guard_config_allows(&config, &gateway);
	id->destroy(id);
	redirect_guard_config_clear(&config);
	return allowed;
}

/**
 * P2: targets by address and name.
 */
START_TEST(test_targets)
{
	ike_wire_gateway_t gateway;
	redirect_guard_config_t config;

	ck_assert(allows("home", "192.0.2.1"));
	ck_assert(allows(NULL, "gw.example.org"));
	set("guard.targets", "192.0.2.0/28, 198.51.100.1, *.example.org, 2001:db8::/32");
	ck_assert(allows("home", "192.0.2.1"));
	ck_assert(!allows("home", "192.0.2.16"));
	ck_assert(allows("home", "198.51.100.1"));
	ck_assert(!allows("home", "198.51.100.2"));
	ck_assert(allows("home", "2001:db8::1"));
	ck_assert(!allows("home", "2001:db9::1"));
	ck_assert(allows("home", "GW.example.org"));
	ck_assert(!allows("home", "gw.example.com"));
	/* a connection of its own */
	set("guard.connections.office.targets", "gw.example.com");
	ck_assert(allows("office", "gw.example.com"));
	ck_assert(!allows("office", "192.0.2.1"));
	/* V2: a name that is an address */
	redirect_guard_config_load("home", &config);
	ck_assert(ike_wire_gateway_parse(chunk_from_str("\x03\x0a" "192.0.2.99"),
									 FALSE, &gateway));
	ck_assert(!redirect_guard_config_allows(&config, &gateway));
	redirect_guard_config_clear(&config);
}
END_TEST

/**
 * Check if an identity is trusted.
 */
static bool trusts(char *identity, bool listed)
{
	redirect_guard_config_t config;
	identification_t *id;
	bool trusted;

	redirect_guard_config_load("home", &config);
	id = identification_create_from_string(identity);
	trusted = redirect_guard_config_trusts(&config, id, listed);
	id->destroy(id);
	redirect_guard_config_clear(&config);
	return trusted;
}

/**
 * R5: identities, more of them after an authenticated redirect only.
 */
START_TEST(test_identities)
{
	ck_assert(trusts("gw1.example.org", FALSE));
	ck_assert(trusts("gw1.example.org", TRUE));
	set("guard.identities", "gw2.example.org, *.backup.example.org");
	/* without a redirect it's the connection that says who */
	ck_assert(trusts("gw1.example.org", FALSE));
	ck_assert(!trusts("gw1.example.org", TRUE));
	ck_assert(trusts("gw2.example.org", TRUE));
	set("guard.identity", "gw1.example.org");
	ck_assert(trusts("gw1.example.org", FALSE));
	ck_assert(!trusts("gw2.example.org", FALSE));
	ck_assert(!trusts("x.backup.example.org", FALSE));
	ck_assert(trusts("gw1.example.org", TRUE));
	ck_assert(trusts("x.backup.example.org", TRUE));
	ck_assert(!trusts("gw3.example.org", TRUE));
}
END_TEST

/**
 * Options out of range have their default.
 */
START_TEST(test_options)
{
	redirect_guard_config_t config;
	redirect_config_t gateway;

	set("guard.max_redirects", "-1");
	set("guard.period", "10");
	set("guard.connections.home.period", "20");
	set("guard.connections.home.init", "no");
	redirect_guard_config_load("home", &config);
	ck_assert_uint_eq(config.max_redirects, 5);
	ck_assert_uint_eq(config.period, 20);
	ck_assert(!config.init);
	redirect_guard_config_clear(&config);
	redirect_guard_config_load("other", &config);
	ck_assert_uint_eq(config.period, 10);
	ck_assert(config.init);
	redirect_guard_config_clear(&config);
	set("weight", "0");
	set("hysteresis", "2000");
	set("shed.cpu", "80");
	set("shed.unknown", "80");
	set("cost.job", "3");
	set("cost.cpu", "10001");
	set("address", "fec0::1");
	set("address6", "fec0::1");
	set("fqdn", "no name");
	set("interval", "2000");
	redirect_config_load(&gateway);
	ck_assert_uint_eq(gateway.self.weight, 100);
	ck_assert_uint_eq(gateway.hysteresis, 5);
	ck_assert_uint_eq(gateway.shed.cpu, 80);
	ck_assert_uint_eq(gateway.cost.half_open, 1);
	ck_assert_uint_eq(gateway.cost.job, 3);
	ck_assert_uint_eq(gateway.cost.cpu, 0);
	ck_assert(!gateway.self.ipv4);
	ck_assert(gateway.self.ipv6);
	ck_assert(!gateway.self.fqdn);
	ck_assert_uint_eq(gateway.stale, 7000);
	redirect_config_clear(&gateway);
}
END_TEST

/**
 * Limits of shed mode end 10 % below where they begin.
 */
START_TEST(test_exceeds)
{
	ck_assert(!redirect_meter_exceeds(1000, 0, FALSE));
	ck_assert(!redirect_meter_exceeds(99, 100, FALSE));
	ck_assert(redirect_meter_exceeds(100, 100, FALSE));
	ck_assert(redirect_meter_exceeds(90, 100, TRUE));
	ck_assert(!redirect_meter_exceeds(89, 100, TRUE));
	ck_assert(redirect_meter_exceeds(UINT32_MAX, UINT32_MAX, TRUE));
}
END_TEST

/**
 * What a member is busy with, as a number of IKE SAs.
 */
START_TEST(test_busy)
{
	redirect_load_t load = {
		.ike_sas = 1000, .half_open = 5, .jobs = 7, .cpu = 60,
	};
	redirect_cost_t cost = {};

	ck_assert_uint_eq(redirect_meter_busy(&load, &cost), 0);
	cost.half_open = 2;
	ck_assert_uint_eq(redirect_meter_busy(&load, &cost), 10);
	cost.job = 3;
	ck_assert_uint_eq(redirect_meter_busy(&load, &cost), 31);
	cost.cpu = 10;
	ck_assert_uint_eq(redirect_meter_busy(&load, &cost), 631);
	load.half_open = UINT32_MAX;
	ck_assert_uint_eq(redirect_meter_busy(&load, &cost), UINT32_MAX);
}
END_TEST

/**
 * The rate is kept, without bursts after a pause.
 */
START_TEST(test_pace)
{
	redirect_pace_t pace = {};
	uint64_t now = 5000000;
	u_int i, turns = 0;

	ck_assert_uint_eq(redirect_pace_turns(&pace, 50, now), 1);
	for (i = 0; i < 500; i++)
	{	/* 10 s, in steps that are no divisor */
		now += 20001;
		turns += redirect_pace_turns(&pace, 50, now);
	}
	ck_assert_uint_ge(turns, 499);
	ck_assert_uint_le(turns, 501);
	now += 60 * 1000000ULL;
	ck_assert_uint_eq(redirect_pace_turns(&pace, 50, now), 1);
	ck_assert_uint_eq(redirect_pace_turns(&pace, 50, now), 0);
	/* a thread that is a bit late makes up for it */
	ck_assert_uint_eq(redirect_pace_turns(&pace, 50, now + 100000), 5);
}
END_TEST

/**
 * Implements redirect_lease_filter_t
 */
static bool is_owner(char *name, const char *owner, host_t *gateway)
{
	return streq(name, owner);
}

/**
 * Implements redirect_lease_filter_t
 */
static bool is_at(host_t *from, const char *owner, host_t *gateway)
{
	return gateway && gateway->ip_equals(gateway, from);
}

/**
 * Implements redirect_lease_cb_t
 */
static bool count_leases(u_int *count, host_t *vip, identification_t *id,
						 host_t *gateway)
{
	(*count)++;
	return TRUE;
}

/**
 * R1: a client keeps its address, no other gets it.
 */
START_TEST(test_leases)
{
	redirect_lease_table_t *this = redirect_lease_table_create();
	array_t *swept;
	identification_t *carol, *dave;
	host_t *any, *vip, *vip2, *shared, *got;
	u_int own, others, count = 0;
	char *owner;
	bool adopted;

	carol = identification_create_from_string("carol@strongswan.org");
	dave = identification_create_from_string("dave@strongswan.org");
	any = host_create_from_string("0.0.0.0", 0);
	vip = host_create_from_string("10.3.0.1", 0);
	vip2 = host_create_from_string("10.3.0.2", 0);
	shared = host_create_from_string("192.0.2.5", 0);

	ck_assert(this->add(this, vip, carol, "moon", NULL, FALSE));
	ck_assert(!this->add(this, vip, carol, "moon", NULL, FALSE));
	ck_assert(this->is_taken(this, vip));
	ck_assert(!this->is_taken(this, vip2));
	owner = this->get_owner(this, vip);
	ck_assert_str_eq(owner, "moon");
	free(owner);
	/* by identity and member */
	ck_assert(!this->find(this, dave, any, (redirect_lease_filter_t)is_owner,
						  "moon"));
	ck_assert(!this->find(this, dave, vip, (redirect_lease_filter_t)is_owner,
						  "moon"));
	ck_assert(!this->find(this, carol, any, (redirect_lease_filter_t)is_owner,
						  "sun"));
	got = this->find(this, carol, any, (redirect_lease_filter_t)is_owner,
					 "moon");
	ck_assert(got && got->ip_equals(got, vip));
	got->destroy(got);
	/* or by the address the client has as its gateway's */
	ck_assert(!this->find(this, carol, any, (redirect_lease_filter_t)is_at,
						  shared));
	ck_assert(!this->add(this, vip, carol, "moon", shared, FALSE));
	got = this->find(this, carol, any, (redirect_lease_filter_t)is_at, shared);
	ck_assert(got && got->ip_equals(got, vip));
	got->destroy(got);
	/* it moves here while moon still has it */
	ck_assert(this->add(this, vip, carol, NULL, NULL, TRUE));
	ck_assert(!this->find(this, carol, any, (redirect_lease_filter_t)is_owner,
						  "moon"));
	ck_assert(!this->get_owner(this, vip));
	ck_assert(this->is_adopted(this, vip, carol));
	ck_assert(!this->is_adopted(this, vip, dave));
	ck_assert(this->remove(this, vip, carol, "moon", NULL));
	ck_assert(this->is_taken(this, vip));
	/* two IKE SAs of the client */
	ck_assert(!this->add(this, vip, carol, NULL, NULL, TRUE));
	ck_assert(!this->remove(this, vip, carol, NULL, &adopted));
	ck_assert(adopted);
	ck_assert(this->remove(this, vip, carol, NULL, &adopted));
	ck_assert(adopted);
	ck_assert(!this->remove(this, vip, carol, NULL, &adopted));
	ck_assert(!adopted);
	ck_assert(!this->is_taken(this, vip));
	/* own ones from a pool are not in the pool's way */
	ck_assert(this->add(this, vip, dave, NULL, NULL, FALSE));
	ck_assert(!this->is_taken(this, vip));
	this->each(this, (redirect_lease_cb_t)count_leases, &count);
	ck_assert_uint_eq(count, 1);
	/* the client was told to leave, and sends elsewhere */
	ck_assert_uint_eq(this->get_leaving(this, vip, dave), 0);
	this->leaves(this, vip, dave, 7);
	ck_assert_uint_eq(this->get_leaving(this, vip, dave), 7);
	ck_assert_uint_eq(this->get_leaving(this, vip, carol), 0);
	ck_assert(this->add(this, vip, dave, "moon", NULL, FALSE));
	ck_assert(!this->get_owner(this, vip));
	this->hand_over(this, vip, dave);
	owner = this->get_owner(this, vip);
	ck_assert_str_eq(owner, "moon");
	free(owner);
	ck_assert(this->remove(this, vip, dave, "moon", NULL));
	/* a resync: what is not told again is gone */
	ck_assert(this->add(this, vip, carol, "sun", NULL, FALSE));
	ck_assert(this->add(this, vip2, carol, "sun", NULL, FALSE));
	this->mark(this, "sun");
	this->add(this, vip2, carol, "sun", NULL, FALSE);
	swept = this->sweep(this, "sun");
	ck_assert_int_eq(array_count(swept), 1);
	ck_assert(array_remove(swept, ARRAY_TAIL, &got));
	ck_assert(got->ip_equals(got, vip));
	got->destroy(got);
	array_destroy(swept);
	swept = this->sweep(this, "sun");
	ck_assert_int_eq(array_count(swept), 0);
	array_destroy(swept);
	this->count(this, &own, &others);
	ck_assert_uint_eq(own, 1);
	ck_assert_uint_eq(others, 1);
	this->destroy(this);
	carol->destroy(carol);
	dave->destroy(dave);
	any->destroy(any);
	vip->destroy(vip);
	vip2->destroy(vip2);
	shared->destroy(shared);
}
END_TEST

static Suite *redirect_guard_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("redirect_guard");
	tc = tcase_create("redirect_guard");
	tcase_add_test(tc, test_history);
	tcase_add_test(tc, test_targets);
	tcase_add_test(tc, test_identities);
	tcase_add_test(tc, test_options);
	tcase_add_test(tc, test_exceeds);
	tcase_add_test(tc, test_busy);
	tcase_add_test(tc, test_pace);
	tcase_add_test(tc, test_leases);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_redirect_guard"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(redirect_guard_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
