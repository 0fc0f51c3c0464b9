/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_renewal.h"
#include "qcd_job.h"

#include <daemon.h>
#include <collections/linked_list.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/**
 * IKE SAs being replaced at the same time at most.
 */
#define ENTRIES_MAX 1000

typedef struct private_qcd_renewal_t private_qcd_renewal_t;
typedef struct entry_t entry_t;
typedef struct work_t work_t;

/**
 * Private data.
 */
struct private_qcd_renewal_t {

	/** public interface */
	qcd_renewal_t public;

	/** counters */
	qcd_stats_t *stats;

	/** protects all below */
	mutex_t *mutex;

	/** IKE SAs being replaced, as entry_t */
	linked_list_t *entries;
};

/**
 * An IKE SA being replaced.
 */
struct entry_t {

	/** the old one */
	qcd_owner_t old;

	/** the new one, NULL if it is not made yet */
	ike_sa_t *new;
};

/**
 * The IKE SA a job is about.
 */
struct work_t {

	/** renewal */
	private_qcd_renewal_t *this;

	/** IKE SA */
	qcd_owner_t owner;
};

/**
 * Find an entry by the old IKE SA, or by the new one; the caller has the lock.
 */
static entry_t *find(private_qcd_renewal_t *this, qcd_owner_t *old,
					 ike_sa_t *new)
{
	entry_t *entry, *found = NULL;
	enumerator_t *enumerator;

	enumerator = this->entries->create_enumerator(this->entries);
	while (!found && enumerator->enumerate(enumerator, &entry))
	{
		if ((old && entry->old.spi_i == old->spi_i &&
			 entry->old.spi_r == old->spi_r) || (new && entry->new == new))
		{
			found = entry;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Remove an entry, the caller has the lock.
 */
static void remove_entry(private_qcd_renewal_t *this, entry_t *entry)
{
	this->entries->remove(this->entries, entry, NULL);
	free(entry);
}

/**
 * Queue a job about an IKE SA.
 */
static void queue(private_qcd_renewal_t *this, qcd_owner_t *owner,
				  job_requeue_t (*cb)(work_t *work), uint32_t wait)
{
	callback_job_t *job;
	work_t *work;

	INIT(work,
		.this = this,
		.owner = *owner,
	);
	job = callback_job_create_with_prio((callback_job_cb_t)cb, work, free, NULL,
										JOB_PRIO_HIGH);
	if (wait)
	{
		lib->scheduler->schedule_job_ms(lib->scheduler, (job_t*)job, wait);
	}
	else
	{
		lib->processor->queue_job(lib->processor, (job_t*)job);
	}
}

/**
 * Job: make the new IKE SA.
 */
static job_requeue_t make(work_t *work)
{
	private_qcd_renewal_t *this = work->this;
	entry_t *entry;
	ike_sa_t *ike_sa;
	bool ok = FALSE;

	this->mutex->lock(this->mutex);
	entry = find(this, &work->owner, NULL);
	this->mutex->unlock(this->mutex);
	if (!entry)
	{	/* called off */
		return JOB_REQUEUE_NONE;
	}
	ike_sa = qcd_job_checkout(work->owner.spi_i, work->owner.spi_r);
	if (ike_sa)
	{
		if (ike_sa->get_state(ike_sa) == IKE_ESTABLISHED)
		{	/* make it with all CHILD SAs, whatever their actions */
			ike_sa->set_condition(ike_sa, COND_REAUTHENTICATING, TRUE);
			ok = ike_sa->reestablish(ike_sa) == SUCCESS;
			ike_sa->set_condition(ike_sa, COND_REAUTHENTICATING, FALSE);
			this->stats->event(this->stats, "%s[%u]: %s",
							   ike_sa->get_name(ike_sa),
							   ike_sa->get_unique_id(ike_sa), ok ?
							   "the peer says it is lost, making a new one" :
							   "the peer says it is lost, a new one can't be "
							   "made from here");
		}
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	if (!ok)
	{
		this->mutex->lock(this->mutex);
		entry = find(this, &work->owner, NULL);
		if (entry)
		{
			remove_entry(this, entry);
		}
		this->mutex->unlock(this->mutex);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Job: remove the old IKE SA, the peer is told nothing.
 */
static job_requeue_t finish(work_t *work)
{
	ike_sa_t *ike_sa;

	ike_sa = qcd_job_checkout(work->owner.spi_i, work->owner.spi_r);
	if (ike_sa)
	{
		work->this->stats->count(work->this->stats, QCD_SIR_RECOVERED);
		charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

METHOD(listener_t, ike_reestablish_pre, bool,
	private_qcd_renewal_t *this, ike_sa_t *old, ike_sa_t *new)
{
	ike_sa_id_t *id = old->get_id(old);
	qcd_owner_t owner = {
		.spi_i = id->get_initiator_spi(id),
		.spi_r = id->get_responder_spi(id),
	};
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find(this, &owner, NULL);
	if (entry)
	{
		entry->new = new;
	}
	this->mutex->unlock(this->mutex);
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_qcd_renewal_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	entry_t *entry;

	if (state != IKE_ESTABLISHED && state != IKE_DESTROYING)
	{
		return TRUE;
	}
	this->mutex->lock(this->mutex);
	entry = find(this, NULL, ike_sa);
	if (entry)
	{	/* the old one stays if the new one failed */
		if (state == IKE_ESTABLISHED)
		{
			queue(this, &entry->old, finish, 0);
		}
		remove_entry(this, entry);
	}
	this->mutex->unlock(this->mutex);
	return TRUE;
}

METHOD(qcd_renewal_t, start, bool,
	private_qcd_renewal_t *this, qcd_owner_t *owner, uint32_t wait)
{
	entry_t *entry;
	bool ok;

	this->mutex->lock(this->mutex);
	ok = !find(this, owner, NULL) &&
		 this->entries->get_count(this->entries) < ENTRIES_MAX;
	if (ok)
	{
		INIT(entry,
			.old = *owner,
		);
		this->entries->insert_last(this->entries, entry);
	}
	this->mutex->unlock(this->mutex);
	if (ok)
	{
		queue(this, owner, make, wait);
	}
	return ok;
}

METHOD(qcd_renewal_t, cancel, bool,
	private_qcd_renewal_t *this, qcd_owner_t *owner)
{
	entry_t *entry;
	bool ok;

	this->mutex->lock(this->mutex);
	entry = find(this, owner, NULL);
	ok = entry && !entry->new;
	if (ok)
	{
		remove_entry(this, entry);
	}
	this->mutex->unlock(this->mutex);
	return ok;
}

METHOD(qcd_renewal_t, destroy, void,
	private_qcd_renewal_t *this)
{
	this->entries->destroy_function(this->entries, free);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
qcd_renewal_t *qcd_renewal_create(qcd_stats_t *stats)
{
	private_qcd_renewal_t *this;

	INIT(this,
		.public = {
			.listener = {
				.ike_reestablish_pre = _ike_reestablish_pre,
				.ike_state_change = _ike_state_change,
			},
			.start = _start,
			.cancel = _cancel,
			.destroy = _destroy,
		},
		.stats = stats,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.entries = linked_list_create(),
	);
	return &this->public;
}
