/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_election ha_sync_election
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_ELECTION_H_
#define HA_SYNC_ELECTION_H_

#include "ha_sync_members.h"
#include "ha_sync_record.h"

typedef enum ha_sync_decision_t ha_sync_decision_t;
typedef struct ha_sync_election_t ha_sync_election_t;
typedef struct ha_sync_ownership_status_t ha_sync_ownership_status_t;

/**
 * What a member has to do for a group.
 */
enum ha_sync_decision_t {
	/** nothing */
	HA_SYNC_KEEP,
	/** tell the others what we know */
	HA_SYNC_TELL,
	/** be active */
	HA_SYNC_ACTIVATE,
	/** stay active in a new epoch */
	HA_SYNC_RAISE,
	/** be standby, another member may be active */
	HA_SYNC_GIVE_UP,
	/** be standby, another member is active in a higher epoch */
	HA_SYNC_LOSE,
	/** the packets go elsewhere by now: turn what was live into copies */
	HA_SYNC_SETTLE,
};

/**
 * State of a group, for the operator.
 */
struct ha_sync_ownership_status_t {
	/** name of the group */
	char *group;
	/** TRUE if this member is active */
	bool active;
	/** TRUE if this member holds all addresses */
	bool held;
	/** TRUE if two members are active, or were when they last spoke */
	bool split_brain;
	/** TRUE if this member was told to stay standby */
	bool stood_down;
	/** TRUE if only commands change the active */
	bool manual;
	/** highest known epoch */
	uint64_t epoch;
	/** member that is active and connected (or this one), NULL if none */
	char *active_member;
	/** why this member, which should be active, is not; NULL if it is or
	 * should not */
	char *waiting;
};

/**
 * The rules by which this member is active, or not, for one group.
 *
 * Knows no thread, clock or channel: it is told what happened, and decide()
 * says what to do.  The caller does that, then calls activated(),
 * deactivated() or settled().  The rules are described in ha_sync_ownership.h.
 *
 * Locking: none, that of ha_sync_ownership_t protects it.  Times are given by
 * the caller, in ms of the clock that ha_sync_members_t has.
 */
struct ha_sync_election_t {

	/**
	 * Get the name of the group.
	 *
	 * @return				name, valid until destroy()
	 */
	char* (*get_name)(ha_sync_election_t *this);

	/**
	 * The configuration was read.
	 *
	 * @param configured	FALSE if it has no such group anymore
	 * @param manual		TRUE if only commands change the active
	 */
	void (*configure)(ha_sync_election_t *this, bool configured, bool manual);

	/**
	 * Check if the group is configured.
	 *
	 * @return				FALSE if it was removed from the configuration
	 */
	bool (*is_configured)(ha_sync_election_t *this);

	/**
	 * Tell if this member holds the addresses.
	 *
	 * @param held			TRUE if it holds all of them
	 * @param now			time
	 */
	void (*set_held)(ha_sync_election_t *this, bool held, uint64_t now);

	/**
	 * Another member told its view of the group.
	 *
	 * @param member		the member
	 * @param record		its view
	 * @param now			time
	 */
	void (*record)(ha_sync_election_t *this, ha_sync_member_t *member,
				   const ha_sync_group_record_t *record, uint64_t now);

	/**
	 * Forget what another member told, its daemon was started again.
	 *
	 * @param member		the member
	 */
	void (*forget)(ha_sync_election_t *this, ha_sync_member_t *member);

	/**
	 * Let the next decision be to tell the others, at least.
	 */
	void (*tell)(ha_sync_election_t *this);

	/**
	 * Decide what to do.  Logs begin and end of a split brain.
	 *
	 * @param now			time
	 * @param until			receives the time at which to decide again; not
	 *						changed if that's of no use
	 * @param winner		receives the other active for HA_SYNC_LOSE, internal
	 *						data; NULL for other decisions
	 * @return				what to do
	 */
	ha_sync_decision_t (*decide)(ha_sync_election_t *this, uint64_t now,
								 uint64_t *until, char **winner);

	/**
	 * This member becomes, or stays, active: raises the epoch.
	 *
	 * @param now			time
	 * @return				TRUE if the previous owner gave up in order, so all
	 *						it knew is known here
	 */
	bool (*activated)(ha_sync_election_t *this, uint64_t now);

	/**
	 * This member became standby.
	 *
	 * @param lost			TRUE if another one is active in a higher epoch: the
	 *						addresses have to come again before this one may be.
	 *						FALSE if it gave up: HA_SYNC_SETTLE follows
	 * @param now			time
	 */
	void (*deactivated)(ha_sync_election_t *this, bool lost, uint64_t now);

	/**
	 * What was live here was turned into copies.
	 */
	void (*settled)(ha_sync_election_t *this);

	/**
	 * Get what this member says about the group.
	 *
	 * @param told			TRUE if the others are told: tell() is done
	 * @return				record, without number of IKE SAs; to be destroyed
	 */
	ha_sync_group_record_t* (*get_record)(ha_sync_election_t *this, bool told);

	/**
	 * Check if records about the group are accepted from a member.
	 *
	 * @param member		the member
	 * @return				TRUE if it owns the group, and this member has
	 *						settled
	 */
	bool (*accepts)(ha_sync_election_t *this, ha_sync_member_t *member);

	/**
	 * Check if this member owns the group (it is, or was the last, active).
	 *
	 * @return				TRUE if it owns the group
	 */
	bool (*owns)(ha_sync_election_t *this);

	/**
	 * Check if this member is active.
	 *
	 * @return				TRUE if active
	 */
	bool (*is_active)(ha_sync_election_t *this);

	/**
	 * Get the best of the other members that are connected and active.
	 *
	 * @return				member, NULL if there is none
	 */
	ha_sync_member_t* (*get_other)(ha_sync_election_t *this);

	/**
	 * Command: let this member be active.
	 *
	 * @param now			time
	 * @return				NULL if fine, or allocated message why not
	 */
	char* (*activate)(ha_sync_election_t *this, uint64_t now);

	/**
	 * Command: let this member be standby until activate().
	 */
	void (*stand_down)(ha_sync_election_t *this);

	/**
	 * Command, takeover = manual: let another member be active.
	 *
	 * @param member		name of the other member, copied
	 */
	void (*hand_over)(ha_sync_election_t *this, char *member);

	/**
	 * Command: the other member does not get active, go on here.
	 *
	 * @param now			time
	 */
	void (*take_back)(ha_sync_election_t *this, uint64_t now);

	/**
	 * Get the state of the group.
	 *
	 * @param status		receives state; group and active_member are internal
	 *						data
	 */
	void (*get_status)(ha_sync_election_t *this,
					   ha_sync_ownership_status_t *status);

	/**
	 * Destroy a ha_sync_election_t.
	 */
	void (*destroy)(ha_sync_election_t *this);
};

/**
 * Create the election of a group: this member is standby, it's not configured.
 *
 * @param self			name of this member, copied
 * @param name			name of the group, copied
 * @param members		the other members
 * @return				election
 */
ha_sync_election_t *ha_sync_election_create(char *self, char *name,
											ha_sync_members_t *members);

#endif /** HA_SYNC_ELECTION_H_ @}*/
