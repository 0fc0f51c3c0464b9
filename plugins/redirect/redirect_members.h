/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_members redirect_members
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_MEMBERS_H_
#define REDIRECT_MEMBERS_H_

#include "redirect_choose.h"

#include "sync_channel.h"

typedef struct redirect_members_t redirect_members_t;

/**
 * Calls back with the members, while they are locked.
 *
 * @param user		data given with the callback
 * @param members	members, this daemon is the first; pending may be changed,
 *					and the numbers and flags of this daemon's load
 * @param count		number of members
 */
typedef void (*redirect_members_cb_t)(void *user, redirect_member_t *members[],
									  u_int count);

/**
 * The members of the cluster and their load, told by them over the sync channel
 * (domain SYNC_REDIRECT) in intervals, and at once when they begin or end to
 * want no clients.
 *
 * A member whose link is down, or that was silent for too long, is not alive.
 *
 * Locking: a mutex; the callback of use() is called with it, and must not take
 * other locks but leaves.  Another one for tell(), which calls the channel with
 * it.
 */
struct redirect_members_t {

	/** to be subscribed by the owner */
	sync_subscriber_t subscriber;

	/**
	 * Tell others about this daemon's load.
	 */
	void (*tell)(redirect_members_t *this);

	/**
	 * Set options, and take new members from the cluster's configuration.
	 *
	 * @param load		this daemon's address, name, weight and limit; its
	 *					content is adopted, the rest of it is ignored
	 * @param stale		silence after which a member counts as dead, in ms
	 */
	void (*configure)(redirect_members_t *this, redirect_load_t *load,
					  uint32_t stale);

	/**
	 * Look at the members.
	 *
	 * @param cb		called once, with the lock
	 * @param user		data for it
	 */
	void (*use)(redirect_members_t *this, redirect_members_cb_t cb, void *user);

	/**
	 * Destroy a redirect_members_t.
	 */
	void (*destroy)(redirect_members_t *this);
};

/**
 * Create the table, with this daemon in it.
 *
 * @param name		name of this member
 * @param channel	sync channel, NULL if there is no cluster
 * @return			table
 */
redirect_members_t *redirect_members_create(const char *name,
											sync_channel_t *channel);

#endif /** REDIRECT_MEMBERS_H_ @}*/
