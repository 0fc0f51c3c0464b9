/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include <library.h>

#include "redirect_members.h"
#include "redirect_policy.h"
#include "redirect_sticky.h"

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
 * Make a member.
 */
static redirect_member_t make(char *name, char *address, uint32_t ike_sas)
{
	redirect_member_t member = {
		.name = name,
		.alive = TRUE,
		.load = {
			.ipv4 = host_create_from_string(address, 0),
			.weight = 100,
			.ike_sas = ike_sas,
		},
	};

	return member;
}

/**
 * The least loaded, with and without hysteresis.
 */
START_TEST(test_least)
{
	redirect_member_t a, b, c, *members[] = { &a, &b, &c };
	redirect_query_t query = {
		.client = host_create_from_string("192.0.2.100", 500),
		.hysteresis = 10,
	};

	a = make("a", "192.0.2.1", 100);
	b = make("b", "192.0.2.2", 100);
	c = make("c", "192.0.2.3", 100);
	a.self = TRUE;
	ck_assert(!redirect_choose_least(members, 3, &query));
	/* 10 % and one client more is not worth it */
	b.load.ike_sas = 90;
	ck_assert(!redirect_choose_least(members, 3, &query));
	b.load.ike_sas = 89;
	ck_assert_ptr_eq(redirect_choose_least(members, 3, &query), &b);
	/* those under way and what else it is busy with count, too */
	b.pending = 5;
	ck_assert(!redirect_choose_least(members, 3, &query));
	b.pending = 0;
	b.load.busy = 2;
	ck_assert(!redirect_choose_least(members, 3, &query));
	b.load.busy = 0;
	/* by weight: 100 of 50 are more than 89 of 100 */
	c.load.weight = 50;
	c.load.ike_sas = 50;
	ck_assert_ptr_eq(redirect_choose_least(members, 3, &query), &b);
	c.load.weight = 1000;
	ck_assert_ptr_eq(redirect_choose_least(members, 3, &query), &c);
	/* with nothing anywhere, one client is no reason */
	a.load.ike_sas = 1;
	b.load.ike_sas = c.load.ike_sas = 0;
	c.load.weight = 100;
	ck_assert(!redirect_choose_least(members, 3, &query));
	a.load.ike_sas = 2;
	ck_assert(redirect_choose_least(members, 3, &query));
	redirect_load_clear(&a.load);
	redirect_load_clear(&b.load);
	redirect_load_clear(&c.load);
	query.client->destroy(query.client);
}
END_TEST

/**
 * Members that are no target.
 */
START_TEST(test_impossible)
{
	redirect_member_t a, b, *members[] = { &a, &b };
	redirect_query_t query = {
		.client = host_create_from_string("192.0.2.100", 500),
	};
	host_t *v6 = host_create_from_string("fec0::1", 500);

	a = make("a", "192.0.2.1", 100);
	b = make("b", "192.0.2.2", 0);
	a.self = TRUE;
	ck_assert_ptr_eq(redirect_choose_least(members, 2, &query), &b);
	b.alive = FALSE;
	ck_assert(!redirect_choose_least(members, 2, &query));
	b.alive = TRUE;
	b.load.draining = TRUE;
	ck_assert(!redirect_choose_least(members, 2, &query));
	b.load.draining = FALSE;
	b.load.full = TRUE;
	ck_assert(!redirect_choose_least(members, 2, &query));
	b.load.full = FALSE;
	b.load.limit = 10;
	b.load.ike_sas = 9;
	ck_assert_ptr_eq(redirect_choose_least(members, 2, &query), &b);
	b.pending = 1;
	ck_assert(!redirect_choose_least(members, 2, &query));
	b.load.limit = 0;
	/* no address of the client's family, but a name will do */
	ck_assert(!redirect_choose_possible(&b, v6));
	b.load.fqdn = strdup("b.example.org");
	ck_assert(redirect_choose_possible(&b, v6));
	redirect_load_clear(&a.load);
	redirect_load_clear(&b.load);
	query.client->destroy(query.client);
	v6->destroy(v6);
}
END_TEST

/**
 * L3: clients are not sent back, unless there is no other.
 */
START_TEST(test_loop)
{
	redirect_member_t a, b, c, *members[] = { &a, &b, &c };
	redirect_query_t query = {
		.client = host_create_from_string("192.0.2.100", 500),
		.from = host_create_from_string("192.0.2.2", 0),
	};

	a = make("a", "192.0.2.1", 100);
	b = make("b", "192.0.2.2", 0);
	c = make("c", "192.0.2.3", 50);
	a.self = TRUE;
	/* b has chosen this member */
	ck_assert(!redirect_choose_least(members, 3, &query));
	/* but it can't have the client */
	query.leave = TRUE;
	ck_assert_ptr_eq(redirect_choose_least(members, 3, &query), &c);
	c.load.draining = TRUE;
	ck_assert_ptr_eq(redirect_choose_least(members, 3, &query), &b);
	b.load.draining = TRUE;
	ck_assert(!redirect_choose_least(members, 3, &query));
	/* from somewhere outside the cluster, or an anycast address */
	query.leave = b.load.draining = c.load.draining = FALSE;
	query.from->destroy(query.from);
	query.from = host_create_from_string("192.0.2.9", 0);
	ck_assert_ptr_eq(redirect_choose_least(members, 3, &query), &b);
	query.chosen = TRUE;
	ck_assert(!redirect_choose_least(members, 3, &query));
	redirect_load_clear(&a.load);
	redirect_load_clear(&b.load);
	redirect_load_clear(&c.load);
	query.client->destroy(query.client);
	query.from->destroy(query.from);
}
END_TEST

/**
 * Clients stay where they were as long as that is good enough.
 */
START_TEST(test_stick)
{
	redirect_member_t a, b, c, *members[] = { &a, &b, &c };
	redirect_query_t query = {
		.client = host_create_from_string("192.0.2.100", 500),
		.sticky = "c",
		.hysteresis = 10,
	};

	a = make("a", "192.0.2.1", 200);
	b = make("b", "192.0.2.2", 100);
	c = make("c", "192.0.2.3", 120);
	a.self = TRUE;
	ck_assert_ptr_eq(redirect_choose_least(members, 3, &query), &c);
	c.load.ike_sas = 122;
	ck_assert_ptr_eq(redirect_choose_least(members, 3, &query), &b);
	query.sticky = "a";
	a.load.ike_sas = 121;
	ck_assert(!redirect_choose_least(members, 3, &query));
	query.leave = TRUE;
	ck_assert_ptr_eq(redirect_choose_least(members, 3, &query), &b);
	redirect_load_clear(&a.load);
	redirect_load_clear(&b.load);
	redirect_load_clear(&c.load);
	query.client->destroy(query.client);
}
END_TEST

/**
 * The table for that: time and size are limited.
 */
START_TEST(test_sticky)
{
	redirect_sticky_t *this = redirect_sticky_create();
	host_t *host, *first;
	char *member;
	u_int i;

	first = host_create_from_string("192.0.2.1", 500);
	ck_assert(!this->get(this, first, NOW, 10));
	this->set(this, first, "a", NOW);
	this->set(this, first, "b", NOW + 1);
	member = this->get(this, first, NOW + 11, 10);
	ck_assert_str_eq(member, "b");
	free(member);
	ck_assert(!this->get(this, first, NOW + 12, 10));
	/* the port is part of it, behind a NAT */
	host = host_create_from_string("192.0.2.1", 4500);
	ck_assert(!this->get(this, host, NOW, 10));
	host->destroy(host);
	for (i = 0; i < REDIRECT_STICKY_MAX; i++)
	{
		host = host_create_from_chunk(AF_INET, chunk_from_thing(i), 500);
		this->set(this, host, "c", NOW);
		host->destroy(host);
	}
	ck_assert_uint_eq(this->get_count(this), REDIRECT_STICKY_MAX);
	ck_assert(!this->get(this, first, NOW, 10));
	first->destroy(first);
	this->destroy(this);
}
END_TEST

/**
 * Groups: shares are exact, those that can't are left out.
 */
START_TEST(test_group)
{
	redirect_member_t a, b, *members[] = { &a, &b };
	redirect_query_t query = {
		.client = host_create_from_string("192.0.2.100", 500),
	};
	redirect_group_t *group;
	redirect_entry_t *entry;
	u_int i, counts[3] = {};

	a = make("a", "192.0.2.1", 0);
	b = make("b", "192.0.2.2", 0);
	a.self = TRUE;
	group = redirect_group_parse("g", "a, b 2,192.0.2.3 3");
	ck_assert(group);
	ck_assert_uint_eq(group->count, 3);
	for (i = 0; i < 60; i++)
	{
		entry = redirect_group_choose(group, members, 2, &query);
		counts[entry - group->entries]++;
	}
	ck_assert_uint_eq(counts[0], 10);
	ck_assert_uint_eq(counts[1], 20);
	ck_assert_uint_eq(counts[2], 30);
	b.alive = FALSE;
	memset(counts, 0, sizeof(counts));
	for (i = 0; i < 40; i++)
	{
		entry = redirect_group_choose(group, members, 2, &query);
		counts[entry - group->entries]++;
	}
	ck_assert_uint_eq(counts[1], 0);
	ck_assert_uint_ge(counts[0], 9);
	ck_assert_uint_le(counts[0], 11);
	/* from one of the group: it has chosen */
	query.from = host_create_from_string("192.0.2.3", 0);
	ck_assert(!redirect_group_choose(group, members, 2, &query));
	query.leave = TRUE;
	ck_assert(!redirect_group_choose(group, members, 2, &query));
	b.alive = TRUE;
	entry = redirect_group_choose(group, members, 2, &query);
	ck_assert_str_eq(entry->name, "b");
	query.sticky = "b";
	ck_assert_ptr_eq(redirect_group_choose(group, members, 2, &query), entry);
	redirect_group_destroy(group);
	ck_assert(!redirect_group_parse("g", ""));
	ck_assert(!redirect_group_parse("g", "a 0"));
	ck_assert(!redirect_group_parse("g", "a 10001"));
	ck_assert(!redirect_group_parse("g", "a x"));
	ck_assert(!redirect_group_parse("g", "a, b%c 2"));
	redirect_load_clear(&a.load);
	redirect_load_clear(&b.load);
	query.client->destroy(query.client);
	query.from->destroy(query.from);
}
END_TEST

/**
 * Targets with ports.
 */
START_TEST(test_entry)
{
	redirect_entry_t entry;
	char *bad[] = { "", "a:0", "a:65536", "a:x", "[fec0::1", "[fec0::1]x", "a b",
					"192.0.2.1:" };
	u_int i;

	ck_assert(redirect_entry_parse("192.0.2.1:10500", &entry));
	ck_assert(entry.host);
	ck_assert_uint_eq(entry.port, 10500);
	redirect_entry_clear(&entry);
	ck_assert(redirect_entry_parse("fec0::1", &entry));
	ck_assert(entry.host);
	ck_assert_uint_eq(entry.port, 0);
	redirect_entry_clear(&entry);
	ck_assert(redirect_entry_parse("[fec0::1]:4501", &entry));
	ck_assert(entry.host);
	ck_assert_uint_eq(entry.port, 4501);
	redirect_entry_clear(&entry);
	ck_assert(redirect_entry_parse("gw.example.org:4501", &entry));
	ck_assert(!entry.host);
	ck_assert_str_eq(entry.name, "gw.example.org");
	redirect_entry_clear(&entry);
	for (i = 0; i < countof(bad); i++)
	{
		ck_assert_msg(!redirect_entry_parse(bad[i], &entry), "%s", bad[i]);
	}
}
END_TEST

/**
 * Implements redirect_members_cb_t: set the flags of this daemon.
 */
static void set_flags(redirect_load_t *load, redirect_member_t *members[],
					  u_int count)
{
	members[0]->load.draining = load->draining;
	members[0]->load.full = load->full;
}

/**
 * A member told its load.
 */
static void tell(redirect_members_t *members, char *name, redirect_load_t *load)
{
	sync_subscriber_t *subscriber = &members->subscriber;
	chunk_t body;

	body = redirect_load_encode(load);
	subscriber->receive(subscriber, name, REDIRECT_MESSAGE_LOAD, body);
	chunk_free(&body);
}

/**
 * Check a decision: gateway and rule, NULL if the client is not redirected.
 */
static void check(redirect_policy_t *policy, redirect_client_t *client,
				  char *gateway, char *why)
{
	redirect_decision_t decision;
	identification_t *id;

	ck_assert_int_eq(policy->decide(policy, client, &decision),
					 gateway != NULL);
	if (gateway)
	{
		id = identification_create_from_string(gateway);
		ck_assert(id->equals(id, decision.gateway));
		id->destroy(id);
		ck_assert_str_eq(decision.why, why);
	}
	redirect_decision_clear(&decision);
}

/**
 * Rules: what they match, their order, and the built-in ones.
 */
START_TEST(test_policy)
{
	redirect_config_t config;
	redirect_members_t *members = redirect_members_create("a", NULL);
	redirect_policy_t *policy = redirect_policy_create(members);
	redirect_client_t client = {
		.moment = REDIRECT_INIT,
		.local = host_create_from_string("192.0.2.1", 500),
		.remote = host_create_from_string("192.0.2.100", 500),
		.connections = linked_list_create(),
	};
	redirect_load_t load = {
		.ipv4 = host_create_from_string("192.0.2.2", 0),
		.weight = 100,
	}, flags = {};
	sync_subscriber_t *subscriber = &members->subscriber;
	identification_t *group;

	set("address", "192.0.2.1");
	set("anycast", "198.51.100.0/24");
	set("rules.last.target", "gw.example.org");
	set("rules.last.order", "200");
	set("rules.last.sources", "192.0.2.0/24");
	set("rules.byname.target", "192.0.2.3");
	set("rules.byname.connections", "rw*");
	set("rules.byid.target", "192.0.2.4:10500");
	set("rules.byid.ids", "*@example.org");
	set("rules.byid.moments", "init, auth");
	set("rules.bygroup.target", "192.0.2.5");
	set("rules.bygroup.groups", "admins, ops*");
	set("rules.bygroup.moments", "auth");
	set("rules.bygroup.order", "1");
	set("rules.bad.target", "group:none");
	set("rules.bad2.target", "192.0.2.9");
	set("rules.bad2.moments", "never");
	set("rules.bad3.target", "192.0.2.9");
	set("rules.bad3.sources", "nowhere");
	set("rules.bad4.moments", "init");
	redirect_config_load(&config);
	policy->reload(policy, &config);
	members->configure(members, &config.self, config.stale);
	memset(&config.self, 0, sizeof(config.self));

	check(policy, &client, "gw.example.org", "last");
	/* all connections that may be meant */
	client.connections->insert_last(client.connections, "rw1");
	check(policy, &client, "192.0.2.3", "byname");
	client.connections->insert_last(client.connections, "other");
	check(policy, &client, "gw.example.org", "last");
	/* U7: not by an identity that is not authenticated; R2: nor by a port
	 * without support */
	client.id = identification_create_from_string("carol@example.org");
	check(policy, &client, "gw.example.org", "last");
	client.moment = REDIRECT_AUTH;
	check(policy, &client, NULL, NULL);
	client.ports = TRUE;
	check(policy, &client, "192.0.2.4", "byid");
	client.groups = linked_list_create();
	check(policy, &client, "192.0.2.4", "byid");
	group = identification_create_from_string("admins");
	client.groups->insert_last(client.groups, group);
	check(policy, &client, "192.0.2.5", "bygroup");
	client.groups->destroy_offset(client.groups,
								  offsetof(identification_t, destroy));
	client.groups = NULL;
	client.moment = REDIRECT_ESTABLISHED;
	check(policy, &client, NULL, NULL);
	/* drained, but nobody else is there; S1 is charon's business */
	flags.draining = TRUE;
	members->use(members, (redirect_members_cb_t)set_flags, &flags);
	check(policy, &client, NULL, NULL);
	subscriber->member_up(subscriber, "b", 1);
	check(policy, &client, NULL, NULL);
	tell(members, "b", &load);
	check(policy, &client, "192.0.2.2", "drain");
	/* a drained one is no target */
	load.draining = TRUE;
	tell(members, "b", &load);
	check(policy, &client, NULL, NULL);
	load.draining = FALSE;
	tell(members, "b", &load);
	subscriber->member_down(subscriber, "b");
	check(policy, &client, NULL, NULL);
	subscriber->member_up(subscriber, "b", 2);
	tell(members, "b", &load);
	/* above a limit: new clients only */
	flags.draining = FALSE;
	flags.full = TRUE;
	members->use(members, (redirect_members_cb_t)set_flags, &flags);
	check(policy, &client, NULL, NULL);
	client.moment = REDIRECT_INIT;
	client.remote->destroy(client.remote);
	client.remote = host_create_from_string("203.0.113.1", 500);
	check(policy, &client, "192.0.2.2", "shed");
	flags.full = FALSE;
	members->use(members, (redirect_members_cb_t)set_flags, &flags);
	check(policy, &client, NULL, NULL);
	/* A1: always away from an anycast address, be it to ourselves */
	client.local->destroy(client.local);
	client.local = host_create_from_string("198.51.100.1", 500);
	check(policy, &client, "192.0.2.1", "anycast");
	/* and not on from there: RFC 5685, 4 */
	client.from = host_create_from_string("192.0.2.4", 0);
	check(policy, &client, "192.0.2.1", "anycast");

	policy->destroy(policy);
	members->destroy(members);
	redirect_config_clear(&config);
	redirect_load_clear(&load);
	client.local->destroy(client.local);
	client.remote->destroy(client.remote);
	client.id->destroy(client.id);
	client.from->destroy(client.from);
	client.connections->destroy(client.connections);
}
END_TEST

/**
 * Silence: a load that is not told again is stale.
 */
START_TEST(test_stale)
{
	redirect_members_t *members = redirect_members_create("a", NULL);
	redirect_policy_t *policy = redirect_policy_create(members);
	redirect_config_t config;
	redirect_client_t client = {
		.moment = REDIRECT_INIT,
		.local = host_create_from_string("192.0.2.1", 500),
		.remote = host_create_from_string("192.0.2.100", 500),
	};
	redirect_load_t load = {
		.ipv4 = host_create_from_string("192.0.2.2", 0),
		.weight = 100,
	}, self = { .weight = 100 };
	sync_subscriber_t *subscriber = &members->subscriber;

	set("rules.all.target", "b");
	redirect_config_load(&config);
	policy->reload(policy, &config);
	members->configure(members, &self, 2000);
	subscriber->member_up(subscriber, "b", 1);
	tell(members, "b", &load);
	check(policy, &client, "192.0.2.2", "all");
	usleep(2300000);
	check(policy, &client, NULL, NULL);
	tell(members, "b", &load);
	check(policy, &client, "192.0.2.2", "all");
	/* a message that is malformed, or another's: nothing changes */
	subscriber->receive(subscriber, "b", REDIRECT_MESSAGE_LOAD,
						chunk_from_chars(10,0,1,200));
	subscriber->receive(subscriber, "b", 99, chunk_from_chars(1));
	check(policy, &client, "192.0.2.2", "all");
	policy->destroy(policy);
	members->destroy(members);
	redirect_config_clear(&config);
	redirect_load_clear(&load);
	client.local->destroy(client.local);
	client.remote->destroy(client.remote);
}
END_TEST

static Suite *redirect_policy_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("redirect_policy");
	tc = tcase_create("redirect_policy");
	tcase_add_test(tc, test_least);
	tcase_add_test(tc, test_impossible);
	tcase_add_test(tc, test_loop);
	tcase_add_test(tc, test_stick);
	tcase_add_test(tc, test_sticky);
	tcase_add_test(tc, test_group);
	tcase_add_test(tc, test_entry);
	tcase_add_test(tc, test_policy);
	tcase_add_test(tc, test_stale);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_redirect_policy"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(redirect_policy_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
