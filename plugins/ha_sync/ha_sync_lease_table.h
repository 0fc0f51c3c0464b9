/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_lease_table ha_sync_lease_table
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_LEASE_TABLE_H_
#define HA_SYNC_LEASE_TABLE_H_

#include <collections/array.h>
#include <collections/linked_list.h>
#include <networking/host.h>
#include <utils/identification.h>

typedef struct ha_sync_lease_table_t ha_sync_lease_table_t;
typedef struct ha_sync_lease_entry_t ha_sync_lease_entry_t;
typedef enum ha_sync_lease_state_t ha_sync_lease_state_t;

/**
 * Does charon's pool know of a lease?
 */
enum ha_sync_lease_state_t {
	/** not tried yet */
	HA_SYNC_LEASE_NEW,
	/** it is in the pool, for its identity */
	HA_SYNC_LEASE_SETTLED,
	/** it is not, the pool may offer it to others */
	HA_SYNC_LEASE_FOREIGN,
};

/**
 * An address leased to a client.
 */
struct ha_sync_lease_entry_t {
	/** address */
	host_t *vip;
	/** identity of the client */
	identification_t *id;
	/** host of the client */
	host_t *peer;
	/** names of pools (char*) */
	linked_list_t *pools;
	/** relation to the pool */
	ha_sync_lease_state_t state;
	/** number of IKE_SAs that have it */
	u_int count;
};

/**
 * Leases of replicas, see ha_sync_lease.h: by address, and by identity in case
 * members disagree about who has it.
 *
 * Locking: a mutex, a leaf: nothing else is called or locked while it is held.
 */
struct ha_sync_lease_table_t {

	/**
	 * Add a lease, or one more user of it.
	 *
	 * @param vip		address
	 * @param id		identity of the client
	 * @param peer		host of the client
	 * @param pools		names of pools (char*), adopted
	 * @param inherits	TRUE if the user takes the place of one that won't be
	 *					removed
	 */
	void (*add)(ha_sync_lease_table_t *this, host_t *vip, identification_t *id,
				host_t *peer, linked_list_t *pools,
				bool inherits);

	/**
	 * Remove one user of a lease.
	 *
	 * @param vip		address
	 * @param id		identity of the client
	 * @param last		receives the lease if that was its last user, else NULL;
	 *					to be destroyed
	 * @return			FALSE if there's no such lease
	 */
	bool (*remove)(ha_sync_lease_table_t *this, host_t *vip,
				   identification_t *id, ha_sync_lease_entry_t **last);

	/**
	 * Check if an address must not be given to an identity.
	 *
	 * That is so as well if it's the identity's own but the pool did not know
	 * of it: another IKE_SA of the client is using it.
	 *
	 * @param vip		address
	 * @param id		identity of the client
	 * @return			TRUE if it must not
	 */
	bool (*is_taken)(ha_sync_lease_table_t *this, host_t *vip,
					 identification_t *id);

	/**
	 * Check if a client that reauthenticates make-before-break asks for an
	 * address it has, it then has one more user.
	 *
	 * Pools do the same, but compare the port, too, which may be another one by
	 * now.
	 *
	 * @param vip		address
	 * @param id		identity of the client
	 * @param peer		host of the client
	 * @return			TRUE if it's the client's own
	 */
	bool (*use_own)(ha_sync_lease_table_t *this, host_t *vip,
					identification_t *id, host_t *peer);

	/**
	 * Check if there are leases the pools were not told of yet.
	 *
	 * @return			TRUE if there are
	 */
	bool (*has_new)(ha_sync_lease_table_t *this);

	/**
	 * Get these, sorted by address.
	 *
	 * @return			clones (ha_sync_lease_entry_t*)
	 */
	array_t* (*get_new)(ha_sync_lease_table_t *this);

	/**
	 * A pool was told of a lease.
	 *
	 * @param clone		lease of get_new()
	 * @param good		TRUE if it is in the pool now, for its identity
	 * @return			FALSE if the lease is gone
	 */
	bool (*settled)(ha_sync_lease_table_t *this, ha_sync_lease_entry_t *clone,
					bool good);

	/**
	 * Destroy a ha_sync_lease_table_t and its leases.
	 */
	void (*destroy)(ha_sync_lease_table_t *this);
};

/**
 * Destroy a lease.
 *
 * @param lease			lease
 */
void ha_sync_lease_entry_destroy(ha_sync_lease_entry_t *lease);

/**
 * Create an empty table.
 *
 * @return				table
 */
ha_sync_lease_table_t *ha_sync_lease_table_create();

#endif /** HA_SYNC_LEASE_TABLE_H_ @}*/
