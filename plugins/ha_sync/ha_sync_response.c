/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_response.h"
#include "ha_sync_describe.h"
#include "ha_sync_checkout.h"
#include "ha_sync_message.h"
#include "ha_sync_packets.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>
#include <utils/utils/atomics.h>

/**
 * Seconds the response of a deleted IKE SA is kept: with charon's default
 * options a request is sent again after 4, 11, 24 and 47 s.
 */
#define CLOSED_TIME 60

/**
 * Most deleted IKE SAs with a response that is kept.
 */
#define CLOSED_MAX 4096

/**
 * Longest response of a deleted IKE SA that is kept, in octets; it is empty but
 * for padding.
 */
#define CLOSED_MAX_RESPONSE 512

typedef struct private_ha_sync_response_t private_ha_sync_response_t;
typedef struct closed_t closed_t;
typedef struct answer_t answer_t;

/**
 * Private data.
 */
struct private_ha_sync_response_t {

	/** public interface */
	ha_sync_response_t public;

	/** registry with all records */
	ha_sync_registry_t *registry;

	/** deleted IKE SAs, the oldest first (closed_t*) */
	array_t *closed;

	/** number of responses sent */
	refcount_t count;

	/** protects closed */
	mutex_t *mutex;
};

/**
 * An IKE SA that was deleted.
 */
struct closed_t {
	/** last response, and its IKE SA */
	ha_sync_exchange_t *exchange;
	/** group it was in */
	char *group;
	/** addresses */
	host_t *local, *remote;
	/** when it is dropped, time_monotonic() */
	time_t end;
};

/**
 * Data of a job that sends a response.
 */
struct answer_t {
	/** packets */
	chunk_t packets;
	/** addresses */
	host_t *src, *dst;
};

/**
 * Destroy a deleted IKE SA.
 */
static void closed_destroy(closed_t *closed)
{
	ha_sync_exchange_destroy(closed->exchange);
	DESTROY_IF(closed->local);
	DESTROY_IF(closed->remote);
	free(closed->group);
	free(closed);
}

/**
 * Destroy data of a job.
 */
static void answer_destroy(answer_t *answer)
{
	answer->src->destroy(answer->src);
	answer->dst->destroy(answer->dst);
	chunk_free(&answer->packets);
	free(answer);
}

/**
 * Job: send a response.
 */
static job_requeue_t send_answer(answer_t *answer)
{
	ha_sync_message_send(answer->packets, answer->src, answer->dst);
	return JOB_REQUEUE_NONE;
}

/**
 * Drop deleted IKE SAs whose time is over, mutex held.
 */
static void drop_closed(private_ha_sync_response_t *this)
{
	time_t now = time_monotonic(NULL);
	closed_t *closed;

	while (array_get(this->closed, ARRAY_HEAD, &closed) &&
		   (closed->end <= now || array_count(this->closed) > CLOSED_MAX))
	{
		array_remove(this->closed, ARRAY_HEAD, NULL);
		closed_destroy(closed);
	}
}

/**
 * Look for the response of an IKE SA that was deleted.
 */
static chunk_t get_closed(private_ha_sync_response_t *this,
						  const ha_sync_spis_t *spis, uint32_t mid,
						  const uint8_t hash[HA_SYNC_HASH_LEN])
{
	ha_sync_exchange_t *exchange;
	chunk_t response = chunk_empty;
	closed_t *closed;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; !response.len && array_get(this->closed, i, &closed); i++)
	{
		exchange = closed->exchange;
		if (ha_sync_spis_equals(&exchange->spis, spis) &&
			ha_sync_packets_mid(exchange->response) == mid &&
			memeq_const(exchange->hash, hash, HA_SYNC_HASH_LEN))
		{
			response = chunk_clone(exchange->response);
		}
	}
	this->mutex->unlock(this->mutex);
	return response;
}

METHOD(listener_t, message, bool,
	private_ha_sync_response_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	uint8_t hash[HA_SYNC_HASH_LEN];
	uint32_t mid = message->get_message_id(message);
	ha_sync_spis_t spis;
	answer_t *answer;
	chunk_t packets;

	/* a request that was answered already; charon ignores it if it has no
	 * response.  The others are not hashed here */
	if (!incoming || plain || !ike_sa || !message->get_request(message) ||
		mid + 1 != ike_sa->get_message_id(ike_sa, FALSE))
	{
		return TRUE;
	}
	if (!ha_sync_message_hash(message->get_packet_data(message), hash))
	{
		return TRUE;
	}
	ha_sync_describe_spis(ike_sa, &spis);
	packets = this->registry->get_response(this->registry, &spis, mid, hash);
	if (!packets.len && ike_sa->get_state(ike_sa) == IKE_DELETING)
	{
		packets = get_closed(this, &spis, mid, hash);
	}
	if (packets.len)
	{
		DBG1(DBG_IKE, "ha-sync: received request with message ID %u again, "
			 "sending the response of the previous active", mid);
		ike_sa->set_statistic(ike_sa, STAT_INBOUND, time_monotonic(NULL));
		ref_get(&this->count);
		INIT(answer,
			.packets = packets,
			.src = message->get_destination(message),
			.dst = message->get_source(message),
		);
		answer->src = answer->src->clone(answer->src);
		answer->dst = answer->dst->clone(answer->dst);
		lib->processor->queue_job(lib->processor,
			(job_t*)callback_job_create_with_prio((void*)send_answer, answer,
								(void*)answer_destroy, NULL, JOB_PRIO_HIGH));
	}
	return TRUE;
}

METHOD(ha_sync_response_t, closed_, void,
	private_ha_sync_response_t *this, const ha_sync_spis_t *spis)
{
	ha_sync_exchange_t *exchange;
	closed_t *closed;

	exchange = this->registry->get_exchange(this->registry, spis);
	if (!exchange || !exchange->response.len ||
		exchange->response.len > CLOSED_MAX_RESPONSE ||
		ha_sync_packets_mid(exchange->response) + 1 != exchange->mids.recv)
	{
		ha_sync_exchange_destroy(exchange);
		return;
	}
	chunk_free(&exchange->request);
	INIT(closed,
		.exchange = exchange,
		.group = this->registry->get_group(this->registry, spis),
		.end = time_monotonic(NULL) + CLOSED_TIME,
	);
	if (!closed->group ||
		!this->registry->get_hosts(this->registry, spis, &closed->local,
								   &closed->remote))
	{
		closed_destroy(closed);
		return;
	}
	this->mutex->lock(this->mutex);
	array_insert(this->closed, ARRAY_TAIL, closed);
	drop_closed(this);
	this->mutex->unlock(this->mutex);
}

/**
 * Job: remove an IKE_SA that takes requests for a deleted one.
 */
static job_requeue_t remove_taker(ike_sa_id_t *id)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	if (ike_sa)
	{
		ike_sa->set_state(ike_sa, IKE_PASSIVE);
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Create an IKE_SA that takes requests for a deleted one, so that the hook is
 * called.  It ignores all of them by itself.
 */
static void create_taker(const closed_t *closed)
{
	const ha_sync_exchange_t *exchange = closed->exchange;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;

	id = ha_sync_checkout_id(&exchange->spis);
	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	if (ike_sa)
	{	/* there is one */
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
		id->destroy(id);
		return;
	}
	ike_sa = ike_sa_create(id, exchange->spis.initiator, IKEV2);
	charon->bus->set_sa(charon->bus, ike_sa);
	ike_sa->set_my_host(ike_sa, closed->local->clone(closed->local));
	ike_sa->set_other_host(ike_sa, closed->remote->clone(closed->remote));
	ike_sa->set_message_id(ike_sa, FALSE, exchange->mids.recv);
	ike_sa->set_state(ike_sa, IKE_DELETING);
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	lib->scheduler->schedule_job(lib->scheduler,
		(job_t*)callback_job_create((void*)remove_taker, id,
									(void*)id->destroy, NULL),
		CLOSED_TIME);
}

/**
 * Clone a deleted IKE SA.
 */
static closed_t *closed_clone(const closed_t *closed)
{
	closed_t *clone;

	INIT(clone,
		.exchange = ha_sync_exchange_clone(closed->exchange),
		.group = strdup(closed->group),
		.local = closed->local->clone(closed->local),
		.remote = closed->remote->clone(closed->remote),
		.end = closed->end,
	);
	return clone;
}

METHOD(ha_sync_response_t, activate, void,
	private_ha_sync_response_t *this, char *group)
{
	closed_t *closed;
	array_t *list;
	int i;

	list = array_create(0, 0);
	this->mutex->lock(this->mutex);
	drop_closed(this);
	for (i = 0; array_get(this->closed, i, &closed); i++)
	{
		if (streq(closed->group, group))
		{
			array_insert(list, ARRAY_TAIL, closed_clone(closed));
		}
	}
	this->mutex->unlock(this->mutex);
	while (array_remove(list, ARRAY_HEAD, &closed))
	{
		create_taker(closed);
		closed_destroy(closed);
	}
	array_destroy(list);
}

METHOD(ha_sync_response_t, get_count, u_int,
	private_ha_sync_response_t *this)
{
	return ref_cur(&this->count);
}

METHOD(ha_sync_response_t, destroy, void,
	private_ha_sync_response_t *this)
{
	array_destroy_function(this->closed, (void*)closed_destroy, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_response_t *ha_sync_response_create(ha_sync_registry_t *registry)
{
	private_ha_sync_response_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message,
			},
			.closed = _closed_,
			.activate = _activate,
			.get_count = _get_count,
			.destroy = _destroy,
		},
		.registry = registry,
		.closed = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
