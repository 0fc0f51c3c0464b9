/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_lease.h"

#include <daemon.h>

typedef struct private_stub_lease_t private_stub_lease_t;

/**
 * Private data.
 */
struct private_stub_lease_t {

	/** public interface */
	stub_lease_t public;

	/** pools */
	stub_pool_t *pool;

	/** stub */
	stub_t *stub;

	/** names of pools, char* */
	linked_list_t *pools;

	/** identity that has the addresses */
	identification_t *id;

	/** addresses that were acquired, not assigned yet, host_t* of the stub */
	array_t *acquired;
};

METHOD(stub_lease_t, assign, void,
	private_stub_lease_t *this, ike_sa_t *ike_sa)
{
	host_t *vip;

	while (array_remove(this->acquired, ARRAY_HEAD, &vip))
	{	/* released when the IKE_SA is destroyed */
		ike_sa->add_virtual_ip(ike_sa, FALSE, vip);
	}
}

METHOD(stub_lease_t, destroy, void,
	private_stub_lease_t *this)
{
	host_t *vip;

	while (array_remove(this->acquired, ARRAY_HEAD, &vip))
	{
		this->pool->release(this->pool, this->pools, vip, this->id);
	}
	array_destroy(this->acquired);
	this->pools->destroy_function(this->pools, free);
	this->id->destroy(this->id);
	stub_unref(this->stub);
	free(this);
}

/**
 * Get the address of the client in the old IKE_SA, if that is still here: pools
 * give an address to a client once more only if it has the same one.
 */
static host_t *get_old_host(stub_t *stub)
{
	host_t *host = NULL;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;

	id = ike_sa_id_create(IKEV2_MAJOR_VERSION, stub->spi_i, stub->spi_r,
						  stub->gateway_initiator);
	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	id->destroy(id);
	if (ike_sa)
	{
		host = ike_sa->get_other_host(ike_sa);
		host = host->clone(host);
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	return host;
}

/**
 * Get the identity pools know the client by, as ike_sa_t.get_other_eap_id().
 */
static identification_t *get_client_id(stub_t *stub)
{
	identification_t *id = stub->client_id;
	stub_auth_t *auth;
	int i;

	for (i = 0; i < array_count(stub->auths); i++)
	{
		array_get(stub->auths, i, &auth);
		if (!auth->gateway)
		{
			if (auth->eap_id && auth->eap_id->get_type(auth->eap_id) != ID_ANY)
			{
				id = auth->eap_id;
			}
			else if (auth->id && auth->id->get_type(auth->id) != ID_ANY)
			{
				id = auth->id;
			}
		}
	}
	return id->clone(id);
}

/**
 * Acquire all addresses, FALSE if one can't be had.
 */
static bool acquire(private_stub_lease_t *this, host_t *peer)
{
	host_t *vip, *old;
	bool good = TRUE;
	int i;

	old = get_old_host(this->stub);
	for (i = 0; good && i < array_count(this->stub->vips); i++)
	{
		array_get(this->stub->vips, i, &vip);
		good = this->pool->acquire(this->pool, this->pools, vip, this->id,
								   old ?: peer, old != NULL);
		if (good)
		{
			array_insert(this->acquired, ARRAY_TAIL, vip);
		}
		else
		{
			DBG1(DBG_CFG, "ike-sa-stub: inner address %H of '%Y' can't be had",
				 vip, this->id);
		}
	}
	DESTROY_IF(old);
	return good;
}

/*
 * Described in header.
 */
stub_lease_t *stub_lease_create(stub_pool_t *pool, stub_t *stub,
								peer_cfg_t *cfg, host_t *peer)
{
	private_stub_lease_t *this;
	enumerator_t *enumerator;
	char *name;

	INIT(this,
		.public = {
			.assign = _assign,
			.destroy = _destroy,
		},
		.pool = pool,
		.stub = stub_ref(stub),
		.pools = linked_list_create(),
		.id = get_client_id(stub),
		.acquired = array_create(0, 0),
	);
	enumerator = cfg->create_pool_enumerator(cfg);
	while (enumerator->enumerate(enumerator, &name))
	{
		this->pools->insert_last(this->pools, strdup(name));
	}
	enumerator->destroy(enumerator);
	if (!acquire(this, peer))
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
