/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_spi ha_sync_spi
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_SPI_H_
#define HA_SYNC_SPI_H_

#include <library.h>
#include <collections/array.h>

typedef struct ha_sync_spi_t ha_sync_spi_t;

/**
 * Keeps the SPIs that members choose apart (RFC 6027, 3.9).
 *
 * The members, sorted by name, get a number each, the same on all of them.
 *
 * - Inbound SPIs of ESP and AH: the range charon.spi_min to charon.spi_max is
 *   cut into as many parts as there are members, and each takes its own.
 *   charon reads these options for each SPI it asks the kernel for, so they
 *   are set here, and set back by destroy().
 * - IKE SPIs: one octet is the member's number, the others are random.  It is
 *   the last octet that charon.spi_mask leaves alone.
 *
 * An SPI of a copy is in the kernel with the copy, and the kernel never gives
 * one out that is there: so a member that got its own part back, after another
 * one took over what it had set up, does not use an SPI of that again.
 *
 * Locking: reload() is called by one thread at a time; the options have a lock
 * of their own, and what the callback for IKE SPIs reads is changed while it is
 * not set.
 */
struct ha_sync_spi_t {

	/**
	 * The configuration, or the list of members, changed.
	 *
	 * @param self		name of this member
	 * @param others	names of the other members (char*)
	 */
	void (*reload)(ha_sync_spi_t *this, char *self, array_t *others);

	/**
	 * Let charon choose SPIs as it does without us, and destroy.
	 */
	void (*destroy)(ha_sync_spi_t *this);
};

/**
 * Get a member's part of a range of SPIs.
 *
 * @param number	number of the member, from 0
 * @param count		number of members
 * @param min		first SPI (host order), receives first one of the part
 * @param max		last SPI (host order), receives last one of the part
 * @return			FALSE if the range is too small for that many members
 */
bool ha_sync_spi_part(u_int number, u_int count, uint32_t *min, uint32_t *max);

/**
 * Create the object; SPIs are charon's own until reload().
 *
 * @return			object
 */
ha_sync_spi_t *ha_sync_spi_create();

#endif /** HA_SYNC_SPI_H_ @}*/
