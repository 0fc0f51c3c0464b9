/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * The gate: which packets wait, in which order and when they are let go.
 */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include <library.h>
#include <threading/mutex.h>
#include <threading/thread.h>

#include "ha_sync_gate.h"
#include "ha_sync_gate_queue.h"
#include "ha_sync_hook_time.h"

/** a timeout no test meets, one that is met, and one that several calls are
 * made within even on a busy machine, in ms */
#define LONG_TIMEOUT 60000
#define SHORT_TIMEOUT 50
#define FAIR_TIMEOUT 1000

/** longest time anything may take, in ms */
#define PATIENCE 20000

/** packets of each thread of the test with many, and those threads */
#define MANY 2000
#define THREADS 4

/** the gate, and what the test tells it */
static ha_sync_gate_t *gate;
static uint64_t committed;
static bool up;

/** packets that were let go */
static mutex_t *mutex;
static packet_t *gone[HA_SYNC_GATE_MAX * 2];
static u_int count;

/**
 * Implements ha_sync_gate_ops_t.get_committed
 */
static bool get_committed(void *user, uint64_t *seq)
{
	*seq = __atomic_load_n(&committed, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&up, __ATOMIC_SEQ_CST);
}

/**
 * Implements ha_sync_gate_ops_t.release
 */
static void release_packet(void *user, packet_t *packet)
{
	mutex->lock(mutex);
	ck_assert_uint_lt(count, countof(gone));
	gone[count++] = packet;
	mutex->unlock(mutex);
}

/**
 * Number of packets that were let go.
 */
static u_int get_gone()
{
	u_int result;

	mutex->lock(mutex);
	result = count;
	mutex->unlock(mutex);
	return result;
}

/**
 * Tell what a member acknowledged.
 */
static void commit(bool any, uint64_t seq)
{
	__atomic_store_n(&committed, seq, __ATOMIC_SEQ_CST);
	__atomic_store_n(&up, any, __ATOMIC_SEQ_CST);
	gate->committed(gate);
}

/**
 * SPIs of an IKE SA.
 */
static ha_sync_spis_t get_spis(u_int ike)
{
	return (ha_sync_spis_t){
		.i = 0x100 + ike,
		.r = 0x10000 + ike,
		.initiator = ike % 2,
	};
}

/**
 * Packets of an IKE SA wait from now on.
 */
static void hold(u_int ike, uint64_t seq)
{
	ha_sync_spis_t spis = get_spis(ike);

	gate->hold(gate, &spis, seq);
}

/**
 * Make a packet: an IKE header, with a number as message ID.
 */
static packet_t *make(u_int ike, uint32_t number)
{
	ha_sync_spis_t spis = get_spis(ike);
	chunk_t data = chunk_alloc(28);

	memset(data.ptr, 0, data.len);
	memcpy(data.ptr, &spis.i, sizeof(spis.i));
	memcpy(data.ptr + 8, &spis.r, sizeof(spis.r));
	htoun32(data.ptr + 20, number);
	return packet_create_from_data(NULL, NULL, data);
}

/**
 * A packet is about to leave: TRUE if it does so at once.
 */
static bool pass(u_int ike, uint32_t number)
{
	packet_t *packet = make(ike, number);

	if (gate->pass(gate, packet))
	{
		packet->destroy(packet);
		return TRUE;
	}
	return FALSE;
}

/**
 * Check the message ID of a packet that was let go, and its IKE SA.
 */
static void check_gone(u_int pos, u_int ike, uint32_t number)
{
	ha_sync_spis_t spis = get_spis(ike);
	chunk_t data;

	ck_assert_uint_lt(pos, get_gone());
	data = gone[pos]->get_data(gone[pos]);
	ck_assert(memeq(data.ptr, &spis.i, sizeof(spis.i)));
	ck_assert_uint_eq(untoh32(data.ptr + 20), number);
}

/**
 * Milliseconds since a time.
 */
static u_int get_ms(uint64_t since)
{
	return (ha_sync_hook_now() - since) / 1000000;
}

/**
 * Wait until so many packets were let go, and the gate knows that they were.
 */
static void await_gone(u_int number)
{
	uint64_t start = ha_sync_hook_now();

	while (get_gone() < number)
	{
		ck_assert_uint_lt(get_ms(start), PATIENCE);
		usleep(1000);
	}
	ck_assert_uint_eq(get_gone(), number);
	/* the gate's thread lets a packet go first and forgets it then, which this
	 * waits for: the next packet of the IKE SA must not overtake before */
	gate->committed(gate);
}

/**
 * Get the state.
 */
static ha_sync_gate_status_t get_status()
{
	ha_sync_gate_status_t status;

	gate->get_status(gate, &status);
	return status;
}

static void setup()
{
	ha_sync_gate_ops_t ops = {
		.get_committed = get_committed,
		.release = release_packet,
	};

	committed = 0;
	up = TRUE;
	count = 0;
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	gate = ha_sync_gate_create(&ops);
	gate->configure(gate, TRUE, LONG_TIMEOUT);
}

static void teardown()
{
	u_int i;

	gate->destroy(gate);
	for (i = 0; i < count; i++)
	{
		gone[i]->destroy(gone[i]);
	}
	mutex->destroy(mutex);
}

START_TEST(test_async)
{
	gate->configure(gate, FALSE, LONG_TIMEOUT);
	ck_assert(!gate->is_sync(gate));
	hold(1, 5);
	ck_assert(pass(1, 1));
	ck_assert_uint_eq(get_status().gated, 0);
	ck_assert_uint_eq(get_status().passed, 0);
	ck_assert(!get_status().sync);
	ck_assert(!get_status().degraded);
}
END_TEST

START_TEST(test_hold)
{
	ck_assert(gate->is_sync(gate));
	/* no IKE SA that waits: IKE_SA_INIT, and others that are not copied */
	ck_assert(pass(1, 0));
	hold(1, 5);
	ck_assert(!pass(1, 1));
	/* others don't wait for it */
	ck_assert(pass(2, 1));
	ck_assert_uint_eq(get_status().held, 1);
	ck_assert_uint_eq(get_gone(), 0);
	commit(TRUE, 4);
	ck_assert_uint_eq(get_gone(), 0);
	commit(TRUE, 5);
	ck_assert_uint_eq(get_gone(), 1);
	check_gone(0, 1, 1);
	ck_assert_uint_eq(get_status().held, 0);
	/* a retransmission, or another one without new records */
	ck_assert(pass(1, 1));
	hold(1, 5);
	ck_assert(pass(1, 2));
	/* records that were acknowledged before the packet came */
	hold(1, 6);
	commit(TRUE, 7);
	ck_assert(pass(1, 3));
	ck_assert_uint_eq(get_status().gated, 1);
	ck_assert_uint_eq(get_status().committed, 1);
	ck_assert_uint_eq(get_status().delays, 1);
	ck_assert_uint_gt(get_status().median, 0);
	ck_assert(!get_status().degraded);
}
END_TEST

START_TEST(test_order)
{
	/* fragments of a message */
	hold(1, 5);
	ck_assert(!pass(1, 1));
	ck_assert(!pass(1, 2));
	ck_assert(!pass(1, 3));
	hold(2, 7);
	ck_assert(!pass(2, 10));
	hold(3, 6);
	ck_assert(!pass(3, 20));
	/* the next message of the first one must not overtake */
	hold(1, 8);
	ck_assert(!pass(1, 4));
	commit(TRUE, 5);
	ck_assert_uint_eq(get_gone(), 3);
	check_gone(0, 1, 1);
	check_gone(1, 1, 2);
	check_gone(2, 1, 3);
	commit(TRUE, 7);
	ck_assert_uint_eq(get_gone(), 5);
	check_gone(3, 2, 10);
	check_gone(4, 3, 20);
	commit(TRUE, 100);
	ck_assert_uint_eq(get_gone(), 6);
	check_gone(5, 1, 4);
	ck_assert_uint_eq(get_status().committed, 6);
}
END_TEST

/**
 * Something that's no IKE message.
 */
START_TEST(test_short)
{
	packet_t *packet;

	hold(1, 5);
	packet = packet_create_from_data(NULL, NULL, chunk_clone(
											chunk_from_chars(0, 1, 1)));
	ck_assert(gate->pass(gate, packet));
	packet->destroy(packet);
	packet = packet_create();
	ck_assert(gate->pass(gate, packet));
	packet->destroy(packet);
}
END_TEST

START_TEST(test_timeout)
{
	uint64_t start;
	u_int i;

	gate->configure(gate, TRUE, FAIR_TIMEOUT);
	/* time for the thread to fall asleep */
	usleep(SHORT_TIMEOUT * 1000);
	start = ha_sync_hook_now();
	hold(1, 5);
	ck_assert(!pass(1, 1));
	hold(2, 6);
	ck_assert(!pass(2, 2));
	await_gone(2);
	ck_assert_uint_ge(get_ms(start), FAIR_TIMEOUT);
	check_gone(0, 1, 1);
	check_gone(1, 2, 2);
	ck_assert_uint_eq(get_status().timeouts, 2);
	ck_assert(get_status().degraded);

	/* nobody waits for it again */
	for (i = 0; i < 100; i++)
	{
		hold(3, 7 + i);
		ck_assert(pass(3, i));
	}
	ck_assert_uint_eq(get_status().passed, 100);
	/* late acknowledgements change nothing, ones in time do: of 7, the first
	 * after the timeout, that was long ago */
	usleep((FAIR_TIMEOUT + SHORT_TIMEOUT) * 1000);
	commit(TRUE, 50);
	ck_assert(get_status().degraded);
	gate->configure(gate, TRUE, LONG_TIMEOUT);
	ck_assert(!get_status().degraded);
	hold(1, 110);
	ck_assert(!pass(1, 1));
	commit(TRUE, 110);
	ck_assert_uint_eq(get_gone(), 3);
}
END_TEST

START_TEST(test_recovers)
{
	u_int i;

	gate->configure(gate, TRUE, SHORT_TIMEOUT);
	hold(1, 5);
	ck_assert(!pass(1, 1));
	await_gone(1);
	ck_assert(get_status().degraded);
	/* acknowledged at once; a busy machine may take longer than that once */
	for (i = 10; i < 1000 && get_status().degraded; i++)
	{
		hold(1, i);
		ck_assert(pass(1, i));
		commit(TRUE, i);
	}
	ck_assert(!get_status().degraded);
	hold(1, 2000);
	ck_assert(!pass(1, 2000));
	commit(TRUE, 2000);
	await_gone(2);
}
END_TEST

START_TEST(test_member_down)
{
	hold(1, 5);
	ck_assert(!pass(1, 1));
	hold(2, 6);
	ck_assert(!pass(2, 1));
	commit(FALSE, 4);
	ck_assert_uint_eq(get_gone(), 2);
	ck_assert_uint_eq(get_status().lost, 2);
	ck_assert(get_status().degraded);
	hold(1, 7);
	ck_assert(pass(1, 2));
	ck_assert_uint_eq(get_status().passed, 1);
	/* as soon as it's back */
	commit(TRUE, 4);
	ck_assert(!get_status().degraded);
	hold(1, 8);
	ck_assert(!pass(1, 3));
	commit(TRUE, 8);
	ck_assert_uint_eq(get_gone(), 3);
}
END_TEST

START_TEST(test_overflow)
{
	u_int i;

	hold(1, 5);
	for (i = 0; i < HA_SYNC_GATE_MAX; i++)
	{
		ck_assert(!pass(1, i));
	}
	/* all had to go then */
	ck_assert_uint_eq(get_gone(), HA_SYNC_GATE_MAX);
	for (i = 0; i < HA_SYNC_GATE_MAX; i++)
	{
		check_gone(i, 1, i);
	}
	ck_assert_uint_eq(get_status().held, 0);
	ck_assert(get_status().degraded);
	ck_assert(pass(1, i));

	gate->configure(gate, TRUE, LONG_TIMEOUT);
	for (i = 0; i < HA_SYNC_GATE_MAX; i++)
	{
		hold(i, 10);
	}
	ck_assert_uint_eq(get_status().passed, 0);
	hold(HA_SYNC_GATE_MAX, 10);
	ck_assert_uint_eq(get_status().passed, 1);
	ck_assert(pass(HA_SYNC_GATE_MAX, 1));
	ck_assert(!pass(0, 1));
	commit(TRUE, 10);
	ck_assert_uint_eq(get_gone(), HA_SYNC_GATE_MAX + 1);
	/* all forgotten */
	hold(HA_SYNC_GATE_MAX, 11);
	ck_assert(!pass(HA_SYNC_GATE_MAX, 1));
}
END_TEST

START_TEST(test_flush)
{
	hold(1, 5);
	ck_assert(!pass(1, 1));
	gate->flush(gate);
	ck_assert_uint_eq(get_gone(), 1);
	hold(2, 6);
	ck_assert(!pass(2, 1));
	/* by a reload */
	gate->configure(gate, FALSE, LONG_TIMEOUT);
	ck_assert_uint_eq(get_gone(), 2);
	ck_assert(pass(2, 2));
	gate->configure(gate, TRUE, LONG_TIMEOUT);
	hold(3, 7);
	/* teardown() destroys it with a packet inside, which is let go */
	ck_assert(!pass(3, 1));
}
END_TEST

/** sequence numbers given out, and acknowledged; packets that passed */
static uint64_t next_seq;
static u_int passed[THREADS];
static bool ended;

/**
 * A worker: sends packets of its own IKE SA.
 */
static void *work(void *data)
{
	u_int ike = (uintptr_t)data, i;
	packet_t *packet;

	for (i = 0; i < MANY; i++)
	{
		hold(ike, __atomic_add_fetch(&next_seq, 1, __ATOMIC_SEQ_CST));
		packet = make(ike, i);
		if (gate->pass(gate, packet))
		{
			release_packet(NULL, packet);
			passed[ike]++;
		}
	}
	return NULL;
}

/**
 * A member: acknowledges, and goes up and down now and then.
 */
static void *acknowledge(void *data)
{
	u_int i = 0;

	while (!__atomic_load_n(&ended, __ATOMIC_SEQ_CST))
	{
		commit(++i % 100, __atomic_load_n(&next_seq, __ATOMIC_SEQ_CST));
		usleep(random() % 200);
	}
	return NULL;
}

START_TEST(test_threads)
{
	thread_t *threads[THREADS], *other;
	uint32_t last[THREADS] = {}, number;
	u_int i, ike, sum = 0;
	chunk_t data;

	next_seq = 0;
	ended = FALSE;
	gate->configure(gate, TRUE, SHORT_TIMEOUT);
	other = thread_create(acknowledge, NULL);
	for (i = 0; i < THREADS; i++)
	{
		passed[i] = 0;
		threads[i] = thread_create(work, (void*)(uintptr_t)i);
	}
	for (i = 0; i < THREADS; i++)
	{
		threads[i]->join(threads[i]);
		sum += passed[i];
	}
	await_gone(THREADS * MANY);
	__atomic_store_n(&ended, TRUE, __ATOMIC_SEQ_CST);
	other->join(other);
	for (i = 0; i < get_gone(); i++)
	{
		data = gone[i]->get_data(gone[i]);
		for (ike = 0; ike < THREADS; ike++)
		{
			ha_sync_spis_t spis = get_spis(ike);

			if (memeq(data.ptr, &spis.i, sizeof(spis.i)))
			{
				number = untoh32(data.ptr + 20) + 1;
				ck_assert_uint_eq(number, last[ike] + 1);
				last[ike] = number;
			}
		}
	}
	ck_assert_uint_eq(get_status().held, 0);
	ck_assert_uint_eq(get_status().gated, get_gone() - sum);
	ck_assert_uint_eq(get_status().committed + get_status().timeouts +
					  get_status().lost, get_gone() - sum);
}
END_TEST

static Suite *ha_sync_gate_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_gate");
	tc = tcase_create("gate");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_async);
	tcase_add_test(tc, test_hold);
	tcase_add_test(tc, test_order);
	tcase_add_test(tc, test_short);
	tcase_add_test(tc, test_timeout);
	tcase_add_test(tc, test_recovers);
	tcase_add_test(tc, test_member_down);
	tcase_add_test(tc, test_overflow);
	tcase_add_test(tc, test_flush);
	tcase_add_test(tc, test_threads);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	library_init(NULL, "test_ha_sync_gate");
	sr = srunner_create(ha_sync_gate_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	library_deinit();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
