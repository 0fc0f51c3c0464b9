/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_resync ha_sync_resync
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_RESYNC_H_
#define HA_SYNC_RESYNC_H_

#include "ha_sync_groups.h"
#include "ha_sync_ownership.h"
#include "ha_sync_registry.h"
#include "ha_sync_replica.h"

#include "sync_channel.h"

typedef struct ha_sync_resync_t ha_sync_resync_t;

/**
 * Writes full resyncs, and removes at the end of one that was received what the
 * sender does not know.
 *
 * All functions may check IKE_SAs out, so they must not be called in hooks of
 * charon's bus or with a lock held.
 *
 * Locking: a mutex protects the list of resyncs under way; it is not held while
 * others are called.
 */
struct ha_sync_resync_t {

	/**
	 * Write our views of all groups, and the SAs of those we own.
	 *
	 * @param sink		where to write to; may wait for the link
	 */
	void (*write)(ha_sync_resync_t *this, sync_sink_t *sink);

	/**
	 * A full resync from a member begins.
	 *
	 * @param member	name of the member
	 */
	void (*begin)(ha_sync_resync_t *this, char *member);

	/**
	 * A member owns a group, so if a full resync from it is under way, it tells
	 * all there is of the group.
	 *
	 * @param member	name of the member
	 * @param group		name of the group
	 */
	void (*group)(ha_sync_resync_t *this, char *member, char *group);

	/**
	 * A full resync from a member ends, if one is under way.
	 *
	 * @param member	name of the member
	 * @param complete	FALSE if it broke off: nothing is removed
	 */
	void (*end)(ha_sync_resync_t *this, char *member, bool complete);

	/**
	 * Destroy a ha_sync_resync_t.
	 */
	void (*destroy)(ha_sync_resync_t *this);
};

/**
 * Create an object for resyncs.
 *
 * @param groups		groups of service addresses
 * @param registry		registry with all records
 * @param ownership		tells whose records are accepted
 * @param replica		makes copies
 * @return				object
 */
ha_sync_resync_t *ha_sync_resync_create(ha_sync_groups_t *groups,
										ha_sync_registry_t *registry,
										ha_sync_ownership_t *ownership,
										ha_sync_replica_t *replica);

#endif /** HA_SYNC_RESYNC_H_ @}*/
