/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_outbound sync_outbound
 * @{ @ingroup cluster
 */

#ifndef SYNC_OUTBOUND_H_
#define SYNC_OUTBOUND_H_

#include "sync_backlog.h"
#include "sync_commit.h"
#include "sync_hello.h"
#include "sync_link.h"
#include "sync_subscribers.h"

typedef struct sync_outbound_t sync_outbound_t;

/**
 * What is sent to one member: first how to bring it up to date, by frames of
 * the backlog or by snapshots of all domains, then new frames as they come,
 * and in between what is for this member only.
 *
 * Locking: one mutex of its own for what other threads see and change, nothing
 * is called with it; begin(), end() and send() by the link's thread.
 */
struct sync_outbound_t {

	/**
	 * A link is up: decide what the member needs.
	 *
	 * @param hello		HELLO of the member
	 */
	void (*begin)(sync_outbound_t *this, sync_hello_t *hello);

	/**
	 * The link is down: drop what was for it; waits for a snapshot under way.
	 */
	void (*end)(sync_outbound_t *this);

	/**
	 * Hand over to the link what there is to send, as much as it takes.
	 *
	 * @param link		link
	 * @param why		receives allocated reason of a failure
	 * @return			FALSE if the connection is gone
	 */
	bool (*send)(sync_outbound_t *this, sync_link_t *link, char **why);

	/**
	 * Append a frame of the link itself.
	 *
	 * @param frame		encoded frame, adopted and cleared
	 */
	void (*put)(sync_outbound_t *this, chunk_t frame);

	/**
	 * Send a frame that replaces the one given here before, if that was not
	 * handed to the link yet.
	 *
	 * @param frame		encoded frame, adopted and cleared
	 */
	void (*put_latest)(sync_outbound_t *this, chunk_t frame);

	/**
	 * Append a frame for this member only, if there is a link.
	 *
	 * @param frame		encoded frame, adopted and cleared
	 * @return			FALSE if there's none, or too much waits already
	 */
	bool (*try)(sync_outbound_t *this, chunk_t frame);

	/**
	 * Write snapshots of domains, with the next send().
	 *
	 * @param domains	mask: 1 << sync_domain_t
	 */
	void (*give)(sync_outbound_t *this, u_int domains);

	/**
	 * Check if frames for this member only wait.
	 *
	 * @return			TRUE if so
	 */
	bool (*is_waiting)(sync_outbound_t *this);

	/**
	 * Check if a snapshot is being written.
	 *
	 * @return			TRUE if so
	 */
	bool (*is_busy)(sync_outbound_t *this);

	/**
	 * Check if frames must not wait for others to be sent with them.
	 *
	 * @return			TRUE if somebody waits for acknowledgements, or if there
	 *					are other frames than those of the backlog
	 */
	bool (*is_urgent)(sync_outbound_t *this);

	/**
	 * The member told what it has processed, the commit is told with no lock
	 * held.
	 *
	 * @param seq		sequence number; ignored if that can't be
	 */
	void (*acknowledge)(sync_outbound_t *this, uint64_t seq);

	/**
	 * Get the last sequence number the member doesn't need anymore.
	 *
	 * @return			sequence number, UINT64_MAX if it needs none
	 */
	uint64_t (*get_acked)(sync_outbound_t *this);

	/**
	 * Fill in lag, backlog_used, catchups, resyncs_out and overflows.
	 *
	 * @param member	receives numbers
	 */
	void (*get_info)(sync_outbound_t *this, sync_member_t *member);

	/**
	 * Destroy a sync_outbound_t, without link.
	 */
	void (*destroy)(sync_outbound_t *this);
};

/**
 * Create a sync_outbound_t.
 *
 * @param member		name of the member
 * @param incarnation	our incarnation
 * @param backlog		frames all members get
 * @param commit		told what the member processed
 * @param subscribers	who writes snapshots
 * @param wake			called without lock when there is something to send
 * @param user			argument for it
 * @return				sync_outbound_t
 */
sync_outbound_t *sync_outbound_create(const char *member, uint64_t incarnation,
						sync_backlog_t *backlog, sync_commit_t *commit,
						sync_subscribers_t *subscribers,
						void (*wake)(void *user), void *user);

#endif /** SYNC_OUTBOUND_H_ @}*/
