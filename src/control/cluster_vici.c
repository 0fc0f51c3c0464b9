/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* dl_iterate_phdr(), RTLD_DEFAULT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "cluster_vici.h"

#include <dlfcn.h>
#include <link.h>

/**
 * File name of the plugin.
 */
#define VICI_PLUGIN "libstrongswan-vici.so"

typedef struct private_cluster_vici_t private_cluster_vici_t;

/**
 * Private data.
 */
struct private_cluster_vici_t {

	/** public interface */
	cluster_vici_t public;

	/** the plugin, NULL if it is built into the daemon */
	void *handle;
};

/**
 * Callback for dl_iterate_phdr(): find the path the plugin was loaded from.
 */
static int find_plugin(struct dl_phdr_info *info, size_t size, void *data)
{
	const char *base;
	char **path = data;

	base = info->dlpi_name ? strrchr(info->dlpi_name, '/') : NULL;
	if (base && streq(base + 1, VICI_PLUGIN))
	{
		*path = strdup(info->dlpi_name);
		return 1;
	}
	return 0;
}

METHOD(cluster_vici_t, destroy, void,
	private_cluster_vici_t *this)
{
	if (this->handle)
	{
		dlclose(this->handle);
	}
	free(this);
}

/*
 * Described in header.
 */
cluster_vici_t *cluster_vici_create()
{
	private_cluster_vici_t *this;
	char *path = NULL;
	void *from;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
	);
	/* the plugin directory is an option of the daemon: ask for the path of
	 * what it really loaded */
	dl_iterate_phdr(find_plugin, &path);
	if (path)
	{
		this->handle = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
		free(path);
	}
	/* a monolithic build has its plugins in libcharon itself */
	from = this->handle ?: RTLD_DEFAULT;
	this->public.create_dispatcher = dlsym(from, "vici_dispatcher_create");
	this->public.create_builder = dlsym(from, "vici_builder_create");
	if (!this->public.create_dispatcher || !this->public.create_builder)
	{
		DBG1(DBG_CFG, "no control socket for the cluster: the vici plugin is "
			 "not loaded, or it is of another kind; load it (package "
			 "libcharon-extra-plugins or strongswan-swanctl)");
		destroy(this);
		return NULL;
	}
	return &this->public;
}
