/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_receiver.h"

#include <daemon.h>
#include <threading/mutex.h>

typedef struct private_ha_sync_receiver_t private_ha_sync_receiver_t;

/**
 * Private data.
 */
struct private_ha_sync_receiver_t {

	/** public interface */
	ha_sync_receiver_t public;

	/** registry with all records */
	ha_sync_registry_t *registry;

	/** tells whose records are accepted */
	ha_sync_ownership_t *ownership;

	/** makes copies */
	ha_sync_replica_t *replica;

	/** gets reported counters */
	ha_sync_counters_t *counters;

	/** answers for IKE SAs that were deleted */
	ha_sync_response_t *response;

	/** full resyncs */
	ha_sync_resync_t *resync;

	/** keeps ahead of members that are not connected */
	ha_sync_silence_t *silence;

	/** rekeys CHILD SAs */
	ha_sync_rekey_t *rekey;

	/** records received, and refused */
	uint64_t received, refused;

	/** protects counts */
	mutex_t *mutex;
};

/**
 * Check if the records of a member about an IKE SA are accepted.
 */
static bool accepts(private_ha_sync_receiver_t *this, char *member,
					const ha_sync_spis_t *spis)
{
	char *group = this->registry->get_group(this->registry, spis);
	bool ok;

	ok = group && this->ownership->accepts(this->ownership, member, group);
	free(group);
	return ok;
}

/**
 * Process a member's view of a group.
 */
static bool process_group(private_ha_sync_receiver_t *this, char *member,
						  chunk_t body)
{
	ha_sync_group_record_t *record;

	record = ha_sync_group_decode(body);
	if (!record)
	{
		return FALSE;
	}
	this->ownership->record(this->ownership, member, record);
	if (record->owner)
	{
		this->resync->group(this->resync, member, record->name);
	}
	ha_sync_group_record_destroy(record);
	return TRUE;
}

/**
 * Process an IKE SA.
 */
static bool process_ike(private_ha_sync_receiver_t *this, char *member,
						chunk_t body)
{
	ha_sync_spis_t spis;
	ha_sync_ike_t *ike;

	ike = ha_sync_ike_decode(body);
	if (!ike)
	{
		return FALSE;
	}
	if (!this->ownership->accepts(this->ownership, member, ike->group))
	{
		ha_sync_ike_destroy(ike);
		return FALSE;
	}
	spis = ike->spis;
	if (this->registry->put_ike(this->registry, ike))
	{
		this->replica->make(this->replica, &spis);
	}
	else
	{
		this->replica->update(this->replica, &spis);
	}
	return TRUE;
}

/**
 * Process changes of an IKE SA.
 */
static bool process_update(private_ha_sync_receiver_t *this, char *member,
						   chunk_t body)
{
	ha_sync_dynamic_t dynamic;
	ha_sync_spis_t spis;

	if (!ha_sync_ike_update_decode(body, &spis, &dynamic))
	{
		return FALSE;
	}
	if (!accepts(this, member, &spis))
	{
		ha_sync_dynamic_clear(&dynamic);
		return FALSE;
	}
	if (this->registry->put_dynamic(this->registry, &spis, &dynamic))
	{
		this->replica->update(this->replica, &spis);
	}
	return TRUE;
}

/**
 * Check that no other group has a CHILD SA with the same inbound SPI (RFC 6027,
 * 3.9).  Members choose from parts of their own, but may do so by different
 * configurations, or may not know yet what they chose before they were started
 * again.  The kernel tells both apart by the service address, but we don't
 * everywhere: whoever is active rekeys what it has.
 */
static void check_spi(private_ha_sync_receiver_t *this,
					  const ha_sync_child_id_t *id)
{
	ha_sync_child_id_t first;
	char *group, *other;

	if (!this->registry->find_child(this->registry, id->spi_in, TRUE, &first) ||
		ha_sync_spis_equals(&first.ike, &id->ike))
	{
		return;
	}
	group = this->registry->get_group(this->registry, &id->ike);
	other = this->registry->get_group(this->registry, &first.ike);
	if (group && other && !streq(group, other))
	{
		DBG1(DBG_CFG, "ha-sync: groups '%s' and '%s' have CHILD SAs with the "
			 "same inbound SPI %.8x, rekeying; if that happens again, check "
			 "that spi_min, spi_max and the members are the same on all "
			 "members", other, group, ntohl(id->spi_in));
		this->rekey->add(this->rekey, &first, FALSE);
		this->rekey->add(this->rekey, id, FALSE);
	}
	free(group);
	free(other);
}

/**
 * Process a CHILD SA.
 */
static bool process_child(private_ha_sync_receiver_t *this, char *member,
						  chunk_t body)
{
	ha_sync_child_id_t id;
	ha_sync_child_t *child;

	child = ha_sync_child_decode(body);
	if (!child)
	{
		return FALSE;
	}
	if (!accepts(this, member, &child->id.ike))
	{
		ha_sync_child_destroy(child);
		return FALSE;
	}
	id = child->id;
	if (this->registry->put_child(this->registry, child))
	{
		check_spi(this, &id);
		this->replica->child(this->replica, &id);
	}
	return TRUE;
}

/**
 * Process message IDs.
 */
static bool process_mids(private_ha_sync_receiver_t *this, char *member,
						 chunk_t body)
{
	ha_sync_spis_t spis;
	ha_sync_mids_t mids;

	if (!ha_sync_ike_mids_decode(body, &spis, &mids) ||
		!accepts(this, member, &spis))
	{
		return FALSE;
	}
	this->registry->put_mids(this->registry, &spis, &mids);
	return TRUE;
}

/**
 * Process message IDs and the messages behind them.
 */
static bool process_exchange(private_ha_sync_receiver_t *this, char *member,
							 chunk_t body)
{
	ha_sync_exchange_t *exchange;

	exchange = ha_sync_exchange_decode(body);
	if (!exchange)
	{
		return FALSE;
	}
	if (!accepts(this, member, &exchange->spis))
	{
		ha_sync_exchange_destroy(exchange);
		return FALSE;
	}
	this->registry->put_exchange(this->registry, exchange, FALSE);
	return TRUE;
}

/**
 * Process use and counters.
 */
static bool process_use(private_ha_sync_receiver_t *this, char *member,
						chunk_t body)
{
	ha_sync_child_id_t id;
	ha_sync_child_t *child;
	ha_sync_use_t use;

	if (!ha_sync_child_use_decode(body, &id, &use) ||
		!accepts(this, member, &id.ike))
	{
		return FALSE;
	}
	this->registry->put_use(this->registry, &id, &use);
	child = this->registry->get_child(this->registry, &id);
	if (child)
	{
		this->counters->reported(this->counters, child);
		ha_sync_child_destroy(child);
	}
	return TRUE;
}

/**
 * Process the end of an IKE SA.
 */
static bool process_ike_delete(private_ha_sync_receiver_t *this, char *member,
							   chunk_t body)
{
	ha_sync_spis_t spis;

	if (!ha_sync_spis_decode(body, &spis) || !accepts(this, member, &spis))
	{
		return FALSE;
	}
	this->response->closed(this->response, &spis);
	this->registry->remove_ike(this->registry, &spis);
	this->replica->remove(this->replica, &spis);
	return TRUE;
}

/**
 * Process the end of a CHILD SA.
 */
static bool process_child_delete(private_ha_sync_receiver_t *this, char *member,
								 chunk_t body)
{
	ha_sync_child_id_t id;

	if (!ha_sync_child_id_decode(body, &id) || !accepts(this, member, &id.ike))
	{
		return FALSE;
	}
	this->registry->remove_child(this->registry, &id);
	this->replica->remove_child(this->replica, &id);
	return TRUE;
}

METHOD(sync_subscriber_t, receive, void,
	private_ha_sync_receiver_t *this, char *member, uint8_t type, chunk_t body)
{
	bool ok = TRUE;

	switch (type)
	{
		case HA_SYNC_GROUP:
			ok = process_group(this, member, body);
			break;
		case HA_SYNC_IKE:
			ok = process_ike(this, member, body);
			break;
		case HA_SYNC_IKE_UPDATE:
			ok = process_update(this, member, body);
			break;
		case HA_SYNC_IKE_MIDS:
			ok = process_mids(this, member, body);
			break;
		case HA_SYNC_IKE_DELETE:
			ok = process_ike_delete(this, member, body);
			break;
		case HA_SYNC_CHILD:
			ok = process_child(this, member, body);
			break;
		case HA_SYNC_CHILD_DELETE:
			ok = process_child_delete(this, member, body);
			break;
		case HA_SYNC_CHILD_USE:
			ok = process_use(this, member, body);
			break;
		case HA_SYNC_EXCHANGE:
			ok = process_exchange(this, member, body);
			break;
		default:
			DBG2(DBG_CFG, "ha-sync: skipped unknown record %u of member '%s'",
				 type, member);
			break;
	}
	if (!ok)
	{
		DBG2(DBG_CFG, "ha-sync: refused %N record of member '%s'",
			 ha_sync_type_names, type, member);
	}
	this->mutex->lock(this->mutex);
	this->received++;
	this->refused += !ok;
	this->mutex->unlock(this->mutex);
}

METHOD(sync_subscriber_t, snapshot, void,
	private_ha_sync_receiver_t *this, char *member, sync_sink_t *sink)
{
	this->resync->write(this->resync, sink);
}

METHOD(sync_subscriber_t, resync_begin, void,
	private_ha_sync_receiver_t *this, char *member)
{
	this->resync->begin(this->resync, member);
	this->ownership->resync(this->ownership, member, TRUE);
}

METHOD(sync_subscriber_t, resync_end, void,
	private_ha_sync_receiver_t *this, char *member)
{
	this->resync->end(this->resync, member, TRUE);
	this->ownership->resync(this->ownership, member, FALSE);
}

METHOD(sync_subscriber_t, member_up, void,
	private_ha_sync_receiver_t *this, char *member, uint64_t incarnation)
{
	this->ownership->member_up(this->ownership, member, incarnation);
	this->silence->member_up(this->silence, member);
}

METHOD(sync_subscriber_t, member_down, void,
	private_ha_sync_receiver_t *this, char *member)
{
	this->resync->end(this->resync, member, FALSE);
	this->ownership->member_down(this->ownership, member);
	this->silence->member_down(this->silence, member);
}

METHOD(ha_sync_receiver_t, get_counts, void,
	private_ha_sync_receiver_t *this, uint64_t *received, uint64_t *refused)
{
	this->mutex->lock(this->mutex);
	*received = this->received;
	*refused = this->refused;
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_receiver_t, destroy, void,
	private_ha_sync_receiver_t *this)
{
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_receiver_t *ha_sync_receiver_create(ha_sync_registry_t *registry,
											ha_sync_ownership_t *ownership,
											ha_sync_replica_t *replica,
											ha_sync_counters_t *counters,
											ha_sync_response_t *response,
											ha_sync_resync_t *resync,
											ha_sync_silence_t *silence,
											ha_sync_rekey_t *rekey)
{
	private_ha_sync_receiver_t *this;

	INIT(this,
		.public = {
			.subscriber = {
				.receive = _receive,
				.snapshot = _snapshot,
				.resync_begin = _resync_begin,
				.resync_end = _resync_end,
				.member_up = _member_up,
				.member_down = _member_down,
			},
			.get_counts = _get_counts,
			.destroy = _destroy,
		},
		.registry = registry,
		.ownership = ownership,
		.replica = replica,
		.counters = counters,
		.response = response,
		.resync = resync,
		.silence = silence,
		.rekey = rekey,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
