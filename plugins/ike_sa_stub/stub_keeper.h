/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_keeper stub_keeper
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_KEEPER_H_
#define STUB_KEEPER_H_

#include "stub.h"
#include "stub_config.h"
#include "stub_stats.h"
#include "stub_store.h"

typedef struct stub_keeper_t stub_keeper_t;

/**
 * A gateway's stubs: those in its memory, and the store where they are
 * beside it.
 *
 * Locking: none of its own, see stub_table.h and stub_store.h.  No function
 * waits for others; all may be called in hooks of charon's bus.
 */
struct stub_keeper_t {

	/**
	 * Keep a new stub.
	 *
	 * @param stub		stub, a reference is taken
	 * @return			FALSE if there are too many
	 */
	bool (*put)(stub_keeper_t *this, stub_t *stub);

	/**
	 * Remove a stub everywhere: its IKE SA was deleted or replaced.
	 *
	 * @param index		SPI of the gateway, in network order
	 * @return			FALSE if it's not in this daemon's memory
	 */
	bool (*revoke)(stub_keeper_t *this, uint64_t index);

	/**
	 * Look for a stub in memory.
	 *
	 * @param index		SPI of the gateway
	 * @param foreign	receives TRUE if it's another gateway's; may be NULL
	 * @return			stub, to be released, NULL if there is none
	 */
	stub_t *(*get)(stub_keeper_t *this, uint64_t index, bool *foreign);

	/**
	 * Share the stub of a client with other members, so that one that takes its
	 * IKE SA over has it; only with store = members.
	 *
	 * @param stub		stub, a reference is taken
	 */
	void (*share)(stub_keeper_t *this, stub_t *stub);

	/**
	 * Look for a stub that another member made.
	 *
	 * @param index		SPI of this side
	 * @return			stub of either role, to be released, NULL if there is
	 *					none in this daemon's memory
	 */
	stub_t *(*get_shared)(stub_keeper_t *this, uint64_t index);

	/**
	 * Look for a stub elsewhere.
	 *
	 * @param index		SPI of the gateway
	 * @param address	its address, 4 or 16 octets
	 * @param cb		called once with what was found, at the latest after
	 *					lookup_timeout
	 * @param user		argument for it
	 * @return			FALSE if there is nowhere to look, cb is not called then
	 */
	bool (*lookup)(stub_keeper_t *this, uint64_t index, chunk_t address,
				   stub_lookup_cb_t cb, void *user);

	/**
	 * Keep a stub that was looked up elsewhere in memory, too.
	 *
	 * @param stub		stub, a reference is taken
	 * @return			FALSE if there are too many
	 */
	bool (*remember)(stub_keeper_t *this, stub_t *stub);

	/**
	 * Remove a stub that was looked up elsewhere from memory.
	 *
	 * @param index		SPI of the gateway
	 */
	void (*forget)(stub_keeper_t *this, uint64_t index);

	/**
	 * Use a stub up, so that nobody else can use it.
	 *
	 * Here, that's decided at once.  Elsewhere somebody else may have been
	 * faster: lost is called then, before this returns or some time later.
	 *
	 * @param stub		stub
	 * @param lost		called if somebody else was faster, in any thread
	 * @param user		argument for it, on the heap, freed when not needed
	 * @return			FALSE if it was used here before
	 */
	bool (*consume)(stub_keeper_t *this, stub_t *stub, stub_lost_cb_t lost,
					void *user);

	/**
	 * Remove all stubs in memory and in the store.
	 *
	 * @return			number of those in memory
	 */
	u_int (*flush)(stub_keeper_t *this);

	/**
	 * Get the number of stubs in memory.
	 *
	 * @return			number
	 */
	u_int (*count)(stub_keeper_t *this);

	/**
	 * Get all stubs in memory.
	 *
	 * @return			stub_t*, each to be released
	 */
	array_t *(*get_all)(stub_keeper_t *this);

	/**
	 * Get the store beside the memory.
	 *
	 * @return			store, NULL if there is none
	 */
	stub_store_t *(*get_store)(stub_keeper_t *this);

	/**
	 * Options were read again.
	 */
	void (*reload)(stub_keeper_t *this);

	/**
	 * Destroy a stub_keeper_t.
	 */
	void (*destroy)(stub_keeper_t *this);
};

/**
 * Create a stub_keeper_t.
 *
 * @param config	options
 * @param stats		counters
 * @return			keeper, NULL if the configuration of the store is wrong
 *					(logged)
 */
stub_keeper_t *stub_keeper_create(stub_config_t *config, stub_stats_t *stats);

#endif /** STUB_KEEPER_H_ @}*/
