/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ike_wire_notify ike_wire_notify
 * @{ @ingroup ike_wire
 *
 * Unprotected IKE messages that have notifies only (RFC 7296, 1.5 and 2.21.4;
 * RFC 6290, 4.5).  charon drops them unparsed, so they are read and made here.
 */

#ifndef IKE_WIRE_NOTIFY_H_
#define IKE_WIRE_NOTIFY_H_

#include <library.h>

/** INVALID_IKE_SPI, no data */
#define IKE_WIRE_INVALID_IKE_SPI 4
/** INVALID_SPI, data is the ESP SPI */
#define IKE_WIRE_INVALID_SPI 11
/** QUICK_CRASH_DETECTION (RFC 6290, 10) */
#define IKE_WIRE_QCD_TOKEN 16419
/** CHECK_SPI of SIR, a private-use number */
#define IKE_WIRE_CHECK_SPI 41001

/** limits of a token, in octets (RFC 6290, 5) */
#define IKE_WIRE_TOKEN_MIN 16
#define IKE_WIRE_TOKEN_MAX 128

/** length of the IKE header, in octets */
#define IKE_WIRE_HEADER_LEN 28

/** most notifies of a message that are looked at, the message is refused if
 * it has more */
#define IKE_WIRE_NOTIFY_MAX 16

/** longest message that is looked at, in octets */
#define IKE_WIRE_NOTIFY_MESSAGE_MAX 4096

typedef struct ike_wire_header_t ike_wire_header_t;
typedef struct ike_wire_notify_t ike_wire_notify_t;
typedef struct ike_wire_message_t ike_wire_message_t;

/**
 * What the IKE header says.
 */
struct ike_wire_header_t {
	/** SPIs of initiator and responder, in network order as charon has them */
	uint64_t spi_i, spi_r;
	/** type of the first payload */
	uint8_t first;
	/** exchange type */
	uint8_t exchange;
	/** the sender is the original initiator */
	bool initiator;
	/** the message is a response */
	bool response;
	/** message ID */
	uint32_t mid;
};

/**
 * A notify; chunks point into the message.
 */
struct ike_wire_notify_t {
	/** protocol ID */
	uint8_t protocol;
	/** notify message type */
	uint16_t type;
	/** SPI */
	chunk_t spi;
	/** notification data */
	chunk_t data;
};

/**
 * An unprotected message.
 */
struct ike_wire_message_t {
	/** header */
	ike_wire_header_t header;
	/** number of notifies */
	u_int count;
	/** notifies, in the order received */
	ike_wire_notify_t notifies[IKE_WIRE_NOTIFY_MAX];
};

/**
 * Parse the header of an IKEv2 message.
 *
 * @param data		message, without Non-ESP marker
 * @param header	receives header
 * @return			FALSE if it is no IKEv2 message, or truncated
 */
bool ike_wire_header_parse(chunk_t data, ike_wire_header_t *header);

/**
 * Check if a message may be one of those read here: IKEv2, not of an exchange
 * whose messages have notifies in the clear (IKE_SA_INIT), a notify first.
 * Costs next to nothing, for each packet received.
 *
 * @param data		message, without Non-ESP marker
 * @return			TRUE if ike_wire_notify_parse() is worth it
 */
bool ike_wire_notify_possible(chunk_t data);

/**
 * Check if a message may be a protected request of an IKE SA that was set up:
 * CREATE_CHILD_SA or INFORMATIONAL, with an encrypted payload first.
 *
 * @param data		message, without Non-ESP marker
 * @return			TRUE if so
 */
bool ike_wire_request_possible(chunk_t data);

/**
 * Parse a message with nothing but notifies and vendor IDs, not protected.
 *
 * @param data		message, without Non-ESP marker
 * @param message	receives content, it points into data
 * @return			FALSE if it is malformed, or has other payloads
 */
bool ike_wire_notify_parse(chunk_t data, ike_wire_message_t *message);

/**
 * Make a message with nothing but notifies, not protected.
 *
 * @param message	content, header.first is ignored
 * @return			message, allocated
 */
chunk_t ike_wire_notify_build(const ike_wire_message_t *message);

/**
 * Add a notify to a message to be made.
 *
 * @param message	message, ignored if it has IKE_WIRE_NOTIFY_MAX notifies
 * @param protocol	protocol ID
 * @param type		notify message type
 * @param spi		SPI, may be empty, has to exist until the message is built
 * @param data		notification data, has to exist until then
 */
void ike_wire_notify_add(ike_wire_message_t *message, uint8_t protocol,
						 uint16_t type, chunk_t spi, chunk_t data);

#endif /** IKE_WIRE_NOTIFY_H_ @}*/
