/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_meter.h"

#include <daemon.h>
#include <threading/mutex.h>

#include <inttypes.h>

typedef struct private_redirect_meter_t private_redirect_meter_t;
typedef struct average_t average_t;

/**
 * The average of about the last REDIRECT_METER_SAMPLES measurements.
 */
struct average_t {
	/** average, and that many times it */
	uint32_t value, sum;
	/** there is one */
	bool known;
};

/**
 * Private data.
 */
struct private_redirect_meter_t {

	/** public interface */
	redirect_meter_t public;

	/** established IKE SAs */
	refcount_t ike_sas;

	/** protects all below */
	mutex_t *mutex;

	/** limits */
	redirect_shed_t shed;

	/** what counts as load */
	redirect_cost_t cost;

	/** jiffies of all CPUs, and those they were idle, at the last sample */
	uint64_t total, idle;

	/** use of CPUs, in %, and jobs waiting for a thread */
	average_t cpu, jobs;

	/** numbers of the load */
	redirect_load_t load;
};

/**
 * Check if an IKE SA in a state counts.
 */
static bool counts(ike_sa_state_t state)
{
	return state == IKE_ESTABLISHED || state == IKE_REKEYING;
}

METHOD(listener_t, ike_state_change, bool,
	private_redirect_meter_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	bool before = counts(ike_sa->get_state(ike_sa)), now = counts(state);

	if (now && !before)
	{
		ref_get(&this->ike_sas);
	}
	else if (before && !now)
	{
		ignore_result(ref_put(&this->ike_sas));
	}
	return TRUE;
}

METHOD(redirect_meter_t, configure, void,
	private_redirect_meter_t *this, const redirect_shed_t *shed,
	const redirect_cost_t *cost)
{
	this->mutex->lock(this->mutex);
	this->shed = *shed;
	this->cost = *cost;
	this->mutex->unlock(this->mutex);
}

/**
 * Add a measurement to an average.
 */
static void add_sample(average_t *average, uint32_t value)
{
	average->sum = average->known ? average->sum - average->value + value :
									value * REDIRECT_METER_SAMPLES;
	average->value = average->sum / REDIRECT_METER_SAMPLES;
	average->known = TRUE;
}

/**
 * Get the number of jobs that wait for a thread.
 */
static uint32_t get_jobs()
{
	job_priority_t prio;
	uint32_t jobs = 0;

	for (prio = 0; prio < JOB_PRIO_MAX; prio++)
	{
		jobs += lib->processor->get_job_load(lib->processor, prio);
	}
	return jobs;
}

/**
 * Measure the use of CPUs.
 */
static void sample_cpu(private_redirect_meter_t *this)
{
	uint64_t user, nice, system, idle, wait, irq, soft, steal, total;
	FILE *file;
	int got;

	file = fopen("/proc/stat", "r");
	if (!file)
	{
		return;
	}
	got = fscanf(file, "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
				 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &user, &nice,
				 &system, &idle, &wait, &irq, &soft, &steal);
	fclose(file);
	if (got != 8)
	{
		return;
	}
	idle += wait;
	total = user + nice + system + idle + irq + soft + steal;
	this->mutex->lock(this->mutex);
	if (total > this->total && idle >= this->idle && this->total)
	{
		add_sample(&this->cpu, 100 - min(100, (idle - this->idle) * 100 /
										(total - this->total)));
	}
	this->total = total;
	this->idle = idle;
	this->mutex->unlock(this->mutex);
}

METHOD(redirect_meter_t, sample, void,
	private_redirect_meter_t *this)
{
	uint32_t jobs = get_jobs();

	sample_cpu(this);
	this->mutex->lock(this->mutex);
	add_sample(&this->jobs, jobs);
	this->mutex->unlock(this->mutex);
}

/*
 * Described in header.
 */
bool redirect_meter_exceeds(uint32_t value, uint32_t limit, bool full)
{
	if (!limit)
	{
		return FALSE;
	}
	return full ? (uint64_t)value * 10 >= (uint64_t)limit * 9 : value >= limit;
}

/*
 * Described in header.
 */
uint32_t redirect_meter_busy(const redirect_load_t *load,
							 const redirect_cost_t *cost)
{
	return min(UINT32_MAX, (uint64_t)load->half_open * cost->half_open +
						   (uint64_t)load->jobs * cost->job +
						   (uint64_t)load->cpu * cost->cpu);
}

/**
 * Implements redirect_members_cb_t: set this daemon's numbers.
 */
static void set_load(redirect_load_t *load, redirect_member_t *members[],
					 u_int count)
{
	redirect_load_t *self = &members[0]->load;

	self->ike_sas = load->ike_sas;
	self->half_open = load->half_open;
	self->jobs = load->jobs;
	self->cpu = load->cpu;
	self->busy = load->busy;
	self->full = load->full;
}

METHOD(redirect_meter_t, update, bool,
	private_redirect_meter_t *this, redirect_members_t *members)
{
	redirect_load_t load = {};
	bool full;

	load.ike_sas = ref_cur(&this->ike_sas);
	load.half_open = charon->ike_sa_manager->get_half_open_count(
										charon->ike_sa_manager, NULL, TRUE);
	this->mutex->lock(this->mutex);
	load.cpu = this->cpu.value;
	load.jobs = this->jobs.value;
	load.busy = redirect_meter_busy(&load, &this->cost);
	full = this->load.full;
	load.full =
		redirect_meter_exceeds(load.ike_sas, this->shed.ike_sas, full) ||
		redirect_meter_exceeds(load.half_open, this->shed.half_open, full) ||
		redirect_meter_exceeds(load.jobs, this->shed.jobs, full) ||
		redirect_meter_exceeds(load.cpu, this->shed.cpu, full);
	this->load = load;
	/* with the lock, so that an older load never replaces a newer one */
	members->use(members, (redirect_members_cb_t)set_load, &load);
	this->mutex->unlock(this->mutex);
	if (load.full != full)
	{
		DBG1(DBG_CFG, "redirect: %s, new clients are %s: %u IKE SAs, %u half "
			 "open, %u jobs, CPU %u %%", load.full ? "a limit is exceeded" :
			 "below all limits again", load.full ? "sent elsewhere" :
			 "served again", load.ike_sas, load.half_open, load.jobs,
			 load.cpu);
	}
	return load.full != full;
}

METHOD(redirect_meter_t, destroy, void,
	private_redirect_meter_t *this)
{
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
redirect_meter_t *redirect_meter_create()
{
	private_redirect_meter_t *this;

	INIT(this,
		.public = {
			.listener = {
				.ike_state_change = _ike_state_change,
			},
			.configure = _configure,
			.sample = _sample,
			.update = _update,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
