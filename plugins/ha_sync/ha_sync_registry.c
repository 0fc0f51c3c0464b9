/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_packets.h"
#include "ha_sync_registry.h"
#include "ha_sync_registry_index.h"

#include <threading/mutex.h>

typedef struct private_ha_sync_registry_t private_ha_sync_registry_t;
typedef struct failure_t failure_t;

/**
 * Private data.
 */
struct private_ha_sync_registry_t {

	/** public interface */
	ha_sync_registry_t public;

	/** protects all below */
	mutex_t *mutex;

	/** all SAs */
	ha_sync_registry_index_t *index;
};

/**
 * Copy of a failure, for the enumerator.
 */
struct failure_t {
	/** name of the IKE SA */
	ha_sync_spis_t spis;
	/** its connection */
	char *peer_cfg;
	/** reason */
	char *reason;
};

/**
 * Check if an IKE SA belongs to a group, to any if NULL.
 */
static bool in_group(ha_sync_ike_entry_t *entry, char *group)
{
	return !group || streq(entry->ike->group, group);
}

/**
 * Time left after some seconds: what is due stays due in one second, as 0 is
 * "not scheduled".
 */
static uint32_t left(uint32_t in, uint32_t elapsed)
{
	if (!in)
	{
		return 0;
	}
	return in > elapsed ? in - elapsed : 1;
}

/**
 * Seconds since a record was stored.
 */
static uint32_t elapsed_since(time_t time)
{
	time_t now = time_monotonic(NULL);

	return now > time ? now - time : 0;
}

/**
 * Clone an IKE SA with the times of now.
 */
static ha_sync_ike_t *clone_ike(ha_sync_ike_entry_t *entry)
{
	uint32_t elapsed = elapsed_since(entry->time);
	ha_sync_ike_t *ike;

	ike = ha_sync_ike_clone(entry->ike);
	ike->age += elapsed;
	ike->rekey_in = left(ike->rekey_in, elapsed);
	ike->reauth_in = left(ike->reauth_in, elapsed);
	ike->delete_in = left(ike->delete_in, elapsed);
	return ike;
}

/**
 * Clone a CHILD SA with the times of now.
 */
static ha_sync_child_t *clone_child(ha_sync_child_entry_t *entry)
{
	uint32_t elapsed = elapsed_since(entry->time);
	ha_sync_child_t *child;

	child = ha_sync_child_clone(entry->child);
	child->age += elapsed;
	child->rekey_in = left(child->rekey_in, elapsed);
	child->expire_in = left(child->expire_in, elapsed);
	return child;
}

METHOD(ha_sync_registry_t, put_ike, bool,
	private_ha_sync_registry_t *this, ha_sync_ike_t *ike)
{
	ha_sync_ike_entry_t *entry, *old;
	bool added;

	this->mutex->lock(this->mutex);
	entry = this->index->put_ike(this->index, ike, &added);
	old = this->index->get_ike(this->index, &ike->old);
	if (old && old != entry)
	{
		this->index->move_children(this->index, old, entry);
	}
	this->mutex->unlock(this->mutex);
	return added;
}

METHOD(ha_sync_registry_t, put_dynamic, bool,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis,
	ha_sync_dynamic_t *dynamic)
{
	ha_sync_ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->index->get_ike(this->index, spis);
	if (entry)
	{
		ha_sync_dynamic_clear(&entry->ike->dynamic);
		entry->ike->dynamic = *dynamic;
		memset(dynamic, 0, sizeof(*dynamic));
	}
	this->mutex->unlock(this->mutex);
	/* empty if adopted */
	ha_sync_dynamic_clear(dynamic);
	return entry != NULL;
}

/**
 * Set the message IDs of an IKE SA.
 */
static void set_mids(ha_sync_ike_entry_t *entry, const ha_sync_mids_t *mids)
{
	entry->ike->mids = *mids;
	if (entry->exchange && !mids->pending)
	{
		chunk_free(&entry->exchange->request);
	}
}

/**
 * Keep the newest messages of an IKE SA; those that are adopted are taken out
 * of the record, unless it becomes the one of the entry.
 */
static void keep_messages(ha_sync_ike_entry_t *entry, ha_sync_exchange_t *new)
{
	ha_sync_exchange_t *known = entry->exchange;

	if (!known)
	{
		entry->exchange = new;
		return;
	}
	if (new->response.len)
	{
		chunk_free(&known->response);
		known->response = new->response;
		new->response = chunk_empty;
		memcpy(known->hash, new->hash, sizeof(known->hash));
	}
	if (new->request.len)
	{
		chunk_free(&known->request);
		known->request = new->request;
		new->request = chunk_empty;
	}
}

METHOD(ha_sync_registry_t, put_mids, bool,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis,
	const ha_sync_mids_t *mids)
{
	ha_sync_ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->index->get_ike(this->index, spis);
	if (entry)
	{
		set_mids(entry, mids);
	}
	this->mutex->unlock(this->mutex);
	return entry != NULL;
}

METHOD(ha_sync_registry_t, put_exchange, bool,
	private_ha_sync_registry_t *this, ha_sync_exchange_t *exchange, bool own)
{
	ha_sync_ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->index->get_ike(this->index, &exchange->spis);
	if (entry)
	{
		if (exchange->response.len)
		{
			entry->foreign = !own;
		}
		keep_messages(entry, exchange);
		set_mids(entry, &exchange->mids);
		exchange = entry->exchange == exchange ? NULL : exchange;
	}
	this->mutex->unlock(this->mutex);
	ha_sync_exchange_destroy(exchange);
	return entry != NULL;
}

METHOD(ha_sync_registry_t, get_exchange, ha_sync_exchange_t*,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis)
{
	ha_sync_exchange_t *exchange = NULL;
	ha_sync_ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->index->get_ike(this->index, spis);
	if (entry && entry->exchange)
	{
		exchange = ha_sync_exchange_clone(entry->exchange);
		exchange->mids = entry->ike->mids;
	}
	this->mutex->unlock(this->mutex);
	return exchange;
}

METHOD(ha_sync_registry_t, get_response, chunk_t,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis, uint32_t mid,
	const uint8_t hash[HA_SYNC_HASH_LEN])
{
	chunk_t response = chunk_empty;
	ha_sync_exchange_t *exchange;
	ha_sync_ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->index->get_ike(this->index, spis);
	exchange = entry && entry->foreign ? entry->exchange : NULL;
	if (exchange && exchange->response.len &&
		ha_sync_packets_mid(exchange->response) == mid &&
		memeq_const(exchange->hash, hash, HA_SYNC_HASH_LEN))
	{
		response = chunk_clone(exchange->response);
	}
	this->mutex->unlock(this->mutex);
	return response;
}

METHOD(ha_sync_registry_t, remove_ike, bool,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis)
{
	bool found;

	this->mutex->lock(this->mutex);
	found = this->index->remove_ike(this->index, spis);
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(ha_sync_registry_t, put_child, bool,
	private_ha_sync_registry_t *this, ha_sync_child_t *child)
{
	ha_sync_ike_entry_t *ike;

	this->mutex->lock(this->mutex);
	ike = this->index->get_ike(this->index, &child->id.ike);
	if (ike)
	{
		this->index->put_child(this->index, ike, child);
	}
	this->mutex->unlock(this->mutex);
	if (!ike)
	{
		ha_sync_child_destroy(child);
	}
	return ike != NULL;
}

METHOD(ha_sync_registry_t, put_use, bool,
	private_ha_sync_registry_t *this, const ha_sync_child_id_t *id,
	const ha_sync_use_t *use)
{
	ha_sync_child_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->index->get_child(this->index, id);
	if (entry)
	{
		ha_sync_use_raise(&entry->child->use, use);
	}
	this->mutex->unlock(this->mutex);
	return entry != NULL;
}

METHOD(ha_sync_registry_t, remove_child, bool,
	private_ha_sync_registry_t *this, const ha_sync_child_id_t *id)
{
	bool found;

	this->mutex->lock(this->mutex);
	found = this->index->remove_child(this->index, id);
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(ha_sync_registry_t, get_ike, ha_sync_ike_t*,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis)
{
	ha_sync_ike_t *ike = NULL;
	ha_sync_ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->index->get_ike(this->index, spis);
	if (entry)
	{
		ike = clone_ike(entry);
	}
	this->mutex->unlock(this->mutex);
	return ike;
}

METHOD(ha_sync_registry_t, get_group, char*,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis)
{
	ha_sync_ike_entry_t *entry;
	char *group = NULL;

	this->mutex->lock(this->mutex);
	entry = this->index->get_ike(this->index, spis);
	if (entry)
	{
		group = strdup(entry->ike->group);
	}
	this->mutex->unlock(this->mutex);
	return group;
}

METHOD(ha_sync_registry_t, get_hosts, bool,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis,
	host_t **local, host_t **remote)
{
	ha_sync_ike_entry_t *entry;
	ha_sync_dynamic_t *dynamic;

	this->mutex->lock(this->mutex);
	entry = this->index->get_ike(this->index, spis);
	if (entry)
	{
		dynamic = &entry->ike->dynamic;
		*local = dynamic->local->clone(dynamic->local);
		*remote = dynamic->remote->clone(dynamic->remote);
	}
	this->mutex->unlock(this->mutex);
	return entry != NULL;
}

METHOD(ha_sync_registry_t, has_vips, bool,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis)
{
	ha_sync_ike_entry_t *entry;
	bool found;

	this->mutex->lock(this->mutex);
	entry = this->index->get_ike(this->index, spis);
	found = entry && array_count(entry->ike->dynamic.remote_vips);
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(ha_sync_registry_t, get_mids, bool,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis,
	ha_sync_mids_t *mids)
{
	ha_sync_ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->index->get_ike(this->index, spis);
	if (entry)
	{
		*mids = entry->ike->mids;
	}
	this->mutex->unlock(this->mutex);
	return entry != NULL;
}

METHOD(ha_sync_registry_t, get_children, array_t*,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis)
{
	array_t *children = NULL;
	ha_sync_child_entry_t *child;
	ha_sync_ike_entry_t *entry;
	int i;

	this->mutex->lock(this->mutex);
	entry = this->index->get_ike(this->index, spis);
	if (entry)
	{
		for (i = 0; array_get(entry->children, i, &child); i++)
		{
			array_insert_create(&children, ARRAY_TAIL, clone_child(child));
		}
	}
	this->mutex->unlock(this->mutex);
	return children;
}

METHOD(ha_sync_registry_t, get_child, ha_sync_child_t*,
	private_ha_sync_registry_t *this, const ha_sync_child_id_t *id)
{
	ha_sync_child_t *child = NULL;
	ha_sync_child_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->index->get_child(this->index, id);
	if (entry)
	{
		child = clone_child(entry);
	}
	this->mutex->unlock(this->mutex);
	return child;
}

METHOD(ha_sync_registry_t, find_child, bool,
	private_ha_sync_registry_t *this, uint32_t spi, bool inbound,
	ha_sync_child_id_t *id)
{
	ha_sync_child_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->index->find_child(this->index, spi, inbound);
	if (entry)
	{
		*id = entry->child->id;
	}
	this->mutex->unlock(this->mutex);
	return entry != NULL;
}

/**
 * List an IKE SA after those it replaced, directly or not.
 */
static void list_entry(private_ha_sync_registry_t *this,
					   ha_sync_ike_entry_t *entry, char *group, array_t *list)
{
	array_t *chain;

	/* not recursive, and stops at what was listed, whatever a member sends:
	 * chains may be long or closed */
	chain = array_create(0, 0);
	while (entry && !entry->listed)
	{
		entry->listed = TRUE;
		array_insert(chain, ARRAY_TAIL, entry);
		entry = this->index->get_ike(this->index, &entry->ike->old);
	}
	while (array_remove(chain, ARRAY_TAIL, &entry))
	{
		if (in_group(entry, group))
		{
			array_insert(list, ARRAY_TAIL, chunk_clone(
							chunk_from_thing(entry->ike->spis)).ptr);
		}
	}
	array_destroy(chain);
}

METHOD(ha_sync_registry_t, list, array_t*,
	private_ha_sync_registry_t *this, char *group)
{
	enumerator_t *enumerator;
	ha_sync_ike_entry_t *entry;
	array_t *list;

	list = array_create(0, 0);
	this->mutex->lock(this->mutex);
	enumerator = this->index->create_enumerator(this->index);
	while (enumerator->enumerate(enumerator, &entry))
	{
		entry->listed = FALSE;
	}
	enumerator->destroy(enumerator);
	enumerator = this->index->create_enumerator(this->index);
	while (enumerator->enumerate(enumerator, &entry))
	{
		list_entry(this, entry, group, list);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return list;
}

METHOD(ha_sync_registry_t, set_failure, bool,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis, char *reason)
{
	ha_sync_ike_entry_t *entry;
	bool changed = FALSE;

	this->mutex->lock(this->mutex);
	entry = this->index->get_ike(this->index, spis);
	if (entry)
	{
		changed = !streq(entry->failure, reason);
	}
	if (changed)
	{
		free(entry->failure);
		entry->failure = strdupnull(reason);
	}
	this->mutex->unlock(this->mutex);
	return changed;
}

/**
 * Destroy copies of failures.
 */
static void destroy_failures(void *data)
{
	array_t *failures = data;
	failure_t *failure;

	while (array_remove(failures, ARRAY_TAIL, &failure))
	{
		free(failure->peer_cfg);
		free(failure->reason);
		free(failure);
	}
	array_destroy(failures);
}

CALLBACK(filter_failures, bool,
	void *data, enumerator_t *orig, va_list args)
{
	ha_sync_spis_t **spis;
	char **peer_cfg, **reason;
	failure_t *failure;

	VA_ARGS_VGET(args, spis, peer_cfg, reason);
	if (!orig->enumerate(orig, &failure))
	{
		return FALSE;
	}
	*spis = &failure->spis;
	*peer_cfg = failure->peer_cfg;
	*reason = failure->reason;
	return TRUE;
}

METHOD(ha_sync_registry_t, create_failure_enumerator, enumerator_t*,
	private_ha_sync_registry_t *this)
{
	enumerator_t *enumerator;
	ha_sync_ike_entry_t *entry;
	failure_t *failure;
	array_t *failures;

	failures = array_create(0, 0);
	this->mutex->lock(this->mutex);
	enumerator = this->index->create_enumerator(this->index);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (entry->failure)
		{
			INIT(failure,
				.spis = entry->ike->spis,
				.peer_cfg = strdup(entry->ike->peer_cfg),
				.reason = strdup(entry->failure),
			);
			array_insert(failures, ARRAY_TAIL, failure);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return enumerator_create_filter(array_create_enumerator(failures),
									filter_failures, failures,
									destroy_failures);
}

METHOD(ha_sync_registry_t, mark, void,
	private_ha_sync_registry_t *this, char *group)
{
	enumerator_t *enumerator;
	ha_sync_child_entry_t *child;
	ha_sync_ike_entry_t *entry;
	int i;

	this->mutex->lock(this->mutex);
	enumerator = this->index->create_enumerator(this->index);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (in_group(entry, group))
		{
			entry->seen = FALSE;
			for (i = 0; array_get(entry->children, i, &child); i++)
			{
				child->seen = FALSE;
			}
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

/**
 * List the children of an IKE SA not seen since mark().
 */
static void unseen_children(ha_sync_ike_entry_t *entry, array_t *list)
{
	ha_sync_child_entry_t *child;
	int i;

	for (i = 0; array_get(entry->children, i, &child); i++)
	{
		if (!child->seen)
		{
			array_insert(list, ARRAY_TAIL, chunk_clone(
							chunk_from_thing(child->child->id)).ptr);
		}
	}
}

METHOD(ha_sync_registry_t, unseen, void,
	private_ha_sync_registry_t *this, char *group, array_t **ikes,
	array_t **children)
{
	enumerator_t *enumerator;
	ha_sync_ike_entry_t *entry;

	*ikes = array_create(0, 0);
	*children = array_create(0, 0);
	this->mutex->lock(this->mutex);
	enumerator = this->index->create_enumerator(this->index);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (!in_group(entry, group))
		{
			continue;
		}
		if (entry->seen)
		{
			unseen_children(entry, *children);
		}
		else
		{
			array_insert(*ikes, ARRAY_TAIL, chunk_clone(
							chunk_from_thing(entry->ike->spis)).ptr);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_registry_t, count, ha_sync_counts_t,
	private_ha_sync_registry_t *this, char *group)
{
	ha_sync_counts_t counts = {};
	enumerator_t *enumerator;
	ha_sync_ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	enumerator = this->index->create_enumerator(this->index);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (in_group(entry, group))
		{
			counts.ikes++;
			counts.children += array_count(entry->children);
			counts.failed += entry->failure ? 1 : 0;
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return counts;
}

METHOD(ha_sync_registry_t, destroy, void,
	private_ha_sync_registry_t *this)
{
	this->index->destroy(this->index);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
ha_sync_registry_t *ha_sync_registry_create()
{
	private_ha_sync_registry_t *this;

	INIT(this,
		.public = {
			.put_ike = _put_ike,
			.put_dynamic = _put_dynamic,
			.put_mids = _put_mids,
			.put_exchange = _put_exchange,
			.get_exchange = _get_exchange,
			.get_response = _get_response,
			.remove_ike = _remove_ike,
			.put_child = _put_child,
			.put_use = _put_use,
			.remove_child = _remove_child,
			.get_ike = _get_ike,
			.get_group = _get_group,
			.get_hosts = _get_hosts,
			.has_vips = _has_vips,
			.get_mids = _get_mids,
			.get_children = _get_children,
			.get_child = _get_child,
			.find_child = _find_child,
			.list = _list,
			.set_failure = _set_failure,
			.create_failure_enumerator = _create_failure_enumerator,
			.mark = _mark,
			.unseen = _unseen,
			.count = _count,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.index = ha_sync_registry_index_create(),
	);
	return &this->public;
}
