/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_mid_guard.h"
#include "ha_sync_describe.h"
#include "ha_sync_import.h"
#include "ha_sync_mid_queue.h"
#include "ha_sync_mid_replay.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <processing/jobs/initiate_tasks_job.h>
#include <threading/mutex.h>
#include <utils/utils/atomics.h>

/**
 * IKE header (RFC 7296, 3.1): its length, where the flags are, and flags.
 */
#define IKE_HEADER_LEN 28
#define IKE_FLAGS 19
#define IKE_FLAG_INITIATOR 0x08
#define IKE_FLAG_RESPONSE 0x20

/**
 * For how long a peer repeats its last request until we believe that it does
 * not get the response, in s.
 */
#define REPEATED 1

typedef struct private_ha_sync_mid_guard_t private_ha_sync_mid_guard_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_ha_sync_mid_guard_t {

	/** public interface */
	ha_sync_mid_guard_t public;

	/** knows message IDs */
	ha_sync_registry_t *registry;

	/** does the syncs */
	ha_sync_mid_sync_t *mid_sync;

	/** syncs to be started */
	ha_sync_mid_queue_t *queue;

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
 * An IKE SA that was taken over.
 */
struct entry_t {

	/** its name, the key */
	ha_sync_spis_t spis;

	/** TRUE if its message IDs may be old, and can be synced */
	bool doubt;

	/** numbers of replay counters the peer is asked to skip, 0 if none */
	uint32_t skip;

	/** TRUE if its CHILD SAs have extended sequence numbers */
	bool esn;

	/** TRUE if its sync is queued */
	bool queued;

	/** TRUE if its first request may leave; hash of its packet once it has */
	bool exact;
	uint32_t request;

	/** when the peer first repeated its last request, 0 if it didn't */
	time_t repeated;
};

/**
 * Hash the name of an IKE SA.
 */
static u_int spis_hash(const void *key)
{
	const ha_sync_spis_t *spis = key;

	return chunk_hash_inc(chunk_from_thing(spis->i),
						  chunk_hash(chunk_from_thing(spis->r)));
}

/**
 * Compare names of IKE SAs.
 */
static bool spis_equals(const void *a, const void *b)
{
	return ha_sync_spis_equals(a, b);
}

/**
 * Check if there is nothing to do for any IKE SA.
 */
static bool is_idle(private_ha_sync_mid_guard_t *this)
{
	return ref_cur(&this->count) == 0;
}

/**
 * Note that the sync of an entry is queued, mutex held.
 *
 * @return			FALSE if it was before
 */
static bool set_queued(private_ha_sync_mid_guard_t *this, entry_t *entry)
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
 * Have an IKE SA's message IDs synced.
 *
 * @return			FALSE if they are not in doubt (anymore)
 */
static bool trigger(private_ha_sync_mid_guard_t *this,
					const ha_sync_spis_t *spis, char *why)
{
	entry_t *entry;
	bool found = FALSE, queue = FALSE;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, spis);
	if (entry && entry->doubt)
	{
		found = TRUE;
		queue = set_queued(this, entry);
	}
	this->mutex->unlock(this->mutex);
	if (queue)
	{
		DBG1(DBG_IKE, "ha-sync: %s, syncing message IDs", why);
		this->queue->add(this->queue, spis);
	}
	return found;
}

/**
 * Remove an IKE SA.
 *
 * @return			entry, NULL if it's not known
 */
static entry_t *remove_entry(private_ha_sync_mid_guard_t *this,
							 const ha_sync_spis_t *spis)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->remove(this->entries, spis);
	if (entry)
	{
		this->queued -= entry->queued ? 1 : 0;
		ignore_result(ref_put(&this->count));
	}
	this->mutex->unlock(this->mutex);
	return entry;
}

/**
 * Forget an IKE SA.
 */
static void forget(private_ha_sync_mid_guard_t *this,
				   const ha_sync_spis_t *spis)
{
	free(remove_entry(this, spis));
}

/**
 * Start what is to be synced: one of the cases of RFC 6311, 5.
 */
static void sync_ike(private_ha_sync_mid_guard_t *this, ike_sa_t *ike_sa,
					 entry_t *entry)
{
	chunk_t delta = chunk_empty;
	ha_sync_mids_t mids;

	if (entry->skip)
	{
		delta = ike_wire_delta_encode(entry->skip, entry->esn);
	}
	if (!entry->doubt)
	{
		ike_sa->queue_task(ike_sa, ha_sync_mid_replay_task_create(delta));
		lib->processor->queue_job(lib->processor,
					(job_t*)initiate_tasks_job_create(ike_sa->get_id(ike_sa)));
		return;
	}
	if (this->registry->get_mids(this->registry, &entry->spis, &mids))
	{
		this->mid_sync->start(this->mid_sync, ike_sa, mids.send, mids.recv,
							  delta);
	}
	chunk_free(&delta);
}

/**
 * Start a sync; its request, and all others, may leave then.
 */
static void start(private_ha_sync_mid_guard_t *this, const ha_sync_spis_t *spis)
{
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;
	entry_t *entry;

	id = ha_sync_import_id(spis);
	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	id->destroy(id);
	entry = remove_entry(this, spis);
	if (ike_sa)
	{
		if (entry)
		{
			sync_ike(this, ike_sa, entry);
		}
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	free(entry);
}

METHOD(ha_sync_mid_guard_t, can_sync, bool,
	private_ha_sync_mid_guard_t *this, ike_sa_t *ike_sa)
{
	char *why;

	return this->mid_sync->usable(this->mid_sync, ike_sa, &why);
}

METHOD(ha_sync_mid_guard_t, add, void,
	private_ha_sync_mid_guard_t *this, ike_sa_t *ike_sa, uint32_t skip,
	bool esn)
{
	ha_sync_spis_t spis;
	entry_t *entry;
	char *why = NULL;
	bool usable, queue = FALSE;

	usable = this->mid_sync->usable(this->mid_sync, ike_sa, &why);
	if (!usable && !skip)
	{
		return;
	}
	ha_sync_describe_spis(ike_sa, &spis);
	forget(this, &spis);
	INIT(entry,
		.spis = spis,
		.doubt = usable,
		.skip = skip,
		.esn = esn,
	);
	this->mutex->lock(this->mutex);
	entry->exact = this->exact;
	if (this->eager || skip)
	{
		queue = set_queued(this, entry);
	}
	this->entries->put(this->entries, &entry->spis, entry);
	ref_get(&this->count);
	this->mutex->unlock(this->mutex);
	if (queue)
	{
		this->queue->add(this->queue, &spis);
	}
}

METHOD(ha_sync_mid_guard_t, hurry, void,
	private_ha_sync_mid_guard_t *this, ike_sa_t *ike_sa)
{
	ha_sync_spis_t spis;

	ha_sync_describe_spis(ike_sa, &spis);
	trigger(this, &spis, "took over, the peer runs this plugin");
}

/**
 * Check if a request may leave before there is a sync: the first one, as long as
 * it is not sent again.
 */
static bool is_first(private_ha_sync_mid_guard_t *this,
					 const ha_sync_spis_t *spis, chunk_t packet)
{
	uint32_t hash = chunk_hash(packet) ?: 1;
	entry_t *entry;
	bool first = FALSE;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, spis);
	if (entry && entry->exact && !entry->queued && entry->request != hash)
	{	/* of a message in fragments, all are different */
		entry->request = entry->request ?: hash;
		first = TRUE;
	}
	this->mutex->unlock(this->mutex);
	return first;
}

/**
 * Check if an IKE SA's first request has left, and forget the IKE SA: there is a
 * response, so the peer accepts its message ID.
 */
static bool is_proven(private_ha_sync_mid_guard_t *this,
					  const ha_sync_spis_t *spis)
{
	entry_t *entry;
	bool proven;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, spis);
	proven = entry && entry->request && !entry->queued;
	this->mutex->unlock(this->mutex);
	if (proven)
	{
		forget(this, spis);
	}
	return proven;
}

METHOD(ha_sync_mid_guard_t, set_exact, void,
	private_ha_sync_mid_guard_t *this, bool exact)
{
	this->mutex->lock(this->mutex);
	this->exact = exact;
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_mid_guard_t, pass, bool,
	private_ha_sync_mid_guard_t *this, packet_t *packet)
{
	ha_sync_spis_t spis;
	chunk_t data;

	if (is_idle(this))
	{
		return TRUE;
	}
	data = packet->get_data(packet);
	if (data.len < IKE_HEADER_LEN || data.ptr[IKE_FLAGS] & IKE_FLAG_RESPONSE)
	{
		return TRUE;
	}
	memcpy(&spis.i, data.ptr, sizeof(spis.i));
	memcpy(&spis.r, data.ptr + sizeof(spis.i), sizeof(spis.r));
	spis.initiator = (data.ptr[IKE_FLAGS] & IKE_FLAG_INITIATOR) != 0;
	return is_first(this, &spis, data) ||
		   !trigger(this, &spis, "first request since the takeover");
}

/**
 * Note that the peer repeated its last request.
 *
 * @return			TRUE if it does so for some time
 */
static bool is_repeated(private_ha_sync_mid_guard_t *this,
						const ha_sync_spis_t *spis)
{
	entry_t *entry;
	time_t now;
	bool repeated = FALSE;

	now = time_monotonic(NULL);
	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, spis);
	if (entry)
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

/**
 * Process a request of the peer; it's not verified, but an IKE SA gets one sync
 * only.  Lower message IDs than that of the last one are of no use to a peer,
 * so they don't come from there.
 */
static void process_request(private_ha_sync_mid_guard_t *this, ike_sa_t *ike_sa,
							uint32_t mid)
{
	uint32_t expected = ike_sa->get_message_id(ike_sa, FALSE);
	ha_sync_spis_t spis;

	ha_sync_describe_spis(ike_sa, &spis);
	if (mid > expected)
	{
		trigger(this, &spis, "request with unexpected message ID");
	}
	else if (mid + 1 == expected && is_repeated(this, &spis))
	{
		trigger(this, &spis, "request without response from the previous "
				"active");
	}
}

/**
 * Process a response: no request of ours has left.  charon verifies those with
 * the message ID it would use next.
 */
static void process_response(private_ha_sync_mid_guard_t *this,
							 ike_sa_t *ike_sa, message_t *message, bool plain)
{
	ha_sync_spis_t spis;

	if (plain || message->get_message_id(message) >
				 ike_sa->get_message_id(ike_sa, TRUE))
	{
		ha_sync_describe_spis(ike_sa, &spis);
		if (plain && is_proven(this, &spis))
		{
			return;
		}
		if (trigger(this, &spis, "response to a request of the previous "
					"active") && plain)
		{
			message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
		}
	}
}

METHOD(listener_t, message, bool,
	private_ha_sync_mid_guard_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	if (!ike_sa || !incoming || is_idle(this))
	{
		return TRUE;
	}
	if (!message->get_request(message))
	{
		process_response(this, ike_sa, message, plain);
	}
	else if (!plain)
	{
		process_request(this, ike_sa, message->get_message_id(message));
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_ha_sync_mid_guard_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	ha_sync_spis_t spis;

	switch (state)
	{
		case IKE_ESTABLISHED:
		case IKE_REKEYING:
			break;
		default:
			/* a sync is of no use anymore, or the IKE_SA is gone */
			if (!is_idle(this))
			{
				ha_sync_describe_spis(ike_sa, &spis);
				forget(this, &spis);
			}
			break;
	}
	return TRUE;
}

METHOD(ha_sync_mid_guard_t, get_counts, void,
	private_ha_sync_mid_guard_t *this, uint32_t *unproven, uint32_t *queued)
{
	this->mutex->lock(this->mutex);
	*unproven = this->entries->get_count(this->entries) - this->queued;
	*queued = this->queued;
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_mid_guard_t, reload, bool,
	private_ha_sync_mid_guard_t *this)
{
	char *value;
	bool eager;

	value = lib->settings->get_str(lib->settings, "%s.plugins.ha-sync.sync",
								   "lazy", lib->ns);
	eager = streq(value, "eager");
	if (!eager && !streq(value, "lazy"))
	{
		DBG1(DBG_CFG, "ha-sync: sync = '%s' is not known, use 'lazy' or "
			 "'eager'", value);
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	this->eager = eager;
	this->mutex->unlock(this->mutex);
	this->queue->reload(this->queue);
	return TRUE;
}

METHOD(ha_sync_mid_guard_t, destroy, void,
	private_ha_sync_mid_guard_t *this)
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
	this->queue->destroy(this->queue);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_mid_guard_t *ha_sync_mid_guard_create(ha_sync_registry_t *registry,
											  ha_sync_mid_sync_t *mid_sync)
{
	private_ha_sync_mid_guard_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message,
				.ike_state_change = _ike_state_change,
			},
			.can_sync = _can_sync,
			.add = _add,
			.hurry = _hurry,
			.set_exact = _set_exact,
			.pass = _pass,
			.get_counts = _get_counts,
			.reload = _reload,
			.destroy = _destroy,
		},
		.registry = registry,
		.mid_sync = mid_sync,
		.entries = hashtable_create(spis_hash, spis_equals, 32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->queue = ha_sync_mid_queue_create((void*)start, this);
	reload(this);
	return &this->public;
}
