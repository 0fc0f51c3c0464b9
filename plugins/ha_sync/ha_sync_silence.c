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

/**
 * Time after which all that moved meanwhile was reported by a member that is
 * back, in s.
 */
#define HA_SYNC_RETURN 5

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
	/** TRUE if it is connected again */
	bool back;
	/** since when it is, or is not; time_monotonic() */
	time_t since;
	/** TRUE if numbers were moved */
	bool moved;
	/** groups whose numbers were moved (char*, internal data of groups) */
	array_t *groups;
};

/**
 * Destroy a silent_t.
 */
static void silent_destroy(silent_t *silent)
{
	array_destroy(silent->groups);
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
 * Move the number of a CHILD SA to where it is usually.
 */
static void step_back(private_ha_sync_silence_t *this,
					  const ha_sync_child_t *child, const ha_sync_ike_t *ike)
{
	this->counters->import(this->counters, child, ike);
}

/**
 * Rekey a CHILD SA.
 */
static void rekey(private_ha_sync_silence_t *this, const ha_sync_child_t *child,
				  const ha_sync_ike_t *ike)
{
	this->rekey->add(this->rekey, &child->id, FALSE);
}

/**
 * Find the entry of a member, mutex held.
 */
static silent_t *find(private_ha_sync_silence_t *this, char *member)
{
	silent_t *silent;
	int i;

	for (i = 0; i < array_count(this->silent); i++)
	{
		array_get(this->silent, i, &silent);
		if (streq(silent->member, member))
		{
			return silent;
		}
	}
	return NULL;
}

/**
 * Get a member whose numbers have to be moved, its name is allocated.
 */
static char *get_lost(private_ha_sync_silence_t *this)
{
	silent_t *silent;
	char *member = NULL;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(this->silent) && !member; i++)
	{
		array_get(this->silent, i, &silent);
		if (!silent->back && !silent->moved &&
			time_monotonic(NULL) >= silent->since + HA_SYNC_SILENCE)
		{
			silent->moved = TRUE;
			member = strdup(silent->member);
		}
	}
	this->mutex->unlock(this->mutex);
	return member;
}

/**
 * Remove and return a member that is back for some time.
 */
static silent_t *get_back(private_ha_sync_silence_t *this)
{
	silent_t *silent, *found = NULL;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(this->silent); i++)
	{
		array_get(this->silent, i, &silent);
		if (silent->back &&
			time_monotonic(NULL) >= silent->since + HA_SYNC_RETURN)
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
 * Note that the numbers of a group are moved.
 */
static void note_group(private_ha_sync_silence_t *this, char *member,
					   char *group)
{
	silent_t *silent;

	this->mutex->lock(this->mutex);
	silent = find(this, member);
	if (silent)
	{
		array_insert(silent->groups, ARRAY_TAIL, group);
	}
	this->mutex->unlock(this->mutex);
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
			note_group(this, member, group);
			for_children(this, group, leap);
		}
	}
	array_destroy(names);
}

/**
 * Move the numbers of all SAs of a member back.
 */
static void move_back(private_ha_sync_silence_t *this, silent_t *silent)
{
	char *group;

	while (array_remove(silent->groups, ARRAY_HEAD, &group))
	{
		/* not if we took over meanwhile, they may be in use */
		if (this->ownership->accepts(this->ownership, silent->member, group))
		{
			for_children(this, group, step_back);
		}
	}
}

/**
 * Job: consider all members.
 */
static job_requeue_t check(private_ha_sync_silence_t *this)
{
	silent_t *silent;
	char *member;

	while ((member = get_lost(this)))
	{
		move_ahead(this, member);
		free(member);
	}
	while ((silent = get_back(this)))
	{
		move_back(this, silent);
		silent_destroy(silent);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Note if a member is connected, and consider that later.
 */
static void set_back(private_ha_sync_silence_t *this, char *member, bool back,
					 u_int delay)
{
	silent_t *silent;

	this->mutex->lock(this->mutex);
	silent = find(this, member);
	if (!silent)
	{
		INIT(silent,
			.member = strdup(member),
			.groups = array_create(0, 0),
		);
		array_insert(this->silent, ARRAY_TAIL, silent);
	}
	silent->back = back;
	silent->since = time_monotonic(NULL);
	this->mutex->unlock(this->mutex);
	lib->scheduler->schedule_job(lib->scheduler,
		(job_t*)callback_job_create((void*)check, this, NULL, NULL), delay);
}

METHOD(ha_sync_silence_t, member_up, void,
	private_ha_sync_silence_t *this, char *member)
{
	set_back(this, member, TRUE, HA_SYNC_RETURN);
}

METHOD(ha_sync_silence_t, member_down, void,
	private_ha_sync_silence_t *this, char *member)
{
	set_back(this, member, FALSE, HA_SYNC_SILENCE);
}

METHOD(ha_sync_silence_t, taken_over, void,
	private_ha_sync_silence_t *this, char *group)
{
	silent_t *silent;
	char *name;
	bool moved = FALSE;
	int i, j;

	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(this->silent); i++)
	{
		array_get(this->silent, i, &silent);
		for (j = array_count(silent->groups) - 1; j >= 0; j--)
		{
			array_get(silent->groups, j, &name);
			if (streq(name, group))
			{
				array_remove(silent->groups, j, NULL);
				moved = TRUE;
			}
		}
	}
	this->mutex->unlock(this->mutex);
	if (moved)
	{
		for_children(this, group, rekey);
	}
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
			.taken_over = _taken_over,
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
