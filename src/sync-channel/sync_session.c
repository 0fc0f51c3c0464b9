/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_session.h"
#include "sync_inbound.h"
#include "sync_session_shared.h"

#include <poll.h>
#include <stdio.h>

/** longest time to send what's left at a planned end, in ms */
#define FAREWELL_TIME 1000

/** shortest time between two batches of frames nobody waits for, in ms: waking
 * a thread and writing to a socket costs more than the frames do */
#define BATCH_INTERVAL 5

/** heartbeats of the member that have to be missing, whatever our timeout */
#define HEARTBEATS_MISSED 3

typedef struct private_sync_session_t private_sync_session_t;

/**
 * Private data.
 */
struct private_sync_session_t {

	/** public interface */
	sync_session_t public;

	/** what is sent */
	sync_outbound_t *outbound;

	/** what is received */
	sync_inbound_t *inbound;

	/** what others see and ask for */
	sync_session_shared_t *shared;

	/** wakes us */
	sync_wake_t *wake;

	/** link in use; below here, used by run()'s thread only */
	sync_link_t *link;

	/** interval of heartbeats the member told, in ms */
	uint32_t peer_heartbeat;

	/** times of last heartbeat sent, and last octet received, in ms */
	uint64_t sent, received;

	/** time new frames were looked for, in ms */
	uint64_t looked;

	/** there may be something to receive */
	bool readable;

	/** an acknowledgement was found to be due */
	bool ack;
};

/**
 * Wake the thread.
 */
static void wake_up(private_sync_session_t *this)
{
	this->wake->wake(this->wake);
}

/**
 * Get the silence after which the link is dead, in ms.
 */
static uint32_t get_timeout(private_sync_session_t *this)
{
	return max(this->shared->get_timeout(this->shared),
			   HEARTBEATS_MISSED * this->peer_heartbeat);
}

/**
 * Send a heartbeat, which acknowledges what was processed.
 */
static void put_heartbeat(private_sync_session_t *this)
{
	this->outbound->put_latest(this->outbound,
					sync_frame_control_int(SYNC_HEARTBEAT, SYNC_ATTR_SEQUENCE,
							this->inbound->get_processed(this->inbound)));
}

/**
 * Send a heartbeat if it's time.
 */
static void send_heartbeat(private_sync_session_t *this, uint64_t now)
{
	if (now >= this->sent + this->shared->get_heartbeat(this->shared))
	{
		this->sent = now;
		/* behind a lot of other frames it would not be of use */
		if (!this->outbound->is_waiting(this->outbound))
		{
			put_heartbeat(this);
		}
	}
}

/**
 * Acknowledge what was processed, if the member waits for it.
 */
static void send_ack(private_sync_session_t *this, uint64_t now)
{
	if (this->inbound->is_ack_due(this->inbound) || this->ack)
	{
		this->ack = FALSE;
		this->sent = now;
		put_heartbeat(this);
	}
}

/**
 * Send a request for the snapshots we need.
 */
static void send_request(private_sync_session_t *this)
{
	chunk_t request = this->inbound->get_request(this->inbound);

	if (request.len)
	{
		this->outbound->put(this->outbound, request);
	}
}

/**
 * Receive what is there, unless subscribers can't keep up; more is set if
 * there may be more.
 */
static bool receive_frames(private_sync_session_t *this, uint64_t now,
						   bool *paused, bool *more, char **why)
{
	size_t len = 0;

	/* one buffer at a time: who sends without a break must not keep us from
	 * sending, he'd think that we are dead */
	*paused = this->inbound->is_full(this->inbound);
	if (!*paused && (this->readable || *more) &&
		!this->inbound->receive(this->inbound, this->link, &len, why))
	{
		return FALSE;
	}
	*more = len > 0;
	/* as long as we don't listen, silence says nothing */
	if (*paused || len)
	{
		this->received = now;
	}
	return TRUE;
}

/**
 * Time until the next heartbeat or timeout, in ms.
 */
static uint64_t get_delay(private_sync_session_t *this, uint64_t now)
{
	uint64_t next = min(
				this->sent + this->shared->get_heartbeat(this->shared),
				this->received + get_timeout(this));

	return next > now ? next - now : 0;
}

/**
 * Wait for more frames to send together; who wakes us meanwhile has nothing to
 * do for it.
 */
static void wait_for_more(private_sync_session_t *this, struct pollfd *pfd)
{
	uint64_t now = sync_now();

	/* the member waits for it */
	this->ack = this->inbound->is_ack_due(this->inbound);
	if (now < this->looked + BATCH_INTERVAL && !this->ack &&
		!this->outbound->is_urgent(this->outbound))
	{
		poll(pfd, 1, this->looked + BATCH_INTERVAL - now);
	}
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
	if (poll(pfd, countof(pfd), timeout) < 0)
	{
		pfd[0].revents = pfd[1].revents = 0;
	}
	if (pfd[1].revents)
	{
		if (!pfd[0].revents)
		{
			wait_for_more(this, pfd);
		}
		this->wake->reset(this->wake);
	}
	/* while we don't listen, we don't know */
	this->readable = paused || pfd[0].revents;
}

/**
 * Check if we have to end, FALSE if so.
 */
static bool check_end(private_sync_session_t *this, uint64_t now,
					  bool *farewell, char **why)
{
	*why = this->shared->get_end(this->shared, farewell);
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

	while (now < deadline &&
		   this->outbound->send(this->outbound, this->link, &error))
	{
		if (this->link->is_flushed(this->link) &&
			!this->outbound->is_busy(this->outbound))
		{
			if (done)
			{
				break;
			}
			this->outbound->put(this->outbound,
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
	bool farewell, paused, more = FALSE;
	uint64_t now;
	char *why = NULL;

	/* what came with the HELLO */
	if (!this->inbound->handle(this->inbound, this->link, &why))
	{
		return why;
	}
	while (TRUE)
	{
		now = sync_now();
		if (!receive_frames(this, now, &paused, &more, &why))
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
		send_request(this);
		send_ack(this, now);
		send_heartbeat(this, now);
		this->looked = now;
		if (!this->outbound->send(this->outbound, this->link, &why))
		{
			return why;
		}
		this->shared->publish(this->shared, this->link, this->received,
							  this->inbound->is_started(this->inbound));
		/* TLS may have data that poll() does not know of */
		wait_for_work(this, more ? 0 : get_delay(this, now), paused);
	}
}

METHOD(sync_session_t, fill_hello, void,
	private_sync_session_t *this, sync_hello_t *hello)
{
	this->inbound->fill_hello(this->inbound, hello);
	hello->heartbeat = this->shared->get_heartbeat(this->shared);
}

/**
 * A link is up: prepare for it.
 */
static void begin(private_sync_session_t *this, sync_link_t *link,
				  sync_hello_t *hello)
{
	this->link = link;
	/* a silly number must not keep a dead link for ever */
	this->peer_heartbeat = min(hello->heartbeat, SYNC_HEARTBEAT_MAX);
	this->sent = 0;
	this->ack = FALSE;
	this->readable = TRUE;
	this->received = sync_now();
	/* how it begins is known to who sees that it's up */
	this->outbound->begin(this->outbound, hello);
	this->shared->up(this->shared, hello->incarnation, this->received);
	this->inbound->begin(this->inbound, hello->incarnation);
}

/**
 * The link is down: nothing of it must reach the next one.
 */
static void finish(private_sync_session_t *this)
{
	this->shared->publish(this->shared, this->link, this->received,
						  this->inbound->is_started(this->inbound));
	this->link = NULL;
	/* before subscribers are told, they may look at it */
	this->shared->down(this->shared);
	this->outbound->end(this->outbound);
	this->inbound->end(this->inbound);
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
	this->shared->end(this->shared, why, farewell);
	if (why)
	{	/* else the thread itself forgets a reason before it connects: it must
		 * not be kept from waiting when that fails */
		wake_up(this);
	}
}

METHOD(sync_session_t, set_timers, void,
	private_sync_session_t *this, uint32_t heartbeat, uint32_t timeout)
{
	this->shared->set_timers(this->shared, heartbeat, timeout);
	wake_up(this);
}

METHOD(sync_session_t, is_alive, bool,
	private_sync_session_t *this, uint32_t within, uint64_t *incarnation)
{
	return this->shared->is_alive(this->shared, within, incarnation);
}

METHOD(sync_session_t, request, bool,
	private_sync_session_t *this, u_int domains)
{
	this->inbound->want(this->inbound, domains);
	return this->shared->is_connected(this->shared);
}

METHOD(sync_session_t, give, bool,
	private_sync_session_t *this, u_int domains)
{
	if (!this->shared->is_connected(this->shared))
	{
		return FALSE;
	}
	this->outbound->give(this->outbound, domains);
	return TRUE;
}

METHOD(sync_session_t, send_, bool,
	private_sync_session_t *this, chunk_t frame)
{
	return this->outbound->try(this->outbound, frame);
}

METHOD(sync_session_t, poke, void,
	private_sync_session_t *this)
{
	wake_up(this);
}

METHOD(sync_session_t, subscribed, void,
	private_sync_session_t *this)
{
	this->inbound->subscribed(this->inbound);
}

METHOD(sync_session_t, get_acked, uint64_t,
	private_sync_session_t *this)
{
	return this->outbound->get_acked(this->outbound);
}

METHOD(sync_session_t, get_info, void,
	private_sync_session_t *this, sync_member_t *member)
{
	this->shared->get_info(this->shared, member);
	this->outbound->get_info(this->outbound, member);
	this->inbound->get_info(this->inbound, member);
}

METHOD(sync_session_t, destroy, void,
	private_sync_session_t *this)
{
	this->inbound->destroy(this->inbound);
	this->outbound->destroy(this->outbound);
	this->shared->destroy(this->shared);
	free(this);
}

/*
 * Described in header.
 */
sync_session_t *sync_session_create(const char *member, uint64_t incarnation,
						sync_backlog_t *backlog, sync_commit_t *commit,
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
		.wake = wake,
		.shared = sync_session_shared_create(),
	);
	this->outbound = sync_outbound_create(member, incarnation, backlog, commit,
										  subscribers, (void*)wake_up, this);
	this->inbound = sync_inbound_create(member, this->outbound, subscribers,
										(void*)wake_up, this);
	return &this->public;
}
