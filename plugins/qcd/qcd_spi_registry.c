/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_spi_registry.h"
#include "qcd_spi_map.h"

#include <collections/hashtable.h>
#include <collections/linked_list.h>
#include <threading/mutex.h>

typedef struct private_qcd_spi_registry_t private_qcd_spi_registry_t;
typedef struct member_t member_t;

/**
 * Private data.
 */
struct private_qcd_spi_registry_t {

	/** public interface */
	qcd_spi_registry_t public;

	/** sync channel */
	sync_channel_t *channel;

	/** TRUE if it has to be left */
	bool subscribed;

	/** CHILD SAs of this daemon */
	qcd_children_t *children;

	/** protects all below */
	mutex_t *mutex;

	/** other members, as member_t */
	linked_list_t *members;

	/** what this member had before, as qcd_owner_t by SPI */
	hashtable_t *ours;
};

/**
 * Another member.
 */
struct member_t {

	/** name */
	char *name;

	/** its daemon's start */
	uint64_t incarnation;

	/** what it has, and had before its daemon was restarted, as qcd_owner_t by
	 * SPI */
	hashtable_t *now, *before;
};

/**
 * Create a table.
 */
static hashtable_t *create_table()
{
	return hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 64);
}

/**
 * Destroy a table.
 */
static void destroy_table(hashtable_t *table)
{
	enumerator_t *enumerator;
	qcd_owner_t *owner;
	void *key;

	enumerator = table->create_enumerator(table);
	while (enumerator->enumerate(enumerator, &key, &owner))
	{
		table->remove_at(table, enumerator);
		free(owner);
	}
	enumerator->destroy(enumerator);
	table->destroy(table);
}

/**
 * Add a CHILD SA to a table, or take one out.
 */
static void change(hashtable_t *table, bool there, uint32_t spi,
				   const qcd_owner_t *owner)
{
	void *key = (void*)(uintptr_t)spi;
	qcd_owner_t *copy;

	if (!there)
	{
		free(table->remove(table, key));
	}
	else if (table->get_count(table) < QCD_SPI_MAP_MAX)
	{
		INIT(copy,
			.spi_i = owner->spi_i,
			.spi_r = owner->spi_r,
		);
		free(table->put(table, key, copy));
	}
}

/**
 * Change a table as a message says.
 */
static void change_all(hashtable_t *table, bool there, chunk_t body)
{
	qcd_owner_t owner;
	uint32_t spi;

	for (; body.len; body = chunk_skip(body, QCD_SPI_LEN))
	{
		memcpy(&spi, body.ptr, sizeof(spi));
		memcpy(&owner.spi_i, body.ptr + sizeof(spi), sizeof(owner.spi_i));
		memcpy(&owner.spi_r, body.ptr + sizeof(spi) + sizeof(owner.spi_i),
			   sizeof(owner.spi_r));
		change(table, there, spi, &owner);
	}
}

/**
 * Write a CHILD SA as it is in a message.
 */
static void write_entry(u_char *pos, uint32_t spi, const qcd_owner_t *owner)
{
	memcpy(pos, &spi, sizeof(spi));
	memcpy(pos + sizeof(spi), &owner->spi_i, sizeof(owner->spi_i));
	memcpy(pos + sizeof(spi) + sizeof(owner->spi_i), &owner->spi_r,
		   sizeof(owner->spi_r));
}

/**
 * Cut what fits in a message off the start of many entries.
 */
static chunk_t next_batch(chunk_t *all)
{
	size_t len = min(all->len, QCD_SPI_BATCH * QCD_SPI_LEN);
	chunk_t batch;

	batch = chunk_clone(chunk_create(all->ptr, len));
	*all = chunk_skip(*all, len);
	return batch;
}

/**
 * Get a member, the caller has the lock.
 */
static member_t *get_member(private_qcd_spi_registry_t *this, const char *name)
{
	enumerator_t *enumerator;
	member_t *member, *found = NULL;

	enumerator = this->members->create_enumerator(this->members);
	while (!found && enumerator->enumerate(enumerator, &member))
	{
		if (streq(member->name, name))
		{
			found = member;
		}
	}
	enumerator->destroy(enumerator);
	if (!found)
	{
		INIT(found,
			.name = strdup(name),
			.now = create_table(),
			.before = create_table(),
		);
		this->members->insert_last(this->members, found);
	}
	return found;
}

METHOD(sync_subscriber_t, receive, void,
	private_qcd_spi_registry_t *this, char *name, uint8_t type, chunk_t body)
{
	member_t *member;

	if (body.len % QCD_SPI_LEN)
	{	/* of a newer release */
		return;
	}
	this->mutex->lock(this->mutex);
	member = get_member(this, name);
	switch (type)
	{
		case QCD_SPI_ADD:
		case QCD_SPI_REMOVE:
			change_all(member->now, type == QCD_SPI_ADD, body);
			break;
		case QCD_SPI_YOURS:
			change_all(this->ours, TRUE, body);
			break;
		default:
			break;
	}
	this->mutex->unlock(this->mutex);
}

METHOD(sync_subscriber_t, resync_begin, void,
	private_qcd_spi_registry_t *this, char *name)
{
	member_t *member;

	this->mutex->lock(this->mutex);
	member = get_member(this, name);
	destroy_table(member->now);
	member->now = create_table();
	this->mutex->unlock(this->mutex);
}

/**
 * Get the entries of a table as in a message.
 */
static chunk_t get_entries(hashtable_t *table)
{
	enumerator_t *enumerator;
	qcd_owner_t *owner;
	chunk_t all;
	u_char *pos;
	void *key;

	all = chunk_alloc(table->get_count(table) * QCD_SPI_LEN);
	pos = all.ptr;
	enumerator = table->create_enumerator(table);
	while (enumerator->enumerate(enumerator, &key, &owner))
	{
		write_entry(pos, (uint32_t)(uintptr_t)key, owner);
		pos += QCD_SPI_LEN;
	}
	enumerator->destroy(enumerator);
	return all;
}

METHOD(sync_subscriber_t, member_up, void,
	private_qcd_spi_registry_t *this, char *name, uint64_t incarnation)
{
	chunk_t all = chunk_empty, rest;
	member_t *member;

	this->mutex->lock(this->mutex);
	member = get_member(this, name);
	if (member->incarnation && member->incarnation != incarnation)
	{
		destroy_table(member->before);
		member->before = member->now;
		member->now = create_table();
		all = get_entries(member->before);
	}
	member->incarnation = incarnation;
	this->mutex->unlock(this->mutex);

	rest = all;
	while (rest.len && this->channel->send_to(this->channel, name, SYNC_QCD,
											  QCD_SPI_YOURS, next_batch(&rest)))
	{
		/* until its queue is full: the rest is not that important */
	}
	chunk_free(&all);
}

METHOD(sync_subscriber_t, snapshot, void,
	private_qcd_spi_registry_t *this, char *name, sync_sink_t *sink)
{
	enumerator_t *enumerator;
	hashtable_t *table = create_table();
	qcd_owner_t *owner;
	chunk_t all, rest;
	uint32_t spi;

	/* the sink may wait, so nothing is written to it with a lock */
	enumerator = this->children->create_enumerator(this->children);
	while (enumerator->enumerate(enumerator, &spi, &owner))
	{
		change(table, TRUE, spi, owner);
	}
	enumerator->destroy(enumerator);
	rest = all = get_entries(table);
	destroy_table(table);
	while (rest.len && sink->add(sink, QCD_SPI_ADD, next_batch(&rest)))
	{
		/* until the link is gone */
	}
	chunk_free(&all);
}

/**
 * Implements qcd_children_cb_t
 */
static void changed(private_qcd_spi_registry_t *this, bool there, uint32_t spi,
					const qcd_owner_t *owner)
{
	chunk_t body = chunk_alloc(QCD_SPI_LEN);

	write_entry(body.ptr, spi, owner);
	this->channel->send(this->channel, SYNC_QCD,
						there ? QCD_SPI_ADD : QCD_SPI_REMOVE, body);
}

/**
 * Look into a table.
 */
static bool look(hashtable_t *table, uint32_t spi, qcd_owner_t *owner)
{
	qcd_owner_t *found;

	found = table->get(table, (void*)(uintptr_t)spi);
	if (found)
	{
		*owner = *found;
	}
	return found != NULL;
}

METHOD(qcd_spi_registry_t, find, bool,
	private_qcd_spi_registry_t *this, uint32_t spi, qcd_owner_t *owner)
{
	enumerator_t *enumerator;
	member_t *member;
	bool found;

	this->mutex->lock(this->mutex);
	found = look(this->ours, spi, owner);
	enumerator = this->members->create_enumerator(this->members);
	while (!found && enumerator->enumerate(enumerator, &member))
	{
		found = look(member->now, spi, owner) ||
				look(member->before, spi, owner);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(qcd_spi_registry_t, destroy, void,
	private_qcd_spi_registry_t *this)
{
	member_t *member;

	this->children->observe(this->children, NULL, NULL);
	if (this->subscribed)
	{
		this->channel->unsubscribe(this->channel, SYNC_QCD);
		sync_channel_put();
	}
	while (this->members->remove_first(this->members,
									   (void**)&member) == SUCCESS)
	{
		destroy_table(member->now);
		destroy_table(member->before);
		free(member->name);
		free(member);
	}
	this->members->destroy(this->members);
	destroy_table(this->ours);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
qcd_spi_registry_t *qcd_spi_registry_create_for(sync_channel_t *channel,
												qcd_children_t *children)
{
	private_qcd_spi_registry_t *this;

	INIT(this,
		.public = {
			.subscriber = {
				.receive = _receive,
				.snapshot = _snapshot,
				.resync_begin = _resync_begin,
				.member_up = _member_up,
			},
			.find = _find,
			.destroy = _destroy,
		},
		.channel = channel,
		.children = children,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.members = linked_list_create(),
		.ours = create_table(),
	);
	children->observe(children, (qcd_children_cb_t)changed, this);
	return &this->public;
}

/*
 * Described in header.
 */
qcd_spi_registry_t *qcd_spi_registry_create(qcd_children_t *children)
{
	private_qcd_spi_registry_t *this;
	sync_channel_t *channel;

	channel = sync_channel_get();
	if (!channel)
	{
		return NULL;
	}
	this = (private_qcd_spi_registry_t*)qcd_spi_registry_create_for(channel,
																	children);
	this->subscribed = TRUE;
	channel->subscribe(channel, SYNC_QCD, &this->public.subscriber);
	return &this->public;
}
