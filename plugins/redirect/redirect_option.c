/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_option.h"

#include <inttypes.h>

/** longest path of an option */
#define PATH_LEN 256

/**
 * Write the path of an option.  lib->settings takes dots in arguments as part
 * of a name, so the path has to be its format; names with a conversion in them
 * are not for us.
 */
static char *get_path(char buf[PATH_LEN], const char *section,
					  const char *name)
{
	int len;

	len = snprintf(buf, PATH_LEN, "%s.plugins.redirect%s%s%s%s", lib->ns,
				   *section ? "." : "", section, *name ? "." : "", name);
	return len < PATH_LEN && !strchr(buf, '%') ? buf : "none";
}

/*
 * Described in header.
 */
char *redirect_option_str(const char *section, const char *name)
{
	char path[PATH_LEN], *value;

	value = lib->settings->get_str(lib->settings, get_path(path, section, name),
								   NULL);
	return value && *value ? value : NULL;
}

/*
 * Described in header.
 */
uint32_t redirect_option_number(const char *section, const char *name,
								uint32_t min, uint32_t max, uint32_t def)
{
	uint64_t number;
	char *value;

	value = redirect_option_str(section, name);
	if (!value)
	{
		return def;
	}
	/* a negative number becomes a huge one */
	number = settings_value_as_uint64(value, UINT64_MAX);
	if (number < min || number > max)
	{
		DBG1(DBG_CFG, "redirect: %s%s%s = %s is wrong, it's a number from %u "
			 "to %u; using %u", section, *section ? "." : "", name, value, min,
			 max, def);
		return def;
	}
	return number;
}

/*
 * Described in header.
 */
bool redirect_option_bool(const char *section, const char *name, bool def)
{
	char *value;

	value = redirect_option_str(section, name);
	if (settings_value_as_bool(value, TRUE) !=
		settings_value_as_bool(value, FALSE) && value)
	{
		DBG1(DBG_CFG, "redirect: %s%s%s = %s is wrong, it's yes or no; using "
			 "%s", section, *section ? "." : "", name, value,
			 def ? "yes" : "no");
	}
	return settings_value_as_bool(value, def);
}

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
void redirect_option_check(const char *section, const char *known[])
{
	enumerator_t *enumerator;
	char path[PATH_LEN], *name, *value;

	enumerator = redirect_option_values(section);
	while (enumerator->enumerate(enumerator, &name, &value))
	{
		if (!is_known(name, known))
		{
			DBG1(DBG_CFG, "redirect: there is no option '%s' in %s, it is "
				 "ignored; correct its name", name,
				 get_path(path, section, ""));
		}
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header.
 */
enumerator_t *redirect_option_sections(const char *section)
{
	char path[PATH_LEN];

	return lib->settings->create_section_enumerator(lib->settings,
												get_path(path, section, ""));
}

/*
 * Described in header.
 */
enumerator_t *redirect_option_values(const char *section)
{
	char path[PATH_LEN];

	return lib->settings->create_key_value_enumerator(lib->settings,
												get_path(path, section, ""));
}
