/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike_wire_notify.h"

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

/** payload types (RFC 7296, 3.2) */
#define PAYLOAD_NONE 0
#define PAYLOAD_NOTIFY 41
#define PAYLOAD_VENDOR_ID 43
#define PAYLOAD_ENCRYPTED 46
#define PAYLOAD_FRAGMENT 53

/** exchange types (RFC 7296, 3.1) */
#define EXCHANGE_IKE_SA_INIT 34
#define EXCHANGE_CREATE_CHILD_SA 36
#define EXCHANGE_INFORMATIONAL 37

/** flags of the header */
#define FLAG_INITIATOR 0x08
#define FLAG_RESPONSE 0x20

/** version 2.0 */
#define VERSION_2 0x20

/** length of the generic payload header, and of a notify's fixed part */
#define PAYLOAD_HEADER_LEN 4
#define NOTIFY_HEADER_LEN 4

/*
 * Described in header.
 */
bool ike_wire_header_parse(chunk_t data, ike_wire_header_t *header)
{
	uint8_t version, flags;
	bio_reader_t *reader;
	uint32_t length;
	chunk_t spi_i, spi_r;
	bool ok;

	/* here and below, lengths are checked before anything is read: bio_reader_t
	 * logs what is too short at level 1, and anybody may send it */
	if (data.len < IKE_WIRE_HEADER_LEN)
	{
		return FALSE;
	}
	reader = bio_reader_create(data);
	ok = reader->read_data(reader, sizeof(uint64_t), &spi_i) &&
		 reader->read_data(reader, sizeof(uint64_t), &spi_r) &&
		 reader->read_uint8(reader, &header->first) &&
		 reader->read_uint8(reader, &version) &&
		 reader->read_uint8(reader, &header->exchange) &&
		 reader->read_uint8(reader, &flags) &&
		 reader->read_uint32(reader, &header->mid) &&
		 reader->read_uint32(reader, &length);
	reader->destroy(reader);
	if (!ok || (version & 0xf0) != VERSION_2 || length != data.len)
	{
		return FALSE;
	}
	memcpy(&header->spi_i, spi_i.ptr, spi_i.len);
	memcpy(&header->spi_r, spi_r.ptr, spi_r.len);
	header->initiator = flags & FLAG_INITIATOR;
	header->response = flags & FLAG_RESPONSE;
	return TRUE;
}

/*
 * Described in header.
 */
bool ike_wire_notify_possible(chunk_t data)
{
	return data.len >= IKE_WIRE_HEADER_LEN && data.ptr[16] == PAYLOAD_NOTIFY &&
		   (data.ptr[17] & 0xf0) == VERSION_2 &&
		   data.ptr[18] != EXCHANGE_IKE_SA_INIT;
}

/*
 * Described in header.
 */
bool ike_wire_request_possible(chunk_t data)
{
	return data.len >= IKE_WIRE_HEADER_LEN &&
		   (data.ptr[16] == PAYLOAD_ENCRYPTED ||
			data.ptr[16] == PAYLOAD_FRAGMENT) &&
		   (data.ptr[17] & 0xf0) == VERSION_2 &&
		   (data.ptr[18] == EXCHANGE_CREATE_CHILD_SA ||
			data.ptr[18] == EXCHANGE_INFORMATIONAL) &&
		   !(data.ptr[19] & FLAG_RESPONSE);
}

/**
 * Parse the body of a notify payload.
 */
static bool parse_notify(chunk_t body, ike_wire_notify_t *notify)
{
	bio_reader_t *reader;
	uint8_t spi_size;
	bool ok;

	/* the size of the SPI is the second octet */
	if (body.len < NOTIFY_HEADER_LEN ||
		body.len - NOTIFY_HEADER_LEN < body.ptr[1])
	{
		return FALSE;
	}
	reader = bio_reader_create(body);
	ok = reader->read_uint8(reader, &notify->protocol) &&
		 reader->read_uint8(reader, &spi_size) &&
		 reader->read_uint16(reader, &notify->type) &&
		 reader->read_data(reader, spi_size, &notify->spi);
	notify->data = ok ? reader->peek(reader) : chunk_empty;
	reader->destroy(reader);
	return ok;
}

/**
 * Parse a payload of the given type, get the type of the next one.
 */
static bool parse_payload(bio_reader_t *reader, uint8_t type, uint8_t *next,
						  ike_wire_message_t *message)
{
	uint8_t flags;
	uint16_t length;
	chunk_t body;

	if (reader->remaining(reader) < PAYLOAD_HEADER_LEN ||
		!reader->read_uint8(reader, next) ||
		!reader->read_uint8(reader, &flags) ||
		!reader->read_uint16(reader, &length) ||
		length < PAYLOAD_HEADER_LEN ||
		length > PAYLOAD_HEADER_LEN + reader->remaining(reader) ||
		!reader->read_data(reader, length - PAYLOAD_HEADER_LEN, &body))
	{
		return FALSE;
	}
	switch (type)
	{
		case PAYLOAD_NOTIFY:
			return message->count < IKE_WIRE_NOTIFY_MAX &&
				   parse_notify(body, &message->notifies[message->count++]);
		case PAYLOAD_VENDOR_ID:
			return TRUE;
		default:
			return FALSE;
	}
}

/*
 * Described in header.
 */
bool ike_wire_notify_parse(chunk_t data, ike_wire_message_t *message)
{
	bio_reader_t *reader;
	uint8_t type, next;
	bool ok = TRUE;

	memset(message, 0, sizeof(*message));
	if (data.len > IKE_WIRE_NOTIFY_MESSAGE_MAX ||
		!ike_wire_header_parse(data, &message->header))
	{
		return FALSE;
	}
	reader = bio_reader_create(chunk_skip(data, IKE_WIRE_HEADER_LEN));
	for (type = message->header.first; ok && type != PAYLOAD_NONE; type = next)
	{
		ok = parse_payload(reader, type, &next, message);
	}
	ok = ok && reader->remaining(reader) == 0 && message->count > 0;
	reader->destroy(reader);
	return ok;
}

/*
 * Described in header.
 */
void ike_wire_notify_add(ike_wire_message_t *message, uint8_t protocol,
						 uint16_t type, chunk_t spi, chunk_t data)
{
	if (message->count < IKE_WIRE_NOTIFY_MAX)
	{
		message->notifies[message->count++] = (ike_wire_notify_t){
			.protocol = protocol,
			.type = type,
			.spi = spi,
			.data = data,
		};
	}
}

/**
 * Write a notify payload.
 */
static void write_notify(bio_writer_t *writer, const ike_wire_notify_t *notify,
						 bool last)
{
	writer->write_uint8(writer, last ? PAYLOAD_NONE : PAYLOAD_NOTIFY);
	writer->write_uint8(writer, 0);
	writer->write_uint16(writer, PAYLOAD_HEADER_LEN + NOTIFY_HEADER_LEN +
						 notify->spi.len + notify->data.len);
	writer->write_uint8(writer, notify->protocol);
	writer->write_uint8(writer, notify->spi.len);
	writer->write_uint16(writer, notify->type);
	writer->write_data(writer, notify->spi);
	writer->write_data(writer, notify->data);
}

/*
 * Described in header.
 */
chunk_t ike_wire_notify_build(const ike_wire_message_t *message)
{
	const ike_wire_header_t *header = &message->header;
	bio_writer_t *writer;
	chunk_t data;
	u_int i;

	writer = bio_writer_create(256);
	writer->write_data(writer, chunk_from_thing(header->spi_i));
	writer->write_data(writer, chunk_from_thing(header->spi_r));
	writer->write_uint8(writer, message->count ? PAYLOAD_NOTIFY : PAYLOAD_NONE);
	writer->write_uint8(writer, VERSION_2);
	writer->write_uint8(writer, header->exchange);
	writer->write_uint8(writer, (header->initiator ? FLAG_INITIATOR : 0) |
								(header->response ? FLAG_RESPONSE : 0));
	writer->write_uint32(writer, header->mid);
	writer->write_uint32(writer, 0);
	for (i = 0; i < message->count; i++)
	{
		write_notify(writer, &message->notifies[i], i + 1 == message->count);
	}
	data = writer->extract_buf(writer);
	writer->destroy(writer);
	htoun32(data.ptr + IKE_WIRE_HEADER_LEN - sizeof(uint32_t), data.len);
	return data;
}
