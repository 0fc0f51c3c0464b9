/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_outbox sync_outbox
 * @{ @ingroup cluster
 */

#ifndef SYNC_OUTBOX_H_
#define SYNC_OUTBOX_H_

#include "sync_channel.h"

typedef struct sync_outbox_t sync_outbox_t;

/**
 * Frames for one member only, that are lost with the link: control frames,
 * snapshots and what was given to send_to().
 *
 * Locking: one mutex of its own; nothing is called with it.
 */
struct sync_outbox_t {

	/**
	 * A link is there, frames are accepted.
	 */
	void (*open)(sync_outbox_t *this);

	/**
	 * The link is gone: frames are dropped, and refused until open().
	 */
	void (*close)(sync_outbox_t *this);

	/**
	 * Append a frame of the link itself.
	 *
	 * @param frame		encoded frame, adopted and cleared
	 */
	void (*put)(sync_outbox_t *this, chunk_t frame);

	/**
	 * Append a frame that replaces the one given here before, if that was not
	 * taken yet: there is at most one of them, whatever the member asks for.
	 *
	 * @param frame		encoded frame, adopted and cleared
	 */
	void (*put_latest)(sync_outbox_t *this, chunk_t frame);

	/**
	 * Append a frame if there is space for it.
	 *
	 * @param frame		encoded frame, adopted and cleared
	 * @return			FALSE if closed or full
	 */
	bool (*try)(sync_outbox_t *this, chunk_t frame);

	/**
	 * Append a frame, wait some time for space.
	 *
	 * @param frame		encoded frame, adopted and cleared unless NEED_MORE
	 * @return			SUCCESS, FAILED if closed, NEED_MORE if there was no
	 *					space for 100 ms: the caller may call again
	 */
	status_t (*wait)(sync_outbox_t *this, chunk_t frame);

	/**
	 * Move frames to a buffer.
	 *
	 * @param buf		buffer
	 * @param frames	receives number of frames
	 * @return			octets
	 */
	size_t (*take)(sync_outbox_t *this, chunk_t buf, u_int *frames);

	/**
	 * Check if all frames were taken.
	 *
	 * @return			TRUE if empty
	 */
	bool (*is_empty)(sync_outbox_t *this);

	/**
	 * Destroy a sync_outbox_t.
	 */
	void (*destroy)(sync_outbox_t *this);
};

/**
 * Create an outbox, closed.
 *
 * @param wake		called without lock when a frame was appended
 * @param user		argument for it
 * @return			outbox
 */
sync_outbox_t *sync_outbox_create(void (*wake)(void *user), void *user);

#endif /** SYNC_OUTBOX_H_ @}*/
