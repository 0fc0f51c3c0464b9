/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_records.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

/** how long it's remembered who used a stub up, or that it's gone, in s */
#define USED_TIME 600

typedef struct private_stub_records_t private_stub_records_t;
typedef struct record_t record_t;
typedef struct used_t used_t;
typedef struct gone_t gone_t;
typedef struct messages_t messages_t;

/**
 * Private data.
 */
struct private_stub_records_t {

	/** public interface */
	stub_records_t public;

	/** hash => record_t */
	hashtable_t *records;

	/** hash => used_t */
	hashtable_t *used;

	/** hash => gone_t, of this gateway's */
	hashtable_t *gone;

	/** records there may be */
	const uint32_t *max;

	/** counters */
	stub_stats_t *stats;

	/** TRUE if it was logged that there are too many */
	bool full;

	/** protects all above */
	mutex_t *mutex;
};

/**
 * A record.
 */
struct record_t {
	/** hash of the index, the key */
	uint8_t hash[STUB_HASH_LEN];
	/** record */
	chunk_t record;
	/** index if it's this gateway's */
	uint64_t own;
};

/**
 * Who used a stub up.
 */
struct used_t {
	/** hash of the index, the key */
	uint8_t hash[STUB_HASH_LEN];
	/** member */
	char *member;
	/** data that goes with it */
	void *user;
	/** until when it's remembered */
	time_t until;
};

/**
 * What this gateway told to be gone.
 */
struct gone_t {
	/** hash of the index, the key */
	uint8_t hash[STUB_HASH_LEN];
	/** until when it's remembered */
	time_t until;
};

/**
 * Updates that are being made.
 */
struct messages_t {
	/** those that are full, chunk_t* */
	array_t *full;
	/** the last one */
	stub_message_t *last;
};

/**
 * Hash a key.
 */
static u_int key_hash(uint8_t *hash)
{
	return chunk_hash(chunk_create(hash, STUB_HASH_LEN));
}

/**
 * Compare keys.
 */
static bool key_equals(uint8_t *a, uint8_t *b)
{
	return memeq(a, b, STUB_HASH_LEN);
}

/**
 * Destroy a record.
 */
static void record_destroy(record_t *record)
{
	chunk_free(&record->record);
	free(record);
}

/**
 * Destroy the memory of a use.
 */
static void used_destroy(used_t *used)
{
	free(used->member);
	free(used->user);
	free(used);
}

METHOD(stub_records_t, put, bool,
	private_stub_records_t *this, const uint8_t hash[STUB_HASH_LEN],
	chunk_t data, uint64_t own)
{
	record_t *record, *old;
	gone_t *gone = NULL;
	bool ok = FALSE, full = FALSE, news = FALSE;

	this->mutex->lock(this->mutex);
	old = this->records->remove(this->records, hash);
	if (!this->used->get(this->used, hash))
	{
		full = this->records->get_count(this->records) >= *this->max;
		news = full && !this->full;
		this->full |= full;
		ok = !full;
	}
	if (ok)
	{
		INIT(record,
			.record = chunk_clone(data),
			.own = own,
		);
		memcpy(record->hash, hash, STUB_HASH_LEN);
		this->records->put(this->records, record->hash, record);
		if (own)
		{
			gone = this->gone->remove(this->gone, hash);
		}
	}
	this->mutex->unlock(this->mutex);
	free(gone);
	if (old)
	{
		record_destroy(old);
	}
	if (full)
	{
		this->stats->add(this->stats, STUB_REFUSED_FULL, 1);
	}
	if (news)
	{
		DBG1(DBG_CFG, "ike-sa-stub: there are max_stubs = %u stubs of all "
			 "members, others can't be kept; increase it", *this->max);
	}
	return ok;
}

METHOD(stub_records_t, get, chunk_t,
	private_stub_records_t *this, const uint8_t hash[STUB_HASH_LEN])
{
	chunk_t data = chunk_empty;
	record_t *record;

	this->mutex->lock(this->mutex);
	record = this->records->get(this->records, hash);
	if (record && stub_seal_expires(record->record) > (uint64_t)time(NULL))
	{
		data = chunk_clone(record->record);
	}
	this->mutex->unlock(this->mutex);
	return data;
}

METHOD(stub_records_t, remove_, uint64_t,
	private_stub_records_t *this, const uint8_t hash[STUB_HASH_LEN])
{
	record_t *record;
	uint64_t own = 0;

	this->mutex->lock(this->mutex);
	record = this->records->remove(this->records, hash);
	this->mutex->unlock(this->mutex);
	if (record)
	{
		own = record->own;
		record_destroy(record);
	}
	return own;
}

METHOD(stub_records_t, use, bool,
	private_stub_records_t *this, const uint8_t hash[STUB_HASH_LEN],
	char *member, void *user, void **lost)
{
	used_t *used;
	bool ok = TRUE;

	*lost = NULL;
	this->mutex->lock(this->mutex);
	used = this->used->get(this->used, hash);
	if (!used)
	{
		INIT(used,
			.member = strdup(member),
			.user = user,
			.until = time_monotonic(NULL) + USED_TIME,
		);
		memcpy(used->hash, hash, STUB_HASH_LEN);
		this->used->put(this->used, used->hash, used);
	}
	else if (!user && strcmp(member, used->member) < 0)
	{	/* all members decide alike; who knew of the first one yields, else a
		 * thief could keep a SYN's answer until the client has its IKE SA */
		*lost = used->user;
		used->user = NULL;
		free(used->member);
		used->member = strdup(member);
	}
	else
	{
		ok = FALSE;
	}
	this->mutex->unlock(this->mutex);
	return ok;
}

METHOD(stub_records_t, get_user, char*,
	private_stub_records_t *this, const uint8_t hash[STUB_HASH_LEN])
{
	used_t *used;
	char *name = NULL;

	this->mutex->lock(this->mutex);
	used = this->used->get(this->used, hash);
	if (used)
	{
		name = strdup(used->member);
	}
	this->mutex->unlock(this->mutex);
	return name;
}

METHOD(stub_records_t, gone, void,
	private_stub_records_t *this, const uint8_t hash[STUB_HASH_LEN])
{
	gone_t *gone;

	this->mutex->lock(this->mutex);
	if (!this->gone->get(this->gone, hash) &&
		this->gone->get_count(this->gone) < *this->max)
	{
		INIT(gone,
			.until = time_monotonic(NULL) + USED_TIME,
		);
		memcpy(gone->hash, hash, STUB_HASH_LEN);
		this->gone->put(this->gone, gone->hash, gone);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Start to make Updates.
 */
static messages_t messages_begin()
{
	return (messages_t){
		.full = array_create(0, 0),
		.last = stub_message_create(STUB_MESSAGE_UPDATE),
	};
}

/**
 * Keep a message that is full or the last one, get them all.
 */
static array_t *messages_end(messages_t *messages)
{
	chunk_t *data;

	if (messages->last->count(messages->last))
	{
		INIT(data);
		*data = messages->last->get(messages->last);
		array_insert(messages->full, ARRAY_TAIL, data);
	}
	messages->last->destroy(messages->last);
	return messages->full;
}

/**
 * Add an item.
 */
static void messages_add(messages_t *messages, stub_item_kind_t kind,
						 const uint8_t hash[STUB_HASH_LEN], chunk_t record)
{
	stub_item_t item = {
		.kind = kind,
		.record = record,
	};

	memcpy(item.hash, hash, STUB_HASH_LEN);
	if (!messages->last->add(messages->last, &item))
	{
		messages_end(messages);
		messages->last = stub_message_create(STUB_MESSAGE_UPDATE);
		messages->last->add(messages->last, &item);
	}
}

METHOD(stub_records_t, get_own, array_t*,
	private_stub_records_t *this)
{
	messages_t messages = messages_begin();
	enumerator_t *enumerator;
	record_t *record;

	this->mutex->lock(this->mutex);
	enumerator = this->records->create_enumerator(this->records);
	while (enumerator->enumerate(enumerator, NULL, &record))
	{
		if (record->own)
		{
			messages_add(&messages, STUB_ITEM_RECORD, record->hash,
						 record->record);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return messages_end(&messages);
}

METHOD(stub_records_t, get_past, array_t*,
	private_stub_records_t *this, const char *member)
{
	messages_t messages = messages_begin();
	enumerator_t *enumerator;
	used_t *used;
	gone_t *gone;

	this->mutex->lock(this->mutex);
	enumerator = this->used->create_enumerator(this->used);
	while (enumerator->enumerate(enumerator, NULL, &used))
	{
		if (streq(used->member, member))
		{
			messages_add(&messages, STUB_ITEM_USED, used->hash,
						 chunk_from_str(used->member));
		}
	}
	enumerator->destroy(enumerator);
	enumerator = this->gone->create_enumerator(this->gone);
	while (enumerator->enumerate(enumerator, NULL, &gone))
	{
		messages_add(&messages, STUB_ITEM_GONE, gone->hash, chunk_empty);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return messages_end(&messages);
}

METHOD(stub_records_t, expire, void,
	private_stub_records_t *this)
{
	uint64_t now = time(NULL);
	time_t mono = time_monotonic(NULL);
	enumerator_t *enumerator;
	record_t *record;
	used_t *used;
	gone_t *gone;

	this->mutex->lock(this->mutex);
	enumerator = this->records->create_enumerator(this->records);
	while (enumerator->enumerate(enumerator, NULL, &record))
	{
		if (stub_seal_expires(record->record) <= now)
		{
			this->records->remove_at(this->records, enumerator);
			record_destroy(record);
			this->full = FALSE;
		}
	}
	enumerator->destroy(enumerator);
	enumerator = this->used->create_enumerator(this->used);
	while (enumerator->enumerate(enumerator, NULL, &used))
	{
		if (used->until <= mono)
		{
			this->used->remove_at(this->used, enumerator);
			used_destroy(used);
		}
	}
	enumerator->destroy(enumerator);
	enumerator = this->gone->create_enumerator(this->gone);
	while (enumerator->enumerate(enumerator, NULL, &gone))
	{
		if (gone->until <= mono)
		{
			this->gone->remove_at(this->gone, enumerator);
			free(gone);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

METHOD(stub_records_t, count_, u_int,
	private_stub_records_t *this, u_int *own)
{
	enumerator_t *enumerator;
	record_t *record;
	u_int others = 0;

	*own = 0;
	this->mutex->lock(this->mutex);
	enumerator = this->records->create_enumerator(this->records);
	while (enumerator->enumerate(enumerator, NULL, &record))
	{
		if (record->own)
		{
			(*own)++;
		}
		else
		{
			others++;
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return others;
}

/**
 * Destroy the tables' entries.
 */
static void destroy_record(record_t *record, const void *key)
{
	record_destroy(record);
}

static void destroy_used(used_t *used, const void *key)
{
	used_destroy(used);
}

static void destroy_gone(gone_t *gone, const void *key)
{
	free(gone);
}

METHOD(stub_records_t, destroy, void,
	private_stub_records_t *this)
{
	this->records->destroy_function(this->records, (void*)destroy_record);
	this->used->destroy_function(this->used, (void*)destroy_used);
	this->gone->destroy_function(this->gone, (void*)destroy_gone);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
stub_records_t *stub_records_create(const uint32_t *max, stub_stats_t *stats)
{
	private_stub_records_t *this;

	INIT(this,
		.public = {
			.put = _put,
			.get = _get,
			.remove = _remove_,
			.use = _use,
			.get_user = _get_user,
			.gone = _gone,
			.get_own = _get_own,
			.get_past = _get_past,
			.expire = _expire,
			.count = _count_,
			.destroy = _destroy,
		},
		.records = hashtable_create((hashtable_hash_t)key_hash,
									(hashtable_equals_t)key_equals, 32),
		.used = hashtable_create((hashtable_hash_t)key_hash,
								 (hashtable_equals_t)key_equals, 32),
		.gone = hashtable_create((hashtable_hash_t)key_hash,
								 (hashtable_equals_t)key_equals, 32),
		.max = max,
		.stats = stats,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
