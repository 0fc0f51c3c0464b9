/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_lease_pool.h"

#include <daemon.h>
#include <collections/array.h>

/**
 * Addresses that may be acquired just to get past them.
 */
#define MAX_FILLERS 65536

/**
 * Attempts to get an address for its own identity: it may have others, of
 * which it was not using any, and gets these first.
 */
#define MAX_TRIES 8

typedef struct private_ha_sync_lease_pool_t private_ha_sync_lease_pool_t;
typedef struct held_t held_t;

/**
 * Private data.
 */
struct private_ha_sync_lease_pool_t {

	/** public interface */
	ha_sync_lease_pool_t public;

	/** charon's functions */
	attribute_manager_t *manager;

	/** IKE_SA that stands for a client */
	ike_sa_t *ike_sa;

	/** IKE_SA the thread had before */
	ike_sa_t *current;

	/** identity for addresses to get past, new for each object so that it has
	 * none yet */
	identification_t *filler;

	/** addresses to be released at the end, held_t* */
	array_t *held;

	/** newest address the pool gave out, as far as we know */
	host_t *last;

	/** pools of last */
	linked_list_t *pools;
};

/**
 * An address to be released.
 */
struct held_t {
	/** address */
	host_t *vip;
	/** identity that has it */
	identification_t *id;
	/** pools it is from */
	linked_list_t *pools;
};

/**
 * Clone a list of names.
 */
static linked_list_t *clone_names(linked_list_t *names)
{
	enumerator_t *enumerator;
	linked_list_t *clone;
	char *name;

	clone = linked_list_create();
	enumerator = names->create_enumerator(names);
	while (enumerator->enumerate(enumerator, &name))
	{
		clone->insert_last(clone, strdup(name));
	}
	enumerator->destroy(enumerator);
	return clone;
}

/**
 * Compare lists of names.
 */
static bool same_names(linked_list_t *a, linked_list_t *b)
{
	enumerator_t *ea, *eb;
	char *na, *nb;
	bool same;

	same = a->get_count(a) == b->get_count(b);
	ea = a->create_enumerator(a);
	eb = b->create_enumerator(b);
	while (same && ea->enumerate(ea, &na) && eb->enumerate(eb, &nb))
	{
		same = streq(na, nb);
	}
	ea->destroy(ea);
	eb->destroy(eb);
	return same;
}

/**
 * Forget what a pool gave out.
 */
static void forget_last(private_ha_sync_lease_pool_t *this)
{
	DESTROY_IF(this->last);
	if (this->pools)
	{
		this->pools->destroy_function(this->pools, free);
	}
	this->last = NULL;
	this->pools = NULL;
}

/**
 * Note that a pool gave an address it never gave before.
 */
static void set_last(private_ha_sync_lease_pool_t *this, linked_list_t *pools,
					 host_t *vip)
{
	pools = clone_names(pools);
	vip = vip->clone(vip);
	forget_last(this);
	this->pools = pools;
	this->last = vip;
}

/**
 * Compare addresses.
 */
static int compare(host_t *a, host_t *b)
{
	return chunk_compare(a->get_address(a), b->get_address(b));
}

/**
 * Check if an address is the one that follows last.
 */
static bool is_next(private_ha_sync_lease_pool_t *this, host_t *vip)
{
	chunk_t last, next;

	if (!this->last || this->last->get_family(this->last) !=
		vip->get_family(vip))
	{
		return FALSE;
	}
	last = chunk_clonea(this->last->get_address(this->last));
	next = vip->get_address(vip);
	return !chunk_increment(last) && chunk_equals(last, next);
}

/**
 * Get an address for an identity.
 */
static host_t *get_address(private_ha_sync_lease_pool_t *this,
						   linked_list_t *pools, host_t *vip,
						   identification_t *id, host_t *peer)
{
	this->ike_sa->set_other_id(this->ike_sa, id->clone(id));
	this->ike_sa->set_other_host(this->ike_sa, peer->clone(peer));
	return this->manager->acquire_address(charon->attributes, pools,
										  this->ike_sa, vip);
}

/**
 * Release an address at the end: if it was done now, the pool would give it
 * again to the same identity.
 */
static void hold(private_ha_sync_lease_pool_t *this, linked_list_t *pools,
				 host_t *vip, identification_t *id)
{
	held_t *held;

	INIT(held,
		.vip = vip,
		.id = id->clone(id),
		.pools = clone_names(pools),
	);
	array_insert(this->held, ARRAY_TAIL, held);
}

/**
 * Acquire what comes before an address and was never used, to learn what is
 * next, too.
 *
 * The new identity gets what comes next, or, if the pool is exhausted, some
 * address that is not used at the moment.
 */
static void fill_gap(private_ha_sync_lease_pool_t *this, linked_list_t *pools,
					 host_t *vip, host_t *peer)
{
	host_t *got;

	while (!is_next(this, vip) && array_count(this->held) < MAX_FILLERS)
	{
		got = get_address(this, pools, vip, this->filler, peer);
		if (!got)
		{
			return;
		}
		hold(this, pools, got, this->filler);
		if (this->last && compare(got, this->last) < 0)
		{
			return;
		}
		set_last(this, pools, got);
		if (compare(got, vip) >= 0)
		{
			return;
		}
	}
}

/**
 * Ask for an address, until the identity gets new ones.
 */
static bool try_address(private_ha_sync_lease_pool_t *this,
						linked_list_t *pools, host_t *vip, identification_t *id,
						host_t *peer, u_int tries)
{
	bool found = FALSE, new = FALSE;
	host_t *got;

	while (tries-- && !found && !new)
	{
		got = get_address(this, pools, vip, id, peer);
		if (!got)
		{
			break;
		}
		found = got->ip_equals(got, vip);
		new = this->last && compare(got, this->last) > 0;
		if (new || (found && !this->last))
		{
			set_last(this, pools, got);
		}
		if (found)
		{
			got->destroy(got);
		}
		else
		{
			hold(this, pools, got, id);
		}
	}
	return found;
}

METHOD(ha_sync_lease_pool_t, acquire, bool,
	private_ha_sync_lease_pool_t *this, linked_list_t *pools, host_t *vip,
	identification_t *id, host_t *peer)
{
	if (this->last && (!same_names(this->pools, pools) ||
		this->last->get_family(this->last) != vip->get_family(vip)))
	{
		forget_last(this);
	}
	if (!this->last && try_address(this, pools, vip, id, peer, 1))
	{
		return TRUE;
	}
	if (!this->last || compare(this->last, vip) < 0)
	{
		fill_gap(this, pools, vip, peer);
	}
	return try_address(this, pools, vip, id, peer, MAX_TRIES);
}

METHOD(ha_sync_lease_pool_t, release, void,
	private_ha_sync_lease_pool_t *this, linked_list_t *pools, host_t *vip,
	identification_t *id)
{
	this->ike_sa->set_other_id(this->ike_sa, id->clone(id));
	this->manager->release_address(charon->attributes, pools, vip,
								   this->ike_sa);
}

METHOD(ha_sync_lease_pool_t, destroy, void,
	private_ha_sync_lease_pool_t *this)
{
	held_t *held;

	while (array_remove(this->held, ARRAY_HEAD, &held))
	{
		release(this, held->pools, held->vip, held->id);
		held->vip->destroy(held->vip);
		held->id->destroy(held->id);
		held->pools->destroy_function(held->pools, free);
		free(held);
	}
	array_destroy(this->held);
	forget_last(this);
	/* this sets the thread's IKE_SA to NULL */
	this->ike_sa->destroy(this->ike_sa);
	charon->bus->set_sa(charon->bus, this->current);
	this->filler->destroy(this->filler);
	free(this);
}

ha_sync_lease_pool_t *ha_sync_lease_pool_create(attribute_manager_t *manager)
{
	private_ha_sync_lease_pool_t *this;
	static refcount_t counter = 0;
	ike_sa_id_t *id;
	char buf[64];

	snprintf(buf, sizeof(buf), "cluster-gap-%u", ref_get(&counter));
	id = ike_sa_id_create(IKEV2_MAJOR_VERSION, 0, 0, FALSE);
	INIT(this,
		.public = {
			.acquire = _acquire,
			.release = _release,
			.destroy = _destroy,
		},
		.manager = manager,
		.ike_sa = ike_sa_create(id, FALSE, IKEV2),
		.current = charon->bus->get_sa(charon->bus),
		.filler = identification_create_from_string(buf),
		.held = array_create(0, 0),
	);
	id->destroy(id);
	return &this->public;
}
