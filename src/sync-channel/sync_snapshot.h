/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_snapshot sync_snapshot
 * @{ @ingroup cluster
 */

#ifndef SYNC_SNAPSHOT_H_
#define SYNC_SNAPSHOT_H_

#include "sync_outbox.h"
#include "sync_subscribers.h"

/** all domains that have snapshots */
#define SYNC_ALL_DOMAINS (((1 << SYNC_DOMAIN_COUNT) - 1) & ~(1 << SYNC_CONTROL))

typedef struct sync_snapshot_t sync_snapshot_t;

/**
 * Writes snapshots for one member to its outbox, by a thread that exists
 * while there is something to write: a subscriber may wait for the member.
 *
 * Locking: one mutex of its own, not held while a subscriber is called.
 */
struct sync_snapshot_t {

	/**
	 * Write snapshots of domains; one without subscriber is empty.
	 *
	 * A request for a domain whose snapshot waits already changes nothing.
	 *
	 * @param domains	mask: 1 << sync_domain_t
	 */
	void (*request)(sync_snapshot_t *this, u_int domains);

	/**
	 * Check if there is more to come for the outbox.
	 *
	 * @return			TRUE while a snapshot waits or is written
	 */
	bool (*is_busy)(sync_snapshot_t *this);

	/**
	 * Forget requests and wait for the thread to end.
	 *
	 * The outbox has to be closed before.
	 */
	void (*stop)(sync_snapshot_t *this);

	/**
	 * Destroy a sync_snapshot_t, stopped before.
	 */
	void (*destroy)(sync_snapshot_t *this);
};

/**
 * Create a sync_snapshot_t.
 *
 * @param member		name of the member
 * @param subscribers	subscribers
 * @param outbox		where snapshots are written to
 * @param wake			called without lock when not busy anymore
 * @param user			argument for it
 * @return				sync_snapshot_t
 */
sync_snapshot_t *sync_snapshot_create(const char *member,
						sync_subscribers_t *subscribers, sync_outbox_t *outbox,
						void (*wake)(void *user), void *user);

#endif /** SYNC_SNAPSHOT_H_ @}*/
