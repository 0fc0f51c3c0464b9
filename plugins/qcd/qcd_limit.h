/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_limit qcd_limit
 * @{ @ingroup qcd
 */

#ifndef QCD_LIMIT_H_
#define QCD_LIMIT_H_

#include <library.h>
#include <networking/host.h>

/** highest rate, per second */
#define QCD_LIMIT_MAX 100000

typedef struct qcd_limit_t qcd_limit_t;

/**
 * Limits how often something is done, for each source and in total.
 *
 * Token buckets that hold the number of a second.  Sources share a fixed number
 * of buckets, by a keyed hash of the address without its port: memory does not
 * grow, and nobody can choose addresses that share the bucket of another one.
 *
 * Locking: a mutex inside, a leaf.
 */
struct qcd_limit_t {

	/**
	 * Ask to do it once, which counts against both limits.
	 *
	 * @param source	source, NULL for the limit in total only
	 * @return			FALSE if a limit is reached
	 */
	bool (*allow)(qcd_limit_t *this, host_t *source);

	/**
	 * Check if it would be allowed, without counting it.
	 *
	 * @param source	source
	 * @return			FALSE if a limit is reached
	 */
	bool (*peek)(qcd_limit_t *this, host_t *source);

	/**
	 * Change the limits.
	 *
	 * @param total		rate in total, per second
	 * @param source	rate of a source, per second
	 */
	void (*set)(qcd_limit_t *this, uint32_t total, uint32_t source);

	/**
	 * Destroy a qcd_limit_t.
	 */
	void (*destroy)(qcd_limit_t *this);
};

/**
 * Create limits.
 *
 * @param total		rate in total, per second
 * @param source	rate of a source, per second
 * @return			limits
 */
qcd_limit_t *qcd_limit_create(uint32_t total, uint32_t source);

#endif /** QCD_LIMIT_H_ @}*/
