/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include <library.h>
#include <ipsec/ipsec_types.h>

#include <daemon.h>

#include "fake_sa.h"
#include "ha_sync_counters.h"
#include "ha_sync_kernel_replay.h"
#include "ha_sync_replay_watch.h"

/** SPIs of the CHILD SA */
#define SPI_IN 0x11
#define SPI_OUT 0x22

/** default of the option margin */
#define MARGIN (1 << 20)

/** how far ahead numbers are moved if nothing is heard of the active */
#define LEAP (1ULL << 30)

/** highest sequence number without ESN */
#define MAX_SEQ 0xffffffffULL

/**
 * What is tested, and what it works on.
 */
static ha_sync_counters_t *counters;
static ha_sync_registry_t *registry;
static ha_sync_child_t *child;
static ha_sync_ike_t *ike;

/**
 * What the kernel was given for an SA.
 */
typedef struct {
	/** number of calls */
	int calls;
	/** arguments of the last one */
	ha_sync_sa_id_t id;
	ha_sync_replay_t replay;
	ha_sync_replay_flag_t flags;
} given_t;

/**
 * For each direction.
 */
static given_t in, out;

/**
 * The kernel has no such SA.
 */
static bool absent;

/**
 * charon, it logs.
 */
static daemon_t fake_charon = { .bus = &fake_bus };

/**
 * SAs watched, changed by a thread.
 */
static refcount_t added, removed;

/**
 * Report of the kernel during flush().
 */
static ha_sync_replay_t final;

/**
 * Callback for reports.
 */
static ha_sync_replay_watch_cb_t report;
static void *report_user;

/**
 * What was sent: with the next flush, at once, and the last use.
 */
static int sent, sent_now;
static ha_sync_use_t last;

METHOD(ha_sync_kernel_replay_t, set, bool,
	ha_sync_kernel_replay_t *this, const ha_sync_sa_id_t *id,
	const ha_sync_replay_t *replay, ha_sync_replay_flag_t flags)
{
	given_t *to = id->spi == SPI_IN ? &in : &out;

	ck_assert(id->spi == SPI_IN || id->spi == SPI_OUT);
	ck_assert_uint_eq(id->proto, IPPROTO_ESP);
	ck_assert_uint_eq(id->child, SPI_IN);
	ck_assert(id->inbound == (id->spi == SPI_IN));
	to->calls++;
	to->id = *id;
	to->replay = *replay;
	to->flags = flags;
	return !absent;
}

METHOD(ha_sync_kernel_replay_t, kernel_destroy, void,
	ha_sync_kernel_replay_t *this)
{
	free(this);
}

/*
 * Takes the place of the plugin's.
 */
ha_sync_kernel_replay_t *ha_sync_kernel_replay_create()
{
	ha_sync_kernel_replay_t *this;

	INIT(this,
		.set = _set,
		.destroy = _kernel_destroy,
	);
	return this;
}

METHOD(ha_sync_replay_watch_t, add, void,
	ha_sync_replay_watch_t *this, const ha_sync_sa_id_t *id)
{
	ref_get(&added);
}

METHOD(ha_sync_replay_watch_t, remove_, void,
	ha_sync_replay_watch_t *this, const ha_sync_sa_id_t *id)
{
	ref_get(&removed);
}

METHOD(ha_sync_replay_watch_t, flush, void,
	ha_sync_replay_watch_t *this)
{
	ha_sync_sa_id_t id = { .spi = SPI_OUT, .child = SPI_IN };

	report(report_user, &id, &final);
}

METHOD(ha_sync_replay_watch_t, watch_destroy, void,
	ha_sync_replay_watch_t *this)
{
	free(this);
}

/*
 * Takes the place of the plugin's.
 */
ha_sync_replay_watch_t *ha_sync_replay_watch_create(
				ha_sync_kernel_replay_t *kernel, ha_sync_replay_watch_cb_t cb,
				void *user)
{
	ha_sync_replay_watch_t *this;

	report = cb;
	report_user = user;
	INIT(this,
		.add = _add,
		.remove = _remove_,
		.flush = _flush,
		.destroy = _watch_destroy,
	);
	return this;
}

METHOD(ha_sync_sender_t, child_use, void,
	ha_sync_sender_t *this, const ha_sync_child_id_t *id,
	const ha_sync_use_t *use)
{
	sent++;
	last = *use;
}

METHOD(ha_sync_sender_t, child_use_now, void,
	ha_sync_sender_t *this, const ha_sync_child_id_t *id,
	const ha_sync_use_t *use)
{
	sent_now++;
	last = *use;
}

/**
 * Sender with the functions above.
 */
static ha_sync_sender_t sender;

/**
 * Set the option margin.
 */
static void set_margin(char *value)
{
	lib->settings->set_str(lib->settings, "%s.plugins.ha-sync.margin", value,
						   lib->ns);
}

/**
 * Set the proposal of the CHILD SA.
 */
static void set_proposal(char *proposal)
{
	DESTROY_IF(child->proposal);
	child->proposal = proposal_create_from_string(PROTO_ESP, proposal);
	ck_assert(child->proposal);
}

static void setup()
{
	sender.child_use = _child_use;
	sender.child_use_now = _child_use_now;
	registry = ha_sync_registry_create();
	INIT(ike,
		.spis = { 1, 2, FALSE },
		.group = strdup("default"),
		.peer_cfg = strdup("rw"),
		.dynamic = {
			.local = host_create_from_string("192.168.0.5", 4500),
			.remote = host_create_from_string("192.168.0.100", 4500),
		},
	);
	INIT(child,
		.id = { { 1, 2, FALSE }, SPI_IN },
		.spi_out = SPI_OUT,
		.name = strdup("net"),
		.protocol = PROTO_ESP,
		.mode = MODE_TUNNEL,
		.use = { .oseq = 1000, .seq = 2000, .bytes_in = 3, .packets_in = 4,
				 .bytes_out = 5, .packets_out = 6 },
	);
	set_proposal("aes128gcm16");
	registry->put_ike(registry, ha_sync_ike_clone(ike));
	ck_assert(registry->put_child(registry, ha_sync_child_clone(child)));
	charon = &fake_charon;
	counters = ha_sync_counters_create(registry, &sender);
	ck_assert(counters);
}

static void teardown()
{
	counters->destroy(counters);
	registry->destroy(registry);
	ha_sync_child_destroy(child);
	ha_sync_ike_destroy(ike);
	charon = NULL;
}

/**
 * Report an outbound sequence number to the standby, check what the kernel got:
 * 0 for nothing.
 */
static void assert_reported(uint64_t oseq, uint64_t given)
{
	int before = out.calls;

	child->use.oseq = oseq;
	counters->reported(counters, child);
	ck_assert_int_eq(out.calls, before + (given ? 1 : 0));
	if (given)
	{
		ck_assert_uint_eq(out.flags, HA_SYNC_REPLAY_OSEQ);
		ck_assert_uint_eq(out.replay.oseq, given);
	}
	ck_assert_int_eq(in.calls, 0);
}

START_TEST(test_import)
{
	counters->import(counters, child, ike);
	ck_assert_int_eq(out.calls, 1);
	ck_assert_uint_eq(out.flags, HA_SYNC_REPLAY_OSEQ);
	ck_assert_uint_eq(out.replay.oseq, 1000 + MARGIN);
	ck_assert(!out.id.esn);
	/* outbound SAs have the peer as destination */
	ck_assert(out.id.dst->ip_equals(out.id.dst, ike->dynamic.remote));
	/* what peers sent is refused only after a takeover */
	ck_assert_int_eq(in.calls, 0);

	/* installed again */
	counters->import(counters, child, ike);
	ck_assert_int_eq(out.calls, 2);

	child->outbound_pending = TRUE;
	counters->import(counters, child, ike);
	counters->reported(counters, child);
	ck_assert_int_eq(out.calls, 2);
}
END_TEST

START_TEST(test_reported)
{
	counters->import(counters, child, ike);
	/* half of the margin is left: enough */
	assert_reported(1000 + MARGIN / 2, 0);
	assert_reported(1001 + MARGIN / 2, 1001 + MARGIN / 2 + MARGIN);
	assert_reported(1002 + MARGIN / 2, 0);
	/* an old report */
	assert_reported(1000, 0);
	/* what was given is forgotten with the SA: another one may get its SPI */
	ck_assert(registry->remove_child(registry, &child->id));
	child->use.oseq = 1000;
	ck_assert(registry->put_child(registry, ha_sync_child_clone(child)));
	assert_reported(1000, 1000 + MARGIN);
}
END_TEST

START_TEST(test_leap)
{
	ck_assert(!counters->leaped(counters, child));
	counters->import(counters, child, ike);
	ck_assert(!counters->leaped(counters, child));
	counters->leap(counters, child, ike);
	ck_assert_int_eq(out.calls, 2);
	ck_assert_uint_eq(out.flags, HA_SYNC_REPLAY_OSEQ);
	ck_assert_uint_eq(out.replay.oseq, 1000 + LEAP);
	ck_assert(counters->leaped(counters, child));
	/* it stays there as long as that is far enough */
	assert_reported(1000 + 4 * MARGIN, 0);
	ck_assert(counters->leaped(counters, child));
	assert_reported(1000 + LEAP - MARGIN / 2, 0);
	ck_assert(!counters->leaped(counters, child));
	assert_reported(1001 + LEAP - MARGIN / 2, 1001 + LEAP + MARGIN / 2);

	/* numbers end at 2^32 - 1 */
	child->use.oseq = MAX_SEQ - 5;
	counters->leap(counters, child, ike);
	ck_assert_uint_eq(out.replay.oseq, MAX_SEQ);
	set_proposal("aes128gcm16-esn");
	counters->leap(counters, child, ike);
	ck_assert_uint_eq(out.replay.oseq, MAX_SEQ - 5 + LEAP);
	ck_assert_int_eq(in.calls, 0);
}
END_TEST

START_TEST(test_demote)
{
	counters->demote(counters, child, ike);
	/* not in a hook: done when it returns, before the number moves */
	ck_assert_uint_eq(ref_cur(&removed), 2);
	ck_assert_int_eq(out.calls, 1);
	ck_assert_uint_eq(out.flags, HA_SYNC_REPLAY_OSEQ);
	ck_assert_uint_eq(out.replay.oseq, 1000 + MARGIN);
	ck_assert_int_eq(in.calls, 0);
}
END_TEST

START_TEST(test_end)
{
	/* without ESN, numbers end at 2^32 - 1 */
	assert_reported(MAX_SEQ - MARGIN, MAX_SEQ);
	assert_reported(MAX_SEQ - MARGIN / 2 + 1, MAX_SEQ);
	ck_assert(!out.id.esn);
}
END_TEST

START_TEST(test_esn)
{
	set_proposal("aes128gcm16-esn");
	assert_reported(MAX_SEQ, MAX_SEQ + MARGIN);
	ck_assert(out.id.esn);
}
END_TEST

/**
 * Values of the option, and what is used.
 */
static struct {
	char *value;
	uint64_t margin;
} margins[] = {
	{ "1048576", 1 << 20 },
	{ "2097152", 1 << 21 },
	{ "1073741824", 1 << 30 },
	{ "1048575", MARGIN },
	{ "1073741825", MARGIN },
	{ "-1", MARGIN },
	{ "0", MARGIN },
};

START_TEST(test_margin)
{
	set_margin(margins[_i].value);
	/* not before */
	assert_reported(1000, 1000 + MARGIN);
	counters->reload(counters);
	counters->import(counters, child, ike);
	ck_assert_uint_eq(out.replay.oseq, 1000 + margins[_i].margin);
}
END_TEST

/**
 * Wait until SAs were added and removed.
 */
static void wait_watched(u_int add, u_int remove)
{
	int i;

	for (i = 0; i < 10000 && (ref_cur(&added) != add ||
							  ref_cur(&removed) != remove); i++)
	{
		usleep(1000);
	}
	ck_assert_uint_eq(ref_cur(&added), add);
	ck_assert_uint_eq(ref_cur(&removed), remove);
}

START_TEST(test_activate)
{
	if (_i)
	{	/* nothing received: nothing to refuse */
		child->use.seq = 0;
	}
	counters->activate(counters, child, ike);
	ck_assert_int_eq(in.calls, 1);
	ck_assert_uint_eq(in.flags, HA_SYNC_REPLAY_USE |
					  (_i ? 0 : HA_SYNC_REPLAY_SEQ));
	ck_assert_uint_eq(in.replay.seq, _i ? 0 : 2000);
	ck_assert(in.replay.bytes == 3 && in.replay.packets == 4);
	ck_assert(in.id.dst->ip_equals(in.id.dst, ike->dynamic.local));
	/* it was not given a number before, and gets it before all others */
	ck_assert_int_eq(out.calls, 2);
	ck_assert_uint_eq(out.flags, HA_SYNC_REPLAY_USE | HA_SYNC_REPLAY_OSEQ);
	ck_assert_uint_eq(out.replay.oseq, 1000 + MARGIN);
	ck_assert(out.replay.bytes == 5 && out.replay.packets == 6);
	wait_watched(2, 0);
	/* in a hook: only noted */
	counters->unwatch(counters, child);
	counters->wake(counters);
	wait_watched(2, 2);
	counters->wake(counters);

	child->outbound_pending = TRUE;
	counters->activate(counters, child, ike);
	ck_assert_int_eq(in.calls, 2);
	ck_assert_int_eq(out.calls, 2);
	wait_watched(3, 2);
}
END_TEST

/**
 * A number that did not get to the kernel, as the SA had other addresses there,
 * is given again with the next report, and with the takeover.
 */
START_TEST(test_absent)
{
	absent = TRUE;
	counters->import(counters, child, ike);
	ck_assert_int_eq(out.calls, 1);
	assert_reported(1001, 1001 + MARGIN);
	assert_reported(1002, 1002 + MARGIN);
	absent = FALSE;
	if (_i)
	{
		assert_reported(1003, 1003 + MARGIN);
		assert_reported(1004, 0);
		ck_assert_int_eq(out.calls, 4);
	}
	counters->activate(counters, child, ike);
	ck_assert(out.flags & HA_SYNC_REPLAY_OSEQ);
	ck_assert_uint_eq(out.replay.oseq, _i ? 1003 + MARGIN : 1002 + MARGIN);
	/* who takes over next is ahead of it */
	ck_assert_int_eq(sent, 1);
	ck_assert_uint_eq(last.oseq, out.replay.oseq);

	/* what was to be far ahead stays that, for the takeover */
	absent = TRUE;
	counters->leap(counters, child, ike);
	ck_assert(counters->leaped(counters, child));
	absent = FALSE;
	counters->activate(counters, child, ike);
	ck_assert_uint_eq(out.replay.oseq, child->use.oseq + LEAP);

	/* the operator is told, nothing else happens */
	absent = TRUE;
	counters->activate(counters, child, ike);
	absent = FALSE;
}
END_TEST

START_TEST(test_moved)
{
	ha_sync_sa_id_t id = { .spi = SPI_OUT, .child = SPI_IN };
	ha_sync_replay_t replay = { .oseq = 1500, .bytes = 70, .packets = 80 };
	ha_sync_child_t *known;

	report(report_user, &id, &replay);
	ck_assert_int_eq(sent, 1);
	ck_assert(last.oseq == 1500 && last.bytes_out == 70 &&
			  last.packets_out == 80);
	ck_assert(last.seq == 2000 && last.bytes_in == 3 && last.packets_in == 4);
	known = registry->get_child(registry, &child->id);
	ck_assert_uint_eq(known->use.oseq, 1500);
	ha_sync_child_destroy(known);

	id.spi = SPI_IN;
	id.inbound = TRUE;
	replay.seq = 2500;
	report(report_user, &id, &replay);
	ck_assert_int_eq(sent, 2);
	ck_assert(last.seq == 2500 && last.oseq == 1500 && last.bytes_in == 70);

	/* numbers never go back */
	replay.seq = 2400;
	report(report_user, &id, &replay);
	ck_assert_uint_eq(last.seq, 2500);

	/* a peer may choose the SPI that we chose */
	id.inbound = FALSE;
	replay.oseq = 1600;
	report(report_user, &id, &replay);
	ck_assert(last.oseq == 1600 && last.seq == 2500);
	ck_assert_int_eq(sent, 4);

	/* not ours */
	id.child = 0x33;
	report(report_user, &id, &replay);
	ck_assert_int_eq(sent, 4);
	ck_assert_int_eq(sent_now, 0);
}
END_TEST

START_TEST(test_flush)
{
	ha_sync_sa_id_t id = { .spi = SPI_OUT, .child = SPI_IN };

	final.oseq = 5000;
	counters->flush(counters);
	ck_assert_int_eq(sent_now, 1);
	ck_assert_int_eq(sent, 0);
	ck_assert_uint_eq(last.oseq, 5000);
	report(report_user, &id, &final);
	ck_assert_int_eq(sent, 1);
}
END_TEST

static Suite *counters_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_counters");
	tc = tcase_create("standby");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_import);
	tcase_add_test(tc, test_reported);
	tcase_add_test(tc, test_leap);
	tcase_add_test(tc, test_demote);
	tcase_add_test(tc, test_end);
	tcase_add_test(tc, test_esn);
	tcase_add_loop_test(tc, test_margin, 0, countof(margins));
	suite_add_tcase(s, tc);

	tc = tcase_create("active");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_activate, 0, 2);
	tcase_add_loop_test(tc, test_absent, 0, 2);
	tcase_add_test(tc, test_moved);
	tcase_add_test(tc, test_flush);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_counters"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(counters_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
