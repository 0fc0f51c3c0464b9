/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_backlog.h"
#include "sync_frame.h"

#include <threading/mutex.h>

/** initial number of slots of the ring, a power of two */
#define SLOTS_MIN 64

typedef struct private_sync_backlog_t private_sync_backlog_t;
typedef struct slot_t slot_t;

/**
 * A frame in the ring.
 */
struct slot_t {
	/** encoded frame */
	chunk_t frame;
	/** sum of the cost of all frames before this one, ever */
	uint64_t before;
};

/**
 * Private data.
 */
struct private_sync_backlog_t {

	/** public interface */
	sync_backlog_t public;

	/** lock for all below */
	mutex_t *mutex;

	/** slots, a frame is in the one of its sequence number modulo size */
	slot_t *slots;

	/** number of slots, a power of two */
	uint64_t size;

	/** sequence number of oldest frame */
	uint64_t first;

	/** sequence number of next frame */
	uint64_t next;

	/** sum of the cost of all frames, ever */
	uint64_t total;

	/** limit for the cost of the frames in the ring */
	uint64_t limit;
};

/**
 * Get the slot for a sequence number.
 */
static slot_t *get_slot(private_sync_backlog_t *this, uint64_t seq)
{
	return &this->slots[seq & (this->size - 1)];
}

/**
 * Memory a frame takes.
 */
static uint64_t get_cost(chunk_t frame)
{
	return frame.len + sizeof(slot_t);
}

/**
 * Cost of the frames from a sequence number on.
 */
static uint64_t get_cost_from(private_sync_backlog_t *this, uint64_t seq)
{
	seq = max(seq, this->first);
	return seq < this->next ? this->total - get_slot(this, seq)->before : 0;
}

/**
 * Drop the oldest frame.
 */
static void drop_first(private_sync_backlog_t *this)
{
	chunk_clear(&get_slot(this, this->first)->frame);
	this->first++;
}

/**
 * Make room for another frame.
 */
static void grow(private_sync_backlog_t *this)
{
	uint64_t seq, size = this->size;
	slot_t *slots = this->slots;

	if (this->next - this->first < size)
	{
		return;
	}
	this->size = size * 2;
	this->slots = calloc(this->size, sizeof(slot_t));
	for (seq = this->first; seq < this->next; seq++)
	{
		*get_slot(this, seq) = slots[seq & (size - 1)];
	}
	free(slots);
}

METHOD(sync_backlog_t, append, uint64_t,
	private_sync_backlog_t *this, uint8_t domain, uint8_t type, chunk_t body)
{
	sync_frame_t frame = {
		.domain = domain,
		.type = type,
		.flags = SYNC_FRAME_SEQUENCED,
		.body = body,
	};
	chunk_t data;
	slot_t *slot;
	uint64_t seq;

	/* encoded with the lock held, as the number is part of it */
	this->mutex->lock(this->mutex);
	seq = this->next;
	frame.seq = seq;
	data = sync_frame_encode(&frame);
	if (data.len)
	{
		grow(this);
		slot = get_slot(this, seq);
		slot->frame = data;
		slot->before = this->total;
		this->total += get_cost(data);
		this->next++;
		while (get_cost_from(this, this->first) > this->limit)
		{
			drop_first(this);
		}
	}
	this->mutex->unlock(this->mutex);
	chunk_clear(&body);
	return data.len ? seq : 0;
}

METHOD(sync_backlog_t, read_, bool,
	private_sync_backlog_t *this, uint64_t *position, chunk_t buf,
	size_t enough, u_int *frames, size_t *len)
{
	chunk_t frame;
	bool covered;

	*frames = 0;
	*len = 0;
	this->mutex->lock(this->mutex);
	covered = *position >= this->first && *position <= this->next;
	while (covered && *position < this->next)
	{
		frame = get_slot(this, *position)->frame;
		if (*len + frame.len > (*frames ? min(enough, buf.len) : buf.len))
		{
			break;
		}
		memcpy(buf.ptr + *len, frame.ptr, frame.len);
		*len += frame.len;
		(*frames)++;
		(*position)++;
	}
	this->mutex->unlock(this->mutex);
	return covered;
}

METHOD(sync_backlog_t, covers, bool,
	private_sync_backlog_t *this, uint64_t position)
{
	bool covered;

	this->mutex->lock(this->mutex);
	covered = position >= this->first && position <= this->next;
	this->mutex->unlock(this->mutex);
	return covered;
}

METHOD(sync_backlog_t, get_head, uint64_t,
	private_sync_backlog_t *this)
{
	uint64_t head;

	this->mutex->lock(this->mutex);
	head = this->next - 1;
	this->mutex->unlock(this->mutex);
	return head;
}

METHOD(sync_backlog_t, get_usage, uint64_t,
	private_sync_backlog_t *this, uint64_t seq)
{
	uint64_t usage;

	this->mutex->lock(this->mutex);
	usage = get_cost_from(this, seq + 1);
	this->mutex->unlock(this->mutex);
	return usage;
}

METHOD(sync_backlog_t, release, void,
	private_sync_backlog_t *this, uint64_t seq)
{
	this->mutex->lock(this->mutex);
	while (this->first <= seq && this->first < this->next)
	{
		drop_first(this);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(sync_backlog_t, set_limit, void,
	private_sync_backlog_t *this, uint64_t limit)
{
	this->mutex->lock(this->mutex);
	this->limit = limit;
	while (get_cost_from(this, this->first) > this->limit)
	{
		drop_first(this);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(sync_backlog_t, destroy, void,
	private_sync_backlog_t *this)
{
	while (this->first < this->next)
	{
		drop_first(this);
	}
	this->mutex->destroy(this->mutex);
	free(this->slots);
	free(this);
}

/*
 * Described in header.
 */
sync_backlog_t *sync_backlog_create(uint64_t limit)
{
	private_sync_backlog_t *this;

	INIT(this,
		.public = {
			.append = _append,
			.read = _read_,
			.covers = _covers,
			.get_head = _get_head,
			.get_usage = _get_usage,
			.release = _release,
			.set_limit = _set_limit,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.slots = calloc(SLOTS_MIN, sizeof(slot_t)),
		.size = SLOTS_MIN,
		.first = 1,
		.next = 1,
		.limit = limit,
	);
	return &this->public;
}
