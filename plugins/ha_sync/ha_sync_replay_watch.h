/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_replay_watch ha_sync_replay_watch
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_REPLAY_WATCH_H_
#define HA_SYNC_REPLAY_WATCH_H_

#include "ha_sync_kernel_replay.h"

/**
 * Time between two reports of an SA that is in use, milliseconds.
 */
#define HA_SYNC_REPLAY_INTERVAL 1000

/**
 * Packets after which an SA is reported at once.
 */
#define HA_SYNC_REPLAY_THRESHOLD (1 << 18)

typedef struct ha_sync_replay_watch_t ha_sync_replay_watch_t;

/**
 * Reports counters of an SA.
 *
 * Called by the watch's own thread, or by the one that calls flush(), with no
 * lock held; never by two threads at once.  Must not call destroy(), flush().
 *
 * @param user			data given to ha_sync_replay_watch_create()
 * @param id			SA, as given to add()
 * @param replay		counters
 */
typedef void (*ha_sync_replay_watch_cb_t)(void *user, const ha_sync_sa_id_t *id,
										  const ha_sync_replay_t *replay);

/**
 * Reports the counters of SAs that are in use: not more often than every
 * HA_SYNC_REPLAY_INTERVAL, and at once after HA_SYNC_REPLAY_THRESHOLD packets
 * in one direction since the last report.  An SA that is idle causes nothing.
 *
 * It uses the kernel's events with thresholds set on each SA, and reads all
 * SAs if events got lost, see doc/kernel-replay.md.
 *
 * Locking: one mutex for the SAs, held while thresholds of an SA are set, not
 * during callbacks.  A second one keeps callbacks apart.  No function may be
 * called in hooks of charon's bus.
 */
struct ha_sync_replay_watch_t {

	/**
	 * Report an SA from now on.
	 *
	 * If it is known already, its values but SPI, destination and protocol are
	 * replaced.
	 *
	 * @param id		SA, gets cloned
	 */
	void (*add)(ha_sync_replay_watch_t *this, const ha_sync_sa_id_t *id);

	/**
	 * Stop reporting an SA.  There may be a report under way.
	 *
	 * @param id		SA
	 */
	void (*remove)(ha_sync_replay_watch_t *this, const ha_sync_sa_id_t *id);

	/**
	 * Read all SAs and report those that moved since their last report, before
	 * this returns.
	 */
	void (*flush)(ha_sync_replay_watch_t *this);

	/**
	 * Destroy a ha_sync_replay_watch_t, waits for a callback that runs.
	 */
	void (*destroy)(ha_sync_replay_watch_t *this);
};

/**
 * Create a ha_sync_replay_watch_t.
 *
 * @param kernel		access to the kernel, must outlive the watch
 * @param cb			callback to report SAs
 * @param user			data passed to cb
 * @return				object, NULL if the netlink socket fails (logged)
 */
ha_sync_replay_watch_t *ha_sync_replay_watch_create(
				ha_sync_kernel_replay_t *kernel, ha_sync_replay_watch_cb_t cb,
				void *user);

#endif /** HA_SYNC_REPLAY_WATCH_H_ @}*/
