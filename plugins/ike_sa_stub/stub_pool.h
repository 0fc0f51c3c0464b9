/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_pool stub_pool
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_POOL_H_
#define STUB_POOL_H_

#include <daemon.h>

typedef struct stub_pool_t stub_pool_t;

/**
 * Acquires given addresses from charon's pools, in any order.
 *
 * Pools can't be asked for a certain address: a new client gets the next that
 * was never used.  So what comes before a wanted address is acquired, too, and
 * held for clients that come later; these then have it without the pool knowing
 * whose it is.  What nobody wants is given to clients without a stub when the
 * pools have no more, and given back after an hour.
 *
 * Locking: a mutex is held while pools and, as a temporary IKE_SA is created
 * and destroyed, charon's bus are called, so acquire() and release() must not
 * be called in hooks of the bus, nor with an IKE_SA checked out.  A second one,
 * a leaf, protects what is held.
 */
struct stub_pool_t {

	/**
	 * Acquire an address.  A client may do so several times, each needs a
	 * release() or gone().
	 *
	 * @param pools		names of pools (char*)
	 * @param vip		address
	 * @param id		identity that gets it
	 * @param peer		remote host that gets it
	 * @param known		TRUE if another IKE_SA of the client has it
	 * @return			FALSE if somebody else has it
	 */
	bool (*acquire)(stub_pool_t *this, linked_list_t *pools, host_t *vip,
					identification_t *id, host_t *peer, bool known);

	/**
	 * Release an address no IKE_SA was given.
	 *
	 * @param pools		names of pools (char*)
	 * @param vip		address
	 * @param id		identity that had it
	 */
	void (*release)(stub_pool_t *this, linked_list_t *pools, host_t *vip,
					identification_t *id);

	/**
	 * An IKE_SA is destroyed, its addresses are free if no other one of the
	 * same client uses them; for hooks of the bus.
	 *
	 * Charon releases the addresses of such an IKE_SA, too, but other plugins
	 * may keep that from pools, so this is what counts.
	 *
	 * @param ike_sa	IKE_SA
	 */
	void (*gone)(stub_pool_t *this, ike_sa_t *ike_sa);

	/**
	 * Destroy a stub_pool_t.
	 */
	void (*destroy)(stub_pool_t *this);
};

/**
 * Create a stub_pool_t, one for the daemon.
 *
 * @return			pool
 */
stub_pool_t *stub_pool_create();

#endif /** STUB_POOL_H_ @}*/
