/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "drain_print.h"
#include "reply_print.h"

#include <inttypes.h>

/**
 * Print a number and what it is, nothing for 0.
 */
static void print_some(reply_t *reply, const char *name, const char *text,
					   FILE *out)
{
	uint64_t number = reply_get_uint(reply, name);

	if (number)
	{
		fprintf(out, ", %" PRIu64 " %s", number, text);
	}
}

/*
 * Described in header.
 */
bool drain_print(reply_t *reply, FILE *out)
{
	uint64_t left, stuck;

	if (!reply_get_bool(reply, "draining"))
	{
		fputs("not drained\n", out);
		return FALSE;
	}
	left = reply_get_uint(reply, "left");
	stuck = reply_get_uint(reply, "unable");
	fprintf(out, "%" PRIu64 " of %" PRIu64 " IKE SAs left after %" PRIu64 " s",
			left, reply_get_uint(reply, "total"),
			reply_get_uint(reply, "elapsed"));
	print_some(reply, "leaving", "told to leave", out);
	print_some(reply, "unable", "can't be redirected", out);
	print_some(reply, "nowhere", "have nowhere to go", out);
	print_some(reply, "deleted", "deleted", out);
	if (reply_get_uint(reply, "estimate"))
	{
		fprintf(out, ", about %" PRIu64 " s to go at ",
				reply_get_uint(reply, "estimate"));
		reply_print_str(reply_get_str(reply, "rate", "?"), out);
		fputs("/s", out);
	}
	if (reply_get_bool(reply, "late"))
	{
		fputs(", the deadline is over", out);
	}
	fputc('\n', out);
	if (reply_get_bool(reply, "late"))
	{	/* even those that can't be redirected are deleted */
		return left && streq(reply_get_str(reply, "action", "wait"), "delete");
	}
	return left > stuck || (left && reply_get_uint(reply, "deadline"));
}

/**
 * Print a member.
 */
static void print_member(reply_t *member, FILE *out)
{
	fputs("  ", out);
	reply_print_str(member->name, out);
	if (reply_get_bool(member, "self"))
	{
		fputs(" (this one)", out);
	}
	if (!reply_get_bool(member, "alive"))
	{
		fputs(": gets no clients, nothing heard of it\n", out);
		return;
	}
	fprintf(out, ": %" PRIu64 " IKE SAs, %" PRIu64 " half open, %" PRIu64
			" jobs, CPU %" PRIu64 " %%, weight %" PRIu64,
			reply_get_uint(member, "ike-sas"),
			reply_get_uint(member, "half-open"), reply_get_uint(member, "jobs"),
			reply_get_uint(member, "cpu"), reply_get_uint(member, "weight"));
	print_some(member, "limit", "at most", out);
	if (reply_get_bool(member, "draining"))
	{
		fputs(", drained", out);
	}
	if (reply_get_bool(member, "full"))
	{
		fputs(", above a limit", out);
	}
	fputc('\n', out);
}

/*
 * Described in header.
 */
void redirect_print(reply_t *reply, FILE *out)
{
	enumerator_t *enumerator;
	reply_t *member, *counters;

	fputs("members\n", out);
	enumerator = reply_create_enumerator(reply_get(reply, "members"));
	while (enumerator->enumerate(enumerator, &member))
	{
		print_member(member, out);
	}
	enumerator->destroy(enumerator);
	counters = reply_get(reply, "counters");
	fprintf(out, "\nclients redirected: %" PRIu64 " at IKE_SA_INIT, %" PRIu64
			" at IKE_AUTH, %" PRIu64 " established\n",
			reply_get_uint(counters, "init"), reply_get_uint(counters, "auth"),
			reply_get_uint(counters, "established"));
	fprintf(out, "as a client: %" PRIu64 " redirects followed, %" PRIu64
			" refused\ndrain: ", reply_get_uint(counters, "followed"),
			reply_get_uint(counters, "refused"));
	drain_print(reply_get(reply, "drain"), out);
}
