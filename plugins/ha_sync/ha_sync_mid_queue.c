/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_mid_queue.h"
#include "ha_sync_option.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/**
 * Syncs started per second, if not configured.
 */
#define DEFAULT_RATE 500

/**
 * Interval between batches, in ms.
 */
#define INTERVAL 20

/**
 * Lowest rate: one sync per batch.
 */
#define MIN_RATE (1000 / INTERVAL)

/**
 * Highest rate: in effect no limit.
 */
#define MAX_RATE 100000

typedef struct private_ha_sync_mid_queue_t private_ha_sync_mid_queue_t;

/**
 * Private data.
 */
struct private_ha_sync_mid_queue_t {

	/** public interface */
	ha_sync_mid_queue_t public;

	/** starts a sync */
	ha_sync_mid_queue_start_t start;

	/** passed to start */
	void *user;

	/** IKE SAs (ha_sync_spis_t*) */
	array_t *queue;

	/** TRUE while a job for the queue is scheduled */
	bool scheduled;

	/** syncs per batch */
	u_int batch;

	/** protects queue, scheduled and batch */
	mutex_t *mutex;
};

/**
 * Job: start some of the queued syncs.
 */
static job_requeue_t start_some(private_ha_sync_mid_queue_t *this)
{
	ha_sync_spis_t *spis;
	u_int i, batch = 1;

	for (i = 0; i < batch; i++)
	{
		this->mutex->lock(this->mutex);
		batch = this->batch;
		if (!array_remove(this->queue, ARRAY_HEAD, &spis))
		{
			this->scheduled = FALSE;
			this->mutex->unlock(this->mutex);
			return JOB_REQUEUE_NONE;
		}
		this->mutex->unlock(this->mutex);
		this->start(this->user, spis);
		free(spis);
	}
	return JOB_RESCHEDULE_MS(INTERVAL);
}

METHOD(ha_sync_mid_queue_t, add, void,
	private_ha_sync_mid_queue_t *this, const ha_sync_spis_t *spis)
{
	ha_sync_spis_t *copy;
	bool schedule;

	INIT(copy);
	*copy = *spis;
	this->mutex->lock(this->mutex);
	array_insert(this->queue, ARRAY_TAIL, copy);
	schedule = !this->scheduled;
	this->scheduled = TRUE;
	this->mutex->unlock(this->mutex);
	if (schedule)
	{
		lib->processor->queue_job(lib->processor,
			(job_t*)callback_job_create_with_prio((void*)start_some, this, NULL,
												  NULL, JOB_PRIO_HIGH));
	}
}

METHOD(ha_sync_mid_queue_t, reload, void,
	private_ha_sync_mid_queue_t *this)
{
	u_int rate;

	rate = ha_sync_option_number("sync_rate", MIN_RATE, MAX_RATE, DEFAULT_RATE);
	this->mutex->lock(this->mutex);
	this->batch = rate * INTERVAL / 1000;
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_mid_queue_t, destroy, void,
	private_ha_sync_mid_queue_t *this)
{
	array_destroy_function(this->queue, (void*)free, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_mid_queue_t *ha_sync_mid_queue_create(ha_sync_mid_queue_start_t start,
											  void *user)
{
	private_ha_sync_mid_queue_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.reload = _reload,
			.destroy = _destroy,
		},
		.start = start,
		.user = user,
		.queue = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	reload(this);
	return &this->public;
}
