/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_command.h"

#include <inttypes.h>

/** stubs listed at most */
#define MAX_LISTED 1000

typedef struct private_stub_command_t private_stub_command_t;

/**
 * Private data.
 */
struct private_stub_command_t {

	/** public interface */
	stub_command_t public;

	/** control socket */
	cluster_control_t *control;

	/** options */
	stub_config_t *config;

	/** keeper of gateways' stubs */
	stub_keeper_t *keeper;

	/** has clients' stubs */
	stub_capture_t *capture;

	/** gateway and client */
	stub_gateway_t *gateway;
	stub_client_t *client;

	/** counters */
	stub_stats_t *stats;
};

/**
 * Write a yes or no.
 */
static void add_bool(vici_builder_t *reply, char *name, bool value)
{
	reply->add_kv(reply, name, "%s", value ? "yes" : "no");
}

/**
 * Write the state.
 */
static void add_state(private_stub_command_t *this, vici_builder_t *reply,
					  u_int clients)
{
	stub_store_t *store = this->keeper->get_store(this->keeper);

	add_bool(reply, "gateway", this->config->gateway);
	add_bool(reply, "client", this->config->client);
	reply->add_kv(reply, "store", "%N", stub_store_type_names,
				  this->config->store);
	reply->add_kv(reply, "gateway-stubs", "%u",
				  this->keeper->count(this->keeper));
	reply->add_kv(reply, "client-stubs", "%u", clients);
	reply->add_kv(reply, "half-open", "%u",
				  this->gateway->count(this->gateway));
	reply->add_kv(reply, "presenting", "%u", this->client->count(this->client));
	if (store)
	{
		reply->begin_section(reply, "store-state");
		store->status(store, reply);
		reply->end_section(reply);
	}
}

/**
 * Write the counters.
 */
static void add_counters(private_stub_command_t *this, vici_builder_t *reply)
{
	stub_counter_t i;

	reply->begin_section(reply, "counters");
	for (i = 0; i < STUB_COUNTERS; i++)
	{
		reply->add_kv(reply, enum_to_name(stub_counter_names, i), "%" PRIu64,
					  this->stats->get(this->stats, i));
	}
	reply->end_section(reply);
}

/**
 * Write a stub, nothing that is secret.
 */
static void add_stub(vici_builder_t *reply, stub_t *stub, u_int number)
{
	uint64_t now = time(NULL);
	char name[32];
	host_t *vip;
	int i;

	snprintf(name, sizeof(name), "%u", number);
	reply->begin_section(reply, name);
	reply->add_kv(reply, "index", "%.16" PRIx64,
				  be64toh(stub_get_gateway_spi(stub)));
	reply->add_kv(reply, "role", "%s",
				  stub->role == STUB_GATEWAY ? "gateway" : "client");
	reply->add_kv(reply, "gateway", "%H", stub->gateway);
	reply->add_kv(reply, "gateway-id", "%Y", stub->gateway_id);
	reply->add_kv(reply, "client-id", "%Y", stub->client_id);
	reply->add_kv(reply, "connection", "%s", stub->peer_cfg);
	reply->add_kv(reply, "expires-in", "%" PRIu64,
				  stub->expires > now ? stub->expires - now : 0);
	reply->add_kv(reply, "chain", "%u", stub->chain);
	add_bool(reply, "hardened", stub->hardened);
	add_bool(reply, "pfs", stub->pfs);
	reply->begin_list(reply, "inner");
	for (i = 0; i < array_count(stub->vips); i++)
	{
		array_get(stub->vips, i, &vip);
		reply->add_li(reply, "%H", vip);
	}
	reply->end_list(reply);
	reply->end_section(reply);
}

/**
 * Write stubs, and release them.
 */
static void add_stubs(vici_builder_t *reply, array_t *stubs, u_int *number)
{
	stub_t *stub;

	while (array_remove(stubs, ARRAY_HEAD, &stub))
	{
		if (*number < MAX_LISTED)
		{
			add_stub(reply, stub, ++*number);
		}
		stub_unref(stub);
	}
	array_destroy(stubs);
}

/**
 * Command: show state, counters and stubs.
 */
static char *show(private_stub_command_t *this, vici_message_t *request,
				  vici_builder_t *reply)
{
	array_t *clients = this->capture->get_all(this->capture);
	u_int number = 0;

	add_state(this, reply, array_count(clients));
	add_counters(this, reply);
	reply->begin_section(reply, "stubs");
	add_stubs(reply, this->keeper->get_all(this->keeper), &number);
	add_stubs(reply, clients, &number);
	reply->end_section(reply);
	return NULL;
}

/**
 * Command: remove all stubs of this gateway.
 */
static char *flush(private_stub_command_t *this, vici_message_t *request,
				   vici_builder_t *reply)
{
	u_int count;

	count = this->keeper->flush(this->keeper);
	this->stats->add(this->stats, STUB_REVOKED, count);
	reply->add_kv(reply, "removed", "%u", count);
	return NULL;
}

METHOD(stub_command_t, destroy, void,
	private_stub_command_t *this)
{
	this->control->remove_command(this->control, "stubs-flush");
	this->control->remove_command(this->control, "stubs");
	free(this);
}

/*
 * Described in header.
 */
stub_command_t *stub_command_create(cluster_control_t *control,
									stub_config_t *config,
									stub_keeper_t *keeper,
									stub_capture_t *capture,
									stub_gateway_t *gateway,
									stub_client_t *client,
									stub_stats_t *stats)
{
	private_stub_command_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.control = control,
		.config = config,
		.keeper = keeper,
		.capture = capture,
		.gateway = gateway,
		.client = client,
		.stats = stats,
	);
	control->add_command(control, "stubs", (cluster_command_t)show, this);
	control->add_command(control, "stubs-flush", (cluster_command_t)flush,
						 this);
	return &this->public;
}
