/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_session sync_session
 * @{ @ingroup cluster
 */

#ifndef SYNC_SESSION_H_
#define SYNC_SESSION_H_

#include "sync_backlog.h"
#include "sync_commit.h"
#include "sync_config.h"
#include "sync_hello.h"
#include "sync_link.h"
#include "sync_subscribers.h"
#include "sync_wake.h"

typedef struct sync_session_t sync_session_t;

/**
 * The protocol with one member after the HELLOs: heartbeats, timeouts and the
 * end of the link; what is sent is up to its sync_outbound_t, what is received
 * to its sync_inbound_t.  Exists as long as the member is configured, as these
 * know what went over earlier links.
 *
 * Locking: what other threads see and change is in a sync_session_shared_t,
 * with a mutex; run() is called by the member's thread.
 */
struct sync_session_t {

	/**
	 * Fill in what we have of the member: known, last.
	 *
	 * @param hello		HELLO to send
	 */
	void (*fill_hello)(sync_session_t *this, sync_hello_t *hello);

	/**
	 * Run the protocol over a link until it ends.
	 *
	 * @param link		link after the exchange of HELLOs
	 * @param hello		HELLO of the member
	 * @return			allocated reason of the end
	 */
	char *(*run)(sync_session_t *this, sync_link_t *link, sync_hello_t *hello);

	/**
	 * End run() soon.
	 *
	 * @param why		reason
	 * @param farewell	TRUE to send what's left, and the reason, before
	 */
	void (*end)(sync_session_t *this, char *why, bool farewell);

	/**
	 * Change the timers.
	 *
	 * @param heartbeat	interval of heartbeats, in ms
	 * @param timeout	silence after which the link is dead, in ms
	 */
	void (*set_timers)(sync_session_t *this, uint32_t heartbeat,
					   uint32_t timeout);

	/**
	 * Check if a link is there, and the member was heard of.
	 *
	 * @param within	in the last milliseconds
	 * @param incarnation	receives the member's incarnation
	 * @return			TRUE if so
	 */
	bool (*is_alive)(sync_session_t *this, uint32_t within,
					 uint64_t *incarnation);

	/**
	 * Ask for snapshots of domains, now or with the next link.
	 *
	 * @param domains	mask: 1 << sync_domain_t
	 * @return			FALSE if there's no link
	 */
	bool (*request)(sync_session_t *this, u_int domains);

	/**
	 * Give snapshots of domains, if there is a link.
	 *
	 * @param domains	mask: 1 << sync_domain_t
	 * @return			FALSE if there's no link
	 */
	bool (*give)(sync_session_t *this, u_int domains);

	/**
	 * There are new frames in the backlog.
	 */
	void (*poke)(sync_session_t *this);

	/**
	 * Somebody subscribed.
	 */
	void (*subscribed)(sync_session_t *this);

	/**
	 * Send a frame to this member only, if there is a link.
	 *
	 * @param frame		encoded frame, adopted and cleared
	 * @return			FALSE if there's none, or its queue is full
	 */
	bool (*send)(sync_session_t *this, chunk_t frame);

	/**
	 * Get the last sequence number the member doesn't need anymore.
	 *
	 * @return			sequence number, UINT64_MAX if it needs none
	 */
	uint64_t (*get_acked)(sync_session_t *this);

	/**
	 * Fill in what is known of the link, all but name, address and error.
	 *
	 * @param member	receives state and numbers
	 */
	void (*get_info)(sync_session_t *this, sync_member_t *member);

	/**
	 * Destroy a sync_session_t, not running.
	 */
	void (*destroy)(sync_session_t *this);
};

/**
 * Create a sync_session_t.
 *
 * @param member		name of the member
 * @param incarnation	our incarnation
 * @param backlog		frames to send
 * @param commit		told what the member processed
 * @param subscribers	who gets what is received
 * @param wake			wakes the thread that calls run()
 * @return				sync_session_t
 */
sync_session_t *sync_session_create(const char *member, uint64_t incarnation,
						sync_backlog_t *backlog, sync_commit_t *commit,
						sync_subscribers_t *subscribers, sync_wake_t *wake);

#endif /** SYNC_SESSION_H_ @}*/
