/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_policy redirect_policy
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_POLICY_H_
#define REDIRECT_POLICY_H_

#include "redirect_config.h"
#include "redirect_members.h"
#include "redirect_rule.h"

typedef struct redirect_policy_t redirect_policy_t;
typedef struct redirect_decision_t redirect_decision_t;

/**
 * Where a client is redirected to.
 */
struct redirect_decision_t {
	/** gateway, as charon knows it */
	identification_t *gateway;
	/** its UDP port, 0 for the usual one */
	uint16_t port;
	/** why: name of the rule, or "drain", "shed", "anycast"; allocated */
	char *why;
};

/**
 * Decides which clients are redirected, and where to: the rules of the options,
 * and the built-in ones of a gateway that is drained, above a limit (shed), or
 * used by an anycast address.
 *
 * Decisions only use what is in memory, so they can be made in hooks of
 * charon's bus.
 *
 * Locking: a read/write lock for rules and groups, written by reload() only;
 * redirect_members, redirect_sticky and charon's settings are used with it.
 */
struct redirect_policy_t {

	/**
	 * Decide about a client.
	 *
	 * @param client	client
	 * @param decision	receives decision, to be cleared
	 * @return			TRUE if it is redirected
	 */
	bool (*decide)(redirect_policy_t *this, const redirect_client_t *client,
				   redirect_decision_t *decision);

	/**
	 * Check if any client could be redirected in a moment.
	 *
	 * @param moment		moment
	 * @param connections	receives TRUE if names of connections matter, may
	 *						be NULL
	 * @return				TRUE if so
	 */
	bool (*is_active)(redirect_policy_t *this, redirect_moment_t moment,
					  bool *connections);

	/**
	 * Check if there are rules for a moment.
	 *
	 * @param moment	moment
	 * @return			TRUE if so
	 */
	bool (*has_rules)(redirect_policy_t *this, redirect_moment_t moment);

	/**
	 * Read rules and groups again.
	 *
	 * @param config	other options, have to exist until the next call
	 */
	void (*reload)(redirect_policy_t *this, const redirect_config_t *config);

	/**
	 * Destroy a redirect_policy_t.
	 */
	void (*destroy)(redirect_policy_t *this);
};

/**
 * Free what is in a decision.
 *
 * @param decision	decision
 */
void redirect_decision_clear(redirect_decision_t *decision);

/**
 * Create a policy without rules.
 *
 * @param members	members of the cluster
 * @return			policy
 */
redirect_policy_t *redirect_policy_create(redirect_members_t *members);

#endif /** REDIRECT_POLICY_H_ @}*/
