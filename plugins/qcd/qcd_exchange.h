/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_exchange qcd_exchange
 * @{ @ingroup qcd
 */

#ifndef QCD_EXCHANGE_H_
#define QCD_EXCHANGE_H_

#include "qcd_children.h"
#include "qcd_config.h"
#include "qcd_secret.h"
#include "qcd_stats.h"
#include "qcd_store.h"

#include <bus/listeners/listener.h>

typedef struct qcd_exchange_t qcd_exchange_t;

/**
 * Gives and takes tokens in protected messages (RFC 6290, 4.2 to 4.4).
 *
 * Given: with the first IKE_AUTH request and the last IKE_AUTH response; with
 * the response to an IKE rekeying, or in an INFORMATIONAL of our own on the new
 * IKE SA if we rekeyed it; in an INFORMATIONAL if the taker's address is part
 * of the token and changed.
 *
 * Locking: a mutex inside; the store, the CHILD SAs, the secret and the
 * counters are used with it in hooks of charon's bus.
 */
struct qcd_exchange_t {

	/** added to charon's bus by the owner */
	listener_t listener;

	/**
	 * Send INVALID_SPI for an ESP SPI of ours over an IKE SA, and delete its
	 * other half, with an INFORMATIONAL (RFC 7296, 1.5), unless the SPI is
	 * known by the time that is sent.
	 *
	 * Checks out the IKE_SA.
	 *
	 * @param owner		IKE SA
	 * @param spi		unknown SPI, in network order
	 */
	void (*report_spi)(qcd_exchange_t *this, qcd_owner_t *owner, uint32_t spi);

	/**
	 * Destroy a qcd_exchange_t.
	 */
	void (*destroy)(qcd_exchange_t *this);
};

/**
 * Create it.
 *
 * @param config	options
 * @param secret	maker's secrets, NULL if there are none
 * @param store		taker's store
 * @param children	known ESP SPIs
 * @param stats		counters
 * @return			object
 */
qcd_exchange_t *qcd_exchange_create(qcd_config_t *config, qcd_secret_t *secret,
									qcd_store_t *store,
									qcd_children_t *children,
									qcd_stats_t *stats);

#endif /** QCD_EXCHANGE_H_ @}*/
