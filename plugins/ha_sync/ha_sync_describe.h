/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_describe ha_sync_describe
 * @{ @ingroup ha_sync
 *
 * Fills records from charon's live objects.  The caller has the IKE_SA checked
 * out, or is called by charon's bus with it.
 */

#ifndef HA_SYNC_DESCRIBE_H_
#define HA_SYNC_DESCRIBE_H_

#include "ha_sync_record.h"

#include <sa/ike_sa.h>

/**
 * Get the name of an IKE_SA.
 *
 * @param ike_sa	IKE_SA
 * @param spis		receives name
 */
void ha_sync_describe_spis(ike_sa_t *ike_sa, ha_sync_spis_t *spis);

/**
 * Get the key of an IKE_SA for a hashtable: its unique ID.
 *
 * @param ike_sa	IKE_SA
 * @return			key
 */
void *ha_sync_describe_key(ike_sa_t *ike_sa);

/**
 * Hash a key made by ha_sync_describe_key(): unique IDs are given out one by
 * one, which is as good as any hash and takes no time.
 *
 * @param key		key
 * @return			hash
 */
u_int ha_sync_describe_hash(const void *key);

/**
 * Get what may change of an IKE_SA.
 *
 * @param ike_sa	IKE_SA
 * @param dynamic	receives copies
 */
void ha_sync_describe_dynamic(ike_sa_t *ike_sa, ha_sync_dynamic_t *dynamic);

/**
 * Check if what may change of an IKE_SA is as it was described.
 *
 * @param ike_sa	IKE_SA
 * @param dynamic	description; its capabilities are not compared
 * @return			TRUE if it did not change
 */
bool ha_sync_describe_is_same(ike_sa_t *ike_sa,
							  const ha_sync_dynamic_t *dynamic);

/**
 * Get all of an established IKE_SA but its keys, PPK, and message IDs.
 *
 * @param ike_sa	IKE_SA
 * @param group		name of its group
 * @return			record, without rounds and ppk_id
 */
ha_sync_ike_t *ha_sync_describe_ike(ike_sa_t *ike_sa, char *group);

/**
 * Get all of a CHILD_SA but its keys and its use, which only the kernel knows.
 *
 * @param ike_sa	its IKE_SA
 * @param child_sa	CHILD_SA
 * @return			record, without keys and use
 */
ha_sync_child_t *ha_sync_describe_child(ike_sa_t *ike_sa,
										child_sa_t *child_sa);

#endif /** HA_SYNC_DESCRIBE_H_ @}*/
