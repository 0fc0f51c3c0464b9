/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_session_shared.h"
#include "sync_wake.h"

#include <threading/mutex.h>

typedef struct private_sync_session_shared_t private_sync_session_shared_t;

/**
 * Private data.
 */
struct private_sync_session_shared_t {

	/** public interface */
	sync_session_shared_t public;

	/** protects all below */
	mutex_t *mutex;

	/** state and numbers for others */
	sync_member_t info;

	/** time of last octet received, for others, in ms */
	uint64_t heard;

	/** intervals, in ms */
	uint32_t heartbeat, timeout;

	/** why to end, NULL to go on */
	char *ending;

	/** whether to say farewell */
	bool farewell;
};

/**
 * Set the state others see, with the lock held.
 */
static void set_state(private_sync_session_shared_t *this,
					  sync_link_state_t state)
{
	if (this->info.state != state)
	{
		this->info.state = state;
		this->info.since = time_monotonic(NULL);
	}
}

METHOD(sync_session_shared_t, up, void,
	private_sync_session_shared_t *this, uint64_t incarnation, uint64_t now)
{
	this->mutex->lock(this->mutex);
	this->info.incarnation = incarnation;
	this->info.connects++;
	this->heard = now;
	set_state(this, SYNC_LINK_RESYNC);
	this->mutex->unlock(this->mutex);
}

METHOD(sync_session_shared_t, publish, void,
	private_sync_session_shared_t *this, sync_link_t *link, uint64_t heard,
	bool started)
{
	this->mutex->lock(this->mutex);
	link->count(link, &this->info);
	this->heard = heard;
	if (started)
	{
		set_state(this, SYNC_LINK_UP);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(sync_session_shared_t, down, void,
	private_sync_session_shared_t *this)
{
	this->mutex->lock(this->mutex);
	set_state(this, SYNC_LINK_DOWN);
	this->mutex->unlock(this->mutex);
}

METHOD(sync_session_shared_t, set_timers, void,
	private_sync_session_shared_t *this, uint32_t heartbeat, uint32_t timeout)
{
	this->mutex->lock(this->mutex);
	this->heartbeat = heartbeat;
	this->timeout = timeout;
	this->mutex->unlock(this->mutex);
}

METHOD(sync_session_shared_t, get_heartbeat, uint32_t,
	private_sync_session_shared_t *this)
{
	uint32_t heartbeat;

	this->mutex->lock(this->mutex);
	heartbeat = this->heartbeat;
	this->mutex->unlock(this->mutex);
	return heartbeat;
}

METHOD(sync_session_shared_t, get_timeout, uint32_t,
	private_sync_session_shared_t *this)
{
	uint32_t timeout;

	this->mutex->lock(this->mutex);
	timeout = this->timeout;
	this->mutex->unlock(this->mutex);
	return timeout;
}

METHOD(sync_session_shared_t, end, void,
	private_sync_session_shared_t *this, char *why, bool farewell)
{
	this->mutex->lock(this->mutex);
	free(this->ending);
	this->ending = strdupnull(why);
	this->farewell = farewell;
	this->mutex->unlock(this->mutex);
}

METHOD(sync_session_shared_t, get_end, char*,
	private_sync_session_shared_t *this, bool *farewell)
{
	char *why;

	this->mutex->lock(this->mutex);
	why = strdupnull(this->ending);
	*farewell = this->farewell;
	this->mutex->unlock(this->mutex);
	return why;
}

METHOD(sync_session_shared_t, is_alive, bool,
	private_sync_session_shared_t *this, uint32_t within,
	uint64_t *incarnation)
{
	bool alive;

	this->mutex->lock(this->mutex);
	alive = this->info.state != SYNC_LINK_DOWN &&
			sync_now() < this->heard + within;
	*incarnation = this->info.incarnation;
	this->mutex->unlock(this->mutex);
	return alive;
}

METHOD(sync_session_shared_t, is_connected, bool,
	private_sync_session_shared_t *this)
{
	bool connected;

	this->mutex->lock(this->mutex);
	connected = this->info.state != SYNC_LINK_DOWN;
	this->mutex->unlock(this->mutex);
	return connected;
}

METHOD(sync_session_shared_t, get_info, void,
	private_sync_session_shared_t *this, sync_member_t *member)
{
	this->mutex->lock(this->mutex);
	*member = this->info;
	this->mutex->unlock(this->mutex);
}

METHOD(sync_session_shared_t, destroy, void,
	private_sync_session_shared_t *this)
{
	this->mutex->destroy(this->mutex);
	free(this->ending);
	free(this);
}

/*
 * Described in header.
 */
sync_session_shared_t *sync_session_shared_create()
{
	private_sync_session_shared_t *this;

	INIT(this,
		.public = {
			.up = _up,
			.publish = _publish,
			.down = _down,
			.set_timers = _set_timers,
			.get_heartbeat = _get_heartbeat,
			.get_timeout = _get_timeout,
			.end = _end,
			.get_end = _get_end,
			.is_alive = _is_alive,
			.is_connected = _is_connected,
			.get_info = _get_info,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.info = {
			.since = time_monotonic(NULL),
		},
	);
	return &this->public;
}
