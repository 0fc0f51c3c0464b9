/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_taker qcd_taker
 * @{ @ingroup qcd
 */

#ifndef QCD_TAKER_H_
#define QCD_TAKER_H_

#include "qcd_children.h"
#include "qcd_config.h"
#include "qcd_recovery.h"
#include "qcd_stats.h"
#include "qcd_store.h"

#include "ike_wire_notify.h"

#include <networking/host.h>

typedef struct qcd_taker_t qcd_taker_t;

/**
 * What to do with an unprotected hint, decided by who knows the peer.
 *
 * @param user		user data
 * @param owner		IKE SA the hint is about, it is established
 * @param src		where the hint came from
 * @param dst		where it went to
 * @return			TRUE if it was taken, FALSE to start a liveness check
 */
typedef bool (*qcd_taker_hint_t)(void *user, qcd_owner_t *owner, host_t *src,
								 host_t *dst);

/**
 * Verifies tokens in unprotected notifies, and takes notifies without for hints
 * (RFC 6290, 3 and 4.5; RFC 7296, 2.21.4).
 *
 * Locking: none but those of what it uses.
 */
struct qcd_taker_t {

	/**
	 * Process an unprotected message; never answered.
	 *
	 * @param message	message
	 * @param src		where it came from
	 * @param dst		where it went to
	 */
	void (*process)(qcd_taker_t *this, ike_wire_message_t *message,
					host_t *src, host_t *dst);

	/**
	 * The options were changed.
	 */
	void (*reload)(qcd_taker_t *this);

	/**
	 * Destroy a qcd_taker_t.
	 */
	void (*destroy)(qcd_taker_t *this);
};

/**
 * Create it.
 *
 * @param config	options
 * @param store		tokens
 * @param children	outbound SPIs
 * @param recovery	what is done
 * @param hint		called for a hint of INVALID_IKE_SPI, or NULL
 * @param user		data for it
 * @param stats		counters
 * @return			object
 */
qcd_taker_t *qcd_taker_create(qcd_config_t *config, qcd_store_t *store,
							  qcd_children_t *children,
							  qcd_recovery_t *recovery, qcd_taker_hint_t hint,
							  void *user, qcd_stats_t *stats);

#endif /** QCD_TAKER_H_ @}*/
