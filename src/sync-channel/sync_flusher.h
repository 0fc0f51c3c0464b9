/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_flusher sync_flusher
 * @{ @ingroup cluster
 */

#ifndef SYNC_FLUSHER_H_
#define SYNC_FLUSHER_H_

#include <library.h>

typedef struct sync_flusher_t sync_flusher_t;

/**
 * Calls a function some time after it was told that there is work, by a
 * thread of its own that sleeps if there's none.
 *
 * Locking: one mutex of its own, not held while the function is called.
 */
struct sync_flusher_t {

	/**
	 * There is work.
	 */
	void (*trigger)(sync_flusher_t *this);

	/**
	 * Change the delay.
	 *
	 * @param delay		delay, in ms
	 */
	void (*set_delay)(sync_flusher_t *this, uint32_t delay);

	/**
	 * End the thread, after a last call if there is work.
	 */
	void (*destroy)(sync_flusher_t *this);
};

/**
 * Create a sync_flusher_t.
 *
 * @param flush		function to call
 * @param user		argument for it
 * @param delay		delay, in ms
 * @return			sync_flusher_t
 */
sync_flusher_t *sync_flusher_create(void (*flush)(void *user), void *user,
									uint32_t delay);

#endif /** SYNC_FLUSHER_H_ @}*/
