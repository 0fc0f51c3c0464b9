/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_lease.h"
#include "ha_sync_lease_pool.h"

#include <daemon.h>
#include <collections/array.h>
#include <collections/hashtable.h>
#include <threading/mutex.h>

/**
 * Addresses leased to others that are skipped for one request.
 */
#define MAX_SKIP 4096

typedef struct private_ha_sync_lease_t private_ha_sync_lease_t;
typedef struct lease_t lease_t;
typedef struct address_t address_t;
typedef enum lease_state_t lease_state_t;

/**
 * Private data.
 */
struct private_ha_sync_lease_t {

	/** public interface */
	ha_sync_lease_t public;

	/** functions of charon's attribute manager that we replaced */
	attribute_manager_t original;

	/** leases by address, host_t* => address_t* */
	hashtable_t *leases;

	/** number of leases that are NEW */
	u_int unsettled;

	/** protects leases and unsettled */
	mutex_t *mutex;

	/** held while leases are entered into pools, locked before mutex */
	mutex_t *settle_mutex;
};

/**
 * Does charon's pool know of a lease?
 */
enum lease_state_t {
	/** not tried yet */
	LEASE_NEW,
	/** it is in the pool, for its identity */
	LEASE_SETTLED,
	/** it is not, the pool may offer it to others */
	LEASE_FOREIGN,
};

/**
 * An address leased to a client.
 */
struct lease_t {
	/** address */
	host_t *vip;
	/** identity of the client */
	identification_t *id;
	/** host of the client, NULL if not known */
	host_t *peer;
	/** names of pools, NULL if not known */
	linked_list_t *pools;
	/** relation to the pool */
	lease_state_t state;
	/** number of IKE_SAs that have it */
	u_int count;
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
 * The only instance: charon's functions that we replace get no context.
 */
static private_ha_sync_lease_t *instance;

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

/**
 * Destroy a lease.
 */
static void lease_destroy(lease_t *lease)
{
	lease->vip->destroy(lease->vip);
	lease->id->destroy(lease->id);
	DESTROY_IF(lease->peer);
	names_destroy(lease->pools);
	free(lease);
}

/**
 * Clone a lease.
 */
static lease_t *lease_clone(lease_t *lease)
{
	enumerator_t *enumerator;
	lease_t *clone;
	char *name;

	INIT(clone,
		.vip = lease->vip->clone(lease->vip),
		.id = lease->id->clone(lease->id),
		.peer = lease->peer ? lease->peer->clone(lease->peer) : NULL,
		.pools = lease->pools ? linked_list_create() : NULL,
		.state = lease->state,
		.count = lease->count,
	);
	if (clone->pools)
	{
		enumerator = lease->pools->create_enumerator(lease->pools);
		while (enumerator->enumerate(enumerator, &name))
		{
			clone->pools->insert_last(clone->pools, strdup(name));
		}
		enumerator->destroy(enumerator);
	}
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
static lease_t *find(private_ha_sync_lease_t *this, host_t *vip,
					 identification_t *id)
{
	address_t *address;
	lease_t *lease;
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
static void insert(private_ha_sync_lease_t *this, lease_t *lease)
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
	array_destroy_function(address->leases, (void*)lease_destroy, NULL);
	address->vip->destroy(address->vip);
	free(address);
}

/**
 * Take a lease out, mutex held.
 */
static void take_out(private_ha_sync_lease_t *this, lease_t *lease)
{
	address_t *address;
	lease_t *current;
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
	this->unsettled -= lease->state == LEASE_NEW ? 1 : 0;
}

/**
 * Can the pools be asked for this lease?  Others than those in memory either
 * know of it anyway, or would have to ask somebody else ("dhcp").
 */
static bool can_settle(linked_list_t *pools)
{
	enumerator_t *enumerator;
	bool good;
	char *name;

	good = pools && pools->get_count(pools);
	if (good)
	{
		enumerator = pools->create_enumerator(pools);
		while (enumerator->enumerate(enumerator, &name))
		{
			good &= !streq(name, "dhcp") && !streq(name, "radius");
		}
		enumerator->destroy(enumerator);
	}
	return good;
}

/**
 * Add a lease, or one more user of it.
 *
 * @param pools		adopted, may be NULL
 */
static void add_lease(private_ha_sync_lease_t *this, host_t *vip,
					  identification_t *id, host_t *peer, linked_list_t *pools)
{
	lease_t *lease;

	this->mutex->lock(this->mutex);
	lease = find(this, vip, id);
	if (lease)
	{
		lease->count++;
		if (!lease->pools && pools)
		{
			lease->pools = pools;
			pools = NULL;
		}
	}
	else
	{
		INIT(lease,
			.vip = vip->clone(vip),
			.id = id->clone(id),
			.pools = pools,
			.state = LEASE_FOREIGN,
			.count = 1,
		);
		pools = NULL;
		insert(this, lease);
	}
	if (peer)
	{
		DESTROY_IF(lease->peer);
		lease->peer = peer->clone(peer);
	}
	if (lease->state == LEASE_FOREIGN && lease->peer &&
		can_settle(lease->pools))
	{
		lease->state = LEASE_NEW;
		this->unsettled++;
	}
	this->mutex->unlock(this->mutex);
	names_destroy(pools);
}

/**
 * Remove one user of a lease; returns FALSE if there's no such lease.
 *
 * @param last		receives the lease if that was its last user, else NULL
 */
static bool remove_lease(private_ha_sync_lease_t *this, host_t *vip,
						 identification_t *id, lease_t **last)
{
	lease_t *lease;

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

/**
 * Check if an address must not be given to an identity.
 *
 * That is so as well if it's the identity's own but the pool did not know of
 * it: another IKE_SA of the client is using it.
 */
static bool is_taken(private_ha_sync_lease_t *this, host_t *vip,
					 identification_t *id)
{
	address_t *address;
	lease_t *lease;
	bool taken = FALSE;
	int i;

	this->mutex->lock(this->mutex);
	address = this->leases->get(this->leases, vip);
	for (i = 0; address && i < array_count(address->leases); i++)
	{
		array_get(address->leases, i, &lease);
		taken |= lease->state != LEASE_SETTLED ||
				 !lease->id->equals(lease->id, id);
	}
	this->mutex->unlock(this->mutex);
	return taken;
}

/**
 * Check if a client that reauthenticates make-before-break asks for an address
 * it has, it then has one more user.
 *
 * Pools do the same, but compare the port, too, which may be another one by
 * now.
 */
static bool is_own(private_ha_sync_lease_t *this, host_t *vip,
				   identification_t *id, host_t *peer)
{
	lease_t *lease;
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
static int lease_compare(const lease_t *a, const lease_t *b, void *user)
{
	host_t *va = a->vip, *vb = b->vip;

	return va->get_family(va) == vb->get_family(vb) ?
			chunk_compare(va->get_address(va), vb->get_address(vb)) :
			va->get_family(va) - vb->get_family(vb);
}

/**
 * Get clones of leases, of all or those not yet settled.
 */
static array_t *get_leases(private_ha_sync_lease_t *this, bool all)
{
	enumerator_t *enumerator;
	address_t *address;
	array_t *leases;
	lease_t *lease;
	int i;

	leases = array_create(0, 0);
	this->mutex->lock(this->mutex);
	enumerator = this->leases->create_enumerator(this->leases);
	while (enumerator->enumerate(enumerator, NULL, &address))
	{
		for (i = 0; i < array_count(address->leases); i++)
		{
			array_get(address->leases, i, &lease);
			if (all || lease->state == LEASE_NEW)
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

/**
 * Note the result of an attempt to settle, FALSE if the lease is gone.
 */
static bool set_state(private_ha_sync_lease_t *this, lease_t *clone, bool good)
{
	lease_t *lease;

	this->mutex->lock(this->mutex);
	lease = find(this, clone->vip, clone->id);
	if (lease && lease->state == LEASE_NEW)
	{
		lease->state = good ? LEASE_SETTLED : LEASE_FOREIGN;
		this->unsettled--;
	}
	else
	{
		lease = NULL;
	}
	this->mutex->unlock(this->mutex);
	return lease != NULL;
}

METHOD(ha_sync_lease_t, settle, void,
	private_ha_sync_lease_t *this)
{
	ha_sync_lease_pool_t *pool = NULL;
	array_t *leases;
	lease_t *lease;
	u_int settled = 0, total;
	bool good;

	this->settle_mutex->lock(this->settle_mutex);
	leases = get_leases(this, FALSE);
	total = array_count(leases);
	if (total)
	{
		pool = ha_sync_lease_pool_create(&this->original);
	}
	while (array_remove(leases, ARRAY_HEAD, &lease))
	{
		good = pool->acquire(pool, lease->pools, lease->vip, lease->id,
							 lease->peer);
		if (set_state(this, lease, good))
		{
			settled += good ? 1 : 0;
		}
		else if (good)
		{
			pool->release(pool, lease->pools, lease->vip, lease->id);
		}
		lease_destroy(lease);
	}
	DESTROY_IF(pool);
	array_destroy(leases);
	this->settle_mutex->unlock(this->settle_mutex);
	if (total)
	{
		DBG1(DBG_CFG, "entered %u of %u virtual IPs leased by the cluster into "
			 "the pools", settled, total);
	}
}

/**
 * Get an address from charon's providers that is not taken.
 */
static host_t *acquire_free(private_ha_sync_lease_t *this,
							attribute_manager_t *manager, linked_list_t *pools,
							ike_sa_t *ike_sa, host_t *requested)
{
	identification_t *id = ike_sa->get_other_eap_id(ike_sa);
	host_t *vip, *other;
	array_t *skipped;

	/* a pool gives an online address again unless another is requested */
	other = host_create_from_string_and_family(
				requested->get_family(requested) == AF_INET ? "255.255.255.255"
				: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
				requested->get_family(requested), 0);
	skipped = array_create(0, 0);
	vip = this->original.acquire_address(manager, pools, ike_sa, requested);
	while (vip && (is_taken(this, vip, id) || vip->ip_equals(vip, other)))
	{
		DBG1(DBG_CFG, "virtual IP %H is leased by the cluster, not given to "
			 "'%Y'", vip, id);
		array_insert(skipped, ARRAY_TAIL, vip);
		vip = array_count(skipped) > MAX_SKIP ? NULL :
			this->original.acquire_address(manager, pools, ike_sa, other);
	}
	/* not earlier, or we'd have got the same again */
	while (array_remove(skipped, ARRAY_HEAD, &requested))
	{
		this->original.release_address(manager, pools, requested, ike_sa);
		requested->destroy(requested);
	}
	array_destroy(skipped);
	other->destroy(other);
	return vip;
}

/**
 * Replaces attribute_manager_t.acquire_address.
 */
static host_t *acquire_address(attribute_manager_t *manager,
							   linked_list_t *pools, ike_sa_t *ike_sa,
							   host_t *requested)
{
	private_ha_sync_lease_t *this = instance;
	bool unsettled;

	if (is_own(this, requested, ike_sa->get_other_eap_id(ike_sa),
			   ike_sa->get_other_host(ike_sa)))
	{
		DBG1(DBG_CFG, "giving virtual IP %H to '%Y' again", requested,
			 ike_sa->get_other_eap_id(ike_sa));
		return requested->clone(requested);
	}
	this->mutex->lock(this->mutex);
	unsettled = this->unsettled > 0;
	this->mutex->unlock(this->mutex);
	if (unsettled)
	{
		settle(this);
	}
	return acquire_free(this, manager, pools, ike_sa, requested);
}

/**
 * Replaces attribute_manager_t.release_address.
 */
static bool release_address(attribute_manager_t *manager, linked_list_t *pools,
							host_t *address, ike_sa_t *ike_sa)
{
	private_ha_sync_lease_t *this = instance;
	lease_t *last;

	if (!remove_lease(this, address, ike_sa->get_other_eap_id(ike_sa), &last))
	{
		return this->original.release_address(manager, pools, address, ike_sa);
	}
	if (last)
	{
		if (last->state == LEASE_SETTLED)
		{
			this->original.release_address(manager, last->pools, address,
										   ike_sa);
		}
		lease_destroy(last);
	}
	return TRUE;
}

METHOD(ha_sync_lease_t, add_replica, void,
	private_ha_sync_lease_t *this, ike_sa_t *ike_sa)
{
	enumerator_t *enumerator, *names;
	linked_list_t *pools;
	peer_cfg_t *config;
	host_t *vip;
	char *name;

	config = ike_sa->get_peer_cfg(ike_sa);
	enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, FALSE);
	while (enumerator->enumerate(enumerator, &vip))
	{
		pools = linked_list_create();
		names = config->create_pool_enumerator(config);
		while (names->enumerate(names, &name))
		{
			pools->insert_last(pools, strdup(name));
		}
		names->destroy(names);
		add_lease(this, vip, ike_sa->get_other_eap_id(ike_sa),
				  ike_sa->get_other_host(ike_sa), pools);
	}
	enumerator->destroy(enumerator);
}

METHOD(ha_sync_lease_t, add, void,
	private_ha_sync_lease_t *this, host_t *vip, identification_t *id)
{
	add_lease(this, vip, id, NULL, NULL);
}

METHOD(ha_sync_lease_t, remove_, void,
	private_ha_sync_lease_t *this, host_t *vip, identification_t *id)
{
	ha_sync_lease_pool_t *pool;
	lease_t *last;

	remove_lease(this, vip, id, &last);
	if (last)
	{
		if (last->state == LEASE_SETTLED)
		{
			pool = ha_sync_lease_pool_create(&this->original);
			pool->release(pool, last->pools, vip, id);
			pool->destroy(pool);
		}
		lease_destroy(last);
	}
}

METHOD(ha_sync_lease_t, leased, bool,
	private_ha_sync_lease_t *this, host_t *vip)
{
	bool found;

	this->mutex->lock(this->mutex);
	found = this->leases->get(this->leases, vip) != NULL;
	this->mutex->unlock(this->mutex);
	return found;
}

CALLBACK(lease_filter, bool,
	void *user, enumerator_t *orig, va_list args)
{
	identification_t **id;
	lease_t *lease;
	host_t **vip;
	bool *settled;

	VA_ARGS_VGET(args, vip, id, settled);
	if (!orig->enumerate(orig, &lease))
	{
		return FALSE;
	}
	*vip = lease->vip;
	*id = lease->id;
	*settled = lease->state == LEASE_SETTLED;
	return TRUE;
}

CALLBACK(leases_destroy, void,
	array_t *leases)
{
	array_destroy_function(leases, (void*)lease_destroy, NULL);
}

METHOD(ha_sync_lease_t, create_enumerator_, enumerator_t*,
	private_ha_sync_lease_t *this)
{
	array_t *leases = get_leases(this, TRUE);

	return enumerator_create_filter(array_create_enumerator(leases),
									lease_filter, leases, leases_destroy);
}

METHOD(ha_sync_lease_t, destroy, void,
	private_ha_sync_lease_t *this)
{
	enumerator_t *enumerator;
	address_t *address;

	charon->attributes->acquire_address = this->original.acquire_address;
	charon->attributes->release_address = this->original.release_address;
	instance = NULL;
	enumerator = this->leases->create_enumerator(this->leases);
	while (enumerator->enumerate(enumerator, NULL, &address))
	{
		address_destroy(address);
	}
	enumerator->destroy(enumerator);
	this->leases->destroy(this->leases);
	this->settle_mutex->destroy(this->settle_mutex);
	this->mutex->destroy(this->mutex);
	free(this);
}

ha_sync_lease_t *ha_sync_lease_create()
{
	private_ha_sync_lease_t *this;

	INIT(this,
		.public = {
			.add_replica = _add_replica,
			.add = _add,
			.remove = _remove_,
			.leased = _leased,
			.settle = _settle,
			.create_enumerator = _create_enumerator_,
			.destroy = _destroy,
		},
		.original = *charon->attributes,
		.leases = hashtable_create((hashtable_hash_t)vip_hash,
								   (hashtable_equals_t)vip_equals, 128),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.settle_mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);

	instance = this;
	charon->attributes->acquire_address = acquire_address;
	charon->attributes->release_address = release_address;
	return &this->public;
}
