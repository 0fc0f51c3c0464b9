/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_ownership.h"

#include <threading/thread.h>

#include <stdio.h>

typedef struct private_ha_sync_ownership_t private_ha_sync_ownership_t;

/**
 * Private data.
 */
struct private_ha_sync_ownership_t {

	/** public interface */
	ha_sync_ownership_t public;

	/** our name */
	char *self;

	/** counts IKE SAs, for get_record() */
	ha_sync_ownership_ops_t ops;

	/** the other members */
	ha_sync_members_t *members;

	/** ha_sync_election_t* of each group, never removed */
	array_t *groups;

	/** carries decisions out */
	ha_sync_transition_t *transition;

	/** something changed, evaluate */
	bool changed;

	/** end the thread */
	bool stop;

	/** thread that decides */
	thread_t *thread;

	/** protects all of this */
	mutex_t *mutex;

	/** signals changes to the thread and to those who wait */
	condvar_t *condvar;
};

/**
 * Find a group, mutex held.
 */
static ha_sync_election_t *find_group(private_ha_sync_ownership_t *this,
									  char *name)
{
	ha_sync_election_t *group;
	int i;

	for (i = 0; i < array_count(this->groups); i++)
	{
		array_get(this->groups, i, &group);
		if (streq(group->get_name(group), name))
		{
			return group;
		}
	}
	return NULL;
}

/**
 * Lock the mutex and find a group; it stays locked if there is none, too.
 */
static ha_sync_election_t *lock_group(private_ha_sync_ownership_t *this,
									  char *name)
{
	this->mutex->lock(this->mutex);
	return find_group(this, name);
}

/**
 * Unlock the mutex.
 */
static void unlock(private_ha_sync_ownership_t *this)
{
	this->mutex->unlock(this->mutex);
}

/**
 * Wake the thread up and unlock the mutex.
 */
static void wake(private_ha_sync_ownership_t *this)
{
	this->changed = TRUE;
	this->condvar->broadcast(this->condvar);
	this->mutex->unlock(this->mutex);
}

/**
 * Evaluate all groups, mutex held.
 */
static void evaluate_all(private_ha_sync_ownership_t *this, uint64_t *until)
{
	ha_sync_election_t *group;
	int i, count;

	count = array_count(this->groups);
	for (i = 0; i < count && !this->stop; i++)
	{
		array_get(this->groups, i, &group);
		this->mutex->unlock(this->mutex);
		this->transition->evaluate(this->transition, group, until);
		this->mutex->lock(this->mutex);
	}
}

/**
 * Wait for a change until a time, forever if 0, mutex held.
 */
static void wait_change(private_ha_sync_ownership_t *this, uint64_t until)
{
	uint64_t now;

	while (!this->stop && !this->changed)
	{
		now = ha_sync_transition_now();
		if (!until)
		{
			this->condvar->wait(this->condvar, this->mutex);
		}
		else if (now >= until || this->condvar->timed_wait(this->condvar,
												this->mutex, until - now))
		{
			break;
		}
	}
}

/**
 * Thread that decides.
 */
static void *run(private_ha_sync_ownership_t *this)
{
	uint64_t until;

	/* members must be able to shut down in an orderly way */
	thread_cancelability(FALSE);
	this->mutex->lock(this->mutex);
	while (!this->stop)
	{
		this->changed = FALSE;
		until = 0;
		evaluate_all(this, &until);
		wait_change(this, until);
	}
	this->mutex->unlock(this->mutex);
	return NULL;
}

METHOD(ha_sync_ownership_t, start, void,
	private_ha_sync_ownership_t *this, array_t *members)
{
	char *name;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(members); i++)
	{
		array_get(members, i, &name);
		this->members->get(this->members, name);
	}
	this->members->start(this->members, ha_sync_transition_now());
	unlock(this);
	this->thread = thread_create((void*)run, this);
}

METHOD(ha_sync_ownership_t, addresses_changed, void,
	private_ha_sync_ownership_t *this)
{
	this->mutex->lock(this->mutex);
	wake(this);
}

METHOD(ha_sync_ownership_t, set_groups, void,
	private_ha_sync_ownership_t *this, array_t *names, bool manual)
{
	ha_sync_election_t *group;
	char *name;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(this->groups); i++)
	{
		array_get(this->groups, i, &group);
		group->configure(group, FALSE, manual);
	}
	for (i = 0; i < array_count(names); i++)
	{
		array_get(names, i, &name);
		group = find_group(this, name);
		if (!group)
		{
			group = ha_sync_election_create(this->self, name, this->members);
			array_insert(this->groups, ARRAY_TAIL, group);
		}
		group->configure(group, TRUE, manual);
	}
	wake(this);
}

METHOD(ha_sync_ownership_t, member_up, void,
	private_ha_sync_ownership_t *this, char *name, uint64_t incarnation)
{
	ha_sync_member_t *restarted;
	ha_sync_election_t *group;
	int i;

	this->mutex->lock(this->mutex);
	restarted = this->members->up(this->members, name, incarnation);
	for (i = 0; i < array_count(this->groups); i++)
	{
		array_get(this->groups, i, &group);
		if (restarted)
		{	/* it is not what it was */
			group->forget(group, restarted);
		}
		group->tell(group);
	}
	wake(this);
}

METHOD(ha_sync_ownership_t, member_down, void,
	private_ha_sync_ownership_t *this, char *name)
{
	this->mutex->lock(this->mutex);
	this->members->down(this->members, name);
	wake(this);
}

METHOD(ha_sync_ownership_t, resync, void,
	private_ha_sync_ownership_t *this, char *name, bool begin)
{
	this->mutex->lock(this->mutex);
	this->members->get(this->members, name)->resync = begin;
	wake(this);
}

METHOD(ha_sync_ownership_t, record, void,
	private_ha_sync_ownership_t *this, char *name,
	const ha_sync_group_record_t *record)
{
	ha_sync_election_t *group;
	ha_sync_member_t *member;

	group = lock_group(this, record->name);
	member = this->members->get(this->members, name);
	member->reported = TRUE;
	if (group)
	{
		group->record(group, member, record, ha_sync_transition_now());
		wake(this);
		return;
	}
	unlock(this);
}

METHOD(ha_sync_ownership_t, accepts, bool,
	private_ha_sync_ownership_t *this, char *member, char *name)
{
	ha_sync_election_t *group;
	bool ok;

	group = lock_group(this, name);
	ok = group && group->accepts(group,
								 this->members->get(this->members, member));
	unlock(this);
	return ok;
}

METHOD(ha_sync_ownership_t, owns, bool,
	private_ha_sync_ownership_t *this, char *name)
{
	ha_sync_election_t *group;
	bool owns;

	group = lock_group(this, name);
	owns = group && group->owns(group);
	unlock(this);
	return owns;
}

METHOD(ha_sync_ownership_t, is_active, bool,
	private_ha_sync_ownership_t *this, char *name)
{
	ha_sync_election_t *group;
	bool active;

	group = lock_group(this, name);
	active = group && group->is_active(group);
	unlock(this);
	return active;
}

METHOD(ha_sync_ownership_t, get_record, ha_sync_group_record_t*,
	private_ha_sync_ownership_t *this, char *name)
{
	ha_sync_group_record_t *record;
	ha_sync_election_t *group;

	group = lock_group(this, name);
	record = group ? group->get_record(group, FALSE) : NULL;
	unlock(this);
	if (record)
	{
		record->ikes = this->ops.count(this->ops.user, name);
	}
	return record;
}

/**
 * Message for a group that does not exist.
 */
static char *no_such_group(char *name)
{
	char *msg;

	return asprintf(&msg, "no group '%s', 'swancluster status' lists them",
					name) < 0 ? strdup("out of memory") : msg;
}

METHOD(ha_sync_ownership_t, activate, char*,
	private_ha_sync_ownership_t *this, char *name)
{
	ha_sync_election_t *group;
	char *msg;

	group = lock_group(this, name);
	if (group && group->is_configured(group))
	{
		msg = group->activate(group, ha_sync_transition_now());
		wake(this);
		return msg;
	}
	unlock(this);
	return no_such_group(name);
}

METHOD(ha_sync_ownership_t, stand_down, char*,
	private_ha_sync_ownership_t *this, char *name)
{
	ha_sync_election_t *group;

	group = lock_group(this, name);
	if (group && group->is_configured(group))
	{
		group->stand_down(group);
		wake(this);
		return NULL;
	}
	unlock(this);
	return no_such_group(name);
}

METHOD(ha_sync_ownership_t, hand_over, void,
	private_ha_sync_ownership_t *this, char *name, char *member)
{
	ha_sync_election_t *group;

	group = lock_group(this, name);
	if (group)
	{
		group->hand_over(group, member);
	}
	wake(this);
}

METHOD(ha_sync_ownership_t, take_back, void,
	private_ha_sync_ownership_t *this, char *name)
{
	ha_sync_election_t *group;

	group = lock_group(this, name);
	if (group)
	{
		group->take_back(group, ha_sync_transition_now());
	}
	wake(this);
}

/**
 * Check if another member is active for a group, or this one (is not).
 */
static bool is_so(ha_sync_election_t *group, char *member, bool active)
{
	ha_sync_member_t *other;

	if (group->is_active(group) != active)
	{
		return FALSE;
	}
	other = member ? group->get_other(group) : NULL;
	return !member || (other && streq(other->name, member));
}

/**
 * Wait until a group is in some state.
 */
static bool wait_for(private_ha_sync_ownership_t *this, char *name,
					 char *member, bool active, u_int ms)
{
	uint64_t now, until = ha_sync_transition_now() + ms;
	ha_sync_election_t *group;
	bool ok = FALSE;

	group = lock_group(this, name);
	while (group && !this->stop)
	{
		ok = is_so(group, member, active);
		now = ha_sync_transition_now();
		if (ok || now >= until)
		{
			break;
		}
		this->condvar->timed_wait(this->condvar, this->mutex, until - now);
	}
	unlock(this);
	return ok;
}

METHOD(ha_sync_ownership_t, wait_other, bool,
	private_ha_sync_ownership_t *this, char *name, char *member, u_int ms)
{
	return wait_for(this, name, member, FALSE, ms);
}

METHOD(ha_sync_ownership_t, wait_, bool,
	private_ha_sync_ownership_t *this, char *name, bool active, u_int ms)
{
	return wait_for(this, name, NULL, active, ms);
}

METHOD(ha_sync_ownership_t, get_status, bool,
	private_ha_sync_ownership_t *this, char *name,
	ha_sync_ownership_status_t *status)
{
	ha_sync_election_t *group;

	group = lock_group(this, name);
	if (group)
	{
		group->get_status(group, status);
	}
	unlock(this);
	return group != NULL;
}

METHOD(ha_sync_ownership_t, stop, void,
	private_ha_sync_ownership_t *this)
{
	this->mutex->lock(this->mutex);
	this->stop = TRUE;
	this->condvar->broadcast(this->condvar);
	this->mutex->unlock(this->mutex);
	if (this->thread)
	{
		this->thread->join(this->thread);
		this->thread = NULL;
	}
}

METHOD(ha_sync_ownership_t, destroy, void,
	private_ha_sync_ownership_t *this)
{
	stop(this);
	this->transition->destroy(this->transition);
	array_destroy_offset(this->groups, offsetof(ha_sync_election_t, destroy));
	this->members->destroy(this->members);
	this->condvar->destroy(this->condvar);
	this->mutex->destroy(this->mutex);
	free(this->self);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_ownership_t *ha_sync_ownership_create(char *self,
											  ha_sync_ownership_ops_t *ops)
{
	private_ha_sync_ownership_t *this;

	INIT(this,
		.public = {
			.start = _start,
			.addresses_changed = _addresses_changed,
			.set_groups = _set_groups,
			.member_up = _member_up,
			.member_down = _member_down,
			.resync = _resync,
			.record = _record,
			.accepts = _accepts,
			.owns = _owns,
			.is_active = _is_active,
			.get_record = _get_record,
			.activate = _activate,
			.stand_down = _stand_down,
			.hand_over = _hand_over,
			.take_back = _take_back,
			.wait_other = _wait_other,
			.wait = _wait_,
			.get_status = _get_status,
			.stop = _stop,
			.destroy = _destroy,
		},
		.self = strdup(self),
		.ops = *ops,
		.members = ha_sync_members_create(),
		.groups = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	this->transition = ha_sync_transition_create(ops, this->mutex,
												 this->condvar);
	return &this->public;
}
