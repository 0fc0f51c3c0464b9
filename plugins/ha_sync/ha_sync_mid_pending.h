/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_mid_pending ha_sync_mid_pending
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_MID_PENDING_H_
#define HA_SYNC_MID_PENDING_H_

#include <ike_wire_sync.h>
#include <sa/ike_sa.h>

typedef struct ha_sync_mid_pending_t ha_sync_mid_pending_t;

/**
 * A sync was given up that asked the peer to skip numbers of its replay
 * counters, too.
 *
 * Called by a job, the IKE_SA is not checked out.
 *
 * @param user		user data
 * @param id		IKE_SA
 */
typedef void (*ha_sync_mid_pending_refused_t)(void *user, ike_sa_id_t *id);

/**
 * Message-ID syncs under way: at most one per IKE_SA, removed with it.
 *
 * Sends requests until there is a response, without a need for the IKE_SA: the
 * same octets again, as often and at such intervals as charon sends its own
 * requests (retransmit_* options).  Then it is given up, but a late response is
 * still taken: the peer uses other message IDs from then on.
 *
 * All methods may be called in hooks of charon's bus; those that take an IKE_SA
 * are called by the thread that has it checked out.
 *
 * Locking: a mutex protects everything; nothing else is called while it's held.
 */
struct ha_sync_mid_pending_t {

	/**
	 * Send a request and wait for the response.
	 *
	 * @param ike_sa	IKE_SA without a sync under way
	 * @param request	what the request says
	 * @param packet	encoded request, adopted
	 * @param replay	TRUE if it asks to skip numbers of replay counters, too
	 */
	void (*add)(ha_sync_mid_pending_t *this, ike_sa_t *ike_sa,
				const ike_wire_sync_t *request, packet_t *packet,
				bool replay);

	/**
	 * Check if an IKE_SA has a sync under way.
	 *
	 * @param ike_sa	IKE_SA
	 * @return			TRUE if so
	 */
	bool (*has)(ha_sync_mid_pending_t *this, ike_sa_t *ike_sa);

	/**
	 * Get the request of a sync that has no response yet.
	 *
	 * @param ike_sa	IKE_SA
	 * @param request	receives what the request said
	 * @return			FALSE if no response is expected
	 */
	bool (*get_request)(ha_sync_mid_pending_t *this, ike_sa_t *ike_sa,
						ike_wire_sync_t *request);

	/**
	 * Store the response, and stop sending.
	 *
	 * @param ike_sa	IKE_SA
	 * @param response	what the response says
	 */
	void (*set_response)(ha_sync_mid_pending_t *this, ike_sa_t *ike_sa,
						 const ike_wire_sync_t *response);

	/**
	 * Get the response stored.
	 *
	 * @param ike_sa	IKE_SA
	 * @param response	receives what the response said
	 * @return			FALSE if there is none
	 */
	bool (*get_response)(ha_sync_mid_pending_t *this, ike_sa_t *ike_sa,
						 ike_wire_sync_t *response);

	/**
	 * Check if a request of the peer is to be ignored: the first one with its
	 * message ID, as long as no response is here.
	 *
	 * @param ike_sa	IKE_SA
	 * @param mid		message ID of the request
	 * @return			TRUE if so
	 */
	bool (*hold_back)(ha_sync_mid_pending_t *this, ike_sa_t *ike_sa,
					  uint32_t mid);

	/**
	 * Send to and from other addresses from now on.
	 *
	 * @param ike_sa	IKE_SA
	 * @param local		our address, cloned
	 * @param remote	the peer's address, cloned
	 */
	void (*set_hosts)(ha_sync_mid_pending_t *this, ike_sa_t *ike_sa,
					  host_t *local, host_t *remote);

	/**
	 * Remove the sync of an IKE_SA, if there is one.
	 *
	 * @param ike_sa	IKE_SA
	 */
	void (*remove)(ha_sync_mid_pending_t *this, ike_sa_t *ike_sa);

	/**
	 * Get numbers.
	 *
	 * @param pending	receives the number of syncs not given up
	 * @param failed	receives the number of those given up since the start
	 */
	void (*get_counts)(ha_sync_mid_pending_t *this, uint32_t *pending,
					   uint32_t *failed);

	/**
	 * Destroy a ha_sync_mid_pending_t.
	 */
	void (*destroy)(ha_sync_mid_pending_t *this);
};

/**
 * Create an empty table.
 *
 * @param refused	called when a sync with replay counters is given up
 * @param user		passed to it
 * @return			table
 */
ha_sync_mid_pending_t *ha_sync_mid_pending_create(
								ha_sync_mid_pending_refused_t refused,
								void *user);

#endif /** HA_SYNC_MID_PENDING_H_ @}*/
