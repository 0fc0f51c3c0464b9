/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_state ha_sync_state
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_STATE_H_
#define HA_SYNC_STATE_H_

#include "ha_sync_capture.h"
#include "ha_sync_mid_caps.h"
#include "ha_sync_mid_guard.h"
#include "ha_sync_mid_sync.h"
#include "ha_sync_peer.h"

#include <bus/listeners/listener.h>

typedef struct ha_sync_state_t ha_sync_state_t;
typedef struct ha_sync_state_counts_t ha_sync_state_counts_t;

/**
 * Numbers of IKE SAs.
 */
struct ha_sync_state_counts_t {
	/** UNSYNED now, copies included */
	uint32_t unsyned;
	/** FAILED now: to be replaced, or just replaced */
	uint32_t failing;
	/** FAILED since the daemon's start */
	uint32_t failed;
	/** set up again by us since the daemon's start */
	uint32_t initiated;
};

/**
 * Synchronization state of the cluster's IKE SAs (draft-zhang, 3): what if both
 * ends fail over at once.
 *
 * A member that takes over without a handover knows message IDs that may be
 * old: its IKE SAs are UNSYNED until the peer has told it better ones.  If the
 * peer asks for the same in the meantime, both guess, and nobody knows.  Then
 * both go to FAILED: a peer that is known to understand it is told by the
 * notify Simultaneous Failover Failure, other ones time out.
 *
 * What becomes of it then is up to ha_sync_failed_t.
 *
 * With a peer that runs this plugin message IDs are synced at once, and until
 * then ordinary messages are ignored (strict, RFC 6311, 8.1), and none is sent:
 * responses are to requests of the previous active.  If the peer does not
 * answer for as long as charon would wait (retransmit_* options) it is taken
 * for dead: FAILED.  With other peers the sync may never come, so ordinary
 * messages are processed.
 *
 * Locking: none of its own, the table of these IKE SAs has a mutex, a leaf.
 */
struct ha_sync_state_t {

	/** registered by the owner, after those of ha_sync_mid_sync and
	 * ha_sync_peer, which take messages with message ID 0 */
	listener_t listener;

	/**
	 * An IKE_SA was taken over from a member that did not flush its state.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller, known to the guard
	 */
	void (*start)(ha_sync_state_t *this, ike_sa_t *ike_sa);

	/**
	 * An IKE_SA was taken over, and a request of the previous active is sent
	 * again before anything else: SYNED when it gets its response, no sync
	 * until then.  If it gets none for HA_SYNC_STATE_RESUME what is known about
	 * it is old, and message IDs are synced.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 */
	void (*resume)(ha_sync_state_t *this, ike_sa_t *ike_sa);

	/**
	 * Check if an IKE_SA is UNSYNED; a copy is if the active's was.
	 *
	 * @param ike_sa	IKE_SA
	 * @return			TRUE if message IDs are not synced since it was taken
	 *					over
	 */
	bool (*is_unsyned)(ha_sync_state_t *this, ike_sa_t *ike_sa);

	/**
	 * Decide about a sync that a peer asks for, see ha_sync_peer_ops_t.
	 *
	 * May be called in hooks of charon's bus.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @return			what to do
	 */
	ha_sync_verdict_t (*judge)(ha_sync_state_t *this, ike_sa_t *ike_sa);

	/**
	 * Check if a packet may leave: requests don't, but those of syncs, as long
	 * as an IKE SA is FAILED, or is UNSYNED and its peer runs this plugin.
	 *
	 * @param packet	packet as charon sends it, without non-ESP marker
	 * @return			FALSE if it is to be dropped, charon sends it again
	 */
	bool (*pass)(ha_sync_state_t *this, packet_t *packet);

	/**
	 * Nobody knows the message IDs of an IKE_SA, or its peer is gone.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller, not in a hook
	 * @param why		reason, for the log
	 */
	void (*fail)(ha_sync_state_t *this, ike_sa_t *ike_sa, char *why);

	/**
	 * Get numbers.
	 *
	 * @param counts	receives numbers
	 */
	void (*get_counts)(ha_sync_state_t *this, ha_sync_state_counts_t *counts);

	/**
	 * Write numbers as a section of the status, see cluster_status_t.
	 *
	 * @param reply		reply to write to
	 */
	void (*status)(ha_sync_state_t *this, vici_builder_t *reply);

	/**
	 * The configuration changed.
	 */
	void (*reload)(ha_sync_state_t *this);

	/**
	 * Destroy a ha_sync_state_t, removed from the bus before, when no jobs are
	 * run anymore.
	 */
	void (*destroy)(ha_sync_state_t *this);
};

/**
 * How long a request of the previous active may wait for its response until
 * message IDs are synced, in ms: charon sends it again after 4 s.
 */
#define HA_SYNC_STATE_RESUME 5000

/**
 * Create the object.
 *
 * @param caps			knows what was negotiated
 * @param capture		watches live IKE_SAs
 * @param guard			starts syncs
 * @param mid_sync		does them, told to call this object
 * @return				object
 */
ha_sync_state_t *ha_sync_state_create(ha_sync_mid_caps_t *caps,
									  ha_sync_capture_t *capture,
									  ha_sync_mid_guard_t *guard,
									  ha_sync_mid_sync_t *mid_sync);

#endif /** HA_SYNC_STATE_H_ @}*/
