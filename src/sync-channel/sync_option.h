/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_option sync_option
 * @{ @ingroup cluster
 */

#ifndef SYNC_OPTION_H_
#define SYNC_OPTION_H_

#include <library.h>

/**
 * Log a line for each option in strongswan.conf that is none: strongSwan
 * ignores them, and so a typing error would go unnoticed.
 *
 * @param plugin	name of the plugin whose section to check, NULL for
 *					<ns>.cluster
 * @param known		names of the options, ends with NULL
 * @return			number of unknown options
 */
u_int sync_option_check(const char *plugin, const char *known[]);

#endif /** SYNC_OPTION_H_ @}*/
