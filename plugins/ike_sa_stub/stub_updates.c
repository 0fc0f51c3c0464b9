/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_updates.h"

#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/** for how many ms updates are collected */
#define FLUSH_DELAY 20

typedef struct private_stub_updates_t private_stub_updates_t;
typedef struct change_t change_t;

/**
 * Private data.
 */
struct private_stub_updates_t {

	/** public interface */
	stub_updates_t public;

	/** members that keep stubs */
	stub_banks_t *banks;

	/** name of this member */
	const char *name;

	/** records */
	stub_records_t *records;

	/** encrypts records */
	stub_seal_t *seal;

	/** changes to be sent, change_t* */
	array_t *changes;

	/** TRUE if a job to send them is queued, or at work: there is only one, so
	 * that what was put and then removed is sent in that order */
	bool queued;

	/** protects changes and queued */
	mutex_t *mutex;
};

/**
 * A change others are to be told of.
 */
struct change_t {
	/** what it is */
	stub_item_kind_t kind;
	/** index */
	uint64_t index;
	/** new stub */
	stub_t *stub;
};

/**
 * Send a message, unless it's empty.
 */
static void send_updates(private_stub_updates_t *this, stub_message_t *message)
{
	if (message->count(message))
	{
		this->banks->send(this->banks, message->get(message));
	}
}

/**
 * Add an item to a message, send the message if it's full.
 */
static void add_item(private_stub_updates_t *this, stub_message_t **message,
					 const stub_item_t *item)
{
	if (!(*message)->add(*message, item))
	{
		send_updates(this, *message);
		(*message)->destroy(*message);
		*message = stub_message_create(STUB_MESSAGE_UPDATE);
		(*message)->add(*message, item);
	}
}

/**
 * Add a change to a message.
 */
static void add_change(private_stub_updates_t *this, stub_message_t **message,
					   change_t *change)
{
	chunk_t record = chunk_empty;
	stub_item_t item = {
		.kind = change->kind,
	};

	this->seal->hash(this->seal, change->index, item.hash);
	switch (change->kind)
	{
		case STUB_ITEM_RECORD:
			record = this->seal->seal(this->seal, change->stub);
			if (!record.len ||
				!this->records->put(this->records, item.hash, record,
									change->index))
			{
				chunk_free(&record);
				return;
			}
			item.record = record;
			break;
		case STUB_ITEM_USED:
			item.record = chunk_from_str((char*)this->name);
			this->records->remove(this->records, item.hash);
			break;
		case STUB_ITEM_GONE:
			this->records->remove(this->records, item.hash);
			this->records->gone(this->records, item.hash);
			break;
	}
	add_item(this, message, &item);
	chunk_free(&record);
}

/**
 * Destroy a change.
 */
static void change_destroy(change_t *change)
{
	stub_unref(change->stub);
	free(change);
}

/**
 * Job: send changes.
 */
static job_requeue_t flush(private_stub_updates_t *this)
{
	stub_message_t *message;
	job_requeue_t requeue;
	change_t *change;
	array_t *changes;

	this->mutex->lock(this->mutex);
	changes = this->changes;
	this->changes = array_create(0, 0);
	this->mutex->unlock(this->mutex);

	message = stub_message_create(STUB_MESSAGE_UPDATE);
	while (array_remove(changes, ARRAY_HEAD, &change))
	{
		add_change(this, &message, change);
		change_destroy(change);
	}
	array_destroy(changes);
	send_updates(this, message);
	message->destroy(message);

	this->mutex->lock(this->mutex);
	this->queued = array_count(this->changes) > 0;
	requeue = this->queued ? JOB_RESCHEDULE_MS(FLUSH_DELAY) : JOB_REQUEUE_NONE;
	this->mutex->unlock(this->mutex);
	return requeue;
}

METHOD(stub_updates_t, note, void,
	private_stub_updates_t *this, stub_item_kind_t kind, uint64_t index,
	stub_t *stub)
{
	change_t *change;
	bool queue;

	INIT(change,
		.kind = kind,
		.index = index,
		.stub = stub ? stub_ref(stub) : NULL,
	);
	this->mutex->lock(this->mutex);
	array_insert(this->changes, ARRAY_TAIL, change);
	queue = !this->queued;
	this->queued = TRUE;
	this->mutex->unlock(this->mutex);
	if (queue)
	{
		lib->scheduler->schedule_job_ms(lib->scheduler,
			(job_t*)callback_job_create_with_prio((void*)flush, this, NULL,
												  NULL, JOB_PRIO_HIGH),
			FLUSH_DELAY);
	}
}

METHOD(stub_updates_t, destroy, void,
	private_stub_updates_t *this)
{
	array_destroy_function(this->changes, (void*)change_destroy, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
stub_updates_t *stub_updates_create(stub_banks_t *banks, const char *name,
									stub_records_t *records,
									stub_seal_t *seal)
{
	private_stub_updates_t *this;

	INIT(this,
		.public = {
			.note = _note,
			.destroy = _destroy,
		},
		.banks = banks,
		.name = name,
		.records = records,
		.seal = seal,
		.changes = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
