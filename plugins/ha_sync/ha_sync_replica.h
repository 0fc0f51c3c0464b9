/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_replica ha_sync_replica
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_REPLICA_H_
#define HA_SYNC_REPLICA_H_

#include "ha_sync_capture.h"
#include "ha_sync_counters.h"
#include "ha_sync_lease.h"
#include "ha_sync_registry.h"

typedef struct ha_sync_replica_t ha_sync_replica_t;

/**
 * Makes and keeps copies of IKE SAs as passive IKE_SAs with installed
 * CHILD_SAs.
 *
 * All functions check IKE_SAs out, so they must not be called in hooks of
 * charon's bus or with a lock held.  They take the records from the registry,
 * so calls may be repeated.
 *
 * Locking: one mutex of its own for how much is logged, a leaf.
 */
struct ha_sync_replica_t {

	/**
	 * Make or complete the copy of an IKE SA and its children.
	 *
	 * A failure is noted in the registry.
	 *
	 * @param spis		name of the IKE SA
	 * @return			TRUE if it is complete
	 */
	bool (*make)(ha_sync_replica_t *this, const ha_sync_spis_t *spis);

	/**
	 * Apply changes to the copy of an IKE SA.
	 *
	 * @param spis		name of the IKE SA
	 */
	void (*update)(ha_sync_replica_t *this, const ha_sync_spis_t *spis);

	/**
	 * Make or change the copy of a CHILD SA.
	 *
	 * @param id		name of the CHILD SA
	 */
	void (*child)(ha_sync_replica_t *this, const ha_sync_child_id_t *id);

	/**
	 * Remove the copy of an IKE SA; a live one is left alone.
	 *
	 * @param spis		name of the IKE SA
	 */
	void (*remove)(ha_sync_replica_t *this, const ha_sync_spis_t *spis);

	/**
	 * Remove the copy of a CHILD SA.
	 *
	 * @param id		name of the CHILD SA
	 */
	void (*remove_child)(ha_sync_replica_t *this,
						 const ha_sync_child_id_t *id);

	/**
	 * Let a live IKE_SA be silent: it is passive from now on, but its CHILD_SAs
	 * stay as they are in the kernel.
	 *
	 * @param spis		name of the IKE SA
	 */
	void (*silence)(ha_sync_replica_t *this, const ha_sync_spis_t *spis);

	/**
	 * Turn an IKE_SA that was live, see silence(), into a copy as make() makes
	 * it.  SAs and policies stay in the kernel, so no packet leaves in clear
	 * meanwhile; outbound sequence numbers are moved ahead as for any copy, so
	 * packets must not get here anymore.
	 *
	 * @param spis		name of the IKE SA
	 */
	void (*demote)(ha_sync_replica_t *this, const ha_sync_spis_t *spis);

	/**
	 * Drop a live IKE_SA without telling the peer or the other members.
	 *
	 * @param spis		name of the IKE SA
	 */
	void (*drop)(ha_sync_replica_t *this, const ha_sync_spis_t *spis);

	/**
	 * Destroy a ha_sync_replica_t; IKE_SAs are left to charon.
	 */
	void (*destroy)(ha_sync_replica_t *this);
};

/**
 * Create a replica.
 *
 * @param registry		registry
 * @param counters		sets counters in the kernel
 * @param capture		to stop watching IKE_SAs that are dropped
 * @param caps			knows what can be synced with peers
 * @param lease			keeps the virtual IPs of copies from being given away
 * @return				replica
 */
ha_sync_replica_t *ha_sync_replica_create(ha_sync_registry_t *registry,
										  ha_sync_counters_t *counters,
										  ha_sync_capture_t *capture,
										  ha_sync_mid_caps_t *caps,
										  ha_sync_lease_t *lease);

#endif /** HA_SYNC_REPLICA_H_ @}*/
