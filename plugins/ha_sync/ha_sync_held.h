/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_held ha_sync_held
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_HELD_H_
#define HA_SYNC_HELD_H_

#include "ha_sync_record.h"

#include <sa/ike_sa.h>

typedef struct ha_sync_held_t ha_sync_held_t;

/**
 * IKE SAs that must not send ordinary requests: see ha_sync_state.
 *
 * Look-ups cost one atomic read if there are none.
 *
 * Locking: one mutex, a leaf.  May be called in hooks of charon's bus, with the
 * IKE_SA checked out.
 */
struct ha_sync_held_t {

	/**
	 * Add an IKE SA, or note that one failed.
	 *
	 * @param ike_sa	IKE_SA
	 * @param failed	TRUE if it FAILED
	 * @return			FALSE if it was FAILED before
	 */
	bool (*add)(ha_sync_held_t *this, ike_sa_t *ike_sa, bool failed);

	/**
	 * Remove an IKE SA.
	 *
	 * @param spis		its name
	 * @return			TRUE if it was FAILED
	 */
	bool (*remove)(ha_sync_held_t *this, const ha_sync_spis_t *spis);

	/**
	 * Check if an IKE SA is here.
	 *
	 * @param spis		its name
	 * @return			TRUE if so
	 */
	bool (*has)(ha_sync_held_t *this, const ha_sync_spis_t *spis);

	/**
	 * Check if an IKE SA is FAILED.
	 *
	 * @param ike_sa	IKE_SA
	 * @return			TRUE if so
	 */
	bool (*is_failed)(ha_sync_held_t *this, ike_sa_t *ike_sa);

	/**
	 * Find a FAILED IKE SA between the same identities as another one, and
	 * don't find it again.
	 *
	 * @param ike_sa	IKE_SA that may be its replacement
	 * @param spis		receives name of the FAILED one
	 * @return			FALSE if there's none
	 */
	bool (*find_replaced)(ha_sync_held_t *this, ike_sa_t *ike_sa,
						  ha_sync_spis_t *spis);

	/**
	 * Get the number of FAILED IKE SAs.
	 *
	 * @return			number
	 */
	uint32_t (*get_failed)(ha_sync_held_t *this);

	/**
	 * Destroy a ha_sync_held_t.
	 */
	void (*destroy)(ha_sync_held_t *this);
};

/**
 * Create an empty table.
 *
 * @return				table
 */
ha_sync_held_t *ha_sync_held_create();

#endif /** HA_SYNC_HELD_H_ @}*/
