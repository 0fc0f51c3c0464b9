/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_tlv.h"

/*
 * Described in header.
 */
void sync_tlv_put(bio_writer_t *writer, uint8_t type, chunk_t value)
{
	if (value.len <= UINT16_MAX)
	{
		writer->write_uint8(writer, type);
		writer->write_data16(writer, value);
	}
}

/*
 * Described in header.
 */
void sync_tlv_put_int(bio_writer_t *writer, uint8_t type, uint64_t value)
{
	uint8_t buf[sizeof(value)];
	chunk_t data = chunk_create(buf, sizeof(buf));

	htoun64(buf, value);
	while (data.len && !*data.ptr)
	{
		data = chunk_skip(data, 1);
	}
	sync_tlv_put(writer, type, data);
}

/*
 * Described in header.
 */
void sync_tlv_put_str(bio_writer_t *writer, uint8_t type, char *value)
{
	if (value)
	{
		sync_tlv_put(writer, type, chunk_from_str(value));
	}
}

/*
 * Described in header.
 */
void sync_tlv_put_host(bio_writer_t *writer, uint8_t type, host_t *host)
{
	chunk_t address;

	if (host)
	{
		address = host->get_address(host);
		writer->write_uint8(writer, type);
		writer->write_uint16(writer, sizeof(uint16_t) + address.len);
		writer->write_uint16(writer, host->get_port(host));
		writer->write_data(writer, address);
	}
}

/*
 * Described in header.
 */
bool sync_tlv_get(bio_reader_t *reader, uint8_t *type, chunk_t *value)
{
	chunk_t all = reader->peek(reader);

	if (all.len < 3 || untoh16(all.ptr + 1) > all.len - 3)
	{	/* nothing is consumed, so the caller sees what is left */
		return FALSE;
	}
	return reader->read_uint8(reader, type) &&
		   reader->read_data16(reader, value);
}

/*
 * Described in header.
 */
bool sync_tlv_int(chunk_t value, size_t bytes, void *out)
{
	uint64_t number = 0;
	size_t i;

	if (value.len > bytes)
	{
		return FALSE;
	}
	for (i = 0; i < value.len; i++)
	{
		number = number << 8 | value.ptr[i];
	}
	switch (bytes)
	{
		case sizeof(uint8_t):
			*(uint8_t*)out = number;
			return TRUE;
		case sizeof(uint16_t):
			*(uint16_t*)out = number;
			return TRUE;
		case sizeof(uint32_t):
			*(uint32_t*)out = number;
			return TRUE;
		case sizeof(uint64_t):
			*(uint64_t*)out = number;
			return TRUE;
		default:
			return FALSE;
	}
}

/*
 * Described in header.
 */
bool sync_tlv_str(chunk_t value, char **out)
{
	if (!value.len || memchr(value.ptr, 0, value.len))
	{
		return FALSE;
	}
	free(*out);
	*out = strndup(value.ptr, value.len);
	return TRUE;
}

/*
 * Described in header.
 */
bool sync_tlv_host(chunk_t value, host_t **out)
{
	chunk_t address;
	int family;

	switch (value.len)
	{
		case sizeof(uint16_t) + 4:
			family = AF_INET;
			break;
		case sizeof(uint16_t) + 16:
			family = AF_INET6;
			break;
		default:
			return FALSE;
	}
	address = chunk_skip(value, sizeof(uint16_t));
	DESTROY_IF(*out);
	*out = host_create_from_chunk(family, address, untoh16(value.ptr));
	return *out != NULL;
}
