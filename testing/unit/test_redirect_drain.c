/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <time.h>
#include <unistd.h>

#include <daemon.h>
#include <collections/linked_list.h>
#include <threading/mutex.h>

#include "redirect_drain.h"
#include "fake_sa.h"

/** number of IKE SAs */
#define COUNT 20

/** longest time to wait for something, in ms */
#define PATIENCE 5000

static fake_sa_t sas[COUNT];

/** protects the IKE SAs, as if they were checked out, and all below */
static mutex_t *mutex;

/** IKE SAs that were told to leave, and deleted */
static u_int told, deleted;

/** there are rules of moment established */
static bool rules;

/** for how long the IKE SAs have been established, in s */
static uint32_t age;

static redirect_drain_t *drain;

/** Implements ike_sa_t.get_statistic */
static uint32_t get_statistic(ike_sa_t *this, statistic_t kind)
{
	return time_monotonic(NULL) - age;
}

/** Implements ike_sa_t.delete */
static status_t delete(ike_sa_t *this, bool force)
{
	deleted++;
	this->set_state(this, IKE_DELETING);
	return SUCCESS;
}

/** Implements ike_sa_manager_t.create_enumerator */
static enumerator_t *create_enumerator(ike_sa_manager_t *this, bool wait)
{
	linked_list_t *list = linked_list_create();
	u_int i;

	for (i = 0; i < COUNT; i++)
	{
		list->insert_last(list, &sas[i]);
	}
	return enumerator_create_cleaner(list->create_enumerator(list),
									 (void*)list->destroy, list);
}

/** Implements ike_sa_manager_t.checkout_by_id */
static ike_sa_t *checkout_by_id(ike_sa_manager_t *this, uint32_t id)
{
	mutex->lock(mutex);
	return &sas[id - 1].public;
}

/** Implements ike_sa_manager_t.checkin */
static void checkin(ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
	mutex->unlock(mutex);
}

/** Implements redirect_gateway_t.redirect */
static status_t redirect(redirect_gateway_t *this, ike_sa_t *ike_sa)
{
	told++;
	ike_sa->set_condition(ike_sa, COND_REDIRECTED, TRUE);
	return SUCCESS;
}

/** Implements redirect_policy_t.has_rules */
static bool has_rules(redirect_policy_t *this, redirect_moment_t moment)
{
	return rules;
}

/** Implements redirect_members_t.use */
static void use(redirect_members_t *this, redirect_members_cb_t cb, void *user)
{
	redirect_member_t self = {}, *members[] = { &self };

	cb(user, members, countof(members));
}

/** Implements redirect_members_t.tell */
static void tell(redirect_members_t *this)
{
}

static ike_sa_manager_t manager = {
	.create_enumerator = create_enumerator,
	.checkout_by_id = checkout_by_id,
	.checkin = checkin,
};
static daemon_t fake_charon = {
	.bus = &fake_bus,
	.ike_sa_manager = &manager,
};
static redirect_gateway_t gateway = { .redirect = redirect };
static redirect_policy_t policy = { .has_rules = has_rules };
static redirect_members_t members = { .use = use, .tell = tell };

/**
 * Set the options of rules.
 */
static void configure(uint32_t rate, uint32_t dwell)
{
	redirect_config_t config = {
		.rate = rate,
		.dwell = dwell,
		.scan = 1,
	};

	drain->configure(drain, &config);
}

/**
 * Begin a drain.
 */
static void begin(uint32_t rate, uint32_t deadline, bool delete)
{
	redirect_drain_options_t options = {
		.rate = rate,
		.deadline = deadline,
		.delete = delete,
	};

	drain->drain(drain, &options);
}

static void setup()
{
	u_int i;

	charon = &fake_charon;
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	told = deleted = 0;
	rules = FALSE;
	age = 20;
	for (i = 0; i < COUNT; i++)
	{
		fake_sa_init(&sas[i], FALSE, 1, 2);
		sas[i].unique_id = i + 1;
		sas[i].extensions = EXT_IKE_REDIRECTION;
		sas[i].public.get_statistic = get_statistic;
		sas[i].public.delete = delete;
	}
	drain = redirect_drain_create(&gateway, &policy, &members);
}

static void teardown()
{
	u_int i;

	drain->destroy(drain);
	for (i = 0; i < COUNT; i++)
	{
		fake_sa_deinit(&sas[i]);
	}
	mutex->destroy(mutex);
}

/**
 * Read a number.
 */
static u_int get(u_int *number)
{
	u_int value;

	mutex->lock(mutex);
	value = *number;
	mutex->unlock(mutex);
	return value;
}

/**
 * Get the time in ms.
 */
static u_int now_ms()
{
	timeval_t now;

	time_monotonic(&now);
	return now.tv_sec * 1000 + now.tv_usec / 1000;
}

/**
 * Wait until a number is reached; how long that took, in ms.
 */
static u_int reached(u_int *number, u_int value)
{
	u_int start = now_ms();

	while (get(number) < value)
	{
		ck_assert_uint_lt(now_ms() - start, PATIENCE);
		usleep(10000);
	}
	return now_ms() - start;
}

/**
 * All are told to leave at the rate that was asked for, but those who can't;
 * they count until they are gone.
 */
START_TEST(test_drain)
{
	redirect_progress_t progress;

	sas[3].extensions = 0;
	sas[4].conditions = COND_ORIGINAL_INITIATOR;
	sas[5].state = IKE_PASSIVE;
	begin(50, 0, FALSE);
	/* the first one at once */
	ck_assert_int_ge(reached(&told, COUNT - 3), 100);
	usleep(200000);
	ck_assert_int_eq(get(&told), COUNT - 3);
	drain->get_progress(drain, &progress);
	ck_assert(progress.draining && progress.known);
	ck_assert_int_eq(progress.total, COUNT - 1);
	ck_assert_int_eq(progress.left, COUNT - 1);
	ck_assert_int_eq(progress.unable, 2);
	ck_assert_int_eq(progress.redirected, COUNT - 3);
	ck_assert_int_eq(get(&deleted), 0);
}
END_TEST

/**
 * Those that are left at the deadline stay, or are deleted.
 */
START_TEST(test_deadline)
{
	redirect_progress_t progress;
	u_int i;

	for (i = 0; i < COUNT; i++)
	{
		sas[i].extensions = 0;
	}
	begin(1000, 1, _i);
	if (_i)
	{
		reached(&deleted, COUNT);
	}
	else
	{
		usleep(2500000);
		ck_assert_int_eq(get(&deleted), 0);
	}
	drain->get_progress(drain, &progress);
	ck_assert(progress.late);
	ck_assert_int_eq(progress.deleted, _i ? COUNT : 0);
	ck_assert_int_eq(get(&told), 0);
}
END_TEST

/**
 * Whom a drain would have told to leave may stay once it ends, until rules are
 * for them.
 */
START_TEST(test_undrain)
{
	redirect_progress_t progress;

	rules = _i;
	configure(1000, 60);
	begin(1, 0, FALSE);
	reached(&told, 2);
	ck_assert(drain->undrain(drain));
	ck_assert(!drain->undrain(drain));
	usleep(2000000);
	/* one may have been under way */
	ck_assert_int_le(get(&told), 3);
	drain->get_progress(drain, &progress);
	ck_assert(!progress.draining);

	/* they have been here for 20 s, which is less than the machine is up */
	rules = TRUE;
	configure(1000, 10);
	reached(&told, COUNT);
}
END_TEST

/**
 * Options for rules take effect at once, also if there were no rules before.
 */
START_TEST(test_rules)
{
	usleep(50000);
	configure(1000, 0);
	usleep(300000);
	ck_assert_int_eq(get(&told), 0);
	rules = TRUE;
	configure(1000, 0);
	ck_assert_int_lt(reached(&told, COUNT), 1000);
}
END_TEST

static Suite *drain_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("redirect_drain");
	tc = tcase_create("redirect_drain");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_drain);
	tcase_add_loop_test(tc, test_deadline, 0, 2);
	tcase_add_loop_test(tc, test_undrain, 0, 2);
	tcase_add_test(tc, test_rules);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_redirect_drain"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(drain_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
