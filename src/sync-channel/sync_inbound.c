/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_inbound.h"
#include "sync_dispatch.h"
#include "sync_tlv.h"

#include <threading/mutex.h>

typedef struct private_sync_inbound_t private_sync_inbound_t;

/**
 * Private data.
 */
struct private_sync_inbound_t {

	/** public interface */
	sync_inbound_t public;

	/** name of the member */
	char *name;

	/** what is sent to the member */
	sync_outbound_t *outbound;

	/** calls the subscribers */
	sync_dispatch_t *dispatch;

	/** called when there is something to do */
	void (*wake)(void *user);

	/** argument for it */
	void *user;

	/** incarnation of the member; this and all up to the lock are used by the
	 * link's thread only */
	uint64_t peer;

	/** incarnation that what we have is from, last sequence number of it */
	uint64_t known, last;

	/** the member told where its sequence starts, on this link */
	bool started;

	/** domains whose snapshot is being received, as mask */
	u_int resyncing;

	/** lock for all below */
	mutex_t *mutex;

	/** domains whose snapshot has to be requested, as mask */
	u_int wanted;

	/** full resyncs received */
	uint32_t resyncs;
};

METHOD(sync_inbound_t, fill_hello, void,
	private_sync_inbound_t *this, sync_hello_t *hello)
{
	hello->known = this->known;
	hello->last = this->last;
}

METHOD(sync_inbound_t, begin, void,
	private_sync_inbound_t *this, uint64_t incarnation)
{
	this->peer = incarnation;
	this->started = FALSE;
	this->dispatch->up(this->dispatch, incarnation);
}

METHOD(sync_inbound_t, end, void,
	private_sync_inbound_t *this)
{
	if (this->resyncing)
	{	/* we have neither what was before the snapshot nor all of it */
		this->resyncing = 0;
		this->known = 0;
	}
	this->dispatch->down(this->dispatch);
}

/**
 * The member tells what it processed.
 */
static bool handle_heartbeat(private_sync_inbound_t *this, chunk_t body)
{
	uint64_t seq;

	if (!sync_frame_get_int(body, SYNC_ATTR_SEQUENCE, &seq))
	{
		return FALSE;
	}
	this->outbound->acknowledge(this->outbound, seq);
	return TRUE;
}

/**
 * The member wants snapshots.
 */
static bool handle_request(private_sync_inbound_t *this, chunk_t body)
{
	u_int domains;

	if (!sync_frame_get_domains(body, &domains))
	{
		return FALSE;
	}
	this->outbound->give(this->outbound, domains);
	return TRUE;
}

/**
 * The member tells where its sequence starts.
 */
static bool handle_start(private_sync_inbound_t *this, chunk_t body)
{
	uint64_t seq;

	if (!sync_frame_get_int(body, SYNC_ATTR_SEQUENCE, &seq) || !seq)
	{
		return FALSE;
	}
	this->known = this->peer;
	this->last = seq - 1;
	this->started = TRUE;
	this->dispatch->set_processed(this->dispatch, this->last);
	this->dispatch->request_ack(this->dispatch);
	DBG1(DBG_NET, "cluster: in sync with member '%s'", this->name);
	return TRUE;
}

/**
 * Begin of the snapshot of a domain.
 */
static void handle_begin(private_sync_inbound_t *this, u_int domain)
{
	this->resyncing |= 1 << domain;
	this->mutex->lock(this->mutex);
	this->wanted &= ~(1 << domain);
	this->mutex->unlock(this->mutex);
	this->dispatch->begin(this->dispatch, domain);
}

/**
 * End of the snapshot of a domain, complete or not.
 */
static void handle_end(private_sync_inbound_t *this, u_int domain,
					   bool complete)
{
	this->resyncing &= ~(1 << domain);
	if (complete)
	{
		this->mutex->lock(this->mutex);
		this->resyncs += domain == SYNC_HA;
		this->mutex->unlock(this->mutex);
		this->dispatch->end(this->dispatch, domain);
	}
}

/**
 * Begin or end of a snapshot.
 */
static bool handle_mark(private_sync_inbound_t *this, u_int type, chunk_t body)
{
	u_int domains, domain;

	if (!sync_frame_get_domains(body, &domains))
	{
		return FALSE;
	}
	for (domain = 0; domain < SYNC_DOMAIN_COUNT; domain++)
	{
		if (!(domains & (1 << domain)))
		{
			continue;
		}
		if (type == SYNC_RESYNC_BEGIN)
		{
			handle_begin(this, domain);
		}
		else
		{
			handle_end(this, domain, type == SYNC_RESYNC_END);
		}
	}
	return TRUE;
}

/**
 * Handle a control frame; ended is set to the reason if it ends the link.
 */
static bool handle_control(private_sync_inbound_t *this, sync_frame_t *frame,
						   char **ended)
{
	switch (frame->type)
	{
		case SYNC_HEARTBEAT:
			return handle_heartbeat(this, frame->body);
		case SYNC_RESYNC_REQUEST:
			return handle_request(this, frame->body);
		case SYNC_RESYNC_BEGIN:
		case SYNC_RESYNC_END:
		case SYNC_RESYNC_ABORT:
			return handle_mark(this, frame->type, frame->body);
		case SYNC_START:
			return handle_start(this, frame->body);
		case SYNC_ACK_REQUEST:
			this->dispatch->request_ack(this->dispatch);
			return TRUE;
		case SYNC_REFUSED:
		case SYNC_GOODBYE:
			*ended = sync_frame_get_reason(frame->body);
			return FALSE;
		default:
			DBG2(DBG_NET, "cluster: ignored control frame of type %u of "
				 "member '%s'", frame->type, this->name);
			return TRUE;
	}
}

/**
 * Handle a frame.
 */
static bool handle_frame(private_sync_inbound_t *this, sync_frame_t *frame,
						 char **why)
{
	uint64_t seq = 0;

	DBG3(DBG_NET, "cluster: frame %u of domain %u, %zu octets, of '%s'",
		 frame->type, frame->domain, frame->body.len, this->name);
	if (frame->domain == SYNC_CONTROL)
	{
		if (handle_control(this, frame, why))
		{
			return TRUE;
		}
		if (!*why)
		{
			*why = strdup("received a malformed control frame");
		}
		return FALSE;
	}
	if (frame->flags & SYNC_FRAME_SEQUENCED)
	{
		seq = this->last + 1;
		if (!this->started || (uint32_t)seq != frame->seq)
		{
			*why = strdup("received a frame out of sequence");
			return FALSE;
		}
		this->last = seq;
	}
	this->dispatch->message(this->dispatch, frame, seq);
	return TRUE;
}

METHOD(sync_inbound_t, handle, bool,
	private_sync_inbound_t *this, sync_link_t *link, char **why)
{
	sync_frame_t frame;
	status_t status;

	while ((status = link->next(link, &frame, why)) == SUCCESS)
	{
		if (!handle_frame(this, &frame, why))
		{
			return FALSE;
		}
	}
	return status != FAILED;
}

METHOD(sync_inbound_t, receive, bool,
	private_sync_inbound_t *this, sync_link_t *link, size_t *len, char **why)
{
	return link->receive(link, len, why) && _handle(this, link, why);
}

METHOD(sync_inbound_t, is_full, bool,
	private_sync_inbound_t *this)
{
	return this->dispatch->is_full(this->dispatch);
}

METHOD(sync_inbound_t, is_started, bool,
	private_sync_inbound_t *this)
{
	return this->started;
}

METHOD(sync_inbound_t, get_processed, uint64_t,
	private_sync_inbound_t *this)
{
	return this->dispatch->get_processed(this->dispatch);
}

METHOD(sync_inbound_t, is_ack_due, bool,
	private_sync_inbound_t *this)
{
	return this->dispatch->is_ack_due(this->dispatch);
}

METHOD(sync_inbound_t, want, void,
	private_sync_inbound_t *this, u_int domains)
{
	this->mutex->lock(this->mutex);
	this->wanted |= domains;
	this->mutex->unlock(this->mutex);
	this->wake(this->user);
}

METHOD(sync_inbound_t, get_request, chunk_t,
	private_sync_inbound_t *this)
{
	bio_writer_t *writer;
	u_int wanted, domain;
	chunk_t frame;

	/* what is on its way as part of a full resync is not requested */
	if (!this->started)
	{
		return chunk_empty;
	}
	this->mutex->lock(this->mutex);
	wanted = this->wanted;
	this->wanted = 0;
	this->mutex->unlock(this->mutex);
	if (!wanted)
	{
		return chunk_empty;
	}
	/* if the link breaks down before they are here, all is needed */
	this->resyncing |= wanted;
	writer = bio_writer_create(16);
	for (domain = 0; domain < SYNC_DOMAIN_COUNT; domain++)
	{
		if (wanted & (1 << domain))
		{
			sync_tlv_put_int(writer, SYNC_ATTR_DOMAIN, domain);
		}
	}
	frame = sync_frame_control(SYNC_RESYNC_REQUEST,
							   writer->extract_buf(writer));
	writer->destroy(writer);
	return frame;
}

METHOD(sync_inbound_t, subscribed, void,
	private_sync_inbound_t *this)
{
	this->dispatch->subscribed(this->dispatch);
}

METHOD(sync_inbound_t, get_info, void,
	private_sync_inbound_t *this, sync_member_t *member)
{
	this->mutex->lock(this->mutex);
	member->resyncs_in = this->resyncs;
	this->mutex->unlock(this->mutex);
}

METHOD(sync_inbound_t, destroy, void,
	private_sync_inbound_t *this)
{
	this->dispatch->destroy(this->dispatch);
	this->mutex->destroy(this->mutex);
	free(this->name);
	free(this);
}

/*
 * Described in header.
 */
sync_inbound_t *sync_inbound_create(const char *member,
						sync_outbound_t *outbound,
						sync_subscribers_t *subscribers,
						void (*wake)(void *user), void *user)
{
	private_sync_inbound_t *this;

	INIT(this,
		.public = {
			.fill_hello = _fill_hello,
			.begin = _begin,
			.end = _end,
			.receive = _receive,
			.handle = _handle,
			.is_full = _is_full,
			.is_started = _is_started,
			.get_processed = _get_processed,
			.is_ack_due = _is_ack_due,
			.want = _want,
			.get_request = _get_request,
			.subscribed = _subscribed,
			.get_info = _get_info,
			.destroy = _destroy,
		},
		.name = strdup(member),
		.outbound = outbound,
		.wake = wake,
		.user = user,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.dispatch = sync_dispatch_create(member, subscribers, wake, user),
	);
	return &this->public;
}
