/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike_wire_check.h"

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

/** protocol ID of IKE */
#define PROTOCOL_IKE 1

/** subtype, length of the cookie, and reserved */
#define CHECK_HEADER_LEN 4

/*
 * Described in header.
 */
bool ike_wire_check_parse(const ike_wire_notify_t *notify,
						  ike_wire_check_t *check)
{
	uint16_t reserved;
	bio_reader_t *reader;
	uint8_t len;
	bool ok;

	/* the length of the cookie is the second octet; bio_reader_t would log what
	 * is too short at level 1, and anybody may send it */
	if (notify->protocol != PROTOCOL_IKE ||
		notify->spi.len != IKE_WIRE_CHECK_SPI_LEN ||
		notify->data.len < CHECK_HEADER_LEN ||
		notify->data.len - CHECK_HEADER_LEN != notify->data.ptr[1])
	{
		return FALSE;
	}
	memcpy(&check->spi_i, notify->spi.ptr, sizeof(check->spi_i));
	memcpy(&check->spi_r, notify->spi.ptr + sizeof(check->spi_i),
		   sizeof(check->spi_r));
	reader = bio_reader_create(notify->data);
	ok = reader->read_uint8(reader, &check->type) &&
		 reader->read_uint8(reader, &len) &&
		 reader->read_uint16(reader, &reserved) &&
		 reader->read_data(reader, len, &check->cookie);
	reader->destroy(reader);
	return ok && check->type <= IKE_WIRE_CHECK_NACK;
}

/*
 * Described in header.
 */
chunk_t ike_wire_check_encode(const ike_wire_check_t *check, chunk_t *spi)
{
	bio_writer_t *writer;
	chunk_t data;

	*spi = chunk_cat("cc", chunk_from_thing(check->spi_i),
					 chunk_from_thing(check->spi_r));
	writer = bio_writer_create(32);
	writer->write_uint8(writer, check->type);
	writer->write_uint8(writer, check->cookie.len);
	writer->write_uint16(writer, 0);
	writer->write_data(writer, check->cookie);
	data = writer->extract_buf(writer);
	writer->destroy(writer);
	return data;
}
