/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_policy.h"
#include "redirect_rules.h"
#include "redirect_sticky.h"

#include <threading/rwlock.h>

typedef struct private_redirect_policy_t private_redirect_policy_t;
typedef struct search_t search_t;

/**
 * Private data.
 */
struct private_redirect_policy_t {

	/** public interface */
	redirect_policy_t public;

	/** members of the cluster */
	redirect_members_t *members;

	/** which member clients had last */
	redirect_sticky_t *sticky;

	/** protects all below */
	rwlock_t *lock;

	/** rules and groups */
	redirect_rules_t *rules;

	/** anycast addresses, of config; NULL for none */
	linked_list_t *anycast;

	/** options */
	uint32_t hysteresis, lifetime;

	/** any limit is set */
	bool shed;
};

/**
 * A decision under way.
 */
struct search_t {
	/** policy */
	private_redirect_policy_t *this;
	/** client */
	const redirect_client_t *client;
	/** rule for it, NULL if there is none */
	redirect_rule_t *rule;
	/** what members are asked for */
	redirect_query_t query;
	/** the client uses an anycast address */
	bool anycast;
	/** member that was chosen, NULL if none was */
	redirect_member_t *member;
	/** receives the decision */
	redirect_decision_t *decision;
};

/**
 * Set the target to a member.
 */
static void set_member(search_t *search, redirect_member_t *member)
{
	redirect_load_t *load = &member->load;
	host_t *host;

	host = search->client->remote->get_family(search->client->remote) ==
										AF_INET ? load->ipv4 : load->ipv6;
	if (load->fqdn)
	{
		search->decision->gateway = identification_create_from_encoding(ID_FQDN,
												chunk_from_str(load->fqdn));
		host = load->ipv4 ?: load->ipv6;
		search->decision->port = host ? host->get_port(host) : 0;
	}
	else if (host)
	{
		search->decision->gateway = identification_create_from_sockaddr(
													host->get_sockaddr(host));
		search->decision->port = host->get_port(host);
	}
	if (!member->self)
	{
		member->pending++;
	}
	search->member = member;
}

/**
 * Set the target to what is written in a rule or group.
 */
static void set_entry(search_t *search, redirect_entry_t *entry,
					  redirect_member_t *members[], u_int count)
{
	redirect_member_t *member;

	member = redirect_entry_member(entry, members, count);
	if (member && member->self)
	{	/* we are it */
		return;
	}
	if (member && !entry->host && !strchr(entry->name, '.'))
	{	/* the name of a member, not one in the DNS */
		set_member(search, member);
		return;
	}
	search->decision->gateway = entry->gateway->clone(entry->gateway);
	search->decision->port = entry->port;
	if (member)
	{
		member->pending++;
		search->member = member;
	}
}

/**
 * Choose the target of a rule with a fixed one.
 */
static void choose_fixed(search_t *search, redirect_member_t *members[],
						 u_int count)
{
	redirect_entry_t *target = &search->rule->target;
	redirect_member_t *member;
	host_t *from = search->query.from;

	member = redirect_entry_member(target, members, count);
	if (member && !member->self &&
		!redirect_choose_possible(member, search->client->remote))
	{
		return;
	}
	if (from && !search->query.leave && !search->anycast &&
		((target->host && target->host->ip_equals(target->host, from)) ||
		 (member && redirect_choose_is_at(member, from))))
	{	/* the other one sent it here */
		return;
	}
	set_entry(search, target, members, count);
}

/**
 * Choose the target of the rule.
 */
static void choose_by_rule(search_t *search, redirect_member_t *members[],
						   u_int count)
{
	redirect_rules_t *rules = search->this->rules;
	redirect_group_t *group;
	redirect_member_t *member;
	redirect_entry_t *entry;

	switch (search->rule->kind)
	{
		case REDIRECT_FIXED:
			choose_fixed(search, members, count);
			break;
		case REDIRECT_GROUP:
			group = rules->find_group(rules, search->rule->group);
			entry = group ? redirect_group_choose(group, members, count,
												  &search->query) : NULL;
			if (entry)
			{
				set_entry(search, entry, members, count);
			}
			break;
		case REDIRECT_LEAST:
			member = redirect_choose_least(members, count, &search->query);
			if (member)
			{
				set_member(search, member);
			}
			break;
		case REDIRECT_SELF:
			break;
	}
	if (search->decision->gateway)
	{
		search->decision->why = strdup(search->rule->name);
	}
}

/**
 * This daemon shall not have the client: find another by load.
 */
static void choose_to_leave(search_t *search, redirect_member_t *members[],
							u_int count)
{
	redirect_member_t *member;

	member = redirect_choose_least(members, count, &search->query);
	if (member)
	{
		set_member(search, member);
		search->decision->why = strdup(members[0]->load.draining ? "drain" :
																   "shed");
	}
}

/**
 * Remember the member a client got, if it may be another next time.
 */
static void set_sticky(search_t *search, redirect_member_t *self)
{
	if (search->this->lifetime && search->client->moment == REDIRECT_INIT &&
		search->rule && (search->rule->kind == REDIRECT_LEAST ||
						 search->rule->kind == REDIRECT_GROUP))
	{
		search->this->sticky->set(search->this->sticky, search->client->remote,
					search->member ? search->member->name : self->name,
					time_monotonic(NULL));
	}
}

/**
 * Implements redirect_members_cb_t
 */
static void choose(search_t *search, redirect_member_t *members[], u_int count)
{
	redirect_load_t *self = &members[0]->load;

	/* those that are here already are not in the way of new ones */
	search->query.leave = self->draining ||
				(self->full && search->client->moment == REDIRECT_INIT);
	if (search->rule)
	{
		choose_by_rule(search, members, count);
	}
	if (!search->decision->gateway && search->query.leave)
	{
		choose_to_leave(search, members, count);
	}
	if (!search->decision->gateway && search->anycast)
	{	/* RFC 5685, 4: to an unicast address, be it our own */
		set_member(search, members[0]);
		search->decision->why = strdup("anycast");
	}
	if (search->decision->gateway || !search->query.leave)
	{
		set_sticky(search, members[0]);
	}
}

METHOD(redirect_policy_t, decide, bool,
	private_redirect_policy_t *this, const redirect_client_t *client,
	redirect_decision_t *decision)
{
	search_t search = {
		.this = this,
		.client = client,
		.decision = decision,
	};

	memset(decision, 0, sizeof(*decision));
	this->lock->read_lock(this->lock);
	search.rule = this->rules->find(this->rules, client);
	search.anycast = client->moment == REDIRECT_INIT &&
					 redirect_match_host(this->anycast, client->local);
	search.query = (redirect_query_t){
		.client = client->remote,
		.from = client->from,
		.chosen = client->from && redirect_match_host(this->anycast,
													  client->from),
		.hysteresis = this->hysteresis,
	};
	if (this->lifetime && client->moment == REDIRECT_INIT)
	{
		search.query.sticky = this->sticky->get(this->sticky, client->remote,
										time_monotonic(NULL), this->lifetime);
	}
	this->members->use(this->members, (redirect_members_cb_t)choose, &search);
	this->lock->unlock(this->lock);
	free(search.query.sticky);
	if (client->from && search.rule && !decision->gateway &&
		search.rule->kind != REDIRECT_SELF)
	{
		DBG1(DBG_CFG, "redirect: %H came from %H, it stays here",
			 client->remote, client->from);
	}
	if (decision->gateway && decision->port && !client->ports)
	{	/* the protocol has no room for a port */
		DBG1(DBG_CFG, "redirect: %H is not redirected to %Y, it does not "
			 "understand the port %u", client->remote, decision->gateway,
			 decision->port);
		redirect_decision_clear(decision);
	}
	return decision->gateway != NULL;
}

METHOD(redirect_policy_t, has_rules, bool,
	private_redirect_policy_t *this, redirect_moment_t moment)
{
	bool found;

	this->lock->read_lock(this->lock);
	found = this->rules->has(this->rules, moment, NULL);
	this->lock->unlock(this->lock);
	return found;
}

/**
 * Implements redirect_members_cb_t: see if this daemon is drained.
 */
static void get_draining(bool *draining, redirect_member_t *members[],
						 u_int count)
{
	*draining = members[0]->load.draining;
}

METHOD(redirect_policy_t, is_active, bool,
	private_redirect_policy_t *this, redirect_moment_t moment,
	bool *connections)
{
	bool active;

	this->lock->read_lock(this->lock);
	active = this->rules->has(this->rules, moment, connections);
	if (moment == REDIRECT_INIT)
	{
		active = active || this->shed || this->anycast;
	}
	this->lock->unlock(this->lock);
	if (!active)
	{
		this->members->use(this->members, (redirect_members_cb_t)get_draining,
						   &active);
	}
	return active;
}

METHOD(redirect_policy_t, reload, void,
	private_redirect_policy_t *this, const redirect_config_t *config)
{
	this->lock->write_lock(this->lock);
	this->rules->reload(this->rules);
	this->anycast = config->anycast;
	this->hysteresis = config->hysteresis;
	this->lifetime = config->sticky;
	this->shed = config->shed.ike_sas || config->shed.half_open ||
				 config->shed.jobs || config->shed.cpu;
	this->lock->unlock(this->lock);
}

METHOD(redirect_policy_t, destroy, void,
	private_redirect_policy_t *this)
{
	this->rules->destroy(this->rules);
	this->sticky->destroy(this->sticky);
	this->lock->destroy(this->lock);
	free(this);
}

/*
 * Described in header.
 */
void redirect_decision_clear(redirect_decision_t *decision)
{
	DESTROY_IF(decision->gateway);
	free(decision->why);
	memset(decision, 0, sizeof(*decision));
}

/*
 * Described in header.
 */
redirect_policy_t *redirect_policy_create(redirect_members_t *members)
{
	private_redirect_policy_t *this;

	INIT(this,
		.public = {
			.decide = _decide,
			.is_active = _is_active,
			.has_rules = _has_rules,
			.reload = _reload,
			.destroy = _destroy,
		},
		.members = members,
		.sticky = redirect_sticky_create(),
		.lock = rwlock_create(RWLOCK_TYPE_DEFAULT),
		.rules = redirect_rules_create(),
	);
	return &this->public;
}
