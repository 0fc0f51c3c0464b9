/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_address_watch ha_sync_address_watch
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_ADDRESS_WATCH_H_
#define HA_SYNC_ADDRESS_WATCH_H_

#include <library.h>
#include <networking/host.h>

typedef struct ha_sync_address_watch_t ha_sync_address_watch_t;

/**
 * Label of addresses that are kept on the loopback interface while they move to
 * another host, see ha_sync_address_keep.h: they do not count as held.
 */
#define HA_SYNC_KEPT_LABEL "lo:cluster"

/**
 * The IP addresses of this host, as the kernel has them right now.
 *
 * It listens on its own netlink socket, because charon tells about changed
 * addresses only 100 ms later.
 *
 * Locking: one mutex inside, a leaf: nothing else is called or locked while it
 * is held, and it is not held during the callback.
 */
struct ha_sync_address_watch_t {

	/**
	 * Check if this host has an address on any of its interfaces.
	 *
	 * An IPv6 address does not count while duplicate address detection runs
	 * (unless it is optimistic, RFC 4429), or after it failed.
	 *
	 * May be called in hooks of charon's bus.
	 *
	 * @param addr		address, the port is ignored
	 * @return			TRUE if this host has it
	 */
	bool (*holds)(ha_sync_address_watch_t *this, host_t *addr);

	/**
	 * Get the interface an address is on.
	 *
	 * @param addr		address, the port is ignored
	 * @return			index of the interface, 0 if this host does not have it
	 */
	u_int (*get_interface)(ha_sync_address_watch_t *this, host_t *addr);

	/**
	 * Destroy a ha_sync_address_watch_t, waits for a callback that runs.
	 */
	void (*destroy)(ha_sync_address_watch_t *this);
};

/**
 * Create a ha_sync_address_watch_t; the addresses are known when it returns.
 *
 * @param changed		called by the watch's own thread after addresses came
 *						or went, with no lock held; further changes wait until
 *						it returns.  Must not call destroy().
 * @param user			data passed to changed
 * @return				object, NULL if the netlink socket fails (logged)
 */
ha_sync_address_watch_t *ha_sync_address_watch_create(
									void (*changed)(void *user), void *user);

#endif /** HA_SYNC_ADDRESS_WATCH_H_ @}*/
