/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_peer.h"
#include "ha_sync_option.h"
#include "ha_sync_peer_memory.h"
#include "ha_sync_raise.h"

#include <ike_wire_zero.h>

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>
#include <processing/jobs/callback_job.h>
#include <processing/jobs/initiate_tasks_job.h>
#include <utils/utils/atomics.h>

/**
 * Tasks that were put back start that long after the response, in ms: if their
 * request overtook it, the cluster would drop it.
 */
#define RESTART_DELAY 100

typedef struct private_ha_sync_peer_t private_ha_sync_peer_t;
typedef struct request_t request_t;

/**
 * Private data.
 */
struct private_ha_sync_peer_t {

	/** public interface */
	ha_sync_peer_t public;

	/** knows what was negotiated */
	ha_sync_mid_caps_t *caps;

	/** sets replay counters */
	ha_sync_kernel_replay_t *kernel;

	/** of a member of a cluster */
	ha_sync_peer_ops_t ops;

	/** syncs that were answered */
	ha_sync_peer_memory_t *memory;

	/** type of the notify Simultaneous Failover Failure */
	uint16_t failure;

	/** see ha_sync_peer_counts_t */
	refcount_t answered, repeated, refused, dropped, raised;
};

/**
 * An authentic request for a job.
 */
struct request_t {

	/** the object */
	private_ha_sync_peer_t *this;

	/** IKE_SA */
	ike_sa_id_t *id;

	/** encoded message, empty if only replay counters are synced */
	chunk_t data;

	/** what it says */
	ike_wire_zero_t zero;
};

/**
 * Destroy a request.
 */
static void request_destroy(request_t *request)
{
	request->id->destroy(request->id);
	chunk_free(&request->data);
	free(request);
}

/**
 * Have a job process a request.
 */
static void queue(private_ha_sync_peer_t *this, ike_sa_t *ike_sa,
				  chunk_t data, const ike_wire_zero_t *zero, void *callback)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	request_t *request;

	INIT(request,
		.this = this,
		.id = id->clone(id),
		.data = chunk_clone(data),
		.zero = *zero,
	);
	lib->processor->queue_job(lib->processor,
		(job_t*)callback_job_create_with_prio(callback, request,
								(void*)request_destroy, NULL, JOB_PRIO_HIGH));
}

/**
 * Decide about a request.
 */
static ha_sync_verdict_t judge(private_ha_sync_peer_t *this, ike_sa_t *ike_sa)
{
	return this->ops.judge ? this->ops.judge(this->ops.user, ike_sa)
						   : HA_SYNC_ANSWER;
}

/**
 * Get the message ID of our next request: one more than the highest used
 * (RFC 6311, 5.1), which is the one of a request under way.
 */
static uint32_t get_send(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	uint32_t send = ike_sa->get_message_id(ike_sa, TRUE);
	task_t *task;

	enumerator = ike_sa->create_task_enumerator(ike_sa, TASK_QUEUE_ACTIVE);
	if (enumerator->enumerate(enumerator, &task))
	{
		send++;
	}
	enumerator->destroy(enumerator);
	return send;
}

/**
 * Check if requests for a sync are looked at in the state of an IKE_SA.
 */
static bool is_up(private_ha_sync_peer_t *this, ike_sa_t *ike_sa)
{
	switch (ike_sa->get_state(ike_sa))
	{
		case IKE_ESTABLISHED:
		case IKE_REKEYING:
			return TRUE;
		case IKE_REKEYED:
			/* of no use anymore, but if it failed the peer has to know */
			return judge(this, ike_sa) == HA_SYNC_REFUSE;
		default:
			return FALSE;
	}
}

/**
 * Set message IDs.  This puts back what is under way, to be started again.
 */
static void set_mids(private_ha_sync_peer_t *this, ike_sa_t *ike_sa,
					 const ike_wire_sync_t *response)
{
	ha_sync_mids_t mids = {
		.send = response->send,
		.recv = response->recv,
	};

	ike_sa->set_message_id(ike_sa, FALSE, mids.recv);
	ike_sa->set_message_id(ike_sa, TRUE, mids.send);
	if (ike_sa->get_state(ike_sa) == IKE_REKEYING)
	{	/* in this state charon does not start the rekeying that was put back */
		ike_sa->set_state(ike_sa, IKE_ESTABLISHED);
	}
	if (this->ops.changed)
	{
		this->ops.changed(this->ops.user, ike_sa, &mids);
	}
	lib->scheduler->schedule_job_ms(lib->scheduler,
					(job_t*)initiate_tasks_job_create(ike_sa->get_id(ike_sa)),
					RESTART_DELAY);
}

/**
 * Raise replay counters if that was negotiated.
 */
static void raise_counters(private_ha_sync_peer_t *this, ike_sa_t *ike_sa,
						   const ike_wire_zero_t *zero)
{
	u_int done;

	if (!this->caps->has(this->caps, ike_sa, HA_SYNC_CAP_REPLAY))
	{
		DBG1(DBG_CHD, "ha-sync: unexpected %N, ignored", notify_type_names,
			 IPSEC_REPLAY_COUNTER_SYNC);
		return;
	}
	done = ha_sync_raise(ike_sa, this->kernel, zero->delta,
						 zero->delta_len == sizeof(uint64_t));
	DBG1(DBG_CHD, "ha-sync: %H took over, raised replay counters of %u CHILD "
		 "SAs", ike_sa->get_other_host(ike_sa), done);
	while (done--)
	{
		ref_get(&this->raised);
	}
}

/**
 * Apply a request and answer it: message IDs first (RFC 6311, 5).
 */
static void answer(private_ha_sync_peer_t *this, ike_sa_t *ike_sa,
				   const request_t *request)
{
	const ike_wire_zero_t *zero = &request->zero;
	ike_wire_sync_t response;
	packet_t *packet;
	chunk_t data;

	if (!ike_wire_sync_answer(get_send(ike_sa),
							  ike_sa->get_message_id(ike_sa, FALSE),
							  &zero->sync, &response))
	{
		ref_get(&this->dropped);
		return;
	}
	data = ike_wire_sync_encode(&response);
	packet = ike_wire_zero_response(ike_sa, IKEV2_MESSAGE_ID_SYNC, data);
	chunk_free(&data);
	if (!packet)
	{
		DBG1(DBG_IKE, "ha-sync: failed to answer the message-ID sync of %H",
			 ike_sa->get_other_host(ike_sa));
		ref_get(&this->dropped);
		return;
	}
	this->memory->put(this->memory, ike_sa, zero->sync.send, response.recv,
					  request->data, packet);
	charon->sender->send(charon->sender, packet);
	DBG1(DBG_IKE, "ha-sync: %H took over, message IDs synced, next request %u, "
		 "next expected %u", ike_sa->get_other_host(ike_sa), response.send,
		 response.recv);
	set_mids(this, ike_sa, &response);
	if (zero->has_delta)
	{
		raise_counters(this, ike_sa, zero);
	}
	ref_get(&this->answered);
}

/**
 * Answer with Simultaneous Failover Failure: the nonce says to what.
 */
static void refuse(private_ha_sync_peer_t *this, ike_sa_t *ike_sa,
				   const request_t *request)
{
	const ike_wire_sync_t *sync = &request->zero.sync;
	packet_t *packet;

	packet = ike_wire_zero_response(ike_sa, this->failure,
									chunk_from_thing(sync->nonce));
	if (packet)
	{
		charon->sender->send(charon->sender, packet);
		ref_get(&this->refused);
	}
	this->ops.refused(this->ops.user, ike_sa);
}

/**
 * Send the response again that a request got before, FALSE if it got none.
 */
static bool repeat(private_ha_sync_peer_t *this, ike_sa_t *ike_sa,
				   chunk_t data)
{
	packet_t *packet;

	packet = this->memory->get_response(this->memory, ike_sa, data);
	if (!packet)
	{
		return FALSE;
	}
	charon->sender->send(charon->sender, packet);
	ref_get(&this->repeated);
	return TRUE;
}

/**
 * Check if a request has an M1 that was seen (RFC 6311, 5.1).
 */
static bool is_stale(private_ha_sync_peer_t *this, ike_sa_t *ike_sa,
					 const ike_wire_zero_t *zero)
{
	return zero->sync.send < ike_sa->get_message_id(ike_sa, FALSE) ||
		   this->memory->is_stale(this->memory, ike_sa, zero->sync.send);
}

/**
 * Process a request for a sync, which may have been sent twice.
 */
static void process(private_ha_sync_peer_t *this, ike_sa_t *ike_sa,
					const request_t *request)
{
	if (!is_up(this, ike_sa) || repeat(this, ike_sa, request->data))
	{
		return;
	}
	if (is_stale(this, ike_sa, &request->zero))
	{
		ref_get(&this->dropped);
		return;
	}
	switch (judge(this, ike_sa))
	{
		case HA_SYNC_ANSWER:
			answer(this, ike_sa, request);
			break;
		case HA_SYNC_REFUSE:
			refuse(this, ike_sa, request);
			break;
		case HA_SYNC_DROP:
			ref_get(&this->dropped);
			break;
	}
}

/**
 * Job: process a request for a sync.
 */
static job_requeue_t process_later(request_t *request)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager,
											  request->id);
	if (ike_sa)
	{
		process(request->this, ike_sa, request);
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Job: raise replay counters, message IDs are fine.
 */
static job_requeue_t raise_later(request_t *request)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager,
											  request->id);
	if (ike_sa)
	{
		raise_counters(request->this, ike_sa, &request->zero);
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Look at an authentic request with message ID 0, FALSE to drop it.
 */
static bool receive(private_ha_sync_peer_t *this, ike_sa_t *ike_sa,
					message_t *message, const ike_wire_zero_t *zero)
{
	/* RFC 6311, 5 and 5.1: nothing but the two notifies, and never a replay
	 * counter alone; what is malformed is ignored, an error response would take
	 * a message ID */
	if (zero->has_other || zero->has_failure || !zero->has_sync ||
		is_stale(this, ike_sa, zero) || judge(this, ike_sa) == HA_SYNC_DROP)
	{
		return FALSE;
	}
	queue(this, ike_sa, message->get_packet_data(message), zero,
		  process_later);
	return TRUE;
}

/**
 * Look at a request with message ID 0 before charon does.
 */
static void receive_zero(private_ha_sync_peer_t *this, ike_sa_t *ike_sa,
						 message_t *message)
{
	ike_wire_zero_t zero;

	if (repeat(this, ike_sa, message->get_packet_data(message)))
	{
		ike_wire_ignore(ike_sa, message);
		return;
	}
	if (!ike_wire_zero_parse(ike_sa, message, this->failure, &zero))
	{	/* charon answers some malformed messages, unless it's too late */
		if (ike_sa->get_message_id(ike_sa, FALSE) > 1)
		{
			ike_wire_ignore(ike_sa, message);
			ref_get(&this->dropped);
		}
		return;
	}
	if (ike_sa->get_message_id(ike_sa, FALSE) <= 1 && !zero.has_sync &&
		!zero.has_delta)
	{	/* the cluster's first request, or a copy of it */
		return;
	}
	ike_wire_ignore(ike_sa, message);
	if (!receive(this, ike_sa, message, &zero))
	{
		DBG2(DBG_IKE, "ha-sync: request to sync message IDs dropped");
		ref_get(&this->dropped);
	}
}

/**
 * Look at a request that charon verified and is about to process.
 */
static void receive_other(private_ha_sync_peer_t *this, ike_sa_t *ike_sa,
						  message_t *message)
{
	uint32_t mid = message->get_message_id(message);
	notify_payload_t *notify;
	ike_wire_zero_t zero = {};
	chunk_t data;

	this->memory->used(this->memory, ike_sa, mid);
	if (message->get_exchange_type(message) != INFORMATIONAL)
	{
		return;
	}
	if (mid == 0)
	{	/* receive_zero() didn't recognize it, e.g. as it was fragmented */
		if (message->get_notify(message, IKEV2_MESSAGE_ID_SYNC) ||
			message->get_notify(message, IPSEC_REPLAY_COUNTER_SYNC))
		{
			message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
			ref_get(&this->dropped);
		}
		return;
	}
	notify = message->get_notify(message, IPSEC_REPLAY_COUNTER_SYNC);
	if (notify)
	{
		data = notify->get_notification_data(notify);
		zero.delta_len = data.len;
		if (ike_wire_delta_parse(data, &zero.delta))
		{
			queue(this, ike_sa, chunk_empty, &zero, raise_later);
		}
	}
}

METHOD(listener_t, message, bool,
	private_ha_sync_peer_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	if (!ike_sa || !incoming || !message->get_request(message) ||
		ike_sa->get_version(ike_sa) != IKEV2 || !is_up(this, ike_sa))
	{
		return TRUE;
	}
	if (plain)
	{
		receive_other(this, ike_sa, message);
	}
	else if (message->get_message_id(message) == 0 &&
			 message->get_exchange_type(message) == INFORMATIONAL &&
			 this->caps->has(this->caps, ike_sa, HA_SYNC_CAP_MID))
	{
		receive_zero(this, ike_sa, message);
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_ha_sync_peer_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	if (state == IKE_DESTROYING)
	{
		this->memory->remove(this->memory, ike_sa);
	}
	return TRUE;
}

METHOD(ha_sync_peer_t, get_counts, void,
	private_ha_sync_peer_t *this, ha_sync_peer_counts_t *counts)
{
	*counts = (ha_sync_peer_counts_t){
		.answered = ref_cur(&this->answered),
		.repeated = ref_cur(&this->repeated),
		.refused = ref_cur(&this->refused),
		.dropped = ref_cur(&this->dropped),
		.raised = ref_cur(&this->raised),
	};
}

METHOD(ha_sync_peer_t, status, void,
	private_ha_sync_peer_t *this, vici_builder_t *reply)
{
	ha_sync_peer_counts_t counts;

	get_counts(this, &counts);
	reply->add_kv(reply, "answered", "%u", counts.answered);
	reply->add_kv(reply, "repeated", "%u", counts.repeated);
	reply->add_kv(reply, "refused", "%u", counts.refused);
	reply->add_kv(reply, "dropped", "%u", counts.dropped);
	reply->add_kv(reply, "raised", "%u", counts.raised);
}

METHOD(ha_sync_peer_t, destroy, void,
	private_ha_sync_peer_t *this)
{
	this->memory->destroy(this->memory);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_peer_t *ha_sync_peer_create(ha_sync_mid_caps_t *caps,
									ha_sync_kernel_replay_t *kernel,
									const ha_sync_peer_ops_t *ops)
{
	private_ha_sync_peer_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message,
				.ike_state_change = _ike_state_change,
			},
			.get_counts = _get_counts,
			.status = _status,
			.destroy = _destroy,
		},
		.caps = caps,
		.kernel = kernel,
		.memory = ha_sync_peer_memory_create(),
		.failure = ha_sync_failure_notify(),
	);
	if (ops)
	{
		this->ops = *ops;
	}
	return &this->public;
}

/*
 * Described in header.
 */
uint16_t ha_sync_failure_notify()
{
	return ha_sync_option_number("failover_failure_notify",
							HA_SYNC_FAILURE_NOTIFY_MIN,
							HA_SYNC_FAILURE_NOTIFY_MAX, HA_SYNC_FAILURE_NOTIFY);
}
