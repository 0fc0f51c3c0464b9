/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_command.h"
#include "ha_sync_handover.h"

#include <daemon.h>

#include <inttypes.h>

#include <stdio.h>

/**
 * How long a command waits for a change of the active, in ms.
 */
#define COMMAND_TIMEOUT 30000

/**
 * Failures listed in the status at most.
 */
#define MAX_FAILED 1000

typedef struct private_ha_sync_command_t private_ha_sync_command_t;

/**
 * Private data.
 */
struct private_ha_sync_command_t {

	/** public interface */
	ha_sync_command_t public;

	/** control socket */
	cluster_control_t *control;

	/** channel */
	sync_channel_t *channel;

	/** groups of service addresses */
	ha_sync_groups_t *groups;

	/** registry */
	ha_sync_registry_t *registry;

	/** ownership */
	ha_sync_ownership_t *ownership;

	/** keeps addresses usable while they move */
	ha_sync_address_keep_t *keep;

	/** failover */
	ha_sync_failover_t *failover;

	/** message-ID sync */
	ha_sync_mid_sync_t *mid_sync;

	/** decides about message-ID syncs */
	ha_sync_mid_guard_t *guard;

	/** rekeyings */
	ha_sync_rekey_t *rekey;

	/** receiver */
	ha_sync_receiver_t *receiver;

	/** durability */
	ha_sync_durability_t *durability;

	/** time spent in hooks */
	ha_sync_hook_time_t *times;
};

/**
 * Allocate a message.
 */
static char *message(const char *fmt, ...)
{
	va_list args;
	char *msg;

	va_start(args, fmt);
	if (vasprintf(&msg, fmt, args) < 0)
	{
		msg = NULL;
	}
	va_end(args);
	return msg ?: strdup("out of memory");
}

/**
 * Get the group an operator means, the only one if none is given.
 */
static char *get_group(private_ha_sync_command_t *this, vici_message_t *request,
					   char **group)
{
	array_t *names;
	char *name, *first = NULL;
	int count;

	names = this->groups->get_names(this->groups);
	count = array_count(names);
	array_get(names, 0, &first);
	array_destroy(names);
	name = request->get_str(request, NULL, "group");
	if (!name && count > 1)
	{
		return message("there are %d groups, name one of them; 'swancluster "
					   "status' lists them", count);
	}
	*group = name ?: first;
	return NULL;
}

/**
 * Add the state of the group after a command.
 */
static void add_result(vici_builder_t *reply, char *group, timeval_t *start)
{
	timeval_t now, diff;

	time_monotonic(&now);
	timersub(&now, start, &diff);
	reply->add_kv(reply, "group", "%s", group);
	reply->add_kv(reply, "ms", "%ld",
				  diff.tv_sec * 1000 + diff.tv_usec / 1000);
}

/**
 * Command: be active, and willing to hold the addresses.
 */
static char *activate(private_ha_sync_command_t *this, vici_message_t *request,
					  vici_builder_t *reply)
{
	timeval_t start;
	char *group, *msg;

	time_monotonic(&start);
	msg = get_group(this, request, &group);
	if (!msg)
	{
		ha_sync_handover_hint(group, TRUE);
		msg = this->ownership->activate(this->ownership, group);
	}
	if (!msg && !this->ownership->wait(this->ownership, group, TRUE,
									   COMMAND_TIMEOUT))
	{
		msg = message("not active for group '%s' after %d s, 'swancluster "
					  "status' says why", group, COMMAND_TIMEOUT / 1000);
	}
	if (!msg)
	{
		add_result(reply, group, &start);
	}
	return msg;
}

/**
 * Command: be standby until told otherwise, not willing to hold the addresses.
 */
static char *standby(private_ha_sync_command_t *this, vici_message_t *request,
					 vici_builder_t *reply)
{
	timeval_t start;
	char *group, *msg;

	time_monotonic(&start);
	msg = get_group(this, request, &group);
	if (!msg)
	{
		ha_sync_handover_hint(group, FALSE);
		msg = this->ownership->stand_down(this->ownership, group);
	}
	if (!msg && !this->ownership->wait(this->ownership, group, FALSE,
									   COMMAND_TIMEOUT))
	{
		msg = message("still active for group '%s' after %d s", group,
					  COMMAND_TIMEOUT / 1000);
	}
	if (!msg)
	{
		add_result(reply, group, &start);
	}
	return msg;
}

/**
 * Check that a member can take over.
 */
static char *check_target(private_ha_sync_command_t *this, char **to)
{
	enumerator_t *enumerator;
	sync_member_t *member;
	char *found = NULL;

	enumerator = this->channel->create_member_enumerator(this->channel);
	while (enumerator->enumerate(enumerator, &member))
	{
		if (member->state == SYNC_LINK_UP && !found &&
			(!*to || streq(*to, member->name)))
		{
			found = strdup(member->name);
		}
	}
	enumerator->destroy(enumerator);
	if (!found)
	{
		return *to ? message("member '%s' is not connected and in sync, "
							 "'swancluster status' says why", *to)
				   : message("no other member is connected and in sync, "
							 "'swancluster status' says why");
	}
	*to = found;
	return NULL;
}

/**
 * Command: let another member be active.
 */
static char *handover(private_ha_sync_command_t *this, vici_message_t *request,
					  vici_builder_t *reply)
{
	timeval_t start;
	char *group, *msg, *target;

	time_monotonic(&start);
	msg = get_group(this, request, &group);
	if (msg)
	{
		return msg;
	}
	if (!this->ownership->is_active(this->ownership, group))
	{
		return message("this member is not active for group '%s'", group);
	}
	target = request->get_str(request, NULL, "to");
	msg = check_target(this, &target);
	if (msg)
	{
		return msg;
	}
	msg = ha_sync_handover(this->ownership, this->keep, group, target,
						   COMMAND_TIMEOUT);
	if (!msg)
	{
		reply->add_kv(reply, "active", "%s", target);
		add_result(reply, group, &start);
	}
	free(target);
	return msg;
}

/**
 * Command: get a full resync from another member, or all.
 */
static char *resync(private_ha_sync_command_t *this, vici_message_t *request,
					vici_builder_t *reply)
{
	char *member;

	member = request->get_str(request, NULL, "member");
	if (!this->channel->request_resync(this->channel, member, SYNC_HA))
	{
		return member ? message("member '%s' is not connected, 'swancluster "
								"status' says why", member)
					  : message("no other member is connected");
	}
	return NULL;
}

/**
 * Write the state of a group.
 */
static void group_status(private_ha_sync_command_t *this, char *name,
						 vici_builder_t *reply)
{
	ha_sync_ownership_status_t status;
	ha_sync_counts_t counts;
	array_t *addresses;
	host_t *host;

	if (!this->ownership->get_status(this->ownership, name, &status))
	{
		return;
	}
	counts = this->registry->count(this->registry, name);
	reply->begin_section(reply, name);
	reply->add_kv(reply, "state", status.active ? "active" : "standby");
	if (status.active_member)
	{
		reply->add_kv(reply, "active", "%s", status.active_member);
	}
	reply->add_kv(reply, "epoch", "%llu", (unsigned long long)status.epoch);
	reply->add_kv(reply, "held", status.held ? "yes" : "no");
	reply->add_kv(reply, "takeover", status.manual ? "manual" : "address");
	reply->add_kv(reply, "split_brain", status.split_brain ? "yes" : "no");
	if (status.stood_down)
	{
		reply->add_kv(reply, "stood_down", "yes");
	}
	if (status.waiting)
	{
		reply->add_kv(reply, "waiting", "%s", status.waiting);
	}
	reply->begin_list(reply, "addresses");
	addresses = this->groups->get_addresses(this->groups, name);
	while (addresses && array_remove(addresses, ARRAY_HEAD, &host))
	{
		reply->add_li(reply, "%H", host);
		host->destroy(host);
	}
	array_destroy(addresses);
	reply->end_list(reply);
	reply->add_kv(reply, "ike_sas", "%u", status.active ? counts.ikes : 0);
	reply->add_kv(reply, "child_sas", "%u",
				  status.active ? counts.children : 0);
	reply->add_kv(reply, "replicas_ike", "%u",
				  status.active ? 0 : counts.ikes - counts.failed);
	reply->add_kv(reply, "replicas_child", "%u",
				  status.active ? 0 : counts.children);
	reply->add_kv(reply, "failed", "%u", counts.failed);
	reply->end_section(reply);
}

/**
 * Write the SAs that have no complete copy.
 */
static void failed_status(private_ha_sync_command_t *this,
						  vici_builder_t *reply)
{
	enumerator_t *enumerator;
	ha_sync_spis_t *spis;
	char *name, *reason, key[16];
	int i = 0;

	reply->begin_section(reply, "failed");
	enumerator = this->registry->create_failure_enumerator(this->registry);
	while (enumerator->enumerate(enumerator, &spis, &name, &reason) &&
		   i < MAX_FAILED)
	{
		snprintf(key, sizeof(key), "%d", ++i);
		reply->begin_section(reply, key);
		reply->add_kv(reply, "ike", "%.16" PRIx64 "_%.16" PRIx64,
					  be64toh(spis->i), be64toh(spis->r));
		reply->add_kv(reply, "name", "%s", name);
		reply->add_kv(reply, "reason", "%s", reason);
		reply->end_section(reply);
	}
	enumerator->destroy(enumerator);
	reply->end_section(reply);
}

/**
 * Write what was measured.
 */
static void stats_status(private_ha_sync_command_t *this, vici_builder_t *reply)
{
	uint64_t received, refused, handshakes, median, p99;
	ha_sync_failover_status_t failover;
	ha_sync_mid_sync_counts_t mids;
	uint32_t unproven, queued;
	ha_sync_rekey_counts_t rekeys;

	this->failover->get_status(this->failover, &failover);
	reply->begin_section(reply, "activation");
	reply->add_kv(reply, "state", failover.active ? "running" : "done");
	reply->add_kv(reply, "done", "%u", failover.done);
	reply->add_kv(reply, "total", "%u", failover.total);
	reply->add_kv(reply, "ms", "%u", failover.ms);
	reply->end_section(reply);

	this->mid_sync->get_counts(this->mid_sync, &mids);
	this->guard->get_counts(this->guard, &unproven, &queued);
	reply->begin_section(reply, "mid_sync");
	reply->add_kv(reply, "unproven", "%u", unproven);
	reply->add_kv(reply, "queued", "%u", queued);
	reply->add_kv(reply, "pending", "%u", mids.pending);
	reply->add_kv(reply, "done", "%u", mids.done);
	reply->add_kv(reply, "failed", "%u", mids.failed);
	reply->add_kv(reply, "skipped", "%u", mids.skipped);
	reply->end_section(reply);

	this->rekey->get_counts(this->rekey, &rekeys);
	reply->begin_section(reply, "rekey");
	reply->add_kv(reply, "queued", "%u", rekeys.queued);
	reply->add_kv(reply, "started", "%u", rekeys.started);
	reply->end_section(reply);

	this->receiver->get_counts(this->receiver, &received, &refused);
	reply->begin_section(reply, "records");
	reply->add_kv(reply, "received", "%llu", (unsigned long long)received);
	reply->add_kv(reply, "refused", "%llu", (unsigned long long)refused);
	reply->end_section(reply);

	this->durability->status(this->durability, reply);

	handshakes = this->times->get(this->times, &median, &p99);
	reply->begin_section(reply, "hooks");
	reply->add_kv(reply, "handshakes", "%llu", (unsigned long long)handshakes);
	reply->add_kv(reply, "median_us", "%.1f", median / 1000.0);
	reply->add_kv(reply, "p99_us", "%.1f", p99 / 1000.0);
	reply->end_section(reply);
}

/**
 * Write the section "ha" of the status.
 */
static void status(private_ha_sync_command_t *this, vici_builder_t *reply)
{
	array_t *names;
	char *name;

	reply->begin_section(reply, "groups");
	names = this->groups->get_names(this->groups);
	while (array_remove(names, ARRAY_HEAD, &name))
	{
		group_status(this, name, reply);
	}
	array_destroy(names);
	reply->end_section(reply);
	failed_status(this, reply);
	stats_status(this, reply);
}

METHOD(ha_sync_command_t, destroy, void,
	private_ha_sync_command_t *this)
{
	this->control->remove_status(this->control, "ha");
	this->control->remove_command(this->control, "activate");
	this->control->remove_command(this->control, "standby");
	this->control->remove_command(this->control, "handover");
	this->control->remove_command(this->control, "resync");
	free(this);
}

/*
 * Described in header.
 */
ha_sync_command_t *ha_sync_command_create(cluster_control_t *control,
										  sync_channel_t *channel,
										  ha_sync_groups_t *groups,
										  ha_sync_registry_t *registry,
										  ha_sync_ownership_t *ownership,
										  ha_sync_address_keep_t *keep,
										  ha_sync_failover_t *failover,
										  ha_sync_mid_sync_t *mid_sync,
										  ha_sync_mid_guard_t *guard,
										  ha_sync_rekey_t *rekey,
										  ha_sync_receiver_t *receiver,
										  ha_sync_durability_t *durability,
										  ha_sync_hook_time_t *times)
{
	private_ha_sync_command_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.control = control,
		.channel = channel,
		.groups = groups,
		.registry = registry,
		.ownership = ownership,
		.keep = keep,
		.failover = failover,
		.mid_sync = mid_sync,
		.guard = guard,
		.rekey = rekey,
		.receiver = receiver,
		.durability = durability,
		.times = times,
	);
	control->add_status(control, "ha", (void*)status, this);
	control->add_command(control, "activate", (void*)activate, this);
	control->add_command(control, "standby", (void*)standby, this);
	control->add_command(control, "handover", (void*)handover, this);
	control->add_command(control, "resync", (void*)resync, this);
	return &this->public;
}
