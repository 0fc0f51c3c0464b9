/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_core stub_core
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_CORE_H_
#define STUB_CORE_H_

#include <library.h>

typedef struct stub_core_t stub_core_t;

/**
 * All objects of the plugin.  No locking: made, reloaded and destroyed by one
 * thread.
 */
struct stub_core_t {

	/**
	 * Read the options again.
	 *
	 * @return			TRUE
	 */
	bool (*reload)(stub_core_t *this);

	/**
	 * Destroy all objects.
	 */
	void (*destroy)(stub_core_t *this);
};

/**
 * Create all objects.
 *
 * @return			core, NULL if the configuration is wrong (logged)
 */
stub_core_t *stub_core_create();

#endif /** STUB_CORE_H_ @}*/
