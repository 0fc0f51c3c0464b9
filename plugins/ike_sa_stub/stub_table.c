/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_table.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

typedef struct private_stub_table_t private_stub_table_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_stub_table_t {

	/** public interface */
	stub_table_t public;

	/** index => entry_t */
	hashtable_t *stubs;

	/** how many there may be */
	u_int max;

	/** protects all above */
	mutex_t *mutex;
};

/**
 * A stub in the table.
 */
struct entry_t {
	/** index, the key */
	uint64_t index;
	/** stub */
	stub_t *stub;
};

/**
 * Hash an index.
 */
static u_int hash(uint64_t *index)
{
	return chunk_hash(chunk_from_thing(*index));
}

/**
 * Compare indices.
 */
static bool equals(uint64_t *a, uint64_t *b)
{
	return *a == *b;
}

/**
 * Remove an entry, mutex held; returns its stub.
 */
static stub_t *remove_entry(private_stub_table_t *this, uint64_t index)
{
	stub_t *stub = NULL;
	entry_t *entry;

	entry = this->stubs->remove(this->stubs, &index);
	if (entry)
	{
		stub = entry->stub;
		free(entry);
	}
	return stub;
}

METHOD(stub_table_t, put, bool,
	private_stub_table_t *this, stub_t *stub)
{
	uint64_t index = stub_get_index(stub);
	stub_t *old;
	entry_t *entry;
	bool ok;

	this->mutex->lock(this->mutex);
	old = remove_entry(this, index);
	ok = this->stubs->get_count(this->stubs) < this->max;
	if (ok)
	{
		INIT(entry,
			.index = index,
			.stub = stub_ref(stub),
		);
		this->stubs->put(this->stubs, &entry->index, entry);
	}
	this->mutex->unlock(this->mutex);
	stub_unref(old);
	return ok;
}

METHOD(stub_table_t, get, stub_t*,
	private_stub_table_t *this, uint64_t index)
{
	stub_t *stub = NULL;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->stubs->get(this->stubs, &index);
	if (entry && stub_is_valid(entry->stub))
	{
		stub = stub_ref(entry->stub);
	}
	this->mutex->unlock(this->mutex);
	return stub;
}

METHOD(stub_table_t, take, stub_t*,
	private_stub_table_t *this, uint64_t index)
{
	stub_t *stub;

	this->mutex->lock(this->mutex);
	stub = remove_entry(this, index);
	this->mutex->unlock(this->mutex);
	return stub;
}

/**
 * Remove what is expired, or all.
 */
static u_int remove_some(private_stub_table_t *this, bool all)
{
	enumerator_t *enumerator;
	entry_t *entry;
	u_int count = 0;

	this->mutex->lock(this->mutex);
	enumerator = this->stubs->create_enumerator(this->stubs);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		if (all || !stub_is_valid(entry->stub))
		{
			this->stubs->remove_at(this->stubs, enumerator);
			stub_unref(entry->stub);
			free(entry);
			count++;
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(stub_table_t, clear, void,
	private_stub_table_t *this)
{
	remove_some(this, TRUE);
}

METHOD(stub_table_t, expire, u_int,
	private_stub_table_t *this)
{
	return remove_some(this, FALSE);
}

METHOD(stub_table_t, count_, u_int,
	private_stub_table_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->stubs->get_count(this->stubs);
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(stub_table_t, get_all, array_t*,
	private_stub_table_t *this)
{
	enumerator_t *enumerator;
	entry_t *entry;
	array_t *all;

	all = array_create(0, 0);
	this->mutex->lock(this->mutex);
	enumerator = this->stubs->create_enumerator(this->stubs);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		array_insert(all, ARRAY_TAIL, stub_ref(entry->stub));
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return all;
}

METHOD(stub_table_t, set_max, void,
	private_stub_table_t *this, u_int max)
{
	this->mutex->lock(this->mutex);
	this->max = max;
	this->mutex->unlock(this->mutex);
}

METHOD(stub_table_t, destroy, void,
	private_stub_table_t *this)
{
	clear(this);
	this->stubs->destroy(this->stubs);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
stub_table_t *stub_table_create(u_int max)
{
	private_stub_table_t *this;

	INIT(this,
		.public = {
			.put = _put,
			.get = _get,
			.take = _take,
			.clear = _clear,
			.expire = _expire,
			.count = _count_,
			.get_all = _get_all,
			.set_max = _set_max,
			.destroy = _destroy,
		},
		.stubs = hashtable_create((hashtable_hash_t)hash,
								  (hashtable_equals_t)equals, 32),
		.max = max,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
