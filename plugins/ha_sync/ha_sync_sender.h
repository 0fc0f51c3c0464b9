/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_sender ha_sync_sender
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_SENDER_H_
#define HA_SYNC_SENDER_H_

#include "ha_sync_record.h"

#include "sync_channel.h"

typedef struct ha_sync_sender_t ha_sync_sender_t;

/**
 * Hands records to the sync channel.
 *
 * A record is in the registry (or not anymore) before it is sent: a snapshot
 * for a member that joins has all that was sent before.
 *
 * Locking: none of its own but atomic operations, the channel only appends to
 * its queues; may be used in hooks of charon's bus.
 */
struct ha_sync_sender_t {

	/**
	 * Send an IKE SA; leaves with wake().
	 *
	 * @param body		ha_sync_ike_encode()d, adopted
	 */
	void (*ike)(ha_sync_sender_t *this, chunk_t body);

	/**
	 * Send what changed of an IKE SA; leaves with wake().
	 *
	 * @param body		ha_sync_ike_update_encode()d, adopted
	 */
	void (*ike_update)(ha_sync_sender_t *this, chunk_t body);

	/**
	 * Send message IDs: with the next flush, or if members acknowledge records
	 * before packets leave, in order with other records; leaves with wake().
	 */
	void (*mids)(ha_sync_sender_t *this, const ha_sync_spis_t *spis,
				 const ha_sync_mids_t *mids);

	/**
	 * Send message IDs in order with other records: they are final.
	 */
	void (*mids_now)(ha_sync_sender_t *this, const ha_sync_spis_t *spis,
					 const ha_sync_mids_t *mids);

	/**
	 * Send message IDs and the messages behind them, in order with other
	 * records; leaves with wake().
	 *
	 * @param spis		name of the IKE SA
	 * @param body		ha_sync_exchange_encode()d, adopted
	 */
	void (*exchange)(ha_sync_sender_t *this, const ha_sync_spis_t *spis,
					 chunk_t body);

	/**
	 * Send the end of an IKE SA.
	 */
	void (*ike_delete)(ha_sync_sender_t *this, const ha_sync_spis_t *spis);

	/**
	 * Send a CHILD SA; leaves with wake().
	 *
	 * @param body		ha_sync_child_encode()d, adopted
	 */
	void (*child)(ha_sync_sender_t *this, chunk_t body);

	/**
	 * Send the end of a CHILD SA.
	 */
	void (*child_delete)(ha_sync_sender_t *this, const ha_sync_child_id_t *id);

	/**
	 * Send use and counters of a CHILD SA with the next flush.
	 */
	void (*child_use)(ha_sync_sender_t *this, const ha_sync_child_id_t *id,
					  const ha_sync_use_t *use);

	/**
	 * Send use and counters in order with other records: they are final.
	 */
	void (*child_use_now)(ha_sync_sender_t *this, const ha_sync_child_id_t *id,
						  const ha_sync_use_t *use);

	/**
	 * Send our view of a group.
	 */
	void (*group)(ha_sync_sender_t *this,
				  const ha_sync_group_record_t *record);

	/**
	 * Set if members acknowledge records before packets leave.
	 *
	 * @param sync		TRUE if so (semi-sync)
	 */
	void (*set_sync)(ha_sync_sender_t *this, bool sync);

	/**
	 * Get the sequence number of the last record.
	 *
	 * @return			sequence number of the channel, 0 if there was none
	 */
	uint64_t (*get_seq)(ha_sync_sender_t *this);

	/**
	 * Let go what hooks have sent; to be called after them.
	 */
	void (*wake)(ha_sync_sender_t *this);

	/**
	 * Destroy a ha_sync_sender_t.
	 */
	void (*destroy)(ha_sync_sender_t *this);
};

/**
 * Create a sender.
 *
 * @param channel		channel to send to
 * @return				sender
 */
ha_sync_sender_t *ha_sync_sender_create(sync_channel_t *channel);

#endif /** HA_SYNC_SENDER_H_ @}*/
