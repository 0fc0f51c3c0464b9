/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_plugin.h"
#include "ha_sync_cluster.h"
#include "compat.h"

#include <daemon.h>

typedef struct private_ha_sync_plugin_t private_ha_sync_plugin_t;

/**
 * Private data.
 */
struct private_ha_sync_plugin_t {

	/** public interface */
	ha_sync_plugin_t public;

	/** all objects, NULL unless the feature is loaded */
	ha_sync_cluster_t *cluster;
};

METHOD(plugin_t, get_name, char*,
	private_ha_sync_plugin_t *this)
{
	return "ha-sync";
}

/**
 * Load or unload the feature.
 */
static bool load_cluster(private_ha_sync_plugin_t *this,
						 plugin_feature_t *feature, bool reg, void *data)
{
	if (reg)
	{
		this->cluster = ha_sync_cluster_create();
		return this->cluster != NULL;
	}
	DESTROY_IF(this->cluster);
	this->cluster = NULL;
	return TRUE;
}

METHOD(plugin_t, get_features, int,
	private_ha_sync_plugin_t *this, plugin_feature_t *features[])
{
	static plugin_feature_t f[] = {
		PLUGIN_CALLBACK((plugin_feature_callback_t)load_cluster, NULL),
			PLUGIN_PROVIDE(CUSTOM, "ha-sync"),
				/* charon->sender exists, see outlet */
				PLUGIN_DEPENDS(CUSTOM, "libcharon-receiver"),
				/* its library makes the control socket */
				PLUGIN_DEPENDS(CUSTOM, "vici"),
				PLUGIN_DEPENDS(CUSTOM, "kernel-ipsec"),
	};
	*features = f;
	return countof(f);
}

METHOD(plugin_t, reload, bool,
	private_ha_sync_plugin_t *this)
{
	return this->cluster && this->cluster->reload(this->cluster);
}

METHOD(plugin_t, destroy, void,
	private_ha_sync_plugin_t *this)
{
	free(this);
}

/*
 * Called by the plugin loader.
 */
PLUGIN_DEFINE(ha_sync)
{
	private_ha_sync_plugin_t *this;

	if (!cluster_check_version("ha-sync"))
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
