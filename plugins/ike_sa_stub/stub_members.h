/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_members stub_members
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_MEMBERS_H_
#define STUB_MEMBERS_H_

#include "stub_config.h"
#include "stub_seal.h"
#include "stub_stats.h"
#include "stub_store.h"

/**
 * Create a store in the memory of other members, over the sync channel: of all
 * (draft-xu-ike-sa-sync-00, 3.4, distributed), or of those that are banks
 * (centralised).  A gateway may be a bank itself.
 *
 * Updates of 20 ms go out together.  Who claims a stub after another member
 * told that it used it has lost.  Members that use the same stub at once find
 * out when they tell each other, or by the bank: the one whose name comes first
 * keeps its IKE SA.
 *
 * Locking: a mutex for what is to be sent, a leaf.
 *
 * @param config	options
 * @param stats		counters
 * @param seal		encrypts records, adopted
 * @param gone		called if a stub of this gateway is gone elsewhere
 * @param user		argument for it
 * @return			store, NULL if the configuration is wrong (logged)
 */
stub_store_t *stub_members_create(stub_config_t *config, stub_stats_t *stats,
								  stub_seal_t *seal, stub_gone_cb_t gone,
								  void *user);

#endif /** STUB_MEMBERS_H_ @}*/
