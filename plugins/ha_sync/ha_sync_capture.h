/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_capture ha_sync_capture
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_CAPTURE_H_
#define HA_SYNC_CAPTURE_H_

#include "ha_sync_counters.h"
#include "ha_sync_gate.h"
#include "ha_sync_groups.h"
#include "ha_sync_hook_time.h"
#include "ha_sync_mid_caps.h"
#include "ha_sync_registry.h"
#include "ha_sync_sender.h"

#include <bus/listeners/listener.h>

typedef struct ha_sync_capture_t ha_sync_capture_t;

/**
 * Turns events of live IKE_SAs on service addresses into records.
 *
 * Every record is stored in the registry and sent to the other members.  What
 * changed is found by looking at the IKE_SA before a packet of it leaves (as
 * responder its exchange is complete then), and by a job after it received a
 * response.
 *
 * Locking: what is known about an IKE_SA is used by the thread only that has it
 * checked out, or calls hooks with it; one mutex protects the table of it.  No
 * other lock is taken with it held.
 */
struct ha_sync_capture_t {

	/** registered at charon's bus */
	listener_t listener;

	/**
	 * Add time spent in hooks to the handshake of an IKE_SA, if it is not
	 * complete.
	 *
	 * @param ike_sa	IKE_SA, the hooks were called with
	 * @param ns		time, in ns
	 */
	void (*spent)(ha_sync_capture_t *this, ike_sa_t *ike_sa, uint64_t ns);

	/**
	 * A packet is about to leave: tell what changed of the IKE_SA that the
	 * thread has checked out, if the packet is that of a message that the hooks
	 * saw, and have it held until others know.
	 *
	 * Not in the hooks, as these keep the whole daemon's bus locked.
	 */
	void (*leaving)(ha_sync_capture_t *this);

	/**
	 * Start to watch an IKE_SA that was a copy until now.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @param ike		its record
	 */
	void (*adopt)(ha_sync_capture_t *this, ike_sa_t *ike_sa,
				  const ha_sync_ike_t *ike);

	/**
	 * The message IDs of an IKE_SA were set, past the messages that hooks see
	 * (RFC 6311).
	 *
	 * May be called in hooks of charon's bus.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @param mids		message IDs
	 */
	void (*set_mids)(ha_sync_capture_t *this, ike_sa_t *ike_sa,
					 const ha_sync_mids_t *mids);

	/**
	 * Stop to watch an IKE_SA: it becomes a copy, or is dropped silently.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 */
	void (*forget)(ha_sync_capture_t *this, ike_sa_t *ike_sa);

	/**
	 * Stop to watch an IKE_SA that failed, and tell the others that it's gone.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 */
	void (*gone)(ha_sync_capture_t *this, ike_sa_t *ike_sa);

	/**
	 * The daemon is going down and other members take over: the SAs that are
	 * destroyed from now on live on there, don't replicate their end.
	 */
	void (*freeze)(ha_sync_capture_t *this);

	/**
	 * Destroy a ha_sync_capture_t, it must not be registered anymore.
	 */
	void (*destroy)(ha_sync_capture_t *this);
};

/**
 * Create a capture.
 *
 * @param groups		groups of service addresses
 * @param registry		registry to store records in
 * @param sender		sends records to the other members
 * @param counters		watches the kernel's counters
 * @param caps			knows what can be synced with peers
 * @param gate			holds packets until records are acknowledged
 * @param times			takes the time spent in hooks
 * @return				capture
 */
ha_sync_capture_t *ha_sync_capture_create(ha_sync_groups_t *groups,
										  ha_sync_registry_t *registry,
										  ha_sync_sender_t *sender,
										  ha_sync_counters_t *counters,
										  ha_sync_mid_caps_t *caps,
										  ha_sync_gate_t *gate,
										  ha_sync_hook_time_t *times);

#endif /** HA_SYNC_CAPTURE_H_ @}*/
