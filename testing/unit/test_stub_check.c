/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_test.h"
#include "stub_check.h"
#include "compat.h"

#include <config/backend_manager.h>
#include <credentials/certificates/x509.h>
#include <credentials/sets/mem_cred.h>

/** proposal of the stub, and another one */
#define SUITE "aes128-sha256-x25519-ke1_ecp384"
#define OTHER "aes256-sha384-ecp384"

/**
 * The present configuration of the connection.
 */
typedef struct {
	char *name, *local, *remote, *suites[2];
	char *gateway_id;
	/** round of the client */
	auth_class_t class;
	char *id, *eap_id, *group;
	/** another round */
	bool second;
	bool ppk;
} config_t;

/** what a gateway had when the stub was made */
static const config_t unchanged = {
	.name = "rw",
	.local = "192.168.0.1",
	.remote = "%any",
	.suites = { SUITE },
	.gateway_id = "moon.strongswan.org",
	.class = AUTH_CLASS_EAP,
	.group = "users",
};

static config_t config;
static stub_t *stub;
static stub_request_t request;
static mem_cred_t *creds;

/**
 * Make an authentication round of the client.
 */
static auth_cfg_t *create_round()
{
	auth_cfg_t *auth = auth_cfg_create();

	auth->add(auth, AUTH_RULE_AUTH_CLASS, config.class);
	if (config.id)
	{
		auth->add(auth, AUTH_RULE_IDENTITY,
				  identification_create_from_string(config.id));
	}
	if (config.eap_id)
	{
		auth->add(auth, AUTH_RULE_EAP_IDENTITY,
				  identification_create_from_string(config.eap_id));
	}
	if (config.group)
	{
		auth->add(auth, AUTH_RULE_GROUP,
				  identification_create_from_string(config.group));
	}
	return auth;
}

/**
 * Make the connection.
 */
static peer_cfg_t *create_connection()
{
	ike_cfg_create_t ike = {
		.version = IKEV2,
		.local = config.local,
		.remote = config.remote,
		.local_port = 500,
		.remote_port = 500,
	};
	peer_cfg_create_t data = {};
	auth_cfg_t *auth;
	peer_cfg_t *cfg;
	ike_cfg_t *ike_cfg;
	u_int i;

	ike_cfg = ike_cfg_create(&ike);
	for (i = 0; i < countof(config.suites) && config.suites[i]; i++)
	{
		ike_cfg->add_proposal(ike_cfg,
				proposal_create_from_string(PROTO_IKE, config.suites[i]));
	}
	if (config.ppk)
	{
		cluster_require_ppk(&data);
	}
	cfg = peer_cfg_create(config.name, ike_cfg, &data);
	auth = auth_cfg_create();
	auth->add(auth, AUTH_RULE_IDENTITY,
			  identification_create_from_string(config.gateway_id));
	cfg->add_auth_cfg(cfg, auth, TRUE);
	cfg->add_auth_cfg(cfg, create_round(), FALSE);
	if (config.second)
	{
		cfg->add_auth_cfg(cfg, create_round(), FALSE);
	}
	return cfg;
}

/**
 * Implements backend_manager_t.get_peer_cfg_by_name
 */
static peer_cfg_t *get_by_name(backend_manager_t *this, char *name)
{
	return streq(name, config.name) ? create_connection() : NULL;
}

static void fake_log(bus_t *this, debug_t group, level_t level, char *fmt, ...)
{
}

static bus_t bus = { .log = fake_log };
static backend_manager_t backends = { .get_peer_cfg_by_name = get_by_name };
static daemon_t fake_charon = { .bus = &bus, .backends = &backends };

/**
 * What the client offers in its request.
 */
static void offer(char *suite)
{
	request.proposals->insert_last(request.proposals,
						proposal_create_from_string(PROTO_IKE, suite));
}

static void set_secret(shared_key_type_t type, char *id)
{
	creds->add_shared(creds, shared_key_create(type,
						chunk_clone(chunk_from_str("secret"))),
					  identification_create_from_string(id), NULL);
}

static void setup()
{
	config = unchanged;
	stub = stub_test_create(TEST_SPI_R, 100);
	request = (stub_request_t){ .proposals = linked_list_create() };
	offer(OTHER);
	offer(SUITE);
	creds = mem_cred_create();
	lib->credmgr->add_set(lib->credmgr, &creds->set);
	set_secret(SHARED_EAP, "carol");
}

static void teardown()
{
	lib->credmgr->remove_set(lib->credmgr, &creds->set);
	creds->destroy(creds);
	request.proposals->destroy_offset(request.proposals,
									  offsetof(proposal_t, destroy));
	stub_unref(stub);
}

/**
 * Check the stub against the configuration.
 */
static bool check()
{
	host_t *me = host_create_from_string("192.168.0.1", 500);
	host_t *other = host_create_from_string("192.168.0.100", 500);
	peer_cfg_t *cfg;

	cfg = stub_check_config(stub, &request, me, other);
	me->destroy(me);
	other->destroy(other);
	if (cfg)
	{
		ck_assert_str_eq(cfg->get_name(cfg), "rw");
		cfg->destroy(cfg);
	}
	return cfg != NULL;
}

/**
 * G4: the connection has to be there, for these addresses.
 */
START_TEST(test_connection)
{
	ck_assert(check());
	config.name = "renamed";
	ck_assert(!check());
	config = unchanged;
	config.local = "192.168.0.2";
	ck_assert(!check());
	config = unchanged;
	config.remote = "192.168.0.0/26";
	ck_assert(!check());
	config.remote = "192.168.0.0/24";
	ck_assert(check());
}
END_TEST

/**
 * X7: the proposal of the stub has to be among those of the client, as it was,
 * and allowed by the connection: no downgrade.
 */
START_TEST(test_proposal)
{
	proposal_t *proposal;

	config.suites[0] = OTHER;
	ck_assert(!check());
	config.suites[1] = SUITE;
	ck_assert(check());
	ck_assert(request.proposals->remove_last(request.proposals,
											 (void**)&proposal) == SUCCESS);
	proposal->destroy(proposal);
	ck_assert(!check());
	offer("aes128-sha256-x25519");
	ck_assert(!check());
	offer("aes256-sha256-x25519-ke1_ecp384");
	ck_assert(!check());
	offer("aes256-aes128-sha256-ecp256-x25519-ke1_ecp384");
	ck_assert(check());
}
END_TEST

/**
 * X7: a PPK that is required now has to be in the keys.
 */
START_TEST(test_ppk)
{
	config.ppk = TRUE;
	ck_assert(!check());
	stub->conditions |= COND_PPK;
	ck_assert(check());
	config.ppk = FALSE;
	ck_assert(check());
}
END_TEST

/**
 * G4: the identities have to be those of the connection.
 */
START_TEST(test_identities)
{
	config.gateway_id = "sun.strongswan.org";
	ck_assert(!check());
	config.gateway_id = "%any";
	ck_assert(check());
	config.id = "dave@strongswan.org";
	ck_assert(!check());
	config.id = "*@strongswan.org";
	ck_assert(check());
	config.eap_id = "dave";
	ck_assert(!check());
	config.eap_id = "carol";
	ck_assert(check());
}
END_TEST

/**
 * G4: so has the authentication: its kind, groups, and rounds.
 */
START_TEST(test_authentication)
{
	config.group = "admins";
	ck_assert(!check());
	config = unchanged;
	config.class = AUTH_CLASS_PUBKEY;
	ck_assert(!check());
	config.class = AUTH_CLASS_ANY;
	ck_assert(check());
	config.second = TRUE;
	ck_assert(!check());
}
END_TEST

/**
 * G4: the account of the client has to be there.
 */
START_TEST(test_secret)
{
	stub_auth_t *auth;

	creds->clear(creds);
	lib->credmgr->flush_cache(lib->credmgr, CERT_ANY);
	ck_assert(!check());
	set_secret(SHARED_IKE, "carol");
	ck_assert(!check());
	set_secret(SHARED_EAP, "dave");
	ck_assert(!check());
	set_secret(SHARED_EAP, "carol");
	ck_assert(check());
	/* a RADIUS server has them, not we */
	creds->clear(creds);
	array_get(stub->auths, 0, &auth);
	auth->eap_type = EAP_TLS;
	ck_assert(check());

	auth->auth_class = AUTH_CLASS_PSK;
	config.class = AUTH_CLASS_PSK;
	ck_assert(!check());
	set_secret(SHARED_IKE, "dave@strongswan.org");
	ck_assert(!check());
	set_secret(SHARED_IKE, "carol@strongswan.org");
	ck_assert(check());
}
END_TEST

/**
 * Make a certificate, a CA's if there is none to sign it.
 */
static certificate_t *create_cert(private_key_t *key, char *subject,
								  certificate_t *ca, private_key_t *ca_key,
								  time_t until)
{
	identification_t *id = identification_create_from_string(subject);
	time_t from = time(NULL) - 1000;
	public_key_t *public = key->get_public_key(key);
	x509_flag_t flags = ca ? 0 : X509_CA;
	linked_list_t *sans = linked_list_create();
	certificate_t *cert;

	if (ca)
	{
		sans->insert_last(sans,
				identification_create_from_string("carol@strongswan.org"));
	}
	cert = lib->creds->create(lib->creds, CRED_CERTIFICATE, CERT_X509,
							  BUILD_SIGNING_KEY, ca_key, BUILD_PUBLIC_KEY,
							  public, BUILD_SUBJECT, id, BUILD_X509_FLAG, flags,
							  BUILD_SUBJECT_ALTNAMES, sans,
							  BUILD_NOT_BEFORE_TIME, from,
							  BUILD_NOT_AFTER_TIME, until,
							  BUILD_SERIAL, chunk_from_chars(1),
							  ca ? BUILD_SIGNING_CERT : BUILD_END, ca,
							  BUILD_END);
	ck_assert(cert);
	sans->destroy_offset(sans, offsetof(identification_t, destroy));
	public->destroy(public);
	id->destroy(id);
	return cert;
}

/**
 * Make the stub one of a client with a certificate, valid for some s.
 */
static void use_cert(certificate_t *ca, private_key_t *ca_key, int lifetime)
{
	private_key_t *key;
	stub_auth_t *auth;

	array_get(stub->auths, 0, &auth);
	array_destroy_offset(auth->certs, offsetof(certificate_t, destroy));
	auth->certs = NULL;
	auth->auth_class = AUTH_CLASS_PUBKEY;
	key = lib->creds->create(lib->creds, CRED_PRIVATE_KEY, KEY_ECDSA,
							 BUILD_KEY_SIZE, 256, BUILD_END);
	array_insert_create(&auth->certs, ARRAY_TAIL,
						create_cert(key, "C=CH, CN=carol", ca, ca_key,
									time(NULL) + lifetime));
	key->destroy(key);
}

/**
 * G4: the client's certificate has to be trusted, and not to be expired.
 */
START_TEST(test_certificate)
{
	private_key_t *ca_key;
	certificate_t *ca;

	ca_key = lib->creds->create(lib->creds, CRED_PRIVATE_KEY, KEY_ECDSA,
								BUILD_KEY_SIZE, 256, BUILD_END);
	ck_assert(ca_key);
	ca = create_cert(ca_key, "C=CH, CN=CA", NULL, ca_key, time(NULL) + 1000);
	config.class = AUTH_CLASS_PUBKEY;
	use_cert(ca, ca_key, 1000);
	ck_assert(stub_check_is_slow(stub));
	ck_assert(!check());
	creds->add_cert(creds, TRUE, ca->get_ref(ca));
	ck_assert(check());
	use_cert(ca, ca_key, -1);
	ck_assert(!check());
	use_cert(ca, ca_key, 1000);
	ck_assert(check());
	creds->clear(creds);
	lib->credmgr->flush_cache(lib->credmgr, CERT_ANY);
	ck_assert(!check());
	ca->destroy(ca);
	ca_key->destroy(ca_key);
}
END_TEST

/**
 * What may take long is not done in hooks: certificates, see above, and a
 * database.
 */
START_TEST(test_slow)
{
	plugin_feature_t features[] = {
		PLUGIN_NOOP,
			PLUGIN_PROVIDE(CUSTOM, "sql"),
	};

	if (_i)
	{
		lib->plugins->add_static_features(lib->plugins, "sql", features,
										  countof(features), TRUE, NULL, NULL);
		ck_assert(lib->plugins->load(lib->plugins, ""));
	}
	ck_assert(stub_check_is_slow(stub) == _i);
}
END_TEST

static Suite *stub_check_suite()
{
	Suite *s = suite_create("stub check");
	TCase *tc;

	tc = tcase_create("check");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_connection);
	tcase_add_test(tc, test_proposal);
	tcase_add_test(tc, test_ppk);
	tcase_add_test(tc, test_identities);
	tcase_add_test(tc, test_authentication);
	tcase_add_test(tc, test_secret);
	tcase_add_test(tc, test_certificate);
	tcase_add_loop_test(tc, test_slow, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	charon = &fake_charon;
	return stub_test_run(stub_check_suite(),
						 "random nonce openssl pubkey x509 revocation "
						 "constraints");
}
