/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_codec.h"
#include "stub_codec_auth.h"
#include "sync_tlv.h"

/* Limits of what a stub may hold: far above what a real one has, so that they
 * only stop nonsense. */

/** authentication rounds */
#define MAX_AUTHS 32
/** inner addresses, attributes */
#define MAX_VIPS 16
#define MAX_ATTRS 64
/** transforms of a proposal */
#define MAX_TRANSFORMS 32
/** longest key, and shared secret */
#define MAX_KEY 256
#define MAX_SECRET 4096

/** octets of a transform: type, algorithm, key size */
#define TRANSFORM_LEN 5

/**
 * Types of attributes.  They never change their meaning.
 */
typedef enum {
	/** SPIs of initiator and responder (8 octets each), flags */
	ATTR_SPIS = 1,
	/** address of the gateway */
	ATTR_GATEWAY = 2,
	/** proposal: for each transform its type (1), algorithm and key size (2) */
	ATTR_PROPOSAL = 3,
	/** PRF */
	ATTR_PRF = 4,
	/** keys */
	ATTR_SK_D = 5,
	ATTR_SECRET = 6,
	ATTR_ADDITIONAL = 7,
	/** identities: type (1), encoding */
	ATTR_GATEWAY_ID = 8,
	ATTR_CLIENT_ID = 9,
	/** authentication round (attributes), in order */
	ATTR_AUTH = 10,
	/** name of the connection */
	ATTR_PEER_CFG = 11,
	/** bits */
	ATTR_EXTENSIONS = 12,
	ATTR_CONDITIONS = 13,
	/** inner address, any number */
	ATTR_VIP = 14,
	/** configuration attribute: type (2), value; any number */
	ATTR_ATTR = 15,
	/** times */
	ATTR_EXPIRES = 16,
	ATTR_REAUTH = 17,
	ATTR_LIFETIME = 18,
	/** resumptions since the last key exchange */
	ATTR_CHAIN = 19,
	/** role */
	ATTR_ROLE = 20,
} attr_t;

/** octets of type and length before a value */
#define TLV_HEADER_LEN 3

/** flags after the SPIs */
#define FLAG_GATEWAY_INITIATOR 1
#define FLAG_ANY_ADDRESS 2
#define FLAG_HARDENED 4
#define FLAG_PFS 8

/**
 * Append the proposal.
 */
static void put_proposal(bio_writer_t *writer, proposal_t *proposal)
{
	bio_writer_t *inner = bio_writer_create(0);
	transform_type_t types[] = {
		ENCRYPTION_ALGORITHM, PSEUDO_RANDOM_FUNCTION, INTEGRITY_ALGORITHM,
		KEY_EXCHANGE_METHOD, ADDITIONAL_KEY_EXCHANGE_1,
		ADDITIONAL_KEY_EXCHANGE_2, ADDITIONAL_KEY_EXCHANGE_3,
		ADDITIONAL_KEY_EXCHANGE_4, ADDITIONAL_KEY_EXCHANGE_5,
		ADDITIONAL_KEY_EXCHANGE_6, ADDITIONAL_KEY_EXCHANGE_7,
	};
	enumerator_t *enumerator;
	uint16_t alg, size;
	u_int i;

	for (i = 0; i < countof(types); i++)
	{
		enumerator = proposal->create_enumerator(proposal, types[i]);
		while (enumerator->enumerate(enumerator, &alg, &size))
		{
			inner->write_uint8(inner, types[i]);
			inner->write_uint16(inner, alg);
			inner->write_uint16(inner, size);
		}
		enumerator->destroy(enumerator);
	}
	sync_tlv_put(writer, ATTR_PROPOSAL, inner->get_buf(inner));
	inner->destroy(inner);
}

/**
 * Append SPIs and flags.
 */
static void put_spis(bio_writer_t *writer, stub_t *stub)
{
	uint8_t value[2 * STUB_SPI_LEN + 1];

	memcpy(value, &stub->spi_i, STUB_SPI_LEN);
	memcpy(value + STUB_SPI_LEN, &stub->spi_r, STUB_SPI_LEN);
	value[2 * STUB_SPI_LEN] =
			(stub->gateway_initiator ? FLAG_GATEWAY_INITIATOR : 0) |
			(stub->any_address ? FLAG_ANY_ADDRESS : 0) |
			(stub->hardened ? FLAG_HARDENED : 0) | (stub->pfs ? FLAG_PFS : 0);
	sync_tlv_put(writer, ATTR_SPIS, chunk_from_thing(value));
}

/**
 * Append what there is any number of.
 */
static void put_lists(bio_writer_t *writer, stub_t *stub)
{
	stub_auth_t *auth;
	stub_attr_t *attr;
	uint16_t type;
	chunk_t value;
	host_t *vip;
	int i;

	for (i = 0; i < array_count(stub->auths); i++)
	{
		array_get(stub->auths, i, &auth);
		value = stub_codec_put_auth(auth);
		sync_tlv_put(writer, ATTR_AUTH, value);
		chunk_free(&value);
	}
	for (i = 0; i < array_count(stub->vips); i++)
	{
		array_get(stub->vips, i, &vip);
		sync_tlv_put_host(writer, ATTR_VIP, vip);
	}
	for (i = 0; i < array_count(stub->attrs); i++)
	{
		array_get(stub->attrs, i, &attr);
		type = htons(attr->type);
		value = chunk_cat("cc", chunk_from_thing(type), attr->value);
		sync_tlv_put(writer, ATTR_ATTR, value);
		chunk_clear(&value);
	}
}

/**
 * Append secrets last, FALSE if there is no room for them.
 */
static bool put_secrets(bio_writer_t *writer, stub_t *stub)
{
	size_t len = writer->get_buf(writer).len + 3 * TLV_HEADER_LEN;

	if (len + stub->sk_d.len + stub->secret.len + stub->additional.len >
															STUB_CODEC_MAX)
	{
		return FALSE;
	}
	sync_tlv_put(writer, ATTR_SK_D, stub->sk_d);
	sync_tlv_put(writer, ATTR_SECRET, stub->secret);
	if (stub->additional.len)
	{
		sync_tlv_put(writer, ATTR_ADDITIONAL, stub->additional);
	}
	return TRUE;
}

/*
 * Described in header.
 */
chunk_t stub_encode(stub_t *stub)
{
	/* a buffer that grows would leave secrets where it was before */
	bio_writer_t *writer = bio_writer_create(STUB_CODEC_MAX);
	chunk_t data;

	put_spis(writer, stub);
	sync_tlv_put_int(writer, ATTR_ROLE, stub->role);
	sync_tlv_put_host(writer, ATTR_GATEWAY, stub->gateway);
	put_proposal(writer, stub->proposal);
	sync_tlv_put_int(writer, ATTR_PRF, stub->prf);
	stub_codec_put_id(writer, ATTR_GATEWAY_ID, stub->gateway_id);
	stub_codec_put_id(writer, ATTR_CLIENT_ID, stub->client_id);
	sync_tlv_put_str(writer, ATTR_PEER_CFG, stub->peer_cfg);
	sync_tlv_put_int(writer, ATTR_EXTENSIONS, stub->extensions);
	sync_tlv_put_int(writer, ATTR_CONDITIONS, stub->conditions);
	sync_tlv_put_int(writer, ATTR_EXPIRES, stub->expires);
	sync_tlv_put_int(writer, ATTR_REAUTH, stub->reauth);
	sync_tlv_put_int(writer, ATTR_LIFETIME, stub->lifetime);
	sync_tlv_put_int(writer, ATTR_CHAIN, stub->chain);
	put_lists(writer, stub);
	if (!put_secrets(writer, stub))
	{
		writer->destroy(writer);
		return chunk_empty;
	}
	data = writer->extract_buf(writer);
	writer->destroy(writer);
	return data;
}

/**
 * Read a key.
 */
static bool get_key(chunk_t value, size_t max, chunk_t *key)
{
	if (!value.len || value.len > max || key->ptr)
	{
		return FALSE;
	}
	*key = chunk_clone(value);
	return TRUE;
}

/**
 * Read an authentication round.
 */
static bool get_auth(chunk_t value, stub_t *stub)
{
	stub_auth_t *auth;

	if (array_count(stub->auths) >= MAX_AUTHS)
	{
		return FALSE;
	}
	auth = stub_codec_get_auth(value);
	if (!auth)
	{
		return FALSE;
	}
	array_insert(stub->auths, ARRAY_TAIL, auth);
	return TRUE;
}

/**
 * Read the proposal.
 */
static bool get_proposal(chunk_t value, stub_t *stub)
{
	bio_reader_t *reader;
	uint16_t alg, size;
	uint8_t type;

	if (stub->proposal || !value.len || value.len % TRANSFORM_LEN ||
		value.len > MAX_TRANSFORMS * TRANSFORM_LEN)
	{
		return FALSE;
	}
	stub->proposal = proposal_create(PROTO_IKE, 1);
	reader = bio_reader_create(value);
	while (reader->read_uint8(reader, &type) &&
		   reader->read_uint16(reader, &alg) &&
		   reader->read_uint16(reader, &size))
	{
		stub->proposal->add_algorithm(stub->proposal, type, alg, size);
	}
	reader->destroy(reader);
	return TRUE;
}

/**
 * Read SPIs and flags.
 */
static bool get_spis(chunk_t value, stub_t *stub)
{
	uint8_t flags;

	if (value.len != 2 * STUB_SPI_LEN + 1)
	{
		return FALSE;
	}
	memcpy(&stub->spi_i, value.ptr, STUB_SPI_LEN);
	memcpy(&stub->spi_r, value.ptr + STUB_SPI_LEN, STUB_SPI_LEN);
	flags = value.ptr[2 * STUB_SPI_LEN];
	stub->gateway_initiator = (flags & FLAG_GATEWAY_INITIATOR) != 0;
	stub->any_address = (flags & FLAG_ANY_ADDRESS) != 0;
	stub->hardened = (flags & FLAG_HARDENED) != 0;
	stub->pfs = (flags & FLAG_PFS) != 0;
	return TRUE;
}

/**
 * Read an inner address.
 */
static bool get_vip(chunk_t value, stub_t *stub)
{
	host_t *vip = NULL;

	if (array_count(stub->vips) >= MAX_VIPS || !sync_tlv_host(value, &vip))
	{
		return FALSE;
	}
	array_insert(stub->vips, ARRAY_TAIL, vip);
	return TRUE;
}

/**
 * Read a configuration attribute.
 */
static bool get_attr(chunk_t value, stub_t *stub)
{
	stub_attr_t *attr;

	if (value.len < 2 || array_count(stub->attrs) >= MAX_ATTRS)
	{
		return FALSE;
	}
	INIT(attr,
		.type = untoh16(value.ptr),
		.value = chunk_clone(chunk_skip(value, 2)),
	);
	array_insert(stub->attrs, ARRAY_TAIL, attr);
	return TRUE;
}

/**
 * Read the role.
 */
static bool get_role(chunk_t value, stub_t *stub)
{
	uint8_t role;

	if (!sync_tlv_int(value, sizeof(role), &role) || role > STUB_CLIENT)
	{
		return FALSE;
	}
	stub->role = role;
	return TRUE;
}

/**
 * Read the PRF.
 */
static bool get_prf(chunk_t value, stub_t *stub)
{
	uint16_t prf;

	if (!sync_tlv_int(value, sizeof(prf), &prf))
	{
		return FALSE;
	}
	stub->prf = prf;
	return TRUE;
}

/**
 * Read an attribute of a stub.
 */
static bool get_stub_attr(uint8_t type, chunk_t value, stub_t *stub)
{
	switch (type)
	{
		case ATTR_SPIS:
			return get_spis(value, stub);
		case ATTR_ROLE:
			return get_role(value, stub);
		case ATTR_GATEWAY:
			return sync_tlv_host(value, &stub->gateway);
		case ATTR_PROPOSAL:
			return get_proposal(value, stub);
		case ATTR_PRF:
			return get_prf(value, stub);
		case ATTR_SK_D:
			return get_key(value, MAX_KEY, &stub->sk_d);
		case ATTR_SECRET:
			return get_key(value, MAX_SECRET, &stub->secret);
		case ATTR_ADDITIONAL:
			return get_key(value, MAX_SECRET, &stub->additional);
		case ATTR_GATEWAY_ID:
			return stub_codec_get_id(value, &stub->gateway_id);
		case ATTR_CLIENT_ID:
			return stub_codec_get_id(value, &stub->client_id);
		case ATTR_AUTH:
			return get_auth(value, stub);
		case ATTR_PEER_CFG:
			return sync_tlv_str(value, &stub->peer_cfg);
		case ATTR_EXTENSIONS:
			return sync_tlv_int(value, sizeof(uint32_t), &stub->extensions);
		case ATTR_CONDITIONS:
			return sync_tlv_int(value, sizeof(uint32_t), &stub->conditions);
		case ATTR_VIP:
			return get_vip(value, stub);
		case ATTR_ATTR:
			return get_attr(value, stub);
		case ATTR_EXPIRES:
			return sync_tlv_int(value, sizeof(uint64_t), &stub->expires);
		case ATTR_REAUTH:
			return sync_tlv_int(value, sizeof(uint64_t), &stub->reauth);
		case ATTR_LIFETIME:
			return sync_tlv_int(value, sizeof(uint32_t), &stub->lifetime);
		case ATTR_CHAIN:
			return sync_tlv_int(value, sizeof(uint8_t), &stub->chain);
		default:
			return TRUE;
	}
}

/*
 * Described in header.
 */
stub_t *stub_decode(chunk_t data)
{
	bio_reader_t *reader;
	stub_t *stub;
	uint8_t type;
	chunk_t value;
	bool good = data.len <= STUB_CODEC_MAX;

	stub = stub_create();
	reader = bio_reader_create(data);
	while (good && sync_tlv_get(reader, &type, &value))
	{
		good = get_stub_attr(type, value, stub);
	}
	good = good && !reader->remaining(reader) && stub->spi_i && stub->spi_r &&
		   stub->gateway && stub->proposal && stub->sk_d.len &&
		   stub->secret.len && stub->gateway_id && stub->client_id &&
		   stub->peer_cfg && stub->expires && stub->lifetime;
	reader->destroy(reader);
	if (!good)
	{
		stub_unref(stub);
		return NULL;
	}
	return stub;
}
