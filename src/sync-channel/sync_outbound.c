/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_outbound.h"
#include "sync_outbox.h"
#include "sync_snapshot.h"

#include <threading/mutex.h>

/** octets of sequenced frames taken from the backlog at once */
#define BATCH (32 * 1024)

typedef struct private_sync_outbound_t private_sync_outbound_t;

/**
 * Private data.
 */
struct private_sync_outbound_t {

	/** public interface */
	sync_outbound_t public;

	/** name of the member */
	char *name;

	/** our incarnation */
	uint64_t incarnation;

	/** frames all members get */
	sync_backlog_t *backlog;

	/** told what the member processed */
	sync_commit_t *commit;

	/** frames for this member only */
	sync_outbox_t *outbox;

	/** snapshots for the member */
	sync_snapshot_t *snapshot;

	/** called when there is something to send */
	void (*wake)(void *user);

	/** argument for it */
	void *user;

	/** snapshots of all domains have to be sent before frames of the backlog;
	 * by the link's thread only */
	bool full;

	/** next frame of the backlog to send; by the link's thread only */
	uint64_t position;

	/** last frame an acknowledgement was requested for; by the link's thread
	 * only */
	uint64_t requested;

	/** lock for all below */
	mutex_t *mutex;

	/** domains to give snapshots of, as mask */
	u_int given;

	/** last sequence number acknowledged, UINT64_MAX if there's none */
	uint64_t acked;

	/** frames of the backlog are being sent on this link */
	bool started;

	/** the member is up to date, the commit was told so */
	bool joined;

	/** what it has to acknowledge for that, if started */
	uint64_t target;

	/** catch-ups from the backlog, full resyncs, those because the backlog
	 * did not reach back far enough */
	uint32_t catchups, resyncs, overflows;
};

/**
 * The member is not up to date, or not anymore.
 */
static void leave(private_sync_outbound_t *this)
{
	bool joined;

	this->mutex->lock(this->mutex);
	joined = this->joined;
	this->joined = FALSE;
	this->started = FALSE;
	this->mutex->unlock(this->mutex);
	if (joined)
	{
		this->commit->left(this->commit);
	}
}

/**
 * From now on the member gets what is new, it is up to date once it has
 * acknowledged what there is.
 */
static void catch_up(private_sync_outbound_t *this)
{
	uint64_t head = this->backlog->get_head(this->backlog);

	this->mutex->lock(this->mutex);
	if (!this->started)
	{
		this->started = TRUE;
		this->target = head;
		this->requested = 0;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Send snapshots of all domains, then what came since this moment.
 */
static void resync_all(private_sync_outbound_t *this, bool overflow)
{
	leave(this);
	this->full = TRUE;
	this->position = this->backlog->get_head(this->backlog) + 1;
	this->mutex->lock(this->mutex);
	this->acked = this->position - 1;
	this->resyncs++;
	this->overflows += overflow;
	this->mutex->unlock(this->mutex);
	this->snapshot->request(this->snapshot, SYNC_ALL_DOMAINS);
}

/**
 * Tell the member where the sequence starts.
 */
static void put_start(private_sync_outbound_t *this)
{
	this->full = FALSE;
	this->outbox->put(this->outbox, sync_frame_control_int(SYNC_START,
								SYNC_ATTR_SEQUENCE, this->position));
}

METHOD(sync_outbound_t, begin, void,
	private_sync_outbound_t *this, sync_hello_t *hello)
{
	bool same = hello->known == this->incarnation;

	this->outbox->open(this->outbox);
	if (same && this->backlog->covers(this->backlog, hello->last + 1))
	{
		this->position = hello->last + 1;
		this->mutex->lock(this->mutex);
		this->acked = hello->last;
		this->catchups++;
		this->mutex->unlock(this->mutex);
		put_start(this);
		return;
	}
	resync_all(this, same);
}

METHOD(sync_outbound_t, end, void,
	private_sync_outbound_t *this)
{
	this->outbox->close(this->outbox);
	this->snapshot->stop(this->snapshot);
	leave(this);
}

/**
 * Start the snapshots others want us to write.
 */
static void start_snapshots(private_sync_outbound_t *this)
{
	u_int given;

	this->mutex->lock(this->mutex);
	given = this->given;
	this->given = 0;
	this->mutex->unlock(this->mutex);
	if (given)
	{
		/* frames of the backlog wait until they are written */
		leave(this);
		this->snapshot->request(this->snapshot, given);
	}
}

/**
 * Ask the member to acknowledge what it was sent, if somebody waits for it.
 */
static bool request_ack(private_sync_outbound_t *this, sync_link_t *link,
						chunk_t space)
{
	chunk_t frame;

	if (this->requested == this->position - 1 ||
		!this->commit->is_wanted(this->commit))
	{
		return FALSE;
	}
	this->requested = this->position - 1;
	frame = sync_frame_control(SYNC_ACK_REQUEST, chunk_empty);
	memcpy(space.ptr, frame.ptr, frame.len);
	link->added(link, 1, frame.len);
	chunk_clear(&frame);
	return TRUE;
}

/**
 * Hand frames over to the link, as many as it takes.
 */
static bool fill_link(private_sync_outbound_t *this, sync_link_t *link)
{
	bool busy, filled = FALSE;
	u_int frames;
	chunk_t space;
	size_t len;

	while (TRUE)
	{
		space = link->get_space(link);
		if (space.len < SYNC_FRAME_MAX)
		{
			return filled;
		}
		/* asked first: what it appended before it ended is in the outbox */
		busy = this->snapshot->is_busy(this->snapshot);
		len = this->outbox->take(this->outbox, space, &frames);
		if (!len && !busy)
		{
			if (this->full)
			{
				put_start(this);
				continue;
			}
			if (!this->backlog->read(this->backlog, &this->position, space,
									 BATCH, &frames, &len))
			{
				DBG1(DBG_NET, "cluster: member '%s' is too slow for the "
					 "backlog, full resync", this->name);
				resync_all(this, TRUE);
				continue;
			}
			catch_up(this);
			if (!len)
			{
				return request_ack(this, link, space) || filled;
			}
		}
		if (!len)
		{
			return filled;
		}
		link->added(link, frames, len);
		filled = TRUE;
	}
}

METHOD(sync_outbound_t, send_, bool,
	private_sync_outbound_t *this, sync_link_t *link, char **why)
{
	bool filled;

	start_snapshots(this);
	do
	{
		filled = fill_link(this, link);
		if (!link->flush(link, why))
		{
			return FALSE;
		}
	}
	while (filled && link->is_flushed(link));
	return TRUE;
}

METHOD(sync_outbound_t, put, void,
	private_sync_outbound_t *this, chunk_t frame)
{
	this->outbox->put(this->outbox, frame);
}

METHOD(sync_outbound_t, put_latest, void,
	private_sync_outbound_t *this, chunk_t frame)
{
	this->outbox->put_latest(this->outbox, frame);
}

METHOD(sync_outbound_t, try_, bool,
	private_sync_outbound_t *this, chunk_t frame)
{
	return this->outbox->try(this->outbox, frame);
}

METHOD(sync_outbound_t, give, void,
	private_sync_outbound_t *this, u_int domains)
{
	this->mutex->lock(this->mutex);
	this->given |= domains;
	this->mutex->unlock(this->mutex);
	this->wake(this->user);
}

METHOD(sync_outbound_t, is_waiting, bool,
	private_sync_outbound_t *this)
{
	return !this->outbox->is_empty(this->outbox);
}

METHOD(sync_outbound_t, is_busy, bool,
	private_sync_outbound_t *this)
{
	return this->snapshot->is_busy(this->snapshot);
}

METHOD(sync_outbound_t, is_urgent, bool,
	private_sync_outbound_t *this)
{
	return this->commit->is_wanted(this->commit) || _is_waiting(this) ||
		   _is_busy(this);
}

METHOD(sync_outbound_t, acknowledge, void,
	private_sync_outbound_t *this, uint64_t seq)
{
	bool joins = FALSE, joined = FALSE;

	this->mutex->lock(this->mutex);
	if (seq < this->position)
	{
		this->acked = max(this->acked, seq);
		joined = this->joined;
		joins = !joined && this->started && seq >= this->target;
		this->joined |= joins;
	}
	this->mutex->unlock(this->mutex);
	if (joins)
	{
		this->commit->joined(this->commit, seq);
	}
	else if (joined)
	{
		this->commit->acked(this->commit, seq);
	}
}

METHOD(sync_outbound_t, get_acked, uint64_t,
	private_sync_outbound_t *this)
{
	uint64_t acked;

	this->mutex->lock(this->mutex);
	acked = this->acked;
	this->mutex->unlock(this->mutex);
	return acked;
}

METHOD(sync_outbound_t, get_info, void,
	private_sync_outbound_t *this, sync_member_t *member)
{
	uint64_t head = this->backlog->get_head(this->backlog), acked;

	this->mutex->lock(this->mutex);
	acked = this->acked;
	member->catchups = this->catchups;
	member->resyncs_out = this->resyncs;
	member->overflows = this->overflows;
	this->mutex->unlock(this->mutex);
	if (acked < head)
	{
		member->lag = head - acked;
		member->backlog_used = this->backlog->get_usage(this->backlog, acked);
	}
}

METHOD(sync_outbound_t, destroy, void,
	private_sync_outbound_t *this)
{
	this->snapshot->destroy(this->snapshot);
	this->outbox->destroy(this->outbox);
	this->mutex->destroy(this->mutex);
	free(this->name);
	free(this);
}

/*
 * Described in header.
 */
sync_outbound_t *sync_outbound_create(const char *member, uint64_t incarnation,
						sync_backlog_t *backlog, sync_commit_t *commit,
						sync_subscribers_t *subscribers,
						void (*wake)(void *user), void *user)
{
	private_sync_outbound_t *this;

	INIT(this,
		.public = {
			.begin = _begin,
			.end = _end,
			.send = _send_,
			.put = _put,
			.put_latest = _put_latest,
			.try = _try_,
			.give = _give,
			.is_waiting = _is_waiting,
			.is_busy = _is_busy,
			.is_urgent = _is_urgent,
			.acknowledge = _acknowledge,
			.get_acked = _get_acked,
			.get_info = _get_info,
			.destroy = _destroy,
		},
		.name = strdup(member),
		.incarnation = incarnation,
		.backlog = backlog,
		.commit = commit,
		.wake = wake,
		.user = user,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.acked = UINT64_MAX,
		.outbox = sync_outbox_create(wake, user),
	);
	this->snapshot = sync_snapshot_create(member, subscribers, this->outbox,
										  wake, user);
	return &this->public;
}
