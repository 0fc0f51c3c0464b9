/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike_wire_zero.h"
#include "ike_wire_protect.h"

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>

/**
 * Message ID that charon never expects.
 */
#define NO_MESSAGE_ID 0x7fffffff

/*
 * Described in header.
 */
bool ike_wire_delta_parse(chunk_t data, uint64_t *delta)
{
	switch (data.len)
	{
		case sizeof(uint32_t):
			*delta = untoh32(data.ptr);
			return TRUE;
		case sizeof(uint64_t):
			*delta = untoh64(data.ptr);
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Look into a notify, FALSE if it's one that must not be there.
 */
static bool add_notify(notify_payload_t *notify, uint16_t failure,
					   ike_wire_zero_t *zero)
{
	chunk_t data = notify->get_notification_data(notify);
	uint16_t type = notify->get_notify_type(notify);

	if (type == IKEV2_MESSAGE_ID_SYNC && !zero->has_sync)
	{
		return zero->has_sync = ike_wire_sync_parse(data, &zero->sync);
	}
	if (type == IPSEC_REPLAY_COUNTER_SYNC && !zero->has_delta)
	{
		zero->delta_len = data.len;
		return zero->has_delta = ike_wire_delta_parse(data, &zero->delta);
	}
	if (type == failure && !zero->has_failure &&
		data.len == sizeof(zero->nonce))
	{
		memcpy(zero->nonce, data.ptr, data.len);
		return zero->has_failure = TRUE;
	}
	return FALSE;
}

/**
 * Look into a message.
 */
static void get_content(message_t *message, uint16_t failure,
						ike_wire_zero_t *zero)
{
	enumerator_t *enumerator;
	payload_t *payload;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		if (payload->get_type(payload) != PLV2_NOTIFY ||
			!add_notify((notify_payload_t*)payload, failure, zero))
		{
			zero->has_other = TRUE;
		}
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header.
 */
bool ike_wire_zero_parse(ike_sa_t *ike_sa, message_t *message,
						 uint16_t failure, ike_wire_zero_t *zero)
{
	message_t *copy;

	memset(zero, 0, sizeof(*zero));
	copy = ike_wire_unprotect(ike_sa, message);
	if (!copy)
	{
		return FALSE;
	}
	get_content(copy, failure, zero);
	copy->destroy(copy);
	return TRUE;
}

/*
 * Described in header.
 */
packet_t *ike_wire_zero_response(ike_sa_t *ike_sa, uint16_t type, chunk_t data)
{
	ike_wire_notify_t notify = {
		.type = type,
		.data = data,
	};

	return ike_wire_protect(ike_sa, FALSE, &notify, 1);
}

/*
 * Described in header.
 */
void ike_wire_ignore(ike_sa_t *ike_sa, message_t *message)
{
	bool request = message->get_request(message), sync;

	sync = request && message->get_message_id(message) == 0;
	if (!sync || ike_sa->get_message_id(ike_sa, FALSE) == 0)
	{	/* its message ID is logged, so leave it if it does no harm */
		message->set_message_id(message, NO_MESSAGE_ID);
	}
	if (sync || !request)
	{	/* charon would take it for a sync, whatever the message ID is now; of a
		 * response it knows the message ID already */
		message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
	}
}
