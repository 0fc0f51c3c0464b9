/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_dispatch sync_dispatch
 * @{ @ingroup cluster
 */

#ifndef SYNC_DISPATCH_H_
#define SYNC_DISPATCH_H_

#include "sync_frame.h"
#include "sync_subscribers.h"

typedef struct sync_dispatch_t sync_dispatch_t;

/**
 * Calls the subscribers for what comes from one member, one call after the
 * other, by a thread of its own.
 *
 * Locking: one mutex of its own, not held while a subscriber is called.
 */
struct sync_dispatch_t {

	/**
	 * The link to the member is up.
	 *
	 * @param incarnation	incarnation of the member
	 */
	void (*up)(sync_dispatch_t *this, uint64_t incarnation);

	/**
	 * The link to the member broke down.
	 */
	void (*down)(sync_dispatch_t *this);

	/**
	 * Somebody subscribed: tell it that the member is up, if it is.
	 */
	void (*subscribed)(sync_dispatch_t *this);

	/**
	 * A message came from the member.
	 *
	 * @param frame			frame, copied
	 * @param seq			its sequence number, 0 if it has none
	 */
	void (*message)(sync_dispatch_t *this, sync_frame_t *frame, uint64_t seq);

	/**
	 * A snapshot of a domain begins.
	 *
	 * @param domain		domain
	 */
	void (*begin)(sync_dispatch_t *this, u_int domain);

	/**
	 * A snapshot of a domain is complete.
	 *
	 * @param domain		domain
	 */
	void (*end)(sync_dispatch_t *this, u_int domain);

	/**
	 * Check if no more messages should be added for now; the wake function is
	 * called when that changes.
	 *
	 * @return				TRUE if full
	 */
	bool (*is_full)(sync_dispatch_t *this);

	/**
	 * Get the last sequence number subscribers were called for.
	 *
	 * @return				sequence number, 0 until set_processed() took effect
	 *						for the present link
	 */
	uint64_t (*get_processed)(sync_dispatch_t *this);

	/**
	 * Set the sequence number before the next one.
	 *
	 * @param seq			sequence number
	 */
	void (*set_processed)(sync_dispatch_t *this, uint64_t seq);

	/**
	 * The member wants to know when all up to here is processed.
	 */
	void (*request_ack)(sync_dispatch_t *this);

	/**
	 * Check if it is, after a request; once for each.
	 *
	 * @return				TRUE if so; the wake function is called before
	 */
	bool (*is_ack_due)(sync_dispatch_t *this);

	/**
	 * Destroy a sync_dispatch_t: wait for the call under way, drop the rest,
	 * tell subscribers that the member is down.
	 */
	void (*destroy)(sync_dispatch_t *this);
};

/**
 * Create a sync_dispatch_t, start its thread.
 *
 * @param member		name of the member
 * @param subscribers	subscribers
 * @param wake			called without lock when not full anymore, or when an
 *						acknowledgement is due
 * @param user			argument for it
 * @return				sync_dispatch_t
 */
sync_dispatch_t *sync_dispatch_create(const char *member,
						sync_subscribers_t *subscribers,
						void (*wake)(void *user), void *user);

#endif /** SYNC_DISPATCH_H_ @}*/
