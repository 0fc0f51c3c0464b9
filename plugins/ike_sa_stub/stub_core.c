/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_core.h"
#include "stub_client.h"
#include "stub_command.h"
#include "stub_gateway.h"
#include "stub_ke.h"

#include <daemon.h>

typedef struct private_stub_core_t private_stub_core_t;

/**
 * Private data.
 */
struct private_stub_core_t {

	/** public interface */
	stub_core_t public;

	/** options */
	stub_config_t config;

	/** objects, in the order of creation */
	stub_stats_t *stats;
	stub_keeper_t *keeper;
	stub_file_t *file;
	stub_capture_t *capture;
	stub_gateway_t *gateway;
	stub_client_t *client;
	cluster_control_t *control;
	stub_command_t *command;
};

METHOD(stub_core_t, reload, bool,
	private_stub_core_t *this)
{
	stub_config_load(&this->config, FALSE);
	this->keeper->reload(this->keeper);
	return TRUE;
}

METHOD(stub_core_t, destroy, void,
	private_stub_core_t *this)
{
	DESTROY_IF(this->command);
	if (this->control)
	{
		cluster_control_put();
	}
	if (this->client)
	{
		charon->bus->remove_listener(charon->bus, &this->client->listener);
		charon->bus->remove_listener(charon->bus, &this->gateway->listener);
		charon->bus->remove_listener(charon->bus, &this->capture->listener);
	}
	DESTROY_IF(this->client);
	DESTROY_IF(this->gateway);
	DESTROY_IF(this->capture);
	DESTROY_IF(this->file);
	DESTROY_IF(this->keeper);
	DESTROY_IF(this->stats);
	stub_ke_deinit();
	stub_config_clear(&this->config);
	free(this);
}

/**
 * Open the file with a client's stubs, if there is to be one.
 */
static void open_file(private_stub_core_t *this)
{
	char *file, *secret;

	file = lib->settings->get_str(lib->settings,
						"%s.plugins.ike-sa-stub.client_file", NULL, lib->ns);
	secret = lib->settings->get_str(lib->settings,
						"%s.plugins.ike-sa-stub.secret_file", NULL, lib->ns);
	if (file && this->config.client)
	{
		this->file = stub_file_create(file, secret, this->stats);
	}
}

/**
 * Start to work.
 */
static void start(private_stub_core_t *this)
{
	open_file(this);
	this->capture = stub_capture_create(&this->config, this->keeper,
										this->file, this->stats);
	if (this->file)
	{
		this->file->set_source(this->file, (void*)this->capture->get_all,
							   this->capture);
	}
	this->gateway = stub_gateway_create(&this->config, this->keeper,
										this->capture, this->stats);
	this->client = stub_client_create(&this->config, this->capture,
									  this->file, this->stats);
	charon->bus->add_listener(charon->bus, &this->capture->listener);
	charon->bus->add_listener(charon->bus, &this->gateway->listener);
	charon->bus->add_listener(charon->bus, &this->client->listener);
	this->control = cluster_control_get();
	if (this->control)
	{
		this->command = stub_command_create(this->control, &this->config,
											this->keeper, this->capture,
											this->gateway, this->client,
											this->stats);
	}
}

/*
 * Described in header.
 */
stub_core_t *stub_core_create()
{
	private_stub_core_t *this;

	INIT(this,
		.public = {
			.reload = _reload,
			.destroy = _destroy,
		},
	);
	stub_ke_init();
	stub_config_load(&this->config, TRUE);
	this->stats = stub_stats_create();
	this->keeper = stub_keeper_create(&this->config, this->stats);
	if (!this->keeper)
	{
		DBG1(DBG_CFG, "ike-sa-stub: not active, correct the configuration and "
			 "restart the daemon");
		destroy(this);
		return NULL;
	}
	start(this);
	return &this->public;
}
