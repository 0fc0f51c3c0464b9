/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_mid_sync.h"

#include <ike_wire_sync.h>

#include <daemon.h>
#include <collections/hashtable.h>
#include <encoding/payloads/notify_payload.h>
#include <processing/jobs/callback_job.h>
#include <processing/jobs/initiate_tasks_job.h>
#include <sa/ikev2/tasks/ike_dpd.h>
#include <sa/task_manager.h>
#include <threading/mutex.h>

/**
 * Longest response that is looked at, in octets: header, encrypted payload and
 * notify with the longest padding and ICV are shorter.  What comes without
 * authentication shall cost little.
 */
#define MAX_RESPONSE 512

typedef struct private_ha_sync_mid_sync_t private_ha_sync_mid_sync_t;
typedef struct pending_t pending_t;
typedef struct job_data_t job_data_t;

/**
 * Private data.
 */
struct private_ha_sync_mid_sync_t {

	/** public interface */
	ha_sync_mid_sync_t public;

	/** tells the cluster's IKE_SAs */
	ha_sync_mid_sync_ours_t ours;

	/** called when message IDs were changed, or NULL */
	ha_sync_mid_sync_changed_t changed;

	/** passed to both */
	void *user;

	/** pending_t* by unique ID of the IKE_SA */
	hashtable_t *pending;

	/** serial number of the last sync */
	uint32_t serial;

	/** numbers, pending is not set */
	ha_sync_mid_sync_counts_t counts;

	/** protects pending, serial and counts */
	mutex_t *mutex;
};

/**
 * A sync under way.
 */
struct pending_t {

	/** tells it from earlier ones of the same IKE_SA */
	uint32_t serial;

	/** IKE_SA */
	ike_sa_id_t *id;

	/** what was sent */
	ike_wire_sync_t request;

	/** encoded request */
	packet_t *packet;

	/** when to send it again, and how often */
	retransmission_t retransmit;

	/** how often it was sent again */
	u_int retransmitted;

	/** TRUE if the response is here, but not yet in use */
	bool answered;

	/** the response, if answered */
	ike_wire_sync_t response;
};

/**
 * Data of jobs.
 */
struct job_data_t {
	/** the object */
	private_ha_sync_mid_sync_t *this;
	/** unique ID of the IKE_SA */
	uint32_t unique_id;
	/** serial number of the sync */
	uint32_t serial;
};

/**
 * Key of an IKE_SA in the table.
 */
static void *key(uint32_t unique_id)
{
	return (void*)(uintptr_t)unique_id;
}

/**
 * Destroy a sync under way.
 */
static void pending_destroy(pending_t *pending)
{
	DESTROY_IF(pending->packet);
	pending->id->destroy(pending->id);
	free(pending);
}

/**
 * Remove a sync of an IKE_SA, if there is one.
 */
static void forget(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa)
{
	pending_t *pending;

	this->mutex->lock(this->mutex);
	pending = this->pending->remove(this->pending,
									key(ike_sa->get_unique_id(ike_sa)));
	this->mutex->unlock(this->mutex);
	if (pending)
	{
		pending_destroy(pending);
	}
}

/**
 * Find a sync by the data of a job, mutex held.
 */
static pending_t *find(private_ha_sync_mid_sync_t *this, job_data_t *data)
{
	pending_t *pending;

	pending = this->pending->get(this->pending, key(data->unique_id));
	return pending && pending->serial == data->serial ? pending : NULL;
}

/**
 * Count a sync, or an IKE SA without one.
 */
static void count(private_ha_sync_mid_sync_t *this, uint32_t *counter)
{
	this->mutex->lock(this->mutex);
	(*counter)++;
	this->mutex->unlock(this->mutex);
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
static void initiate_tasks(ike_sa_id_t *id)
{
	lib->processor->queue_job(lib->processor,
							  (job_t*)initiate_tasks_job_create(id));
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
 * Use the message IDs the peer chose.  They are never set to lower values:
 * requests may have overtaken the response.
 *
 * set_message_id() puts the task of a request under way back, to make a new one
 * with the same ID later.  The peer must not have answered the old one then, or
 * both sides would use different keys.  If it chose a higher M2 it can't have
 * accepted our request with a lower ID.  But to set P2 alone, wait until we got
 * the response.
 *
 * @return			FALSE to be called again when the exchange is over
 */
static bool adopt(ike_sa_t *ike_sa, const ike_wire_sync_t *response)
{
	if (response->recv > ike_sa->get_message_id(ike_sa, TRUE))
	{
		ike_sa->set_message_id(ike_sa, TRUE, response->recv);
	}
	if (response->send > ike_sa->get_message_id(ike_sa, FALSE))
	{
		if (is_busy(ike_sa))
		{
			return FALSE;
		}
		ike_sa->set_message_id(ike_sa, FALSE, response->send);
	}
	return TRUE;
}

/**
 * A sync is complete, the IKE_SA is checked out.
 */
static void complete(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa)
{
	DBG1(DBG_IKE, "ha-sync: message IDs synced, next request %u, next "
		 "expected %u", ike_sa->get_message_id(ike_sa, TRUE),
		 ike_sa->get_message_id(ike_sa, FALSE));
	tell(this, ike_sa);
	count(this, &this->counts.done);
	/* a stock peer accepts a replayed sync request until it has seen a request
	 * with message ID M2 */
	ike_sa->queue_task(ike_sa, (task_t*)ike_dpd_create(TRUE));
	initiate_tasks(ike_sa->get_id(ike_sa));
}

/**
 * Use the response of a sync if it's here.  Only who has the IKE_SA checked out
 * does this, so the sync is not removed meanwhile.
 */
static void try_complete(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa)
{
	ike_wire_sync_t response;
	pending_t *pending;
	bool answered = FALSE;

	this->mutex->lock(this->mutex);
	pending = this->pending->get(this->pending,
								 key(ike_sa->get_unique_id(ike_sa)));
	if (pending && pending->answered)
	{
		response = pending->response;
		answered = TRUE;
	}
	this->mutex->unlock(this->mutex);
	if (answered && adopt(ike_sa, &response))
	{
		forget(this, ike_sa);
		complete(this, ike_sa);
	}
}

/**
 * Job: use the response that came while a request of ours was under way.
 */
static job_requeue_t complete_later(job_data_t *data)
{
	private_ha_sync_mid_sync_t *this = data->this;
	ike_sa_id_t *id = NULL;
	pending_t *pending;
	ike_sa_t *ike_sa;

	this->mutex->lock(this->mutex);
	pending = find(this, data);
	if (pending)
	{
		id = pending->id->clone(pending->id);
	}
	this->mutex->unlock(this->mutex);
	if (id)
	{
		ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
		id->destroy(id);
		if (ike_sa)
		{
			try_complete(this, ike_sa);
			charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
		}
	}
	return JOB_REQUEUE_NONE;
}

/**
 * A response to a request of ours arrived: if a sync waits for it, go on when
 * the IKE_SA is checked in.
 */
static void exchange_done(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa)
{
	uint32_t unique_id = ike_sa->get_unique_id(ike_sa);
	job_data_t *data = NULL;
	pending_t *pending;

	this->mutex->lock(this->mutex);
	pending = this->pending->get(this->pending, key(unique_id));
	if (pending && pending->answered)
	{
		INIT(data,
			.this = this,
			.unique_id = unique_id,
			.serial = pending->serial,
		);
	}
	this->mutex->unlock(this->mutex);
	if (data)
	{
		lib->processor->queue_job(lib->processor,
			(job_t*)callback_job_create_with_prio((void*)complete_later, data,
												  free, NULL, JOB_PRIO_HIGH));
	}
}

/**
 * Get the notify of a message that contains nothing else (RFC 6311, 5.1).
 */
static bool get_sync(message_t *message, ike_wire_sync_t *sync)
{
	notify_payload_t *notify = NULL;
	enumerator_t *enumerator;
	payload_t *payload;
	u_int payloads = 0;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		payloads++;
		if (payload->get_type(payload) == PLV2_NOTIFY)
		{
			notify = (notify_payload_t*)payload;
		}
	}
	enumerator->destroy(enumerator);
	return payloads == 1 && notify &&
		   notify->get_notify_type(notify) == IKEV2_MESSAGE_ID_SYNC &&
		   ike_wire_sync_parse(notify->get_notification_data(notify), sync);
}

/**
 * Decrypt and verify a copy of a response.  charon's task manager won't do it,
 * for its message ID isn't the expected one.
 */
static bool parse_response(ike_sa_t *ike_sa, message_t *message,
						   ike_wire_sync_t *response)
{
	message_t *copy;
	bool ok;

	if (message->get_packet_data(message).len > MAX_RESPONSE)
	{
		return FALSE;
	}
	copy = message_create_from_packet(message->get_packet(message));
	ok = copy->parse_header(copy) == SUCCESS &&
		 copy->parse_body(copy, ike_sa->get_keymat(ike_sa)) == SUCCESS &&
		 get_sync(copy, response);
	copy->destroy(copy);
	return ok;
}

/**
 * Get the request of a sync that waits for its response.
 */
static bool get_request(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa,
						ike_wire_sync_t *request)
{
	pending_t *pending;
	bool waiting = FALSE;

	this->mutex->lock(this->mutex);
	pending = this->pending->get(this->pending,
								 key(ike_sa->get_unique_id(ike_sa)));
	if (pending && !pending->answered)
	{
		*request = pending->request;
		waiting = TRUE;
	}
	this->mutex->unlock(this->mutex);
	return waiting;
}

/**
 * Store the response of a sync, which may have failed meanwhile.
 */
static void set_response(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa,
						 const ike_wire_sync_t *response)
{
	pending_t *pending;

	this->mutex->lock(this->mutex);
	pending = this->pending->get(this->pending,
								 key(ike_sa->get_unique_id(ike_sa)));
	if (pending)
	{
		pending->answered = TRUE;
		pending->response = *response;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Process a response with message ID 0, not yet verified.  A response is
 * processed once (RFC 6311, 11), further ones are dropped.
 */
static void process_response(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa,
							 message_t *message)
{
	ike_wire_sync_t request, response;

	if (!get_request(this, ike_sa, &request) ||
		!parse_response(ike_sa, message, &response))
	{
		return;
	}
	if (!ike_wire_sync_matches(&request, &response))
	{
		DBG2(DBG_IKE, "ha-sync: response doesn't match our message-ID sync, "
			 "dropped");
		return;
	}
	set_response(this, ike_sa, &response);
	try_complete(this, ike_sa);
}

/**
 * Check if an IKE_AUTH message is part of an exchange initiated by the peer.
 */
static bool peer_initiated(ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);

	return !id->is_initiator(id);
}

/**
 * Negotiate the capability (RFC 6311, 5): the initiator offers it in its first
 * IKE_AUTH request, we agree in our last response.  In between the extension
 * itself tells that it was offered; charon does not use it before.
 */
static void negotiate(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa,
					  message_t *message, bool incoming)
{
	bool has_notify;

	if (!peer_initiated(ike_sa) || message->get_request(message) != incoming)
	{
		return;
	}
	has_notify = message->get_notify(message,
									 IKEV2_MESSAGE_ID_SYNC_SUPPORTED) != NULL;
	if (incoming)
	{
		if (has_notify && this->ours(this->user, ike_sa))
		{
			ike_sa->enable_extension(ike_sa, EXT_IKE_MESSAGE_ID_SYNC);
		}
	}
	else if (!has_notify && ike_sa->get_state(ike_sa) == IKE_ESTABLISHED &&
			 ike_sa->supports_extension(ike_sa, EXT_IKE_MESSAGE_ID_SYNC))
	{
		message->add_notify(message, FALSE, IKEV2_MESSAGE_ID_SYNC_SUPPORTED,
							chunk_empty);
	}
}

/**
 * Keep charon's task manager from a verified response to a sync.  It gets here
 * if we never sent a request, as then 0 is the message ID the task manager
 * expects: a response to a member that went down, for instance.  As it didn't
 * send the request it would destroy the IKE_SA.
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

METHOD(listener_t, message, bool,
	private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	exchange_type_t type = message->get_exchange_type(message);

	if (!ike_sa)
	{
		return TRUE;
	}
	if (type == IKE_AUTH && plain)
	{
		negotiate(this, ike_sa, message, incoming);
	}
	else if (incoming && !message->get_request(message))
	{
		if (type == INFORMATIONAL && message->get_message_id(message) == 0)
		{
			if (plain)
			{
				protect(this, ike_sa, message);
			}
			else
			{
				process_response(this, ike_sa, message);
			}
		}
		else if (plain)
		{
			exchange_done(this, ike_sa);
		}
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
			forget(this, ike_sa);
			break;
	}
	return TRUE;
}

METHOD(listener_t, ike_update, bool,
	private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa, host_t *local,
	host_t *remote)
{
	pending_t *pending;

	this->mutex->lock(this->mutex);
	pending = this->pending->get(this->pending,
								 key(ike_sa->get_unique_id(ike_sa)));
	if (pending)
	{
		pending->packet->set_source(pending->packet, local->clone(local));
		pending->packet->set_destination(pending->packet,
										 remote->clone(remote));
	}
	this->mutex->unlock(this->mutex);
	return TRUE;
}

/**
 * A sync got no response, mutex held.
 */
static pending_t *give_up(private_ha_sync_mid_sync_t *this, job_data_t *data)
{
	this->counts.failed++;
	return this->pending->remove(this->pending, key(data->unique_id));
}

/**
 * Job: send a request again, or give up.  The IKE_SA is not needed for it.
 */
static job_requeue_t retransmit(job_data_t *data)
{
	private_ha_sync_mid_sync_t *this = data->this;
	pending_t *pending, *failed = NULL;
	packet_t *packet = NULL;
	uint32_t timeout = 0;

	this->mutex->lock(this->mutex);
	pending = find(this, data);
	if (pending && !pending->answered)
	{
		if (pending->retransmitted < pending->retransmit.tries)
		{
			packet = pending->packet->clone(pending->packet);
			timeout = retransmission_timeout(&pending->retransmit,
											 ++pending->retransmitted, TRUE);
		}
		else
		{
			failed = give_up(this, data);
		}
	}
	this->mutex->unlock(this->mutex);
	if (packet)
	{
		charon->sender->send(charon->sender, packet);
		return JOB_RESCHEDULE_MS(timeout);
	}
	if (failed)
	{
		DBG1(DBG_IKE, "ha-sync: %#H did not answer the message-ID sync of "
			 "IKE SA [%u], if it is still there it may drop our requests: "
			 "terminate the IKE SA if it doesn't recover",
			 failed->packet->get_destination(failed->packet), data->unique_id);
		initiate_tasks(failed->id);
		pending_destroy(failed);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Make the request.
 */
static packet_t *make_request(ike_sa_t *ike_sa, const ike_wire_sync_t *request)
{
	packet_t *packet = NULL;
	message_t *message;
	host_t *host;
	chunk_t data;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_exchange_type(message, INFORMATIONAL);
	message->set_request(message, TRUE);
	message->set_message_id(message, 0);
	host = ike_sa->get_my_host(ike_sa);
	message->set_source(message, host->clone(host));
	host = ike_sa->get_other_host(ike_sa);
	message->set_destination(message, host->clone(host));
	data = ike_wire_sync_encode(request);
	message->add_notify(message, FALSE, IKEV2_MESSAGE_ID_SYNC, data);
	chunk_free(&data);
	if (ike_sa->generate_message(ike_sa, message, &packet) != SUCCESS)
	{
		packet = NULL;
	}
	message->destroy(message);
	return packet;
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

/**
 * Send a request, and wait for the response.
 */
static void send_request(private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa,
						 const ike_wire_sync_t *request, packet_t *packet)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	pending_t *pending;
	job_data_t *data;
	uint32_t timeout;

	INIT(data,
		.this = this,
		.unique_id = ike_sa->get_unique_id(ike_sa),
	);
	INIT(pending,
		.id = id->clone(id),
		.request = *request,
		.packet = packet->clone(packet),
	);
	retransmission_parse_default(&pending->retransmit);
	timeout = retransmission_timeout(&pending->retransmit, 0, TRUE);

	this->mutex->lock(this->mutex);
	data->serial = pending->serial = ++this->serial;
	pending = this->pending->put(this->pending, key(data->unique_id), pending);
	this->mutex->unlock(this->mutex);
	if (pending)
	{
		pending_destroy(pending);
	}
	charon->sender->send(charon->sender, packet);
	lib->scheduler->schedule_job_ms(lib->scheduler,
		(job_t*)callback_job_create_with_prio((void*)retransmit, data, free,
											  NULL, JOB_PRIO_HIGH), timeout);
}

METHOD(ha_sync_mid_sync_t, start, void,
	private_ha_sync_mid_sync_t *this, ike_sa_t *ike_sa, uint32_t send,
	uint32_t recv)
{
	ike_wire_sync_t request;
	packet_t *packet = NULL;

	if (choose(ike_sa, send, recv, &request))
	{
		/* M1 is our next message ID.  Requests with a lower one that the peer
		 * gets before the sync would be sent again after it. */
		ike_sa->set_message_id(ike_sa, TRUE, request.send);
		tell(this, ike_sa);
		packet = make_request(ike_sa, &request);
	}
	if (packet)
	{
		send_request(this, ike_sa, &request, packet);
	}
	else
	{
		DBG1(DBG_IKE, "ha-sync: failed to make the request to sync message IDs "
			 "with %H, terminate the IKE SA if it doesn't recover",
			 ike_sa->get_other_host(ike_sa));
		count(this, &this->counts.failed);
		initiate_tasks(ike_sa->get_id(ike_sa));
	}
}

/**
 * Check if a cipher's IVs don't depend on message IDs.
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
	if (!ike_sa->supports_extension(ike_sa, EXT_IKE_MESSAGE_ID_SYNC))
	{
		*why = "the peer does not support it";
	}
	else if (!is_cbc(ike_sa->get_proposal(ike_sa)))
	{
		*why = "the peer could lose the IKE SA, as its cipher is not CBC";
	}
	else
	{
		return TRUE;
	}
	DBG2(DBG_IKE, "ha-sync: no message-ID sync, %s", *why);
	count(this, &this->counts.skipped);
	return FALSE;
}

METHOD(ha_sync_mid_sync_t, get_counts, void,
	private_ha_sync_mid_sync_t *this, ha_sync_mid_sync_counts_t *counts)
{
	this->mutex->lock(this->mutex);
	*counts = this->counts;
	counts->pending = this->pending->get_count(this->pending);
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_mid_sync_t, destroy, void,
	private_ha_sync_mid_sync_t *this)
{
	this->pending->destroy_function(this->pending, (void*)pending_destroy);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_mid_sync_t *ha_sync_mid_sync_create(ha_sync_mid_sync_ours_t ours,
											ha_sync_mid_sync_changed_t changed,
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
			.get_counts = _get_counts,
			.destroy = _destroy,
		},
		.ours = ours,
		.changed = changed,
		.user = user,
		.pending = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
