/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_silence.h"

#include <library.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/**
 * Silence of an active after which its sequence numbers are not known well
 * enough, in s.  Until then the margin covers them, see doc/ha-sync.md.
 */
#define HA_SYNC_SILENCE 10

typedef struct private_ha_sync_silence_t private_ha_sync_silence_t;
typedef struct silent_t silent_t;

/**
 * Private data.
 */
struct private_ha_sync_silence_t {

	/** public interface */
	ha_sync_silence_t public;

	/** groups of service addresses */
	ha_sync_groups_t *groups;

	/** registry with all records */
	ha_sync_registry_t *registry;

	/** knows whose SAs are whose */
	ha_sync_ownership_t *ownership;

	/** moves sequence numbers */
	ha_sync_counters_t *counters;

	/** queue for rekeyings */
	ha_sync_rekey_t *rekey;

	/** members that are not connected, silent_t* */
	array_t *silent;

	/** protects silent */
	mutex_t *mutex;
};

/**
 * A member that is not connected.
 */
struct silent_t {
	/** its name */
	char *member;
	/** since when, time_monotonic() */
	time_t since;
};

/**
 * Destroy a silent_t.
 */
static void silent_destroy(silent_t *silent)
{
	free(silent->member);
	free(silent);
}

/**
 * Call a function for the children of a group.
 */
static void for_children(private_ha_sync_silence_t *this, char *group,
						 void (*cb)(private_ha_sync_silence_t *this,
									const ha_sync_child_t *child,
									const ha_sync_ike_t *ike))
{
	ha_sync_spis_t *spis;
	ha_sync_child_t *child;
	ha_sync_ike_t *ike;
	array_t *list, *children;

	list = this->registry->list(this->registry, group);
	while (array_remove(list, ARRAY_HEAD, &spis))
	{
		ike = this->registry->get_ike(this->registry, spis);
		children = this->registry->get_children(this->registry, spis);
		while (children && array_remove(children, ARRAY_HEAD, &child))
		{
			if (ike)
			{
				cb(this, child, ike);
			}
			ha_sync_child_destroy(child);
		}
		array_destroy(children);
		ha_sync_ike_destroy(ike);
		free(spis);
	}
	array_destroy(list);
}

/**
 * Move the number of a CHILD SA far ahead.
 */
static void leap(private_ha_sync_silence_t *this, const ha_sync_child_t *child,
				 const ha_sync_ike_t *ike)
{
	this->counters->leap(this->counters, child, ike);
}

/**
 * Rekey a CHILD SA whose number was moved.
 */
static void rekey(private_ha_sync_silence_t *this, const ha_sync_child_t *child,
				  const ha_sync_ike_t *ike)
{
	if (this->counters->leaped(this->counters, child))
	{
		this->rekey->add(this->rekey, &child->id, FALSE);
	}
}

/**
 * Remove a member and return it, NULL if there is none.
 *
 * @param member	name, NULL for any that is silent for long
 */
static silent_t *remove_silent(private_ha_sync_silence_t *this, char *member)
{
	silent_t *silent, *found = NULL;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(this->silent); i++)
	{
		array_get(this->silent, i, &silent);
		if (member ? streq(silent->member, member) :
			time_monotonic(NULL) >= silent->since + HA_SYNC_SILENCE)
		{
			array_remove(this->silent, i, NULL);
			found = silent;
			break;
		}
	}
	this->mutex->unlock(this->mutex);
	return found;
}

/**
 * Move the numbers of all SAs of a member far ahead.
 */
static void move_ahead(private_ha_sync_silence_t *this, char *member)
{
	array_t *names;
	char *group;

	names = this->groups->get_names(this->groups);
	while (array_remove(names, ARRAY_HEAD, &group))
	{
		if (this->ownership->accepts(this->ownership, member, group))
		{
			DBG1(DBG_CFG, "ha-sync: no link to '%s' for %d s, sequence numbers "
				 "of group '%s' are kept far ahead", member, HA_SYNC_SILENCE,
				 group);
			for_children(this, group, leap);
		}
	}
	array_destroy(names);
}

/**
 * Job: consider members that are silent for long, once.
 */
static job_requeue_t check(private_ha_sync_silence_t *this)
{
	silent_t *silent;

	while ((silent = remove_silent(this, NULL)))
	{
		move_ahead(this, silent->member);
		silent_destroy(silent);
	}
	return JOB_REQUEUE_NONE;
}

METHOD(ha_sync_silence_t, member_up, void,
	private_ha_sync_silence_t *this, char *member)
{
	silent_t *silent;

	silent = remove_silent(this, member);
	if (silent)
	{
		silent_destroy(silent);
	}
}

METHOD(ha_sync_silence_t, member_down, void,
	private_ha_sync_silence_t *this, char *member)
{
	silent_t *silent;

	member_up(this, member);
	INIT(silent,
		.member = strdup(member),
		.since = time_monotonic(NULL),
	);
	this->mutex->lock(this->mutex);
	array_insert(this->silent, ARRAY_TAIL, silent);
	this->mutex->unlock(this->mutex);
	lib->scheduler->schedule_job(lib->scheduler,
		(job_t*)callback_job_create((void*)check, this, NULL, NULL),
		HA_SYNC_SILENCE);
}

METHOD(ha_sync_silence_t, taking_over, void,
	private_ha_sync_silence_t *this, char *group)
{
	for_children(this, group, rekey);
}

METHOD(ha_sync_silence_t, destroy, void,
	private_ha_sync_silence_t *this)
{
	array_destroy_function(this->silent, (void*)silent_destroy, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_silence_t *ha_sync_silence_create(ha_sync_groups_t *groups,
										  ha_sync_registry_t *registry,
										  ha_sync_ownership_t *ownership,
										  ha_sync_counters_t *counters,
										  ha_sync_rekey_t *rekey)
{
	private_ha_sync_silence_t *this;

	INIT(this,
		.public = {
			.member_up = _member_up,
			.member_down = _member_down,
			.taking_over = _taking_over,
			.destroy = _destroy,
		},
		.groups = groups,
		.registry = registry,
		.ownership = ownership,
		.counters = counters,
		.rekey = rekey,
		.silent = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
