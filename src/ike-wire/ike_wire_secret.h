/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ike_wire_secret ike_wire_secret
 * @{ @ingroup cluster
 */

#ifndef IKE_WIRE_SECRET_H_
#define IKE_WIRE_SECRET_H_

#include <crypto/key_exchange.h>

/**
 * Create a key exchange that returns a stored shared secret, so that charon's
 * keymat derives the keys of an IKE SA that came from elsewhere.
 *
 * @param secret	shared secret, cloned
 * @return			key exchange
 */
key_exchange_t *ike_wire_secret_create(chunk_t secret);

#endif /** IKE_WIRE_SECRET_H_ @}*/
