/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_redis_link stub_redis_link
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_REDIS_LINK_H_
#define STUB_REDIS_LINK_H_

#include <library.h>

#include <hiredis/hiredis.h>

typedef struct stub_redis_link_t stub_redis_link_t;

/**
 * A connection to a Valkey or Redis server, by TLS unless configured otherwise.
 *
 * No locking, used by one thread; all functions wait for the server, but not
 * longer than a second for each step.
 */
struct stub_redis_link_t {

	/**
	 * Connect and log in, unless that's done.
	 *
	 * @return			connection, NULL on failure; logged if it worked before
	 */
	redisContext *(*connect)(stub_redis_link_t *this);

	/**
	 * Close the connection after an error.
	 *
	 * @param reason	what's wrong, logged unless something was before
	 * @param refused	TRUE if the server can be reached, but refuses commands:
	 *					to connect does not mean that it can be used again
	 */
	void (*fail)(stub_redis_link_t *this, const char *reason, bool refused);

	/**
	 * The server did what it was told.
	 */
	void (*works)(stub_redis_link_t *this);

	/**
	 * Destroy a stub_redis_link_t.
	 */
	void (*destroy)(stub_redis_link_t *this);
};

/**
 * Create a link, read its options.
 *
 * @return			link, NULL if the configuration is wrong (logged)
 */
stub_redis_link_t *stub_redis_link_create();

#endif /** STUB_REDIS_LINK_H_ @}*/
