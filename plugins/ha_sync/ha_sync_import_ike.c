/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_import.h"
#include "ha_sync_checkout.h"
#include "ike_wire_secret.h"
#include "compat.h"

#include <daemon.h>
#include <encoding/payloads/ike_header.h>
#include <sa/ikev2/keymat_v2.h>

/**
 * Repeat a key derivation.
 */
static bool derive_round(ike_sa_t *ike_sa, const ha_sync_ike_t *record,
						 ha_sync_round_t *round)
{
	keymat_v2_t *keymat = (keymat_v2_t*)ike_sa->get_keymat(ike_sa);
	chunk_t skd = round->sk_d;
	array_t *kes = NULL;
	bool ok;

	if (round->prf != PRF_UNDEFINED && !skd.len)
	{	/* IKE_INTERMEDIATE (RFC 9370, 2.2.2) uses the keys so far */
		if (keymat->get_skd(keymat, &skd) != round->prf)
		{
			return FALSE;
		}
	}
	array_insert_create(&kes, ARRAY_TAIL,
						ike_wire_secret_create(round->secret));
	if (round->additional.len)
	{
		array_insert_create(&kes, ARRAY_TAIL,
							ike_wire_secret_create(round->additional));
	}
	ok = keymat->derive_ike_keys(keymat, record->proposal, kes, round->nonce_i,
								 round->nonce_r, ike_sa->get_id(ike_sa),
								 round->prf, skd);
	array_destroy_offset(kes, offsetof(key_exchange_t, destroy));
	return ok;
}

/**
 * Mix the PPK in as IKE_AUTH did (RFC 8784, 3); it comes from this member's
 * configuration.
 */
static char *derive_ppk(ike_sa_t *ike_sa, const ha_sync_ike_t *record)
{
	keymat_v2_t *keymat = (keymat_v2_t*)ike_sa->get_keymat(ike_sa);
	shared_key_t *key;
	char *reason = NULL;

	if (!record->ppk_id || !(record->dynamic.conditions & COND_PPK))
	{
		return NULL;
	}
	key = lib->credmgr->get_shared(lib->credmgr, SHARED_PPK, record->ppk_id,
								   NULL);
	if (!key)
	{
		if (asprintf(&reason, "no PPK for '%Y', add it to swanctl.conf of this "
					 "member", record->ppk_id) < 0)
		{
			reason = NULL;
		}
		return reason ?: strdup("PPK missing");
	}
	if (!keymat->derive_ike_keys_ppk(keymat, key->get_key(key)))
	{
		reason = strdup("deriving keys with the PPK failed");
	}
	key->destroy(key);
	return reason;
}

/**
 * Derive all keys.
 */
static char *derive_keys(ike_sa_t *ike_sa, const ha_sync_ike_t *record)
{
	ha_sync_round_t *round;
	int i;

	for (i = 0; i < array_count(record->rounds); i++)
	{
		array_get(record->rounds, i, &round);
		if (!derive_round(ike_sa, record, round))
		{
			return strdup("deriving keys failed, is a plugin for the "
						  "algorithms missing on this member?");
		}
	}
	return derive_ppk(ike_sa, record);
}

/**
 * Add the completed authentication rounds.
 */
static void add_auths(ike_sa_t *ike_sa, const ha_sync_ike_t *record)
{
	identification_t *group;
	ha_sync_auth_t *auth;
	auth_cfg_t *cfg;
	int i, j;

	for (i = 0; i < array_count(record->auths); i++)
	{
		array_get(record->auths, i, &auth);
		cfg = auth_cfg_create();
		if (auth->id)
		{
			cfg->add(cfg, AUTH_RULE_IDENTITY, auth->id->clone(auth->id));
		}
		if (auth->auth_class)
		{
			cfg->add(cfg, AUTH_RULE_AUTH_CLASS, (uintptr_t)auth->auth_class);
		}
		if (auth->eap_type)
		{
			cfg->add(cfg, AUTH_RULE_EAP_TYPE, (uintptr_t)auth->eap_type);
		}
		if (auth->eap_vendor)
		{
			cfg->add(cfg, AUTH_RULE_EAP_VENDOR, (uintptr_t)auth->eap_vendor);
		}
		if (auth->eap_id)
		{
			cfg->add(cfg, AUTH_RULE_EAP_IDENTITY,
					 auth->eap_id->clone(auth->eap_id));
		}
		for (j = 0; j < array_count(auth->groups); j++)
		{
			array_get(auth->groups, j, &group);
			cfg->add(cfg, AUTH_RULE_GROUP, group->clone(group));
		}
		ike_sa->add_auth_cfg(ike_sa, auth->local, cfg);
	}
}

/**
 * Apply peer addresses and the peer's virtual IPs.  Our own virtual IPs are
 * installed when the SA is activated, another member uses them now.
 */
static void set_addresses(ike_sa_t *ike_sa, const ha_sync_dynamic_t *dynamic)
{
	host_t *host;
	int i;

	ike_sa->clear_peer_addresses(ike_sa);
	for (i = 0; i < array_count(dynamic->peer_addrs); i++)
	{
		array_get(dynamic->peer_addrs, i, &host);
		ike_sa->add_peer_address(ike_sa, host->clone(host));
	}
	ike_sa->clear_virtual_ips(ike_sa, FALSE);
	for (i = 0; i < array_count(dynamic->remote_vips); i++)
	{
		array_get(dynamic->remote_vips, i, &host);
		ike_sa->add_virtual_ip(ike_sa, FALSE, host);
	}
}

/**
 * Apply changes to the IKE_SA itself, which is passive already: conditions
 * would start keepalives otherwise.
 */
static void set_dynamic(ike_sa_t *ike_sa, const ha_sync_dynamic_t *dynamic)
{
	uint32_t bit;

	ike_sa->set_my_host(ike_sa, dynamic->local->clone(dynamic->local));
	ike_sa->set_other_host(ike_sa, dynamic->remote->clone(dynamic->remote));
	for (bit = 1; bit < CLUSTER_PRIVATE_EXTENSION; bit <<= 1)
	{
		if (dynamic->extensions & bit)
		{
			ike_sa->enable_extension(ike_sa, bit);
		}
	}
	for (bit = 1; bit < CLUSTER_PRIVATE_CONDITION; bit <<= 1)
	{
		ike_sa->set_condition(ike_sa, bit, (dynamic->conditions & bit) != 0);
	}
	set_addresses(ike_sa, dynamic);
}

ike_sa_t *ha_sync_import_ike(const ha_sync_ike_t *record, char **reason)
{
	const ha_sync_dynamic_t *dynamic = &record->dynamic;
	peer_cfg_t *peer_cfg;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;

	peer_cfg = charon->backends->get_peer_cfg_by_name(charon->backends,
													  record->peer_cfg);
	if (!peer_cfg)
	{
		if (asprintf(reason, "connection '%s' is not configured on this "
					 "member, add it to swanctl.conf and run "
					 "'swanctl --load-conns'",
					 record->peer_cfg) < 0)
		{
			*reason = strdup("connection is not configured");
		}
		return NULL;
	}
	id = ha_sync_checkout_id(&record->spis);
	ike_sa = ike_sa_create(id, record->spis.initiator, IKEV2);
	id->destroy(id);
	charon->bus->set_sa(charon->bus, ike_sa);
	ike_sa->set_peer_cfg(ike_sa, peer_cfg);
	peer_cfg->destroy(peer_cfg);

	*reason = derive_keys(ike_sa, record);
	if (*reason)
	{
		ike_sa->set_state(ike_sa, IKE_PASSIVE);
		ike_sa->destroy(ike_sa);
		charon->bus->set_sa(charon->bus, NULL);
		return NULL;
	}
	ike_sa->set_state(ike_sa, IKE_CONNECTING);
	ike_sa->set_proposal(ike_sa, record->proposal);
	ike_sa->set_my_id(ike_sa, record->local_id->clone(record->local_id));
	ike_sa->set_other_id(ike_sa, record->remote_id->clone(record->remote_id));
	ike_sa->set_state(ike_sa, IKE_PASSIVE);
	set_dynamic(ike_sa, dynamic);
	add_auths(ike_sa, record);
	return ike_sa;
}

void ha_sync_import_dynamic(ike_sa_t *ike_sa, const ha_sync_dynamic_t *dynamic)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;

	set_dynamic(ike_sa, dynamic);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		if (child_sa->update(child_sa, dynamic->local, dynamic->remote, NULL,
							 ike_sa->has_condition(ike_sa,
												   COND_NAT_ANY)) != SUCCESS)
		{
			DBG1(DBG_CFG, "ha-sync: updating the addresses of CHILD_SA %s{%u} "
				 "failed", child_sa->get_name(child_sa),
				 child_sa->get_unique_id(child_sa));
		}
	}
	enumerator->destroy(enumerator);
}
