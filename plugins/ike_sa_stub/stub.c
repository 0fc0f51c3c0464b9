/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub.h"
#include "compat.h"

#include <credentials/certificates/certificate.h>

/*
 * Described in header.
 */
void stub_auth_destroy(stub_auth_t *auth)
{
	DESTROY_IF(auth->id);
	DESTROY_IF(auth->eap_id);
	array_destroy_offset(auth->groups, offsetof(identification_t, destroy));
	array_destroy_offset(auth->certs, offsetof(certificate_t, destroy));
	free(auth);
}

/*
 * Described in header.
 */
void stub_attr_destroy(stub_attr_t *attr)
{
	chunk_clear(&attr->value);
	free(attr);
}

/*
 * Described in header.
 */
stub_t *stub_create()
{
	stub_t *stub;

	INIT(stub,
		.refs = 1,
		.prf = PRF_UNDEFINED,
		.auths = array_create(0, 0),
		.vips = array_create(0, 0),
		.attrs = array_create(0, 0),
	);
	return stub;
}

/*
 * Described in header.
 */
stub_t *stub_ref(stub_t *stub)
{
	ref_get(&stub->refs);
	return stub;
}

/*
 * Described in header.
 */
void stub_unref(stub_t *stub)
{
	if (!stub || !ref_put(&stub->refs))
	{
		return;
	}
	chunk_clear(&stub->sk_d);
	chunk_clear(&stub->secret);
	chunk_clear(&stub->additional);
	DESTROY_IF(stub->gateway);
	DESTROY_IF(stub->proposal);
	DESTROY_IF(stub->gateway_id);
	DESTROY_IF(stub->client_id);
	array_destroy_function(stub->auths, (void*)stub_auth_destroy, NULL);
	array_destroy_offset(stub->vips, offsetof(host_t, destroy));
	array_destroy_function(stub->attrs, (void*)stub_attr_destroy, NULL);
	free(stub->peer_cfg);
	free(stub);
}

/*
 * Described in header.
 */
uint64_t stub_get_index(stub_t *stub)
{
	bool initiator = stub->gateway_initiator == (stub->role == STUB_GATEWAY);

	return initiator ? stub->spi_i : stub->spi_r;
}

/*
 * Described in header.
 */
uint64_t stub_get_gateway_spi(stub_t *stub)
{
	return stub->gateway_initiator ? stub->spi_i : stub->spi_r;
}

/*
 * Described in header.
 */
bool stub_is_valid(stub_t *stub)
{
	uint64_t now = time(NULL);

	return now < stub->expires && (!stub->reauth || now < stub->reauth);
}

/**
 * Add a certificate.
 */
static void add_cert(stub_auth_t *auth, certificate_t *cert)
{
	if (cert)
	{
		array_insert_create(&auth->certs, ARRAY_TAIL, cert->get_ref(cert));
	}
}

/**
 * Describe an authentication round.
 */
static stub_auth_t *describe_auth(auth_cfg_t *cfg, bool gateway, bool certs)
{
	identification_t *id;
	enumerator_t *enumerator;
	stub_auth_t *auth;
	auth_rule_t rule;
	void *value;

	INIT(auth,
		.gateway = gateway,
		.auth_class = (uintptr_t)cfg->get(cfg, AUTH_RULE_AUTH_CLASS),
		.eap_type = (uintptr_t)cfg->get(cfg, AUTH_RULE_EAP_TYPE),
		.eap_vendor = (uintptr_t)cfg->get(cfg, AUTH_RULE_EAP_VENDOR),
	);
	id = cfg->get(cfg, AUTH_RULE_IDENTITY);
	auth->id = id ? id->clone(id) : NULL;
	id = cfg->get(cfg, AUTH_RULE_EAP_IDENTITY);
	auth->eap_id = id ? id->clone(id) : NULL;
	if (certs)
	{
		add_cert(auth, cfg->get(cfg, AUTH_RULE_SUBJECT_CERT));
	}
	enumerator = cfg->create_enumerator(cfg);
	while (enumerator->enumerate(enumerator, &rule, &value))
	{
		if (rule == AUTH_RULE_GROUP)
		{
			id = value;
			array_insert_create(&auth->groups, ARRAY_TAIL, id->clone(id));
		}
		else if (rule == AUTH_RULE_IM_CERT && array_count(auth->certs))
		{
			add_cert(auth, value);
		}
	}
	enumerator->destroy(enumerator);
	return auth;
}

/**
 * Describe the authentication rounds of one side.
 */
static void describe_auths(stub_t *stub, ike_sa_t *ike_sa, bool local)
{
	enumerator_t *enumerator;
	bool gateway = (stub->role == STUB_GATEWAY) == local;
	auth_cfg_t *cfg;

	enumerator = ike_sa->create_auth_cfg_enumerator(ike_sa, local);
	while (enumerator->enumerate(enumerator, &cfg))
	{	/* a gateway checks the client's certificate again */
		array_insert(stub->auths, ARRAY_TAIL, describe_auth(cfg, gateway,
									stub->role == STUB_GATEWAY && !gateway));
	}
	enumerator->destroy(enumerator);
}

/**
 * Describe addresses and attributes the client got.
 */
static void describe_inner(stub_t *stub, ike_sa_t *ike_sa)
{
	configuration_attribute_type_t type;
	enumerator_t *enumerator;
	stub_attr_t *attr;
	host_t *host;
	chunk_t value;
	bool handled;

	enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa,
												stub->role == STUB_CLIENT);
	while (enumerator->enumerate(enumerator, &host))
	{
		array_insert(stub->vips, ARRAY_TAIL, host->clone(host));
	}
	enumerator->destroy(enumerator);
	if (stub->role == STUB_CLIENT)
	{
		enumerator = ike_sa->create_attribute_enumerator(ike_sa);
		while (enumerator->enumerate(enumerator, &type, &value, &handled))
		{
			INIT(attr,
				.type = type,
				.value = chunk_clone(value),
			);
			array_insert(stub->attrs, ARRAY_TAIL, attr);
		}
		enumerator->destroy(enumerator);
	}
}

/**
 * Describe extensions and conditions that don't depend on addresses.
 */
static void describe_flags(stub_t *stub, ike_sa_t *ike_sa)
{
	const uint32_t passing = COND_EAP_AUTHENTICATED | COND_PPK;
	uint32_t bit;

	for (bit = 1; bit < CLUSTER_PRIVATE_EXTENSION; bit <<= 1)
	{
		if (bit != EXT_NATT && ike_sa->supports_extension(ike_sa, bit))
		{
			stub->extensions |= bit;
		}
	}
	for (bit = 1; bit < CLUSTER_PRIVATE_CONDITION; bit <<= 1)
	{
		if ((passing & bit) && ike_sa->has_condition(ike_sa, bit))
		{
			stub->conditions |= bit;
		}
	}
}

/*
 * Described in header.
 */
stub_t *stub_describe(ike_sa_t *ike_sa, stub_role_t role)
{
	identification_t *my_id = ike_sa->get_my_id(ike_sa);
	identification_t *other_id = ike_sa->get_other_id(ike_sa);
	proposal_t *proposal = ike_sa->get_proposal(ike_sa);
	peer_cfg_t *cfg = ike_sa->get_peer_cfg(ike_sa);
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	host_t *host;
	stub_t *stub;

	if (!proposal || !cfg)
	{
		return NULL;
	}
	stub = stub_create();
	stub->role = role;
	stub->spi_i = id->get_initiator_spi(id);
	stub->spi_r = id->get_responder_spi(id);
	stub->gateway_initiator = id->is_initiator(id) == (role == STUB_GATEWAY);
	host = role == STUB_GATEWAY ? ike_sa->get_my_host(ike_sa)
								: ike_sa->get_other_host(ike_sa);
	stub->gateway = host->clone(host);
	stub->any_address = role == STUB_GATEWAY &&
						ike_sa->has_condition(ike_sa, COND_NAT_HERE);
	stub->proposal = proposal->clone(proposal, 0);
	if (role == STUB_GATEWAY)
	{
		stub->gateway_id = my_id->clone(my_id);
		stub->client_id = other_id->clone(other_id);
	}
	else
	{
		stub->gateway_id = other_id->clone(other_id);
		stub->client_id = my_id->clone(my_id);
	}
	stub->peer_cfg = strdup(cfg->get_name(cfg));
	describe_auths(stub, ike_sa, TRUE);
	describe_auths(stub, ike_sa, FALSE);
	describe_inner(stub, ike_sa);
	describe_flags(stub, ike_sa);
	return stub;
}

/**
 * Add certificates to an authentication configuration.
 */
static void add_certs(auth_cfg_t *cfg, array_t *certs)
{
	certificate_t *cert;
	int i;

	for (i = 0; i < array_count(certs); i++)
	{
		array_get(certs, i, &cert);
		cfg->add(cfg, i ? AUTH_RULE_IM_CERT : AUTH_RULE_SUBJECT_CERT,
				 cert->get_ref(cert));
	}
}

/*
 * Described in header.
 */
auth_cfg_t *stub_auth_to_cfg(stub_auth_t *auth)
{
	identification_t *group;
	auth_cfg_t *cfg;
	int i;

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
	for (i = 0; i < array_count(auth->groups); i++)
	{
		array_get(auth->groups, i, &group);
		cfg->add(cfg, AUTH_RULE_GROUP, group->clone(group));
	}
	add_certs(cfg, auth->certs);
	return cfg;
}
