/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_gateway redirect_gateway
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_GATEWAY_H_
#define REDIRECT_GATEWAY_H_

#include "redirect_meter.h"
#include "redirect_policy.h"

#include <bus/listeners/listener.h>
#include <sa/redirect_provider.h>

typedef struct redirect_gateway_t redirect_gateway_t;

/**
 * Called when the client of an established IKE SA was told to leave.
 *
 * @param user		user data
 * @param ike_sa	IKE SA, checked out
 */
typedef void (*redirect_leaving_t)(void *user, ike_sa_t *ike_sa);

/**
 * Redirects clients of this daemon: looks at IKE_SA_INIT requests, asks the
 * policy, and answers charon when it asks its providers.
 *
 * A client that is to be redirected by the IKE_SA_INIT response is known before
 * charon looks at the request.  Its KE payload is removed then, so that there
 * is neither a Diffie-Hellman exchange nor INVALID_KE_PAYLOAD.
 *
 * Locking: a mutex, a leaf, for counters; redirect_said has one of its own.
 */
struct redirect_gateway_t {

	/** to be added to the bus by the owner */
	listener_t listener;

	/** to be added to charon's redirect manager by the owner */
	redirect_provider_t provider;

	/**
	 * Decide about an IKE SA.
	 *
	 * @param ike_sa	IKE SA, checked out
	 * @param moment	REDIRECT_AUTH or REDIRECT_ESTABLISHED
	 * @param decision	receives decision, to be cleared
	 * @return			TRUE if it's to be redirected
	 */
	bool (*decide)(redirect_gateway_t *this, ike_sa_t *ike_sa,
				   redirect_moment_t moment, redirect_decision_t *decision);

	/**
	 * Redirect an established IKE SA, if the policy says so.
	 *
	 * @param ike_sa	IKE SA, checked out
	 * @return			SUCCESS if a REDIRECT was sent or is queued, NOT_FOUND
	 *					if the policy does not say so, DESTROY_ME if the IKE SA
	 *					has to be destroyed, else FAILED
	 */
	status_t (*redirect)(redirect_gateway_t *this, ike_sa_t *ike_sa);

	/**
	 * Ask to be told when clients are told to leave, before there are any.
	 *
	 * @param cb		called, NULL for none
	 * @param user		data for it
	 */
	void (*on_leaving)(redirect_gateway_t *this, redirect_leaving_t cb,
					   void *user);

	/**
	 * Get the gateway a client was redirected from.
	 *
	 * @param ike_sa	IKE SA, checked out
	 * @return			address, allocated; NULL if it was not redirected
	 */
	host_t *(*get_from)(redirect_gateway_t *this, ike_sa_t *ike_sa);

	/**
	 * Get how many clients were redirected in a moment.
	 *
	 * @param moment	moment
	 * @return			number
	 */
	uint64_t (*get_count)(redirect_gateway_t *this, redirect_moment_t moment);

	/**
	 * Destroy a redirect_gateway_t.
	 */
	void (*destroy)(redirect_gateway_t *this);
};

/**
 * Create a redirect_gateway_t.
 *
 * @param policy	policy
 * @param meter		measures this daemon's load
 * @param members	members of the cluster
 * @return			object
 */
redirect_gateway_t *redirect_gateway_create(redirect_policy_t *policy,
							redirect_meter_t *meter,
							redirect_members_t *members);

#endif /** REDIRECT_GATEWAY_H_ @}*/
