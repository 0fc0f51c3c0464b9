/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_peer_memory.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

typedef struct private_ha_sync_peer_memory_t private_ha_sync_peer_memory_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_ha_sync_peer_memory_t {

	/** public interface */
	ha_sync_peer_memory_t public;

	/** unique ID of IKE_SA => entry_t */
	hashtable_t *entries;

	/** protects entries */
	mutex_t *mutex;
};

/**
 * The last sync of an IKE SA.
 */
struct entry_t {
	/** message IDs of request and response */
	uint32_t m1, m2;
	/** encoded request */
	chunk_t request;
	/** encoded response, NULL once the cluster got it */
	packet_t *response;
};

/**
 * Destroy an entry.
 */
static void entry_destroy(entry_t *entry)
{
	if (entry)
	{
		DESTROY_IF(entry->response);
		chunk_free(&entry->request);
		free(entry);
	}
}

/**
 * Key of an IKE_SA in the table.
 */
static void *key(ike_sa_t *ike_sa)
{
	return (void*)(uintptr_t)ike_sa->get_unique_id(ike_sa);
}

METHOD(ha_sync_peer_memory_t, put, void,
	private_ha_sync_peer_memory_t *this, ike_sa_t *ike_sa, uint32_t m1,
	uint32_t m2, chunk_t request, packet_t *response)
{
	entry_t *entry;

	INIT(entry,
		.m1 = m1,
		.m2 = m2,
		.request = chunk_clone(request),
		.response = response->clone(response),
	);
	this->mutex->lock(this->mutex);
	entry = this->entries->put(this->entries, key(ike_sa), entry);
	this->mutex->unlock(this->mutex);
	entry_destroy(entry);
}

METHOD(ha_sync_peer_memory_t, is_stale, bool,
	private_ha_sync_peer_memory_t *this, ike_sa_t *ike_sa, uint32_t m1)
{
	entry_t *entry;
	bool stale;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, key(ike_sa));
	stale = entry && m1 <= entry->m1;
	this->mutex->unlock(this->mutex);
	return stale;
}

METHOD(ha_sync_peer_memory_t, get_response, packet_t*,
	private_ha_sync_peer_memory_t *this, ike_sa_t *ike_sa, chunk_t request)
{
	packet_t *packet = NULL;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, key(ike_sa));
	if (entry && entry->response && chunk_equals(request, entry->request))
	{
		packet = entry->response->clone(entry->response);
	}
	this->mutex->unlock(this->mutex);
	return packet;
}

METHOD(ha_sync_peer_memory_t, used, void,
	private_ha_sync_peer_memory_t *this, ike_sa_t *ike_sa, uint32_t mid)
{
	packet_t *response = NULL;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, key(ike_sa));
	if (entry && mid >= entry->m2)
	{
		response = entry->response;
		entry->response = NULL;
	}
	this->mutex->unlock(this->mutex);
	DESTROY_IF(response);
}

METHOD(ha_sync_peer_memory_t, remove_, void,
	private_ha_sync_peer_memory_t *this, ike_sa_t *ike_sa)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->remove(this->entries, key(ike_sa));
	this->mutex->unlock(this->mutex);
	entry_destroy(entry);
}

METHOD(ha_sync_peer_memory_t, destroy, void,
	private_ha_sync_peer_memory_t *this)
{
	this->entries->destroy_function(this->entries, (void*)entry_destroy);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_peer_memory_t *ha_sync_peer_memory_create()
{
	private_ha_sync_peer_memory_t *this;

	INIT(this,
		.public = {
			.put = _put,
			.is_stale = _is_stale,
			.get_response = _get_response,
			.used = _used,
			.remove = _remove_,
			.destroy = _destroy,
		},
		.entries = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									8),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
