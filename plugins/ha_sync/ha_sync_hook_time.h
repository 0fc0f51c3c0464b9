/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_hook_time ha_sync_hook_time
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_HOOK_TIME_H_
#define HA_SYNC_HOOK_TIME_H_

#include <library.h>

typedef struct ha_sync_hook_time_t ha_sync_hook_time_t;

/**
 * Statistics of the time spent in our hooks of charon's bus for a handshake.
 *
 * The bus has one mutex for the whole daemon, so this limits the handshakes per
 * second.
 *
 * Locking: a mutex inside, held for the bookkeeping only.
 */
struct ha_sync_hook_time_t {

	/**
	 * Add the sum of a completed handshake (IKE SA with its CHILD SA).
	 *
	 * @param ns		time in ns
	 */
	void (*add)(ha_sync_hook_time_t *this, uint64_t ns);

	/**
	 * Get median and 99th percentile of the latest handshakes.
	 *
	 * @param median	receives median in ns
	 * @param p99		receives 99th percentile in ns
	 * @return			number of handshakes since the start
	 */
	uint64_t (*get)(ha_sync_hook_time_t *this, uint64_t *median, uint64_t *p99);

	/**
	 * Destroy a ha_sync_hook_time_t.
	 */
	void (*destroy)(ha_sync_hook_time_t *this);
};

/**
 * Get the time.
 *
 * @return			time in ns, from an arbitrary point
 */
uint64_t ha_sync_hook_now();

/**
 * Create empty statistics.
 *
 * @return			statistics
 */
ha_sync_hook_time_t *ha_sync_hook_time_create();

#endif /** HA_SYNC_HOOK_TIME_H_ @}*/
