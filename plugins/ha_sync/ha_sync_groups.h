/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_groups ha_sync_groups
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_GROUPS_H_
#define HA_SYNC_GROUPS_H_

#include <library.h>
#include <collections/array.h>
#include <networking/host.h>

typedef struct ha_sync_groups_t ha_sync_groups_t;

/**
 * The configured groups of service addresses.
 *
 * Configuration: <ns>.plugins.ha-sync.addresses for a single group named
 * "default", or <ns>.plugins.ha-sync.groups.<name>.addresses; lists separated
 * by spaces or commas.
 *
 * Locking: a read/write lock inside, held only for the look-up; may be used in
 * hooks of charon's bus.
 */
struct ha_sync_groups_t {

	/**
	 * Find the group of an address.
	 *
	 * @param host		address, the port is ignored
	 * @return			name of the group, valid until destroy(); NULL if none
	 */
	char* (*find)(ha_sync_groups_t *this, host_t *host);

	/**
	 * Get the names of the groups that are configured.
	 *
	 * @return			array of char*, internal data valid until destroy(); the
	 *					array has to be destroyed
	 */
	array_t* (*get_names)(ha_sync_groups_t *this);

	/**
	 * Get copies of the addresses of a group.
	 *
	 * @param name		name of the group
	 * @return			array of host_t*, NULL if no such group
	 */
	array_t* (*get_addresses)(ha_sync_groups_t *this, char *name);

	/**
	 * Read the configuration again.  Groups that are gone have no addresses.
	 *
	 * @return			FALSE if it's wrong (logged), the old one stays
	 */
	bool (*reload)(ha_sync_groups_t *this);

	/**
	 * Destroy a ha_sync_groups_t.
	 */
	void (*destroy)(ha_sync_groups_t *this);
};

/**
 * Read the groups from the configuration.
 *
 * @return			groups, NULL if the configuration is wrong (logged)
 */
ha_sync_groups_t *ha_sync_groups_create();

#endif /** HA_SYNC_GROUPS_H_ @}*/
