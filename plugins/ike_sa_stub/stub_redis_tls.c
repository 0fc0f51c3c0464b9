/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_redis_tls.h"

#include <hiredis/hiredis_ssl.h>
#include <networking/host.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

typedef struct private_stub_redis_tls_t private_stub_redis_tls_t;

/**
 * Private data.
 */
struct private_stub_redis_tls_t {

	/** public interface */
	stub_redis_tls_t public;

	/** certificates and key */
	SSL_CTX *ctx;

	/** name or address of the server */
	char *name;

	/** TRUE if it's an address */
	bool is_address;

	/** what was wrong */
	char reason[256];
};

/**
 * Prepare a session that takes certificates with the server's name only.
 */
static SSL *create_session(private_stub_redis_tls_t *this)
{
	SSL *ssl = SSL_new(this->ctx);
	bool ok;

	if (!ssl)
	{
		return NULL;
	}
	if (this->is_address)
	{	/* not asked for by SNI (RFC 6066, 3) */
		ok = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), this->name);
	}
	else
	{
		SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
		ok = SSL_set1_host(ssl, this->name) &&
			 SSL_set_tlsext_host_name(ssl, this->name);
	}
	if (!ok)
	{
		SSL_free(ssl);
		return NULL;
	}
	return ssl;
}

METHOD(stub_redis_tls_t, start, const char*,
	private_stub_redis_tls_t *this, redisContext *context)
{
	SSL *ssl = create_session(this);
	long result;

	if (!ssl)
	{
		ERR_clear_error();
		return "no TLS session";
	}
	if (redisInitiateSSL(context, ssl) == REDIS_OK)
	{	/* adopted */
		return NULL;
	}
	result = SSL_get_verify_result(ssl);
	if (result == X509_V_OK)
	{
		snprintf(this->reason, sizeof(this->reason), "%s", context->errstr);
	}
	else
	{
		snprintf(this->reason, sizeof(this->reason), "its certificate is not "
				 "accepted for '%s' (%s), see ca and server_name", this->name,
				 X509_verify_cert_error_string(result));
	}
	SSL_free(ssl);
	ERR_clear_error();
	return this->reason;
}

METHOD(stub_redis_tls_t, destroy, void,
	private_stub_redis_tls_t *this)
{
	SSL_CTX_free(this->ctx);
	free(this->name);
	free(this);
}

/**
 * Log why a file can't be used.
 */
static bool file_failed(const char *option, const char *file)
{
	char buf[256];

	ERR_error_string_n(ERR_peek_last_error(), buf, sizeof(buf));
	DBG1(DBG_CFG, "ike-sa-stub: %s '%s' of section redis can't be used: %s",
		 option, file, buf);
	ERR_clear_error();
	return FALSE;
}

/**
 * Load the files.
 */
static bool load_files(SSL_CTX *ctx, const char *ca, const char *cert,
					   const char *key)
{
	if (ca && SSL_CTX_load_verify_locations(ctx, ca, NULL) != 1)
	{
		return file_failed("ca", ca);
	}
	if (!ca && SSL_CTX_set_default_verify_paths(ctx) != 1)
	{
		return file_failed("ca", "of the system");
	}
	if (!cert != !key)
	{
		DBG1(DBG_CFG, "ike-sa-stub: section redis has %s without %s, set both "
			 "or none", cert ? "cert" : "key", cert ? "key" : "cert");
		return FALSE;
	}
	if (cert && SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
	{
		return file_failed("cert", cert);
	}
	if (key && SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
	{
		return file_failed("key", key);
	}
	return TRUE;
}

/*
 * Described in header.
 */
stub_redis_tls_t *stub_redis_tls_create(const char *ca, const char *cert,
										const char *key, const char *name)
{
	private_stub_redis_tls_t *this;
	host_t *address = host_create_from_string((char*)name, 0);

	INIT(this,
		.public = {
			.start = _start,
			.destroy = _destroy,
		},
		.ctx = SSL_CTX_new(TLS_client_method()),
		.name = strdup(name),
		.is_address = address != NULL,
	);
	DESTROY_IF(address);
	if (!this->ctx || !load_files(this->ctx, ca, cert, key))
	{
		destroy(this);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(this->ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(this->ctx, SSL_VERIFY_PEER, NULL);
	return &this->public;
}
