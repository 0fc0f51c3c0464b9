/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_option.h"

#include <inttypes.h>

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
bool ha_sync_option_semi_sync()
{
	return streq("semi-sync", lib->settings->get_str(lib->settings,
						"%s.plugins.ha-sync.durability", "async", lib->ns));
}
