/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_tracked.h"
#include "ha_sync_describe.h"

typedef struct private_ha_sync_tracked_t private_ha_sync_tracked_t;
typedef struct child_t child_t;

/**
 * Known state of a CHILD_SA.
 */
struct child_t {
	/** inbound SPI */
	uint32_t spi_in;
	/** TRUE once it was told */
	bool told;
	/** TRUE if it was seen in the current update() */
	bool seen;
	/** what was told */
	bool outbound_pending, rekeyed;
	/** keys, until it is told */
	bool initiator;
	chunk_t encr_i, encr_r, integ_i, integ_r;
};

/**
 * Private data.
 */
struct private_ha_sync_tracked_t {

	/** public interface */
	ha_sync_tracked_t public;

	/** name of the group */
	char *group;

	/** key derivations, until they are told (ha_sync_round_t*) */
	array_t *rounds;

	/** IKE SA that was rekeyed */
	ha_sync_spis_t old;

	/** ID of the PPK, until it is told */
	identification_t *ppk_id;

	/** TRUE once the IKE SA was told */
	bool told;

	/** what was told of what may change, if told */
	ha_sync_dynamic_t dynamic;

	/** child_t* */
	array_t *children;

	/** registry to store records in */
	ha_sync_registry_t *registry;

	/** sends records */
	ha_sync_sender_t *sender;

	/** watches the kernel's counters */
	ha_sync_counters_t *counters;

	/** knows what can be synced with peers */
	ha_sync_mid_caps_t *caps;
};

/**
 * Clear the keys of a child.
 */
static void child_clear(child_t *child)
{
	chunk_clear(&child->encr_i);
	chunk_clear(&child->encr_r);
	chunk_clear(&child->integ_i);
	chunk_clear(&child->integ_r);
}

/**
 * Destroy a child.
 */
static void child_destroy(child_t *child)
{
	child_clear(child);
	free(child);
}

/**
 * Find a child.
 */
static child_t *find_child(private_ha_sync_tracked_t *this, uint32_t spi_in)
{
	child_t *child;
	int i;

	for (i = 0; i < array_count(this->children); i++)
	{
		array_get(this->children, i, &child);
		if (child->spi_in == spi_in)
		{
			return child;
		}
	}
	return NULL;
}

METHOD(ha_sync_tracked_t, add_round, void,
	private_ha_sync_tracked_t *this, ha_sync_round_t *round,
	const ha_sync_spis_t *old)
{
	if (round->prf == PRF_UNDEFINED || old)
	{	/* also if IKE_SA_INIT is tried again with another key exchange */
		array_destroy_function(this->rounds, (void*)ha_sync_round_destroy,
							   NULL);
		this->rounds = array_create(0, 0);
	}
	if (old)
	{
		this->old = *old;
	}
	array_insert(this->rounds, ARRAY_TAIL, round);
}

METHOD(ha_sync_tracked_t, set_ppk_id, void,
	private_ha_sync_tracked_t *this, identification_t *id)
{
	DESTROY_IF(this->ppk_id);
	this->ppk_id = id;
}

METHOD(ha_sync_tracked_t, add_child_keys, void,
	private_ha_sync_tracked_t *this, uint32_t spi_in, bool initiator,
	chunk_t encr_i, chunk_t encr_r, chunk_t integ_i, chunk_t integ_r)
{
	child_t *child;

	INIT(child,
		.spi_in = spi_in,
		.initiator = initiator,
		.encr_i = chunk_clone(encr_i),
		.encr_r = chunk_clone(encr_r),
		.integ_i = chunk_clone(integ_i),
		.integ_r = chunk_clone(integ_r),
	);
	array_insert(this->children, ARRAY_TAIL, child);
}

METHOD(ha_sync_tracked_t, set_mids, void,
	private_ha_sync_tracked_t *this, ike_sa_t *ike_sa,
	const ha_sync_mids_t *mids)
{
	ha_sync_spis_t spis;

	this->public.exchanges->set_mids(this->public.exchanges, mids);
	if (this->told)
	{
		ha_sync_describe_spis(ike_sa, &spis);
		this->registry->put_mids(this->registry, &spis, mids);
		this->sender->mids_now(this->sender, &spis, mids);
	}
}

METHOD(ha_sync_tracked_t, adopt, void,
	private_ha_sync_tracked_t *this, ike_sa_t *ike_sa, const ha_sync_ike_t *ike)
{
	ha_sync_child_t *record;
	array_t *records;
	child_t *child;

	this->told = TRUE;
	this->public.exchanges->set_mids(this->public.exchanges, &ike->mids);
	ha_sync_dynamic_clone(&ike->dynamic, &this->dynamic);
	records = this->registry->get_children(this->registry, &ike->spis);
	while (records && array_remove(records, ARRAY_HEAD, &record))
	{
		INIT(child,
			.spi_in = record->id.spi_in,
			.told = TRUE,
			.outbound_pending = record->outbound_pending,
			.rekeyed = record->rekeyed,
		);
		array_insert(this->children, ARRAY_TAIL, child);
		ha_sync_child_destroy(record);
	}
	array_destroy(records);
}

METHOD(ha_sync_tracked_t, inherit, void,
	private_ha_sync_tracked_t *this, ha_sync_tracked_t *public)
{
	private_ha_sync_tracked_t *old = (private_ha_sync_tracked_t*)public;
	child_t *child;

	while (array_remove(old->children, ARRAY_HEAD, &child))
	{
		array_insert(this->children, ARRAY_TAIL, child);
	}
}

/**
 * Tell all about the IKE_SA.
 */
static bool tell_ike(private_ha_sync_tracked_t *this, ike_sa_t *ike_sa)
{
	ha_sync_ike_t *ike;
	chunk_t body;

	ike = ha_sync_describe_ike(ike_sa, this->group);
	if (!ike)
	{
		return FALSE;
	}
	ike->dynamic.caps = this->caps->get(this->caps, ike_sa);
	ike->old = this->old;
	ike->rounds = this->rounds;
	this->rounds = array_create(0, 0);
	ike->ppk_id = this->ppk_id;
	this->ppk_id = NULL;
	this->public.exchanges->get_mids(this->public.exchanges, &ike->mids);
	ha_sync_dynamic_clear(&this->dynamic);
	ha_sync_dynamic_clone(&ike->dynamic, &this->dynamic);
	body = ha_sync_ike_encode(ike);
	this->registry->put_ike(this->registry, ike);
	this->sender->ike(this->sender, body);
	this->told = TRUE;
	return TRUE;
}

/**
 * Tell a CHILD_SA.
 */
static void tell_child(private_ha_sync_tracked_t *this, ike_sa_t *ike_sa,
					   child_sa_t *child_sa, child_t *child)
{
	ha_sync_child_t *record, *known;
	chunk_t body;

	record = ha_sync_describe_child(ike_sa, child_sa);
	if (!record)
	{
		return;
	}
	if (child->told)
	{	/* what only the registry knows stays */
		known = this->registry->get_child(this->registry, &record->id);
		if (!known)
		{
			ha_sync_child_destroy(record);
			return;
		}
		record->initiator = known->initiator;
		record->use = known->use;
		record->encr_i = chunk_clone(known->encr_i);
		record->encr_r = chunk_clone(known->encr_r);
		record->integ_i = chunk_clone(known->integ_i);
		record->integ_r = chunk_clone(known->integ_r);
		ha_sync_child_destroy(known);
	}
	else
	{
		record->initiator = child->initiator;
		record->encr_i = child->encr_i;
		record->encr_r = child->encr_r;
		record->integ_i = child->integ_i;
		record->integ_r = child->integ_r;
		child->encr_i = child->encr_r = chunk_empty;
		child->integ_i = child->integ_r = chunk_empty;
	}
	child->told = TRUE;
	child->outbound_pending = record->outbound_pending;
	child->rekeyed = record->rekeyed;
	body = ha_sync_child_encode(record);
	this->counters->watch(this->counters, record);
	this->registry->put_child(this->registry, record);
	this->sender->child(this->sender, body);
}

/**
 * Stop to watch the counters of a CHILD_SA, or start again after the addresses
 * changed.
 */
static void watch_child(private_ha_sync_tracked_t *this,
						const ha_sync_spis_t *spis, uint32_t spi_in, bool start)
{
	ha_sync_child_id_t id = {
		.ike = *spis,
		.spi_in = spi_in,
	};
	ha_sync_child_t *record;

	record = this->registry->get_child(this->registry, &id);
	if (record)
	{
		if (start)
		{
			this->counters->watch(this->counters, record);
		}
		else
		{
			this->counters->unwatch(this->counters, record);
		}
		ha_sync_child_destroy(record);
	}
}

/**
 * Stop or start to watch all children.
 */
static void watch_children(private_ha_sync_tracked_t *this,
						   const ha_sync_spis_t *spis, bool start)
{
	child_t *child;
	int i;

	for (i = 0; i < array_count(this->children); i++)
	{
		array_get(this->children, i, &child);
		if (child->told)
		{
			watch_child(this, spis, child->spi_in, start);
		}
	}
}

/**
 * Tell what changed of the IKE_SA.
 */
static void tell_dynamic(private_ha_sync_tracked_t *this, ike_sa_t *ike_sa,
						 const ha_sync_spis_t *spis)
{
	ha_sync_cap_t caps = this->caps->get(this->caps, ike_sa);
	ha_sync_dynamic_t dynamic;
	chunk_t body;

	if (caps == this->dynamic.caps &&
		ha_sync_describe_is_same(ike_sa, &this->dynamic))
	{
		return;
	}
	ha_sync_describe_dynamic(ike_sa, &dynamic);
	dynamic.caps = caps;
	ha_sync_dynamic_clear(&this->dynamic);
	ha_sync_dynamic_clone(&dynamic, &this->dynamic);
	body = ha_sync_ike_update_encode(spis, &dynamic);
	/* the kernel knows the SAs by their addresses */
	watch_children(this, spis, FALSE);
	this->registry->put_dynamic(this->registry, spis, &dynamic);
	watch_children(this, spis, TRUE);
	this->sender->ike_update(this->sender, body);
}

/**
 * Check if a CHILD_SA is in a state in which it uses the kernel.
 */
static bool is_installed(child_sa_t *child_sa)
{
	switch (child_sa->get_state(child_sa))
	{
		case CHILD_INSTALLED:
		case CHILD_UPDATING:
		case CHILD_REKEYING:
		case CHILD_REKEYED:
		case CHILD_DELETING:
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Tell new, changed and gone CHILD_SAs.
 */
static bool tell_children(private_ha_sync_tracked_t *this, ike_sa_t *ike_sa,
						  const ha_sync_spis_t *spis)
{
	enumerator_t *enumerator;
	ha_sync_child_id_t id = {
		.ike = *spis,
	};
	child_sa_t *child_sa;
	child_t *child;
	bool first = FALSE, pending, rekeyed;
	int i;

	for (i = 0; i < array_count(this->children); i++)
	{
		array_get(this->children, i, &child);
		child->seen = FALSE;
	}
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		child = find_child(this, child_sa->get_spi(child_sa, TRUE));
		if (!child || !is_installed(child_sa))
		{
			continue;
		}
		child->seen = TRUE;
		pending = child_sa->get_outbound_state(child_sa) &
												CHILD_OUTBOUND_REGISTERED;
		rekeyed = child_sa->get_state(child_sa) == CHILD_REKEYED;
		if (!child->told || child->outbound_pending != pending ||
			child->rekeyed != rekeyed)
		{
			first |= !child->told;
			tell_child(this, ike_sa, child_sa, child);
		}
	}
	enumerator->destroy(enumerator);

	for (i = array_count(this->children) - 1; i >= 0; i--)
	{
		array_get(this->children, i, &child);
		if (!child->seen)
		{
			if (child->told)
			{
				id.spi_in = child->spi_in;
				watch_child(this, spis, child->spi_in, FALSE);
				this->registry->remove_child(this->registry, &id);
				this->sender->child_delete(this->sender, &id);
			}
			array_remove(this->children, i, NULL);
			child_destroy(child);
		}
	}
	return first;
}

/**
 * Tell message IDs, with the messages behind them if there are new ones.
 */
static void tell_exchange(private_ha_sync_tracked_t *this,
						  const ha_sync_spis_t *spis)
{
	ha_sync_exchange_t *exchange;
	chunk_t body;

	exchange = this->public.exchanges->take(this->public.exchanges, spis);
	if (!exchange)
	{
		return;
	}
	if (exchange->response.len || exchange->request.len)
	{
		body = ha_sync_exchange_encode(exchange);
		this->registry->put_exchange(this->registry, exchange, TRUE);
		this->sender->exchange(this->sender, spis, body);
		return;
	}
	this->registry->put_mids(this->registry, spis, &exchange->mids);
	this->sender->mids(this->sender, spis, &exchange->mids);
	ha_sync_exchange_destroy(exchange);
}

METHOD(ha_sync_tracked_t, update, bool,
	private_ha_sync_tracked_t *this, ike_sa_t *ike_sa)
{
	ha_sync_spis_t spis;
	bool first;

	switch (ike_sa->get_state(ike_sa))
	{
		case IKE_ESTABLISHED:
		case IKE_REKEYING:
		case IKE_REKEYED:
		case IKE_DELETING:
			break;
		default:
			return FALSE;
	}
	ha_sync_describe_spis(ike_sa, &spis);
	if (!this->told)
	{
		if (!array_count(this->rounds) || !tell_ike(this, ike_sa))
		{
			return FALSE;
		}
	}
	else
	{
		tell_dynamic(this, ike_sa, &spis);
	}
	first = tell_children(this, ike_sa, &spis);
	tell_exchange(this, &spis);
	return first;
}

METHOD(ha_sync_tracked_t, gone, void,
	private_ha_sync_tracked_t *this, ike_sa_t *ike_sa)
{
	ha_sync_spis_t spis;

	if (this->told)
	{
		this->told = FALSE;
		ha_sync_describe_spis(ike_sa, &spis);
		watch_children(this, &spis, FALSE);
		this->registry->remove_ike(this->registry, &spis);
		this->sender->ike_delete(this->sender, &spis);
	}
}

METHOD(ha_sync_tracked_t, destroy, void,
	private_ha_sync_tracked_t *this)
{
	array_destroy_function(this->rounds, (void*)ha_sync_round_destroy, NULL);
	array_destroy_function(this->children, (void*)child_destroy, NULL);
	ha_sync_dynamic_clear(&this->dynamic);
	this->public.exchanges->destroy(this->public.exchanges);
	DESTROY_IF(this->ppk_id);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_tracked_t *ha_sync_tracked_create(char *group,
										  ha_sync_registry_t *registry,
										  ha_sync_sender_t *sender,
										  ha_sync_counters_t *counters,
										  ha_sync_mid_caps_t *caps)
{
	private_ha_sync_tracked_t *this;

	INIT(this,
		.public = {
			.add_round = _add_round,
			.set_ppk_id = _set_ppk_id,
			.add_child_keys = _add_child_keys,
			.set_mids = _set_mids,
			.adopt = _adopt,
			.inherit = _inherit,
			.update = _update,
			.gone = _gone,
			.exchanges = ha_sync_exchanges_create(),
			.timing = TRUE,
			.destroy = _destroy,
		},
		.group = group,
		.rounds = array_create(0, 0),
		.children = array_create(0, 0),
		.registry = registry,
		.sender = sender,
		.counters = counters,
		.caps = caps,
	);
	return &this->public;
}
