/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_dispatch.h"
#include "sync_wake.h"

#include <collections/linked_list.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

/** octets of messages from which on the queue is full */
#define QUEUE_LIMIT (4 * 1024 * 1024)

/** memory a message takes beside its body, about */
#define ITEM_COST 128

typedef struct private_sync_dispatch_t private_sync_dispatch_t;
typedef struct item_t item_t;
typedef enum item_type_t item_type_t;

/**
 * What happened.
 */
enum item_type_t {
	ITEM_UP,
	ITEM_DOWN,
	ITEM_SUBSCRIBED,
	ITEM_MESSAGE,
	ITEM_BEGIN,
	ITEM_END,
	ITEM_PROCESSED,
	ITEM_ACK,
};

/**
 * Entry of the queue.
 */
struct item_t {
	/** what happened */
	item_type_t type;
	/** domain, of messages and snapshots */
	u_int domain;
	/** type of message */
	uint8_t message;
	/** body of message */
	chunk_t body;
	/** sequence number of message, incarnation of UP */
	uint64_t number;
	/** number of the link, of PROCESSED */
	u_int link;
};

/**
 * Private data.
 */
struct private_sync_dispatch_t {

	/** public interface */
	sync_dispatch_t public;

	/** name of the member */
	char *member;

	/** subscribers */
	sync_subscribers_t *subscribers;

	/** called when not full anymore */
	void (*wake)(void *user);

	/** argument for it */
	void *user;

	/** the thread */
	thread_t *thread;

	/** incarnation if the member is up, else 0; used by the thread only */
	uint64_t incarnation;

	/** subscriptions that know that the member is up; by the thread only */
	u_int told[SYNC_DOMAIN_COUNT];

	/** subscriptions that know that a snapshot began; by the thread only */
	u_int begun[SYNC_DOMAIN_COUNT];

	/** lock for all below */
	mutex_t *mutex;

	/** signalled when an item was added, or the thread shall end */
	condvar_t *added;

	/** items, item_t */
	linked_list_t *queue;

	/** cost of items in the queue */
	size_t cost;

	/** the queue was found full */
	bool full;

	/** last sequence number processed */
	uint64_t processed;

	/** number of the link, and of the one processed is of */
	u_int link, counted;

	/** an acknowledgement is due */
	bool ack;

	/** thread shall end */
	bool ending;
};

/**
 * Destroy an item.
 */
static void item_destroy(item_t *this)
{
	chunk_clear(&this->body);
	free(this);
}

/**
 * Append an item to the queue.
 */
static void enqueue(private_sync_dispatch_t *this, item_t template)
{
	item_t *item = malloc_thing(item_t);

	*item = template;
	this->mutex->lock(this->mutex);
	this->queue->insert_last(this->queue, item);
	this->cost += item->body.len + ITEM_COST;
	this->added->signal(this->added);
	this->mutex->unlock(this->mutex);
}

/**
 * Tell a subscriber that the member is up, if it doesn't know.
 */
static void tell_up(private_sync_dispatch_t *this, u_int domain, u_int id,
					sync_subscriber_t *subscriber)
{
	if (this->incarnation && this->told[domain] != id)
	{
		this->told[domain] = id;
		if (subscriber->member_up)
		{
			subscriber->member_up(subscriber, this->member,
								  this->incarnation);
		}
	}
}

/**
 * Call one subscriber for an item.
 */
static void call(private_sync_dispatch_t *this, item_t *item, u_int domain)
{
	sync_subscriber_t *sub;
	u_int id;

	sub = this->subscribers->enter(this->subscribers, domain, &id);
	if (!sub)
	{
		return;
	}
	if (item->type == ITEM_DOWN)
	{
		if (this->told[domain] == id && sub->member_down)
		{
			sub->member_down(sub, this->member);
		}
		this->told[domain] = this->begun[domain] = 0;
		this->subscribers->leave(this->subscribers, domain);
		return;
	}
	tell_up(this, domain, id, sub);
	if (item->type == ITEM_MESSAGE)
	{
		sub->receive(sub, this->member, item->message, item->body);
	}
	else if (item->type == ITEM_BEGIN)
	{
		this->begun[domain] = id;
		if (sub->resync_begin)
		{
			sub->resync_begin(sub, this->member);
		}
	}
	/* who subscribed in the middle of a snapshot did not get all of it */
	else if (item->type == ITEM_END && this->begun[domain] == id)
	{
		this->begun[domain] = 0;
		if (sub->resync_end)
		{
			sub->resync_end(sub, this->member);
		}
	}
	this->subscribers->leave(this->subscribers, domain);
}

/**
 * Call the subscribers for an item.
 */
static void process(private_sync_dispatch_t *this, item_t *item)
{
	u_int domain;

	if (item->type == ITEM_PROCESSED || item->type == ITEM_ACK)
	{
		return;
	}
	if (item->type == ITEM_UP)
	{
		this->incarnation = item->number;
	}
	else if (item->type == ITEM_DOWN)
	{
		this->incarnation = 0;
	}
	if (item->domain)
	{
		call(this, item, item->domain);
		return;
	}
	for (domain = SYNC_CONTROL + 1; domain < SYNC_DOMAIN_COUNT; domain++)
	{
		call(this, item, domain);
	}
}

/**
 * Wait for the next item.
 */
static item_t *dequeue(private_sync_dispatch_t *this)
{
	item_t *item = NULL;

	this->mutex->lock(this->mutex);
	while (!this->ending && !this->queue->get_count(this->queue))
	{
		this->added->wait(this->added, this->mutex);
	}
	if (!this->ending)
	{
		this->queue->remove_first(this->queue, (void**)&item);
		this->cost -= item->body.len + ITEM_COST;
	}
	this->mutex->unlock(this->mutex);
	return item;
}

/**
 * Note that an item was processed.
 */
static void processed(private_sync_dispatch_t *this, item_t *item)
{
	bool wake = FALSE;

	this->mutex->lock(this->mutex);
	if (item->type == ITEM_MESSAGE && item->number)
	{
		this->processed = item->number;
	}
	else if (item->type == ITEM_PROCESSED)
	{
		this->processed = item->number;
		this->counted = item->link;
	}
	else if (item->type == ITEM_ACK)
	{
		this->ack = wake = TRUE;
	}
	if (this->full && this->cost < QUEUE_LIMIT / 2)
	{
		this->full = FALSE;
		wake = TRUE;
	}
	this->mutex->unlock(this->mutex);
	if (wake)
	{
		this->wake(this->user);
	}
}

/**
 * Main function of the thread.
 */
static void *dispatch(private_sync_dispatch_t *this)
{
	item_t *item, down = {
		.type = ITEM_DOWN,
	};

	sync_thread_setup();
	while ((item = dequeue(this)))
	{
		process(this, item);
		processed(this, item);
		item_destroy(item);
	}
	/* a member that was removed: what is left in the queue is dropped, but
	 * those who know that it was up have to know that it's not anymore */
	if (this->incarnation)
	{
		process(this, &down);
	}
	return NULL;
}

METHOD(sync_dispatch_t, up, void,
	private_sync_dispatch_t *this, uint64_t incarnation)
{
	this->mutex->lock(this->mutex);
	this->link++;
	this->ack = FALSE;
	this->mutex->unlock(this->mutex);
	enqueue(this, (item_t){
		.type = ITEM_UP,
		.number = incarnation,
	});
}

METHOD(sync_dispatch_t, down, void,
	private_sync_dispatch_t *this)
{
	enqueue(this, (item_t){
		.type = ITEM_DOWN,
	});
}

METHOD(sync_dispatch_t, subscribed, void,
	private_sync_dispatch_t *this)
{
	enqueue(this, (item_t){
		.type = ITEM_SUBSCRIBED,
	});
}

METHOD(sync_dispatch_t, message, void,
	private_sync_dispatch_t *this, sync_frame_t *frame, uint64_t seq)
{
	enqueue(this, (item_t){
		.type = ITEM_MESSAGE,
		.domain = frame->domain,
		.message = frame->type,
		.body = chunk_clone(frame->body),
		.number = seq,
	});
}

METHOD(sync_dispatch_t, begin, void,
	private_sync_dispatch_t *this, u_int domain)
{
	enqueue(this, (item_t){
		.type = ITEM_BEGIN,
		.domain = domain,
	});
}

METHOD(sync_dispatch_t, end, void,
	private_sync_dispatch_t *this, u_int domain)
{
	enqueue(this, (item_t){
		.type = ITEM_END,
		.domain = domain,
	});
}

METHOD(sync_dispatch_t, is_full, bool,
	private_sync_dispatch_t *this)
{
	bool full;

	this->mutex->lock(this->mutex);
	if (this->cost >= QUEUE_LIMIT)
	{
		this->full = TRUE;
	}
	full = this->full;
	this->mutex->unlock(this->mutex);
	return full;
}

METHOD(sync_dispatch_t, get_processed, uint64_t,
	private_sync_dispatch_t *this)
{
	uint64_t seq;

	this->mutex->lock(this->mutex);
	/* numbers of an earlier link may be those of another incarnation */
	seq = this->counted == this->link ? this->processed : 0;
	this->mutex->unlock(this->mutex);
	return seq;
}

METHOD(sync_dispatch_t, set_processed, void,
	private_sync_dispatch_t *this, uint64_t seq)
{
	/* in order with messages that are in the queue */
	enqueue(this, (item_t){
		.type = ITEM_PROCESSED,
		.number = seq,
		.link = this->link,
	});
}

METHOD(sync_dispatch_t, request_ack, void,
	private_sync_dispatch_t *this)
{
	enqueue(this, (item_t){
		.type = ITEM_ACK,
	});
}

METHOD(sync_dispatch_t, is_ack_due, bool,
	private_sync_dispatch_t *this)
{
	bool due;

	this->mutex->lock(this->mutex);
	due = this->ack;
	this->ack = FALSE;
	this->mutex->unlock(this->mutex);
	return due;
}

METHOD(sync_dispatch_t, destroy, void,
	private_sync_dispatch_t *this)
{
	this->mutex->lock(this->mutex);
	this->ending = TRUE;
	this->added->signal(this->added);
	this->mutex->unlock(this->mutex);
	this->thread->join(this->thread);
	this->queue->destroy_function(this->queue, (void*)item_destroy);
	this->added->destroy(this->added);
	this->mutex->destroy(this->mutex);
	free(this->member);
	free(this);
}

/*
 * Described in header.
 */
sync_dispatch_t *sync_dispatch_create(const char *member,
						sync_subscribers_t *subscribers,
						void (*wake)(void *user), void *user)
{
	private_sync_dispatch_t *this;

	INIT(this,
		.public = {
			.up = _up,
			.down = _down,
			.subscribed = _subscribed,
			.message = _message,
			.begin = _begin,
			.end = _end,
			.is_full = _is_full,
			.get_processed = _get_processed,
			.set_processed = _set_processed,
			.request_ack = _request_ack,
			.is_ack_due = _is_ack_due,
			.destroy = _destroy,
		},
		.member = strdup(member),
		.subscribers = subscribers,
		.wake = wake,
		.user = user,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.added = condvar_create(CONDVAR_TYPE_DEFAULT),
		.queue = linked_list_create(),
	);
	this->thread = thread_create((thread_main_t)dispatch, this);
	return &this->public;
}
