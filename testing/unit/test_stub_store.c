/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_test.h"
#include "stub_limit.h"
#include "stub_lookups.h"
#include "stub_records.h"
#include "stub_table.h"

#include <unistd.h>

/**
 * The table: one stub for an index, a limit, expiry, taken once.
 */
START_TEST(test_table)
{
	stub_table_t *table = stub_table_create(2);
	stub_t *a, *b, *c, *old;

	a = stub_test_create(TEST_SPI_R, 100);
	b = stub_test_create(TEST_SPI_I, -1);
	c = stub_test_create(htobe64(3), 100);
	ck_assert(table->put(table, a));
	ck_assert(table->put(table, a));
	ck_assert_int_eq(table->count(table), 1);
	ck_assert(table->put(table, b));
	ck_assert(!table->put(table, c));
	old = table->get(table, TEST_SPI_R);
	ck_assert(old == a);
	stub_unref(old);
	/* X14: expired */
	ck_assert(!table->get(table, TEST_SPI_I));
	ck_assert_int_eq(table->expire(table), 1);
	ck_assert_int_eq(table->count(table), 1);
	ck_assert(table->put(table, c));
	/* G1: used once */
	old = table->take(table, TEST_SPI_R);
	ck_assert(old == a);
	stub_unref(old);
	ck_assert(!table->take(table, TEST_SPI_R));
	ck_assert(!table->get(table, TEST_SPI_R));
	table->destroy(table);
	stub_unref(a);
	stub_unref(b);
	stub_unref(c);
}
END_TEST

/**
 * Make a record that expires some time.
 */
static chunk_t make_record(int lifetime)
{
	chunk_t record = chunk_alloc(STUB_SEAL_OVERHEAD + 1);

	memset(record.ptr, 0, record.len);
	htoun64(record.ptr + 4, time(NULL) + lifetime);
	return record;
}

/**
 * Records: limit, expiry, own ones.
 */
START_TEST(test_records)
{
	uint32_t max = 2;
	stub_stats_t *stats = stub_stats_create();
	stub_records_t *records = stub_records_create(&max, stats);
	uint8_t a[STUB_HASH_LEN] = { 1 }, b[STUB_HASH_LEN] = { 2 };
	uint8_t c[STUB_HASH_LEN] = { 3 };
	chunk_t record = make_record(100), old = make_record(-1), got, *message;
	array_t *own;
	u_int count;

	ck_assert(records->put(records, a, record, TEST_SPI_R));
	ck_assert(records->put(records, b, old, 0));
	ck_assert(!records->put(records, c, record, 0));
	ck_assert_int_eq(stats->get(stats, STUB_REFUSED_FULL), 1);
	/* there is room for a new one in the place of an old one */
	ck_assert(records->put(records, a, record, TEST_SPI_R));
	got = records->get(records, a);
	ck_assert(chunk_equals(got, record));
	chunk_free(&got);
	got = records->get(records, b);
	ck_assert_int_eq(got.len, 0);
	records->expire(records);
	ck_assert_int_eq(records->count(records, &count), 0);
	ck_assert_int_eq(count, 1);
	own = records->get_own(records);
	ck_assert_int_eq(array_count(own), 1);
	array_remove(own, ARRAY_HEAD, &message);
	chunk_free(message);
	free(message);
	array_destroy(own);
	ck_assert(records->remove(records, a) == TEST_SPI_R);
	ck_assert(records->remove(records, a) == 0);
	chunk_free(&record);
	chunk_free(&old);
	records->destroy(records);
	stats->destroy(stats);
}
END_TEST

/**
 * G8: of two that use a stub at once, all agree on the same one; a record that
 * was used does not come back.
 */
START_TEST(test_used_twice)
{
	uint32_t max = 10;
	stub_stats_t *stats = stub_stats_create();
	stub_records_t *records = stub_records_create(&max, stats);
	uint8_t hash[STUB_HASH_LEN] = { 1 };
	chunk_t record = make_record(100);
	void *lost, *user = malloc(1);

	/* we are moon, alice was faster elsewhere */
	ck_assert(records->use(records, hash, "moon", user, &lost));
	ck_assert(!lost);
	ck_assert(records->use(records, hash, "alice", NULL, &lost));
	ck_assert(lost == user);
	free(lost);
	/* sun has no right to it */
	ck_assert(!records->use(records, hash, "sun", NULL, &lost));
	ck_assert(!lost);
	ck_assert(!records->put(records, hash, record, 0));
	chunk_free(&record);
	records->destroy(records);
	stats->destroy(stats);
}
END_TEST

/** results of look-ups */
static u_int ended, ended_with_stub;

static void lookup_done(void *user, stub_t *stub)
{
	/* by several threads */
	__atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&ended_with_stub, stub ? 1 : 0, __ATOMIC_SEQ_CST);
	stub_unref(stub);
}

/**
 * X10, G2: look-ups end with the first stub, the last "no", or in time; their
 * number is limited, and what was not found is not asked for at once again.
 */
START_TEST(test_lookups)
{
	stub_config_t config = { .lookup_timeout = 50 };
	stub_stats_t *stats = stub_stats_create();
	stub_lookups_t *lookups = stub_lookups_create(&config, stats);
	uint8_t a[STUB_HASH_LEN] = { 1 }, b[STUB_HASH_LEN] = { 0, 2 }, c[2000][16];
	stub_t *stub = stub_test_create(TEST_SPI_R, 100);
	u_int i, started = 0;

	ended = ended_with_stub = 0;
	ck_assert(!lookups->start(lookups, a, 0, lookup_done, NULL));
	ck_assert(lookups->start(lookups, a, 2, lookup_done, NULL));
	ck_assert(lookups->is_awaited(lookups, a));
	ck_assert(lookups->answer(lookups, a, NULL));
	ck_assert_int_eq(ended, 0);
	ck_assert(lookups->answer(lookups, a, stub));
	ck_assert_int_eq(ended_with_stub, 1);
	ck_assert(!lookups->answer(lookups, a, stub));
	ck_assert(lookups->start(lookups, b, 1, lookup_done, NULL));
	ck_assert(lookups->answer(lookups, b, NULL));
	ck_assert_int_eq(ended, 2);
	ck_assert(!lookups->start(lookups, b, 1, lookup_done, NULL));
	ck_assert_int_eq(stats->get(stats, STUB_LOOKUPS_SKIPPED), 2);

	memset(c, 0, sizeof(c));
	for (i = 0; i < countof(c); i++)
	{
		htoun32(c[i] + 8, i + 1);
		started += lookups->start(lookups, c[i], 1, lookup_done, NULL);
	}
	ck_assert_int_eq(started, 1024);
	/* the scheduler runs with threads only */
	lib->processor->set_threads(lib->processor, 4);
	for (i = 0; i < 200 &&
		 __atomic_load_n(&ended, __ATOMIC_SEQ_CST) < 2 + 1024; i++)
	{
		usleep(10000);
	}
	ck_assert_int_eq(stats->get(stats, STUB_LOOKUPS_LATE), 1024);
	lib->processor->cancel(lib->processor);
	ck_assert_int_eq(ended, 2 + 1024);
	lookups->destroy(lookups);
	stats->destroy(stats);
	stub_unref(stub);
}
END_TEST

/**
 * G2: SYNs of a source.
 */
START_TEST(test_limit)
{
	stub_limit_t *limit = stub_limit_create();
	host_t *a = host_create_from_string("192.168.0.1", 500);
	u_int i, good = 0;

	for (i = 0; i < 1000; i++)
	{
		good += limit->count(limit, a, 10);
	}
	/* a second may end meanwhile */
	ck_assert(good == 10 || good == 20);
	ck_assert(limit->count(limit, a, 0));
	a->destroy(a);
	limit->destroy(limit);
}
END_TEST

static Suite *stub_store_suite()
{
	Suite *s = suite_create("stub store");
	TCase *tc;

	tc = tcase_create("store");
	tcase_add_test(tc, test_table);
	tcase_add_test(tc, test_records);
	tcase_add_test(tc, test_used_twice);
	tcase_add_test(tc, test_limit);
	tcase_add_test(tc, test_lookups);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	return stub_test_run(stub_store_suite(), "random openssl");
}
