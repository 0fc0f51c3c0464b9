/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_meter redirect_meter
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_METER_H_
#define REDIRECT_METER_H_

#include "redirect_config.h"
#include "redirect_members.h"

#include <bus/listeners/listener.h>

typedef struct redirect_meter_t redirect_meter_t;

/** measurements that make an average */
#define REDIRECT_METER_SAMPLES 4

/**
 * Measures this daemon's load.
 *
 * IKE SAs are counted as they are set up and go, so passive copies of ha-sync
 * are none of them, and their number is known at any time.
 *
 * Locking: atomic numbers; a mutex for the load and the options, the lock of
 * the members is taken with it.
 */
struct redirect_meter_t {

	/** to be added to the bus by the owner, before there are IKE SAs */
	listener_t listener;

	/**
	 * Set limits, and what counts as load.
	 *
	 * @param shed		limits
	 * @param cost		IKE SAs that something counts as
	 */
	void (*configure)(redirect_meter_t *this, const redirect_shed_t *shed,
					  const redirect_cost_t *cost);

	/**
	 * Measure jobs, and the use of CPUs since the last call.  What counts is
	 * the average of about the last REDIRECT_METER_SAMPLES calls.
	 */
	void (*sample)(redirect_meter_t *this);

	/**
	 * Set the numbers in this daemon's load, and if it is above a limit: it
	 * stays so until it is 10 % below.
	 *
	 * @param members	members
	 * @return			TRUE if that began or ended just now
	 */
	bool (*update)(redirect_meter_t *this, redirect_members_t *members);

	/**
	 * Destroy a redirect_meter_t.
	 */
	void (*destroy)(redirect_meter_t *this);
};

/**
 * Check if a number is above a limit.
 *
 * @param value		number
 * @param limit		limit, 0 for none
 * @param full		TRUE if it was above
 * @return			TRUE if it is now
 */
bool redirect_meter_exceeds(uint32_t value, uint32_t limit, bool full);

/**
 * Get how many IKE SAs a load counts as, those established aside.
 *
 * @param load		load
 * @param cost		IKE SAs that something counts as
 * @return			number
 */
uint32_t redirect_meter_busy(const redirect_load_t *load,
							 const redirect_cost_t *cost);

/**
 * Create a redirect_meter_t.
 *
 * @return			object
 */
redirect_meter_t *redirect_meter_create();

#endif /** REDIRECT_METER_H_ @}*/
