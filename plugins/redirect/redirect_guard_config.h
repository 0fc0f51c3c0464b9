/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_guard_config redirect_guard_config
 * @{ @ingroup redirect
 *
 * Options of the client's side, for all connections or one.
 */

#ifndef REDIRECT_GUARD_CONFIG_H_
#define REDIRECT_GUARD_CONFIG_H_

#include "redirect_match.h"

#include "ike_wire_redirect.h"

typedef struct redirect_guard_config_t redirect_guard_config_t;

/**
 * Options.
 */
struct redirect_guard_config_t {
	/** follow REDIRECTs in IKE_SA_INIT responses, which anybody on the path can
	 * make */
	bool init;
	/** announce that ports are understood */
	bool ports;
	/** ask the new gateway for the inner address */
	bool keep_inner;
	/** redirects followed in the period, for the set up of an IKE SA */
	uint32_t max_redirects;
	/** period, in s */
	uint32_t period;
	/** time a name may take to be resolved, in s */
	uint32_t resolve_timeout;
	/** targets are restricted */
	bool restricted;
	/** subnets of targets, traffic_selector_t*; NULL for none */
	linked_list_t *subnets;
	/** names of targets with wildcards, NULL for none */
	linked_list_t *names;
	/** identities a gateway may have, NULL for what the connection says */
	linked_list_t *identity;
	/** those it may have as well after an authenticated redirect */
	linked_list_t *identities;
};

/**
 * Read the options for a connection.
 *
 * @param connection	name of the connection, NULL for the common ones
 * @param config		receives options, to be cleared
 */
void redirect_guard_config_load(const char *connection,
								redirect_guard_config_t *config);

/**
 * Log what is wrong with all options of the client's side.
 */
void redirect_guard_config_check();

/**
 * Check if a gateway is an allowed target.
 *
 * @param config		options
 * @param gateway		gateway
 * @return				TRUE if it may be used
 */
bool redirect_guard_config_allows(const redirect_guard_config_t *config,
								  const ike_wire_gateway_t *gateway);

/**
 * Check if a gateway's authenticated identity is an allowed one, beyond what
 * the connection says.
 *
 * @param config		options
 * @param id			identity
 * @param listed		TRUE if an authenticated redirect led there
 * @return				TRUE if it is
 */
bool redirect_guard_config_trusts(const redirect_guard_config_t *config,
								  identification_t *id, bool listed);

/**
 * Free what is in options.
 *
 * @param config		options
 */
void redirect_guard_config_clear(redirect_guard_config_t *config);

#endif /** REDIRECT_GUARD_CONFIG_H_ @}*/
