/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_raise ha_sync_raise
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_RAISE_H_
#define HA_SYNC_RAISE_H_

#include "ha_sync_kernel_replay.h"

#include <sa/ike_sa.h>

/**
 * Least number of packets a counter is raised by, even if the cluster asks for
 * less.  The kernel can't add, only read and write: packets sent in between
 * must not make a number go back.  This is 65 ms of an SA that sends a million
 * packets/s, and costs 1/65536 of the numbers without ESN.
 */
#define HA_SYNC_RAISE_MIN 65536

/**
 * Raise the outgoing replay counters of all CHILD SAs of an IKE SA in the
 * kernel (RFC 6311, 5.2), as a member that took over asks its peer to do.
 *
 * A CHILD SA without ESN whose counter would wrap is rekeyed instead.  All
 * CHILD SAs need to have ESN, or none (RFC 6311, 6.4), or nothing is done.
 *
 * Some system calls per CHILD SA, not to be called in hooks of charon's bus.
 *
 * @param ike_sa	IKE_SA, checked out by the caller
 * @param kernel	kernel
 * @param delta		number to add
 * @param esn		TRUE if the delta was sent with 8 octets, as with ESN
 * @return			number of CHILD SAs raised or rekeyed
 */
u_int ha_sync_raise(ike_sa_t *ike_sa, ha_sync_kernel_replay_t *kernel,
					uint64_t delta, bool esn);

#endif /** HA_SYNC_RAISE_H_ @}*/
