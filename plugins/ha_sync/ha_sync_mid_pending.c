/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_mid_pending.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <processing/jobs/callback_job.h>
#include <processing/jobs/initiate_tasks_job.h>
#include <sa/task_manager.h>
#include <threading/mutex.h>

/**
 * A request is sent again sooner than others are, by this factor: until the
 * sync, requests of the peer may be refused, and charon drops a response with
 * ID 0 while it processes a request with ID 0.
 */
#define HASTE 4

/**
 * Additional tries, so that the last one is not sooner than that of others.
 */
#define MORE_TRIES 2

typedef struct private_ha_sync_mid_pending_t private_ha_sync_mid_pending_t;
typedef struct entry_t entry_t;
typedef struct job_data_t job_data_t;

/**
 * Private data.
 */
struct private_ha_sync_mid_pending_t {

	/** public interface */
	ha_sync_mid_pending_t public;

	/** entry_t* by unique ID of the IKE_SA */
	hashtable_t *entries;

	/** serial number of the last entry */
	uint32_t serial;

	/** number of syncs given up, and of those that are still here */
	uint32_t failed, late;

	/** called when a sync with replay counters is given up */
	ha_sync_mid_pending_refused_t refused;

	/** passed to it */
	void *user;

	/** protects all but these */
	mutex_t *mutex;
};

/**
 * A sync under way.
 */
struct entry_t {

	/** tells it from an earlier one of the same IKE_SA */
	uint32_t serial;

	/** IKE_SA */
	ike_sa_id_t *id;

	/** what the request says */
	ike_wire_sync_t request;

	/** encoded request */
	packet_t *packet;

	/** TRUE if it asks to skip numbers of replay counters, too */
	bool replay;

	/** when and how often to send it again */
	retransmission_t retransmission;

	/** how often it was sent again */
	u_int retransmitted;

	/** TRUE if it's not sent anymore, a late response is still taken */
	bool given_up;

	/** TRUE if the response is here */
	bool answered;

	/** what the response says, if answered */
	ike_wire_sync_t response;

	/** TRUE if a request of the peer was held back, and its message ID */
	bool held;
	uint32_t held_mid;
};

/**
 * Data of the job that sends a request again.
 */
struct job_data_t {

	/** the object */
	private_ha_sync_mid_pending_t *this;

	/** unique ID of the IKE_SA */
	uint32_t unique_id;

	/** serial number of the entry */
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
 * Find the entry of an IKE_SA, mutex held.
 */
static entry_t *find(private_ha_sync_mid_pending_t *this, ike_sa_t *ike_sa)
{
	return this->entries->get(this->entries,
							  key(ike_sa->get_unique_id(ike_sa)));
}

/**
 * Destroy an entry.
 */
static void entry_destroy(entry_t *entry)
{
	entry->packet->destroy(entry->packet);
	entry->id->destroy(entry->id);
	free(entry);
}

/**
 * Give up, mutex held.
 *
 * @return			IKE_SA, allocated
 */
static ike_sa_id_t *give_up(private_ha_sync_mid_pending_t *this, entry_t *entry,
							host_t **peer)
{
	host_t *host = entry->packet->get_destination(entry->packet);

	entry->given_up = TRUE;
	this->late++;
	this->failed++;
	*peer = host->clone(host);
	return entry->id->clone(entry->id);
}

/**
 * Tell the operator, and the owner, that there was no response.
 */
static void report(private_ha_sync_mid_pending_t *this, uint32_t unique_id,
				   ike_sa_id_t *id, host_t *peer, bool replay)
{
	DBG1(DBG_IKE, "ha-sync: %H did not answer the message-ID sync of IKE SA "
		 "[%u] and may drop our requests, terminate the IKE SA if it does not "
		 "recover", peer, unique_id);
	if (replay)
	{
		this->refused(this->user, id);
	}
	/* tasks that were put back for the sync */
	lib->processor->queue_job(lib->processor,
							  (job_t*)initiate_tasks_job_create(id));
	id->destroy(id);
	peer->destroy(peer);
}

/**
 * Job: send a request again, or give up.
 */
static job_requeue_t retransmit(job_data_t *data)
{
	private_ha_sync_mid_pending_t *this = data->this;
	ike_sa_id_t *id = NULL;
	packet_t *packet = NULL;
	entry_t *entry;
	host_t *peer;
	uint32_t timeout;
	bool replay = FALSE;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, key(data->unique_id));
	if (entry && entry->serial == data->serial && !entry->answered)
	{
		if (entry->retransmitted < entry->retransmission.tries)
		{
			packet = entry->packet->clone(entry->packet);
			timeout = retransmission_timeout(&entry->retransmission,
											 ++entry->retransmitted, TRUE);
		}
		else
		{
			id = give_up(this, entry, &peer);
			replay = entry->replay;
		}
	}
	this->mutex->unlock(this->mutex);
	if (packet)
	{
		charon->sender->send(charon->sender, packet);
		return JOB_RESCHEDULE_MS(timeout);
	}
	if (id)
	{
		report(this, data->unique_id, id, peer, replay);
	}
	return JOB_REQUEUE_NONE;
}

METHOD(ha_sync_mid_pending_t, add, void,
	private_ha_sync_mid_pending_t *this, ike_sa_t *ike_sa,
	const ike_wire_sync_t *request, packet_t *packet, bool replay)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	packet_t *clone;
	job_data_t *data;
	entry_t *entry;
	uint32_t timeout;

	INIT(data,
		.this = this,
		.unique_id = ike_sa->get_unique_id(ike_sa),
	);
	INIT(entry,
		.id = id->clone(id),
		.request = *request,
		.packet = packet,
		.replay = replay,
	);
	retransmission_parse_default(&entry->retransmission);
	entry->retransmission.timeout /= HASTE;
	entry->retransmission.tries += MORE_TRIES;
	timeout = retransmission_timeout(&entry->retransmission, 0, TRUE);
	/* the sender changes what it gets */
	clone = packet->clone(packet);

	this->mutex->lock(this->mutex);
	data->serial = entry->serial = ++this->serial;
	this->entries->put(this->entries, key(data->unique_id), entry);
	this->mutex->unlock(this->mutex);

	charon->sender->send(charon->sender, clone);
	lib->scheduler->schedule_job_ms(lib->scheduler,
		(job_t*)callback_job_create_with_prio((void*)retransmit, data, free,
											  NULL, JOB_PRIO_HIGH), timeout);
}

METHOD(ha_sync_mid_pending_t, has, bool,
	private_ha_sync_mid_pending_t *this, ike_sa_t *ike_sa)
{
	bool found;

	this->mutex->lock(this->mutex);
	found = find(this, ike_sa) != NULL;
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(ha_sync_mid_pending_t, get_request, bool,
	private_ha_sync_mid_pending_t *this, ike_sa_t *ike_sa,
	ike_wire_sync_t *request)
{
	entry_t *entry;
	bool found = FALSE;

	this->mutex->lock(this->mutex);
	entry = find(this, ike_sa);
	if (entry && !entry->answered)
	{
		*request = entry->request;
		found = TRUE;
	}
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(ha_sync_mid_pending_t, set_response, void,
	private_ha_sync_mid_pending_t *this, ike_sa_t *ike_sa,
	const ike_wire_sync_t *response)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find(this, ike_sa);
	if (entry)
	{
		entry->answered = TRUE;
		entry->response = *response;
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_mid_pending_t, get_response, bool,
	private_ha_sync_mid_pending_t *this, ike_sa_t *ike_sa,
	ike_wire_sync_t *response)
{
	entry_t *entry;
	bool found = FALSE;

	this->mutex->lock(this->mutex);
	entry = find(this, ike_sa);
	if (entry && entry->answered)
	{
		*response = entry->response;
		found = TRUE;
	}
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(ha_sync_mid_pending_t, hold_back, bool,
	private_ha_sync_mid_pending_t *this, ike_sa_t *ike_sa, uint32_t mid)
{
	entry_t *entry;
	bool hold;

	this->mutex->lock(this->mutex);
	entry = find(this, ike_sa);
	hold = entry && !entry->answered && !entry->given_up &&
		   !(entry->held && entry->held_mid == mid);
	if (hold)
	{
		entry->held = TRUE;
		entry->held_mid = mid;
	}
	this->mutex->unlock(this->mutex);
	return hold;
}

METHOD(ha_sync_mid_pending_t, set_hosts, void,
	private_ha_sync_mid_pending_t *this, ike_sa_t *ike_sa, host_t *local,
	host_t *remote)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find(this, ike_sa);
	if (entry)
	{
		entry->packet->set_source(entry->packet, local->clone(local));
		entry->packet->set_destination(entry->packet, remote->clone(remote));
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_mid_pending_t, remove_, void,
	private_ha_sync_mid_pending_t *this, ike_sa_t *ike_sa)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->remove(this->entries,
								  key(ike_sa->get_unique_id(ike_sa)));
	if (entry && entry->given_up)
	{
		this->late--;
	}
	this->mutex->unlock(this->mutex);
	if (entry)
	{
		entry_destroy(entry);
	}
}

METHOD(ha_sync_mid_pending_t, get_counts, void,
	private_ha_sync_mid_pending_t *this, uint32_t *pending, uint32_t *failed)
{
	this->mutex->lock(this->mutex);
	*pending = this->entries->get_count(this->entries) - this->late;
	*failed = this->failed;
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_mid_pending_t, destroy, void,
	private_ha_sync_mid_pending_t *this)
{
	this->entries->destroy_function(this->entries, (void*)entry_destroy);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_mid_pending_t *ha_sync_mid_pending_create(
								ha_sync_mid_pending_refused_t refused,
								void *user)
{
	private_ha_sync_mid_pending_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.has = _has,
			.get_request = _get_request,
			.set_response = _set_response,
			.get_response = _get_response,
			.hold_back = _hold_back,
			.set_hosts = _set_hosts,
			.remove = _remove_,
			.get_counts = _get_counts,
			.destroy = _destroy,
		},
		.entries = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									32),
		.refused = refused,
		.user = user,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
