/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_core.h"
#include "qcd_children.h"
#include "qcd_command.h"
#include "qcd_config.h"
#include "qcd_esp_watch.h"
#include "qcd_exchange.h"
#include "qcd_inlet.h"
#include "qcd_maker.h"
#include "qcd_recovery.h"
#include "qcd_reporter.h"
#include "qcd_secret.h"
#include "qcd_sir.h"
#include "qcd_spi_map.h"
#include "qcd_spi_registry.h"
#include "qcd_stats.h"
#include "qcd_store.h"
#include "qcd_taker.h"

#include "cluster_control.h"
#include "ike_wire_notify.h"
#include "sa_directory.h"
#include "sync_config.h"

#include <daemon.h>

/** file with the secrets */
#define SECRET_FILE "/var/lib/strongswan/qcd.secret"

typedef struct private_qcd_core_t private_qcd_core_t;

/**
 * Private data.
 */
struct private_qcd_core_t {

	/** public interface */
	qcd_core_t public;

	/** options */
	qcd_config_t config;

	/** objects, in the order of creation */
	sa_directory_t *directory;
	qcd_stats_t *stats;
	qcd_secret_t *secret;
	qcd_store_t *store;
	qcd_children_t *children;
	qcd_exchange_t *exchange;
	qcd_maker_t *maker;
	qcd_recovery_t *recovery;
	qcd_sir_t *sir;
	qcd_taker_t *taker;
	qcd_spi_map_t *map;
	qcd_spi_registry_t *registry;
	qcd_reporter_t *reporter;
	qcd_esp_watch_t *watch;
	qcd_inlet_t *inlet;
	cluster_control_t *control;
	qcd_command_t *command;
};

/**
 * Find a CHECK_SPI in a message, say if it has any other notify that is for us.
 */
static ike_wire_notify_t *find_check(private_qcd_core_t *this,
									 ike_wire_message_t *message, bool *other)
{
	ike_wire_notify_t *check = NULL;
	u_int i;

	*other = FALSE;
	for (i = 0; i < message->count; i++)
	{
		switch (message->notifies[i].type)
		{
			case IKE_WIRE_INVALID_IKE_SPI:
			case IKE_WIRE_INVALID_SPI:
			case IKE_WIRE_QCD_TOKEN:
				*other = TRUE;
				break;
			default:
				if (message->notifies[i].type == this->config.sir_notify)
				{
					check = &message->notifies[i];
				}
				break;
		}
	}
	return check;
}

/**
 * Process what may be unprotected notifies, FALSE if they are not for us.
 */
static bool process(private_qcd_core_t *this, chunk_t data, host_t *src,
					host_t *dst)
{
	ike_wire_message_t message;
	ike_wire_notify_t *check;
	bool other;

	this->stats->count(this->stats, QCD_UNPROTECTED);
	if (!ike_wire_notify_parse(data, &message))
	{
		this->stats->count(this->stats, QCD_MALFORMED);
		return FALSE;
	}
	check = find_check(this, &message, &other);
	if (check)
	{
		this->sir->process(this->sir, &message, check, src, dst);
	}
	else if (other)
	{
		this->taker->process(this->taker, &message, src, dst);
	}
	return check || other;
}

/**
 * Implements qcd_inlet_cb_t
 */
static bool received(private_qcd_core_t *this, packet_t *packet, chunk_t data)
{
	host_t *src = packet->get_source(packet);

	if (ike_wire_notify_possible(data))
	{
		return process(this, data, src, packet->get_destination(packet));
	}
	return this->maker->is_excess(this->maker, data, src);
}

/**
 * Implements qcd_esp_unknown_t
 */
static void unknown_esp(private_qcd_core_t *this, qcd_esp_packet_t *packet)
{
	this->reporter->report(this->reporter, packet);
}

/**
 * Get the secrets, in a cluster with a cluster secret derived from that.
 */
static qcd_secret_t *create_secret(private_qcd_core_t *this)
{
	uint8_t shared[QCD_TOKEN_LEN];
	sync_config_t *cluster;
	qcd_secret_t *secret;
	chunk_t chunk = chunk_empty;
	char *file;

	file = lib->settings->get_str(lib->settings, "%s.plugins.qcd.secret_file",
								  SECRET_FILE, lib->ns);
	if (this->directory->is_cluster(this->directory))
	{
		cluster = sync_config_load();
		if (cluster && cluster->secret.len &&
			qcd_token_cluster_secret(cluster->secret, shared))
		{
			chunk = chunk_from_thing(shared);
		}
		else if (cluster && !cluster->secret.len && this->config.maker)
		{
			DBG1(DBG_CFG, "qcd: there is no cluster secret (with certificates "
				 "there is none), so the tokens are those of '%s': copy it to "
				 "all members and restart them, else a member can't make the "
				 "tokens of another", file);
		}
		sync_config_destroy(cluster);
	}
	secret = qcd_secret_create(file, chunk);
	memwipe(shared, sizeof(shared));
	return secret;
}

METHOD(qcd_core_t, reload, bool,
	private_qcd_core_t *this)
{
	qcd_config_load(&this->config);
	this->maker->reload(this->maker);
	this->sir->reload(this->sir);
	this->taker->reload(this->taker);
	this->watch->reload(this->watch);
	return TRUE;
}

METHOD(qcd_core_t, destroy, void,
	private_qcd_core_t *this)
{
	DESTROY_IF(this->command);
	if (this->control)
	{
		cluster_control_put();
	}
	DESTROY_IF(this->inlet);
	DESTROY_IF(this->watch);
	DESTROY_IF(this->reporter);
	DESTROY_IF(this->registry);
	DESTROY_IF(this->map);
	DESTROY_IF(this->taker);
	charon->bus->remove_listener(charon->bus, &this->sir->listener);
	DESTROY_IF(this->sir);
	DESTROY_IF(this->recovery);
	charon->bus->remove_listener(charon->bus, &this->maker->listener);
	DESTROY_IF(this->maker);
	charon->bus->remove_listener(charon->bus, &this->exchange->listener);
	DESTROY_IF(this->exchange);
	charon->bus->remove_listener(charon->bus, &this->children->listener);
	DESTROY_IF(this->children);
	DESTROY_IF(this->store);
	DESTROY_IF(this->secret);
	DESTROY_IF(this->stats);
	sa_directory_put();
	qcd_config_clear(&this->config);
	free(this);
}

/**
 * Create the objects.
 */
static void create_objects(private_qcd_core_t *this)
{
	this->stats = qcd_stats_create();
	this->secret = create_secret(this);
	this->store = qcd_store_create();
	this->children = qcd_children_create();
	this->exchange = qcd_exchange_create(&this->config, this->secret,
										 this->store, this->children,
										 this->stats);
	this->maker = qcd_maker_create(&this->config, this->secret,
								   this->directory, this->stats);
	this->recovery = qcd_recovery_create(this->store, this->stats);
	this->sir = qcd_sir_create(&this->config, this->store, this->directory,
							   this->recovery, this->stats);
	this->taker = qcd_taker_create(&this->config, this->store, this->children,
								   this->recovery,
								   (qcd_taker_hint_t)this->sir->hint, this->sir,
								   this->stats);
	if (this->config.spi_map)
	{
		this->map = qcd_spi_map_create(this->config.spi_map, this->children);
		if (this->directory->is_cluster(this->directory))
		{
			this->registry = qcd_spi_registry_create(this->children);
		}
	}
	this->reporter = qcd_reporter_create(this->maker, this->exchange, this->map,
										 this->registry, this->stats);
}

/**
 * Start to work.
 */
static void start(private_qcd_core_t *this)
{
	charon->bus->add_listener(charon->bus, &this->children->listener);
	charon->bus->add_listener(charon->bus, &this->exchange->listener);
	charon->bus->add_listener(charon->bus, &this->maker->listener);
	charon->bus->add_listener(charon->bus, &this->sir->listener);
	this->watch = qcd_esp_watch_create(&this->config, this->children,
									   (qcd_esp_unknown_t)unknown_esp, this,
									   this->stats);
	this->inlet = qcd_inlet_create((qcd_inlet_cb_t)received, this);
	this->control = cluster_control_get();
	if (this->control)
	{
		this->command = qcd_command_create(this->control, &this->config,
										   this->secret, this->directory,
										   this->store, this->stats);
	}
}

/*
 * Described in header.
 */
qcd_core_t *qcd_core_create()
{
	private_qcd_core_t *this;
	sa_directory_t *directory;

	directory = sa_directory_get();
	if (!directory)
	{
		DBG1(DBG_CFG, "qcd: not active, correct the cluster's configuration "
			 "and restart the daemon");
		return NULL;
	}
	INIT(this,
		.public = {
			.reload = _reload,
			.destroy = _destroy,
		},
		.directory = directory,
	);
	qcd_config_load(&this->config);
	create_objects(this);
	start(this);
	if (this->config.maker && !this->secret)
	{
		DBG1(DBG_CFG, "qcd: no tokens are made, see above");
	}
	return &this->public;
}
