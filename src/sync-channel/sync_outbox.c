/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_outbox.h"

#include <collections/linked_list.h>
#include <threading/condvar.h>
#include <threading/mutex.h>

/** octets from which on nothing more is accepted but control frames */
#define OUTBOX_LIMIT (1024 * 1024)

/** time to wait for space before the caller may give up, in ms */
#define WAIT_TIME 100

typedef struct private_sync_outbox_t private_sync_outbox_t;

/**
 * Private data.
 */
struct private_sync_outbox_t {

	/** public interface */
	sync_outbox_t public;

	/** called when there is something to take */
	void (*wake)(void *user);

	/** argument for it */
	void *user;

	/** lock for all below */
	mutex_t *mutex;

	/** signalled when there is space, or none wanted anymore */
	condvar_t *space;

	/** frames, as chunk_t* */
	linked_list_t *frames;

	/** frame among them that was given to put_latest(), or NULL */
	chunk_t *latest;

	/** octets of the frames */
	size_t len;

	/** there is a link */
	bool opened;
};

/**
 * Destroy a frame.
 */
static void frame_destroy(chunk_t *frame)
{
	chunk_clear(frame);
	free(frame);
}

/**
 * Append a frame, with the lock held.
 */
static chunk_t *append(private_sync_outbox_t *this, chunk_t frame)
{
	chunk_t *entry = malloc_thing(chunk_t);

	*entry = frame;
	this->len += frame.len;
	this->frames->insert_last(this->frames, entry);
	return entry;
}

/**
 * End of an append: release the lock, wake the link or clear the frame.
 */
static bool appended(private_sync_outbox_t *this, bool ok, chunk_t *frame)
{
	if (ok)
	{
		append(this, *frame);
	}
	this->mutex->unlock(this->mutex);
	if (ok)
	{
		this->wake(this->user);
	}
	else
	{
		chunk_clear(frame);
	}
	return ok;
}

METHOD(sync_outbox_t, open_, void,
	private_sync_outbox_t *this)
{
	this->mutex->lock(this->mutex);
	this->opened = TRUE;
	this->mutex->unlock(this->mutex);
}

METHOD(sync_outbox_t, close_, void,
	private_sync_outbox_t *this)
{
	chunk_t *frame;

	this->mutex->lock(this->mutex);
	this->opened = FALSE;
	this->latest = NULL;
	this->len = 0;
	while (this->frames->remove_first(this->frames, (void**)&frame) == SUCCESS)
	{
		frame_destroy(frame);
	}
	this->space->broadcast(this->space);
	this->mutex->unlock(this->mutex);
}

METHOD(sync_outbox_t, put, void,
	private_sync_outbox_t *this, chunk_t frame)
{
	this->mutex->lock(this->mutex);
	appended(this, this->opened, &frame);
}

METHOD(sync_outbox_t, put_latest, void,
	private_sync_outbox_t *this, chunk_t frame)
{
	this->mutex->lock(this->mutex);
	if (this->latest)
	{
		this->len += frame.len;
		this->len -= this->latest->len;
		chunk_clear(this->latest);
		*this->latest = frame;
		this->mutex->unlock(this->mutex);
		return;
	}
	if (this->opened)
	{
		this->latest = append(this, frame);
		frame = chunk_empty;
	}
	this->mutex->unlock(this->mutex);
	if (!frame.ptr)
	{
		this->wake(this->user);
	}
	chunk_clear(&frame);
}

METHOD(sync_outbox_t, try_, bool,
	private_sync_outbox_t *this, chunk_t frame)
{
	this->mutex->lock(this->mutex);
	return appended(this, this->opened && this->len < OUTBOX_LIMIT, &frame);
}

METHOD(sync_outbox_t, wait_, status_t,
	private_sync_outbox_t *this, chunk_t frame)
{
	bool timeout = FALSE;

	this->mutex->lock(this->mutex);
	while (this->opened && this->len >= OUTBOX_LIMIT)
	{
		if (timeout)
		{
			this->mutex->unlock(this->mutex);
			return NEED_MORE;
		}
		timeout = this->space->timed_wait(this->space, this->mutex, WAIT_TIME);
	}
	return appended(this, this->opened, &frame) ? SUCCESS : FAILED;
}

METHOD(sync_outbox_t, take, size_t,
	private_sync_outbox_t *this, chunk_t buf, u_int *frames)
{
	chunk_t *frame;
	size_t len = 0;

	*frames = 0;
	this->mutex->lock(this->mutex);
	while (this->frames->get_first(this->frames, (void**)&frame) == SUCCESS &&
		   frame->len <= buf.len - len)
	{
		memcpy(buf.ptr + len, frame->ptr, frame->len);
		len += frame->len;
		(*frames)++;
		this->frames->remove_first(this->frames, (void**)&frame);
		if (frame == this->latest)
		{
			this->latest = NULL;
		}
		frame_destroy(frame);
	}
	this->len -= len;
	if (len && this->len < OUTBOX_LIMIT)
	{
		this->space->broadcast(this->space);
	}
	this->mutex->unlock(this->mutex);
	return len;
}

METHOD(sync_outbox_t, is_empty, bool,
	private_sync_outbox_t *this)
{
	bool empty;

	this->mutex->lock(this->mutex);
	empty = this->len == 0;
	this->mutex->unlock(this->mutex);
	return empty;
}

METHOD(sync_outbox_t, destroy, void,
	private_sync_outbox_t *this)
{
	this->frames->destroy_function(this->frames, (void*)frame_destroy);
	this->space->destroy(this->space);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
sync_outbox_t *sync_outbox_create(void (*wake)(void *user), void *user)
{
	private_sync_outbox_t *this;

	INIT(this,
		.public = {
			.open = _open_,
			.close = _close_,
			.put = _put,
			.put_latest = _put_latest,
			.try = _try_,
			.wait = _wait_,
			.take = _take,
			.is_empty = _is_empty,
			.destroy = _destroy,
		},
		.wake = wake,
		.user = user,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.space = condvar_create(CONDVAR_TYPE_DEFAULT),
		.frames = linked_list_create(),
	);
	return &this->public;
}
