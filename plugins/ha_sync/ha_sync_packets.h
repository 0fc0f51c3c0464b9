/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_packets ha_sync_packets
 * @{ @ingroup ha_sync
 *
 * Encoded IKE messages: one packet, or all fragments of a message (RFC 7383),
 * one after the other in a chunk.  What charon has sent is kept like this, to
 * be sent again byte for byte by another member.
 *
 * They are encrypted, so they are no secrets.  No locking: plain functions, may
 * be called in hooks of charon's bus.  They need nothing of charon.
 */

#ifndef HA_SYNC_PACKETS_H_
#define HA_SYNC_PACKETS_H_

#include "ha_sync_record.h"

#include <encoding/payloads/ike_header.h>

/**
 * Take the first packet off.
 *
 * @param packets	packets, what remains on return
 * @param packet	receives the first one, not cloned
 * @return			FALSE if there is none, or it is malformed
 */
bool ha_sync_packets_next(chunk_t *packets, chunk_t *packet);

/**
 * Check that packets are well-formed, belong to an IKE SA, and are a request or
 * response of the cluster.
 *
 * @param packets	packets, at least one
 * @param spis		IKE SA
 * @param request	TRUE if it has to be a request
 * @return			TRUE if so
 */
bool ha_sync_packets_check(chunk_t packets, const ha_sync_spis_t *spis,
						   bool request);

/**
 * Get the message ID of packets that were checked.
 *
 * @param packets	packets
 * @return			message ID
 */
uint32_t ha_sync_packets_mid(chunk_t packets);

/**
 * Get the exchange type of packets that were checked.
 *
 * @param packets	packets
 * @return			exchange type
 */
exchange_type_t ha_sync_packets_type(chunk_t packets);

/**
 * Check if a packet is the first fragment of a message.
 *
 * @param packet	packet as received, may be malformed
 * @return			TRUE if so
 */
bool ha_sync_packets_is_first_fragment(chunk_t packet);

/**
 * Check if a packet we send is a request, and get whose.
 *
 * @param packet	packet without non-ESP marker, may be malformed
 * @param spis		receives the IKE SA, with initiator as the sender has it
 * @param mid		receives the message ID
 * @return			FALSE if it's a response, or too short
 */
bool ha_sync_packets_is_request(chunk_t packet, ha_sync_spis_t *spis,
								uint32_t *mid);

#endif /** HA_SYNC_PACKETS_H_ @}*/
