/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <library.h>
#include <sync_channel.h>

#include "ha_sync_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len);

/**
 * What was accepted has to be encoded and accepted again.
 */
static void check_again(chunk_t body, bool (*decode)(chunk_t body))
{
	if (!body.len || !decode(body))
	{
		abort();
	}
	chunk_clear(&body);
}

static bool decode_group(chunk_t body)
{
	ha_sync_group_record_t *group;

	group = ha_sync_group_decode(body);
	ha_sync_group_record_destroy(group);
	return group != NULL;
}

static bool decode_ike(chunk_t body)
{
	ha_sync_ike_t *ike;

	ike = ha_sync_ike_decode(body);
	ha_sync_ike_destroy(ike);
	return ike != NULL;
}

static bool decode_child(chunk_t body)
{
	ha_sync_child_t *child;

	child = ha_sync_child_decode(body);
	ha_sync_child_destroy(child);
	return child != NULL;
}

/**
 * Decode, clone and encode an IKE SA.
 */
static void fuzz_ike(chunk_t body)
{
	ha_sync_ike_t *ike, *clone;

	ike = ha_sync_ike_decode(body);
	if (ike)
	{
		clone = ha_sync_ike_clone(ike);
		ha_sync_ike_destroy(ike);
		check_again(ha_sync_ike_encode(clone), decode_ike);
		ha_sync_ike_destroy(clone);
	}
}

/**
 * Decode, clone and encode a CHILD SA.
 */
static void fuzz_child(chunk_t body)
{
	ha_sync_child_t *child, *clone;

	child = ha_sync_child_decode(body);
	if (child)
	{
		clone = ha_sync_child_clone(child);
		ha_sync_child_destroy(child);
		check_again(ha_sync_child_encode(clone), decode_child);
		ha_sync_child_destroy(clone);
	}
}

static bool decode_exchange(chunk_t body)
{
	ha_sync_exchange_t *exchange;

	exchange = ha_sync_exchange_decode(body);
	ha_sync_exchange_destroy(exchange);
	return exchange != NULL;
}

/**
 * Decode, clone and encode the last messages of an IKE SA.
 */
static void fuzz_exchange(chunk_t body)
{
	ha_sync_exchange_t *exchange, *clone;

	exchange = ha_sync_exchange_decode(body);
	if (exchange)
	{
		clone = ha_sync_exchange_clone(exchange);
		ha_sync_exchange_destroy(exchange);
		check_again(ha_sync_exchange_encode(clone), decode_exchange);
		ha_sync_exchange_destroy(clone);
	}
}

/**
 * Decode and encode a group.
 */
static void fuzz_group(chunk_t body)
{
	ha_sync_group_record_t *group;

	group = ha_sync_group_decode(body);
	if (group)
	{
		check_again(ha_sync_group_encode(group), decode_group);
		ha_sync_group_record_destroy(group);
	}
}

/**
 * Decode messages without a record of their own.
 */
static void fuzz_states(ha_sync_type_t type, chunk_t body)
{
	ha_sync_dynamic_t dynamic;
	ha_sync_child_id_t id;
	ha_sync_mids_t mids;
	ha_sync_spis_t spis;
	ha_sync_use_t use;

	switch (type)
	{
		case HA_SYNC_IKE_UPDATE:
			ha_sync_ike_update_decode(body, &spis, &dynamic);
			ha_sync_dynamic_clear(&dynamic);
			break;
		case HA_SYNC_IKE_MIDS:
			ha_sync_ike_mids_decode(body, &spis, &mids);
			break;
		case HA_SYNC_IKE_DELETE:
			ha_sync_spis_decode(body, &spis);
			break;
		case HA_SYNC_CHILD_DELETE:
			ha_sync_child_id_decode(body, &id);
			break;
		case HA_SYNC_CHILD_USE:
			ha_sync_child_use_decode(body, &id, &use);
			break;
		default:
			break;
	}
}

/**
 * Nothing is logged: it would be all that is done.
 */
static void dbg_silent(debug_t group, level_t level, char *fmt, ...)
{
}

/**
 * The first octet is the type of the message (modulo the number of types), the
 * rest are its attributes; the length before them is set here, as it would
 * stop nearly everything.
 */
int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	static bool initialized = FALSE;
	ha_sync_type_t type;
	chunk_t body;

	if (!initialized)
	{
		library_init("", "fuzz_ha_sync_record");
		dbg = dbg_silent;
		initialized = TRUE;
	}
	if (!len || sizeof(uint16_t) + len - 1 > SYNC_MAX_BODY)
	{
		return 0;
	}
	type = HA_SYNC_GROUP + buf[0] % (HA_SYNC_CHILD_USE + 1);
	if (type > HA_SYNC_CHILD_USE)
	{
		type = HA_SYNC_EXCHANGE;
	}
	body = chunk_alloc(sizeof(uint16_t) + len - 1);
	htoun16(body.ptr, len - 1);
	memcpy(body.ptr + sizeof(uint16_t), buf + 1, len - 1);
	switch (type)
	{
		case HA_SYNC_GROUP:
			fuzz_group(body);
			break;
		case HA_SYNC_IKE:
			fuzz_ike(body);
			break;
		case HA_SYNC_CHILD:
			fuzz_child(body);
			break;
		case HA_SYNC_EXCHANGE:
			fuzz_exchange(body);
			break;
		default:
			fuzz_states(type, body);
			break;
	}
	chunk_free(&body);
	return 0;
}
