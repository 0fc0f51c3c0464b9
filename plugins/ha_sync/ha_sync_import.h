/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_import ha_sync_import
 * @{ @ingroup ha_sync
 *
 * Makes passive IKE_SAs and CHILD_SAs from records.
 */

#ifndef HA_SYNC_IMPORT_H_
#define HA_SYNC_IMPORT_H_

#include "ha_sync_counters.h"
#include "ha_sync_record.h"

#include <sa/ike_sa.h>

/**
 * Create an IKE_SA in state IKE_PASSIVE, without children.
 *
 * @param record	record
 * @param reason	receives why it failed, allocated
 * @return			IKE_SA, to be checked in by the caller; NULL on failure
 */
ike_sa_t *ha_sync_import_ike(const ha_sync_ike_t *record, char **reason);

/**
 * Apply changes to a passive IKE_SA and to its children's addresses.
 *
 * @param ike_sa	IKE_SA, checked out by the caller
 * @param dynamic	new data
 */
void ha_sync_import_dynamic(ike_sa_t *ike_sa,
							const ha_sync_dynamic_t *dynamic);

/**
 * Create a CHILD_SA of a passive IKE_SA and install it in the kernel, or change
 * one that exists.
 *
 * @param ike_sa	IKE_SA, checked out by the caller
 * @param record	record
 * @param ike		record of the IKE SA
 * @param counters	sets counters in the kernel
 * @return			NULL if done, allocated reason why it failed otherwise
 */
char *ha_sync_import_child(ike_sa_t *ike_sa, const ha_sync_child_t *record,
						   const ha_sync_ike_t *ike,
						   ha_sync_counters_t *counters);

/**
 * Find a CHILD_SA.
 *
 * @param ike_sa	IKE_SA, checked out by the caller
 * @param spi_in	inbound SPI
 * @return			CHILD_SA, NULL if none
 */
child_sa_t *ha_sync_import_find_child(ike_sa_t *ike_sa, uint32_t spi_in);

#endif /** HA_SYNC_IMPORT_H_ @}*/
