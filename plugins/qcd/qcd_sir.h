/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_sir qcd_sir
 * @{ @ingroup qcd
 */

#ifndef QCD_SIR_H_
#define QCD_SIR_H_

#include "qcd_children.h"
#include "qcd_config.h"
#include "qcd_recovery.h"
#include "qcd_stats.h"
#include "qcd_store.h"

#include "ike_wire_notify.h"
#include "sa_directory.h"

#include <bus/listeners/listener.h>
#include <networking/host.h>

typedef struct qcd_sir_t qcd_sir_t;

/**
 * Safe IKE Recovery (draft-detienne-ikev2-recovery-03): after an unprotected
 * INVALID_IKE_SPI the peer is asked whether it has the IKE SA, with a stateless
 * cookie; if it says that it has not, a new one is made, and only when that is
 * there the old one is removed.
 *
 * Weaker than a token: somebody on the path who suppresses the peer's ACK can
 * have a new IKE SA made, once in a dampening period.
 *
 * Locking: a mutex inside, a leaf; IKE_SAs are checked out by jobs.
 */
struct qcd_sir_t {

	/** added to charon's bus by the owner */
	listener_t listener;

	/**
	 * Take a hint: implements qcd_taker_hint_t.  A peer that does not know SIR
	 * gets a liveness check, once in hint_interval as without SIR.
	 */
	bool (*hint)(qcd_sir_t *this, qcd_owner_t *owner, host_t *src, host_t *dst);

	/**
	 * Process an unprotected message with CHECK_SPI.
	 *
	 * @param message	message
	 * @param notify	its CHECK_SPI
	 * @param src		where it came from
	 * @param dst		where it went to
	 */
	void (*process)(qcd_sir_t *this, ike_wire_message_t *message,
					ike_wire_notify_t *notify, host_t *src, host_t *dst);

	/**
	 * The options were changed.
	 */
	void (*reload)(qcd_sir_t *this);

	/**
	 * Destroy a qcd_sir_t.
	 */
	void (*destroy)(qcd_sir_t *this);
};

/**
 * Create it.
 *
 * @param config	options
 * @param store		taker's store
 * @param directory	who has which IKE SA
 * @param recovery	checks if peers live
 * @param stats		counters
 * @return			object
 */
qcd_sir_t *qcd_sir_create(qcd_config_t *config, qcd_store_t *store,
						  sa_directory_t *directory, qcd_recovery_t *recovery,
						  qcd_stats_t *stats);

#endif /** QCD_SIR_H_ @}*/
