/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_exchanges.h"
#include "ha_sync_message.h"

typedef struct private_ha_sync_exchanges_t private_ha_sync_exchanges_t;

/**
 * Private data.
 */
struct private_ha_sync_exchanges_t {

	/** public interface */
	ha_sync_exchanges_t public;

	/** message IDs */
	ha_sync_mids_t mids;

	/** TRUE if they are not told */
	bool changed;

	/** TRUE if the last message was a request with a new message ID */
	bool fresh;

	/** packet of the peer's request that is being answered, TRUE if there is
	 * one, which may have no packet */
	chunk_t asked;
	bool answering;

	/** messages that are not told, and the packet the response is for */
	chunk_t response, answered, request;
};

METHOD(ha_sync_exchanges_t, message, void,
	private_ha_sync_exchanges_t *this, uint32_t mid, bool request,
	bool outgoing)
{
	ha_sync_mids_t mids = this->mids;

	this->fresh = FALSE;
	if (request && outgoing)
	{
		if (mid >= mids.send)
		{
			mids.send = mid + 1;
			mids.pending = TRUE;
			this->fresh = TRUE;
		}
	}
	else if (!request && !outgoing)
	{
		if (mid + 1 == mids.send)
		{
			mids.pending = FALSE;
		}
	}
	else if (!request && outgoing)
	{
		if (mid >= mids.recv)
		{
			mids.recv = mid + 1;
		}
	}
	if (mids.send != this->mids.send || mids.recv != this->mids.recv ||
		mids.pending != this->mids.pending)
	{
		this->mids = mids;
		this->changed = TRUE;
	}
}

METHOD(ha_sync_exchanges_t, asked, void,
	private_ha_sync_exchanges_t *this, chunk_t packet)
{
	chunk_free(&this->asked);
	this->asked = packet;
	this->answering = TRUE;
}

/**
 * Forget the response that is not told.
 */
static void clear_response(private_ha_sync_exchanges_t *this)
{
	chunk_free(&this->response);
	chunk_free(&this->answered);
}

METHOD(ha_sync_exchanges_t, packets, void,
	private_ha_sync_exchanges_t *this, uint32_t mid, bool request,
	chunk_t packets)
{
	if (request && this->fresh)
	{
		chunk_free(&this->request);
		this->request = packets;
	}
	else if (!request && mid + 1 == this->mids.recv && this->answering)
	{
		clear_response(this);
		this->response = packets;
		this->answered = this->asked;
		this->asked = chunk_empty;
		this->answering = FALSE;
	}
	else
	{
		chunk_free(&packets);
	}
}

METHOD(ha_sync_exchanges_t, set_mids, void,
	private_ha_sync_exchanges_t *this, const ha_sync_mids_t *mids)
{
	this->mids = *mids;
	this->changed = FALSE;
}

METHOD(ha_sync_exchanges_t, get_mids, void,
	private_ha_sync_exchanges_t *this, ha_sync_mids_t *mids)
{
	*mids = this->mids;
	this->changed = FALSE;
}

METHOD(ha_sync_exchanges_t, take, ha_sync_exchange_t*,
	private_ha_sync_exchanges_t *this, const ha_sync_spis_t *spis)
{
	ha_sync_exchange_t *exchange;
	uint8_t hash[HA_SYNC_HASH_LEN];

	if (!this->mids.pending)
	{
		chunk_free(&this->request);
	}
	if (!this->answered.len || !this->response.len ||
		!ha_sync_message_hash(this->answered, hash))
	{
		clear_response(this);
	}
	if (!this->changed && !this->response.len && !this->request.len)
	{
		return NULL;
	}
	INIT(exchange,
		.spis = *spis,
		.mids = this->mids,
		.response = this->response,
		.request = this->request,
	);
	if (exchange->response.len)
	{
		memcpy(exchange->hash, hash, sizeof(exchange->hash));
	}
	this->response = this->request = chunk_empty;
	chunk_free(&this->answered);
	this->changed = FALSE;
	return exchange;
}

METHOD(ha_sync_exchanges_t, destroy, void,
	private_ha_sync_exchanges_t *this)
{
	clear_response(this);
	chunk_free(&this->asked);
	chunk_free(&this->request);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_exchanges_t *ha_sync_exchanges_create()
{
	private_ha_sync_exchanges_t *this;

	INIT(this,
		.public = {
			.message = _message,
			.asked = _asked,
			.packets = _packets,
			.set_mids = _set_mids,
			.get_mids = _get_mids,
			.take = _take,
			.destroy = _destroy,
		},
	);
	return &this->public;
}
