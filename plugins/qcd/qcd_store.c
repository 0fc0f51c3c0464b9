/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_store.h"
#include "qcd_token.h"

#include "ike_wire_notify.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

typedef struct private_qcd_store_t private_qcd_store_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_qcd_store_t {

	/** public interface */
	qcd_store_t public;

	/** protects all below */
	mutex_t *mutex;

	/** IKE SAs, as entry_t, key is the object */
	hashtable_t *entries;
};

/**
 * An IKE SA.
 */
struct entry_t {

	/** SPIs */
	uint64_t spi[2];

	/** SPIs of the IKE SA that may replace it, 0 if there's none */
	uint64_t next[2];

	/** TRUE if it is established */
	bool live;

	/** digests of tokens, newest first */
	uint8_t digests[QCD_STORE_TOKENS][HASH_SIZE_SHA256];

	/** number of digests */
	u_int count;

	/** time of the latest hint in ms, 0 for none */
	uint64_t hint;

	/** request under way, or NULL */
	packet_t *request;
};

/**
 * Hash an entry.
 */
static u_int hash(const entry_t *entry)
{
	return chunk_hash(chunk_from_thing(entry->spi));
}

/**
 * Compare entries.
 */
static bool equals(const entry_t *a, const entry_t *b)
{
	return a->spi[0] == b->spi[0] && a->spi[1] == b->spi[1];
}

/**
 * Find an entry, the caller has the lock.
 */
static entry_t *find_entry(private_qcd_store_t *this, uint64_t spi_i,
						   uint64_t spi_r)
{
	entry_t key = { .spi = { spi_i, spi_r } };

	return this->entries->get(this->entries, &key);
}

/**
 * Get an entry, the caller has the lock.
 */
static entry_t *get_entry(private_qcd_store_t *this, uint64_t spi_i,
						  uint64_t spi_r)
{
	entry_t *entry;

	entry = find_entry(this, spi_i, spi_r);
	if (!entry)
	{
		INIT(entry,
			.spi = { spi_i, spi_r },
		);
		this->entries->put(this->entries, entry, entry);
	}
	return entry;
}

/**
 * Destroy an entry.
 */
static void destroy_entry(entry_t *entry)
{
	DESTROY_IF(entry->request);
	memwipe(entry, sizeof(*entry));
	free(entry);
}

/**
 * Check the length of a token and get its digest.
 */
static bool get_digest(chunk_t token, uint8_t *digest)
{
	return token.len >= IKE_WIRE_TOKEN_MIN &&
		   token.len <= IKE_WIRE_TOKEN_MAX && qcd_token_digest(token, digest);
}

/**
 * Check if an entry has a digest; all are compared, in constant time.
 */
static bool has_digest(entry_t *entry, const uint8_t *digest)
{
	bool found = FALSE;
	u_int i;

	for (i = 0; i < entry->count; i++)
	{
		found |= memeq_const(entry->digests[i], digest, HASH_SIZE_SHA256);
	}
	return found;
}

/**
 * Add a digest to an entry; a token may come more than once.
 */
static void add_digest(entry_t *entry, const uint8_t *digest)
{
	if (!has_digest(entry, digest))
	{
		entry->count = min(entry->count + 1, QCD_STORE_TOKENS);
		memmove(entry->digests[1], entry->digests[0],
				(entry->count - 1) * HASH_SIZE_SHA256);
		memcpy(entry->digests[0], digest, HASH_SIZE_SHA256);
	}
}

METHOD(qcd_store_t, add, bool,
	private_qcd_store_t *this, uint64_t spi_i, uint64_t spi_r, chunk_t token)
{
	uint8_t digest[HASH_SIZE_SHA256];

	if (!get_digest(token, digest))
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	add_digest(get_entry(this, spi_i, spi_r), digest);
	this->mutex->unlock(this->mutex);
	return TRUE;
}

/**
 * Remove an entry, the caller has the lock.
 */
static void remove_entry(private_qcd_store_t *this, entry_t *entry)
{
	this->entries->remove(this->entries, entry);
	destroy_entry(entry);
}

/**
 * Remove what may follow an IKE SA if it did not, the caller has the lock.
 */
static void remove_next(private_qcd_store_t *this, entry_t *entry)
{
	entry_t *next;

	next = find_entry(this, entry->next[0], entry->next[1]);
	if (next && next != entry && !next->live)
	{
		remove_entry(this, next);
	}
}

METHOD(qcd_store_t, add_next, bool,
	private_qcd_store_t *this, uint64_t old_i, uint64_t old_r, uint64_t spi_i,
	uint64_t spi_r, chunk_t token)
{
	uint8_t digest[HASH_SIZE_SHA256];
	entry_t *old;

	if (!get_digest(token, digest))
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	old = find_entry(this, old_i, old_r);
	if (old)
	{
		if (old->next[0] != spi_i || old->next[1] != spi_r)
		{	/* an attempt before this one came to nothing */
			remove_next(this, old);
		}
		old->next[0] = spi_i;
		old->next[1] = spi_r;
		add_digest(get_entry(this, spi_i, spi_r), digest);
	}
	this->mutex->unlock(this->mutex);
	return old != NULL;
}

METHOD(qcd_store_t, live, void,
	private_qcd_store_t *this, uint64_t spi_i, uint64_t spi_r)
{
	this->mutex->lock(this->mutex);
	get_entry(this, spi_i, spi_r)->live = TRUE;
	this->mutex->unlock(this->mutex);
}

METHOD(qcd_store_t, remove_, void,
	private_qcd_store_t *this, uint64_t spi_i, uint64_t spi_r)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, spi_i, spi_r);
	if (entry)
	{
		remove_next(this, entry);
		remove_entry(this, entry);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(qcd_store_t, find, bool,
	private_qcd_store_t *this, uint64_t spi_i, uint64_t spi_r, u_int *tokens)
{
	entry_t *entry;
	bool found;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, spi_i, spi_r);
	found = entry && entry->live;
	if (tokens)
	{
		*tokens = entry ? entry->count : 0;
	}
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(qcd_store_t, verify, bool,
	private_qcd_store_t *this, uint64_t spi_i, uint64_t spi_r, chunk_t token)
{
	uint8_t digest[HASH_SIZE_SHA256];
	entry_t *entry;
	bool ok;

	if (!get_digest(token, digest))
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	entry = find_entry(this, spi_i, spi_r);
	ok = entry && entry->live && has_digest(entry, digest);
	this->mutex->unlock(this->mutex);
	return ok;
}

METHOD(qcd_store_t, hint, bool,
	private_qcd_store_t *this, uint64_t spi_i, uint64_t spi_r,
	uint32_t interval)
{
	timeval_t tv;
	entry_t *entry;
	uint64_t now;
	bool ok;

	this->mutex->lock(this->mutex);
	/* read here: not before another hint's */
	time_monotonic(&tv);
	now = (uint64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000;
	entry = find_entry(this, spi_i, spi_r);
	ok = entry && entry->live &&
		 (!entry->hint || now - entry->hint >= interval);
	if (ok)
	{
		entry->hint = now;
	}
	this->mutex->unlock(this->mutex);
	return ok;
}

METHOD(qcd_store_t, set_request, void,
	private_qcd_store_t *this, uint64_t spi_i, uint64_t spi_r, packet_t *packet)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, spi_i, spi_r);
	if (entry)
	{
		DESTROY_IF(entry->request);
		entry->request = packet ? packet->clone(packet) : NULL;
	}
	this->mutex->unlock(this->mutex);
}

METHOD(qcd_store_t, get_request, packet_t*,
	private_qcd_store_t *this, uint64_t spi_i, uint64_t spi_r)
{
	packet_t *packet = NULL;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, spi_i, spi_r);
	if (entry && entry->request)
	{
		packet = entry->request->clone(entry->request);
	}
	this->mutex->unlock(this->mutex);
	return packet;
}

METHOD(qcd_store_t, count, u_int,
	private_qcd_store_t *this, u_int *tokens)
{
	enumerator_t *enumerator;
	entry_t *entry;
	void *key;
	u_int count = 0;

	*tokens = 0;
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &key, &entry))
	{
		*tokens += entry->count;
		count++;
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(qcd_store_t, destroy, void,
	private_qcd_store_t *this)
{
	this->entries->destroy_function(this->entries, (void*)destroy_entry);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
qcd_store_t *qcd_store_create()
{
	private_qcd_store_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.add_next = _add_next,
			.live = _live,
			.remove = _remove_,
			.find = _find,
			.verify = _verify,
			.hint = _hint,
			.set_request = _set_request,
			.get_request = _get_request,
			.count = _count,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.entries = hashtable_create((hashtable_hash_t)hash,
									(hashtable_equals_t)equals, 64),
	);
	return &this->public;
}
