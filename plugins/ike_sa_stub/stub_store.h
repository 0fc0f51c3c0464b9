/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_store stub_store
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_STORE_H_
#define STUB_STORE_H_

#include "stub.h"

#include <vici_builder.h>

typedef struct stub_store_t stub_store_t;

/**
 * Result of a look-up.  Called by threads of the store, with no lock held.
 *
 * @param user		argument given with the look-up
 * @param stub		stub, to be released; NULL if there is none
 */
typedef void (*stub_lookup_cb_t)(void *user, stub_t *stub);

/**
 * Somebody else used the same stub.  Called by threads of the store, or by
 * stub_store_t.claim() itself and so in hooks of charon's bus, with no lock of
 * ours held.
 *
 * @param user		argument given before
 */
typedef void (*stub_lost_cb_t)(void *user);

/**
 * A stub of this gateway was used up or removed by somebody else.  Called by
 * threads of the store, with no lock held.
 *
 * @param user		argument given with the creation
 * @param index		SPI of the gateway, in network order
 */
typedef void (*stub_gone_cb_t)(void *user, uint64_t index);

/**
 * A place for stubs outside of the gateway's memory.
 *
 * No function waits for others, so all may be called in hooks of charon's bus.
 */
struct stub_store_t {

	/**
	 * Keep a stub.
	 *
	 * @param stub		stub
	 */
	void (*put)(stub_store_t *this, stub_t *stub);

	/**
	 * Remove a stub.
	 *
	 * @param index		SPI of the gateway, in network order
	 */
	void (*remove)(stub_store_t *this, uint64_t index);

	/**
	 * Get a stub that's in this daemon's memory, where it is encrypted.
	 *
	 * @param index		SPI of the gateway
	 * @return			stub, to be released, NULL if there is none
	 */
	stub_t *(*get)(stub_store_t *this, uint64_t index);

	/**
	 * Look for a stub elsewhere.
	 *
	 * @param index		SPI of the gateway
	 * @param address	its address, 4 or 16 octets
	 * @param cb		called once, unless FALSE is returned; after the timeout
	 *					at the latest
	 * @param user		argument for it
	 * @return			FALSE if it's not worth to wait
	 */
	bool (*lookup)(stub_store_t *this, uint64_t index, chunk_t address,
				   stub_lookup_cb_t cb, void *user);

	/**
	 * Use a stub up: remove it, and learn if somebody else did already.
	 *
	 * @param index		SPI of the gateway
	 * @param lost		called if so; the same function in all calls
	 * @param user		argument for it, freed if it's not used anymore
	 */
	void (*claim)(stub_store_t *this, uint64_t index, stub_lost_cb_t lost,
				  void *user);

	/**
	 * Write the state for operators.
	 *
	 * @param reply		message, inside of a section
	 */
	void (*status)(stub_store_t *this, vici_builder_t *reply);

	/**
	 * Destroy a stub_store_t; look-ups under way end with NULL.
	 */
	void (*destroy)(stub_store_t *this);
};

#endif /** STUB_STORE_H_ @}*/
