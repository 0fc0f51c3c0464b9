/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_link sync_link
 * @{ @ingroup cluster
 */

#ifndef SYNC_LINK_H_
#define SYNC_LINK_H_

#include "sync_frame.h"
#include "sync_tls.h"

typedef struct sync_link_t sync_link_t;

/**
 * A TLS connection that frames are written to and read from, without ever
 * waiting: the caller polls the socket.
 *
 * Locking: none, used by one thread at a time.  That thread has to block
 * SIGPIPE.
 */
struct sync_link_t {

	/**
	 * Get the socket.
	 *
	 * @return			socket, owned by the link
	 */
	int (*get_fd)(sync_link_t *this);

	/**
	 * Get the address of the other side.
	 *
	 * @return			address, internal data
	 */
	host_t *(*get_peer)(sync_link_t *this);

	/**
	 * Get the events to poll the socket for.
	 *
	 * @param reading	FALSE if nothing is to be received for now
	 * @return			events for poll()
	 */
	short (*get_events)(sync_link_t *this, bool reading);

	/**
	 * Go on with the handshake.
	 *
	 * @param why		receives allocated reason of a failure
	 * @return			SUCCESS if done, NEED_MORE to poll and call again,
	 *					FAILED
	 */
	status_t (*handshake)(sync_link_t *this, char **why);

	/**
	 * Check if the other side may use the name of a member.
	 *
	 * @param member	name of member
	 * @return			FALSE if authenticated as another one
	 */
	bool (*is_member)(sync_link_t *this, const char *member);

	/**
	 * Receive what is there, as far as there is space for it.
	 *
	 * @param len		receives number of octets
	 * @param why		receives allocated reason of a failure
	 * @return			FALSE if the connection is gone
	 */
	bool (*receive)(sync_link_t *this, size_t *len, char **why);

	/**
	 * Get the next frame received.
	 *
	 * @param frame		receives the frame, valid until the next receive()
	 * @param why		receives allocated reason of a failure
	 * @return			SUCCESS, NEED_MORE if there is none, FAILED if malformed
	 */
	status_t (*next)(sync_link_t *this, sync_frame_t *frame, char **why);

	/**
	 * Get the space for frames to send.
	 *
	 * @return			space, less than SYNC_FRAME_MAX if there's too much to
	 *					send already; tell what was written there by added()
	 */
	chunk_t (*get_space)(sync_link_t *this);

	/**
	 * Frames were written to the space.
	 *
	 * @param frames	number of frames
	 * @param len		octets
	 */
	void (*added)(sync_link_t *this, u_int frames, size_t len);

	/**
	 * Send as much as possible.
	 *
	 * @param why		receives allocated reason of a failure
	 * @return			FALSE if the connection is gone
	 */
	bool (*flush)(sync_link_t *this, char **why);

	/**
	 * Check if everything was handed to the kernel.
	 *
	 * @return			FALSE if there's something left to send
	 */
	bool (*is_flushed)(sync_link_t *this);

	/**
	 * Add what went over the wire since the last call, TLS included.
	 *
	 * @param member	member to add to: bytes_in/out, frames_in/out
	 */
	void (*count)(sync_link_t *this, sync_member_t *member);

	/**
	 * Close the connection.
	 */
	void (*destroy)(sync_link_t *this);
};

/**
 * Create a link on a connected, non-blocking socket.
 *
 * @param tls		TLS, a reference is kept
 * @param fd		socket, adopted
 * @param peer		address of other side, adopted
 * @param server	TRUE for the side that accepted the connection
 * @return			link, NULL on failure
 */
sync_link_t *sync_link_create(sync_tls_t *tls, int fd, host_t *peer,
							  bool server);

#endif /** SYNC_LINK_H_ @}*/
