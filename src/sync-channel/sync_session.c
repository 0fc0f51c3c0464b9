/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_session.h"
#include "sync_dispatch.h"
#include "sync_snapshot.h"
#include "sync_tlv.h"

#include <poll.h>
#include <stdio.h>

#include <threading/mutex.h>

/** octets of sequenced frames taken from the backlog at once */
#define BATCH (32 * 1024)

/** longest time to send what's left at a planned end, in ms */
#define FAREWELL_TIME 1000

/** heartbeats of the member that have to be missing, whatever our timeout */
#define HEARTBEATS_MISSED 3

typedef struct private_sync_session_t private_sync_session_t;

/**
 * Private data.
 */
struct private_sync_session_t {

	/** public interface */
	sync_session_t public;

	/** name of the member */
	char *name;

	/** our incarnation */
	uint64_t incarnation;

	/** frames all members get */
	sync_backlog_t *backlog;

	/** frames for this member only */
	sync_outbox_t *outbox;

	/** what was received */
	sync_dispatch_t *dispatch;

	/** snapshots for the member */
	sync_snapshot_t *snapshot;

	/** wakes us */
	sync_wake_t *wake;

	/** link in use; below here, used by run()'s thread only */
	sync_link_t *link;

	/** incarnation and interval of heartbeats the member told */
	uint64_t peer;
	uint32_t peer_heartbeat;

	/** next frame of the backlog to send */
	uint64_t position;

	/** snapshots of all domains have to be sent before frames of the backlog */
	bool full;

	/** times of last heartbeat sent, and last octet received, in ms */
	uint64_t sent, received;

	/** incarnation that what we have is from, last sequence number of it */
	uint64_t known, last;

	/** the member told where its sequence starts, on this link */
	bool started;

	/** domains whose snapshot is being received, as mask */
	u_int resyncing;

	/** lock for all below */
	mutex_t *mutex;

	/** state and numbers for others */
	sync_member_t info;

	/** last sequence number acknowledged, UINT64_MAX if there's none */
	uint64_t acked;

	/** time of last octet received, for others, in ms */
	uint64_t heard;

	/** domains to request, and to give, snapshots of, as masks */
	u_int wanted, given;

	/** intervals, in ms */
	uint32_t heartbeat, timeout;

	/** why to end, NULL to go on */
	char *ending;

	/** whether to say farewell */
	bool farewell;
};

/**
 * Wake the thread.
 */
static void wake_up(private_sync_session_t *this)
{
	this->wake->wake(this->wake);
}

/**
 * Set the state others see.
 */
static void set_state(private_sync_session_t *this, sync_link_state_t state)
{
	this->mutex->lock(this->mutex);
	if (this->info.state != state)
	{
		this->info.state = state;
		this->info.since = time_monotonic(NULL);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Send snapshots of all domains, then what came since this moment.
 */
static void resync_all(private_sync_session_t *this, bool overflow)
{
	this->full = TRUE;
	this->position = this->backlog->get_head(this->backlog) + 1;
	this->mutex->lock(this->mutex);
	this->acked = this->position - 1;
	this->info.resyncs_out++;
	this->info.overflows += overflow;
	this->mutex->unlock(this->mutex);
	this->snapshot->request(this->snapshot, SYNC_ALL_DOMAINS);
}

/**
 * Tell the member where the sequence starts.
 */
static void put_start(private_sync_session_t *this)
{
	this->full = FALSE;
	this->outbox->put(this->outbox, sync_frame_control_int(SYNC_START,
								SYNC_ATTR_SEQUENCE, this->position));
}

/**
 * Decide how to bring the member up to date.
 */
static void begin_sending(private_sync_session_t *this, sync_hello_t *hello)
{
	bool same = hello->known == this->incarnation;

	if (same && this->backlog->covers(this->backlog, hello->last + 1))
	{
		this->position = hello->last + 1;
		this->mutex->lock(this->mutex);
		this->acked = hello->last;
		this->info.catchups++;
		this->mutex->unlock(this->mutex);
		put_start(this);
		return;
	}
	resync_all(this, same);
}

/**
 * Hand frames over to the link, as many as it takes.
 */
static bool fill_link(private_sync_session_t *this)
{
	bool busy, filled = FALSE;
	u_int frames;
	chunk_t space;
	size_t len;

	while (TRUE)
	{
		space = this->link->get_space(this->link);
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
		}
		if (!len)
		{
			return filled;
		}
		this->link->added(this->link, frames, len);
		filled = TRUE;
	}
}

/**
 * Send what there is to send.
 */
static bool send_frames(private_sync_session_t *this, char **why)
{
	bool filled;

	do
	{
		filled = fill_link(this);
		if (!this->link->flush(this->link, why))
		{
			return FALSE;
		}
	}
	while (filled && this->link->is_flushed(this->link));
	return TRUE;
}

/**
 * Send a heartbeat if it's time.
 */
static void send_heartbeat(private_sync_session_t *this, uint64_t now)
{
	if (now >= this->sent + this->heartbeat)
	{
		this->sent = now;
		/* behind a lot of other frames it would not be of use */
		if (this->outbox->is_empty(this->outbox))
		{
			this->outbox->put(this->outbox,
					sync_frame_control_int(SYNC_HEARTBEAT, SYNC_ATTR_SEQUENCE,
							this->dispatch->get_processed(this->dispatch)));
		}
	}
}

/**
 * Write the snapshots others want us to.
 */
static void send_snapshots(private_sync_session_t *this)
{
	u_int given;

	this->mutex->lock(this->mutex);
	given = this->given;
	this->given = 0;
	this->mutex->unlock(this->mutex);
	if (given)
	{
		this->snapshot->request(this->snapshot, given);
	}
}

/**
 * Send requests for snapshots.
 */
static void send_requests(private_sync_session_t *this)
{
	bio_writer_t *writer;
	u_int wanted, domain;

	/* what is on its way as part of a full resync is not requested */
	if (!this->started)
	{
		return;
	}
	this->mutex->lock(this->mutex);
	wanted = this->wanted;
	this->wanted = 0;
	this->mutex->unlock(this->mutex);
	if (wanted)
	{
		writer = bio_writer_create(16);
		for (domain = 0; domain < SYNC_DOMAIN_COUNT; domain++)
		{
			if (wanted & (1 << domain))
			{
				sync_tlv_put_int(writer, SYNC_ATTR_DOMAIN, domain);
			}
		}
		this->outbox->put(this->outbox, sync_frame_control(SYNC_RESYNC_REQUEST,
											writer->extract_buf(writer)));
		writer->destroy(writer);
		/* if the link breaks down before they are here, all is needed */
		this->resyncing |= wanted;
	}
}

/**
 * The member tells what it processed.
 */
static bool handle_heartbeat(private_sync_session_t *this, chunk_t body)
{
	uint64_t seq;

	if (!sync_frame_get_int(body, SYNC_ATTR_SEQUENCE, &seq))
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	if (seq > this->acked && seq < this->position)
	{
		this->acked = seq;
	}
	this->mutex->unlock(this->mutex);
	return TRUE;
}

/**
 * The member tells where its sequence starts.
 */
static bool handle_start(private_sync_session_t *this, chunk_t body)
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
	set_state(this, SYNC_LINK_UP);
	DBG1(DBG_NET, "cluster: in sync with member '%s'", this->name);
	return TRUE;
}

/**
 * Begin or end of a snapshot.
 */
static bool handle_mark(private_sync_session_t *this, u_int type, chunk_t body)
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
			this->resyncing |= 1 << domain;
			this->mutex->lock(this->mutex);
			this->wanted &= ~(1 << domain);
			this->mutex->unlock(this->mutex);
			this->dispatch->begin(this->dispatch, domain);
			continue;
		}
		this->resyncing &= ~(1 << domain);
		if (type == SYNC_RESYNC_END)
		{
			this->dispatch->end(this->dispatch, domain);
			this->mutex->lock(this->mutex);
			this->info.resyncs_in += domain == SYNC_HA;
			this->mutex->unlock(this->mutex);
		}
	}
	return TRUE;
}

/**
 * Handle a control frame; ended is set to the reason if it ends the link.
 */
static bool handle_control(private_sync_session_t *this, sync_frame_t *frame,
						   char **ended)
{
	u_int domains;

	switch (frame->type)
	{
		case SYNC_HEARTBEAT:
			return handle_heartbeat(this, frame->body);
		case SYNC_RESYNC_REQUEST:
			if (!sync_frame_get_domains(frame->body, &domains))
			{
				return FALSE;
			}
			this->snapshot->request(this->snapshot, domains);
			return TRUE;
		case SYNC_RESYNC_BEGIN:
		case SYNC_RESYNC_END:
		case SYNC_RESYNC_ABORT:
			return handle_mark(this, frame->type, frame->body);
		case SYNC_START:
			return handle_start(this, frame->body);
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
static bool handle_frame(private_sync_session_t *this, sync_frame_t *frame,
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

/**
 * Handle all frames that were received completely.
 */
static bool handle_frames(private_sync_session_t *this, char **why)
{
	sync_frame_t frame;
	status_t status;

	while ((status = this->link->next(this->link, &frame, why)) == SUCCESS)
	{
		if (!handle_frame(this, &frame, why))
		{
			return FALSE;
		}
	}
	return status != FAILED;
}

/**
 * Receive what is there, unless subscribers can't keep up.
 */
static bool receive_frames(private_sync_session_t *this, uint64_t now,
						   bool *paused, char **why)
{
	size_t len;

	while (!(*paused = this->dispatch->is_full(this->dispatch)))
	{
		if (!this->link->receive(this->link, &len, why))
		{
			return FALSE;
		}
		if (!len)
		{
			return TRUE;
		}
		this->received = now;
		if (!handle_frames(this, why))
		{
			return FALSE;
		}
	}
	/* as long as we don't listen, silence says nothing */
	this->received = now;
	return TRUE;
}

/**
 * Make what happened on the link known to others.
 */
static void publish(private_sync_session_t *this)
{
	this->mutex->lock(this->mutex);
	this->link->count(this->link, &this->info);
	this->heard = this->received;
	this->mutex->unlock(this->mutex);
}

/**
 * Silence after which the link is dead, in ms.
 */
static uint32_t get_timeout(private_sync_session_t *this)
{
	return max(this->timeout, HEARTBEATS_MISSED * this->peer_heartbeat);
}

/**
 * Time until the next heartbeat or timeout, in ms.
 */
static uint64_t get_delay(private_sync_session_t *this, uint64_t now)
{
	uint64_t next = min(this->sent + this->heartbeat,
						this->received + get_timeout(this));

	return next > now ? next - now : 0;
}

/**
 * Wait until there's something to do.
 */
static void wait_for_work(private_sync_session_t *this, uint64_t timeout,
						  bool paused)
{
	struct pollfd pfd[] = {
		{
			.fd = this->link->get_fd(this->link),
			.events = this->link->get_events(this->link, !paused),
		}, {
			.fd = this->wake->get_fd(this->wake),
			.events = POLLIN,
		},
	};

	/* an error on the socket would end poll() again and again */
	if (paused && !pfd[0].events)
	{
		pfd[0].fd = -1;
	}
	poll(pfd, countof(pfd), timeout);
	this->wake->reset(this->wake);
}

/**
 * Check if we have to end, FALSE if so.
 */
static bool check_end(private_sync_session_t *this, uint64_t now,
					  bool *farewell, char **why)
{
	this->mutex->lock(this->mutex);
	*why = strdupnull(this->ending);
	*farewell = this->farewell;
	this->mutex->unlock(this->mutex);
	if (!*why && now >= this->received + get_timeout(this) &&
		asprintf(why, "nothing received for %llu ms",
				 (unsigned long long)(now - this->received)) < 0)
	{
		*why = strdup("nothing received");
	}
	return *why == NULL;
}

/**
 * Send what is left and the reason for the end.
 */
static void say_goodbye(private_sync_session_t *this, char *why)
{
	uint64_t now = sync_now(), deadline = now + FAREWELL_TIME;
	char *error = NULL;
	bool done = FALSE;

	while (now < deadline && send_frames(this, &error))
	{
		if (this->link->is_flushed(this->link) &&
			!this->snapshot->is_busy(this->snapshot))
		{
			if (done)
			{
				break;
			}
			this->outbox->put(this->outbox,
							  sync_frame_control_str(SYNC_GOODBYE, why));
			done = TRUE;
			continue;
		}
		wait_for_work(this, deadline - now, TRUE);
		now = sync_now();
	}
	free(error);
}

/**
 * Run the protocol until there is a reason to end.
 */
static char *run_link(private_sync_session_t *this)
{
	bool farewell, paused = FALSE;
	uint64_t now;
	char *why = NULL;

	if (!handle_frames(this, &why))
	{
		return why;
	}
	while (TRUE)
	{
		now = sync_now();
		if (!receive_frames(this, now, &paused, &why))
		{
			return why;
		}
		if (!check_end(this, now, &farewell, &why))
		{
			if (farewell)
			{
				say_goodbye(this, why);
			}
			return why;
		}
		send_snapshots(this);
		send_requests(this);
		send_heartbeat(this, now);
		if (!send_frames(this, &why))
		{
			return why;
		}
		publish(this);
		wait_for_work(this, get_delay(this, now), paused);
	}
}

METHOD(sync_session_t, fill_hello, void,
	private_sync_session_t *this, sync_hello_t *hello)
{
	hello->known = this->known;
	hello->last = this->last;
	hello->heartbeat = this->heartbeat;
}

/**
 * A link is up: prepare for it.
 */
static void begin(private_sync_session_t *this, sync_link_t *link,
				  sync_hello_t *hello)
{
	this->link = link;
	this->peer = hello->incarnation;
	this->peer_heartbeat = hello->heartbeat;
	this->started = FALSE;
	this->sent = 0;
	this->received = sync_now();
	this->mutex->lock(this->mutex);
	this->info.incarnation = this->peer;
	this->info.connects++;
	this->heard = this->received;
	this->mutex->unlock(this->mutex);
	set_state(this, SYNC_LINK_RESYNC);
	this->outbox->open(this->outbox);
	this->dispatch->up(this->dispatch, this->peer);
	begin_sending(this, hello);
}

/**
 * The link is down: nothing of it must reach the next one.
 */
static void finish(private_sync_session_t *this)
{
	publish(this);
	this->link = NULL;
	this->outbox->close(this->outbox);
	this->snapshot->stop(this->snapshot);
	if (this->resyncing)
	{	/* we have neither what was before the snapshot nor all of it */
		this->resyncing = 0;
		this->known = 0;
	}
	this->dispatch->down(this->dispatch);
	set_state(this, SYNC_LINK_DOWN);
}

METHOD(sync_session_t, run, char*,
	private_sync_session_t *this, sync_link_t *link, sync_hello_t *hello)
{
	char *why;

	begin(this, link, hello);
	why = run_link(this);
	finish(this);
	return why;
}

METHOD(sync_session_t, end, void,
	private_sync_session_t *this, char *why, bool farewell)
{
	this->mutex->lock(this->mutex);
	free(this->ending);
	this->ending = strdupnull(why);
	this->farewell = farewell;
	this->mutex->unlock(this->mutex);
	wake_up(this);
}

METHOD(sync_session_t, set_timers, void,
	private_sync_session_t *this, uint32_t heartbeat, uint32_t timeout)
{
	this->mutex->lock(this->mutex);
	this->heartbeat = heartbeat;
	this->timeout = timeout;
	this->mutex->unlock(this->mutex);
	wake_up(this);
}

METHOD(sync_session_t, is_alive, bool,
	private_sync_session_t *this, uint32_t within, uint64_t *incarnation)
{
	bool alive;

	this->mutex->lock(this->mutex);
	alive = this->info.state != SYNC_LINK_DOWN &&
			sync_now() < this->heard + within;
	*incarnation = this->info.incarnation;
	this->mutex->unlock(this->mutex);
	return alive;
}

METHOD(sync_session_t, request, bool,
	private_sync_session_t *this, u_int domains)
{
	bool connected;

	this->mutex->lock(this->mutex);
	this->wanted |= domains;
	connected = this->info.state != SYNC_LINK_DOWN;
	this->mutex->unlock(this->mutex);
	wake_up(this);
	return connected;
}

METHOD(sync_session_t, give, bool,
	private_sync_session_t *this, u_int domains)
{
	bool connected;

	this->mutex->lock(this->mutex);
	connected = this->info.state != SYNC_LINK_DOWN;
	if (connected)
	{
		this->given |= domains;
	}
	this->mutex->unlock(this->mutex);
	wake_up(this);
	return connected;
}

METHOD(sync_session_t, send_, bool,
	private_sync_session_t *this, chunk_t frame)
{
	return this->outbox->try(this->outbox, frame);
}

METHOD(sync_session_t, poke, void,
	private_sync_session_t *this)
{
	wake_up(this);
}

METHOD(sync_session_t, subscribed, void,
	private_sync_session_t *this)
{
	this->dispatch->subscribed(this->dispatch);
}

METHOD(sync_session_t, get_acked, uint64_t,
	private_sync_session_t *this)
{
	uint64_t acked;

	this->mutex->lock(this->mutex);
	acked = this->acked;
	this->mutex->unlock(this->mutex);
	return acked;
}

METHOD(sync_session_t, get_info, void,
	private_sync_session_t *this, sync_member_t *member)
{
	uint64_t head = this->backlog->get_head(this->backlog);

	this->mutex->lock(this->mutex);
	*member = this->info;
	if (this->acked < head)
	{
		member->lag = head - this->acked;
		member->backlog_used = this->backlog->get_usage(this->backlog,
														this->acked);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(sync_session_t, destroy, void,
	private_sync_session_t *this)
{
	this->dispatch->destroy(this->dispatch);
	this->snapshot->destroy(this->snapshot);
	this->outbox->destroy(this->outbox);
	this->mutex->destroy(this->mutex);
	free(this->ending);
	free(this->name);
	free(this);
}

/*
 * Described in header.
 */
sync_session_t *sync_session_create(const char *member, uint64_t incarnation,
						sync_backlog_t *backlog,
						sync_subscribers_t *subscribers, sync_wake_t *wake)
{
	private_sync_session_t *this;

	INIT(this,
		.public = {
			.fill_hello = _fill_hello,
			.run = _run,
			.end = _end,
			.set_timers = _set_timers,
			.is_alive = _is_alive,
			.request = _request,
			.give = _give,
			.poke = _poke,
			.subscribed = _subscribed,
			.send = _send_,
			.get_acked = _get_acked,
			.get_info = _get_info,
			.destroy = _destroy,
		},
		.name = strdup(member),
		.incarnation = incarnation,
		.backlog = backlog,
		.wake = wake,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.acked = UINT64_MAX,
		.info = {
			.since = time_monotonic(NULL),
		},
	);
	this->outbox = sync_outbox_create((void*)wake_up, this);
	this->dispatch = sync_dispatch_create(member, subscribers,
										  (void*)wake_up, this);
	this->snapshot = sync_snapshot_create(member, subscribers, this->outbox,
										  (void*)wake_up, this);
	return &this->public;
}
