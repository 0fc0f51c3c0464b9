/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <daemon.h>

#include "ha_sync_spi.h"

/** a small range, as forced by the operator (spec/rfc6027.md, P1) */
#define SMALL_MIN 0x1000
#define SMALL_SIZE 10240
#define SMALL_MAX (SMALL_MIN + SMALL_SIZE - 1)

/**
 * Names of members, more than any test has; not sorted.
 */
static char *names[] = { "sun", "moon", "alice", "bob" };

/**
 * charon's callback for IKE SPIs.
 */
static spi_cb_t cb;
static void *cb_data;

METHOD(ike_sa_manager_t, set_spi_cb, void,
	ike_sa_manager_t *this, spi_cb_t callback, void *data)
{
	cb = callback;
	cb_data = data;
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

/**
 * Not random, but all we need.
 */
METHOD(rng_t, get_bytes, bool,
	rng_t *this, size_t len, uint8_t *buf)
{
	while (len--)
	{
		buf[len] = random();
	}
	return TRUE;
}

METHOD(rng_t, allocate_bytes, bool,
	rng_t *this, size_t len, chunk_t *chunk)
{
	*chunk = chunk_alloc(len);
	return get_bytes(this, len, chunk->ptr);
}

METHOD(rng_t, rng_destroy, void,
	rng_t *this)
{
	free(this);
}

/**
 * Constructor for the crypto factory.
 */
static rng_t *create_rng(rng_quality_t quality)
{
	rng_t *this;

	INIT(this,
		.get_bytes = _get_bytes,
		.allocate_bytes = _allocate_bytes,
		.destroy = _rng_destroy,
	);
	return this;
}

/**
 * Let one of the members read the configuration.
 */
static void reload(ha_sync_spi_t *spi, int self, int count)
{
	array_t *others = array_create(0, 0);
	int i;

	for (i = 0; i < count; i++)
	{
		if (i != self)
		{
			array_insert(others, ARRAY_TAIL, names[i]);
		}
	}
	spi->reload(spi, names[self], others);
	array_destroy(others);
}

/**
 * Configure a bound, NULL for the default.
 */
static void set(char *option, char *value)
{
	lib->settings->set_str(lib->settings, "%s.%s", value, lib->ns, option);
}

/**
 * Configure the range of inbound SPIs.
 */
static void set_range(uint32_t min, uint32_t max)
{
	lib->settings->set_int(lib->settings, "%s.spi_min", min, lib->ns);
	lib->settings->set_int(lib->settings, "%s.spi_max", max, lib->ns);
}

/**
 * Get a bound as charon's kernel interfaces do.
 */
static uint32_t get(char *option, uint32_t def)
{
	return lib->settings->get_int(lib->settings, "%s.%s", def, lib->ns, option);
}

static void setup()
{
	lib->crypto->add_rng(lib->crypto, RNG_WEAK, "test", create_rng);
	manager.set_spi_cb = _set_spi_cb;
	charon = &fake_charon;
	set("spi_min", NULL);
	set("spi_max", NULL);
	set("spi_mask", NULL);
}

static void teardown()
{
	charon = NULL;
	lib->crypto->remove_rng(lib->crypto, create_rng);
}

START_TEST(test_part)
{
	uint32_t min, max, next = SMALL_MIN;
	int i;

	for (i = 0; i < _i; i++)
	{
		min = SMALL_MIN;
		max = SMALL_MAX;
		ck_assert(ha_sync_spi_part(i, _i, &min, &max));
		/* one after the other, none is lost */
		ck_assert_uint_eq(min, next);
		ck_assert_uint_ge(max - min + 1, SMALL_SIZE / _i);
		next = max + 1;
	}
	ck_assert_uint_eq(next, SMALL_MAX + 1);
}
END_TEST

START_TEST(test_part_limits)
{
	uint32_t min = 0, max = UINT32_MAX;

	ck_assert(ha_sync_spi_part(1, 2, &min, &max));
	ck_assert_uint_eq(min, 0x80000000);
	ck_assert_uint_eq(max, UINT32_MAX);
	min = 256;
	max = 256 + 31;
	ck_assert(ha_sync_spi_part(0, 2, &min, &max));
	ck_assert_uint_eq(max, 256 + 15);
	ck_assert(!ha_sync_spi_part(0, 2, &min, &max));
	ck_assert(!ha_sync_spi_part(2, 2, &min, &max));
	min = 2000;
	ck_assert(!ha_sync_spi_part(0, 1, &min, &max));
}
END_TEST

/**
 * P1: two to four actives choose 10,000 inbound SPIs at the same time, before
 * any of them knows of another's, from a range that has hardly more.
 */
START_TEST(test_unique)
{
	bool used[SMALL_SIZE] = {}, own[SMALL_SIZE];
	ha_sync_spi_t *spi;
	uint32_t min, max, next;
	int i, j;

	for (i = 0; i < _i; i++)
	{
		memset(own, 0, sizeof(own));
		set_range(SMALL_MIN, SMALL_MAX);
		spi = ha_sync_spi_create();
		reload(spi, i, _i);
		min = get("spi_min", 0) - SMALL_MIN;
		max = get("spi_max", 0) - SMALL_MIN;
		ck_assert_uint_lt(max, SMALL_SIZE);
		for (j = 0; j < 10000 / _i; j++)
		{
			/* the kernel takes one that it does not have itself */
			do
			{
				next = min + random() % (max - min + 1);
			}
			while (own[next]);
			own[next] = TRUE;
			ck_assert(!used[next]);
		}
		for (j = 0; j < SMALL_SIZE; j++)
		{
			used[j] |= own[j];
		}
		spi->destroy(spi);
	}
}
END_TEST

/**
 * The parts of all members, whatever their order in the configuration.
 */
START_TEST(test_disjoint)
{
	uint32_t min[4], max[4];
	ha_sync_spi_t *spi;
	int i, j;

	for (i = 0; i < 4; i++)
	{
		spi = ha_sync_spi_create();
		reload(spi, i, 4);
		min[i] = get("spi_min", 0);
		max[i] = get("spi_max", 0);
		ck_assert_uint_ge(min[i], 0xc0000000);
		ck_assert_uint_le(max[i], 0xcfffffff);
		ck_assert_uint_eq(max[i] - min[i] + 1, 0x04000000);
		for (j = 0; j < i; j++)
		{
			ck_assert(max[j] < min[i] || max[i] < min[j]);
		}
		spi->destroy(spi);
		/* as if we never were there */
		ck_assert_uint_eq(get("spi_min", 1), 1);
		ck_assert_uint_eq(get("spi_max", 2), 2);
		ck_assert(!cb);
	}
}
END_TEST

START_TEST(test_reload)
{
	ha_sync_spi_t *spi;

	/* the wrong way round, as charon allows */
	set_range(0x2fff, 0x2000);
	spi = ha_sync_spi_create();
	reload(spi, 0, 2);
	ck_assert_uint_eq(get("spi_min", 0), 0x2800);
	ck_assert_uint_eq(get("spi_max", 0), 0x2fff);
	/* what was set is not what was configured */
	reload(spi, 0, 2);
	ck_assert_uint_eq(get("spi_min", 0), 0x2800);
	ck_assert_uint_eq(get("spi_max", 0), 0x2fff);
	/* a member more, then loaded from the file again */
	reload(spi, 0, 4);
	ck_assert_uint_eq(get("spi_min", 0), 0x2c00);
	set_range(0x4000, 0x4fff);
	reload(spi, 0, 4);
	ck_assert_uint_eq(get("spi_min", 0), 0x4c00);
	ck_assert_uint_eq(get("spi_max", 0), 0x4fff);
	/* too small */
	set_range(0x5000, 0x501f);
	reload(spi, 0, 4);
	ck_assert_uint_eq(get("spi_min", 0), 0x5000);
	ck_assert_uint_eq(get("spi_max", 0), 0x501f);
	spi->destroy(spi);
	ck_assert_uint_eq(get("spi_min", 0), 0x5000);
	ck_assert_uint_eq(get("spi_max", 0), 0x501f);
}
END_TEST

/**
 * Get an octet of an IKE SPI as it is on the wire.
 */
static uint8_t choose(int octet)
{
	uint64_t spi;

	ck_assert(cb);
	spi = cb(cb_data);
	return ((uint8_t*)&spi)[octet];
}

START_TEST(test_ike)
{
	ha_sync_spi_t *spi;
	uint64_t first;

	spi = ha_sync_spi_create();
	/* alice, bob, moon, sun */
	reload(spi, 0, 4);
	ck_assert_uint_eq(choose(7), 3);
	reload(spi, 1, 4);
	ck_assert_uint_eq(choose(7), 2);
	reload(spi, 2, 4);
	ck_assert_uint_eq(choose(7), 0);
	reload(spi, 3, 4);
	ck_assert_uint_eq(choose(7), 1);
	first = cb(cb_data);
	ck_assert(first != cb(cb_data));
	/* charon overwrites the octets of the mask */
	set("spi_mask", "0xff0000000000ffff");
	reload(spi, 0, 4);
	ck_assert_uint_eq(choose(5), 3);
	set("spi_mask", "0xffffffffffffff0f");
	reload(spi, 0, 4);
	ck_assert(!cb);
	spi->destroy(spi);
}
END_TEST

static Suite *spi_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_spi");
	tc = tcase_create("spi");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_part, 1, 65);
	tcase_add_test(tc, test_part_limits);
	tcase_add_loop_test(tc, test_unique, 2, 5);
	tcase_add_test(tc, test_disjoint);
	tcase_add_test(tc, test_reload);
	tcase_add_test(tc, test_ike);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_spi"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(spi_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
