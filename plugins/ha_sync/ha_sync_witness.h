/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_witness ha_sync_witness
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_WITNESS_H_
#define HA_SYNC_WITNESS_H_

#include "ha_sync_gate.h"
#include "ha_sync_tracked.h"

#include <encoding/message.h>

typedef struct ha_sync_witness_t ha_sync_witness_t;

/**
 * Notes what the messages of an IKE_SA say: message IDs, a request that is
 * answered, packets that may have to be sent again, the ID of a PPK, and if the
 * IKE SA ends with it.
 *
 * Nothing is told to others here, the ha_sync_capture_t does that when the
 * message leaves.
 *
 * Locking: none, used in hooks of charon's bus only, which calls them for one
 * thread at a time; that thread has the IKE_SA checked out.
 */
struct ha_sync_witness_t {

	/**
	 * Note what a message says, see listener_t.message.
	 *
	 * @param tracked	what is known about the IKE_SA, gets notes
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @param message	message as charon's bus has it
	 * @param incoming	TRUE if it was received, FALSE if it is about to be sent
	 * @param plain		TRUE before it is encrypted, or after it was decrypted
	 */
	void (*message)(ha_sync_witness_t *this, ha_sync_tracked_t *tracked,
					ike_sa_t *ike_sa, message_t *message, bool incoming,
					bool plain);

	/**
	 * Destroy a ha_sync_witness_t.
	 */
	void (*destroy)(ha_sync_witness_t *this);
};

/**
 * Create a witness.
 *
 * @param gate			knows if there is semi-sync: packets of IKE_AUTH are
 *						kept then only
 * @return				witness
 */
ha_sync_witness_t *ha_sync_witness_create(ha_sync_gate_t *gate);

#endif /** HA_SYNC_WITNESS_H_ @}*/
