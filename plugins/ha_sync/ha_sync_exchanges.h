/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_exchanges ha_sync_exchanges
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_EXCHANGES_H_
#define HA_SYNC_EXCHANGES_H_

#include "ha_sync_record.h"

typedef struct ha_sync_exchanges_t ha_sync_exchanges_t;

/**
 * Message IDs and last messages of a live IKE_SA, and what of them the other
 * members do not know.
 *
 * Locking: none, belongs to ha_sync_tracked_t.
 */
struct ha_sync_exchanges_t {

	/**
	 * Note the message ID of a message.
	 *
	 * @param mid		its message ID
	 * @param request	TRUE for a request
	 * @param outgoing	TRUE if we send it
	 */
	void (*message)(ha_sync_exchanges_t *this, uint32_t mid, bool request,
					bool outgoing);

	/**
	 * Note the peer's request that is being answered.
	 *
	 * @param packet	its packet, or that of its first fragment, adopted;
	 *					chunk_empty if the response is not kept
	 */
	void (*asked)(ha_sync_exchanges_t *this, chunk_t packet);

	/**
	 * Note the packets of a message we send, after message() for it.
	 *
	 * A request with a message ID that was used is not noted: it takes the
	 * place of one of another member, which stays (ha_sync_resume.h).
	 *
	 * @param mid		its message ID
	 * @param request	TRUE for a request
	 * @param packets	packets (ha_sync_packets.h), adopted; chunk_empty if
	 *					they are not kept, nor those before
	 */
	void (*packets)(ha_sync_exchanges_t *this, uint32_t mid, bool request,
					chunk_t packets);

	/**
	 * Set the message IDs; the others know them.
	 *
	 * @param mids		message IDs
	 */
	void (*set_mids)(ha_sync_exchanges_t *this, const ha_sync_mids_t *mids);

	/**
	 * Get the message IDs, which are told by the caller.
	 *
	 * @param mids		receives message IDs
	 */
	void (*get_mids)(ha_sync_exchanges_t *this, ha_sync_mids_t *mids);

	/**
	 * Take what the others do not know, it is told by the caller.
	 *
	 * Hashes the request that was answered, so it takes some us.
	 *
	 * @param spis		name of the IKE SA
	 * @return			message IDs, and messages if there are new ones; NULL if
	 *					the others know all
	 */
	ha_sync_exchange_t *(*take)(ha_sync_exchanges_t *this,
								const ha_sync_spis_t *spis);

	/**
	 * Destroy a ha_sync_exchanges_t.
	 */
	void (*destroy)(ha_sync_exchanges_t *this);
};

/**
 * Create an object for an IKE_SA that has not sent or received anything.
 *
 * @return			object
 */
ha_sync_exchanges_t *ha_sync_exchanges_create();

#endif /** HA_SYNC_EXCHANGES_H_ @}*/
