/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_exchange.h"
#include "qcd_job.h"
#include "qcd_payload.h"

#include "ike_wire_notify.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <encoding/payloads/notify_payload.h>
#include <threading/mutex.h>

/**
 * Unknown SPIs reported with the next INFORMATIONAL at most.
 */
#define REPORTS_MAX 4

typedef struct private_qcd_exchange_t private_qcd_exchange_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_qcd_exchange_t {

	/** public interface */
	qcd_exchange_t public;

	/** options */
	qcd_config_t *config;

	/** maker's secrets, or NULL */
	qcd_secret_t *secret;

	/** taker's store */
	qcd_store_t *store;

	/** known ESP SPIs */
	qcd_children_t *children;

	/** counters */
	qcd_stats_t *stats;

	/** protects all below */
	mutex_t *mutex;

	/** IKE_SAs, as entry_t by unique ID */
	hashtable_t *entries;
};

/**
 * What has to be remembered of an IKE_SA.
 */
struct entry_t {

	/** new SPI in the peer's IKE rekeying under way, and in ours; or 0 */
	uint64_t rekey_peer, rekey_own;

	/** TRUE if the peer has its token */
	bool given;

	/** TRUE if the next INFORMATIONAL request carries a token */
	bool due;

	/** unknown ESP SPIs to be reported with the next INFORMATIONAL request */
	uint32_t reports[REPORTS_MAX];

	/** number of them */
	u_int report_count;
};

/**
 * Key of an IKE_SA in the table.
 */
static void *entry_key(ike_sa_t *ike_sa)
{
	return (void*)(uintptr_t)ike_sa->get_unique_id(ike_sa);
}

/**
 * Get the entry of an IKE_SA, the caller has the lock.
 */
static entry_t *get_entry(private_qcd_exchange_t *this, ike_sa_t *ike_sa)
{
	entry_t *entry;

	entry = this->entries->get(this->entries, entry_key(ike_sa));
	if (!entry)
	{
		INIT(entry);
		this->entries->put(this->entries, entry_key(ike_sa), entry);
	}
	return entry;
}

/**
 * Get the SPIs of an IKE_SA.
 */
static void get_spis(ike_sa_t *ike_sa, uint64_t *spi_i, uint64_t *spi_r)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);

	*spi_i = id->get_initiator_spi(id);
	*spi_r = id->get_responder_spi(id);
}

/**
 * Check if tokens are given; a passive copy gives none.
 */
static bool is_maker(private_qcd_exchange_t *this)
{
	return this->secret && this->config->maker;
}

/**
 * Add the token for SPIs to a message.
 */
static bool add_token(private_qcd_exchange_t *this, ike_sa_t *ike_sa,
					  message_t *message, uint64_t spi_i, uint64_t spi_r)
{
	uint8_t token[QCD_TOKEN_LEN];
	host_t *taker = NULL;

	if (this->config->token_address)
	{
		taker = ike_sa->get_other_host(ike_sa);
	}
	if (!this->secret->make(this->secret, spi_i, spi_r, taker, token))
	{
		return FALSE;
	}
	qcd_payload_add_token(message, chunk_from_thing(token));
	memwipe(token, sizeof(token));
	this->stats->count(this->stats, QCD_TOKENS_GIVEN);
	return TRUE;
}

/**
 * With a request for a new IKE SA nothing is left of what was before: after an
 * IKE_AUTH that got no answer charon tries again with the same IKE_SA, but
 * other SPIs.
 */
static void start_over(message_t *message, entry_t *entry)
{
	if (message->get_request(message))
	{
		memset(entry, 0, sizeof(*entry));
	}
}

/**
 * Add our token to IKE_AUTH: the initiator's to the first request, the
 * responder's to the response that establishes the IKE_SA (RFC 6290, 4.2).
 */
static void give_auth(private_qcd_exchange_t *this, ike_sa_t *ike_sa,
					  message_t *message, entry_t *entry)
{
	uint64_t spi_i, spi_r;
	bool now;

	if (message->get_request(message))
	{
		now = message->get_payload(message, PLV2_ID_INITIATOR) != NULL;
	}
	else
	{
		now = ike_sa->get_state(ike_sa) == IKE_ESTABLISHED;
	}
	if (now && !entry->given && is_maker(this))
	{
		get_spis(ike_sa, &spi_i, &spi_r);
		entry->given = add_token(this, ike_sa, message, spi_i, spi_r);
	}
}

/**
 * Note the SPI of an IKE rekeying we start, or add the token of the new IKE_SA
 * to the response of the peer's (RFC 6290, 4.3).
 */
static void give_rekey(private_qcd_exchange_t *this, ike_sa_t *ike_sa,
					   message_t *message, entry_t *entry)
{
	uint64_t spi = qcd_payload_rekey_spi(message);

	if (message->get_request(message))
	{
		entry->rekey_own = spi;
	}
	else
	{
		if (spi && entry->rekey_peer && is_maker(this))
		{
			add_token(this, ike_sa, message, entry->rekey_peer, spi);
		}
		entry->rekey_peer = 0;
	}
}

/**
 * Add the reports of unknown ESP SPIs, but not of those that got known before
 * the request could be sent: if the response to our CREATE_CHILD_SA was lost,
 * the peer sends before we have the CHILD SA, and a Delete would end it.
 */
static void add_reports(private_qcd_exchange_t *this, message_t *message,
						entry_t *entry)
{
	uint32_t spis[REPORTS_MAX];
	u_int count = 0, i;

	for (i = 0; i < entry->report_count; i++)
	{
		if (!this->children->has_inbound(this->children, entry->reports[i]))
		{
			spis[count++] = entry->reports[i];
			this->stats->count(this->stats, QCD_ESP_PROTECTED);
		}
	}
	if (count)
	{
		qcd_payload_add_reports(message, spis, count);
	}
	entry->report_count = 0;
}

/**
 * Add what is due to an INFORMATIONAL request.
 */
static void give_inform(private_qcd_exchange_t *this, ike_sa_t *ike_sa,
						message_t *message, entry_t *entry)
{
	uint64_t spi_i, spi_r;

	if (!message->get_request(message) ||
		ike_sa->get_state(ike_sa) != IKE_ESTABLISHED)
	{
		return;
	}
	if (entry->due && is_maker(this))
	{
		get_spis(ike_sa, &spi_i, &spi_r);
		entry->given = add_token(this, ike_sa, message, spi_i, spi_r);
	}
	entry->due = FALSE;
	add_reports(this, message, entry);
}

/**
 * A message is about to be encrypted.
 */
static void outgoing(private_qcd_exchange_t *this, ike_sa_t *ike_sa,
					 message_t *message)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = get_entry(this, ike_sa);
	switch (message->get_exchange_type(message))
	{
		case IKE_SA_INIT:
			start_over(message, entry);
			break;
		case IKE_AUTH:
			give_auth(this, ike_sa, message, entry);
			break;
		case CREATE_CHILD_SA:
			give_rekey(this, ike_sa, message, entry);
			break;
		case INFORMATIONAL:
			give_inform(this, ike_sa, message, entry);
			break;
		default:
			break;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Note the SPI of an IKE rekeying the peer starts, or take the token of the new
 * IKE_SA from the response to ours.
 */
static void take_rekey(private_qcd_exchange_t *this, ike_sa_t *ike_sa,
					   message_t *message, entry_t *entry, chunk_t token)
{
	uint64_t spi = qcd_payload_rekey_spi(message), old_i, old_r;

	if (message->get_request(message))
	{
		entry->rekey_peer = spi;
		return;
	}
	if (spi && entry->rekey_own && token.ptr)
	{
		get_spis(ike_sa, &old_i, &old_r);
		if (this->store->add_next(this->store, old_i, old_r, entry->rekey_own,
								  spi, token))
		{
			this->stats->count(this->stats, QCD_TOKENS_STORED);
		}
	}
	entry->rekey_own = 0;
}

/**
 * Take the token of an IKE_SA.
 */
static void take(private_qcd_exchange_t *this, ike_sa_t *ike_sa, chunk_t token)
{
	uint64_t spi_i, spi_r;

	get_spis(ike_sa, &spi_i, &spi_r);
	if (this->store->add(this->store, spi_i, spi_r, token))
	{
		this->stats->count(this->stats, QCD_TOKENS_STORED);
	}
	else
	{
		this->stats->event(this->stats, "%s[%u]: peer's token has %zu octets, "
						   "ignored: %d to %d are allowed",
						   ike_sa->get_name(ike_sa),
						   ike_sa->get_unique_id(ike_sa), token.len,
						   IKE_WIRE_TOKEN_MIN, IKE_WIRE_TOKEN_MAX);
	}
}

/**
 * A message was decrypted.
 */
static void incoming(private_qcd_exchange_t *this, ike_sa_t *ike_sa,
					 message_t *message)
{
	notify_payload_t *notify;
	chunk_t token = chunk_empty;
	entry_t *entry;

	notify = message->get_notify(message, (notify_type_t)IKE_WIRE_QCD_TOKEN);
	if (notify && this->config->taker)
	{
		token = notify->get_notification_data(notify);
	}
	this->mutex->lock(this->mutex);
	entry = get_entry(this, ike_sa);
	switch (message->get_exchange_type(message))
	{
		case CREATE_CHILD_SA:
			take_rekey(this, ike_sa, message, entry, token);
			break;
		case IKE_AUTH:
		case INFORMATIONAL:
			if (notify && this->config->taker)
			{
				take(this, ike_sa, token);
			}
			break;
		default:
			break;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Keep the request under way: if the peer comes back, it gets it at once.
 */
static void note_request(private_qcd_exchange_t *this, ike_sa_t *ike_sa,
						 message_t *message, bool incoming)
{
	uint64_t spi_i, spi_r;
	packet_t *packet = NULL;

	switch (message->get_exchange_type(message))
	{
		case CREATE_CHILD_SA:
		case INFORMATIONAL:
			if (message->get_request(message) != incoming)
			{
				break;
			}
			return;
		default:
			return;
	}
	get_spis(ike_sa, &spi_i, &spi_r);
	if (!incoming)
	{
		packet = message->get_packet(message);
		if (!packet->get_data(packet).len)
		{	/* fragments */
			packet->destroy(packet);
			packet = NULL;
		}
	}
	this->store->set_request(this->store, spi_i, spi_r, packet);
	DESTROY_IF(packet);
}

METHOD(listener_t, message, bool,
	private_qcd_exchange_t *this, ike_sa_t *ike_sa, message_t *message,
	bool in, bool plain)
{
	if (!ike_sa || ike_sa->get_version(ike_sa) != IKEV2)
	{
		return TRUE;
	}
	if (!plain)
	{
		if (!in)
		{
			note_request(this, ike_sa, message, FALSE);
		}
	}
	else if (in)
	{
		note_request(this, ike_sa, message, TRUE);
		incoming(this, ike_sa, message);
	}
	else
	{
		outgoing(this, ike_sa, message);
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_qcd_exchange_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	uint64_t spi_i, spi_r;

	if (ike_sa->get_version(ike_sa) != IKEV2)
	{
		return TRUE;
	}
	get_spis(ike_sa, &spi_i, &spi_r);
	if (state == IKE_ESTABLISHED)
	{
		this->store->live(this->store, spi_i, spi_r);
	}
	else if (state == IKE_DESTROYING)
	{
		this->store->remove(this->store, spi_i, spi_r);
		this->mutex->lock(this->mutex);
		free(this->entries->remove(this->entries, entry_key(ike_sa)));
		this->mutex->unlock(this->mutex);
	}
	return TRUE;
}

/**
 * Give the peer its token in a request of its own.
 */
static void give_soon(private_qcd_exchange_t *this, ike_sa_t *ike_sa)
{
	uint64_t spi_i, spi_r;

	this->mutex->lock(this->mutex);
	get_entry(this, ike_sa)->due = TRUE;
	this->mutex->unlock(this->mutex);
	get_spis(ike_sa, &spi_i, &spi_r);
	qcd_job_inform(spi_i, spi_r);
}

METHOD(listener_t, ike_rekey, bool,
	private_qcd_exchange_t *this, ike_sa_t *old, ike_sa_t *new)
{
	ike_sa_id_t *id = new->get_id(new);

	/* who started it is the initiator of the new one */
	if (id->is_initiator(id) && new->get_version(new) == IKEV2 &&
		is_maker(this))
	{
		give_soon(this, new);
	}
	return TRUE;
}

METHOD(listener_t, ike_update, bool,
	private_qcd_exchange_t *this, ike_sa_t *ike_sa, host_t *local,
	host_t *remote)
{
	host_t *old = ike_sa->get_other_host(ike_sa);

	/* the old one can't be made anymore after a crash (RFC 6290, 5.2) */
	if (this->config->token_address && is_maker(this) &&
		ike_sa->get_version(ike_sa) == IKEV2 && !remote->ip_equals(remote, old))
	{
		give_soon(this, ike_sa);
	}
	return TRUE;
}

METHOD(qcd_exchange_t, report_spi, void,
	private_qcd_exchange_t *this, qcd_owner_t *owner, uint32_t spi)
{
	ike_sa_t *ike_sa;
	entry_t *entry;
	bool found = FALSE;
	u_int i;

	ike_sa = qcd_job_checkout(owner->spi_i, owner->spi_r);
	if (!ike_sa)
	{
		return;
	}
	this->mutex->lock(this->mutex);
	entry = get_entry(this, ike_sa);
	for (i = 0; i < entry->report_count; i++)
	{
		found = found || entry->reports[i] == spi;
	}
	if (!found && entry->report_count < REPORTS_MAX)
	{
		entry->reports[entry->report_count++] = spi;
	}
	this->mutex->unlock(this->mutex);
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	if (!found)
	{
		qcd_job_inform(owner->spi_i, owner->spi_r);
	}
}

METHOD(qcd_exchange_t, destroy, void,
	private_qcd_exchange_t *this)
{
	this->entries->destroy_function(this->entries, (void*)free);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
qcd_exchange_t *qcd_exchange_create(qcd_config_t *config, qcd_secret_t *secret,
									qcd_store_t *store,
									qcd_children_t *children,
									qcd_stats_t *stats)
{
	private_qcd_exchange_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message,
				.ike_state_change = _ike_state_change,
				.ike_rekey = _ike_rekey,
				.ike_update = _ike_update,
			},
			.report_spi = _report_spi,
			.destroy = _destroy,
		},
		.config = config,
		.secret = secret,
		.store = store,
		.children = children,
		.stats = stats,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.entries = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									64),
	);
	return &this->public;
}
