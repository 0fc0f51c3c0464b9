/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_state.h"
#include "ha_sync_describe.h"
#include "ha_sync_held.h"
#include "ha_sync_import.h"
#include "ha_sync_mid_queue.h"

#include <ike_wire_zero.h>

#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <sa/task_manager.h>
#include <utils/utils/atomics.h>

typedef struct private_ha_sync_state_t private_ha_sync_state_t;
typedef struct job_data_t job_data_t;

/**
 * Private data.
 */
struct private_ha_sync_state_t {

	/** public interface */
	ha_sync_state_t public;

	/** knows what was negotiated, and what is UNSYNED */
	ha_sync_mid_caps_t *caps;

	/** watches live IKE_SAs */
	ha_sync_capture_t *capture;

	/** starts syncs */
	ha_sync_mid_guard_t *guard;

	/** does syncs */
	ha_sync_mid_sync_t *mid_sync;

	/** IKE SAs to be set up again */
	ha_sync_mid_queue_t *queue;

	/** IKE SAs that send no requests: FAILED ones, and UNSYNED ones until they
	 * are synced if the peer runs this plugin */
	ha_sync_held_t *held;

	/** type of the notify Simultaneous Failover Failure */
	uint16_t notify;

	/** see ha_sync_state_counts_t */
	refcount_t failed, initiated;
};

/**
 * IKE header (RFC 7296, 3.1): its length, where flags and message ID are, and
 * flags.
 */
#define IKE_HEADER_LEN 28
#define IKE_FLAGS 19
#define IKE_MESSAGE_ID 20
#define IKE_FLAG_INITIATOR 0x08
#define IKE_FLAG_RESPONSE 0x20

/**
 * Data of a job.
 */
struct job_data_t {

	/** the object */
	private_ha_sync_state_t *this;

	/** IKE SA */
	ha_sync_spis_t spis;
};

/**
 * Make a job for an IKE_SA.
 */
static job_t *create_job(private_ha_sync_state_t *this,
						 const ha_sync_spis_t *spis, void *callback)
{
	job_data_t *data;

	INIT(data,
		.this = this,
		.spis = *spis,
	);
	return (job_t*)callback_job_create_with_prio(callback, data, free, NULL,
												 JOB_PRIO_HIGH);
}

/**
 * Check an IKE_SA out, NULL if it's gone.
 */
static ike_sa_t *checkout(const ha_sync_spis_t *spis)
{
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;

	id = ha_sync_import_id(spis);
	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	id->destroy(id);
	return ike_sa;
}

/**
 * Check an IKE_SA in.
 */
static void checkin(ike_sa_t *ike_sa)
{
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
}

/**
 * Check if ordinary messages have to wait for the sync of an IKE_SA.
 */
static bool is_strict(private_ha_sync_state_t *this, ike_sa_t *ike_sa)
{
	return this->caps->has(this->caps, ike_sa, HA_SYNC_UNSYNED |
						   HA_SYNC_CAP_PLUGIN | HA_SYNC_CAP_MID);
}

/**
 * Check if an IKE_SA is live, it may have become a copy again.
 */
static bool is_live(ike_sa_t *ike_sa)
{
	return ike_sa->get_state(ike_sa) == IKE_ESTABLISHED ||
		   ike_sa->get_state(ike_sa) == IKE_REKEYING;
}

/**
 * Job: check if the peer answered.
 */
static job_requeue_t check_later(job_data_t *data)
{
	private_ha_sync_state_t *this = data->this;
	ike_sa_t *ike_sa;

	ike_sa = checkout(&data->spis);
	if (ike_sa)
	{
		if (is_live(ike_sa) && is_strict(this, ike_sa))
		{
			this->public.fail(&this->public, ike_sa, "the peer did not answer");
		}
		checkin(ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * How long charon waits for a response before it gives a peer up, in ms.
 */
static uint32_t get_patience()
{
	retransmission_t retransmission;
	uint32_t patience = 0;
	u_int i;

	retransmission_parse_default(&retransmission);
	for (i = 0; i <= retransmission.tries; i++)
	{
		patience += retransmission_timeout(&retransmission, i, FALSE);
	}
	return patience;
}

METHOD(ha_sync_state_t, start, void,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa)
{
	ha_sync_spis_t spis;

	if (!this->caps->has(this->caps, ike_sa, HA_SYNC_CAP_MID))
	{
		return;
	}
	this->caps->mark(this->caps, ike_sa, TRUE);
	if (is_strict(this, ike_sa))
	{
		this->held->add(this->held, ike_sa, FALSE);
		this->guard->hurry(this->guard, ike_sa);
		ha_sync_describe_spis(ike_sa, &spis);
		lib->scheduler->schedule_job_ms(lib->scheduler,
							   create_job(this, &spis, (void*)check_later),
							   get_patience());
	}
}

/**
 * Job: check if the previous active's request got its response.
 */
static job_requeue_t sync_later(job_data_t *data)
{
	private_ha_sync_state_t *this = data->this;
	ike_sa_t *ike_sa;

	ike_sa = checkout(&data->spis);
	if (ike_sa)
	{
		if (is_live(ike_sa) &&
			this->caps->has(this->caps, ike_sa, HA_SYNC_UNSYNED) &&
			!this->held->has(this->held, &data->spis))
		{
			this->guard->add(this->guard, ike_sa, 0, FALSE);
			this->guard->hurry(this->guard, ike_sa);
			start(this, ike_sa);
		}
		checkin(ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

METHOD(ha_sync_state_t, resume, void,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa)
{
	ha_sync_spis_t spis;

	if (this->caps->has(this->caps, ike_sa, HA_SYNC_CAP_MID))
	{
		this->caps->mark(this->caps, ike_sa, TRUE);
		ha_sync_describe_spis(ike_sa, &spis);
		lib->scheduler->schedule_job_ms(lib->scheduler,
								create_job(this, &spis, (void*)sync_later),
								HA_SYNC_STATE_RESUME);
	}
}

METHOD(ha_sync_state_t, is_unsyned, bool,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa)
{
	return this->caps->has(this->caps, ike_sa, HA_SYNC_UNSYNED);
}

METHOD(ha_sync_state_t, judge, ha_sync_verdict_t,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa)
{
	if (this->held->is_failed(this->held, ike_sa) || is_strict(this, ike_sa))
	{
		return HA_SYNC_REFUSE;
	}
	if (this->caps->has(this->caps, ike_sa, HA_SYNC_UNSYNED))
	{	/* the peer does not know the notify (RFC 7296, 2.21.2) */
		return HA_SYNC_DROP;
	}
	return HA_SYNC_ANSWER;
}

/**
 * Job: destroy a FAILED IKE_SA, without a message to the peer.
 */
static job_requeue_t destroy_later(job_data_t *data)
{
	ike_sa_t *ike_sa;

	if (!data->this->held->remove(data->this->held, &data->spis))
	{
		return JOB_REQUEUE_NONE;
	}
	ike_sa = checkout(&data->spis);
	if (ike_sa)
	{
		DBG1(DBG_IKE, "ha-sync: dropping IKE_SA %s[%u], which failed",
			 ike_sa->get_name(ike_sa), ike_sa->get_unique_id(ike_sa));
		charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Set an IKE SA up again, called by a job of the queue.
 */
static void reestablish(private_ha_sync_state_t *this,
						const ha_sync_spis_t *spis)
{
	ike_sa_t *ike_sa;

	ike_sa = checkout(spis);
	if (!ike_sa)
	{
		return;
	}
	if (this->held->is_failed(this->held, ike_sa))
	{	/* as if to reauthenticate: with all CHILD SAs, whatever is configured
		 * for a peer that's gone */
		ike_sa->set_condition(ike_sa, COND_REAUTHENTICATING, TRUE);
		if (ike_sa->reestablish(ike_sa) == SUCCESS)
		{
			ref_get(&this->initiated);
		}
		else
		{
			DBG1(DBG_IKE, "ha-sync: could not set up IKE_SA %s[%u] again, "
				 "initiate it by hand", ike_sa->get_name(ike_sa),
				 ike_sa->get_unique_id(ike_sa));
		}
	}
	checkin(ike_sa);
}

METHOD(ha_sync_state_t, fail, void,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa, char *why)
{
	ha_sync_spis_t spis;
	bool initiator;

	if (!this->held->add(this->held, ike_sa, TRUE))
	{
		return;
	}
	initiator = ike_sa->has_condition(ike_sa, COND_ORIGINAL_INITIATOR);
	DBG1(DBG_IKE, "ha-sync: IKE_SA %s[%u] failed, %s; %s",
		 ike_sa->get_name(ike_sa), ike_sa->get_unique_id(ike_sa), why,
		 initiator ? "setting it up again" : "the peer sets it up again");
	ref_get(&this->failed);

	this->caps->mark(this->caps, ike_sa, FALSE);
	this->capture->gone(this->capture, ike_sa);
	/* charon starts nothing in this state, and the sync ends */
	ike_sa->set_state(ike_sa, IKE_REKEYED);
	ha_sync_describe_spis(ike_sa, &spis);
	if (initiator)
	{
		this->queue->add(this->queue, &spis);
	}
	lib->scheduler->schedule_job(lib->scheduler,
			create_job(this, &spis, (void*)destroy_later),
			HA_SYNC_STATE_TIMEOUT);
}

/**
 * Job: the peer refused our sync.
 */
static job_requeue_t fail_later(job_data_t *data)
{
	private_ha_sync_state_t *this = data->this;
	ike_sa_t *ike_sa;

	ike_sa = checkout(&data->spis);
	if (ike_sa)
	{
		if (is_live(ike_sa) &&
			this->caps->has(this->caps, ike_sa, HA_SYNC_UNSYNED))
		{
			fail(this, ike_sa, "the peer failed over at the same time");
		}
		checkin(ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Look at a response with message ID 0: is it the notify, about our current
 * request?
 */
static void process_response(private_ha_sync_state_t *this, ike_sa_t *ike_sa,
							 message_t *message)
{
	ike_wire_zero_t zero;
	ha_sync_spis_t spis;

	if (ike_wire_zero_parse(ike_sa, message, this->notify, &zero) &&
		zero.has_failure && !zero.has_other && !zero.has_sync &&
		!zero.has_delta &&
		this->mid_sync->waits_for(this->mid_sync, ike_sa, zero.nonce))
	{
		ha_sync_describe_spis(ike_sa, &spis);
		lib->processor->queue_job(lib->processor,
								create_job(this, &spis, (void*)fail_later));
	}
}

/**
 * Check if a message is part of a sync.
 */
static bool is_zero(message_t *message)
{
	return message->get_message_id(message) == 0 &&
		   message->get_exchange_type(message) != IKE_SA_INIT;
}

/**
 * Look at a verified response to a request of ours: if no sync is under way,
 * both sides agree on message IDs again.
 */
static void process_answer(private_ha_sync_state_t *this, ike_sa_t *ike_sa,
						   message_t *message)
{
	ha_sync_spis_t spis;

	if (is_zero(message) ||
		message->get_exchange_type(message) == EXCHANGE_TYPE_UNDEFINED ||
		!this->caps->has(this->caps, ike_sa, HA_SYNC_UNSYNED))
	{
		return;
	}
	ha_sync_describe_spis(ike_sa, &spis);
	if (!this->held->has(this->held, &spis))
	{
		this->caps->mark(this->caps, ike_sa, FALSE);
	}
}

METHOD(listener_t, message, bool,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	ha_sync_spis_t spis;
	bool request, strict;

	if (!ike_sa || !incoming)
	{
		return TRUE;
	}
	request = message->get_request(message);
	if (plain)
	{
		if (!request)
		{
			process_answer(this, ike_sa, message);
		}
		return TRUE;
	}
	strict = is_strict(this, ike_sa);
	ha_sync_describe_spis(ike_sa, &spis);
	if (strict && is_zero(message))
	{
		if (!request)
		{
			process_response(this, ike_sa, message);
		}
	}
	else if ((strict && request) || this->held->has(this->held, &spis))
	{
		DBG2(DBG_IKE, "ha-sync: message IDs are not synced, message ignored");
		ike_wire_ignore(ike_sa, message);
	}
	return TRUE;
}

METHOD(ha_sync_state_t, pass, bool,
	private_ha_sync_state_t *this, packet_t *packet)
{
	ha_sync_spis_t spis;
	chunk_t data;

	data = packet->get_data(packet);
	if (data.len < IKE_HEADER_LEN || data.ptr[IKE_FLAGS] & IKE_FLAG_RESPONSE ||
		untoh32(data.ptr + IKE_MESSAGE_ID) == 0)
	{
		return TRUE;
	}
	memcpy(&spis.i, data.ptr, sizeof(spis.i));
	memcpy(&spis.r, data.ptr + sizeof(spis.i), sizeof(spis.r));
	spis.initiator = (data.ptr[IKE_FLAGS] & IKE_FLAG_INITIATOR) != 0;
	return !this->held->has(this->held, &spis);
}

METHOD(listener_t, child_updown, bool,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa, child_sa_t *child_sa,
	bool up)
{
	ha_sync_spis_t spis;

	if (up && !this->held->is_failed(this->held, ike_sa) &&
		this->held->find_replaced(this->held, ike_sa, &spis))
	{
		lib->scheduler->schedule_job_ms(lib->scheduler,
					create_job(this, &spis, (void*)destroy_later),
					HA_SYNC_STATE_OVERLAP);
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	ha_sync_spis_t spis;

	if (state == IKE_DESTROYING || state == IKE_PASSIVE)
	{
		ha_sync_describe_spis(ike_sa, &spis);
		this->held->remove(this->held, &spis);
	}
	return TRUE;
}

/**
 * Implements ha_sync_mid_sync_done_t.
 */
static void done(private_ha_sync_state_t *this, ike_sa_t *ike_sa)
{
	ha_sync_spis_t spis;

	this->caps->mark(this->caps, ike_sa, FALSE);
	ha_sync_describe_spis(ike_sa, &spis);
	this->held->remove(this->held, &spis);
}

METHOD(ha_sync_state_t, get_counts, void,
	private_ha_sync_state_t *this, ha_sync_state_counts_t *counts)
{
	*counts = (ha_sync_state_counts_t){
		.unsyned = this->caps->count(this->caps),
		.failing = this->held->get_failed(this->held),
		.failed = ref_cur(&this->failed),
		.initiated = ref_cur(&this->initiated),
	};
}

METHOD(ha_sync_state_t, status, void,
	private_ha_sync_state_t *this, vici_builder_t *reply)
{
	ha_sync_state_counts_t counts;

	get_counts(this, &counts);
	reply->add_kv(reply, "unsyned", "%u", counts.unsyned);
	reply->add_kv(reply, "failing", "%u", counts.failing);
	reply->add_kv(reply, "failed", "%u", counts.failed);
	reply->add_kv(reply, "initiated", "%u", counts.initiated);
}

METHOD(ha_sync_state_t, reload, void,
	private_ha_sync_state_t *this)
{
	this->queue->reload(this->queue);
}

METHOD(ha_sync_state_t, destroy, void,
	private_ha_sync_state_t *this)
{
	this->mid_sync->set_done(this->mid_sync, NULL, NULL);
	this->queue->destroy(this->queue);
	this->held->destroy(this->held);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_state_t *ha_sync_state_create(ha_sync_mid_caps_t *caps,
									  ha_sync_capture_t *capture,
									  ha_sync_mid_guard_t *guard,
									  ha_sync_mid_sync_t *mid_sync)
{
	private_ha_sync_state_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message,
				.child_updown = _child_updown,
				.ike_state_change = _ike_state_change,
			},
			.start = _start,
			.resume = _resume,
			.is_unsyned = _is_unsyned,
			.judge = _judge,
			.pass = _pass,
			.fail = _fail,
			.get_counts = _get_counts,
			.status = _status,
			.reload = _reload,
			.destroy = _destroy,
		},
		.caps = caps,
		.capture = capture,
		.guard = guard,
		.mid_sync = mid_sync,
		.held = ha_sync_held_create(),
		.notify = ha_sync_failure_notify(),
	);
	this->queue = ha_sync_mid_queue_create((void*)reestablish, this);
	mid_sync->set_done(mid_sync, (void*)done, this);
	return &this->public;
}
