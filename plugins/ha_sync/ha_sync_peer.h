/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_peer ha_sync_peer
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_PEER_H_
#define HA_SYNC_PEER_H_

#include "ha_sync_kernel_replay.h"
#include "ha_sync_mid_caps.h"
#include "ha_sync_record.h"

#include "cluster_control.h"

#include <bus/listeners/listener.h>

/**
 * Default type of the notify Simultaneous Failover Failure, an error from the
 * range for private use; and the ends of that range.
 */
#define HA_SYNC_FAILURE_NOTIFY 8311
#define HA_SYNC_FAILURE_NOTIFY_MIN 8192
#define HA_SYNC_FAILURE_NOTIFY_MAX 16383

typedef struct ha_sync_peer_t ha_sync_peer_t;
typedef struct ha_sync_peer_ops_t ha_sync_peer_ops_t;
typedef struct ha_sync_peer_counts_t ha_sync_peer_counts_t;
typedef enum ha_sync_verdict_t ha_sync_verdict_t;

/**
 * What to do with a valid request for a sync.
 */
enum ha_sync_verdict_t {
	/** apply and answer it */
	HA_SYNC_ANSWER,
	/** answer with Simultaneous Failover Failure */
	HA_SYNC_REFUSE,
	/** drop it */
	HA_SYNC_DROP,
};

/**
 * What a member of a cluster has to say about its own IKE SAs.
 */
struct ha_sync_peer_ops_t {

	/**
	 * Decide about a request that is authentic and not stale.
	 *
	 * Called in hooks of charon's bus, and by jobs with the IKE_SA checked out.
	 *
	 * @param user		user data
	 * @param ike_sa	IKE_SA
	 * @return			what to do
	 */
	ha_sync_verdict_t (*judge)(void *user, ike_sa_t *ike_sa);

	/**
	 * A request was answered with Simultaneous Failover Failure.
	 *
	 * Called by jobs with the IKE_SA checked out.
	 *
	 * @param user		user data
	 * @param ike_sa	IKE_SA
	 */
	void (*refused)(void *user, ike_sa_t *ike_sa);

	/**
	 * The message IDs of an IKE_SA were set as the peer asked for.
	 *
	 * Called by jobs with the IKE_SA checked out.
	 *
	 * @param user		user data
	 * @param ike_sa	IKE_SA
	 * @param mids		message IDs
	 */
	void (*changed)(void *user, ike_sa_t *ike_sa, const ha_sync_mids_t *mids);

	/** passed to all of them */
	void *user;
};

/**
 * Numbers since the daemon's start.
 */
struct ha_sync_peer_counts_t {
	/** requests applied and answered */
	uint32_t answered;
	/** answered from memory */
	uint32_t repeated;
	/** answered with Simultaneous Failover Failure */
	uint32_t refused;
	/** dropped: stale, malformed, or not to be answered now */
	uint32_t dropped;
	/** CHILD SAs whose replay counter was raised */
	uint32_t raised;
};

/**
 * The peer's role of RFC 6311: answers a cluster that took over.
 *
 * charon has a task for it, which answers replayed requests again, loses what
 * is under way, and knows nothing of replay counters.  Requests never get
 * there: they are verified in the hook that sees a message first, a job applies
 * and answers them, and charon is made to ignore the message.
 *
 * Works for all IKE SAs of the daemon that have HA_SYNC_CAP_MID, or
 * HA_SYNC_CAP_REPLAY for replay counters alone.
 *
 * Locking: none of its own but that of its memory, and atomic numbers.
 */
struct ha_sync_peer_t {

	/** registered at charon's bus by the owner */
	listener_t listener;

	/**
	 * Get numbers.
	 *
	 * @param counts	receives numbers
	 */
	void (*get_counts)(ha_sync_peer_t *this, ha_sync_peer_counts_t *counts);

	/**
	 * Write numbers as a section of the status, see cluster_status_t.
	 *
	 * @param reply		reply to write to
	 */
	void (*status)(ha_sync_peer_t *this, vici_builder_t *reply);

	/**
	 * Destroy a ha_sync_peer_t, removed from the bus before, when no jobs are
	 * run anymore.
	 */
	void (*destroy)(ha_sync_peer_t *this);
};

/**
 * Create a peer.
 *
 * @param caps			knows what was negotiated
 * @param kernel		sets replay counters
 * @param ops			of a member of a cluster, copied; NULL for others, who
 *						answer always
 * @return				peer
 */
ha_sync_peer_t *ha_sync_peer_create(ha_sync_mid_caps_t *caps,
									ha_sync_kernel_replay_t *kernel,
									const ha_sync_peer_ops_t *ops);

/**
 * Read the type of the notify Simultaneous Failover Failure.
 *
 * @return				type as configured
 */
uint16_t ha_sync_failure_notify();

#endif /** HA_SYNC_PEER_H_ @}*/
