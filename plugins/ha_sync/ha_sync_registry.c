/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_packets.h"
#include "ha_sync_registry.h"
#include "ha_sync_registry_entry.h"
#include "ha_sync_registry_index.h"
#include "ha_sync_registry_lists.h"

#include <threading/mutex.h>

typedef struct private_ha_sync_registry_t private_ha_sync_registry_t;

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

METHOD(ha_sync_registry_t, put_mids, bool,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis,
	const ha_sync_mids_t *mids)
{
	ha_sync_ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->index->get_ike(this->index, spis);
	if (entry)
	{
		ha_sync_entry_set_mids(entry, mids);
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
		ha_sync_entry_keep_messages(entry, exchange);
		ha_sync_entry_set_mids(entry, &exchange->mids);
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

METHOD(ha_sync_registry_t, give, bool,
	private_ha_sync_registry_t *this, const ha_sync_child_id_t *id,
	uint64_t enough, uint64_t number)
{
	ha_sync_child_entry_t *entry;
	bool low;

	this->mutex->lock(this->mutex);
	entry = this->index->get_child(this->index, id);
	low = !entry || entry->given < enough;
	if (entry && low)
	{
		entry->given = number;
	}
	this->mutex->unlock(this->mutex);
	return low;
}

METHOD(ha_sync_registry_t, get_given, uint64_t,
	private_ha_sync_registry_t *this, const ha_sync_child_id_t *id)
{
	ha_sync_child_entry_t *entry;
	uint64_t given;

	this->mutex->lock(this->mutex);
	entry = this->index->get_child(this->index, id);
	given = entry ? entry->given : 0;
	this->mutex->unlock(this->mutex);
	return given;
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
		ike = ha_sync_entry_clone_ike(entry);
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
			array_insert_create(&children, ARRAY_TAIL,
								ha_sync_entry_clone_child(child));
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
		child = ha_sync_entry_clone_child(entry);
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

METHOD(ha_sync_registry_t, list, array_t*,
	private_ha_sync_registry_t *this, char *group)
{
	array_t *list;

	this->mutex->lock(this->mutex);
	list = ha_sync_registry_list(this->index, group);
	this->mutex->unlock(this->mutex);
	return list;
}

METHOD(ha_sync_registry_t, create_failure_enumerator, enumerator_t*,
	private_ha_sync_registry_t *this)
{
	enumerator_t *enumerator;

	this->mutex->lock(this->mutex);
	enumerator = ha_sync_registry_failures(this->index);
	this->mutex->unlock(this->mutex);
	return enumerator;
}

METHOD(ha_sync_registry_t, mark, void,
	private_ha_sync_registry_t *this, char *group)
{
	this->mutex->lock(this->mutex);
	ha_sync_registry_mark(this->index, group);
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_registry_t, unseen, void,
	private_ha_sync_registry_t *this, char *group, array_t **ikes,
	array_t **children)
{
	this->mutex->lock(this->mutex);
	ha_sync_registry_unseen(this->index, group, ikes, children);
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_registry_t, count, ha_sync_counts_t,
	private_ha_sync_registry_t *this, char *group)
{
	ha_sync_counts_t counts;

	this->mutex->lock(this->mutex);
	counts = ha_sync_registry_count(this->index, group);
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
			.give = _give,
			.get_given = _get_given,
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
