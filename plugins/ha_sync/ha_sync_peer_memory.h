/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_peer_memory ha_sync_peer_memory
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_PEER_MEMORY_H_
#define HA_SYNC_PEER_MEMORY_H_

#include <library.h>
#include <networking/packet.h>
#include <sa/ike_sa.h>

typedef struct ha_sync_peer_memory_t ha_sync_peer_memory_t;

/**
 * What a peer remembers of the syncs it answered: the last one of each IKE SA.
 *
 * Locking: one mutex, a leaf.  May be called in hooks of charon's bus, with the
 * IKE_SA checked out.
 */
struct ha_sync_peer_memory_t {

	/**
	 * Note an answered sync, in place of an earlier one.
	 *
	 * @param ike_sa	IKE_SA
	 * @param m1		M1 of the request
	 * @param m2		M2 of the response
	 * @param request	encoded request, cloned
	 * @param response	encoded response, cloned
	 */
	void (*put)(ha_sync_peer_memory_t *this, ike_sa_t *ike_sa, uint32_t m1,
				uint32_t m2, chunk_t request, packet_t *response);

	/**
	 * Check if M1 is one that was seen, or lower (RFC 6311, 5.1).
	 *
	 * @param ike_sa	IKE_SA
	 * @param m1		M1 of a request
	 * @return			TRUE if it's not higher than that of the last sync
	 */
	bool (*is_stale)(ha_sync_peer_memory_t *this, ike_sa_t *ike_sa,
					 uint32_t m1);

	/**
	 * Get the response to a request that was answered before.
	 *
	 * @param ike_sa	IKE_SA
	 * @param request	encoded request
	 * @return			response, cloned; NULL if it is not the same, or if the
	 *					cluster has shown that it got the response
	 */
	packet_t *(*get_response)(ha_sync_peer_memory_t *this, ike_sa_t *ike_sa,
							  chunk_t request);

	/**
	 * An authentic request with another message ID was received.
	 *
	 * @param ike_sa	IKE_SA
	 * @param mid		its message ID
	 */
	void (*used)(ha_sync_peer_memory_t *this, ike_sa_t *ike_sa, uint32_t mid);

	/**
	 * Forget an IKE_SA.
	 *
	 * @param ike_sa	IKE_SA
	 */
	void (*remove)(ha_sync_peer_memory_t *this, ike_sa_t *ike_sa);

	/**
	 * Destroy a ha_sync_peer_memory_t.
	 */
	void (*destroy)(ha_sync_peer_memory_t *this);
};

/**
 * Create an empty memory.
 *
 * @return				memory
 */
ha_sync_peer_memory_t *ha_sync_peer_memory_create();

#endif /** HA_SYNC_PEER_MEMORY_H_ @}*/
