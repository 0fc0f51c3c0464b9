/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_option.h"
#include "ha_sync_replay_watch.h"

#include <inttypes.h>

/**
 * By how much a standby keeps outbound sequence numbers ahead of the last
 * report, if not configured.  A standby sets the kernel again once less than
 * half of it is left, and that still covers what the active may send between
 * two reports (HA_SYNC_REPLAY_THRESHOLD) and until one is here (RFC 6027, 3.4).
 */
#define DEFAULT_MARGIN (1 << 20)

/**
 * Smallest margin: half of it must cover what is sent between two reports.
 */
#define MIN_MARGIN (4 * HA_SYNC_REPLAY_THRESHOLD)

/**
 * Largest margin: an SA without ESN can be taken over a few times at least.
 */
#define MAX_MARGIN (1 << 30)

/*
 * Described in header.
 */
uint64_t ha_sync_option_number(char *name, uint64_t min, uint64_t max,
							   uint64_t def)
{
	uint64_t number;
	char *value;

	value = lib->settings->get_str(lib->settings, "%s.plugins.ha-sync.%s",
								   NULL, lib->ns, name);
	if (!value)
	{
		return def;
	}
	/* a negative number becomes a huge one */
	number = settings_value_as_uint64(value, UINT64_MAX);
	if (number < min || number > max)
	{
		DBG1(DBG_CFG, "ha-sync: %s = %s is wrong, it's a number from %" PRIu64
			 " to %" PRIu64 "; using %" PRIu64, name, value, min, max, def);
		return def;
	}
	return number;
}

/*
 * Described in header.
 */
uint64_t ha_sync_option_margin()
{
	return ha_sync_option_number("margin", MIN_MARGIN, MAX_MARGIN,
								 DEFAULT_MARGIN);
}
