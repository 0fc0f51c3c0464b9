/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_mid_guard.h"
#include "ha_sync_describe.h"
#include "ha_sync_checkout.h"
#include "ha_sync_message.h"
#include "ha_sync_mid_doubts.h"
#include "ha_sync_mid_queue.h"
#include "ha_sync_mid_replay.h"
#include "ha_sync_packets.h"

#include <daemon.h>
#include <processing/jobs/initiate_tasks_job.h>

typedef struct private_ha_sync_mid_guard_t private_ha_sync_mid_guard_t;

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

	/** IKE SAs that were taken over */
	ha_sync_mid_doubts_t *doubts;
};

/**
 * Have an IKE SA's message IDs synced.
 *
 * @return			FALSE if they are not in doubt (anymore)
 */
static bool trigger(private_ha_sync_mid_guard_t *this,
					const ha_sync_spis_t *spis, char *why)
{
	bool queue;

	if (!this->doubts->queue(this->doubts, spis, &queue))
	{
		return FALSE;
	}
	if (queue)
	{
		DBG1(DBG_IKE, "ha-sync: %s, syncing message IDs", why);
		this->queue->add(this->queue, spis);
	}
	return TRUE;
}

/**
 * Start what is to be synced: one of the cases of RFC 6311, 5.
 */
static void sync_ike(private_ha_sync_mid_guard_t *this, ike_sa_t *ike_sa,
					 const ha_sync_mid_doubt_t *entry)
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
	ike_sa_t *ike_sa;
	ha_sync_mid_doubt_t entry;
	bool found;

	ike_sa = ha_sync_checkout(spis);
	found = this->doubts->remove(this->doubts, spis, &entry);
	if (ike_sa)
	{
		if (found)
		{
			sync_ike(this, ike_sa, &entry);
		}
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
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
	ha_sync_mid_doubt_t entry = {
		.skip = skip,
		.esn = esn,
	};
	char *why = NULL;

	entry.doubt = this->mid_sync->usable(this->mid_sync, ike_sa, &why);
	if (!entry.doubt && !skip)
	{
		return;
	}
	ha_sync_describe_spis(ike_sa, &entry.spis);
	if (this->doubts->add(this->doubts, &entry))
	{
		this->queue->add(this->queue, &entry.spis);
	}
}

METHOD(ha_sync_mid_guard_t, hurry, void,
	private_ha_sync_mid_guard_t *this, ike_sa_t *ike_sa, char *why)
{
	ha_sync_spis_t spis;

	ha_sync_describe_spis(ike_sa, &spis);
	trigger(this, &spis, why);
}

METHOD(ha_sync_mid_guard_t, set_exact, void,
	private_ha_sync_mid_guard_t *this, bool exact)
{
	this->doubts->set_exact(this->doubts, exact);
}

METHOD(ha_sync_mid_guard_t, pass, bool,
	private_ha_sync_mid_guard_t *this, packet_t *packet)
{
	chunk_t data = packet->get_data(packet);
	ha_sync_spis_t spis;
	uint32_t mid;

	return this->doubts->is_idle(this->doubts) ||
		   !ha_sync_packets_is_request(data, &spis, &mid) ||
		   this->doubts->is_first(this->doubts, &spis, data) ||
		   !trigger(this, &spis, "first request since the takeover");
}

/**
 * Check if the previous active's response to a request is here, which is sent
 * again then (ha_sync_response_t).
 */
static bool has_response(private_ha_sync_mid_guard_t *this,
						 const ha_sync_spis_t *spis, message_t *message)
{
	uint8_t hash[HA_SYNC_HASH_LEN];
	chunk_t response = chunk_empty;
	bool has;

	if (ha_sync_message_hash(message->get_packet_data(message), hash))
	{
		response = this->registry->get_response(this->registry, spis,
									message->get_message_id(message), hash);
	}
	has = response.len > 0;
	chunk_free(&response);
	return has;
}

/**
 * Process a request of the peer; it's not verified, but an IKE SA gets one sync
 * only.  Lower message IDs than that of the last one are of no use to a peer,
 * so they don't come from there.
 */
static void process_request(private_ha_sync_mid_guard_t *this, ike_sa_t *ike_sa,
							message_t *message)
{
	uint32_t mid = message->get_message_id(message);
	uint32_t expected = ike_sa->get_message_id(ike_sa, FALSE);
	ha_sync_spis_t spis;

	ha_sync_describe_spis(ike_sa, &spis);
	if (mid > expected)
	{
		trigger(this, &spis, "request with unexpected message ID");
	}
	else if (mid + 1 == expected &&
			 this->doubts->is_repeated(this->doubts, &spis) &&
			 !has_response(this, &spis, message))
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
		if (plain && this->doubts->is_proven(this->doubts, &spis))
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
	ha_sync_spis_t spis;

	if (!ike_sa || !incoming || this->doubts->is_idle(this->doubts))
	{
		return TRUE;
	}
	if (!message->get_request(message))
	{
		process_response(this, ike_sa, message, plain);
	}
	else if (!plain)
	{
		process_request(this, ike_sa, message);
	}
	else if (message->get_message_id(message) ==
			 ike_sa->get_message_id(ike_sa, FALSE))
	{
		ha_sync_describe_spis(ike_sa, &spis);
		this->doubts->received(this->doubts, &spis);
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
			if (!this->doubts->is_idle(this->doubts))
			{
				ha_sync_describe_spis(ike_sa, &spis);
				this->doubts->remove(this->doubts, &spis, NULL);
			}
			break;
	}
	return TRUE;
}

METHOD(ha_sync_mid_guard_t, get_counts, void,
	private_ha_sync_mid_guard_t *this, uint32_t *unproven, uint32_t *queued)
{
	this->doubts->get_counts(this->doubts, unproven, queued);
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
	this->doubts->set_eager(this->doubts, eager);
	this->queue->reload(this->queue);
	return TRUE;
}

METHOD(ha_sync_mid_guard_t, destroy, void,
	private_ha_sync_mid_guard_t *this)
{
	this->doubts->destroy(this->doubts);
	this->queue->destroy(this->queue);
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
		.doubts = ha_sync_mid_doubts_create(),
	);
	this->queue = ha_sync_mid_queue_create((void*)start, this);
	reload(this);
	return &this->public;
}
