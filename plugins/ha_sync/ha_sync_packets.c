/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_packets.h"

#include <stddef.h>

typedef struct header_t header_t;

/** flags of an IKE header (RFC 7296, 3.1) */
#define FLAG_INITIATOR 0x08
#define FLAG_RESPONSE 0x20

/** octets of the header of a fragment payload, and where its number is (RFC
 * 7383, 2.5) */
#define FRAGMENT_HEADER_LEN 8
#define FRAGMENT_NUMBER 4

/**
 * IKE header (RFC 7296, 3.1).
 */
struct header_t {
	/** SPIs of initiator and responder */
	uint64_t i, r;
	/** next payload, version, exchange type, flags */
	uint8_t next, version, type, flags;
	/** message ID, length of the packet */
	uint32_t mid, length;
} __attribute__((packed));

bool ha_sync_packets_next(chunk_t *packets, chunk_t *packet)
{
	header_t header;
	size_t length;

	if (packets->len < sizeof(header))
	{
		return FALSE;
	}
	memcpy(&header, packets->ptr, sizeof(header));
	length = ntohl(header.length);
	if (length < sizeof(header) || length > packets->len)
	{
		return FALSE;
	}
	*packet = chunk_create(packets->ptr, length);
	*packets = chunk_skip(*packets, length);
	return TRUE;
}

bool ha_sync_packets_check(chunk_t packets, const ha_sync_spis_t *spis,
						   bool request)
{
	header_t header;
	uint32_t mid = 0;
	chunk_t packet;
	bool first = TRUE;

	while (packets.len)
	{
		if (!ha_sync_packets_next(&packets, &packet))
		{
			return FALSE;
		}
		memcpy(&header, packet.ptr, sizeof(header));
		if (header.i != spis->i || header.r != spis->r ||
			!(header.flags & FLAG_INITIATOR) == spis->initiator ||
			!(header.flags & FLAG_RESPONSE) != request ||
			(!first && header.mid != mid))
		{
			return FALSE;
		}
		mid = header.mid;
		first = FALSE;
	}
	return !first;
}

uint32_t ha_sync_packets_mid(chunk_t packets)
{
	return untoh32(packets.ptr + offsetof(header_t, mid));
}

exchange_type_t ha_sync_packets_type(chunk_t packets)
{
	return packets.ptr[offsetof(header_t, type)];
}

bool ha_sync_packets_is_first_fragment(chunk_t packet)
{
	return packet.len >= sizeof(header_t) + FRAGMENT_HEADER_LEN &&
		   packet.ptr[offsetof(header_t, next)] == PLV2_FRAGMENT &&
		   untoh16(packet.ptr + sizeof(header_t) + FRAGMENT_NUMBER) == 1;
}

bool ha_sync_packets_is_request(chunk_t packet, ha_sync_spis_t *spis,
								uint32_t *mid)
{
	header_t header;

	if (packet.len < sizeof(header))
	{
		return FALSE;
	}
	memcpy(&header, packet.ptr, sizeof(header));
	if (header.flags & FLAG_RESPONSE)
	{
		return FALSE;
	}
	*spis = (ha_sync_spis_t){
		.i = header.i,
		.r = header.r,
		.initiator = (header.flags & FLAG_INITIATOR) != 0,
	};
	*mid = ntohl(header.mid);
	return TRUE;
}
