/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_route.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <threading/mutex.h>

typedef struct private_redirect_route_t private_redirect_route_t;
typedef struct entry_t entry_t;
typedef struct hop_t hop_t;

/**
 * Private data.
 */
struct private_redirect_route_t {

	/** public interface */
	redirect_route_t public;

	/** tells which member has an address */
	redirect_lease_table_t *table;

	/** tells where members are */
	redirect_members_t *members;

	/** protects all below */
	mutex_t *mutex;

	/** entry_t by inner address */
	hashtable_t *routes;
};

/**
 * A route.
 */
struct entry_t {
	/** inner address */
	host_t *vip;
	/** address of this member, and the next one */
	host_t *local, *gateway;
	/** interface */
	char *interface;
};

/**
 * The way to a member.
 */
struct hop_t {
	/** name of the member */
	char *owner;
	/** inner addresses of this member, and that one; NULL if not known */
	host_t *local, *gateway;
};

/**
 * Hash an address.
 */
static u_int hash(host_t *vip)
{
	return chunk_hash(vip->get_address(vip));
}

/**
 * Compare addresses.
 */
static bool equals(host_t *a, host_t *b)
{
	return a->ip_equals(a, b);
}

/**
 * Remove a route.
 */
static void remove_route(entry_t *entry)
{
	chunk_t vip = entry->vip->get_address(entry->vip);

	charon->kernel->del_route(charon->kernel, vip, vip.len * 8, entry->gateway,
							  entry->local, entry->interface, FALSE);
	entry->vip->destroy(entry->vip);
	entry->local->destroy(entry->local);
	entry->gateway->destroy(entry->gateway);
	free(entry->interface);
	free(entry);
}

/**
 * Add a route.
 */
static void add_route(private_redirect_route_t *this, host_t *vip,
					  host_t *local, host_t *gateway)
{
	chunk_t dst = vip->get_address(vip);
	entry_t *entry;
	char *interface;

	if (!charon->kernel->get_interface(charon->kernel, local, &interface))
	{
		DBG1(DBG_CFG, "redirect: inner_address %H is no address of this host, "
			 "%H is not routed to %H", local, vip, gateway);
		return;
	}
	if (charon->kernel->add_route(charon->kernel, dst, dst.len * 8, gateway,
								  local, interface, FALSE) != SUCCESS)
	{
		DBG1(DBG_CFG, "redirect: no route for %H to %H, see above", vip,
			 gateway);
		free(interface);
		return;
	}
	INIT(entry,
		.vip = vip->clone(vip),
		.local = local->clone(local),
		.gateway = gateway->clone(gateway),
		.interface = interface,
	);
	this->routes->put(this->routes, entry->vip, entry);
	DBG2(DBG_CFG, "redirect: %H is routed to %H", vip, gateway);
}

/**
 * Set the route for an address, NULL for none.  Mutex held.
 */
static void set(private_redirect_route_t *this, host_t *vip, host_t *local,
				host_t *gateway)
{
	entry_t *entry;

	entry = this->routes->get(this->routes, vip);
	if (!entry || !gateway || !local ||
		!gateway->ip_equals(gateway, entry->gateway) ||
		!local->ip_equals(local, entry->local))
	{
		if (entry)
		{
			this->routes->remove(this->routes, vip);
			remove_route(entry);
		}
		if (gateway && local &&
			gateway->get_family(gateway) == vip->get_family(vip) &&
			local->get_family(local) == vip->get_family(vip))
		{
			add_route(this, vip, local, gateway);
		}
	}
}

/**
 * Implements redirect_members_cb_t: find the inner addresses.
 */
static void find_hop(hop_t *hop, redirect_member_t *members[], u_int count)
{
	host_t *inner;
	u_int i;

	for (i = 0; i < count; i++)
	{
		inner = members[i]->load.inner;
		if (inner && members[i]->self)
		{
			hop->local = inner->clone(inner);
		}
		else if (inner && hop->owner && streq(members[i]->name, hop->owner))
		{
			hop->gateway = inner->clone(inner);
		}
	}
}

METHOD(redirect_route_t, update, void,
	private_redirect_route_t *this, host_t *vip)
{
	hop_t hop = {};

	/* two threads must not set what they found in another order */
	this->mutex->lock(this->mutex);
	hop.owner = this->table->get_owner(this->table, vip);
	if (hop.owner)
	{
		this->members->use(this->members, (redirect_members_cb_t)find_hop,
						   &hop);
	}
	set(this, vip, hop.local, hop.gateway);
	this->mutex->unlock(this->mutex);
	DESTROY_IF(hop.local);
	DESTROY_IF(hop.gateway);
	free(hop.owner);
}

METHOD(redirect_route_t, destroy, void,
	private_redirect_route_t *this)
{
	enumerator_t *enumerator;
	entry_t *entry;
	host_t *vip;

	enumerator = this->routes->create_enumerator(this->routes);
	while (enumerator->enumerate(enumerator, &vip, &entry))
	{
		this->routes->remove_at(this->routes, enumerator);
		remove_route(entry);
	}
	enumerator->destroy(enumerator);
	this->routes->destroy(this->routes);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
redirect_route_t *redirect_route_create(redirect_lease_table_t *table,
										redirect_members_t *members)
{
	private_redirect_route_t *this;

	INIT(this,
		.public = {
			.update = _update,
			.destroy = _destroy,
		},
		.table = table,
		.members = members,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.routes = hashtable_create((hashtable_hash_t)hash,
								   (hashtable_equals_t)equals, 64),
	);
	return &this->public;
}
