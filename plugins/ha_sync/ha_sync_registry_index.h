/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_registry_index ha_sync_registry_index
 * @{ @ingroup ha_sync
 *
 * Finds SAs of the registry by name and by SPI.
 */

#ifndef HA_SYNC_REGISTRY_INDEX_H_
#define HA_SYNC_REGISTRY_INDEX_H_

#include "ha_sync_registry_entry.h"

typedef struct ha_sync_registry_index_t ha_sync_registry_index_t;

/**
 * IKE SAs, their children, and tables to find them.
 *
 * Locking: none, the registry's mutex is held by the caller.  Entries are
 * valid until they are removed, or that mutex is released.
 */
struct ha_sync_registry_index_t {

	/**
	 * Add an IKE SA or replace its record.
	 *
	 * @param ike		record, adopted
	 * @param added		receives TRUE if it was not known before
	 * @return			its entry
	 */
	ha_sync_ike_entry_t* (*put_ike)(ha_sync_registry_index_t *this,
									ha_sync_ike_t *ike, bool *added);

	/**
	 * Get an IKE SA.
	 *
	 * @param spis		name
	 * @return			entry, NULL if not known
	 */
	ha_sync_ike_entry_t* (*get_ike)(ha_sync_registry_index_t *this,
									const ha_sync_spis_t *spis);

	/**
	 * Remove an IKE SA and its children.
	 *
	 * @param spis		name
	 * @return			FALSE if not known
	 */
	bool (*remove_ike)(ha_sync_registry_index_t *this,
					   const ha_sync_spis_t *spis);

	/**
	 * Enumerate IKE SAs, in the order they were added.
	 *
	 * @return			enumerator over ha_sync_ike_entry_t*
	 */
	enumerator_t* (*create_enumerator)(ha_sync_registry_index_t *this);

	/**
	 * Add a CHILD SA or replace its record; its use never goes back.
	 *
	 * @param ike		its IKE SA
	 * @param child		record, adopted
	 */
	void (*put_child)(ha_sync_registry_index_t *this,
					  ha_sync_ike_entry_t *ike, ha_sync_child_t *child);

	/**
	 * Get a CHILD SA by its name.
	 *
	 * @param id		name
	 * @return			entry, NULL if not known
	 */
	ha_sync_child_entry_t* (*get_child)(ha_sync_registry_index_t *this,
										const ha_sync_child_id_t *id);

	/**
	 * Get the CHILD SA with an SPI that was put first.
	 *
	 * @param spi		SPI (network order)
	 * @param inbound	TRUE for the inbound, FALSE for the outbound SPI
	 * @return			entry, NULL if not known
	 */
	ha_sync_child_entry_t* (*find_child)(ha_sync_registry_index_t *this,
										 uint32_t spi, bool inbound);

	/**
	 * Remove a CHILD SA.
	 *
	 * @param id		name
	 * @return			FALSE if not known
	 */
	bool (*remove_child)(ha_sync_registry_index_t *this,
						 const ha_sync_child_id_t *id);

	/**
	 * Move all children of an IKE SA to another one.
	 *
	 * @param from		IKE SA that has them
	 * @param to		IKE SA that gets them; those it has itself stay
	 */
	void (*move_children)(ha_sync_registry_index_t *this,
						  ha_sync_ike_entry_t *from, ha_sync_ike_entry_t *to);

	/**
	 * Destroy a ha_sync_registry_index_t and all SAs.
	 */
	void (*destroy)(ha_sync_registry_index_t *this);
};

/**
 * Create an empty index.
 *
 * @return			index
 */
ha_sync_registry_index_t *ha_sync_registry_index_create();

#endif /** HA_SYNC_REGISTRY_INDEX_H_ @}*/
