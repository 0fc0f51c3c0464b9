/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <library.h>

#include "stub_answer.h"
#include "stub_codec.h"
#include "stub_message.h"
#include "stub_syn.h"

int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len);

/**
 * No output.
 */
static void dbg_silent(debug_t group, level_t level, char *fmt, ...)
{
}

/**
 * A message between gateways and banks.
 */
static void fuzz_message(chunk_t data)
{
	stub_message_type_t type;
	array_t *contents;
	stub_item_t item;
	uint64_t index;
	chunk_t content, address;

	if (!stub_message_parse(data, &type, &contents))
	{
		return;
	}
	while (array_remove(contents, ARRAY_HEAD, &content))
	{
		if (stub_message_parse_item(content, &item) &&
			item.record.len >= content.len)
		{
			abort();
		}
		if (stub_message_parse_get(content, &index, &address) &&
			address.len != 4 && address.len != 16)
		{
			abort();
		}
	}
	array_destroy(contents);
}

/**
 * A stub: what can be decoded is the same when it's encoded and decoded again.
 */
static void fuzz_stub(chunk_t data)
{
	chunk_t again, once_more;
	stub_t *stub, *copy;

	stub = stub_decode(data);
	if (!stub)
	{
		return;
	}
	again = stub_encode(stub);
	copy = again.len ? stub_decode(again) : NULL;
	if (copy)
	{
		once_more = stub_encode(copy);
		if (!chunk_equals(again, once_more))
		{
			abort();
		}
		chunk_clear(&once_more);
		stub_unref(copy);
	}
	chunk_clear(&again);
	stub_unref(stub);
}

/**
 * The input is the body of a SYN, the data of a notify, an answer, a message of
 * a bank, and a stub.
 */
int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	chunk_t data = chunk_create((u_char*)buf, len), found;
	static bool initialized = FALSE;
	stub_answer_t answer;
	stub_offer_t offer;
	stub_syn_t syn;

	if (!initialized)
	{
		library_init("", "fuzz_stub_wire");
		dbg = dbg_silent;
		initialized = TRUE;
	}
	if (stub_syn_parse(data, &syn) &&
		syn.address.len != 4 && syn.address.len != 16)
	{
		abort();
	}
	if (stub_offer_parse(data, &offer) && !offer.lifetime)
	{
		abort();
	}
	if (stub_answer_parse(data, &answer))
	{
		if (answer.nonce.len < 16 || answer.count > STUB_ANSWER_NOTIFIES)
		{
			abort();
		}
		stub_answer_notify(&answer, stub_types.proof, &found);
	}
	fuzz_message(data);
	fuzz_stub(data);
	return 0;
}
