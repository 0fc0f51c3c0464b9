/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_route redirect_route
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_ROUTE_H_
#define REDIRECT_ROUTE_H_

#include "redirect_lease_table.h"
#include "redirect_members.h"

typedef struct redirect_route_t redirect_route_t;

/**
 * Routes for inner addresses whose clients are at other members: what the
 * network behind the gateways still sends here goes on to them.
 *
 * Locking: a mutex, held while charon's kernel interface is called, and the
 * locks of leases and members are taken with it.
 */
struct redirect_route_t {

	/**
	 * Set or remove the route for an address, as its lease has changed.
	 *
	 * @param vip		inner address
	 */
	void (*update)(redirect_route_t *this, host_t *vip);

	/**
	 * Destroy a redirect_route_t, with its routes.
	 */
	void (*destroy)(redirect_route_t *this);
};

/**
 * Create a redirect_route_t.
 *
 * @param table		inner addresses, and which member has them
 * @param members	members of the cluster
 * @return			object
 */
redirect_route_t *redirect_route_create(redirect_lease_table_t *table,
										redirect_members_t *members);

#endif /** REDIRECT_ROUTE_H_ @}*/
