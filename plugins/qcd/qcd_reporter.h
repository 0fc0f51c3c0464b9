/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_reporter qcd_reporter
 * @{ @ingroup qcd
 */

#ifndef QCD_REPORTER_H_
#define QCD_REPORTER_H_

#include "qcd_esp_tap.h"
#include "qcd_exchange.h"
#include "qcd_maker.h"
#include "qcd_spi_map.h"
#include "qcd_spi_registry.h"
#include "qcd_stats.h"

typedef struct qcd_reporter_t qcd_reporter_t;

/**
 * Tells peers that an ESP SPI they use is not known (RFC 7296, 1.5; RFC 6290,
 * 8.2): with an unprotected INVALID_SPI, with the tokens of its IKE SA if the
 * map has it; and over an IKE SA with the peer if there is one.
 *
 * Locking: none but those of what it uses; called by one thread at a time.
 */
struct qcd_reporter_t {

	/**
	 * Report the SPI of a packet; may check out IKE_SAs.
	 *
	 * @param packet	packet
	 */
	void (*report)(qcd_reporter_t *this, qcd_esp_packet_t *packet);

	/**
	 * Destroy a qcd_reporter_t.
	 */
	void (*destroy)(qcd_reporter_t *this);
};

/**
 * Create it.
 *
 * @param maker		makes tokens
 * @param exchange	reports over IKE SAs
 * @param map		CHILD SPIs and their IKE SAs, NULL if not kept
 * @param registry	those of other members, NULL if not kept
 * @param stats		counters
 * @return			object
 */
qcd_reporter_t *qcd_reporter_create(qcd_maker_t *maker,
									qcd_exchange_t *exchange,
									qcd_spi_map_t *map,
									qcd_spi_registry_t *registry,
									qcd_stats_t *stats);

#endif /** QCD_REPORTER_H_ @}*/
