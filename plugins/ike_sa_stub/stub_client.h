/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_client stub_client
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_CLIENT_H_
#define STUB_CLIENT_H_

#include "stub_capture.h"

typedef struct stub_client_t stub_client_t;

/**
 * The client's side: when charon re-establishes an IKE_SA, be it as the gateway
 * did not answer, a token (RFC 6290) says that it lost its state, or it
 * redirected us (RFC 5685), the new IKE_SA_INIT request gets the SYN of the
 * IKE_SA's stub.
 *
 * So does the first IKE SA of a connection after a restart, with client_file.
 *
 * A gateway's answer is seen before charon, which is made to ignore it: keys
 * are derived in the hook, all else is done by a job.  An ordinary response is
 * charon's, the stub is gone then.  An answer without a good proof is ignored;
 * if no other one follows, the request is sent again without SYN.
 *
 * Locking: a mutex inside, a leaf.
 */
struct stub_client_t {

	/** on charon's bus */
	listener_t listener;

	/**
	 * Get the number of IKE_SAs with a SYN under way.
	 *
	 * @return			number
	 */
	u_int (*count)(stub_client_t *this);

	/**
	 * Destroy a stub_client_t.
	 */
	void (*destroy)(stub_client_t *this);
};

/**
 * Create a stub_client_t.
 *
 * @param config	options
 * @param capture	makes stubs
 * @param file		has stubs of IKE SAs before a restart, may be NULL
 * @param stats		counters
 * @return			client
 */
stub_client_t *stub_client_create(stub_config_t *config,
								  stub_capture_t *capture, stub_file_t *file,
								  stub_stats_t *stats);

#endif /** STUB_CLIENT_H_ @}*/
