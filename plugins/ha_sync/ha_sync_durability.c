/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_durability.h"
#include "ha_sync_option.h"

#include <daemon.h>

/**
 * Default of the option durability.
 */
#define DURABILITY_DEFAULT "semi-sync"

/**
 * Default, smallest and largest commit_timeout, in ms.
 */
#define COMMIT_TIMEOUT 50
#define COMMIT_TIMEOUT_MIN 5
#define COMMIT_TIMEOUT_MAX 2000

typedef struct private_ha_sync_durability_t private_ha_sync_durability_t;

/**
 * Private data.
 */
struct private_ha_sync_durability_t {

	/** public interface */
	ha_sync_durability_t public;

	/** channel whose members acknowledge */
	sync_channel_t *channel;

	/** is told if they are waited for */
	ha_sync_sender_t *sender;

	/** where packets leave, once started */
	ha_sync_outlet_t *outlet;

	/** the gate */
	ha_sync_gate_t *gate;

	/** options */
	bool sync;
	uint32_t timeout;
};

/**
 * Implements ha_sync_gate_ops_t.get_committed
 */
static bool get_committed(private_ha_sync_durability_t *this, uint64_t *seq)
{
	return this->channel->get_committed(this->channel, seq);
}

/**
 * Implements ha_sync_gate_ops_t.release
 */
static void release(private_ha_sync_durability_t *this, packet_t *packet)
{
	this->outlet->send(this->outlet, packet);
}

/**
 * Implements ha_sync_outlet_filter_t
 */
static bool pass(private_ha_sync_durability_t *this, packet_t *packet)
{
	return this->gate->pass(this->gate, packet);
}

/**
 * Members acknowledged records, or are up or down.
 */
static void committed(private_ha_sync_durability_t *this)
{
	this->gate->committed(this->gate);
}

/**
 * Read the options, FALSE if they are wrong.
 */
static bool read_options(private_ha_sync_durability_t *this)
{
	char *value;
	bool sync;

	value = lib->settings->get_str(lib->settings,
								   "%s.plugins.ha-sync.durability",
								   DURABILITY_DEFAULT, lib->ns);
	sync = streq(value, "semi-sync");
	if (!sync && !streq(value, "async"))
	{
		DBG1(DBG_CFG, "ha-sync: durability = '%s' is not known, use 'async' or "
			 "'semi-sync'", value);
		return FALSE;
	}
	this->sync = sync;
	this->timeout = ha_sync_option_number("commit_timeout", COMMIT_TIMEOUT_MIN,
										  COMMIT_TIMEOUT_MAX, COMMIT_TIMEOUT);
	return TRUE;
}

/**
 * Let the options take effect.
 */
static void apply(private_ha_sync_durability_t *this)
{
	this->channel->on_commit(this->channel,
							 this->sync ? (void*)committed : NULL,
							 this);
	this->sender->set_sync(this->sender, this->sync);
	this->gate->configure(this->gate, this->sync, this->timeout);
}

METHOD(ha_sync_durability_t, get_gate, ha_sync_gate_t*,
	private_ha_sync_durability_t *this)
{
	return this->gate;
}

METHOD(ha_sync_durability_t, start, void,
	private_ha_sync_durability_t *this, ha_sync_outlet_t *outlet)
{
	this->outlet = outlet;
	outlet->add_filter(outlet, (void*)pass, this);
	apply(this);
}

METHOD(ha_sync_durability_t, stop, void,
	private_ha_sync_durability_t *this)
{
	if (this->outlet)
	{
		this->sync = FALSE;
		apply(this);
	}
}

METHOD(ha_sync_durability_t, reload, bool,
	private_ha_sync_durability_t *this)
{
	if (!read_options(this))
	{
		return FALSE;
	}
	apply(this);
	return TRUE;
}

METHOD(ha_sync_durability_t, status, void,
	private_ha_sync_durability_t *this, vici_builder_t *reply)
{
	ha_sync_gate_status_t status;

	this->gate->get_status(this->gate, &status);
	reply->begin_section(reply, "durability");
	reply->add_kv(reply, "mode", status.sync ? "semi-sync" : "async");
	reply->add_kv(reply, "degraded", status.degraded ? "yes" : "no");
	if (status.degraded)
	{
		reply->add_kv(reply, "reason", "%s", status.degraded);
	}
	reply->add_kv(reply, "held", "%u", status.held);
	reply->add_kv(reply, "gated", "%llu", (unsigned long long)status.gated);
	reply->add_kv(reply, "committed", "%llu",
				  (unsigned long long)status.committed);
	reply->add_kv(reply, "timeouts", "%llu",
				  (unsigned long long)status.timeouts);
	reply->add_kv(reply, "lost", "%llu", (unsigned long long)status.lost);
	reply->add_kv(reply, "passed", "%llu", (unsigned long long)status.passed);
	reply->add_kv(reply, "median_us", "%.1f", status.median / 1000.0);
	reply->add_kv(reply, "p99_us", "%.1f", status.p99 / 1000.0);
	reply->end_section(reply);
}

METHOD(ha_sync_durability_t, destroy, void,
	private_ha_sync_durability_t *this)
{
	this->gate->destroy(this->gate);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_durability_t *ha_sync_durability_create(sync_channel_t *channel,
												ha_sync_sender_t *sender)
{
	private_ha_sync_durability_t *this;
	ha_sync_gate_ops_t ops = {
		.get_committed = (void*)get_committed,
		.release = (void*)release,
	};

	INIT(this,
		.public = {
			.get_gate = _get_gate,
			.start = _start,
			.stop = _stop,
			.reload = _reload,
			.status = _status,
			.destroy = _destroy,
		},
		.channel = channel,
		.sender = sender,
	);
	ops.user = this;
	this->gate = ha_sync_gate_create(&ops);
	if (!read_options(this))
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
