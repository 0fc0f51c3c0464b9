/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_flusher.h"
#include "sync_wake.h"

#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

typedef struct private_sync_flusher_t private_sync_flusher_t;

/**
 * Private data.
 */
struct private_sync_flusher_t {

	/** public interface */
	sync_flusher_t public;

	/** function to call */
	void (*flush)(void *user);

	/** argument for it */
	void *user;

	/** the thread */
	thread_t *thread;

	/** lock for all below */
	mutex_t *mutex;

	/** signalled when there is work, or the thread shall end */
	condvar_t *changed;

	/** delay, in ms */
	uint32_t delay;

	/** there is work */
	bool work;

	/** the thread shall end */
	bool ending;
};

/**
 * Wait for work, and then for the delay; FALSE to end.
 */
static bool wait_for_work(private_sync_flusher_t *this)
{
	bool work;

	this->mutex->lock(this->mutex);
	while (!this->work && !this->ending)
	{
		this->changed->wait(this->changed, this->mutex);
	}
	if (!this->ending)
	{	/* nobody signals while there's work, but to end */
		this->changed->timed_wait(this->changed, this->mutex, this->delay);
	}
	work = this->work;
	this->work = FALSE;
	this->mutex->unlock(this->mutex);
	return work;
}

/**
 * Main function of the thread.
 */
static void *flush_thread(private_sync_flusher_t *this)
{
	sync_thread_setup();
	while (wait_for_work(this))
	{
		this->flush(this->user);
	}
	return NULL;
}

METHOD(sync_flusher_t, trigger, void,
	private_sync_flusher_t *this)
{
	this->mutex->lock(this->mutex);
	if (!this->work)
	{
		this->work = TRUE;
		this->changed->signal(this->changed);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(sync_flusher_t, set_delay, void,
	private_sync_flusher_t *this, uint32_t delay)
{
	this->mutex->lock(this->mutex);
	this->delay = delay;
	this->mutex->unlock(this->mutex);
}

METHOD(sync_flusher_t, destroy, void,
	private_sync_flusher_t *this)
{
	this->mutex->lock(this->mutex);
	this->ending = TRUE;
	this->changed->signal(this->changed);
	this->mutex->unlock(this->mutex);
	this->thread->join(this->thread);
	this->changed->destroy(this->changed);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
sync_flusher_t *sync_flusher_create(void (*flush)(void *user), void *user,
									uint32_t delay)
{
	private_sync_flusher_t *this;

	INIT(this,
		.public = {
			.trigger = _trigger,
			.set_delay = _set_delay,
			.destroy = _destroy,
		},
		.flush = flush,
		.user = user,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.changed = condvar_create(CONDVAR_TYPE_DEFAULT),
		.delay = delay,
	);
	this->thread = thread_create((thread_main_t)flush_thread, this);
	return &this->public;
}
