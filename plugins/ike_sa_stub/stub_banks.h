/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_banks stub_banks
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_BANKS_H_
#define STUB_BANKS_H_

#include "stub_config.h"
#include "stub_stats.h"
#include "sync_channel.h"

#include <collections/array.h>

typedef struct stub_banks_t stub_banks_t;

/** type of our messages on the channel */
#define STUB_BANKS_MESSAGE 1

/**
 * Which members keep a gateway's stubs: all, or those that are banks.
 *
 * Locking: a mutex for the names of banks that missed something, a leaf.
 */
struct stub_banks_t {

	/**
	 * Check if a member is a bank.
	 *
	 * @param member	name
	 * @return			TRUE if so
	 */
	bool (*is_bank)(stub_banks_t *this, const char *member);

	/**
	 * Check if a member keeps our stubs.
	 *
	 * @param member	name
	 * @return			TRUE if so
	 */
	bool (*is_keeper)(stub_banks_t *this, const char *member);

	/**
	 * Get the names of those that are connected.
	 *
	 * @return			char*, on the heap
	 */
	array_t *(*get_connected)(stub_banks_t *this);

	/**
	 * Send a message to all of them.  A bank that is connected and can't be
	 * sent it gets a snapshot some time later.
	 *
	 * @param message	message, adopted
	 */
	void (*send)(stub_banks_t *this, chunk_t message);

	/**
	 * Destroy a stub_banks_t.
	 */
	void (*destroy)(stub_banks_t *this);
};

/**
 * Create a stub_banks_t.  Banks that are no members are logged.
 *
 * @param config	options
 * @param stats		counters
 * @param channel	channel
 * @return			object
 */
stub_banks_t *stub_banks_create(stub_config_t *config, stub_stats_t *stats,
								sync_channel_t *channel);

#endif /** STUB_BANKS_H_ @}*/
