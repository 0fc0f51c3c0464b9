/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sa_directory.h"
#include "sa_members.h"
#include "sa_spis.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <threading/mutex.h>

#include <pthread.h>

typedef struct private_sa_directory_t private_sa_directory_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_sa_directory_t {

	/** public interface */
	sa_directory_t public;

	/** sync channel, NULL if there is no cluster */
	sync_channel_t *channel;

	/** other members, NULL if there is no cluster */
	sa_members_t *members;

	/** protects all below */
	mutex_t *mutex;

	/** this daemon's IKE SAs, as entry_t by ike_sa_t */
	hashtable_t *entries;

	/** their SPIs */
	sa_spis_t *sas;
};

/**
 * An IKE SA of this daemon.
 */
struct entry_t {

	/** SPIs, the responder's may be 0 */
	uint64_t spi[2];

	/** TRUE if other members were told */
	bool told;
};

/**
 * The daemon's directory, and how many got it.
 */
static private_sa_directory_t *instance;
static u_int users;
static pthread_mutex_t instance_lock = PTHREAD_MUTEX_INITIALIZER;

/**
 * Tell other members about an IKE SA.
 */
static void tell(private_sa_directory_t *this, uint8_t type, entry_t *entry)
{
	if (this->channel)
	{
		this->channel->send(this->channel, SYNC_DIRECTORY, type,
							chunk_clone(chunk_from_thing(entry->spi)));
	}
}

/**
 * Get the entry of an IKE SA with the SPIs it has now, the caller has the lock.
 */
static entry_t *update(private_sa_directory_t *this, ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	uint64_t spi_i = id->get_initiator_spi(id);
	uint64_t spi_r = id->get_responder_spi(id);
	entry_t *entry;

	entry = this->entries->get(this->entries, ike_sa);
	if (!entry)
	{
		INIT(entry);
		this->entries->put(this->entries, ike_sa, entry);
	}
	if (entry->spi[0] != spi_i || entry->spi[1] != spi_r)
	{
		this->sas->remove(this->sas, entry->spi[0], entry->spi[1]);
		if (entry->told)
		{
			tell(this, SA_MEMBERS_REMOVE, entry);
			entry->told = FALSE;
		}
		entry->spi[0] = spi_i;
		entry->spi[1] = spi_r;
		this->sas->add(this->sas, spi_i, spi_r);
	}
	return entry;
}

/**
 * An IKE SA has keys.
 */
static void announce(private_sa_directory_t *this, ike_sa_t *ike_sa)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = update(this, ike_sa);
	if (!entry->told && entry->spi[0] && entry->spi[1])
	{
		entry->told = TRUE;
		tell(this, SA_MEMBERS_ADD, entry);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * An IKE SA is destroyed.
 */
static void removed(private_sa_directory_t *this, ike_sa_t *ike_sa)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->remove(this->entries, ike_sa);
	if (entry)
	{
		this->sas->remove(this->sas, entry->spi[0], entry->spi[1]);
		if (entry->told)
		{
			tell(this, SA_MEMBERS_REMOVE, entry);
		}
		free(entry);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(listener_t, ike_state_change, bool,
	private_sa_directory_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	switch (state)
	{
		case IKE_DESTROYING:
			removed(this, ike_sa);
			break;
		case IKE_ESTABLISHED:
		case IKE_PASSIVE:
			announce(this, ike_sa);
			break;
		default:
			this->mutex->lock(this->mutex);
			update(this, ike_sa);
			this->mutex->unlock(this->mutex);
			break;
	}
	return TRUE;
}

METHOD(listener_t, ike_derived_keys, bool,
	private_sa_directory_t *this, ike_sa_t *ike_sa, chunk_t sk_d, chunk_t sk_ai,
	chunk_t sk_ar, chunk_t sk_ei, chunk_t sk_er, chunk_t sk_pi, chunk_t sk_pr)
{
	announce(this, ike_sa);
	return TRUE;
}

/**
 * Implements sync_subscriber_t.snapshot
 */
static void snapshot(sync_subscriber_t *subscriber, char *member,
					 sync_sink_t *sink)
{
	private_sa_directory_t *this = instance;
	enumerator_t *enumerator;
	entry_t *entry;
	void *ike_sa;
	chunk_t all = chunk_empty, batch;
	size_t len = 0;

	/* the sink may wait, so nothing is written to it with the lock */
	this->mutex->lock(this->mutex);
	all = chunk_alloc(this->entries->get_count(this->entries) *
					  SA_MEMBERS_LEN);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &ike_sa, &entry))
	{
		if (entry->told)
		{
			memcpy(all.ptr + len, entry->spi, SA_MEMBERS_LEN);
			len += SA_MEMBERS_LEN;
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);

	batch = chunk_create(all.ptr, len);
	while (batch.len)
	{
		len = min(batch.len, SA_MEMBERS_BATCH * SA_MEMBERS_LEN);
		if (!sink->add(sink, SA_MEMBERS_ADD,
					   chunk_clone(chunk_create(batch.ptr, len))))
		{
			break;
		}
		batch = chunk_skip(batch, len);
	}
	chunk_free(&all);
}

METHOD(sa_directory_t, has, bool,
	private_sa_directory_t *this, uint64_t spi_i, uint64_t spi_r)
{
	bool here;

	this->mutex->lock(this->mutex);
	here = this->sas->uses(this->sas, spi_i) ||
		   this->sas->uses(this->sas, spi_r);
	this->mutex->unlock(this->mutex);
	return here;
}

METHOD(sa_directory_t, find, sa_holder_t,
	private_sa_directory_t *this, uint64_t spi_i, uint64_t spi_r)
{
	if (has(this, spi_i, spi_r))
	{
		return SA_HOLDER_HERE;
	}
	if (!this->members)
	{
		return SA_HOLDER_NONE;
	}
	switch (this->members->find(this->members, spi_i, spi_r))
	{
		case SA_MEMBERS_NONE:
			return SA_HOLDER_NONE;
		case SA_MEMBERS_USED:
			return SA_HOLDER_MEMBER;
		default:
			return SA_HOLDER_UNKNOWN;
	}
}

METHOD(sa_directory_t, is_cluster, bool,
	private_sa_directory_t *this)
{
	return this->channel != NULL;
}

METHOD(sa_directory_t, count, void,
	private_sa_directory_t *this, u_int *here, u_int *members)
{
	this->mutex->lock(this->mutex);
	*here = this->sas->count(this->sas);
	this->mutex->unlock(this->mutex);
	*members = this->members ? this->members->count(this->members) : 0;
}

/**
 * Make the directory, NULL if the cluster's configuration is wrong.
 */
static private_sa_directory_t *create()
{
	private_sa_directory_t *this;
	sync_channel_t *channel = NULL;

	if (lib->settings->get_str(lib->settings, "%s.cluster.name", NULL, lib->ns))
	{
		channel = sync_channel_get();
		if (!channel)
		{
			return NULL;
		}
	}
	INIT(this,
		.public = {
			.listener = {
				.ike_state_change = _ike_state_change,
				.ike_derived_keys = _ike_derived_keys,
			},
			.find = _find,
			.has = _has,
			.is_cluster = _is_cluster,
			.count = _count,
		},
		.channel = channel,
		.members = channel ? sa_members_create(channel, snapshot) : NULL,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.entries = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									64),
		.sas = sa_spis_create(),
	);
	return this;
}

/**
 * Remove the directory.
 */
static void destroy(private_sa_directory_t *this)
{
	enumerator_t *enumerator;
	entry_t *entry;
	void *ike_sa;

	charon->bus->remove_listener(charon->bus, &this->public.listener);
	if (this->channel)
	{
		this->channel->unsubscribe(this->channel, SYNC_DIRECTORY);
		this->members->destroy(this->members);
		sync_channel_put();
	}
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &ike_sa, &entry))
	{
		this->entries->remove_at(this->entries, enumerator);
		free(entry);
	}
	enumerator->destroy(enumerator);
	this->entries->destroy(this->entries);
	this->sas->destroy(this->sas);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
sa_directory_t *sa_directory_get()
{
	pthread_mutex_lock(&instance_lock);
	if (!instance)
	{
		instance = create();
		if (instance)
		{
			charon->bus->add_listener(charon->bus, &instance->public.listener);
			if (instance->channel)
			{
				instance->channel->subscribe(instance->channel, SYNC_DIRECTORY,
										&instance->members->subscriber);
			}
		}
	}
	if (instance)
	{
		users++;
	}
	pthread_mutex_unlock(&instance_lock);
	return instance ? &instance->public : NULL;
}

/*
 * Described in header.
 */
void sa_directory_put()
{
	pthread_mutex_lock(&instance_lock);
	if (users && --users == 0)
	{
		destroy(instance);
		instance = NULL;
	}
	pthread_mutex_unlock(&instance_lock);
}
