/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_test.h"
#include "stub_pool.h"

#include <attributes/mem_pool.h>

static mem_pool_t *mem_pool;
static attribute_provider_t provider;
static linked_list_t *names;
static stub_pool_t *pool;
static host_t *peer, *other;

/** the pool's job, the scheduler's function, s that time is ahead */
static job_t *job;
static void (*schedule_job)(scheduler_t *this, job_t *job, uint32_t s);
static time_t ahead;

/**
 * Replaces libstrongswan's.
 */
time_t time_monotonic(timeval_t *tv)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now.tv_sec += ahead;
	if (tv)
	{
		tv->tv_sec = now.tv_sec;
		tv->tv_usec = now.tv_nsec / 1000;
	}
	return now.tv_sec;
}

static void keep_job(scheduler_t *this, job_t *scheduled, uint32_t s)
{
	ck_assert(!job);
	job = scheduled;
}

/**
 * Gives addresses out as charon's plugins do.
 */
static host_t *acquire_address(attribute_provider_t *this, linked_list_t *pools,
							   ike_sa_t *ike_sa, host_t *requested)
{
	mem_pool_op_t ops[] = { MEM_POOL_EXISTING, MEM_POOL_NEW,
							MEM_POOL_REASSIGN };
	host_t *got = NULL;
	u_int i;

	for (i = 0; i < countof(ops) && !got; i++)
	{
		got = mem_pool->acquire_address(mem_pool,
						ike_sa->get_other_eap_id(ike_sa), requested, ops[i],
						ike_sa->get_other_host(ike_sa));
	}
	return got;
}

static bool release_address(attribute_provider_t *this, linked_list_t *pools,
							host_t *address, ike_sa_t *ike_sa)
{
	return mem_pool->release_address(mem_pool, address,
									 ike_sa->get_other_eap_id(ike_sa));
}

static enumerator_t *no_attributes(attribute_provider_t *this,
								   linked_list_t *pools, ike_sa_t *ike_sa,
								   linked_list_t *vips)
{
	return enumerator_create_empty();
}

static void setup()
{
	host_t *base = host_create_from_string("10.3.0.0", 0);

	charon = NULL;
	ck_assert(libcharon_init());
	mem_pool = mem_pool_create("rw_pool", base, 28);
	base->destroy(base);
	provider = (attribute_provider_t){
		.acquire_address = acquire_address,
		.release_address = release_address,
		.create_attribute_enumerator = no_attributes,
	};
	charon->attributes->add_provider(charon->attributes, &provider);
	names = linked_list_create();
	names->insert_last(names, "rw_pool");
	peer = host_create_from_string("192.168.0.100", 500);
	other = host_create_from_string("192.168.0.200", 500);
	ahead = 0;
	schedule_job = lib->scheduler->schedule_job;
	lib->scheduler->schedule_job = keep_job;
	pool = stub_pool_create();
	lib->scheduler->schedule_job = schedule_job;
}

static void teardown()
{
	job->destroy(job);
	job = NULL;
	pool->destroy(pool);
	charon->attributes->remove_provider(charon->attributes, &provider);
	peer->destroy(peer);
	other->destroy(other);
	names->destroy(names);
	mem_pool->destroy(mem_pool);
	libcharon_deinit();
}

/**
 * Acquire an address for an identity.
 */
static bool acquire(char *vip, char *name, host_t *from, bool known)
{
	host_t *host = host_create_from_string(vip, 0);
	identification_t *id = identification_create_from_string(name);
	bool good;

	good = pool->acquire(pool, names, host, id, from, known);
	host->destroy(host);
	id->destroy(id);
	return good;
}

static void release(char *vip, char *name)
{
	host_t *host = host_create_from_string(vip, 0);
	identification_t *id = identification_create_from_string(name);

	pool->release(pool, names, host, id);
	host->destroy(host);
	id->destroy(id);
}

/**
 * Create an IKE_SA that's set up the ordinary way.
 */
static ike_sa_t *create_client(char *name, host_t *from)
{
	ike_sa_id_t *id = ike_sa_id_create(IKEV2_MAJOR_VERSION, 1, 2, FALSE);
	ike_sa_t *ike_sa = ike_sa_create(id, FALSE, IKEV2);

	id->destroy(id);
	ike_sa->set_other_id(ike_sa, identification_create_from_string(name));
	ike_sa->set_other_host(ike_sa, from->clone(from));
	return ike_sa;
}

/**
 * Have such an IKE_SA get an address.
 */
static host_t *ordinary(char *name, host_t *from)
{
	ike_sa_t *client = create_client(name, from);
	host_t *any = host_create_any(AF_INET), *got;

	got = charon->attributes->acquire_address(charon->attributes, names, client,
											  any);
	any->destroy(any);
	client->destroy(client);
	return got;
}

static void check_is(host_t *got, char *vip)
{
	host_t *host = host_create_from_string(vip, 0);

	ck_assert(got);
	ck_assert(got->ip_equals(got, host));
	got->destroy(got);
	host->destroy(host);
}

/**
 * X9: clients come in any order, each gets the address it had.
 */
START_TEST(test_any_order)
{
	ck_assert(acquire("10.3.0.5", "carol", peer, FALSE));
	ck_assert(acquire("10.3.0.2", "dave", other, FALSE));
	ck_assert(acquire("10.3.0.7", "bob", other, FALSE));
	ck_assert(acquire("10.3.0.1", "alice", other, FALSE));
	/* others get what is left */
	check_is(ordinary("eve", other), "10.3.0.8");
}
END_TEST

/**
 * X9: nobody gets an address that another one has.
 */
START_TEST(test_conflict)
{
	host_t *got;

	check_is(ordinary("dave", other), "10.3.0.1");
	ck_assert(!acquire("10.3.0.1", "carol", peer, FALSE));
	ck_assert(acquire("10.3.0.3", "carol", peer, FALSE));
	ck_assert(!acquire("10.3.0.3", "dave", other, FALSE));
	/* the same client once more, as its first IKE SA was not confirmed */
	ck_assert(acquire("10.3.0.3", "carol", peer, FALSE));
	ck_assert(!acquire("fec3::1", "carol", peer, FALSE));
	got = ordinary("eve", other);
	ck_assert(got && ((u_char*)got->get_address(got).ptr)[3] > 3);
	got->destroy(got);
}
END_TEST

/**
 * Clients without a stub are given what is held if the pool has no more, but
 * not what somebody has; also if a stub's address is not of the pool at all.
 */
START_TEST(test_exhausted)
{
	char name[32];
	host_t *got, *vip;
	ike_sa_t *client;
	u_int i;

	check_is(ordinary("dave", other), "10.3.0.1");
	ck_assert(acquire("10.3.0.14", "carol", peer, FALSE));
	ck_assert(!acquire("10.4.0.1", "bob", other, FALSE));
	for (i = 2; i <= 13; i++)
	{
		snprintf(name, sizeof(name), "client%u", i);
		got = ordinary(name, other);
		ck_assert(got);
		vip = host_create_from_string("10.3.0.14", 0);
		ck_assert(!got->ip_equals(got, vip));
		vip->destroy(vip);
		got->destroy(got);
	}
	ck_assert(!ordinary("client14", other));
	/* charon releases one */
	client = create_client("client5", other);
	vip = host_create_from_string("10.3.0.5", 0);
	charon->attributes->release_address(charon->attributes, names, vip, client);
	vip->destroy(vip);
	client->destroy(client);
	check_is(ordinary("client14", other), "10.3.0.5");
	ck_assert(!acquire("10.3.0.5", "client5", other, FALSE));
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
/**
 * X9: on the same gateway, the client has its address already.
 */
START_TEST(test_known)
{
	check_is(ordinary("dave", other), "10.3.0.1");
	check_is(ordinary("carol", peer), "10.3.0.2");
	ck_assert(acquire("10.3.0.2", "carol", peer, TRUE));
	check_is(ordinary("eve", other), "10.3.0.3");
}
END_TEST
#endif

/**
 * An address that was released is there for others, be they resumed or not.
 */
START_TEST(test_release)
{
	ck_assert(acquire("10.3.0.2", "carol", peer, FALSE));
	release("10.3.0.2", "carol");
	ck_assert(acquire("10.3.0.2", "dave", other, FALSE));
	ck_assert(!acquire("10.3.0.2", "carol", peer, FALSE));
	ck_assert(acquire("10.3.0.1", "carol", peer, FALSE));
}
END_TEST

/**
 * Create an IKE_SA that was resumed and has an address, as charon releases it.
 */
static ike_sa_t *create_resumed(char *name, char *vip)
{
	ike_cfg_create_t ike = { .version = IKEV2, .local = "%any",
							 .remote = "%any" };
	peer_cfg_create_t peer_data = {};
	ike_sa_t *ike_sa = create_client(name, peer);
	host_t *host = host_create_from_string(vip, 0);
	peer_cfg_t *peer_cfg;

	peer_cfg = peer_cfg_create("rw", ike_cfg_create(&ike), &peer_data);
	peer_cfg->add_pool(peer_cfg, "rw_pool");
	ike_sa->set_peer_cfg(ike_sa, peer_cfg);
	peer_cfg->destroy(peer_cfg);
	ike_sa->add_virtual_ip(ike_sa, FALSE, host);
	host->destroy(host);
	return ike_sa;
}

/**
 * As the gateway's listener.
 */
static bool state_change(listener_t *listener, ike_sa_t *ike_sa,
						 ike_sa_state_t state)
{
	if (state == IKE_DESTROYING)
	{
		pool->gone(pool, ike_sa);
	}
	return TRUE;
}

static listener_t listener = { .ike_state_change = state_change };

/**
 * So is one of an IKE_SA that's destroyed, which has charon release it, too;
 * but not if it's the IKE_SA of somebody else.
 */
START_TEST(test_gone)
{
	ike_sa_t *ike_sa;

	charon->bus->add_listener(charon->bus, &listener);
	ck_assert(acquire("10.3.0.2", "carol", peer, FALSE));
	ike_sa = create_resumed("eve", "10.3.0.2");
	ike_sa->destroy(ike_sa);
	ck_assert(!acquire("10.3.0.2", "dave", other, FALSE));
	ike_sa = create_resumed("carol", "10.3.0.2");
	ike_sa->destroy(ike_sa);
	ck_assert(acquire("10.3.0.2", "dave", other, FALSE));
	charon->bus->remove_listener(charon->bus, &listener);
}
END_TEST

/**
 * X9: a client that is resumed while its IKE_SA is still there keeps its
 * address when that is destroyed, or when it's the new one that is not
 * confirmed.
 */
START_TEST(test_two_uses)
{
	ike_sa_t *first, *second;

	charon->bus->add_listener(charon->bus, &listener);
	ck_assert(acquire("10.3.0.2", "carol", peer, FALSE));
	first = create_resumed("carol", "10.3.0.2");
	ck_assert(acquire("10.3.0.2", "carol", peer, TRUE));
	second = create_resumed("carol", "10.3.0.2");
	first->destroy(first);
	ck_assert(!acquire("10.3.0.2", "dave", other, FALSE));
	ck_assert(acquire("10.3.0.2", "carol", peer, TRUE));
	release("10.3.0.2", "carol");
	ck_assert(!acquire("10.3.0.2", "dave", other, FALSE));
	second->destroy(second);
	ck_assert(acquire("10.3.0.2", "dave", other, FALSE));
	charon->bus->remove_listener(charon->bus, &listener);
}
END_TEST

/**
 * Each address that is held is had by another identity: charon's pools look at
 * all that one has before they give it another.
 */
START_TEST(test_fillers)
{
	enumerator_t *enumerator;
	identification_t *id, *ids[16];
	host_t *vip;
	bool online;
	u_int count = 0, i;

	ck_assert(acquire("10.3.0.12", "carol", peer, FALSE));
	enumerator = mem_pool->create_lease_enumerator(mem_pool);
	while (enumerator->enumerate(enumerator, &id, &vip, &online))
	{
		ck_assert(online);
		for (i = 0; i < count; i++)
		{
			ck_assert(!id->equals(id, ids[i]));
		}
		ids[count++] = id;
	}
	enumerator->destroy(enumerator);
	ck_assert_int_eq(count, 12);
}
END_TEST

/**
 * What nobody wants is given back after an hour, and can still be had after
 * that unless the pool gave it to somebody else.
 */
START_TEST(test_expired)
{
	char name[32], *rest[] = { "10.3.0.1", "10.3.0.2", "10.3.0.4" };
	host_t *got, *vip;
	u_int i;

	ck_assert(acquire("10.3.0.5", "carol", peer, FALSE));
	ahead = 3590;
	job->execute(job);
	ck_assert_int_eq(mem_pool->get_online(mem_pool), 5);
	ahead = 3602;
	job->execute(job);
	ck_assert_int_eq(mem_pool->get_online(mem_pool), 1);
	ck_assert_int_eq(mem_pool->get_offline(mem_pool), 4);
	check_is(ordinary("eve", other), "10.3.0.6");
	ck_assert(!acquire("10.3.0.5", "dave", other, FALSE));
	ck_assert(acquire("10.3.0.3", "dave", other, FALSE));
	ck_assert(!acquire("10.3.0.3", "bob", other, FALSE));

	/* exhausted */
	for (i = 0; mem_pool->get_online(mem_pool) +
				mem_pool->get_offline(mem_pool) < 14; i++)
	{
		snprintf(name, sizeof(name), "client%u", i);
		got = ordinary(name, other);
		ck_assert(got);
		got->destroy(got);
	}
	ck_assert_int_eq(mem_pool->get_offline(mem_pool), 3);
	got = ordinary("alice", other);
	ck_assert(got);
	for (i = 0; i < countof(rest); i++)
	{
		snprintf(name, sizeof(name), "bob%u", i);
		vip = host_create_from_string(rest[i], 0);
		ck_assert(acquire(rest[i], name, other, FALSE) ==
				  !got->ip_equals(got, vip));
		vip->destroy(vip);
	}
	got->destroy(got);
}
END_TEST

static Suite *stub_pool_suite()
{
	Suite *s = suite_create("stub pool");
	TCase *tc;

	tc = tcase_create("pool");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_any_order);
	tcase_add_test(tc, test_conflict);
	tcase_add_test(tc, test_exhausted);
#ifndef __SANITIZE_ADDRESS__
	/* get_existing() of charon's mem_pool.c inserts an element of an array into
	 * the same array, which may be moved by that */
	tcase_add_test(tc, test_known);
#endif
	tcase_add_test(tc, test_release);
	tcase_add_test(tc, test_gone);
	tcase_add_test(tc, test_two_uses);
	tcase_add_test(tc, test_fillers);
	tcase_add_test(tc, test_expired);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	return stub_test_run(stub_pool_suite(), "random nonce openssl kdf");
}
