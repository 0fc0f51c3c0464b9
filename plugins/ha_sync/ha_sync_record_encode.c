/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_record_fields.h"

#include <sync_channel.h>
#include <sync_tlv.h>

typedef struct encoder_t encoder_t;

/**
 * Octets of an attribute before its value, see sync_tlv.h.
 */
#define TLV_HEADER_LEN 3

/**
 * A message being encoded.
 */
struct encoder_t {
	/** what was written so far; never grows beyond its first size, as a
	 * realloc() would leave copies of keys behind */
	bio_writer_t *writer;
	/** TRUE if something did not fit or can't be encoded */
	bool failed;
	/** identities others may refer to */
	identification_t *shared[HA_ATTR_COUNT];
};

static void put_fields(encoder_t *this, const ha_sync_table_t *table,
					   const void *data);

/**
 * Check if an attribute with a value of that length fits.
 */
static bool has_room(encoder_t *this, size_t len)
{
	size_t used = this->writer->get_buf(this->writer).len;

	if (this->failed || len > SYNC_MAX_BODY ||
		used + TLV_HEADER_LEN + len > SYNC_MAX_BODY)
	{
		this->failed = TRUE;
		return FALSE;
	}
	return TRUE;
}

/**
 * Begin an attribute with a value that is written piece by piece, returns the
 * offset of its value.
 */
static size_t begin(encoder_t *this, ha_sync_attr_t type)
{
	sync_tlv_put(this->writer, type, chunk_empty);
	return this->writer->get_buf(this->writer).len;
}

/**
 * End an attribute: set its length.
 */
static void end(encoder_t *this, size_t offset)
{
	chunk_t buf;

	buf = this->writer->get_buf(this->writer);
	htoun16(buf.ptr + offset - sizeof(uint16_t), buf.len - offset);
}

/**
 * Append the name of an IKE SA.
 */
static void put_spis(encoder_t *this, ha_sync_attr_t type,
					 const ha_sync_spis_t *spis)
{
	size_t offset;

	if (has_room(this, HA_SYNC_SPIS_LEN))
	{
		offset = begin(this, type);
		this->writer->write_data(this->writer, chunk_from_thing(spis->i));
		this->writer->write_data(this->writer, chunk_from_thing(spis->r));
		this->writer->write_uint8(this->writer, spis->initiator);
		end(this, offset);
	}
}

/**
 * Find an identity that was sent and can be referred to, 0 if there is none.
 */
static ha_sync_attr_t find_shared(encoder_t *this, identification_t *id)
{
	identification_t *shared;
	int i;

	for (i = 0; i < HA_ATTR_COUNT; i++)
	{
		shared = this->shared[i];
		if (shared && id->get_type(id) == shared->get_type(shared) &&
			chunk_equals(id->get_encoding(id), shared->get_encoding(shared)))
		{
			return i;
		}
	}
	return 0;
}

/**
 * Append an identity, or a reference to an equal one.
 */
static void put_id(encoder_t *this, const ha_sync_field_t *field,
				   identification_t *id)
{
	ha_sync_attr_t same = 0;
	chunk_t encoding;
	size_t offset;

	encoding = id->get_encoding(id);
	if (encoding.len > HA_SYNC_MAX_ID || !has_room(this, 1 + encoding.len))
	{
		this->failed = TRUE;
		return;
	}
	if (field->shared)
	{
		this->shared[field->type] = id;
	}
	else
	{
		same = find_shared(this, id);
	}
	offset = begin(this, field->type);
	if (same)
	{
		this->writer->write_uint8(this->writer, HA_SYNC_ID_SAME);
		this->writer->write_uint8(this->writer, same);
	}
	else
	{
		this->writer->write_uint8(this->writer, id->get_type(id));
		this->writer->write_data(this->writer, encoding);
	}
	end(this, offset);
}

/**
 * Append a proposal.  Transforms of all types of IKEv2 are included; the order
 * of types is fixed, that of transforms of one type is kept.
 */
static void put_proposal(encoder_t *this, ha_sync_attr_t type,
						 proposal_t *proposal)
{
	enumerator_t *enumerator;
	transform_type_t transform;
	uint16_t alg, size;
	size_t offset;
	uint64_t spi;
	u_int count = 0;

	/* protocol, number, SPI; type, algorithm and size of each transform */
	if (!has_room(this, 3 + sizeof(spi) + HA_SYNC_MAX_TRANSFORMS * 5))
	{
		return;
	}
	offset = begin(this, type);
	this->writer->write_uint8(this->writer, proposal->get_protocol(proposal));
	this->writer->write_uint8(this->writer, proposal->get_number(proposal));
	spi = proposal->get_spi(proposal);
	this->writer->write_data8(this->writer,
							  spi ? chunk_from_thing(spi) : chunk_empty);
	for (transform = ENCRYPTION_ALGORITHM;
		 transform <= ADDITIONAL_KEY_EXCHANGE_7; transform++)
	{
		enumerator = proposal->create_enumerator(proposal, transform);
		while (enumerator->enumerate(enumerator, &alg, &size))
		{
			if (++count > HA_SYNC_MAX_TRANSFORMS)
			{
				this->failed = TRUE;
				break;
			}
			this->writer->write_uint8(this->writer,
							transform | (size ? HA_SYNC_KEY_SIZE : 0));
			this->writer->write_uint16(this->writer, alg);
			if (size)
			{
				this->writer->write_uint16(this->writer, size);
			}
		}
		enumerator->destroy(enumerator);
	}
	end(this, offset);
}

/**
 * Append a traffic selector.
 */
static void put_ts(encoder_t *this, ha_sync_attr_t type,
				   traffic_selector_t *ts)
{
	chunk_t from, to;
	size_t offset;

	from = ts->get_from_address(ts);
	to = ts->get_to_address(ts);
	if (has_room(this, HA_SYNC_TS_LEN + from.len + to.len))
	{
		offset = begin(this, type);
		this->writer->write_uint8(this->writer, ts->get_type(ts));
		this->writer->write_uint8(this->writer, ts->get_protocol(ts));
		this->writer->write_uint16(this->writer, ts->get_from_port(ts));
		this->writer->write_uint16(this->writer, ts->get_to_port(ts));
		this->writer->write_data(this->writer, from);
		this->writer->write_data(this->writer, to);
		end(this, offset);
	}
}

/**
 * Append something that is pointed to.
 */
static void put_object(encoder_t *this, const ha_sync_field_t *field,
					   ha_sync_kind_t kind, void *object)
{
	size_t offset;

	switch (kind)
	{
		case HA_KIND_HOST:
			if (has_room(this, sizeof(uint16_t) + sizeof(struct in6_addr)))
			{
				sync_tlv_put_host(this->writer, field->type, object);
			}
			break;
		case HA_KIND_ID:
			put_id(this, field, object);
			break;
		case HA_KIND_PROPOSAL:
			put_proposal(this, field->type, object);
			break;
		case HA_KIND_TS:
			put_ts(this, field->type, object);
			break;
		case HA_KIND_STRUCT:
			if (has_room(this, 0))
			{
				offset = begin(this, field->type);
				put_fields(this, field->table, object);
				end(this, offset);
			}
			break;
		default:
			this->failed = TRUE;
			break;
	}
}

/**
 * Append a field that is present.
 */
static void put_field(encoder_t *this, const ha_sync_field_t *field,
					  const void *data)
{
	const char *member = (const char*)data + field->offset;
	chunk_t value;
	array_t *array;
	void *item;
	int i;

	switch (field->kind)
	{
		case HA_KIND_INT:
			if (has_room(this, sizeof(uint64_t)))
			{
				sync_tlv_put_int(this->writer, field->type,
								 ha_sync_field_get_int(field, data));
			}
			return;
		case HA_KIND_SPIS:
			put_spis(this, field->type, (const ha_sync_spis_t*)member);
			return;
		case HA_KIND_RAW:
			value = chunk_create((u_char*)member, field->size);
			break;
		case HA_KIND_STR:
			value = chunk_from_str(*(char* const*)member);
			break;
		case HA_KIND_CHUNK:
			value = *(const chunk_t*)member;
			break;
		case HA_KIND_LIST:
			array = *(array_t* const*)member;
			for (i = 0; array_get(array, i, &item); i++)
			{
				put_object(this, field, field->item, item);
			}
			return;
		default:
			put_object(this, field, field->kind, *(void* const*)member);
			return;
	}
	if (has_room(this, value.len))
	{
		sync_tlv_put(this->writer, field->type, value);
	}
}

/**
 * Append the fields of a struct.
 */
static void put_fields(encoder_t *this, const ha_sync_table_t *table,
					   const void *data)
{
	const ha_sync_field_t *field;

	for (field = table->fields; field->kind != HA_KIND_END; field++)
	{
		if (field->kind == HA_KIND_INLINE)
		{
			put_fields(this, field->table,
					   (const char*)data + field->offset);
		}
		else if (ha_sync_field_present(field, data))
		{
			put_field(this, field, data);
		}
	}
}

/*
 * Described in header
 */
chunk_t ha_sync_fields_encode(const ha_sync_table_t *table, const void *data)
{
	encoder_t this = {};
	const char *wrong;
	chunk_t buf, body = chunk_empty;

	wrong = ha_sync_fields_check(table, data);
	if (wrong)
	{
		DBG1(DBG_CFG, "%s is not replicated: '%s' is missing or out of range",
			 table->name, wrong);
		return chunk_empty;
	}
	this.writer = bio_writer_create(SYNC_MAX_BODY);
	this.writer->write_uint16(this.writer, 0);
	put_fields(&this, table, data);

	buf = this.writer->get_buf(this.writer);
	if (this.failed)
	{
		DBG1(DBG_CFG, "%s is not replicated: too large for one message of %d "
			 "octets, reduce its identities or traffic selectors", table->name,
			 SYNC_MAX_BODY);
	}
	else
	{
		htoun16(buf.ptr, buf.len - HA_SYNC_HEADER_LEN);
		body = chunk_clone(buf);
	}
	memwipe(buf.ptr, buf.len);
	this.writer->destroy(this.writer);
	return body;
}
