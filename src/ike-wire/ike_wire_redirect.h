/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ike_wire_redirect ike_wire_redirect
 * @{ @ingroup ike_wire
 *
 * Data of the notifies REDIRECT and REDIRECTED_FROM (RFC 5685, 9.1 and 9.2).
 * charon's own parser neither checks lengths nor names, and ignores types it
 * does not know.
 */

#ifndef IKE_WIRE_REDIRECT_H_
#define IKE_WIRE_REDIRECT_H_

#include <library.h>
#include <networking/host.h>
#include <utils/identification.h>

/**
 * Types of gateway identities: the first three are those of RFC 5685, a
 * registry of its own with other numbers than identities have elsewhere.
 *
 * The others are from its private range.  They add a port, and are sent to
 * clients only that announced IKE_WIRE_REDIRECT_VENDOR.
 */
#ifndef IKE_WIRE_GATEWAY_PORTS
#define IKE_WIRE_GATEWAY_PORTS 241
#endif
#define IKE_WIRE_GATEWAY_IPV4 1
#define IKE_WIRE_GATEWAY_IPV6 2
#define IKE_WIRE_GATEWAY_FQDN 3
#define IKE_WIRE_GATEWAY_IPV4_PORT (IKE_WIRE_GATEWAY_PORTS)
#define IKE_WIRE_GATEWAY_IPV6_PORT (IKE_WIRE_GATEWAY_PORTS + 1)
#define IKE_WIRE_GATEWAY_FQDN_PORT (IKE_WIRE_GATEWAY_PORTS + 2)

/** longest identity: the length is one octet (RFC 5685, 9.1) */
#define IKE_WIRE_GATEWAY_MAX 255

/** limits of a nonce, in octets (RFC 7296, 3.9) */
#define IKE_WIRE_NONCE_MIN 16
#define IKE_WIRE_NONCE_MAX 256

/** Vendor ID of clients that take a port with a gateway's identity */
#define IKE_WIRE_REDIRECT_VENDOR "strongswan-cluster redirect ports 1"

typedef struct ike_wire_gateway_t ike_wire_gateway_t;

/**
 * A gateway as named in a notify.
 */
struct ike_wire_gateway_t {
	/** one of the types without a port */
	uint8_t type;
	/** address or name, without a terminating zero */
	chunk_t identity;
	/** UDP port, 0 if none is named */
	uint16_t port;
	/** nonce data, empty if there is none */
	chunk_t nonce;
};

/**
 * Parse the data of a notify.
 *
 * @param data		data of the notify
 * @param from		TRUE for REDIRECTED_FROM: an address and nothing else
 * @param gateway	receives what it says, pointing into data
 * @return			FALSE if it is malformed
 */
bool ike_wire_gateway_parse(chunk_t data, bool from,
							ike_wire_gateway_t *gateway);

/**
 * Make the data of a notify.
 *
 * @param gateway	gateway, a valid one
 * @return			data, allocated
 */
chunk_t ike_wire_gateway_build(const ike_wire_gateway_t *gateway);

/**
 * Check a host name: labels of letters, digits, '-' and '_', with dots between.
 *
 * @param name		name, need not be terminated
 * @return			TRUE if it can be sent as one
 */
bool ike_wire_gateway_is_name(chunk_t name);

/**
 * Fill in a gateway's type and identity.
 *
 * @param id		identity, an address or FQDN; has to exist as long as
 *					gateway
 * @param port		UDP port, 0 for none
 * @param gateway	receives gateway, without nonce
 * @return			FALSE if it can't be sent
 */
bool ike_wire_gateway_from_id(identification_t *id, uint16_t port,
							  ike_wire_gateway_t *gateway);

/**
 * Get the identity charon knows a gateway by.
 *
 * @param gateway	gateway
 * @return			identity, allocated
 */
identification_t *ike_wire_gateway_to_id(const ike_wire_gateway_t *gateway);

/**
 * Get the address of a gateway.
 *
 * @param gateway	gateway; a name that is an address in writing counts, too
 * @return			address with the port, or 500; NULL if it is a name
 */
host_t *ike_wire_gateway_to_host(const ike_wire_gateway_t *gateway);

#endif /** IKE_WIRE_REDIRECT_H_ @}*/
