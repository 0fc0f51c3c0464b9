/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_farewell ha_sync_farewell
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_FAREWELL_H_
#define HA_SYNC_FAREWELL_H_

#include <bus/listeners/listener.h>

typedef struct ha_sync_farewell_t ha_sync_farewell_t;
typedef bool (*ha_sync_farewell_cb_t)(void *user);

/**
 * Keeps a daemon that goes down from deleting SAs that live on elsewhere.
 *
 * When charon is stopped it deletes all its IKE_SAs, telling the peers.  If
 * another member takes over, the packets that say so must not leave.
 *
 * Locking: none; the state is set once, by the main thread.
 */
struct ha_sync_farewell_t {

	/** registered at charon's bus, waits for the shutdown */
	listener_t listener;

	/**
	 * Put charon's sender back and destroy.
	 */
	void (*destroy)(ha_sync_farewell_t *this);
};

/**
 * Put an object between charon and its sender.
 *
 * @param stopping		called in a hook of charon's bus when the shutdown
 *						starts; returns TRUE if others take over
 * @param user			data for the function
 * @return				object
 */
ha_sync_farewell_t *ha_sync_farewell_create(ha_sync_farewell_cb_t stopping,
											void *user);

#endif /** HA_SYNC_FAREWELL_H_ @}*/
