/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_describe.h"
#include "compat.h"

#include <daemon.h>

/**
 * Seconds from now until a point in time, 0 if none, at least 1.
 */
static uint32_t remaining(time_t when)
{
	time_t now = time_monotonic(NULL);

	return when ? max(1, when - now) : 0;
}

/**
 * Seconds since a point in time, 0 if there is none.
 */
static uint32_t age(time_t since)
{
	return since ? time_monotonic(NULL) - since : 0;
}

void ha_sync_describe_spis(ike_sa_t *ike_sa, ha_sync_spis_t *spis)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);

	*spis = (ha_sync_spis_t){
		.i = id->get_initiator_spi(id),
		.r = id->get_responder_spi(id),
		.initiator = id->is_initiator(id),
	};
}

void *ha_sync_describe_key(ike_sa_t *ike_sa)
{
	return (void*)(uintptr_t)ike_sa->get_unique_id(ike_sa);
}

u_int ha_sync_describe_hash(const void *key)
{
	return (uintptr_t)key;
}

/**
 * Copy addresses from an enumerator, which is destroyed; NULL if none.
 */
static array_t *copy_hosts(enumerator_t *enumerator)
{
	array_t *hosts = NULL;
	host_t *host;

	while (enumerator->enumerate(enumerator, &host))
	{
		array_insert_create(&hosts, ARRAY_TAIL, host->clone(host));
	}
	enumerator->destroy(enumerator);
	return hosts;
}

/**
 * Get the extensions of an IKE_SA, as mask.
 */
static uint32_t get_extensions(ike_sa_t *ike_sa)
{
	uint32_t bit, extensions = 0;

	for (bit = 1; bit < CLUSTER_PRIVATE_EXTENSION; bit <<= 1)
	{
		if (ike_sa->supports_extension(ike_sa, bit))
		{
			extensions |= bit;
		}
	}
	return extensions;
}

/**
 * Get the conditions of an IKE_SA, as mask.
 */
static uint32_t get_conditions(ike_sa_t *ike_sa)
{
	uint32_t bit, conditions = 0;

	for (bit = 1; bit < CLUSTER_PRIVATE_CONDITION; bit <<= 1)
	{
		if (ike_sa->has_condition(ike_sa, bit))
		{
			conditions |= bit;
		}
	}
	return conditions;
}

void ha_sync_describe_dynamic(ike_sa_t *ike_sa, ha_sync_dynamic_t *dynamic)
{
	host_t *me = ike_sa->get_my_host(ike_sa);
	host_t *other = ike_sa->get_other_host(ike_sa);

	*dynamic = (ha_sync_dynamic_t){
		.local = me->clone(me),
		.remote = other->clone(other),
		.extensions = get_extensions(ike_sa),
		.conditions = get_conditions(ike_sa),
		.peer_addrs = copy_hosts(
						ike_sa->create_peer_address_enumerator(ike_sa)),
		.local_vips = copy_hosts(
						ike_sa->create_virtual_ip_enumerator(ike_sa, TRUE)),
		.remote_vips = copy_hosts(
						ike_sa->create_virtual_ip_enumerator(ike_sa, FALSE)),
		.rekeyed = ike_sa->get_state(ike_sa) == IKE_REKEYED,
	};
}

/**
 * Check if addresses from an enumerator, which is destroyed, are those of a
 * list, in order.
 */
static bool same_hosts(enumerator_t *enumerator, array_t *hosts)
{
	host_t *host, *known;
	bool same = TRUE;
	int i = 0;

	while (same && enumerator->enumerate(enumerator, &host))
	{
		same = array_get(hosts, i++, &known) && host->equals(host, known);
	}
	enumerator->destroy(enumerator);
	return same && i == array_count(hosts);
}

bool ha_sync_describe_is_same(ike_sa_t *ike_sa,
							  const ha_sync_dynamic_t *dynamic)
{
	host_t *me = ike_sa->get_my_host(ike_sa);
	host_t *other = ike_sa->get_other_host(ike_sa);

	return me->equals(me, dynamic->local) &&
		other->equals(other, dynamic->remote) &&
		get_extensions(ike_sa) == dynamic->extensions &&
		get_conditions(ike_sa) == dynamic->conditions &&
		dynamic->rekeyed == (ike_sa->get_state(ike_sa) == IKE_REKEYED) &&
		same_hosts(ike_sa->create_peer_address_enumerator(ike_sa),
				   dynamic->peer_addrs) &&
		same_hosts(ike_sa->create_virtual_ip_enumerator(ike_sa, TRUE),
				   dynamic->local_vips) &&
		same_hosts(ike_sa->create_virtual_ip_enumerator(ike_sa, FALSE),
				   dynamic->remote_vips);
}

/**
 * Copy what is needed later of a completed authentication round.
 */
static ha_sync_auth_t *describe_auth(auth_cfg_t *cfg, bool local)
{
	ha_sync_auth_t *auth;
	enumerator_t *enumerator;
	identification_t *id;
	auth_rule_t rule;
	void *value;

	/* defaults are those of auth_cfg_t.get(), which would go through all rules
	 * for each of these */
	INIT(auth,
		.local = local,
		.auth_class = AUTH_CLASS_ANY,
		.eap_type = EAP_NAK,
	);
	enumerator = cfg->create_enumerator(cfg);
	while (enumerator->enumerate(enumerator, &rule, &value))
	{	/* but for groups, a rule comes once */
		id = value;
		switch (rule)
		{
			case AUTH_RULE_AUTH_CLASS:
				auth->auth_class = (uintptr_t)value;
				break;
			case AUTH_RULE_EAP_TYPE:
				auth->eap_type = (uintptr_t)value;
				break;
			case AUTH_RULE_EAP_VENDOR:
				auth->eap_vendor = (uintptr_t)value;
				break;
			case AUTH_RULE_IDENTITY:
				auth->id = id->clone(id);
				break;
			case AUTH_RULE_EAP_IDENTITY:
				auth->eap_id = id->clone(id);
				break;
			case AUTH_RULE_GROUP:
				array_insert_create(&auth->groups, ARRAY_TAIL, id->clone(id));
				break;
			default:
				break;
		}
	}
	enumerator->destroy(enumerator);
	return auth;
}

/**
 * Copy the authentication rounds of one side.
 */
static void describe_auths(ike_sa_t *ike_sa, bool local, array_t **auths)
{
	enumerator_t *enumerator;
	auth_cfg_t *cfg;

	enumerator = ike_sa->create_auth_cfg_enumerator(ike_sa, local);
	while (enumerator->enumerate(enumerator, &cfg))
	{
		array_insert_create(auths, ARRAY_TAIL, describe_auth(cfg, local));
	}
	enumerator->destroy(enumerator);
}

ha_sync_ike_t *ha_sync_describe_ike(ike_sa_t *ike_sa, char *group)
{
	identification_t *my_id = ike_sa->get_my_id(ike_sa);
	identification_t *other_id = ike_sa->get_other_id(ike_sa);
	proposal_t *proposal = ike_sa->get_proposal(ike_sa);
	peer_cfg_t *cfg = ike_sa->get_peer_cfg(ike_sa);
	ha_sync_ike_t *ike;

	if (!proposal || !cfg)
	{
		return NULL;
	}
	INIT(ike,
		.group = strdup(group),
		.peer_cfg = strdup(cfg->get_name(cfg)),
		.proposal = proposal->clone(proposal, 0),
		.local_id = my_id->clone(my_id),
		.remote_id = other_id->clone(other_id),
		.age = age(ike_sa->get_statistic(ike_sa, STAT_ESTABLISHED)),
		.rekey_in = remaining(ike_sa->get_statistic(ike_sa, STAT_REKEY)),
		.reauth_in = remaining(ike_sa->get_statistic(ike_sa, STAT_REAUTH)),
		.delete_in = remaining(ike_sa->get_statistic(ike_sa, STAT_DELETE)),
	);
	ha_sync_describe_spis(ike_sa, &ike->spis);
	ha_sync_describe_dynamic(ike_sa, &ike->dynamic);
	describe_auths(ike_sa, TRUE, &ike->auths);
	describe_auths(ike_sa, FALSE, &ike->auths);
	return ike;
}

/**
 * Copy traffic selectors.
 */
static array_t *copy_ts(child_sa_t *child_sa, bool local)
{
	enumerator_t *enumerator;
	traffic_selector_t *ts;
	array_t *copy = NULL;

	enumerator = child_sa->create_ts_enumerator(child_sa, local);
	while (enumerator->enumerate(enumerator, &ts))
	{
		array_insert_create(&copy, ARRAY_TAIL, ts->clone(ts));
	}
	enumerator->destroy(enumerator);
	return copy;
}

ha_sync_child_t *ha_sync_describe_child(ike_sa_t *ike_sa, child_sa_t *child_sa)
{
	proposal_t *proposal = child_sa->get_proposal(child_sa);
	sec_label_t *label = child_sa->get_label(child_sa);
	child_sa_t *rekeyed = child_sa->get_rekey_sa(child_sa);
	child_sa_state_t state = child_sa->get_state(child_sa);
	mark_t in = child_sa->get_mark(child_sa, TRUE);
	mark_t out = child_sa->get_mark(child_sa, FALSE);
	ha_sync_child_t *child;

	if (!proposal)
	{
		return NULL;
	}
	INIT(child,
		.id = {
			.spi_in = child_sa->get_spi(child_sa, TRUE),
		},
		.spi_out = child_sa->get_spi(child_sa, FALSE),
		.cpi_in = child_sa->get_cpi(child_sa, TRUE),
		.cpi_out = child_sa->get_cpi(child_sa, FALSE),
		.name = strdup(child_sa->get_name(child_sa)),
		.protocol = child_sa->get_protocol(child_sa),
		.mode = child_sa->get_mode(child_sa),
		.ipcomp = child_sa->get_ipcomp(child_sa),
		.encap = child_sa->has_encap(child_sa),
		.outbound_pending = child_sa->get_outbound_state(child_sa) &
												CHILD_OUTBOUND_REGISTERED,
		.rekeyed = state == CHILD_REKEYED,
		.reqid = child_sa->get_reqid(child_sa),
		.mark_in = in.value,
		.mask_in = in.mask,
		.mark_out = out.value,
		.mask_out = out.mask,
		.if_id_in = child_sa->get_if_id(child_sa, TRUE),
		.if_id_out = child_sa->get_if_id(child_sa, FALSE),
		.label = label ? strdup(label->get_string(label)) : NULL,
		.proposal = proposal->clone(proposal, 0),
		.local_ts = copy_ts(child_sa, TRUE),
		.remote_ts = copy_ts(child_sa, FALSE),
		.close_action = child_sa->get_close_action(child_sa),
		.dpd_action = child_sa->get_dpd_action(child_sa),
		.age = age(child_sa->get_installtime(child_sa)),
		.rekey_in = remaining(child_sa->get_lifetime(child_sa, FALSE)),
		.expire_in = remaining(child_sa->get_lifetime(child_sa, TRUE)),
	);
	if (rekeyed && state != CHILD_REKEYED)
	{
		child->rekey_spi = rekeyed->get_spi(rekeyed, TRUE);
	}
	ha_sync_describe_spis(ike_sa, &child->id.ike);
	return child;
}
