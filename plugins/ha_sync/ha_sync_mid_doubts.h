/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_mid_doubts ha_sync_mid_doubts
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_MID_DOUBTS_H_
#define HA_SYNC_MID_DOUBTS_H_

#include "ha_sync_record.h"

typedef struct ha_sync_mid_doubt_t ha_sync_mid_doubt_t;
typedef struct ha_sync_mid_doubts_t ha_sync_mid_doubts_t;

/**
 * An IKE SA that was taken over.
 */
struct ha_sync_mid_doubt_t {

	/** its name */
	ha_sync_spis_t spis;

	/** TRUE if its message IDs may be old, and can be synced */
	bool doubt;

	/** numbers of replay counters the peer is asked to skip, 0 if none */
	uint32_t skip;

	/** TRUE if its CHILD SAs have extended sequence numbers */
	bool esn;
};

/**
 * IKE SAs that were taken over, until their sync starts or they prove to need
 * none: the memory of ha_sync_mid_guard_t, which decides.
 *
 * Look-ups cost one atomic read if there are none.  There is at most one entry
 * for each IKE SA.
 *
 * Locking: one mutex, a leaf.  All may be called in hooks of charon's bus.
 */
struct ha_sync_mid_doubts_t {

	/**
	 * Check if there are no IKE SAs.
	 *
	 * @return			TRUE if so
	 */
	bool (*is_idle)(ha_sync_mid_doubts_t *this);

	/**
	 * Add an IKE SA, or replace what is known about it.
	 *
	 * @param doubt		IKE SA, copied
	 * @return			TRUE if its sync is to be queued now: if that is
	 *					configured, or it has numbers to skip
	 */
	bool (*add)(ha_sync_mid_doubts_t *this, const ha_sync_mid_doubt_t *doubt);

	/**
	 * There is a reason to sync an IKE SA.
	 *
	 * @param spis		its name
	 * @param queue		receives TRUE if its sync is to be queued, FALSE if it
	 *					is queued already
	 * @return			FALSE if its message IDs are not in doubt
	 */
	bool (*queue)(ha_sync_mid_doubts_t *this, const ha_sync_spis_t *spis,
				  bool *queue);

	/**
	 * Remove an IKE SA.
	 *
	 * @param spis		its name
	 * @param doubt		receives a copy of what was known, may be NULL
	 * @return			FALSE if it's not known
	 */
	bool (*remove)(ha_sync_mid_doubts_t *this, const ha_sync_spis_t *spis,
				   ha_sync_mid_doubt_t *doubt);

	/**
	 * Check if a request may leave before there is a sync: the first one, as
	 * long as it is not sent again, if message IDs are exact; all that follow
	 * once it was answered.
	 *
	 * @param spis		IKE SA
	 * @param packet	packet of the request
	 * @return			TRUE if so
	 */
	bool (*is_first)(ha_sync_mid_doubts_t *this, const ha_sync_spis_t *spis,
					 chunk_t packet);

	/**
	 * Check if an IKE SA's first request has left: there is a response, so the
	 * peer accepts its message ID.  The IKE SA is forgotten when received() is
	 * called, too: which message ID the peer uses is another question.
	 *
	 * @param spis		IKE SA
	 * @return			TRUE if so
	 */
	bool (*is_proven)(ha_sync_mid_doubts_t *this, const ha_sync_spis_t *spis);

	/**
	 * Note that the peer sent a request with the message ID that is expected,
	 * verified.  The IKE SA is forgotten if its first request was answered.
	 *
	 * @param spis		IKE SA
	 */
	void (*received)(ha_sync_mid_doubts_t *this, const ha_sync_spis_t *spis);

	/**
	 * Note that the peer repeated its last request.
	 *
	 * @param spis		IKE SA
	 * @return			TRUE if it does so for more than a second, and has sent
	 *					none that this member answered itself
	 */
	bool (*is_repeated)(ha_sync_mid_doubts_t *this, const ha_sync_spis_t *spis);

	/**
	 * Tell if message IDs of IKE SAs added from now on are exact, see
	 * ha_sync_mid_guard_t.set_exact().
	 *
	 * @param exact		TRUE if so
	 */
	void (*set_exact)(ha_sync_mid_doubts_t *this, bool exact);

	/**
	 * Tell if the sync of all IKE SAs added from now on is queued at once.
	 *
	 * @param eager		TRUE if so
	 */
	void (*set_eager)(ha_sync_mid_doubts_t *this, bool eager);

	/**
	 * Get numbers.
	 *
	 * @param unproven	receives the number of IKE SAs without a reason to sync
	 * @param queued	receives the number of those whose sync is queued
	 */
	void (*get_counts)(ha_sync_mid_doubts_t *this, uint32_t *unproven,
					   uint32_t *queued);

	/**
	 * Destroy a ha_sync_mid_doubts_t.
	 */
	void (*destroy)(ha_sync_mid_doubts_t *this);
};

/**
 * Create an empty table.
 *
 * @return				table
 */
ha_sync_mid_doubts_t *ha_sync_mid_doubts_create();

#endif /** HA_SYNC_MID_DOUBTS_H_ @}*/
