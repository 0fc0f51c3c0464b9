/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_pool_held stub_pool_held
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_POOL_HELD_H_
#define STUB_POOL_HELD_H_

#include <collections/linked_list.h>
#include <networking/host.h>
#include <utils/identification.h>

typedef struct stub_pool_held_t stub_pool_held_t;

/**
 * Called for an address that is to be given back to the pool.
 *
 * @param user		data of the caller of expire()
 * @param pools		names of pools it is from (char*)
 * @param vip		address
 * @param filler	identity that has it
 */
typedef void (*stub_pool_back_t)(void *user, linked_list_t *pools, host_t *vip,
								 identification_t *filler);

/**
 * The inner addresses that are held, and who uses them.
 *
 * Locking: a mutex, a leaf.  add(), take_back() and expire() must not be called
 * by several threads at the same time.
 */
struct stub_pool_held_t {

	/**
	 * Hold an address a pool gave.
	 *
	 * @param pools		names of pools (char*)
	 * @param vip		address, adopted
	 * @param filler	identity that has it
	 * @param user		identity of the client that uses it, NULL if none does
	 */
	void (*add)(stub_pool_held_t *this, linked_list_t *pools, host_t *vip,
				identification_t *filler, identification_t *user);

	/**
	 * Let one more IKE_SA use an address.
	 *
	 * @param vip		address
	 * @param id		identity of the client
	 * @param good		set to FALSE if another client uses it
	 * @return			FALSE if it's not held
	 */
	bool (*use)(stub_pool_held_t *this, host_t *vip, identification_t *id,
				bool *good);

	/**
	 * Let an IKE_SA use any address nobody uses.
	 *
	 * @param pools		names of pools, one of which it has to be from (char*)
	 * @param family	address family
	 * @param id		identity of the client
	 * @return			address, NULL if there is none
	 */
	host_t *(*use_any)(stub_pool_held_t *this, linked_list_t *pools, int family,
					   identification_t *id);

	/**
	 * An IKE_SA stops to use an address.
	 *
	 * @param vip		address
	 * @param id		identity of the client, nothing changes if another one
	 *					uses it
	 * @return			FALSE if it's not held
	 */
	bool (*release)(stub_pool_held_t *this, host_t *vip, identification_t *id);

	/**
	 * Check if an address is held.
	 *
	 * @param vip		address
	 * @return			TRUE if so
	 */
	bool (*is_held)(stub_pool_held_t *this, host_t *vip);

	/**
	 * Forget that an address was given back.
	 *
	 * @param vip		address
	 * @return			identity the pool knows it by, NULL if it was not given
	 *					back; to be destroyed
	 */
	identification_t *(*take_back)(stub_pool_held_t *this, host_t *vip);

	/**
	 * Give back what nobody used for long.
	 *
	 * @param idle		for how long, in s
	 * @param cb		called for each address, without a lock
	 * @param user		data for it
	 */
	void (*expire)(stub_pool_held_t *this, time_t idle, stub_pool_back_t cb,
				   void *user);

	/**
	 * Destroy a stub_pool_held_t.
	 */
	void (*destroy)(stub_pool_held_t *this);
};

/**
 * Create a stub_pool_held_t.
 *
 * @return			addresses, none yet
 */
stub_pool_held_t *stub_pool_held_create();

#endif /** STUB_POOL_HELD_H_ @}*/
