/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_lease_pool ha_sync_lease_pool
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_LEASE_POOL_H_
#define HA_SYNC_LEASE_POOL_H_

#include <attributes/attribute_manager.h>

typedef struct ha_sync_lease_pool_t ha_sync_lease_pool_t;

/**
 * Acquires given addresses from charon's pools, for short use by one thread.
 *
 * Pools can't be asked for a certain address: a new client gets the next that
 * was never used.  So addresses are best acquired in ascending order: those in
 * between are acquired, too, and are released by destroy().
 *
 * Locking: none.  The bus and the attribute manager are called.
 */
struct ha_sync_lease_pool_t {

	/**
	 * Acquire an address.
	 *
	 * @param pools		names of pools (char*)
	 * @param vip		address
	 * @param id		identity that gets it
	 * @param peer		remote host that gets it
	 * @return			FALSE if the address can't be had
	 */
	bool (*acquire)(ha_sync_lease_pool_t *this, linked_list_t *pools,
					host_t *vip, identification_t *id, host_t *peer);

	/**
	 * Release an address acquired before, by this or another object.
	 *
	 * @param pools		names of pools (char*)
	 * @param vip		address
	 * @param id		identity that had it
	 */
	void (*release)(ha_sync_lease_pool_t *this, linked_list_t *pools,
					host_t *vip, identification_t *id);

	/**
	 * Destroy a ha_sync_lease_pool_t.
	 */
	void (*destroy)(ha_sync_lease_pool_t *this);
};

/**
 * Create a ha_sync_lease_pool_t.
 *
 * @param manager		copy of charon's attribute manager's functions as they
 *						were before they were replaced
 * @return				object
 */
ha_sync_lease_pool_t *ha_sync_lease_pool_create(attribute_manager_t *manager);

#endif /** HA_SYNC_LEASE_POOL_H_ @}*/
