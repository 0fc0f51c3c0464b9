/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_session_shared sync_session_shared
 * @{ @ingroup cluster
 */

#ifndef SYNC_SESSION_SHARED_H_
#define SYNC_SESSION_SHARED_H_

#include "sync_link.h"

typedef struct sync_session_shared_t sync_session_shared_t;

/**
 * What other threads see of a sync_session_t, and ask of it.
 *
 * Locking: one mutex, a leaf; all functions may be called by any thread, but
 * up(), publish() and down(), which the member's thread calls.
 */
struct sync_session_shared_t {

	/**
	 * A link is up.
	 *
	 * @param incarnation	of the member's daemon
	 * @param now		when it was last heard of, in ms, sync_now()
	 */
	void (*up)(sync_session_shared_t *this, uint64_t incarnation, uint64_t now);

	/**
	 * Make what happened on the link known.
	 *
	 * @param link		link, asked for its counters
	 * @param heard		when the member was last heard of, in ms, sync_now()
	 * @param started	TRUE if all snapshots of the member have been received
	 */
	void (*publish)(sync_session_shared_t *this, sync_link_t *link,
					uint64_t heard, bool started);

	/**
	 * The link is down.
	 */
	void (*down)(sync_session_shared_t *this);

	/**
	 * Change the timers.
	 *
	 * @param heartbeat	interval of heartbeats, in ms
	 * @param timeout	silence after which the link is dead, in ms
	 */
	void (*set_timers)(sync_session_shared_t *this, uint32_t heartbeat,
					   uint32_t timeout);

	/**
	 * Get the interval of our heartbeats.
	 *
	 * @return			interval, in ms
	 */
	uint32_t (*get_heartbeat)(sync_session_shared_t *this);

	/**
	 * Get the silence after which the link is dead, as configured.
	 *
	 * @return			time, in ms
	 */
	uint32_t (*get_timeout)(sync_session_shared_t *this);

	/**
	 * Ask for the end of the link.
	 *
	 * @param why		reason, cloned, NULL to forget an earlier one
	 * @param farewell	TRUE to send what's left, and the reason, before
	 */
	void (*end)(sync_session_shared_t *this, char *why, bool farewell);

	/**
	 * Get the reason to end the link.
	 *
	 * @param farewell	receives what end() was told
	 * @return			allocated reason, NULL if there's none
	 */
	char *(*get_end)(sync_session_shared_t *this, bool *farewell);

	/**
	 * Check if a link is there, and the member was heard of.
	 *
	 * @param within	in the last milliseconds
	 * @param incarnation	receives the member's incarnation
	 * @return			TRUE if so
	 */
	bool (*is_alive)(sync_session_shared_t *this, uint32_t within,
					 uint64_t *incarnation);

	/**
	 * Check if there is a link.
	 *
	 * @return			TRUE if so
	 */
	bool (*is_connected)(sync_session_shared_t *this);

	/**
	 * Fill in state, incarnation, and the link's counters; all else is zeroed.
	 *
	 * @param member	receives them
	 */
	void (*get_info)(sync_session_shared_t *this, sync_member_t *member);

	/**
	 * Destroy a sync_session_shared_t.
	 */
	void (*destroy)(sync_session_shared_t *this);
};

/**
 * Create a sync_session_shared_t, without a link.
 *
 * @return				sync_session_shared_t
 */
sync_session_shared_t *sync_session_shared_create();

#endif /** SYNC_SESSION_SHARED_H_ @}*/
