/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_gateway.h"
#include "redirect_edit.h"
#include "redirect_said.h"

#include "ike_wire_redirect.h"

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>
#include <threading/mutex.h>

typedef struct private_redirect_gateway_t private_redirect_gateway_t;

/**
 * Private data.
 */
struct private_redirect_gateway_t {

	/** public interface */
	redirect_gateway_t public;

	/** policy */
	redirect_policy_t *policy;

	/** measures this daemon's load */
	redirect_meter_t *meter;

	/** members of the cluster */
	redirect_members_t *members;

	/** called when clients are told to leave, NULL for none */
	redirect_leaving_t leaving;

	/** data for it */
	void *user;

	/** what clients said */
	redirect_said_t *said;

	/** protects counters */
	mutex_t *mutex;

	/** redirected clients in moments init, auth, established */
	uint64_t counters[3];

	/** the operator was told if connections may be in a database */
	bool told;
};

/**
 * Get our data from the provider in it.
 */
static private_redirect_gateway_t *from_provider(redirect_provider_t *provider)
{
	return (private_redirect_gateway_t*)((char*)provider -
								offsetof(redirect_gateway_t, provider));
}

/**
 * Count a redirected client.
 */
static void count(private_redirect_gateway_t *this, redirect_moment_t moment)
{
	this->mutex->lock(this->mutex);
	this->counters[moment == REDIRECT_INIT ? 0 : moment == REDIRECT_AUTH ? 1 :
				   2]++;
	this->mutex->unlock(this->mutex);
}

/**
 * Get the names of the connections a client may use before it is known.
 */
static linked_list_t *get_candidates(host_t *me, host_t *other)
{
	enumerator_t *enumerator;
	linked_list_t *names;
	peer_cfg_t *cfg;

	names = linked_list_create();
	enumerator = charon->backends->create_peer_cfg_enumerator(charon->backends,
												me, other, NULL, NULL, IKEV2);
	while (enumerator->enumerate(enumerator, &cfg))
	{
		names->insert_last(names, strdup(cfg->get_name(cfg)));
	}
	enumerator->destroy(enumerator);
	return names;
}

/**
 * Tell the operator once if connections, which are looked up with the bus
 * locked, may be in a database.
 */
static void check_database(private_redirect_gateway_t *this)
{
	plugin_feature_t feature = PLUGIN_PROVIDE(CUSTOM, "sql");

	if (!this->told)
	{
		this->told = TRUE;
		if (lib->plugins->has_feature(lib->plugins, feature))
		{
			DBG1(DBG_CFG, "redirect: a rule of moment 'init' has "
				 "'connections': all IKE SAs wait while they are looked up in "
				 "the database for an IKE_SA_INIT, use 'sources' in their "
				 "place");
		}
	}
}

/**
 * Decide about the sender of an IKE_SA_INIT request.
 */
static bool decide_init(private_redirect_gateway_t *this, message_t *message,
						redirect_words_t *said)
{
	redirect_client_t client = {
		.moment = REDIRECT_INIT,
		.local = message->get_destination(message),
		.remote = message->get_source(message),
		.from = said->from,
		.ports = said->ports,
	};
	bool connections, redirected;

	if (!this->policy->is_active(this->policy, REDIRECT_INIT, &connections))
	{
		return FALSE;
	}
	if (connections)
	{
		check_database(this);
		client.connections = get_candidates(client.local, client.remote);
	}
	if (this->meter->update(this->meter, this->members))
	{
		this->members->tell(this->members);
	}
	redirected = this->policy->decide(this->policy, &client, &said->decision);
	DESTROY_FUNCTION_IF(client.connections, free);
	return redirected;
}

/**
 * An IKE_SA_INIT request was received.
 */
static void received_init(private_redirect_gateway_t *this, ike_sa_t *ike_sa,
						  message_t *message)
{
	redirect_words_t *words;

	INIT(words);
	if (redirect_words_read(message, words) &&
		decide_init(this, message, words))
	{
		DBG1(DBG_IKE, "redirecting %H to %Y by '%s'",
			 message->get_source(message), words->decision.gateway,
			 words->decision.why);
		redirect_edit_remove_ke(message);
		count(this, REDIRECT_INIT);
	}
	if (words->from || words->ports || words->decision.gateway)
	{
		this->said->put(this->said, ike_sa, words);
	}
	else
	{
		redirect_words_destroy(words);
	}
}

/**
 * Put the port into the notify that charon made.
 */
static void add_port(private_redirect_gateway_t *this, ike_sa_t *ike_sa,
					 message_t *message)
{
	notify_payload_t *notify;
	ike_wire_gateway_t gateway;
	chunk_t data;
	uint16_t port;

	port = this->said->get_port(this->said, ike_sa);
	notify = message->get_notify(message, REDIRECT);
	if (port && notify && ike_wire_gateway_parse(
						notify->get_notification_data(notify), FALSE, &gateway))
	{
		gateway.port = port;
		data = ike_wire_gateway_build(&gateway);
		notify->set_notification_data(notify, data);
		chunk_free(&data);
	}
}

METHOD(listener_t, message_hook, bool,
	private_redirect_gateway_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	if (plain && message->get_major_version(message) == IKEV2_MAJOR_VERSION)
	{
		if (incoming && message->get_request(message) &&
			message->get_exchange_type(message) == IKE_SA_INIT)
		{
			received_init(this, ike_sa, message);
		}
		else if (!incoming)
		{
			add_port(this, ike_sa, message);
		}
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_redirect_gateway_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	if (state == IKE_DESTROYING)
	{
		this->said->remove(this->said, ike_sa);
	}
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	private_redirect_gateway_t *this, ike_sa_t *old, ike_sa_t *new)
{
	this->said->move(this->said, old, new);
	return TRUE;
}

/**
 * Implements redirect_provider_t.redirect_on_init
 */
static bool redirect_on_init(redirect_provider_t *provider, ike_sa_t *ike_sa,
							 identification_t **gateway)
{
	private_redirect_gateway_t *this = from_provider(provider);

	*gateway = this->said->get_gateway(this->said, ike_sa);
	return *gateway != NULL;
}

/**
 * Get the groups a client authenticated for.
 */
static linked_list_t *get_groups(ike_sa_t *ike_sa)
{
	enumerator_t *cfgs, *rules;
	identification_t *group;
	linked_list_t *groups;
	auth_rule_t rule;
	auth_cfg_t *cfg;
	void *value;

	groups = linked_list_create();
	cfgs = ike_sa->create_auth_cfg_enumerator(ike_sa, FALSE);
	while (cfgs->enumerate(cfgs, &cfg))
	{
		rules = cfg->create_enumerator(cfg);
		while (rules->enumerate(rules, &rule, &value))
		{
			if (rule == AUTH_RULE_GROUP)
			{
				group = value;
				groups->insert_last(groups, group->clone(group));
			}
		}
		rules->destroy(rules);
	}
	cfgs->destroy(cfgs);
	return groups;
}

METHOD(redirect_gateway_t, decide, bool,
	private_redirect_gateway_t *this, ike_sa_t *ike_sa,
	redirect_moment_t moment, redirect_decision_t *decision)
{
	redirect_client_t client = {
		.moment = moment,
		.local = ike_sa->get_my_host(ike_sa),
		.remote = ike_sa->get_other_host(ike_sa),
		.id = ike_sa->get_other_eap_id(ike_sa),
	};
	bool redirected;

	if (!this->policy->is_active(this->policy, moment, NULL))
	{
		return FALSE;
	}
	client.connections = linked_list_create();
	client.connections->insert_last(client.connections,
									ike_sa->get_name(ike_sa));
	client.groups = get_groups(ike_sa);
	client.from = this->said->get_from(this->said, ike_sa, &client.ports);
	if (this->meter->update(this->meter, this->members))
	{
		this->members->tell(this->members);
	}
	redirected = this->policy->decide(this->policy, &client, decision);
	if (redirected)
	{
		DBG1(DBG_IKE, "redirecting '%Y' at %H to %Y by '%s'", client.id,
			 client.remote, decision->gateway, decision->why);
		this->said->set_port(this->said, ike_sa, decision->port);
	}
	client.connections->destroy(client.connections);
	client.groups->destroy_offset(client.groups,
								  offsetof(identification_t, destroy));
	DESTROY_IF(client.from);
	return redirected;
}

/**
 * Implements redirect_provider_t.redirect_on_auth
 */
static bool redirect_on_auth(redirect_provider_t *provider, ike_sa_t *ike_sa,
							 identification_t **gateway)
{
	private_redirect_gateway_t *this = from_provider(provider);
	redirect_decision_t decision;

	if (!decide(this, ike_sa, REDIRECT_AUTH, &decision))
	{
		return FALSE;
	}
	*gateway = decision.gateway->clone(decision.gateway);
	redirect_decision_clear(&decision);
	count(this, REDIRECT_AUTH);
	return TRUE;
}

METHOD(redirect_gateway_t, redirect, status_t,
	private_redirect_gateway_t *this, ike_sa_t *ike_sa)
{
	redirect_decision_t decision;
	status_t status;

	if (!decide(this, ike_sa, REDIRECT_ESTABLISHED, &decision))
	{
		return NOT_FOUND;
	}
	status = ike_sa->redirect(ike_sa, decision.gateway);
	redirect_decision_clear(&decision);
	if (status == SUCCESS)
	{
		count(this, REDIRECT_ESTABLISHED);
		if (this->leaving)
		{
			this->leaving(this->user, ike_sa);
		}
	}
	return status;
}

METHOD(redirect_gateway_t, on_leaving, void,
	private_redirect_gateway_t *this, redirect_leaving_t cb, void *user)
{
	this->user = user;
	this->leaving = cb;
}

METHOD(redirect_gateway_t, get_from, host_t*,
	private_redirect_gateway_t *this, ike_sa_t *ike_sa)
{
	return this->said->get_from(this->said, ike_sa, NULL);
}

METHOD(redirect_gateway_t, get_count, uint64_t,
	private_redirect_gateway_t *this, redirect_moment_t moment)
{
	uint64_t counter;

	this->mutex->lock(this->mutex);
	counter = this->counters[moment == REDIRECT_INIT ? 0 :
							 moment == REDIRECT_AUTH ? 1 : 2];
	this->mutex->unlock(this->mutex);
	return counter;
}

METHOD(redirect_gateway_t, destroy, void,
	private_redirect_gateway_t *this)
{
	this->said->destroy(this->said);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
redirect_gateway_t *redirect_gateway_create(redirect_policy_t *policy,
							redirect_meter_t *meter,
							redirect_members_t *members)
{
	private_redirect_gateway_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message_hook,
				.ike_state_change = _ike_state_change,
				.ike_rekey = _ike_rekey,
			},
			.provider = {
				.redirect_on_init = redirect_on_init,
				.redirect_on_auth = redirect_on_auth,
			},
			.decide = _decide,
			.redirect = _redirect,
			.on_leaving = _on_leaving,
			.get_from = _get_from,
			.get_count = _get_count,
			.destroy = _destroy,
		},
		.policy = policy,
		.meter = meter,
		.members = members,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.said = redirect_said_create(),
	);
	return &this->public;
}
