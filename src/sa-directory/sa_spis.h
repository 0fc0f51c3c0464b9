/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sa_spis sa_spis
 * @{ @ingroup sa_directory
 */

#ifndef SA_SPIS_H_
#define SA_SPIS_H_

#include <library.h>
#include <collections/enumerator.h>

typedef struct sa_spis_t sa_spis_t;

/**
 * A set of IKE SAs, each known by its SPIs only.
 *
 * Locking: none, protected by its owner.
 */
struct sa_spis_t {

	/**
	 * Add an IKE SA; no change if it's there.
	 *
	 * @param spi_i		initiator's SPI, in network order
	 * @param spi_r		responder's SPI
	 */
	void (*add)(sa_spis_t *this, uint64_t spi_i, uint64_t spi_r);

	/**
	 * Remove an IKE SA; no change if it's not there.
	 *
	 * @param spi_i		initiator's SPI
	 * @param spi_r		responder's SPI
	 */
	void (*remove)(sa_spis_t *this, uint64_t spi_i, uint64_t spi_r);

	/**
	 * Check if an IKE SA uses an SPI, in any role.
	 *
	 * @param spi		SPI
	 * @return			TRUE if so
	 */
	bool (*uses)(sa_spis_t *this, uint64_t spi);

	/**
	 * Get the number of IKE SAs.
	 *
	 * @return			number
	 */
	u_int (*count)(sa_spis_t *this);

	/**
	 * Enumerate the IKE SAs.
	 *
	 * @return			enumerator over uint64_t spi_i, uint64_t spi_r
	 */
	enumerator_t *(*create_enumerator)(sa_spis_t *this);

	/**
	 * Destroy a sa_spis_t.
	 */
	void (*destroy)(sa_spis_t *this);
};

/**
 * Create an empty set.
 *
 * @return			set
 */
sa_spis_t *sa_spis_create();

#endif /** SA_SPIS_H_ @}*/
