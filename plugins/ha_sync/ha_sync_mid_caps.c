/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_mid_caps.h"
#include "ha_sync_describe.h"

#include <collections/hashtable.h>
#include <encoding/payloads/notify_payload.h>
#include <threading/mutex.h>

typedef struct private_ha_sync_mid_caps_t private_ha_sync_mid_caps_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_ha_sync_mid_caps_t {

	/** public interface */
	ha_sync_mid_caps_t public;

	/** unique ID of IKE_SA => entry_t; none if there is nothing to know */
	hashtable_t *entries;

	/** protects entries */
	mutex_t *mutex;
};

/**
 * An IKE SA.
 */
struct entry_t {
	/** what the initiator offered, be it us or the peer */
	ha_sync_cap_t offered;
	/** what both have, without HA_SYNC_CAP_MID; and HA_SYNC_UNSYNED */
	ha_sync_cap_t agreed;
};

/**
 * Capabilities and their notifies.
 */
static const struct {
	ha_sync_cap_t cap;
	notify_type_t type;
} notifies[] = {
	{ HA_SYNC_CAP_MID, IKEV2_MESSAGE_ID_SYNC_SUPPORTED },
	{ HA_SYNC_CAP_REPLAY, IKEV2_REPLAY_COUNTER_SYNC_SUPPORTED },
	{ HA_SYNC_CAP_PLUGIN, HA_SYNC_PLUGIN_SUPPORTED },
};

/**
 * Capabilities that are kept here.
 */
#define KEPT (HA_SYNC_CAP_REPLAY | HA_SYNC_CAP_PLUGIN)

/**
 * Get the entry of an IKE_SA, mutex held.
 */
static entry_t *get_entry(private_ha_sync_mid_caps_t *this, ike_sa_t *ike_sa)
{
	entry_t *entry;

	entry = this->entries->get(this->entries, ha_sync_describe_key(ike_sa));
	if (!entry)
	{
		INIT(entry);
		this->entries->put(this->entries, ha_sync_describe_key(ike_sa), entry);
	}
	return entry;
}

/**
 * Get the capability a notify is for, 0 if none.
 */
static ha_sync_cap_t get_cap(notify_type_t type)
{
	u_int i;

	for (i = 0; i < countof(notifies); i++)
	{
		if (notifies[i].type == type)
		{
			return notifies[i].cap;
		}
	}
	return 0;
}

/**
 * Get the capabilities a message has notifies for.
 */
static ha_sync_cap_t get_notifies(message_t *message)
{
	enumerator_t *enumerator;
	notify_payload_t *notify;
	payload_t *payload;
	ha_sync_cap_t caps = 0;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		if (payload->get_type(payload) == PLV2_NOTIFY)
		{
			notify = (notify_payload_t*)payload;
			caps |= get_cap(notify->get_notify_type(notify));
		}
	}
	enumerator->destroy(enumerator);
	return caps;
}

/**
 * Add notifies for capabilities to a message, each only once.
 */
static void add_notifies(message_t *message, ha_sync_cap_t caps)
{
	u_int i;

	if (!caps)
	{
		return;
	}
	caps &= ~get_notifies(message);
	for (i = 0; i < countof(notifies); i++)
	{
		if (caps & notifies[i].cap)
		{
			message->add_notify(message, FALSE, notifies[i].type, chunk_empty);
		}
	}
}

/**
 * Offer all in our first request, where charon offers to sync message IDs.
 */
static void offer(private_ha_sync_mid_caps_t *this, ike_sa_t *ike_sa,
				  message_t *message)
{
	if (message->get_notify(message, IKEV2_MESSAGE_ID_SYNC_SUPPORTED))
	{
		add_notifies(message, KEPT);
		this->mutex->lock(this->mutex);
		get_entry(this, ike_sa)->offered = HA_SYNC_CAP_MID | KEPT;
		this->mutex->unlock(this->mutex);
	}
}

/**
 * Note what the responder agrees to; charon notes HA_SYNC_CAP_MID.
 */
static void note_answer(private_ha_sync_mid_caps_t *this, ike_sa_t *ike_sa,
						message_t *message)
{
	ha_sync_cap_t caps = get_notifies(message);
	entry_t *entry;

	if (caps)
	{
		this->mutex->lock(this->mutex);
		entry = get_entry(this, ike_sa);
		entry->agreed |= caps & entry->offered & KEPT;
		this->mutex->unlock(this->mutex);
	}
}

/**
 * Note what the initiator offers.
 */
static void note_offer(private_ha_sync_mid_caps_t *this, ike_sa_t *ike_sa,
					   message_t *message)
{
	ha_sync_cap_t caps = get_notifies(message);

	if (caps)
	{
		this->mutex->lock(this->mutex);
		get_entry(this, ike_sa)->offered |= caps;
		this->mutex->unlock(this->mutex);
	}
}

/**
 * Agree to what was offered (RFC 6311, 5), in our last response.
 */
static void agree(private_ha_sync_mid_caps_t *this, ike_sa_t *ike_sa,
				  message_t *message)
{
	ha_sync_cap_t caps = 0;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, ha_sync_describe_key(ike_sa));
	if (entry)
	{
		caps = entry->offered;
		entry->agreed = caps & KEPT;
	}
	this->mutex->unlock(this->mutex);
	if (caps & HA_SYNC_CAP_MID)
	{
		ike_sa->enable_extension(ike_sa, EXT_IKE_MESSAGE_ID_SYNC);
	}
	add_notifies(message, caps);
}

METHOD(listener_t, message, bool,
	private_ha_sync_mid_caps_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	bool request;

	if (!ike_sa || !plain || message->get_exchange_type(message) != IKE_AUTH)
	{
		return TRUE;
	}
	request = message->get_request(message);
	if (incoming)
	{
		if (request)
		{
			note_offer(this, ike_sa, message);
		}
		else
		{
			note_answer(this, ike_sa, message);
		}
	}
	else if (request)
	{
		offer(this, ike_sa, message);
	}
	else if (ike_sa->get_state(ike_sa) == IKE_ESTABLISHED)
	{
		agree(this, ike_sa, message);
	}
	return TRUE;
}

METHOD(ha_sync_mid_caps_t, get, ha_sync_cap_t,
	private_ha_sync_mid_caps_t *this, ike_sa_t *ike_sa)
{
	ha_sync_cap_t caps = 0;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, ha_sync_describe_key(ike_sa));
	if (entry)
	{
		caps = entry->agreed;
	}
	this->mutex->unlock(this->mutex);
	if (ike_sa->supports_extension(ike_sa, EXT_IKE_MESSAGE_ID_SYNC))
	{
		caps |= HA_SYNC_CAP_MID;
	}
	return caps;
}

METHOD(ha_sync_mid_caps_t, has, bool,
	private_ha_sync_mid_caps_t *this, ike_sa_t *ike_sa, ha_sync_cap_t caps)
{
	if ((caps & HA_SYNC_CAP_MID) &&
		!ike_sa->supports_extension(ike_sa, EXT_IKE_MESSAGE_ID_SYNC))
	{	/* as many peers don't, this spares a look at the others */
		return FALSE;
	}
	return (get(this, ike_sa) & caps) == caps;
}

METHOD(ha_sync_mid_caps_t, set, void,
	private_ha_sync_mid_caps_t *this, ike_sa_t *ike_sa, ha_sync_cap_t caps)
{
	caps &= KEPT | HA_SYNC_UNSYNED;
	this->mutex->lock(this->mutex);
	if (caps || this->entries->get(this->entries, ha_sync_describe_key(ike_sa)))
	{
		get_entry(this, ike_sa)->agreed = caps;
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_mid_caps_t, mark, void,
	private_ha_sync_mid_caps_t *this, ike_sa_t *ike_sa, bool unsyned)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	if (unsyned)
	{
		get_entry(this, ike_sa)->agreed |= HA_SYNC_UNSYNED;
	}
	else
	{
		entry = this->entries->get(this->entries, ha_sync_describe_key(ike_sa));
		if (entry)
		{
			entry->agreed &= ~HA_SYNC_UNSYNED;
		}
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_mid_caps_t, count, u_int,
	private_ha_sync_mid_caps_t *this)
{
	enumerator_t *enumerator;
	entry_t *entry;
	u_int count = 0;

	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		count += entry->agreed & HA_SYNC_UNSYNED ? 1 : 0;
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(listener_t, ike_rekey, bool,
	private_ha_sync_mid_caps_t *this, ike_sa_t *old, ike_sa_t *new)
{
	/* the RFC doesn't say, charon copies extensions; a new IKE SA is synced */
	set(this, new, get(this, old) & ~HA_SYNC_UNSYNED);
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_ha_sync_mid_caps_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	entry_t *entry;

	if (state == IKE_DESTROYING)
	{
		this->mutex->lock(this->mutex);
		entry = this->entries->remove(this->entries,
									  ha_sync_describe_key(ike_sa));
		this->mutex->unlock(this->mutex);
		free(entry);
	}
	return TRUE;
}

METHOD(ha_sync_mid_caps_t, destroy, void,
	private_ha_sync_mid_caps_t *this)
{
	this->entries->destroy_function(this->entries, (void*)free);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_mid_caps_t *ha_sync_mid_caps_create()
{
	private_ha_sync_mid_caps_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message,
				.ike_rekey = _ike_rekey,
				.ike_state_change = _ike_state_change,
			},
			.has = _has,
			.get = _get,
			.set = _set,
			.mark = _mark,
			.count = _count,
			.destroy = _destroy,
		},
		.entries = hashtable_create(ha_sync_describe_hash, hashtable_equals_ptr,
									64),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
