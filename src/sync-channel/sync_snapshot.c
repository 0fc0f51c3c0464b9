/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_snapshot.h"
#include "sync_frame.h"
#include "sync_wake.h"

#include <threading/mutex.h>
#include <threading/thread.h>

typedef struct private_sync_snapshot_t private_sync_snapshot_t;
typedef struct sink_t sink_t;

/**
 * Private data.
 */
struct private_sync_snapshot_t {

	/** public interface */
	sync_snapshot_t public;

	/** name of the member */
	char *member;

	/** subscribers */
	sync_subscribers_t *subscribers;

	/** where snapshots are written to */
	sync_outbox_t *outbox;

	/** called when not busy anymore */
	void (*wake)(void *user);

	/** argument for it */
	void *user;

	/** thread, running or to be joined; used by the link's thread only */
	thread_t *thread;

	/** lock for all below */
	mutex_t *mutex;

	/** domains that wait, as mask */
	u_int wanted;

	/** the thread works */
	bool busy;
};

/**
 * Where a subscriber writes its snapshot to.
 */
struct sink_t {
	/** public interface */
	sync_sink_t public;
	/** snapshot it belongs to */
	private_sync_snapshot_t *snapshot;
	/** domain */
	sync_domain_t domain;
	/** the link is gone, or something could not be sent */
	bool failed;
};

/**
 * Append a frame, wait for space as long as the subscriber is wanted.
 */
static bool append(private_sync_snapshot_t *this, sync_domain_t domain,
				   chunk_t frame)
{
	status_t status = NEED_MORE;

	/* the member may be slow for any time, unsubscribe() must not be */
	while (status == NEED_MORE)
	{
		if (this->subscribers->is_ending(this->subscribers, domain))
		{
			chunk_clear(&frame);
			return FALSE;
		}
		status = this->outbox->wait(this->outbox, frame);
	}
	return status == SUCCESS;
}

METHOD(sync_sink_t, sink_add, bool,
	sink_t *this, uint8_t type, chunk_t body)
{
	sync_frame_t frame = {
		.domain = this->domain,
		.type = type,
		.body = body,
	};
	chunk_t data;

	data = sync_frame_encode(&frame);
	chunk_clear(&body);
	if (!data.len || !append(this->snapshot, this->domain, data))
	{
		this->failed = TRUE;
	}
	return !this->failed;
}

/**
 * Append a control frame about a domain.
 */
static void put_mark(private_sync_snapshot_t *this, sync_control_t type,
					 sync_domain_t domain)
{
	chunk_t frame;

	/* waits for space as well: a member that asks for snapshots and does not
	 * read them must not fill our memory with marks */
	frame = sync_frame_control_int(type, SYNC_ATTR_DOMAIN, domain);
	while (this->outbox->wait(this->outbox, frame) == NEED_MORE);
}

/**
 * Write the snapshot of a domain.
 */
static void write_domain(private_sync_snapshot_t *this, sync_domain_t domain)
{
	sync_subscriber_t *subscriber;
	sink_t sink = {
		.public = {
			.add = _sink_add,
		},
		.snapshot = this,
		.domain = domain,
	};

	put_mark(this, SYNC_RESYNC_BEGIN, domain);
	subscriber = this->subscribers->enter(this->subscribers, domain, NULL);
	if (subscriber)
	{
		if (subscriber->snapshot)
		{
			subscriber->snapshot(subscriber, this->member, &sink.public);
		}
		this->subscribers->leave(this->subscribers, domain);
	}
	put_mark(this, sink.failed ? SYNC_RESYNC_ABORT : SYNC_RESYNC_END, domain);
}

/**
 * Take the next domain that waits, FALSE if there's none.
 */
static bool get_next(private_sync_snapshot_t *this, u_int *domain)
{
	bool found = FALSE;

	this->mutex->lock(this->mutex);
	for (*domain = 0; *domain < SYNC_DOMAIN_COUNT; (*domain)++)
	{
		if (this->wanted & (1 << *domain))
		{
			this->wanted &= ~(1 << *domain);
			found = TRUE;
			break;
		}
	}
	this->busy = found;
	this->mutex->unlock(this->mutex);
	return found;
}

/**
 * Main function of the thread.
 */
static void *write_snapshots(private_sync_snapshot_t *this)
{
	u_int domain;

	sync_thread_setup();
	while (get_next(this, &domain))
	{
		write_domain(this, domain);
	}
	this->wake(this->user);
	return NULL;
}

METHOD(sync_snapshot_t, request, void,
	private_sync_snapshot_t *this, u_int domains)
{
	bool start = FALSE;

	this->mutex->lock(this->mutex);
	this->wanted |= domains & SYNC_ALL_DOMAINS;
	if (this->wanted && !this->busy)
	{
		this->busy = start = TRUE;
	}
	this->mutex->unlock(this->mutex);
	if (start)
	{
		if (this->thread)
		{
			this->thread->join(this->thread);
		}
		this->thread = thread_create((thread_main_t)write_snapshots, this);
	}
}

METHOD(sync_snapshot_t, is_busy, bool,
	private_sync_snapshot_t *this)
{
	bool busy;

	this->mutex->lock(this->mutex);
	busy = this->busy;
	this->mutex->unlock(this->mutex);
	return busy;
}

METHOD(sync_snapshot_t, stop, void,
	private_sync_snapshot_t *this)
{
	this->mutex->lock(this->mutex);
	this->wanted = 0;
	this->mutex->unlock(this->mutex);
	if (this->thread)
	{
		this->thread->join(this->thread);
		this->thread = NULL;
	}
}

METHOD(sync_snapshot_t, destroy, void,
	private_sync_snapshot_t *this)
{
	this->mutex->destroy(this->mutex);
	free(this->member);
	free(this);
}

/*
 * Described in header.
 */
sync_snapshot_t *sync_snapshot_create(const char *member,
						sync_subscribers_t *subscribers, sync_outbox_t *outbox,
						void (*wake)(void *user), void *user)
{
	private_sync_snapshot_t *this;

	INIT(this,
		.public = {
			.request = _request,
			.is_busy = _is_busy,
			.stop = _stop,
			.destroy = _destroy,
		},
		.member = strdup(member),
		.subscribers = subscribers,
		.outbox = outbox,
		.wake = wake,
		.user = user,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
