/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_rekey.h"
#include "ha_sync_checkout.h"
#include "ha_sync_import.h"
#include "ha_sync_option.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/**
 * Rekeyings started per second, if not configured, and limits.
 */
#define DEFAULT_RATE 100
#define MIN_RATE 1
#define MAX_RATE 10000

/**
 * Shortest interval between batches, in ms.
 */
#define MIN_INTERVAL 20

typedef struct private_ha_sync_rekey_t private_ha_sync_rekey_t;
typedef enum result_t result_t;

/**
 * What became of an attempt to rekey.
 */
enum result_t {
	/** started */
	STARTED,
	/** nothing to be rekeyed (here) anymore */
	GONE,
	/** the IKE_SA is being rekeyed, try again */
	LATER,
};

/**
 * Private data.
 */
struct private_ha_sync_rekey_t {

	/** public interface */
	ha_sync_rekey_t public;

	/** registry with all records */
	ha_sync_registry_t *registry;

	/** tells if rekeyings have to wait, and its data */
	ha_sync_rekey_wait_t wait;
	void *user;

	/** CHILD SAs that can't receive, and others (ha_sync_child_id_t*) */
	array_t *urgent, *queue;

	/** TRUE while a job for the queues is scheduled */
	bool scheduled;

	/** rekeyings started since the queues were empty, and when that was */
	uint32_t count;
	timeval_t begin;

	/** rekeyings started in all */
	uint32_t started;

	/** rekeyings per batch, and ms between batches */
	u_int batch, interval;

	/** protects all of these */
	mutex_t *mutex;
};

/**
 * Get the record of a CHILD SA; its IKE SA may have been rekeyed meanwhile.
 */
static ha_sync_child_t *find_record(private_ha_sync_rekey_t *this,
									ha_sync_child_id_t *id)
{
	ha_sync_child_t *record;

	record = this->registry->get_child(this->registry, id);
	if (!record &&
		this->registry->find_child(this->registry, id->spi_in, TRUE, id))
	{
		record = this->registry->get_child(this->registry, id);
	}
	return record;
}

/**
 * Rekey a CHILD_SA of an IKE_SA.
 */
static result_t rekey(ike_sa_t *ike_sa, uint32_t spi_in)
{
	child_sa_t *child_sa;

	switch (ike_sa->get_state(ike_sa))
	{
		case IKE_ESTABLISHED:
			break;
		case IKE_REKEYING:
			/* the CHILD_SA moves to the new one */
			return LATER;
		default:
			return GONE;
	}
	child_sa = ha_sync_import_find_child(ike_sa, spi_in);
	if (!child_sa || child_sa->get_state(child_sa) != CHILD_INSTALLED)
	{
		return GONE;
	}
	ike_sa->rekey_child_sa(ike_sa, child_sa->get_protocol(child_sa), spi_in);
	return STARTED;
}

/**
 * Start one rekeying.
 */
static result_t start_one(private_ha_sync_rekey_t *this, ha_sync_child_id_t *id)
{
	ha_sync_child_t *record;
	ike_sa_t *ike_sa;
	result_t result = GONE;

	record = find_record(this, id);
	if (record && !record->rekeyed)
	{
		ike_sa = ha_sync_checkout(&id->ike);
		if (ike_sa)
		{
			result = rekey(ike_sa, id->spi_in);
			charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
		}
	}
	ha_sync_child_destroy(record);
	return result;
}

/**
 * Get the next one, NULL if there is none: no job is scheduled then.
 */
static ha_sync_child_id_t *next(private_ha_sync_rekey_t *this)
{
	ha_sync_child_id_t *id = NULL;
	timeval_t now, diff;

	this->mutex->lock(this->mutex);
	if (!array_remove(this->urgent, ARRAY_HEAD, &id) &&
		!array_remove(this->queue, ARRAY_HEAD, &id))
	{
		this->scheduled = FALSE;
		if (this->count)
		{
			time_monotonic(&now);
			timersub(&now, &this->begin, &diff);
			DBG1(DBG_CFG, "ha-sync: started to rekey %u CHILD SAs within "
				 "%ld ms", this->count,
				 diff.tv_sec * 1000 + diff.tv_usec / 1000);
		}
	}
	this->mutex->unlock(this->mutex);
	return id;
}

/**
 * Note what became of an attempt.
 */
static void attempted(private_ha_sync_rekey_t *this, ha_sync_child_id_t *id,
					  result_t result)
{
	this->mutex->lock(this->mutex);
	if (result == LATER)
	{
		array_insert(this->queue, ARRAY_TAIL, id);
		id = NULL;
	}
	else if (result == STARTED)
	{
		this->count++;
		this->started++;
	}
	this->mutex->unlock(this->mutex);
	free(id);
}

/**
 * Job: start some.
 */
static job_requeue_t start_some(private_ha_sync_rekey_t *this)
{
	ha_sync_child_id_t *id;
	u_int batch, interval;
	result_t result;

	this->mutex->lock(this->mutex);
	batch = this->batch;
	interval = this->interval;
	this->mutex->unlock(this->mutex);
	if (!this->wait(this->user))
	{
		while (batch)
		{
			id = next(this);
			if (!id)
			{
				return JOB_REQUEUE_NONE;
			}
			result = start_one(this, id);
			attempted(this, id, result);
			batch -= result != GONE;
		}
	}
	return JOB_RESCHEDULE_MS(interval);
}

METHOD(ha_sync_rekey_t, add, void,
	private_ha_sync_rekey_t *this, const ha_sync_child_id_t *id, bool urgent)
{
	ha_sync_child_id_t *copy;
	bool schedule;

	INIT(copy);
	*copy = *id;
	this->mutex->lock(this->mutex);
	array_insert(urgent ? this->urgent : this->queue, ARRAY_TAIL, copy);
	schedule = !this->scheduled;
	if (schedule)
	{
		this->scheduled = TRUE;
		this->count = 0;
		time_monotonic(&this->begin);
	}
	this->mutex->unlock(this->mutex);
	if (schedule)
	{	/* not at once: the caller has more to do, and has an IKE_SA */
		lib->scheduler->schedule_job_ms(lib->scheduler,
			(job_t*)callback_job_create((void*)start_some, this, NULL, NULL),
			MIN_INTERVAL);
	}
}

METHOD(ha_sync_rekey_t, get_counts, void,
	private_ha_sync_rekey_t *this, ha_sync_rekey_counts_t *counts)
{
	this->mutex->lock(this->mutex);
	counts->queued = array_count(this->urgent) + array_count(this->queue);
	counts->started = this->started;
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_rekey_t, reload, void,
	private_ha_sync_rekey_t *this)
{
	u_int rate;

	rate = ha_sync_option_number("rekey_rate", MIN_RATE, MAX_RATE,
								 DEFAULT_RATE);
	this->mutex->lock(this->mutex);
	this->batch = max(rate * MIN_INTERVAL / 1000, 1);
	this->interval = this->batch * 1000 / rate;
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_rekey_t, destroy, void,
	private_ha_sync_rekey_t *this)
{
	array_destroy_function(this->urgent, (void*)free, NULL);
	array_destroy_function(this->queue, (void*)free, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_rekey_t *ha_sync_rekey_create(ha_sync_registry_t *registry,
									  ha_sync_rekey_wait_t wait, void *user)
{
	private_ha_sync_rekey_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.get_counts = _get_counts,
			.reload = _reload,
			.destroy = _destroy,
		},
		.registry = registry,
		.wait = wait,
		.user = user,
		.urgent = array_create(0, 0),
		.queue = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	reload(this);
	return &this->public;
}
