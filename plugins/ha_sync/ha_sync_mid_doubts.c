/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_mid_doubts.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>
#include <utils/utils/atomics.h>

/**
 * For how long a peer repeats its last request until we believe that it does
 * not get the response, in s.
 */
#define REPEATED 1

typedef struct private_ha_sync_mid_doubts_t private_ha_sync_mid_doubts_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_ha_sync_mid_doubts_t {

	/** public interface */
	ha_sync_mid_doubts_t public;

	/** entry_t* by name of the IKE SA */
	hashtable_t *entries;

	/** number of entries, read without the mutex */
	refcount_t count;

	/** number of entries that are queued */
	uint32_t queued;

	/** TRUE to sync right after a takeover */
	bool eager;

	/** TRUE if message IDs are right as long as nothing shows otherwise */
	bool exact;

	/** protects entries, queued, eager and exact */
	mutex_t *mutex;
};

/**
 * What is known about an IKE SA.
 */
struct entry_t {

	/** what the guard said, with its name, the key */
	ha_sync_mid_doubt_t doubt;

	/** TRUE if its sync is queued */
	bool queued;

	/** TRUE if its first request may leave; hash of its packet once it has */
	bool exact;
	uint32_t request;

	/** TRUE if the peer has answered it, and if it sent one as expected */
	bool sent, received;

	/** when the peer first repeated its last request, 0 if it didn't */
	time_t repeated;
};

METHOD(ha_sync_mid_doubts_t, is_idle, bool,
	private_ha_sync_mid_doubts_t *this)
{
	return ref_cur(&this->count) == 0;
}

/**
 * Note that the sync of an entry is queued, mutex held.
 *
 * @return			FALSE if it was before
 */
static bool set_queued(private_ha_sync_mid_doubts_t *this, entry_t *entry)
{
	if (entry->queued)
	{
		return FALSE;
	}
	entry->queued = TRUE;
	this->queued++;
	return TRUE;
}

/**
 * Take an IKE SA from the table, mutex held.
 *
 * @return			entry, NULL if it's not known
 */
static entry_t *take(private_ha_sync_mid_doubts_t *this,
					 const ha_sync_spis_t *spis)
{
	entry_t *entry;

	entry = this->entries->remove(this->entries, spis);
	if (entry)
	{
		this->queued -= entry->queued ? 1 : 0;
		ignore_result(ref_put(&this->count));
	}
	return entry;
}

METHOD(ha_sync_mid_doubts_t, add, bool,
	private_ha_sync_mid_doubts_t *this, const ha_sync_mid_doubt_t *doubt)
{
	entry_t *entry, *old;
	bool queue = FALSE;

	INIT(entry,
		.doubt = *doubt,
	);
	this->mutex->lock(this->mutex);
	old = take(this, &doubt->spis);
	entry->exact = this->exact;
	if (this->eager || doubt->skip)
	{
		queue = set_queued(this, entry);
	}
	this->entries->put(this->entries, &entry->doubt.spis, entry);
	ref_get(&this->count);
	this->mutex->unlock(this->mutex);
	free(old);
	return queue;
}

METHOD(ha_sync_mid_doubts_t, queue, bool,
	private_ha_sync_mid_doubts_t *this, const ha_sync_spis_t *spis,
	bool *queue)
{
	entry_t *entry;
	bool found = FALSE;

	*queue = FALSE;
	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, spis);
	if (entry && entry->doubt.doubt)
	{
		found = TRUE;
		*queue = set_queued(this, entry);
	}
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(ha_sync_mid_doubts_t, remove_, bool,
	private_ha_sync_mid_doubts_t *this, const ha_sync_spis_t *spis,
	ha_sync_mid_doubt_t *doubt)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = take(this, spis);
	this->mutex->unlock(this->mutex);
	if (!entry)
	{
		return FALSE;
	}
	if (doubt)
	{
		*doubt = entry->doubt;
	}
	free(entry);
	return TRUE;
}

METHOD(ha_sync_mid_doubts_t, is_first, bool,
	private_ha_sync_mid_doubts_t *this, const ha_sync_spis_t *spis,
	chunk_t packet)
{
	uint32_t hash = chunk_hash(packet) ?: 1;
	entry_t *entry;
	bool first = FALSE;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, spis);
	if (entry && entry->exact && !entry->queued &&
		(entry->sent || entry->request != hash))
	{	/* of a message in fragments, all are different */
		entry->request = entry->request ?: hash;
		first = TRUE;
	}
	this->mutex->unlock(this->mutex);
	return first;
}

/**
 * Forget an entry, mutex held, if message IDs of both sides are right.
 */
static void forget_proven(private_ha_sync_mid_doubts_t *this, entry_t *entry)
{
	if (entry->sent && entry->received)
	{
		free(take(this, &entry->doubt.spis));
	}
}

METHOD(ha_sync_mid_doubts_t, is_proven, bool,
	private_ha_sync_mid_doubts_t *this, const ha_sync_spis_t *spis)
{
	entry_t *entry;
	bool proven;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, spis);
	proven = entry && entry->request && !entry->queued;
	if (proven)
	{
		entry->sent = TRUE;
		forget_proven(this, entry);
	}
	this->mutex->unlock(this->mutex);
	return proven;
}

METHOD(ha_sync_mid_doubts_t, received, void,
	private_ha_sync_mid_doubts_t *this, const ha_sync_spis_t *spis)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, spis);
	if (entry && !entry->queued)
	{
		entry->received = TRUE;
		entry->repeated = 0;
		forget_proven(this, entry);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_mid_doubts_t, is_repeated, bool,
	private_ha_sync_mid_doubts_t *this, const ha_sync_spis_t *spis)
{
	entry_t *entry;
	time_t now;
	bool repeated = FALSE;

	now = time_monotonic(NULL);
	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, spis);
	/* one that was sent to this member was answered by it */
	if (entry && !entry->received)
	{
		if (!entry->repeated)
		{
			entry->repeated = now;
		}
		/* at least, as the clock has seconds only */
		repeated = now > entry->repeated + REPEATED;
	}
	this->mutex->unlock(this->mutex);
	return repeated;
}

METHOD(ha_sync_mid_doubts_t, set_exact, void,
	private_ha_sync_mid_doubts_t *this, bool exact)
{
	this->mutex->lock(this->mutex);
	this->exact = exact;
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_mid_doubts_t, set_eager, void,
	private_ha_sync_mid_doubts_t *this, bool eager)
{
	this->mutex->lock(this->mutex);
	this->eager = eager;
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_mid_doubts_t, get_counts, void,
	private_ha_sync_mid_doubts_t *this, uint32_t *unproven, uint32_t *queued)
{
	this->mutex->lock(this->mutex);
	*unproven = this->entries->get_count(this->entries) - this->queued;
	*queued = this->queued;
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_mid_doubts_t, destroy, void,
	private_ha_sync_mid_doubts_t *this)
{
	enumerator_t *enumerator;
	entry_t *entry;

	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		free(entry);
	}
	enumerator->destroy(enumerator);
	this->entries->destroy(this->entries);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_mid_doubts_t *ha_sync_mid_doubts_create()
{
	private_ha_sync_mid_doubts_t *this;

	INIT(this,
		.public = {
			.is_idle = _is_idle,
			.add = _add,
			.queue = _queue,
			.remove = _remove_,
			.is_first = _is_first,
			.is_proven = _is_proven,
			.received = _received,
			.is_repeated = _is_repeated,
			.set_exact = _set_exact,
			.set_eager = _set_eager,
			.get_counts = _get_counts,
			.destroy = _destroy,
		},
		.entries = hashtable_create(ha_sync_spis_hash,
									ha_sync_spis_equals_key, 32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
