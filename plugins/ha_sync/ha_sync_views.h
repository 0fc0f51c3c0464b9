/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_views ha_sync_views
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_VIEWS_H_
#define HA_SYNC_VIEWS_H_

#include "ha_sync_members.h"
#include "ha_sync_record.h"

typedef struct ha_sync_view_t ha_sync_view_t;
typedef struct ha_sync_views_t ha_sync_views_t;

/**
 * What another member said about a group.
 */
struct ha_sync_view_t {
	/** the member */
	ha_sync_member_t *member;
	/** highest epoch it knows */
	uint64_t epoch;
	/** TRUE if it is active */
	bool active;
	/** TRUE if it is the owner in that epoch */
	bool owner;
	/** when it said so, in ms */
	uint64_t time;
};

/**
 * What all other members said about a group.
 *
 * Locking: none, that of ha_sync_ownership_t protects it.
 */
struct ha_sync_views_t {

	/**
	 * A member told its view.
	 *
	 * @param member		the member
	 * @param record		its view
	 * @param now			time, in ms
	 */
	void (*put)(ha_sync_views_t *this, ha_sync_member_t *member,
				const ha_sync_group_record_t *record, uint64_t now);

	/**
	 * Get the view of a member.
	 *
	 * @param member		the member
	 * @return				view, NULL if it said nothing
	 */
	ha_sync_view_t* (*get)(ha_sync_views_t *this, ha_sync_member_t *member);

	/**
	 * Get the view of the member that is connected and active; the one with the
	 * highest epoch, then name, if there are several.
	 *
	 * @return				view, NULL if there is none
	 */
	ha_sync_view_t* (*get_active)(ha_sync_views_t *this);

	/**
	 * Check if another member owns the group and is not active.
	 *
	 * @param epoch			epoch in which it is the owner
	 * @return				TRUE if the owner gave up in order
	 */
	bool (*gave_up)(ha_sync_views_t *this, uint64_t epoch);

	/**
	 * Forget the view of a member.
	 *
	 * @param member		the member
	 */
	void (*forget)(ha_sync_views_t *this, ha_sync_member_t *member);

	/**
	 * Destroy a ha_sync_views_t.
	 */
	void (*destroy)(ha_sync_views_t *this);
};

/**
 * Create views: nobody said anything.
 *
 * @return				views
 */
ha_sync_views_t *ha_sync_views_create();

#endif /** HA_SYNC_VIEWS_H_ @}*/
