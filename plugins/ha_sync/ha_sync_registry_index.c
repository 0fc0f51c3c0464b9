/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_registry_index.h"

#include <collections/hashtable.h>

typedef struct private_ha_sync_registry_index_t
										private_ha_sync_registry_index_t;

/**
 * Private data.
 */
struct private_ha_sync_registry_index_t {

	/** public interface */
	ha_sync_registry_index_t public;

	/** ha_sync_spis_t* in the record => ha_sync_ike_entry_t* */
	hashtable_t *ikes;

	/** ha_sync_child_entry_t* by inbound SPI; members choose them for
	 * themselves, so two may have the same in different groups */
	hashlist_t *inbound;

	/** ha_sync_child_entry_t* by outbound SPI, chosen by peers */
	hashlist_t *outbound;
};

/**
 * Hash the name of an IKE SA: by the cluster's SPI, which is random already,
 * and not the peer's choice.
 */
static u_int spis_hash(const void *key)
{
	const ha_sync_spis_t *spis = key;
	uint64_t spi = spis->initiator ? spis->i : spis->r;

	return spi ^ spi >> 32;
}

/**
 * Hash a CHILD SA by its inbound SPI, which is the cluster's, and random.  As
 * its first octets may be those of the member, the last ones come first here.
 */
static u_int inbound_hash(const void *key)
{
	const ha_sync_child_entry_t *entry = key;

	return ntohl(entry->child->id.spi_in);
}

/**
 * Hash a CHILD SA by its outbound SPI.
 */
static u_int outbound_hash(const void *key)
{
	const ha_sync_child_entry_t *entry = key;

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
	const ha_sync_child_entry_t *x = a, *y = b;

	return x->child->id.spi_in == y->child->id.spi_in;
}

/**
 * Match a CHILD SA by its outbound SPI.
 */
static bool outbound_match(const void *a, const void *b)
{
	const ha_sync_child_entry_t *x = a, *y = b;

	return x->child->spi_out == y->child->spi_out;
}

/**
 * Match a CHILD SA by its name.
 */
static bool id_match(const void *a, const void *b)
{
	const ha_sync_child_entry_t *x = a, *y = b;

	return inbound_match(a, b) &&
		   ha_sync_spis_equals(&x->child->id.ike, &y->child->id.ike);
}

/**
 * Add a CHILD SA to the tables of SPIs.
 */
static void add_spis(private_ha_sync_registry_index_t *this,
					 ha_sync_child_entry_t *entry)
{
	this->inbound->ht.put(&this->inbound->ht, entry, entry);
	this->outbound->ht.put(&this->outbound->ht, entry, entry);
}

/**
 * Remove a CHILD SA from the tables of SPIs.
 */
static void remove_spis(private_ha_sync_registry_index_t *this,
						ha_sync_child_entry_t *entry)
{
	this->inbound->ht.remove(&this->inbound->ht, entry);
	this->outbound->ht.remove(&this->outbound->ht, entry);
}

/**
 * Destroy a CHILD SA that is not one of its IKE SA's children anymore.
 */
static void destroy_child(private_ha_sync_registry_index_t *this,
						  ha_sync_child_entry_t *entry)
{
	remove_spis(this, entry);
	ha_sync_child_destroy(entry->child);
	free(entry);
}

/**
 * Destroy an IKE SA that is not in the table anymore.
 */
static void destroy_ike(private_ha_sync_registry_index_t *this,
						ha_sync_ike_entry_t *entry)
{
	ha_sync_child_entry_t *child;

	while (array_remove(entry->children, ARRAY_TAIL, &child))
	{
		destroy_child(this, child);
	}
	array_destroy(entry->children);
	ha_sync_ike_destroy(entry->ike);
	ha_sync_exchange_destroy(entry->exchange);
	free(entry->failure);
	free(entry);
}

METHOD(ha_sync_registry_index_t, put_ike, ha_sync_ike_entry_t*,
	private_ha_sync_registry_index_t *this, ha_sync_ike_t *ike, bool *added)
{
	ha_sync_ike_entry_t *entry;

	entry = this->ikes->get(this->ikes, &ike->spis);
	*added = !entry;
	if (!entry)
	{
		INIT(entry);
	}
	/* replaces the key, too, before the record it is in is destroyed */
	this->ikes->put(this->ikes, &ike->spis, entry);
	ha_sync_ike_destroy(entry->ike);
	entry->ike = ike;
	entry->time = time_monotonic(NULL);
	entry->seen = TRUE;
	return entry;
}

METHOD(ha_sync_registry_index_t, get_ike, ha_sync_ike_entry_t*,
	private_ha_sync_registry_index_t *this, const ha_sync_spis_t *spis)
{
	return this->ikes->get(this->ikes, spis);
}

METHOD(ha_sync_registry_index_t, remove_ike, bool,
	private_ha_sync_registry_index_t *this, const ha_sync_spis_t *spis)
{
	ha_sync_ike_entry_t *entry;

	entry = this->ikes->remove(this->ikes, spis);
	if (!entry)
	{
		return FALSE;
	}
	destroy_ike(this, entry);
	return TRUE;
}

CALLBACK(filter_entries, bool,
	void *unused, enumerator_t *orig, va_list args)
{
	ha_sync_ike_entry_t **entry;

	VA_ARGS_VGET(args, entry);
	return orig->enumerate(orig, NULL, entry);
}

METHOD(ha_sync_registry_index_t, create_enumerator, enumerator_t*,
	private_ha_sync_registry_index_t *this)
{
	return enumerator_create_filter(
							this->ikes->create_enumerator(this->ikes),
							filter_entries, NULL, NULL);
}

METHOD(ha_sync_registry_index_t, get_child, ha_sync_child_entry_t*,
	private_ha_sync_registry_index_t *this, const ha_sync_child_id_t *id)
{
	ha_sync_child_t child = { .id = *id };
	ha_sync_child_entry_t key = { .child = &child };

	return this->inbound->get_match(this->inbound, &key, id_match);
}

METHOD(ha_sync_registry_index_t, find_child, ha_sync_child_entry_t*,
	private_ha_sync_registry_index_t *this, uint32_t spi, bool inbound)
{
	ha_sync_child_t child = { .id.spi_in = spi, .spi_out = spi };
	ha_sync_child_entry_t key = { .child = &child };

	if (inbound)
	{
		return this->inbound->get_match(this->inbound, &key, inbound_match);
	}
	return this->outbound->get_match(this->outbound, &key, outbound_match);
}

METHOD(ha_sync_registry_index_t, put_child, void,
	private_ha_sync_registry_index_t *this, ha_sync_ike_entry_t *ike,
	ha_sync_child_t *child)
{
	ha_sync_child_entry_t *entry;

	entry = get_child(this, &child->id);
	if (entry)
	{
		/* the outbound SPI may be another one */
		remove_spis(this, entry);
		ha_sync_use_raise(&child->use, &entry->child->use);
		ha_sync_child_destroy(entry->child);
	}
	else
	{
		INIT(entry);
		array_insert_create(&ike->children, ARRAY_TAIL, entry);
	}
	entry->child = child;
	entry->time = time_monotonic(NULL);
	entry->seen = TRUE;
	add_spis(this, entry);
}

METHOD(ha_sync_registry_index_t, remove_child, bool,
	private_ha_sync_registry_index_t *this, const ha_sync_child_id_t *id)
{
	ha_sync_child_entry_t *entry, *current;
	ha_sync_ike_entry_t *ike;
	int i;

	entry = get_child(this, id);
	if (!entry)
	{
		return FALSE;
	}
	ike = get_ike(this, &id->ike);
	for (i = 0; array_get(ike->children, i, &current); i++)
	{
		if (current == entry)
		{
			array_remove(ike->children, i, NULL);
			break;
		}
	}
	destroy_child(this, entry);
	return TRUE;
}

METHOD(ha_sync_registry_index_t, move_children, void,
	private_ha_sync_registry_index_t *this, ha_sync_ike_entry_t *from,
	ha_sync_ike_entry_t *to)
{
	ha_sync_child_id_t id = { .ike = to->ike->spis };
	ha_sync_child_entry_t *child;

	while (array_remove(from->children, ARRAY_HEAD, &child))
	{
		id.spi_in = child->child->id.spi_in;
		if (get_child(this, &id))
		{	/* both have it, e.g. if a resync was faster than the rekey */
			destroy_child(this, child);
			continue;
		}
		/* the tables hash SPIs only, so it stays where it is in them */
		child->child->id = id;
		array_insert_create(&to->children, ARRAY_TAIL, child);
	}
}

METHOD(ha_sync_registry_index_t, destroy, void,
	private_ha_sync_registry_index_t *this)
{
	enumerator_t *enumerator;
	ha_sync_ike_entry_t *entry;

	enumerator = this->ikes->create_enumerator(this->ikes);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		this->ikes->remove_at(this->ikes, enumerator);
		destroy_ike(this, entry);
	}
	enumerator->destroy(enumerator);
	this->ikes->destroy(this->ikes);
	this->inbound->destroy(this->inbound);
	this->outbound->destroy(this->outbound);
	free(this);
}

/*
 * Described in header
 */
ha_sync_registry_index_t *ha_sync_registry_index_create()
{
	private_ha_sync_registry_index_t *this;

	INIT(this,
		.public = {
			.put_ike = _put_ike,
			.get_ike = _get_ike,
			.remove_ike = _remove_ike,
			.create_enumerator = _create_enumerator,
			.put_child = _put_child,
			.get_child = _get_child,
			.find_child = _find_child,
			.remove_child = _remove_child,
			.move_children = _move_children,
			.destroy = _destroy,
		},
		.ikes = hashtable_create(spis_hash, ha_sync_spis_equals_key, 32),
		.inbound = hashlist_create(inbound_hash, entry_equals, 32),
		.outbound = hashlist_create(outbound_hash, entry_equals, 32),
	);
	return &this->public;
}
