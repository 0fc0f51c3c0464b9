/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_transition.h"

typedef struct private_ha_sync_transition_t private_ha_sync_transition_t;

/**
 * Private data.
 */
struct private_ha_sync_transition_t {

	/** public interface */
	ha_sync_transition_t public;

	/** functions */
	ha_sync_ownership_ops_t ops;

	/** protects elections */
	mutex_t *mutex;

	/** signaled after changes */
	condvar_t *condvar;
};

/*
 * Described in header.
 */
uint64_t ha_sync_transition_now()
{
	timeval_t tv;

	time_monotonic(&tv);
	return (uint64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000;
}

/**
 * Tell the others about a group.
 */
static void announce(private_ha_sync_transition_t *this,
					 ha_sync_election_t *election)
{
	ha_sync_group_record_t *record;

	this->mutex->lock(this->mutex);
	record = election->get_record(election, TRUE);
	this->mutex->unlock(this->mutex);

	record->ikes = this->ops.count(this->ops.user, record->name);
	this->ops.announce(this->ops.user, record);
	ha_sync_group_record_destroy(record);
}

/**
 * Tell those who wait for a change.
 */
static void signal_change(private_ha_sync_transition_t *this)
{
	this->mutex->lock(this->mutex);
	this->condvar->broadcast(this->condvar);
	this->mutex->unlock(this->mutex);
}

/**
 * Become active, or stay it in a new epoch.
 */
static void become_active(private_ha_sync_transition_t *this,
						  ha_sync_election_t *election, bool raise)
{
	ha_sync_ownership_status_t status;
	bool planned;

	this->mutex->lock(this->mutex);
	planned = election->activated(election, ha_sync_transition_now());
	election->get_status(election, &status);
	this->mutex->unlock(this->mutex);

	DBG1(DBG_CFG, "ha-sync: %s for group '%s' in epoch %llu",
		 raise ? "still active" : "active", status.group,
		 (unsigned long long)status.epoch);
	announce(this, election);
	this->ops.activate(this->ops.user, status.group, planned);
	signal_change(this);
}

/**
 * Become standby.
 */
static void deactivated(private_ha_sync_transition_t *this,
						ha_sync_election_t *election, bool lost)
{
	this->mutex->lock(this->mutex);
	election->deactivated(election, lost, ha_sync_transition_now());
	this->mutex->unlock(this->mutex);
	announce(this, election);
}

/**
 * Become standby, others may be active.
 */
static void give_up(private_ha_sync_transition_t *this,
					ha_sync_election_t *election)
{
	char *name = election->get_name(election);

	DBG1(DBG_CFG, "ha-sync: standby for group '%s'", name);
	this->ops.give_up(this->ops.user, name);
	deactivated(this, election, FALSE);
	signal_change(this);
}

/**
 * Turn what was live into copies.
 */
static void settle(private_ha_sync_transition_t *this,
				   ha_sync_election_t *election)
{
	ha_sync_ownership_status_t status;

	this->ops.settle(this->ops.user, election->get_name(election));

	this->mutex->lock(this->mutex);
	election->settled(election);
	election->get_status(election, &status);
	this->mutex->unlock(this->mutex);

	if (status.active_member)
	{
		this->ops.resync(this->ops.user, status.active_member);
	}
}

/**
 * Become standby because of a winner.
 */
static void lose(private_ha_sync_transition_t *this,
				 ha_sync_election_t *election, char *winner)
{
	char *name = election->get_name(election);

	DBG1(DBG_CFG, "ha-sync: standby for group '%s', '%s' is active in a "
		 "higher epoch; dropping own copies", name, winner);
	deactivated(this, election, TRUE);
	this->ops.drop(this->ops.user, name);
	this->ops.resync(this->ops.user, winner);
	signal_change(this);
}

METHOD(ha_sync_transition_t, evaluate, void,
	private_ha_sync_transition_t *this, ha_sync_election_t *election,
	uint64_t *until)
{
	ha_sync_decision_t decision;
	uint64_t now, next = 0;
	char *winner;
	bool held;

	held = this->ops.holds(this->ops.user, election->get_name(election));

	this->mutex->lock(this->mutex);
	now = ha_sync_transition_now();
	election->set_held(election, held, now);
	decision = election->decide(election, now, &next, &winner);
	this->mutex->unlock(this->mutex);

	switch (decision)
	{
		case HA_SYNC_ACTIVATE:
		case HA_SYNC_RAISE:
			become_active(this, election, decision == HA_SYNC_RAISE);
			break;
		case HA_SYNC_GIVE_UP:
			give_up(this, election);
			next = now;
			break;
		case HA_SYNC_SETTLE:
			settle(this, election);
			next = now;
			break;
		case HA_SYNC_LOSE:
			lose(this, election, winner);
			break;
		case HA_SYNC_TELL:
			announce(this, election);
			break;
		case HA_SYNC_KEEP:
			break;
	}
	if (next && (!*until || next < *until))
	{
		*until = next;
	}
}

METHOD(ha_sync_transition_t, destroy, void,
	private_ha_sync_transition_t *this)
{
	free(this);
}

/*
 * Described in header.
 */
ha_sync_transition_t *ha_sync_transition_create(ha_sync_ownership_ops_t *ops,
												mutex_t *mutex,
												condvar_t *condvar)
{
	private_ha_sync_transition_t *this;

	INIT(this,
		.public = {
			.evaluate = _evaluate,
			.destroy = _destroy,
		},
		.ops = *ops,
		.mutex = mutex,
		.condvar = condvar,
	);
	return &this->public;
}
