/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_confirm stub_confirm
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_CONFIRM_H_
#define STUB_CONFIRM_H_

#include "stub_capture.h"
#include "stub_pending.h"

typedef struct stub_confirm_t stub_confirm_t;

/**
 * What becomes of a gateway's IKE_SA that was answered: the first protected
 * message of the client uses the stub up and establishes the IKE_SA; if there
 * is none within confirm_timeout the IKE_SA is removed silently, and its stub
 * stays.
 *
 * Locking: a mutex inside, a leaf, protects the list of those awaited; see also
 * stub_pending.h and stub_keeper.h.  A job checks out the IKE_SA a stub was
 * used for and then, while it has that, the one that is replaced; never the
 * other way round.
 */
struct stub_confirm_t {

	/**
	 * Wait for the first protected message.
	 *
	 * @param ike_sa	IKE_SA that was answered, checked out by the caller
	 */
	void (*await)(stub_confirm_t *this, ike_sa_t *ike_sa);

	/**
	 * The first protected message is here.  Called in hooks of charon's bus.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @param message	message; charon drops it if the stub was used before
	 * @param entry		IKE_SA's entry, not valid anymore afterwards
	 */
	void (*confirm)(stub_confirm_t *this, ike_sa_t *ike_sa, message_t *message,
					stub_pending_entry_t *entry);

	/**
	 * Destroy a stub_confirm_t.
	 */
	void (*destroy)(stub_confirm_t *this);
};

/**
 * Create a stub_confirm_t.
 *
 * @param config	options
 * @param pending	IKE_SAs that are not confirmed yet
 * @param keeper	keeper of stubs
 * @param capture	makes stubs of resumed IKE_SAs
 * @param stats		counters
 * @return			object
 */
stub_confirm_t *stub_confirm_create(stub_config_t *config,
									stub_pending_t *pending,
									stub_keeper_t *keeper,
									stub_capture_t *capture,
									stub_stats_t *stats);

#endif /** STUB_CONFIRM_H_ @}*/
