/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_plugin.h"
#include "qcd_core.h"
#include "compat.h"

#include <daemon.h>

typedef struct private_qcd_plugin_t private_qcd_plugin_t;

/**
 * Private data.
 */
struct private_qcd_plugin_t {

	/** public interface */
	qcd_plugin_t public;

	/** all objects, NULL unless the feature is loaded */
	qcd_core_t *core;
};

METHOD(plugin_t, get_name, char*,
	private_qcd_plugin_t *this)
{
	return "qcd";
}

/**
 * Load or unload the feature.
 */
static bool load_core(private_qcd_plugin_t *this,
						 plugin_feature_t *feature, bool reg, void *data)
{
	if (reg)
	{
		this->core = qcd_core_create();
		return this->core != NULL;
	}
	DESTROY_IF(this->core);
	this->core = NULL;
	return TRUE;
}

METHOD(plugin_t, get_features, int,
	private_qcd_plugin_t *this, plugin_feature_t *features[])
{
	static plugin_feature_t f[] = {
		PLUGIN_CALLBACK((plugin_feature_callback_t)load_core, NULL),
			PLUGIN_PROVIDE(CUSTOM, "qcd"),
				/* charon->sender exists, see maker and inlet */
				PLUGIN_DEPENDS(CUSTOM, "libcharon-receiver"),
				/* its library makes the control socket */
				PLUGIN_DEPENDS(CUSTOM, "vici"),
				PLUGIN_DEPENDS(CUSTOM, "kernel-ipsec"),
				PLUGIN_DEPENDS(PRF, PRF_HMAC_SHA2_256),
				PLUGIN_DEPENDS(HASHER, HASH_SHA256),
				PLUGIN_DEPENDS(RNG, RNG_TRUE),
	};
	*features = f;
	return countof(f);
}

METHOD(plugin_t, reload, bool,
	private_qcd_plugin_t *this)
{
	return this->core && this->core->reload(this->core);
}

METHOD(plugin_t, destroy, void,
	private_qcd_plugin_t *this)
{
	free(this);
}

/*
 * Called by the plugin loader.
 */
PLUGIN_DEFINE(qcd)
{
	private_qcd_plugin_t *this;

	if (!cluster_check_version("qcd"))
	{
		return NULL;
	}
	/* for the packet tap; charon drops what no plugin asks for */
	if (!lib->caps->keep(lib->caps, CAP_NET_RAW))
	{
		DBG1(DBG_CFG, "qcd: without CAP_NET_RAW ESP packets with unknown SPIs "
			 "can't be seen");
	}
	INIT(this,
		.public = {
			.plugin = {
				.get_name = _get_name,
				.get_features = _get_features,
				.reload = _reload,
				.destroy = _destroy,
			},
		},
	);
	return &this->public.plugin;
}
