/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_address_keep ha_sync_address_keep
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_ADDRESS_KEEP_H_
#define HA_SYNC_ADDRESS_KEEP_H_

#include "ha_sync_address_watch.h"
#include "ha_sync_groups.h"

typedef struct ha_sync_address_keep_t ha_sync_address_keep_t;

/**
 * Keeps service addresses usable on this host while they move to another one.
 *
 * keepalived takes an address from one host before the other one has it, and
 * before neighbors know.  Packets for the peers still get here, but the kernel
 * sends no ESP from an IPv4 address the host has not got (for IPv6 it does
 * not care).  So the addresses are put on the loopback interface, where nobody
 * sees them: ARP requests for them are not answered by the interface they are
 * taken from, nor does it use them in its own (arp_ignore, arp_announce).
 *
 * Locking: a mutex protects the list of addresses; a leaf, held for some system
 * calls.  Not for hooks of charon's bus.
 */
struct ha_sync_address_keep_t {

	/**
	 * Keep the addresses of a group that are here.
	 *
	 * What can't be kept is logged: packets get lost while it moves.
	 *
	 * @param group		name of the group
	 * @param ms		release them after that time in any case (the kernel
	 *					does, should the daemon end), rounded up to seconds
	 */
	void (*keep)(ha_sync_address_keep_t *this, char *group, u_int ms);

	/**
	 * Release the addresses of a group, if they are kept.
	 *
	 * @param group		name of the group
	 */
	void (*release)(ha_sync_address_keep_t *this, char *group);

	/**
	 * Release all addresses and destroy.
	 */
	void (*destroy)(ha_sync_address_keep_t *this);
};

/**
 * Create an object that keeps nothing yet.
 *
 * @param groups		groups of service addresses
 * @param watch			knows the interfaces of addresses
 * @return				object
 */
ha_sync_address_keep_t *ha_sync_address_keep_create(ha_sync_groups_t *groups,
											ha_sync_address_watch_t *watch);

#endif /** HA_SYNC_ADDRESS_KEEP_H_ @}*/
