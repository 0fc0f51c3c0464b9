/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_witness.h"
#include "ha_sync_message.h"
#include "ha_sync_packets.h"

#include <encoding/payloads/notify_payload.h>

/**
 * Type of a PPK ID that is a fixed string (RFC 8784, 5.1).
 */
#define PPK_ID_FIXED 2

typedef struct private_ha_sync_witness_t private_ha_sync_witness_t;

/**
 * Private data.
 */
struct private_ha_sync_witness_t {

	/** public interface */
	ha_sync_witness_t public;

	/** knows if there is semi-sync */
	ha_sync_gate_t *gate;
};

/**
 * Look for the ID of a PPK in an IKE_AUTH message (RFC 8784, 3).
 */
static void look_for_ppk(ha_sync_tracked_t *tracked, ike_sa_t *ike_sa,
						 message_t *message)
{
	notify_payload_t *notify;
	chunk_t data;

	if (message->get_exchange_type(message) != IKE_AUTH ||
		!ike_sa->supports_extension(ike_sa, EXT_PPK))
	{
		return;
	}
	notify = message->get_notify(message, PPK_IDENTITY);
	if (notify)
	{
		data = notify->get_notification_data(notify);
		if (data.len > 1 && data.ptr[0] == PPK_ID_FIXED)
		{
			tracked->set_ppk_id(tracked,
						identification_create_from_data(chunk_skip(data, 1)));
		}
	}
}

/**
 * Check if the packets of a message are kept.  The response to IKE_AUTH may be
 * larger than all else that is told of the IKE SA, so it takes part in
 * semi-sync only, which is there to survive what it is for.
 */
static bool is_kept(private_ha_sync_witness_t *this, message_t *message)
{
	return message->get_exchange_type(message) != IKE_AUTH ||
		   this->gate->is_sync(this->gate);
}

/**
 * Note a request the IKE_SA is about to answer.  That of a message is noted
 * when it was authenticated.  A fragment is seen before only; one that is
 * forged may make it useless, as long as no other one follows.
 */
static void keep_request(private_ha_sync_witness_t *this,
						 ha_sync_tracked_t *tracked, ike_sa_t *ike_sa,
						 message_t *message, bool plain)
{
	chunk_t data = message->get_packet_data(message);

	/* a message made of fragments has no packet of its own */
	if (!data.len || !message->get_request(message) ||
		plain == ha_sync_packets_is_first_fragment(data) ||
		message->get_message_id(message) !=
										ike_sa->get_message_id(ike_sa, FALSE))
	{
		return;
	}
	tracked->exchanges->asked(tracked->exchanges, is_kept(this, message) ?
										chunk_clone(data) : chunk_empty);
}

/**
 * Note the packets of a message that is sent.
 */
static void keep_packets(private_ha_sync_witness_t *this,
						 ha_sync_tracked_t *tracked, message_t *message)
{
	chunk_t packets = chunk_empty;

	if (is_kept(this, message))
	{
		packets = ha_sync_message_packets(message);
	}
	tracked->exchanges->packets(tracked->exchanges,
								message->get_message_id(message),
								message->get_request(message), packets);
}

/**
 * Check if the IKE_SA ends with the message it sends: a response to a delete.
 * What is told of it has to be told before.
 */
static bool is_farewell(ike_sa_t *ike_sa, message_t *message)
{
	enumerator_t *enumerator;
	task_t *task;
	bool busy;

	if (message->get_request(message) ||
		ike_sa->get_state(ike_sa) != IKE_DELETING)
	{
		return FALSE;
	}
	/* not if we delete it ourselves, and answer something else meanwhile */
	enumerator = ike_sa->create_task_enumerator(ike_sa, TASK_QUEUE_ACTIVE);
	busy = enumerator->enumerate(enumerator, &task);
	enumerator->destroy(enumerator);
	return !busy;
}

METHOD(ha_sync_witness_t, message, void,
	private_ha_sync_witness_t *this, ha_sync_tracked_t *tracked,
	ike_sa_t *ike_sa, message_t *message, bool incoming, bool plain)
{
	bool request = message->get_request(message);

	/* when incoming, only plain messages are authenticated; when outgoing, a
	 * message is ready to be sent when it is not plain anymore */
	if (incoming)
	{
		keep_request(this, tracked, ike_sa, message, plain);
	}
	if (plain)
	{
		look_for_ppk(tracked, ike_sa, message);
	}
	if (plain == incoming)
	{
		tracked->exchanges->message(tracked->exchanges,
								message->get_message_id(message), request,
								!incoming);
	}
	if (!incoming && !plain)
	{
		keep_packets(this, tracked, message);
		tracked->farewell = is_farewell(ike_sa, message);
		tracked->due = TRUE;
	}
}

METHOD(ha_sync_witness_t, destroy, void,
	private_ha_sync_witness_t *this)
{
	free(this);
}

/*
 * Described in header.
 */
ha_sync_witness_t *ha_sync_witness_create(ha_sync_gate_t *gate)
{
	private_ha_sync_witness_t *this;

	INIT(this,
		.public = {
			.message = _message,
			.destroy = _destroy,
		},
		.gate = gate,
	);
	return &this->public;
}
