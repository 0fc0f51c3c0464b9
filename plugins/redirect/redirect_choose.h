/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_choose redirect_choose
 * @{ @ingroup redirect
 *
 * Which member of the cluster serves a client: pure functions over what is
 * known of the members.
 */

#ifndef REDIRECT_CHOOSE_H_
#define REDIRECT_CHOOSE_H_

#include "redirect_load.h"

typedef struct redirect_member_t redirect_member_t;
typedef struct redirect_query_t redirect_query_t;

/**
 * What is known of a member.
 */
struct redirect_member_t {
	/** name */
	char *name;
	/** its load */
	redirect_load_t load;
	/** it is this daemon */
	bool self;
	/** its link is up and its load was told lately */
	bool alive;
	/** clients sent to it since its load was told */
	uint32_t pending;
};

/**
 * What is asked for.
 */
struct redirect_query_t {
	/** address of the client */
	host_t *client;
	/** gateway the client was redirected from, NULL if it was not */
	host_t *from;
	/** somebody in the cluster sent the client here: it comes from a member, or
	 * an anycast address */
	bool chosen;
	/** member the client had last, NULL if not known */
	char *sticky;
	/** this daemon must not have the client if any other can */
	bool leave;
	/** by how many percent another has to be better */
	uint32_t hysteresis;
};

/**
 * Get the load of a member as a number to compare: IKE SAs by weight, with
 * those under way, and what else it is busy with.
 *
 * @param member	member
 * @return			load
 */
uint64_t redirect_choose_score(const redirect_member_t *member);

/**
 * Check if clients may be sent to a member at the moment.
 *
 * @param member	member
 * @param client	address of the client, to be of the same family
 * @return			TRUE if so
 */
bool redirect_choose_possible(const redirect_member_t *member, host_t *client);

/**
 * Check if an address is that of a member.
 *
 * @param member	member
 * @param host		address
 * @return			TRUE if it is
 */
bool redirect_choose_is_at(const redirect_member_t *member, host_t *host);

/**
 * Choose the least loaded member.
 *
 * A client that comes from another member stays here, as that one has chosen:
 * members may see different loads, and would send it around.  It is sent back
 * there only if this one must not have it and no other can.
 *
 * @param members	members, this daemon among them
 * @param count		number of members
 * @param query		what is asked for
 * @return			member, NULL if it's this daemon, or none is possible
 */
redirect_member_t *redirect_choose_least(redirect_member_t *members[],
								u_int count, const redirect_query_t *query);

#endif /** REDIRECT_CHOOSE_H_ @}*/
