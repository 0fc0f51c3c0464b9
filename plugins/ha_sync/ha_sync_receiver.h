/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_receiver ha_sync_receiver
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_RECEIVER_H_
#define HA_SYNC_RECEIVER_H_

#include "ha_sync_ownership.h"
#include "ha_sync_rekey.h"
#include "ha_sync_replica.h"
#include "ha_sync_response.h"
#include "ha_sync_resync.h"
#include "ha_sync_silence.h"

#include "sync_channel.h"

typedef struct ha_sync_receiver_t ha_sync_receiver_t;

/**
 * Takes records from the other members and gives them snapshots.
 *
 * Only records of the owner of a group are accepted; they go to the registry
 * first, then to the replica.
 *
 * Locking: a mutex protects the counts; it is not held while others are called.
 */
struct ha_sync_receiver_t {

	/** subscriber for the domain SYNC_HA */
	sync_subscriber_t subscriber;

	/**
	 * Get the number of records received and of those refused because their
	 * sender does not own the group, or because they are malformed.
	 */
	void (*get_counts)(ha_sync_receiver_t *this, uint64_t *received,
					   uint64_t *refused);

	/**
	 * Destroy a ha_sync_receiver_t, it must not be subscribed anymore.
	 */
	void (*destroy)(ha_sync_receiver_t *this);
};

/**
 * Create a receiver.
 *
 * @param registry		registry
 * @param ownership		tells whose records are accepted
 * @param replica		makes copies
 * @param counters		gets reported counters
 * @param response		answers for IKE SAs that were deleted
 * @param resync		full resyncs
 * @param silence		keeps ahead of members that are not connected
 * @param rekey			rekeys CHILD SAs with an SPI that is used twice
 * @return				receiver
 */
ha_sync_receiver_t *ha_sync_receiver_create(ha_sync_registry_t *registry,
											ha_sync_ownership_t *ownership,
											ha_sync_replica_t *replica,
											ha_sync_counters_t *counters,
											ha_sync_response_t *response,
											ha_sync_resync_t *resync,
											ha_sync_silence_t *silence,
											ha_sync_rekey_t *rekey);

#endif /** HA_SYNC_RECEIVER_H_ @}*/
