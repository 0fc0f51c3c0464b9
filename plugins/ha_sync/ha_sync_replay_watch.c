/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_replay_watch.h"

#include <daemon.h>
#include <collections/array.h>
#include <collections/hashtable.h>
#include <threading/mutex.h>
#include <threading/thread.h>

#include <errno.h>
#include <poll.h>
#include <linux/xfrm.h>
#include <libmnl/libmnl.h>

/**
 * Receive buffer of the socket: some 10,000 events that wait.
 */
#define RECEIVE_BUFFER (8 * 1024 * 1024)

/**
 * Thresholds for SAs that are not watched: practically never.
 */
#define QUIET_PACKETS UINT32_MAX
#define QUIET_MS (24 * 60 * 60 * 1000)

/**
 * Default time between events of an SA, in 100 ms.
 */
#define DEFAULT_TIMER "/proc/sys/net/core/xfrm_aevent_etime"

typedef struct private_ha_sync_replay_watch_t private_ha_sync_replay_watch_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_ha_sync_replay_watch_t {

	/** public interface */
	ha_sync_replay_watch_t public;

	/** access to the kernel */
	ha_sync_kernel_replay_t *kernel;

	/** socket that gets events */
	struct mnl_socket *socket;

	/** callback and its data */
	ha_sync_replay_watch_cb_t cb;
	void *user;

	/** watched SAs, entry_t* => entry_t* */
	hashtable_t *entries;

	/** number of entries with a report that waits */
	u_int waiting;

	/** protects entries and waiting, and keeps the thresholds of an SA in line
	 * with its entry */
	mutex_t *mutex;

	/** keeps callbacks apart, locked before mutex */
	mutex_t *report_mutex;

	/** receives events */
	thread_t *thread;
};

/**
 * A watched SA.
 */
struct entry_t {
	/** name, owns dst */
	ha_sync_sa_id_t id;
	/** counters as last reported */
	ha_sync_replay_t reported;
	/** time of last report, ms on the monotonic clock, 0 if none */
	uint64_t time;
	/** TRUE if it moved since, but it was too early for another report */
	bool waits;
};

/**
 * Monotonic time in ms.
 */
static uint64_t now_ms()
{
	timeval_t now;

	time_monotonic(&now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

/**
 * Hash of an entry; the kernel allows only one SA with the same SPI,
 * destination and protocol for each mark.
 */
static u_int entry_hash(const entry_t *entry)
{
	return chunk_hash_inc(chunk_from_thing(entry->id.spi),
			chunk_hash_inc(entry->id.dst->get_address(entry->id.dst),
						   entry->id.mark.value));
}

/**
 * Compare entries.
 */
static bool entry_equals(const entry_t *a, const entry_t *b)
{
	return a->id.spi == b->id.spi && a->id.proto == b->id.proto &&
		   a->id.mark.value == b->id.mark.value &&
		   a->id.mark.mask == b->id.mark.mask &&
		   a->id.dst->ip_equals(a->id.dst, b->id.dst);
}

/**
 * Destroy an entry.
 */
static void entry_destroy(entry_t *entry)
{
	entry->id.dst->destroy(entry->id.dst);
	free(entry);
}

/**
 * Note new counters of an SA; returns TRUE if they are to be reported now, the
 * entry is up to date then.  Mutex held.
 */
static bool note(private_ha_sync_replay_watch_t *this, entry_t *entry,
				 const ha_sync_replay_t *replay, uint64_t now, bool flush)
{
	ha_sync_replay_t *last = &entry->reported;

	/* what another thread has read may be reported already */
	if (replay->oseq < last->oseq || replay->seq < last->seq ||
		replay->packets <= last->packets)
	{
		return FALSE;
	}
	/* half of the interval, as the kernel's timer is not that exact */
	if (flush || !entry->time ||
		now - entry->time >= HA_SYNC_REPLAY_INTERVAL / 2 ||
		replay->oseq - last->oseq >= HA_SYNC_REPLAY_THRESHOLD ||
		replay->seq - last->seq >= HA_SYNC_REPLAY_THRESHOLD)
	{
		if (entry->waits)
		{
			entry->waits = FALSE;
			this->waiting--;
		}
		entry->time = now;
		entry->reported = *replay;
		return TRUE;
	}
	/* the kernel will not tell again if there are no more packets */
	if (!entry->waits)
	{
		entry->waits = TRUE;
		this->waiting++;
	}
	return FALSE;
}

/**
 * Handle counters read from the kernel or told by it, report_mutex held.
 *
 * With event TRUE an SA that is not watched is told not to cause events, as
 * the kernel's default is an event for every other packet.
 */
static void process(private_ha_sync_replay_watch_t *this, ha_sync_sa_id_t *id,
					const ha_sync_replay_t *replay, bool event, bool flush)
{
	entry_t lookup = { .id = *id }, *entry;
	bool report = FALSE;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, &lookup);
	if (entry)
	{
		/* what the kernel doesn't tell */
		id->esn = entry->id.esn;
		id->child = entry->id.child;
		id->inbound = entry->id.inbound;
		report = note(this, entry, replay, now_ms(), flush);
	}
	else if (event)
	{
		this->kernel->set_thresholds(this->kernel, id, QUIET_PACKETS, QUIET_MS);
	}
	this->mutex->unlock(this->mutex);
	if (report)
	{
		this->cb(this->user, id, replay);
	}
}

/**
 * Get clones of the IDs of all SAs, or of those with a report that waits.
 */
static array_t *get_ids(private_ha_sync_replay_watch_t *this, bool waiting)
{
	enumerator_t *enumerator;
	ha_sync_sa_id_t id;
	array_t *ids;
	entry_t *entry;

	ids = array_create(sizeof(ha_sync_sa_id_t), 0);
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		if (!waiting || entry->waits)
		{
			id = entry->id;
			id.dst = id.dst->clone(id.dst);
			array_insert(ids, ARRAY_TAIL, &id);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return ids;
}

/**
 * Read SAs and report those that moved.
 */
static void read_all(private_ha_sync_replay_watch_t *this, bool waiting,
					 bool flush)
{
	ha_sync_replay_t replay;
	ha_sync_sa_id_t id;
	array_t *ids;

	ids = get_ids(this, waiting);
	while (array_remove(ids, ARRAY_HEAD, &id))
	{
		if (this->kernel->get(this->kernel, &id, &replay))
		{
			this->report_mutex->lock(this->report_mutex);
			process(this, &id, &replay, FALSE, flush);
			this->report_mutex->unlock(this->report_mutex);
		}
		id.dst->destroy(id.dst);
	}
	array_destroy(ids);
}

/**
 * Handle an event.
 */
static int got_event(const struct nlmsghdr *hdr, void *data)
{
	private_ha_sync_replay_watch_t *this = data;
	ha_sync_replay_t replay;
	ha_sync_sa_id_t id;
	uint32_t flags;

	if (ha_sync_kernel_replay_parse(hdr, &id, &replay, &flags))
	{
		/* XFRM_AE_CU: somebody (probably we) set something */
		if (!(flags & XFRM_AE_CU))
		{
			this->report_mutex->lock(this->report_mutex);
			process(this, &id, &replay, TRUE, FALSE);
			this->report_mutex->unlock(this->report_mutex);
		}
		id.dst->destroy(id.dst);
	}
	return MNL_CB_OK;
}

/**
 * Receive events that wait in the socket.
 */
static void receive(private_ha_sync_replay_watch_t *this)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	ssize_t len;

	len = recv(mnl_socket_get_fd(this->socket), buf, sizeof(buf), MSG_DONTWAIT);
	if (len >= 0)
	{
		mnl_cb_run(buf, len, 0, 0, got_event, this);
	}
	else if (errno == ENOBUFS)
	{
		DBG2(DBG_KNL, "kernel dropped replay events, reading all SAs");
		read_all(this, FALSE, FALSE);
	}
}

/**
 * Main function of the thread.
 */
static void *run(private_ha_sync_replay_watch_t *this)
{
	struct pollfd pfd = {
		.fd = mnl_socket_get_fd(this->socket),
		.events = POLLIN,
	};
	uint64_t last = 0;
	bool waiting, old;
	int ready;

	thread_cancelability(FALSE);
	while (TRUE)
	{
		this->mutex->lock(this->mutex);
		waiting = this->waiting > 0;
		this->mutex->unlock(this->mutex);

		old = thread_cancelability(TRUE);
		ready = poll(&pfd, 1, waiting ? HA_SYNC_REPLAY_INTERVAL / 2 : -1);
		thread_cancelability(old);

		if (ready > 0)
		{
			receive(this);
		}
		if (waiting && now_ms() - last >= HA_SYNC_REPLAY_INTERVAL / 2)
		{
			last = now_ms();
			read_all(this, TRUE, FALSE);
		}
	}
	return NULL;
}

METHOD(ha_sync_replay_watch_t, add, void,
	private_ha_sync_replay_watch_t *this, const ha_sync_sa_id_t *id)
{
	entry_t *entry, *old;

	INIT(entry,
		.id = *id,
	);
	entry->id.dst = id->dst->clone(id->dst);

	this->mutex->lock(this->mutex);
	old = this->entries->put(this->entries, entry, entry);
	if (old)
	{
		this->waiting -= old->waits ? 1 : 0;
		entry_destroy(old);
	}
	this->kernel->set_thresholds(this->kernel, id, HA_SYNC_REPLAY_THRESHOLD,
								 HA_SYNC_REPLAY_INTERVAL);
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_replay_watch_t, remove_, void,
	private_ha_sync_replay_watch_t *this, const ha_sync_sa_id_t *id)
{
	entry_t lookup = { .id = *id }, *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->remove(this->entries, &lookup);
	if (entry)
	{
		this->waiting -= entry->waits ? 1 : 0;
		entry_destroy(entry);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_replay_watch_t, flush, void,
	private_ha_sync_replay_watch_t *this)
{
	read_all(this, FALSE, TRUE);
}

METHOD(ha_sync_replay_watch_t, destroy, void,
	private_ha_sync_replay_watch_t *this)
{
	enumerator_t *enumerator;
	entry_t *entry;

	if (this->thread)
	{
		this->thread->cancel(this->thread);
		this->thread->join(this->thread);
	}
	if (this->socket)
	{
		mnl_socket_close(this->socket);
	}
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		entry_destroy(entry);
	}
	enumerator->destroy(enumerator);
	this->entries->destroy(this->entries);
	this->mutex->destroy(this->mutex);
	this->report_mutex->destroy(this->report_mutex);
	free(this);
}

/**
 * The kernel starts the timer of an SA only if the default is not zero.
 */
static void check_default_timer()
{
	FILE *file;

	file = fopen(DEFAULT_TIMER, "r");
	if (file)
	{
		if (fgetc(file) == '0')
		{
			DBG1(DBG_KNL, "%s is 0, so the kernel does not report the use of "
				 "SAs in time, set it to 10", DEFAULT_TIMER);
		}
		fclose(file);
	}
}

/**
 * Open the socket and subscribe to events.
 */
static bool subscribe(private_ha_sync_replay_watch_t *this)
{
	int group = XFRMNLGRP_AEVENTS, size = RECEIVE_BUFFER;

	this->socket = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC);
	if (!this->socket ||
		mnl_socket_bind(this->socket, 0, MNL_SOCKET_AUTOPID) ||
		mnl_socket_setsockopt(this->socket, NETLINK_ADD_MEMBERSHIP, &group,
							  sizeof(group)))
	{
		DBG1(DBG_KNL, "subscribing to the kernel's replay events failed: %s",
			 strerror(errno));
		return FALSE;
	}
	check_default_timer();
	/* with a smaller buffer events get lost earlier, that's dealt with */
	setsockopt(mnl_socket_get_fd(this->socket), SOL_SOCKET, SO_RCVBUFFORCE,
			   &size, sizeof(size));
	return TRUE;
}

ha_sync_replay_watch_t *ha_sync_replay_watch_create(
				ha_sync_kernel_replay_t *kernel, ha_sync_replay_watch_cb_t cb,
				void *user)
{
	private_ha_sync_replay_watch_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.remove = _remove_,
			.flush = _flush,
			.destroy = _destroy,
		},
		.kernel = kernel,
		.cb = cb,
		.user = user,
		.entries = hashtable_create((hashtable_hash_t)entry_hash,
									(hashtable_equals_t)entry_equals, 128),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.report_mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);

	if (!subscribe(this))
	{
		destroy(this);
		return NULL;
	}
	this->thread = thread_create((void*)run, this);
	return &this->public;
}
