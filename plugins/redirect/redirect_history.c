/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_history.h"

/*
 * Described in header.
 */
bool redirect_history_add(redirect_history_t *history, time_t now, u_int limit,
						  uint32_t period)
{
	u_int old = 0;

	while (old < history->count && now - history->times[old] >= period)
	{
		old++;
	}
	history->count -= old;
	memmove(history->times, history->times + old,
			history->count * sizeof(time_t));
	if (history->count >= min(limit, REDIRECT_HISTORY_MAX))
	{
		return FALSE;
	}
	history->times[history->count++] = now;
	return TRUE;
}
