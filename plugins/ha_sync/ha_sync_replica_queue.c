/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_replica_queue.h"

#include <stddef.h>

#include <collections/array.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

/**
 * Delay until the first operation is done, in ms: many are done at once then,
 * after those who wait for acknowledgements got the CPU.
 */
#define DELAY 10

/**
 * Operations that may wait; who has more waits himself.
 */
#define QUEUE_MAX 4096

typedef struct private_ha_sync_replica_queue_t private_ha_sync_replica_queue_t;
typedef struct op_t op_t;

/**
 * An operation.
 */
struct op_t {
	/** what to do */
	enum {
		OP_MAKE,
		OP_UPDATE,
		OP_REMOVE,
		OP_CHILD,
		OP_REMOVE_CHILD,
	} type;
	/** SA, only its IKE SA for the first three */
	ha_sync_child_id_t id;
};

/**
 * Private data.
 */
struct private_ha_sync_replica_queue_t {

	/** public interface */
	ha_sync_replica_queue_t public;

	/** knows what has virtual IPs */
	ha_sync_registry_t *registry;

	/** does the work */
	ha_sync_replica_t *replica;

	/** the thread */
	thread_t *thread;

	/** operations that wait (op_t*) */
	array_t *ops;

	/** number of operations queued, and done, ever */
	uint64_t queued, done;

	/** who waits until operations are done */
	u_int waiting;

	/** TRUE if the thread shall end */
	bool ending;

	/** signalled if there is something to do, and when it is done */
	condvar_t *added, *taken;

	/** protects all of these */
	mutex_t *mutex;
};

/**
 * Get our object.
 */
static private_ha_sync_replica_queue_t *from_replica(ha_sync_replica_t *replica)
{
	return (private_ha_sync_replica_queue_t*)((char*)replica -
								offsetof(ha_sync_replica_queue_t, replica));
}

/**
 * Do an operation.
 */
static void execute(private_ha_sync_replica_queue_t *this, op_t *op)
{
	switch (op->type)
	{
		case OP_MAKE:
			this->replica->make(this->replica, &op->id.ike);
			break;
		case OP_UPDATE:
			this->replica->update(this->replica, &op->id.ike);
			break;
		case OP_REMOVE:
			this->replica->remove(this->replica, &op->id.ike);
			break;
		case OP_CHILD:
			this->replica->child(this->replica, &op->id);
			break;
		case OP_REMOVE_CHILD:
			this->replica->remove_child(this->replica, &op->id);
			break;
	}
}

/**
 * Wait for operations, and take them all; NULL to end.
 */
static array_t *take(private_ha_sync_replica_queue_t *this)
{
	array_t *ops = NULL;
	bool timeout = FALSE;

	this->mutex->lock(this->mutex);
	while (!this->ending && !array_count(this->ops))
	{
		this->added->wait(this->added, this->mutex);
	}
	while (!this->ending && !this->waiting && !timeout)
	{
		timeout = this->added->timed_wait(this->added, this->mutex, DELAY);
	}
	if (!this->ending)
	{
		ops = this->ops;
		this->ops = array_create(0, 0);
	}
	this->mutex->unlock(this->mutex);
	return ops;
}

/**
 * Main function of the thread.
 */
static void *run(private_ha_sync_replica_queue_t *this)
{
	array_t *ops;
	op_t *op;

	while ((ops = take(this)))
	{
		while (array_remove(ops, ARRAY_HEAD, &op))
		{
			execute(this, op);
			free(op);
			this->mutex->lock(this->mutex);
			this->done++;
			if (this->waiting)
			{
				this->taken->broadcast(this->taken);
			}
			this->mutex->unlock(this->mutex);
		}
		array_destroy(ops);
	}
	return NULL;
}

/**
 * Wait until an operation was done, or the thread ends; mutex held.
 */
static void wait_for(private_ha_sync_replica_queue_t *this, uint64_t number)
{
	this->waiting++;
	this->added->signal(this->added);
	while (this->done < number && !this->ending)
	{
		this->taken->wait(this->taken, this->mutex);
	}
	this->waiting--;
}

/**
 * Queue an operation, wait until it is done if asked to.
 */
static void queue(private_ha_sync_replica_queue_t *this, op_t template,
				  bool wait)
{
	op_t *op = malloc_thing(op_t);
	uint64_t number;

	*op = template;
	this->mutex->lock(this->mutex);
	number = ++this->queued;
	array_insert(this->ops, ARRAY_TAIL, op);
	/* the thread has its delay if there are others already */
	if (array_count(this->ops) == 1)
	{
		this->added->signal(this->added);
	}
	if (wait)
	{
		wait_for(this, number);
	}
	else if (number > this->done + QUEUE_MAX)
	{
		wait_for(this, number - QUEUE_MAX / 2);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Implements ha_sync_replica_t.make
 */
static bool make(ha_sync_replica_t *replica, const ha_sync_spis_t *spis)
{
	private_ha_sync_replica_queue_t *this = from_replica(replica);

	queue(this, (op_t){ OP_MAKE, { .ike = *spis } },
		  this->registry->has_vips(this->registry, spis));
	return TRUE;
}

/**
 * Implements ha_sync_replica_t.update
 */
static void update(ha_sync_replica_t *replica, const ha_sync_spis_t *spis)
{
	queue(from_replica(replica), (op_t){ OP_UPDATE, { .ike = *spis } }, FALSE);
}

/**
 * Implements ha_sync_replica_t.child
 */
static void child(ha_sync_replica_t *replica, const ha_sync_child_id_t *id)
{
	queue(from_replica(replica), (op_t){ OP_CHILD, *id }, FALSE);
}

/**
 * Implements ha_sync_replica_t.remove
 */
static void remove_ike(ha_sync_replica_t *replica, const ha_sync_spis_t *spis)
{
	queue(from_replica(replica), (op_t){ OP_REMOVE, { .ike = *spis } }, FALSE);
}

/**
 * Implements ha_sync_replica_t.remove_child
 */
static void remove_child(ha_sync_replica_t *replica,
						 const ha_sync_child_id_t *id)
{
	queue(from_replica(replica), (op_t){ OP_REMOVE_CHILD, *id }, FALSE);
}

METHOD(ha_sync_replica_queue_t, flush, void,
	private_ha_sync_replica_queue_t *this)
{
	this->mutex->lock(this->mutex);
	wait_for(this, this->queued);
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_replica_queue_t, destroy, void,
	private_ha_sync_replica_queue_t *this)
{
	this->mutex->lock(this->mutex);
	this->ending = TRUE;
	this->added->signal(this->added);
	this->taken->broadcast(this->taken);
	this->mutex->unlock(this->mutex);
	this->thread->join(this->thread);
	array_destroy_function(this->ops, (void*)free, NULL);
	this->added->destroy(this->added);
	this->taken->destroy(this->taken);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_replica_queue_t *ha_sync_replica_queue_create(
										ha_sync_registry_t *registry,
										ha_sync_replica_t *replica)
{
	private_ha_sync_replica_queue_t *this;

	INIT(this,
		.public = {
			.replica = {
				.make = make,
				.update = update,
				.child = child,
				.remove = remove_ike,
				.remove_child = remove_child,
			},
			.flush = _flush,
			.destroy = _destroy,
		},
		.registry = registry,
		.replica = replica,
		.ops = array_create(0, 0),
		.added = condvar_create(CONDVAR_TYPE_DEFAULT),
		.taken = condvar_create(CONDVAR_TYPE_DEFAULT),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->thread = thread_create((thread_main_t)run, this);
	return &this->public;
}
