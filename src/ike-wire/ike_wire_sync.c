/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike_wire_sync.h"

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

/**
 * How far M1 and P1 are ahead of what is known, message IDs are plenty.
 */
#define MARGIN 16

/**
 * Message IDs from here on are refused: they must not wrap (RFC 7296, 2.2), and
 * charon uses the last one to say that there is none.
 */
#define MESSAGE_ID_LIMIT (UINT32_MAX - 1)

/**
 * Requests that a cluster may have under way, charon's window.
 */
#define WINDOW 1

/*
 * Described in header.
 */
chunk_t ike_wire_sync_encode(const ike_wire_sync_t *sync)
{
	bio_writer_t *writer;
	chunk_t data;

	writer = bio_writer_create(IKE_WIRE_SYNC_LEN);
	writer->write_data(writer, chunk_from_thing(sync->nonce));
	writer->write_uint32(writer, sync->send);
	writer->write_uint32(writer, sync->recv);
	data = writer->extract_buf(writer);
	writer->destroy(writer);
	return data;
}

/*
 * Described in header.
 */
bool ike_wire_sync_parse(chunk_t data, ike_wire_sync_t *sync)
{
	ike_wire_sync_t parsed;
	bio_reader_t *reader;
	chunk_t nonce;
	bool ok;

	if (data.len != IKE_WIRE_SYNC_LEN)
	{
		return FALSE;
	}
	reader = bio_reader_create(data);
	ok = reader->read_data(reader, sizeof(parsed.nonce), &nonce) &&
		 reader->read_uint32(reader, &parsed.send) &&
		 reader->read_uint32(reader, &parsed.recv);
	reader->destroy(reader);
	if (ok)
	{
		memcpy(parsed.nonce, nonce.ptr, sizeof(parsed.nonce));
		*sync = parsed;
	}
	return ok;
}

/*
 * Described in header.
 */
chunk_t ike_wire_delta_encode(uint64_t delta, bool esn)
{
	chunk_t data;

	data = chunk_alloc(esn ? sizeof(uint64_t) : sizeof(uint32_t));
	if (esn)
	{
		htoun64(data.ptr, delta);
	}
	else
	{
		htoun32(data.ptr, delta);
	}
	return data;
}

/*
 * Described in header.
 */
bool ike_wire_sync_choose(uint32_t send, uint32_t recv, ike_wire_sync_t *sync)
{
	if (send >= MESSAGE_ID_LIMIT - MARGIN || recv >= MESSAGE_ID_LIMIT - MARGIN)
	{
		return FALSE;
	}
	sync->send = send + MARGIN;
	sync->recv = recv + MARGIN;
	return TRUE;
}

/*
 * Described in header.
 */
bool ike_wire_sync_matches(const ike_wire_sync_t *request,
						   const ike_wire_sync_t *response)
{
	return memeq_const(request->nonce, response->nonce,
					   sizeof(request->nonce)) &&
		   response->recv >= request->send &&
		   response->recv < MESSAGE_ID_LIMIT &&
		   response->send >= request->recv &&
		   response->send < MESSAGE_ID_LIMIT;
}

/*
 * Described in header.
 */
bool ike_wire_sync_answer(uint32_t send, uint32_t recv,
						  const ike_wire_sync_t *request,
						  ike_wire_sync_t *response)
{
	if (request->send < recv || request->send >= MESSAGE_ID_LIMIT ||
		request->recv >= MESSAGE_ID_LIMIT || send >= MESSAGE_ID_LIMIT ||
		recv >= MESSAGE_ID_LIMIT - WINDOW)
	{
		return FALSE;
	}
	*response = *request;
	response->recv = max(request->send, recv + WINDOW);
	response->send = max(request->recv, send);
	return TRUE;
}
