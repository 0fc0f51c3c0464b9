/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_inbound sync_inbound
 * @{ @ingroup cluster
 */

#ifndef SYNC_INBOUND_H_
#define SYNC_INBOUND_H_

#include "sync_outbound.h"

typedef struct sync_inbound_t sync_inbound_t;

/**
 * What is received from one member: its sequence, the begin and end of
 * snapshots, and what is to be passed on to subscribers.  Knows over all links
 * what we have of the member, and which snapshots we need.
 *
 * Locking: one mutex of its own for what other threads see and change, nothing
 * is called with it; begin(), end(), receive(), handle(), get_request() and
 * fill_hello() by the link's thread.
 */
struct sync_inbound_t {

	/**
	 * Fill in what we have of the member: known, last.
	 *
	 * @param hello		HELLO to send
	 */
	void (*fill_hello)(sync_inbound_t *this, sync_hello_t *hello);

	/**
	 * A link is up.
	 *
	 * @param incarnation	incarnation of the member
	 */
	void (*begin)(sync_inbound_t *this, uint64_t incarnation);

	/**
	 * The link is down.
	 */
	void (*end)(sync_inbound_t *this);

	/**
	 * Receive what is there, as far as there is space for it, and handle it.
	 *
	 * @param link		link
	 * @param len		receives number of octets, there may be more if not 0
	 * @param why		receives allocated reason of a failure
	 * @return			FALSE if the link has to end
	 */
	bool (*receive)(sync_inbound_t *this, sync_link_t *link, size_t *len,
					char **why);

	/**
	 * Handle what was received already.
	 *
	 * @param link		link
	 * @param why		receives allocated reason of a failure
	 * @return			FALSE if the link has to end
	 */
	bool (*handle)(sync_inbound_t *this, sync_link_t *link, char **why);

	/**
	 * Check if nothing should be received as subscribers can't keep up.
	 *
	 * @return			TRUE if so; the wake function is called when it changes
	 */
	bool (*is_full)(sync_inbound_t *this);

	/**
	 * Check if we are in sync, over this link.
	 *
	 * @return			TRUE after the member told where its sequence starts
	 */
	bool (*is_started)(sync_inbound_t *this);

	/**
	 * Get the last sequence number subscribers were called for.
	 *
	 * @return			sequence number, 0 if there was none on this link
	 */
	uint64_t (*get_processed)(sync_inbound_t *this);

	/**
	 * Check if the member waits for that number, once only.
	 *
	 * @return			TRUE if it's to be sent now; the wake function is
	 *					called when it changes
	 */
	bool (*is_ack_due)(sync_inbound_t *this);

	/**
	 * Snapshots of domains are needed.
	 *
	 * @param domains	mask: 1 << sync_domain_t
	 */
	void (*want)(sync_inbound_t *this, u_int domains);

	/**
	 * Get the request for the snapshots needed.
	 *
	 * @return			encoded frame, empty if there's nothing to request now
	 */
	chunk_t (*get_request)(sync_inbound_t *this);

	/**
	 * Somebody subscribed.
	 */
	void (*subscribed)(sync_inbound_t *this);

	/**
	 * Fill in resyncs_in.
	 *
	 * @param member	receives the number
	 */
	void (*get_info)(sync_inbound_t *this, sync_member_t *member);

	/**
	 * Destroy a sync_inbound_t, without link.
	 */
	void (*destroy)(sync_inbound_t *this);
};

/**
 * Create a sync_inbound_t.
 *
 * @param member		name of the member
 * @param outbound		what is sent to it, gets acknowledgements and requests
 * @param subscribers	who gets what is received
 * @param wake			called without lock when not full anymore, or when there
 *						is something to request
 * @param user			argument for it
 * @return				sync_inbound_t
 */
sync_inbound_t *sync_inbound_create(const char *member,
						sync_outbound_t *outbound,
						sync_subscribers_t *subscribers,
						void (*wake)(void *user), void *user);

#endif /** SYNC_INBOUND_H_ @}*/
