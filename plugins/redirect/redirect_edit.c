/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_edit.h"

#include "ike_wire_redirect.h"

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>
#include <encoding/payloads/vendor_id_payload.h>

/*
 * Described in header.
 */
void redirect_edit_strip(message_t *message)
{
	enumerator_t *enumerator;
	payload_t *payload;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		if (payload->get_type(payload) == PLV2_NOTIFY &&
			((notify_payload_t*)payload)->get_notify_type(
									(notify_payload_t*)payload) == REDIRECT)
		{
			message->remove_payload_at(message, enumerator);
			payload->destroy(payload);
		}
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header.
 */
void redirect_edit_remove_ke(message_t *message)
{
	enumerator_t *enumerator;
	payload_t *payload;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		if (payload->get_type(payload) == PLV2_KEY_EXCHANGE)
		{
			message->remove_payload_at(message, enumerator);
			payload->destroy(payload);
		}
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header.
 */
void redirect_edit_set_port(ike_sa_t *ike_sa, message_t *message,
							uint16_t port)
{
	host_t *host;

	host = ike_sa->get_other_host(ike_sa);
	host = host->clone(host);
	host->set_port(host, port);
	message->set_destination(message, host->clone(host));
	ike_sa->set_other_host(ike_sa, host);
	host = ike_sa->get_my_host(ike_sa);
	host = host->clone(host);
	host->set_port(host, charon->socket->get_port(charon->socket, TRUE));
	message->set_source(message, host->clone(host));
	ike_sa->set_my_host(ike_sa, host);
}

/*
 * Described in header.
 */
void redirect_edit_announce_ports(message_t *message)
{
	message->add_payload(message, (payload_t*)
		vendor_id_payload_create_data(PLV2_VENDOR_ID,
				chunk_clone(chunk_from_str(IKE_WIRE_REDIRECT_VENDOR))));
}
