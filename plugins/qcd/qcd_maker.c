/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_maker.h"
#include "qcd_limit.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>

#include <inttypes.h>

/**
 * Part of the full rate that is left later (RFC 6290, 9.3).
 */
#define LATER_PART 10

/**
 * Requests kept while not enough is known about other members, at most; how
 * often it's looked if that has changed, in ms; and how many times.
 */
#define HELD_MAX 64
#define HELD_INTERVAL 250
#define HELD_TRIES 120

typedef struct private_qcd_maker_t private_qcd_maker_t;
typedef struct answer_t answer_t;

/**
 * Private data.
 */
struct private_qcd_maker_t {

	/** public interface */
	qcd_maker_t public;

	/** options */
	qcd_config_t *config;

	/** secrets, or NULL */
	qcd_secret_t *secret;

	/** who has which IKE SA */
	sa_directory_t *directory;

	/** counters */
	qcd_stats_t *stats;

	/** limit of answers */
	qcd_limit_t *limit;

	/** when the daemon started */
	time_t started;

	/** requests kept */
	refcount_t held;
};

/**
 * An answer to be sent.
 */
struct answer_t {

	/** maker */
	private_qcd_maker_t *this;

	/** where the request came from, and went to */
	host_t *src, *dst;

	/** header of the answer */
	ike_wire_header_t header;

	/** how often it was looked again, 0 if it is not kept */
	u_int tries;
};

/**
 * Destroy an answer.
 */
static void destroy_answer(answer_t *answer)
{
	if (answer->tries)
	{
		ignore_result(ref_put(&answer->this->held));
	}
	answer->src->destroy(answer->src);
	answer->dst->destroy(answer->dst);
	free(answer);
}

/*
 * Described in header.
 */
bool qcd_maker_ready(host_t *other)
{
	enumerator_t *enumerator;
	ike_cfg_t *config;
	bool found;

	enumerator = charon->backends->create_ike_cfg_enumerator(charon->backends,
														NULL, other, IKEV2);
	found = enumerator->enumerate(enumerator, &config);
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header.
 */
void qcd_maker_send(host_t *src, host_t *dst, const ike_wire_message_t *message)
{
	packet_t *packet;

	packet = packet_create_from_data(src->clone(src), dst->clone(dst),
									 ike_wire_notify_build(message));
	charon->sender->send(charon->sender, packet);
}

METHOD(qcd_maker_t, get_tokens, u_int,
	private_qcd_maker_t *this, uint64_t spi_i, uint64_t spi_r, host_t *taker,
	uint8_t tokens[QCD_TOKEN_SECRETS][QCD_TOKEN_LEN], sa_holder_t *holder)
{
	*holder = this->directory->find(this->directory, spi_i, spi_r);
	if (!this->secret || !this->config->maker ||
		!(*holder == SA_HOLDER_NONE ||
		  (*holder == SA_HOLDER_UNKNOWN && this->config->answer_alone)))
	{
		return 0;
	}
	return this->secret->make_all(this->secret, spi_i, spi_r,
								  this->config->token_address ? taker : NULL,
								  tokens);
}

/**
 * Keep a request that got no token, as other members may have the IKE SA: they
 * may say soon that they have not, and the peer's next request may be far.
 */
static bool keep(private_qcd_maker_t *this, answer_t *answer)
{
	if (!this->secret || !this->config->maker)
	{
		return FALSE;
	}
	if (!answer->tries && ref_get(&this->held) > HELD_MAX)
	{
		ignore_result(ref_put(&this->held));
		return FALSE;
	}
	return ++answer->tries <= HELD_TRIES;
}

/**
 * Send an answer with tokens, or without.
 */
static void send_answer(private_qcd_maker_t *this, answer_t *answer,
						uint8_t tokens[QCD_TOKEN_SECRETS][QCD_TOKEN_LEN],
						u_int count)
{
	ike_wire_message_t message = { .header = answer->header };
	u_int i;

	ike_wire_notify_add(&message, PROTO_NONE, IKE_WIRE_INVALID_IKE_SPI,
						chunk_empty, chunk_empty);
	for (i = 0; i < count; i++)
	{
		ike_wire_notify_add(&message, PROTO_IKE, IKE_WIRE_QCD_TOKEN,
							chunk_empty, chunk_from_thing(tokens[i]));
	}
	qcd_maker_send(answer->dst, answer->src, &message);
	this->stats->count(this->stats, count ? QCD_TOKENS_SENT : QCD_PLAIN_SENT);
	this->stats->event(this->stats, "answered request of %H for unknown IKE SA "
					   "%.16" PRIx64 "_i %.16" PRIx64 "_r with %u token%s",
					   answer->src, be64toh(message.header.spi_i),
					   be64toh(message.header.spi_r), count,
					   count == 1 ? "" : "s");
}

/**
 * Job: answer a request.
 */
static job_requeue_t answer_job(answer_t *answer)
{
	private_qcd_maker_t *this = answer->this;
	uint8_t tokens[QCD_TOKEN_SECRETS][QCD_TOKEN_LEN];
	sa_holder_t holder;
	u_int count;

	if (!qcd_maker_ready(answer->src))
	{
		this->stats->count(this->stats, QCD_NOT_READY);
		return JOB_REQUEUE_NONE;
	}
	count = get_tokens(this, answer->header.spi_i, answer->header.spi_r,
					   answer->src, tokens, &holder);
	switch (holder)
	{
		case SA_HOLDER_HERE:
			this->stats->count(this->stats, QCD_HELD_HERE);
			return JOB_REQUEUE_NONE;
		case SA_HOLDER_MEMBER:
			this->stats->count(this->stats, QCD_HELD_ELSEWHERE);
			return JOB_REQUEUE_NONE;
		default:
			break;
	}
	if (count || !answer->tries)
	{
		send_answer(this, answer, tokens, count);
	}
	if (!count && holder == SA_HOLDER_UNKNOWN && keep(this, answer))
	{
		return JOB_RESCHEDULE_MS(HELD_INTERVAL);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Set the limit for the time since the start.
 */
static void set_limit(private_qcd_maker_t *this)
{
	qcd_config_t *config = this->config;
	uint32_t rate = config->answers;

	if (time_monotonic(NULL) - this->started > (time_t)config->answers_window)
	{
		rate = max(1, rate / LATER_PART);
	}
	this->limit->set(this->limit, rate, config->answers_source);
}

/**
 * Check if a message for an unknown IKE SA is a protected IKEv2 request.
 *
 * charon alerts for responses, IKEv1 and unprotected messages, too, and if only
 * the Initiator flag is wrong; tokens are made in IKE_AUTH, so there's none for
 * an IKE SA that is still in it.
 */
static bool is_request(message_t *message)
{
	ike_sa_id_t *id = message->get_ike_sa_id(message);

	if (message->get_major_version(message) != IKEV2_MAJOR_VERSION ||
		!message->get_request(message) ||
		!id->get_initiator_spi(id) || !id->get_responder_spi(id))
	{
		return FALSE;
	}
	switch (message->get_exchange_type(message))
	{
		case CREATE_CHILD_SA:
		case INFORMATIONAL:
			break;
		default:
			return FALSE;
	}
	switch (message->get_first_payload_type(message))
	{
		case PLV2_ENCRYPTED:
		case PLV2_FRAGMENT:
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Queue the answer to a request.
 */
static void queue_answer(private_qcd_maker_t *this, message_t *message)
{
	ike_sa_id_t *id = message->get_ike_sa_id(message);
	host_t *src = message->get_source(message);
	host_t *dst = message->get_destination(message);
	answer_t *answer;

	INIT(answer,
		.this = this,
		.src = src->clone(src),
		.dst = dst->clone(dst),
		.header = {
			.spi_i = id->get_initiator_spi(id),
			.spi_r = id->get_responder_spi(id),
			.exchange = message->get_exchange_type(message),
			.initiator = !id->is_initiator(id),
			.response = TRUE,
			.mid = message->get_message_id(message),
		},
	);
	lib->processor->queue_job(lib->processor,
		(job_t*)callback_job_create_with_prio((callback_job_cb_t)answer_job,
						answer, (void*)destroy_answer, NULL, JOB_PRIO_HIGH));
}

METHOD(listener_t, alert, bool,
	private_qcd_maker_t *this, ike_sa_t *ike_sa, alert_t alert, va_list args)
{
	message_t *message;

	if (alert != ALERT_INVALID_IKE_SPI ||
		!(this->config->maker || this->config->sir))
	{
		return TRUE;
	}
	message = va_arg(args, message_t*);
	if (!is_request(message))
	{
		return TRUE;
	}
	this->stats->count(this->stats, QCD_UNKNOWN_IKE);
	set_limit(this);
	if (this->limit->allow(this->limit, message->get_source(message)))
	{
		queue_answer(this, message);
	}
	else
	{
		this->stats->count(this->stats, QCD_ANSWERS_LIMITED);
	}
	return TRUE;
}

METHOD(qcd_maker_t, is_excess, bool,
	private_qcd_maker_t *this, chunk_t data, host_t *src)
{
	ike_wire_header_t header;

	if (!(this->config->maker || this->config->sir) ||
		!ike_wire_request_possible(data) ||
		this->limit->peek(this->limit, src) ||
		!ike_wire_header_parse(data, &header) ||
		this->directory->has(this->directory, header.spi_i, header.spi_r))
	{
		return FALSE;
	}
	this->stats->count(this->stats, QCD_UNKNOWN_IKE);
	this->stats->count(this->stats, QCD_ANSWERS_LIMITED);
	return TRUE;
}

METHOD(qcd_maker_t, reload, void,
	private_qcd_maker_t *this)
{
	set_limit(this);
}

METHOD(qcd_maker_t, destroy, void,
	private_qcd_maker_t *this)
{
	this->limit->destroy(this->limit);
	free(this);
}

/*
 * Described in header.
 */
qcd_maker_t *qcd_maker_create(qcd_config_t *config, qcd_secret_t *secret,
							  sa_directory_t *directory, qcd_stats_t *stats)
{
	private_qcd_maker_t *this;

	INIT(this,
		.public = {
			.listener = {
				.alert = _alert,
			},
			.get_tokens = _get_tokens,
			.is_excess = _is_excess,
			.reload = _reload,
			.destroy = _destroy,
		},
		.config = config,
		.secret = secret,
		.directory = directory,
		.stats = stats,
		.limit = qcd_limit_create(config->answers, config->answers_source),
		.started = time_monotonic(NULL),
	);
	return &this->public;
}
