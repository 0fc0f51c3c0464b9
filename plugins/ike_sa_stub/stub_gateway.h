/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_gateway stub_gateway
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_GATEWAY_H_
#define STUB_GATEWAY_H_

#include "stub_capture.h"

typedef struct stub_gateway_t stub_gateway_t;

/**
 * The gateway's side: answers SYNs.
 *
 * A request whose stub is in memory is answered at once.  If it has to be
 * looked up elsewhere, or checks may take long, charon is made to drop the
 * message; a job goes on later, and either answers or has charon process the
 * message again without us.  The stub is used up when the client's first
 * protected message is here; an IKE_SA for which there is none is removed
 * silently after confirm_timeout, and its stub stays.
 *
 * Locking: a mutex inside, a leaf.
 */
struct stub_gateway_t {

	/** on charon's bus */
	listener_t listener;

	/**
	 * Get the number of IKE_SAs that are not confirmed yet.
	 *
	 * @return			number
	 */
	u_int (*count)(stub_gateway_t *this);

	/**
	 * Destroy a stub_gateway_t.
	 */
	void (*destroy)(stub_gateway_t *this);
};

/**
 * Create a stub_gateway_t.
 *
 * @param config	options
 * @param keeper	keeper of stubs
 * @param capture	makes stubs of resumed IKE_SAs
 * @param stats		counters
 * @return			gateway
 */
stub_gateway_t *stub_gateway_create(stub_config_t *config,
									stub_keeper_t *keeper,
									stub_capture_t *capture,
									stub_stats_t *stats);

#endif /** STUB_GATEWAY_H_ @}*/
