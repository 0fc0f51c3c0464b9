/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_esp_watch qcd_esp_watch
 * @{ @ingroup qcd
 */

#ifndef QCD_ESP_WATCH_H_
#define QCD_ESP_WATCH_H_

#include "qcd_children.h"
#include "qcd_config.h"
#include "qcd_esp_tap.h"
#include "qcd_stats.h"

typedef struct qcd_esp_watch_t qcd_esp_watch_t;

/**
 * Called for an ESP packet with an SPI nobody has or had lately, after the
 * limits.  By a worker thread that may wait and check out IKE_SAs.
 *
 * @param user		user data
 * @param packet	packet
 */
typedef void (*qcd_esp_unknown_t)(void *user, qcd_esp_packet_t *packet);

/**
 * Watches for ESP packets with unknown SPIs.
 *
 * The kernel counts them (qcd_esp_count_t); that is read every 100 ms.  Only
 * after it grew a packet tap is opened, until one is found, at most for 200 ms;
 * if there are many, it stays closed for some readings: the work is bounded
 * whatever is sent.  Packets this host only routes are skipped; its addresses
 * are those charon knows, not those of interfaces it is told to ignore.
 * Packets counted before the daemon started count, too: it may have crashed.
 * Until connections are loaded nobody is answered (see qcd_maker_ready()), but
 * packets with up to 64 SPIs are kept for that moment.
 *
 * Locking: none, all work is done by one job; reload() changes limits only.
 */
struct qcd_esp_watch_t {

	/**
	 * The options were changed.
	 */
	void (*reload)(qcd_esp_watch_t *this);

	/**
	 * Destroy a qcd_esp_watch_t; charon's threads are gone.
	 */
	void (*destroy)(qcd_esp_watch_t *this);
};

/**
 * Create it.
 *
 * @param config	options
 * @param children	known SPIs
 * @param cb		called for unknown ones
 * @param user		data for it
 * @param stats		counters
 * @return			object
 */
qcd_esp_watch_t *qcd_esp_watch_create(qcd_config_t *config,
									  qcd_children_t *children,
									  qcd_esp_unknown_t cb, void *user,
									  qcd_stats_t *stats);

#endif /** QCD_ESP_WATCH_H_ @}*/
