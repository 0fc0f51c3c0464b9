/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_activate ha_sync_activate
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_ACTIVATE_H_
#define HA_SYNC_ACTIVATE_H_

#include "ha_sync_counters.h"
#include "ha_sync_record.h"

#include <sa/ike_sa.h>

/**
 * Make the copy of an IKE SA live: message IDs, remaining lifetimes, events for
 * updown scripts, vici clients and accounting.
 *
 * The IKE_SA is established (or rekeyed) afterwards.
 *
 * @param ike_sa	passive IKE_SA, checked out by the caller
 * @param ike		its record
 * @param children	records of its children (ha_sync_child_t*), may be NULL
 * @param counters	sets inbound counters and use in the kernel
 */
void ha_sync_activate(ike_sa_t *ike_sa, const ha_sync_ike_t *ike,
					  array_t *children, ha_sync_counters_t *counters);

#endif /** HA_SYNC_ACTIVATE_H_ @}*/
