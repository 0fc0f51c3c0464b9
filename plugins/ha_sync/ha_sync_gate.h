/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_gate ha_sync_gate
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_GATE_H_
#define HA_SYNC_GATE_H_

#include "ha_sync_record.h"

#include <networking/packet.h>

typedef struct ha_sync_gate_t ha_sync_gate_t;
typedef struct ha_sync_gate_ops_t ha_sync_gate_ops_t;
typedef struct ha_sync_gate_status_t ha_sync_gate_status_t;

/**
 * What the gate uses.
 */
struct ha_sync_gate_ops_t {

	/**
	 * Get the sequence number that members have acknowledged, see
	 * sync_channel_t.get_committed(); called with a lock held.
	 *
	 * @param user		as below
	 * @param seq		receives the sequence number
	 * @return			TRUE if there is a member that's worth to wait for
	 */
	bool (*get_committed)(void *user, uint64_t *seq);

	/**
	 * Let a packet go; called by any thread, must not wait.
	 *
	 * @param user		as below
	 * @param packet	packet, adopted
	 */
	void (*release)(void *user, packet_t *packet);

	/** data for both */
	void *user;
};

/**
 * State of the gate.
 */
struct ha_sync_gate_status_t {
	/** semi-sync, else async */
	bool sync;
	/** why packets don't wait although it is semi-sync, NULL if they do */
	char *degraded;
	/** packets in the queue */
	u_int held;
	/** packets that waited; let go by an acknowledgement; let go after the
	 * timeout; let go as the member went away; not held as degraded, or as
	 * the queue was full */
	uint64_t gated, committed, timeouts, lost, passed;
	/** packets whose delay is known, median and 99 % of it, in ns */
	uint64_t delays, median, p99;
};

/**
 * Semi-synchronous commit: keeps IKE packets back until another member has
 * acknowledged the records behind them (RFC 6027, 3.6).
 *
 * The capture tells for which sequence number an IKE SA's packets have to
 * wait, in the hook that runs right before the packet is sent by the same
 * thread.  Packets wait in the order they came in; no thread waits.  While
 * there's no standby, or acknowledgements take longer than the timeout, packets
 * pass at once (degraded): that's told by one line in the log, and ends by
 * itself.
 *
 * Locking: a mutex for the state, a leaf but for ops.get_committed(); hold()
 * may be called in hooks of charon's bus.  Another one, taken before it, keeps
 * the order of packets that are let go; it is held while ops.release() is
 * called, and not used by hold().
 */
struct ha_sync_gate_t {

	/**
	 * Change the options.
	 *
	 * @param sync		TRUE for semi-sync, FALSE for async
	 * @param timeout	longest time a packet is held, in ms
	 */
	void (*configure)(ha_sync_gate_t *this, bool sync, uint32_t timeout);

	/**
	 * Check if packets are held at all.
	 *
	 * @return			TRUE for semi-sync
	 */
	bool (*is_sync)(ha_sync_gate_t *this);

	/**
	 * Packets of an IKE SA that come from now on depend on records.
	 *
	 * @param spis		SPIs of the IKE SA
	 * @param seq		sequence number of the last of these records
	 */
	void (*hold)(ha_sync_gate_t *this, const ha_sync_spis_t *spis,
				 uint64_t seq);

	/**
	 * A packet is about to leave.
	 *
	 * @param packet	packet, adopted if FALSE is returned
	 * @return			FALSE if it is held, or was let go already
	 */
	bool (*pass)(ha_sync_gate_t *this, packet_t *packet);

	/**
	 * What is committed may have changed.
	 */
	void (*committed)(ha_sync_gate_t *this);

	/**
	 * Let all packets go that are held.
	 */
	void (*flush)(ha_sync_gate_t *this);

	/**
	 * Get the state.
	 *
	 * @param status	receives the state
	 */
	void (*get_status)(ha_sync_gate_t *this, ha_sync_gate_status_t *status);

	/**
	 * Destroy a ha_sync_gate_t, let all packets go before.
	 */
	void (*destroy)(ha_sync_gate_t *this);
};

/**
 * Create a gate, which is asynchronous until it is configured.
 *
 * @param ops			what it uses
 * @return				gate
 */
ha_sync_gate_t *ha_sync_gate_create(const ha_sync_gate_ops_t *ops);

#endif /** HA_SYNC_GATE_H_ @}*/
