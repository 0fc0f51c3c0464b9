/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_lease.h"
#include "ha_sync_lease_pool.h"
#include "ha_sync_lease_table.h"

#include "lease_free.h"

#include <daemon.h>
#include <collections/array.h>
#include <threading/mutex.h>

typedef struct private_ha_sync_lease_t private_ha_sync_lease_t;

/**
 * Private data.
 */
struct private_ha_sync_lease_t {

	/** public interface */
	ha_sync_lease_t public;

	/** functions of charon's attribute manager that we replaced */
	attribute_manager_t original;

	/** leases of replicas */
	ha_sync_lease_table_t *leases;

	/** held while leases are entered into pools */
	mutex_t *mutex;
};

/**
 * The only instance: charon's functions that we replace get no context.
 */
static private_ha_sync_lease_t *instance;

METHOD(ha_sync_lease_t, settle, void,
	private_ha_sync_lease_t *this)
{
	ha_sync_lease_pool_t *pool = NULL;
	array_t *leases;
	ha_sync_lease_entry_t *lease;
	u_int settled = 0, total;
	bool good;

	this->mutex->lock(this->mutex);
	leases = this->leases->get_new(this->leases);
	total = array_count(leases);
	if (total)
	{
		pool = ha_sync_lease_pool_create(&this->original);
	}
	while (array_remove(leases, ARRAY_HEAD, &lease))
	{
		good = pool->acquire(pool, lease->pools, lease->vip, lease->id,
							 lease->peer);
		if (this->leases->settled(this->leases, lease, good))
		{
			settled += good ? 1 : 0;
		}
		else if (good)
		{
			pool->release(pool, lease->pools, lease->vip, lease->id);
		}
		ha_sync_lease_entry_destroy(lease);
	}
	DESTROY_IF(pool);
	array_destroy(leases);
	this->mutex->unlock(this->mutex);
	if (total)
	{
		DBG1(DBG_CFG, "entered %u of %u virtual IPs leased by the cluster into "
			 "the pools", settled, total);
	}
}

/**
 * Replaces attribute_manager_t.acquire_address.
 */
static host_t *acquire_address(attribute_manager_t *manager,
							   linked_list_t *pools, ike_sa_t *ike_sa,
							   host_t *requested)
{
	private_ha_sync_lease_t *this = instance;

	if (this->leases->use_own(this->leases, requested,
							  ike_sa->get_other_eap_id(ike_sa),
							  ike_sa->get_other_host(ike_sa)))
	{
		DBG1(DBG_CFG, "giving virtual IP %H to '%Y' again", requested,
			 ike_sa->get_other_eap_id(ike_sa));
		return requested->clone(requested);
	}
	if (this->leases->has_new(this->leases))
	{
		settle(this);
	}
	return lease_free_acquire(&this->original, manager, pools, ike_sa,
						requested, (lease_free_taken_t)this->leases->is_taken,
						this->leases);
}

/**
 * Replaces attribute_manager_t.release_address.
 */
static bool release_address(attribute_manager_t *manager, linked_list_t *pools,
							host_t *address, ike_sa_t *ike_sa)
{
	private_ha_sync_lease_t *this = instance;
	ha_sync_lease_entry_t *last;

	if (!this->leases->remove(this->leases, address,
							  ike_sa->get_other_eap_id(ike_sa), &last))
	{
		return this->original.release_address(manager, pools, address, ike_sa);
	}
	if (last)
	{
		if (last->state == HA_SYNC_LEASE_SETTLED)
		{
			this->original.release_address(manager, last->pools, address,
										   ike_sa);
		}
		ha_sync_lease_entry_destroy(last);
	}
	return TRUE;
}

METHOD(ha_sync_lease_t, add_replica, void,
	private_ha_sync_lease_t *this, ike_sa_t *ike_sa, bool inherits)
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
		this->leases->add(this->leases, vip, ike_sa->get_other_eap_id(ike_sa),
						  ike_sa->get_other_host(ike_sa), pools, inherits);
	}
	enumerator->destroy(enumerator);
}

METHOD(ha_sync_lease_t, destroy, void,
	private_ha_sync_lease_t *this)
{
	charon->attributes->acquire_address = this->original.acquire_address;
	charon->attributes->release_address = this->original.release_address;
	instance = NULL;
	this->leases->destroy(this->leases);
	this->mutex->destroy(this->mutex);
	free(this);
}

ha_sync_lease_t *ha_sync_lease_create()
{
	private_ha_sync_lease_t *this;

	INIT(this,
		.public = {
			.add_replica = _add_replica,
			.settle = _settle,
			.destroy = _destroy,
		},
		.original = *charon->attributes,
		.leases = ha_sync_lease_table_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);

	instance = this;
	charon->attributes->acquire_address = acquire_address;
	charon->attributes->release_address = release_address;
	return &this->public;
}
