/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_test.h"

#include <stdlib.h>

/*
 * Described in header.
 */
stub_t *stub_test_create(uint64_t spi_r, int lifetime)
{
	stub_auth_t *auth;
	stub_attr_t *attr;
	stub_t *stub;

	stub = stub_create();
	stub->spi_i = TEST_SPI_I;
	stub->spi_r = spi_r;
	stub->gateway = host_create_from_string("192.168.0.1", 500);
	stub->proposal = proposal_create_from_string(PROTO_IKE,
									"aes128-sha256-x25519-ke1_ecp384");
	stub->prf = PRF_HMAC_SHA2_256;
	stub->sk_d = chunk_clone(chunk_from_str("0123456789abcdef0123456789abcdef"));
	stub->secret = chunk_clone(chunk_from_str("first secret"));
	stub->additional = chunk_clone(chunk_from_str("second secret"));
	stub->gateway_id = identification_create_from_string("moon.strongswan.org");
	stub->client_id = identification_create_from_string("carol@strongswan.org");
	INIT(auth,
		.auth_class = AUTH_CLASS_EAP,
		.eap_type = EAP_MSCHAPV2,
		.id = identification_create_from_string("carol@strongswan.org"),
		.eap_id = identification_create_from_string("carol"),
	);
	array_insert_create(&auth->groups, ARRAY_TAIL,
						identification_create_from_string("users"));
	array_insert(stub->auths, ARRAY_TAIL, auth);
	INIT(auth,
		.gateway = TRUE,
		.auth_class = AUTH_CLASS_PUBKEY,
	);
	array_insert(stub->auths, ARRAY_TAIL, auth);
	stub->peer_cfg = strdup("rw");
	stub->extensions = EXT_MOBIKE | EXT_STRONGSWAN;
	stub->conditions = COND_EAP_AUTHENTICATED;
	array_insert(stub->vips, ARRAY_TAIL,
				 host_create_from_string("10.3.0.1", 0));
	array_insert(stub->vips, ARRAY_TAIL, host_create_from_string("fec3::1", 0));
	INIT(attr,
		.type = INTERNAL_IP4_DNS,
		.value = chunk_clone(chunk_from_chars(10, 1, 0, 1)),
	);
	array_insert(stub->attrs, ARRAY_TAIL, attr);
	stub->expires = time(NULL) + lifetime;
	stub->reauth = time(NULL) + 100000;
	stub->lifetime = 3600;
	stub->chain = 3;
	stub->pfs = TRUE;
	return stub;
}

/**
 * Implements bus_t.log
 */
static void fake_log(bus_t *this, debug_t group, level_t level, char *fmt, ...)
{
}

static bus_t fake_bus = { .log = fake_log };
static daemon_t fake_charon = { .bus = &fake_bus };

/*
 * Described in header.
 */
int stub_test_run(Suite *suite, char *plugins)
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "stub_test"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}
	charon = charon ?: &fake_charon;
	/* charon's plugin never unloads this provider of OpenSSL, a leak */
	lib->settings->set_bool(lib->settings, "%s.plugins.openssl.load_legacy",
							FALSE, lib->ns);
	lib->plugins->load(lib->plugins, plugins);

	sr = srunner_create(suite);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
