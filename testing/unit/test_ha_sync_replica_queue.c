/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include <daemon.h>

#include "ha_sync_replica_queue.h"

/** more operations than may wait */
#define MANY 10000

/** longest time to wait for operations, in ms */
#define PATIENCE 10000

/**
 * What is tested, and what it asks for virtual IPs.
 */
static ha_sync_replica_queue_t *queue;
static ha_sync_registry_t *registry;

/**
 * What was called with which number, in order; count is atomic.
 */
static struct {
	char what;
	uint64_t nr;
} calls[MANY + 10];
static u_int count;

/**
 * Note a call.
 */
static void note(char what, uint64_t nr)
{
	u_int i = __atomic_load_n(&count, __ATOMIC_ACQUIRE);

	ck_assert_uint_lt(i, countof(calls));
	calls[i].what = what;
	calls[i].nr = nr;
	__atomic_store_n(&count, i + 1, __ATOMIC_RELEASE);
}

METHOD(ha_sync_replica_t, make, bool,
	ha_sync_replica_t *this, const ha_sync_spis_t *spis)
{
	note('m', spis->i);
	return TRUE;
}

METHOD(ha_sync_replica_t, update, void,
	ha_sync_replica_t *this, const ha_sync_spis_t *spis)
{
	note('u', spis->i);
}

METHOD(ha_sync_replica_t, child, void,
	ha_sync_replica_t *this, const ha_sync_child_id_t *id)
{
	note('c', id->spi_in);
}

METHOD(ha_sync_replica_t, remove_, void,
	ha_sync_replica_t *this, const ha_sync_spis_t *spis)
{
	note('r', spis->i);
}

METHOD(ha_sync_replica_t, remove_child, void,
	ha_sync_replica_t *this, const ha_sync_child_id_t *id)
{
	note('d', id->spi_in);
}

static ha_sync_replica_t replica;

/**
 * Wait until there were that many calls.
 */
static void wait_for(u_int calls)
{
	int i;

	for (i = 0; i < PATIENCE &&
		 __atomic_load_n(&count, __ATOMIC_ACQUIRE) < calls; i++)
	{
		usleep(1000);
	}
	ck_assert_uint_eq(__atomic_load_n(&count, __ATOMIC_ACQUIRE), calls);
}

/**
 * Check a call.
 */
static void assert_call(u_int i, char what, uint64_t nr)
{
	ck_assert_int_eq(calls[i].what, what);
	ck_assert_uint_eq(calls[i].nr, nr);
}

/**
 * Name of an IKE SA, and of a CHILD SA.
 */
static ha_sync_spis_t spis(uint64_t nr)
{
	return (ha_sync_spis_t){ nr, nr, FALSE };
}

static ha_sync_child_id_t child_id(uint32_t nr)
{
	return (ha_sync_child_id_t){ { 1, 1, FALSE }, nr };
}

/**
 * Put an IKE SA into the registry, with a virtual IP or not.
 */
static void put_ike(uint64_t nr, bool vip)
{
	ha_sync_ike_t *ike;

	INIT(ike,
		.spis = spis(nr),
		.group = strdup("default"),
		.peer_cfg = strdup("rw"),
		.dynamic = {
			.local = host_create_from_string("192.168.0.5", 4500),
			.remote = host_create_from_string("192.168.0.100", 4500),
		},
	);
	if (vip)
	{
		array_insert_create(&ike->dynamic.remote_vips, ARRAY_TAIL,
							host_create_from_string("10.3.0.1", 0));
	}
	ck_assert(registry->put_ike(registry, ike));
}

static void setup()
{
	count = 0;
	replica.make = _make;
	replica.update = _update;
	replica.child = _child;
	replica.remove = _remove_;
	replica.remove_child = _remove_child;
	registry = ha_sync_registry_create();
	queue = ha_sync_replica_queue_create(registry, &replica);
}

static void teardown()
{
	queue->destroy(queue);
	registry->destroy(registry);
}

/**
 * All operations arrive, in order, and nobody waits for them.
 */
START_TEST(test_order)
{
	ha_sync_replica_t *this = &queue->replica;
	ha_sync_child_id_t id = child_id(5);
	ha_sync_spis_t ike = spis(1);

	put_ike(1, FALSE);
	ck_assert(this->make(this, &ike));
	this->child(this, &id);
	this->update(this, &ike);
	this->remove_child(this, &id);
	this->remove(this, &ike);
	wait_for(5);
	assert_call(0, 'm', 1);
	assert_call(1, 'c', 5);
	assert_call(2, 'u', 1);
	assert_call(3, 'd', 5);
	assert_call(4, 'r', 1);
	/* and again, after it was empty */
	this->update(this, &ike);
	queue->flush(queue);
	ck_assert_uint_eq(__atomic_load_n(&count, __ATOMIC_ACQUIRE), 6);
	queue->flush(queue);
}
END_TEST

/**
 * The virtual IPs of an IKE SA are reserved when make() returns, and what came
 * before is done.
 */
START_TEST(test_vips)
{
	ha_sync_replica_t *this = &queue->replica;
	ha_sync_spis_t first = spis(1), second = spis(2);

	put_ike(1, FALSE);
	put_ike(2, TRUE);
	ck_assert(!registry->has_vips(registry, &first));
	ck_assert(registry->has_vips(registry, &second));
	this->make(this, &first);
	this->make(this, &second);
	ck_assert_uint_eq(__atomic_load_n(&count, __ATOMIC_ACQUIRE), 2);
	assert_call(0, 'm', 1);
	assert_call(1, 'm', 2);
}
END_TEST

/**
 * The queue does not grow without limit, and loses nothing.
 */
START_TEST(test_many)
{
	ha_sync_replica_t *this = &queue->replica;
	ha_sync_child_id_t id;
	u_int i;

	for (i = 0; i < MANY; i++)
	{
		id = child_id(i);
		this->child(this, &id);
		ck_assert_uint_ge(__atomic_load_n(&count, __ATOMIC_ACQUIRE) + 4096,
						  i + 1);
	}
	wait_for(MANY);
	for (i = 0; i < MANY; i++)
	{
		assert_call(i, 'c', i);
	}
}
END_TEST

/**
 * What waits at the end is dropped.
 */
START_TEST(test_end)
{
	ha_sync_replica_t *this = &queue->replica;
	ha_sync_spis_t ike = spis(1);

	this->update(this, &ike);
	this->update(this, &ike);
}
END_TEST

int main()
{
	Suite *suite = suite_create("ha_sync_replica_queue");
	TCase *tcase = tcase_create("queue");
	SRunner *runner;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_replica_queue"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_order);
	tcase_add_test(tcase, test_vips);
	tcase_add_test(tcase, test_many);
	tcase_add_test(tcase, test_end);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
