/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include <daemon.h>
#include <threading/mutex.h>

#include "ha_sync_rekey.h"

/** most CHILD SAs of a test */
#define MAX_CHILDREN 64

/** how long to wait for something, in ms */
#define PATIENCE 10000

/**
 * What is tested.
 */
static ha_sync_rekey_t *rekey;

/**
 * The only IKE SA, and one that replaced it.
 */
static ha_sync_spis_t spis = { .i = 1, .r = 2 }, moved = { .i = 3, .r = 4 };

/**
 * CHILD SAs of the IKE SA have the inbound SPIs 1 to count, others are not
 * known (anymore).
 */
static uint32_t count;

/**
 * State of the IKE_SA and of its CHILD_SAs, and if records say rekeyed.
 */
static ike_sa_state_t ike_state;
static child_sa_state_t child_state;
static bool rekeyed, waiting;

/**
 * SPIs of the CHILD_SAs that were rekeyed, in order, and when.
 */
static uint32_t started[MAX_CHILDREN];
static timeval_t times[MAX_CHILDREN];
static int done;

/**
 * Protects all of them.
 */
static mutex_t *mutex;

/**
 * Get the record of a CHILD SA, of the IKE SA that has it now.
 */
METHOD(ha_sync_registry_t, get_child, ha_sync_child_t*,
	ha_sync_registry_t *this, const ha_sync_child_id_t *id)
{
	ha_sync_child_t *child;

	if (id->spi_in > count ||
		!ha_sync_spis_equals(&id->ike, spis.i ? &spis : &moved))
	{
		return NULL;
	}
	INIT(child,
		.id = *id,
		.rekeyed = rekeyed,
	);
	return child;
}

METHOD(ha_sync_registry_t, find_child, bool,
	ha_sync_registry_t *this, uint32_t spi, bool inbound,
	ha_sync_child_id_t *id)
{
	ck_assert(inbound);
	id->ike = spis.i ? spis : moved;
	id->spi_in = spi;
	return spi <= count;
}

/**
 * The CHILD_SA that is asked for.
 */
static child_sa_t child_sa;
static uint32_t child_spi;

METHOD(child_sa_t, get_spi, uint32_t,
	child_sa_t *this, bool inbound)
{
	return child_spi;
}

METHOD(child_sa_t, get_protocol, protocol_id_t,
	child_sa_t *this)
{
	return PROTO_ESP;
}

METHOD(child_sa_t, get_child_state, child_sa_state_t,
	child_sa_t *this)
{
	return child_state;
}

METHOD(enumerator_t, enumerate_children, bool,
	enumerator_t *this, va_list args)
{
	child_sa_t **child;

	VA_ARGS_VGET(args, child);
	if (++child_spi > count)
	{
		return FALSE;
	}
	*child = &child_sa;
	return TRUE;
}

METHOD(ike_sa_t, create_child_sa_enumerator, enumerator_t*,
	ike_sa_t *this)
{
	enumerator_t *enumerator;

	child_spi = 0;
	INIT(enumerator,
		.enumerate = enumerator_enumerate_default,
		.venumerate = _enumerate_children,
		.destroy = (void*)free,
	);
	return enumerator;
}

METHOD(ike_sa_t, get_state, ike_sa_state_t,
	ike_sa_t *this)
{
	return ike_state;
}

METHOD(ike_sa_t, rekey_child_sa, status_t,
	ike_sa_t *this, protocol_id_t protocol, uint32_t spi)
{
	ck_assert_int_eq(protocol, PROTO_ESP);
	ck_assert_int_lt(done, MAX_CHILDREN);
	started[done] = spi;
	time_monotonic(&times[done]);
	done++;
	return SUCCESS;
}

/**
 * The IKE_SA; checking it out takes the mutex.
 */
static ike_sa_t ike_sa;

METHOD(ike_sa_manager_t, checkout, ike_sa_t*,
	ike_sa_manager_t *this, ike_sa_id_t *id)
{
	uint64_t spi = id->get_initiator_spi(id);

	mutex->lock(mutex);
	if (spi != (spis.i ?: moved.i))
	{
		mutex->unlock(mutex);
		return NULL;
	}
	return &ike_sa;
}

METHOD(ike_sa_manager_t, checkin, void,
	ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
	mutex->unlock(mutex);
}

/**
 * Implements bus_t.log, where libcharon logs.
 */
static void fake_log(bus_t *this, debug_t group, level_t level, char *fmt, ...)
{
}

/**
 * charon with the functions above.
 */
static ike_sa_manager_t manager;
static bus_t bus = { .log = fake_log };
static daemon_t fake_charon = {
	.bus = &bus,
	.ike_sa_manager = &manager,
};
static ha_sync_registry_t registry;

/**
 * Implements ha_sync_rekey_wait_t.
 */
static bool wait_cb(void *user)
{
	bool value;

	ck_assert(user == &registry);
	mutex->lock(mutex);
	value = waiting;
	mutex->unlock(mutex);
	return value;
}

/**
 * Configure the rate.
 */
static void set_rate(char *rate)
{
	lib->settings->set_str(lib->settings, "%s.plugins.ha-sync.rekey_rate",
						   rate, lib->ns);
	rekey->reload(rekey);
}

static void setup()
{
	/* no configuration */
	ck_assert(library_init("", "test_ha_sync_rekey"));
	lib->processor->set_threads(lib->processor, 4);
	registry = (ha_sync_registry_t){
		.get_child = _get_child,
		.find_child = _find_child,
	};
	ike_sa = (ike_sa_t){
		.get_state = _get_state,
		.create_child_sa_enumerator = _create_child_sa_enumerator,
		.rekey_child_sa = _rekey_child_sa,
	};
	child_sa = (child_sa_t){
		.get_spi = _get_spi,
		.get_protocol = _get_protocol,
		.get_state = _get_child_state,
	};
	manager.checkout = _checkout;
	manager.checkin = _checkin;
	charon = &fake_charon;
	mutex = mutex_create(MUTEX_TYPE_RECURSIVE);
	ike_state = IKE_ESTABLISHED;
	child_state = CHILD_INSTALLED;
	count = MAX_CHILDREN;
	rekey = ha_sync_rekey_create(&registry, wait_cb, &registry);
}

static void teardown()
{
	lib->scheduler->flush(lib->scheduler);
	lib->processor->cancel(lib->processor);
	rekey->destroy(rekey);
	mutex->destroy(mutex);
	charon = NULL;
	library_deinit();
}

/**
 * Queue a CHILD SA.
 */
static void add(uint32_t spi, bool urgent)
{
	ha_sync_child_id_t id = { .ike = { .i = 1, .r = 2 }, .spi_in = spi };

	rekey->add(rekey, &id, urgent);
}

/**
 * Set a variable that a job reads.
 */
#define set(what, value) ({ \
	mutex->lock(mutex); \
	what = value; \
	mutex->unlock(mutex); \
})

/**
 * Wait until nothing is queued anymore, and check how many were started.
 */
static void assert_started(int number)
{
	ha_sync_rekey_counts_t counts;
	int i;

	for (i = 0; i < PATIENCE / 10; i++)
	{
		rekey->get_counts(rekey, &counts);
		if (!counts.queued)
		{
			break;
		}
		usleep(10000);
	}
	ck_assert_uint_eq(counts.queued, 0);
	/* the last one may be under way */
	usleep(50000);
	rekey->get_counts(rekey, &counts);
	ck_assert_uint_eq(counts.started, number);
	ck_assert_int_eq(done, number);
}

START_TEST(test_paced)
{
	timeval_t diff;
	int i, ms, rate = _i ? 200 : 50;

	set_rate(_i ? "200" : "50");
	for (i = 1; i <= 20; i++)
	{
		add(i, FALSE);
	}
	assert_started(20);
	for (i = 0; i < 20; i++)
	{
		ck_assert_uint_eq(started[i], i + 1);
	}
	timersub(&times[19], &times[0], &diff);
	ms = diff.tv_sec * 1000 + diff.tv_usec / 1000;
	/* batches, and a timer of 1 ms */
	ck_assert_int_ge(ms, (20 - rate / 50) * 1000 / rate - 5);
}
END_TEST

START_TEST(test_urgent)
{
	int i;

	waiting = TRUE;
	for (i = 1; i <= 5; i++)
	{
		add(i, i > 3);
	}
	usleep(100000);
	ck_assert_int_eq(done, 0);
	set(waiting, FALSE);
	assert_started(5);
	ck_assert_uint_eq(started[0], 4);
	ck_assert_uint_eq(started[1], 5);
	ck_assert_uint_eq(started[2], 1);
	ck_assert_uint_eq(started[4], 3);
	/* once more */
	add(1, FALSE);
	assert_started(6);
}
END_TEST

START_TEST(test_gone)
{
	switch (_i)
	{
		case 0:
			ike_state = IKE_PASSIVE;
			break;
		case 1:
			child_state = CHILD_REKEYING;
			break;
		case 2:
			rekeyed = TRUE;
			break;
		case 3:
			count = 0;
			break;
	}
	add(1, TRUE);
	add(2, FALSE);
	assert_started(0);
}
END_TEST

START_TEST(test_ike_rekey)
{
	/* until it is done, the CHILD_SA stays in the queue */
	ike_state = IKE_REKEYING;
	add(1, TRUE);
	usleep(200000);
	ck_assert_int_eq(done, 0);
	mutex->lock(mutex);
	spis.i = spis.r = 0;
	ike_state = IKE_ESTABLISHED;
	mutex->unlock(mutex);
	assert_started(1);
	ck_assert_uint_eq(started[0], 1);
}
END_TEST

static Suite *rekey_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_rekey");
	tc = tcase_create("rekey");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, test_paced, 0, 2);
	tcase_add_test(tc, test_urgent);
	tcase_add_loop_test(tc, test_gone, 0, 4);
	tcase_add_test(tc, test_ike_rekey);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	sr = srunner_create(rekey_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
