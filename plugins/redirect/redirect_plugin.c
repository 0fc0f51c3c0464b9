/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_plugin.h"
#include "redirect_core.h"
#include "compat.h"

#include <daemon.h>

typedef struct private_redirect_plugin_t private_redirect_plugin_t;

/**
 * Private data.
 */
struct private_redirect_plugin_t {

	/** public interface */
	redirect_plugin_t public;

	/** all objects, NULL unless the feature is loaded */
	redirect_core_t *core;
};

METHOD(plugin_t, get_name, char*,
	private_redirect_plugin_t *this)
{
	return "redirect";
}

/**
 * Load or unload the feature.
 */
static bool load_core(private_redirect_plugin_t *this,
					  plugin_feature_t *feature, bool reg, void *data)
{
	if (reg)
	{
		this->core = redirect_core_create();
		return this->core != NULL;
	}
	DESTROY_IF(this->core);
	this->core = NULL;
	return TRUE;
}

METHOD(plugin_t, get_features, int,
	private_redirect_plugin_t *this, plugin_feature_t *features[])
{
	static plugin_feature_t f[] = {
		PLUGIN_CALLBACK((plugin_feature_callback_t)load_core, NULL),
			PLUGIN_PROVIDE(CUSTOM, "redirect"),
				/* its library makes the control socket */
				PLUGIN_DEPENDS(CUSTOM, "vici"),
	};
	*features = f;
	return countof(f);
}

METHOD(plugin_t, reload, bool,
	private_redirect_plugin_t *this)
{
	return this->core && this->core->reload(this->core);
}

METHOD(plugin_t, destroy, void,
	private_redirect_plugin_t *this)
{
	free(this);
}

/*
 * Called by the plugin loader.
 */
PLUGIN_DEFINE(redirect)
{
	private_redirect_plugin_t *this;

	if (!cluster_check_version("redirect"))
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
