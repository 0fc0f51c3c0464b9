/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_request stub_request
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_REQUEST_H_
#define STUB_REQUEST_H_

#include "stub.h"
#include "stub_syn.h"

#include <sa/ikev2/tasks/ike_natd.h>

typedef struct stub_request_t stub_request_t;

/**
 * An IKE_SA_INIT request with a SYN: what is needed of it to answer, or to have
 * charon process it again.  No locking, used by one thread at a time.
 */
struct stub_request_t {
	/** SYN payload, points to data */
	stub_syn_t syn;
	/** memory of syn */
	chunk_t data;
	/** SPI of the client, in network order */
	uint64_t spi_i;
	/** nonce of the client */
	chunk_t nonce;
	/** proof of possession, empty if there's none */
	chunk_t proof;
	/** proposals of the client, proposal_t */
	linked_list_t *proposals;
	/** public value of the client, or empty, and its method */
	chunk_t ke;
	key_exchange_method_t ke_method;
	/** the client supports fragments, redirects */
	bool fragmentation, redirection;
	/** the message as received */
	packet_t *packet;
};

/**
 * Get what is needed of a message.
 *
 * @param message	IKE_SA_INIT request, parsed
 * @param syn		its SYN payload
 * @return			request, NULL if anything is missing
 */
stub_request_t *stub_request_create(message_t *message, stub_syn_t *syn);

/**
 * Clone a request.
 *
 * @param request	request
 * @return			clone
 */
stub_request_t *stub_request_clone(stub_request_t *request);

/**
 * Have charon process the message again.  To be called without an IKE_SA
 * checked out.
 *
 * @param request	request
 */
void stub_request_process(stub_request_t *request);

/**
 * Destroy a request.
 *
 * @param request	request, may be NULL
 */
void stub_request_destroy(stub_request_t *request);

#endif /** STUB_REQUEST_H_ @}*/
