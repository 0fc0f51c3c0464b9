/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_durability ha_sync_durability
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_DURABILITY_H_
#define HA_SYNC_DURABILITY_H_

#include "ha_sync_gate.h"
#include "ha_sync_outlet.h"
#include "ha_sync_sender.h"
#include "cluster_control.h"

typedef struct ha_sync_durability_t ha_sync_durability_t;

/**
 * The options durability and commit_timeout: puts the gate between charon and
 * its sender, and lets it know what the channel's members acknowledge.
 *
 * Locking: none; start(), stop() and reload() are called by one thread at a
 * time.
 */
struct ha_sync_durability_t {

	/**
	 * Get the gate.
	 *
	 * @return			gate, asynchronous before start() and after stop()
	 */
	ha_sync_gate_t *(*get_gate)(ha_sync_durability_t *this);

	/**
	 * Start to hold packets, if configured.
	 *
	 * @param outlet	where packets leave
	 */
	void (*start)(ha_sync_durability_t *this, ha_sync_outlet_t *outlet);

	/**
	 * Let all packets go, hold none anymore; the outlet is not used after it.
	 */
	void (*stop)(ha_sync_durability_t *this);

	/**
	 * Read the options again.
	 *
	 * @return			FALSE if they are wrong; it was logged, the old ones
	 *					stay
	 */
	bool (*reload)(ha_sync_durability_t *this);

	/**
	 * Write the section "durability" of the status.
	 *
	 * @param reply		reply to write to
	 */
	void (*status)(ha_sync_durability_t *this, vici_builder_t *reply);

	/**
	 * Destroy a ha_sync_durability_t, stopped before.
	 */
	void (*destroy)(ha_sync_durability_t *this);
};

/**
 * Create the object, with its gate.
 *
 * @param channel		channel whose members acknowledge
 * @param sender		is told if they are waited for
 * @return				object, NULL if the options are wrong
 */
ha_sync_durability_t *ha_sync_durability_create(sync_channel_t *channel,
												ha_sync_sender_t *sender);

#endif /** HA_SYNC_DURABILITY_H_ @}*/
