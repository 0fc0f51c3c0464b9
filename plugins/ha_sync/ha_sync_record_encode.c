/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_record_fields.h"

#include <sync_channel.h>

typedef struct encoder_t encoder_t;

/**
 * Octets of an attribute before its value, see sync_tlv.h.
 */
#define TLV_HEADER_LEN 3

/**
 * Octets most messages fit in.
 */
#define SMALL_BODY 2048

/**
 * Most identities that others may refer to.
 */
#define MAX_SHARED 2

/**
 * A message being encoded.
 *
 * This is called with the mutex of charon's bus held, and writing octet by
 * octet through a bio_writer_t takes several times as long.  All that is
 * written is checked by has_room() first.
 */
struct encoder_t {
	/** memory, what was written so far, and its size; it never grows, as a
	 * realloc() would leave copies of keys behind */
	u_char *buf;
	size_t len, size;
	/** TRUE if something did not fit */
	bool full;
	/** TRUE if something can't be encoded */
	bool failed;
	/** identities others may refer to, and how many there are */
	struct {
		ha_sync_attr_t type;
		identification_t *id;
	} shared[MAX_SHARED];
	u_int count;
};

static void put_fields(encoder_t *this, const ha_sync_table_t *table,
					   const void *data);

/**
 * Check if an attribute with a value of that length fits.
 */
static bool has_room(encoder_t *this, size_t len)
{
	if (this->full || len > this->size ||
		this->len + TLV_HEADER_LEN + len > this->size)
	{
		this->full = TRUE;
		return FALSE;
	}
	return TRUE;
}

/**
 * Append an octet.
 */
static inline void put_uint8(encoder_t *this, uint8_t value)
{
	this->buf[this->len++] = value;
}

/**
 * Append 16 bits.
 */
static inline void put_uint16(encoder_t *this, uint16_t value)
{
	htoun16(this->buf + this->len, value);
	this->len += sizeof(value);
}

/**
 * Append octets.
 */
static inline void put_data(encoder_t *this, chunk_t data)
{
	if (data.len)
	{
		memcpy(this->buf + this->len, data.ptr, data.len);
		this->len += data.len;
	}
}

/**
 * Begin an attribute with a value that is written piece by piece, returns the
 * offset of its value.
 */
static size_t begin(encoder_t *this, ha_sync_attr_t type)
{
	put_uint8(this, type);
	put_uint16(this, 0);
	return this->len;
}

/**
 * End an attribute: set its length.
 */
static void end(encoder_t *this, size_t offset)
{
	htoun16(this->buf + offset - sizeof(uint16_t), this->len - offset);
}

/**
 * Append an attribute.
 */
static void put_value(encoder_t *this, ha_sync_attr_t type, chunk_t value)
{
	if (has_room(this, value.len))
	{
		put_uint8(this, type);
		put_uint16(this, value.len);
		put_data(this, value);
	}
}

/**
 * Append an integer, without leading zeros as sync_tlv_put_int() does.
 */
static void put_int(encoder_t *this, ha_sync_attr_t type, uint64_t value)
{
	uint8_t buf[sizeof(value)];
	chunk_t data = chunk_create(buf, sizeof(buf));

	htoun64(buf, value);
	while (data.len && !*data.ptr)
	{
		data = chunk_skip(data, 1);
	}
	put_value(this, type, data);
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
		put_data(this, chunk_from_thing(spis->i));
		put_data(this, chunk_from_thing(spis->r));
		put_uint8(this, spis->initiator);
		end(this, offset);
	}
}

/**
 * Append an address and a port, as sync_tlv_put_host() does.
 */
static void put_host(encoder_t *this, ha_sync_attr_t type, host_t *host)
{
	chunk_t address;
	size_t offset;

	address = host->get_address(host);
	if (has_room(this, sizeof(uint16_t) + address.len))
	{
		offset = begin(this, type);
		put_uint16(this, host->get_port(host));
		put_data(this, address);
		end(this, offset);
	}
}

/**
 * Find an identity that was sent and can be referred to, 0 if there is none.
 */
static ha_sync_attr_t find_shared(encoder_t *this, identification_t *id)
{
	identification_t *shared;
	u_int i;

	for (i = 0; i < this->count; i++)
	{
		shared = this->shared[i].id;
		if (id->get_type(id) == shared->get_type(shared) &&
			chunk_equals(id->get_encoding(id), shared->get_encoding(shared)))
		{
			return this->shared[i].type;
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
	if (encoding.len > HA_SYNC_MAX_ID)
	{
		this->failed = TRUE;
		return;
	}
	/* a reference is no longer than type and an octet */
	if (!has_room(this, 2 + encoding.len))
	{
		return;
	}
	if (field->shared && this->count < MAX_SHARED)
	{
		this->shared[this->count].type = field->type;
		this->shared[this->count++].id = id;
	}
	else
	{
		same = find_shared(this, id);
	}
	offset = begin(this, field->type);
	if (same)
	{
		put_uint8(this, HA_SYNC_ID_SAME);
		put_uint8(this, same);
	}
	else
	{
		put_uint8(this, id->get_type(id));
		put_data(this, encoding);
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
	put_uint8(this, proposal->get_protocol(proposal));
	put_uint8(this, proposal->get_number(proposal));
	spi = proposal->get_spi(proposal);
	put_uint8(this, spi ? sizeof(spi) : 0);
	put_data(this, spi ? chunk_from_thing(spi) : chunk_empty);
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
			put_uint8(this, transform | (size ? HA_SYNC_KEY_SIZE : 0));
			put_uint16(this, alg);
			if (size)
			{
				put_uint16(this, size);
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
		put_uint8(this, ts->get_type(ts));
		put_uint8(this, ts->get_protocol(ts));
		put_uint16(this, ts->get_from_port(ts));
		put_uint16(this, ts->get_to_port(ts));
		put_data(this, from);
		put_data(this, to);
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
			put_host(this, field->type, object);
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
			put_int(this, field->type, ha_sync_field_get_int(field, data));
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
	put_value(this, field->type, value);
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

/**
 * Encode a struct with a buffer, which is cleared; FALSE if it is too small.
 */
static bool encode(const ha_sync_table_t *table, const void *data, u_char *buf,
				   size_t size, chunk_t *body)
{
	encoder_t this = {
		.buf = buf,
		.len = HA_SYNC_HEADER_LEN,
		.size = size,
	};

	put_fields(&this, table, data);
	if (this.failed)
	{
		DBG1(DBG_CFG, "%s is not replicated: its identities or proposals are "
			 "too large", table->name);
	}
	else if (!this.full)
	{
		htoun16(buf, this.len - HA_SYNC_HEADER_LEN);
		*body = chunk_clone(chunk_create(buf, this.len));
	}
	memwipe(buf, this.len);
	return this.failed || !this.full;
}

/*
 * Described in header
 */
chunk_t ha_sync_fields_encode(const ha_sync_table_t *table, const void *data)
{
	u_char small[SMALL_BODY], *large;
	chunk_t body = chunk_empty;
	const char *wrong;

	wrong = ha_sync_fields_check(table, data);
	if (wrong)
	{
		DBG1(DBG_CFG, "%s is not replicated: '%s' is missing or out of range",
			 table->name, wrong);
		return chunk_empty;
	}
	if (!encode(table, data, small, sizeof(small), &body))
	{
		large = malloc(SYNC_MAX_BODY);
		if (!encode(table, data, large, SYNC_MAX_BODY, &body))
		{
			DBG1(DBG_CFG, "%s is not replicated: too large for one message of "
				 "%d octets, reduce its identities or traffic selectors",
				 table->name, SYNC_MAX_BODY);
		}
		free(large);
	}
	return body;
}
