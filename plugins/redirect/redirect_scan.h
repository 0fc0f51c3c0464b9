/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_scan redirect_scan
 * @{ @ingroup redirect
 *
 * Which of charon's IKE SAs may be told to go elsewhere.
 */

#ifndef REDIRECT_SCAN_H_
#define REDIRECT_SCAN_H_

#include <library.h>
#include <collections/array.h>

typedef struct redirect_scan_t redirect_scan_t;

/**
 * What is looked for, and what was found.
 */
struct redirect_scan_t {
	/** this daemon is drained, age does not matter */
	bool draining;
	/** shortest age, in s */
	uint32_t dwell;
	/** established ones, and those of them that were redirected, or can't be */
	u_int left, leaving, unable;
};

/**
 * Look for IKE SAs to be redirected.
 *
 * IKE SAs are checked out one after the other, so no lock of ours may be held.
 *
 * @param scan		what is looked for, receives numbers
 * @return			their unique IDs, uint32_t
 */
array_t *redirect_scan(redirect_scan_t *scan);

/**
 * Look for all that are established.
 *
 * @return			their unique IDs, uint32_t
 */
array_t *redirect_scan_established();

#endif /** REDIRECT_SCAN_H_ @}*/
