/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_message ha_sync_message
 * @{ @ingroup ha_sync
 *
 * Takes charon's messages as packets (ha_sync_packets.h), and sends packets.
 * No locking: plain functions.
 */

#ifndef HA_SYNC_MESSAGE_H_
#define HA_SYNC_MESSAGE_H_

#include "ha_sync_record.h"

#include <encoding/message.h>

/**
 * Copy the packets of a message that is about to be sent.
 *
 * @param message	message, encoded: as in message() with plain = FALSE
 * @return			allocated packets; chunk_empty if there are none, or they
 *					have more than HA_SYNC_MAX_PACKETS octets
 */
chunk_t ha_sync_message_packets(message_t *message);

/**
 * Send packets.
 *
 * Not to be called in hooks of charon's bus.
 *
 * @param packets	packets, checked
 * @param src		address to send from
 * @param dst		address to send to
 */
void ha_sync_message_send(chunk_t packets, host_t *src, host_t *dst);

/**
 * Hash a request, or its first fragment, as charon's task manager does to
 * recognize one that is sent again.
 *
 * @param packet	packet that was received
 * @param hash		receives hash
 * @return			FALSE if it failed, or no plugin provides SHA-1
 */
bool ha_sync_message_hash(chunk_t packet, uint8_t hash[HA_SYNC_HASH_LEN]);

#endif /** HA_SYNC_MESSAGE_H_ @}*/
