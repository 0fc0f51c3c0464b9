/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_members.h"
#include "stub_lookups.h"
#include "stub_updates.h"

#include <processing/jobs/callback_job.h>

/** interval in which expired records are removed, in s */
#define EXPIRE_INTERVAL 30

typedef struct private_stub_members_t private_stub_members_t;

/**
 * Private data.
 */
struct private_stub_members_t {

	/** public interface */
	stub_store_t public;

	/** on the channel */
	sync_subscriber_t subscriber;

	/** options */
	stub_config_t *config;

	/** counters */
	stub_stats_t *stats;

	/** encrypts records */
	stub_seal_t *seal;

	/** whom to tell of stubs that are gone */
	stub_gone_cb_t gone;
	void *user;

	/** channel */
	sync_channel_t *channel;

	/** records of others and of this gateway */
	stub_records_t *records;

	/** look-ups under way */
	stub_lookups_t *lookups;

	/** called if a stub was used elsewhere first */
	stub_lost_cb_t lost;

	/** members that keep stubs */
	stub_banks_t *banks;

	/** what they are to be told */
	stub_updates_t *updates;
};

METHOD(stub_store_t, put, void,
	private_stub_members_t *this, stub_t *stub)
{
	this->updates->note(this->updates, STUB_ITEM_RECORD, stub_get_index(stub),
						stub);
}

METHOD(stub_store_t, remove_, void,
	private_stub_members_t *this, uint64_t index)
{
	this->updates->note(this->updates, STUB_ITEM_GONE, index, NULL);
}

METHOD(stub_store_t, claim, void,
	private_stub_members_t *this, uint64_t index, stub_lost_cb_t lost,
	void *user)
{
	uint8_t hash[STUB_HASH_LEN];
	void *other;

	this->lost = lost;
	this->seal->hash(this->seal, index, hash);
	this->records->remove(this->records, hash);
	if (!this->records->use(this->records, hash,
							this->channel->get_name(this->channel), user,
							&other))
	{	/* elsewhere, after the keeper got its copy and answered with it */
		lost(user);
		free(user);
		return;
	}
	this->updates->note(this->updates, STUB_ITEM_USED, index, NULL);
}

METHOD(stub_store_t, get, stub_t*,
	private_stub_members_t *this, uint64_t index)
{
	uint8_t hash[STUB_HASH_LEN];
	stub_t *stub = NULL;
	chunk_t record;

	this->seal->hash(this->seal, index, hash);
	record = this->records->get(this->records, hash);
	if (record.len)
	{
		stub = this->seal->open(this->seal, hash, record);
		if (!stub)
		{
			this->stats->add(this->stats, STUB_BAD_RECORD, 1);
		}
		chunk_free(&record);
	}
	return stub;
}

METHOD(stub_store_t, lookup, bool,
	private_stub_members_t *this, uint64_t index, chunk_t address,
	stub_lookup_cb_t cb, void *user)
{
	uint8_t hash[STUB_HASH_LEN];
	stub_message_t *message;
	array_t *names;
	host_t *gateway;
	char *name;
	bool ok;

	names = this->banks->get_connected(this->banks);
	this->seal->hash(this->seal, index, hash);
	ok = this->lookups->start(this->lookups, hash, array_count(names), cb,
							  user);
	message = stub_message_create(STUB_MESSAGE_GET);
	gateway = host_create_from_chunk(address.len == 4 ? AF_INET : AF_INET6,
									 address, 0);
	message->add_get(message, index, gateway);
	gateway->destroy(gateway);
	while (array_remove(names, ARRAY_HEAD, &name))
	{
		if (ok && !this->channel->send_to(this->channel, name, SYNC_STUB,
									STUB_BANKS_MESSAGE, message->get(message)))
		{
			this->lookups->answer(this->lookups, hash, NULL);
		}
		free(name);
	}
	array_destroy(names);
	message->destroy(message);
	return ok;
}

/**
 * A member told that a stub is gone.
 */
static void process_gone(private_stub_members_t *this, stub_item_t *item)
{
	uint64_t own;

	own = this->records->remove(this->records, item->hash);
	if (own)
	{
		this->gone(this->user, own);
	}
}

/**
 * As a bank, tell members who used a stub up: one or NULL for all.
 */
static void tell_used(private_stub_members_t *this, char *member,
					  const uint8_t hash[STUB_HASH_LEN], char *name)
{
	stub_message_t *message;
	stub_item_t item = {
		.kind = STUB_ITEM_USED,
		.record = chunk_from_str(name),
	};

	memcpy(item.hash, hash, STUB_HASH_LEN);
	message = stub_message_create(STUB_MESSAGE_UPDATE);
	message->add(message, &item);
	if (member)
	{
		this->channel->send_to(this->channel, member, SYNC_STUB,
							   STUB_BANKS_MESSAGE, message->get(message));
	}
	else
	{
		this->channel->send(this->channel, SYNC_STUB, STUB_BANKS_MESSAGE,
							message->get(message));
	}
	message->destroy(message);
}

/**
 * A member told who used a stub up.
 */
static void process_used(private_stub_members_t *this, char *member,
						 stub_item_t *item)
{
	char *name, *first;
	void *lost;
	bool news;

	process_gone(this, item);
	name = strndup(item->record.ptr, item->record.len);
	news = this->records->use(this->records, item->hash, name, NULL, &lost);
	if (lost)
	{
		this->lost(lost);
		free(lost);
	}
	if (this->config->store == STUB_STORE_BANK && streq(name, member) &&
		this->banks->is_bank(this->banks,
							 this->channel->get_name(this->channel)))
	{
		first = this->records->get_user(this->records, item->hash);
		if (news)
		{	/* others that used it as well learn it from us */
			tell_used(this, NULL, item->hash, name);
		}
		else if (first && !streq(first, name))
		{	/* we may be the first one ourselves, and nobody knows */
			tell_used(this, member, item->hash, first);
		}
		free(first);
	}
	free(name);
}

/**
 * An Update's content.
 */
static void process_update(private_stub_members_t *this, char *member,
						   chunk_t content)
{
	stub_item_t item;

	if (!stub_message_parse_item(content, &item))
	{
		this->stats->add(this->stats, STUB_BAD_RECORD, 1);
		return;
	}
	switch (item.kind)
	{
		case STUB_ITEM_RECORD:
			this->records->put(this->records, item.hash, item.record, 0);
			break;
		case STUB_ITEM_GONE:
			process_gone(this, &item);
			break;
		case STUB_ITEM_USED:
			process_used(this, member, &item);
			break;
	}
}

/**
 * A Get's content: add the answer to a message.
 */
static void process_get(private_stub_members_t *this, char *member,
						chunk_t content)
{
	stub_message_t *message;
	stub_item_t item = {};
	uint64_t index;
	chunk_t address, record;

	if (!stub_message_parse_get(content, &index, &address))
	{
		this->stats->add(this->stats, STUB_BAD_RECORD, 1);
		return;
	}
	this->seal->hash(this->seal, index, item.hash);
	record = this->records->get(this->records, item.hash);
	item.kind = record.len ? STUB_ITEM_RECORD : STUB_ITEM_GONE;
	item.record = record;
	message = stub_message_create(STUB_MESSAGE_DOWNLOAD);
	message->add(message, &item);
	this->channel->send_to(this->channel, member, SYNC_STUB, STUB_BANKS_MESSAGE,
						   message->get(message));
	message->destroy(message);
	chunk_free(&record);
}

/**
 * A Download's content.
 */
static void process_download(private_stub_members_t *this, chunk_t content)
{
	stub_item_t item;
	stub_t *stub = NULL;

	if (!stub_message_parse_item(content, &item))
	{
		this->stats->add(this->stats, STUB_BAD_RECORD, 1);
		return;
	}
	if (!this->lookups->is_awaited(this->lookups, item.hash))
	{
		return;
	}
	if (item.kind == STUB_ITEM_RECORD)
	{
		stub = this->seal->open(this->seal, item.hash, item.record);
		if (!stub || !stub_is_valid(stub))
		{
			this->stats->add(this->stats, STUB_BAD_RECORD, 1);
			stub_unref(stub);
			stub = NULL;
		}
	}
	this->lookups->answer(this->lookups, item.hash, stub);
	stub_unref(stub);
}

/**
 * Implements sync_subscriber_t.receive
 */
static void receive(sync_subscriber_t *subscriber, char *member, uint8_t type,
					chunk_t body)
{
	private_stub_members_t *this;
	stub_message_type_t message;
	array_t *contents;
	chunk_t content;

	this = (private_stub_members_t*)((char*)subscriber -
							offsetof(private_stub_members_t, subscriber));
	if (type != STUB_BANKS_MESSAGE)
	{
		return;
	}
	if (!stub_message_parse(body, &message, &contents))
	{
		DBG1(DBG_CFG, "ike-sa-stub: malformed message of member '%s'", member);
		this->stats->add(this->stats, STUB_BAD_RECORD, 1);
		return;
	}
	while (array_remove(contents, ARRAY_HEAD, &content))
	{
		switch (message)
		{
			case STUB_MESSAGE_UPDATE:
				process_update(this, member, content);
				break;
			case STUB_MESSAGE_GET:
				process_get(this, member, content);
				break;
			case STUB_MESSAGE_DOWNLOAD:
				process_download(this, content);
				break;
		}
	}
	array_destroy(contents);
}

/**
 * Add messages to a snapshot, FALSE if the link is gone.
 */
static bool add_messages(sync_sink_t *sink, array_t *messages)
{
	chunk_t *message;
	bool ok = TRUE;

	while (array_remove(messages, ARRAY_HEAD, &message))
	{
		if (ok)
		{
			ok = sink->add(sink, STUB_BANKS_MESSAGE, *message);
		}
		else
		{
			chunk_free(message);
		}
		free(message);
	}
	array_destroy(messages);
	return ok;
}

/**
 * Implements sync_subscriber_t.snapshot
 */
static void snapshot(sync_subscriber_t *subscriber, char *member,
					 sync_sink_t *sink)
{
	private_stub_members_t *this;

	this = (private_stub_members_t*)((char*)subscriber -
							offsetof(private_stub_members_t, subscriber));
	/* last what is gone: a stub may have been removed since its record was
	 * copied, and the bank been told of that before it got the record */
	if (this->banks->is_keeper(this->banks, member) &&
		add_messages(sink, this->records->get_own(this->records)))
	{
		add_messages(sink, this->records->get_past(this->records,
									this->channel->get_name(this->channel)));
	}
}

/**
 * Implements sync_subscriber_t.member_up: what a bank missed, as messages to it
 * are not kept while it's gone.
 */
static void member_up(sync_subscriber_t *subscriber, char *member,
					  uint64_t incarnation)
{
	private_stub_members_t *this;

	this = (private_stub_members_t*)((char*)subscriber -
							offsetof(private_stub_members_t, subscriber));
	if (this->config->store == STUB_STORE_BANK &&
		this->banks->is_bank(this->banks, member))
	{
		this->channel->start_resync(this->channel, member, SYNC_STUB);
	}
}

METHOD(stub_store_t, status, void,
	private_stub_members_t *this, vici_builder_t *reply)
{
	array_t *names = this->banks->get_connected(this->banks);
	u_int own, others;
	char *name;

	others = this->records->count(this->records, &own);
	reply->add_kv(reply, "own-records", "%u", own);
	reply->add_kv(reply, "others-records", "%u", others);
	reply->add_kv(reply, "keepers-connected", "%u", array_count(names));
	while (array_remove(names, ARRAY_HEAD, &name))
	{
		free(name);
	}
	array_destroy(names);
}

/**
 * Job: remove expired records.
 */
static job_requeue_t expire(private_stub_members_t *this)
{
	this->records->expire(this->records);
	return JOB_RESCHEDULE(EXPIRE_INTERVAL);
}

METHOD(stub_store_t, destroy, void,
	private_stub_members_t *this)
{
	if (this->channel)
	{
		this->channel->unsubscribe(this->channel, SYNC_STUB);
		sync_channel_put();
	}
	DESTROY_IF(this->updates);
	DESTROY_IF(this->banks);
	this->lookups->destroy(this->lookups);
	this->records->destroy(this->records);
	this->seal->destroy(this->seal);
	free(this);
}

/*
 * Described in header.
 */
stub_store_t *stub_members_create(stub_config_t *config, stub_stats_t *stats,
								  stub_seal_t *seal, stub_gone_cb_t gone,
								  void *user)
{
	private_stub_members_t *this;

	INIT(this,
		.public = {
			.put = _put,
			.remove = _remove_,
			.claim = _claim,
			.get = _get,
			.lookup = _lookup,
			.status = _status,
			.destroy = _destroy,
		},
		.subscriber = {
			.receive = receive,
			.snapshot = snapshot,
			.member_up = member_up,
		},
		.config = config,
		.stats = stats,
		.seal = seal,
		.gone = gone,
		.user = user,
		.channel = sync_channel_get(),
		.records = stub_records_create(&config->max_stubs, stats),
		.lookups = stub_lookups_create(config, stats),
	);
	if (!this->channel)
	{
		destroy(this);
		return NULL;
	}
	if (config->store == STUB_STORE_BANK && !*config->banks)
	{
		DBG1(DBG_CFG, "ike-sa-stub: store = bank needs names of members in "
			 "'banks'");
		destroy(this);
		return NULL;
	}
	this->banks = stub_banks_create(config, stats, this->channel);
	this->updates = stub_updates_create(this->banks,
									this->channel->get_name(this->channel),
									this->records, seal);
	this->channel->subscribe(this->channel, SYNC_STUB, &this->subscriber);
	lib->scheduler->schedule_job(lib->scheduler,
		(job_t*)callback_job_create((void*)expire, this, NULL, NULL),
		EXPIRE_INTERVAL);
	return &this->public;
}
