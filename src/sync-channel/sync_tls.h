/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_tls sync_tls
 * @{ @ingroup cluster
 */

#ifndef SYNC_TLS_H_
#define SYNC_TLS_H_

#include "sync_config.h"

#include <openssl/ssl.h>

typedef struct sync_tls_t sync_tls_t;

/**
 * What TLS sessions of the links have in common: TLS 1.3 only, both sides
 * authenticate, by the cluster secret (external PSK with an ephemeral key
 * exchange) or by certificates whose subject is the member's name.
 *
 * Locking: unchangeable and counted by references, safe in any thread.
 */
struct sync_tls_t {

	/**
	 * Create a session on a connected socket.
	 *
	 * @param fd		socket, not owned
	 * @param server	TRUE for the side that accepted the connection
	 * @return			session, to be freed with SSL_free()
	 */
	SSL *(*create_session)(sync_tls_t *this, int fd, bool server);

	/**
	 * Check if the other side may use the name of a member.
	 *
	 * Who knows the cluster secret may use any name.
	 *
	 * @param session	session after the handshake
	 * @param member	name of the member
	 * @return			FALSE if it's not the subject of the certificate
	 */
	bool (*is_member)(sync_tls_t *this, SSL *session, const char *member);

	/**
	 * Describe why a session failed in words of the configuration.
	 *
	 * Uses the thread's queue of OpenSSL errors.
	 *
	 * @param session	session that failed
	 * @return			allocated description
	 */
	char *(*describe_error)(sync_tls_t *this, SSL *session);

	/**
	 * Get another reference.
	 *
	 * @return			this
	 */
	sync_tls_t *(*get_ref)(sync_tls_t *this);

	/**
	 * Drop a reference, destroy with the last.
	 */
	void (*destroy)(sync_tls_t *this);
};

/**
 * Create it from the channel's options.
 *
 * @param config	options
 * @return			sync_tls_t, NULL if files can't be used (logged)
 */
sync_tls_t *sync_tls_create(sync_config_t *config);

#endif /** SYNC_TLS_H_ @}*/
