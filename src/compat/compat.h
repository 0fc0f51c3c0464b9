/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup compat compat
 * @{ @ingroup cluster
 *
 * Every difference between the strongSwan releases we build against is here;
 * configure tests which of them the headers have (m4/features.m4), so nothing
 * depends on version numbers.
 */

#ifndef COMPAT_H_
#define COMPAT_H_

#include <daemon.h>
#include <plugins/plugin.h>
#include <config/peer_cfg.h>
#include <config/child_cfg.h>
#include <sa/ike_sa.h>
#include <sa/child_sa.h>

#include "cluster_version.h"

/**
 * Define a plugin's version and constructor.  Loaders that know the version
 * refuse a plugin without it, or of another version; older ones ignore it.
 */
#ifndef PLUGIN_DEFINE
#define PLUGIN_DEFINE(name) \
	extern const char *name##_plugin_version; \
	const char *name##_plugin_version = VERSION; \
	plugin_t *name##_plugin_create()
#endif

/**
 * Members of child_sa_create_t that must not be zero if they are not used,
 * for its initializer.
 */
#ifdef HAVE_CHILD_SA_CREATE_CPU
#define CLUSTER_CHILD_SA_CREATE_DEFAULTS .cpu = CPU_ID_MAX,
#else
#define CLUSTER_CHILD_SA_CREATE_DEFAULTS
#endif

/**
 * First flag of ike_extension_t and ike_condition_t that releases leave for
 * private use.  What is set there on one member says nothing to another.
 */
#ifdef HAVE_PRIVATE_MARKERS
#define CLUSTER_PRIVATE_EXTENSION ((uint32_t)EXT_PRIVATE_MARKER)
#define CLUSTER_PRIVATE_CONDITION ((uint32_t)COND_PRIVATE_MARKER)
#else
#define CLUSTER_PRIVATE_EXTENSION (1U << 31)
#define CLUSTER_PRIVATE_CONDITION (1U << 31)
#endif

/**
 * Whether MOBIKE (RFC 4555) is enabled by a peer's configuration.
 *
 * @param cfg		configuration
 * @return			TRUE if MOBIKE is used if the peer supports it
 */
static inline bool cluster_use_mobike(peer_cfg_t *cfg)
{
#ifdef HAVE_PEER_CFG_HAS_OPTION
	return !cfg->has_option(cfg, OPT_NO_MOBIKE);
#else
	return cfg->use_mobike(cfg);
#endif
}

/**
 * Whether a PPK (RFC 8784) is required by a peer's configuration.
 *
 * @param cfg		configuration
 * @return			TRUE if required
 */
static inline bool cluster_ppk_required(peer_cfg_t *cfg)
{
#ifdef HAVE_PEER_CFG_HAS_OPTION
	return cfg->has_option(cfg, OPT_PPK_REQUIRED);
#else
	return cfg->ppk_required(cfg);
#endif
}

/**
 * Have a peer's configuration require a PPK, for tests.
 *
 * @param data		data the configuration is created from
 */
static inline void cluster_require_ppk(peer_cfg_create_t *data)
{
#ifdef HAVE_PEER_CFG_HAS_OPTION
	data->options |= OPT_PPK_REQUIRED;
#else
	data->ppk_required = TRUE;
#endif
}

/**
 * Get the proposals of a CHILD_SA's configuration, without logging them.
 *
 * @param cfg		configuration
 * @param strip_ke	TRUE to strip key exchange methods
 * @return			list of proposal_t, to be destroyed with them
 */
static inline linked_list_t *cluster_child_proposals(child_cfg_t *cfg,
													 bool strip_ke)
{
#ifdef HAVE_GET_PROPOSALS_LOG
	return cfg->get_proposals(cfg, strip_ke, FALSE);
#else
	return cfg->get_proposals(cfg, strip_ke);
#endif
}

/**
 * Get the traffic selectors of a CHILD_SA's configuration, without logging.
 *
 * @param cfg		configuration
 * @param local		TRUE for the local side's
 * @param hosts		addresses for dynamic traffic selectors, list of host_t
 * @return			list of traffic_selector_t, to be destroyed with them
 */
static inline linked_list_t *cluster_child_ts(child_cfg_t *cfg, bool local,
											  linked_list_t *hosts)
{
#ifdef HAVE_CHILD_CFG_SELECT_TS
	return cfg->get_traffic_selectors(cfg, local, hosts);
#else
	return cfg->get_traffic_selectors(cfg, local, NULL, hosts, FALSE);
#endif
}

#endif /** COMPAT_H_ @}*/
