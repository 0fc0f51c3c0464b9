/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_resync.h"

#include <daemon.h>
#include <threading/mutex.h>

typedef struct private_ha_sync_resync_t private_ha_sync_resync_t;
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
struct private_ha_sync_resync_t {

	/** public interface */
	ha_sync_resync_t public;

	/** groups of service addresses */
	ha_sync_groups_t *groups;

	/** registry with all records */
	ha_sync_registry_t *registry;

	/** tells whose records are accepted */
	ha_sync_ownership_t *ownership;

	/** makes copies */
	ha_sync_replica_t *replica;

	/** resync_t* */
	array_t *resyncs;

	/** protects resyncs */
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
static resync_t *remove_resync(private_ha_sync_resync_t *this, char *member)
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

METHOD(ha_sync_resync_t, group_, void,
	private_ha_sync_resync_t *this, char *member, char *group)
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
 * Write a record to a snapshot; what can't be encoded was logged.
 */
static bool snapshot_add(sync_sink_t *sink, ha_sync_type_t type, chunk_t body)
{
	return !body.len || sink->add(sink, type, body);
}

/**
 * Write an IKE SA and its children to a snapshot.
 */
static bool snapshot_ike(private_ha_sync_resync_t *this, sync_sink_t *sink,
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
static bool snapshot_group(private_ha_sync_resync_t *this, sync_sink_t *sink,
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

METHOD(ha_sync_resync_t, write_, void,
	private_ha_sync_resync_t *this, sync_sink_t *sink)
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

METHOD(ha_sync_resync_t, begin, void,
	private_ha_sync_resync_t *this, char *member)
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
}

/**
 * Remove what the owner of a group does not know.
 */
static void sweep(private_ha_sync_resync_t *this, char *member, char *group)
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

METHOD(ha_sync_resync_t, end, void,
	private_ha_sync_resync_t *this, char *member, bool complete)
{
	resync_t *resync;
	char *group;

	resync = remove_resync(this, member);
	if (resync)
	{
		while (array_remove(resync->groups, ARRAY_HEAD, &group))
		{
			if (complete)
			{
				sweep(this, member, group);
			}
			free(group);
		}
		resync_destroy(resync);
	}
}

METHOD(ha_sync_resync_t, destroy, void,
	private_ha_sync_resync_t *this)
{
	array_destroy_function(this->resyncs, (void*)resync_destroy, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_resync_t *ha_sync_resync_create(ha_sync_groups_t *groups,
										ha_sync_registry_t *registry,
										ha_sync_ownership_t *ownership,
										ha_sync_replica_t *replica)
{
	private_ha_sync_resync_t *this;

	INIT(this,
		.public = {
			.write = _write_,
			.begin = _begin,
			.group = _group_,
			.end = _end,
			.destroy = _destroy,
		},
		.groups = groups,
		.registry = registry,
		.ownership = ownership,
		.replica = replica,
		.resyncs = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
