/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_pending.h"

#include <collections/hashtable.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

typedef struct private_stub_pending_t private_stub_pending_t;

/**
 * Private data.
 */
struct private_stub_pending_t {

	/** public interface */
	stub_pending_t public;

	/** unique ID of IKE_SA => stub_pending_entry_t */
	hashtable_t *entries;

	/** protects the table */
	mutex_t *mutex;
};

/**
 * Key for the table.
 */
static void *key(uint32_t unique_id)
{
	return (void*)(uintptr_t)unique_id;
}

METHOD(stub_pending_t, add, stub_pending_entry_t*,
	private_stub_pending_t *this, ike_sa_t *ike_sa, stub_request_t *request,
	stub_pending_state_t state)
{
	stub_pending_entry_t *entry;

	INIT(entry,
		.state = state,
		.answering = stub_answering_create(ike_sa, request),
	);
	this->mutex->lock(this->mutex);
	this->entries->put(this->entries, key(ike_sa->get_unique_id(ike_sa)),
					   entry);
	this->mutex->unlock(this->mutex);
	return entry;
}

METHOD(stub_pending_t, find, stub_pending_entry_t*,
	private_stub_pending_t *this, uint32_t unique_id)
{
	stub_pending_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, key(unique_id));
	this->mutex->unlock(this->mutex);
	return entry;
}

/**
 * Job: destroy an object that may release addresses.
 */
static job_requeue_t destroy_answering(stub_answering_t *answering)
{
	answering->destroy(answering);
	return JOB_REQUEUE_NONE;
}

METHOD(stub_pending_t, remove_, void,
	private_stub_pending_t *this, uint32_t unique_id)
{
	stub_pending_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->remove(this->entries, key(unique_id));
	this->mutex->unlock(this->mutex);
	if (entry)
	{
		if (entry->answering->has_lease(entry->answering))
		{
			lib->processor->queue_job(lib->processor,
				(job_t*)callback_job_create((void*)destroy_answering,
											entry->answering, NULL, NULL));
		}
		else
		{
			entry->answering->destroy(entry->answering);
		}
		free(entry);
	}
}

METHOD(stub_pending_t, count_, u_int,
	private_stub_pending_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->entries->get_count(this->entries);
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(stub_pending_t, destroy, void,
	private_stub_pending_t *this)
{
	enumerator_t *enumerator;
	stub_pending_entry_t *entry;

	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		entry->answering->destroy(entry->answering);
		free(entry);
	}
	enumerator->destroy(enumerator);
	this->entries->destroy(this->entries);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
stub_pending_t *stub_pending_create()
{
	private_stub_pending_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.find = _find,
			.remove = _remove_,
			.count = _count_,
			.destroy = _destroy,
		},
		.entries = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
