/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync ha_sync
 * @ingroup cplugins
 *
 * @defgroup ha_sync_plugin ha_sync_plugin
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_PLUGIN_H_
#define HA_SYNC_PLUGIN_H_

#include <plugins/plugin.h>

typedef struct ha_sync_plugin_t ha_sync_plugin_t;

/**
 * Plugin that keeps copies of IKE and CHILD SAs on the members of a cluster and
 * takes them over with the service addresses.
 */
struct ha_sync_plugin_t {

	/** implements plugin interface */
	plugin_t plugin;
};

#endif /** HA_SYNC_PLUGIN_H_ @}*/
