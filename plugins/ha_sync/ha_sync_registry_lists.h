/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_registry_lists ha_sync_registry_lists
 * @{ @ingroup ha_sync
 *
 * What is in the registry: lists and counts that take a walk over all of it.
 *
 * Locking: none, the caller holds the registry's mutex.  What is returned are
 * copies, to be used without it.
 */

#ifndef HA_SYNC_REGISTRY_LISTS_H_
#define HA_SYNC_REGISTRY_LISTS_H_

#include "ha_sync_registry.h"
#include "ha_sync_registry_index.h"

/**
 * List the IKE SAs of a group, those replaced by a rekey before the new.
 *
 * @param index		all SAs
 * @param group		name of group, NULL for all
 * @return			allocated ha_sync_spis_t*, to be freed; never NULL
 */
array_t *ha_sync_registry_list(ha_sync_registry_index_t *index, char *group);

/**
 * Enumerate failures.
 *
 * @param index		all SAs
 * @return			enumerator over (ha_sync_spis_t*, char *peer_cfg,
 *					char *reason), over a copy
 */
enumerator_t *ha_sync_registry_failures(ha_sync_registry_index_t *index);

/**
 * Start a sweep: mark all IKE and CHILD SAs of a group as not seen.
 *
 * @param index		all SAs
 * @param group		name of group, NULL for all
 */
void ha_sync_registry_mark(ha_sync_registry_index_t *index, char *group);

/**
 * End a sweep: list the SAs not seen since the mark.
 *
 * @param index		all SAs
 * @param group		name of group, NULL for all
 * @param ikes		receives allocated ha_sync_spis_t*; never NULL
 * @param children	receives allocated ha_sync_child_id_t* of IKE SAs that
 *					were seen; never NULL
 */
void ha_sync_registry_unseen(ha_sync_registry_index_t *index, char *group,
							 array_t **ikes, array_t **children);

/**
 * Count SAs of a group.
 *
 * @param index		all SAs
 * @param group		name of group, NULL for all
 * @return			counts
 */
ha_sync_counts_t ha_sync_registry_count(ha_sync_registry_index_t *index,
										char *group);

#endif /** HA_SYNC_REGISTRY_LISTS_H_ @}*/
