/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_tracked stub_tracked
 * @{ @ingroup ike_sa_stub
 *
 * What is known of an IKE_SA that may get a stub.  No locking.
 */

#ifndef STUB_TRACKED_H_
#define STUB_TRACKED_H_

#include "stub.h"
#include "stub_config.h"
#include "stub_syn.h"

typedef struct stub_tracked_t stub_tracked_t;

/**
 * What is known of an IKE_SA.
 */
struct stub_tracked_t {
	/** shared secrets, first and additional ones */
	chunk_t secret, additional;
	/** role of this side, if agreed is set */
	stub_role_t role;
	/** TRUE if the other side wants stubs, too */
	bool agreed;
	/** what was agreed on */
	stub_offer_t offer;
	/** resumptions since the last key exchange */
	uint8_t chain;
	/** when the client has to authenticate again, in s since 1970, 0 if
	 * never */
	uint64_t reauth;
	/** stub of a client */
	stub_t *stub;
	/** index of a gateway's stub, 0 if none was made */
	uint64_t index;
};

/**
 * Wipe shared secrets.
 *
 * @param this		what is known
 */
void stub_tracked_wipe(stub_tracked_t *this);

/**
 * Destroy a stub_tracked_t.
 *
 * @param this		what is known
 */
void stub_tracked_destroy(stub_tracked_t *this);

/**
 * Keep shared secrets of key exchanges.
 *
 * @param this		what is known
 * @param more		TRUE if they come after others of the same IKE SA
 * @param secret	shared secret of the first one, adopted
 * @param additional	those of additional ones (RFC 9370), adopted
 */
void stub_tracked_set_secrets(stub_tracked_t *this, bool more, chunk_t secret,
							  chunk_t additional);

/**
 * Agree on what was agreed on before, for the IKE SA a stub is of.
 *
 * @param this		what is known
 * @param stub		stub
 */
void stub_tracked_agree(stub_tracked_t *this, stub_t *stub);

/**
 * Set when a stub expires: at the end of the lifetime that was agreed on, of
 * the IKE SA, or when the client has to authenticate again.
 *
 * @param this		what is known, reauth is updated
 * @param config	options
 * @param ike_sa	IKE_SA
 * @param stub		stub
 */
void stub_tracked_set_times(stub_tracked_t *this, stub_config_t *config,
							ike_sa_t *ike_sa, stub_t *stub);

#endif /** STUB_TRACKED_H_ @}*/
