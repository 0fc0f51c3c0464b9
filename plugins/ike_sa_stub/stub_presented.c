/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_presented.h"
#include "stub_ke.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

typedef struct private_stub_presented_t private_stub_presented_t;

/**
 * Private data.
 */
struct private_stub_presented_t {

	/** public interface */
	stub_presented_t public;

	/** unique ID of IKE_SA => stub_presented_entry_t */
	hashtable_t *entries;

	/** protects the table */
	mutex_t *mutex;
};

/**
 * Key for the table.
 */
static void *key(ike_sa_t *ike_sa)
{
	return (void*)(uintptr_t)ike_sa->get_unique_id(ike_sa);
}

/*
 * Described in header.
 */
void stub_presented_entry_destroy(stub_presented_entry_t *entry)
{
	stub_unref(entry->stub);
	chunk_free(&entry->nonce);
	chunk_clear(&entry->fresh);
	free(entry);
}

METHOD(stub_presented_t, add, void,
	private_stub_presented_t *this, ike_sa_t *ike_sa, stub_t *stub)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	stub_presented_entry_t *entry;

	INIT(entry,
		.ike_sa = ike_sa,
		.spi_i = id->get_initiator_spi(id),
		.stub = stub,
	);
	this->mutex->lock(this->mutex);
	entry = this->entries->put(this->entries, key(ike_sa), entry);
	this->mutex->unlock(this->mutex);
	if (entry)
	{
		stub_presented_entry_destroy(entry);
	}
}

METHOD(stub_presented_t, find, stub_presented_entry_t*,
	private_stub_presented_t *this, ike_sa_t *ike_sa)
{
	stub_presented_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, key(ike_sa));
	this->mutex->unlock(this->mutex);
	return entry;
}

METHOD(stub_presented_t, find_request, stub_presented_entry_t*,
	private_stub_presented_t *this, ike_sa_t *ike_sa, message_t *message)
{
	ike_sa_id_t *id = message->get_ike_sa_id(message);
	uint64_t spi_i = id->get_initiator_spi(id);
	enumerator_t *enumerator;
	stub_presented_entry_t *entry, *found;

	id = ike_sa->get_id(ike_sa);
	if (id->get_initiator_spi(id) == spi_i)
	{
		return find(this, ike_sa);
	}
	found = NULL;
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (!found && enumerator->enumerate(enumerator, NULL, &entry))
	{
		found = entry->spi_i == spi_i ? entry : NULL;
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(stub_presented_t, take, stub_presented_entry_t*,
	private_stub_presented_t *this, ike_sa_t *ike_sa)
{
	stub_presented_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->remove(this->entries, key(ike_sa));
	this->mutex->unlock(this->mutex);
	return entry;
}

METHOD(stub_presented_t, remove_, void,
	private_stub_presented_t *this, ike_sa_t *ike_sa)
{
	stub_presented_entry_t *entry;

	entry = take(this, ike_sa);
	if (entry)
	{
		if (entry->stub->pfs)
		{
			stub_ke_forget(ike_sa);
		}
		stub_presented_entry_destroy(entry);
	}
}

METHOD(stub_presented_t, count_, u_int,
	private_stub_presented_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->entries->get_count(this->entries);
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(stub_presented_t, destroy, void,
	private_stub_presented_t *this)
{
	enumerator_t *enumerator;
	stub_presented_entry_t *entry;

	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		stub_presented_entry_destroy(entry);
	}
	enumerator->destroy(enumerator);
	this->entries->destroy(this->entries);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
stub_presented_t *stub_presented_create()
{
	private_stub_presented_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.find = _find,
			.find_request = _find_request,
			.take = _take,
			.remove = _remove_,
			.count = _count_,
			.destroy = _destroy,
		},
		.entries = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
