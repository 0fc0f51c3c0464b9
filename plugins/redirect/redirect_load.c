/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_load.h"

#include "ike_wire_redirect.h"
#include "sync_tlv.h"

/**
 * Types of attributes, never change them.
 */
enum {
	ATTR_IPV4 = 1,
	ATTR_IPV6 = 2,
	ATTR_FQDN = 3,
	ATTR_INNER = 4,
	ATTR_WEIGHT = 5,
	ATTR_LIMIT = 6,
	ATTR_IKE_SAS = 7,
	ATTR_HALF_OPEN = 8,
	ATTR_JOBS = 9,
	ATTR_CPU = 10,
	ATTR_FLAGS = 11,
	ATTR_BUSY = 12,
};

/** bits of ATTR_FLAGS */
#define FLAG_DRAINING (1 << 0)
#define FLAG_FULL (1 << 1)

/*
 * Described in header.
 */
chunk_t redirect_load_encode(const redirect_load_t *load)
{
	bio_writer_t *writer;
	chunk_t data;

	writer = bio_writer_create(128);
	sync_tlv_put_host(writer, ATTR_IPV4, load->ipv4);
	sync_tlv_put_host(writer, ATTR_IPV6, load->ipv6);
	sync_tlv_put_str(writer, ATTR_FQDN, load->fqdn);
	sync_tlv_put_host(writer, ATTR_INNER, load->inner);
	sync_tlv_put_int(writer, ATTR_WEIGHT, load->weight);
	sync_tlv_put_int(writer, ATTR_LIMIT, load->limit);
	sync_tlv_put_int(writer, ATTR_IKE_SAS, load->ike_sas);
	sync_tlv_put_int(writer, ATTR_HALF_OPEN, load->half_open);
	sync_tlv_put_int(writer, ATTR_JOBS, load->jobs);
	sync_tlv_put_int(writer, ATTR_CPU, load->cpu);
	sync_tlv_put_int(writer, ATTR_FLAGS,
					 (load->draining ? FLAG_DRAINING : 0) |
					 (load->full ? FLAG_FULL : 0));
	sync_tlv_put_int(writer, ATTR_BUSY, load->busy);
	data = writer->extract_buf(writer);
	writer->destroy(writer);
	return data;
}

/**
 * Parse an address of a family.
 */
static bool parse_host(chunk_t value, int family, host_t **host)
{
	return sync_tlv_host(value, host) &&
		   (*host)->get_family(*host) == family &&
		   !(*host)->is_anyaddr(*host);
}

/**
 * Parse the flags, those that are not known are ignored.
 */
static bool parse_flags(chunk_t value, redirect_load_t *load)
{
	uint32_t flags;

	if (!sync_tlv_int(value, sizeof(flags), &flags))
	{
		return FALSE;
	}
	load->draining = (flags & FLAG_DRAINING) != 0;
	load->full = (flags & FLAG_FULL) != 0;
	return TRUE;
}

/**
 * Parse an attribute.
 */
static bool parse(redirect_load_t *load, uint8_t type, chunk_t value)
{
	switch (type)
	{
		case ATTR_IPV4:
			return parse_host(value, AF_INET, &load->ipv4);
		case ATTR_IPV6:
			return parse_host(value, AF_INET6, &load->ipv6);
		case ATTR_FQDN:
			return ike_wire_gateway_is_name(value) &&
				   sync_tlv_str(value, &load->fqdn);
		case ATTR_INNER:
			return sync_tlv_host(value, &load->inner);
		case ATTR_WEIGHT:
			return sync_tlv_int(value, sizeof(load->weight), &load->weight) &&
				   load->weight >= REDIRECT_WEIGHT_MIN &&
				   load->weight <= REDIRECT_WEIGHT_MAX;
		case ATTR_LIMIT:
			return sync_tlv_int(value, sizeof(load->limit), &load->limit);
		case ATTR_IKE_SAS:
			return sync_tlv_int(value, sizeof(load->ike_sas), &load->ike_sas);
		case ATTR_HALF_OPEN:
			return sync_tlv_int(value, sizeof(load->half_open),
								&load->half_open);
		case ATTR_JOBS:
			return sync_tlv_int(value, sizeof(load->jobs), &load->jobs);
		case ATTR_CPU:
			return sync_tlv_int(value, sizeof(load->cpu), &load->cpu) &&
				   load->cpu <= 100;
		case ATTR_FLAGS:
			return parse_flags(value, load);
		case ATTR_BUSY:
			return sync_tlv_int(value, sizeof(load->busy), &load->busy);
		default:
			return TRUE;
	}
}

/*
 * Described in header.
 */
bool redirect_load_decode(chunk_t data, redirect_load_t *load)
{
	bio_reader_t *reader;
	bool good = TRUE;
	chunk_t value;
	uint8_t type;

	memset(load, 0, sizeof(*load));
	load->weight = REDIRECT_WEIGHT_DEFAULT;
	reader = bio_reader_create(data);
	while (good && sync_tlv_get(reader, &type, &value))
	{
		good = parse(load, type, value);
	}
	good = good && !reader->remaining(reader);
	reader->destroy(reader);
	if (!good)
	{
		redirect_load_clear(load);
	}
	return good;
}

/*
 * Described in header.
 */
void redirect_load_copy(const redirect_load_t *load, redirect_load_t *copy)
{
	*copy = *load;
	copy->ipv4 = load->ipv4 ? load->ipv4->clone(load->ipv4) : NULL;
	copy->ipv6 = load->ipv6 ? load->ipv6->clone(load->ipv6) : NULL;
	copy->inner = load->inner ? load->inner->clone(load->inner) : NULL;
	copy->fqdn = strdupnull(load->fqdn);
}

/*
 * Described in header.
 */
void redirect_load_clear(redirect_load_t *load)
{
	DESTROY_IF(load->ipv4);
	DESTROY_IF(load->ipv6);
	DESTROY_IF(load->inner);
	free(load->fqdn);
	memset(load, 0, sizeof(*load));
}
