/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_sticky redirect_sticky
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_STICKY_H_
#define REDIRECT_STICKY_H_

#include <networking/host.h>

typedef struct redirect_sticky_t redirect_sticky_t;

/** clients remembered at most, the oldest are forgotten first */
#define REDIRECT_STICKY_MAX 65536

/**
 * Which member clients were sent to, by address and port (behind a NAT many
 * have the same address).
 *
 * Locking: a mutex, a leaf.
 */
struct redirect_sticky_t {

	/**
	 * Remember a client's member.
	 *
	 * @param client	address and port of the client
	 * @param member	name of the member, cloned
	 * @param now		time, in s
	 */
	void (*set)(redirect_sticky_t *this, host_t *client, const char *member,
				time_t now);

	/**
	 * Get a client's member.
	 *
	 * @param client	address and port of the client
	 * @param now		time, in s
	 * @param lifetime	for how long it's remembered, in s
	 * @return			name of member, allocated; NULL if there is none
	 */
	char *(*get)(redirect_sticky_t *this, host_t *client, time_t now,
				 uint32_t lifetime);

	/**
	 * Get the number of clients.
	 *
	 * @return			number
	 */
	u_int (*get_count)(redirect_sticky_t *this);

	/**
	 * Destroy a redirect_sticky_t.
	 */
	void (*destroy)(redirect_sticky_t *this);
};

/**
 * Create an empty table.
 *
 * @return			table
 */
redirect_sticky_t *redirect_sticky_create();

#endif /** REDIRECT_STICKY_H_ @}*/
