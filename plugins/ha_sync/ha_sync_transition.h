/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_transition ha_sync_transition
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_TRANSITION_H_
#define HA_SYNC_TRANSITION_H_

#include "ha_sync_election.h"

#include <threading/condvar.h>
#include <threading/mutex.h>

typedef struct ha_sync_ownership_ops_t ha_sync_ownership_ops_t;
typedef struct ha_sync_transition_t ha_sync_transition_t;

/**
 * What ownership asks for and has done by others.
 *
 * All are called by the thread of ownership, one at a time, without a lock
 * held: they may take their time and check out IKE_SAs.
 */
struct ha_sync_ownership_ops_t {

	/** data for the functions */
	void *user;

	/**
	 * Check if this member holds all addresses of a group.
	 */
	bool (*holds)(void *user, char *group);

	/**
	 * Tell the other members about a group; sent after everything before.
	 */
	void (*announce)(void *user, const ha_sync_group_record_t *record);

	/**
	 * This member is active for a group from now on: make its copies live.
	 *
	 * @param planned		TRUE if the previous owner gave up in order, so all
	 *						it knew is known here
	 */
	void (*activate)(void *user, char *group, bool planned);

	/**
	 * This member gives a group up: let its IKE_SAs be silent, and tell what
	 * the others need.  Packets that still come are served by the kernel until
	 * settle().
	 */
	void (*give_up)(void *user, char *group);

	/**
	 * Packets go elsewhere after give_up(): turn what was live into copies.
	 */
	void (*settle)(void *user, char *group);

	/**
	 * Another member is active with a higher epoch (split brain): drop all SAs
	 * of the group.
	 */
	void (*drop)(void *user, char *group);

	/**
	 * The records of a member are accepted from now on: get those it sent
	 * before.
	 */
	void (*resync)(void *user, char *member);

	/**
	 * Count the IKE SAs known for a group.
	 */
	uint32_t (*count)(void *user, char *group);
};

/**
 * Carries out what elections decide.
 *
 * Locking: takes the mutex of ha_sync_ownership_t for each use of an election,
 * never while the functions of ha_sync_ownership_ops_t are called.  Used by the
 * thread of ownership only.
 */
struct ha_sync_transition_t {

	/**
	 * Evaluate the state of a group and do what has to be done.
	 *
	 * @param election		the group's election
	 * @param until			lowered, or set if 0, to the time at which to do
	 *						that again, in ms
	 */
	void (*evaluate)(ha_sync_transition_t *this, ha_sync_election_t *election,
					 uint64_t *until);

	/**
	 * Destroy a ha_sync_transition_t.
	 */
	void (*destroy)(ha_sync_transition_t *this);
};

/**
 * Get the time that elections are given.
 *
 * @return				monotonic time, in ms
 */
uint64_t ha_sync_transition_now();

/**
 * Create transitions.
 *
 * @param ops			functions, copied
 * @param mutex			mutex that protects elections, not held by the caller
 * @param condvar		signaled after each change of the active
 * @return				transitions
 */
ha_sync_transition_t *ha_sync_transition_create(ha_sync_ownership_ops_t *ops,
												mutex_t *mutex,
												condvar_t *condvar);

#endif /** HA_SYNC_TRANSITION_H_ @}*/
