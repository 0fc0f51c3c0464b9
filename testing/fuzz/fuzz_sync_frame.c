/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <library.h>

#include "sync_frame.h"
#include "sync_tlv.h"

int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len);

/**
 * What was decoded has to be encoded the same way again.
 */
static void check_again(sync_frame_t *frame, chunk_t data)
{
	chunk_t encoded = sync_frame_encode(frame);

	if (!chunk_equals(encoded, data))
	{
		abort();
	}
	chunk_free(&encoded);
}

/**
 * Read the body of a control frame, as any type.
 */
static void fuzz_body(chunk_t body)
{
	uint64_t value;
	u_int domains;
	char *reason, *pos;

	sync_frame_get_int(body, SYNC_ATTR_SEQUENCE, &value);
	if (sync_frame_get_domains(body, &domains) &&
		(domains & 1 || domains >= 1 << SYNC_DOMAIN_COUNT))
	{
		abort();
	}
	reason = sync_frame_get_reason(body);
	for (pos = reason; *pos; pos++)
	{	/* it goes to the log */
		if (!isprint((u_char)*pos))
		{
			abort();
		}
	}
	free(reason);
}

/**
 * Read attributes, as values of any kind.
 */
static void fuzz_attributes(chunk_t body)
{
	bio_reader_t *reader = bio_reader_create(body);
	host_t *host = NULL;
	uint64_t number;
	char *str = NULL;
	chunk_t value;
	uint8_t type;

	while (sync_tlv_get(reader, &type, &value))
	{
		sync_tlv_int(value, sizeof(uint8_t), &number);
		sync_tlv_int(value, sizeof(uint16_t), &number);
		sync_tlv_int(value, sizeof(uint32_t), &number);
		sync_tlv_int(value, sizeof(uint64_t), &number);
		sync_tlv_str(value, &str);
		sync_tlv_host(value, &host);
	}
	DESTROY_IF(host);
	free(str);
	reader->destroy(reader);
}

/**
 * Nothing is logged: it would be all that is done.
 */
static void dbg_silent(debug_t group, level_t level, char *fmt, ...)
{
}

/**
 * The input is what is received inside of TLS: frame after frame.
 */
int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	static bool initialized = FALSE;
	chunk_t data = chunk_create((u_char*)buf, len);
	sync_frame_t frame;
	size_t used;

	if (!initialized)
	{
		library_init("", "fuzz_sync_frame");
		dbg = dbg_silent;
		initialized = TRUE;
	}
	while (sync_frame_decode(data, &frame, &used) == SUCCESS)
	{
		if (!used || used > data.len || used > SYNC_FRAME_MAX)
		{
			abort();
		}
		check_again(&frame, chunk_create(data.ptr, used));
		fuzz_body(frame.body);
		fuzz_attributes(frame.body);
		data = chunk_skip(data, used);
	}
	return 0;
}
