/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect redirect
 * @ingroup cplugins
 *
 * @defgroup redirect_plugin redirect_plugin
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_PLUGIN_H_
#define REDIRECT_PLUGIN_H_

#include <plugins/plugin.h>

typedef struct redirect_plugin_t redirect_plugin_t;

/**
 * Plugin that decides which clients are redirected where (RFC 5685), and, on a
 * client, which redirects are followed.
 */
struct redirect_plugin_t {

	/** implements plugin interface */
	plugin_t plugin;
};

#endif /** REDIRECT_PLUGIN_H_ @}*/
