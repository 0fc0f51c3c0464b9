/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike_wire_sync_message.h"

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>

/**
 * Longest message that is looked at, in octets: header, encrypted payload and
 * notify with the longest padding and ICV are shorter.  What comes without
 * authentication shall cost little.
 */
#define MAX_LENGTH 512

/*
 * Described in header.
 */
packet_t *ike_wire_sync_request(ike_sa_t *ike_sa, const ike_wire_sync_t *sync)
{
	packet_t *packet = NULL;
	message_t *message;
	host_t *host;
	chunk_t data;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_exchange_type(message, INFORMATIONAL);
	message->set_request(message, TRUE);
	message->set_message_id(message, 0);
	host = ike_sa->get_my_host(ike_sa);
	message->set_source(message, host->clone(host));
	host = ike_sa->get_other_host(ike_sa);
	message->set_destination(message, host->clone(host));
	data = ike_wire_sync_encode(sync);
	message->add_notify(message, FALSE, IKEV2_MESSAGE_ID_SYNC, data);
	chunk_free(&data);
	if (ike_sa->generate_message(ike_sa, message, &packet) != SUCCESS)
	{
		packet = NULL;
	}
	message->destroy(message);
	return packet;
}

/**
 * Get the notify of a message that contains nothing else (RFC 6311, 5.1).
 */
static bool get_sync(message_t *message, ike_wire_sync_t *sync)
{
	notify_payload_t *notify = NULL;
	enumerator_t *enumerator;
	payload_t *payload;
	u_int payloads = 0;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		payloads++;
		if (payload->get_type(payload) == PLV2_NOTIFY)
		{
			notify = (notify_payload_t*)payload;
		}
	}
	enumerator->destroy(enumerator);
	return payloads == 1 && notify &&
		   notify->get_notify_type(notify) == IKEV2_MESSAGE_ID_SYNC &&
		   ike_wire_sync_parse(notify->get_notification_data(notify), sync);
}

/*
 * Described in header.
 */
bool ike_wire_sync_verify(ike_sa_t *ike_sa, message_t *message,
						  ike_wire_sync_t *sync)
{
	message_t *copy;
	bool ok;

	if (message->get_packet_data(message).len > MAX_LENGTH)
	{
		return FALSE;
	}
	copy = message_create_from_packet(message->get_packet(message));
	ok = copy->parse_header(copy) == SUCCESS &&
		 copy->parse_body(copy, ike_sa->get_keymat(ike_sa)) == SUCCESS &&
		 get_sync(copy, sync);
	copy->destroy(copy);
	return ok;
}
