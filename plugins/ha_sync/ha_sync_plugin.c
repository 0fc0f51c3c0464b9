/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_plugin.h"
#include "ha_sync_alone.h"
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

	/** all objects of a member, NULL unless the feature is loaded */
	ha_sync_cluster_t *cluster;

	/** all objects of who is no member, NULL unless the feature is loaded */
	ha_sync_alone_t *alone;
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
	if (reg && ha_sync_is_alone())
	{
		this->alone = ha_sync_alone_create();
		return this->alone != NULL;
	}
	if (reg)
	{
		this->cluster = ha_sync_cluster_create();
		return this->cluster != NULL;
	}
	DESTROY_IF(this->cluster);
	this->cluster = NULL;
	DESTROY_IF(this->alone);
	this->alone = NULL;
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
	if (this->alone)
	{
		if (!ha_sync_is_alone())
		{
			DBG1(DBG_CFG, "ha-sync: service addresses are configured now, "
				 "restart the daemon to join the cluster");
		}
		return TRUE;
	}
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
