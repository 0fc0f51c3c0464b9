/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_commit.h"

#include <threading/condvar.h>
#include <threading/mutex.h>

typedef struct private_sync_commit_t private_sync_commit_t;

/**
 * Private data.
 */
struct private_sync_commit_t {

	/** public interface */
	sync_commit_t public;

	/** lock for all below */
	mutex_t *mutex;

	/** signalled when the last call under way ended */
	condvar_t *idle;

	/** members that are up to date */
	u_int members;

	/** highest sequence number one of them processed */
	uint64_t seq;

	/** who is told of changes */
	void (*changed)(void *user);

	/** argument for it */
	void *user;

	/** calls under way */
	u_int calls;
};

/**
 * Tell of a change, called with the lock held, which is released.
 */
static void tell(private_sync_commit_t *this, bool news)
{
	void (*changed)(void *user) = this->changed;
	void *user = this->user;

	if (!news || !changed)
	{
		this->mutex->unlock(this->mutex);
		return;
	}
	this->calls++;
	this->mutex->unlock(this->mutex);
	changed(user);
	this->mutex->lock(this->mutex);
	if (--this->calls == 0)
	{
		this->idle->broadcast(this->idle);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Note what a member processed, with the lock held; TRUE if it's news.
 */
static bool note(private_sync_commit_t *this, uint64_t seq)
{
	if (seq > this->seq)
	{
		this->seq = seq;
		return TRUE;
	}
	return FALSE;
}

METHOD(sync_commit_t, joined, void,
	private_sync_commit_t *this, uint64_t seq)
{
	this->mutex->lock(this->mutex);
	this->members++;
	note(this, seq);
	tell(this, TRUE);
}

METHOD(sync_commit_t, left, void,
	private_sync_commit_t *this)
{
	this->mutex->lock(this->mutex);
	this->members--;
	tell(this, this->members == 0);
}

METHOD(sync_commit_t, acked, void,
	private_sync_commit_t *this, uint64_t seq)
{
	this->mutex->lock(this->mutex);
	tell(this, note(this, seq));
}

METHOD(sync_commit_t, is_wanted, bool,
	private_sync_commit_t *this)
{
	bool wanted;

	this->mutex->lock(this->mutex);
	wanted = this->changed != NULL;
	this->mutex->unlock(this->mutex);
	return wanted;
}

METHOD(sync_commit_t, get, bool,
	private_sync_commit_t *this, uint64_t *seq)
{
	bool up;

	this->mutex->lock(this->mutex);
	*seq = this->seq;
	up = this->members > 0;
	this->mutex->unlock(this->mutex);
	return up;
}

METHOD(sync_commit_t, set_callback, void,
	private_sync_commit_t *this, void (*changed)(void *user), void *user)
{
	this->mutex->lock(this->mutex);
	this->changed = changed;
	this->user = user;
	while (this->calls)
	{
		this->idle->wait(this->idle, this->mutex);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(sync_commit_t, destroy, void,
	private_sync_commit_t *this)
{
	this->idle->destroy(this->idle);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
sync_commit_t *sync_commit_create()
{
	private_sync_commit_t *this;

	INIT(this,
		.public = {
			.joined = _joined,
			.left = _left,
			.acked = _acked,
			.is_wanted = _is_wanted,
			.get = _get,
			.set_callback = _set_callback,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.idle = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	return &this->public;
}
