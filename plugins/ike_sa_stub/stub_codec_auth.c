/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_codec_auth.h"
#include "sync_tlv.h"

#include <credentials/certificates/certificate.h>

/* Limits: far above what a real round has, so that they only stop nonsense. */
#define MAX_GROUPS 64
#define MAX_CERTS 8

/**
 * Types of attributes.  They never change their meaning.
 */
typedef enum {
	/** 1 if it's the gateway's */
	ATTR_GATEWAY = 30,
	ATTR_CLASS = 31,
	ATTR_EAP_TYPE = 32,
	ATTR_EAP_VENDOR = 33,
	/** identities, groups (any number) */
	ATTR_ID = 34,
	ATTR_EAP_ID = 35,
	ATTR_GROUP = 36,
	/** certificate, any number */
	ATTR_CERT = 37,
} attr_t;

/*
 * Described in header.
 */
void stub_codec_put_id(bio_writer_t *writer, uint8_t type,
					   identification_t *id)
{
	uint8_t kind;
	chunk_t value;

	if (id)
	{
		kind = id->get_type(id);
		value = chunk_cat("cc", chunk_from_thing(kind), id->get_encoding(id));
		sync_tlv_put(writer, type, value);
		chunk_free(&value);
	}
}

/*
 * Described in header.
 */
chunk_t stub_codec_put_auth(stub_auth_t *auth)
{
	bio_writer_t *writer = bio_writer_create(0);
	identification_t *group;
	certificate_t *cert;
	chunk_t encoding, data;
	int i;

	sync_tlv_put_int(writer, ATTR_GATEWAY, auth->gateway);
	sync_tlv_put_int(writer, ATTR_CLASS, auth->auth_class);
	sync_tlv_put_int(writer, ATTR_EAP_TYPE, auth->eap_type);
	sync_tlv_put_int(writer, ATTR_EAP_VENDOR, auth->eap_vendor);
	stub_codec_put_id(writer, ATTR_ID, auth->id);
	stub_codec_put_id(writer, ATTR_EAP_ID, auth->eap_id);
	for (i = 0; i < array_count(auth->groups); i++)
	{
		array_get(auth->groups, i, &group);
		stub_codec_put_id(writer, ATTR_GROUP, group);
	}
	for (i = 0; i < array_count(auth->certs); i++)
	{
		array_get(auth->certs, i, &cert);
		if (cert->get_encoding(cert, CERT_ASN1_DER, &encoding))
		{
			sync_tlv_put(writer, ATTR_CERT, encoding);
			chunk_free(&encoding);
		}
	}
	data = writer->extract_buf(writer);
	writer->destroy(writer);
	return data;
}

/*
 * Described in header.
 */
bool stub_codec_get_id(chunk_t value, identification_t **id)
{
	if (!value.len || *id)
	{
		return FALSE;
	}
	*id = identification_create_from_encoding(value.ptr[0],
											  chunk_skip(value, 1));
	return TRUE;
}

/**
 * Read a group.
 */
static bool get_group(chunk_t value, stub_auth_t *auth)
{
	identification_t *group = NULL;

	if (array_count(auth->groups) >= MAX_GROUPS ||
		!stub_codec_get_id(value, &group))
	{
		return FALSE;
	}
	array_insert_create(&auth->groups, ARRAY_TAIL, group);
	return TRUE;
}

/**
 * Read a certificate.
 */
static bool get_cert(chunk_t value, stub_auth_t *auth)
{
	certificate_t *cert;

	if (array_count(auth->certs) >= MAX_CERTS)
	{
		return FALSE;
	}
	cert = lib->creds->create(lib->creds, CRED_CERTIFICATE, CERT_X509,
							  BUILD_BLOB_ASN1_DER, value, BUILD_END);
	if (!cert)
	{
		return FALSE;
	}
	array_insert_create(&auth->certs, ARRAY_TAIL, cert);
	return TRUE;
}

/**
 * Read an attribute of an authentication round.
 */
static bool get_auth_attr(uint8_t type, chunk_t value, stub_auth_t *auth)
{
	uint8_t gateway;

	switch (type)
	{
		case ATTR_GATEWAY:
			if (!sync_tlv_int(value, sizeof(gateway), &gateway) || gateway > 1)
			{
				return FALSE;
			}
			auth->gateway = gateway;
			return TRUE;
		case ATTR_CLASS:
			return sync_tlv_int(value, sizeof(uint32_t), &auth->auth_class);
		case ATTR_EAP_TYPE:
			return sync_tlv_int(value, sizeof(uint32_t), &auth->eap_type);
		case ATTR_EAP_VENDOR:
			return sync_tlv_int(value, sizeof(uint32_t), &auth->eap_vendor);
		case ATTR_ID:
			return stub_codec_get_id(value, &auth->id);
		case ATTR_EAP_ID:
			return stub_codec_get_id(value, &auth->eap_id);
		case ATTR_GROUP:
			return get_group(value, auth);
		case ATTR_CERT:
			return get_cert(value, auth);
		default:
			return TRUE;
	}
}

/*
 * Described in header.
 */
stub_auth_t *stub_codec_get_auth(chunk_t data)
{
	bio_reader_t *reader;
	stub_auth_t *auth;
	uint8_t type;
	chunk_t value;
	bool good = TRUE;

	INIT(auth);
	reader = bio_reader_create(data);
	while (good && sync_tlv_get(reader, &type, &value))
	{
		good = get_auth_attr(type, value, auth);
	}
	good = good && !reader->remaining(reader);
	reader->destroy(reader);
	if (!good)
	{
		stub_auth_destroy(auth);
		return NULL;
	}
	return auth;
}
