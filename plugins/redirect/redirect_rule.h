/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_rule redirect_rule
 * @{ @ingroup redirect
 *
 * A rule of the policy: which clients, when, and where to.
 */

#ifndef REDIRECT_RULE_H_
#define REDIRECT_RULE_H_

#include "redirect_group.h"
#include "redirect_match.h"

typedef struct redirect_rule_t redirect_rule_t;
typedef struct redirect_client_t redirect_client_t;
typedef enum redirect_moment_t redirect_moment_t;
typedef enum redirect_kind_t redirect_kind_t;

/**
 * When a client is redirected, bits.
 */
enum redirect_moment_t {
	/** in the IKE_SA_INIT response, nothing is authenticated */
	REDIRECT_INIT = (1 << 0),
	/** in the last IKE_AUTH response */
	REDIRECT_AUTH = (1 << 1),
	/** by an INFORMATIONAL of an established IKE SA */
	REDIRECT_ESTABLISHED = (1 << 2),
};

/**
 * Kind of target.
 */
enum redirect_kind_t {
	/** this daemon serves the client */
	REDIRECT_SELF,
	/** a gateway */
	REDIRECT_FIXED,
	/** one of a group, by weight */
	REDIRECT_GROUP,
	/** least loaded member */
	REDIRECT_LEAST,
};

/**
 * What is known of a client.
 */
struct redirect_client_t {
	/** moment */
	redirect_moment_t moment;
	/** address of this daemon the client uses */
	host_t *local;
	/** address of the client */
	host_t *remote;
	/** its authenticated identity, NULL in moment init */
	identification_t *id;
	/** names of connections it may use, char*: all that match its address in
	 * moment init, the one it uses later */
	linked_list_t *connections;
	/** groups it authenticated for, identification_t*; NULL if none */
	linked_list_t *groups;
	/** gateway it was redirected from, NULL if it was not */
	host_t *from;
	/** it understands ports */
	bool ports;
};

/**
 * A rule.
 */
struct redirect_rule_t {
	/** name of its section */
	char *name;
	/** rules are tried in this order, then in that of the file */
	uint32_t order;
	/** moments, redirect_moment_t */
	u_int moments;
	/** names of connections with wildcards, NULL for any */
	linked_list_t *connections;
	/** identities with wildcards, NULL for any */
	linked_list_t *ids;
	/** subnets of clients, NULL for any */
	linked_list_t *sources;
	/** groups, identities with wildcards, NULL for any */
	linked_list_t *groups;
	/** kind of target */
	redirect_kind_t kind;
	/** REDIRECT_FIXED: target */
	redirect_entry_t target;
	/** REDIRECT_GROUP: name of the group */
	char *group;
};

/**
 * Read a rule from its section, log what is wrong with it.
 *
 * @param name		name of the section in "rules"
 * @return			rule, NULL if it is wrong
 */
redirect_rule_t *redirect_rule_load(const char *name);

/**
 * Check if a rule is for a client.
 *
 * A rule with connections matches in moment init only if all connections that
 * the client may use are meant.
 *
 * @param rule		rule
 * @param client	client
 * @return			TRUE if so
 */
bool redirect_rule_matches(const redirect_rule_t *rule,
						   const redirect_client_t *client);

/**
 * Destroy a rule.
 *
 * @param rule		rule
 */
void redirect_rule_destroy(redirect_rule_t *rule);

#endif /** REDIRECT_RULE_H_ @}*/
