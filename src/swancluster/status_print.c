/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "status_print.h"
#include "reply_print.h"

#include <inttypes.h>

/**
 * Failed copies listed, the others are counted.
 */
#define MAX_FAILED 20

/**
 * Write a value, "?" if there is none.
 */
static void print_value(reply_t *section, const char *name, FILE *out)
{
	reply_print_str(reply_get_str(section, name, "?"), out);
}

/**
 * Write a number of things, text is their name in the singular.
 */
static void print_count(reply_t *section, const char *name, const char *text,
						FILE *out)
{
	uint64_t count = reply_get_uint(section, name);

	fprintf(out, "%" PRIu64 " %s%s", count, text, count == 1 ? "" : "s");
}

/**
 * Write a number of octets.
 */
static void print_octets(uint64_t octets, FILE *out)
{
	static const char *units[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = octets;
	int unit = -1;

	while (value >= 1024 && unit + 1 < (int)countof(units))
	{
		value /= 1024;
		unit++;
	}
	if (unit < 0)
	{
		fprintf(out, "%" PRIu64 " B", octets);
	}
	else
	{
		fprintf(out, "%.1f %s", value, units[unit]);
	}
}

/**
 * Write a time, with its two largest units.
 */
static void print_seconds(uint64_t s, FILE *out)
{
	if (s >= 86400)
	{
		fprintf(out, "%" PRIu64 " d %" PRIu64 " h", s / 86400,
				s % 86400 / 3600);
	}
	else if (s >= 3600)
	{
		fprintf(out, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s % 3600 / 60);
	}
	else if (s >= 60)
	{
		fprintf(out, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	}
	else
	{
		fprintf(out, "%" PRIu64 " s", s);
	}
}

/**
 * Write the traffic of a link.
 */
static void print_traffic(reply_t *member, FILE *out)
{
	fputs("    sent ", out);
	print_octets(reply_get_uint(member, "bytes_out"), out);
	fputs(" in ", out);
	print_count(member, "frames_out", "frame", out);
	fputs(", received ", out);
	print_octets(reply_get_uint(member, "bytes_in"), out);
	fputs(" in ", out);
	print_count(member, "frames_in", "frame", out);
	fputs("\n    not acknowledged: ", out);
	print_count(member, "lag", "frame", out);
	fputs(", ", out);
	print_octets(reply_get_uint(member, "backlog_used"), out);
	fputs(" of the backlog\n    ", out);
	print_count(member, "connects", "connect", out);
	fputs(", ", out);
	print_count(member, "catchups", "catch-up", out);
	fputs(", ", out);
	print_count(member, "resyncs_out", "full resync", out);
	fprintf(out, " to it, %" PRIu64 " from it, ",
			reply_get_uint(member, "resyncs_in"));
	print_count(member, "overflows", "backlog overflow", out);
	fputc('\n', out);
}

/**
 * Write the links to the other members.
 */
static void print_members(reply_t *members, FILE *out)
{
	enumerator_t *enumerator;
	reply_t *member;
	const char *error;

	fputs("\nlinks\n", out);
	enumerator = reply_create_enumerator(members);
	while (enumerator->enumerate(enumerator, &member))
	{
		fputs("  ", out);
		reply_print_str(member->name, out);
		fputs(" (", out);
		print_value(member, "address", out);
		fputs("): ", out);
		print_value(member, "state", out);
		fputs(" for ", out);
		print_seconds(reply_get_uint(member, "since"), out);
		error = reply_get_str(member, "error", NULL);
		if (error)
		{
			fputs(": ", out);
			reply_print_str(error, out);
		}
		fputc('\n', out);
		print_traffic(member, out);
	}
	enumerator->destroy(enumerator);
	if (!members || !members->children)
	{
		fputs("  no other member is configured (cluster.members)\n", out);
	}
}

/**
 * Write what the operator should know about a group, and may have to do.
 */
static void print_group_remarks(reply_t *group, FILE *out)
{
	const char *waiting;
	bool active;

	active = streq(reply_get_str(group, "state", ""), "active");
	waiting = reply_get_str(group, "waiting", NULL);
	if (reply_get_bool(group, "split_brain"))
	{
		fputs("    SPLIT BRAIN: two members are active; see that only one "
			  "holds the addresses\n", out);
	}
	if (waiting)
	{
		fputs("    not active yet: ", out);
		reply_print_str(waiting, out);
		fputc('\n', out);
	}
	if (reply_get_bool(group, "stood_down"))
	{
		fputs("    told to stay standby, end that with: swancluster activate ",
			  out);
		reply_print_str(group->name, out);
		fputc('\n', out);
	}
	if (!active && !reply_get(group, "active"))
	{
		fputs("    no connected member is active\n", out);
	}
}

/**
 * Write the SAs of a group.
 */
static void print_group_sas(reply_t *group, FILE *out)
{
	fputs("    ", out);
	if (streq(reply_get_str(group, "state", ""), "active"))
	{
		print_count(group, "ike_sas", "IKE SA", out);
		fputs(", ", out);
		print_count(group, "child_sas", "CHILD SA", out);
		fputs(" sent to the others\n", out);
	}
	else
	{
		fputs("copies of ", out);
		print_count(group, "replicas_ike", "IKE SA", out);
		fputs(", ", out);
		print_count(group, "replicas_child", "CHILD SA", out);
		fprintf(out, "; %" PRIu64 " failed\n", reply_get_uint(group, "failed"));
	}
}

/**
 * Write the addresses of a group.
 */
static void print_addresses(reply_t *group, FILE *out)
{
	enumerator_t *enumerator;
	reply_t *address;

	fputs("    addresses", out);
	enumerator = reply_create_enumerator(reply_get(group, "addresses"));
	while (enumerator->enumerate(enumerator, &address))
	{
		if (address->type == REPLY_VALUE)
		{
			fputc(' ', out);
			reply_print_str((char*)address->value.ptr, out);
		}
	}
	enumerator->destroy(enumerator);
	fprintf(out, ", %s\n", reply_get_bool(group, "held") ? "held here"
														 : "not held here");
}

/**
 * Write the groups of service addresses.
 */
static void print_groups(reply_t *groups, FILE *out)
{
	enumerator_t *enumerator;
	reply_t *group;

	fputs("\ngroups\n", out);
	enumerator = reply_create_enumerator(groups);
	while (enumerator->enumerate(enumerator, &group))
	{
		fputs("  ", out);
		reply_print_str(group->name, out);
		fputs(": ", out);
		print_value(group, "state", out);
		if (reply_get(group, "active"))
		{
			fputs(", active is ", out);
			print_value(group, "active", out);
		}
		fputs(", epoch ", out);
		print_value(group, "epoch", out);
		fputs(", takeover by ", out);
		print_value(group, "takeover", out);
		fputc('\n', out);
		print_addresses(group, out);
		print_group_sas(group, out);
		print_group_remarks(group, out);
	}
	enumerator->destroy(enumerator);
}

/**
 * Write the SAs without a complete copy.
 */
static void print_failed(reply_t *failed, FILE *out)
{
	enumerator_t *enumerator;
	reply_t *sa;
	int count = 0;

	enumerator = reply_create_enumerator(failed);
	while (enumerator->enumerate(enumerator, &sa))
	{
		if (count++ == 0)
		{
			fputs("\nfailed copies\n", out);
		}
		if (count <= MAX_FAILED)
		{
			fputs("  ", out);
			print_value(sa, "name", out);
			fputc(' ', out);
			print_value(sa, "ike", out);
			fputs(": ", out);
			print_value(sa, "reason", out);
			fputc('\n', out);
		}
	}
	enumerator->destroy(enumerator);
	if (count > MAX_FAILED)
	{
		fprintf(out, "  and %d more, list them with: swancluster status "
				"--json\n", count - MAX_FAILED);
	}
}

/**
 * Write progress and result of the last take-over.
 */
static void print_activation(reply_t *ha, FILE *out)
{
	reply_t *activation, *sync, *rekey;

	activation = reply_get(ha, "activation");
	if (activation && !reply_get_uint(activation, "total"))
	{
		fputs("  last takeover: none\n", out);
	}
	else if (activation)
	{
		fprintf(out, "  last takeover: %s, ",
				streq(reply_get_str(activation, "state", ""), "running") ?
				"under way" : "done");
		print_value(activation, "done", out);
		fputs(" of ", out);
		print_count(activation, "total", "IKE SA", out);
		fprintf(out, " in %" PRIu64 " ms\n", reply_get_uint(activation, "ms"));
	}
	sync = reply_get(ha, "mid_sync");
	if (sync)
	{
		fprintf(out, "  message-ID sync: %" PRIu64 " not needed yet, %" PRIu64
				" queued, %" PRIu64 " pending, %" PRIu64 " done, %" PRIu64
				" failed, %" PRIu64 " skipped\n",
				reply_get_uint(sync, "unproven"),
				reply_get_uint(sync, "queued"),
				reply_get_uint(sync, "pending"), reply_get_uint(sync, "done"),
				reply_get_uint(sync, "failed"),
				reply_get_uint(sync, "skipped"));
	}
	rekey = reply_get(ha, "rekey");
	if (rekey)
	{
		fprintf(out, "  rekeying after takeovers: %" PRIu64 " queued, %" PRIu64
				" started\n", reply_get_uint(rekey, "queued"),
				reply_get_uint(rekey, "started"));
	}
}

/**
 * Write if IKE packets wait for standbys.
 */
static void print_durability(reply_t *durability, FILE *out)
{
	fputs("  durability: ", out);
	print_value(durability, "mode", out);
	if (streq(reply_get_str(durability, "degraded", ""), "yes"))
	{
		fputs(", DEGRADED: ", out);
		print_value(durability, "reason", out);
	}
	fputs("\n", out);
	if (reply_get_uint(durability, "gated"))
	{
		fputs("    ", out);
		print_count(durability, "gated", "packet", out);
		fprintf(out, " waited, %" PRIu64 " now, %" PRIu64 " in vain; median ",
				reply_get_uint(durability, "held"),
				reply_get_uint(durability, "timeouts") +
				reply_get_uint(durability, "lost"));
		print_value(durability, "median_us", out);
		fputs(" us, 99 % below ", out);
		print_value(durability, "p99_us", out);
		fputs(" us\n", out);
	}
}

/**
 * Write what was measured.
 */
static void print_stats(reply_t *ha, FILE *out)
{
	reply_t *durability, *records, *hooks;

	fputs("\nha-sync\n", out);
	print_activation(ha, out);
	durability = reply_get(ha, "durability");
	if (durability)
	{
		print_durability(durability, out);
	}
	records = reply_get(ha, "records");
	if (records)
	{
		fputs("  records: ", out);
		print_value(records, "received", out);
		fputs(" received, ", out);
		print_value(records, "refused", out);
		fputs(" refused\n", out);
	}
	hooks = reply_get(ha, "hooks");
	if (hooks)
	{
		fputs("  time in hooks: ", out);
		print_count(hooks, "handshakes", "handshake", out);
		fputs(", median ", out);
		print_value(hooks, "median_us", out);
		fputs(" us, 99 % below ", out);
		print_value(hooks, "p99_us", out);
		fputs(" us\n", out);
	}
}

/**
 * Write what became of syncs with other clusters.
 */
static void print_peer(reply_t *status, FILE *out)
{
	reply_t *state, *peer;

	state = reply_get(status, "sync_state");
	if (state)
	{
		fputs("  state of syncs: ", out);
		print_value(state, "unsyned", out);
		fputs(" UNSYNED, ", out);
		print_value(state, "failing", out);
		fputs(" FAILED, ", out);
		print_value(state, "failed", out);
		fputs(" failed in all, ", out);
		print_value(state, "initiated", out);
		fputs(" set up again\n", out);
	}
	peer = reply_get(status, "peer");
	if (peer)
	{
		fputs("  syncs of peers: ", out);
		print_value(peer, "answered", out);
		fputs(" answered, ", out);
		print_value(peer, "refused", out);
		fputs(" refused, ", out);
		print_value(peer, "dropped", out);
		fputs(" dropped\n", out);
	}
}

/*
 * Described in header.
 */
void status_print(reply_t *status, FILE *out)
{
	reply_t *channel, *ha;

	channel = reply_get(status, "channel");
	if (channel)
	{
		fputs("this member: ", out);
		print_value(channel, "name", out);
		fputs(" (start ", out);
		print_value(channel, "incarnation", out);
		fputs(")\n", out);
		print_members(reply_get(status, "members"), out);
	}
	else if (!reply_get(status, "ha") && reply_get(status, "peer"))
	{
		fputs("no member of a cluster\n", out);
	}
	else
	{
		fputs("no sync channel, see the daemon's log\n", out);
	}
	ha = reply_get(status, "ha");
	if (ha)
	{
		print_groups(reply_get(ha, "groups"), out);
		print_failed(reply_get(ha, "failed"), out);
		print_stats(ha, out);
	}
	print_peer(status, out);
}
