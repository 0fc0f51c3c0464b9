/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "cluster_members.h"

#include "sync_channel.h"

#include <inttypes.h>

/**
 * Write a counter.
 */
static void add_number(vici_builder_t *reply, char *key, uint64_t value)
{
	reply->add_kv(reply, key, "%" PRIu64, value);
}

/**
 * Write a random number, as a string no JSON parser rounds.
 */
static void add_incarnation(vici_builder_t *reply, uint64_t incarnation)
{
	reply->add_kv(reply, "incarnation", "%016" PRIx64, incarnation);
}

/**
 * Write what is known about another member.
 */
static void add_member(vici_builder_t *reply, sync_member_t *member)
{
	reply->begin_section(reply, member->name);
	reply->add_kv(reply, "address", "%s", member->address ?: "");
	reply->add_kv(reply, "state", "%N", sync_link_state_names, member->state);
	add_number(reply, "since", time_monotonic(NULL) - member->since);
	if (member->incarnation)
	{
		add_incarnation(reply, member->incarnation);
	}
	if (member->error)
	{
		reply->add_kv(reply, "error", "%s", member->error);
	}
	add_number(reply, "bytes_out", member->bytes_out);
	add_number(reply, "bytes_in", member->bytes_in);
	add_number(reply, "frames_out", member->frames_out);
	add_number(reply, "frames_in", member->frames_in);
	add_number(reply, "lag", member->lag);
	add_number(reply, "backlog_used", member->backlog_used);
	add_number(reply, "connects", member->connects);
	add_number(reply, "catchups", member->catchups);
	add_number(reply, "resyncs_out", member->resyncs_out);
	add_number(reply, "resyncs_in", member->resyncs_in);
	add_number(reply, "overflows", member->overflows);
	reply->end_section(reply);
}

/*
 * Described in header.
 */
void cluster_members_status(vici_builder_t *reply)
{
	enumerator_t *enumerator;
	sync_channel_t *channel;
	sync_member_t *member;

	channel = sync_channel_get();
	if (channel)
	{
		reply->begin_section(reply, "channel");
		reply->add_kv(reply, "name", "%s", channel->get_name(channel));
		add_incarnation(reply, channel->get_incarnation(channel));
		reply->end_section(reply);
	}
	reply->begin_section(reply, "members");
	if (channel)
	{
		enumerator = channel->create_member_enumerator(channel);
		while (enumerator->enumerate(enumerator, &member))
		{
			add_member(reply, member);
		}
		enumerator->destroy(enumerator);
		sync_channel_put();
	}
	reply->end_section(reply);
}
