/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_replica redirect_replica
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_REPLICA_H_
#define REDIRECT_REPLICA_H_

#include <bus/listeners/listener.h>

typedef struct redirect_replica_t redirect_replica_t;

/**
 * Called when an IKE_SA that was a copy gets active on this daemon, or a copy
 * again.
 *
 * Called in a hook of charon's bus: it must not wait.
 *
 * @param user		user data
 * @param ike_sa	IKE_SA
 * @param active	TRUE if it is active now
 */
typedef void (*redirect_replica_cb_t)(void *user, ike_sa_t *ike_sa,
									  bool active);

/**
 * Tells copies of other members' IKE SAs from this daemon's own, by state:
 * another plugin (ha-sync) has them in IKE_PASSIVE.
 *
 * Locking: none, but for each thread the IKE_SA it destroys.
 */
struct redirect_replica_t {

	/** to be added to the bus by the owner */
	listener_t listener;

	/**
	 * Check if an IKE_SA that the calling thread destroys is a copy.
	 *
	 * @param ike_sa	IKE_SA
	 * @return			TRUE if it is being destroyed, and a copy
	 */
	bool (*is_destroyed)(redirect_replica_t *this, ike_sa_t *ike_sa);

	/**
	 * Destroy a redirect_replica_t.
	 */
	void (*destroy)(redirect_replica_t *this);
};

/**
 * Create a redirect_replica_t.
 *
 * @param cb		called when an IKE_SA gets active or passive
 * @param user		data for it
 * @return			object
 */
redirect_replica_t *redirect_replica_create(redirect_replica_cb_t cb,
											void *user);

#endif /** REDIRECT_REPLICA_H_ @}*/
