/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_mid_sync.h"

#include <ike_wire_sync_message.h>

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>
#include <processing/jobs/callback_job.h>
#include <processing/jobs/initiate_tasks_job.h>
#include <sa/ikev2/tasks/ike_dpd.h>
#include <utils/utils/atomics.h>

typedef struct private_ha_sync_mid_sync_t private_ha_sync_mid_sync_t;
typedef struct job_data_t job_data_t;

/**
 * Private data.
 */
struct private_ha_sync_mid_sync_t {

	/** public interface */
	ha_sync_mid_sync_t public;

	/** what was negotiated with peers */
	ha_sync_mid_caps_t *caps;

	/** tells the cluster's IKE_SAs */
	ha_sync_mid_sync_ours_t ours;

	/** called when message IDs were changed, or NULL */
	ha_sync_mid_sync_changed_t changed;

	/** called when a sync with replay counters failed */
	ha_sync_mid_pending_refused_t refused;

	/** passed to all three */
	void *user;

	/** called when a sync is done, and what is passed to it */
	ha_sync_mid_sync_done_t done_cb;
	void *done_user;

	/** syncs under way */
	ha_sync_mid_pending_t *pending;

	/** number of completed syncs */
	refcount_t done;

	/** number of syncs that could not be started */
	refcount_t failed;

	/** number of IKE SAs that must do without */
	refcount_t skipped;
};

/**
 * Data of the job that completes a sync.
 */
struct job_data_t {

	/** the object */
	private_ha_sync_mid_sync_t *this;

	/** IKE_SA */
	ike_sa_id_t *id;
};

/**
 * Destroy data of a job.
 */
static void job_data_destroy(job_data_t *data)
{
	data->id->destroy(data->id);
	free(data);
}

/**
 * Tell the owner about message IDs.
 */
static void tell(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa)
{
	ha_sync_mids_t mids = {
		.send = ike_sa->get_message_id(ike_sa, TRUE),
		.recv = ike_sa->get_message_id(ike_sa, FALSE),
	};

	if (this->changed)
	{
		this->changed(this->user, ike_sa, &mids);
	}
}

/**
 * Start tasks that wait; set_message_id() puts active ones back.
 */
static void initiate_tasks(ike_sa_t *ike_sa)
{
	lib->processor->queue_job(lib->processor,
					(job_t*)initiate_tasks_job_create(ike_sa->get_id(ike_sa)));
}

/**
 * Check if a request of ours is under way.
 */
static bool is_busy(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	task_t *task;
	bool busy;

	enumerator = ike_sa->create_task_enumerator(ike_sa, TASK_QUEUE_ACTIVE);
	busy = enumerator->enumerate(enumerator, &task);
	enumerator->destroy(enumerator);
	return busy;
}

/**
 * Set a message ID.  charon puts a request under way back in the queue by that,
 * but would not start its own rekeying of the IKE SA again in the state that
 * had brought.
 */
static void set_mid(ike_sa_t *ike_sa, bool initiate, uint32_t mid)
{
	bool rekeying;

	rekeying = ike_sa->get_state(ike_sa) == IKE_REKEYING && is_busy(ike_sa);
	ike_sa->set_message_id(ike_sa, initiate, mid);
	if (rekeying)
	{
		ike_sa->set_state(ike_sa, IKE_ESTABLISHED);
	}
}

/**
 * Use the message IDs the peer chose.  They are never set to lower values:
 * requests may have overtaken the response.
 *
 * set_message_id() puts the task of a request under way back, to make a new one
 * with the same message ID later.  The peer must not have answered the old one
 * then, or both sides would use different nonces.  If it chose a higher M2 it
 * has not accepted our request with a lower message ID.  But to set P2 only,
 * wait until the response is here; unless it never left, as the IKE_SA is
 * UNSYNED, the peer knows what that is, and nothing but the sync leaves.
 *
 * @return			FALSE to be called again when the exchange is over
 */
static bool adopt(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa,
				  const ike_wire_sync_t *response)
{
	if (response->recv > ike_sa->get_message_id(ike_sa, TRUE))
	{
		set_mid(ike_sa, TRUE, response->recv);
	}
	if (response->send > ike_sa->get_message_id(ike_sa, FALSE))
	{
		if (is_busy(ike_sa) &&
			!this->caps->has(this->caps, ike_sa, HA_SYNC_UNSYNED |
							 HA_SYNC_CAP_PLUGIN | HA_SYNC_CAP_MID))
		{
			return FALSE;
		}
		set_mid(ike_sa, FALSE, response->send);
	}
	return TRUE;
}

/**
 * Complete a sync if its response is here.
 */
static void complete(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa)
{
	ike_wire_sync_t response;

	if (!this->pending->get_response(this->pending, ike_sa, &response) ||
		!adopt(this, ike_sa, &response))
	{
		return;
	}
	this->pending->remove(this->pending, ike_sa);
	DBG1(DBG_IKE, "ha-sync: message IDs synced, next request %u, next "
		 "expected %u", ike_sa->get_message_id(ike_sa, TRUE),
		 ike_sa->get_message_id(ike_sa, FALSE));
	if (this->done_cb)
	{
		this->done_cb(this->done_user, ike_sa);
	}
	tell(this, ike_sa);
	ref_get(&this->done);
	/* a stock peer accepts a replayed sync request until it has seen a request
	 * with message ID M2 */
	ike_sa->queue_task(ike_sa, (task_t*)ike_dpd_create(TRUE));
	initiate_tasks(ike_sa);
}

/**
 * Job: complete a sync.
 */
static job_requeue_t complete_later(job_data_t *data)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, data->id);
	if (ike_sa)
	{
		complete(data->this, ike_sa);
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * A verified response to an ordinary request arrived: if a sync waits for it,
 * go on when charon has processed it.
 *
 * If its message ID is M1 the peer has accepted our sync, only its response was
 * lost.  We won't get another one, as it drops an M1 that was used.
 */
static void exchange_done(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa,
						  uint32_t mid)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	ike_wire_sync_t request, response;
	job_data_t *data;

	if (this->pending->get_request(this->pending, ike_sa, &request) &&
		mid >= request.send)
	{
		response = (ike_wire_sync_t){
			.send = request.recv,
			.recv = request.send,
		};
		this->pending->set_response(this->pending, ike_sa, &response);
	}
	if (this->pending->get_response(this->pending, ike_sa, &response))
	{
		INIT(data,
			.this = this,
			.id = id->clone(id),
		);
		lib->processor->queue_job(lib->processor,
			(job_t*)callback_job_create_with_prio((void*)complete_later, data,
								(void*)job_data_destroy, NULL, JOB_PRIO_HIGH));
	}
}

/**
 * Process a response with message ID 0, not yet verified.  A response is
 * processed once (RFC 6311, 11), further ones are ignored.
 */
static void process_response(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa,
							 message_t *message)
{
	ike_wire_sync_t request, response;

	if (!this->pending->get_request(this->pending, ike_sa, &request) ||
		!ike_wire_sync_verify(ike_sa, message, &response))
	{
		return;
	}
	if (!ike_wire_sync_matches(&request, &response))
	{
		DBG2(DBG_IKE, "ha-sync: response doesn't match our message-ID sync, "
			 "ignored");
		return;
	}
	this->pending->set_response(this->pending, ike_sa, &response);
	complete(this, ike_sa);
}

/**
 * Keep charon's task manager from a verified response to a sync.
 *
 * It gets here if this member never sent a request, as then 0 is the message ID
 * the task manager expects: a response meant for a member that failed, for
 * instance.  The task manager would destroy the IKE_SA, as it sent no request.
 */
static void protect(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa,
					message_t *message)
{
	if (message->get_notify(message, IKEV2_MESSAGE_ID_SYNC) &&
		this->ours(this->user, ike_sa))
	{
		message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
	}
}

/**
 * Ignore a request for a CHILD SA that has crossed our sync.
 *
 * A stock peer that accepts the sync forgets what it has under way: it would
 * ignore our response and make the CHILD SA anew, and ours would stay.  If it
 * did not accept it, as it rekeys the IKE SA or the sync was lost, it sends the
 * request again, and that is answered.
 */
static void hold_back(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa,
					  message_t *message)
{
	uint32_t mid = message->get_message_id(message);

	if (this->pending->has(this->pending, ike_sa) &&
		!this->caps->has(this->caps, ike_sa, HA_SYNC_CAP_PLUGIN) &&
		this->pending->hold_back(this->pending, ike_sa, mid))
	{
		DBG1(DBG_IKE, "ha-sync: request with message ID %u crossed our "
			 "message-ID sync, it is answered if it comes again", mid);
		message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
	}
}

METHOD(listener_t, message, bool,
	private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	exchange_type_t type = message->get_exchange_type(message);
	uint32_t mid = message->get_message_id(message);

	if (!ike_sa)
	{
		return TRUE;
	}
	if (incoming && !message->get_request(message))
	{
		if (type != INFORMATIONAL || mid != 0)
		{
			if (plain)
			{
				exchange_done(this, ike_sa, mid);
			}
		}
		else if (plain)
		{
			protect(this, ike_sa, message);
		}
		else
		{
			process_response(this, ike_sa, message);
		}
	}
	else if (incoming && plain && type == CREATE_CHILD_SA)
	{
		hold_back(this, ike_sa, message);
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	switch (state)
	{
		case IKE_ESTABLISHED:
		case IKE_REKEYING:
			break;
		default:
			this->pending->remove(this->pending, ike_sa);
			break;
	}
	return TRUE;
}

METHOD(listener_t, ike_update, bool,
	private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa, host_t *local,
	host_t *remote)
{
	this->pending->set_hosts(this->pending, ike_sa, local, remote);
	return TRUE;
}

/**
 * Choose what to tell the peer.
 */
static bool choose(ike_sa_t *ike_sa, uint32_t send, uint32_t recv,
				   ike_wire_sync_t *request)
{
	rng_t *rng;
	bool ok;

	/* requests may have been exchanged since the take-over */
	send = max(send, ike_sa->get_message_id(ike_sa, TRUE));
	recv = max(recv, ike_sa->get_message_id(ike_sa, FALSE));
	rng = lib->crypto->create_rng(lib->crypto, RNG_WEAK);
	ok = rng && rng->get_bytes(rng, sizeof(request->nonce), request->nonce) &&
		 ike_wire_sync_choose(send, recv, request);
	DESTROY_IF(rng);
	return ok;
}

METHOD(ha_sync_mid_sync_t, start, void,
	private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa, uint32_t send,
	uint32_t recv, chunk_t delta)
{
	ike_wire_sync_t request;
	packet_t *packet = NULL;

	if (this->pending->has(this->pending, ike_sa))
	{	/* once per failover (RFC 6311, 7) */
		return;
	}
	if (choose(ike_sa, send, recv, &request))
	{
		/* M1 is our next message ID, also if the peer gets that request first:
		 * it drops it, and gets it again after the sync.  P1 is not yet what
		 * we expect: a peer that rekeys the IKE SA ignores the sync and sends
		 * its request again, which shall be answered */
		set_mid(ike_sa, TRUE, request.send);
		tell(this, ike_sa);
		packet = ike_wire_sync_request(ike_sa, &request, delta);
	}
	if (!packet)
	{
		DBG1(DBG_IKE, "ha-sync: failed to make a request to sync message IDs "
			 "with %H, terminate the IKE SA if it does not recover",
			 ike_sa->get_other_host(ike_sa));
		ref_get(&this->failed);
		initiate_tasks(ike_sa);
		if (delta.len)
		{
			this->refused(this->user, ike_sa->get_id(ike_sa));
		}
		return;
	}
	this->pending->add(this->pending, ike_sa, &request, packet, delta.len > 0);
}

/**
 * Check if the IVs of a cipher don't depend on message IDs.
 */
static bool is_cbc(proposal_t *proposal)
{
	uint16_t alg;

	if (!proposal || !proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM,
											  &alg, NULL))
	{
		return FALSE;
	}
	switch (alg)
	{
		case ENCR_3DES:
		case ENCR_CAST:
		case ENCR_BLOWFISH:
		case ENCR_AES_CBC:
		case ENCR_CAMELLIA_CBC:
		case ENCR_SERPENT_CBC:
		case ENCR_TWOFISH_CBC:
			return TRUE;
		default:
			return FALSE;
	}
}

METHOD(ha_sync_mid_sync_t, usable, bool,
	private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa, char **why)
{
	if (!this->caps->has(this->caps, ike_sa, HA_SYNC_CAP_MID))
	{
		*why = "not negotiated with the peer";
	}
	else if (!is_cbc(ike_sa->get_proposal(ike_sa)) &&
			 !this->caps->has(this->caps, ike_sa, HA_SYNC_CAP_PLUGIN))
	{
		*why = "the peer could lose its IKE SA as the cipher is not CBC";
	}
	else
	{
		return TRUE;
	}
	DBG2(DBG_IKE, "ha-sync: message IDs are not synced, %s", *why);
	ref_get(&this->skipped);
	return FALSE;
}

METHOD(ha_sync_mid_sync_t, waits_for, bool,
	private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa, const uint8_t *nonce)
{
	ike_wire_sync_t request;

	return this->pending->get_request(this->pending, ike_sa, &request) &&
		   memeq_const(request.nonce, nonce, sizeof(request.nonce));
}

METHOD(ha_sync_mid_sync_t, set_done, void,
	private_ha_sync_mid_sync_t *this, ha_sync_mid_sync_done_t done, void *user)
{
	this->done_cb = done;
	this->done_user = user;
}

METHOD(ha_sync_mid_sync_t, get_counts, void,
	private_ha_sync_mid_sync_t *this, ha_sync_mid_sync_counts_t *counts)
{
	this->pending->get_counts(this->pending, &counts->pending, &counts->failed);
	counts->failed += ref_cur(&this->failed);
	counts->done = ref_cur(&this->done);
	counts->skipped = ref_cur(&this->skipped);
}

METHOD(ha_sync_mid_sync_t, destroy, void,
	private_ha_sync_mid_sync_t *this)
{
	this->pending->destroy(this->pending);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_mid_sync_t *ha_sync_mid_sync_create(ha_sync_mid_caps_t *caps,
										ha_sync_mid_sync_ours_t ours,
										ha_sync_mid_sync_changed_t changed,
										ha_sync_mid_pending_refused_t refused,
										void *user)
{
	private_ha_sync_mid_sync_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message,
				.ike_state_change = _ike_state_change,
				.ike_update = _ike_update,
			},
			.usable = _usable,
			.start = _start,
			.waits_for = _waits_for,
			.set_done = _set_done,
			.get_counts = _get_counts,
			.destroy = _destroy,
		},
		.caps = caps,
		.ours = ours,
		.changed = changed,
		.refused = refused,
		.user = user,
		.pending = ha_sync_mid_pending_create(refused, user),
	);
	return &this->public;
}
