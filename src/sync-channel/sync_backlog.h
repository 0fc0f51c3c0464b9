/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_backlog sync_backlog
 * @{ @ingroup cluster
 */

#ifndef SYNC_BACKLOG_H_
#define SYNC_BACKLOG_H_

#include "sync_channel.h"

typedef struct sync_backlog_t sync_backlog_t;

/**
 * The sequenced frames all members get, each link reads them from its own
 * position.  So it is the queue of every link and what a member that was away
 * catches up from.  Its size is limited: the oldest frames are dropped, a link
 * whose position they were at has to do a full resync.
 *
 * Frames contain keys, they are cleared when dropped.
 *
 * Locking: one mutex of its own, held for copying at most one frame more than
 * the caller's buffer takes; nothing is called with it.
 */
struct sync_backlog_t {

	/**
	 * Append a frame.
	 *
	 * @param domain	domain
	 * @param type		type
	 * @param body		body, adopted and cleared
	 * @return			sequence number, 0 if the body is too long
	 */
	uint64_t (*append)(sync_backlog_t *this, uint8_t domain, uint8_t type,
					   chunk_t body);

	/**
	 * Copy encoded frames, as many as fit.
	 *
	 * @param position	sequence number of first frame, moved behind the last
	 * @param buf		buffer of at least SYNC_FRAME_MAX octets
	 * @param enough	don't add a frame if the buffer got this full by it,
	 *					except the first one
	 * @param frames	receives the number of frames
	 * @param len		receives octets copied, 0 if there is no frame yet
	 * @return			FALSE if the frame at position was dropped already
	 */
	bool (*read)(sync_backlog_t *this, uint64_t *position, chunk_t buf,
				 size_t enough, u_int *frames, size_t *len);

	/**
	 * Check if all frames from a position on are there.
	 *
	 * @param position	sequence number of first frame wanted, or the next one
	 * @return			TRUE if read() would succeed
	 */
	bool (*covers)(sync_backlog_t *this, uint64_t position);

	/**
	 * Get the sequence number of the last frame.
	 *
	 * @return			sequence number, 0 if there was none
	 */
	uint64_t (*get_head)(sync_backlog_t *this);

	/**
	 * Get the size of the frames behind a sequence number.
	 *
	 * @param seq		sequence number
	 * @return			octets
	 */
	uint64_t (*get_usage)(sync_backlog_t *this, uint64_t seq);

	/**
	 * Drop frames that no member needs anymore.
	 *
	 * @param seq		last frame to drop
	 */
	void (*release)(sync_backlog_t *this, uint64_t seq);

	/**
	 * Change the limit.
	 *
	 * @param limit		limit, in octets
	 */
	void (*set_limit)(sync_backlog_t *this, uint64_t limit);

	/**
	 * Destroy a sync_backlog_t.
	 */
	void (*destroy)(sync_backlog_t *this);
};

/**
 * Create a backlog.
 *
 * @param limit		limit, in octets; more than SYNC_FRAME_MAX
 * @return			backlog
 */
sync_backlog_t *sync_backlog_create(uint64_t limit);

#endif /** SYNC_BACKLOG_H_ @}*/
