/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_sir.h"
#include "qcd_cookie.h"
#include "qcd_job.h"
#include "qcd_limit.h"
#include "qcd_maker.h"
#include "qcd_renewal.h"

#include "ike_wire_check.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <encoding/payloads/vendor_id_payload.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/** vendor ID of peers that know it */
#define VENDOR_ID "SECURE IKE RECOVERY"

/** shortest and longest time an ACK is waited for after a NACK, in ms */
#define WAIT_MIN 50
#define WAIT_MAX 2000

/** addresses whose dampening is known, a power of two; they share the places */
#define PEERS 1024

typedef struct private_qcd_sir_t private_qcd_sir_t;
typedef struct query_t query_t;

/**
 * Private data.
 */
struct private_qcd_sir_t {

	/** public interface */
	qcd_sir_t public;

	/** options */
	qcd_config_t *config;

	/** taker's store */
	qcd_store_t *store;

	/** who has which IKE SA */
	sa_directory_t *directory;

	/** checks if peers live */
	qcd_recovery_t *recovery;

	/** counters */
	qcd_stats_t *stats;

	/** makes new IKE SAs */
	qcd_renewal_t *renewal;

	/** cookies */
	qcd_cookie_t *cookie;

	/** limit of queries and replies sent */
	qcd_limit_t *limit;

	/** protects all below */
	mutex_t *mutex;

	/** IKE_SAs whose peers know it, by unique ID */
	hashtable_t *known;

	/** until when the notifies of an address are ignored, in ms */
	uint64_t quiet[PEERS];

	/** key of the hash of addresses */
	u_char key[16];
};

/**
 * A query to be sent.
 */
struct query_t {

	/** SIR */
	private_qcd_sir_t *this;

	/** IKE SA */
	qcd_owner_t owner;

	/** where the hint came from */
	host_t *src;
};

/**
 * Key of an IKE_SA in the table.
 */
static void *known_key(ike_sa_t *ike_sa)
{
	return (void*)(uintptr_t)ike_sa->get_unique_id(ike_sa);
}

/**
 * Place of an address.
 */
static uint64_t *get_quiet(private_qcd_sir_t *this, host_t *host)
{
	return &this->quiet[chunk_mac(host->get_address(host), this->key) &
						(PEERS - 1)];
}

/**
 * Something was done with a peer: ignore its notifies for a while (SIR, 4.1).
 */
static void dampen(private_qcd_sir_t *this, host_t *host)
{
	this->mutex->lock(this->mutex);
	*get_quiet(this, host) = qcd_cookie_now() +
							 this->config->sir_dampening * 1000;
	this->mutex->unlock(this->mutex);
}

/**
 * Check if a peer's notifies are ignored.
 */
static bool is_quiet(private_qcd_sir_t *this, host_t *host)
{
	bool quiet;

	this->mutex->lock(this->mutex);
	quiet = *get_quiet(this, host) > qcd_cookie_now();
	this->mutex->unlock(this->mutex);
	return quiet;
}

/**
 * Add our vendor ID to an IKE_SA_INIT.
 */
static void add_vendor_id(message_t *message)
{
	vendor_id_payload_t *payload;

	payload = vendor_id_payload_create_data(PLV2_VENDOR_ID,
									chunk_clone(chunk_from_str(VENDOR_ID)));
	message->add_payload(message, (payload_t*)payload);
}

/**
 * Look for the peer's vendor ID in an IKE_SA_INIT.
 */
static bool has_vendor_id(message_t *message)
{
	enumerator_t *enumerator;
	vendor_id_payload_t *vid;
	payload_t *payload;
	bool found = FALSE;

	enumerator = message->create_payload_enumerator(message);
	while (!found && enumerator->enumerate(enumerator, &payload))
	{
		if (payload->get_type(payload) == PLV2_VENDOR_ID)
		{
			vid = (vendor_id_payload_t*)payload;
			found = chunk_equals(vid->get_data(vid), chunk_from_str(VENDOR_ID));
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(listener_t, message, bool,
	private_qcd_sir_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	if (!this->config->sir || !ike_sa || !plain ||
		ike_sa->get_version(ike_sa) != IKEV2 ||
		message->get_exchange_type(message) != IKE_SA_INIT)
	{
		return TRUE;
	}
	if (!incoming)
	{
		add_vendor_id(message);
	}
	else if (has_vendor_id(message))
	{
		this->mutex->lock(this->mutex);
		this->known->put(this->known, known_key(ike_sa), this);
		this->mutex->unlock(this->mutex);
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_qcd_sir_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	if (state == IKE_ESTABLISHED)
	{
		dampen(this, ike_sa->get_other_host(ike_sa));
	}
	else if (state == IKE_DESTROYING)
	{
		this->mutex->lock(this->mutex);
		this->known->remove(this->known, known_key(ike_sa));
		this->mutex->unlock(this->mutex);
	}
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	private_qcd_sir_t *this, ike_sa_t *old, ike_sa_t *new)
{
	this->mutex->lock(this->mutex);
	if (this->known->get(this->known, known_key(old)))
	{
		this->known->put(this->known, known_key(new), this);
	}
	this->mutex->unlock(this->mutex);
	return TRUE;
}

/**
 * Send a CHECK_SPI.
 */
static void send_check(private_qcd_sir_t *this, ike_wire_header_t *header,
					   ike_wire_check_t *check, host_t *src, host_t *dst)
{
	ike_wire_message_t message = { .header = *header };
	chunk_t data, spi;

	data = ike_wire_check_encode(check, &spi);
	ike_wire_notify_add(&message, PROTO_IKE, this->config->sir_notify, spi,
						data);
	qcd_maker_send(src, dst, &message);
	chunk_free(&spi);
	chunk_free(&data);
}

/**
 * Send a query about an IKE_SA, which is checked out (SIR, 3.2.2).
 */
static void send_query(private_qcd_sir_t *this, ike_sa_t *ike_sa,
					   qcd_owner_t *owner)
{
	host_t *src = ike_sa->get_my_host(ike_sa);
	host_t *dst = ike_sa->get_other_host(ike_sa);
	uint8_t cookie[QCD_COOKIE_LEN];
	ike_wire_header_t header = {
		.spi_i = owner->spi_i,
		.spi_r = owner->spi_r,
		.exchange = INFORMATIONAL,
		.initiator = ike_sa->has_condition(ike_sa, COND_ORIGINAL_INITIATOR),
	};
	ike_wire_check_t check = {
		.spi_i = owner->spi_i,
		.spi_r = owner->spi_r,
		.type = IKE_WIRE_CHECK_QUERY,
		.cookie = chunk_from_thing(cookie),
	};

	if (this->cookie->make(this->cookie, owner->spi_i, owner->spi_r, src, dst,
						   qcd_cookie_now(), cookie))
	{
		send_check(this, &header, &check, src, dst);
		this->stats->count(this->stats, QCD_SIR_QUERIES);
		this->stats->event(this->stats, "%s[%u]: asking %#H if it has the IKE "
						   "SA", ike_sa->get_name(ike_sa),
						   ike_sa->get_unique_id(ike_sa), dst);
	}
}

/**
 * Check if a peer that would not understand a query lives, as for any hint.
 */
static void check_peer(private_qcd_sir_t *this, ike_sa_t *ike_sa,
					   qcd_owner_t *owner)
{
	if (!this->store->hint(this->store, owner->spi_i, owner->spi_r,
						   this->config->hint_interval))
	{
		this->stats->count(this->stats, QCD_HINTS_LIMITED);
		return;
	}
	this->stats->count(this->stats, QCD_LIVENESS);
	this->stats->event(this->stats, "%s[%u]: checking if the peer lives, it "
					   "does not know SIR", ike_sa->get_name(ike_sa),
					   ike_sa->get_unique_id(ike_sa));
	this->recovery->check(this->recovery, owner);
}

/**
 * Job: send a query.
 */
static job_requeue_t query_job(query_t *query)
{
	private_qcd_sir_t *this = query->this;
	ike_sa_t *ike_sa;
	host_t *other;
	bool known;

	ike_sa = qcd_job_checkout(query->owner.spi_i, query->owner.spi_r);
	if (!ike_sa)
	{
		return JOB_REQUEUE_NONE;
	}
	other = ike_sa->get_other_host(ike_sa);
	this->mutex->lock(this->mutex);
	known = this->known->get(this->known, known_key(ike_sa)) != NULL;
	this->mutex->unlock(this->mutex);
	if (ike_sa->get_state(ike_sa) == IKE_ESTABLISHED &&
		other->ip_equals(other, query->src))
	{
		if (known)
		{
			send_query(this, ike_sa, &query->owner);
		}
		else
		{
			check_peer(this, ike_sa, &query->owner);
		}
	}
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	return JOB_REQUEUE_NONE;
}

/**
 * Free a query.
 */
static void destroy_query(query_t *query)
{
	query->src->destroy(query->src);
	free(query);
}

METHOD(qcd_sir_t, hint, bool,
	private_qcd_sir_t *this, qcd_owner_t *owner, host_t *src, host_t *dst)
{
	query_t *query;
	u_int tokens;

	if (!this->config->sir ||
		(this->config->taker &&
		 this->store->find(this->store, owner->spi_i, owner->spi_r, &tokens) &&
		 tokens))
	{	/* a peer that gave a token will send it */
		return FALSE;
	}
	if (is_quiet(this, src) || !this->limit->allow(this->limit, src))
	{
		this->stats->count(this->stats, QCD_HINTS_LIMITED);
		return TRUE;
	}
	INIT(query,
		.this = this,
		.owner = *owner,
		.src = src->clone(src),
	);
	lib->processor->queue_job(lib->processor,
		(job_t*)callback_job_create_with_prio((callback_job_cb_t)query_job,
							query, (void*)destroy_query, NULL, JOB_PRIO_HIGH));
	return TRUE;
}

/**
 * Answer a query: both answers cost and look the same.
 */
static void answer(private_qcd_sir_t *this, ike_wire_message_t *message,
				   ike_wire_check_t *check, host_t *src, host_t *dst)
{
	ike_wire_header_t header = message->header;

	this->stats->count(this->stats, QCD_SIR_QUERIED);
	if (!this->limit->allow(this->limit, src) || !qcd_maker_ready(src))
	{
		return;
	}
	switch (this->directory->find(this->directory, check->spi_i, check->spi_r))
	{
		case SA_HOLDER_NONE:
			check->type = IKE_WIRE_CHECK_NACK;
			break;
		case SA_HOLDER_HERE:
		case SA_HOLDER_MEMBER:
			check->type = IKE_WIRE_CHECK_ACK;
			break;
		default:
			if (!this->config->answer_alone)
			{
				return;
			}
			check->type = IKE_WIRE_CHECK_NACK;
			break;
	}
	header.response = TRUE;
	header.initiator = !header.initiator;
	send_check(this, &header, check, dst, src);
}

/**
 * Take a reply.
 */
static void take_reply(private_qcd_sir_t *this, ike_wire_check_t *check,
					   host_t *src, host_t *dst)
{
	qcd_owner_t owner = { .spi_i = check->spi_i, .spi_r = check->spi_r };
	uint32_t age, wait;

	if (!this->store->find(this->store, owner.spi_i, owner.spi_r, NULL))
	{
		return;
	}
	if (!this->cookie->check(this->cookie, owner.spi_i, owner.spi_r, dst, src,
							 qcd_cookie_now(), check->cookie, &age))
	{
		this->stats->count(this->stats, QCD_SIR_WRONG);
		this->stats->event(this->stats, "reply of %#H has a wrong cookie, "
						   "ignored", src);
		return;
	}
	if (check->type == IKE_WIRE_CHECK_ACK)
	{
		this->stats->count(this->stats, QCD_SIR_ACKS);
		this->stats->event(this->stats, "%#H has the IKE SA%s: nothing "
						   "changed, somebody may have forged the hint", src,
						   this->renewal->cancel(this->renewal, &owner) ?
						   ", though it said it has not" : "");
		dampen(this, src);
		return;
	}
	this->stats->count(this->stats, QCD_SIR_NACKS);
	if (is_quiet(this, src))
	{
		this->stats->count(this->stats, QCD_HINTS_LIMITED);
		return;
	}
	dampen(this, src);
	wait = max(WAIT_MIN, min(2 * age, WAIT_MAX));
	this->renewal->start(this->renewal, &owner, wait);
}

METHOD(qcd_sir_t, process, void,
	private_qcd_sir_t *this, ike_wire_message_t *message,
	ike_wire_notify_t *notify, host_t *src, host_t *dst)
{
	ike_wire_check_t check;

	if (!this->config->sir)
	{
		return;
	}
	if (!ike_wire_check_parse(notify, &check) ||
		check.spi_i != message->header.spi_i ||
		check.spi_r != message->header.spi_r ||
		message->header.response != (check.type != IKE_WIRE_CHECK_QUERY))
	{
		this->stats->count(this->stats, QCD_MALFORMED);
		return;
	}
	if (check.type == IKE_WIRE_CHECK_QUERY)
	{
		answer(this, message, &check, src, dst);
	}
	else
	{
		take_reply(this, &check, src, dst);
	}
}

METHOD(qcd_sir_t, reload, void,
	private_qcd_sir_t *this)
{
	this->limit->set(this->limit, this->config->checks,
					 this->config->checks_source);
}

METHOD(qcd_sir_t, destroy, void,
	private_qcd_sir_t *this)
{
	charon->bus->remove_listener(charon->bus, &this->renewal->listener);
	this->renewal->destroy(this->renewal);
	this->cookie->destroy(this->cookie);
	this->limit->destroy(this->limit);
	this->known->destroy(this->known);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
qcd_sir_t *qcd_sir_create(qcd_config_t *config, qcd_store_t *store,
						  sa_directory_t *directory, qcd_recovery_t *recovery,
						  qcd_stats_t *stats)
{
	private_qcd_sir_t *this;
	rng_t *rng;

	INIT(this,
		.public = {
			.listener = {
				.message = _message,
				.ike_state_change = _ike_state_change,
				.ike_rekey = _ike_rekey,
			},
			.hint = _hint,
			.process = _process,
			.reload = _reload,
			.destroy = _destroy,
		},
		.config = config,
		.store = store,
		.directory = directory,
		.recovery = recovery,
		.stats = stats,
		.renewal = qcd_renewal_create(stats),
		.cookie = qcd_cookie_create(),
		.limit = qcd_limit_create(config->checks, config->checks_source),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.known = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 64),
	);
	rng = lib->crypto->create_rng(lib->crypto, RNG_WEAK);
	if (rng)
	{
		ignore_result(rng->get_bytes(rng, sizeof(this->key), this->key));
		rng->destroy(rng);
	}
	charon->bus->add_listener(charon->bus, &this->renewal->listener);
	return &this->public;
}
