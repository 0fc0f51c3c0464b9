/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_lease redirect_lease
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_LEASE_H_
#define REDIRECT_LEASE_H_

#include "redirect_gateway.h"
#include "redirect_lease_table.h"
#include "redirect_members.h"

#include "sync_channel.h"

typedef struct redirect_lease_t redirect_lease_t;

/**
 * Keeps the inner addresses of clients that move between members.
 *
 * Members use pools with the same addresses and tell each other what their
 * clients have (domain SYNC_REDIRECT).  None gives out what a client of another
 * has.  A client that was redirected from a member, or from the address by
 * which it reached one, as its IKE_SA_INIT request says, and authenticates as
 * the identity that has an address there gets it, while the old IKE SA still
 * lives (make before break); so does one whose member is dead.  Addresses that
 * moved are not in a pool of the new member: they are in its table only.
 *
 * Two members may give the same address to two clients before they hear of each
 * other's lease: the IKE SA of the member whose name sorts last is deleted.
 *
 * With ha-sync on the same members, the client of an IKE SA that was taken over
 * is this member's from then on.  Copies don't count, and what ha-sync itself
 * knows of their addresses is its own business: it has replaced the same
 * functions, and is asked like charon.
 *
 * charon's attribute manager has no place for that, so its functions
 * acquire_address() and release_address() are replaced while this object
 * exists.
 *
 * Locking: a mutex for changes of own leases, the table and the channel are
 * called with it.  redirect_lease_table and redirect_route have their own.
 */
struct redirect_lease_t {

	/** for messages about leases; member_up and member_down are not used */
	sync_subscriber_t subscriber;

	/** leases, for the status */
	redirect_lease_table_t *table;

	/**
	 * Destroy a redirect_lease_t, charon's attribute manager is as before.
	 */
	void (*destroy)(redirect_lease_t *this);
};

/**
 * Create a redirect_lease_t, one for the daemon.
 *
 * @param channel	sync channel
 * @param members	members of the cluster
 * @param gateway	knows where clients come from
 * @return			object
 */
redirect_lease_t *redirect_lease_create(sync_channel_t *channel,
										redirect_members_t *members,
										redirect_gateway_t *gateway);

#endif /** REDIRECT_LEASE_H_ @}*/
