/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_match redirect_match
 * @{ @ingroup redirect
 *
 * Lists in options that clients and targets are compared with.
 */

#ifndef REDIRECT_MATCH_H_
#define REDIRECT_MATCH_H_

#include <collections/linked_list.h>
#include <networking/host.h>
#include <utils/identification.h>

/**
 * Parse a list of addresses and subnets, separated by commas or spaces.
 *
 * @param value		value of an option, or NULL
 * @param what		name of the option for the log
 * @return			list of traffic_selector_t*, what is no subnet is logged and
 *					left out; NULL if it's no option or all were left out
 */
linked_list_t *redirect_match_subnets(char *value, const char *what);

/**
 * Check if an address is in one of the subnets.
 *
 * @param subnets	subnets, or NULL for none
 * @param host		address
 * @return			TRUE if it is
 */
bool redirect_match_host(linked_list_t *subnets, host_t *host);

/**
 * Destroy a list of subnets.
 *
 * @param subnets	list, or NULL
 */
void redirect_match_subnets_destroy(linked_list_t *subnets);

/**
 * Parse a list of identities with wildcards, as for a connection's remote.id,
 * separated by commas; an identity with commas (a DN) has to be the only one.
 *
 * @param value		value of an option, or NULL
 * @return			list of identification_t*, NULL if there is none
 */
linked_list_t *redirect_match_ids(char *value);

/**
 * Check if an identity matches one of the list.
 *
 * @param ids		identities with wildcards, or NULL for none
 * @param id		identity
 * @return			TRUE if it does
 */
bool redirect_match_id(linked_list_t *ids, identification_t *id);

/**
 * Destroy a list of identities.
 *
 * @param ids		list, or NULL
 */
void redirect_match_ids_destroy(linked_list_t *ids);

/**
 * Parse a list of names with '*' and '?', separated by commas or spaces.
 *
 * @param value		value of an option, or NULL
 * @return			list of char*, NULL if there is none
 */
linked_list_t *redirect_match_names(char *value);

/**
 * Check if a name matches one of the list, in upper or lower case.
 *
 * @param names		names with wildcards, or NULL for none
 * @param name		name
 * @return			TRUE if it does
 */
bool redirect_match_name(linked_list_t *names, const char *name);

/**
 * Destroy a list of names.
 *
 * @param names		list, or NULL
 */
void redirect_match_names_destroy(linked_list_t *names);

#endif /** REDIRECT_MATCH_H_ @}*/
