/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_command.h"
#include "redirect_option.h"

#include <inttypes.h>
#include <unistd.h>

/** longest wait for the first numbers, in 10 ms */
#define TOTAL_WAIT 200

/** longest deadline, in s */
#define DEADLINE_MAX (7 * 86400)

typedef struct private_redirect_command_t private_redirect_command_t;

/**
 * Private data.
 */
struct private_redirect_command_t {

	/** public interface */
	redirect_command_t public;

	/** control socket */
	cluster_control_t *control;

	/** members of the cluster */
	redirect_members_t *members;

	/** redirects clients */
	redirect_gateway_t *gateway;

	/** drains this daemon */
	redirect_drain_t *drain;

	/** client's side */
	redirect_guard_t *guard;
};

/**
 * Write a yes or no.
 */
static void add_bool(vici_builder_t *reply, char *name, bool value)
{
	reply->add_kv(reply, name, "%s", value ? "yes" : "no");
}

/**
 * Write the progress.
 */
static void add_progress(private_redirect_command_t *this,
						 vici_builder_t *reply)
{
	redirect_progress_t progress;

	this->drain->get_progress(this->drain, &progress);
	add_bool(reply, "draining", progress.draining);
	if (progress.draining)
	{
		reply->add_kv(reply, "rate", "%u", progress.options.rate);
		reply->add_kv(reply, "deadline", "%u", progress.options.deadline);
		reply->add_kv(reply, "action", "%s",
					  progress.options.delete ? "delete" : "wait");
		reply->add_kv(reply, "total", "%u", progress.total);
		reply->add_kv(reply, "left", "%u", progress.left);
		reply->add_kv(reply, "leaving", "%u", progress.leaving);
		reply->add_kv(reply, "unable", "%u", progress.unable);
		reply->add_kv(reply, "nowhere", "%u", progress.nowhere);
		reply->add_kv(reply, "redirected", "%u", progress.redirected);
		reply->add_kv(reply, "deleted", "%u", progress.deleted);
		reply->add_kv(reply, "elapsed", "%u", progress.elapsed);
		reply->add_kv(reply, "estimate", "%u", progress.estimate);
		add_bool(reply, "late", progress.late);
	}
}

/**
 * Read a number of a request, FALSE if it's wrong.
 */
static bool get_number(vici_message_t *request, char *name, uint32_t min,
					   uint32_t max, uint32_t *number)
{
	char *value, *end;
	u_long given;

	value = request->get_str(request, NULL, name);
	if (!value)
	{
		return TRUE;
	}
	given = strtoul(value, &end, 10);
	if (end == value || *end || *value == '-' || given < min || given > max)
	{
		return FALSE;
	}
	*number = given;
	return TRUE;
}

/**
 * Wait until it's known how many IKE SAs there are.
 */
static void wait_for_total(private_redirect_command_t *this)
{
	redirect_progress_t progress;
	u_int i;

	for (i = 0; i < TOTAL_WAIT; i++)
	{
		this->drain->get_progress(this->drain, &progress);
		if (progress.known)
		{
			break;
		}
		usleep(10000);
	}
}

/**
 * Command: drain this daemon.
 */
static char *drain(private_redirect_command_t *this, vici_message_t *request,
				   vici_builder_t *reply)
{
	redirect_drain_options_t options = {};
	char *action;

	options.rate = redirect_option_number("", "rate", 1, REDIRECT_RATE_MAX, 50);
	options.deadline = redirect_option_number("", "deadline", 0, DEADLINE_MAX,
											  0);
	action = redirect_option_str("", "deadline_action") ?: "wait";
	action = request->get_str(request, action, "action");
	if (!get_number(request, "rate", 1, REDIRECT_RATE_MAX, &options.rate))
	{
		return strdup("the rate is a number of clients per second from 1 to "
					  "10000");
	}
	if (!get_number(request, "deadline", 0, DEADLINE_MAX, &options.deadline))
	{
		return strdup("the deadline is a number of seconds up to 604800, 0 for "
					  "none");
	}
	options.delete = streq(action, "delete");
	if (!options.delete && !streq(action, "wait"))
	{
		return strdup("the action at the deadline is 'wait' or 'delete'");
	}
	this->drain->drain(this->drain, &options);
	wait_for_total(this);
	add_progress(this, reply);
	return NULL;
}

/**
 * Command: end the drain.
 */
static char *undrain(private_redirect_command_t *this, vici_message_t *request,
					 vici_builder_t *reply)
{
	if (!this->drain->undrain(this->drain))
	{
		return strdup("this daemon is not drained");
	}
	add_progress(this, reply);
	return NULL;
}

/**
 * Command: show the progress of the drain.
 */
static char *drain_status(private_redirect_command_t *this,
						  vici_message_t *request, vici_builder_t *reply)
{
	add_progress(this, reply);
	return NULL;
}

/**
 * Implements redirect_members_cb_t: write the load of members.
 */
static void add_members(vici_builder_t *reply, redirect_member_t *members[],
						u_int count)
{
	redirect_member_t *member;
	u_int i;

	for (i = 0; i < count; i++)
	{
		member = members[i];
		reply->begin_section(reply, member->name);
		add_bool(reply, "self", member->self);
		add_bool(reply, "alive", member->alive);
		if (member->load.ipv4)
		{
			reply->add_kv(reply, "address", "%H", member->load.ipv4);
		}
		if (member->load.ipv6)
		{
			reply->add_kv(reply, "address6", "%H", member->load.ipv6);
		}
		if (member->load.fqdn)
		{
			reply->add_kv(reply, "fqdn", "%s", member->load.fqdn);
		}
		reply->add_kv(reply, "weight", "%u", member->load.weight);
		reply->add_kv(reply, "limit", "%u", member->load.limit);
		reply->add_kv(reply, "ike-sas", "%u", member->load.ike_sas);
		reply->add_kv(reply, "half-open", "%u", member->load.half_open);
		reply->add_kv(reply, "jobs", "%u", member->load.jobs);
		reply->add_kv(reply, "cpu", "%u", member->load.cpu);
		reply->add_kv(reply, "busy", "%u", member->load.busy);
		reply->add_kv(reply, "pending", "%u", member->pending);
		add_bool(reply, "draining", member->load.draining);
		add_bool(reply, "full", member->load.full);
		reply->end_section(reply);
	}
}

/**
 * Command: show members and counters.
 */
static char *show(private_redirect_command_t *this, vici_message_t *request,
				  vici_builder_t *reply)
{
	uint64_t followed, refused;

	reply->begin_section(reply, "members");
	this->members->use(this->members, (redirect_members_cb_t)add_members,
					   reply);
	reply->end_section(reply);
	this->guard->get_counts(this->guard, &followed, &refused);
	reply->begin_section(reply, "counters");
	reply->add_kv(reply, "init", "%" PRIu64,
			this->gateway->get_count(this->gateway, REDIRECT_INIT));
	reply->add_kv(reply, "auth", "%" PRIu64,
			this->gateway->get_count(this->gateway, REDIRECT_AUTH));
	reply->add_kv(reply, "established", "%" PRIu64,
			this->gateway->get_count(this->gateway, REDIRECT_ESTABLISHED));
	reply->add_kv(reply, "followed", "%" PRIu64, followed);
	reply->add_kv(reply, "refused", "%" PRIu64, refused);
	reply->end_section(reply);
	reply->begin_section(reply, "drain");
	add_progress(this, reply);
	reply->end_section(reply);
	return NULL;
}

METHOD(redirect_command_t, destroy, void,
	private_redirect_command_t *this)
{
	this->control->remove_command(this->control, "redirect");
	this->control->remove_command(this->control, "drain-status");
	this->control->remove_command(this->control, "undrain");
	this->control->remove_command(this->control, "drain");
	free(this);
}

/*
 * Described in header.
 */
redirect_command_t *redirect_command_create(cluster_control_t *control,
							redirect_members_t *members,
							redirect_gateway_t *gateway,
							redirect_drain_t *drain_, redirect_guard_t *guard)
{
	private_redirect_command_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.control = control,
		.members = members,
		.gateway = gateway,
		.drain = drain_,
		.guard = guard,
	);
	control->add_command(control, "drain", (cluster_command_t)drain, this);
	control->add_command(control, "undrain", (cluster_command_t)undrain, this);
	control->add_command(control, "drain-status",
						 (cluster_command_t)drain_status, this);
	control->add_command(control, "redirect", (cluster_command_t)show, this);
	return &this->public;
}
