/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_command.h"

#include <inttypes.h>

typedef struct private_qcd_command_t private_qcd_command_t;

/**
 * Private data.
 */
struct private_qcd_command_t {

	/** public interface */
	qcd_command_t public;

	/** control socket */
	cluster_control_t *control;

	/** options */
	qcd_config_t *config;

	/** secrets, or NULL */
	qcd_secret_t *secret;

	/** who has which IKE SA */
	sa_directory_t *directory;

	/** tokens of peers */
	qcd_store_t *store;

	/** counters and events */
	qcd_stats_t *stats;
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
static void add_state(private_qcd_command_t *this, vici_builder_t *reply)
{
	u_int sas, tokens, here, members;

	sas = this->store->count(this->store, &tokens);
	this->directory->count(this->directory, &here, &members);
	add_bool(reply, "maker", this->config->maker && this->secret);
	add_bool(reply, "taker", this->config->taker);
	add_bool(reply, "sir", this->config->sir);
	add_bool(reply, "cluster", this->directory->is_cluster(this->directory));
	reply->add_kv(reply, "secrets", "%u",
				  this->secret ? this->secret->count(this->secret) : 0);
	reply->add_kv(reply, "tokens", "%u", tokens);
	reply->add_kv(reply, "sas-tracked", "%u", sas);
	reply->add_kv(reply, "sas-here", "%u", here);
	reply->add_kv(reply, "sas-members", "%u", members);
}

/**
 * Write the counters.
 */
static void add_counters(private_qcd_command_t *this, vici_builder_t *reply)
{
	qcd_counter_t i;

	reply->begin_section(reply, "counters");
	for (i = 0; i < QCD_COUNTERS; i++)
	{
		reply->add_kv(reply, enum_to_name(qcd_stats_names, i), "%" PRIu64,
					  this->stats->get(this->stats, i));
	}
	reply->end_section(reply);
}

/**
 * Write the latest events.
 */
static void add_events(private_qcd_command_t *this, vici_builder_t *reply)
{
	enumerator_t *enumerator;
	time_t when;
	char *text;

	reply->begin_list(reply, "events");
	enumerator = this->stats->create_enumerator(this->stats);
	while (enumerator->enumerate(enumerator, &when, &text))
	{
		reply->add_li(reply, "%T %s", &when, TRUE, text);
	}
	enumerator->destroy(enumerator);
	reply->end_list(reply);
}

/**
 * Command: show state, counters and events.
 */
static char *show(private_qcd_command_t *this, vici_message_t *request,
				  vici_builder_t *reply)
{
	add_state(this, reply);
	add_counters(this, reply);
	add_events(this, reply);
	return NULL;
}

/**
 * Command: make a new secret.
 */
static char *rotate(private_qcd_command_t *this, vici_message_t *request,
					vici_builder_t *reply)
{
	char *msg;

	if (!this->secret)
	{
		return strdup("this daemon makes no tokens; set 'maker = yes' and see "
					  "its log for what is wrong with secret_file");
	}
	msg = this->secret->rotate(this->secret);
	if (!msg)
	{
		reply->add_kv(reply, "secrets", "%u",
					  this->secret->count(this->secret));
		this->stats->event(this->stats, "secret rotated, %u in use",
						   this->secret->count(this->secret));
	}
	return msg;
}

METHOD(qcd_command_t, destroy, void,
	private_qcd_command_t *this)
{
	this->control->remove_command(this->control, "qcd-rotate");
	this->control->remove_command(this->control, "qcd");
	free(this);
}

/*
 * Described in header.
 */
qcd_command_t *qcd_command_create(cluster_control_t *control,
								  qcd_config_t *config, qcd_secret_t *secret,
								  sa_directory_t *directory,
								  qcd_store_t *store, qcd_stats_t *stats)
{
	private_qcd_command_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.control = control,
		.config = config,
		.secret = secret,
		.directory = directory,
		.store = store,
		.stats = stats,
	);
	control->add_command(control, "qcd", (cluster_command_t)show, this);
	control->add_command(control, "qcd-rotate", (cluster_command_t)rotate,
						 this);
	return &this->public;
}
