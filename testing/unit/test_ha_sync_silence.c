/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>

#include <library.h>
#include <processing/scheduler.h>

#include "ha_sync_silence.h"

/** silence after which numbers are moved, and presence until they are moved
 * back, in s */
#define SILENCE 10
#define RETURN 5

/**
 * What is tested, and the registry it works on.
 */
static ha_sync_silence_t *silence;
static ha_sync_registry_t *registry;

/**
 * Who owns the group, NULL if it's this member.
 */
static char *owner;

/**
 * Calls of counters, and of the queue for rekeyings.
 */
static int leaps, imports, rekeys;

/**
 * The clock, and jobs that are scheduled.
 */
static time_t now;
static struct {
	job_t *job;
	time_t when;
} jobs[16];

/**
 * Takes the place of libstrongswan's.
 */
time_t time_monotonic(timeval_t *tv)
{
	if (tv)
	{
		*tv = (timeval_t){ .tv_sec = now };
	}
	return now;
}

METHOD(scheduler_t, schedule_job, void,
	scheduler_t *this, job_t *job, uint32_t s)
{
	u_int i;

	for (i = 0; i < countof(jobs) && jobs[i].job; i++)
	{
		/* find a free one */
	}
	ck_assert_uint_lt(i, countof(jobs));
	jobs[i].job = job;
	jobs[i].when = now + s;
}

METHOD(ha_sync_ownership_t, accepts, bool,
	ha_sync_ownership_t *this, char *member, char *group)
{
	ck_assert_str_eq(group, "vpn");
	return owner && streq(member, owner);
}

METHOD(ha_sync_groups_t, get_names, array_t*,
	ha_sync_groups_t *this)
{
	array_t *names = NULL;

	array_insert_create(&names, ARRAY_TAIL, "vpn");
	return names;
}

METHOD(ha_sync_counters_t, leap, void,
	ha_sync_counters_t *this, const ha_sync_child_t *child,
	const ha_sync_ike_t *ike)
{
	ck_assert_uint_eq(child->id.spi_in, 0x11);
	leaps++;
}

METHOD(ha_sync_counters_t, import_, void,
	ha_sync_counters_t *this, const ha_sync_child_t *child,
	const ha_sync_ike_t *ike)
{
	ck_assert_uint_eq(child->id.spi_in, 0x11);
	imports++;
}

METHOD(ha_sync_rekey_t, add, void,
	ha_sync_rekey_t *this, const ha_sync_child_id_t *id, bool urgent)
{
	ck_assert_uint_eq(id->spi_in, 0x11);
	ck_assert(!urgent);
	rekeys++;
}

/**
 * Objects with the functions above.
 */
static scheduler_t scheduler;
static ha_sync_ownership_t ownership;
static ha_sync_groups_t groups;
static ha_sync_counters_t counters;
static ha_sync_rekey_t rekey;

/**
 * Let time pass, and jobs run when they are due.
 */
static void pass(time_t seconds)
{
	job_t *job;
	u_int i;

	while (seconds--)
	{
		now++;
		for (i = 0; i < countof(jobs); i++)
		{
			if (jobs[i].job && jobs[i].when <= now)
			{
				job = jobs[i].job;
				jobs[i].job = NULL;
				job->execute(job);
				job->destroy(job);
			}
		}
	}
}

/**
 * Check calls since the last time.
 */
static void assert_calls(int leap, int import, int add)
{
	ck_assert_int_eq(leaps, leap);
	ck_assert_int_eq(imports, import);
	ck_assert_int_eq(rekeys, add);
	leaps = imports = rekeys = 0;
}

static void setup()
{
	ha_sync_child_t *child;
	ha_sync_ike_t *ike;

	scheduler.schedule_job = _schedule_job;
	ownership.accepts = _accepts;
	groups.get_names = _get_names;
	counters.leap = _leap;
	counters.import = _import_;
	rekey.add = _add;
	lib->scheduler = &scheduler;
	now = 1000;
	owner = "sun";
	registry = ha_sync_registry_create();
	INIT(ike,
		.spis = { 1, 2, FALSE },
		.group = strdup("vpn"),
		.peer_cfg = strdup("rw"),
		.dynamic = {
			.local = host_create_from_string("192.168.0.5", 500),
			.remote = host_create_from_string("192.168.0.100", 500),
		},
	);
	INIT(child,
		.id = { { 1, 2, FALSE }, 0x11 },
		.name = strdup("net"),
		.proposal = proposal_create_from_string(PROTO_ESP, "aes128-sha256"),
	);
	registry->put_ike(registry, ike);
	ck_assert(registry->put_child(registry, child));
	silence = ha_sync_silence_create(&groups, registry, &ownership, &counters,
									 &rekey);
}

static void teardown()
{
	u_int i;

	for (i = 0; i < countof(jobs); i++)
	{
		if (jobs[i].job)
		{
			jobs[i].job->destroy(jobs[i].job);
		}
	}
	silence->destroy(silence);
	registry->destroy(registry);
}

START_TEST(test_short)
{
	/* the margin is for that */
	silence->member_up(silence, "sun");
	pass(RETURN + 1);
	silence->member_down(silence, "sun");
	pass(SILENCE - 1);
	silence->member_up(silence, "sun");
	pass(SILENCE);
	assert_calls(0, 0, 0);
	/* each time anew */
	silence->member_down(silence, "sun");
	pass(SILENCE - 1);
	assert_calls(0, 0, 0);
	silence->taken_over(silence, "vpn");
	assert_calls(0, 0, 0);
}
END_TEST

START_TEST(test_return)
{
	silence->member_down(silence, "sun");
	pass(SILENCE);
	assert_calls(1, 0, 0);
	pass(SILENCE * 10);
	assert_calls(0, 0, 0);

	/* not before all is reported; a link that flaps is no return */
	silence->member_up(silence, "sun");
	pass(RETURN - 1);
	silence->member_down(silence, "sun");
	pass(SILENCE + 1);
	assert_calls(0, 0, 0);
	silence->member_up(silence, "sun");
	pass(RETURN);
	assert_calls(0, 1, 0);

	silence->member_down(silence, "sun");
	pass(SILENCE);
	assert_calls(1, 0, 0);
}
END_TEST

START_TEST(test_taken_over)
{
	silence->member_down(silence, "sun");
	pass(SILENCE);
	assert_calls(1, 0, 0);
	owner = NULL;
	silence->taken_over(silence, "other");
	assert_calls(0, 0, 0);
	silence->taken_over(silence, "vpn");
	assert_calls(0, 0, 1);
	silence->taken_over(silence, "vpn");
	assert_calls(0, 0, 0);
	/* the numbers are in use now */
	silence->member_up(silence, "sun");
	pass(RETURN);
	assert_calls(0, 0, 0);
}
END_TEST

START_TEST(test_other)
{
	/* another one is active: what a standby says is of no importance */
	silence->member_down(silence, "moon");
	pass(SILENCE * 2);
	assert_calls(0, 0, 0);
	silence->member_down(silence, "sun");
	pass(SILENCE);
	assert_calls(1, 0, 0);
	/* it is active now, the one that is back is not */
	owner = "moon";
	silence->member_up(silence, "sun");
	pass(RETURN);
	assert_calls(0, 0, 0);
}
END_TEST

static Suite *silence_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_silence");
	tc = tcase_create("silence");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_short);
	tcase_add_test(tc, test_return);
	tcase_add_test(tc, test_taken_over);
	tcase_add_test(tc, test_other);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_silence"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(silence_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
