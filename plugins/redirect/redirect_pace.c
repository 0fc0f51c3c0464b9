/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_pace.h"

/** us per s, and per ms */
#define SECOND 1000000ULL
#define MS 1000ULL

/*
 * Described in header.
 */
u_int redirect_pace_turns(redirect_pace_t *pace, uint32_t rate, uint64_t now)
{
	uint64_t turns;

	if (!pace->until || pace->until + REDIRECT_PACE_LATE * MS < now)
	{
		/* one turn at once, what was not used is lost */
		pace->until = now - SECOND / rate;
	}
	turns = (now - min(now, pace->until)) * rate / SECOND;
	pace->until += turns * SECOND / rate;
	return turns;
}
