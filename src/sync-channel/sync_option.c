/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_option.h"

/**
 * Check if a name is in the list.
 */
static bool is_known(const char *name, const char *known[])
{
	int i;

	for (i = 0; known[i]; i++)
	{
		if (streq(name, known[i]))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
u_int sync_option_check(const char *plugin, const char *known[])
{
	enumerator_t *enumerator;
	char *name, *value;
	u_int unknown = 0;

	/* no dot in an argument, it would be taken as part of a name */
	enumerator = plugin ?
		lib->settings->create_key_value_enumerator(lib->settings,
										"%s.plugins.%s", lib->ns, plugin) :
		lib->settings->create_key_value_enumerator(lib->settings,
										"%s.cluster", lib->ns);
	while (enumerator->enumerate(enumerator, &name, &value))
	{
		if (!is_known(name, known))
		{
			DBG1(DBG_CFG, "cluster: there is no option '%s' in %s.%s%s, it is "
				 "ignored; correct its name", name, lib->ns,
				 plugin ? "plugins." : "", plugin ?: "cluster");
			unknown++;
		}
	}
	enumerator->destroy(enumerator);
	return unknown;
}
