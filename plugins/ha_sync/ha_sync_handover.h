/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_handover ha_sync_handover
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_HANDOVER_H_
#define HA_SYNC_HANDOVER_H_

#include "ha_sync_address_keep.h"
#include "ha_sync_ownership.h"

/**
 * Tell the cluster manager if this member is willing to hold the addresses of a
 * group, by the file whose number keepalived adds to the priority of that
 * group's instance (option track_file of the group, or of the plugin if there
 * is but one group).
 *
 * Thread safe.
 *
 * @param group		name of the group
 * @param willing	FALSE to make it give the addresses away
 * @return			NULL if written, allocated message if that's not possible or
 *					no file is configured
 */
char *ha_sync_handover_willing(char *group, bool willing);

/**
 * The same for those that don't depend on it: does nothing if no file is
 * configured, and logs if it can't be written.
 *
 * @param group		name of the group
 * @param willing	FALSE to make it give the addresses away
 */
void ha_sync_handover_hint(char *group, bool willing);

/**
 * Make another member active for a group, whoever moves the addresses.  If that
 * is done by the cluster manager, this host serves packets that still come to
 * it until the other one does.
 *
 * Waits until it is, or takes the group back, so it's for threads of commands.
 * Either way this member is willing to hold the addresses afterwards: with
 * the priority of the others it does not get them as long as the other one
 * lives, and it has to if that one dies.
 *
 * @param ownership	ownership
 * @param keep		keeps the addresses usable while they move
 * @param group		name of the group
 * @param member	name of the other member
 * @param ms		how long to wait
 * @return			NULL if done, or allocated message why not
 */
char *ha_sync_handover(ha_sync_ownership_t *ownership,
					   ha_sync_address_keep_t *keep, char *group,
					   char *member, u_int ms);

#endif /** HA_SYNC_HANDOVER_H_ @}*/
