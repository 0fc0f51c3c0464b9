/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup cluster_version cluster_version
 * @{ @ingroup compat
 */

#ifndef CLUSTER_VERSION_H_
#define CLUSTER_VERSION_H_

#include <library.h>

/**
 * Check that the running daemon is of the release this was compiled for, log
 * what to do if not.
 *
 * Releases change the layout of public objects, and loaders before 6.1 don't
 * check plugins.  To be called first by a plugin's constructor.
 *
 * @param plugin	name of the plugin, for the log
 * @return			FALSE if the plugin must not be used
 */
#define cluster_check_version(plugin) \
	cluster_check_version_of((plugin), VERSION)

/**
 * As cluster_check_version(), with the version the caller was compiled for.
 *
 * @param plugin	name of the plugin, for the log
 * @param version	version the plugin was compiled for
 * @return			FALSE if the plugin must not be used
 */
bool cluster_check_version_of(const char *plugin, const char *version);

#endif /** CLUSTER_VERSION_H_ @}*/
