/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_redis stub_redis
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_REDIS_H_
#define STUB_REDIS_H_

#include "stub_config.h"
#include "stub_seal.h"
#include "stub_stats.h"
#include "stub_store.h"

/**
 * Create a store in a Valkey or Redis server.
 *
 * Keys are <prefix>:stub:<hash>, values are records, with the time they live.
 * Who uses a stub up sets <prefix>:used:<hash> to a value of its own, only one
 * can.  A thread of the store talks to the server, what has collected meanwhile
 * goes out together.  While the server can't be reached, or refuses changes,
 * look-ups are refused, so that nobody waits; changes are kept, up to a limit.
 *
 * Locking: a mutex for what waits for the thread, a leaf.
 *
 * @param config	options
 * @param stats		counters
 * @param seal		encrypts records, adopted
 * @return			store, NULL if the configuration is wrong (logged)
 */
stub_store_t *stub_redis_create(stub_config_t *config, stub_stats_t *stats,
								stub_seal_t *seal);

#endif /** STUB_REDIS_H_ @}*/
