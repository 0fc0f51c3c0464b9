/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_alone ha_sync_alone
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_ALONE_H_
#define HA_SYNC_ALONE_H_

#include <library.h>

typedef struct ha_sync_alone_t ha_sync_alone_t;

/**
 * The plugin on a client or a gateway that is no member of a cluster: the
 * peer's role of RFC 6311 only.
 */
struct ha_sync_alone_t {

	/**
	 * Destroy all objects.
	 */
	void (*destroy)(ha_sync_alone_t *this);
};

/**
 * Check if the configuration says nothing about a cluster, nor about service
 * addresses.
 *
 * @return				TRUE if this is no member of a cluster
 */
bool ha_sync_is_alone();

/**
 * Create all objects and connect them.
 *
 * @return				object, NULL on failure (logged)
 */
ha_sync_alone_t *ha_sync_alone_create();

#endif /** HA_SYNC_ALONE_H_ @}*/
