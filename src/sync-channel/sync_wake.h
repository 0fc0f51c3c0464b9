/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_wake sync_wake
 * @{ @ingroup cluster
 */

#ifndef SYNC_WAKE_H_
#define SYNC_WAKE_H_

#include <library.h>

typedef struct sync_wake_t sync_wake_t;

/**
 * Wakes a thread that polls sockets.
 *
 * Locking: safe in any thread; wake() costs a system call only if the thread
 * was not told already.
 */
struct sync_wake_t {

	/**
	 * Get the descriptor to poll for POLLIN.
	 *
	 * @return			descriptor
	 */
	int (*get_fd)(sync_wake_t *this);

	/**
	 * Wake the thread.
	 */
	void (*wake)(sync_wake_t *this);

	/**
	 * The thread is awake, and about to look for work.
	 */
	void (*reset)(sync_wake_t *this);

	/**
	 * Tell the thread to end, and wake it.
	 */
	void (*end)(sync_wake_t *this);

	/**
	 * Check if the thread was told to end.
	 *
	 * @return			TRUE after end()
	 */
	bool (*is_ended)(sync_wake_t *this);

	/**
	 * Destroy a sync_wake_t.
	 */
	void (*destroy)(sync_wake_t *this);
};

/**
 * Create a sync_wake_t.
 *
 * @return			sync_wake_t, NULL if there are no descriptors left
 */
sync_wake_t *sync_wake_create();

/**
 * Prepare a thread of the channel, called first by it.
 *
 * Writing to a closed socket is an error there, not a signal.
 */
void sync_thread_setup();

/**
 * Let a thread that never works for long get the CPU as soon as it is woken,
 * even if others use it: it asks for a short time slice, which is less than
 * they have (Linux 6.12 and later, others ignore it).  It gets no more CPU time
 * than before, so no privileges are needed.
 */
void sync_thread_prompt();

/**
 * Get the monotonic time.
 *
 * @return			time, in ms
 */
uint64_t sync_now();

#endif /** SYNC_WAKE_H_ @}*/
