/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <library.h>

#include "ike_wire_check.h"
#include "ike_wire_notify.h"

int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len);

/**
 * Compare chunks, which may be empty.
 */
static bool same(chunk_t a, chunk_t b)
{
	return a.len == b.len && (!a.len || memeq(a.ptr, b.ptr, a.len));
}

/**
 * What was accepted has to mean the same when it is made and read again.
 */
static void check_again(ike_wire_message_t *message)
{
	ike_wire_message_t again;
	chunk_t data;
	u_int i;

	data = ike_wire_notify_build(message);
	if (!ike_wire_notify_parse(data, &again) ||
		again.count != message->count ||
		again.header.spi_i != message->header.spi_i ||
		again.header.spi_r != message->header.spi_r ||
		again.header.mid != message->header.mid ||
		again.header.initiator != message->header.initiator ||
		again.header.response != message->header.response)
	{
		abort();
	}
	for (i = 0; i < again.count; i++)
	{
		if (again.notifies[i].type != message->notifies[i].type ||
			!same(again.notifies[i].spi, message->notifies[i].spi) ||
			!same(again.notifies[i].data, message->notifies[i].data))
		{
			abort();
		}
	}
	chunk_free(&data);
}

/**
 * The same for CHECK_SPI.
 */
static void check_sir(ike_wire_notify_t *notify)
{
	ike_wire_check_t check, again;
	ike_wire_notify_t copy = { .protocol = 1 };

	if (ike_wire_check_parse(notify, &check))
	{
		copy.data = ike_wire_check_encode(&check, &copy.spi);
		if (!ike_wire_check_parse(&copy, &again) ||
			again.type != check.type || again.spi_i != check.spi_i ||
			!same(again.cookie, check.cookie))
		{
			abort();
		}
		chunk_free(&copy.data);
		chunk_free(&copy.spi);
	}
}

/**
 * The input is an IKE message.
 */
int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	chunk_t data = chunk_create((u_char*)buf, len);
	ike_wire_message_t message;
	u_int i;

	ike_wire_notify_possible(data);
	if (ike_wire_notify_parse(data, &message))
	{
		check_again(&message);
		for (i = 0; i < message.count; i++)
		{
			check_sir(&message.notifies[i]);
		}
	}
	return 0;
}
