/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_spis stub_spis
 * @{ @ingroup ike_sa_stub
 *
 * How jobs find their IKE_SA again.  Given a unique ID, charon's manager looks
 * at all IKE_SAs and waits for each that is in use; SPIs it looks up.
 */

#ifndef STUB_SPIS_H_
#define STUB_SPIS_H_

#include <daemon.h>

typedef struct stub_spis_t stub_spis_t;

/**
 * SPIs of an IKE_SA, a plain value.
 */
struct stub_spis_t {
	/** SPIs */
	uint64_t spi_i, spi_r;
	/** TRUE if this side initiated it */
	bool initiator;
};

/**
 * Get the SPIs of an IKE_SA.
 *
 * @param ike_sa	IKE_SA, checked out by the caller
 * @return			SPIs
 */
stub_spis_t stub_spis_get(ike_sa_t *ike_sa);

/**
 * Check out the IKE_SA with some SPIs; not in hooks of charon's bus.
 *
 * @param spis		SPIs
 * @return			IKE_SA, NULL if there is none
 */
ike_sa_t *stub_spis_checkout(stub_spis_t spis);

#endif /** STUB_SPIS_H_ @}*/
