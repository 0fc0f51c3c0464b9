/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_cluster ha_sync_cluster
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_CLUSTER_H_
#define HA_SYNC_CLUSTER_H_

#include <library.h>

typedef struct ha_sync_cluster_t ha_sync_cluster_t;

/**
 * This member in the cluster: starts all objects of the plugin, configures them
 * again, and stops them.
 *
 * Data flows one way: capture -> sender -> channel -> receiver -> registry and
 * replica; ownership decides, failover acts.
 *
 * Locking: none, used by the thread that loads plugins, or reloads them.
 */
struct ha_sync_cluster_t {

	/**
	 * Read the configuration again.
	 *
	 * @return			FALSE if it's wrong (logged)
	 */
	bool (*reload)(ha_sync_cluster_t *this);

	/**
	 * Leave the cluster, destroy all objects.
	 */
	void (*destroy)(ha_sync_cluster_t *this);
};

/**
 * Join the cluster as configured.
 *
 * @return				cluster, NULL if the configuration is wrong (logged)
 */
ha_sync_cluster_t *ha_sync_cluster_create();

#endif /** HA_SYNC_CLUSTER_H_ @}*/
