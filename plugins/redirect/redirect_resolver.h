/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_resolver redirect_resolver
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_RESOLVER_H_
#define REDIRECT_RESOLVER_H_

#include <networking/host.h>
#include <networking/packet.h>

typedef struct redirect_resolver_t redirect_resolver_t;

/** names that are looked up or remembered at the same time */
#define REDIRECT_RESOLVER_MAX 64

/** threads of charon that wait for a name server at the same time, so that all
 * others work if there is none; other names wait */
#define REDIRECT_RESOLVER_JOBS 2

/**
 * Resolves names of gateways without an IKE SA waiting for it: charon would do
 * it while it processes the message.  The message is ignored meanwhile, and
 * processed again when the address is known.
 *
 * Locking: a mutex, a leaf.  Look-ups are done by jobs, REDIRECT_RESOLVER_JOBS
 * at the same time.
 */
struct redirect_resolver_t {

	/**
	 * Get the address of a name that was looked up.
	 *
	 * @param name		name
	 * @return			address, allocated; NULL if not known
	 */
	host_t *(*get)(redirect_resolver_t *this, const char *name);

	/**
	 * Look up a name, unless that is under way.
	 *
	 * @param name		name
	 * @param timeout	time after which it is given up, in s
	 * @param packet	packet to process again when the address is known,
	 *					adopted
	 * @return			FALSE if there are too many look-ups
	 */
	bool (*lookup)(redirect_resolver_t *this, const char *name,
				   uint32_t timeout, packet_t *packet);

	/**
	 * Destroy a redirect_resolver_t.
	 */
	void (*destroy)(redirect_resolver_t *this);
};

/**
 * Create a redirect_resolver_t.
 *
 * @return			object
 */
redirect_resolver_t *redirect_resolver_create();

#endif /** REDIRECT_RESOLVER_H_ @}*/
