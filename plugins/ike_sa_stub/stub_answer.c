/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_answer.h"

#include <bio/bio_reader.h>
#include <encoding/payloads/ike_header.h>
#include <encoding/payloads/payload.h>

/** octets of an IKE header */
#define HEADER_LEN 28

/** flag of a response, and of the initiator (RFC 7296, 3.1) */
#define FLAG_RESPONSE 0x20
#define FLAG_INITIATOR 0x08

/** octets of a nonce (RFC 7296, 3.9) */
#define NONCE_MIN 16
#define NONCE_MAX 256

/**
 * Read the header; returns the type of the first payload, 0 if it's no
 * IKE_SA_INIT response.
 */
static uint8_t parse_header(chunk_t packet, stub_answer_t *answer)
{
	uint8_t *ptr = packet.ptr;

	if (packet.len < HEADER_LEN ||
		ptr[17] >> 4 != IKEV2_MAJOR_VERSION || ptr[18] != IKE_SA_INIT ||
		!(ptr[19] & FLAG_RESPONSE) || (ptr[19] & FLAG_INITIATOR) ||
		untoh32(ptr + 20) != 0 || untoh32(ptr + 24) != packet.len)
	{
		return PL_NONE;
	}
	memcpy(&answer->spi_i, ptr, sizeof(answer->spi_i));
	memcpy(&answer->spi_r, ptr + 8, sizeof(answer->spi_r));
	return answer->spi_i && answer->spi_r ? ptr[16] : PL_NONE;
}

/**
 * Read a KE payload.
 */
static bool parse_ke(chunk_t body, stub_answer_t *answer)
{
	if (body.len <= 4 || answer->ke.ptr)
	{
		return FALSE;
	}
	answer->ke_method = untoh16(body.ptr);
	answer->ke = chunk_skip(body, 4);
	return TRUE;
}

/**
 * Read a notify without SPI.
 */
static bool parse_notify(chunk_t body, stub_answer_t *answer)
{
	uint16_t type;

	if (body.len < 4 || body.len < (size_t)4 + body.ptr[1])
	{
		return FALSE;
	}
	type = untoh16(body.ptr + 2);
	if (type < 16384)
	{	/* an error, or COOKIE, INVALID_KE_PAYLOAD and the like */
		return FALSE;
	}
	if (answer->count < STUB_ANSWER_NOTIFIES)
	{
		answer->notifies[answer->count].type = type;
		answer->notifies[answer->count++].data = chunk_skip(body,
														4 + body.ptr[1]);
	}
	return TRUE;
}

/**
 * Read a payload, FALSE if no answer has such a one.
 */
static bool parse_payload(uint8_t type, bool critical, chunk_t body,
						  stub_answer_t *answer)
{
	switch (type)
	{
		case PLV2_NONCE:
			if (answer->nonce.ptr || body.len < NONCE_MIN ||
				body.len > NONCE_MAX)
			{
				return FALSE;
			}
			answer->nonce = body;
			return TRUE;
		case PLV2_KEY_EXCHANGE:
			return parse_ke(body, answer);
		case PLV2_NOTIFY:
			return parse_notify(body, answer);
		case PLV2_SECURITY_ASSOCIATION:
			/* the ordinary response */
			return FALSE;
		default:
			return !critical;
	}
}

/*
 * Described in header.
 */
bool stub_answer_parse(chunk_t packet, stub_answer_t *answer)
{
	uint8_t type, next, flags;
	bio_reader_t *reader;
	uint16_t len;
	chunk_t body;
	bool good = TRUE;

	memset(answer, 0, sizeof(*answer));
	type = parse_header(packet, answer);
	if (type == PL_NONE)
	{
		return FALSE;
	}
	reader = bio_reader_create(chunk_skip(packet, HEADER_LEN));
	while (good && type != PL_NONE)
	{
		good = reader->read_uint8(reader, &next) &&
			   reader->read_uint8(reader, &flags) &&
			   reader->read_uint16(reader, &len) && len >= 4 &&
			   reader->read_data(reader, len - 4, &body) &&
			   parse_payload(type, flags & 0x80, body, answer);
		type = next;
	}
	good = good && !reader->remaining(reader) && answer->nonce.ptr;
	reader->destroy(reader);
	return good;
}

/*
 * Described in header.
 */
bool stub_answer_notify(stub_answer_t *answer, uint16_t type, chunk_t *data)
{
	u_int i;

	for (i = 0; i < answer->count; i++)
	{
		if (answer->notifies[i].type == type)
		{
			*data = answer->notifies[i].data;
			return TRUE;
		}
	}
	return FALSE;
}
