/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_rules redirect_rules
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_RULES_H_
#define REDIRECT_RULES_H_

#include "redirect_group.h"
#include "redirect_rule.h"

typedef struct redirect_rules_t redirect_rules_t;

/**
 * The rules in the options, in order, and the groups they refer to.
 *
 * Locking: none, it's the owner's business.
 */
struct redirect_rules_t {

	/**
	 * Find the rule for a client.
	 *
	 * @param client	client
	 * @return			rule, NULL if there is none
	 */
	redirect_rule_t *(*find)(redirect_rules_t *this,
							 const redirect_client_t *client);

	/**
	 * Find a group.
	 *
	 * @param name		name
	 * @return			group, NULL if there is none
	 */
	redirect_group_t *(*find_group)(redirect_rules_t *this, const char *name);

	/**
	 * Check if there are rules for a moment.
	 *
	 * @param moment		moment
	 * @param connections	receives TRUE if names of connections matter, may be
	 *						NULL
	 * @return				TRUE if there are
	 */
	bool (*has)(redirect_rules_t *this, redirect_moment_t moment,
				bool *connections);

	/**
	 * Read rules and groups again.
	 */
	void (*reload)(redirect_rules_t *this);

	/**
	 * Destroy a redirect_rules_t.
	 */
	void (*destroy)(redirect_rules_t *this);
};

/**
 * Create an object without rules.
 *
 * @return			object
 */
redirect_rules_t *redirect_rules_create();

#endif /** REDIRECT_RULES_H_ @}*/
