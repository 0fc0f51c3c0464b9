/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_failed ha_sync_failed
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_FAILED_H_
#define HA_SYNC_FAILED_H_

#include "ha_sync_capture.h"
#include "ha_sync_held.h"
#include "ha_sync_mid_caps.h"

typedef struct ha_sync_failed_t ha_sync_failed_t;

/**
 * How long a FAILED IKE SA waits for its replacement, in s.
 */
#define HA_SYNC_FAILED_TIMEOUT 30

/**
 * How long a FAILED IKE SA stays when its replacement is there, in ms: the peer
 * may use its CHILD SAs a moment longer.
 */
#define HA_SYNC_FAILED_OVERLAP 1000

/**
 * What becomes of FAILED IKE SAs, see ha_sync_state_t.
 *
 * A FAILED IKE SA is not used for messages anymore, but its CHILD SAs are.  The
 * original initiator sets up a new one with the same CHILD SAs, `sync_rate` per
 * second at most; when that has CHILD SAs the old one is destroyed, on both
 * sides, or after HA_SYNC_FAILED_TIMEOUT.  Nothing is sent to delete it:
 * message IDs are not to be trusted.
 *
 * charon shows FAILED IKE SAs as REKEYED: it sends nothing in this state.
 *
 * Locking: none of its own, the table of held IKE SAs has a mutex, a leaf;
 * counts are atomic.
 */
struct ha_sync_failed_t {

	/**
	 * An IKE_SA failed; does nothing if it did before.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller, not in a hook
	 * @param why		reason, for the log
	 */
	void (*fail)(ha_sync_failed_t *this, ike_sa_t *ike_sa, char *why);

	/**
	 * An IKE_SA has a CHILD SA: the FAILED one it replaces, if there is one,
	 * goes after HA_SYNC_FAILED_OVERLAP.
	 *
	 * May be called in hooks of charon's bus.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 */
	void (*replaced)(ha_sync_failed_t *this, ike_sa_t *ike_sa);

	/**
	 * Get numbers since the daemon's start.
	 *
	 * @param failed	receives the number of IKE SAs that FAILED
	 * @param initiated	receives the number of those set up again by us
	 */
	void (*get_counts)(ha_sync_failed_t *this, uint32_t *failed,
					   uint32_t *initiated);

	/**
	 * The configuration changed.
	 */
	void (*reload)(ha_sync_failed_t *this);

	/**
	 * Destroy a ha_sync_failed_t, when no jobs are run anymore.
	 */
	void (*destroy)(ha_sync_failed_t *this);
};

/**
 * Create the object.
 *
 * @param held			table of held IKE SAs
 * @param caps			knows what is UNSYNED
 * @param capture		watches live IKE_SAs
 * @return				object
 */
ha_sync_failed_t *ha_sync_failed_create(ha_sync_held_t *held,
										ha_sync_mid_caps_t *caps,
										ha_sync_capture_t *capture);

#endif /** HA_SYNC_FAILED_H_ @}*/
