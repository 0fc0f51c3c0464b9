/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_commit sync_commit
 * @{ @ingroup cluster
 */

#ifndef SYNC_COMMIT_H_
#define SYNC_COMMIT_H_

#include "sync_channel.h"

typedef struct sync_commit_t sync_commit_t;

/**
 * What at least one member has processed of our sequence.
 *
 * Members take part while they are up to date: from when they acknowledged all
 * there was when their link came up, until it breaks down or they need a
 * snapshot again.  What one of them acknowledged stays committed, as a packet
 * that left can't be called back.
 *
 * Locking: one mutex of its own; the callback is called without.
 */
struct sync_commit_t {

	/**
	 * A member is up to date.
	 *
	 * @param seq		last sequence number it processed
	 */
	void (*joined)(sync_commit_t *this, uint64_t seq);

	/**
	 * A member that had joined is not up to date anymore.
	 */
	void (*left)(sync_commit_t *this);

	/**
	 * A member that has joined processed more.
	 *
	 * @param seq		last sequence number it processed
	 */
	void (*acked)(sync_commit_t *this, uint64_t seq);

	/**
	 * Check if somebody waits for acknowledgements.
	 *
	 * @return			TRUE if members have to be asked for them
	 */
	bool (*is_wanted)(sync_commit_t *this);

	/**
	 * Get what is committed.
	 *
	 * @param seq		receives the sequence number
	 * @return			TRUE if any member is up to date
	 */
	bool (*get)(sync_commit_t *this, uint64_t *seq);

	/**
	 * Set who is told of changes; waits for calls under way of the one before,
	 * so must not be called by it, nor with a lock it takes.
	 *
	 * @param changed	called by threads of the channel, or NULL
	 * @param user		argument for it
	 */
	void (*set_callback)(sync_commit_t *this, void (*changed)(void *user),
						 void *user);

	/**
	 * Destroy a sync_commit_t.
	 */
	void (*destroy)(sync_commit_t *this);
};

/**
 * Create a sync_commit_t.
 *
 * @return				sync_commit_t
 */
sync_commit_t *sync_commit_create();

#endif /** SYNC_COMMIT_H_ @}*/
