/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_outlet ha_sync_outlet
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_OUTLET_H_
#define HA_SYNC_OUTLET_H_

#include <bus/listeners/listener.h>
#include <networking/packet.h>

typedef struct ha_sync_outlet_t ha_sync_outlet_t;
typedef bool (*ha_sync_outlet_stopping_t)(void *user);
typedef bool (*ha_sync_outlet_leaving_t)(void *user, packet_t *packet);

/**
 * Looks at a packet that is about to leave; no hook, the IKE_SA is usually
 * checked out by the calling thread.
 *
 * @param user			data given with the function
 * @param packet		packet, adopted if FALSE is returned
 * @return				TRUE if the packet may leave
 */
typedef bool (*ha_sync_outlet_filter_t)(void *user, packet_t *packet);

/**
 * What IKE packets leave charon through.
 *
 * The records behind a packet are on their way to other members before it.
 * When charon is stopped it deletes all its IKE_SAs, telling the peers.  If
 * another member takes over, the packets that say so must not leave.
 *
 * Locking: none; filters and state are set once, by the main thread.
 */
struct ha_sync_outlet_t {

	/** registered at charon's bus, waits for the shutdown */
	listener_t listener;

	/**
	 * Add a filter behind those added before; packets without non-ESP marker
	 * (NAT keepalives) are not shown to filters.  Before packets leave only.
	 *
	 * @param filter	called for each packet
	 * @param user		data for it
	 */
	void (*add_filter)(ha_sync_outlet_t *this, ha_sync_outlet_filter_t filter,
					   void *user);

	/**
	 * Send a packet that a filter kept.
	 *
	 * @param packet	packet, adopted
	 */
	void (*send)(ha_sync_outlet_t *this, packet_t *packet);

	/**
	 * Put charon's sender back and destroy.
	 */
	void (*destroy)(ha_sync_outlet_t *this);
};

/**
 * Put an object between charon and its sender.
 *
 * @param stopping		called in a hook of charon's bus when the shutdown
 *						starts; returns TRUE if others take over
 * @param leaving		called when a packet is about to leave, not in a hook;
 *						returns FALSE if it must not
 * @param user			data for the functions
 * @return				object
 */
ha_sync_outlet_t *ha_sync_outlet_create(ha_sync_outlet_stopping_t stopping,
										ha_sync_outlet_leaving_t leaving,
										void *user);

#endif /** HA_SYNC_OUTLET_H_ @}*/
