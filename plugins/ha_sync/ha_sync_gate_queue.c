/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_gate_queue.h"

#include <collections/hashtable.h>

/**
 * Octets of an IKE header (RFC 7296, 3.1), which starts with both SPIs.
 */
#define IKE_HEADER 28

typedef struct private_ha_sync_gate_queue_t private_ha_sync_gate_queue_t;
typedef struct ike_t ike_t;

/**
 * An IKE SA whose packets have to wait.
 */
struct ike_t {
	/** SPIs, initiator is not used */
	ha_sync_spis_t spis;
	/** sequence number they have to wait for */
	uint64_t seq;
	/** packets added, and not done */
	u_int packets;
	/** TRUE if in the list: seq was not reached */
	bool listed;
	/** neighbours in the list */
	ike_t *prev, *next;
};

/**
 * Private data.
 */
struct private_ha_sync_gate_queue_t {

	/** public interface */
	ha_sync_gate_queue_t public;

	/** IKE SAs that have to wait, or have packets, by SPIs */
	hashtable_t *ikes;

	/** those that have to wait, the latest at the end */
	ike_t *first_ike, *last_ike;

	/** packets, the oldest first */
	ha_sync_waiting_t *first, *last;

	/** number of packets */
	u_int count;
};

/**
 * Compare the SPIs of two IKE SAs.
 */
static bool spis_equals(const ha_sync_spis_t *a, const ha_sync_spis_t *b)
{
	return a->i == b->i && a->r == b->r;
}

/**
 * Take an IKE SA from the list.
 */
static void unlist(private_ha_sync_gate_queue_t *this, ike_t *ike)
{
	*(ike->prev ? &ike->prev->next : &this->first_ike) = ike->next;
	*(ike->next ? &ike->next->prev : &this->last_ike) = ike->prev;
	ike->prev = ike->next = NULL;
	ike->listed = FALSE;
}

/**
 * Append an IKE SA to the list.
 */
static void list(private_ha_sync_gate_queue_t *this, ike_t *ike)
{
	ike->prev = this->last_ike;
	*(ike->prev ? &ike->prev->next : &this->first_ike) = ike;
	this->last_ike = ike;
	ike->listed = TRUE;
}

/**
 * Forget an IKE SA if there's nothing to know of it.
 */
static void forget(private_ha_sync_gate_queue_t *this, ike_t *ike)
{
	if (!ike->packets && !ike->listed)
	{
		this->ikes->remove(this->ikes, &ike->spis);
		free(ike);
	}
}

METHOD(ha_sync_gate_queue_t, hold, bool,
	private_ha_sync_gate_queue_t *this, const ha_sync_spis_t *spis,
	uint64_t seq)
{
	ike_t *ike;

	ike = this->ikes->get(this->ikes, spis);
	if (!ike)
	{
		if (this->ikes->get_count(this->ikes) >= HA_SYNC_GATE_MAX)
		{
			return FALSE;
		}
		INIT(ike,
			.spis = *spis,
		);
		this->ikes->put(this->ikes, &ike->spis, ike);
	}
	else if (ike->listed)
	{
		unlist(this, ike);
	}
	ike->seq = max(ike->seq, seq);
	list(this, ike);
	return TRUE;
}

/**
 * Find the IKE SA of a packet, NULL if it doesn't have to wait.
 */
static ike_t *find_ike(private_ha_sync_gate_queue_t *this, packet_t *packet)
{
	chunk_t data = packet->get_data(packet);
	ha_sync_spis_t spis = {};

	if (!this->ikes->get_count(this->ikes) || data.len < IKE_HEADER)
	{
		return NULL;
	}
	memcpy(&spis.i, data.ptr, sizeof(spis.i));
	memcpy(&spis.r, data.ptr + sizeof(spis.i), sizeof(spis.r));
	return this->ikes->get(this->ikes, &spis);
}

METHOD(ha_sync_gate_queue_t, add, bool,
	private_ha_sync_gate_queue_t *this, packet_t *packet, uint64_t now)
{
	ha_sync_waiting_t *held;
	ike_t *ike;

	ike = find_ike(this, packet);
	if (!ike)
	{
		return FALSE;
	}
	INIT(held,
		.packet = packet,
		.ike = ike,
		.seq = ike->seq,
		.since = now,
	);
	ike->packets++;
	*(this->last ? &this->last->next : &this->first) = held;
	this->last = held;
	this->count++;
	return TRUE;
}

METHOD(ha_sync_gate_queue_t, reached, void,
	private_ha_sync_gate_queue_t *this, uint64_t seq)
{
	ike_t *ike;

	while (this->first_ike && this->first_ike->seq <= seq)
	{
		ike = this->first_ike;
		unlist(this, ike);
		forget(this, ike);
	}
}

METHOD(ha_sync_gate_queue_t, take, ha_sync_waiting_t*,
	private_ha_sync_gate_queue_t *this, uint64_t seq)
{
	ha_sync_waiting_t *taken = this->first, *last = NULL;

	while (this->first && this->first->seq <= seq)
	{
		last = this->first;
		this->first = last->next;
		this->count--;
	}
	if (!last)
	{
		return NULL;
	}
	last->next = NULL;
	if (!this->first)
	{
		this->last = NULL;
	}
	return taken;
}

METHOD(ha_sync_gate_queue_t, done, void,
	private_ha_sync_gate_queue_t *this, ha_sync_waiting_t *taken)
{
	ha_sync_waiting_t *held;
	ike_t *ike;

	while (taken)
	{
		held = taken;
		taken = held->next;
		ike = held->ike;
		ike->packets--;
		forget(this, ike);
		free(held);
	}
}

METHOD(ha_sync_gate_queue_t, get_count, u_int,
	private_ha_sync_gate_queue_t *this)
{
	return this->count;
}

METHOD(ha_sync_gate_queue_t, get_oldest, bool,
	private_ha_sync_gate_queue_t *this, uint64_t *since)
{
	if (this->first)
	{
		*since = this->first->since;
	}
	return this->first != NULL;
}

METHOD(ha_sync_gate_queue_t, destroy, void,
	private_ha_sync_gate_queue_t *this)
{
	ha_sync_waiting_t *taken, *held;

	reached(this, UINT64_MAX);
	taken = take(this, UINT64_MAX);
	for (held = taken; held; held = held->next)
	{
		held->packet->destroy(held->packet);
	}
	done(this, taken);
	this->ikes->destroy(this->ikes);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_gate_queue_t *ha_sync_gate_queue_create()
{
	private_ha_sync_gate_queue_t *this;

	INIT(this,
		.public = {
			.hold = _hold,
			.add = _add,
			.reached = _reached,
			.take = _take,
			.done = _done,
			.get_count = _get_count,
			.get_oldest = _get_oldest,
			.destroy = _destroy,
		},
		.ikes = hashtable_create(ha_sync_spis_hash,
								 (hashtable_equals_t)spis_equals, 64),
	);
	return &this->public;
}
