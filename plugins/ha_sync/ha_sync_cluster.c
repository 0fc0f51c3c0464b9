/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_cluster.h"
#include "ha_sync_command.h"
#include "ha_sync_objects.h"
#include "sync_option.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>

/**
 * Interval between attempts to make copies that failed, in s: connections are
 * loaded by swanctl some time after the daemon started.
 */
#define IMPORT_RETRY 2

typedef struct private_ha_sync_cluster_t private_ha_sync_cluster_t;

/**
 * Private data.
 */
struct private_ha_sync_cluster_t {

	/** public interface */
	ha_sync_cluster_t public;

	/** all objects */
	ha_sync_objects_t *objects;

	/** control socket, NULL if there is none */
	cluster_control_t *control;

	/** commands and status, NULL if there is no control socket */
	ha_sync_command_t *command;
};

/**
 * Make copies that failed, and live IKE SAs of those whose group this member
 * became active for meanwhile.
 */
static void make_failed(ha_sync_objects_t *this)
{
	enumerator_t *enumerator;
	ha_sync_spis_t *spis;
	char *name, *reason, *group;

	enumerator = this->registry->create_failure_enumerator(this->registry);
	while (enumerator->enumerate(enumerator, &spis, &name, &reason))
	{
		group = this->registry->get_group(this->registry, spis);
		if (group && this->ownership->is_active(this->ownership, group))
		{
			this->failover->revive(this->failover, spis);
		}
		else if (group)
		{
			this->copies->replica.make(&this->copies->replica, spis);
		}
		free(group);
	}
	enumerator->destroy(enumerator);
}

/**
 * Job: make copies that failed, not while a takeover does so itself.
 */
static job_requeue_t retry(ha_sync_objects_t *this)
{
	ha_sync_failover_status_t status;

	this->failover->get_status(this->failover, &status);
	if (!status.active)
	{
		make_failed(this);
	}
	return JOB_RESCHEDULE(IMPORT_RETRY);
}

/**
 * Complain about options that are none.
 */
static void check_options()
{
	const char *known[] = {
		"load", "addresses", "takeover", "margin", "sync", "sync_rate",
		"track_file", "replay_policy", "rekey_after_failover", "rekey_rate",
		"durability", "commit_timeout", "failover_failure_notify", NULL,
	};

	sync_option_check("ha-sync", known);
}

/**
 * Get the names of the other members, allocated.
 */
static array_t *get_others(ha_sync_objects_t *this)
{
	enumerator_t *enumerator;
	sync_member_t *member;
	array_t *names;

	names = array_create(0, 0);
	enumerator = this->channel->create_member_enumerator(this->channel);
	while (enumerator->enumerate(enumerator, &member))
	{
		array_insert(names, ARRAY_TAIL, strdup(member->name));
	}
	enumerator->destroy(enumerator);
	return names;
}

/**
 * Take our part of the SPIs, and start ownership, with the configured members.
 */
static void set_members(ha_sync_objects_t *this, bool start)
{
	array_t *names = get_others(this);

	this->spi->reload(this->spi, this->channel->get_name(this->channel), names);
	if (start)
	{
		this->ownership->start(this->ownership, names);
	}
	array_destroy_function(names, (void*)free, NULL);
}

/**
 * With semi-sync, message IDs are those the previous active used.
 */
static void set_exact(ha_sync_objects_t *this)
{
	ha_sync_gate_t *gate = this->durability->get_gate(this->durability);

	this->guard->set_exact(this->guard, gate->is_sync(gate));
}

/**
 * Start to work.
 */
static void start(private_ha_sync_cluster_t *this)
{
	ha_sync_objects_t *all = this->objects;

	all->durability->start(all->durability, all->outlet);
	set_exact(all);
	charon->bus->add_listener(charon->bus, &all->hooks->listener);
	charon->bus->add_listener(charon->bus, &all->outlet->listener);
	all->channel->subscribe(all->channel, SYNC_HA,
							&all->receiver->subscriber);
	set_members(all, TRUE);
	lib->scheduler->schedule_job(lib->scheduler,
		(job_t*)callback_job_create((void*)retry, all, NULL, NULL),
		IMPORT_RETRY);
	this->control = cluster_control_get();
	if (this->control)
	{
		this->control->add_status(this->control, "peer",
								  (void*)all->peer->status, all->peer);
		this->control->add_status(this->control, "sync_state",
								  (void*)all->state->status, all->state);
		this->command = ha_sync_command_create(this->control, all->channel,
								all->groups, all->registry, all->ownership,
								all->keep, all->failover, all->mid_sync,
								all->guard, all->rekey, all->receiver,
								all->durability, all->times);
	}
}

METHOD(ha_sync_cluster_t, reload, bool,
	private_ha_sync_cluster_t *this)
{
	ha_sync_objects_t *all = this->objects;
	bool ok;

	check_options();
	ok = all->channel->reload(all->channel);
	ok = all->groups->reload(all->groups) && ok;
	ok = ha_sync_objects_set_groups(all) && ok;
	ok = all->policy->reload(all->policy) && ok;
	set_members(all, FALSE);
	all->rekey->reload(all->rekey);
	ok = all->durability->reload(all->durability) && ok;
	set_exact(all);
	all->counters->reload(all->counters);
	all->state->reload(all->state);
	return all->guard->reload(all->guard) && ok;
}

/**
 * Stop what calls others, in the reverse order of the data flow.
 */
static void stop(private_ha_sync_cluster_t *this)
{
	ha_sync_objects_t *all = this->objects;

	DESTROY_IF(this->command);
	if (this->control)
	{
		this->control->remove_status(this->control, "sync_state");
		this->control->remove_status(this->control, "peer");
		cluster_control_put();
	}
	charon->bus->remove_listener(charon->bus, &all->outlet->listener);
	charon->bus->remove_listener(charon->bus, &all->hooks->listener);
	all->channel->unsubscribe(all->channel, SYNC_HA);
	all->durability->stop(all->durability);
}

METHOD(ha_sync_cluster_t, destroy, void,
	private_ha_sync_cluster_t *this)
{
	stop(this);
	ha_sync_objects_destroy(this->objects);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_cluster_t *ha_sync_cluster_create()
{
	private_ha_sync_cluster_t *this;
	ha_sync_objects_t *objects;

	check_options();
	objects = ha_sync_objects_create();
	if (!objects)
	{
		DBG1(DBG_CFG, "ha-sync: not active, correct the configuration and "
			 "restart the daemon");
		return NULL;
	}
	INIT(this,
		.public = {
			.reload = _reload,
			.destroy = _destroy,
		},
		.objects = objects,
	);
	start(this);
	return &this->public;
}
