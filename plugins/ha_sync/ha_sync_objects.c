/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_objects.h"
#include "ha_sync_leftovers.h"

#include <daemon.h>

/**
 * Implements ha_sync_ownership_ops_t.holds
 */
static bool holds(ha_sync_objects_t *this, char *group)
{
	array_t *addresses;
	host_t *host;
	bool all;

	addresses = this->groups->get_addresses(this->groups, group);
	all = array_count(addresses) > 0;
	while (addresses && array_remove(addresses, ARRAY_HEAD, &host))
	{
		all = all && this->addresses->holds(this->addresses, host);
		host->destroy(host);
	}
	array_destroy(addresses);
	return all;
}

/**
 * Implements ha_sync_ownership_ops_t.announce
 */
static void announce(ha_sync_objects_t *this,
					 const ha_sync_group_record_t *record)
{
	this->sender->group(this->sender, record);
}

/**
 * Implements ha_sync_ownership_ops_t.activate
 */
static void activate(ha_sync_objects_t *this, char *group, bool planned)
{
	this->copies->flush(this->copies);
	this->silence->taking_over(this->silence, group);
	this->failover->activate(this->failover, group, planned);
	this->response->activate(this->response, group);
	this->lease->settle(this->lease);
	/* the others may have got less, or more, from the previous active */
	this->channel->start_resync(this->channel, NULL, SYNC_HA);
}

/**
 * Implements ha_sync_ownership_ops_t.give_up
 */
static void give_up(ha_sync_objects_t *this, char *group)
{
	this->failover->give_up(this->failover, group);
}

/**
 * Implements ha_sync_ownership_ops_t.settle
 */
static void settle(ha_sync_objects_t *this, char *group)
{
	/* the kernel must not send with the numbers of a copy */
	this->keep->release(this->keep, group);
	this->failover->settle(this->failover, group);
}

/**
 * Implements ha_sync_ownership_ops_t.drop
 */
static void drop(ha_sync_objects_t *this, char *group)
{
	this->failover->drop(this->failover, group);
}

/**
 * Implements ha_sync_ownership_ops_t.resync
 */
static void resync(ha_sync_objects_t *this, char *member)
{
	this->channel->request_resync(this->channel, member, SYNC_HA);
}

/**
 * Implements ha_sync_ownership_ops_t.count
 */
static uint32_t count(ha_sync_objects_t *this, char *group)
{
	return this->registry->count(this->registry, group).ikes;
}

/**
 * The addresses of this host changed.
 */
static void addresses_changed(ha_sync_objects_t *this)
{
	this->ownership->addresses_changed(this->ownership);
}

/**
 * Check if an IKE_SA is on a service address.
 */
static bool is_ours(ha_sync_objects_t *this, ike_sa_t *ike_sa)
{
	return this->groups->find(this->groups,
							  ike_sa->get_my_host(ike_sa)) != NULL;
}

/**
 * The message IDs of an IKE_SA were changed by a sync.
 */
static void mids_set(ha_sync_objects_t *this, ike_sa_t *ike_sa,
					 const ha_sync_mids_t *mids)
{
	this->capture->set_mids(this->capture, ike_sa, mids);
}

/**
 * A peer did not skip numbers of its replay counters as it was asked to.
 */
static void skip_refused(ha_sync_objects_t *this, ike_sa_id_t *id)
{
	ha_sync_spis_t spis = {
		.i = id->get_initiator_spi(id),
		.r = id->get_responder_spi(id),
		.initiator = id->is_initiator(id),
	};
	array_t *children;

	children = this->registry->get_children(this->registry, &spis);
	this->policy->refused(this->policy, children);
	array_destroy_function(children, (void*)ha_sync_child_destroy, NULL);
}

/**
 * Implements ha_sync_peer_ops_t.judge
 */
static ha_sync_verdict_t judge(ha_sync_objects_t *this,
							   ike_sa_t *ike_sa)
{
	return this->state->judge(this->state, ike_sa);
}

/**
 * Implements ha_sync_peer_ops_t.refused
 */
static void refused(ha_sync_objects_t *this, ike_sa_t *ike_sa)
{
	this->state->fail(this->state, ike_sa,
					  "the peer failed over at the same time");
}

/**
 * Check if rekeyings have to wait: as long as peers are still to be told the
 * message IDs, they may refuse our requests.
 */
static bool syncs_wait(ha_sync_objects_t *this)
{
	ha_sync_failover_status_t status;
	uint32_t unproven, queued;

	this->failover->get_status(this->failover, &status);
	this->guard->get_counts(this->guard, &unproven, &queued);
	return status.active || queued;
}

/**
 * The daemon goes down: check if another member is there to take over.
 */
static bool stopping(ha_sync_objects_t *this)
{
	enumerator_t *enumerator;
	sync_member_t *member;
	bool found = FALSE;

	enumerator = this->channel->create_member_enumerator(this->channel);
	while (enumerator->enumerate(enumerator, &member))
	{
		found = found || member->state == SYNC_LINK_UP;
	}
	enumerator->destroy(enumerator);
	if (found)
	{
		this->capture->freeze(this->capture);
	}
	return found;
}

/**
 * A packet leaves, or must not: what hooks left to others to do is due.
 */
static bool leaving(ha_sync_objects_t *this, packet_t *packet)
{
	this->capture->leaving(this->capture);
	this->channel->wake(this->channel);
	this->counters->wake(this->counters);
	if (!this->state->pass(this->state, packet) ||
		!this->guard->pass(this->guard, packet))
	{
		return FALSE;
	}
	this->resume->substitute(this->resume, packet);
	return TRUE;
}

/**
 * Read if only commands change the active, FALSE if the option is wrong.
 */
static bool read_takeover(bool *manual)
{
	char *value;

	value = lib->settings->get_str(lib->settings,
							"%s.plugins.ha-sync.takeover", "address", lib->ns);
	*manual = streq(value, "manual");
	if (!*manual && !streq(value, "address"))
	{
		DBG1(DBG_CFG, "ha-sync: takeover = '%s' is not known, use 'address' or "
			 "'manual'", value);
		return FALSE;
	}
	return TRUE;
}

/*
 * Described in header.
 */
bool ha_sync_objects_set_groups(ha_sync_objects_t *this)
{
	array_t *names;
	bool manual;

	if (!read_takeover(&manual))
	{
		return FALSE;
	}
	names = this->groups->get_names(this->groups);
	this->ownership->set_groups(this->ownership, names, manual);
	array_destroy(names);
	return TRUE;
}

/**
 * Create the objects of the peer's role: the other side may be a cluster, too.
 */
static bool create_peer(ha_sync_objects_t *this)
{
	ha_sync_peer_ops_t ops = {
		.judge = (void*)judge,
		.refused = (void*)refused,
		.changed = (void*)mids_set,
		.user = this,
	};

	this->kernel = ha_sync_kernel_replay_create();
	if (!this->kernel)
	{
		return FALSE;
	}
	this->peer = ha_sync_peer_create(this->caps, this->kernel, &ops);
	return TRUE;
}

/**
 * Create the objects that keep the state.
 */
static bool create_state(ha_sync_objects_t *this)
{
	this->channel = sync_channel_get();
	if (!this->channel)
	{
		return FALSE;
	}
	this->groups = ha_sync_groups_create();
	if (!this->groups)
	{
		return FALSE;
	}
	ha_sync_leftovers_remove(this->groups);
	this->registry = ha_sync_registry_create();
	this->sender = ha_sync_sender_create(this->channel);
	this->durability = ha_sync_durability_create(this->channel, this->sender);
	if (!this->durability)
	{
		return FALSE;
	}
	this->times = ha_sync_hook_time_create();
	this->counters = ha_sync_counters_create(this->registry, this->sender);
	if (!this->counters)
	{
		return FALSE;
	}
	return TRUE;
}

/**
 * Create the objects that look at IKE_SAs.
 */
static bool create_watchers(ha_sync_objects_t *this)
{
	this->caps = ha_sync_mid_caps_create();
	this->capture = ha_sync_capture_create(this->groups, this->registry,
								this->sender, this->counters, this->caps,
								this->durability->get_gate(this->durability),
								this->times);
	this->lease = ha_sync_lease_create();
	this->replica = ha_sync_replica_create(this->registry, this->counters,
										   this->capture, this->caps,
										   this->lease);
	this->mid_sync = ha_sync_mid_sync_create(this->caps, (void*)is_ours,
								(void*)mids_set, (void*)skip_refused, this);
	this->guard = ha_sync_mid_guard_create(this->registry, this->mid_sync);
	this->state = ha_sync_state_create(this->caps, this->capture, this->guard,
									   this->mid_sync);
	this->mobike = ha_sync_mobike_create(this->groups);
	return create_peer(this);
}

/**
 * Create the objects that take over.
 */
static bool create_failover(ha_sync_objects_t *this)
{
	this->rekey = ha_sync_rekey_create(this->registry, (void*)syncs_wait, this);
	this->policy = ha_sync_replay_policy_create(this->rekey);
	if (!this->policy)
	{
		return FALSE;
	}
	this->response = ha_sync_response_create(this->registry);
	this->resume = ha_sync_resume_create(this->capture);
	this->failover = ha_sync_failover_create(this->registry, this->replica,
								this->capture, this->counters, this->sender,
								this->caps, this->state, this->guard,
								this->policy, this->resume);
	return TRUE;
}

/**
 * Create what passes events of charon's bus on.
 */
static void create_hooks(ha_sync_objects_t *this)
{
	listener_t *listeners[] = {
		&this->caps->listener,
		&this->capture->listener,
		&this->mid_sync->listener,
		&this->guard->listener,
		&this->peer->listener,
		&this->state->listener,
		&this->mobike->listener,
		&this->response->listener,
	};

	this->hooks = ha_sync_hooks_create(this->capture, listeners,
									   countof(listeners));
}

/**
 * Create the objects that act.
 */
static bool create_actors(ha_sync_objects_t *this)
{
	ha_sync_ownership_ops_t ops = {
		.user = this,
		.holds = (void*)holds,
		.announce = (void*)announce,
		.activate = (void*)activate,
		.give_up = (void*)give_up,
		.settle = (void*)settle,
		.drop = (void*)drop,
		.resync = (void*)resync,
		.count = (void*)count,
	};

	this->ownership = ha_sync_ownership_create(
								this->channel->get_name(this->channel), &ops);
	if (!ha_sync_objects_set_groups(this))
	{
		return FALSE;
	}
	this->spi = ha_sync_spi_create();
	this->silence = ha_sync_silence_create(this->groups, this->registry,
								this->ownership, this->counters, this->rekey);
	this->copies = ha_sync_replica_queue_create(this->registry, this->replica);
	this->resync = ha_sync_resync_create(this->groups, this->registry,
								this->ownership, &this->copies->replica);
	this->receiver = ha_sync_receiver_create(this->registry, this->ownership,
								&this->copies->replica, this->counters,
								this->response, this->resync, this->silence,
								this->rekey);
	this->addresses = ha_sync_address_watch_create((void*)addresses_changed,
												   this);
	if (!this->addresses)
	{
		return FALSE;
	}
	this->keep = ha_sync_address_keep_create(this->groups, this->addresses);
	this->outlet = ha_sync_outlet_create((void*)stopping, (void*)leaving,
										 this);
	return TRUE;
}

/*
 * Described in header.
 */
void ha_sync_objects_destroy(ha_sync_objects_t *this)
{
	if (this->ownership)
	{	/* its thread uses the addresses, whose thread tells it of changes */
		this->ownership->stop(this->ownership);
	}
	DESTROY_IF(this->hooks);
	DESTROY_IF(this->keep);
	DESTROY_IF(this->addresses);
	DESTROY_IF(this->ownership);
	DESTROY_IF(this->outlet);
	DESTROY_IF(this->receiver);
	DESTROY_IF(this->resync);
	DESTROY_IF(this->silence);
	DESTROY_IF(this->spi);
	DESTROY_IF(this->failover);
	DESTROY_IF(this->policy);
	DESTROY_IF(this->rekey);
	DESTROY_IF(this->resume);
	DESTROY_IF(this->response);
	DESTROY_IF(this->peer);
	DESTROY_IF(this->kernel);
	DESTROY_IF(this->mobike);
	DESTROY_IF(this->state);
	DESTROY_IF(this->guard);
	DESTROY_IF(this->mid_sync);
	DESTROY_IF(this->copies);
	DESTROY_IF(this->replica);
	DESTROY_IF(this->lease);
	DESTROY_IF(this->capture);
	DESTROY_IF(this->caps);
	DESTROY_IF(this->counters);
	DESTROY_IF(this->times);
	DESTROY_IF(this->durability);
	DESTROY_IF(this->sender);
	DESTROY_IF(this->registry);
	DESTROY_IF(this->groups);
	if (this->channel)
	{
		sync_channel_put();
	}
	free(this);
}

/*
 * Described in header.
 */
ha_sync_objects_t *ha_sync_objects_create()
{
	ha_sync_objects_t *this;

	INIT(this);
	if (!create_state(this) || !create_watchers(this) ||
		!create_failover(this) || !create_actors(this))
	{
		ha_sync_objects_destroy(this);
		return NULL;
	}
	create_hooks(this);
	return this;
}
