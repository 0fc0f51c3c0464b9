/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_lease_table redirect_lease_table
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_LEASE_TABLE_H_
#define REDIRECT_LEASE_TABLE_H_

#include <collections/array.h>
#include <networking/host.h>
#include <utils/identification.h>

typedef struct redirect_lease_table_t redirect_lease_table_t;

/** addresses at most, those beyond are not known here */
#define REDIRECT_LEASE_MAX 262144

/**
 * Checks if a lease of a member may be taken over.
 *
 * @param user		user data
 * @param owner		name of the member
 * @param gateway	address the client has as that of its gateway, NULL if not
 *					known
 * @return			TRUE if it may
 */
typedef bool (*redirect_lease_filter_t)(void *user, const char *owner,
										host_t *gateway);

/**
 * Called for leases of this daemon.
 *
 * @param user		user data
 * @param vip		inner address
 * @param id		identity of the client
 * @param gateway	address the client has as that of its gateway, may be NULL
 * @return			FALSE to stop
 */
typedef bool (*redirect_lease_cb_t)(void *user, host_t *vip,
									identification_t *id, host_t *gateway);

/**
 * Inner addresses of clients in the cluster: who has which, by which member.
 *
 * Locking: a mutex, a leaf; callbacks of find() are called with it.
 */
struct redirect_lease_table_t {

	/**
	 * Add a lease, or one more user of it.
	 *
	 * @param vip		inner address
	 * @param id		identity of the client
	 * @param owner		name of the member, NULL for this daemon
	 * @param gateway	address the client has as that of its gateway, NULL if
	 *					not known
	 * @param adopted	it's not from a pool of this daemon
	 * @return			TRUE if it's a new one
	 */
	bool (*add)(redirect_lease_table_t *this, host_t *vip,
				identification_t *id, const char *owner, host_t *gateway,
				bool adopted);

	/**
	 * Remove a user of a lease; with an owner the lease.
	 *
	 * @param vip		inner address
	 * @param id		identity of the client
	 * @param owner		name of the member, NULL for this daemon
	 * @param adopted	receives TRUE if it's not from a pool, may be NULL
	 * @return			TRUE if it's gone
	 */
	bool (*remove)(redirect_lease_table_t *this, host_t *vip,
				   identification_t *id, const char *owner, bool *adopted);

	/**
	 * Check if another member has an address.
	 *
	 * @param vip		inner address
	 * @return			TRUE if so
	 */
	bool (*is_taken)(redirect_lease_table_t *this, host_t *vip);

	/**
	 * Find a client of this daemon that has the address of another client.
	 *
	 * @param vip		inner address
	 * @param id		identity of the other client
	 * @return			its identity, allocated; NULL if there is none
	 */
	identification_t *(*get_rival)(redirect_lease_table_t *this, host_t *vip,
								   identification_t *id);

	/**
	 * Check if a client has an address here that is not from a pool.
	 *
	 * @param vip		inner address
	 * @param id		identity of the client
	 * @return			TRUE if so
	 */
	bool (*is_adopted)(redirect_lease_table_t *this, host_t *vip,
					   identification_t *id);

	/**
	 * Find an address of a client that another member has, and this daemon has
	 * not.
	 *
	 * @param id		identity of the client
	 * @param requested	address, or any of its family if it's none
	 * @param filter	says which members count
	 * @param user		data for it
	 * @return			address, NULL if there is none, or several: the client
	 *					may be one of several devices with that identity
	 */
	host_t *(*find)(redirect_lease_table_t *this, identification_t *id,
					host_t *requested, redirect_lease_filter_t filter,
					void *user);

	/**
	 * Remember the IKE SA of a lease of this daemon whose client was told to
	 * leave.
	 *
	 * @param vip		inner address
	 * @param id		identity of the client
	 * @param ike_sa	unique ID of the IKE SA
	 */
	void (*leaves)(redirect_lease_table_t *this, host_t *vip,
				   identification_t *id, uint32_t ike_sa);

	/**
	 * Get that IKE SA.
	 *
	 * @param vip		inner address
	 * @param id		identity of the client
	 * @return			unique ID, 0 if it was not told to leave
	 */
	uint32_t (*get_leaving)(redirect_lease_table_t *this, host_t *vip,
							identification_t *id);

	/**
	 * Traffic for a lease of this daemon goes to its new member from now on.
	 *
	 * @param vip		inner address
	 * @param id		identity of the client
	 */
	void (*hand_over)(redirect_lease_table_t *this, host_t *vip,
					  identification_t *id);

	/**
	 * Get the member that traffic for an address has to go to.
	 *
	 * @param vip		inner address
	 * @return			name of the member, allocated; NULL if it's this daemon,
	 *					or nobody
	 */
	char *(*get_owner)(redirect_lease_table_t *this, host_t *vip);

	/**
	 * Mark all leases of a member: it tells them again.
	 *
	 * @param owner		name of the member
	 */
	void (*mark)(redirect_lease_table_t *this, const char *owner);

	/**
	 * Remove the leases of a member that are still marked.
	 *
	 * @param owner		name of the member
	 * @return			their addresses (host_t*), allocated
	 */
	array_t *(*sweep)(redirect_lease_table_t *this, const char *owner);

	/**
	 * Call back with copies of all leases of this daemon, without the lock.
	 *
	 * @param cb		callback
	 * @param user		data for it
	 */
	void (*each)(redirect_lease_table_t *this, redirect_lease_cb_t cb,
				 void *user);

	/**
	 * Get the number of leases.
	 *
	 * @param own		receives number of those of this daemon
	 * @param others	receives number of those of other members
	 */
	void (*count)(redirect_lease_table_t *this, u_int *own, u_int *others);

	/**
	 * Destroy a redirect_lease_table_t.
	 */
	void (*destroy)(redirect_lease_table_t *this);
};

/**
 * Create an empty table.
 *
 * @return			table
 */
redirect_lease_table_t *redirect_lease_table_create();

#endif /** REDIRECT_LEASE_TABLE_H_ @}*/
