/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_capture stub_capture
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_CAPTURE_H_
#define STUB_CAPTURE_H_

#include "stub.h"
#include "stub_config.h"
#include "stub_file.h"
#include "stub_keeper.h"
#include "stub_stats.h"

#include <bus/listeners/listener.h>

typedef struct stub_capture_t stub_capture_t;

/**
 * Makes stubs of IKE SAs, in both roles.
 *
 * The initiator of an IKE SA offers to be a client, by a notify with the
 * longest lifetime in its first IKE_AUTH request; a gateway answers with the
 * lifetime of the stub it keeps, in the last response.  Without both, no key
 * material is kept.  Stubs are made when the IKE SA is established or rekeyed.
 * That of a gateway stays when its IKE_SA just ends (the client does not
 * answer), and goes when it is deleted; that of a client goes with the IKE_SA,
 * unless another one takes its place.
 *
 * Locking: a mutex inside, held while the keeper's table is changed.
 */
struct stub_capture_t {

	/** on charon's bus */
	listener_t listener;

	/**
	 * Take the stub of an IKE_SA as a client, once.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @return			stub, to be released, NULL if there is no valid one
	 */
	stub_t *(*take)(stub_capture_t *this, ike_sa_t *ike_sa);

	/**
	 * An IKE_SA was made from a stub and is established: make another stub.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @param stub		stub it was made from
	 * @param fresh		shared secret of a new key exchange, or empty
	 */
	void (*resumed)(stub_capture_t *this, ike_sa_t *ike_sa, stub_t *stub,
					chunk_t fresh);

	/**
	 * Check if the IKE_SA that a gateway's stub was made of was destroyed.
	 *
	 * @param stub		stub
	 * @return			TRUE if so, FALSE if it's not known
	 */
	bool (*is_gone)(stub_capture_t *this, stub_t *stub);

	/**
	 * Get all stubs of clients.
	 *
	 * @return			stub_t*, each to be released
	 */
	array_t *(*get_all)(stub_capture_t *this);

	/**
	 * Destroy a stub_capture_t.
	 */
	void (*destroy)(stub_capture_t *this);
};

/**
 * Create a stub_capture_t.
 *
 * @param config	options
 * @param keeper	keeper of gateways' stubs
 * @param file		told of changes to clients' stubs, may be NULL
 * @param stats		counters
 * @return			capture
 */
stub_capture_t *stub_capture_create(stub_config_t *config,
									stub_keeper_t *keeper, stub_file_t *file,
									stub_stats_t *stats);

#endif /** STUB_CAPTURE_H_ @}*/
