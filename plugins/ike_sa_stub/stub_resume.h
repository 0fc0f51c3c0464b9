/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_resume stub_resume
 * @{ @ingroup ike_sa_stub
 *
 * What gateway and client do alike to an IKE_SA that is made from a stub.  No
 * locking; may be called in hooks of charon's bus, for an IKE_SA that is
 * checked out by the caller.
 */

#ifndef STUB_RESUME_H_
#define STUB_RESUME_H_

#include "stub.h"

/**
 * Give an IKE_SA identities, authentication rounds and proposal of a stub.
 *
 * @param stub		stub
 * @param ike_sa	IKE_SA
 */
void stub_resume_prepare(stub_t *stub, ike_sa_t *ike_sa);

/**
 * Make an IKE_SA established.
 *
 * @param stub			stub
 * @param ike_sa		IKE_SA
 * @param rekey_after	s until it is rekeyed with a new key exchange, 0 for not
 *						before the configuration says so
 */
void stub_resume_establish(stub_t *stub, ike_sa_t *ike_sa,
						   uint32_t rekey_after);

#endif /** STUB_RESUME_H_ @}*/
