/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ike_wire_zero ike_wire_zero
 * @{ @ingroup ike_wire
 *
 * INFORMATIONAL messages with message ID 0 as the peer of a cluster sees them:
 * requests for a sync, and the answers to them (RFC 6311, 5.1; draft-zhang).
 */

#ifndef IKE_WIRE_ZERO_H_
#define IKE_WIRE_ZERO_H_

#include "ike_wire_sync.h"

#include <sa/ike_sa.h>

typedef struct ike_wire_zero_t ike_wire_zero_t;

/**
 * Content of a message.
 */
struct ike_wire_zero_t {
	/** TRUE if there is a valid IKEV2_MESSAGE_ID_SYNC */
	bool has_sync;
	/** its data */
	ike_wire_sync_t sync;
	/** TRUE if there is a valid IPSEC_REPLAY_COUNTER_SYNC */
	bool has_delta;
	/** its data: what to add to outgoing replay counters */
	uint64_t delta;
	/** octets the delta was sent with: 8 with ESN, else 4 */
	size_t delta_len;
	/** TRUE if there is a valid Simultaneous Failover Failure */
	bool has_failure;
	/** its data: nonce of the request that was refused */
	uint8_t nonce[IKE_WIRE_SYNC_NONCE_LEN];
	/** TRUE if there is anything else, or one of these twice or malformed */
	bool has_other;
};

/**
 * Parse the data of an IPSEC_REPLAY_COUNTER_SYNC (RFC 6311, 6.4).
 *
 * @param data		data as received
 * @param delta		receives number
 * @return			FALSE if the length is neither 4 nor 8 octets
 */
bool ike_wire_delta_parse(chunk_t data, uint64_t *delta);

/**
 * Decrypt and verify a copy of a received message, and look into it.
 *
 * May be called in hooks of charon's bus.
 *
 * @param ike_sa	IKE_SA, checked out by the caller
 * @param message	message received, its header is parsed; not changed
 * @param failure	type of the notify Simultaneous Failover Failure
 * @param zero		receives content
 * @return			FALSE if the message is not authentic, or too large for one
 *					that only has these notifies
 */
bool ike_wire_zero_parse(ike_sa_t *ike_sa, message_t *message,
						 uint16_t failure, ike_wire_zero_t *zero);

/**
 * Make a response with message ID 0 and one notify.
 *
 * May be called in hooks of charon's bus.
 *
 * @param ike_sa	IKE_SA, checked out by the caller
 * @param type		type of the notify
 * @param data		its data
 * @return			packet to send, allocated, NULL on failure
 */
packet_t *ike_wire_zero_response(ike_sa_t *ike_sa, uint16_t type, chunk_t data);

/**
 * Make charon ignore a message that was received.
 *
 * Called in the hook of charon's bus that sees a message first: charon has not
 * looked at its message ID yet, and ignores one it does not expect.
 *
 * @param ike_sa	IKE_SA, checked out by the caller
 * @param message	message, its exchange type or message ID is changed
 */
void ike_wire_ignore(ike_sa_t *ike_sa, message_t *message);

#endif /** IKE_WIRE_ZERO_H_ @}*/
