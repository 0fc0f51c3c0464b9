/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_members ha_sync_members
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_MEMBERS_H_
#define HA_SYNC_MEMBERS_H_

#include <library.h>

typedef struct ha_sync_members_t ha_sync_members_t;
typedef struct ha_sync_member_t ha_sync_member_t;

/**
 * Another member, as an election sees it.
 */
struct ha_sync_member_t {
	/** name */
	char *name;
	/** start of its daemon */
	uint64_t incarnation;
	/** TRUE if it is connected */
	bool up;
	/** TRUE if it said something about a group since it is connected */
	bool reported;
	/** TRUE while a full resync from it is under way */
	bool resync;
};

/**
 * The other members, and how long a member that starts waits for them.
 *
 * Locking: none, that of ha_sync_ownership_t protects it.  Times are given by
 * the caller, in ms of any monotonic clock.
 */
struct ha_sync_members_t {

	/**
	 * Get a member, added if it's not known.
	 *
	 * @param name			name of member, copied
	 * @return				member, valid until destroy()
	 */
	ha_sync_member_t* (*get)(ha_sync_members_t *this, char *name);

	/**
	 * This member starts.
	 *
	 * @param now			time
	 */
	void (*start)(ha_sync_members_t *this, uint64_t now);

	/**
	 * A member is connected.
	 *
	 * @param name			name of member
	 * @param incarnation	start of its daemon
	 * @return				the member if its daemon was started again: what it
	 *						said before counts no more; NULL else
	 */
	ha_sync_member_t* (*up)(ha_sync_members_t *this, char *name,
							uint64_t incarnation);

	/**
	 * A member is not connected anymore.
	 *
	 * @param name			name of member
	 */
	void (*down)(ha_sync_members_t *this, char *name);

	/**
	 * Check if any other member is connected.
	 *
	 * @return				FALSE if this member is alone
	 */
	bool (*any_up)(ha_sync_members_t *this);

	/**
	 * Check if this member has to wait for others before it may be active.
	 *
	 * @param now			time
	 * @param until			receives the time at which to ask again
	 * @return				static text why, NULL if it needn't wait
	 */
	char* (*must_wait)(ha_sync_members_t *this, uint64_t now, uint64_t *until);

	/**
	 * Destroy a ha_sync_members_t.
	 */
	void (*destroy)(ha_sync_members_t *this);
};

/**
 * Create members: none are known.
 *
 * @return				members
 */
ha_sync_members_t *ha_sync_members_create();

#endif /** HA_SYNC_MEMBERS_H_ @}*/
