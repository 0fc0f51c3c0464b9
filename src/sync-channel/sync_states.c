/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_states.h"

#include <collections/array.h>
#include <collections/hashtable.h>
#include <threading/mutex.h>

/** states appended to the backlog before others get a chance for the lock */
#define FLUSH_BATCH 32

typedef struct private_sync_states_t private_sync_states_t;
typedef struct object_t object_t;
typedef struct state_t state_t;

/**
 * A state.
 */
struct state_t {
	/** type of message */
	uint8_t type;
	/** body */
	chunk_t body;
};

/**
 * An object, with states of one or more types.
 */
struct object_t {
	/** domain */
	sync_domain_t domain;
	/** key */
	chunk_t key;
	/** states, as state_t */
	array_t *states;
	/** neighbours in the order of arrival */
	object_t *prev, *next;
};

/**
 * Private data.
 */
struct private_sync_states_t {

	/** public interface */
	sync_states_t public;

	/** where the states go to */
	sync_backlog_t *backlog;

	/** lock for all below */
	mutex_t *mutex;

	/** objects by domain and key, object_t */
	hashtable_t *objects;

	/** oldest and newest object */
	object_t *head, *tail;
};

/**
 * Hash of an object.
 */
static u_int object_hash(object_t *this)
{
	return chunk_hash_inc(this->key, this->domain);
}

/**
 * Compare two objects.
 */
static bool object_equals(object_t *a, object_t *b)
{
	return a->domain == b->domain && chunk_equals(a->key, b->key);
}

/**
 * Remove an object from the order and the table.
 */
static void unlink_object(private_sync_states_t *this, object_t *object)
{
	this->objects->remove(this->objects, object);
	*(object->prev ? &object->prev->next : &this->head) = object->next;
	*(object->next ? &object->next->prev : &this->tail) = object->prev;
}

/**
 * Destroy an object with states nobody wants.
 */
static void object_destroy(object_t *this)
{
	state_t state;

	while (array_remove(this->states, ARRAY_HEAD, &state))
	{
		chunk_clear(&state.body);
	}
	array_destroy(this->states);
	chunk_free(&this->key);
	free(this);
}

/**
 * Find an object, or create it.
 */
static object_t *get_object(private_sync_states_t *this, sync_domain_t domain,
							chunk_t key)
{
	object_t *object, lookup = {
		.domain = domain,
		.key = key,
	};

	object = this->objects->get(this->objects, &lookup);
	if (!object)
	{
		INIT(object,
			.domain = domain,
			.key = chunk_clone(key),
			.states = array_create(sizeof(state_t), 0),
			.prev = this->tail,
		);
		*(this->tail ? &this->tail->next : &this->head) = object;
		this->tail = object;
		this->objects->put(this->objects, object, object);
	}
	return object;
}

METHOD(sync_states_t, set, void,
	private_sync_states_t *this, sync_domain_t domain, uint8_t type,
	chunk_t key, chunk_t body)
{
	state_t new = {
		.type = type,
		.body = body,
	}, *state;
	enumerator_t *enumerator;
	object_t *object;
	bool found = FALSE;

	this->mutex->lock(this->mutex);
	object = get_object(this, domain, key);
	/* pointers to the values; array_get() would copy them */
	enumerator = array_create_enumerator(object->states);
	while (enumerator->enumerate(enumerator, &state))
	{
		if (state->type == type)
		{
			chunk_clear(&state->body);
			state->body = body;
			found = TRUE;
			break;
		}
	}
	enumerator->destroy(enumerator);
	if (!found)
	{
		array_insert(object->states, ARRAY_TAIL, &new);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(sync_states_t, cancel, void,
	private_sync_states_t *this, sync_domain_t domain, chunk_t key)
{
	object_t *object, lookup = {
		.domain = domain,
		.key = key,
	};

	this->mutex->lock(this->mutex);
	object = this->objects->get(this->objects, &lookup);
	if (object)
	{
		unlink_object(this, object);
	}
	this->mutex->unlock(this->mutex);
	if (object)
	{
		object_destroy(object);
	}
}

/**
 * Append the oldest object's states to the backlog.
 */
static void flush_object(private_sync_states_t *this)
{
	object_t *object = this->head;
	state_t state;

	unlink_object(this, object);
	while (array_remove(object->states, ARRAY_HEAD, &state))
	{
		this->backlog->append(this->backlog, object->domain, state.type,
							  state.body);
	}
	object_destroy(object);
}

METHOD(sync_states_t, flush, void,
	private_sync_states_t *this)
{
	u_int count, i;

	this->mutex->lock(this->mutex);
	/* the lock is held while appending, so that nothing is sent after it was
	 * cancelled; what is set while we let others in has its own flush */
	count = this->objects->get_count(this->objects);
	for (i = 1; i <= count && this->head; i++)
	{
		flush_object(this);
		if (i % FLUSH_BATCH == 0)
		{
			this->mutex->unlock(this->mutex);
			this->mutex->lock(this->mutex);
		}
	}
	this->mutex->unlock(this->mutex);
}

METHOD(sync_states_t, destroy, void,
	private_sync_states_t *this)
{
	object_t *object;

	while (this->head)
	{
		object = this->head;
		unlink_object(this, object);
		object_destroy(object);
	}
	this->objects->destroy(this->objects);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
sync_states_t *sync_states_create(sync_backlog_t *backlog)
{
	private_sync_states_t *this;

	INIT(this,
		.public = {
			.set = _set,
			.cancel = _cancel,
			.flush = _flush,
			.destroy = _destroy,
		},
		.backlog = backlog,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.objects = hashtable_create((hashtable_hash_t)object_hash,
									(hashtable_equals_t)object_equals, 32),
	);
	return &this->public;
}
