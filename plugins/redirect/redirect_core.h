/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_core redirect_core
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_CORE_H_
#define REDIRECT_CORE_H_

#include <library.h>

typedef struct redirect_core_t redirect_core_t;

/**
 * All objects of the plugin, and how they are connected.
 *
 * Locking: none.
 */
struct redirect_core_t {

	/**
	 * Read the options again.
	 *
	 * @return			TRUE
	 */
	bool (*reload)(redirect_core_t *this);

	/**
	 * Destroy a redirect_core_t.
	 */
	void (*destroy)(redirect_core_t *this);
};

/**
 * Create all objects.
 *
 * @return			object, NULL if the configuration is wrong (logged)
 */
redirect_core_t *redirect_core_create();

#endif /** REDIRECT_CORE_H_ @}*/
