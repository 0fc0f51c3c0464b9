/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_record_fields.h"

#include <sync_tlv.h>

typedef struct decoder_t decoder_t;

/**
 * A message being decoded.
 */
struct decoder_t {
	/** identities others may refer to, owned by the record */
	identification_t *shared[HA_ATTR_COUNT];
};

static bool get_fields(decoder_t *this, const ha_sync_table_t *table,
					   chunk_t data, void *out);

/**
 * Find the field for an attribute, adjust the struct to that it is in.
 */
static const ha_sync_field_t *find_field(const ha_sync_table_t *table,
										 uint8_t type, void **data)
{
	const ha_sync_field_t *field, *found;
	void *inner;

	for (field = table->fields; field->kind != HA_KIND_END; field++)
	{
		if (field->kind == HA_KIND_INLINE)
		{
			inner = (char*)*data + field->offset;
			found = find_field(field->table, type, &inner);
			if (found)
			{
				*data = inner;
				return found;
			}
		}
		else if (field->type == type)
		{
			return field;
		}
	}
	return NULL;
}

/**
 * Decode an integer.
 */
static bool get_int(const ha_sync_field_t *field, chunk_t value, void *member)
{
	uint64_t wide;

	/* a bool must not get anything but 0 and 1, so not parsed in place */
	if (!sync_tlv_int(value, sizeof(wide), &wide) ||
		(field->max && wide > field->max))
	{
		return FALSE;
	}
	switch (field->size)
	{
		case sizeof(uint8_t):
			*(uint8_t*)member = wide;
			return wide <= UINT8_MAX;
		case sizeof(uint16_t):
			*(uint16_t*)member = wide;
			return wide <= UINT16_MAX;
		case sizeof(uint32_t):
			*(uint32_t*)member = wide;
			return wide <= UINT32_MAX;
		default:
			*(uint64_t*)member = wide;
			return TRUE;
	}
}

/**
 * Decode the name of an IKE SA.
 */
static bool get_spis(chunk_t value, ha_sync_spis_t *spis)
{
	uint8_t initiator;

	if (value.len != HA_SYNC_SPIS_LEN)
	{
		return FALSE;
	}
	memcpy(&spis->i, value.ptr, sizeof(spis->i));
	memcpy(&spis->r, value.ptr + sizeof(spis->i), sizeof(spis->r));
	initiator = value.ptr[HA_SYNC_SPIS_LEN - 1];
	spis->initiator = initiator;
	return initiator <= 1;
}

/**
 * Check the encoding of an identity.
 */
static bool check_id(uint8_t type, chunk_t encoding)
{
	switch (type)
	{
		case ID_ANY:
			return encoding.len == 0;
		case ID_IPV4_ADDR:
			return encoding.len == sizeof(struct in_addr);
		case ID_IPV6_ADDR:
			return encoding.len == sizeof(struct in6_addr);
		case ID_FQDN:
		case ID_RFC822_ADDR:
		case ID_DER_ASN1_DN:
		case ID_DER_ASN1_GN:
		case ID_DER_ASN1_GN_URI:
		case ID_KEY_ID:
			return encoding.len <= HA_SYNC_MAX_ID;
		default:
			return FALSE;
	}
}

/**
 * Decode an identity, NULL if malformed.
 */
static identification_t *get_id(decoder_t *this, const ha_sync_field_t *field,
								chunk_t value)
{
	identification_t *id;
	uint8_t type;

	if (!value.len)
	{
		return NULL;
	}
	type = value.ptr[0];
	value = chunk_skip(value, 1);
	if (type == HA_SYNC_ID_SAME)
	{
		if (field->shared || value.len != 1 || value.ptr[0] >= HA_ATTR_COUNT ||
			!this->shared[value.ptr[0]])
		{
			return NULL;
		}
		id = this->shared[value.ptr[0]];
		return id->clone(id);
	}
	if (!check_id(type, value))
	{
		return NULL;
	}
	id = identification_create_from_encoding(type, value);
	if (field->shared)
	{
		this->shared[field->type] = id;
	}
	return id;
}

/**
 * Decode the transforms of a proposal.
 */
static bool get_transforms(proposal_t *proposal, chunk_t value)
{
	uint16_t alg, size;
	uint8_t type;
	u_int count;
	size_t len;

	for (count = 0; value.len; count++)
	{
		len = value.ptr[0] & HA_SYNC_KEY_SIZE ? 5 : 3;
		type = value.ptr[0] & ~HA_SYNC_KEY_SIZE;
		if (value.len < len || count == HA_SYNC_MAX_TRANSFORMS ||
			type < ENCRYPTION_ALGORITHM || type > ADDITIONAL_KEY_EXCHANGE_7)
		{
			return FALSE;
		}
		alg = untoh16(value.ptr + 1);
		size = len == 5 ? untoh16(value.ptr + 3) : 0;
		proposal->add_algorithm(proposal, type, alg, size);
		value = chunk_skip(value, len);
	}
	return count > 0;
}

/**
 * Decode a proposal, NULL if malformed.
 */
static proposal_t *get_proposal(chunk_t value)
{
	proposal_t *proposal;
	uint64_t spi = 0;
	uint8_t len;

	/* checked here, as bio_reader_t logs what is too short at level 1 */
	if (value.len < 3 || value.ptr[0] < PROTO_IKE || value.ptr[0] > PROTO_ESP)
	{
		return NULL;
	}
	len = value.ptr[2];
	if (len && (len != sizeof(spi) || value.len < 3 + sizeof(spi)))
	{
		return NULL;
	}
	memcpy(&spi, value.ptr + 3, len);
	proposal = proposal_create(value.ptr[0], value.ptr[1]);
	proposal->set_spi(proposal, spi);
	if (!get_transforms(proposal, chunk_skip(value, 3 + len)))
	{
		proposal->destroy(proposal);
		return NULL;
	}
	return proposal;
}

/**
 * Decode a traffic selector, NULL if malformed.
 */
static traffic_selector_t *get_ts(chunk_t value)
{
	chunk_t from, to;
	size_t len;

	if (value.len == HA_SYNC_TS_LEN + 2 * sizeof(struct in_addr))
	{
		len = sizeof(struct in_addr);
	}
	else if (value.len == HA_SYNC_TS_LEN + 2 * sizeof(struct in6_addr))
	{
		len = sizeof(struct in6_addr);
	}
	else
	{
		return NULL;
	}
	from = chunk_create(value.ptr + HA_SYNC_TS_LEN, len);
	to = chunk_create(from.ptr + len, len);
	if (memcmp(from.ptr, to.ptr, len) > 0)
	{
		return NULL;
	}
	/* checks the type, and the lengths against it */
	return traffic_selector_create_from_bytes(value.ptr[1], value.ptr[0],
											  from, untoh16(value.ptr + 2),
											  to, untoh16(value.ptr + 4));
}

/**
 * Decode something that is pointed to, NULL if malformed.
 */
static void *get_object(decoder_t *this, const ha_sync_field_t *field,
						ha_sync_kind_t kind, chunk_t value)
{
	host_t *host = NULL;
	void *object;

	switch (kind)
	{
		case HA_KIND_HOST:
			return sync_tlv_host(value, &host) ? host : NULL;
		case HA_KIND_ID:
			return get_id(this, field, value);
		case HA_KIND_PROPOSAL:
			return get_proposal(value);
		case HA_KIND_TS:
			return get_ts(value);
		case HA_KIND_STRUCT:
			object = calloc(1, field->table->size);
			if (!get_fields(this, field->table, value, object))
			{
				ha_sync_fields_destroy(field->table, object);
				return NULL;
			}
			return object;
		default:
			return NULL;
	}
}

/**
 * Decode a field.
 */
static bool get_field(decoder_t *this, const ha_sync_field_t *field,
					  chunk_t value, void *data)
{
	void *object, *member = (char*)data + field->offset;
	array_t **array = member;

	switch (field->kind)
	{
		case HA_KIND_INT:
			return get_int(field, value, member);
		case HA_KIND_SPIS:
			return get_spis(value, member);
		case HA_KIND_RAW:
			if (value.len == field->size)
			{
				memcpy(member, value.ptr, value.len);
				return TRUE;
			}
			return FALSE;
		case HA_KIND_STR:
			return value.len <= field->max && sync_tlv_str(value, member);
		case HA_KIND_CHUNK:
			if (value.len && value.len <= field->max)
			{
				*(chunk_t*)member = chunk_clone(value);
				return TRUE;
			}
			return FALSE;
		case HA_KIND_LIST:
			if ((u_int)array_count(*array) >= field->max)
			{
				return FALSE;
			}
			object = get_object(this, field, field->item, value);
			if (object)
			{
				array_insert_create(array, ARRAY_TAIL, object);
			}
			return object != NULL;
		default:
			object = get_object(this, field, field->kind, value);
			*(void**)member = object;
			return object != NULL;
	}
}

/**
 * Decode the attributes of a struct.
 */
static bool get_fields(decoder_t *this, const ha_sync_table_t *table,
					   chunk_t data, void *out)
{
	const ha_sync_field_t *field;
	bool seen[UINT8_MAX + 1] = {}, ok = TRUE;
	bio_reader_t *reader;
	uint8_t type;
	chunk_t value;
	void *target;

	reader = bio_reader_create(data);
	while (ok && sync_tlv_get(reader, &type, &value))
	{
		target = out;
		field = find_field(table, type, &target);
		if (!field)
		{	/* of a newer release */
			continue;
		}
		ok = (field->kind == HA_KIND_LIST || !seen[type]) &&
			 get_field(this, field, value, target);
		seen[type] = TRUE;
		if (!ok)
		{
			DBG2(DBG_CFG, "%s refused: '%s' is malformed, or there are too "
				 "many", table->name, field->name);
		}
	}
	ok = ok && !reader->remaining(reader);
	reader->destroy(reader);
	return ok;
}

/*
 * Described in header
 */
bool ha_sync_fields_decode(const ha_sync_table_t *table, chunk_t body,
						   void *data)
{
	decoder_t this = {};
	const char *wrong;

	memset(data, 0, table->size);
	if (body.len < HA_SYNC_HEADER_LEN ||
		untoh16(body.ptr) != body.len - HA_SYNC_HEADER_LEN)
	{
		DBG2(DBG_CFG, "%s refused: length is wrong", table->name);
		return FALSE;
	}
	if (!get_fields(&this, table, chunk_skip(body, HA_SYNC_HEADER_LEN), data))
	{
		ha_sync_fields_clear(table, data);
		return FALSE;
	}
	wrong = ha_sync_fields_check(table, data);
	if (wrong)
	{
		DBG2(DBG_CFG, "%s refused: '%s' is missing or out of range",
			 table->name, wrong);
		ha_sync_fields_clear(table, data);
		return FALSE;
	}
	return TRUE;
}
