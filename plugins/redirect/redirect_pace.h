/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_pace redirect_pace
 * @{ @ingroup redirect
 *
 * A rate, without bursts.
 */

#ifndef REDIRECT_PACE_H_
#define REDIRECT_PACE_H_

#include <library.h>

typedef struct redirect_pace_t redirect_pace_t;

/**
 * State of a rate; all zero in the beginning.
 */
struct redirect_pace_t {
	/** time up to which turns were given, in us */
	uint64_t until;
};

/** longest time for which turns may be made up for, in ms: what a thread may be
 * late */
#define REDIRECT_PACE_LATE 200

/**
 * Get how many turns there are.
 *
 * @param pace		state
 * @param rate		turns per second
 * @param now		time, in us
 * @return			turns since the last call
 */
u_int redirect_pace_turns(redirect_pace_t *pace, uint32_t rate, uint64_t now);

#endif /** REDIRECT_PACE_H_ @}*/
