/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_mobike ha_sync_mobike
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_MOBIKE_H_
#define HA_SYNC_MOBIKE_H_

#include "ha_sync_groups.h"

#include <bus/listeners/listener.h>

typedef struct ha_sync_mobike_t ha_sync_mobike_t;

/**
 * Keeps charon from offering addresses of this host to MOBIKE peers.
 *
 * charon tells all its addresses (RFC 4555, 3.4 and 3.6).  A peer that moved to
 * one of them would be lost with this member, so only service addresses of the
 * same group are offered.
 *
 * Locking: none.
 */
struct ha_sync_mobike_t {

	/** registered at charon's bus */
	listener_t listener;

	/**
	 * Destroy a ha_sync_mobike_t.
	 */
	void (*destroy)(ha_sync_mobike_t *this);
};

/**
 * Create the object.
 *
 * @param groups		groups of service addresses
 * @return				object
 */
ha_sync_mobike_t *ha_sync_mobike_create(ha_sync_groups_t *groups);

#endif /** HA_SYNC_MOBIKE_H_ @}*/
