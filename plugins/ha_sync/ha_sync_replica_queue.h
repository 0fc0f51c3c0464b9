/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_replica_queue ha_sync_replica_queue
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_REPLICA_QUEUE_H_
#define HA_SYNC_REPLICA_QUEUE_H_

#include "ha_sync_registry.h"
#include "ha_sync_replica.h"

typedef struct ha_sync_replica_queue_t ha_sync_replica_queue_t;

/**
 * Does what the receiver asks of the replica by a thread of its own, in order
 * and a moment later.
 *
 * A record is safe once it is in the registry, as a takeover makes the copies
 * that are missing (ha_sync_failover.h).  So an acknowledgement does not have
 * to wait for keys to be derived and SAs to be installed.  What the replica
 * does depends on the registry's state of that time, so it may be done late;
 * nothing is done for SAs that are gone until then.
 *
 * Virtual IPs are the exception: they must not be given to somebody else from
 * the moment the active may have told its client, so make() waits for the copy
 * of an IKE SA that has some.
 *
 * Locking: one mutex: the queue; nothing is called with it.
 */
struct ha_sync_replica_queue_t {

	/**
	 * Queues make(), update(), child(), remove() and remove_child(), which wait
	 * if the queue is full; the others are not there.  make() returns TRUE.
	 */
	ha_sync_replica_t replica;

	/**
	 * Wait until what was queued is done: before a takeover, which makes copies
	 * itself, and must not do so at the same time.
	 */
	void (*flush)(ha_sync_replica_queue_t *this);

	/**
	 * Destroy a ha_sync_replica_queue_t, what was not done is dropped.
	 */
	void (*destroy)(ha_sync_replica_queue_t *this);
};

/**
 * Create a queue.
 *
 * @param registry		knows what has virtual IPs
 * @param replica		replica to call
 * @return				queue
 */
ha_sync_replica_queue_t *ha_sync_replica_queue_create(
										ha_sync_registry_t *registry,
										ha_sync_replica_t *replica);

#endif /** HA_SYNC_REPLICA_QUEUE_H_ @}*/
