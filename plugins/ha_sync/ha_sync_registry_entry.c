/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_registry_entry.h"

/**
 * Time left after some seconds: what is due stays due in one second, as 0 is
 * "not scheduled".
 */
static uint32_t left(uint32_t in, uint32_t elapsed)
{
	if (!in)
	{
		return 0;
	}
	return in > elapsed ? in - elapsed : 1;
}

/**
 * Seconds since a record was stored.
 */
static uint32_t elapsed_since(time_t time)
{
	time_t now = time_monotonic(NULL);

	return now > time ? now - time : 0;
}

ha_sync_ike_t *ha_sync_entry_clone_ike(ha_sync_ike_entry_t *entry)
{
	uint32_t elapsed = elapsed_since(entry->time);
	ha_sync_ike_t *ike;

	ike = ha_sync_ike_clone(entry->ike);
	ike->age += elapsed;
	ike->rekey_in = left(ike->rekey_in, elapsed);
	ike->reauth_in = left(ike->reauth_in, elapsed);
	ike->delete_in = left(ike->delete_in, elapsed);
	return ike;
}

ha_sync_child_t *ha_sync_entry_clone_child(ha_sync_child_entry_t *entry)
{
	uint32_t elapsed = elapsed_since(entry->time);
	ha_sync_child_t *child;

	child = ha_sync_child_clone(entry->child);
	child->age += elapsed;
	child->rekey_in = left(child->rekey_in, elapsed);
	child->expire_in = left(child->expire_in, elapsed);
	return child;
}

void ha_sync_entry_set_mids(ha_sync_ike_entry_t *entry,
							const ha_sync_mids_t *mids)
{
	entry->ike->mids = *mids;
	if (entry->exchange && !mids->pending)
	{
		chunk_free(&entry->exchange->request);
	}
}

void ha_sync_entry_keep_messages(ha_sync_ike_entry_t *entry,
								 ha_sync_exchange_t *new)
{
	ha_sync_exchange_t *known = entry->exchange;

	if (!known)
	{
		entry->exchange = new;
		return;
	}
	if (new->response.len)
	{
		chunk_free(&known->response);
		known->response = new->response;
		new->response = chunk_empty;
		memcpy(known->hash, new->hash, sizeof(known->hash));
	}
	if (new->request.len)
	{
		chunk_free(&known->request);
		known->request = new->request;
		new->request = chunk_empty;
	}
}

/*
 * Described in header
 */
void ha_sync_use_raise(ha_sync_use_t *use, const ha_sync_use_t *other)
{
	use->oseq = max(use->oseq, other->oseq);
	use->seq = max(use->seq, other->seq);
	use->bytes_in = max(use->bytes_in, other->bytes_in);
	use->packets_in = max(use->packets_in, other->packets_in);
	use->bytes_out = max(use->bytes_out, other->bytes_out);
	use->packets_out = max(use->packets_out, other->packets_out);
}
