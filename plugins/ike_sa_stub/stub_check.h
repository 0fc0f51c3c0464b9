/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_check stub_check
 * @{ @ingroup ike_sa_stub
 *
 * What a gateway checks before it answers a SYN.  No locking.
 */

#ifndef STUB_CHECK_H_
#define STUB_CHECK_H_

#include "stub_request.h"

/**
 * Check if the one who sent a request has the stub, i.e. its proof.
 *
 * @param stub		stub
 * @param request	request
 * @param required	FALSE if a request without proof is good as well
 * @return			TRUE if so
 */
bool stub_check_proof(stub_t *stub, stub_request_t *request, bool required);

/**
 * Check if a stub is that of the gateway whose address the client gave.
 *
 * @param stub		stub
 * @param request	request
 * @return			TRUE if so
 */
bool stub_check_address(stub_t *stub, stub_request_t *request);

/**
 * Check if the present configuration still allows what the stub stands for:
 * connection, identities, authentication, secrets and proposal.
 *
 * Must not be called in hooks of charon's bus if stub_check_is_slow(): the
 * revocation of certificates is checked then, or a database is asked.
 *
 * @param stub		stub
 * @param request	request
 * @param me		address of the gateway
 * @param other		address of the client
 * @return			connection, NULL if not (logged)
 */
peer_cfg_t *stub_check_config(stub_t *stub, stub_request_t *request, host_t *me,
							  host_t *other);

/**
 * Check if stub_check_config() may take long.
 *
 * @param stub		stub
 * @return			TRUE if so
 */
bool stub_check_is_slow(stub_t *stub);

#endif /** STUB_CHECK_H_ @}*/
