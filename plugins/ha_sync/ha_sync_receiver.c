/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_receiver.h"

#include <daemon.h>
#include <threading/mutex.h>

typedef struct private_ha_sync_receiver_t private_ha_sync_receiver_t;
typedef struct resync_t resync_t;

/**
 * A full resync from a member that is under way.
 */
struct resync_t {
	/** name of the member */
	char *member;
	/** groups that get swept at its end (char*, cloned) */
	array_t *groups;
};

/**
 * Private data.
 */
struct private_ha_sync_receiver_t {

	/** public interface */
	ha_sync_receiver_t public;

	/** groups of service addresses */
	ha_sync_groups_t *groups;

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

	/** rekeys CHILD SAs */
	ha_sync_rekey_t *rekey;

	/** resync_t* */
	array_t *resyncs;

	/** records received, and refused */
	uint64_t received, refused;

	/** protects resyncs and counts */
	mutex_t *mutex;
};

/**
 * Destroy a resync.
 */
static void resync_destroy(resync_t *resync)
{
	array_destroy_function(resync->groups, (void*)free, NULL);
	free(resync->member);
	free(resync);
}

/**
 * Remove the resync of a member, NULL if there is none.
 */
static resync_t *remove_resync(private_ha_sync_receiver_t *this, char *member)
{
	resync_t *resync, *found = NULL;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(this->resyncs); i++)
	{
		array_get(this->resyncs, i, &resync);
		if (streq(resync->member, member))
		{
			array_remove(this->resyncs, i, NULL);
			found = resync;
			break;
		}
	}
	this->mutex->unlock(this->mutex);
	return found;
}

/**
 * Sweep a group at the end of the resync of a member, if one is under way.
 */
static void sweep_later(private_ha_sync_receiver_t *this, char *member,
						char *group)
{
	resync_t *resync;
	bool mark = FALSE;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(this->resyncs); i++)
	{
		array_get(this->resyncs, i, &resync);
		if (streq(resync->member, member))
		{
			array_insert(resync->groups, ARRAY_TAIL, strdup(group));
			mark = TRUE;
		}
	}
	this->mutex->unlock(this->mutex);
	if (mark)
	{
		this->registry->mark(this->registry, group);
	}
}

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
		sweep_later(this, member, record->name);
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

/**
 * Write a record to a snapshot; what can't be encoded was logged.
 */
static bool snapshot_add(sync_sink_t *sink, ha_sync_type_t type, chunk_t body)
{
	return !body.len || sink->add(sink, type, body);
}

/**
 * Write an IKE SA and its children to a snapshot.
 */
static bool snapshot_ike(private_ha_sync_receiver_t *this, sync_sink_t *sink,
						 ha_sync_spis_t *spis)
{
	ha_sync_exchange_t *exchange;
	ha_sync_child_t *child;
	ha_sync_ike_t *ike;
	array_t *children;
	bool ok;

	ike = this->registry->get_ike(this->registry, spis);
	if (!ike)
	{	/* deleted since the list was made */
		return TRUE;
	}
	ok = snapshot_add(sink, HA_SYNC_IKE, ha_sync_ike_encode(ike));
	ha_sync_ike_destroy(ike);
	children = this->registry->get_children(this->registry, spis);
	while (children && array_remove(children, ARRAY_HEAD, &child))
	{
		ok = ok && snapshot_add(sink, HA_SYNC_CHILD,
								ha_sync_child_encode(child));
		ha_sync_child_destroy(child);
	}
	array_destroy(children);
	exchange = this->registry->get_exchange(this->registry, spis);
	if (exchange)
	{
		ok = ok && snapshot_add(sink, HA_SYNC_EXCHANGE,
								ha_sync_exchange_encode(exchange));
		ha_sync_exchange_destroy(exchange);
	}
	return ok;
}

/**
 * Write a group to a snapshot: our view, and if we own it, its SAs.
 */
static bool snapshot_group(private_ha_sync_receiver_t *this, sync_sink_t *sink,
						   char *name)
{
	ha_sync_group_record_t *record;
	ha_sync_spis_t *spis;
	array_t *list;
	bool ok = TRUE, owner;

	record = this->ownership->get_record(this->ownership, name);
	if (!record)
	{
		return TRUE;
	}
	owner = record->owner;
	ok = snapshot_add(sink, HA_SYNC_GROUP, ha_sync_group_encode(record));
	ha_sync_group_record_destroy(record);
	if (!owner)
	{
		return ok;
	}
	list = this->registry->list(this->registry, name);
	while (array_remove(list, ARRAY_HEAD, &spis))
	{
		ok = ok && snapshot_ike(this, sink, spis);
		free(spis);
	}
	array_destroy(list);
	return ok;
}

METHOD(sync_subscriber_t, snapshot, void,
	private_ha_sync_receiver_t *this, char *member, sync_sink_t *sink)
{
	array_t *names;
	char *name;

	names = this->groups->get_names(this->groups);
	while (array_remove(names, ARRAY_HEAD, &name))
	{
		if (!snapshot_group(this, sink, name))
		{
			break;
		}
	}
	array_destroy(names);
}

METHOD(sync_subscriber_t, resync_begin, void,
	private_ha_sync_receiver_t *this, char *member)
{
	resync_t *resync;

	resync = remove_resync(this, member);
	if (resync)
	{
		resync_destroy(resync);
	}
	INIT(resync,
		.member = strdup(member),
		.groups = array_create(0, 0),
	);
	this->mutex->lock(this->mutex);
	array_insert(this->resyncs, ARRAY_TAIL, resync);
	this->mutex->unlock(this->mutex);
	this->ownership->resync(this->ownership, member, TRUE);
}

/**
 * Remove what the owner of a group does not know.
 */
static void sweep(private_ha_sync_receiver_t *this, char *member, char *group)
{
	ha_sync_child_id_t *id;
	ha_sync_spis_t *spis;
	array_t *ikes, *children;

	if (!this->ownership->accepts(this->ownership, member, group))
	{
		return;
	}
	this->registry->unseen(this->registry, group, &ikes, &children);
	if (array_count(ikes) || array_count(children))
	{
		DBG1(DBG_CFG, "ha-sync: removing %d IKE and %d CHILD SAs of group '%s' "
			 "that '%s' does not have anymore", array_count(ikes),
			 array_count(children), group, member);
	}
	while (array_remove(ikes, ARRAY_HEAD, &spis))
	{
		this->registry->remove_ike(this->registry, spis);
		this->replica->remove(this->replica, spis);
		free(spis);
	}
	while (array_remove(children, ARRAY_HEAD, &id))
	{
		this->registry->remove_child(this->registry, id);
		this->replica->remove_child(this->replica, id);
		free(id);
	}
	array_destroy(ikes);
	array_destroy(children);
}

METHOD(sync_subscriber_t, resync_end, void,
	private_ha_sync_receiver_t *this, char *member)
{
	resync_t *resync;
	char *group;

	resync = remove_resync(this, member);
	if (resync)
	{
		while (array_remove(resync->groups, ARRAY_HEAD, &group))
		{
			sweep(this, member, group);
			free(group);
		}
		resync_destroy(resync);
	}
	this->ownership->resync(this->ownership, member, FALSE);
}

METHOD(sync_subscriber_t, member_up, void,
	private_ha_sync_receiver_t *this, char *member, uint64_t incarnation)
{
	this->ownership->member_up(this->ownership, member, incarnation);
}

METHOD(sync_subscriber_t, member_down, void,
	private_ha_sync_receiver_t *this, char *member)
{
	resync_t *resync;

	resync = remove_resync(this, member);
	if (resync)
	{
		resync_destroy(resync);
	}
	this->ownership->member_down(this->ownership, member);
}

METHOD(ha_sync_receiver_t, retry, void,
	private_ha_sync_receiver_t *this)
{
	enumerator_t *enumerator;
	ha_sync_spis_t *spis;
	char *name, *reason;

	enumerator = this->registry->create_failure_enumerator(this->registry);
	while (enumerator->enumerate(enumerator, &spis, &name, &reason))
	{
		this->replica->make(this->replica, spis);
	}
	enumerator->destroy(enumerator);
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
	array_destroy_function(this->resyncs, (void*)resync_destroy, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_receiver_t *ha_sync_receiver_create(ha_sync_groups_t *groups,
											ha_sync_registry_t *registry,
											ha_sync_ownership_t *ownership,
											ha_sync_replica_t *replica,
											ha_sync_counters_t *counters,
											ha_sync_response_t *response,
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
			.retry = _retry,
			.get_counts = _get_counts,
			.destroy = _destroy,
		},
		.groups = groups,
		.registry = registry,
		.ownership = ownership,
		.replica = replica,
		.counters = counters,
		.response = response,
		.rekey = rekey,
		.resyncs = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
