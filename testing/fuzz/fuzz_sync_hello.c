/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <library.h>

#include "sync_hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len);

/**
 * What was accepted has to be encoded and accepted again.
 */
static void check_again(sync_hello_t *hello)
{
	sync_hello_t *again;
	chunk_t data;

	data = sync_hello_encode(hello);
	again = sync_hello_decode(data);
	if (!again || again->incarnation != hello->incarnation ||
		again->heartbeat != hello->heartbeat ||
		again->known != hello->known ||
		!streq(again->cluster, hello->cluster) ||
		!streq(again->member, hello->member))
	{
		abort();
	}
	sync_hello_destroy(again);
	chunk_free(&data);
}

/**
 * Nothing is logged: it would be all that is done.
 */
static void dbg_silent(debug_t group, level_t level, char *fmt, ...)
{
}

/**
 * The input is the body of a HELLO.
 */
int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	static bool initialized = FALSE;
	sync_hello_t *hello;

	if (!initialized)
	{
		library_init("", "fuzz_sync_hello");
		dbg = dbg_silent;
		initialized = TRUE;
	}
	hello = sync_hello_decode(chunk_create((u_char*)buf, len));
	if (hello && hello->major == SYNC_VERSION_MAJOR)
	{
		if (!sync_name_valid(hello->cluster) ||
			!sync_name_valid(hello->member) || !hello->incarnation ||
			!hello->heartbeat)
		{
			abort();
		}
		check_again(hello);
	}
	sync_hello_destroy(hello);
	return 0;
}
