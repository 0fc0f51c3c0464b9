/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_mid_guard ha_sync_mid_guard
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_MID_GUARD_H_
#define HA_SYNC_MID_GUARD_H_

#include "ha_sync_mid_sync.h"
#include "ha_sync_registry.h"

#include <bus/listeners/listener.h>

typedef struct ha_sync_mid_guard_t ha_sync_mid_guard_t;

/**
 * Decides when the message IDs of an IKE_SA that was taken over are synced.
 *
 * A sync makes a stock peer forget that it has a request under way: it sends
 * that request again later, but ignores our response.  So with `sync = lazy`
 * there is none as long as the message IDs may be right and nothing depends on
 * it (RFC 6311, 7: "on demand"):
 *
 * - before the first request of ours leaves.  The request is not sent: charon
 *   makes it anew with the message ID the sync gives it.  See set_exact() for
 *   an exception.
 * - if the peer shows that it is ahead: by a request with a higher message ID
 *   than expected, by a response to a request we don't know of, or by sending
 *   the last request of the previous active's time again for a second and
 *   longer, although it was answered there and the response is not here.
 *
 * With `sync = eager` it is done right after the takeover.  In both cases the
 * IKE_SA is forgotten when its sync starts, so there is one sync for each
 * takeover at most (RFC 6311, 7), whatever is received.
 *
 * Until then no request of ours has left, so a response that charon's task
 * manager would process, as it has the message ID it expects, belongs to a
 * request of the previous active.  It is kept from it: charon destroys the
 * IKE_SA if the exchange type is not that of its own request.
 *
 * Cost: one atomic read per message if no message IDs are in doubt, else a
 * look-up in a hash table.
 *
 * Locking: none of its own, the table of IKE SAs (ha_sync_mid_doubts_t) has a
 * mutex, a leaf.
 */
struct ha_sync_mid_guard_t {

	/** registered at charon's bus by the owner */
	listener_t listener;

	/**
	 * Check if message IDs can be synced with a peer.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @return			TRUE if so
	 */
	bool (*can_sync)(ha_sync_mid_guard_t *this, ike_sa_t *ike_sa);

	/**
	 * An IKE_SA was taken over from a member that did not flush its state.
	 *
	 * If the peer is to skip numbers of its replay counters (RFC 6311, 5.2) a
	 * sync is started at once, as all it sends is refused until then; by an
	 * INFORMATIONAL of its own if message IDs can't be synced.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @param skip		how many, 0 if not to be asked
	 * @param esn		TRUE if its CHILD SAs have extended sequence numbers
	 */
	void (*add)(ha_sync_mid_guard_t *this, ike_sa_t *ike_sa, uint32_t skip,
				bool esn);

	/**
	 * Sync an IKE_SA that was added now, whatever the configuration says.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @param why		reason, for the log
	 */
	void (*hurry)(ha_sync_mid_guard_t *this, ike_sa_t *ike_sa, char *why);

	/**
	 * Tell if the message IDs of IKE_SAs that will be taken over are right
	 * (`durability = semi-sync`).
	 *
	 * A first request is a reason for a sync then only if it is sent again: the
	 * active may have been without a standby that acknowledged.  For the same
	 * reason the IKE_SA stays in doubt until the peer has sent a request, too:
	 * its message ID may be higher than expected although ours is right.
	 *
	 * @param exact		TRUE if they are, as far as we know
	 */
	void (*set_exact)(ha_sync_mid_guard_t *this, bool exact);

	/**
	 * Check if a packet may leave.
	 *
	 * If not a sync is on its way that has it sent later.
	 *
	 * @param packet	packet as charon sends it, without non-ESP marker
	 * @return			FALSE if it is to be dropped
	 */
	bool (*pass)(ha_sync_mid_guard_t *this, packet_t *packet);

	/**
	 * Get numbers.
	 *
	 * @param unproven	receives the number of IKE_SAs without a reason to sync
	 * @param queued	receives the number of those whose sync is to be started
	 */
	void (*get_counts)(ha_sync_mid_guard_t *this, uint32_t *unproven,
					   uint32_t *queued);

	/**
	 * The configuration changed.
	 *
	 * @return			FALSE if an option is wrong
	 */
	bool (*reload)(ha_sync_mid_guard_t *this);

	/**
	 * Destroy a ha_sync_mid_guard_t, removed from the bus before, when no jobs
	 * are run anymore.
	 */
	void (*destroy)(ha_sync_mid_guard_t *this);
};

/**
 * Create a guard.
 *
 * @param registry		knows message IDs
 * @param mid_sync		does the syncs
 * @return				guard
 */
ha_sync_mid_guard_t *ha_sync_mid_guard_create(ha_sync_registry_t *registry,
											  ha_sync_mid_sync_t *mid_sync);

#endif /** HA_SYNC_MID_GUARD_H_ @}*/
