/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_answering stub_answering
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_ANSWERING_H_
#define STUB_ANSWERING_H_

#include "stub_config.h"
#include "stub_lease.h"
#include "stub_request.h"

typedef struct stub_answering_t stub_answering_t;

/**
 * A SYN that is being answered by a gateway, and the half-open IKE_SA made from
 * its stub.
 *
 * Locking: none, used while its IKE_SA is checked out.
 */
struct stub_answering_t {

	/**
	 * Look at the notifies for NAT detection in the request.
	 *
	 * @param message	request, parsed
	 */
	void (*detect_nat)(stub_answering_t *this, message_t *message);

	/**
	 * Make keys, answer the request.  May be called in hooks of charon's bus.
	 *
	 * @param stub		stub, a reference is taken
	 * @param cfg		connection
	 * @param lease		inner addresses, adopted, may be NULL
	 * @return			FALSE if nothing was sent and charon should answer; the
	 *					IKE_SA is as before
	 */
	bool (*answer)(stub_answering_t *this, stub_t *stub, peer_cfg_t *cfg,
				   stub_lease_t *lease);

	/**
	 * Answer a retransmission of the request.
	 *
	 * @param message	request
	 */
	void (*answer_again)(stub_answering_t *this, message_t *message);

	/**
	 * The first message of the client proves that it has the keys: establish
	 * the IKE_SA.
	 *
	 * @param message	message
	 * @param rekey_after	s until it is rekeyed, 0 for not
	 */
	void (*confirm)(stub_answering_t *this, message_t *message,
					uint32_t rekey_after);

	/**
	 * Get the stub the IKE_SA was made from.
	 *
	 * @return			stub, NULL if it was not answered
	 */
	stub_t *(*get_stub)(stub_answering_t *this);

	/**
	 * Get the shared secret of the new key exchange.
	 *
	 * @return			secret, empty if there was none
	 */
	chunk_t (*get_fresh)(stub_answering_t *this);

	/**
	 * Check if there are addresses to be released.
	 *
	 * @return			TRUE if this must not be destroyed in hooks of charon's
	 *					bus
	 */
	bool (*has_lease)(stub_answering_t *this);

	/**
	 * Destroy a stub_answering_t: addresses of an IKE_SA that was not confirmed
	 * are released.
	 */
	void (*destroy)(stub_answering_t *this);
};

/**
 * Create a stub_answering_t.
 *
 * @param ike_sa	IKE_SA of the request, has to exist as long as it is used
 * @param request	request, adopted
 * @return			object
 */
stub_answering_t *stub_answering_create(ike_sa_t *ike_sa,
										stub_request_t *request);

#endif /** STUB_ANSWERING_H_ @}*/
