/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_print.h"
#include "reply_print.h"

#include <inttypes.h>

/**
 * Write a value, "?" if there is none.
 */
static void print_value(reply_t *reply, const char *name, FILE *out)
{
	reply_print_str(reply_get_str(reply, name, "?"), out);
}

/**
 * Write the counters that are not 0.
 */
static void print_counters(reply_t *counters, FILE *out)
{
	enumerator_t *enumerator;
	reply_t *counter;

	enumerator = reply_create_enumerator(counters);
	while (enumerator->enumerate(enumerator, &counter))
	{
		if (reply_get_uint(counters, counter->name))
		{
			fputs("  ", out);
			reply_print_str(counter->name, out);
			fprintf(out, ": %" PRIu64 "\n",
					reply_get_uint(counters, counter->name));
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Write the latest events.
 */
static void print_events(reply_t *events, FILE *out)
{
	enumerator_t *enumerator;
	reply_t *event;

	enumerator = reply_create_enumerator(events);
	while (enumerator->enumerate(enumerator, &event))
	{
		fputs("  ", out);
		reply_print_str((char*)event->value.ptr, out);
		fputc('\n', out);
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header.
 */
void qcd_print(reply_t *reply, FILE *out)
{
	fputs("token maker: ", out);
	print_value(reply, "maker", out);
	fputs(", secrets: ", out);
	print_value(reply, "secrets", out);
	fputs("\ntoken taker: ", out);
	print_value(reply, "taker", out);
	fputs(", tokens of peers: ", out);
	print_value(reply, "tokens", out);
	fputs("\nSIR: ", out);
	print_value(reply, "sir", out);
	fputs("\nIKE SAs: ", out);
	print_value(reply, "sas-here", out);
	if (reply_get_bool(reply, "cluster"))
	{
		fputs(", on other members: ", out);
		print_value(reply, "sas-members", out);
	}
	fputs("\n\ncounters (not listed: 0)\n", out);
	print_counters(reply_get(reply, "counters"), out);
	fputs("\nlatest events\n", out);
	print_events(reply_get(reply, "events"), out);
}
