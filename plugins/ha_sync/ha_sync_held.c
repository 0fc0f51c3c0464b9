/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_held.h"
#include "ha_sync_describe.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>
#include <utils/utils/atomics.h>

typedef struct private_ha_sync_held_t private_ha_sync_held_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_ha_sync_held_t {

	/** public interface */
	ha_sync_held_t public;

	/** entry_t by name of the IKE SA */
	hashtable_t *entries;

	/** number of entries, and of FAILED ones, read without the mutex */
	refcount_t count, failed;

	/** protects entries */
	mutex_t *mutex;
};

/**
 * An IKE SA.
 */
struct entry_t {

	/** its name, the key */
	ha_sync_spis_t spis;

	/** TRUE if FAILED */
	bool failed;

	/** if FAILED, what a replacement has, too */
	identification_t *my_id, *other_id;

	/** TRUE if it is about to be destroyed */
	bool replaced;
};

/**
 * Destroy an entry.
 */
static void entry_destroy(entry_t *entry)
{
	if (entry)
	{
		DESTROY_IF(entry->my_id);
		DESTROY_IF(entry->other_id);
		free(entry);
	}
}

METHOD(ha_sync_held_t, is_failed, bool,
	private_ha_sync_held_t *this, ike_sa_t *ike_sa)
{
	ha_sync_spis_t spis;
	entry_t *entry;
	bool failed;

	if (ref_cur(&this->failed) == 0)
	{
		return FALSE;
	}
	ha_sync_describe_spis(ike_sa, &spis);
	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, &spis);
	failed = entry && entry->failed;
	this->mutex->unlock(this->mutex);
	return failed;
}

METHOD(ha_sync_held_t, has, bool,
	private_ha_sync_held_t *this, const ha_sync_spis_t *spis)
{
	bool held;

	if (ref_cur(&this->count) == 0)
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	held = this->entries->get(this->entries, spis) != NULL;
	this->mutex->unlock(this->mutex);
	return held;
}

METHOD(ha_sync_held_t, add, bool,
	private_ha_sync_held_t *this, ike_sa_t *ike_sa, bool failed)
{
	identification_t *my_id = ike_sa->get_my_id(ike_sa);
	identification_t *other_id = ike_sa->get_other_id(ike_sa);
	ha_sync_spis_t spis;
	entry_t *entry;
	bool was_failed;

	ha_sync_describe_spis(ike_sa, &spis);
	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, &spis);
	if (!entry)
	{
		INIT(entry,
			.spis = spis,
		);
		this->entries->put(this->entries, &entry->spis, entry);
		ref_get(&this->count);
	}
	was_failed = entry->failed;
	if (failed && !was_failed)
	{
		entry->failed = TRUE;
		entry->my_id = my_id->clone(my_id);
		entry->other_id = other_id->clone(other_id);
		ref_get(&this->failed);
	}
	this->mutex->unlock(this->mutex);
	return !was_failed;
}

METHOD(ha_sync_held_t, remove_, bool,
	private_ha_sync_held_t *this, const ha_sync_spis_t *spis)
{
	entry_t *entry;
	bool failed = FALSE;

	if (ref_cur(&this->count) == 0)
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	entry = this->entries->remove(this->entries, spis);
	if (entry)
	{
		failed = entry->failed;
		ignore_result(ref_put(&this->count));
		if (failed)
		{
			ignore_result(ref_put(&this->failed));
		}
	}
	this->mutex->unlock(this->mutex);
	entry_destroy(entry);
	return failed;
}

METHOD(ha_sync_held_t, find_replaced, bool,
	private_ha_sync_held_t *this, ike_sa_t *ike_sa,
	ha_sync_spis_t *spis)
{
	identification_t *my_id = ike_sa->get_my_id(ike_sa);
	identification_t *other_id = ike_sa->get_other_id(ike_sa);
	enumerator_t *enumerator;
	entry_t *entry;
	bool found = FALSE;

	if (ref_cur(&this->failed) == 0)
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (!found && enumerator->enumerate(enumerator, NULL, &entry))
	{
		if (entry->failed && !entry->replaced &&
			my_id->equals(my_id, entry->my_id) &&
			other_id->equals(other_id, entry->other_id))
		{
			found = entry->replaced = TRUE;
			*spis = entry->spis;
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(ha_sync_held_t, get_failed, uint32_t,
	private_ha_sync_held_t *this)
{
	return ref_cur(&this->failed);
}

METHOD(ha_sync_held_t, destroy, void,
	private_ha_sync_held_t *this)
{
	this->entries->destroy_function(this->entries, (void*)entry_destroy);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_held_t *ha_sync_held_create()
{
	private_ha_sync_held_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.remove = _remove_,
			.has = _has,
			.is_failed = _is_failed,
			.find_replaced = _find_replaced,
			.get_failed = _get_failed,
			.destroy = _destroy,
		},
		.entries = hashtable_create(ha_sync_spis_hash,
									ha_sync_spis_equals_key, 32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
