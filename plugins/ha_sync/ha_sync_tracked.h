/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_tracked ha_sync_tracked
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_TRACKED_H_
#define HA_SYNC_TRACKED_H_

#include "ha_sync_counters.h"
#include "ha_sync_exchanges.h"
#include "ha_sync_mid_caps.h"
#include "ha_sync_registry.h"
#include "ha_sync_sender.h"

#include <sa/ike_sa.h>

typedef struct ha_sync_tracked_t ha_sync_tracked_t;

/**
 * What the other members know about a live IKE_SA, and what is to be told.
 *
 * Locking: none, it is used by the thread only that has the IKE_SA checked out.
 */
struct ha_sync_tracked_t {

	/**
	 * Note a key derivation.
	 *
	 * @param round		round, adopted; a round without PRF starts anew
	 * @param old		IKE SA that gets rekeyed by it, or NULL
	 */
	void (*add_round)(ha_sync_tracked_t *this, ha_sync_round_t *round,
					  const ha_sync_spis_t *old);

	/**
	 * Note the ID of the PPK.
	 *
	 * @param id		ID, adopted
	 */
	void (*set_ppk_id)(ha_sync_tracked_t *this, identification_t *id);

	/**
	 * Note the keys of a new CHILD SA.
	 *
	 * @param spi_in	inbound SPI
	 * @param initiator	TRUE if we initiated it
	 * @param encr_i	encryption key of initiator, cloned
	 * @param encr_r	encryption key of responder, cloned
	 * @param integ_i	integrity key of initiator, cloned
	 * @param integ_r	integrity key of responder, cloned
	 */
	void (*add_child_keys)(ha_sync_tracked_t *this, uint32_t spi_in,
						   bool initiator, chunk_t encr_i, chunk_t encr_r,
						   chunk_t integ_i, chunk_t integ_r);

	/**
	 * Tell the others at once that the message IDs were set.
	 *
	 * @param ike_sa	IKE_SA
	 * @param mids		message IDs
	 */
	void (*set_mids)(ha_sync_tracked_t *this, ike_sa_t *ike_sa,
					 const ha_sync_mids_t *mids);

	/**
	 * Start from what is known already: the IKE_SA was a copy.
	 *
	 * @param ike_sa	IKE_SA
	 * @param ike		its record
	 */
	void (*adopt)(ha_sync_tracked_t *this, ike_sa_t *ike_sa,
				  const ha_sync_ike_t *ike);

	/**
	 * Take over the children from the IKE_SA that this one rekeyed.
	 *
	 * @param old		what is known about the old IKE_SA
	 */
	void (*inherit)(ha_sync_tracked_t *this, ha_sync_tracked_t *old);

	/**
	 * Tell the others what changed since the last call.
	 *
	 * @param ike_sa	IKE_SA
	 * @return			TRUE if a CHILD SA was told for the first time
	 */
	bool (*update)(ha_sync_tracked_t *this, ike_sa_t *ike_sa);

	/**
	 * Tell the others that the IKE_SA is gone, once.
	 *
	 * @param ike_sa	IKE_SA
	 */
	void (*gone)(ha_sync_tracked_t *this, ike_sa_t *ike_sa);

	/** message IDs and last messages, told with update(); not to be replaced */
	ha_sync_exchanges_t *exchanges;

	/** time spent in hooks until the first CHILD SA was told, in ns */
	uint64_t hook_time;

	/** TRUE while hook_time is summed up */
	bool timing;

	/** sequence number of the last record about the IKE_SA, or a later one */
	uint64_t seq;

	/** TRUE while a job to call update() is queued */
	bool refresh;

	/** TRUE if update() has to be called before the next packet leaves */
	bool due;

	/** TRUE if the IKE_SA ends with this packet */
	bool farewell;

	/**
	 * Destroy a ha_sync_tracked_t.
	 */
	void (*destroy)(ha_sync_tracked_t *this);
};

/**
 * Create an object that knows nothing.
 *
 * @param group			name of the group, not copied
 * @param registry		registry to store records in
 * @param sender		sends records to the other members
 * @param counters		watches the kernel's counters
 * @param caps			knows what can be synced with peers
 * @return				object
 */
ha_sync_tracked_t *ha_sync_tracked_create(char *group,
										  ha_sync_registry_t *registry,
										  ha_sync_sender_t *sender,
										  ha_sync_counters_t *counters,
										  ha_sync_mid_caps_t *caps);

#endif /** HA_SYNC_TRACKED_H_ @}*/
