/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_failover ha_sync_failover
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_FAILOVER_H_
#define HA_SYNC_FAILOVER_H_

#include "ha_sync_capture.h"
#include "ha_sync_counters.h"
#include "ha_sync_mid_caps.h"
#include "ha_sync_mid_guard.h"
#include "ha_sync_registry.h"
#include "ha_sync_replay_policy.h"
#include "ha_sync_replica.h"
#include "ha_sync_resume.h"
#include "ha_sync_sender.h"
#include "ha_sync_state.h"

typedef struct ha_sync_failover_t ha_sync_failover_t;
typedef struct ha_sync_failover_status_t ha_sync_failover_status_t;

/**
 * Progress of the last activation.
 */
struct ha_sync_failover_status_t {
	/** TRUE while copies are made live */
	bool active;
	/** IKE SAs done, and in all */
	uint32_t done, total;
	/** time it took, or takes until now, in ms */
	uint32_t ms;
};

/**
 * Makes copies live when this member becomes active, and the other way round.
 *
 * All functions for a group, and revive(), check IKE_SAs out: those for a group
 * are called by the thread of ownership only, never with a lock held.
 *
 * Locking: a mutex protects the progress; it is not held while others are
 * called.
 */
struct ha_sync_failover_t {

	/**
	 * Make all copies of a group live.
	 *
	 * @param group		name of the group
	 * @param planned	TRUE if the previous active gave up in order: its
	 *					message IDs are exact, no sync is needed
	 */
	void (*activate)(ha_sync_failover_t *this, char *group, bool planned);

	/**
	 * Make an IKE SA live that had no copy when its group became active: its
	 * connection was loaded later.  Not while activate() is called.
	 *
	 * @param spis		name of the IKE SA
	 */
	void (*revive)(ha_sync_failover_t *this, ha_sync_spis_t *spis);

	/**
	 * Let all live IKE_SAs of a group be silent, and send their final counters
	 * and message IDs.  The kernel's SAs are not touched.
	 *
	 * @param group		name of the group
	 */
	void (*give_up)(ha_sync_failover_t *this, char *group);

	/**
	 * Turn all SAs of a group that were live into copies.
	 *
	 * @param group		name of the group
	 */
	void (*settle)(ha_sync_failover_t *this, char *group);

	/**
	 * Drop all SAs of a group, and what is known about them.
	 *
	 * @param group		name of the group
	 */
	void (*drop)(ha_sync_failover_t *this, char *group);

	/**
	 * Get the progress.
	 *
	 * @param status	receives progress
	 */
	void (*get_status)(ha_sync_failover_t *this,
					   ha_sync_failover_status_t *status);

	/**
	 * Destroy a ha_sync_failover_t.
	 */
	void (*destroy)(ha_sync_failover_t *this);
};

/**
 * Create a failover.
 *
 * @param registry		registry
 * @param replica		makes copies
 * @param capture		watches live IKE_SAs
 * @param counters		counters in the kernel
 * @param sender		sends records
 * @param caps			what was negotiated with peers
 * @param state			synchronization state of IKE SAs
 * @param guard			decides about syncs (RFC 6311)
 * @param policy		decides what becomes of CHILD SAs
 * @param resume		finishes requests
 * @return				failover
 */
ha_sync_failover_t *ha_sync_failover_create(ha_sync_registry_t *registry,
											ha_sync_replica_t *replica,
											ha_sync_capture_t *capture,
											ha_sync_counters_t *counters,
											ha_sync_sender_t *sender,
											ha_sync_mid_caps_t *caps,
											ha_sync_state_t *state,
											ha_sync_mid_guard_t *guard,
											ha_sync_replay_policy_t *policy,
											ha_sync_resume_t *resume);

#endif /** HA_SYNC_FAILOVER_H_ @}*/
