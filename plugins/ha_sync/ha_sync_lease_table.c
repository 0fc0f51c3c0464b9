/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_lease_table.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

typedef struct private_ha_sync_lease_table_t private_ha_sync_lease_table_t;
typedef struct address_t address_t;

/**
 * Private data.
 */
struct private_ha_sync_lease_table_t {

	/** public interface */
	ha_sync_lease_table_t public;

	/** leases by address, host_t* => address_t* */
	hashtable_t *leases;

	/** number of leases that are new */
	u_int unsettled;

	/** protects leases and unsettled */
	mutex_t *mutex;
};

/**
 * Leases of an address; that's more than one only while the members disagree.
 */
struct address_t {
	/** address */
	host_t *vip;
	/** leases, lease_t* */
	array_t *leases;
};

/**
 * Destroy a list of names.
 */
static void names_destroy(linked_list_t *names)
{
	if (names)
	{
		names->destroy_function(names, free);
	}
}

/*
 * Described in header.
 */
void ha_sync_lease_entry_destroy(ha_sync_lease_entry_t *lease)
{
	lease->vip->destroy(lease->vip);
	lease->id->destroy(lease->id);
	lease->peer->destroy(lease->peer);
	names_destroy(lease->pools);
	free(lease);
}

/**
 * Clone a lease.
 */
static ha_sync_lease_entry_t *lease_clone(ha_sync_lease_entry_t *lease)
{
	enumerator_t *enumerator;
	ha_sync_lease_entry_t *clone;
	char *name;

	INIT(clone,
		.vip = lease->vip->clone(lease->vip),
		.id = lease->id->clone(lease->id),
		.peer = lease->peer->clone(lease->peer),
		.pools = linked_list_create(),
		.state = lease->state,
		.count = lease->count,
	);
	enumerator = lease->pools->create_enumerator(lease->pools);
	while (enumerator->enumerate(enumerator, &name))
	{
		clone->pools->insert_last(clone->pools, strdup(name));
	}
	enumerator->destroy(enumerator);
	return clone;
}

/**
 * Hash of an address.
 */
static u_int vip_hash(host_t *vip)
{
	return chunk_hash(vip->get_address(vip));
}

/**
 * Compare addresses.
 */
static bool vip_equals(host_t *a, host_t *b)
{
	return a->ip_equals(a, b);
}

/**
 * Find a lease, mutex held.
 */
static ha_sync_lease_entry_t *find(private_ha_sync_lease_table_t *this,
								   host_t *vip, identification_t *id)
{
	address_t *address;
	ha_sync_lease_entry_t *lease;
	int i;

	address = this->leases->get(this->leases, vip);
	for (i = 0; address && i < array_count(address->leases); i++)
	{
		array_get(address->leases, i, &lease);
		if (lease->id->equals(lease->id, id))
		{
			return lease;
		}
	}
	return NULL;
}

/**
 * Insert a lease, mutex held.
 */
static void insert(private_ha_sync_lease_table_t *this,
				   ha_sync_lease_entry_t *lease)
{
	address_t *address;

	address = this->leases->get(this->leases, lease->vip);
	if (!address)
	{
		INIT(address,
			.vip = lease->vip->clone(lease->vip),
			.leases = array_create(0, 0),
		);
		this->leases->put(this->leases, address->vip, address);
	}
	array_insert(address->leases, ARRAY_TAIL, lease);
}

/**
 * Destroy an address and its leases.
 */
static void address_destroy(address_t *address)
{
	array_destroy_function(address->leases,
						   (void*)ha_sync_lease_entry_destroy, NULL);
	address->vip->destroy(address->vip);
	free(address);
}

/**
 * Take a lease out, mutex held.
 */
static void take_out(private_ha_sync_lease_table_t *this,
					 ha_sync_lease_entry_t *lease)
{
	address_t *address;
	ha_sync_lease_entry_t *current;
	int i;

	address = this->leases->get(this->leases, lease->vip);
	for (i = array_count(address->leases) - 1; i >= 0; i--)
	{
		array_get(address->leases, i, &current);
		if (current == lease)
		{
			array_remove(address->leases, i, NULL);
		}
	}
	if (!array_count(address->leases))
	{
		this->leases->remove(this->leases, address->vip);
		address_destroy(address);
	}
	this->unsettled -= lease->state == HA_SYNC_LEASE_NEW ? 1 : 0;
}

/**
 * Can the pools be asked for this lease?  Others than those in memory either
 * know of it anyway, or would have to ask somebody else ("dhcp").
 */
static bool can_settle(linked_list_t *pools)
{
	enumerator_t *enumerator;
	bool good = pools->get_count(pools) > 0;
	char *name;

	enumerator = pools->create_enumerator(pools);
	while (enumerator->enumerate(enumerator, &name))
	{
		good &= !streq(name, "dhcp") && !streq(name, "radius");
	}
	enumerator->destroy(enumerator);
	return good;
}

METHOD(ha_sync_lease_table_t, add, void,
	private_ha_sync_lease_table_t *this, host_t *vip, identification_t *id,
	host_t *peer, linked_list_t *pools, bool inherits)
{
	ha_sync_lease_entry_t *lease;

	this->mutex->lock(this->mutex);
	lease = find(this, vip, id);
	if (lease)
	{
		lease->count += inherits ? 0 : 1;
	}
	else
	{
		INIT(lease,
			.vip = vip->clone(vip),
			.id = id->clone(id),
			.pools = pools,
			.state = can_settle(pools) ? HA_SYNC_LEASE_NEW
									   : HA_SYNC_LEASE_FOREIGN,
			.count = 1,
		);
		this->unsettled += lease->state == HA_SYNC_LEASE_NEW ? 1 : 0;
		pools = NULL;
		insert(this, lease);
	}
	DESTROY_IF(lease->peer);
	lease->peer = peer->clone(peer);
	this->mutex->unlock(this->mutex);
	names_destroy(pools);
}

METHOD(ha_sync_lease_table_t, remove_, bool,
	private_ha_sync_lease_table_t *this, host_t *vip, identification_t *id,
	ha_sync_lease_entry_t **last)
{
	ha_sync_lease_entry_t *lease;

	*last = NULL;
	this->mutex->lock(this->mutex);
	lease = find(this, vip, id);
	if (lease && --lease->count == 0)
	{
		take_out(this, lease);
		*last = lease;
	}
	this->mutex->unlock(this->mutex);
	return lease != NULL;
}

METHOD(ha_sync_lease_table_t, is_taken, bool,
	private_ha_sync_lease_table_t *this, host_t *vip, identification_t *id)
{
	address_t *address;
	ha_sync_lease_entry_t *lease;
	bool taken = FALSE;
	int i;

	this->mutex->lock(this->mutex);
	address = this->leases->get(this->leases, vip);
	for (i = 0; address && i < array_count(address->leases); i++)
	{
		array_get(address->leases, i, &lease);
		taken |= lease->state != HA_SYNC_LEASE_SETTLED ||
				 !lease->id->equals(lease->id, id);
	}
	this->mutex->unlock(this->mutex);
	return taken;
}

METHOD(ha_sync_lease_table_t, use_own, bool,
	private_ha_sync_lease_table_t *this, host_t *vip, identification_t *id,
	host_t *peer)
{
	ha_sync_lease_entry_t *lease;
	bool own;

	this->mutex->lock(this->mutex);
	lease = find(this, vip, id);
	own = lease && lease->peer && lease->peer->ip_equals(lease->peer, peer);
	if (own)
	{
		lease->count++;
	}
	this->mutex->unlock(this->mutex);
	return own;
}

/**
 * Sort by family and address.
 */
static int lease_compare(const ha_sync_lease_entry_t *a,
						 const ha_sync_lease_entry_t *b, void *user)
{
	host_t *va = a->vip, *vb = b->vip;

	return va->get_family(va) == vb->get_family(vb) ?
			chunk_compare(va->get_address(va), vb->get_address(vb)) :
			va->get_family(va) - vb->get_family(vb);
}

METHOD(ha_sync_lease_table_t, get_new, array_t*,
	private_ha_sync_lease_table_t *this)
{
	enumerator_t *enumerator;
	address_t *address;
	array_t *leases;
	ha_sync_lease_entry_t *lease;
	int i;

	leases = array_create(0, 0);
	this->mutex->lock(this->mutex);
	enumerator = this->leases->create_enumerator(this->leases);
	while (enumerator->enumerate(enumerator, NULL, &address))
	{
		for (i = 0; i < array_count(address->leases); i++)
		{
			array_get(address->leases, i, &lease);
			if (lease->state == HA_SYNC_LEASE_NEW)
			{
				array_insert(leases, ARRAY_TAIL, lease_clone(lease));
			}
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	array_sort(leases, (void*)lease_compare, NULL);
	return leases;
}

METHOD(ha_sync_lease_table_t, settled, bool,
	private_ha_sync_lease_table_t *this, ha_sync_lease_entry_t *clone,
	bool good)
{
	ha_sync_lease_entry_t *lease;

	this->mutex->lock(this->mutex);
	lease = find(this, clone->vip, clone->id);
	if (lease && lease->state == HA_SYNC_LEASE_NEW)
	{
		lease->state = good ? HA_SYNC_LEASE_SETTLED : HA_SYNC_LEASE_FOREIGN;
		this->unsettled--;
	}
	else
	{
		lease = NULL;
	}
	this->mutex->unlock(this->mutex);
	return lease != NULL;
}

METHOD(ha_sync_lease_table_t, has_new, bool,
	private_ha_sync_lease_table_t *this)
{
	bool unsettled;

	this->mutex->lock(this->mutex);
	unsettled = this->unsettled > 0;
	this->mutex->unlock(this->mutex);
	return unsettled;
}

METHOD(ha_sync_lease_table_t, destroy, void,
	private_ha_sync_lease_table_t *this)
{
	enumerator_t *enumerator;
	address_t *address;

	enumerator = this->leases->create_enumerator(this->leases);
	while (enumerator->enumerate(enumerator, NULL, &address))
	{
		address_destroy(address);
	}
	enumerator->destroy(enumerator);
	this->leases->destroy(this->leases);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_lease_table_t *ha_sync_lease_table_create()
{
	private_ha_sync_lease_table_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.remove = _remove_,
			.is_taken = _is_taken,
			.use_own = _use_own,
			.has_new = _has_new,
			.get_new = _get_new,
			.settled = _settled,
			.destroy = _destroy,
		},
		.leases = hashtable_create((hashtable_hash_t)vip_hash,
								   (hashtable_equals_t)vip_equals, 128),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
