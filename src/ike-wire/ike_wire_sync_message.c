/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike_wire_sync_message.h"
#include "ike_wire_protect.h"

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>

/*
 * Described in header.
 */
packet_t *ike_wire_sync_request(ike_sa_t *ike_sa, const ike_wire_sync_t *sync,
								chunk_t delta)
{
	ike_wire_notify_t notifies[] = {
		{ IKEV2_MESSAGE_ID_SYNC, ike_wire_sync_encode(sync) },
		{ IPSEC_REPLAY_COUNTER_SYNC, delta },
	};
	packet_t *packet;

	packet = ike_wire_protect(ike_sa, TRUE, notifies, delta.len ? 2 : 1);
	chunk_free(&notifies[0].data);
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

	copy = ike_wire_unprotect(ike_sa, message);
	ok = copy && get_sync(copy, sync);
	DESTROY_IF(copy);
	return ok;
}
