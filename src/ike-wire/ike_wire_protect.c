/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike_wire_protect.h"

#include <daemon.h>
#include <bio/bio_writer.h>

/**
 * Longest message that is looked at, in octets: header, encrypted payload and
 * two notifies with the longest padding and ICV are shorter.
 */
#define MAX_LENGTH 512

/**
 * Header of a message and generic header of a payload, and header of a notify,
 * in octets (RFC 7296, 3.1, 3.2 and 3.10).
 */
#define IKE_HEADER_LEN 28
#define PAYLOAD_HEADER_LEN 4
#define NOTIFY_HEADER_LEN 8

/**
 * Version and flags in the header (RFC 7296, 3.1).
 */
#define IKE_VERSION (IKEV2_MAJOR_VERSION << 4 | IKEV2_MINOR_VERSION)
#define IKE_FLAG_INITIATOR 0x08
#define IKE_FLAG_RESPONSE 0x20

/**
 * Encode notifies, a chain of payloads.
 */
static void write_notifies(bio_writer_t *writer,
						   const ike_wire_notify_t *notifies, u_int count)
{
	u_int i;

	for (i = 0; i < count; i++)
	{
		writer->write_uint8(writer, i + 1 < count ? PLV2_NOTIFY : PL_NONE);
		writer->write_uint8(writer, 0);
		writer->write_uint16(writer, NOTIFY_HEADER_LEN + notifies[i].data.len);
		writer->write_uint8(writer, PROTO_NONE);
		writer->write_uint8(writer, 0);
		writer->write_uint16(writer, notifies[i].type);
		writer->write_data(writer, notifies[i].data);
	}
}

/**
 * Encode what is authenticated but not encrypted: the header and that of the
 * encrypted payload with a content of a length.
 */
static void write_headers(bio_writer_t *writer, ike_sa_id_t *id, bool request,
						  size_t content)
{
	uint64_t spi_i = id->get_initiator_spi(id);
	uint64_t spi_r = id->get_responder_spi(id);
	uint8_t flags = request ? 0 : IKE_FLAG_RESPONSE;

	if (id->is_initiator(id))
	{
		flags |= IKE_FLAG_INITIATOR;
	}
	writer->write_data(writer, chunk_from_thing(spi_i));
	writer->write_data(writer, chunk_from_thing(spi_r));
	writer->write_uint8(writer, PLV2_ENCRYPTED);
	writer->write_uint8(writer, IKE_VERSION);
	writer->write_uint8(writer, INFORMATIONAL);
	writer->write_uint8(writer, flags);
	writer->write_uint32(writer, 0);
	writer->write_uint32(writer, IKE_HEADER_LEN + PAYLOAD_HEADER_LEN + content);

	writer->write_uint8(writer, PLV2_NOTIFY);
	writer->write_uint8(writer, 0);
	writer->write_uint16(writer, PAYLOAD_HEADER_LEN + content);
}

/**
 * Fill a chunk with random octets.
 */
static bool fill(rng_quality_t quality, chunk_t chunk)
{
	rng_t *rng;
	bool ok;

	rng = lib->crypto->create_rng(lib->crypto, quality);
	ok = rng && rng->get_bytes(rng, chunk.len, chunk.ptr);
	DESTROY_IF(rng);
	return ok;
}

/**
 * Encrypt and authenticate (RFC 7296, 3.14).
 *
 * @param plain		content, without padding
 * @param message	receives message, allocated
 * @return			FALSE on failure
 */
static bool protect(aead_t *aead, ike_sa_id_t *id, bool request, chunk_t plain,
					chunk_t *message)
{
	bio_writer_t *writer;
	chunk_t assoc, iv, crypt, padding;
	size_t icv, block;

	block = aead->get_block_size(aead);
	iv.len = aead->get_iv_size(aead);
	icv = aead->get_icv_size(aead);
	/* its last octet tells its length */
	padding.len = block - plain.len % block;
	crypt.len = plain.len + padding.len;

	writer = bio_writer_create(0);
	write_headers(writer, id, request, iv.len + crypt.len + icv);
	assoc = writer->get_buf(writer);
	*message = chunk_alloc(assoc.len + iv.len + crypt.len + icv);
	memcpy(message->ptr, assoc.ptr, assoc.len);
	writer->destroy(writer);

	assoc = chunk_create(message->ptr, assoc.len);
	iv.ptr = assoc.ptr + assoc.len;
	crypt.ptr = iv.ptr + iv.len;
	padding.ptr = crypt.ptr + plain.len;
	memcpy(crypt.ptr, plain.ptr, plain.len);
	memset(padding.ptr, 0, padding.len);
	padding.ptr[padding.len - 1] = padding.len - 1;
	if (!fill(RNG_STRONG, iv) || !aead->encrypt(aead, crypt, assoc, iv, NULL))
	{
		chunk_clear(message);
		return FALSE;
	}
	return TRUE;
}

/*
 * Described in header.
 */
packet_t *ike_wire_protect(ike_sa_t *ike_sa, bool request,
						   const ike_wire_notify_t *notifies, u_int count)
{
	keymat_t *keymat = ike_sa->get_keymat(ike_sa);
	host_t *src = ike_sa->get_my_host(ike_sa);
	host_t *dst = ike_sa->get_other_host(ike_sa);
	bio_writer_t *writer;
	chunk_t message;
	aead_t *aead;
	bool ok;

	aead = keymat->get_aead(keymat, FALSE);
	if (!aead)
	{
		return NULL;
	}
	writer = bio_writer_create(0);
	write_notifies(writer, notifies, count);
	ok = protect(aead, ike_sa->get_id(ike_sa), request,
				 writer->get_buf(writer), &message);
	writer->destroy(writer);
	return ok ? packet_create_from_data(src->clone(src), dst->clone(dst),
										message) : NULL;
}

/*
 * Described in header.
 */
message_t *ike_wire_unprotect(ike_sa_t *ike_sa, message_t *message)
{
	message_t *copy;

	if (message->get_packet_data(message).len > MAX_LENGTH)
	{
		return NULL;
	}
	copy = message_create_from_packet(message->get_packet(message));
	if (copy->parse_header(copy) == SUCCESS &&
		copy->parse_body(copy, ike_sa->get_keymat(ike_sa)) == SUCCESS)
	{
		return copy;
	}
	copy->destroy(copy);
	return NULL;
}
