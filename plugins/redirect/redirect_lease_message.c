/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_lease_message.h"

#include "sync_tlv.h"

/**
 * Types of attributes, never change them.
 */
enum {
	ATTR_VIP = 1,
	ATTR_ID_TYPE = 2,
	ATTR_ID = 3,
	ATTR_GATEWAY = 4,
};

/*
 * Described in header.
 */
chunk_t redirect_lease_encode(host_t *vip, identification_t *id,
							  host_t *gateway)
{
	bio_writer_t *writer;
	chunk_t data;

	writer = bio_writer_create(64);
	sync_tlv_put_host(writer, ATTR_VIP, vip);
	sync_tlv_put_int(writer, ATTR_ID_TYPE, id->get_type(id));
	sync_tlv_put(writer, ATTR_ID, id->get_encoding(id));
	if (gateway)
	{
		sync_tlv_put_host(writer, ATTR_GATEWAY, gateway);
	}
	data = writer->extract_buf(writer);
	writer->destroy(writer);
	return data;
}

/*
 * Described in header.
 */
bool redirect_lease_decode(chunk_t data, host_t **vip, identification_t **id,
						   host_t **gateway)
{
	bio_reader_t *reader;
	chunk_t value, encoding = chunk_empty;
	uint8_t type, id_type = 0;
	bool good = TRUE;

	*vip = NULL;
	*id = NULL;
	*gateway = NULL;
	reader = bio_reader_create(data);
	while (good && sync_tlv_get(reader, &type, &value))
	{
		switch (type)
		{
			case ATTR_VIP:
				good = sync_tlv_host(value, vip);
				break;
			case ATTR_ID_TYPE:
				good = sync_tlv_int(value, sizeof(id_type), &id_type);
				break;
			case ATTR_ID:
				good = value.len <= REDIRECT_LEASE_ID_MAX;
				encoding = value;
				break;
			case ATTR_GATEWAY:
				good = sync_tlv_host(value, gateway);
				break;
			default:
				break;
		}
	}
	good = good && !reader->remaining(reader) && *vip &&
		   !(*vip)->is_anyaddr(*vip) && id_type && encoding.len;
	reader->destroy(reader);
	if (!good)
	{
		DESTROY_IF(*vip);
		DESTROY_IF(*gateway);
		*vip = *gateway = NULL;
		return FALSE;
	}
	*id = identification_create_from_encoding(id_type, encoding);
	return TRUE;
}
