/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike_sa_stub_plugin.h"
#include "stub_core.h"
#include "compat.h"

#include <daemon.h>

typedef struct private_ike_sa_stub_plugin_t private_ike_sa_stub_plugin_t;

/**
 * Private data.
 */
struct private_ike_sa_stub_plugin_t {

	/** public interface */
	ike_sa_stub_plugin_t public;

	/** all objects, NULL unless the feature is loaded */
	stub_core_t *core;
};

METHOD(plugin_t, get_name, char*,
	private_ike_sa_stub_plugin_t *this)
{
	return "ike-sa-stub";
}

/**
 * Load or unload the feature.
 */
static bool load_core(private_ike_sa_stub_plugin_t *this,
					  plugin_feature_t *feature, bool reg, void *data)
{
	if (reg)
	{
		this->core = stub_core_create();
		return this->core != NULL;
	}
	DESTROY_IF(this->core);
	this->core = NULL;
	return TRUE;
}

METHOD(plugin_t, get_features, int,
	private_ike_sa_stub_plugin_t *this, plugin_feature_t *features[])
{
	static plugin_feature_t f[] = {
		PLUGIN_CALLBACK((plugin_feature_callback_t)load_core, NULL),
			PLUGIN_PROVIDE(CUSTOM, "ike-sa-stub"),
				PLUGIN_DEPENDS(CUSTOM, "libcharon-receiver"),
				/* its library makes the control socket */
				PLUGIN_DEPENDS(CUSTOM, "vici"),
				PLUGIN_DEPENDS(PRF, PRF_HMAC_SHA2_256),
				PLUGIN_DEPENDS(RNG, RNG_STRONG),
	};
	*features = f;
	return countof(f);
}

METHOD(plugin_t, reload, bool,
	private_ike_sa_stub_plugin_t *this)
{
	return this->core && this->core->reload(this->core);
}

METHOD(plugin_t, destroy, void,
	private_ike_sa_stub_plugin_t *this)
{
	free(this);
}

/*
 * Called by the plugin loader.
 */
PLUGIN_DEFINE(ike_sa_stub)
{
	private_ike_sa_stub_plugin_t *this;

	if (!cluster_check_version("ike-sa-stub"))
	{
		return NULL;
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
