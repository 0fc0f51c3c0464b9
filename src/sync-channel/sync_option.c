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
u_int sync_option_check(const char *section, const char *known[])
{
	enumerator_t *enumerator;
	char *name, *value;
	u_int unknown = 0;

	enumerator = lib->settings->create_key_value_enumerator(lib->settings,
											"%s.%s", lib->ns, section);
	while (enumerator->enumerate(enumerator, &name, &value))
	{
		if (!is_known(name, known))
		{
			DBG1(DBG_CFG, "cluster: there is no option '%s' in %s.%s, it is "
				 "ignored; correct its name", name, lib->ns, section);
			unknown++;
		}
	}
	enumerator->destroy(enumerator);
	return unknown;
}
