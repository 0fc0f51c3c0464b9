/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include <library.h>

#include "ha_sync_replay_policy.h"

/** default of the option margin */
#define MARGIN (1ULL << 20)

/** how far it is raised if the SA is rekeyed anyway */
#define FAR_AHEAD (1ULL << 30)

/** last numbers that were reported */
#define SEQ 5000
#define OSEQ 7000

/**
 * What was queued to be rekeyed, and the last one.
 */
static int queued, urgent;
static ha_sync_child_id_t last;

METHOD(ha_sync_rekey_t, add, void,
	ha_sync_rekey_t *this, const ha_sync_child_id_t *id, bool first)
{
	queued++;
	urgent += first;
	last = *id;
}

/**
 * Queue with the function above.
 */
static ha_sync_rekey_t rekey;

/**
 * Kinds of SAs: counter mode without and with ESN, CBC without and with ESN.
 */
static char *proposals[] = {
	"aes128gcm16-x25519-noesn", "aes128gcm16-x25519-esn",
	"aes128-sha256-x25519-noesn", "aes128-sha256-x25519-esn",
};

/**
 * Create the record of a CHILD SA.
 */
static ha_sync_child_t *create_child(char *proposal)
{
	ha_sync_child_t *child;

	INIT(child,
		.id = {
			.spi_in = htonl(0xc0000001),
		},
		.protocol = PROTO_ESP,
		.proposal = proposal_create_from_string(PROTO_ESP, proposal),
		.use = {
			.seq = SEQ,
			.oseq = OSEQ,
		},
	);
	ck_assert(child->proposal);
	return child;
}

/**
 * Decide for one kind of SA.
 */
static ha_sync_replay_action_t decide(int kind, ha_sync_replay_mode_t mode,
									  bool paced, bool planned, bool jumps,
									  uint64_t seq, uint64_t oseq)
{
	ha_sync_replay_rules_t rules = {
		.mode = mode,
		.rekey = paced,
		.margin = MARGIN,
	};
	ha_sync_replay_action_t action;
	ha_sync_child_t *child;

	child = create_child(proposals[kind]);
	child->use.seq = seq;
	child->use.oseq = oseq;
	action = ha_sync_replay_decide(&rules, child, planned, jumps);
	ha_sync_child_destroy(child);
	return action;
}

/**
 * Check what is to be done.
 */
#define assert_action(action, s, r, u) ({ \
	ha_sync_replay_action_t _action = action; \
	ck_assert_uint_eq(_action.seq, s); \
	ck_assert(_action.rekey == (r)); \
	ck_assert(_action.urgent == (u)); \
})

/**
 * N1, learn: what was reported is refused, nothing else is done.
 */
START_TEST(test_learn)
{
	assert_action(decide(_i, HA_SYNC_REPLAY_LEARN, FALSE, FALSE, TRUE, SEQ,
						 OSEQ), SEQ, FALSE, FALSE);
	assert_action(decide(_i, HA_SYNC_REPLAY_LEARN, FALSE, TRUE, FALSE, SEQ,
						 OSEQ), SEQ, FALSE, FALSE);
}
END_TEST

/**
 * N1, advance, and N2: what may have been received is refused, which is fine
 * if the peer skips it, and makes a rekeying urgent if not.
 */
START_TEST(test_advance)
{
	assert_action(decide(_i, HA_SYNC_REPLAY_ADVANCE, FALSE, FALSE, TRUE, SEQ,
						 OSEQ), SEQ + MARGIN, FALSE, FALSE);
	assert_action(decide(_i, HA_SYNC_REPLAY_ADVANCE, FALSE, FALSE, FALSE, SEQ,
						 OSEQ), SEQ + FAR_AHEAD, TRUE, TRUE);
	/* not used until the last report, but maybe since then */
	assert_action(decide(_i, HA_SYNC_REPLAY_ADVANCE, FALSE, FALSE, TRUE, 0,
						 0), MARGIN, FALSE, FALSE);
	assert_action(decide(_i, HA_SYNC_REPLAY_ADVANCE, FALSE, FALSE, FALSE, 0,
						 0), FAR_AHEAD, TRUE, FALSE);
	/* the last numbers are known after a handover */
	assert_action(decide(_i, HA_SYNC_REPLAY_ADVANCE, FALSE, TRUE, TRUE, SEQ,
						 OSEQ), SEQ, FALSE, FALSE);
}
END_TEST

/**
 * N1, rekey.
 */
START_TEST(test_rekey)
{
	assert_action(decide(_i, HA_SYNC_REPLAY_REKEY, FALSE, FALSE, TRUE, SEQ,
						 OSEQ), SEQ + FAR_AHEAD, TRUE, TRUE);
	assert_action(decide(_i, HA_SYNC_REPLAY_REKEY, FALSE, TRUE, TRUE, SEQ,
						 OSEQ), SEQ, TRUE, FALSE);
}
END_TEST

/**
 * Numbers don't pass their end.
 */
START_TEST(test_seq_limit)
{
	uint64_t seq = 0xffffffff - 10;

	assert_action(decide(0, HA_SYNC_REPLAY_REKEY, FALSE, FALSE, FALSE, seq,
						 OSEQ), 0xffffffff, TRUE, TRUE);
	assert_action(decide(1, HA_SYNC_REPLAY_REKEY, FALSE, FALSE, FALSE, seq,
						 OSEQ), seq + FAR_AHEAD, TRUE, TRUE);
}
END_TEST

/**
 * N4: counter-mode ciphers only, also after a handover.
 */
START_TEST(test_paced)
{
	assert_action(decide(_i, HA_SYNC_REPLAY_LEARN, TRUE, _i % 2, FALSE, SEQ,
						 OSEQ), SEQ, _i < 2, FALSE);
}
END_TEST

/**
 * O3: without ESN, 3/4 of the numbers is enough, for all ciphers.
 */
START_TEST(test_used_up)
{
	uint64_t limit = 0xc0000000 - MARGIN;

	assert_action(decide(_i, HA_SYNC_REPLAY_LEARN, FALSE, FALSE, FALSE, SEQ,
						 limit), SEQ, FALSE, FALSE);
	assert_action(decide(_i, HA_SYNC_REPLAY_LEARN, FALSE, FALSE, FALSE, SEQ,
						 limit + 1), SEQ, _i % 2 == 0, FALSE);
}
END_TEST

/**
 * V2: with ESN, 2^40 is the limit for counter-mode ciphers.
 */
START_TEST(test_iv_limit)
{
	uint64_t limit = (1ULL << 40) - MARGIN;

	assert_action(decide(1, HA_SYNC_REPLAY_LEARN, FALSE, FALSE, FALSE, SEQ,
						 limit), SEQ, FALSE, FALSE);
	assert_action(decide(1, HA_SYNC_REPLAY_LEARN, FALSE, TRUE, FALSE, SEQ,
						 limit + 1), SEQ, TRUE, FALSE);
	assert_action(decide(3, HA_SYNC_REPLAY_LEARN, FALSE, FALSE, FALSE, SEQ,
						 limit + 1), SEQ, FALSE, FALSE);
}
END_TEST

/**
 * Count the values of the two salts' difference with which two instances of an
 * SA use some IV twice, with IVs of 12 bits that are made as the kernel does.
 */
static int count_repeats(int from, int to, int from2, int to2)
{
	int d, n, n2, repeats = 0;
	bool repeat;

	for (d = 0; d < 1 << 12; d++)
	{
		repeat = FALSE;
		for (n = from; n < to && !repeat; n++)
		{
			/* n XOR s == n2 XOR s2 */
			n2 = n ^ d;
			repeat = n2 >= from2 && n2 < to2;
		}
		repeats += repeat;
	}
	return repeats;
}

/**
 * V2: the bound in doc/ha-sync.md, P <= min(2^k, N * N') / 2^bits for numbers
 * below 2^k.
 */
START_TEST(test_iv_bound)
{
	int k, margin = 16, n, n2, repeats;

	for (k = 5; k <= 12; k++)
	{
		/* all numbers below 2^k by both: exactly the first part */
		ck_assert_int_eq(count_repeats(1, 1 << k, 0, 1 << k), 1 << k);
		/* disjoint numbers, as the margin ensures: not more */
		for (n = 1; n < (1 << k) - margin; n += 1 + (1 << k) / 16)
		{
			n2 = (1 << k) - n - margin;
			repeats = count_repeats(0, n, n + margin, 1 << k);
			ck_assert_int_le(repeats, 1 << k);
			ck_assert_int_le(repeats, n * n2);
			ck_assert_int_gt(repeats, 0);
		}
	}
	/* one packet each */
	ck_assert_int_eq(count_repeats(5, 6, 99, 100), 1);
}
END_TEST

/**
 * V2: the numbers given in doc/ha-sync.md, with IVs of 64 bits.
 */
START_TEST(test_iv_numbers)
{
	/* without ESN, whole space and 2^24 */
	ck_assert(ldexp(1, 32) / ldexp(1, 64) <= ldexp(1, -32));
	ck_assert(ldexp(1, 24) / ldexp(1, 64) <= ldexp(1, -40));
	/* 10,000 SAs */
	ck_assert(10000 * ldexp(1, 32 - 64) <= 2.4e-6);
	ck_assert(10000 * ldexp(1, 24 - 64) <= 1e-8);
	/* with ESN, where an SA is rekeyed at a takeover */
	ck_assert(ldexp(1, 40) / ldexp(1, 64) <= ldexp(1, -24));
	/* IKE: a thousand messages each */
	ck_assert(1000. * 1000. / ldexp(1, 64) <= ldexp(1, -44));
}
END_TEST

/**
 * Configure an option.
 */
static void set(char *option, char *value)
{
	lib->settings->set_str(lib->settings, "%s.plugins.ha-sync.%s", value,
						   lib->ns, option);
}

/**
 * Let the policy decide about two SAs, and check the inbound numbers.
 */
static uint32_t apply(ha_sync_replay_policy_t *policy, bool planned, bool jumps,
					  uint64_t seq)
{
	array_t *children = array_create(0, 0);
	ha_sync_child_t *child;
	uint32_t delta;
	int i;

	queued = urgent = 0;
	array_insert(children, ARRAY_TAIL, create_child(proposals[0]));
	array_insert(children, ARRAY_TAIL, create_child(proposals[3]));
	delta = policy->apply(policy, children, planned, jumps);
	for (i = 0; i < array_count(children); i++)
	{
		array_get(children, i, &child);
		ck_assert_uint_eq(child->use.seq, seq);
	}
	array_destroy_function(children, (void*)ha_sync_child_destroy, NULL);
	return delta;
}

START_TEST(test_apply)
{
	ha_sync_replay_policy_t *policy;

	policy = ha_sync_replay_policy_create(&rekey);
	ck_assert(policy);
	/* the default */
	ck_assert_uint_eq(apply(policy, FALSE, TRUE, SEQ), 0);
	ck_assert_int_eq(queued, 0);
	ck_assert_uint_eq(policy->apply(policy, NULL, FALSE, TRUE), 0);

	set("rekey_after_failover", "paced");
	ck_assert(policy->reload(policy));
	ck_assert_uint_eq(apply(policy, FALSE, TRUE, SEQ), 0);
	ck_assert_int_eq(queued, 1);
	ck_assert_int_eq(urgent, 0);
	ck_assert_uint_eq(last.spi_in, htonl(0xc0000001));

	set("rekey_after_failover", "no");
	set("replay_policy", "rekey");
	ck_assert(policy->reload(policy));
	ck_assert_uint_eq(apply(policy, FALSE, TRUE, SEQ + FAR_AHEAD), 0);
	ck_assert_int_eq(queued, 2);
	ck_assert_int_eq(urgent, 2);

	/* the peer has to skip all that is refused */
	set("replay_policy", "advance");
	set("margin", "2097152");
	ck_assert(policy->reload(policy));
	ck_assert_uint_eq(apply(policy, FALSE, TRUE, SEQ + 2097152), 2097152);
	ck_assert_int_eq(queued, 0);
	ck_assert_uint_eq(apply(policy, TRUE, TRUE, SEQ), 0);
	/* a stock peer can't: it is not left without traffic */
	ck_assert_uint_eq(apply(policy, FALSE, FALSE, SEQ + FAR_AHEAD), 0);
	ck_assert_int_eq(urgent, 2);
	ck_assert_uint_eq(policy->apply(policy, NULL, FALSE, TRUE), 0);
	policy->destroy(policy);
}
END_TEST

START_TEST(test_refused)
{
	ha_sync_replay_policy_t *policy;
	array_t *children = array_create(0, 0);

	policy = ha_sync_replay_policy_create(&rekey);
	array_insert(children, ARRAY_TAIL, create_child(proposals[0]));
	policy->refused(policy, children);
	ck_assert_int_eq(urgent, 1);
	policy->refused(policy, NULL);
	ck_assert_int_eq(queued, 1);
	array_destroy_function(children, (void*)ha_sync_child_destroy, NULL);
	policy->destroy(policy);
}
END_TEST

START_TEST(test_wrong)
{
	ha_sync_replay_policy_t *policy;

	set("replay_policy", "strict");
	ck_assert(!ha_sync_replay_policy_create(&rekey));
	set("replay_policy", "rekey");
	set("rekey_after_failover", "yes");
	ck_assert(!ha_sync_replay_policy_create(&rekey));
	set("rekey_after_failover", NULL);
	policy = ha_sync_replay_policy_create(&rekey);
	ck_assert(policy);
	/* what was right stays */
	set("replay_policy", "Learn");
	ck_assert(!policy->reload(policy));
	ck_assert_uint_eq(apply(policy, FALSE, TRUE, SEQ + FAR_AHEAD), 0);
	policy->destroy(policy);
}
END_TEST

static void setup()
{
	rekey = (ha_sync_rekey_t){
		.add = _add,
	};
}

static Suite *policy_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_replay_policy");
	tc = tcase_create("decide");
	tcase_add_loop_test(tc, test_learn, 0, countof(proposals));
	tcase_add_loop_test(tc, test_advance, 0, countof(proposals));
	tcase_add_loop_test(tc, test_rekey, 0, countof(proposals));
	tcase_add_test(tc, test_seq_limit);
	tcase_add_loop_test(tc, test_paced, 0, countof(proposals));
	tcase_add_loop_test(tc, test_used_up, 0, countof(proposals));
	tcase_add_test(tc, test_iv_limit);
	suite_add_tcase(s, tc);

	tc = tcase_create("counter-mode IVs");
	tcase_add_test(tc, test_iv_bound);
	tcase_add_test(tc, test_iv_numbers);
	suite_add_tcase(s, tc);

	tc = tcase_create("options");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, test_apply);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_wrong);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_ha_sync_replay_policy"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}

	sr = srunner_create(policy_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
