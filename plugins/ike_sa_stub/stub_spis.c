/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_spis.h"

/*
 * Described in header.
 */
stub_spis_t stub_spis_get(ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);

	return (stub_spis_t){
		.spi_i = id->get_initiator_spi(id),
		.spi_r = id->get_responder_spi(id),
		.initiator = id->is_initiator(id),
	};
}

/*
 * Described in header.
 */
ike_sa_t *stub_spis_checkout(stub_spis_t spis)
{
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;

	id = ike_sa_id_create(IKEV2_MAJOR_VERSION, spis.spi_i, spis.spi_r,
						  spis.initiator);
	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	id->destroy(id);
	return ike_sa;
}
