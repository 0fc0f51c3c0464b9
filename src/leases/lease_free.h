/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup lease_free lease_free
 * @{ @ingroup leases
 *
 * Addresses of charon's pools that nobody else in the cluster has.
 */

#ifndef LEASE_FREE_H_
#define LEASE_FREE_H_

#include <attributes/attribute_manager.h>

/** most addresses of a pool that are skipped for a client */
#define LEASE_FREE_SKIP 16384

/**
 * Checks if an address must not be given to a client.
 *
 * @param user		user data
 * @param vip		address a pool offers
 * @param id		identity of the client
 * @return			TRUE if it must not
 */
typedef bool (*lease_free_taken_t)(void *user, host_t *vip,
								   identification_t *id);

/**
 * Acquire an address for a client, skip those that are taken.
 *
 * For those who replace functions of charon's attribute manager.
 *
 * @param original	functions that were replaced
 * @param manager	attribute manager
 * @param pools		names of pools (char*)
 * @param ike_sa	IKE_SA of the client
 * @param requested	address the client asks for
 * @param taken		says which are taken
 * @param user		data for it
 * @return			address, NULL if there is none
 */
host_t *lease_free_acquire(attribute_manager_t *original,
						   attribute_manager_t *manager, linked_list_t *pools,
						   ike_sa_t *ike_sa, host_t *requested,
						   lease_free_taken_t taken, void *user);

#endif /** LEASE_FREE_H_ @}*/
