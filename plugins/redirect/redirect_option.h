/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_option redirect_option
 * @{ @ingroup redirect
 *
 * Reading of options in charon.plugins.redirect and its sections.
 */

#ifndef REDIRECT_OPTION_H_
#define REDIRECT_OPTION_H_

#include <library.h>

/**
 * Get a string.
 *
 * @param section	section below that of the plugin, "" for its own
 * @param name		name of option
 * @return			value, NULL if not set or empty; of lib->settings
 */
char *redirect_option_str(const char *section, const char *name);

/**
 * Get a number with a range; what is outside is logged.
 *
 * @param section	section, as above
 * @param name		name of option
 * @param min		smallest value
 * @param max		largest value
 * @param def		value if not set, or wrong
 * @return			value
 */
uint32_t redirect_option_number(const char *section, const char *name,
								uint32_t min, uint32_t max, uint32_t def);

/**
 * Get a yes or no.
 *
 * @param section	section, as above
 * @param name		name of option
 * @param def		value if not set
 * @return			value
 */
bool redirect_option_bool(const char *section, const char *name, bool def);

/**
 * Log options of a section that don't exist.
 *
 * @param section	section, as above
 * @param known		names of options, ends with NULL
 */
void redirect_option_check(const char *section, const char *known[]);

/**
 * Enumerate the sections in a section.
 *
 * @param section	section, as above
 * @return			enumerator over char*
 */
enumerator_t *redirect_option_sections(const char *section);

/**
 * Enumerate the options in a section.
 *
 * @param section	section, as above
 * @return			enumerator over char *name, char *value
 */
enumerator_t *redirect_option_values(const char *section);

#endif /** REDIRECT_OPTION_H_ @}*/
