/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd qcd
 * @ingroup cplugins
 *
 * @defgroup qcd_plugin qcd_plugin
 * @{ @ingroup qcd
 */

#ifndef QCD_PLUGIN_H_
#define QCD_PLUGIN_H_

#include <plugins/plugin.h>

typedef struct qcd_plugin_t qcd_plugin_t;

/**
 * Plugin that lets a peer know within a round trip that its gateway lost an SA:
 * RFC 6290 tokens, INVALID_SPI for unknown ESP, SIR.
 */
struct qcd_plugin_t {

	/** implements plugin interface */
	plugin_t plugin;
};

#endif /** QCD_PLUGIN_H_ @}*/
