/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <daemon.h>

#include "qcd_esp_tap.h"
#include "qcd_spi_map.h"

/** ESP over IPv4, with SPI and sequence number */
static u_char esp4[] = {
	0x45, 0, 0, 28, 0, 0, 0x40, 0, 64, 50, 0, 0,
	192, 168, 0, 100, 192, 168, 0, 5,
	0xc0, 0xff, 0xee, 0x01, 0, 0, 0, 1,
};

/** ESP in UDP over IPv6 */
static u_char udp6[] = {
	0x60, 0, 0, 0, 0, 16, 17, 64,
	0xfe, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
	0xfe, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x06,
	0x30, 0x39, 0x11, 0x94, 0, 16, 0, 0,
	0xc0, 0xff, 0xee, 0x02, 0, 0, 0, 1,
};

/**
 * Parse a copy in memory of just that size.
 */
static bool parse_copy(chunk_t data, qcd_esp_packet_t *packet)
{
	chunk_t copy;
	bool ok;

	copy = chunk_clone(data);
	ok = qcd_esp_parse(copy, 4500, packet);
	chunk_free(&copy);
	return ok;
}

/**
 * Destroy the hosts of a packet.
 */
static void clear(qcd_esp_packet_t *packet)
{
	packet->src->destroy(packet->src);
	packet->dst->destroy(packet->dst);
}

/**
 * L1: native ESP is answered to the IKE port, that in UDP to its source.
 */
START_TEST(test_parse)
{
	qcd_esp_packet_t packet;
	char buf[64];

	ck_assert(parse_copy(chunk_from_thing(esp4), &packet));
	ck_assert_uint_eq(ntohl(packet.spi), 0xc0ffee01);
	ck_assert(!packet.udp);
	snprintf(buf, sizeof(buf), "%#H-%#H", packet.src, packet.dst);
	ck_assert_str_eq(buf, "192.168.0.100[500]-192.168.0.5[500]");
	clear(&packet);
	ck_assert(parse_copy(chunk_from_thing(udp6), &packet));
	ck_assert_uint_eq(ntohl(packet.spi), 0xc0ffee02);
	ck_assert(packet.udp);
	snprintf(buf, sizeof(buf), "%#H-%#H", packet.src, packet.dst);
	ck_assert_str_eq(buf, "fec0::10[12345]-fec0::6[4500]");
	clear(&packet);
}
END_TEST

START_TEST(test_truncated)
{
	qcd_esp_packet_t packet;
	size_t len;

	for (len = 0; len < sizeof(esp4); len++)
	{
		ck_assert_int_eq(parse_copy(chunk_create(esp4, len), &packet),
						 len >= 24);
		if (len >= 24)
		{
			clear(&packet);
		}
	}
	for (len = 0; len < sizeof(udp6); len++)
	{
		ck_assert_int_eq(parse_copy(chunk_create(udp6, len), &packet),
						 len >= 52);
		if (len >= 52)
		{
			clear(&packet);
		}
	}
}
END_TEST

START_TEST(test_others)
{
	struct {
		chunk_t packet;
		size_t pos;
		u_char value;
	} tests[] = {
		/* versions, header lengths, protocols, a later fragment */
		{ chunk_from_thing(esp4), 0, 0x55 },
		{ chunk_from_thing(esp4), 0, 0x44 },
		{ chunk_from_thing(esp4), 0, 0x4f },
		{ chunk_from_thing(esp4), 9, 51 },
		{ chunk_from_thing(esp4), 7, 1 },
		{ chunk_from_thing(udp6), 6, 6 },
		/* another port, a Non-ESP marker, a reserved SPI */
		{ chunk_from_thing(udp6), 43, 0x95 },
		{ chunk_from_thing(udp6), 48, 0 },
	};
	qcd_esp_packet_t packet;
	chunk_t data;
	u_int i;

	for (i = 0; i < countof(tests); i++)
	{
		data = chunk_clone(tests[i].packet);
		data.ptr[tests[i].pos] = tests[i].value;
		if (tests[i].pos == 48)
		{
			memset(data.ptr + 48, 0, 4);
		}
		ck_assert_msg(!parse_copy(data, &packet), "test %u", i);
		chunk_free(&data);
	}
}
END_TEST

/**
 * M10: what is written is read again; what is damaged is refused.
 */
START_TEST(test_map)
{
	qcd_spi_map_entry_t entries[3] = {
		{ .spi = 1, .owner = { .spi_i = 2, .spi_r = 3 } },
		{ .spi = 4, .owner = { .spi_i = 5, .spi_r = 6 } },
		{ .spi = 7, .owner = { .spi_i = 8, .spi_r = 9 } },
	}, *again;
	chunk_t data;
	size_t len;
	int count;
	u_int i;

	data = qcd_spi_map_encode(entries, countof(entries));
	count = qcd_spi_map_parse(data, &again);
	ck_assert_int_eq(count, 3);
	for (i = 0; i < countof(entries); i++)
	{
		ck_assert_uint_eq(again[i].spi, entries[i].spi);
		ck_assert(again[i].owner.spi_i == entries[i].owner.spi_i);
		ck_assert(again[i].owner.spi_r == entries[i].owner.spi_r);
	}
	free(again);
	for (len = 0; len < data.len; len++)
	{
		count = qcd_spi_map_parse(chunk_create(data.ptr, len), &again);
		if (len >= 8 && (len - 8) % 20 == 0)
		{
			ck_assert_int_eq(count, (len - 8) / 20);
			free(again);
		}
		else
		{
			ck_assert_int_eq(count, -1);
		}
	}
	data.ptr[0] ^= 1;
	ck_assert_int_eq(qcd_spi_map_parse(data, &again), -1);
	chunk_free(&data);
}
END_TEST

/** last line of the log */
static char logged[256];

/**
 * Implements bus_t.log
 */
static void keep_log(bus_t *this, debug_t group, level_t level, char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(logged, sizeof(logged), fmt, args);
	va_end(args);
}

/**
 * A file that can't be read is no file that is open to others.
 */
START_TEST(test_map_unreadable)
{
	bus_t bus = { .log = keep_log };
	daemon_t daemon = { .bus = &bus };
	qcd_children_t *children = qcd_children_create();
	qcd_spi_map_t *map;

	charon = &daemon;
	map = qcd_spi_map_create("/dev/null/map", children);
	ck_assert_str_eq(logged, "qcd: spi_map '/dev/null/map' can't be read: Not "
					 "a directory");
	lib->scheduler->flush(lib->scheduler);
	map->destroy(map);
	children->destroy(children);
	charon = NULL;
}
END_TEST

/** the job that writes the map */
static job_t *job;

METHOD(scheduler_t, schedule_job, void,
	scheduler_t *this, job_t *new, uint32_t s)
{
	job = new;
}

/** ID of the IKE_SA of a CHILD SA */
static ike_sa_id_t *id;

METHOD(ike_sa_t, get_id, ike_sa_id_t*,
	ike_sa_t *this)
{
	return id;
}

METHOD(child_sa_t, get_spi, uint32_t,
	child_sa_t *this, bool inbound)
{
	return 0x11;
}

/**
 * M10: what can't be written is tried again the next time.
 */
START_TEST(test_map_again)
{
	char dir[] = "/tmp/test_qcd_esp-XXXXXX", file[64];
	bus_t bus = { .log = keep_log };
	daemon_t daemon = { .bus = &bus };
	ike_sa_t ike_sa = { .get_id = _get_id };
	child_sa_t child_sa = { .get_spi = _get_spi };
	scheduler_t scheduler = { .schedule_job = _schedule_job };
	scheduler_t *real = lib->scheduler;
	qcd_children_t *children = qcd_children_create();
	qcd_spi_map_t *map;
	qcd_owner_t owner;
	struct stat st;

	id = ike_sa_id_create(IKEV2_MAJOR_VERSION, 1, 2, FALSE);
	charon = &daemon;
	lib->scheduler = &scheduler;
	ck_assert(mkdtemp(dir) != NULL);
	ck_assert_int_eq(rmdir(dir), 0);
	snprintf(file, sizeof(file), "%s/map", dir);
	map = qcd_spi_map_create(file, children);
	children->listener.child_state_change(&children->listener, &ike_sa,
										  &child_sa, CHILD_INSTALLED);
	job->execute(job);
	ck_assert(strstr(logged, "map' can't be written: No such file"));
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	job->execute(job);
	ck_assert_int_eq(stat(file, &st), 0);
	/* nothing new */
	ck_assert_int_eq(unlink(file), 0);
	job->execute(job);
	ck_assert_int_eq(stat(file, &st), -1);
	children->listener.child_state_change(&children->listener, &ike_sa,
										  &child_sa, CHILD_DESTROYING);
	children->listener.child_state_change(&children->listener, &ike_sa,
										  &child_sa, CHILD_INSTALLED);
	map->destroy(map);
	job->destroy(job);
	map = qcd_spi_map_create(file, children);
	ck_assert(map->find(map, 0x11, &owner));
	ck_assert(owner.spi_i == 1 && owner.spi_r == 2);
	map->destroy(map);
	job->destroy(job);
	children->destroy(children);
	unlink(file);
	rmdir(dir);
	id->destroy(id);
	lib->scheduler = real;
	charon = NULL;
}
END_TEST

static Suite *qcd_esp_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("qcd_esp");
	tc = tcase_create("qcd_esp");
	tcase_add_test(tc, test_parse);
	tcase_add_test(tc, test_truncated);
	tcase_add_test(tc, test_others);
	tcase_add_test(tc, test_map);
	tcase_add_test(tc, test_map_unreadable);
	tcase_add_test(tc, test_map_again);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_qcd_esp"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(qcd_esp_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
