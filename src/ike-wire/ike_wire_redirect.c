/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike_wire_redirect.h"

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>
#include <daemon.h>

#include <ctype.h>

/** octets of an address */
#define IPV4_LEN 4
#define IPV6_LEN 16

/** type and length of the identity of a gateway */
#define GATEWAY_HEADER_LEN 2

/** longest label of a host name (RFC 1035, 2.3.4) */
#define LABEL_MAX 63

/*
 * Described in header.
 */
bool ike_wire_gateway_is_name(chunk_t name)
{
	size_t i, label = 0;
	u_char c;

	if (!name.len || name.len > IKE_WIRE_GATEWAY_MAX)
	{
		return FALSE;
	}
	for (i = 0; i < name.len; i++)
	{
		c = name.ptr[i];
		if (c == '.')
		{
			if (!label)
			{
				return FALSE;
			}
			label = 0;
			continue;
		}
		/* a colon, for IPv6 addresses; they are checked as addresses then */
		if (!isascii(c) || !(isalnum(c) || (c && strchr("-_:", c))) ||
			++label > LABEL_MAX)
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Take the port off an identity that has one, if its type says so.
 */
static bool split_port(ike_wire_gateway_t *gateway)
{
	uint16_t port;

	switch (gateway->type)
	{
		case IKE_WIRE_GATEWAY_FQDN_PORT:
			if (gateway->identity.len < sizeof(port))
			{
				return FALSE;
			}
			port = untoh16(gateway->identity.ptr);
			gateway->identity = chunk_skip(gateway->identity, sizeof(port));
			break;
		case IKE_WIRE_GATEWAY_IPV4_PORT:
		case IKE_WIRE_GATEWAY_IPV6_PORT:
			if (gateway->identity.len < sizeof(port))
			{
				return FALSE;
			}
			gateway->identity.len -= sizeof(port);
			port = untoh16(gateway->identity.ptr + gateway->identity.len);
			break;
		default:
			return TRUE;
	}
	gateway->type -= IKE_WIRE_GATEWAY_PORTS - IKE_WIRE_GATEWAY_IPV4;
	gateway->port = port;
	return port != 0;
}

/**
 * Check an identity against its type.
 */
static bool is_valid(const ike_wire_gateway_t *gateway)
{
	switch (gateway->type)
	{
		case IKE_WIRE_GATEWAY_IPV4:
			return gateway->identity.len == IPV4_LEN;
		case IKE_WIRE_GATEWAY_IPV6:
			return gateway->identity.len == IPV6_LEN;
		case IKE_WIRE_GATEWAY_FQDN:
			return ike_wire_gateway_is_name(gateway->identity);
		default:
			return FALSE;
	}
}

/*
 * Described in header.
 */
bool ike_wire_gateway_parse(chunk_t data, bool from,
							ike_wire_gateway_t *gateway)
{
	bio_reader_t *reader;
	bool good;

	memset(gateway, 0, sizeof(*gateway));
	/* the length of the identity is the second octet; bio_reader_t would log
	 * what is too short at level 1, and anybody may send it */
	if (data.len < GATEWAY_HEADER_LEN ||
		data.len - GATEWAY_HEADER_LEN < data.ptr[1])
	{
		return FALSE;
	}
	reader = bio_reader_create(data);
	good = reader->read_uint8(reader, &gateway->type) &&
		   reader->read_data8(reader, &gateway->identity);
	if (good)
	{
		gateway->nonce = reader->peek(reader);
	}
	reader->destroy(reader);
	if (!good || !split_port(gateway) || !is_valid(gateway))
	{
		return FALSE;
	}
	if (from)
	{	/* RFC 5685, 9.2 */
		return !gateway->nonce.len && !gateway->port &&
				gateway->type != IKE_WIRE_GATEWAY_FQDN;
	}
	return !gateway->nonce.len ||
			(gateway->nonce.len >= IKE_WIRE_NONCE_MIN &&
			 gateway->nonce.len <= IKE_WIRE_NONCE_MAX);
}

/*
 * Described in header.
 */
chunk_t ike_wire_gateway_build(const ike_wire_gateway_t *gateway)
{
	bio_writer_t *writer, *identity;
	uint8_t type = gateway->type;
	chunk_t data;

	identity = bio_writer_create(IKE_WIRE_GATEWAY_MAX);
	if (gateway->port && type == IKE_WIRE_GATEWAY_FQDN)
	{
		identity->write_uint16(identity, gateway->port);
	}
	identity->write_data(identity, gateway->identity);
	if (gateway->port)
	{
		if (type != IKE_WIRE_GATEWAY_FQDN)
		{
			identity->write_uint16(identity, gateway->port);
		}
		type += IKE_WIRE_GATEWAY_PORTS - IKE_WIRE_GATEWAY_IPV4;
	}
	writer = bio_writer_create(IKE_WIRE_GATEWAY_MAX);
	writer->write_uint8(writer, type);
	writer->write_data8(writer, identity->get_buf(identity));
	writer->write_data(writer, gateway->nonce);
	data = writer->extract_buf(writer);
	writer->destroy(writer);
	identity->destroy(identity);
	return data;
}

/*
 * Described in header.
 */
bool ike_wire_gateway_from_id(identification_t *id, uint16_t port,
							  ike_wire_gateway_t *gateway)
{
	memset(gateway, 0, sizeof(*gateway));
	switch (id->get_type(id))
	{
		case ID_IPV4_ADDR:
			gateway->type = IKE_WIRE_GATEWAY_IPV4;
			break;
		case ID_IPV6_ADDR:
			gateway->type = IKE_WIRE_GATEWAY_IPV6;
			break;
		case ID_FQDN:
			gateway->type = IKE_WIRE_GATEWAY_FQDN;
			break;
		default:
			return FALSE;
	}
	gateway->identity = id->get_encoding(id);
	gateway->port = port;
	/* the port is part of the identity's length */
	return is_valid(gateway) && (!port || gateway->identity.len <=
								 IKE_WIRE_GATEWAY_MAX - sizeof(port));
}

/*
 * Described in header.
 */
identification_t *ike_wire_gateway_to_id(const ike_wire_gateway_t *gateway)
{
	id_type_t type = ID_FQDN;

	switch (gateway->type)
	{
		case IKE_WIRE_GATEWAY_IPV4:
			type = ID_IPV4_ADDR;
			break;
		case IKE_WIRE_GATEWAY_IPV6:
			type = ID_IPV6_ADDR;
			break;
		default:
			break;
	}
	return identification_create_from_encoding(type, gateway->identity);
}

/*
 * Described in header.
 */
host_t *ike_wire_gateway_to_host(const ike_wire_gateway_t *gateway)
{
	uint16_t port = gateway->port ?: IKEV2_UDP_PORT;
	char name[IKE_WIRE_GATEWAY_MAX + 1];

	if (gateway->type != IKE_WIRE_GATEWAY_FQDN)
	{
		return host_create_from_chunk(gateway->type == IKE_WIRE_GATEWAY_IPV4 ?
									  AF_INET : AF_INET6,
									  gateway->identity, port);
	}
	memcpy(name, gateway->identity.ptr, gateway->identity.len);
	name[gateway->identity.len] = '\0';
	return host_create_from_string(name, port);
}
