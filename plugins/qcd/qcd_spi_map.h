/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_spi_map qcd_spi_map
 * @{ @ingroup qcd
 */

#ifndef QCD_SPI_MAP_H_
#define QCD_SPI_MAP_H_

#include "qcd_children.h"

typedef struct qcd_spi_map_t qcd_spi_map_t;

/** CHILD SAs in the file at most */
#define QCD_SPI_MAP_MAX 65536

/**
 * Which CHILD SPI belonged to which IKE SA before the daemon was restarted: a
 * file that survives it (RFC 6290, 8.2).
 *
 * The file is replaced once a second while CHILD SAs come and go.  It may be
 * old: a token made with it then is a wrong one, which is no harm (RFC 6290,
 * 8.2).
 *
 * Locking: none needed; what was read doesn't change.
 */
struct qcd_spi_map_t {

	/**
	 * Find the IKE SA an SPI of ours belonged to.
	 *
	 * @param spi		inbound SPI, in network order
	 * @param owner		receives IKE SA
	 * @return			FALSE if it is not known
	 */
	bool (*find)(qcd_spi_map_t *this, uint32_t spi, qcd_owner_t *owner);

	/**
	 * Write the file as it is now, destroy; charon's threads are gone.
	 */
	void (*destroy)(qcd_spi_map_t *this);
};

/**
 * A CHILD SA in the file.
 */
typedef struct {
	/** inbound SPI, in network order */
	uint32_t spi;
	/** its IKE SA */
	qcd_owner_t owner;
} qcd_spi_map_entry_t;

/**
 * Parse the content of the file.
 *
 * @param data		content
 * @param entries	receives entries, allocated
 * @return			number of entries, -1 if it is malformed
 */
int qcd_spi_map_parse(chunk_t data, qcd_spi_map_entry_t **entries);

/**
 * Encode the content of the file.
 *
 * @param entries	entries
 * @param count		number of entries, up to QCD_SPI_MAP_MAX
 * @return			content, allocated
 */
chunk_t qcd_spi_map_encode(const qcd_spi_map_entry_t *entries, u_int count);

/**
 * Read the map, start to write it.
 *
 * @param file		path
 * @param children	CHILD SAs
 * @return			map
 */
qcd_spi_map_t *qcd_spi_map_create(const char *file, qcd_children_t *children);

#endif /** QCD_SPI_MAP_H_ @}*/
