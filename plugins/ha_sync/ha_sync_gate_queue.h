/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_gate_queue ha_sync_gate_queue
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_GATE_QUEUE_H_
#define HA_SYNC_GATE_QUEUE_H_

#include "ha_sync_record.h"

#include <networking/packet.h>

/**
 * Packets that are held at most; also IKE SAs whose packets have to be.
 */
#define HA_SYNC_GATE_MAX 8192

typedef struct ha_sync_gate_queue_t ha_sync_gate_queue_t;
typedef struct ha_sync_waiting_t ha_sync_waiting_t;

/**
 * A packet that is held.
 */
struct ha_sync_waiting_t {
	/** the packet */
	packet_t *packet;
	/** sequence number it waits for */
	uint64_t seq;
	/** when it came, in ns */
	uint64_t since;
	/** its IKE SA */
	void *ike;
	/** next packet */
	ha_sync_waiting_t *next;
};

/**
 * IKE packets in the order they came, each waits for a sequence number.
 *
 * Locking: none, the gate's mutex protects it.
 */
struct ha_sync_gate_queue_t {

	/**
	 * Packets of an IKE SA that come from now on have to wait.
	 *
	 * @param spis		SPIs of the IKE SA
	 * @param seq		sequence number they wait for
	 * @return			FALSE if there are too many such IKE SAs
	 */
	bool (*hold)(ha_sync_gate_queue_t *this, const ha_sync_spis_t *spis,
				 uint64_t seq);

	/**
	 * Append a packet, if it has to wait, or others of its IKE SA are not gone
	 * yet.
	 *
	 * @param packet	packet, adopted if TRUE is returned
	 * @param now		time, in ns
	 * @return			FALSE if it may leave
	 */
	bool (*add)(ha_sync_gate_queue_t *this, packet_t *packet, uint64_t now);

	/**
	 * Forget what does not have to be waited for anymore.
	 *
	 * @param seq		sequence number that was reached
	 */
	void (*reached)(ha_sync_gate_queue_t *this, uint64_t seq);

	/**
	 * Take the first packets off, up to one that has to wait.
	 *
	 * Until done() is called for them, add() keeps others of their IKE SAs.
	 *
	 * @param seq		sequence number that was reached
	 * @return			packets, NULL if there are none
	 */
	ha_sync_waiting_t *(*take)(ha_sync_gate_queue_t *this, uint64_t seq);

	/**
	 * Packets that were taken are gone.
	 *
	 * @param taken		packets as returned by take(), destroyed; those of type
	 *					packet_t are the caller's
	 */
	void (*done)(ha_sync_gate_queue_t *this, ha_sync_waiting_t *taken);

	/**
	 * Number of packets.
	 *
	 * @return			packets added and not taken
	 */
	u_int (*get_count)(ha_sync_gate_queue_t *this);

	/**
	 * Get the time the oldest packet came.
	 *
	 * @param since		receives the time, in ns
	 * @return			FALSE if there is none
	 */
	bool (*get_oldest)(ha_sync_gate_queue_t *this, uint64_t *since);

	/**
	 * Destroy a ha_sync_gate_queue_t, its packets as well.
	 */
	void (*destroy)(ha_sync_gate_queue_t *this);
};

/**
 * Create a queue.
 *
 * @return				queue
 */
ha_sync_gate_queue_t *ha_sync_gate_queue_create();

#endif /** HA_SYNC_GATE_QUEUE_H_ @}*/
