/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_gate.h"
#include "ha_sync_gate_queue.h"
#include "ha_sync_hook_time.h"

#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

/**
 * Interval in which a line about slow acknowledgements is logged, in s.
 */
#define COMPLAINT_INTERVAL 10

typedef struct private_ha_sync_gate_t private_ha_sync_gate_t;
typedef enum news_t news_t;

/**
 * What is to be logged.
 */
enum news_t {
	NEWS_NONE,
	NEWS_SYNC,
	NEWS_SLOW,
	NEWS_ALONE,
};

/**
 * Private data.
 */
struct private_ha_sync_gate_t {

	/** public interface */
	ha_sync_gate_t public;

	/** what we use */
	ha_sync_gate_ops_t ops;

	/** times packets were held */
	ha_sync_hook_time_t *delays;

	/** lets packets go whose time has come */
	thread_t *thread;

	/** held while packets are let go, so that they stay in order; the first
	 * one if both are needed */
	mutex_t *order;

	/** protects all below */
	mutex_t *mutex;

	/** signalled if the thread has to look after packets, or to end */
	condvar_t *changed;

	/** options */
	bool sync;
	uint64_t timeout;

	/** what was acknowledged, and whether a member is up to date */
	uint64_t committed;
	bool up;

	/** acknowledgements take longer than the timeout */
	bool slow;

	/** number that shows if they still do, when it was given out, in ns */
	uint64_t probe, probed;

	/** when slow ones were logged, in ns; whether the last ones were */
	uint64_t complained;
	bool told;

	/** packets that wait */
	ha_sync_gate_queue_t *queue;

	/** state of the thread: it sleeps; packets came since it looked */
	bool asleep, arrived;

	/** all packets are to go */
	bool flushing;

	/** the thread has to end */
	bool ending;

	/** numbers */
	ha_sync_gate_status_t status;
};

/**
 * Check if packets don't have to wait, mutex held.
 */
static bool is_open(private_ha_sync_gate_t *this)
{
	return !this->sync || !this->up || this->slow || this->flushing;
}

/**
 * Log what changed, no mutex held.
 */
static void tell(private_ha_sync_gate_t *this, news_t news)
{
	switch (news)
	{
		case NEWS_SYNC:
			DBG1(DBG_CFG, "ha-sync: a standby acknowledges, IKE packets wait "
				 "for that (semi-sync)");
			break;
		case NEWS_SLOW:
			DBG1(DBG_CFG, "ha-sync: no standby acknowledged within "
				 "commit_timeout, IKE packets leave without waiting until one "
				 "does again (semi-sync is degraded)");
			break;
		case NEWS_ALONE:
			DBG1(DBG_CFG, "ha-sync: no standby is up to date, IKE packets "
				 "leave without waiting for one (semi-sync is degraded)");
			break;
		default:
			break;
	}
}

/**
 * Get the sequence number up to which packets may go, mutex held.
 */
static uint64_t get_reached(private_ha_sync_gate_t *this)
{
	return is_open(this) ? UINT64_MAX : this->committed;
}

/**
 * Count a packet that is let go, mutex held.
 */
static void count(private_ha_sync_gate_t *this, ha_sync_waiting_t *held)
{
	if (held->seq <= this->committed)
	{
		this->status.committed++;
		this->delays->add(this->delays, ha_sync_hook_now() - held->since);
	}
	else if (this->slow)
	{
		this->status.timeouts++;
	}
	else
	{
		this->status.lost++;
	}
}

/**
 * Let packets go that may.
 */
static void drain(private_ha_sync_gate_t *this)
{
	ha_sync_waiting_t *taken, *held;

	this->order->lock(this->order);
	this->mutex->lock(this->mutex);
	this->queue->reached(this->queue, get_reached(this));
	while ((taken = this->queue->take(this->queue, get_reached(this))))
	{
		for (held = taken; held; held = held->next)
		{
			count(this, held);
		}
		this->mutex->unlock(this->mutex);
		for (held = taken; held; held = held->next)
		{
			this->ops.release(this->ops.user, held->packet);
		}
		this->mutex->lock(this->mutex);
		this->queue->done(this->queue, taken);
	}
	this->mutex->unlock(this->mutex);
	this->order->unlock(this->order);
}

/**
 * Acknowledgements take too long, mutex held.
 */
static news_t set_slow(private_ha_sync_gate_t *this)
{
	uint64_t now = ha_sync_hook_now();

	this->slow = TRUE;
	this->probe = 0;
	if (this->complained &&
		now < this->complained + COMPLAINT_INTERVAL * 1000000000ULL)
	{
		return NEWS_NONE;
	}
	this->complained = now;
	this->told = TRUE;
	return NEWS_SLOW;
}

/**
 * Check if a number given out while acknowledgements were slow was acknowledged
 * in time, mutex held.
 */
static news_t check_probe(private_ha_sync_gate_t *this)
{
	if (!this->slow || !this->probe || this->committed < this->probe)
	{
		return NEWS_NONE;
	}
	this->probe = 0;
	if (ha_sync_hook_now() - this->probed > this->timeout)
	{
		return NEWS_NONE;
	}
	this->slow = FALSE;
	if (!this->told)
	{
		return NEWS_NONE;
	}
	this->told = FALSE;
	return NEWS_SYNC;
}

METHOD(ha_sync_gate_t, committed, void,
	private_ha_sync_gate_t *this)
{
	news_t news;
	uint64_t seq;
	bool up;

	this->mutex->lock(this->mutex);
	up = this->ops.get_committed(this->ops.user, &seq);
	this->committed = max(this->committed, seq);
	if (up != this->up)
	{
		/* one line is enough if it was too slow before it went away */
		news = !this->sync ? NEWS_NONE :
				up ? NEWS_SYNC : this->slow ? NEWS_NONE : NEWS_ALONE;
		this->up = up;
		this->slow = this->told = FALSE;
		this->probe = 0;
	}
	else
	{
		news = check_probe(this);
	}
	this->mutex->unlock(this->mutex);
	tell(this, news);
	drain(this);
}

METHOD(ha_sync_gate_t, hold, void,
	private_ha_sync_gate_t *this, const ha_sync_spis_t *spis, uint64_t seq)
{
	this->mutex->lock(this->mutex);
	if (!this->sync || seq <= this->committed)
	{
		this->mutex->unlock(this->mutex);
		return;
	}
	if (is_open(this) || !this->queue->hold(this->queue, spis, seq))
	{
		this->status.passed++;
		if (this->slow && !this->probe)
		{
			this->probe = seq;
			this->probed = ha_sync_hook_now();
		}
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_gate_t, pass, bool,
	private_ha_sync_gate_t *this, packet_t *packet)
{
	news_t news = NEWS_NONE;
	bool full;

	this->mutex->lock(this->mutex);
	this->queue->reached(this->queue, get_reached(this));
	if (!this->queue->add(this->queue, packet, ha_sync_hook_now()))
	{
		this->mutex->unlock(this->mutex);
		return TRUE;
	}
	this->status.gated++;
	this->arrived = TRUE;
	if (this->asleep)
	{
		this->asleep = FALSE;
		this->changed->signal(this->changed);
	}
	full = this->queue->get_count(this->queue) >= HA_SYNC_GATE_MAX;
	if (full && !this->slow)
	{
		news = set_slow(this);
	}
	this->mutex->unlock(this->mutex);
	if (full)
	{
		tell(this, news);
		drain(this);
	}
	return FALSE;
}

/**
 * Time until the thread has to look at the queue, in ms; mutex held.
 */
static u_int get_delay(private_ha_sync_gate_t *this)
{
	uint64_t now = ha_sync_hook_now(), since = now;

	this->queue->get_oldest(this->queue, &since);
	since += this->timeout;
	return since > now ? (since - now + 999999) / 1000000 : 0;
}

/**
 * Check if the oldest packet was held long enough, mutex held.
 */
static bool is_late(private_ha_sync_gate_t *this)
{
	uint64_t since;

	return this->queue->get_oldest(this->queue, &since) &&
		   ha_sync_hook_now() >= since + this->timeout;
}

/**
 * Let packets go that were held long enough.
 */
static void *watch(private_ha_sync_gate_t *this)
{
	news_t news;
	u_int delay;

	this->mutex->lock(this->mutex);
	while (!this->ending)
	{
		/* while packets come and go, the thread looks once in a timeout, so
		 * that nobody has to wake it */
		this->asleep = !this->arrived &&
					   !this->queue->get_count(this->queue);
		this->arrived = FALSE;
		if (this->asleep)
		{
			this->changed->wait(this->changed, this->mutex);
			continue;
		}
		delay = get_delay(this);
		if (delay)
		{
			this->changed->timed_wait(this->changed, this->mutex, delay);
		}
		if (is_late(this))
		{
			news = this->slow ? NEWS_NONE : set_slow(this);
			this->mutex->unlock(this->mutex);
			tell(this, news);
			drain(this);
			this->mutex->lock(this->mutex);
		}
	}
	this->mutex->unlock(this->mutex);
	return NULL;
}

METHOD(ha_sync_gate_t, configure, void,
	private_ha_sync_gate_t *this, bool sync, uint32_t timeout)
{
	this->mutex->lock(this->mutex);
	this->sync = sync;
	this->timeout = timeout * 1000000ULL;
	this->slow = FALSE;
	this->probe = 0;
	this->mutex->unlock(this->mutex);
	_committed(this);
}

METHOD(ha_sync_gate_t, is_sync, bool,
	private_ha_sync_gate_t *this)
{
	bool sync;

	this->mutex->lock(this->mutex);
	sync = this->sync;
	this->mutex->unlock(this->mutex);
	return sync;
}

METHOD(ha_sync_gate_t, flush, void,
	private_ha_sync_gate_t *this)
{
	this->mutex->lock(this->mutex);
	this->flushing = TRUE;
	this->mutex->unlock(this->mutex);
	drain(this);
	this->mutex->lock(this->mutex);
	this->flushing = FALSE;
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_gate_t, get_status, void,
	private_ha_sync_gate_t *this, ha_sync_gate_status_t *status)
{
	this->mutex->lock(this->mutex);
	*status = this->status;
	status->held = this->queue->get_count(this->queue);
	status->sync = this->sync;
	status->degraded = !this->sync ? NULL :
					   !this->up ? "no standby is up to date" :
					   this->slow ? "acknowledgements take too long" : NULL;
	this->mutex->unlock(this->mutex);
	status->delays = this->delays->get(this->delays, &status->median,
									   &status->p99);
}

METHOD(ha_sync_gate_t, destroy, void,
	private_ha_sync_gate_t *this)
{
	this->mutex->lock(this->mutex);
	this->ending = TRUE;
	this->sync = FALSE;
	this->changed->signal(this->changed);
	this->mutex->unlock(this->mutex);
	drain(this);
	this->thread->join(this->thread);
	this->queue->destroy(this->queue);
	this->delays->destroy(this->delays);
	this->changed->destroy(this->changed);
	this->mutex->destroy(this->mutex);
	this->order->destroy(this->order);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_gate_t *ha_sync_gate_create(const ha_sync_gate_ops_t *ops)
{
	private_ha_sync_gate_t *this;

	INIT(this,
		.public = {
			.configure = _configure,
			.is_sync = _is_sync,
			.hold = _hold,
			.pass = _pass,
			.committed = _committed,
			.flush = _flush,
			.get_status = _get_status,
			.destroy = _destroy,
		},
		.ops = *ops,
		.delays = ha_sync_hook_time_create(),
		.order = mutex_create(MUTEX_TYPE_DEFAULT),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.changed = condvar_create(CONDVAR_TYPE_DEFAULT),
		.queue = ha_sync_gate_queue_create(),
	);
	this->thread = thread_create((thread_main_t)watch, this);
	return &this->public;
}
