/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_failover.h"
#include "ha_sync_activate.h"
#include "ha_sync_checkout.h"
#include "ha_sync_mid_replay.h"

#include <daemon.h>
#include <threading/mutex.h>

typedef struct private_ha_sync_failover_t private_ha_sync_failover_t;

/**
 * Private data.
 */
struct private_ha_sync_failover_t {

	/** public interface */
	ha_sync_failover_t public;

	/** registry with all records */
	ha_sync_registry_t *registry;

	/** makes copies */
	ha_sync_replica_t *replica;

	/** watches live IKE_SAs */
	ha_sync_capture_t *capture;

	/** counters in the kernel */
	ha_sync_counters_t *counters;

	/** sends records */
	ha_sync_sender_t *sender;

	/** what was negotiated with peers */
	ha_sync_mid_caps_t *caps;

	/** synchronization state of IKE SAs */
	ha_sync_state_t *state;

	/** decides about syncs */
	ha_sync_mid_guard_t *guard;

	/** decides what becomes of CHILD SAs */
	ha_sync_replay_policy_t *policy;

	/** finishes requests */
	ha_sync_resume_t *resume;

	/** progress of the last activation */
	ha_sync_failover_status_t status;

	/** start of the last activation */
	timeval_t started;

	/** protects status and started */
	mutex_t *mutex;
};

/**
 * Milliseconds since the start of the activation.
 */
static uint32_t elapsed(private_ha_sync_failover_t *this)
{
	timeval_t now, diff;

	time_monotonic(&now);
	timersub(&now, &this->started, &diff);
	return diff.tv_sec * 1000 + diff.tv_usec / 1000;
}

/**
 * Check if the previous active had a request under way that is to be finished.
 *
 * If it was not heard of for long, it has sent others since; then only the peer
 * knows what is next, and is asked, if it can be.
 */
static bool is_under_way(private_ha_sync_failover_t *this, ike_sa_t *ike_sa,
						 const ha_sync_exchange_t *exchange, array_t *children)
{
	ha_sync_child_t *child;
	bool silent = FALSE;
	int i;

	if (!exchange || !ha_sync_resume_wanted(exchange))
	{
		return FALSE;
	}
	for (i = 0; !silent && array_get(children, i, &child); i++)
	{
		silent = this->counters->leaped(this->counters, child);
	}
	return !silent || !this->guard->can_sync(this->guard, ike_sa);
}

/**
 * Make a copy live.
 */
static status_t make_live(private_ha_sync_failover_t *this, ike_sa_t *ike_sa,
						  ha_sync_ike_t *ike, array_t *children, bool planned)
{
	ha_sync_exchange_t *exchange;
	bool jumps, under_way, esn = FALSE;
	status_t status = SUCCESS;
	uint32_t skip;

	exchange = this->registry->get_exchange(this->registry, &ike->spis);
	this->capture->adopt(this->capture, ike_sa, ike);
	under_way = is_under_way(this, ike_sa, exchange, children);
	jumps = !ike->dynamic.rekeyed && !under_way &&
			ha_sync_mid_replay_usable(this->caps, ike_sa, children, &esn);
	skip = this->policy->apply(this->policy, children, planned, jumps);
	ha_sync_activate(ike_sa, ike, children, this->counters);
	if (under_way)
	{	/* a request is told with its message ID, which is right therefore; a
		 * sync would have the peer forget what it did about the request */
		under_way = this->resume->start(this->resume, ike_sa, exchange,
										&status);
	}
	if (under_way)
	{
		if (!planned)
		{
			this->state->resume(this->state, ike_sa);
		}
	}
	else if (!ike->dynamic.rekeyed &&
			 (!planned || this->state->is_unsyned(this->state, ike_sa)))
	{
		this->guard->add(this->guard, ike_sa, skip, esn);
		this->state->start(this->state, ike_sa);
	}
	ha_sync_exchange_destroy(exchange);
	return status;
}

/**
 * Make the copy of an IKE SA live, FALSE if there is none.
 */
static bool activate_one(private_ha_sync_failover_t *this, ha_sync_spis_t *spis,
						 bool planned)
{
	ha_sync_ike_t *ike;
	array_t *children;
	ike_sa_t *ike_sa;
	status_t status = SUCCESS;

	ike = this->registry->get_ike(this->registry, spis);
	if (!ike)
	{
		return FALSE;
	}
	children = this->registry->get_children(this->registry, spis);
	ike_sa = ha_sync_checkout(spis);
	if (ike_sa)
	{
		if (ike_sa->get_state(ike_sa) == IKE_PASSIVE)
		{
			status = make_live(this, ike_sa, ike, children, planned);
		}
		if (status == DESTROY_ME)
		{
			charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
														ike_sa);
		}
		else
		{
			charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
		}
	}
	array_destroy_function(children, (void*)ha_sync_child_destroy, NULL);
	ha_sync_ike_destroy(ike);
	return ike_sa != NULL;
}

METHOD(ha_sync_failover_t, activate, void,
	private_ha_sync_failover_t *this, char *group, bool planned)
{
	ha_sync_spis_t *spis;
	array_t *list;
	uint32_t total, live = 0;

	list = this->registry->list(this->registry, group);
	total = array_count(list);
	this->mutex->lock(this->mutex);
	time_monotonic(&this->started);
	this->status.active = TRUE;
	this->status.done = 0;
	this->status.total = total;
	this->mutex->unlock(this->mutex);

	while (array_remove(list, ARRAY_HEAD, &spis))
	{
		/* copies that failed get a last chance */
		this->replica->make(this->replica, spis);
		live += activate_one(this, spis, planned) ? 1 : 0;
		free(spis);
		this->mutex->lock(this->mutex);
		this->status.done++;
		this->mutex->unlock(this->mutex);
	}
	array_destroy(list);

	this->mutex->lock(this->mutex);
	this->status.active = FALSE;
	this->status.ms = elapsed(this);
	this->mutex->unlock(this->mutex);
	if (total)
	{
		DBG1(DBG_CFG, "ha-sync: took over %u IKE SAs of group '%s' in %u ms",
			 live, group, this->status.ms);
	}
	if (live < total)
	{
		DBG1(DBG_CFG, "ha-sync: %u IKE SAs of group '%s' have no copy here and "
			 "are lost, 'swancluster status' says why", total - live, group);
	}
}

METHOD(ha_sync_failover_t, revive, void,
	private_ha_sync_failover_t *this, ha_sync_spis_t *spis)
{
	if (this->replica->make(this->replica, spis))
	{	/* how the previous active ended is not known anymore */
		activate_one(this, spis, FALSE);
	}
}

METHOD(ha_sync_failover_t, give_up, void,
	private_ha_sync_failover_t *this, char *group)
{
	ha_sync_spis_t *spis;
	ha_sync_mids_t mids;
	array_t *list;

	list = this->registry->list(this->registry, group);
	while (array_remove(list, ARRAY_HEAD, &spis))
	{
		this->replica->silence(this->replica, spis);
		if (this->registry->get_mids(this->registry, spis, &mids))
		{
			this->sender->mids_now(this->sender, spis, &mids);
		}
		free(spis);
	}
	array_destroy(list);
	this->counters->flush(this->counters);
}

METHOD(ha_sync_failover_t, settle, void,
	private_ha_sync_failover_t *this, char *group)
{
	ha_sync_spis_t *spis;
	array_t *list;

	this->counters->flush(this->counters);
	list = this->registry->list(this->registry, group);
	while (array_remove(list, ARRAY_HEAD, &spis))
	{
		this->replica->demote(this->replica, spis);
		free(spis);
	}
	array_destroy(list);
}

METHOD(ha_sync_failover_t, drop, void,
	private_ha_sync_failover_t *this, char *group)
{
	ha_sync_spis_t *spis;
	array_t *list;

	list = this->registry->list(this->registry, group);
	while (array_remove(list, ARRAY_HEAD, &spis))
	{
		this->replica->drop(this->replica, spis);
		this->registry->remove_ike(this->registry, spis);
		free(spis);
	}
	array_destroy(list);
}

METHOD(ha_sync_failover_t, get_status, void,
	private_ha_sync_failover_t *this, ha_sync_failover_status_t *status)
{
	this->mutex->lock(this->mutex);
	*status = this->status;
	if (status->active)
	{
		status->ms = elapsed(this);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_failover_t, destroy, void,
	private_ha_sync_failover_t *this)
{
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_failover_t *ha_sync_failover_create(ha_sync_registry_t *registry,
											ha_sync_replica_t *replica,
											ha_sync_capture_t *capture,
											ha_sync_counters_t *counters,
											ha_sync_sender_t *sender,
											ha_sync_mid_caps_t *caps,
											ha_sync_state_t *state,
											ha_sync_mid_guard_t *guard,
											ha_sync_replay_policy_t *policy,
											ha_sync_resume_t *resume)
{
	private_ha_sync_failover_t *this;

	INIT(this,
		.public = {
			.activate = _activate,
			.revive = _revive,
			.give_up = _give_up,
			.settle = _settle,
			.drop = _drop,
			.get_status = _get_status,
			.destroy = _destroy,
		},
		.registry = registry,
		.replica = replica,
		.capture = capture,
		.counters = counters,
		.sender = sender,
		.caps = caps,
		.state = state,
		.guard = guard,
		.policy = policy,
		.resume = resume,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
