/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_response ha_sync_response
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_RESPONSE_H_
#define HA_SYNC_RESPONSE_H_

#include "ha_sync_registry.h"

#include <bus/listeners/listener.h>

typedef struct ha_sync_response_t ha_sync_response_t;

/**
 * Sends the responses of a member that failed again.
 *
 * A peer that did not get the response to its request sends the request again
 * and expects the same octets (RFC 7296, 2.1).  charon's task manager has them
 * on the member that made them only.  Here the other members' are used, as the
 * registry has them.
 *
 * A peer that deletes its IKE SA expects a response, too, when the IKE SA is
 * gone on all members.  The last response of an IKE SA that was deleted is kept
 * for a minute, and at a takeover an IKE_SA in state IKE_DELETING, without
 * keys, takes the requests.
 *
 * Locking: a mutex protects the list of deleted IKE SAs; it is not held while
 * others are called.
 */
struct ha_sync_response_t {

	/** registered at charon's bus */
	listener_t listener;

	/**
	 * An IKE SA of another member was deleted there; to be called before it is
	 * removed from the registry.
	 *
	 * @param spis		name
	 */
	void (*closed)(ha_sync_response_t *this, const ha_sync_spis_t *spis);

	/**
	 * This member became active for a group.
	 *
	 * Checks IKE_SAs in, so no lock may be held.
	 *
	 * @param group		name of the group
	 */
	void (*activate)(ha_sync_response_t *this, char *group);

	/**
	 * Get the number of responses sent again since the start.
	 *
	 * @return			number
	 */
	u_int (*get_count)(ha_sync_response_t *this);

	/**
	 * Destroy a ha_sync_response_t.
	 */
	void (*destroy)(ha_sync_response_t *this);
};

/**
 * Create a ha_sync_response_t.
 *
 * @param registry		registry with all records
 * @return				object
 */
ha_sync_response_t *ha_sync_response_create(ha_sync_registry_t *registry);

#endif /** HA_SYNC_RESPONSE_H_ @}*/
