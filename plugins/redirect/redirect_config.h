/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_config redirect_config
 * @{ @ingroup redirect
 *
 * Options of the gateway's side, except rules and groups.
 */

#ifndef REDIRECT_CONFIG_H_
#define REDIRECT_CONFIG_H_

#include "redirect_load.h"
#include "redirect_match.h"

typedef struct redirect_config_t redirect_config_t;
typedef struct redirect_shed_t redirect_shed_t;
typedef struct redirect_cost_t redirect_cost_t;

/** range of the rate of redirects, per second */
#define REDIRECT_RATE_MAX 10000

/** most IKE SAs that something else counts as */
#define REDIRECT_COST_MAX 10000

/**
 * Limits above which new clients are sent elsewhere, 0 for none.
 */
struct redirect_shed_t {
	/** IKE SAs */
	uint32_t ike_sas;
	/** half-open IKE SAs */
	uint32_t half_open;
	/** jobs waiting for a thread */
	uint32_t jobs;
	/** use of CPUs, in % */
	uint32_t cpu;
};

/**
 * How many IKE SAs something counts as when members are compared, 0 for none.
 */
struct redirect_cost_t {
	/** a half-open IKE SA */
	uint32_t half_open;
	/** a job waiting for a thread */
	uint32_t job;
	/** one percent of CPU */
	uint32_t cpu;
};

/**
 * Options.
 */
struct redirect_config_t {
	/** this member's addresses, name, weight and limit */
	redirect_load_t self;
	/** anycast addresses of the cluster, traffic_selector_t*; NULL for none */
	linked_list_t *anycast;
	/** interval in which the load is told, in ms */
	uint32_t interval;
	/** silence after which a member counts as dead, in ms */
	uint32_t stale;
	/** by how many percent another member has to be better */
	uint32_t hysteresis;
	/** for how long a client's member is remembered, in s; 0 for not at all */
	uint32_t sticky;
	/** shortest time a client stays before it's redirected to balance, in s */
	uint32_t dwell;
	/** interval in which rules of moment established are applied, in s */
	uint32_t scan;
	/** redirects of established IKE SAs per second */
	uint32_t rate;
	/** shed mode */
	redirect_shed_t shed;
	/** what counts as load beside IKE SAs */
	redirect_cost_t cost;
	/** keep inner addresses of clients */
	bool leases;
};

/**
 * Read the options, log what is wrong with them.
 *
 * @param config	receives options, to be cleared
 */
void redirect_config_load(redirect_config_t *config);

/**
 * Free what is in options.
 *
 * @param config	options
 */
void redirect_config_clear(redirect_config_t *config);

#endif /** REDIRECT_CONFIG_H_ @}*/
