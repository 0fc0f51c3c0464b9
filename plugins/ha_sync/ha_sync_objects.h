/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_objects ha_sync_objects
 * @{ @ingroup ha_sync
 *
 * All objects of the plugin: makes them, connects them, and destroys them, in
 * the right order.
 */

#ifndef HA_SYNC_OBJECTS_H_
#define HA_SYNC_OBJECTS_H_

#include "ha_sync_address_keep.h"
#include "ha_sync_address_watch.h"
#include "ha_sync_capture.h"
#include "ha_sync_counters.h"
#include "ha_sync_durability.h"
#include "ha_sync_failover.h"
#include "ha_sync_outlet.h"
#include "ha_sync_groups.h"
#include "ha_sync_hook_time.h"
#include "ha_sync_hooks.h"
#include "ha_sync_lease.h"
#include "ha_sync_mid_caps.h"
#include "ha_sync_mid_guard.h"
#include "ha_sync_mid_sync.h"
#include "ha_sync_mobike.h"
#include "ha_sync_ownership.h"
#include "ha_sync_peer.h"
#include "ha_sync_receiver.h"
#include "ha_sync_registry.h"
#include "ha_sync_rekey.h"
#include "ha_sync_replay_policy.h"
#include "ha_sync_replica.h"
#include "ha_sync_replica_queue.h"
#include "ha_sync_response.h"
#include "ha_sync_resume.h"
#include "ha_sync_resync.h"
#include "ha_sync_sender.h"
#include "ha_sync_silence.h"
#include "ha_sync_spi.h"
#include "ha_sync_state.h"

#include <sync_channel.h>

typedef struct ha_sync_objects_t ha_sync_objects_t;

/**
 * The objects, in the order of creation.
 *
 * Locking: none, constant from the first call of a hook, subscriber or job of
 * theirs until the last one.
 */
struct ha_sync_objects_t {
	sync_channel_t *channel;
	ha_sync_groups_t *groups;
	ha_sync_registry_t *registry;
	ha_sync_sender_t *sender;
	ha_sync_durability_t *durability;
	ha_sync_hook_time_t *times;
	ha_sync_counters_t *counters;
	ha_sync_mid_caps_t *caps;
	ha_sync_capture_t *capture;
	ha_sync_hooks_t *hooks;
	ha_sync_lease_t *lease;
	ha_sync_replica_t *replica;
	ha_sync_replica_queue_t *copies;
	ha_sync_mid_sync_t *mid_sync;
	ha_sync_mid_guard_t *guard;
	ha_sync_state_t *state;
	ha_sync_kernel_replay_t *kernel;
	ha_sync_peer_t *peer;
	ha_sync_mobike_t *mobike;
	ha_sync_rekey_t *rekey;
	ha_sync_replay_policy_t *policy;
	ha_sync_response_t *response;
	ha_sync_resume_t *resume;
	ha_sync_failover_t *failover;
	ha_sync_ownership_t *ownership;
	ha_sync_spi_t *spi;
	ha_sync_silence_t *silence;
	ha_sync_resync_t *resync;
	ha_sync_receiver_t *receiver;
	ha_sync_address_watch_t *addresses;
	ha_sync_address_keep_t *keep;
	ha_sync_outlet_t *outlet;
};

/**
 * Create all objects, as configured.  They don't act before the owner starts
 * them, and registers their listeners.
 *
 * @return			objects, NULL if the configuration is wrong (logged)
 */
ha_sync_objects_t *ha_sync_objects_create();

/**
 * Read what is configured of groups and takeovers, and tell the ownership.
 *
 * @param this		objects
 * @return			FALSE if it's wrong (logged)
 */
bool ha_sync_objects_set_groups(ha_sync_objects_t *this);

/**
 * Destroy all objects, in the reverse order.  Nothing may call them anymore but
 * the threads of the ownership and of the addresses.
 *
 * @param this		objects
 */
void ha_sync_objects_destroy(ha_sync_objects_t *this);

#endif /** HA_SYNC_OBJECTS_H_ @}*/
