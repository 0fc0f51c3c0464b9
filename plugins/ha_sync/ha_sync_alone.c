/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_alone.h"
#include "ha_sync_peer.h"

#include <daemon.h>

typedef struct private_ha_sync_alone_t private_ha_sync_alone_t;

/**
 * Private data.
 */
struct private_ha_sync_alone_t {

	/** public interface */
	ha_sync_alone_t public;

	/** objects, in the order of creation */
	ha_sync_kernel_replay_t *kernel;
	ha_sync_mid_caps_t *caps;
	ha_sync_peer_t *peer;
	cluster_control_t *control;
};

METHOD(ha_sync_alone_t, destroy, void,
	private_ha_sync_alone_t *this)
{
	if (this->control)
	{
		this->control->remove_status(this->control, "peer");
		cluster_control_put();
	}
	if (this->peer)
	{
		charon->bus->remove_listener(charon->bus, &this->peer->listener);
		charon->bus->remove_listener(charon->bus, &this->caps->listener);
		this->peer->destroy(this->peer);
		this->caps->destroy(this->caps);
	}
	DESTROY_IF(this->kernel);
	free(this);
}

/*
 * Described in header.
 */
bool ha_sync_is_alone()
{
	enumerator_t *enumerator;
	char *name;
	bool groups;

	if (lib->settings->get_str(lib->settings, "%s.cluster.name", NULL, lib->ns))
	{	/* a member that lacks them is told so */
		return FALSE;
	}
	enumerator = lib->settings->create_section_enumerator(lib->settings,
										"%s.plugins.ha-sync.groups", lib->ns);
	groups = enumerator->enumerate(enumerator, &name);
	enumerator->destroy(enumerator);
	return !groups && !lib->settings->get_str(lib->settings,
								"%s.plugins.ha-sync.addresses", NULL, lib->ns);
}

/*
 * Described in header.
 */
ha_sync_alone_t *ha_sync_alone_create()
{
	private_ha_sync_alone_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.kernel = ha_sync_kernel_replay_create(),
	);
	if (!this->kernel)
	{
		destroy(this);
		return NULL;
	}
	this->caps = ha_sync_mid_caps_create();
	this->peer = ha_sync_peer_create(this->caps, this->kernel, NULL);
	charon->bus->add_listener(charon->bus, &this->caps->listener);
	charon->bus->add_listener(charon->bus, &this->peer->listener);
	this->control = cluster_control_get();
	if (this->control)
	{
		this->control->add_status(this->control, "peer",
								  (void*)this->peer->status, this->peer);
	}
	DBG1(DBG_CFG, "ha-sync: no service addresses are configured, ready as a "
		 "peer of clusters only");
	return &this->public;
}
