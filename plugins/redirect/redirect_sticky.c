/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_sticky.h"

#include <collections/hashtable.h>
#include <collections/linked_list.h>
#include <threading/mutex.h>

typedef struct private_redirect_sticky_t private_redirect_sticky_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_redirect_sticky_t {

	/** public interface */
	redirect_sticky_t public;

	/** protects all below */
	mutex_t *mutex;

	/** entry_t by client */
	hashtable_t *clients;

	/** entry_t, a ring: the oldest is at next once it is full */
	entry_t **ring;

	/** place for the next entry */
	u_int next;
};

/**
 * A client.
 */
struct entry_t {
	/** its address and port */
	host_t *client;
	/** its member */
	char *member;
	/** when it was sent there */
	time_t time;
};

/**
 * Hash an address with its port.
 */
static u_int hash(host_t *client)
{
	return chunk_hash_inc(client->get_address(client),
						  client->get_port(client));
}

/**
 * Compare addresses with their ports.
 */
static bool equals(host_t *a, host_t *b)
{
	return a->equals(a, b);
}

/**
 * Free an entry.
 */
static void entry_destroy(entry_t *entry)
{
	entry->client->destroy(entry->client);
	free(entry->member);
	free(entry);
}

METHOD(redirect_sticky_t, set, void,
	private_redirect_sticky_t *this, host_t *client, const char *member,
	time_t now)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->clients->get(this->clients, client);
	if (!entry)
	{
		entry = this->ring[this->next];
		if (entry)
		{
			this->clients->remove(this->clients, entry->client);
			entry_destroy(entry);
		}
		INIT(entry,
			.client = client->clone(client),
		);
		this->ring[this->next] = entry;
		this->next = (this->next + 1) % REDIRECT_STICKY_MAX;
		this->clients->put(this->clients, entry->client, entry);
	}
	free(entry->member);
	entry->member = strdup(member);
	entry->time = now;
	this->mutex->unlock(this->mutex);
}

METHOD(redirect_sticky_t, get, char*,
	private_redirect_sticky_t *this, host_t *client, time_t now,
	uint32_t lifetime)
{
	entry_t *entry;
	char *member = NULL;

	this->mutex->lock(this->mutex);
	entry = this->clients->get(this->clients, client);
	if (entry && now - entry->time <= lifetime)
	{
		member = strdup(entry->member);
	}
	this->mutex->unlock(this->mutex);
	return member;
}

METHOD(redirect_sticky_t, get_count, u_int,
	private_redirect_sticky_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->clients->get_count(this->clients);
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(redirect_sticky_t, destroy, void,
	private_redirect_sticky_t *this)
{
	u_int i;

	for (i = 0; i < REDIRECT_STICKY_MAX && this->ring[i]; i++)
	{
		entry_destroy(this->ring[i]);
	}
	free(this->ring);
	this->clients->destroy(this->clients);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
redirect_sticky_t *redirect_sticky_create()
{
	private_redirect_sticky_t *this;

	INIT(this,
		.public = {
			.set = _set,
			.get = _get,
			.get_count = _get_count,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.clients = hashtable_create((hashtable_hash_t)hash,
									(hashtable_equals_t)equals, 64),
		.ring = calloc(REDIRECT_STICKY_MAX, sizeof(entry_t*)),
	);
	return &this->public;
}
