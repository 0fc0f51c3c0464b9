/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_gateway.h"
#include "stub_check.h"
#include "stub_confirm.h"
#include "stub_limit.h"
#include "stub_pending.h"
#include "stub_spis.h"

#include <processing/jobs/callback_job.h>
#include <processing/jobs/delete_ike_sa_job.h>

/** half-open IKE_SAs end after this many s, as charon's default */
#define HALF_OPEN_TIMEOUT 30

typedef struct private_stub_gateway_t private_stub_gateway_t;
typedef struct task_data_t task_data_t;

/**
 * Private data.
 */
struct private_stub_gateway_t {

	/** public interface */
	stub_gateway_t public;

	/** options */
	stub_config_t *config;

	/** keeper of stubs */
	stub_keeper_t *keeper;

	/** counters */
	stub_stats_t *stats;

	/** SYNs per source */
	stub_limit_t *limit;

	/** inner addresses */
	stub_pool_t *pool;

	/** IKE_SAs that are not confirmed yet */
	stub_pending_t *pending;

	/** establishes or removes them */
	stub_confirm_t *confirm;
};

/**
 * What a job works on.
 */
struct task_data_t {
	/** the gateway */
	private_stub_gateway_t *this;
	/** SPIs of an IKE_SA */
	stub_spis_t spis;
	/** request */
	stub_request_t *request;
	/** stub, or NULL */
	stub_t *stub;
	/** TRUE if the stub is not this gateway's own */
	bool foreign;
	/** TRUE if the stub was checked against the request */
	bool checked;
};

/**
 * Free a job's data.
 */
static void task_data_free(task_data_t *data)
{
	stub_unref(data->stub);
	stub_request_destroy(data->request);
	free(data);
}

/**
 * Make data for a job, a stub is adopted, the request cloned: it may go with
 * the IKE_SA.
 */
static task_data_t *task_data(private_stub_gateway_t *this, ike_sa_t *ike_sa,
							  stub_request_t *request, stub_t *stub)
{
	task_data_t *data;

	INIT(data,
		.this = this,
		.spis = stub_spis_get(ike_sa),
		.request = stub_request_clone(request),
		.stub = stub,
	);
	return data;
}

/**
 * Check out an IKE_SA with its entry.
 */
static ike_sa_t *checkout(task_data_t *data, stub_pending_entry_t **entry)
{
	ike_sa_t *ike_sa;

	ike_sa = stub_spis_checkout(data->spis);
	if (ike_sa)
	{
		*entry = data->this->pending->find(data->this->pending,
										   ike_sa->get_unique_id(ike_sa));
	}
	return ike_sa;
}

/**
 * Check a stub, count why it's not good.
 */
static bool check(private_stub_gateway_t *this, stub_t *stub,
				  stub_request_t *request)
{
	if (stub->role != STUB_GATEWAY)
	{	/* we are the client there */
		this->stats->add(this->stats, STUB_NOT_FOUND, 1);
		return FALSE;
	}
	if (!stub_check_proof(stub, request, this->config->proof))
	{
		this->stats->add(this->stats, STUB_WRONG_PROOF, 1);
		return FALSE;
	}
	if (!stub_check_address(stub, request))
	{
		this->stats->add(this->stats, STUB_WRONG_ADDRESS, 1);
		return FALSE;
	}
	if (!stub_is_valid(stub))
	{
		this->stats->add(this->stats, STUB_EXPIRED, 1);
		return FALSE;
	}
	return TRUE;
}

/**
 * Answer the request of an entry.  A lease that was adopted is set to NULL.
 */
static bool answer(private_stub_gateway_t *this, ike_sa_t *ike_sa,
				   stub_pending_entry_t *entry, stub_t *stub, peer_cfg_t *cfg,
				   stub_lease_t **lease)
{
	stub_lease_t *adopted = *lease;

	if (entry->foreign && !this->keeper->remember(this->keeper, stub))
	{	/* there would be nothing to confirm */
		return FALSE;
	}
	*lease = NULL;
	if (!entry->answering->answer(entry->answering, stub, cfg, adopted))
	{
		if (entry->foreign)
		{
			this->keeper->forget(this->keeper, stub_get_index(stub));
		}
		this->stats->add(this->stats, STUB_NOT_ALLOWED, 1);
		return FALSE;
	}
	entry->state = STUB_PENDING_ANSWERED;
	this->stats->add(this->stats, STUB_ANSWERED, 1);
	this->confirm->await(this->confirm, ike_sa);
	return TRUE;
}

/**
 * Check if the configuration allows a stub that was checked, acquire inner
 * addresses, with no IKE_SA checked out.
 */
static peer_cfg_t *prepare(private_stub_gateway_t *this, stub_t *stub,
						   stub_request_t *request, stub_lease_t **lease)
{
	host_t *me, *other;
	peer_cfg_t *cfg;

	me = request->packet->get_destination(request->packet);
	other = request->packet->get_source(request->packet);
	cfg = stub_check_config(stub, request, me, other);
	if (!cfg)
	{
		this->stats->add(this->stats, STUB_NOT_ALLOWED, 1);
		return NULL;
	}
	if (array_count(stub->vips))
	{
		*lease = stub_lease_create(this->pool, stub, cfg, other);
		if (!*lease)
		{
			this->stats->add(this->stats, STUB_ADDRESS_TAKEN, 1);
			cfg->destroy(cfg);
			return NULL;
		}
	}
	return cfg;
}

/**
 * Have charon end an IKE_SA that stays half open: it does that itself only for
 * a message that it processes the first time.
 */
static void limit_half_open(ike_sa_t *ike_sa)
{
	lib->scheduler->schedule_job(lib->scheduler,
		(job_t*)delete_ike_sa_job_create(ike_sa->get_id(ike_sa), FALSE),
		lib->settings->get_int(lib->settings, "%s.half_open_timeout",
							   HALF_OPEN_TIMEOUT, lib->ns));
}

/**
 * Job: go on with a request that waited.
 *
 * While it waits nobody changes the entry, and the IKE_SA can't go without our
 * hook being called.
 */
static job_requeue_t proceed(task_data_t *data)
{
	private_stub_gateway_t *this = data->this;
	stub_request_t *request = data->request;
	stub_lease_t *lease = NULL;
	peer_cfg_t *cfg = NULL;
	ike_sa_t *ike_sa;
	stub_pending_entry_t *entry;
	bool ordinary = FALSE;

	if (data->stub && (data->checked || check(this, data->stub, request)))
	{
		cfg = prepare(this, data->stub, request, &lease);
	}
	ike_sa = checkout(data, &entry);
	if (ike_sa)
	{
		if (entry && entry->state == STUB_PENDING_WAITING)
		{
			if (cfg)
			{
				entry->foreign = data->foreign;
				ordinary = !answer(this, ike_sa, entry, data->stub, cfg,
								   &lease);
			}
			else
			{
				ordinary = TRUE;
			}
			if (ordinary)
			{
				entry->state = STUB_PENDING_ORDINARY;
				/* if making an answer failed it's not anymore */
				ike_sa->set_state(ike_sa, IKE_CONNECTING);
				limit_half_open(ike_sa);
			}
		}
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	if (ordinary)
	{
		stub_request_process(request);
	}
	DESTROY_IF(lease);
	DESTROY_IF(cfg);
	return JOB_REQUEUE_NONE;
}

/**
 * Queue a job to go on with a request, the data is adopted.
 */
static void queue(task_data_t *data)
{
	lib->processor->queue_job(lib->processor,
		(job_t*)callback_job_create((void*)proceed, data,
									(void*)task_data_free, NULL));
}

/**
 * A look-up elsewhere is done.  Implements stub_lookup_cb_t
 */
static void found(task_data_t *data, stub_t *stub)
{
	private_stub_gateway_t *this = data->this;

	data->stub = stub;
	data->foreign = TRUE;
	this->stats->add(this->stats, stub ? STUB_LOOKUPS_FOUND : STUB_NOT_FOUND,
					 1);
	queue(data);
}

/**
 * Have charon drop a message, we go on later.  The IKE_SA stays half open for
 * charon: in IKE_CREATED it would not be counted, and when it is once more the
 * manager does not free the address of the first time.
 */
static void drop(ike_sa_t *ike_sa, message_t *message,
				 stub_pending_entry_t *entry)
{
	ike_sa->set_state(ike_sa, IKE_CONNECTING);
	message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
	entry->answering->detect_nat(entry->answering, message);
}

/**
 * Answer with a stub in memory; TRUE if the message is not charon's anymore.
 */
static bool use(private_stub_gateway_t *this, ike_sa_t *ike_sa,
				message_t *message, stub_t *stub, bool foreign,
				stub_request_t *request)
{
	uint32_t unique_id = ike_sa->get_unique_id(ike_sa);
	stub_lease_t *lease = NULL;
	task_data_t *data;
	peer_cfg_t *cfg;
	stub_pending_entry_t *entry;
	bool ok;

	if (!check(this, stub, request))
	{
		stub_request_destroy(request);
		return FALSE;
	}
	if (array_count(stub->vips) || stub->pfs || stub_check_is_slow(stub))
	{	/* addresses, key exchanges and certificates are not for hooks */
		entry = this->pending->add(this->pending, ike_sa, request,
								   STUB_PENDING_WAITING);
		drop(ike_sa, message, entry);
		data = task_data(this, ike_sa, request, stub_ref(stub));
		data->foreign = foreign;
		data->checked = TRUE;
		queue(data);
		return TRUE;
	}
	cfg = stub_check_config(stub, request, ike_sa->get_my_host(ike_sa),
							ike_sa->get_other_host(ike_sa));
	if (!cfg)
	{
		this->stats->add(this->stats, STUB_NOT_ALLOWED, 1);
		stub_request_destroy(request);
		return FALSE;
	}
	entry = this->pending->add(this->pending, ike_sa, request,
							   STUB_PENDING_ORDINARY);
	entry->foreign = foreign;
	entry->answering->detect_nat(entry->answering, message);
	ok = answer(this, ike_sa, entry, stub, cfg, &lease);
	cfg->destroy(cfg);
	if (ok)
	{
		message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
	}
	else
	{
		this->pending->remove(this->pending, unique_id);
	}
	return ok;
}

/**
 * Look for a stub elsewhere.
 */
static void lookup(private_stub_gateway_t *this, ike_sa_t *ike_sa,
				   message_t *message, stub_request_t *request)
{
	uint32_t unique_id = ike_sa->get_unique_id(ike_sa);
	task_data_t *data;
	stub_pending_entry_t *entry;

	/* before the look-up, that may be done before it returns */
	entry = this->pending->add(this->pending, ike_sa, request,
							   STUB_PENDING_WAITING);
	data = task_data(this, ike_sa, request, NULL);
	if (this->keeper->lookup(this->keeper, request->syn.spi,
							 request->syn.address, (stub_lookup_cb_t)found,
							 data))
	{
		this->stats->add(this->stats, STUB_LOOKUPS, 1);
		drop(ike_sa, message, entry);
	}
	else
	{
		this->stats->add(this->stats, STUB_NOT_FOUND, 1);
		task_data_free(data);
		this->pending->remove(this->pending, unique_id);
	}
}

/**
 * An IKE_SA_INIT request.
 */
static void process_init(private_stub_gateway_t *this, ike_sa_t *ike_sa,
						 message_t *message)
{
	stub_request_t *request;
	stub_syn_t syn;
	stub_t *stub;
	bool foreign;

	if (!stub_syn_find(message, &syn))
	{
		return;
	}
	this->stats->add(this->stats, STUB_SYN_RECEIVED, 1);
	if (!this->limit->count(this->limit, message->get_source(message),
							this->config->rate))
	{
		this->stats->add(this->stats, STUB_SYN_LIMITED, 1);
		return;
	}
	request = stub_request_create(message, &syn);
	if (!request)
	{
		this->stats->add(this->stats, STUB_SYN_MALFORMED, 1);
		return;
	}
	stub = this->keeper->get(this->keeper, syn.spi, &foreign);
	if (stub)
	{
		use(this, ike_sa, message, stub, foreign, request);
		stub_unref(stub);
	}
	else
	{
		lookup(this, ike_sa, message, request);
	}
}

/**
 * A request that was not parsed yet.
 */
static void process_raw(private_stub_gateway_t *this, ike_sa_t *ike_sa,
						message_t *message)
{
	stub_pending_entry_t *entry;

	if (message->get_exchange_type(message) != IKE_SA_INIT ||
		message->get_message_id(message))
	{
		return;
	}
	entry = this->pending->find(this->pending, ike_sa->get_unique_id(ike_sa));
	if (entry && entry->state == STUB_PENDING_ORDINARY)
	{	/* charon accepts it in this state only; see drop() */
		ike_sa->set_state(ike_sa, IKE_CREATED);
	}
	else if (entry && entry->state == STUB_PENDING_ANSWERED)
	{	/* charon ignores it for its message ID */
		entry->answering->answer_again(entry->answering, message);
		this->stats->add(this->stats, STUB_ANSWERED_AGAIN, 1);
	}
}

/**
 * A request that was parsed and is authentic, if it can be.
 */
static void process_parsed(private_stub_gateway_t *this, ike_sa_t *ike_sa,
						   message_t *message)
{
	stub_pending_entry_t *entry;

	entry = this->pending->find(this->pending, ike_sa->get_unique_id(ike_sa));
	if (message->get_exchange_type(message) == IKE_SA_INIT)
	{
		if (!entry)
		{
			if (ike_sa->get_state(ike_sa) == IKE_CREATED)
			{
				process_init(this, ike_sa, message);
			}
		}
		else if (entry->state == STUB_PENDING_ORDINARY)
		{
			this->pending->remove(this->pending, ike_sa->get_unique_id(ike_sa));
		}
		else
		{
			message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
		}
	}
	else if (entry && entry->state == STUB_PENDING_ANSWERED)
	{
		this->confirm->confirm(this->confirm, ike_sa, message, entry);
	}
}

METHOD(listener_t, message, bool,
	private_stub_gateway_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	if (ike_sa && incoming && message->get_request(message) &&
		ike_sa->get_version(ike_sa) == IKEV2 && this->config->gateway)
	{
		if (plain)
		{
			process_parsed(this, ike_sa, message);
		}
		else
		{
			process_raw(this, ike_sa, message);
		}
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_stub_gateway_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	if (state == IKE_DESTROYING)
	{
		this->pool->gone(this->pool, ike_sa);
		this->pending->remove(this->pending, ike_sa->get_unique_id(ike_sa));
	}
	return TRUE;
}

METHOD(stub_gateway_t, count_, u_int,
	private_stub_gateway_t *this)
{
	return this->pending->count(this->pending);
}

METHOD(stub_gateway_t, destroy, void,
	private_stub_gateway_t *this)
{
	this->confirm->destroy(this->confirm);
	this->pending->destroy(this->pending);
	this->limit->destroy(this->limit);
	this->pool->destroy(this->pool);
	free(this);
}

/*
 * Described in header.
 */
stub_gateway_t *stub_gateway_create(stub_config_t *config,
									stub_keeper_t *keeper,
									stub_capture_t *capture,
									stub_stats_t *stats)
{
	private_stub_gateway_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message,
				.ike_state_change = _ike_state_change,
			},
			.count = _count_,
			.destroy = _destroy,
		},
		.config = config,
		.keeper = keeper,
		.stats = stats,
		.limit = stub_limit_create(),
		.pool = stub_pool_create(),
		.pending = stub_pending_create(),
	);
	this->confirm = stub_confirm_create(config, this->pending, keeper, capture,
										stats);
	return &this->public;
}
