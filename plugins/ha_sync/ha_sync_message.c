/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_message.h"
#include "ha_sync_packets.h"

#include <daemon.h>

chunk_t ha_sync_message_packets(message_t *message)
{
	chunk_t data, packets = chunk_empty;
	enumerator_t *enumerator;
	packet_t *packet;

	enumerator = message->get_fragments(message);
	while (enumerator->enumerate(enumerator, &packet))
	{
		packets = chunk_cat("mc", packets, packet->get_data(packet));
	}
	enumerator->destroy(enumerator);
	if (!packets.len)
	{
		data = message->get_packet_data(message);
		packets = data.len ? chunk_clone(data) : chunk_empty;
	}
	if (packets.len > HA_SYNC_MAX_PACKETS)
	{
		DBG2(DBG_CFG, "ha-sync: %N message of %zu octets is too long to be "
			 "replicated", exchange_type_names,
			 message->get_exchange_type(message), packets.len);
		chunk_free(&packets);
	}
	return packets;
}

void ha_sync_message_send(chunk_t packets, host_t *src, host_t *dst)
{
	packet_t *packet;
	chunk_t data;

	while (ha_sync_packets_next(&packets, &data))
	{
		packet = packet_create_from_data(src->clone(src), dst->clone(dst),
										 chunk_clone(data));
		charon->sender->send(charon->sender, packet);
	}
}

bool ha_sync_message_hash(chunk_t packet, uint8_t hash[HA_SYNC_HASH_LEN])
{
	hasher_t *hasher;
	bool hashed;

	hasher = lib->crypto->create_hasher(lib->crypto, HASH_SHA1);
	hashed = hasher && hasher->get_hash(hasher, packet, hash);
	DESTROY_IF(hasher);
	return hashed;
}
