/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_check.h"
#include "compat.h"
#include "stub_keys.h"

#include <credentials/sets/auth_cfg_wrapper.h>

/*
 * Described in header.
 */
bool stub_check_proof(stub_t *stub, stub_request_t *request, bool required)
{
	chunk_t proof;
	bool good;

	if (!request->proof.len)
	{
		return !required;
	}
	if (!stub_keys_proof_i(stub, request->spi_i, request->nonce,
						   request->syn.body, &proof))
	{
		return FALSE;
	}
	good = chunk_equals_const(proof, request->proof);
	chunk_clear(&proof);
	return good;
}

/*
 * Described in header.
 */
bool stub_check_address(stub_t *stub, stub_request_t *request)
{
	return stub->any_address ||
		   chunk_equals(stub->gateway->get_address(stub->gateway),
						request->syn.address);
}

/**
 * Check if connections and secrets may be in a database.  Looked up once, as
 * charon goes through the features of all its plugins.
 */
static bool has_database()
{
	plugin_feature_t feature = PLUGIN_PROVIDE(CUSTOM, "sql");
	static enum { UNKNOWN, ABSENT, PRESENT } state;

	if (state == UNKNOWN)
	{
		state = lib->plugins->has_feature(lib->plugins, feature) ? PRESENT
																 : ABSENT;
	}
	return state == PRESENT;
}

/*
 * Described in header.
 */
bool stub_check_is_slow(stub_t *stub)
{
	stub_auth_t *auth;
	int i;

	if (has_database())
	{
		return TRUE;
	}
	for (i = 0; i < array_count(stub->auths); i++)
	{
		array_get(stub->auths, i, &auth);
		if (array_count(auth->certs))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Make what charon has of a client that has just sent its certificates.
 */
static auth_cfg_t *create_helper(array_t *certs)
{
	auth_cfg_t *helper = auth_cfg_create();
	certificate_t *cert;
	int i;

	for (i = 0; i < array_count(certs); i++)
	{
		array_get(certs, i, &cert);
		helper->add(helper, i ? AUTH_HELPER_IM_CERT : AUTH_HELPER_SUBJECT_CERT,
					cert->get_ref(cert));
	}
	return helper;
}

/**
 * Check if a certificate is still trusted, add what was found on the way.
 */
static bool check_cert(stub_auth_t *round, auth_cfg_t *cfg)
{
	certificate_t *peer, *cert;
	auth_cfg_wrapper_t *wrapper;
	auth_cfg_t *helper;
	enumerator_t *enumerator;
	public_key_t *key;
	auth_cfg_t *auth;
	bool found = FALSE;

	peer = cfg->get(cfg, AUTH_RULE_SUBJECT_CERT);
	key = peer ? peer->get_public_key(peer) : NULL;
	if (!key || !peer->get_validity(peer, NULL, NULL, NULL))
	{
		DESTROY_IF(key);
		return FALSE;
	}
	helper = create_helper(round->certs);
	wrapper = auth_cfg_wrapper_create(helper);
	lib->credmgr->add_local_set(lib->credmgr, &wrapper->set, FALSE);
	enumerator = lib->credmgr->create_trusted_enumerator(lib->credmgr,
							key->get_type(key), peer->get_subject(peer), TRUE);
	while (!found && enumerator->enumerate(enumerator, &cert, &auth))
	{
		if (peer->equals(peer, cert))
		{
			cfg->merge(cfg, auth, FALSE);
			found = TRUE;
		}
	}
	enumerator->destroy(enumerator);
	lib->credmgr->remove_local_set(lib->credmgr, &wrapper->set);
	wrapper->destroy(wrapper);
	helper->destroy(helper);
	key->destroy(key);
	return found;
}

/**
 * Check if there is still a secret of a kind.
 */
static bool check_secret(shared_key_type_t type, identification_t *me,
						 identification_t *other)
{
	shared_key_t *key;

	key = lib->credmgr->get_shared(lib->credmgr, type, me, other);
	DESTROY_IF(key);
	return key != NULL;
}

/**
 * Check if the client could still authenticate itself as it did.
 */
static bool check_credential(stub_t *stub, stub_auth_t *auth, auth_cfg_t *done,
							 auth_cfg_t *config)
{
	switch (auth->auth_class)
	{
		case AUTH_CLASS_PUBKEY:
			return !array_count(auth->certs) || check_cert(auth, done);
		case AUTH_CLASS_PSK:
			return check_secret(SHARED_IKE, stub->gateway_id,
								auth->id ?: stub->client_id);
		case AUTH_CLASS_EAP:
			if ((uintptr_t)config->get(config,
									   AUTH_RULE_EAP_TYPE) == EAP_RADIUS)
			{	/* the server knows, see the hook authorize */
				return TRUE;
			}
			switch (auth->eap_type)
			{
				case EAP_MD5:
				case EAP_MSCHAPV2:
				case EAP_GTC:
					return check_secret(SHARED_EAP,
										auth->eap_id ?: stub->client_id, NULL);
				default:
					return TRUE;
			}
		default:
			return TRUE;
	}
}

/**
 * Check the authentication rounds of the client.
 */
static bool check_client(stub_t *stub, peer_cfg_t *cfg)
{
	enumerator_t *enumerator;
	auth_cfg_t *config, *done;
	stub_auth_t *auth;
	int i = 0;
	bool good = TRUE;

	enumerator = cfg->create_auth_cfg_enumerator(cfg, FALSE);
	while (good && enumerator->enumerate(enumerator, &config))
	{
		do
		{
			good = array_get(stub->auths, i++, &auth);
		}
		while (good && auth->gateway);
		if (good)
		{
			done = stub_auth_to_cfg(auth);
			good = check_credential(stub, auth, done, config) &&
				   done->complies(done, config, TRUE);
			done->destroy(done);
		}
	}
	enumerator->destroy(enumerator);
	return good;
}

/**
 * Check if the gateway still has the identity it had.
 */
static bool check_gateway(stub_t *stub, peer_cfg_t *cfg)
{
	identification_t *id = NULL;
	enumerator_t *enumerator;
	auth_cfg_t *config;

	enumerator = cfg->create_auth_cfg_enumerator(cfg, TRUE);
	if (enumerator->enumerate(enumerator, &config))
	{
		id = config->get(config, AUTH_RULE_IDENTITY);
	}
	enumerator->destroy(enumerator);
	return !id || id->get_type(id) == ID_ANY ||
		   stub->gateway_id->matches(stub->gateway_id, id);
}

/**
 * Check if a proposal is the only result of a negotiation that would include
 * it.
 */
static bool check_proposal(stub_t *stub, stub_request_t *request,
						   ike_cfg_t *cfg)
{
	enumerator_t *enumerator;
	proposal_t *proposal;
	bool offered = FALSE;

	if (!cfg->has_proposal(cfg, stub->proposal, TRUE))
	{
		return FALSE;
	}
	enumerator = request->proposals->create_enumerator(request->proposals);
	while (!offered && enumerator->enumerate(enumerator, &proposal))
	{
		offered = proposal->matches(proposal, stub->proposal, 0);
	}
	enumerator->destroy(enumerator);
	return offered;
}

/*
 * Described in header.
 */
peer_cfg_t *stub_check_config(stub_t *stub, stub_request_t *request, host_t *me,
							  host_t *other)
{
	peer_cfg_t *cfg;
	ike_cfg_t *ike_cfg;
	char *reason = NULL;

	cfg = charon->backends->get_peer_cfg_by_name(charon->backends,
												 stub->peer_cfg);
	if (!cfg)
	{
		DBG1(DBG_CFG, "ike-sa-stub: '%Y' has a stub, but its connection '%s' "
			 "is not configured here", stub->client_id, stub->peer_cfg);
		return NULL;
	}
	ike_cfg = cfg->get_ike_cfg(cfg);
	if (!ike_cfg->match_me(ike_cfg, me) ||
		!ike_cfg->match_other(ike_cfg, other))
	{
		reason = "address";
	}
	else if (!check_proposal(stub, request, ike_cfg))
	{
		reason = "proposal";
	}
	else if (!check_gateway(stub, cfg))
	{
		reason = "identity of the gateway";
	}
	else if (!check_client(stub, cfg))
	{
		reason = "authentication of the client";
	}
	else if (cluster_ppk_required(cfg) && !(stub->conditions & COND_PPK))
	{
		reason = "lack of a PPK";
	}
	if (reason)
	{
		DBG1(DBG_CFG, "ike-sa-stub: '%Y' has a stub, but connection '%s' does "
			 "not allow its %s anymore", stub->client_id, stub->peer_cfg,
			 reason);
		cfg->destroy(cfg);
		return NULL;
	}
	return cfg;
}
