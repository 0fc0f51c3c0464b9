/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_renewal qcd_renewal
 * @{ @ingroup qcd
 */

#ifndef QCD_RENEWAL_H_
#define QCD_RENEWAL_H_

#include "qcd_children.h"
#include "qcd_stats.h"

#include <bus/listeners/listener.h>

typedef struct qcd_renewal_t qcd_renewal_t;

/**
 * Replaces IKE SAs that may be lost at the peer, but that is not proven: a new
 * one is made first, with all CHILD SAs; the old one is removed when that is
 * established, and stays if it fails (SIR, 3.6).
 *
 * Locking: a mutex inside, a leaf; IKE_SAs are checked out by jobs.
 */
struct qcd_renewal_t {

	/** added to charon's bus by the owner */
	listener_t listener;

	/**
	 * Replace an IKE SA, unless that is under way or called off before.
	 *
	 * @param owner		IKE SA
	 * @param wait		time to wait before, in ms
	 * @return			FALSE if it is being replaced already
	 */
	bool (*start)(qcd_renewal_t *this, qcd_owner_t *owner, uint32_t wait);

	/**
	 * Call off what waits.
	 *
	 * @param owner		IKE SA
	 * @return			TRUE if there was something to call off
	 */
	bool (*cancel)(qcd_renewal_t *this, qcd_owner_t *owner);

	/**
	 * Destroy a qcd_renewal_t.
	 */
	void (*destroy)(qcd_renewal_t *this);
};

/**
 * Create it.
 *
 * @param stats		counters
 * @return			object
 */
qcd_renewal_t *qcd_renewal_create(qcd_stats_t *stats);

#endif /** QCD_RENEWAL_H_ @}*/
