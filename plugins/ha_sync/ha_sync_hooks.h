/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_hooks ha_sync_hooks
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_HOOKS_H_
#define HA_SYNC_HOOKS_H_

#include "ha_sync_capture.h"

#include <bus/listeners/listener.h>

typedef struct ha_sync_hooks_t ha_sync_hooks_t;

/**
 * Passes the events of charon's bus on to those of our listeners that want
 * them, and takes the time these need together.
 *
 * The bus has a single listener in place of one for each object, as it looks at
 * all it has for each event, locked.  An event that one of ours causes in a
 * hook is not passed to the others: the bus does not call listeners that it is
 * calling.
 *
 * Locking: none, charon's bus calls hooks of one thread at a time.
 */
struct ha_sync_hooks_t {

	/** to be registered at charon's bus */
	listener_t listener;

	/**
	 * Destroy a ha_sync_hooks_t, it must not be registered anymore.
	 */
	void (*destroy)(ha_sync_hooks_t *this);
};

/**
 * Create an object.
 *
 * @param capture		told the time spent for an IKE_SA
 * @param listeners		listeners in the order they are called in, not owned;
 *						what their hooks return is ignored
 * @param count			number of listeners
 * @return				object
 */
ha_sync_hooks_t *ha_sync_hooks_create(ha_sync_capture_t *capture,
									  listener_t *listeners[], u_int count);

#endif /** HA_SYNC_HOOKS_H_ @}*/
