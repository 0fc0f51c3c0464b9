/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_tls.h"

#include <stdio.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/x509v3.h>

/** key of the external PSK, in octets: that of the hash of its cipher suite */
#define PSK_LEN 48

/** the only cipher suite with a secret; its IANA number */
#define PSK_SUITE "TLS_AES_256_GCM_SHA384"
static const u_char psk_suite_id[] = { 0x13, 0x02 };

/** separates the PSK from other keys made of the cluster secret */
#define PSK_LABEL "strongswan-cluster sync-channel psk v1"

typedef struct private_sync_tls_t private_sync_tls_t;

/**
 * Private data.
 */
struct private_sync_tls_t {

	/** public interface */
	sync_tls_t public;

	/** references */
	refcount_t ref;

	/** contexts for sessions we open and accept */
	SSL_CTX *client, *server;

	/** name of the cluster, identity of the PSK */
	char *cluster;

	/** TRUE to authenticate by the cluster secret */
	bool use_psk;

	/** key of the PSK */
	u_char psk[PSK_LEN];
};

/**
 * Derive the PSK from the cluster secret: HKDF with SHA-384 (RFC 5869).
 */
static bool derive_psk(private_sync_tls_t *this, chunk_t secret)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, "SHA384", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret.ptr,
										  secret.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, this->cluster,
										  strlen(this->cluster)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, PSK_LABEL,
										  strlen(PSK_LABEL)),
		OSSL_PARAM_construct_end(),
	};
	bool ok;

	ok = ctx && EVP_KDF_derive(ctx, this->psk, sizeof(this->psk), params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

/**
 * Make the session OpenSSL wants an external PSK in.
 */
static SSL_SESSION *create_psk_session(private_sync_tls_t *this, SSL *ssl)
{
	const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, psk_suite_id);
	SSL_SESSION *session = SSL_SESSION_new();

	if (session && cipher &&
		SSL_SESSION_set1_master_key(session, this->psk, sizeof(this->psk)) &&
		SSL_SESSION_set_cipher(session, cipher) &&
		SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION))
	{
		return session;
	}
	SSL_SESSION_free(session);
	return NULL;
}

/**
 * Get the object a session was created by.
 */
static private_sync_tls_t *get_this(SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/**
 * Offer our PSK.
 */
static int use_psk(SSL *ssl, const EVP_MD *md, const unsigned char **id,
				   size_t *idlen, SSL_SESSION **session)
{
	private_sync_tls_t *this = get_this(ssl);

	*session = create_psk_session(this, ssl);
	*id = (u_char*)this->cluster;
	*idlen = strlen(this->cluster);
	/* after a HelloRetryRequest the hash is fixed */
	if (*session && md && EVP_MD_get_size(md) != PSK_LEN)
	{
		SSL_SESSION_free(*session);
		*session = NULL;
	}
	return *session != NULL;
}

/**
 * Find the PSK the client offers; none is not an error here, the handshake
 * fails as there is no certificate.
 */
static int find_psk(SSL *ssl, const unsigned char *id, size_t len,
					SSL_SESSION **session)
{
	private_sync_tls_t *this = get_this(ssl);

	*session = NULL;
	if (!chunk_equals(chunk_create((u_char*)id, len),
					  chunk_from_str(this->cluster)))
	{
		return 1;
	}
	*session = create_psk_session(this, ssl);
	return *session != NULL;
}

/**
 * Log why a file can't be used.
 */
static bool file_failed(const char *option, const char *file)
{
	char buf[256];

	ERR_error_string_n(ERR_peek_last_error(), buf, sizeof(buf));
	DBG1(DBG_CFG, "cluster: %s '%s' can't be used: %s", option, file, buf);
	ERR_clear_error();
	return FALSE;
}

/**
 * Load the files for X.509.
 */
static bool load_files(SSL_CTX *ctx, sync_config_t *config)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, config->cert) != 1)
	{
		return file_failed("cert", config->cert);
	}
	if (SSL_CTX_use_PrivateKey_file(ctx, config->key, SSL_FILETYPE_PEM) != 1)
	{
		return file_failed("key", config->key);
	}
	if (SSL_CTX_check_private_key(ctx) != 1)
	{
		return file_failed("key (of another certificate)", config->key);
	}
	if (SSL_CTX_load_verify_locations(ctx, config->ca, NULL) != 1)
	{
		return file_failed("ca", config->ca);
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
					   NULL);
	/* a member is client to some and server to others */
	return SSL_CTX_set_purpose(ctx, X509_PURPOSE_ANY) == 1;
}

/**
 * Create a context.
 */
static SSL_CTX *create_context(private_sync_tls_t *this, sync_config_t *config,
							   bool server)
{
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() :
										TLS_client_method());
	bool ok;

	if (!ctx)
	{
		return NULL;
	}
	SSL_CTX_set_app_data(ctx, this);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
						  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* sessions are never resumed: the daemon's memory is the only state */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	ok = SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) &&
		 SSL_CTX_set_num_tickets(ctx, 0);
	if (ok && this->use_psk)
	{
		ok = SSL_CTX_set_ciphersuites(ctx, PSK_SUITE);
		SSL_CTX_set_psk_use_session_callback(ctx, use_psk);
		SSL_CTX_set_psk_find_session_callback(ctx, find_psk);
		/* a server without PSK would need a certificate, we accept none; as
		 * server we have none to offer, and ask for none: with a PSK, that
		 * needs a session ID context */
		SSL_CTX_set_verify(ctx, server ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
						   NULL);
	}
	else if (ok)
	{
		ok = load_files(ctx, config);
	}
	if (!ok)
	{
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

METHOD(sync_tls_t, create_session, SSL*,
	private_sync_tls_t *this, int fd, bool server)
{
	SSL *ssl = SSL_new(server ? this->server : this->client);

	if (!ssl || !SSL_set_fd(ssl, fd))
	{
		SSL_free(ssl);
		return NULL;
	}
	if (server)
	{
		SSL_set_accept_state(ssl);
	}
	else
	{
		SSL_set_connect_state(ssl);
	}
	return ssl;
}

METHOD(sync_tls_t, is_member, bool,
	private_sync_tls_t *this, SSL *session, const char *member)
{
	X509 *cert;
	bool found;

	if (this->use_psk)
	{
		return TRUE;
	}
	cert = SSL_get1_peer_certificate(session);
	found = cert && X509_check_host(cert, member, 0,
						X509_CHECK_FLAG_NO_WILDCARDS, NULL) == 1;
	X509_free(cert);
	return found;
}

METHOD(sync_tls_t, describe_error, char*,
	private_sync_tls_t *this, SSL *session)
{
	const char *reason, *hint;
	unsigned long error = ERR_peek_last_error();
	long verified = SSL_get_verify_result(session);
	char *text;

	reason = error ? ERR_reason_error_string(error) : "connection closed";
	if (this->use_psk)
	{
		hint = "is the cluster secret, and the cluster's name, the same on "
			   "both members?";
	}
	else if (verified != X509_V_OK)
	{
		reason = X509_verify_cert_error_string(verified);
		hint = "is the other member's certificate of the configured CA?";
	}
	else
	{
		hint = "are the certificates of both members of the configured CA?";
	}
	ERR_clear_error();
	if (asprintf(&text, "TLS handshake failed (%s); %s",
				 reason ?: "unknown error", hint) < 0)
	{
		return strdup("TLS handshake failed");
	}
	return text;
}

METHOD(sync_tls_t, get_ref, sync_tls_t*,
	private_sync_tls_t *this)
{
	ref_get(&this->ref);
	return &this->public;
}

METHOD(sync_tls_t, destroy, void,
	private_sync_tls_t *this)
{
	if (ref_put(&this->ref))
	{
		SSL_CTX_free(this->client);
		SSL_CTX_free(this->server);
		memwipe(this->psk, sizeof(this->psk));
		free(this->cluster);
		free(this);
	}
}

/*
 * Described in header.
 */
sync_tls_t *sync_tls_create(sync_config_t *config)
{
	private_sync_tls_t *this;

	INIT(this,
		.public = {
			.create_session = _create_session,
			.is_member = _is_member,
			.describe_error = _describe_error,
			.get_ref = _get_ref,
			.destroy = _destroy,
		},
		.ref = 1,
		.cluster = strdup(config->cluster),
		.use_psk = config->secret.len > 0,
	);
	if (this->use_psk && !derive_psk(this, config->secret))
	{
		DBG1(DBG_CFG, "cluster: deriving a key from the secret failed, "
			 "OpenSSL has no HKDF");
		_destroy(this);
		return NULL;
	}
	this->client = create_context(this, config, FALSE);
	this->server = this->client ? create_context(this, config, TRUE) : NULL;
	if (!this->server)
	{
		_destroy(this);
		return NULL;
	}
	return &this->public;
}
