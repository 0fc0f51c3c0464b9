/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_lease ha_sync_lease
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_LEASE_H_
#define HA_SYNC_LEASE_H_

#include <sa/ike_sa.h>

typedef struct ha_sync_lease_t ha_sync_lease_t;

/**
 * Virtual IPs that the cluster has given to clients of replicated IKE_SAs.
 *
 * charon's address pools live in memory: those of a standby know nothing of
 * what the active gave out, and hand out addresses in sequence.  This object
 * sits in front of charon's attribute manager (whose public functions
 * acquire_address() and release_address() it replaces until it is destroyed;
 * a provider added to the manager would come after those of the plugins loaded
 * earlier) and
 * - never lets a client have an address leased to somebody else,
 * - gives a client that reauthenticates its own address again,
 * - frees a lease when the (replicated) IKE_SA is destroyed,
 * - enters the leases into the pools when the member gets active, so that
 *   `swanctl --list-pools --leases` shows them.
 *
 * Only leases of replicas are added; addresses that this member gives out
 * itself are in the pools.  A lease is known by address and remote identity
 * (ike_sa_t.get_other_eap_id()).
 *
 * Locking: a mutex is held while pools are changed by settle(); charon's
 * attribute manager and, as a temporary IKE_SA is created and destroyed,
 * charon's bus are called then.  So no function may be called in hooks of
 * charon's bus.
 */
struct ha_sync_lease_t {

	/**
	 * Add the leases of a replica: all virtual IPs of its peer.
	 *
	 * To be called once for each IKE_SA that was created for a record, after
	 * peer config, identities, hosts and virtual IPs were set.  There's
	 * nothing to call when it goes: its destroy() releases the virtual IPs,
	 * be it still passive or long since active.  Nor after rekeyings: those of
	 * this member move the virtual IPs to the new IKE_SA; one that is created
	 * for a rekeyed IKE SA of the active inherits those of its replica, which
	 * lost them without a release.
	 *
	 * @param ike_sa	IKE_SA, checked out
	 * @param inherits	TRUE if it takes the place of a replica that was rekeyed
	 */
	void (*add_replica)(ha_sync_lease_t *this, ike_sa_t *ike_sa, bool inherits);

	/**
	 * Enter leases into the pools, when this member gets active.
	 *
	 * May take some 10 us for each lease: call it by a job, after what the
	 * traffic needs.  If a client comes earlier, it is done then.
	 */
	void (*settle)(ha_sync_lease_t *this);

	/**
	 * Destroy a ha_sync_lease_t, charon's attribute manager is as before.
	 */
	void (*destroy)(ha_sync_lease_t *this);
};

/**
 * Create a ha_sync_lease_t, one for the daemon.
 *
 * @return				object
 */
ha_sync_lease_t *ha_sync_lease_create();

#endif /** HA_SYNC_LEASE_H_ @}*/
