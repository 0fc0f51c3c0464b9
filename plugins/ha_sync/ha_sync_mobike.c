/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_mobike.h"

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>

typedef struct private_ha_sync_mobike_t private_ha_sync_mobike_t;

/**
 * Private data.
 */
struct private_ha_sync_mobike_t {

	/** public interface */
	ha_sync_mobike_t public;

	/** groups of service addresses */
	ha_sync_groups_t *groups;
};

/**
 * Get the address of an ADDITIONAL_IP*_ADDRESS notify, NULL if it's another.
 */
static host_t *get_address(payload_t *payload)
{
	notify_payload_t *notify = (notify_payload_t*)payload;
	int family;

	if (payload->get_type(payload) != PLV2_NOTIFY)
	{
		return NULL;
	}
	switch (notify->get_notify_type(notify))
	{
		case ADDITIONAL_IP4_ADDRESS:
			family = AF_INET;
			break;
		case ADDITIONAL_IP6_ADDRESS:
			family = AF_INET6;
			break;
		default:
			return NULL;
	}
	return host_create_from_chunk(family,
								  notify->get_notification_data(notify), 0);
}

/**
 * Remove addresses that are not of the IKE_SA's group, if it has one.
 */
static void remove_addresses(private_ha_sync_mobike_t *this, ike_sa_t *ike_sa,
							 message_t *message)
{
	enumerator_t *enumerator;
	payload_t *payload;
	bool removed = FALSE, left = FALSE;
	char *group = NULL;
	host_t *host;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		host = get_address(payload);
		if (host && !group)
		{	/* not looked for before, as few messages have addresses */
			group = this->groups->find(this->groups,
									   ike_sa->get_my_host(ike_sa));
			if (!group)
			{
				host->destroy(host);
				break;
			}
		}
		if (host && !streq(this->groups->find(this->groups, host), group))
		{
			message->remove_payload_at(message, enumerator);
			payload->destroy(payload);
			removed = TRUE;
		}
		else if (host)
		{
			left = TRUE;
		}
		DESTROY_IF(host);
	}
	enumerator->destroy(enumerator);

	if (removed && !left &&
		message->get_exchange_type(message) == INFORMATIONAL)
	{	/* an update that has no address anymore (RFC 4555, 4.2.3) */
		message->add_notify(message, FALSE, NO_ADDITIONAL_ADDRESSES,
							chunk_empty);
	}
}

METHOD(listener_t, message, bool,
	private_ha_sync_mobike_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	if (ike_sa && plain && !incoming)
	{
		switch (message->get_exchange_type(message))
		{
			case IKE_AUTH:
			case INFORMATIONAL:
				remove_addresses(this, ike_sa, message);
				break;
			default:
				break;
		}
	}
	return TRUE;
}

METHOD(ha_sync_mobike_t, destroy, void,
	private_ha_sync_mobike_t *this)
{
	free(this);
}

/*
 * Described in header.
 */
ha_sync_mobike_t *ha_sync_mobike_create(ha_sync_groups_t *groups)
{
	private_ha_sync_mobike_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message,
			},
			.destroy = _destroy,
		},
		.groups = groups,
	);
	return &this->public;
}
