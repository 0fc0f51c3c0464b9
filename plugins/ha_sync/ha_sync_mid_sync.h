/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_mid_sync ha_sync_mid_sync
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_MID_SYNC_H_
#define HA_SYNC_MID_SYNC_H_

#include "ha_sync_mid_caps.h"
#include "ha_sync_mid_pending.h"
#include "ha_sync_record.h"

#include <bus/listeners/listener.h>
#include <sa/ike_sa.h>

typedef struct ha_sync_mid_sync_t ha_sync_mid_sync_t;
typedef struct ha_sync_mid_sync_counts_t ha_sync_mid_sync_counts_t;

/**
 * Numbers of message-ID syncs; all but pending are since the daemon's start.
 */
struct ha_sync_mid_sync_counts_t {
	/** requests that wait for a response */
	uint32_t pending;
	/** completed */
	uint32_t done;
	/** not answered in time, or the request could not be made */
	uint32_t failed;
	/** IKE SAs that must do without, see usable() */
	uint32_t skipped;
};

/**
 * Check if an IKE_SA is one of the cluster's.
 *
 * Called in hooks of charon's bus.
 *
 * @param user		user data
 * @param ike_sa	IKE_SA
 * @return			TRUE if it is on a service address
 */
typedef bool (*ha_sync_mid_sync_ours_t)(void *user, ike_sa_t *ike_sa);

/**
 * The message IDs of an IKE_SA were changed: M1 is about to be sent, so that
 * other members never send it again (RFC 6311, 5.1), or the peer's M2 and P2
 * are in use.
 *
 * Called with the IKE_SA checked out, maybe in a hook of charon's bus; must
 * not wait.
 *
 * @param user		user data
 * @param ike_sa	IKE_SA
 * @param mids		message IDs
 */
typedef void (*ha_sync_mid_sync_changed_t)(void *user, ike_sa_t *ike_sa,
										   const ha_sync_mids_t *mids);

/**
 * A sync was completed.
 *
 * @param user		user data
 * @param ike_sa	IKE_SA
 */
typedef void (*ha_sync_mid_sync_done_t)(void *user, ike_sa_t *ike_sa);

/**
 * IKEv2 message-ID synchronization (RFC 6311), the cluster's role.
 *
 * After a failover it exchanges an INFORMATIONAL with message ID 0 with the
 * peer, past charon's task manager, if ha_sync_mid_caps negotiated that.
 *
 * Locking: none of its own, the numbers are atomic; the syncs under way have a
 * mutex that is held for the bookkeeping only.
 */
struct ha_sync_mid_sync_t {

	/** registered at charon's bus by the owner */
	listener_t listener;

	/**
	 * Check if the message IDs of an IKE_SA can be synced.
	 *
	 * The peer must have the capability.  With a cipher in counter mode stock
	 * charon destroys its IKE_SA when it answers (its IVs are made from message
	 * IDs, which may not go back), so only CBC will do, unless the peer has
	 * this plugin, too.
	 *
	 * Called once per IKE_SA and failover; those that can't are counted.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @param why		receives the reason if it's not usable, static string
	 * @return			TRUE if start() may be called
	 */
	bool (*usable)(ha_sync_mid_sync_t *this, ike_sa_t *ike_sa, char **why);

	/**
	 * Start a sync.  Its request is sent again, as charon does with its own
	 * (retransmit_* options), until there is a response or no hope.
	 *
	 * From now on, our own requests use message IDs from M1 on.  Called at most
	 * once per IKE_SA and failover (RFC 6311, 7), not in hooks.
	 *
	 * @param ike_sa	established IKE_SA, checked out by the caller, usable()
	 * @param send		message ID of our next request, as far as known
	 * @param recv		expected message ID of the peer's next request
	 * @param delta		data of an IPSEC_REPLAY_COUNTER_SYNC for the same
	 *					message (RFC 6311, 5), chunk_empty for none
	 */
	void (*start)(ha_sync_mid_sync_t *this, ike_sa_t *ike_sa, uint32_t send,
				  uint32_t recv, chunk_t delta);

	/**
	 * Check if a sync waits for a response to a request with this nonce.
	 *
	 * May be called in hooks of charon's bus.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @param nonce		IKE_WIRE_SYNC_NONCE_LEN octets
	 * @return			TRUE if so
	 */
	bool (*waits_for)(ha_sync_mid_sync_t *this, ike_sa_t *ike_sa,
					  const uint8_t *nonce);

	/**
	 * Set who is told of completed syncs.
	 *
	 * @param done		called with the IKE_SA checked out, maybe in a hook of
	 *					charon's bus; must not wait
	 * @param user		passed to done
	 */
	void (*set_done)(ha_sync_mid_sync_t *this, ha_sync_mid_sync_done_t done,
					 void *user);

	/**
	 * Get numbers.
	 *
	 * @param counts	receives numbers
	 */
	void (*get_counts)(ha_sync_mid_sync_t *this,
					   ha_sync_mid_sync_counts_t *counts);

	/**
	 * Destroy a ha_sync_mid_sync_t, removed from the bus before.
	 */
	void (*destroy)(ha_sync_mid_sync_t *this);
};

/**
 * Create the object.
 *
 * @param caps			what was negotiated with peers
 * @param ours			tells the cluster's IKE_SAs
 * @param changed		called when message IDs were changed, or NULL
 * @param refused		called when a sync with replay counters failed
 * @param user			passed to all three
 * @return				object
 */
ha_sync_mid_sync_t *ha_sync_mid_sync_create(ha_sync_mid_caps_t *caps,
										ha_sync_mid_sync_ours_t ours,
										ha_sync_mid_sync_changed_t changed,
										ha_sync_mid_pending_refused_t refused,
										void *user);

#endif /** HA_SYNC_MID_SYNC_H_ @}*/
