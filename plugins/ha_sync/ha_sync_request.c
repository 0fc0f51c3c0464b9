/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_request.h"
#include "ha_sync_packets.h"

#include <daemon.h>
#include <encoding/payloads/delete_payload.h>
#include <encoding/payloads/notify_payload.h>
#include <encoding/payloads/sa_payload.h>

typedef struct own_keymat_t own_keymat_t;

/**
 * A keymat that decrypts what we have sent ourselves.
 */
struct own_keymat_t {
	/** implements the interface, as far as messages use it to decrypt */
	keymat_t public;
	/** keymat of the IKE_SA */
	keymat_t *keymat;
};

METHOD(keymat_t, get_version, ike_version_t,
	own_keymat_t *this)
{
	return IKEV2;
}

METHOD(keymat_t, get_aead, aead_t*,
	own_keymat_t *this, bool in)
{
	return this->keymat->get_aead(this->keymat, !in);
}

/**
 * Parse one packet, with its content if it is not a fragment.
 */
static message_t *parse_packet(chunk_t packet, keymat_t *keymat, ike_sa_t *sa)
{
	host_t *src = sa->get_my_host(sa), *dst = sa->get_other_host(sa);
	message_t *message;

	message = message_create_from_packet(
					packet_create_from_data(src->clone(src), dst->clone(dst),
											chunk_clone(packet)));
	if (message->parse_header(message) != SUCCESS ||
		message->parse_body(message, keymat) != SUCCESS)
	{
		message->destroy(message);
		return NULL;
	}
	return message;
}

/**
 * Parse packets: a message or all its fragments.
 */
static message_t *parse_packets(chunk_t packets, keymat_t *keymat,
								ike_sa_t *ike_sa)
{
	message_t *message, *whole = NULL;
	status_t status = NEED_MORE;
	chunk_t packet;

	while (status == NEED_MORE && ha_sync_packets_next(&packets, &packet))
	{
		message = parse_packet(packet, keymat, ike_sa);
		if (!message)
		{
			break;
		}
		if (!message->get_payload(message, PLV2_FRAGMENT))
		{
			DESTROY_IF(whole);
			return message;
		}
		if (!whole)
		{
			whole = message_create_defrag(message);
		}
		status = whole ? whole->add_fragment(whole, message) : FAILED;
		message->destroy(message);
	}
	if (status == SUCCESS && whole->parse_body(whole, keymat) == SUCCESS)
	{
		return whole;
	}
	DESTROY_IF(whole);
	return NULL;
}

/**
 * Read a CREATE_CHILD_SA request.
 */
static bool read_create(message_t *message, ha_sync_request_t *request)
{
	linked_list_t *proposals;
	notify_payload_t *notify;
	proposal_t *proposal;
	sa_payload_t *sa;

	sa = (sa_payload_t*)message->get_payload(message,
											 PLV2_SECURITY_ASSOCIATION);
	if (!sa)
	{
		return FALSE;
	}
	proposals = sa->get_proposals(sa);
	if (proposals->get_first(proposals, (void**)&proposal) == SUCCESS)
	{
		request->protocol = proposal->get_protocol(proposal);
		request->spi = proposal->get_spi(proposal);
	}
	proposals->destroy_offset(proposals, offsetof(proposal_t, destroy));

	switch (request->protocol)
	{
		case PROTO_IKE:
			request->kind = HA_REQUEST_IKE_REKEY;
			return TRUE;
		case PROTO_ESP:
		case PROTO_AH:
			request->kind = HA_REQUEST_CHILD_CREATE;
			notify = message->get_notify(message, REKEY_SA);
			request->rekey_spi = notify ? notify->get_spi(notify) : 0;
			return request->spi != 0;
		default:
			return FALSE;
	}
}

/**
 * Read an INFORMATIONAL request.
 */
static void read_informational(message_t *message, ha_sync_request_t *request)
{
	enumerator_t *enumerator, *spis;
	delete_payload_t *delete;
	payload_t *payload;
	uint32_t spi;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		if (payload->get_type(payload) != PLV2_DELETE)
		{
			continue;
		}
		delete = (delete_payload_t*)payload;
		request->protocol = delete->get_protocol_id(delete);
		if (request->protocol == PROTO_IKE)
		{
			request->kind = HA_REQUEST_IKE_DELETE;
			break;
		}
		request->kind = HA_REQUEST_CHILD_DELETE;
		spis = delete->create_spi_enumerator(delete);
		while (spis->enumerate(spis, &spi))
		{
			if (!request->deleted)
			{
				request->deleted = array_create(sizeof(spi), 0);
			}
			array_insert(request->deleted, ARRAY_TAIL, &spi);
		}
		spis->destroy(spis);
	}
	enumerator->destroy(enumerator);
}

bool ha_sync_request_read(ike_sa_t *ike_sa, chunk_t packets,
						  ha_sync_request_t *request)
{
	own_keymat_t keymat = {
		.public = {
			.get_version = _get_version,
			.get_aead = _get_aead,
		},
		.keymat = ike_sa->get_keymat(ike_sa),
	};
	message_t *message;
	bool ok = TRUE;

	memset(request, 0, sizeof(*request));
	message = parse_packets(packets, &keymat.public, ike_sa);
	if (!message)
	{
		return FALSE;
	}
	switch (message->get_exchange_type(message))
	{
		case CREATE_CHILD_SA:
			ok = read_create(message, request);
			break;
		case INFORMATIONAL:
			read_informational(message, request);
			break;
		default:
			break;
	}
	message->destroy(message);
	return ok;
}

void ha_sync_request_clear(ha_sync_request_t *request)
{
	array_destroy(request->deleted);
	request->deleted = NULL;
}
