/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_guard redirect_guard
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_GUARD_H_
#define REDIRECT_GUARD_H_

#include <bus/listeners/listener.h>

typedef struct redirect_guard_t redirect_guard_t;

/**
 * The client's side: decides which REDIRECTs charon gets to see, and which
 * gateways they may lead to.
 *
 * - Malformed ones, those from a peer that has no right to send one, in an
 *   IKE_AUTH response that is neither the first nor the last, to a target that
 *   is not allowed, or one too many are removed from the message, or the
 *   message is ignored if nothing in it is authenticated.
 * - After redirects the gateway's identity has to be an allowed one.
 * - The new IKE SA asks for the inner address of the old one.
 *
 * Nothing in charon's configuration is changed.
 *
 * Locking: a mutex, a leaf, for what is remembered of IKE SAs.
 */
struct redirect_guard_t {

	/** to be added to the bus by the owner */
	listener_t listener;

	/**
	 * Get how many REDIRECTs were followed, and refused.
	 *
	 * @param followed	receives number
	 * @param refused	receives number
	 */
	void (*get_counts)(redirect_guard_t *this, uint64_t *followed,
					   uint64_t *refused);

	/**
	 * Destroy a redirect_guard_t.
	 */
	void (*destroy)(redirect_guard_t *this);
};

/**
 * Create a redirect_guard_t.
 *
 * @return			object
 */
redirect_guard_t *redirect_guard_create();

#endif /** REDIRECT_GUARD_H_ @}*/
