/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ike_wire_check ike_wire_check
 * @{ @ingroup ike_wire
 *
 * The CHECK_SPI notify of Safe IKE Recovery (draft-detienne-ikev2-recovery-03,
 * 4), for IKE SAs.
 */

#ifndef IKE_WIRE_CHECK_H_
#define IKE_WIRE_CHECK_H_

#include "ike_wire_notify.h"

/** length of the SPI of an IKE SA in the notify: both SPIs, in octets */
#define IKE_WIRE_CHECK_SPI_LEN (2 * sizeof(uint64_t))

/** longest cookie, in octets */
#define IKE_WIRE_COOKIE_MAX 255

typedef enum ike_wire_check_type_t ike_wire_check_type_t;
typedef struct ike_wire_check_t ike_wire_check_t;

/**
 * Subtypes.
 */
enum ike_wire_check_type_t {
	/** does the SA exist? */
	IKE_WIRE_CHECK_QUERY = 0,
	/** it does */
	IKE_WIRE_CHECK_ACK = 1,
	/** it does not */
	IKE_WIRE_CHECK_NACK = 2,
};

/**
 * Content of the notify.
 */
struct ike_wire_check_t {
	/** SPIs of the IKE SA, in network order */
	uint64_t spi_i, spi_r;
	/** subtype */
	uint8_t type;
	/** cookie */
	chunk_t cookie;
};

/**
 * Parse a notify.
 *
 * @param notify	notify of the type that is used for CHECK_SPI
 * @param check		receives content, points into the notify
 * @return			FALSE if it is malformed, or not about an IKE SA
 */
bool ike_wire_check_parse(const ike_wire_notify_t *notify,
						  ike_wire_check_t *check);

/**
 * Encode SPI and data of a notify.
 *
 * @param check		content
 * @param spi		receives SPI, allocated
 * @return			notification data, allocated
 */
chunk_t ike_wire_check_encode(const ike_wire_check_t *check, chunk_t *spi);

#endif /** IKE_WIRE_CHECK_H_ @}*/
