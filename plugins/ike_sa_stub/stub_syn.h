/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_syn stub_syn
 * @{ @ingroup ike_sa_stub
 *
 * What is added to charon's messages: the SYN payload
 * (draft-xu-ike-sa-sync-00, 3.6), and data of notifies.  No locking.
 */

#ifndef STUB_SYN_H_
#define STUB_SYN_H_

#include <encoding/message.h>
#include <encoding/payloads/payload.h>
#include <networking/host.h>

/** longest lifetime, in s */
#define STUB_LIFETIME_MAX 0x3fffffff

typedef struct stub_syn_t stub_syn_t;
typedef struct stub_offer_t stub_offer_t;
typedef struct stub_types_t stub_types_t;

/** type of the SYN payload, private use */
#define STUB_PAYLOAD_SYN_DEFAULT 161

/** type of the notify with a proof of possession, private use (status) */
#define STUB_NOTIFY_PROOF_DEFAULT 41010

/** type of the notify with the lifetime of a stub, private use (status) */
#define STUB_NOTIFY_LIFETIME_DEFAULT 41012

/**
 * Types for private use, the same on both sides.
 */
struct stub_types_t {
	/** payload, 128 to 255 */
	uint8_t syn;
	/** notifies, 40960 to 65535 */
	uint16_t proof, lifetime;
};

/**
 * The types that are used; set when the plugin is loaded, if not the default.
 */
extern stub_types_t stub_types;

/**
 * Content of a SYN payload.
 */
struct stub_syn_t {
	/** SPI of the gateway in the old IKE SA, in network order */
	uint64_t spi;
	/** address of the gateway as the client knows it, 4 or 16 octets */
	chunk_t address;
	/** all octets after the payload's header */
	chunk_t body;
};

/**
 * What client and gateway tell each other about a stub during IKE_AUTH.
 */
struct stub_offer_t {
	/** how long it may be used, in s, at most STUB_LIFETIME_MAX */
	uint32_t lifetime;
	/** TRUE if hardened keys are offered, or used */
	bool hardened;
	/** TRUE if there has to be a new key exchange with the SYN */
	bool pfs;
};

/**
 * Encode what follows the header of a SYN payload.
 *
 * @param spi		SPI of the gateway, in network order
 * @param gateway	address of the gateway
 * @return			octets, allocated
 */
chunk_t stub_syn_encode(uint64_t spi, host_t *gateway);

/**
 * Parse what follows the header of a SYN payload.
 *
 * @param body		octets
 * @param syn		receives content, points to body
 * @return			FALSE if it's malformed
 */
bool stub_syn_parse(chunk_t body, stub_syn_t *syn);

/**
 * Create a SYN payload: charon's own for unknown types can't be sent.
 *
 * @param body		what stub_syn_encode() returned, cloned
 * @return			payload
 */
payload_t *stub_syn_create(chunk_t body);

/**
 * Find the SYN payload in a message that was parsed.
 *
 * @param message	message
 * @param syn		receives content, points into the message
 * @return			FALSE if there is none, more than one, or it's malformed
 */
bool stub_syn_find(message_t *message, stub_syn_t *syn);

/**
 * Encode the data of a notify with a lifetime.
 *
 * @param offer		lifetime and flags
 * @param data		receives 4 octets
 */
void stub_offer_encode(const stub_offer_t *offer, uint8_t data[4]);

/**
 * Parse the data of a notify with a lifetime.
 *
 * @param data		data
 * @param offer		receives lifetime and flags
 * @return			FALSE if it's malformed, or the lifetime is 0
 */
bool stub_offer_parse(chunk_t data, stub_offer_t *offer);

/**
 * Add a notify with an offer to a message.
 *
 * @param message	message
 * @param offer		lifetime and flags
 */
void stub_offer_add(message_t *message, const stub_offer_t *offer);

/**
 * Read the notify with an offer in a message.
 *
 * @param message	message
 * @param offer		receives lifetime and flags
 * @return			FALSE if there is none, or it's malformed
 */
bool stub_offer_find(message_t *message, stub_offer_t *offer);

#endif /** STUB_SYN_H_ @}*/
