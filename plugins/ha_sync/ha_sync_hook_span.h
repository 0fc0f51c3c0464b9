/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_hook_span ha_sync_hook_span
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_HOOK_SPAN_H_
#define HA_SYNC_HOOK_SPAN_H_

#include "ha_sync_capture.h"

#include <bus/listeners/listener.h>

typedef struct ha_sync_hook_span_t ha_sync_hook_span_t;

/**
 * Takes the time all listeners of this plugin need together, with the bus
 * between them: two listeners around the others.
 *
 * Locking: charon's bus calls hooks of one thread at a time.
 */
struct ha_sync_hook_span_t {

	/** registered at charon's bus before all other listeners */
	listener_t first;

	/** registered after them */
	listener_t last;

	/**
	 * Destroy a ha_sync_hook_span_t, it must not be registered anymore.
	 */
	void (*destroy)(ha_sync_hook_span_t *this);
};

/**
 * Create an object.
 *
 * @param capture		told the time spent for an IKE_SA
 * @return				object
 */
ha_sync_hook_span_t *ha_sync_hook_span_create(ha_sync_capture_t *capture);

#endif /** HA_SYNC_HOOK_SPAN_H_ @}*/
