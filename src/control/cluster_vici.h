/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup cluster_vici cluster_vici
 * @{ @ingroup cluster
 */

#ifndef CLUSTER_VICI_H_
#define CLUSTER_VICI_H_

#include <library.h>
#include <vici_builder.h>
#include <vici_dispatcher.h>

typedef struct cluster_vici_t cluster_vici_t;

/**
 * Constructors of the loaded vici plugin.
 *
 * Nothing links to a plugin, so they are looked up by name in the one the
 * daemon loaded.  It stays in memory as long as this object exists.
 *
 * Locking: none needed, constant after creation.
 */
struct cluster_vici_t {

	/** vici_dispatcher_create() */
	vici_dispatcher_t* (*create_dispatcher)(char *uri);

	/** vici_builder_create() */
	vici_builder_t* (*create_builder)();

	/**
	 * Release the plugin, destroy.
	 */
	void (*destroy)(cluster_vici_t *this);
};

/**
 * Look up the constructors.
 *
 * @return			constructors, NULL if vici is not loaded (logged)
 */
cluster_vici_t *cluster_vici_create();

#endif /** CLUSTER_VICI_H_ @}*/
