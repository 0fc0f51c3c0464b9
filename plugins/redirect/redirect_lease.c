/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_lease.h"
#include "redirect_handover.h"
#include "redirect_lease_message.h"
#include "redirect_replica.h"
#include "redirect_route.h"

#include "lease_free.h"

#include <daemon.h>
#include <collections/array.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

typedef struct private_redirect_lease_t private_redirect_lease_t;
typedef struct origin_t origin_t;

/**
 * Private data.
 */
struct private_redirect_lease_t {

	/** public interface */
	redirect_lease_t public;

	/** functions of charon's attribute manager that we replaced */
	attribute_manager_t original;

	/** sync channel */
	sync_channel_t *channel;

	/** members of the cluster */
	redirect_members_t *members;

	/** knows where clients come from */
	redirect_gateway_t *gateway;

	/** routes to members that have a client now */
	redirect_route_t *route;

	/** knows copies of other members' IKE SAs */
	redirect_replica_t *replica;

	/** held while a lease is changed and told, so that members hear of a change
	 * after those before it */
	mutex_t *order;
};

/**
 * The only instance: charon's functions that we replace get no context.
 */
static private_redirect_lease_t *instance;

/**
 * Where a client may have had its address.
 */
struct origin_t {
	/** gateway it was redirected from, NULL if it was not */
	host_t *from;
	/** names of members at that address, or dead, char* */
	array_t *names;
};

/**
 * Tell other members about a lease.
 */
static void tell(private_redirect_lease_t *this, uint8_t type, host_t *vip,
				 identification_t *id, host_t *gateway)
{
	this->channel->send(this->channel, SYNC_REDIRECT, type,
						redirect_lease_encode(vip, id, gateway));
}

/**
 * Add a lease of this daemon, or one more user of it, and tell others.
 */
static void add_own(private_redirect_lease_t *this, host_t *vip,
					ike_sa_t *ike_sa, bool adopted)
{
	identification_t *id = ike_sa->get_other_eap_id(ike_sa);
	host_t *gateway = ike_sa->get_my_host(ike_sa);

	this->order->lock(this->order);
	if (this->public.table->add(this->public.table, vip, id, NULL, gateway,
								adopted))
	{
		tell(this, REDIRECT_MESSAGE_LEASE, vip, id, gateway);
	}
	this->order->unlock(this->order);
}

/**
 * Remove a user of a lease of this daemon, and tell others if it's the last.
 * Returns TRUE if the address is not from a pool.
 */
static bool remove_own(private_redirect_lease_t *this, host_t *vip,
					   ike_sa_t *ike_sa)
{
	identification_t *id = ike_sa->get_other_eap_id(ike_sa);
	bool adopted;

	this->order->lock(this->order);
	if (this->public.table->remove(this->public.table, vip, id, NULL, &adopted))
	{
		tell(this, REDIRECT_MESSAGE_LEASE_GONE, vip, id, NULL);
	}
	this->order->unlock(this->order);
	return adopted;
}

/**
 * Implements redirect_members_cb_t: find members the client may come from.
 */
static void find_origin(origin_t *origin, redirect_member_t *members[],
						u_int count)
{
	char *name;
	u_int i;

	for (i = 0; i < count; i++)
	{
		if (!members[i]->self && (!members[i]->alive || (origin->from &&
					redirect_choose_is_at(members[i], origin->from))))
		{
			name = strdup(members[i]->name);
			array_insert(origin->names, ARRAY_TAIL, name);
		}
	}
}

/**
 * Implements redirect_lease_filter_t
 */
static bool is_origin(origin_t *origin, const char *owner, host_t *gateway)
{
	char *name;
	u_int i;

	if (gateway && origin->from && gateway->ip_equals(gateway, origin->from))
	{	/* a service address, that none of the members tells as its own */
		return TRUE;
	}
	for (i = 0; i < (u_int)array_count(origin->names); i++)
	{
		if (array_get(origin->names, i, &name) && streq(name, owner))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Get the address a client has at the member it comes from.
 */
static host_t *find_moved(private_redirect_lease_t *this, ike_sa_t *ike_sa,
						  host_t *requested)
{
	origin_t origin = {};
	host_t *vip = NULL;

	origin.from = this->gateway->get_from(this->gateway, ike_sa);
	origin.names = array_create(0, 0);
	this->members->use(this->members, (redirect_members_cb_t)find_origin,
					   &origin);
	if (origin.from || array_count(origin.names))
	{
		vip = this->public.table->find(this->public.table,
						ike_sa->get_other_eap_id(ike_sa), requested,
						(redirect_lease_filter_t)is_origin, &origin);
	}
	array_destroy_function(origin.names, (void*)free, NULL);
	DESTROY_IF(origin.from);
	return vip;
}

/**
 * Implements lease_free_taken_t: another member's client has it.
 */
static bool is_taken(redirect_lease_table_t *table, host_t *vip,
					 identification_t *id)
{
	return table->is_taken(table, vip);
}

/**
 * Implements redirect_handover_cb_t: a client that moved here sends.
 */
static void used(host_t *vip, identification_t *id)
{
	if (instance)
	{
		tell(instance, REDIRECT_MESSAGE_LEASE_USED, vip, id, NULL);
	}
}

/**
 * Implements redirect_handover_cb_t: a client that moved away has no CHILD SAs
 * here any more.
 */
static void let_go(host_t *vip, identification_t *id)
{
	if (instance)
	{
		instance->public.table->hand_over(instance->public.table, vip, id);
		instance->route->update(instance->route, vip);
	}
}

/**
 * Implements redirect_leaving_t
 */
static void leaving(private_redirect_lease_t *this, ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	host_t *vip;

	enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, FALSE);
	while (enumerator->enumerate(enumerator, &vip))
	{
		this->public.table->leaves(this->public.table, vip,
								   ike_sa->get_other_eap_id(ike_sa),
								   ike_sa->get_unique_id(ike_sa));
	}
	enumerator->destroy(enumerator);
}

/**
 * Replaces attribute_manager_t.acquire_address.
 */
static host_t *acquire_address(attribute_manager_t *manager,
							   linked_list_t *pools, ike_sa_t *ike_sa,
							   host_t *requested)
{
	private_redirect_lease_t *this = instance;
	identification_t *id = ike_sa->get_other_eap_id(ike_sa);
	host_t *vip;
	bool moved;

	if (!pools->get_count(pools))
	{
		return this->original.acquire_address(manager, pools, ike_sa,
											  requested);
	}
	/* a client that reauthenticates make-before-break asks for its own */
	vip = this->public.table->is_adopted(this->public.table, requested, id) ?
		  requested->clone(requested) : find_moved(this, ike_sa, requested);
	moved = vip != NULL;
	if (moved)
	{
		DBG1(DBG_CFG, "redirect: '%Y' keeps its virtual IP %H", id, vip);
	}
	else
	{
		vip = lease_free_acquire(&this->original, manager, pools, ike_sa,
							requested, (lease_free_taken_t)is_taken,
							this->public.table);
	}
	if (vip)
	{
		add_own(this, vip, ike_sa, moved);
		this->route->update(this->route, vip);
		if (moved)
		{
			redirect_handover_watch(ike_sa->get_unique_id(ike_sa), vip, id,
									used);
		}
	}
	return vip;
}

/**
 * Replaces attribute_manager_t.release_address.
 */
static bool release_address(attribute_manager_t *manager, linked_list_t *pools,
							host_t *address, ike_sa_t *ike_sa)
{
	private_redirect_lease_t *this = instance;
	bool adopted;

	if (this->replica->is_destroyed(this->replica, ike_sa))
	{	/* the address is not ours, or the client has it by another IKE SA */
		return this->original.release_address(manager, pools, address, ike_sa);
	}
	adopted = remove_own(this, address, ike_sa);
	this->route->update(this->route, address);
	return adopted || this->original.release_address(manager, pools, address,
													 ike_sa);
}

/**
 * Job: set the route for an address.
 */
static job_requeue_t do_route(host_t *vip)
{
	if (instance)
	{
		instance->route->update(instance->route, vip);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Implements redirect_replica_cb_t: the client has its addresses here now, or
 * elsewhere.  It's a hook of charon's bus, so routes are set by a job.
 */
static void turned(private_redirect_lease_t *this, ike_sa_t *ike_sa,
				   bool active)
{
	enumerator_t *enumerator;
	host_t *vip;

	enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, FALSE);
	while (enumerator->enumerate(enumerator, &vip))
	{
		if (active)
		{
			add_own(this, vip, ike_sa, FALSE);
		}
		else
		{
			remove_own(this, vip, ike_sa);
		}
		lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create((callback_job_cb_t)do_route, vip->clone(vip),
								(callback_job_cleanup_t)vip->destroy, NULL));
	}
	enumerator->destroy(enumerator);
}

/**
 * Two members may give an address to different clients before they hear of each
 * other's: that of the member whose name is the lower one keeps it, the other
 * one has to get another.
 */
static void resolve(private_redirect_lease_t *this, char *member, host_t *vip,
					identification_t *id)
{
	identification_t *rival;

	rival = this->public.table->get_rival(this->public.table, vip, id);
	if (rival && strcmp(member, this->channel->get_name(this->channel)) < 0)
	{
		DBG1(DBG_CFG, "redirect: member '%s' gave virtual IP %H to '%Y', too: "
			 "deleting the IKE SA of '%Y' here so that it gets another",
			 member, vip, id, rival);
		redirect_handover_give_way(vip, rival);
	}
	DESTROY_IF(rival);
}

/**
 * Get our data.
 */
static private_redirect_lease_t *from_subscriber(sync_subscriber_t *subscriber)
{
	return (private_redirect_lease_t*)((char*)subscriber -
								offsetof(redirect_lease_t, subscriber));
}

/**
 * Implements sync_subscriber_t.receive
 */
static void receive_lease(sync_subscriber_t *subscriber, char *member,
						  uint8_t type, chunk_t body)
{
	private_redirect_lease_t *this = from_subscriber(subscriber);
	redirect_lease_table_t *table = this->public.table;
	identification_t *id;
	host_t *vip, *gateway;
	uint32_t ike_sa;

	if (type != REDIRECT_MESSAGE_LEASE &&
		type != REDIRECT_MESSAGE_LEASE_GONE &&
		type != REDIRECT_MESSAGE_LEASE_USED)
	{
		return;
	}
	if (!redirect_lease_decode(body, &vip, &id, &gateway))
	{
		DBG1(DBG_CFG, "redirect: a lease told by member '%s' is malformed, it "
			 "is ignored", member);
		return;
	}
	switch (type)
	{
		case REDIRECT_MESSAGE_LEASE:
			table->add(table, vip, id, member, gateway, FALSE);
			resolve(this, member, vip, id);
			break;
		case REDIRECT_MESSAGE_LEASE_GONE:
			table->remove(table, vip, id, member, NULL);
			break;
		default:
			ike_sa = table->get_leaving(table, vip, id);
			if (ike_sa)
			{
				redirect_handover_let_go(ike_sa, vip, id, let_go);
			}
			break;
	}
	this->route->update(this->route, vip);
	vip->destroy(vip);
	id->destroy(id);
	DESTROY_IF(gateway);
}

/**
 * Implements redirect_lease_cb_t: add a lease to a snapshot.
 */
static bool add_to_snapshot(sync_sink_t *sink, host_t *vip,
							identification_t *id, host_t *gateway)
{
	return sink->add(sink, REDIRECT_MESSAGE_LEASE,
					 redirect_lease_encode(vip, id, gateway));
}

/**
 * Implements sync_subscriber_t.snapshot
 */
static void snapshot(sync_subscriber_t *subscriber, char *member,
					 sync_sink_t *sink)
{
	private_redirect_lease_t *this = from_subscriber(subscriber);

	this->public.table->each(this->public.table,
							 (redirect_lease_cb_t)add_to_snapshot, sink);
}

/**
 * Implements sync_subscriber_t.resync_begin
 */
static void resync_begin(sync_subscriber_t *subscriber, char *member)
{
	private_redirect_lease_t *this = from_subscriber(subscriber);

	this->public.table->mark(this->public.table, member);
}

/**
 * Implements sync_subscriber_t.resync_end
 */
static void resync_end(sync_subscriber_t *subscriber, char *member)
{
	private_redirect_lease_t *this = from_subscriber(subscriber);
	array_t *vips;
	host_t *vip;

	vips = this->public.table->sweep(this->public.table, member);
	while (array_remove(vips, ARRAY_TAIL, &vip))
	{
		this->route->update(this->route, vip);
		vip->destroy(vip);
	}
	array_destroy(vips);
}

METHOD(redirect_lease_t, destroy, void,
	private_redirect_lease_t *this)
{
	this->gateway->on_leaving(this->gateway, NULL, NULL);
	charon->bus->remove_listener(charon->bus, &this->replica->listener);
	charon->attributes->acquire_address = this->original.acquire_address;
	charon->attributes->release_address = this->original.release_address;
	instance = NULL;
	this->route->destroy(this->route);
	this->replica->destroy(this->replica);
	this->public.table->destroy(this->public.table);
	this->order->destroy(this->order);
	free(this);
}

/*
 * Described in header.
 */
redirect_lease_t *redirect_lease_create(sync_channel_t *channel,
										redirect_members_t *members,
										redirect_gateway_t *gateway)
{
	private_redirect_lease_t *this;

	INIT(this,
		.public = {
			.subscriber = {
				.receive = receive_lease,
				.snapshot = snapshot,
				.resync_begin = resync_begin,
				.resync_end = resync_end,
			},
			.table = redirect_lease_table_create(),
			.destroy = _destroy,
		},
		.original = *charon->attributes,
		.channel = channel,
		.members = members,
		.gateway = gateway,
		.order = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->route = redirect_route_create(this->public.table, members);
	gateway->on_leaving(gateway, (redirect_leaving_t)leaving, this);
	this->replica = redirect_replica_create((redirect_replica_cb_t)turned,
											this);
	charon->bus->add_listener(charon->bus, &this->replica->listener);
	instance = this;
	charon->attributes->acquire_address = acquire_address;
	charon->attributes->release_address = release_address;
	return &this->public;
}
