/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_payload.h"

#include "ike_wire_notify.h"

#include <encoding/payloads/delete_payload.h>
#include <encoding/payloads/notify_payload.h>
#include <encoding/payloads/sa_payload.h>

/*
 * Described in header.
 */
void qcd_payload_add_token(message_t *message, chunk_t token)
{
	notify_payload_t *notify;

	/* charon's add_notify() writes protocol ID 0, it has to be 1 */
	notify = notify_payload_create_from_protocol_and_type(PLV2_NOTIFY,
								PROTO_IKE, (notify_type_t)IKE_WIRE_QCD_TOKEN);
	notify->set_notification_data(notify, token);
	message->add_payload(message, (payload_t*)notify);
}

/*
 * Described in header.
 */
uint64_t qcd_payload_rekey_spi(message_t *message)
{
	enumerator_t *enumerator;
	linked_list_t *proposals;
	proposal_t *proposal;
	sa_payload_t *sa;
	uint64_t spi = 0;

	sa = (sa_payload_t*)message->get_payload(message,
											 PLV2_SECURITY_ASSOCIATION);
	if (!sa)
	{
		return 0;
	}
	/* all proposals of an IKE SA have the same SPI */
	proposals = sa->get_proposals(sa);
	enumerator = proposals->create_enumerator(proposals);
	while (!spi && enumerator->enumerate(enumerator, &proposal))
	{
		if (proposal->get_protocol(proposal) == PROTO_IKE)
		{
			spi = proposal->get_spi(proposal);
		}
	}
	enumerator->destroy(enumerator);
	proposals->destroy_offset(proposals, offsetof(proposal_t, destroy));
	return spi;
}

/*
 * Described in header.
 */
void qcd_payload_add_reports(message_t *message, uint32_t *spis, u_int count)
{
	delete_payload_t *delete;
	u_int i;

	delete = delete_payload_create(PLV2_DELETE, PROTO_ESP);
	for (i = 0; i < count; i++)
	{
		message->add_notify(message, FALSE, IKE_WIRE_INVALID_SPI,
							chunk_from_thing(spis[i]));
		delete->add_spi(delete, spis[i]);
	}
	message->add_payload(message, (payload_t*)delete);
}
