/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_leftovers ha_sync_leftovers
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_LEFTOVERS_H_
#define HA_SYNC_LEFTOVERS_H_

#include "ha_sync_groups.h"

/**
 * Remove the SAs of service addresses from the kernel that a daemon left there
 * which was killed.
 *
 * They are in the way of the copies this daemon is going to make: SAs of the
 * same SPIs, perhaps to an address the peer had earlier.  To be called before
 * there is any SA of this daemon; other SAs are not touched.
 *
 * Talks to the kernel, so not for hooks.  Failures are logged: copies whose
 * SAs can't be installed are listed in the status.
 *
 * @param groups		groups of service addresses
 */
void ha_sync_leftovers_remove(ha_sync_groups_t *groups);

#endif /** HA_SYNC_LEFTOVERS_H_ @}*/
