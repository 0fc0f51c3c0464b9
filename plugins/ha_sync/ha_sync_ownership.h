/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_ownership ha_sync_ownership
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_OWNERSHIP_H_
#define HA_SYNC_OWNERSHIP_H_

#include "ha_sync_election.h"
#include "ha_sync_transition.h"

typedef struct ha_sync_ownership_t ha_sync_ownership_t;

/**
 * Decides which member is active for a group.
 *
 * A member is active for a group while it holds the addresses of the group, or
 * was told to (takeover = manual).  Every activation raises the epoch of the
 * group.  The owner of a group is the member that was activated in the highest
 * known epoch: only its records are accepted.  Of two active members the one
 * with the higher epoch wins, with the same epoch that whose name sorts
 * higher.
 *
 * Locking: one mutex protects the states; it is not held while the functions of
 * ha_sync_ownership_ops_t are called.  All functions return quickly, decisions
 * are made by a thread of its own.
 */
struct ha_sync_ownership_t {

	/**
	 * Start deciding; before, this member is standby for all groups.
	 *
	 * @param members	names of other members (char*, copied)
	 */
	void (*start)(ha_sync_ownership_t *this, array_t *members);

	/**
	 * The addresses of this host, or those of the groups, changed.
	 */
	void (*addresses_changed)(ha_sync_ownership_t *this);

	/**
	 * Set the groups, after a change of the configuration.
	 *
	 * @param names		names of groups (char*, copied)
	 * @param manual	TRUE if addresses are ignored, see activate()
	 */
	void (*set_groups)(ha_sync_ownership_t *this, array_t *names, bool manual);

	/**
	 * A member is connected.
	 *
	 * @param member		name of member
	 * @param incarnation	start of its daemon
	 */
	void (*member_up)(ha_sync_ownership_t *this, char *member,
					  uint64_t incarnation);

	/**
	 * A member is not connected anymore.
	 *
	 * @param member		name of member
	 */
	void (*member_down)(ha_sync_ownership_t *this, char *member);

	/**
	 * A full resync from a member begins or ends.
	 *
	 * @param member		name of member
	 * @param begin			TRUE if it begins
	 */
	void (*resync)(ha_sync_ownership_t *this, char *member, bool begin);

	/**
	 * A member told its view of a group.
	 *
	 * @param member		name of member
	 * @param record		its view
	 */
	void (*record)(ha_sync_ownership_t *this, char *member,
				   const ha_sync_group_record_t *record);

	/**
	 * Check if records about a group are accepted from a member.
	 *
	 * @param member		name of member
	 * @param group			name of group
	 * @return				TRUE if it owns the group
	 */
	bool (*accepts)(ha_sync_ownership_t *this, char *member, char *group);

	/**
	 * Check if this member owns a group (it is, or was the last, active).
	 *
	 * @param group			name of group
	 * @return				TRUE if it owns the group
	 */
	bool (*owns)(ha_sync_ownership_t *this, char *group);

	/**
	 * Check if this member is active for a group.
	 *
	 * @param group			name of group
	 * @return				TRUE if active
	 */
	bool (*is_active)(ha_sync_ownership_t *this, char *group);

	/**
	 * Get what this member says about a group.
	 *
	 * @param group			name of group
	 * @return				record, NULL if no such group
	 */
	ha_sync_group_record_t* (*get_record)(ha_sync_ownership_t *this,
										  char *group);

	/**
	 * Command: let this member be active.
	 *
	 * @param group			name of group
	 * @return				NULL if fine, or allocated message why not
	 */
	char* (*activate)(ha_sync_ownership_t *this, char *group);

	/**
	 * Command: let this member be standby until activate().
	 *
	 * @param group			name of group
	 * @return				NULL if fine, or allocated message why not
	 */
	char* (*stand_down)(ha_sync_ownership_t *this, char *group);

	/**
	 * Command, takeover = manual: let another member be active.
	 *
	 * @param group			name of group
	 * @param member		name of the other member
	 */
	void (*hand_over)(ha_sync_ownership_t *this, char *group, char *member);

	/**
	 * Command: the other member does not get active, go on here.
	 *
	 * @param group			name of group
	 */
	void (*take_back)(ha_sync_ownership_t *this, char *group);

	/**
	 * Wait until another member is active for a group.
	 *
	 * @param group			name of group
	 * @param member		name of the other member
	 * @param ms			how long to wait
	 * @return				FALSE if it's not so after that time
	 */
	bool (*wait_other)(ha_sync_ownership_t *this, char *group, char *member,
					   u_int ms);

	/**
	 * Wait until this member is (not) active for a group.
	 *
	 * @param group			name of group
	 * @param active		what to wait for
	 * @param ms			how long to wait
	 * @return				FALSE if it's not so after that time
	 */
	bool (*wait)(ha_sync_ownership_t *this, char *group, bool active,
				 u_int ms);

	/**
	 * Get the state of a group.
	 *
	 * @param group			name of group
	 * @param status		receives state; group and active_member are valid
	 *						until destroy()
	 * @return				FALSE if no such group
	 */
	bool (*get_status)(ha_sync_ownership_t *this, char *group,
					   ha_sync_ownership_status_t *status);

	/**
	 * Stop deciding, without any announcement: no function of
	 * ha_sync_ownership_ops_t is called afterwards, all others still may be.
	 */
	void (*stop)(ha_sync_ownership_t *this);

	/**
	 * Stop deciding, and destroy.
	 */
	void (*destroy)(ha_sync_ownership_t *this);
};

/**
 * Create ownership; all groups are standby until start().
 *
 * @param self			name of this member
 * @param ops			functions, copied
 * @return				ownership
 */
ha_sync_ownership_t *ha_sync_ownership_create(char *self,
											  ha_sync_ownership_ops_t *ops);

#endif /** HA_SYNC_OWNERSHIP_H_ @}*/
