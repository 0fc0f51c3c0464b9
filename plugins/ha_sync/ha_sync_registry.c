/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_registry.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

typedef struct private_ha_sync_registry_t private_ha_sync_registry_t;
typedef struct ike_entry_t ike_entry_t;
typedef struct child_entry_t child_entry_t;
typedef struct failure_t failure_t;

/**
 * Private data.
 */
struct private_ha_sync_registry_t {

	/** public interface */
	ha_sync_registry_t public;

	/** protects all below */
	mutex_t *mutex;

	/** ha_sync_spis_t* => ike_entry_t*, in order of insertion */
	hashtable_t *ikes;

	/** child_entry_t* by inbound SPI */
	hashlist_t *inbound;

	/** child_entry_t* by outbound SPI, several may share one */
	hashlist_t *outbound;
};

/**
 * An IKE SA.
 */
struct ike_entry_t {
	/** record, its name is the key */
	ha_sync_ike_t *ike;
	/** when the record was true, time_monotonic() */
	time_t time;
	/** its children (child_entry_t*), NULL if none */
	array_t *children;
	/** why it could not be replicated, or NULL */
	char *failure;
	/** TRUE if put since the last mark() */
	bool seen;
	/** TRUE if already in the list that is made by list() */
	bool listed;
};

/**
 * A CHILD SA.
 */
struct child_entry_t {
	/** record */
	ha_sync_child_t *child;
	/** when the record was true, time_monotonic() */
	time_t time;
	/** TRUE if put since the last mark() */
	bool seen;
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
 * Hash the name of an IKE SA.
 */
static u_int spis_hash(const void *key)
{
	const ha_sync_spis_t *spis = key;

	return chunk_hash_inc(chunk_from_thing(spis->i),
						  chunk_hash(chunk_from_thing(spis->r)));
}

/**
 * Compare names of IKE SAs.
 */
static bool spis_equals(const void *a, const void *b)
{
	return ha_sync_spis_equals(a, b);
}

/**
 * Hash a CHILD SA by its inbound SPI.
 */
static u_int inbound_hash(const void *key)
{
	const child_entry_t *entry = key;

	return chunk_hash(chunk_from_thing(entry->child->id.spi_in));
}

/**
 * Hash a CHILD SA by its outbound SPI.
 */
static u_int outbound_hash(const void *key)
{
	const child_entry_t *entry = key;

	return chunk_hash(chunk_from_thing(entry->child->spi_out));
}

/**
 * A CHILD SA equals only itself, as SPIs may be used more than once.
 */
static bool entry_equals(const void *a, const void *b)
{
	return a == b;
}

/**
 * Match a CHILD SA by its inbound SPI.
 */
static bool inbound_match(const void *a, const void *b)
{
	const child_entry_t *x = a, *y = b;

	return x->child->id.spi_in == y->child->id.spi_in;
}

/**
 * Match a CHILD SA by its outbound SPI.
 */
static bool outbound_match(const void *a, const void *b)
{
	const child_entry_t *x = a, *y = b;

	return x->child->spi_out == y->child->spi_out;
}

/**
 * Match a CHILD SA by its name.
 */
static bool id_match(const void *a, const void *b)
{
	const child_entry_t *x = a, *y = b;

	return inbound_match(a, b) &&
		   ha_sync_spis_equals(&x->child->id.ike, &y->child->id.ike);
}

/**
 * Find a CHILD SA by its name.
 */
static child_entry_t *find_entry(private_ha_sync_registry_t *this,
								 const ha_sync_child_id_t *id)
{
	ha_sync_child_t child = { .id = *id };
	child_entry_t key = { .child = &child };

	return this->inbound->get_match(this->inbound, &key, id_match);
}

/**
 * Add a CHILD SA to the tables of SPIs.
 */
static void index_child(private_ha_sync_registry_t *this,
						child_entry_t *entry)
{
	this->inbound->ht.put(&this->inbound->ht, entry, entry);
	this->outbound->ht.put(&this->outbound->ht, entry, entry);
}

/**
 * Remove a CHILD SA from the tables of SPIs.
 */
static void unindex_child(private_ha_sync_registry_t *this,
						  child_entry_t *entry)
{
	this->inbound->ht.remove(&this->inbound->ht, entry);
	this->outbound->ht.remove(&this->outbound->ht, entry);
}

/**
 * Destroy a CHILD SA that is not in any table.
 */
static void destroy_child_entry(child_entry_t *entry)
{
	ha_sync_child_destroy(entry->child);
	free(entry);
}

/**
 * Destroy an IKE SA that is not in the table, and its children.
 */
static void destroy_ike_entry(private_ha_sync_registry_t *this,
							  ike_entry_t *entry)
{
	child_entry_t *child;

	while (array_remove(entry->children, ARRAY_TAIL, &child))
	{
		unindex_child(this, child);
		destroy_child_entry(child);
	}
	array_destroy(entry->children);
	ha_sync_ike_destroy(entry->ike);
	free(entry->failure);
	free(entry);
}

/**
 * Check if an IKE SA belongs to a group, to any if NULL.
 */
static bool in_group(ike_entry_t *entry, char *group)
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
static ha_sync_ike_t *clone_ike(ike_entry_t *entry)
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
static ha_sync_child_t *clone_child(child_entry_t *entry)
{
	uint32_t elapsed = elapsed_since(entry->time);
	ha_sync_child_t *child;

	child = ha_sync_child_clone(entry->child);
	child->age += elapsed;
	child->rekey_in = left(child->rekey_in, elapsed);
	child->expire_in = left(child->expire_in, elapsed);
	return child;
}

/**
 * Raise counters to those of another use.
 */
static void raise_use(ha_sync_use_t *use, const ha_sync_use_t *other)
{
	use->oseq = max(use->oseq, other->oseq);
	use->seq = max(use->seq, other->seq);
	use->bytes_in = max(use->bytes_in, other->bytes_in);
	use->packets_in = max(use->packets_in, other->packets_in);
	use->bytes_out = max(use->bytes_out, other->bytes_out);
	use->packets_out = max(use->packets_out, other->packets_out);
}

/**
 * Move the children of a rekeyed IKE SA to the one that replaces it.
 */
static void move_children(private_ha_sync_registry_t *this,
						  ike_entry_t *from, ike_entry_t *to)
{
	ha_sync_child_id_t id = { .ike = to->ike->spis };
	child_entry_t *child;

	while (array_remove(from->children, ARRAY_HEAD, &child))
	{
		id.spi_in = child->child->id.spi_in;
		if (find_entry(this, &id))
		{	/* both have it, e.g. if a resync was faster than the rekey */
			unindex_child(this, child);
			destroy_child_entry(child);
			continue;
		}
		child->child->id = id;
		array_insert_create(&to->children, ARRAY_TAIL, child);
	}
}

METHOD(ha_sync_registry_t, put_ike, bool,
	private_ha_sync_registry_t *this, ha_sync_ike_t *ike)
{
	ike_entry_t *entry, *old;
	bool added = FALSE;

	this->mutex->lock(this->mutex);
	entry = this->ikes->get(this->ikes, &ike->spis);
	if (entry)
	{
		/* the key is in the record: exchange both */
		this->ikes->put(this->ikes, &ike->spis, entry);
		ha_sync_ike_destroy(entry->ike);
		entry->ike = ike;
	}
	else
	{
		INIT(entry,
			.ike = ike,
		);
		this->ikes->put(this->ikes, &ike->spis, entry);
		added = TRUE;
	}
	entry->time = time_monotonic(NULL);
	entry->seen = TRUE;
	old = this->ikes->get(this->ikes, &ike->old);
	if (old && old != entry)
	{
		move_children(this, old, entry);
	}
	this->mutex->unlock(this->mutex);
	return added;
}

METHOD(ha_sync_registry_t, put_dynamic, bool,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis,
	ha_sync_dynamic_t *dynamic)
{
	ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->ikes->get(this->ikes, spis);
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
	ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->ikes->get(this->ikes, spis);
	if (entry)
	{
		entry->ike->mids = *mids;
	}
	this->mutex->unlock(this->mutex);
	return entry != NULL;
}

METHOD(ha_sync_registry_t, remove_ike, bool,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis)
{
	ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->ikes->remove(this->ikes, spis);
	if (entry)
	{
		destroy_ike_entry(this, entry);
	}
	this->mutex->unlock(this->mutex);
	return entry != NULL;
}

METHOD(ha_sync_registry_t, put_child, bool,
	private_ha_sync_registry_t *this, ha_sync_child_t *child)
{
	child_entry_t *entry;
	ike_entry_t *ike;

	this->mutex->lock(this->mutex);
	ike = this->ikes->get(this->ikes, &child->id.ike);
	if (!ike)
	{
		this->mutex->unlock(this->mutex);
		ha_sync_child_destroy(child);
		return FALSE;
	}
	entry = find_entry(this, &child->id);
	if (entry)
	{
		/* the outbound SPI may be another one */
		unindex_child(this, entry);
		raise_use(&child->use, &entry->child->use);
		ha_sync_child_destroy(entry->child);
		entry->child = child;
	}
	else
	{
		INIT(entry,
			.child = child,
		);
		array_insert_create(&ike->children, ARRAY_TAIL, entry);
	}
	index_child(this, entry);
	entry->time = time_monotonic(NULL);
	entry->seen = TRUE;
	this->mutex->unlock(this->mutex);
	return TRUE;
}

METHOD(ha_sync_registry_t, put_use, bool,
	private_ha_sync_registry_t *this, const ha_sync_child_id_t *id,
	const ha_sync_use_t *use)
{
	child_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, id);
	if (entry)
	{
		raise_use(&entry->child->use, use);
	}
	this->mutex->unlock(this->mutex);
	return entry != NULL;
}

METHOD(ha_sync_registry_t, remove_child, bool,
	private_ha_sync_registry_t *this, const ha_sync_child_id_t *id)
{
	child_entry_t *entry, *current;
	ike_entry_t *ike;
	int i;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, id);
	if (entry)
	{
		ike = this->ikes->get(this->ikes, &id->ike);
		for (i = 0; array_get(ike->children, i, &current); i++)
		{
			if (current == entry)
			{
				array_remove(ike->children, i, NULL);
				break;
			}
		}
		unindex_child(this, entry);
		destroy_child_entry(entry);
	}
	this->mutex->unlock(this->mutex);
	return entry != NULL;
}

METHOD(ha_sync_registry_t, get_ike, ha_sync_ike_t*,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis)
{
	ha_sync_ike_t *ike = NULL;
	ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->ikes->get(this->ikes, spis);
	if (entry)
	{
		ike = clone_ike(entry);
	}
	this->mutex->unlock(this->mutex);
	return ike;
}

METHOD(ha_sync_registry_t, get_mids, bool,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis,
	ha_sync_mids_t *mids)
{
	ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->ikes->get(this->ikes, spis);
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
	child_entry_t *child;
	ike_entry_t *entry;
	int i;

	this->mutex->lock(this->mutex);
	entry = this->ikes->get(this->ikes, spis);
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
	child_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, id);
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
	ha_sync_child_t child = { .id.spi_in = spi, .spi_out = spi };
	child_entry_t *entry, key = { .child = &child };

	this->mutex->lock(this->mutex);
	entry = inbound ?
			this->inbound->get_match(this->inbound, &key, inbound_match) :
			this->outbound->get_match(this->outbound, &key, outbound_match);
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
static void list_entry(private_ha_sync_registry_t *this, ike_entry_t *entry,
					   char *group, array_t *list)
{
	array_t *chain;

	/* not recursive, and stops at what was listed, whatever a member sends:
	 * chains may be long or closed */
	chain = array_create(0, 0);
	while (entry && !entry->listed)
	{
		entry->listed = TRUE;
		array_insert(chain, ARRAY_TAIL, entry);
		entry = this->ikes->get(this->ikes, &entry->ike->old);
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
	ike_entry_t *entry;
	array_t *list;

	list = array_create(0, 0);
	this->mutex->lock(this->mutex);
	enumerator = this->ikes->create_enumerator(this->ikes);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		entry->listed = FALSE;
	}
	enumerator->destroy(enumerator);
	enumerator = this->ikes->create_enumerator(this->ikes);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		list_entry(this, entry, group, list);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return list;
}

METHOD(ha_sync_registry_t, set_failure, void,
	private_ha_sync_registry_t *this, const ha_sync_spis_t *spis, char *reason)
{
	ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->ikes->get(this->ikes, spis);
	if (entry)
	{
		free(entry->failure);
		entry->failure = strdupnull(reason);
	}
	this->mutex->unlock(this->mutex);
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
	ike_entry_t *entry;
	failure_t *failure;
	array_t *failures;

	failures = array_create(0, 0);
	this->mutex->lock(this->mutex);
	enumerator = this->ikes->create_enumerator(this->ikes);
	while (enumerator->enumerate(enumerator, NULL, &entry))
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
	child_entry_t *child;
	ike_entry_t *entry;
	int i;

	this->mutex->lock(this->mutex);
	enumerator = this->ikes->create_enumerator(this->ikes);
	while (enumerator->enumerate(enumerator, NULL, &entry))
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
static void unseen_children(ike_entry_t *entry, array_t *list)
{
	child_entry_t *child;
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
	ike_entry_t *entry;

	*ikes = array_create(0, 0);
	*children = array_create(0, 0);
	this->mutex->lock(this->mutex);
	enumerator = this->ikes->create_enumerator(this->ikes);
	while (enumerator->enumerate(enumerator, NULL, &entry))
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
	ike_entry_t *entry;

	this->mutex->lock(this->mutex);
	enumerator = this->ikes->create_enumerator(this->ikes);
	while (enumerator->enumerate(enumerator, NULL, &entry))
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
	enumerator_t *enumerator;
	ike_entry_t *entry;

	enumerator = this->ikes->create_enumerator(this->ikes);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		this->ikes->remove_at(this->ikes, enumerator);
		destroy_ike_entry(this, entry);
	}
	enumerator->destroy(enumerator);
	this->ikes->destroy(this->ikes);
	this->inbound->destroy(this->inbound);
	this->outbound->destroy(this->outbound);
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
			.remove_ike = _remove_ike,
			.put_child = _put_child,
			.put_use = _put_use,
			.remove_child = _remove_child,
			.get_ike = _get_ike,
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
		.ikes = hashtable_create(spis_hash, spis_equals, 32),
		.inbound = hashlist_create(inbound_hash, entry_equals, 32),
		.outbound = hashlist_create(outbound_hash, entry_equals, 32),
	);
	return &this->public;
}
