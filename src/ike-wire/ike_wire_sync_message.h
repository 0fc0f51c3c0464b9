/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ike_wire_sync_message ike_wire_sync_message
 * @{ @ingroup ike_wire
 *
 * Messages of a message-ID sync, made and read past charon's task manager.
 */

#ifndef IKE_WIRE_SYNC_MESSAGE_H_
#define IKE_WIRE_SYNC_MESSAGE_H_

#include "ike_wire_sync.h"

#include <sa/ike_sa.h>

/**
 * Make the request of a sync: an INFORMATIONAL with message ID 0 and nothing
 * but the notifies (RFC 6311, 5.1).
 *
 * @param ike_sa	IKE_SA, checked out by the caller
 * @param sync		data of the notify
 * @param delta		data of an IPSEC_REPLAY_COUNTER_SYNC, chunk_empty for none
 * @return			packet to send, allocated, NULL on failure
 */
packet_t *ike_wire_sync_request(ike_sa_t *ike_sa, const ike_wire_sync_t *sync,
								chunk_t delta);

/**
 * Decrypt and verify a copy of a received message and get its notify.
 *
 * May be called in hooks of charon's bus.
 *
 * @param ike_sa	IKE_SA, checked out by the caller
 * @param message	message received, its header is parsed
 * @param sync		receives data of the notify
 * @return			TRUE if the message is authentic and has this notify only
 */
bool ike_wire_sync_verify(ike_sa_t *ike_sa, message_t *message,
						  ike_wire_sync_t *sync);

#endif /** IKE_WIRE_SYNC_MESSAGE_H_ @}*/
