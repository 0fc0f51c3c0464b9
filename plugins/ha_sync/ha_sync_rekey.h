/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_rekey ha_sync_rekey
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_REKEY_H_
#define HA_SYNC_REKEY_H_

#include "ha_sync_registry.h"

typedef struct ha_sync_rekey_t ha_sync_rekey_t;
typedef struct ha_sync_rekey_counts_t ha_sync_rekey_counts_t;

/**
 * Numbers of CHILD SAs to be rekeyed.
 */
struct ha_sync_rekey_counts_t {
	/** still to be started */
	uint32_t queued;
	/** started since the daemon's start */
	uint32_t started;
};

/**
 * Check if rekeyings have to wait, e.g. as the peers don't know yet which
 * message IDs come next.
 *
 * @param user		user data
 * @return			TRUE if none may be started
 */
typedef bool (*ha_sync_rekey_wait_t)(void *user);

/**
 * Rekeys CHILD SAs, not more than the option rekey_rate per second: all
 * CHILD SAs of a gateway at once would keep it, and its peers, from all else.
 *
 * Only started is what this member is active for, and what was not rekeyed
 * meanwhile.
 *
 * Locking: a mutex protects the queue, nothing else is called while it is held.
 */
struct ha_sync_rekey_t {

	/**
	 * Queue a CHILD SA.
	 *
	 * @param id		name
	 * @param urgent	TRUE if it can't receive until it is rekeyed: it comes
	 *					before all others that are not urgent
	 */
	void (*add)(ha_sync_rekey_t *this, const ha_sync_child_id_t *id,
				bool urgent);

	/**
	 * Get numbers.
	 *
	 * @param counts	receives numbers
	 */
	void (*get_counts)(ha_sync_rekey_t *this, ha_sync_rekey_counts_t *counts);

	/**
	 * The configuration changed.
	 */
	void (*reload)(ha_sync_rekey_t *this);

	/**
	 * Destroy a ha_sync_rekey_t, when no jobs are run anymore.
	 */
	void (*destroy)(ha_sync_rekey_t *this);
};

/**
 * Create an empty queue.
 *
 * @param registry	registry
 * @param wait		tells if rekeyings have to wait, called by a job
 * @param user		passed to wait
 * @return			queue
 */
ha_sync_rekey_t *ha_sync_rekey_create(ha_sync_registry_t *registry,
									  ha_sync_rekey_wait_t wait, void *user);

#endif /** HA_SYNC_REKEY_H_ @}*/
