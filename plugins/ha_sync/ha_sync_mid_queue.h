/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_mid_queue ha_sync_mid_queue
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_MID_QUEUE_H_
#define HA_SYNC_MID_QUEUE_H_

#include "ha_sync_record.h"

typedef struct ha_sync_mid_queue_t ha_sync_mid_queue_t;

/**
 * Start a sync.  Called by a job, may check out the IKE_SA.
 *
 * @param user		user data
 * @param spis		IKE SA
 */
typedef void (*ha_sync_mid_queue_start_t)(void *user,
										  const ha_sync_spis_t *spis);

/**
 * Syncs that wait to be started: 10,000 at once would keep the peers' answers
 * and all other IKE messages waiting (RFC 6311, 7).
 *
 * Locking: a mutex protects the queue; nothing else is called while it's held.
 */
struct ha_sync_mid_queue_t {

	/**
	 * Add an IKE SA; it is started at once, by a job, unless others wait.
	 *
	 * May be called in hooks of charon's bus.
	 *
	 * @param spis		IKE SA, copied
	 */
	void (*add)(ha_sync_mid_queue_t *this, const ha_sync_spis_t *spis);

	/**
	 * The configuration changed.
	 */
	void (*reload)(ha_sync_mid_queue_t *this);

	/**
	 * Destroy a ha_sync_mid_queue_t, when no jobs are run anymore.
	 */
	void (*destroy)(ha_sync_mid_queue_t *this);
};

/**
 * Create an empty queue.
 *
 * @param start			starts a sync
 * @param user			passed to start
 * @return				queue
 */
ha_sync_mid_queue_t *ha_sync_mid_queue_create(ha_sync_mid_queue_start_t start,
											  void *user);

#endif /** HA_SYNC_MID_QUEUE_H_ @}*/
