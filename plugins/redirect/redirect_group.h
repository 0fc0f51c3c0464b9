/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_group redirect_group
 * @{ @ingroup redirect
 *
 * Targets that are written down in the options, and groups of them with
 * weights.
 */

#ifndef REDIRECT_GROUP_H_
#define REDIRECT_GROUP_H_

#include "redirect_choose.h"

#include <collections/linked_list.h>
#include <utils/identification.h>

typedef struct redirect_entry_t redirect_entry_t;
typedef struct redirect_group_t redirect_group_t;

/** entries a group may have */
#define REDIRECT_GROUP_MAX 64

/**
 * A target; in a group it may be the name of a member.
 */
struct redirect_entry_t {
	/** as written, without port */
	char *name;
	/** address or FQDN */
	identification_t *gateway;
	/** the address, NULL for an FQDN */
	host_t *host;
	/** UDP port, 0 for the usual one */
	uint16_t port;
	/** share of the clients */
	uint32_t weight;
	/** smooth weighted round-robin: who has most is next */
	int64_t current;
};

/**
 * A group.
 */
struct redirect_group_t {
	/** name */
	char *name;
	/** number of entries */
	u_int count;
	/** entries */
	redirect_entry_t entries[REDIRECT_GROUP_MAX];
};

/**
 * Parse a target: address or name, with ":<port>" or "[<IPv6>]:<port>".
 *
 * @param value		as written
 * @param entry		receives target, to be cleared
 * @return			FALSE if it is wrong
 */
bool redirect_entry_parse(const char *value, redirect_entry_t *entry);

/**
 * Free what is in a target.
 *
 * @param entry		target
 */
void redirect_entry_clear(redirect_entry_t *entry);

/**
 * Find the member a target is: by name, address or FQDN.
 *
 * @param entry		target
 * @param members	members
 * @param count		number of members
 * @return			member, NULL if it is none
 */
redirect_member_t *redirect_entry_member(const redirect_entry_t *entry,
								redirect_member_t *members[], u_int count);

/**
 * Parse a group: targets and their weights, "moon 3, alice, 192.0.2.1 2".
 *
 * @param name		name of the group
 * @param value		as written
 * @return			group, NULL if it is wrong (logged)
 */
redirect_group_t *redirect_group_parse(const char *name, const char *value);

/**
 * Choose a target, those with more weight more often.  Members that can't have
 * the client are left out.
 *
 * @param group		group
 * @param members	members
 * @param count		number of members
 * @param query		what is asked for
 * @return			target; NULL if there is none, or the client was redirected
 *					from another target of the group and stays here
 */
redirect_entry_t *redirect_group_choose(redirect_group_t *group,
								redirect_member_t *members[], u_int count,
								const redirect_query_t *query);

/**
 * Destroy a group.
 *
 * @param group		group
 */
void redirect_group_destroy(redirect_group_t *group);

#endif /** REDIRECT_GROUP_H_ @}*/
