/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_resume.h"
#include "ha_sync_packets.h"
#include "ha_sync_request.h"
#include "ha_sync_resume_task.h"

#include <daemon.h>
#include <sa/ikev2/tasks/ike_dpd.h>
#include <threading/mutex.h>
#include <utils/utils/atomics.h>

typedef struct private_ha_sync_resume_t private_ha_sync_resume_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_ha_sync_resume_t {

	/** public interface */
	ha_sync_resume_t public;

	/** watches live IKE_SAs */
	ha_sync_capture_t *capture;

	/** requests under way (entry_t*) */
	array_t *entries;

	/** number of requests under way, to be read without the mutex */
	refcount_t count;

	/** protects entries */
	mutex_t *mutex;
};

/**
 * A request under way.
 */
struct entry_t {
	/** its IKE SA */
	ha_sync_spis_t spis;
	/** its packets */
	chunk_t packets;
};

/**
 * Destroy an entry.
 */
static void entry_destroy(entry_t *entry)
{
	chunk_free(&entry->packets);
	free(entry);
}

/**
 * Implements ha_sync_resume_done_t: a request is not under way anymore.
 */
static void done(private_ha_sync_resume_t *this, const ha_sync_spis_t *spis)
{
	entry_t *entry;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		if (ha_sync_spis_equals(&entry->spis, spis))
		{
			array_remove(this->entries, i, NULL);
			entry_destroy(entry);
			ignore_result(ref_put(&this->count));
			break;
		}
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Add a request that is to be under way.
 */
static void add(private_ha_sync_resume_t *this,
				const ha_sync_exchange_t *exchange)
{
	entry_t *entry;

	/* an older one of the IKE SA must not be found */
	done(this, &exchange->spis);
	INIT(entry,
		.spis = exchange->spis,
		.packets = chunk_clone(exchange->request),
	);
	this->mutex->lock(this->mutex);
	array_insert(this->entries, ARRAY_TAIL, entry);
	ref_get(&this->count);
	this->mutex->unlock(this->mutex);
}

/**
 * Take the message ID of a request to rekey the IKE SA with an empty one.
 */
static status_t replace_rekey(private_ha_sync_resume_t *this, ike_sa_t *ike_sa,
							  const ha_sync_exchange_t *exchange, uint32_t mid)
{
	ha_sync_mids_t mids = {
		.send = mid,
		.recv = exchange->mids.recv,
	};

	DBG1(DBG_IKE, "ha-sync: the previous active was rekeying this IKE SA; if "
		 "%H did not get request %u it goes on", ike_sa->get_other_host(ike_sa),
		 mid);
	ike_sa->set_message_id(ike_sa, TRUE, mid);
	this->capture->set_mids(this->capture, ike_sa, &mids);
	ike_sa->queue_task(ike_sa, (task_t*)ike_dpd_create(TRUE));
	return ike_sa->initiate(ike_sa, NULL, NULL);
}

bool ha_sync_resume_wanted(const ha_sync_exchange_t *exchange)
{
	return exchange->mids.pending && exchange->request.len &&
		   ha_sync_packets_mid(exchange->request) + 1 == exchange->mids.send;
}

METHOD(ha_sync_resume_t, start, bool,
	private_ha_sync_resume_t *this, ike_sa_t *ike_sa,
	const ha_sync_exchange_t *exchange, status_t *status)
{
	uint32_t mid = ha_sync_packets_mid(exchange->request);
	ha_sync_request_t request;

	if (!ha_sync_request_read(ike_sa, exchange->request, &request))
	{
		DBG1(DBG_IKE, "ha-sync: request %u of the previous active can't be "
			 "read, it is not finished", mid);
		return FALSE;
	}
	if (request.kind == HA_REQUEST_IKE_REKEY)
	{
		*status = replace_rekey(this, ike_sa, exchange, mid);
		return TRUE;
	}
	DBG1(DBG_IKE, "ha-sync: finishing request %u of the previous active", mid);
	add(this, exchange);
	ike_sa->set_message_id(ike_sa, TRUE, mid);
	ike_sa->queue_task(ike_sa,
			ha_sync_resume_task_create(ike_sa, &exchange->spis, mid,
								ha_sync_packets_type(exchange->request),
								&request, (void*)done, this));
	*status = ike_sa->initiate(ike_sa, NULL, NULL);
	return TRUE;
}

/**
 * Get the packets of a request, if a packet stands for it.
 */
static chunk_t find(private_ha_sync_resume_t *this, chunk_t data)
{
	chunk_t packets = chunk_empty, rest, packet;
	entry_t *entry;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; !packets.len && array_get(this->entries, i, &entry); i++)
	{
		if (ha_sync_packets_check(data, &entry->spis, TRUE) &&
			ha_sync_packets_mid(data) == ha_sync_packets_mid(entry->packets))
		{
			packets = chunk_clone(entry->packets);
		}
	}
	this->mutex->unlock(this->mutex);
	/* the real ones pass */
	rest = packets;
	while (ha_sync_packets_next(&rest, &packet))
	{
		if (chunk_equals(packet, data))
		{
			chunk_free(&packets);
			break;
		}
	}
	return packets;
}

METHOD(ha_sync_resume_t, substitute, void,
	private_ha_sync_resume_t *this, packet_t *packet)
{
	chunk_t packets, rest, data;
	packet_t *other;

	if (!ref_cur(&this->count))
	{
		return;
	}
	packets = find(this, packet->get_data(packet));
	rest = packets;
	if (ha_sync_packets_next(&rest, &data))
	{
		packet->set_data(packet, chunk_clone(data));
		while (ha_sync_packets_next(&rest, &data))
		{
			other = packet->clone(packet);
			other->set_data(other, chunk_clone(data));
			charon->sender->send(charon->sender, other);
		}
	}
	chunk_free(&packets);
}

METHOD(ha_sync_resume_t, destroy, void,
	private_ha_sync_resume_t *this)
{
	array_destroy_function(this->entries, (void*)entry_destroy, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_resume_t *ha_sync_resume_create(ha_sync_capture_t *capture)
{
	private_ha_sync_resume_t *this;

	INIT(this,
		.public = {
			.start = _start,
			.substitute = _substitute,
			.destroy = _destroy,
		},
		.capture = capture,
		.entries = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
