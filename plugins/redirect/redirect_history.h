/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_history redirect_history
 * @{ @ingroup redirect
 *
 * When a client followed redirects, to end loops (RFC 5685, 7).
 */

#ifndef REDIRECT_HISTORY_H_
#define REDIRECT_HISTORY_H_

#include <library.h>

/** redirects remembered, the highest limit */
#define REDIRECT_HISTORY_MAX 100

typedef struct redirect_history_t redirect_history_t;

/**
 * Times of redirects; all zero in the beginning.
 */
struct redirect_history_t {
	/** times, in s; the oldest first */
	time_t times[REDIRECT_HISTORY_MAX];
	/** number of times */
	u_int count;
};

/**
 * Add a redirect, if there were not too many.
 *
 * @param history	times
 * @param now		time, in s
 * @param limit		redirects allowed in the period
 * @param period	period, in s
 * @return			FALSE if it's one too many
 */
bool redirect_history_add(redirect_history_t *history, time_t now, u_int limit,
						  uint32_t period);

#endif /** REDIRECT_HISTORY_H_ @}*/
