/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_ownership.h"

#include <threading/mutex.h>
#include <threading/condvar.h>
#include <threading/thread.h>

typedef struct private_ha_sync_ownership_t private_ha_sync_ownership_t;
typedef struct group_t group_t;
typedef struct member_t member_t;
typedef struct view_t view_t;

/**
 * How long a member that starts waits for the others, in ms: it must not be
 * active before it knows what they know.
 */
#define START_DELAY 3000

/**
 * How long the holder of new addresses waits for the connected active to give
 * up, in ms.  ESP flows meanwhile; a crashed host is noticed later than that.
 */
#define CLAIM_DELAY 300

/**
 * How long a wait for a resync may hold up an activation, in ms.
 */
#define RESYNC_DELAY 60000

/**
 * What another member said about a group.
 */
struct view_t {
	/** group */
	group_t *group;
	/** highest epoch it knows */
	uint64_t epoch;
	/** it is active */
	bool active;
	/** it is the owner in that epoch */
	bool owner;
	/** when it said so, in ms */
	uint64_t time;
};

/**
 * Another member.
 */
struct member_t {
	/** name */
	char *name;
	/** start of its daemon */
	uint64_t incarnation;
	/** it is connected */
	bool up;
	/** it said something since it is connected */
	bool reported;
	/** a full resync from it is under way */
	bool resync;
	/** view_t* */
	array_t *views;
};

/**
 * A group.
 */
struct group_t {
	/** name */
	char *name;
	/** FALSE if it was removed from the configuration */
	bool configured;
	/** we are active */
	bool active;
	/** we are the owner in the highest known epoch */
	bool owner;
	/** we hold all addresses */
	bool held;
	/** when we got the addresses, or the command to activate, in ms; 0 if a
	 * split brain was lost since */
	uint64_t claimed;
	/** when we became active, in ms */
	uint64_t activated;
	/** command for takeover = manual */
	bool wanted;
	/** told to be standby */
	bool stood_down;
	/** member asked to be active instead of us, or NULL */
	char *successor;
	/** two actives seen */
	bool split_brain;
	/** highest known epoch */
	uint64_t epoch;
	/** why we wait, static */
	char *waiting;
	/** tell the others at the next evaluation */
	bool announce;
};

/**
 * Private data.
 */
struct private_ha_sync_ownership_t {

	/** public interface */
	ha_sync_ownership_t public;

	/** our name */
	char *self;

	/** functions */
	ha_sync_ownership_ops_t ops;

	/** group_t*, never removed */
	array_t *groups;

	/** member_t*, never removed */
	array_t *members;

	/** only commands change the active */
	bool manual;

	/** when start() was called, in ms */
	uint64_t started;

	/** something changed, evaluate */
	bool changed;

	/** end the thread */
	bool stop;

	/** thread that decides */
	thread_t *thread;

	/** protects all of this */
	mutex_t *mutex;

	/** signals changes to the thread and to wait() */
	condvar_t *condvar;
};

/**
 * Monotonic time in ms.
 */
static uint64_t now_ms()
{
	timeval_t tv;

	time_monotonic(&tv);
	return (uint64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000;
}

/**
 * Find a group, mutex held.
 */
static group_t *find_group(private_ha_sync_ownership_t *this, char *name)
{
	group_t *group;
	int i;

	for (i = 0; i < array_count(this->groups); i++)
	{
		array_get(this->groups, i, &group);
		if (streq(group->name, name))
		{
			return group;
		}
	}
	return NULL;
}

/**
 * Find or add a member, mutex held.
 */
static member_t *get_member(private_ha_sync_ownership_t *this, char *name)
{
	member_t *member;
	int i;

	for (i = 0; i < array_count(this->members); i++)
	{
		array_get(this->members, i, &member);
		if (streq(member->name, name))
		{
			return member;
		}
	}
	INIT(member,
		.name = strdup(name),
		.views = array_create(0, 0),
	);
	array_insert(this->members, ARRAY_TAIL, member);
	return member;
}

/**
 * Find or add a member's view, mutex held.
 */
static view_t *get_view(member_t *member, group_t *group)
{
	view_t *view;
	int i;

	for (i = 0; i < array_count(member->views); i++)
	{
		array_get(member->views, i, &view);
		if (view->group == group)
		{
			return view;
		}
	}
	INIT(view,
		.group = group,
	);
	array_insert(member->views, ARRAY_TAIL, view);
	return view;
}

/**
 * Find the best of the other members that are connected and active.
 */
static member_t *find_active(private_ha_sync_ownership_t *this, group_t *group,
							 uint64_t *epoch)
{
	member_t *member, *best = NULL;
	view_t *view;
	int i;

	for (i = 0; i < array_count(this->members); i++)
	{
		array_get(this->members, i, &member);
		if (!member->up)
		{
			continue;
		}
		view = get_view(member, group);
		if (view->active && (!best || view->epoch > *epoch ||
			(view->epoch == *epoch && strcmp(member->name, best->name) > 0)))
		{
			best = member;
			*epoch = view->epoch;
		}
	}
	return best;
}

/**
 * Check if we have to wait for others before the first activation.
 */
static char *must_wait(private_ha_sync_ownership_t *this, uint64_t now,
					   uint64_t *until)
{
	member_t *member;
	int i;

	for (i = 0; i < array_count(this->members); i++)
	{
		array_get(this->members, i, &member);
		if (member->resync && now < this->started + RESYNC_DELAY)
		{
			*until = this->started + RESYNC_DELAY;
			return "receiving the state of another member";
		}
		if (!member->reported && now < this->started + START_DELAY)
		{
			*until = this->started + START_DELAY;
			return "waiting for the other members after the start";
		}
	}
	return NULL;
}

/**
 * Check if we should be active.
 */
static bool wants(private_ha_sync_ownership_t *this, group_t *group)
{
	return group->configured && !group->stood_down &&
		   (this->manual ? group->wanted : group->held);
}

/**
 * What evaluate() decided for a group.
 */
typedef enum {
	KEEP,
	ACTIVATE,
	GIVE_UP,
	LOSE,
	RAISE,
} decision_t;

/**
 * Decide for a group we are active for.
 */
static decision_t decide_active(private_ha_sync_ownership_t *this,
								group_t *group, member_t *other,
								uint64_t epoch)
{
	if (!wants(this, group))
	{
		return GIVE_UP;
	}
	if (other && (epoch > group->epoch || (epoch == group->epoch &&
		(!group->owner || strcmp(other->name, this->self) > 0))))
	{
		return LOSE;
	}
	if (!group->owner)
	{	/* somebody knows a higher epoch, but isn't active */
		return RAISE;
	}
	return KEEP;
}

/**
 * Decide for a group we are standby for.
 */
static decision_t decide_standby(private_ha_sync_ownership_t *this,
								 group_t *group, member_t *other, uint64_t now,
								 uint64_t *until)
{
	group->waiting = NULL;
	if (!wants(this, group))
	{
		return KEEP;
	}
	group->waiting = must_wait(this, now, until);
	if (group->waiting)
	{
		return KEEP;
	}
	if (other)
	{
		if (!group->claimed)
		{
			group->waiting = "another member is active in a higher epoch, take "
							 "the addresses away from one of them";
			return KEEP;
		}
		if (now < group->claimed + CLAIM_DELAY)
		{
			group->waiting = "another member is still active";
			*until = group->claimed + CLAIM_DELAY;
			return KEEP;
		}
	}
	return ACTIVATE;
}

/**
 * Log the begin and the end of a split brain.
 */
static void set_split_brain(group_t *group, member_t *other, bool split)
{
	if (split && !group->split_brain)
	{
		DBG1(DBG_CFG, "ha-sync: split brain, '%s' is active for group '%s' "
			 "too; check why both members hold its addresses", other->name,
			 group->name);
	}
	else if (!split && group->split_brain)
	{
		DBG1(DBG_CFG, "ha-sync: split brain of group '%s' is over",
			 group->name);
	}
	group->split_brain = split;
}

/**
 * Fill a record, mutex held.
 */
static void fill_record(group_t *group, ha_sync_group_record_t *record)
{
	*record = (ha_sync_group_record_t){
		.name = group->name,
		.epoch = group->epoch,
		.active = group->active,
		.owner = group->owner,
		.held = group->held,
		.successor = group->successor,
	};
}

/**
 * Tell the others about a group, mutex not held.
 */
static void announce(private_ha_sync_ownership_t *this, group_t *group)
{
	ha_sync_group_record_t record;

	this->mutex->lock(this->mutex);
	group->announce = FALSE;
	fill_record(group, &record);
	record.successor = strdupnull(group->successor);
	this->mutex->unlock(this->mutex);

	record.ikes = this->ops.count(this->ops.user, group->name);
	this->ops.announce(this->ops.user, &record);
	free(record.successor);
}

/**
 * Check if the owner of a group gave up in order, mutex held.
 */
static bool owner_gave_up(private_ha_sync_ownership_t *this, group_t *group)
{
	member_t *member;
	view_t *view;
	int i;

	for (i = 0; !group->owner && i < array_count(this->members); i++)
	{
		array_get(this->members, i, &member);
		view = get_view(member, group);
		if (view->owner && view->epoch == group->epoch)
		{
			return !view->active;
		}
	}
	return group->owner;
}

/**
 * Become active, mutex not held.
 */
static void become_active(private_ha_sync_ownership_t *this, group_t *group,
						  bool raise)
{
	uint64_t epoch;
	bool planned;

	this->mutex->lock(this->mutex);
	planned = owner_gave_up(this, group);
	epoch = ++group->epoch;
	free(group->successor);
	group->successor = NULL;
	group->active = group->owner = TRUE;
	group->activated = now_ms();
	group->waiting = NULL;
	this->mutex->unlock(this->mutex);

	DBG1(DBG_CFG, "ha-sync: %s for group '%s' in epoch %llu",
		 raise ? "still active" : "active", group->name,
		 (unsigned long long)epoch);
	announce(this, group);
	this->ops.activate(this->ops.user, group->name, planned);

	this->mutex->lock(this->mutex);
	this->condvar->broadcast(this->condvar);
	this->mutex->unlock(this->mutex);
}

/**
 * Become standby, mutex not held.
 */
static void become_standby(private_ha_sync_ownership_t *this, group_t *group,
						   member_t *winner)
{
	if (winner)
	{
		DBG1(DBG_CFG, "ha-sync: standby for group '%s', '%s' is active in a "
			 "higher epoch; dropping own copies", group->name, winner->name);
	}
	else
	{
		DBG1(DBG_CFG, "ha-sync: standby for group '%s'", group->name);
	}
	this->ops.deactivate(this->ops.user, group->name, FALSE,
						 winner ? winner->name : NULL);
	this->mutex->lock(this->mutex);
	group->active = FALSE;
	if (winner)
	{
		group->claimed = 0;
	}
	this->mutex->unlock(this->mutex);

	announce(this, group);
	this->ops.deactivate(this->ops.user, group->name, TRUE,
						 winner ? winner->name : NULL);

	this->mutex->lock(this->mutex);
	this->condvar->broadcast(this->condvar);
	this->mutex->unlock(this->mutex);
}

/**
 * Update whether we hold the addresses of a group.
 */
static void update_held(private_ha_sync_ownership_t *this, group_t *group)
{
	bool held;

	held = this->ops.holds(this->ops.user, group->name);
	this->mutex->lock(this->mutex);
	if (held != group->held)
	{
		DBG1(DBG_CFG, "ha-sync: addresses of group '%s' %s", group->name,
			 held ? "are here" : "are gone");
		group->held = held;
		group->announce = TRUE;
		if (!this->manual)
		{
			group->claimed = held ? now_ms() : 0;
		}
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Evaluate a group, mutex not held.
 */
static void evaluate(private_ha_sync_ownership_t *this, group_t *group,
					 uint64_t *until)
{
	uint64_t now = now_ms(), epoch = 0, next = 0;
	decision_t decision;
	member_t *other;
	bool tell;

	update_held(this, group);

	this->mutex->lock(this->mutex);
	other = find_active(this, group, &epoch);
	decision = group->active ? decide_active(this, group, other, epoch)
							 : decide_standby(this, group, other, now, &next);
	set_split_brain(group, other, other && (group->active ?
					get_view(other, group)->time > group->activated :
					wants(this, group) && !group->claimed));
	tell = group->announce;
	this->mutex->unlock(this->mutex);

	switch (decision)
	{
		case ACTIVATE:
		case RAISE:
			become_active(this, group, decision == RAISE);
			break;
		case GIVE_UP:
			become_standby(this, group, NULL);
			break;
		case LOSE:
			become_standby(this, group, other);
			break;
		case KEEP:
			if (tell)
			{
				announce(this, group);
			}
			break;
	}
	if (next && (!*until || next < *until))
	{
		*until = next;
	}
}

/**
 * Thread that decides.
 */
static void *run(private_ha_sync_ownership_t *this)
{
	uint64_t until, now;
	group_t *group;
	int i, count;

	/* members must be able to shut down in an orderly way */
	thread_cancelability(FALSE);
	this->mutex->lock(this->mutex);
	while (!this->stop)
	{
		this->changed = FALSE;
		until = 0;
		count = array_count(this->groups);
		for (i = 0; i < count && !this->stop; i++)
		{
			array_get(this->groups, i, &group);
			this->mutex->unlock(this->mutex);
			evaluate(this, group, &until);
			this->mutex->lock(this->mutex);
		}
		while (!this->stop && !this->changed)
		{
			now = now_ms();
			if (!until)
			{
				this->condvar->wait(this->condvar, this->mutex);
			}
			else if (now >= until ||
					 this->condvar->timed_wait(this->condvar, this->mutex,
											   until - now))
			{
				break;
			}
		}
	}
	this->mutex->unlock(this->mutex);
	return NULL;
}

/**
 * Wake the thread up, mutex held.
 */
static void wake(private_ha_sync_ownership_t *this)
{
	this->changed = TRUE;
	this->condvar->broadcast(this->condvar);
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
		get_member(this, name);
	}
	this->started = now_ms();
	this->mutex->unlock(this->mutex);
	this->thread = thread_create((void*)run, this);
}

METHOD(ha_sync_ownership_t, addresses_changed, void,
	private_ha_sync_ownership_t *this)
{
	this->mutex->lock(this->mutex);
	wake(this);
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_ownership_t, set_groups, void,
	private_ha_sync_ownership_t *this, array_t *names, bool manual)
{
	group_t *group;
	char *name;
	int i;

	this->mutex->lock(this->mutex);
	this->manual = manual;
	for (i = 0; i < array_count(this->groups); i++)
	{
		array_get(this->groups, i, &group);
		group->configured = FALSE;
	}
	for (i = 0; i < array_count(names); i++)
	{
		array_get(names, i, &name);
		group = find_group(this, name);
		if (!group)
		{
			INIT(group,
				.name = strdup(name),
				.announce = TRUE,
			);
			array_insert(this->groups, ARRAY_TAIL, group);
		}
		group->configured = TRUE;
	}
	wake(this);
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_ownership_t, member_up, void,
	private_ha_sync_ownership_t *this, char *name, uint64_t incarnation)
{
	member_t *member;
	group_t *group;
	int i;

	this->mutex->lock(this->mutex);
	member = get_member(this, name);
	member->up = TRUE;
	member->reported = FALSE;
	member->resync = FALSE;
	if (member->incarnation != incarnation)
	{	/* its daemon was started again: it is not what it was */
		member->incarnation = incarnation;
		array_destroy_function(member->views, (void*)free, NULL);
		member->views = array_create(0, 0);
	}
	for (i = 0; i < array_count(this->groups); i++)
	{
		array_get(this->groups, i, &group);
		group->announce = TRUE;
	}
	wake(this);
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_ownership_t, member_down, void,
	private_ha_sync_ownership_t *this, char *name)
{
	member_t *member;

	this->mutex->lock(this->mutex);
	member = get_member(this, name);
	member->up = FALSE;
	member->resync = FALSE;
	wake(this);
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_ownership_t, resync, void,
	private_ha_sync_ownership_t *this, char *name, bool begin)
{
	this->mutex->lock(this->mutex);
	get_member(this, name)->resync = begin;
	wake(this);
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_ownership_t, record, void,
	private_ha_sync_ownership_t *this, char *name,
	const ha_sync_group_record_t *record)
{
	member_t *member;
	group_t *group;
	view_t *view;

	this->mutex->lock(this->mutex);
	member = get_member(this, name);
	member->reported = TRUE;
	group = find_group(this, record->name);
	if (group)
	{
		view = get_view(member, group);
		view->epoch = record->epoch;
		view->active = record->active;
		view->owner = record->owner;
		view->time = now_ms();
		if (streq(record->successor, this->self) && record->owner &&
			!record->active && this->manual)
		{
			group->wanted = TRUE;
			group->stood_down = FALSE;
			group->claimed = now_ms();
		}
		if (record->epoch > group->epoch)
		{
			group->epoch = record->epoch;
			group->owner = FALSE;
			group->announce = TRUE;
		}
		wake(this);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_ownership_t, accepts, bool,
	private_ha_sync_ownership_t *this, char *name, char *groupname)
{
	group_t *group;
	view_t *view;
	bool ok = FALSE;

	this->mutex->lock(this->mutex);
	group = find_group(this, groupname);
	if (group && group->configured && !group->active)
	{
		view = get_view(get_member(this, name), group);
		ok = view->owner && view->epoch == group->epoch;
	}
	this->mutex->unlock(this->mutex);
	return ok;
}

METHOD(ha_sync_ownership_t, owns, bool,
	private_ha_sync_ownership_t *this, char *name)
{
	group_t *group;
	bool owns;

	this->mutex->lock(this->mutex);
	group = find_group(this, name);
	owns = group && group->owner;
	this->mutex->unlock(this->mutex);
	return owns;
}

METHOD(ha_sync_ownership_t, is_active, bool,
	private_ha_sync_ownership_t *this, char *name)
{
	group_t *group;
	bool active;

	this->mutex->lock(this->mutex);
	group = find_group(this, name);
	active = group && group->active;
	this->mutex->unlock(this->mutex);
	return active;
}

METHOD(ha_sync_ownership_t, get_record, ha_sync_group_record_t*,
	private_ha_sync_ownership_t *this, char *name)
{
	ha_sync_group_record_t *record = NULL;
	group_t *group;

	this->mutex->lock(this->mutex);
	group = find_group(this, name);
	if (group)
	{
		INIT(record);
		fill_record(group, record);
		record->name = strdup(group->name);
		record->successor = strdupnull(group->successor);
	}
	this->mutex->unlock(this->mutex);
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
					name) < 0 ? NULL : msg;
}

METHOD(ha_sync_ownership_t, activate, char*,
	private_ha_sync_ownership_t *this, char *name)
{
	group_t *group;
	member_t *other;
	uint64_t epoch;
	char *msg = NULL;

	this->mutex->lock(this->mutex);
	group = find_group(this, name);
	if (!group || !group->configured)
	{
		this->mutex->unlock(this->mutex);
		return no_such_group(name);
	}
	other = find_active(this, group, &epoch);
	if (other && !group->active && (this->manual || !group->held))
	{
		if (asprintf(&msg, "'%s' is active for group '%s', run 'swancluster "
					 "handover' there", other->name, name) < 0)
		{
			msg = NULL;
		}
	}
	else if (!this->manual && !group->held)
	{
		if (asprintf(&msg, "this member does not hold the addresses of group "
					 "'%s'; let the cluster manager move them here, or set "
					 "takeover = manual", name) < 0)
		{
			msg = NULL;
		}
	}
	group->stood_down = FALSE;
	if (!msg)
	{
		free(group->successor);
		group->successor = NULL;
		group->wanted = TRUE;
		group->claimed = now_ms();
		wake(this);
	}
	this->mutex->unlock(this->mutex);
	return msg;
}

METHOD(ha_sync_ownership_t, stand_down, char*,
	private_ha_sync_ownership_t *this, char *name)
{
	group_t *group;

	this->mutex->lock(this->mutex);
	group = find_group(this, name);
	if (!group || !group->configured)
	{
		this->mutex->unlock(this->mutex);
		return no_such_group(name);
	}
	group->stood_down = TRUE;
	group->wanted = FALSE;
	wake(this);
	this->mutex->unlock(this->mutex);
	return NULL;
}

METHOD(ha_sync_ownership_t, hand_over, void,
	private_ha_sync_ownership_t *this, char *name, char *member)
{
	group_t *group;

	this->mutex->lock(this->mutex);
	group = find_group(this, name);
	if (group)
	{
		free(group->successor);
		group->successor = strdup(member);
		group->wanted = FALSE;
		wake(this);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_ownership_t, take_back, void,
	private_ha_sync_ownership_t *this, char *name)
{
	group_t *group;

	this->mutex->lock(this->mutex);
	group = find_group(this, name);
	if (group)
	{
		free(group->successor);
		group->successor = NULL;
		group->wanted = TRUE;
		group->claimed = now_ms();
		wake(this);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_ownership_t, wait_other, bool,
	private_ha_sync_ownership_t *this, char *name, char *member, u_int ms)
{
	uint64_t now, epoch, until = now_ms() + ms;
	member_t *other;
	group_t *group;
	bool ok = FALSE;

	this->mutex->lock(this->mutex);
	group = find_group(this, name);
	while (group && !this->stop)
	{
		other = find_active(this, group, &epoch);
		ok = other && streq(other->name, member) && !group->active;
		now = now_ms();
		if (ok || now >= until)
		{
			break;
		}
		this->condvar->timed_wait(this->condvar, this->mutex, until - now);
	}
	this->mutex->unlock(this->mutex);
	return ok;
}

METHOD(ha_sync_ownership_t, wait_, bool,
	private_ha_sync_ownership_t *this, char *name, bool active, u_int ms)
{
	uint64_t now, until = now_ms() + ms;
	group_t *group;
	bool ok = FALSE;

	this->mutex->lock(this->mutex);
	group = find_group(this, name);
	while (group && !this->stop)
	{
		ok = group->active == active;
		now = now_ms();
		if (ok || now >= until)
		{
			break;
		}
		this->condvar->timed_wait(this->condvar, this->mutex, until - now);
	}
	this->mutex->unlock(this->mutex);
	return ok;
}

METHOD(ha_sync_ownership_t, get_status, bool,
	private_ha_sync_ownership_t *this, char *name,
	ha_sync_ownership_status_t *status)
{
	uint64_t epoch;
	member_t *other;
	group_t *group;

	this->mutex->lock(this->mutex);
	group = find_group(this, name);
	if (group)
	{
		other = find_active(this, group, &epoch);
		*status = (ha_sync_ownership_status_t){
			.group = group->name,
			.active = group->active,
			.held = group->held,
			.split_brain = group->split_brain,
			.stood_down = group->stood_down,
			.manual = this->manual,
			.epoch = group->epoch,
			.active_member = group->active ? this->self
										   : (other ? other->name : NULL),
			.waiting = group->waiting,
		};
	}
	this->mutex->unlock(this->mutex);
	return group != NULL;
}

/**
 * Destroy a member.
 */
static void member_destroy(member_t *member)
{
	array_destroy_function(member->views, (void*)free, NULL);
	free(member->name);
	free(member);
}

/**
 * Destroy a group.
 */
static void group_destroy(group_t *group)
{
	free(group->successor);
	free(group->name);
	free(group);
}

METHOD(ha_sync_ownership_t, destroy, void,
	private_ha_sync_ownership_t *this)
{
	this->mutex->lock(this->mutex);
	this->stop = TRUE;
	this->condvar->broadcast(this->condvar);
	this->mutex->unlock(this->mutex);
	if (this->thread)
	{
		this->thread->join(this->thread);
	}
	array_destroy_function(this->members, (void*)member_destroy, NULL);
	array_destroy_function(this->groups, (void*)group_destroy, NULL);
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
			.destroy = _destroy,
		},
		.self = strdup(self),
		.ops = *ops,
		.groups = array_create(0, 0),
		.members = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	return &this->public;
}
