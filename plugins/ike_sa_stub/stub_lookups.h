/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_lookups stub_lookups
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_LOOKUPS_H_
#define STUB_LOOKUPS_H_

#include "stub_config.h"
#include "stub_seal.h"
#include "stub_stats.h"
#include "stub_store.h"

typedef struct stub_lookups_t stub_lookups_t;

/**
 * Look-ups a store has under way: each ends with an answer, or after
 * lookup_timeout.  Their number is limited, and what was not found is not
 * looked up again for a moment: who sends guessed indices causes no more than
 * that.
 *
 * Locking: a mutex inside, not held while callbacks are called.
 */
struct stub_lookups_t {

	/**
	 * Start a look-up.
	 *
	 * @param hash		hash of the index
	 * @param answers	how many answers there may be
	 * @param cb		called once
	 * @param user		argument for it
	 * @return			FALSE if it's not worth the effort, cb is not called
	 */
	bool (*start)(stub_lookups_t *this, const uint8_t hash[STUB_HASH_LEN],
				  u_int answers, stub_lookup_cb_t cb, void *user);

	/**
	 * An answer came: those that wait for it get it, or wait for another one
	 * if there may be.
	 *
	 * @param hash		hash of the index
	 * @param stub		stub, NULL if there's none; not adopted
	 * @return			TRUE if somebody waited for it
	 */
	bool (*answer)(stub_lookups_t *this, const uint8_t hash[STUB_HASH_LEN],
				   stub_t *stub);

	/**
	 * Check if somebody waits for an answer.
	 *
	 * @param hash		hash of the index
	 * @return			TRUE if so
	 */
	bool (*is_awaited)(stub_lookups_t *this,
					   const uint8_t hash[STUB_HASH_LEN]);

	/**
	 * Destroy a stub_lookups_t, when no jobs are run anymore; those under way
	 * get NULL.
	 */
	void (*destroy)(stub_lookups_t *this);
};

/**
 * Create a stub_lookups_t.
 *
 * @param config	options
 * @param stats		counters
 * @return			object
 */
stub_lookups_t *stub_lookups_create(stub_config_t *config, stub_stats_t *stats);

#endif /** STUB_LOOKUPS_H_ @}*/
