/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <library.h>

#include "ike_wire_redirect.h"
#include "redirect_lease_message.h"
#include "redirect_load.h"

int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len);

static void dbg_silent(debug_t group, level_t level, char *fmt, ...)
{
}

/**
 * Data of a notify: what is made again has to be what was parsed.
 */
static void fuzz_gateway(chunk_t data, bool from)
{
	ike_wire_gateway_t gateway;
	identification_t *id;
	chunk_t again;
	host_t *host;

	if (ike_wire_gateway_parse(data, from, &gateway))
	{
		again = ike_wire_gateway_build(&gateway);
		if (!chunk_equals(again, data))
		{
			abort();
		}
		chunk_free(&again);
		id = ike_wire_gateway_to_id(&gateway);
		if (!ike_wire_gateway_from_id(id, gateway.port, &gateway))
		{
			abort();
		}
		host = ike_wire_gateway_to_host(&gateway);
		DESTROY_IF(host);
		id->destroy(id);
	}
}

/**
 * A client's identity is logged, and compared.
 */
static void fuzz_id(identification_t *id)
{
	char buf[256];

	snprintf(buf, sizeof(buf), "%Y", id);
	id->hash(id, 0);
	id->equals(id, id);
}

/**
 * The input is data of REDIRECT and REDIRECTED_FROM, and messages on the sync
 * channel.
 */
int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	static bool initialized = FALSE;
	chunk_t data = chunk_create((u_char*)buf, len), again;
	redirect_load_t load, other;
	identification_t *id;
	host_t *vip, *gateway;

	if (!initialized)
	{
		library_init("", "fuzz_redirect");
		dbg = dbg_silent;
		initialized = TRUE;
	}
	fuzz_gateway(data, FALSE);
	fuzz_gateway(data, TRUE);
	if (redirect_load_decode(data, &load))
	{
		again = redirect_load_encode(&load);
		if (!redirect_load_decode(again, &other))
		{
			abort();
		}
		chunk_free(&again);
		redirect_load_clear(&load);
		redirect_load_clear(&other);
	}
	if (redirect_lease_decode(data, &vip, &id, &gateway))
	{
		fuzz_id(id);
		again = redirect_lease_encode(vip, id, gateway);
		vip->destroy(vip);
		id->destroy(id);
		DESTROY_IF(gateway);
		if (!redirect_lease_decode(again, &vip, &id, &gateway))
		{
			abort();
		}
		chunk_free(&again);
		vip->destroy(vip);
		id->destroy(id);
		DESTROY_IF(gateway);
	}
	return 0;
}
