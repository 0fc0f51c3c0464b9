/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_fake_ke ha_sync_fake_ke
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_FAKE_KE_H_
#define HA_SYNC_FAKE_KE_H_

#include <crypto/key_exchange.h>

/**
 * Create a key exchange that returns a stored shared secret, so that charon's
 * keymat derives the keys of a replicated IKE SA.
 *
 * @param secret	shared secret, cloned
 * @return			key exchange
 */
key_exchange_t *ha_sync_fake_ke_create(chunk_t secret);

#endif /** HA_SYNC_FAKE_KE_H_ @}*/
