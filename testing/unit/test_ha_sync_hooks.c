/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include <library.h>

#include "ha_sync_hooks.h"

/** how long the hooks of a listener take, in us */
#define HOOK_TIME 2000

/** arguments of hooks, which are not looked into */
static char things[8];
#define THING(i) ((void*)&things[i])

/** who was called, a letter each */
static char calls[32];

/** what the capture was told */
static ike_sa_t *told;
static uint64_t told_ns;

/**
 * A listener.
 */
typedef struct {
	listener_t listener;
	char name;
} fake_t;

static void note(listener_t *this, char event)
{
	size_t len = strlen(calls);

	calls[len] = ((fake_t*)this)->name;
	calls[len + 1] = event;
	usleep(HOOK_TIME);
}

static bool fake_keys(listener_t *this, ike_sa_t *ike_sa, array_t *kes,
					  chunk_t dh_other, chunk_t nonce_i, chunk_t nonce_r,
					  ike_sa_t *rekey, shared_key_t *shared,
					  auth_method_t method)
{
	ck_assert(ike_sa == THING(0) && kes == THING(1) && rekey == THING(2));
	ck_assert(dh_other.ptr == THING(3) && dh_other.len == 3);
	ck_assert(nonce_i.ptr == THING(4) && nonce_i.len == 4);
	ck_assert(nonce_r.ptr == THING(5) && nonce_r.len == 5);
	ck_assert(shared == THING(6) && method == AUTH_PSK);
	note(this, 'k');
	return TRUE;
}

static bool fake_child_keys(listener_t *this, ike_sa_t *ike_sa,
							child_sa_t *child_sa, bool initiator,
							chunk_t encr_i, chunk_t encr_r, chunk_t integ_i,
							chunk_t integ_r)
{
	ck_assert(ike_sa == THING(0) && child_sa == THING(1) && initiator);
	ck_assert(encr_i.len == 2 && encr_r.len == 3);
	ck_assert(integ_i.len == 4 && integ_r.len == 5);
	note(this, 'c');
	return TRUE;
}

static bool fake_message(listener_t *this, ike_sa_t *ike_sa,
						 message_t *message, bool incoming, bool plain)
{
	ck_assert(message == THING(1) && incoming && !plain);
	note(this, 'm');
	return TRUE;
}

static bool fake_rekey(listener_t *this, ike_sa_t *old, ike_sa_t *new)
{
	ck_assert(old == THING(0) && new == THING(1));
	note(this, 'r');
	return TRUE;
}

static bool fake_state(listener_t *this, ike_sa_t *ike_sa,
					   ike_sa_state_t state)
{
	ck_assert(ike_sa == THING(0) && state == IKE_DELETING);
	note(this, 's');
	return TRUE;
}

static bool fake_update(listener_t *this, ike_sa_t *ike_sa, host_t *local,
						host_t *remote)
{
	ck_assert(ike_sa == THING(0));
	ck_assert(local == THING(1) && remote == THING(2));
	note(this, 'u');
	return TRUE;
}

static bool fake_updown(listener_t *this, ike_sa_t *ike_sa,
						child_sa_t *child_sa, bool up)
{
	ck_assert(ike_sa == THING(0) && child_sa == THING(1) && up);
	note(this, 'd');
	return TRUE;
}

static void fake_spent(ha_sync_capture_t *this, ike_sa_t *ike_sa, uint64_t ns)
{
	told = ike_sa;
	told_ns = ns;
}

static ha_sync_capture_t capture = { .spent = fake_spent };

/** one with all hooks, and some with a few */
static fake_t all = {
	.listener = {
		.ike_keys = fake_keys,
		.child_derived_keys = fake_child_keys,
		.message = fake_message,
		.ike_rekey = fake_rekey,
		.ike_state_change = fake_state,
		.ike_update = fake_update,
		.child_updown = fake_updown,
	},
	.name = 'A',
};
static fake_t none = { .name = 'N' };
static fake_t messages = { { .message = fake_message }, 'M' };
static fake_t states = {
	.listener = {
		.message = fake_message,
		.ike_state_change = fake_state,
	},
	.name = 'S',
};

/**
 * Check who was called by the last event, and what was told of it.
 */
static void check(const char *expected, void *ike_sa)
{
	ck_assert_str_eq(calls, expected);
	ck_assert(told == ike_sa);
	if (ike_sa)
	{	/* two letters for each */
		ck_assert_uint_ge(told_ns, strlen(expected) / 2 * HOOK_TIME * 1000);
	}
	memset(calls, 0, sizeof(calls));
	told = NULL;
	told_ns = 0;
}

START_TEST(test_hooks)
{
	listener_t *listeners[] = {
		&messages.listener, &all.listener, &none.listener, &states.listener,
	};
	ha_sync_hooks_t *hooks;
	listener_t *bus;

	hooks = ha_sync_hooks_create(&capture, listeners, countof(listeners));
	bus = &hooks->listener;

	ck_assert(bus->ike_keys(bus, THING(0), THING(1),
							chunk_create(THING(3), 3),
							chunk_create(THING(4), 4),
							chunk_create(THING(5), 5), THING(2), THING(6),
							AUTH_PSK));
	check("Ak", THING(0));
	ck_assert(bus->child_derived_keys(bus, THING(0), THING(1), TRUE,
							chunk_create(THING(2), 2),
							chunk_create(THING(3), 3),
							chunk_create(THING(4), 4),
							chunk_create(THING(5), 5)));
	check("Ac", THING(0));
	ck_assert(bus->message(bus, THING(0), THING(1), TRUE, FALSE));
	check("MmAmSm", THING(0));
	/* a message of no IKE_SA */
	ck_assert(bus->message(bus, NULL, THING(1), TRUE, FALSE));
	check("MmAmSm", NULL);
	ck_assert(bus->ike_rekey(bus, THING(0), THING(1)));
	check("Ar", THING(1));
	ck_assert(bus->ike_state_change(bus, THING(0), IKE_DELETING));
	check("AsSs", THING(0));
	ck_assert(bus->ike_update(bus, THING(0), THING(1), THING(2)));
	check("Au", THING(0));
	ck_assert(bus->child_updown(bus, THING(0), THING(1), TRUE));
	check("Ad", THING(0));

	/* the bus does not call what is not there */
	ck_assert(!bus->alert && !bus->child_rekey && !bus->ike_updown);
	hooks->destroy(hooks);
}
END_TEST

static Suite *hooks_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha-sync hooks");
	tc = tcase_create("hooks");
	tcase_add_test(tc, test_hooks);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_hooks"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(hooks_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
