/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_taker.h"
#include "qcd_limit.h"

#include <inttypes.h>

/**
 * Tokens of a message that are verified at most; 4 are required (RFC 6290,
 * 4.5).
 */
#define TOKENS_MAX 8

typedef struct private_qcd_taker_t private_qcd_taker_t;
typedef struct content_t content_t;

/**
 * Private data.
 */
struct private_qcd_taker_t {

	/** public interface */
	qcd_taker_t public;

	/** options */
	qcd_config_t *config;

	/** tokens */
	qcd_store_t *store;

	/** outbound SPIs */
	qcd_children_t *children;

	/** what is done */
	qcd_recovery_t *recovery;

	/** called for hints, or NULL */
	qcd_taker_hint_t hint;

	/** data for it */
	void *user;

	/** counters */
	qcd_stats_t *stats;

	/** limit of messages processed */
	qcd_limit_t *limit;
};

/**
 * What a message is about.
 */
struct content_t {

	/** tokens */
	chunk_t tokens[TOKENS_MAX];

	/** number of tokens */
	u_int count;

	/** TRUE if it has INVALID_SPI with an SPI */
	bool invalid_spi;

	/** TRUE if it has INVALID_IKE_SPI */
	bool invalid_ike_spi;

	/** established IKE SAs it may be about */
	qcd_owner_t owners[1 + QCD_OWNERS_MAX];

	/** number of them */
	u_int owner_count;

	/** TRUE if one of them has a token */
	bool verifiable;
};

/**
 * Add an IKE SA if it is established.
 */
static void add_owner(private_qcd_taker_t *this, content_t *content,
					  uint64_t spi_i, uint64_t spi_r)
{
	u_int tokens;

	if (spi_i && spi_r && this->store->find(this->store, spi_i, spi_r, &tokens))
	{
		content->verifiable = content->verifiable || tokens;
		content->owners[content->owner_count++] = (qcd_owner_t){
			.spi_i = spi_i,
			.spi_r = spi_r,
		};
	}
}

/**
 * Add the IKE SAs with an outbound ESP SPI (RFC 6290, 8.2).
 */
static void add_owners(private_qcd_taker_t *this, content_t *content,
					   chunk_t data)
{
	qcd_owner_t owners[QCD_OWNERS_MAX];
	u_int count, i;
	uint32_t spi;

	if (content->invalid_spi || data.len != sizeof(spi))
	{	/* one per message */
		return;
	}
	content->invalid_spi = TRUE;
	memcpy(&spi, data.ptr, sizeof(spi));
	count = this->children->find_outbound(this->children, spi, owners);
	for (i = 0; i < count; i++)
	{
		add_owner(this, content, owners[i].spi_i, owners[i].spi_r);
	}
}

/**
 * See what a message is about.
 */
static void get_content(private_qcd_taker_t *this, ike_wire_message_t *message,
						content_t *content)
{
	ike_wire_notify_t *notify;
	u_int i;

	memset(content, 0, sizeof(*content));
	for (i = 0; i < message->count; i++)
	{
		notify = &message->notifies[i];
		switch (notify->type)
		{
			case IKE_WIRE_INVALID_IKE_SPI:
				content->invalid_ike_spi = TRUE;
				break;
			case IKE_WIRE_INVALID_SPI:
				add_owners(this, content, notify->data);
				break;
			case IKE_WIRE_QCD_TOKEN:
				if (content->count < TOKENS_MAX)
				{
					content->tokens[content->count++] = notify->data;
				}
				break;
			default:
				break;
		}
	}
	if (!content->invalid_spi)
	{	/* with an ESP SPI, those of the header mean nothing */
		add_owner(this, content, message->header.spi_i, message->header.spi_r);
	}
}

/**
 * Verify the tokens of a message.
 */
static bool verify(private_qcd_taker_t *this, content_t *content,
				   host_t *src)
{
	qcd_owner_t *owner;
	u_int i, j;

	for (i = 0; i < content->owner_count; i++)
	{
		owner = &content->owners[i];
		for (j = 0; j < content->count; j++)
		{
			if (this->store->verify(this->store, owner->spi_i, owner->spi_r,
									content->tokens[j]))
			{
				this->stats->count(this->stats, QCD_TOKENS_RIGHT);
				this->stats->event(this->stats, "token %u of %u from %#H is "
								"that of %.16" PRIx64 "_i %.16" PRIx64 "_r: "
								"the peer lost the IKE SA", j + 1,
								content->count, src, be64toh(owner->spi_i),
								be64toh(owner->spi_r));
				this->recovery->recover(this->recovery, owner);
				return TRUE;
			}
		}
	}
	this->stats->count(this->stats, QCD_TOKENS_WRONG);
	/* a token for an ESP SPI may come from an old map, it's no attack */
	this->stats->event(this->stats, "no token from %#H matches%s, nothing "
					   "changed", src, content->invalid_spi ?
					   " (the peer's map of SPIs may be old)" : "");
	return FALSE;
}

/**
 * Take a hint that the peer may have lost an IKE SA.
 */
static void take_hint(private_qcd_taker_t *this, content_t *content,
					  host_t *src, host_t *dst)
{
	qcd_owner_t *owner;
	u_int i;

	for (i = 0; i < content->owner_count; i++)
	{
		owner = &content->owners[i];
		if (content->invalid_ike_spi && this->hint &&
			this->hint(this->user, owner, src, dst))
		{
			continue;
		}
		if (!this->store->hint(this->store, owner->spi_i, owner->spi_r,
							   this->config->hint_interval))
		{
			this->stats->count(this->stats, QCD_HINTS_LIMITED);
			continue;
		}
		this->stats->count(this->stats, QCD_LIVENESS);
		this->stats->event(this->stats, "%s from %#H for %.16" PRIx64 "_i "
						   "%.16" PRIx64 "_r: checking if the peer lives",
						   content->invalid_spi ? "INVALID_SPI" :
						   "INVALID_IKE_SPI", src, be64toh(owner->spi_i),
						   be64toh(owner->spi_r));
		this->recovery->check(this->recovery, owner);
	}
}

METHOD(qcd_taker_t, process, void,
	private_qcd_taker_t *this, ike_wire_message_t *message, host_t *src,
	host_t *dst)
{
	content_t content;

	get_content(this, message, &content);
	if (!content.owner_count)
	{
		if (content.count)
		{
			this->stats->event(this->stats, "token from %#H for unknown IKE SA "
							   "%.16" PRIx64 "_i %.16" PRIx64 "_r ignored", src,
							   be64toh(message->header.spi_i),
							   be64toh(message->header.spi_r));
		}
		return;
	}
	if (!this->limit->allow(this->limit, src))
	{
		this->stats->count(this->stats, content.count ? QCD_CHECKS_LIMITED :
													QCD_HINTS_LIMITED);
		return;
	}
	if (content.count && content.verifiable && this->config->taker)
	{
		if (verify(this, &content, src) || !content.invalid_spi)
		{	/* a wrong one beside INVALID_SPI leaves the hint */
			return;
		}
	}
	if (content.invalid_spi || content.invalid_ike_spi)
	{
		take_hint(this, &content, src, dst);
	}
}

METHOD(qcd_taker_t, reload, void,
	private_qcd_taker_t *this)
{
	this->limit->set(this->limit, this->config->checks,
					 this->config->checks_source);
}

METHOD(qcd_taker_t, destroy, void,
	private_qcd_taker_t *this)
{
	this->limit->destroy(this->limit);
	free(this);
}

/*
 * Described in header.
 */
qcd_taker_t *qcd_taker_create(qcd_config_t *config, qcd_store_t *store,
							  qcd_children_t *children,
							  qcd_recovery_t *recovery, qcd_taker_hint_t hint,
							  void *user, qcd_stats_t *stats)
{
	private_qcd_taker_t *this;

	INIT(this,
		.public = {
			.process = _process,
			.reload = _reload,
			.destroy = _destroy,
		},
		.config = config,
		.store = store,
		.children = children,
		.recovery = recovery,
		.hint = hint,
		.user = user,
		.stats = stats,
		.limit = qcd_limit_create(config->checks, config->checks_source),
	);
	return &this->public;
}
