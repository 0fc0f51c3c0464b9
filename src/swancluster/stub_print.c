/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_print.h"
#include "reply_print.h"

#include <inttypes.h>

/**
 * Write a label and a value, "?" if there is none.
 */
static void print_value(const char *label, reply_t *reply, const char *name,
						FILE *out)
{
	fputs(label, out);
	reply_print_str(reply_get_str(reply, name, "?"), out);
}

/**
 * Write the state of the store, one line for each value.
 */
static void print_store(reply_t *store, FILE *out)
{
	enumerator_t *enumerator;
	reply_t *value;

	if (!store)
	{
		return;
	}
	enumerator = reply_create_enumerator(store);
	while (enumerator->enumerate(enumerator, &value))
	{
		fputs("  ", out);
		reply_print_str(value->name, out);
		print_value(": ", store, value->name, out);
		fputc('\n', out);
	}
	enumerator->destroy(enumerator);
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
 * Write a stub.
 */
static void print_stub(reply_t *stub, FILE *out)
{
	enumerator_t *enumerator;
	reply_t *inner;

	print_value("  ", stub, "index", out);
	print_value(" ", stub, "role", out);
	print_value(", ", stub, "client-id", out);
	print_value(" at ", stub, "gateway", out);
	print_value(" [", stub, "gateway-id", out);
	print_value("], connection ", stub, "connection", out);
	print_value(", expires in ", stub, "expires-in", out);
	fputs(" s", out);
	if (reply_get_uint(stub, "chain"))
	{
		print_value(", resumed ", stub, "chain", out);
		fputs(" times", out);
	}
	enumerator = reply_create_enumerator(reply_get(stub, "inner"));
	while (enumerator->enumerate(enumerator, &inner))
	{
		fputs(", ", out);
		reply_print_str((char*)inner->value.ptr, out);
	}
	enumerator->destroy(enumerator);
	fputc('\n', out);
}

/*
 * Described in header.
 */
void stub_print(reply_t *reply, FILE *out)
{
	enumerator_t *enumerator;
	reply_t *stub;

	print_value("answers SYNs: ", reply, "gateway", out);
	print_value(", stubs: ", reply, "gateway-stubs", out);
	print_value(", not confirmed yet: ", reply, "half-open", out);
	print_value("\nsends SYNs: ", reply, "client", out);
	print_value(", stubs: ", reply, "client-stubs", out);
	print_value(", not answered yet: ", reply, "presenting", out);
	print_value("\nstore: ", reply, "store", out);
	fputc('\n', out);
	print_store(reply_get(reply, "store-state"), out);
	fputs("\ncounters (not listed: 0)\n", out);
	print_counters(reply_get(reply, "counters"), out);
	fputs("\nstubs\n", out);
	enumerator = reply_create_enumerator(reply_get(reply, "stubs"));
	while (enumerator->enumerate(enumerator, &stub))
	{
		print_stub(stub, out);
	}
	enumerator->destroy(enumerator);
}
