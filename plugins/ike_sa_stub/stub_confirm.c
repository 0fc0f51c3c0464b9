/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_confirm.h"
#include "stub_spis.h"

#include <collections/linked_list.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/** by how many s a gateway rekeys later than the client */
#define REKEY_GRACE 15

/** those whose time is over within so many ms are removed together */
#define TOGETHER 100

typedef struct private_stub_confirm_t private_stub_confirm_t;
typedef struct awaited_t awaited_t;
typedef struct replaced_t replaced_t;

/**
 * Private data.
 */
struct private_stub_confirm_t {

	/** public interface */
	stub_confirm_t public;

	/** options */
	stub_config_t *config;

	/** IKE_SAs that are not confirmed yet */
	stub_pending_t *pending;

	/** keeper of stubs */
	stub_keeper_t *keeper;

	/** makes stubs of resumed IKE_SAs */
	stub_capture_t *capture;

	/** counters */
	stub_stats_t *stats;

	/** IKE_SAs whose confirmation is awaited, awaited_t, oldest first */
	linked_list_t *awaited;

	/** TRUE if a job is scheduled that looks at them */
	bool scheduled;

	/** protects the list */
	mutex_t *mutex;
};

/**
 * What a job works on.
 */
struct awaited_t {
	/** the object */
	private_stub_confirm_t *this;
	/** SPIs of an IKE_SA */
	stub_spis_t spis;
	/** its unique ID */
	uint32_t unique_id;
	/** until when it has to be confirmed, as get_ms() */
	uint64_t deadline;
};

/**
 * An IKE_SA that was replaced by one made from its stub.
 */
struct replaced_t {
	/** the stub, a reference */
	stub_t *stub;
	/** SPIs of the new IKE_SA */
	stub_spis_t spis;
};

/**
 * Make data for a job.
 */
static awaited_t *awaited_create(private_stub_confirm_t *this,
								 stub_spis_t spis)
{
	awaited_t *awaited;

	INIT(awaited,
		.this = this,
		.spis = spis,
	);
	return awaited;
}

/**
 * Remove an IKE_SA that was not confirmed.
 */
static void give_up(private_stub_confirm_t *this, awaited_t *awaited)
{
	ike_sa_t *ike_sa;
	stub_pending_entry_t *entry;
	stub_t *stub;

	if (!this->pending->find(this->pending, awaited->unique_id))
	{	/* confirmed, or gone */
		return;
	}
	ike_sa = stub_spis_checkout(awaited->spis);
	entry = ike_sa ? this->pending->find(this->pending, awaited->unique_id)
				   : NULL;
	if (entry && entry->state == STUB_PENDING_ANSWERED)
	{
		this->stats->add(this->stats, STUB_UNCONFIRMED, 1);
		DBG1(DBG_IKE, "ike-sa-stub: IKE_SA %s[%d] not confirmed by %H, removed",
			 ike_sa->get_name(ike_sa), ike_sa->get_unique_id(ike_sa),
			 ike_sa->get_other_host(ike_sa));
		stub = entry->answering->get_stub(entry->answering);
		if (stub && entry->foreign)
		{	/* it may be used elsewhere meanwhile */
			this->keeper->forget(this->keeper, stub_get_index(stub));
		}
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	else if (ike_sa)
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
}

/**
 * Get the time in ms, monotonic.
 */
static uint64_t get_ms()
{
	timeval_t now;

	time_monotonic(&now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

/**
 * Get the next one whose time is over, or for how many ms to wait for the first
 * one, 0 if there is none anymore.
 */
static awaited_t *next_late(private_stub_confirm_t *this, uint32_t *wait)
{
	uint64_t now = get_ms();
	awaited_t *awaited = NULL;

	this->mutex->lock(this->mutex);
	*wait = 0;
	if (this->awaited->get_first(this->awaited, (void**)&awaited) != SUCCESS)
	{
		this->scheduled = FALSE;
	}
	else if (awaited->deadline > now)
	{
		*wait = max(awaited->deadline - now, TOGETHER);
		awaited = NULL;
	}
	else
	{
		this->awaited->remove_first(this->awaited, (void**)&awaited);
	}
	this->mutex->unlock(this->mutex);
	return awaited;
}

/**
 * Job: remove all IKE_SAs that were not confirmed in time.
 */
static job_requeue_t remove_late(private_stub_confirm_t *this)
{
	awaited_t *awaited;
	uint32_t wait;

	while ((awaited = next_late(this, &wait)))
	{
		give_up(this, awaited);
		free(awaited);
	}
	return wait ? JOB_RESCHEDULE_MS(wait) : JOB_REQUEUE_NONE;
}

METHOD(stub_confirm_t, await, void,
	private_stub_confirm_t *this, ike_sa_t *ike_sa)
{
	awaited_t *awaited;
	bool schedule;

	awaited = awaited_create(this, stub_spis_get(ike_sa));
	awaited->unique_id = ike_sa->get_unique_id(ike_sa);
	awaited->deadline = get_ms() + this->config->confirm_timeout * 1000;
	this->mutex->lock(this->mutex);
	this->awaited->insert_last(this->awaited, awaited);
	schedule = !this->scheduled;
	this->scheduled = TRUE;
	this->mutex->unlock(this->mutex);
	if (schedule)
	{	/* one job for all: each that is scheduled wakes threads twice */
		lib->scheduler->schedule_job(lib->scheduler,
			(job_t*)callback_job_create((void*)remove_late, this, NULL, NULL),
			this->config->confirm_timeout);
	}
}

/**
 * Destroy what is known about an IKE_SA that was replaced.
 */
static void replaced_destroy(replaced_t *replaced)
{
	stub_unref(replaced->stub);
	free(replaced);
}

/**
 * Remove the IKE_SA that was replaced, without a message to the client.
 */
static void remove_old(stub_t *stub)
{
	stub_spis_t spis = {
		.spi_i = stub->spi_i,
		.spi_r = stub->spi_r,
		.initiator = stub->gateway_initiator,
	};
	ike_sa_t *ike_sa;

	ike_sa = stub_spis_checkout(spis);
	if (ike_sa)
	{
		DBG1(DBG_IKE, "ike-sa-stub: removing IKE_SA %s[%d], another was made "
			 "from its stub", ike_sa->get_name(ike_sa),
			 ike_sa->get_unique_id(ike_sa));
		charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
}

/**
 * Job: remove the IKE_SA that was replaced.
 *
 * The new one is kept checked out, so that no CHILD_SA is installed meanwhile:
 * kernel-netlink forgets the route of a policy that one thread adds while
 * another removes it for the old CHILD_SA.
 */
static job_requeue_t remove_replaced(replaced_t *replaced)
{
	ike_sa_t *new;

	new = stub_spis_checkout(replaced->spis);
	remove_old(replaced->stub);
	if (new)
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, new);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Queue a job to remove the IKE_SA that was replaced.
 *
 * @param stub		its stub, a reference that gets owned
 * @param ike_sa	new IKE_SA
 */
static void queue_remove_replaced(stub_t *stub, ike_sa_t *ike_sa)
{
	replaced_t *replaced;

	INIT(replaced,
		.stub = stub,
		.spis = stub_spis_get(ike_sa),
	);
	lib->processor->queue_job(lib->processor,
		(job_t*)callback_job_create((void*)remove_replaced, replaced,
									(void*)replaced_destroy, NULL));
}

/**
 * Job: remove an IKE_SA, its stub was used before.
 */
static job_requeue_t remove_second(awaited_t *awaited)
{
	stub_keeper_t *keeper = awaited->this->keeper;
	ike_sa_t *ike_sa;

	ike_sa = stub_spis_checkout(awaited->spis);
	if (ike_sa)
	{
		DBG1(DBG_IKE, "ike-sa-stub: removing IKE_SA %s[%d], its stub was used "
			 "before", ike_sa->get_name(ike_sa),
			 ike_sa->get_unique_id(ike_sa));
		if (ike_sa->get_state(ike_sa) == IKE_ESTABLISHED)
		{
			charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
			/* nor may its own stub be used */
			keeper->revoke(keeper, awaited->spis.spi_r);
		}
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Queue a job to remove an IKE_SA whose stub was used before.
 */
static void queue_remove_second(private_stub_confirm_t *this,
								stub_spis_t spis)
{
	this->stats->add(this->stats, STUB_USED_TWICE, 1);
	lib->processor->queue_job(lib->processor,
		(job_t*)callback_job_create((void*)remove_second,
									awaited_create(this, spis), free, NULL));
}

/**
 * Somebody else used a stub, too.  Implements stub_lost_cb_t
 */
static void lost(awaited_t *awaited)
{
	queue_remove_second(awaited->this, awaited->spis);
}

METHOD(stub_confirm_t, confirm, void,
	private_stub_confirm_t *this, ike_sa_t *ike_sa, message_t *message,
	stub_pending_entry_t *entry)
{
	uint32_t rekey = this->config->rekey_after;
	stub_answering_t *answering = entry->answering;
	stub_t *stub;
	chunk_t fresh;

	stub = stub_ref(answering->get_stub(answering));
	if (!this->keeper->consume(this->keeper, stub, (stub_lost_cb_t)lost,
							   awaited_create(this, stub_spis_get(ike_sa))))
	{
		message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
		queue_remove_second(this, stub_spis_get(ike_sa));
		stub_unref(stub);
		return;
	}
	fresh = answering->get_fresh(answering);
	answering->confirm(answering, message,
					   rekey && !fresh.len ? rekey + REKEY_GRACE : 0);
	this->capture->resumed(this->capture, ike_sa, stub, fresh);
	charon->bus->ike_updown(charon->bus, ike_sa, TRUE);
	if (array_count(stub->vips))
	{
		charon->bus->assign_vips(charon->bus, ike_sa, TRUE);
	}
	this->stats->add(this->stats, STUB_CONFIRMED, 1);
	if (this->capture->is_gone(this->capture, stub))
	{
		stub_unref(stub);
	}
	else
	{
		queue_remove_replaced(stub, ike_sa);
	}
	this->pending->remove(this->pending, ike_sa->get_unique_id(ike_sa));
}

METHOD(stub_confirm_t, destroy, void,
	private_stub_confirm_t *this)
{
	this->awaited->destroy_function(this->awaited, free);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
stub_confirm_t *stub_confirm_create(stub_config_t *config,
									stub_pending_t *pending,
									stub_keeper_t *keeper,
									stub_capture_t *capture,
									stub_stats_t *stats)
{
	private_stub_confirm_t *this;

	INIT(this,
		.public = {
			.await = _await,
			.confirm = _confirm,
			.destroy = _destroy,
		},
		.config = config,
		.pending = pending,
		.keeper = keeper,
		.capture = capture,
		.stats = stats,
		.awaited = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
