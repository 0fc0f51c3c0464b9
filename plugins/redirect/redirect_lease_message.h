/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_lease_message redirect_lease_message
 * @{ @ingroup redirect
 *
 * What members tell each other about inner addresses, on the sync channel in
 * the domain SYNC_REDIRECT: attributes (sync_tlv.h), unknown ones are skipped.
 */

#ifndef REDIRECT_LEASE_MESSAGE_H_
#define REDIRECT_LEASE_MESSAGE_H_

#include <networking/host.h>
#include <utils/identification.h>

/** types of messages: a client has an address from now on, or no longer; or it
 * sends with it after it came from another member */
#define REDIRECT_MESSAGE_LEASE 2
#define REDIRECT_MESSAGE_LEASE_GONE 3
#define REDIRECT_MESSAGE_LEASE_USED 4

/** longest identity, in octets */
#define REDIRECT_LEASE_ID_MAX 4096

/**
 * Encode a lease.
 *
 * @param vip		inner address
 * @param id		identity of the client
 * @param gateway	address of the gateway the client uses, NULL if that does
 *					not matter
 * @return			message, allocated
 */
chunk_t redirect_lease_encode(host_t *vip, identification_t *id,
							  host_t *gateway);

/**
 * Decode a lease.
 *
 * @param data		message
 * @param vip		receives inner address
 * @param id		receives identity of the client
 * @param gateway	receives address of the gateway, NULL if there is none in it
 * @return			FALSE if it is malformed, nothing is received then
 */
bool redirect_lease_decode(chunk_t data, host_t **vip, identification_t **id,
						   host_t **gateway);

#endif /** REDIRECT_LEASE_MESSAGE_H_ @}*/
