/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_drain.h"
#include "redirect_pace.h"
#include "redirect_scan.h"

#include <daemon.h>
#include <collections/array.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

/** interval in which turns are given, in ms */
#define TICK 20

/** interval in which IKE SAs are looked for during a drain, in s */
#define DRAIN_SCAN 1

typedef struct private_redirect_drain_t private_redirect_drain_t;

/**
 * Private data.
 */
struct private_redirect_drain_t {

	/** public interface */
	redirect_drain_t public;

	/** redirects IKE SAs */
	redirect_gateway_t *gateway;

	/** policy */
	redirect_policy_t *policy;

	/** members of the cluster */
	redirect_members_t *members;

	/** our thread */
	thread_t *thread;

	/** held by drain() and undrain(), so that what they tell others comes in
	 * their order; the first one if both are needed */
	mutex_t *order;

	/** protects all below */
	mutex_t *mutex;

	/** wakes the thread */
	condvar_t *condvar;

	/** the thread has to end */
	bool end;

	/** something changed since the thread began to look what there is to do */
	bool changed;

	/** progress, options and numbers */
	redirect_progress_t progress;

	/** when the drain began, and all were gone (0: not yet), in s */
	time_t began, empty;

	/** options for rules */
	uint32_t rate, dwell, interval;

	/** next look for IKE SAs, in s */
	time_t next;

	/** used by the thread only: unique IDs of IKE SAs to redirect, uint32_t;
	 * those from pos on are to be done */
	array_t *queue;
	u_int pos;

	/** used by the thread only: the queue is that of a drain, not of rules */
	bool for_drain;

	/** used by the thread only: there were rules of moment established when it
	 * began to look what there is to do */
	bool rules;

	/** used by the thread only: rate */
	redirect_pace_t pace;
};

/**
 * Get the time, in us.
 */
static uint64_t get_now()
{
	timeval_t tv;

	time_monotonic(&tv);
	return tv.tv_sec * 1000000ULL + tv.tv_usec;
}

/**
 * Replace those to be done.
 */
static void set_queue(private_redirect_drain_t *this, array_t *queue)
{
	array_destroy(this->queue);
	this->queue = queue;
	this->pos = 0;
}

/**
 * Look for IKE SAs, and note the progress.
 */
static void scan(private_redirect_drain_t *this)
{
	redirect_scan_t scan = {};
	time_t now;

	this->mutex->lock(this->mutex);
	scan.draining = this->progress.draining;
	scan.dwell = this->dwell;
	this->mutex->unlock(this->mutex);

	set_queue(this, redirect_scan(&scan));
	this->for_drain = scan.draining;

	now = time_monotonic(NULL);
	this->mutex->lock(this->mutex);
	this->next = now + (scan.draining ? DRAIN_SCAN : this->interval);
	if (scan.draining && this->progress.draining)
	{
		if (!this->progress.known)
		{
			this->progress.known = TRUE;
			this->progress.total = scan.left;
		}
		if (!scan.left && !this->empty)
		{
			this->empty = now;
			DBG1(DBG_CFG, "redirect: drained, no IKE SA is left after %us",
				 (u_int)(now - this->began));
		}
		if (scan.left)
		{
			this->empty = 0;
		}
		this->progress.left = scan.left;
		this->progress.leaving = scan.leaving;
		this->progress.unable = scan.unable;
		this->progress.nowhere = 0;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Redirect an IKE SA, or delete it after the deadline.
 */
static void handle(private_redirect_drain_t *this, uint32_t id, bool draining,
				   bool delete)
{
	ike_sa_t *ike_sa;
	status_t status;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager, id);
	if (!ike_sa)
	{
		return;
	}
	if (delete)
	{
		DBG1(DBG_IKE, "redirect: deleting IKE SA %s[%u], the deadline is over",
			 ike_sa->get_name(ike_sa), id);
		status = ike_sa->delete(ike_sa, FALSE);
	}
	else
	{
		status = this->gateway->redirect(this->gateway, ike_sa);
	}
	if (status == DESTROY_ME)
	{
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	else
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	this->mutex->lock(this->mutex);
	if (delete)
	{
		this->progress.deleted++;
	}
	else if (status == SUCCESS)
	{
		this->progress.redirected++;
		this->progress.leaving++;
	}
	else if (draining)
	{
		this->progress.nowhere++;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Check the deadline, returns TRUE if what is left has to be deleted.
 */
static bool check_deadline(private_redirect_drain_t *this)
{
	redirect_progress_t *progress = &this->progress;
	bool delete;

	this->mutex->lock(this->mutex);
	if (progress->draining && progress->options.deadline && !progress->late &&
		time_monotonic(NULL) - this->began >= progress->options.deadline)
	{
		progress->late = TRUE;
		DBG1(DBG_CFG, "redirect: the deadline of %us is over, %u IKE SAs are "
			 "left%s", progress->options.deadline, progress->left,
			 progress->options.delete ? " and are deleted" :
			 ", they may stay; end them with swanctl --terminate");
	}
	delete = progress->draining && progress->late && progress->options.delete;
	this->mutex->unlock(this->mutex);
	return delete;
}

/**
 * Do what is due.
 */
static void work(private_redirect_drain_t *this)
{
	uint32_t id, rate;
	bool delete, draining, due;
	u_int turns;

	delete = check_deadline(this);
	this->mutex->lock(this->mutex);
	draining = this->progress.draining;
	rate = draining ? this->progress.options.rate : this->rate;
	due = time_monotonic(NULL) >= this->next;
	this->mutex->unlock(this->mutex);

	if (!draining && !this->rules)
	{
		set_queue(this, array_create(sizeof(id), 0));
		return;
	}
	if (draining != this->for_drain ||
		(due && this->pos >= (u_int)array_count(this->queue)))
	{
		scan(this);
		if (delete)
		{
			set_queue(this, redirect_scan_established());
		}
	}
	turns = redirect_pace_turns(&this->pace, rate, get_now());
	while (turns-- && array_get(this->queue, this->pos, &id))
	{
		this->pos++;
		handle(this, id, draining, delete);
	}
}

/**
 * Check if there is anything to do, or when there is, in ms; the caller has the
 * lock.
 */
static u_int get_sleep(private_redirect_drain_t *this)
{
	if (this->pos < (u_int)array_count(this->queue))
	{
		return TICK;
	}
	if (this->progress.draining || this->rules)
	{
		return 100;
	}
	return 0;
}

/**
 * Wait until there is something to do, FALSE if the thread has to end.
 */
static bool wait_for_work(private_redirect_drain_t *this)
{
	bool end;
	u_int sleep;

	this->rules = this->policy->has_rules(this->policy, REDIRECT_ESTABLISHED);
	this->mutex->lock(this->mutex);
	sleep = get_sleep(this);
	if (!this->end && !this->changed)
	{
		if (sleep)
		{
			this->condvar->timed_wait(this->condvar, this->mutex, sleep);
		}
		else
		{
			this->condvar->wait(this->condvar, this->mutex);
		}
	}
	this->changed = FALSE;
	end = this->end;
	this->mutex->unlock(this->mutex);
	return !end;
}

/**
 * Our thread.
 */
static void *run(private_redirect_drain_t *this)
{
	while (wait_for_work(this))
	{
		work(this);
	}
	return NULL;
}

/**
 * Have the thread look for IKE SAs; the caller has the lock.
 */
static void wake(private_redirect_drain_t *this)
{
	this->next = 0;
	this->changed = TRUE;
	this->condvar->signal(this->condvar);
}

/**
 * Implements redirect_members_cb_t: set if this daemon is drained.
 */
static void set_flag(bool *draining, redirect_member_t *members[], u_int count)
{
	members[0]->load.draining = *draining;
}

/**
 * Tell members, before anything else happens.
 */
static void tell(private_redirect_drain_t *this, bool draining)
{
	this->members->use(this->members, (redirect_members_cb_t)set_flag,
					   &draining);
	this->members->tell(this->members);
}

METHOD(redirect_drain_t, drain, void,
	private_redirect_drain_t *this, const redirect_drain_options_t *options)
{
	bool change;

	this->order->lock(this->order);
	tell(this, TRUE);
	this->mutex->lock(this->mutex);
	change = this->progress.draining;
	if (!change)
	{
		memset(&this->progress, 0, sizeof(this->progress));
		this->progress.draining = TRUE;
		this->began = time_monotonic(NULL);
		this->empty = 0;
	}
	this->progress.options = *options;
	this->progress.late = FALSE;
	wake(this);
	this->mutex->unlock(this->mutex);
	DBG1(DBG_CFG, "redirect: %s, %u clients are redirected per second",
		 change ? "drain goes on" : "drain begins", options->rate);
	this->order->unlock(this->order);
}

METHOD(redirect_drain_t, undrain, bool,
	private_redirect_drain_t *this)
{
	bool draining;

	this->order->lock(this->order);
	this->mutex->lock(this->mutex);
	draining = this->progress.draining;
	this->progress.draining = FALSE;
	wake(this);
	this->mutex->unlock(this->mutex);
	if (draining)
	{
		tell(this, FALSE);
		DBG1(DBG_CFG, "redirect: drain ends, clients are served again");
	}
	this->order->unlock(this->order);
	return draining;
}

METHOD(redirect_drain_t, get_progress, void,
	private_redirect_drain_t *this, redirect_progress_t *progress)
{
	u_int todo;

	this->mutex->lock(this->mutex);
	*progress = this->progress;
	if (progress->draining)
	{
		progress->elapsed = (this->empty ?: time_monotonic(NULL)) - this->began;
		todo = progress->left - min(progress->left, progress->leaving +
									progress->unable + progress->nowhere);
		if (todo)
		{
			progress->estimate = (todo + progress->options.rate - 1) /
								 progress->options.rate;
		}
	}
	this->mutex->unlock(this->mutex);
}

METHOD(redirect_drain_t, configure, void,
	private_redirect_drain_t *this, const redirect_config_t *config)
{
	this->mutex->lock(this->mutex);
	this->rate = config->rate;
	this->dwell = config->dwell;
	this->interval = config->scan;
	wake(this);
	this->mutex->unlock(this->mutex);
}

METHOD(redirect_drain_t, destroy, void,
	private_redirect_drain_t *this)
{
	this->mutex->lock(this->mutex);
	this->end = TRUE;
	this->condvar->signal(this->condvar);
	this->mutex->unlock(this->mutex);
	if (this->thread)
	{
		this->thread->join(this->thread);
	}
	array_destroy(this->queue);
	this->condvar->destroy(this->condvar);
	this->mutex->destroy(this->mutex);
	this->order->destroy(this->order);
	free(this);
}

/*
 * Described in header.
 */
redirect_drain_t *redirect_drain_create(redirect_gateway_t *gateway,
							redirect_policy_t *policy,
							redirect_members_t *members)
{
	private_redirect_drain_t *this;

	INIT(this,
		.public = {
			.drain = _drain,
			.undrain = _undrain,
			.get_progress = _get_progress,
			.configure = _configure,
			.destroy = _destroy,
		},
		.gateway = gateway,
		.policy = policy,
		.members = members,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.order = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
		.rate = 50,
		.interval = 5,
		.queue = array_create(sizeof(uint32_t), 0),
	);
	this->thread = thread_create((thread_main_t)run, this);
	return &this->public;
}
