/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_command ha_sync_command
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_COMMAND_H_
#define HA_SYNC_COMMAND_H_

#include "ha_sync_address_keep.h"
#include "ha_sync_durability.h"
#include "ha_sync_failover.h"
#include "ha_sync_groups.h"
#include "ha_sync_hook_time.h"
#include "ha_sync_ownership.h"
#include "ha_sync_receiver.h"
#include "ha_sync_rekey.h"

#include "cluster_control.h"
#include "sync_channel.h"

typedef struct ha_sync_command_t ha_sync_command_t;

/**
 * The operator's commands and the section "ha" of the status.
 *
 * Locking: none; commands run in threads of the control socket.
 */
struct ha_sync_command_t {

	/**
	 * Remove the commands, wait for those under way, destroy.
	 */
	void (*destroy)(ha_sync_command_t *this);
};

/**
 * Register the commands.
 *
 * @param control		control socket
 * @param channel		channel
 * @param groups		groups of service addresses
 * @param registry		registry
 * @param ownership		ownership
 * @param keep			keeps addresses usable while they move
 * @param failover		failover
 * @param mid_sync		message-ID sync
 * @param guard			decides about message-ID syncs
 * @param rekey			rekeyings
 * @param receiver		receiver
 * @param durability	durability
 * @param times			time spent in hooks
 * @return				commands
 */
ha_sync_command_t *ha_sync_command_create(cluster_control_t *control,
										  sync_channel_t *channel,
										  ha_sync_groups_t *groups,
										  ha_sync_registry_t *registry,
										  ha_sync_ownership_t *ownership,
										  ha_sync_address_keep_t *keep,
										  ha_sync_failover_t *failover,
										  ha_sync_mid_sync_t *mid_sync,
										  ha_sync_mid_guard_t *guard,
										  ha_sync_rekey_t *rekey,
										  ha_sync_receiver_t *receiver,
										  ha_sync_durability_t *durability,
										  ha_sync_hook_time_t *times);

#endif /** HA_SYNC_COMMAND_H_ @}*/
