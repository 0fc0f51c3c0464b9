/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_silence ha_sync_silence
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_SILENCE_H_
#define HA_SYNC_SILENCE_H_

#include "ha_sync_counters.h"
#include "ha_sync_groups.h"
#include "ha_sync_ownership.h"
#include "ha_sync_registry.h"
#include "ha_sync_rekey.h"

typedef struct ha_sync_silence_t ha_sync_silence_t;

/**
 * Keeps a standby ahead of an active it hears nothing of (RFC 6311, 5.2).
 *
 * While the link to the active is down it may go on to send packets nobody
 * reports, and the margin is for seconds only.  After 10 s the outbound
 * sequence numbers of its SAs are moved far ahead in our kernel.  Once the
 * member is back they are moved back: nobody saw them.
 * If this member takes over instead, the CHILD SAs are rekeyed soon, as that
 * takes a good part of the numbers there are.
 *
 * Locking: a mutex protects the list of members, nothing else is called while
 * it is held.  No function is for hooks of charon's bus.
 */
struct ha_sync_silence_t {

	/**
	 * A member is connected.
	 *
	 * @param member	name of the member
	 */
	void (*member_up)(ha_sync_silence_t *this, char *member);

	/**
	 * A member is not connected anymore.
	 *
	 * @param member	name of the member
	 */
	void (*member_down)(ha_sync_silence_t *this, char *member);

	/**
	 * This member took a group over.
	 *
	 * @param group		name of the group
	 */
	void (*taken_over)(ha_sync_silence_t *this, char *group);

	/**
	 * Destroy a ha_sync_silence_t, when no jobs are run anymore.
	 */
	void (*destroy)(ha_sync_silence_t *this);
};

/**
 * Create an object for members that are all connected, or have nothing.
 *
 * @param groups		groups of service addresses
 * @param registry		registry with all records
 * @param ownership		knows whose SAs are whose
 * @param counters		moves sequence numbers
 * @param rekey			queue for rekeyings
 * @return				object
 */
ha_sync_silence_t *ha_sync_silence_create(ha_sync_groups_t *groups,
										  ha_sync_registry_t *registry,
										  ha_sync_ownership_t *ownership,
										  ha_sync_counters_t *counters,
										  ha_sync_rekey_t *rekey);

#endif /** HA_SYNC_SILENCE_H_ @}*/
