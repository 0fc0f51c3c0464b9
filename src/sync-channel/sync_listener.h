/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_listener sync_listener
 * @{ @ingroup cluster
 */

#ifndef SYNC_LISTENER_H_
#define SYNC_LISTENER_H_

#include "sync_hello.h"
#include "sync_link.h"

typedef struct sync_listener_t sync_listener_t;
typedef struct sync_listener_cb_t sync_listener_cb_t;

/**
 * What the listener needs to know, called by its thread without lock.
 */
struct sync_listener_cb_t {

	/**
	 * Check if connections from an address are welcome.
	 *
	 * @param host		address
	 * @return			TRUE if it's the address of a member
	 */
	bool (*is_welcome)(void *user, host_t *host);

	/**
	 * Get TLS for a connection.
	 *
	 * @return			reference, to be destroyed
	 */
	sync_tls_t *(*get_tls)(void *user);

	/**
	 * A HELLO came over a new link.
	 *
	 * @param link		link, adopted if not refused
	 * @param hello		HELLO, adopted if not refused
	 * @return			NULL, or allocated reason to refuse it
	 */
	char *(*hello)(void *user, sync_link_t *link, sync_hello_t *hello);

	/**
	 * A connection failed before its HELLO, or was refused.
	 *
	 * @param host		address
	 * @param why		reason
	 */
	void (*failed)(void *user, host_t *host, const char *why);

	/** first argument of all functions */
	void *user;
};

/**
 * Accepts connections, does the TLS handshake and waits for the HELLO, for a
 * limited number of connections at the same time, by a thread of its own.
 */
struct sync_listener_t {

	/**
	 * Stop listening, wait for the thread to end.
	 */
	void (*destroy)(sync_listener_t *this);
};

/**
 * Start listening.
 *
 * @param listen	address and port
 * @param cb		functions, copied
 * @return			listener, NULL on failure (logged)
 */
sync_listener_t *sync_listener_create(host_t *listen, sync_listener_cb_t *cb);

#endif /** SYNC_LISTENER_H_ @}*/
