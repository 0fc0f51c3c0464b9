/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_redis_tls stub_redis_tls
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_REDIS_TLS_H_
#define STUB_REDIS_TLS_H_

#include <library.h>

#include <hiredis/hiredis.h>

typedef struct stub_redis_tls_t stub_redis_tls_t;

/**
 * TLS to a Valkey or Redis server, whose certificate has to be issued by a CA
 * that's known, for the name it's reached by: hiredis itself takes any name.
 *
 * No locking, used by one thread.
 */
struct stub_redis_tls_t {

	/**
	 * Do the handshake, waits for the server as long as the connection does.
	 *
	 * @param context	connection
	 * @return			NULL if done, or what's wrong, for the log; valid until
	 *					the next call
	 */
	const char *(*start)(stub_redis_tls_t *this, redisContext *context);

	/**
	 * Destroy a stub_redis_tls_t, after all connections it was used for.
	 */
	void (*destroy)(stub_redis_tls_t *this);
};

/**
 * Create a stub_redis_tls_t.
 *
 * @param ca		file with CA certificates, NULL for those of the system
 * @param cert		file with a certificate for the server, or NULL
 * @param key		file with its private key, or NULL
 * @param name		name or address the server's certificate has to have, cloned
 * @return			TLS, NULL if a file can't be used (logged)
 */
stub_redis_tls_t *stub_redis_tls_create(const char *ca, const char *cert,
										const char *key, const char *name);

#endif /** STUB_REDIS_TLS_H_ @}*/
