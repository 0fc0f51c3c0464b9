/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_reporter.h"
#include "qcd_limit.h"

#include <daemon.h>

/**
 * Searches for the IKE SA of a peer per second at most: all are looked at.
 */
#define WALKS 5

typedef struct private_qcd_reporter_t private_qcd_reporter_t;

/**
 * Private data.
 */
struct private_qcd_reporter_t {

	/** public interface */
	qcd_reporter_t public;

	/** makes tokens */
	qcd_maker_t *maker;

	/** reports over IKE SAs */
	qcd_exchange_t *exchange;

	/** CHILD SPIs and their IKE SAs before the restart, or NULL */
	qcd_spi_map_t *map;

	/** those of other members, or NULL */
	qcd_spi_registry_t *registry;

	/** counters */
	qcd_stats_t *stats;

	/** limit of walks through the IKE_SAs */
	qcd_limit_t *walks;

	/** SPI reported last: a peer that can't be helped is logged once */
	uint32_t last;
};

/**
 * Find an established IKE SA with the address and port a packet came from; all
 * but those in use are looked at.
 */
static bool find_peer(host_t *host, bool port, qcd_owner_t *owner)
{
	enumerator_t *enumerator;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;
	host_t *other;
	bool found = FALSE;

	enumerator = charon->ike_sa_manager->create_enumerator(
											charon->ike_sa_manager, FALSE);
	while (!found && enumerator->enumerate(enumerator, &ike_sa))
	{
		other = ike_sa->get_other_host(ike_sa);
		if (ike_sa->get_version(ike_sa) == IKEV2 &&
			ike_sa->get_state(ike_sa) == IKE_ESTABLISHED &&
			(port ? host->equals(host, other) : host->ip_equals(host, other)))
		{
			id = ike_sa->get_id(ike_sa);
			owner->spi_i = id->get_initiator_spi(id);
			owner->spi_r = id->get_responder_spi(id);
			found = TRUE;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Add the tokens of the IKE SA a CHILD SA belonged to.
 */
static u_int add_tokens(private_qcd_reporter_t *this, qcd_esp_packet_t *packet,
						uint8_t tokens[QCD_TOKEN_SECRETS][QCD_TOKEN_LEN],
						ike_wire_message_t *message)
{
	sa_holder_t holder;
	qcd_owner_t owner;
	u_int count, i;

	if (!(this->map && this->map->find(this->map, packet->spi, &owner)) &&
		!(this->registry &&
		  this->registry->find(this->registry, packet->spi, &owner)))
	{
		return 0;
	}
	count = this->maker->get_tokens(this->maker, owner.spi_i, owner.spi_r,
									packet->src, tokens, &holder);
	for (i = 0; i < count; i++)
	{
		ike_wire_notify_add(message, PROTO_IKE, IKE_WIRE_QCD_TOKEN, chunk_empty,
							chunk_create(tokens[i], QCD_TOKEN_LEN));
	}
	return count;
}

METHOD(qcd_reporter_t, report, void,
	private_qcd_reporter_t *this, qcd_esp_packet_t *packet)
{
	uint8_t tokens[QCD_TOKEN_SECRETS][QCD_TOKEN_LEN];
	ike_wire_message_t message = {
		/* a request of whoever has no IKE SA: no SPIs (RFC 7296, 1.5) */
		.header = {
			.exchange = INFORMATIONAL,
			.initiator = TRUE,
		},
	};
	qcd_owner_t owner;
	u_int count;

	if (!qcd_maker_ready(packet->src))
	{
		this->stats->count(this->stats, QCD_NOT_READY);
		return;
	}
	if (this->walks->allow(this->walks, NULL) &&
		find_peer(packet->src, packet->udp, &owner))
	{	/* it may belong to another IKE SA of the peer, so that's not all */
		this->exchange->report_spi(this->exchange, &owner, packet->spi);
	}
	ike_wire_notify_add(&message, PROTO_NONE, IKE_WIRE_INVALID_SPI, chunk_empty,
						chunk_from_thing(packet->spi));
	count = add_tokens(this, packet, tokens, &message);
	qcd_maker_send(packet->dst, packet->src, &message);
	this->stats->count(this->stats, QCD_ESP_ANSWERED);
	if (count)
	{
		this->stats->count(this->stats, QCD_ESP_TOKENS);
	}
	if (packet->spi != this->last)
	{
		this->last = packet->spi;
		this->stats->event(this->stats, "unknown SPI %.8x of %#H reported with "
						   "%u token%s", ntohl(packet->spi), packet->src, count,
						   count == 1 ? "" : "s");
	}
}

METHOD(qcd_reporter_t, destroy, void,
	private_qcd_reporter_t *this)
{
	this->walks->destroy(this->walks);
	free(this);
}

/*
 * Described in header.
 */
qcd_reporter_t *qcd_reporter_create(qcd_maker_t *maker,
									qcd_exchange_t *exchange,
									qcd_spi_map_t *map,
									qcd_spi_registry_t *registry,
									qcd_stats_t *stats)
{
	private_qcd_reporter_t *this;

	INIT(this,
		.public = {
			.report = _report,
			.destroy = _destroy,
		},
		.maker = maker,
		.exchange = exchange,
		.map = map,
		.registry = registry,
		.stats = stats,
		.walks = qcd_limit_create(WALKS, WALKS),
	);
	return &this->public;
}
