/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ike_wire_sync ike_wire_sync
 * @{ @ingroup ike_wire
 *
 * Data and rules of the IKEV2_MESSAGE_ID_SYNC notify (RFC 6311, 5.1 and 6.3).
 */

#ifndef IKE_WIRE_SYNC_H_
#define IKE_WIRE_SYNC_H_

#include <library.h>

/**
 * Length of the nonce, in octets.
 */
#define IKE_WIRE_SYNC_NONCE_LEN 4

/**
 * Length of the notify's data, in octets.
 */
#define IKE_WIRE_SYNC_LEN (IKE_WIRE_SYNC_NONCE_LEN + 2 * sizeof(uint32_t))

typedef struct ike_wire_sync_t ike_wire_sync_t;

/**
 * Data of the notify.  The message IDs are those of whoever sent it: M1 and P1
 * in the member's request, P2 and M2 in the peer's response.
 */
struct ike_wire_sync_t {
	/** random, returned unchanged */
	uint8_t nonce[IKE_WIRE_SYNC_NONCE_LEN];
	/** EXPECTED_SEND_REQ_MESSAGE_ID: message ID of the next request sent */
	uint32_t send;
	/** EXPECTED_RECV_REQ_MESSAGE_ID: message ID of the next request received */
	uint32_t recv;
};

/**
 * Encode the notify's data.
 *
 * @param sync		data
 * @return			encoding, allocated
 */
chunk_t ike_wire_sync_encode(const ike_wire_sync_t *sync);

/**
 * Parse the notify's data.
 *
 * @param data		data as received
 * @param sync		receives data, untouched on failure
 * @return			FALSE if the length is wrong
 */
bool ike_wire_sync_parse(chunk_t data, ike_wire_sync_t *sync);

/**
 * Encode the data of an IPSEC_REPLAY_COUNTER_SYNC notify (RFC 6311, 6.4).
 *
 * @param delta		what the peer shall add to its outgoing replay counters,
 *					below 2^32 without ESN
 * @param esn		TRUE if the CHILD SAs have extended sequence numbers
 * @return			encoding, allocated, 8 octets with ESN, else 4
 */
chunk_t ike_wire_delta_encode(uint64_t delta, bool esn);

/**
 * Choose the message IDs M1 and P1 of a member's request.
 *
 * M1 is larger than any value known to have been used, by a margin for requests
 * of the previous active, and for syncs, that this member wasn't told of.  It
 * is never 0: stock charon takes a response with message ID 0 for its own if
 * its next request has that ID.
 *
 * P1 is as far ahead of what is expected (RFC 6311, 5.1 allows any higher
 * value).  Stock charon forgets that it has a request under way when it answers
 * a sync, and with a lower P1 returns that request's ID as P2.  A response to
 * the request would then make it destroy its IKE_SA.
 *
 * @param send		message ID of the next request, as far as known
 * @param recv		expected message ID of the peer's next request
 * @param sync		receives M1 and P1, the nonce is untouched
 * @return			FALSE if the message IDs are used up
 */
bool ike_wire_sync_choose(uint32_t send, uint32_t recv, ike_wire_sync_t *sync);

/**
 * Check if a response belongs to a request: nonce returned unchanged, M2 at
 * least M1, P2 at least P1, and all of them IDs a message can have.
 *
 * @param request	request that was sent
 * @param response	response received, authenticated
 * @return			FALSE if the response is to be dropped
 */
bool ike_wire_sync_matches(const ike_wire_sync_t *request,
						   const ike_wire_sync_t *response);

/**
 * Choose the message IDs M2 and P2 of a peer's response.
 *
 * M2 is at least M1, and more than any the previous active may have used: the
 * last request received may have been followed by as many as its window has,
 * i.e. one.  (RFC 6311 and draft-zhang ask for one less.)
 *
 * @param send		own next message ID, one more than the highest used
 * @param recv		expected message ID of the cluster's next request
 * @param request	request received, authenticated
 * @param response	receives response, with the nonce of the request
 * @return			FALSE if the request is stale, as M1 is one that was seen,
 *					or if it leaves no message IDs
 */
bool ike_wire_sync_answer(uint32_t send, uint32_t recv,
						  const ike_wire_sync_t *request,
						  ike_wire_sync_t *response);

#endif /** IKE_WIRE_SYNC_H_ @}*/
