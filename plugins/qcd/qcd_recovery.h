/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_recovery qcd_recovery
 * @{ @ingroup qcd
 */

#ifndef QCD_RECOVERY_H_
#define QCD_RECOVERY_H_

#include "qcd_children.h"
#include "qcd_stats.h"
#include "qcd_store.h"

typedef struct qcd_recovery_t qcd_recovery_t;

/**
 * What a taker does when a peer lost an IKE SA, or may have lost it.
 *
 * Locking: a mutex inside, a leaf; IKE_SAs are checked out by jobs.
 */
struct qcd_recovery_t {

	/**
	 * The peer lost an IKE SA, that's proven: remove it without a word, make it
	 * anew as its CHILD SAs' start, close and dpd actions say.
	 *
	 * Waits if that happened less than a minute ago, too: 1 s, then twice as
	 * long each time, up to a minute (RFC 6290 says nothing about it).
	 *
	 * @param owner		IKE SA
	 */
	void (*recover)(qcd_recovery_t *this, qcd_owner_t *owner);

	/**
	 * The peer may have lost an IKE SA: start a liveness check, or send the
	 * request under way once more.  Its retransmissions go on as they were
	 * (RFC 6290, A.4).
	 *
	 * @param owner		IKE SA
	 */
	void (*check)(qcd_recovery_t *this, qcd_owner_t *owner);

	/**
	 * Destroy a qcd_recovery_t.
	 */
	void (*destroy)(qcd_recovery_t *this);
};

/**
 * Create it.
 *
 * @param store		taker's store
 * @param stats		counters
 * @return			object
 */
qcd_recovery_t *qcd_recovery_create(qcd_store_t *store, qcd_stats_t *stats);

#endif /** QCD_RECOVERY_H_ @}*/
