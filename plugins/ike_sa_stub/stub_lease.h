/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_lease stub_lease
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_LEASE_H_
#define STUB_LEASE_H_

#include "stub_pool.h"
#include "stub.h"

typedef struct stub_lease_t stub_lease_t;

/**
 * Inner addresses of a client whose IKE_SA is not confirmed yet.
 *
 * They are those of the stub.  If this gateway still has the old IKE_SA, both
 * have them until that is removed.
 *
 * Locking: none, used by one thread at a time.
 */
struct stub_lease_t {

	/**
	 * Give the addresses to an IKE_SA that is confirmed now.  May be called in
	 * hooks of charon's bus.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 */
	void (*assign)(stub_lease_t *this, ike_sa_t *ike_sa);

	/**
	 * Destroy a stub_lease_t: addresses that were not assigned are released.
	 */
	void (*destroy)(stub_lease_t *this);
};

/**
 * Acquire the addresses of a stub.
 *
 * To be called by a job with no IKE_SA checked out.
 *
 * @param pool		pools
 * @param stub		stub
 * @param cfg		connection
 * @param peer		address of the client
 * @return			addresses, NULL if somebody else has one
 */
stub_lease_t *stub_lease_create(stub_pool_t *pool, stub_t *stub,
								peer_cfg_t *cfg, host_t *peer);

#endif /** STUB_LEASE_H_ @}*/
