/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_counters ha_sync_counters
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_COUNTERS_H_
#define HA_SYNC_COUNTERS_H_

#include "ha_sync_registry.h"
#include "ha_sync_sender.h"

typedef struct ha_sync_counters_t ha_sync_counters_t;

/**
 * Keeps replay counters and use of CHILD SAs the same on all members.
 *
 * On the active the kernel's counters are reported to the registry and to the
 * other members.  On a standby the outbound sequence number in the kernel is
 * kept ahead of what the active can have sent: last reported + margin.
 *
 * Locking: one mutex protects the margins given to the kernel; it is not held
 * while the kernel or the registry are called.
 */
struct ha_sync_counters_t {

	/**
	 * Active: report the counters of a CHILD SA from now on.
	 *
	 * Only notes it, may be called in hooks of charon's bus.
	 *
	 * @param child		record of the CHILD SA
	 */
	void (*watch)(ha_sync_counters_t *this, const ha_sync_child_t *child);

	/**
	 * Active: do what was noted by watch() and unwatch(); not in hooks, as
	 * waking a thread may take longer than all else there.
	 */
	void (*wake)(ha_sync_counters_t *this);

	/**
	 * Active: stop reporting.
	 *
	 * @param child		record of the CHILD SA
	 */
	void (*unwatch)(ha_sync_counters_t *this, const ha_sync_child_t *child);

	/**
	 * Active: report now what moved since the last report.
	 */
	void (*flush)(ha_sync_counters_t *this);

	/**
	 * Standby: set the counters of a CHILD_SA just installed.
	 *
	 * @param child		record of the CHILD SA
	 * @param ike		record of its IKE SA, for the addresses
	 */
	void (*import)(ha_sync_counters_t *this, const ha_sync_child_t *child,
				   const ha_sync_ike_t *ike);

	/**
	 * Standby: the active reported new counters.
	 *
	 * @param child		record of the CHILD SA, with the new counters
	 */
	void (*reported)(ha_sync_counters_t *this, const ha_sync_child_t *child);

	/**
	 * Standby becomes active: refuse what the peer sent before, set the use,
	 * and watch().
	 *
	 * @param child		record of the CHILD SA
	 * @param ike		record of its IKE SA
	 */
	void (*activate)(ha_sync_counters_t *this, const ha_sync_child_t *child,
					 const ha_sync_ike_t *ike);

	/**
	 * Standby: nothing is heard of the active, set the outbound sequence number
	 * by 2^30 ahead of the last report (RFC 6311, 5.2).
	 *
	 * @param child		record of the CHILD SA
	 * @param ike		record of its IKE SA
	 */
	void (*leap)(ha_sync_counters_t *this, const ha_sync_child_t *child,
				 const ha_sync_ike_t *ike);

	/**
	 * Standby: check if the outbound sequence number is that far ahead.
	 *
	 * @param child		record of the CHILD SA
	 * @return			TRUE if so, since leap()
	 */
	bool (*leaped)(ha_sync_counters_t *this, const ha_sync_child_t *child);

	/**
	 * Active becomes standby: stop to watch, and set outbound sequence numbers
	 * ahead of the last report.  Talks to the kernel, so not for hooks.
	 *
	 * @param child		record of the CHILD SA
	 * @param ike		record of its IKE SA
	 */
	void (*demote)(ha_sync_counters_t *this, const ha_sync_child_t *child,
				   const ha_sync_ike_t *ike);

	/**
	 * The configuration changed.
	 */
	void (*reload)(ha_sync_counters_t *this);

	/**
	 * Destroy a ha_sync_counters_t.
	 */
	void (*destroy)(ha_sync_counters_t *this);
};

/**
 * Create counters.
 *
 * @param registry		registry
 * @param sender		sends reports
 * @return				counters, NULL if the kernel's socket can't be opened
 */
ha_sync_counters_t *ha_sync_counters_create(ha_sync_registry_t *registry,
											ha_sync_sender_t *sender);

#endif /** HA_SYNC_COUNTERS_H_ @}*/
