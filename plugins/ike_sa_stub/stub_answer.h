/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_answer stub_answer
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_ANSWER_H_
#define STUB_ANSWER_H_

#include <library.h>

/** notifies kept of an answer at most */
#define STUB_ANSWER_NOTIFIES 16

typedef struct stub_answer_t stub_answer_t;

/**
 * A gateway's answer to a SYN: HDR, Nr (draft-xu-ike-sa-sync-00, 3.1), with
 * notifies and a KE payload, perhaps.  All points into the packet.
 */
struct stub_answer_t {
	/** SPIs, in network order */
	uint64_t spi_i, spi_r;
	/** nonce of the gateway */
	chunk_t nonce;
	/** public value of the gateway, or empty */
	chunk_t ke;
	/** its key_exchange_method_t */
	uint16_t ke_method;
	/** notifies */
	struct {
		/** its type */
		uint16_t type;
		/** its data */
		chunk_t data;
	} notifies[STUB_ANSWER_NOTIFIES];
	/** number of them */
	u_int count;
};

/**
 * Parse a packet that may be an answer to a SYN.
 *
 * charon refuses an IKE_SA_INIT response that has nothing but a nonce, so it is
 * read before charon sees its payloads, all of which are in clear.  No locking.
 *
 * @param packet	packet, without non-ESP marker
 * @param answer	receives content
 * @return			FALSE if it is something else, such as the ordinary response
 */
bool stub_answer_parse(chunk_t packet, stub_answer_t *answer);

/**
 * Find a notify.
 *
 * @param answer	answer
 * @param type		type of the notify
 * @param data		receives its data
 * @return			FALSE if there is none
 */
bool stub_answer_notify(stub_answer_t *answer, uint16_t type, chunk_t *data);

#endif /** STUB_ANSWER_H_ @}*/
