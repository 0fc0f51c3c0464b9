/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_subscribers sync_subscribers
 * @{ @ingroup cluster
 */

#ifndef SYNC_SUBSCRIBERS_H_
#define SYNC_SUBSCRIBERS_H_

#include "sync_channel.h"

typedef struct sync_subscribers_t sync_subscribers_t;

/**
 * The subscribers of the domains.
 *
 * Locking: one mutex of its own, not held while a subscriber is called; the
 * caller of a subscriber does so between enter() and leave().
 */
struct sync_subscribers_t {

	/**
	 * Add a subscriber.
	 *
	 * @param domain		domain
	 * @param subscriber	subscriber
	 * @return				FALSE if the domain has one, or does not exist
	 */
	bool (*add)(sync_subscribers_t *this, sync_domain_t domain,
				sync_subscriber_t *subscriber);

	/**
	 * Remove a subscriber, wait for calls under way.
	 *
	 * @param domain		domain
	 */
	void (*remove)(sync_subscribers_t *this, sync_domain_t domain);

	/**
	 * Get the subscriber of a domain to call it.
	 *
	 * @param domain		domain, any number
	 * @param id			receives number of the subscription, never 0; or
	 *						NULL
	 * @return				subscriber, NULL if there's none, call leave() if
	 *						there is one
	 */
	sync_subscriber_t *(*enter)(sync_subscribers_t *this, u_int domain,
								u_int *id);

	/**
	 * The subscriber was called.
	 *
	 * @param domain		domain
	 */
	void (*leave)(sync_subscribers_t *this, u_int domain);

	/**
	 * Check if a subscription is about to end.
	 *
	 * @param domain		domain, entered by the caller
	 * @return				TRUE if remove() waits for the caller
	 */
	bool (*is_ending)(sync_subscribers_t *this, u_int domain);

	/**
	 * Destroy a sync_subscribers_t.
	 */
	void (*destroy)(sync_subscribers_t *this);
};

/**
 * Create an empty set of subscribers.
 *
 * @return			set of subscribers
 */
sync_subscribers_t *sync_subscribers_create();

#endif /** SYNC_SUBSCRIBERS_H_ @}*/
