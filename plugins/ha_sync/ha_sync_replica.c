/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_replica.h"
#include "ha_sync_checkout.h"
#include "ha_sync_import.h"

#include <daemon.h>
#include <threading/mutex.h>

#include <inttypes.h>

/**
 * Most failures logged in an interval of this length, in s.
 */
#define LOG_MAX 10
#define LOG_INTERVAL 10

typedef struct private_ha_sync_replica_t private_ha_sync_replica_t;

/**
 * Private data.
 */
struct private_ha_sync_replica_t {

	/** public interface */
	ha_sync_replica_t public;

	/** registry with all records */
	ha_sync_registry_t *registry;

	/** sets counters in the kernel */
	ha_sync_counters_t *counters;

	/** watches live IKE_SAs */
	ha_sync_capture_t *capture;

	/** knows what can be synced with peers */
	ha_sync_mid_caps_t *caps;

	/** knows the virtual IPs of copies */
	ha_sync_lease_t *lease;

	/** start of the current LOG_INTERVAL, failures logged in it */
	time_t logging;
	u_int logged;

	/** protects these two */
	mutex_t *mutex;
};

/**
 * Check an IKE_SA in.
 */
static void checkin(ike_sa_t *ike_sa)
{
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
}

/**
 * Check the copy of an IKE SA out, NULL if there is none.
 */
static ike_sa_t *checkout_copy(const ha_sync_spis_t *spis)
{
	ike_sa_t *ike_sa;

	ike_sa = ha_sync_checkout(spis);
	if (ike_sa && ike_sa->get_state(ike_sa) != IKE_PASSIVE)
	{
		checkin(ike_sa);
		return NULL;
	}
	return ike_sa;
}

/**
 * Check if another failure may be logged: a daemon that just started has no
 * connections yet, and may get copies of many IKE SAs.
 */
static bool may_log(private_ha_sync_replica_t *this)
{
	time_t now = time_monotonic(NULL);
	u_int logged;

	this->mutex->lock(this->mutex);
	if (now >= this->logging + LOG_INTERVAL)
	{
		this->logging = now;
		this->logged = 0;
	}
	logged = ++this->logged;
	this->mutex->unlock(this->mutex);
	if (logged == LOG_MAX + 1)
	{
		DBG1(DBG_CFG, "ha-sync: more IKE SAs have no complete copy, see "
			 "'swancluster status'");
	}
	return logged <= LOG_MAX;
}

/**
 * Note a failure of an IKE SA, or that there is none.  Logged once, not with
 * each attempt.
 */
static void set_failure(private_ha_sync_replica_t *this,
						const ha_sync_spis_t *spis, char *reason)
{
	bool changed;

	changed = this->registry->set_failure(this->registry, spis, reason);
	if (changed && reason)
	{
		dbg(DBG_CFG, may_log(this) ? 1 : 2, "ha-sync: no complete copy of IKE "
			"SA %.16" PRIx64 "_i %.16" PRIx64 "_r: %s", be64toh(spis->i),
			be64toh(spis->r), reason);
	}
	free(reason);
}

/**
 * Check if a CHILD_SA can go on as that of a copy: one that is just being made,
 * or deleted, is made anew from its record instead.
 */
static bool is_settled(child_sa_t *child_sa)
{
	switch (child_sa->get_state(child_sa))
	{
		case CHILD_INSTALLED:
		case CHILD_REKEYED:
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Take the settled CHILD_SAs of an IKE_SA away from it.
 */
static array_t *take_children(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa, *other;
	array_t *children = NULL;

	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		if (child_sa->get_state(child_sa) == CHILD_REKEYING)
		{	/* the task that does that goes with the IKE_SA */
			child_sa->set_state(child_sa, CHILD_INSTALLED);
		}
		if (is_settled(child_sa))
		{
			ike_sa->remove_child_sa(ike_sa, enumerator);
			array_insert_create(&children, ARRAY_TAIL, child_sa);
		}
		else
		{
			other = child_sa->get_rekey_sa(child_sa);
			if (other)
			{
				other->set_rekey_sa(other, NULL);
			}
		}
	}
	enumerator->destroy(enumerator);
	return children;
}

/**
 * Give CHILD_SAs to an IKE_SA, or destroy them if there is none.
 */
static void give_children(ike_sa_t *ike_sa, array_t *children)
{
	child_sa_t *child_sa;

	while (children && array_remove(children, ARRAY_HEAD, &child_sa))
	{
		if (ike_sa)
		{
			ike_sa->add_child_sa(ike_sa, child_sa);
		}
		else
		{
			child_sa->destroy(child_sa);
		}
	}
	array_destroy(children);
}

/**
 * Take the children away from the copy of a rekeyed IKE SA, which is found if
 * there is one.  Its virtual IPs live on in the new one, so they are not
 * released with the old one.
 */
static array_t *detach_children(const ha_sync_spis_t *old, bool *found)
{
	array_t *children = NULL;
	ike_sa_t *ike_sa;

	ike_sa = old->i ? checkout_copy(old) : NULL;
	*found = ike_sa != NULL;
	if (ike_sa)
	{
		children = take_children(ike_sa);
		ike_sa->clear_virtual_ips(ike_sa, FALSE);
		checkin(ike_sa);
	}
	return children;
}

/**
 * Create the copy of an IKE SA with children it has already (adopted, or NULL),
 * but no new ones.
 */
static char *make_ike(private_ha_sync_replica_t *this,
					  const ha_sync_spis_t *spis, array_t *children)
{
	ha_sync_ike_t *record;
	ike_sa_t *ike_sa;
	char *reason = NULL;
	bool inherits = FALSE;

	record = this->registry->get_ike(this->registry, spis);
	if (!record)
	{	/* deleted meanwhile */
		give_children(NULL, children);
		return NULL;
	}
	if (!children)
	{
		children = detach_children(&record->old, &inherits);
	}
	ike_sa = ha_sync_import_ike(record, &reason);
	give_children(ike_sa, children);
	if (ike_sa)
	{
		this->caps->set(this->caps, ike_sa, record->dynamic.caps);
		this->lease->add_replica(this->lease, ike_sa, inherits);
		checkin(ike_sa);
	}
	ha_sync_ike_destroy(record);
	return reason;
}

/**
 * Order children: one that was rekeyed comes before its replacement.
 */
static int compare_children(const void *a, const void *b, void *user)
{
	const ha_sync_child_t *x = a, *y = b;

	return (int)y->rekeyed - (int)x->rekeyed;
}

/**
 * Give a copy the addresses of a record its children are made from: SAs are
 * installed with those of the copy, but their counters are set by those of the
 * record, and an update of the addresses may still be in the queue.
 */
static void move_to(ike_sa_t *ike_sa, const ha_sync_ike_t *ike)
{
	host_t *local = ike_sa->get_my_host(ike_sa);
	host_t *remote = ike_sa->get_other_host(ike_sa);

	if (!local->equals(local, ike->dynamic.local) ||
		!remote->equals(remote, ike->dynamic.remote))
	{
		ha_sync_import_dynamic(ike_sa, &ike->dynamic);
	}
}

/**
 * Make all children of a copy that is checked out.
 */
static char *make_children(private_ha_sync_replica_t *this, ike_sa_t *ike_sa,
						   const ha_sync_spis_t *spis)
{
	ha_sync_child_t *record;
	ha_sync_ike_t *ike;
	array_t *records;
	char *reason = NULL, *failed;

	ike = this->registry->get_ike(this->registry, spis);
	if (ike)
	{
		move_to(ike_sa, ike);
	}
	records = this->registry->get_children(this->registry, spis);
	array_sort(records, compare_children, NULL);
	while (records && array_remove(records, ARRAY_HEAD, &record))
	{
		failed = ike ? ha_sync_import_child(ike_sa, record, ike,
											this->counters) : NULL;
		ha_sync_child_destroy(record);
		if (failed)
		{
			free(reason);
			reason = failed;
		}
	}
	array_destroy(records);
	ha_sync_ike_destroy(ike);
	return reason;
}

/**
 * Make the children of the copy of an IKE SA, if there was no reason why it
 * can't be.  Returns TRUE if all is complete.
 */
static bool complete(private_ha_sync_replica_t *this,
					 const ha_sync_spis_t *spis, char *reason)
{
	ike_sa_t *ike_sa;
	bool ok;

	ike_sa = reason ? NULL : checkout_copy(spis);
	if (ike_sa)
	{
		reason = make_children(this, ike_sa, spis);
		checkin(ike_sa);
	}
	ok = reason == NULL;
	set_failure(this, spis, reason);
	return ok;
}

METHOD(ha_sync_replica_t, make, bool,
	private_ha_sync_replica_t *this, const ha_sync_spis_t *spis)
{
	ike_sa_t *ike_sa;

	ike_sa = ha_sync_checkout(spis);
	if (ike_sa)
	{
		checkin(ike_sa);
		return complete(this, spis, NULL);
	}
	return complete(this, spis, make_ike(this, spis, NULL));
}

METHOD(ha_sync_replica_t, update, void,
	private_ha_sync_replica_t *this, const ha_sync_spis_t *spis)
{
	ha_sync_ike_t *record;
	ike_sa_t *ike_sa;

	record = this->registry->get_ike(this->registry, spis);
	if (record)
	{
		ike_sa = checkout_copy(spis);
		if (ike_sa)
		{
			this->caps->set(this->caps, ike_sa, record->dynamic.caps);
			ha_sync_import_dynamic(ike_sa, &record->dynamic);
			checkin(ike_sa);
		}
		ha_sync_ike_destroy(record);
	}
}

METHOD(ha_sync_replica_t, child, void,
	private_ha_sync_replica_t *this, const ha_sync_child_id_t *id)
{
	ha_sync_child_t *record;
	ha_sync_ike_t *ike;
	ike_sa_t *ike_sa;
	char *reason;

	record = this->registry->get_child(this->registry, id);
	ike = this->registry->get_ike(this->registry, &id->ike);
	ike_sa = record && ike ? checkout_copy(&id->ike) : NULL;
	if (ike_sa)
	{
		move_to(ike_sa, ike);
		reason = ha_sync_import_child(ike_sa, record, ike, this->counters);
		checkin(ike_sa);
		if (reason)
		{
			set_failure(this, &id->ike, reason);
		}
	}
	ha_sync_child_destroy(record);
	ha_sync_ike_destroy(ike);
}

METHOD(ha_sync_replica_t, remove_, void,
	private_ha_sync_replica_t *this, const ha_sync_spis_t *spis)
{
	ike_sa_t *ike_sa;

	ike_sa = checkout_copy(spis);
	if (ike_sa)
	{
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
}

METHOD(ha_sync_replica_t, remove_child, void,
	private_ha_sync_replica_t *this, const ha_sync_child_id_t *id)
{
	child_sa_t *child_sa, *other;
	ike_sa_t *ike_sa;

	ike_sa = checkout_copy(&id->ike);
	if (!ike_sa)
	{
		return;
	}
	child_sa = ha_sync_import_find_child(ike_sa, id->spi_in);
	if (child_sa)
	{
		other = child_sa->get_rekey_sa(child_sa);
		if (other)
		{
			other->set_rekey_sa(other, NULL);
		}
		ike_sa->destroy_child_sa(ike_sa, child_sa->get_protocol(child_sa),
								 id->spi_in);
	}
	checkin(ike_sa);
}

METHOD(ha_sync_replica_t, silence, void,
	private_ha_sync_replica_t *this, const ha_sync_spis_t *spis)
{
	ike_sa_t *ike_sa;

	ike_sa = ha_sync_checkout(spis);
	if (ike_sa)
	{
		ike_sa->set_state(ike_sa, IKE_PASSIVE);
		checkin(ike_sa);
	}
}

/**
 * Remove an IKE_SA that was live, silently.
 */
static void remove_live(private_ha_sync_replica_t *this, ike_sa_t *ike_sa)
{
	this->capture->forget(this->capture, ike_sa);
	ike_sa->set_state(ike_sa, IKE_PASSIVE);
	charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager, ike_sa);
}

/**
 * Let the kernel's counters of the children be those of copies.
 */
static void demote_counters(private_ha_sync_replica_t *this,
							const ha_sync_spis_t *spis)
{
	ha_sync_child_t *record;
	ha_sync_ike_t *ike;
	array_t *records;

	ike = this->registry->get_ike(this->registry, spis);
	records = this->registry->get_children(this->registry, spis);
	while (records && array_remove(records, ARRAY_HEAD, &record))
	{
		if (ike)
		{
			this->counters->demote(this->counters, record, ike);
		}
		ha_sync_child_destroy(record);
	}
	array_destroy(records);
	ha_sync_ike_destroy(ike);
}

METHOD(ha_sync_replica_t, demote, void,
	private_ha_sync_replica_t *this, const ha_sync_spis_t *spis)
{
	ha_sync_ike_t *record;
	array_t *children = NULL;
	ike_sa_t *ike_sa;

	ike_sa = ha_sync_checkout(spis);
	if (ike_sa)
	{
		record = this->registry->get_ike(this->registry, spis);
		if (record && !record->dynamic.rekeyed)
		{	/* what updown scripts and accounting set up here ends here */
			charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
		}
		ha_sync_ike_destroy(record);
		children = take_children(ike_sa);
		remove_live(this, ike_sa);
	}
	demote_counters(this, spis);
	complete(this, spis, make_ike(this, spis, children));
}

/**
 * Stop to watch the kernel's counters of the children.
 */
static void unwatch(private_ha_sync_replica_t *this, const ha_sync_spis_t *spis)
{
	ha_sync_child_t *record;
	array_t *records;

	records = this->registry->get_children(this->registry, spis);
	while (records && array_remove(records, ARRAY_HEAD, &record))
	{
		this->counters->unwatch(this->counters, record);
		ha_sync_child_destroy(record);
	}
	array_destroy(records);
	this->counters->wake(this->counters);
}

METHOD(ha_sync_replica_t, drop, void,
	private_ha_sync_replica_t *this, const ha_sync_spis_t *spis)
{
	ike_sa_t *ike_sa;

	unwatch(this, spis);
	ike_sa = ha_sync_checkout(spis);
	if (!ike_sa)
	{
		return;
	}
	if (ike_sa->get_state(ike_sa) == IKE_ESTABLISHED ||
		ike_sa->get_state(ike_sa) == IKE_REKEYING)
	{
		charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
	}
	remove_live(this, ike_sa);
}

METHOD(ha_sync_replica_t, destroy, void,
	private_ha_sync_replica_t *this)
{
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_replica_t *ha_sync_replica_create(ha_sync_registry_t *registry,
										  ha_sync_counters_t *counters,
										  ha_sync_capture_t *capture,
										  ha_sync_mid_caps_t *caps,
										  ha_sync_lease_t *lease)
{
	private_ha_sync_replica_t *this;

	INIT(this,
		.public = {
			.make = _make,
			.update = _update,
			.child = _child,
			.remove = _remove_,
			.remove_child = _remove_child,
			.silence = _silence,
			.demote = _demote,
			.drop = _drop,
			.destroy = _destroy,
		},
		.registry = registry,
		.counters = counters,
		.capture = capture,
		.caps = caps,
		.lease = lease,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
