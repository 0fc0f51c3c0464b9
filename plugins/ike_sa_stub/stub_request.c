/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_request.h"

#include <encoding/payloads/ke_payload.h>
#include <encoding/payloads/nonce_payload.h>
#include <encoding/payloads/notify_payload.h>
#include <encoding/payloads/sa_payload.h>
#include <processing/jobs/process_message_job.h>

/**
 * Read the payloads.
 */
static void read_payloads(stub_request_t *this, message_t *message)
{
	nonce_payload_t *nonce;
	notify_payload_t *notify;
	ke_payload_t *ke;
	sa_payload_t *sa;

	sa = (sa_payload_t*)message->get_payload(message,
											 PLV2_SECURITY_ASSOCIATION);
	if (sa)
	{
		this->proposals = sa->get_proposals(sa);
	}
	nonce = (nonce_payload_t*)message->get_payload(message, PLV2_NONCE);
	if (nonce)
	{
		this->nonce = nonce->get_nonce(nonce);
	}
	ke = (ke_payload_t*)message->get_payload(message, PLV2_KEY_EXCHANGE);
	if (ke)
	{
		this->ke_method = ke->get_key_exchange_method(ke);
		this->ke = chunk_clone(ke->get_key_exchange_data(ke));
	}
	notify = message->get_notify(message, stub_types.proof);
	if (notify)
	{
		this->proof = chunk_clone(notify->get_notification_data(notify));
	}
	this->fragmentation = message->get_notify(message,
											  FRAGMENTATION_SUPPORTED) != NULL;
	this->redirection = message->get_notify(message, REDIRECT_SUPPORTED) ||
						message->get_notify(message, REDIRECTED_FROM);
}

/*
 * Described in header.
 */
stub_request_t *stub_request_create(message_t *message, stub_syn_t *syn)
{
	ike_sa_id_t *id = message->get_ike_sa_id(message);
	host_t *src = message->get_source(message);
	host_t *dst = message->get_destination(message);
	stub_request_t *this;

	INIT(this,
		.data = chunk_clone(syn->body),
		.spi_i = id->get_initiator_spi(id),
		.packet = packet_create_from_data(src->clone(src), dst->clone(dst),
							chunk_clone(message->get_packet_data(message))),
	);
	stub_syn_parse(this->data, &this->syn);
	read_payloads(this, message);
	if (!this->proposals || !this->nonce.len || !this->ke.len)
	{
		stub_request_destroy(this);
		return NULL;
	}
	return this;
}

/*
 * Described in header.
 */
stub_request_t *stub_request_clone(stub_request_t *this)
{
	enumerator_t *enumerator;
	stub_request_t *clone;
	proposal_t *proposal;

	INIT(clone);
	*clone = *this;
	clone->data = chunk_clone(this->data);
	stub_syn_parse(clone->data, &clone->syn);
	clone->nonce = chunk_clone(this->nonce);
	clone->proof = chunk_clone(this->proof);
	clone->proposals = linked_list_create();
	enumerator = this->proposals->create_enumerator(this->proposals);
	while (enumerator->enumerate(enumerator, &proposal))
	{
		clone->proposals->insert_last(clone->proposals,
									  proposal->clone(proposal, 0));
	}
	enumerator->destroy(enumerator);
	clone->ke = chunk_clone(this->ke);
	clone->packet = this->packet->clone(this->packet);
	return clone;
}

/*
 * Described in header.
 */
void stub_request_process(stub_request_t *this)
{
	message_t *message;

	message = message_create_from_packet(this->packet->clone(this->packet));
	if (message->parse_header(message) != SUCCESS)
	{
		message->destroy(message);
		return;
	}
	/* this counts it as half open again, and the manager takes it off */
	lib->processor->queue_job(lib->processor,
							  (job_t*)process_message_job_create(message));
}

/*
 * Described in header.
 */
void stub_request_destroy(stub_request_t *this)
{
	if (this)
	{
		DESTROY_OFFSET_IF(this->proposals, offsetof(proposal_t, destroy));
		this->packet->destroy(this->packet);
		chunk_free(&this->data);
		chunk_free(&this->nonce);
		chunk_free(&this->proof);
		chunk_free(&this->ke);
		free(this);
	}
}
