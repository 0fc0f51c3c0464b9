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

#include "drain_print.h"
#include "genkey.h"
#include "qcd_print.h"
#include "reply.h"
#include "reply_print.h"
#include "status_print.h"

/**
 * Reply that is tested, and what was printed.
 */
static reply_t *root;
static char *printed;

static void setup()
{
	root = reply_create();
	printed = NULL;
}

static void teardown()
{
	reply_destroy(root);
	free(printed);
}

/**
 * Add a value.
 */
static void add(reply_t *parent, const char *name, const char *value)
{
	reply_add_value(parent, name, chunk_from_str((char*)value));
}

/**
 * Print the reply by a function.
 */
static char *print(void (*function)(reply_t *root, FILE *out))
{
	size_t len;
	FILE *out;

	free(printed);
	printed = NULL;
	out = open_memstream(&printed, &len);
	ck_assert(out != NULL);
	function(root, out);
	fclose(out);
	ck_assert_int_eq(strlen(printed), len);
	return printed;
}

/**
 * Check that the status has a text.
 */
static void assert_has(const char *text)
{
	ck_assert_msg(strstr(printed, text) != NULL, "'%s' not in:\n%s", text,
				  printed);
}

/**
 * Check that the status does not have a text.
 */
static void assert_has_not(const char *text)
{
	ck_assert_msg(strstr(printed, text) == NULL, "'%s' in:\n%s", text,
				  printed);
}

START_TEST(test_json_structure)
{
	reply_t *section, *list;

	ck_assert_str_eq(print(reply_print_json), "{}\n");
	section = reply_add(root, REPLY_SECTION, "groups");
	add(section, "epoch", "3");
	list = reply_add(section, REPLY_LIST, "addresses");
	add(list, NULL, "192.0.2.1");
	add(list, NULL, "2001:db8::1");
	reply_add(section, REPLY_LIST, "none");
	reply_add(root, REPLY_SECTION, "failed");
	add(root, "success", "yes");
	ck_assert_str_eq(print(reply_print_json),
		"{\n"
		"  \"groups\": {\n"
		"    \"epoch\": 3,\n"
		"    \"addresses\": [\n"
		"      \"192.0.2.1\",\n"
		"      \"2001:db8::1\"\n"
		"    ],\n"
		"    \"none\": []\n"
		"  },\n"
		"  \"failed\": {},\n"
		"  \"success\": \"yes\"\n"
		"}\n");
}
END_TEST

static struct {
	char *value;
	char *json;
} strings[] = {
	{ "", "\"\"" },
	{ "a\"b\\c/", "\"a\\\"b\\\\c/\"" },
	{ "line\nbreak\ttab\x1b[31m\x7f",
	  "\"line\\u000abreak\\u0009tab\\u001b[31m\\u007f\"" },
	/* UTF-8 of 2, 3, 4 octets is kept */
	{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
	  "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
	/* a lone continuation, an overlong slash, a surrogate, above U+10FFFF */
	{ "\x80", "\"\\ufffd\"" },
	{ "\xc0\xaf", "\"\\ufffd\\ufffd\"" },
	{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
	/* cut short */
	{ "x\xe2\x82", "\"x\\ufffd\\ufffd\"" },
	/* numbers */
	{ "0", "0" },
	{ "42", "42" },
	{ "-42", "-42" },
	{ "0.5", "0.5" },
	{ "12.3", "12.3" },
	{ "-1.5", "-1.5" },
	{ "9007199254740991", "9007199254740991" },
	/* what other parsers refuse or round */
	{ "9007199254740992", "\"9007199254740992\"" },
	{ "12345678901234567890", "\"12345678901234567890\"" },
	{ "0.12345678901234567", "\"0.12345678901234567\"" },
	{ "007", "\"007\"" },
	{ "00.5", "\"00.5\"" },
	{ "-0", "\"-0\"" },
	{ "-", "\"-\"" },
	{ "+1", "\"+1\"" },
	{ "1.", "\"1.\"" },
	{ ".5", "\".5\"" },
	{ "1e5", "\"1e5\"" },
	{ "1.2.3", "\"1.2.3\"" },
	{ "0123456789abcdef", "\"0123456789abcdef\"" },
	{ "12 ", "\"12 \"" },
};

START_TEST(test_json_value)
{
	char *expected;

	add(root, "k", strings[_i].value);
	ck_assert(asprintf(&expected, "{\n  \"k\": %s\n}\n",
					   strings[_i].json) > 0);
	ck_assert_str_eq(print(reply_print_json), expected);
	free(expected);
}
END_TEST

START_TEST(test_json_nul)
{
	reply_add_value(root, "k", chunk_from_chars('a', 0x00, 'b'));
	ck_assert_str_eq(print(reply_print_json), "{\n  \"k\": \"a\\u0000b\"\n}\n");
}
END_TEST

START_TEST(test_json_key)
{
	add(root, "a\"\n", "x");
	ck_assert_str_eq(print(reply_print_json),
					 "{\n  \"a\\\"\\u000a\": \"x\"\n}\n");
}
END_TEST

START_TEST(test_depth)
{
	reply_t *node = root, *last = NULL;
	int depth = 0;

	while (node)
	{
		last = node;
		node = reply_add(node, REPLY_SECTION, "s");
		depth++;
	}
	ck_assert_int_eq(depth, REPLY_MAX_DEPTH);
	ck_assert(reply_add(last, REPLY_LIST, "l") == NULL);
}
END_TEST

START_TEST(test_get)
{
	reply_t *section;

	section = reply_add(root, REPLY_SECTION, "section");
	add(section, "number", "18446744073709551615");
	add(section, "yes", "yes");
	add(section, "no", "no");
	ck_assert(reply_get(root, "section") == section);
	ck_assert(reply_get(root, "number") == NULL);
	ck_assert(reply_get(NULL, "number") == NULL);
	ck_assert(reply_get_uint(section, "number") == UINT64_MAX);
	ck_assert(reply_get_uint(section, "missing") == 0);
	ck_assert(reply_get_uint(section, "yes") == 0);
	ck_assert(reply_get_bool(section, "yes"));
	ck_assert(!reply_get_bool(section, "no"));
	ck_assert(!reply_get_bool(section, "missing"));
	ck_assert_str_eq(reply_get_str(section, "yes", "x"), "yes");
	ck_assert_str_eq(reply_get_str(section, "missing", "x"), "x");
	/* a section is no string */
	ck_assert_str_eq(reply_get_str(root, "section", "x"), "x");
}
END_TEST

/**
 * Print a member's name that is hostile to terminals.
 */
static void print_hostile(reply_t *root, FILE *out)
{
	reply_print_str("a\x1b]0;x\x07\n\xc2\x9b\xff\xc3\xa4", out);
}

START_TEST(test_str)
{
	ck_assert_str_eq(print(print_hostile), "a?]0;x????\xc3\xa4");
}
END_TEST

/**
 * Add a link.
 */
static void add_member(reply_t *members, char *name, char *state, char *error)
{
	reply_t *member;

	member = reply_add(members, REPLY_SECTION, name);
	add(member, "address", "192.0.2.7");
	add(member, "state", state);
	add(member, "since", "3725");
	if (error)
	{
		add(member, "error", error);
	}
	add(member, "bytes_out", "1023");
	add(member, "bytes_in", "1536");
	add(member, "frames_out", "1");
	add(member, "frames_in", "12");
	add(member, "lag", "2");
	add(member, "backlog_used", "67108864");
	add(member, "connects", "3");
	add(member, "catchups", "1");
	add(member, "resyncs_out", "4");
	add(member, "resyncs_in", "5");
	add(member, "overflows", "0");
}

/**
 * Add a group.
 */
static reply_t *add_group(reply_t *groups, char *name, char *state)
{
	reply_t *group, *list;

	group = reply_add(groups, REPLY_SECTION, name);
	add(group, "state", state);
	add(group, "epoch", "3");
	add(group, "takeover", "address");
	list = reply_add(group, REPLY_LIST, "addresses");
	add(list, NULL, "192.0.2.100");
	add(list, NULL, "198.51.100.1");
	return group;
}

/**
 * Add sections of the channel.
 */
static void add_channel()
{
	reply_t *section;

	section = reply_add(root, REPLY_SECTION, "channel");
	add(section, "name", "moon");
	add(section, "incarnation", "0123456789abcdef");
	section = reply_add(root, REPLY_SECTION, "members");
	add_member(section, "alice", "up", NULL);
	add_member(section, "sun", "down", "connection refused");
}

START_TEST(test_status_links)
{
	add_channel();
	print(status_print);
	assert_has("this member: moon (start 0123456789abcdef)");
	assert_has("alice (192.0.2.7): up for 1 h 2 min\n");
	assert_has("sun (192.0.2.7): down for 1 h 2 min: connection refused\n");
	assert_has("sent 1023 B in 1 frame, received 1.5 KiB in 12 frames");
	assert_has("not acknowledged: 2 frames, 64.0 MiB of the backlog");
	assert_has("3 connects, 1 catch-up, 4 full resyncs to it, 5 from it, "
			   "0 backlog overflows");
	assert_has_not("groups");
}
END_TEST

START_TEST(test_status_groups)
{
	reply_t *ha, *groups, *group;

	ha = reply_add(root, REPLY_SECTION, "ha");
	groups = reply_add(ha, REPLY_SECTION, "groups");
	group = add_group(groups, "one", "active");
	add(group, "active", "moon");
	add(group, "held", "yes");
	add(group, "ike_sas", "1");
	add(group, "child_sas", "2");
	group = add_group(groups, "two", "standby");
	add(group, "held", "no");
	add(group, "split_brain", "yes");
	add(group, "stood_down", "yes");
	add(group, "waiting", "the daemon of alice starts");
	add(group, "replicas_ike", "4");
	add(group, "replicas_child", "5");
	add(group, "failed", "6");
	print(status_print);
	assert_has("one: active, active is moon, epoch 3, takeover by address\n"
			   "    addresses 192.0.2.100 198.51.100.1, held here\n"
			   "    1 IKE SA, 2 CHILD SAs sent to the others\n  two:");
	assert_has("two: standby, epoch 3");
	assert_has("198.51.100.1, not held here\n");
	assert_has("copies of 4 IKE SAs, 5 CHILD SAs; 6 failed\n");
	assert_has("SPLIT BRAIN");
	assert_has("not active yet: the daemon of alice starts\n");
	assert_has("swancluster activate two\n");
	assert_has("no connected member is active\n");
}
END_TEST

/**
 * Copies that failed, in the test.
 */
#define FAILED 23

START_TEST(test_status_failed)
{
	reply_t *ha, *failed, *sa;
	char name[16];
	int i;

	ha = reply_add(root, REPLY_SECTION, "ha");
	failed = reply_add(ha, REPLY_SECTION, "failed");
	for (i = 1; i <= FAILED; i++)
	{
		snprintf(name, sizeof(name), "%d", i);
		sa = reply_add(failed, REPLY_SECTION, name);
		snprintf(name, sizeof(name), "sa%d", i);
		add(sa, "name", name);
		add(sa, "ike", "1111111111111111_2222222222222222");
		add(sa, "reason", "no connection of this name\x1b[2J");
	}
	print(status_print);
	assert_has("  sa1 1111111111111111_2222222222222222: no connection of this "
			   "name?[2J\n");
	assert_has("sa20 ");
	assert_has_not("sa21 ");
	assert_has("and 3 more");
}
END_TEST

START_TEST(test_status_stats)
{
	reply_t *ha, *section;

	ha = reply_add(root, REPLY_SECTION, "ha");
	section = reply_add(ha, REPLY_SECTION, "activation");
	print(status_print);
	assert_has("last takeover: none\n");
	add(section, "state", "running");
	add(section, "done", "17");
	add(section, "total", "200");
	add(section, "ms", "41");
	section = reply_add(ha, REPLY_SECTION, "mid_sync");
	add(section, "unproven", "6");
	add(section, "queued", "5");
	add(section, "pending", "4");
	add(section, "done", "3");
	add(section, "failed", "2");
	add(section, "skipped", "1");
	section = reply_add(ha, REPLY_SECTION, "rekey");
	add(section, "queued", "12");
	add(section, "started", "34");
	section = reply_add(ha, REPLY_SECTION, "records");
	add(section, "received", "120");
	add(section, "refused", "7");
	section = reply_add(ha, REPLY_SECTION, "durability");
	add(section, "mode", "semi-sync");
	print(status_print);
	assert_has("durability: semi-sync\n");
	assert_has_not("waited");
	add(section, "degraded", "yes");
	add(section, "reason", "no standby is up to date");
	add(section, "held", "3");
	add(section, "gated", "40");
	add(section, "timeouts", "5");
	add(section, "lost", "2");
	add(section, "median_us", "350.1");
	add(section, "p99_us", "912.9");
	section = reply_add(ha, REPLY_SECTION, "hooks");
	add(section, "handshakes", "1");
	add(section, "median_us", "8.1");
	add(section, "p99_us", "21.9");
	print(status_print);
	assert_has("last takeover: under way, 17 of 200 IKE SAs in 41 ms\n");
	assert_has("message-ID sync: 6 not needed yet, 5 queued, 4 pending, 3 "
			   "done, 2 failed, 1 skipped\n");
	assert_has("rekeying after takeovers: 12 queued, 34 started");
	assert_has("durability: semi-sync, DEGRADED: no standby is up to date\n");
	assert_has("40 packets waited, 3 now, 7 in vain; median 350.1 us, 99 % "
			   "below 912.9 us\n");
	assert_has("records: 120 received, 7 refused\n");
	assert_has("time in hooks: 1 handshake, median 8.1 us, 99 % below "
			   "21.9 us\n");
}
END_TEST

START_TEST(test_status_empty)
{
	print(status_print);
	assert_has("no sync channel");
	/* values where sections belong, and the other way round */
	add(root, "channel", "x");
	add(root, "members", "x");
	add(root, "ha", "x");
	print(status_print);
	assert_has("this member: ?");
}
END_TEST

/**
 * Print a drain, note if it goes on.
 */
static bool goes_on;
static void print_drain(reply_t *reply, FILE *out)
{
	goes_on = drain_print(reply, out);
}

START_TEST(test_drain)
{
	reply_t *members, *moon;

	print(print_drain);
	assert_has("not drained\n");
	ck_assert(!goes_on);
	add(root, "draining", "yes");
	add(root, "total", "100");
	add(root, "left", "60");
	add(root, "leaving", "10");
	add(root, "unable", "2");
	add(root, "elapsed", "3");
	add(root, "estimate", "1");
	add(root, "rate", "50");
	print(print_drain);
	assert_has("60 of 100 IKE SAs left after 3 s, 10 told to leave, 2 can't be "
			   "redirected, about 1 s to go at 50/s\n");
	ck_assert(goes_on);
	/* after the deadline it ends, unless they are deleted */
	add(root, "late", "yes");
	print(print_drain);
	assert_has(", the deadline is over\n");
	ck_assert(!goes_on);
	add(root, "action", "delete");
	print(print_drain);
	ck_assert(goes_on);
	print(redirect_print);
	assert_has("drain: not drained\n");
	members = reply_add(root, REPLY_SECTION, "members");
	moon = reply_add(members, REPLY_SECTION, "moon\e");
	print(redirect_print);
	assert_has("gets no clients, nothing heard of it\n");
	assert_has_not("\e");
	add(moon, "alive", "yes");
	add(moon, "self", "yes");
	add(moon, "ike-sas", "17");
	add(moon, "limit", "20");
	add(moon, "draining", "yes");
	add(moon, "full", "yes");
	print(redirect_print);
	assert_has(" (this one): 17 IKE SAs, 0 half open");
	assert_has(", 20 at most, drained, above a limit\n");
}
END_TEST

START_TEST(test_qcd)
{
	reply_t *counters, *events;

	print(qcd_print);
	assert_has("token maker: ?");
	add(root, "maker", "yes");
	add(root, "secrets", "4");
	add(root, "taker", "no");
	add(root, "sas-here", "7");
	counters = reply_add(root, REPLY_SECTION, "counters");
	add(counters, "tokens-sent", "12");
	add(counters, "tokens-wrong", "0");
	events = reply_add(root, REPLY_LIST, "events");
	add(events, NULL, "one");
	add(events, NULL, "\e[2Jtwo");
	print(qcd_print);
	assert_has("token maker: yes, secrets: 4\n");
	assert_has("token taker: no");
	assert_has("  tokens-sent: 12\n");
	assert_has_not("tokens-wrong");
	assert_has("IKE SAs: 7\n");
	assert_has("  one\n");
	assert_has_not("\e");
	add(root, "cluster", "yes");
	add(root, "sas-members", "8");
	print(qcd_print);
	assert_has("IKE SAs: 7, on other members: 8\n");
	/* values where sections belong */
	add(counters, "x", "y");
	add(events, NULL, "");
	print(qcd_print);
}
END_TEST

/**
 * Read a file into buf.
 */
static size_t read_file(const char *path, char *buf, size_t len)
{
	FILE *file;

	file = fopen(path, "r");
	ck_assert(file != NULL);
	len = fread(buf, 1, len, file);
	fclose(file);
	return len;
}

START_TEST(test_genkey)
{
	char dir[] = "/tmp/test_swancluster.XXXXXX", path[64], first[256];
	char second[256], *msg;
	struct stat st;
	size_t len;
	mode_t mask;

	ck_assert(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/secret", dir);
	mask = umask(0);
	msg = genkey(path);
	umask(mask);
	ck_assert_msg(msg == NULL, "%s", msg);
	ck_assert(stat(path, &st) == 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	len = read_file(path, first, sizeof(first));
	/* 48 octets in base64 and a line break */
	ck_assert_int_eq(len, 65);
	ck_assert_int_eq(first[64], '\n');
	ck_assert_int_eq(strspn(first, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
							"abcdefghijklmnopqrstuvwxyz0123456789+/"), 64);

	/* one in use is left alone */
	msg = genkey(path);
	ck_assert(msg && strstr(msg, "remove the file first"));
	free(msg);
	ck_assert_int_eq(read_file(path, second, sizeof(second)), len);
	ck_assert(memcmp(first, second, len) == 0);

	ck_assert(unlink(path) == 0);
	msg = genkey(path);
	ck_assert_msg(msg == NULL, "%s", msg);
	ck_assert_int_eq(read_file(path, second, sizeof(second)), len);
	ck_assert(memcmp(first, second, len) != 0);
	unlink(path);
	rmdir(dir);

	msg = genkey(path);
	ck_assert(msg && strstr(msg, "No such file or directory"));
	free(msg);
}
END_TEST

static Suite *swancluster_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("swancluster");

	tc = tcase_create("reply");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_get);
	tcase_add_test(tc, test_depth);
	tcase_add_test(tc, test_str);
	suite_add_tcase(s, tc);

	tc = tcase_create("json");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_json_structure);
	tcase_add_loop_test(tc, test_json_value, 0, countof(strings));
	tcase_add_test(tc, test_json_nul);
	tcase_add_test(tc, test_json_key);
	suite_add_tcase(s, tc);

	tc = tcase_create("status");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_status_links);
	tcase_add_test(tc, test_status_groups);
	tcase_add_test(tc, test_status_failed);
	tcase_add_test(tc, test_status_stats);
	tcase_add_test(tc, test_status_empty);
	tcase_add_test(tc, test_qcd);
	tcase_add_test(tc, test_drain);
	suite_add_tcase(s, tc);

	tc = tcase_create("genkey");
	tcase_add_test(tc, test_genkey);
	suite_add_tcase(s, tc);

	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	sr = srunner_create(swancluster_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
