/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_judge.h"
#include "redirect_resolver.h"

#include <daemon.h>

typedef struct private_redirect_judge_t private_redirect_judge_t;

/**
 * Private data.
 */
struct private_redirect_judge_t {

	/** public interface */
	redirect_judge_t public;

	/** counts REDIRECTs that are to be followed */
	redirect_judge_count_t count;

	/** data for it */
	void *user;

	/** resolves names of gateways */
	redirect_resolver_t *resolver;

	/** REDIRECTs refused */
	refcount_t refused;
};

/**
 * Get the reason to refuse a REDIRECT to a gateway, NULL if there is none.
 */
static const char *check_config(const redirect_guard_config_t *config,
								const ike_wire_gateway_t *gateway, bool init)
{
	if (!config->max_redirects)
	{
		return "redirects are not followed, see guard.max_redirects";
	}
	if (init && !config->init)
	{
		return "it is not authenticated, see guard.init";
	}
	if (!redirect_guard_config_allows(config, gateway))
	{
		return "the gateway is none of guard.targets";
	}
	return NULL;
}

/**
 * Log that a REDIRECT was refused, and count it.
 */
static void refuse(private_redirect_judge_t *this, ike_sa_t *ike_sa,
				   const ike_wire_gateway_t *gateway, const char *why)
{
	identification_t *id;

	ref_get(&this->refused);
	id = ike_wire_gateway_to_id(gateway);
	DBG1(DBG_IKE, "redirect: REDIRECT from %H to %Y refused: %s",
		 ike_sa->get_other_host(ike_sa), id, why);
	id->destroy(id);
}

/**
 * Put a gateway that charon understands into a notify: one without port, and an
 * address for a name that was looked up.
 */
static void replace(notify_payload_t *notify, ike_wire_gateway_t *gateway,
					host_t *address)
{
	identification_t *id;
	ike_wire_gateway_t plain;
	chunk_t data;

	id = address ? identification_create_from_sockaddr(
											address->get_sockaddr(address)) :
				   ike_wire_gateway_to_id(gateway);
	if (ike_wire_gateway_from_id(id, 0, &plain))
	{
		plain.nonce = gateway->nonce;
		data = ike_wire_gateway_build(&plain);
		notify->set_notification_data(notify, data);
		chunk_free(&data);
	}
	id->destroy(id);
}

/**
 * Get the address of a gateway that is named, returns FALSE if it is not known
 * yet.
 */
static bool resolve(private_redirect_judge_t *this, message_t *message,
					const redirect_guard_config_t *config,
					const ike_wire_gateway_t *gateway, host_t **address)
{
	char name[IKE_WIRE_GATEWAY_MAX + 1];
	packet_t *packet;
	host_t *literal;

	*address = NULL;
	literal = ike_wire_gateway_to_host(gateway);
	if (literal)
	{
		literal->destroy(literal);
		return TRUE;
	}
	memcpy(name, gateway->identity.ptr, gateway->identity.len);
	name[gateway->identity.len] = '\0';
	*address = this->resolver->get(this->resolver, name);
	if (*address)
	{
		return TRUE;
	}
	packet = message->get_packet(message);
	if (!packet->get_data(packet).len)
	{	/* put together from fragments: charon resolves the name itself */
		packet->destroy(packet);
		return TRUE;
	}
	if (!this->resolver->lookup(this->resolver, name, config->resolve_timeout,
								packet))
	{
		DBG1(DBG_IKE, "redirect: too many names are looked up, redirect to "
			 "'%s' ignored", name);
	}
	return FALSE;
}

/**
 * Decide about a REDIRECT that is well-formed.
 */
static redirect_verdict_t judge_gateway(private_redirect_judge_t *this,
					ike_sa_t *ike_sa, message_t *message,
					notify_payload_t *notify, ike_wire_gateway_t *gateway,
					const redirect_guard_config_t *config, bool init)
{
	const char *refused;
	host_t *address;

	refused = check_config(config, gateway, init);
	if (!refused && !resolve(this, message, config, gateway, &address))
	{
		return REDIRECT_LATER;
	}
	if (!refused)
	{
		if (this->count(this->user, ike_sa, config, gateway->port, init))
		{
			if (address || gateway->port)
			{
				replace(notify, gateway, address);
			}
			DESTROY_IF(address);
			return REDIRECT_FOLLOW;
		}
		DESTROY_IF(address);
		refused = "that is one too many, see guard.max_redirects and "
				  "guard.period";
	}
	refuse(this, ike_sa, gateway, refused);
	return REDIRECT_REFUSE;
}

METHOD(redirect_judge_t, judge, redirect_verdict_t,
	private_redirect_judge_t *this, ike_sa_t *ike_sa, message_t *message,
	notify_payload_t *notify, bool init)
{
	redirect_guard_config_t config;
	ike_wire_gateway_t gateway;
	redirect_verdict_t verdict;
	chunk_t data;

	/* a copy, as the notify may get another gateway */
	data = chunk_clonea(notify->get_notification_data(notify));
	if (!ike_wire_gateway_parse(data, FALSE, &gateway) ||
		(gateway.nonce.len && !init))
	{
		DBG1(DBG_IKE, "redirect: malformed REDIRECT ignored");
		return REDIRECT_REFUSE;
	}
	redirect_guard_config_load(ike_sa->get_name(ike_sa), &config);
	verdict = judge_gateway(this, ike_sa, message, notify, &gateway, &config,
							init);
	redirect_guard_config_clear(&config);
	return verdict;
}

METHOD(redirect_judge_t, get_refused, uint32_t,
	private_redirect_judge_t *this)
{
	return ref_cur(&this->refused);
}

METHOD(redirect_judge_t, destroy, void,
	private_redirect_judge_t *this)
{
	this->resolver->destroy(this->resolver);
	free(this);
}

/*
 * Described in header.
 */
redirect_judge_t *redirect_judge_create(redirect_judge_count_t count,
										void *user)
{
	private_redirect_judge_t *this;

	INIT(this,
		.public = {
			.judge = _judge,
			.get_refused = _get_refused,
			.destroy = _destroy,
		},
		.count = count,
		.user = user,
		.resolver = redirect_resolver_create(),
	);
	return &this->public;
}
