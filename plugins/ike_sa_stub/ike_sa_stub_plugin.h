/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ike_sa_stub ike_sa_stub
 * @ingroup cluster
 *
 * @defgroup ike_sa_stub_plugin ike_sa_stub_plugin
 * @{ @ingroup ike_sa_stub
 */

#ifndef IKE_SA_STUB_PLUGIN_H_
#define IKE_SA_STUB_PLUGIN_H_

#include <plugins/plugin.h>

typedef struct ike_sa_stub_plugin_t ike_sa_stub_plugin_t;

/**
 * Plugin that makes IKE SAs from what is left of others, without
 * Diffie-Hellman and IKE_AUTH (draft-xu-ike-sa-sync-00).
 */
struct ike_sa_stub_plugin_t {

	/** implements plugin_t */
	plugin_t plugin;
};

#endif /** IKE_SA_STUB_PLUGIN_H_ @}*/
