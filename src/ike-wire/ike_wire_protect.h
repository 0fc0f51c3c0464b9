/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ike_wire_protect ike_wire_protect
 * @{ @ingroup ike_wire
 *
 * Messages with message ID 0, encrypted and authenticated past charon.
 */

#ifndef IKE_WIRE_PROTECT_H_
#define IKE_WIRE_PROTECT_H_

#include <encoding/payloads/notify_payload.h>
#include <sa/ike_sa.h>

typedef struct ike_wire_notify_t ike_wire_notify_t;

/**
 * A notify of the IKE SA itself: protocol ID 0 and no SPI.
 */
struct ike_wire_notify_t {
	/** type */
	uint16_t type;
	/** data, not owned */
	chunk_t data;
};

/**
 * Make an INFORMATIONAL with message ID 0 and notifies (RFC 6311, 5.1),
 * protected with the IKE_SA's keys (RFC 7296, 3.14), from its addresses.
 *
 * charon makes the IVs of AEADs and counter modes of message IDs, and refuses
 * to go back to 0.  Here they are random: with a salt of 64 random bits in
 * charon's own, both are distributed alike, see doc/ha-sync.md for the chance
 * of a repetition.
 *
 * Nothing else is called but the cipher, and the IKE_SA's state is not changed:
 * may be called in hooks of charon's bus.
 *
 * @param ike_sa	IKE_SA with keys, checked out by the caller
 * @param request	TRUE for a request, FALSE for a response
 * @param notifies	notifies
 * @param count		number of notifies, at least one
 * @return			packet to send, allocated, NULL on failure
 */
packet_t *ike_wire_protect(ike_sa_t *ike_sa, bool request,
						   const ike_wire_notify_t *notifies, u_int count);

/**
 * Decrypt and verify a copy of a received message.
 *
 * charon's task manager doesn't do it for message IDs it doesn't expect.  What
 * is longer than a message made by ike_wire_protect() with notifies of RFC 6311
 * is not looked at: what comes without authentication shall cost little.
 *
 * May be called in hooks of charon's bus.
 *
 * @param ike_sa	IKE_SA, checked out by the caller
 * @param message	message received, its header is parsed; not changed
 * @return			parsed copy, allocated, NULL if it's not authentic
 */
message_t *ike_wire_unprotect(ike_sa_t *ike_sa, message_t *message);

#endif /** IKE_WIRE_PROTECT_H_ @}*/
