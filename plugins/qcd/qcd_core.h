/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_core qcd_core
 * @{ @ingroup qcd
 */

#ifndef QCD_CORE_H_
#define QCD_CORE_H_

#include <library.h>

typedef struct qcd_core_t qcd_core_t;

/**
 * All objects of the plugin, and how they are connected.
 *
 * Locking: none.
 */
struct qcd_core_t {

	/**
	 * Read the options again.
	 *
	 * @return			TRUE
	 */
	bool (*reload)(qcd_core_t *this);

	/**
	 * Destroy a qcd_core_t.
	 */
	void (*destroy)(qcd_core_t *this);
};

/**
 * Create all objects.
 *
 * @return			object, NULL if the configuration is wrong (logged)
 */
qcd_core_t *qcd_core_create();

#endif /** QCD_CORE_H_ @}*/
