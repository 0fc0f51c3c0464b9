/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_children.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <threading/mutex.h>

/**
 * How long packets for a removed CHILD SA may still come, in s: its Delete is
 * retransmitted by charon for 165 s.
 */
#define GONE_TIME 180

/**
 * SPIs of removed CHILD SAs kept at most.
 */
#define GONE_MAX 4096

typedef struct private_qcd_children_t private_qcd_children_t;
typedef struct child_t child_t;
typedef struct gone_t gone_t;

/**
 * A CHILD SA.
 */
struct child_t {

	/** SPIs */
	uint32_t in, out;

	/** IKE SA */
	qcd_owner_t owner;

	/** next one with the same outbound SPI */
	child_t *next;
};

/**
 * SPI of a removed CHILD SA.
 */
struct gone_t {

	/** inbound SPI, 0 if not used */
	uint32_t in;

	/** when it was removed */
	time_t time;
};

/**
 * Private data.
 */
struct private_qcd_children_t {

	/** public interface */
	qcd_children_t public;

	/** protects all below */
	mutex_t *mutex;

	/** CHILD SAs, as child_t by child_sa_t */
	hashtable_t *children;

	/** the same, by inbound SPI */
	hashtable_t *inbound;

	/** lists of them, by outbound SPI */
	hashtable_t *outbound;

	/** ring of removed ones */
	gone_t gone[GONE_MAX];

	/** where the next one goes */
	u_int pos;

	/** changes */
	uint32_t version;

	/** told about changes, or NULL */
	qcd_children_cb_t cb;

	/** data for it */
	void *user;
};

/**
 * SPIs are keys of the tables, as pointers.
 */
static void *spi_key(uint32_t spi)
{
	return (void*)(uintptr_t)spi;
}

/**
 * A CHILD SA changed, the caller has the lock.
 */
static void changed(private_qcd_children_t *this, child_t *child, bool there)
{
	this->version++;
	if (this->cb)
	{
		this->cb(this->user, there, child->in, &child->owner);
	}
}

/**
 * Take a CHILD SA out of the list of its outbound SPI.
 */
static void unlink_outbound(private_qcd_children_t *this, child_t *child)
{
	child_t *first, **pos;

	first = this->outbound->remove(this->outbound, spi_key(child->out));
	for (pos = &first; *pos; pos = &(*pos)->next)
	{
		if (*pos == child)
		{
			*pos = child->next;
			break;
		}
	}
	if (first)
	{
		this->outbound->put(this->outbound, spi_key(child->out), first);
	}
}

/**
 * Get the IKE SA's SPIs.
 */
static qcd_owner_t get_owner(ike_sa_id_t *id)
{
	return (qcd_owner_t){
		.spi_i = id->get_initiator_spi(id),
		.spi_r = id->get_responder_spi(id),
	};
}

/**
 * A CHILD SA is there.
 */
static void added(private_qcd_children_t *this, ike_sa_t *ike_sa,
				  child_sa_t *child_sa)
{
	child_t *child;

	this->mutex->lock(this->mutex);
	if (!this->children->get(this->children, child_sa))
	{
		INIT(child,
			.in = child_sa->get_spi(child_sa, TRUE),
			.out = child_sa->get_spi(child_sa, FALSE),
			.owner = get_owner(ike_sa->get_id(ike_sa)),
		);
		this->children->put(this->children, child_sa, child);
		this->inbound->put(this->inbound, spi_key(child->in), child);
		child->next = this->outbound->put(this->outbound, spi_key(child->out),
										  child);
		changed(this, child, TRUE);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * A CHILD SA is destroyed.
 */
static void removed(private_qcd_children_t *this, child_sa_t *child_sa)
{
	child_t *child;

	this->mutex->lock(this->mutex);
	child = this->children->remove(this->children, child_sa);
	if (child)
	{
		if (this->inbound->get(this->inbound, spi_key(child->in)) == child)
		{
			this->inbound->remove(this->inbound, spi_key(child->in));
		}
		unlink_outbound(this, child);
		this->gone[this->pos] = (gone_t){
			.in = child->in,
			.time = time_monotonic(NULL),
		};
		this->pos = (this->pos + 1) % GONE_MAX;
		changed(this, child, FALSE);
		free(child);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(listener_t, child_state_change, bool,
	private_qcd_children_t *this, ike_sa_t *ike_sa, child_sa_t *child_sa,
	child_sa_state_t state)
{
	if (state == CHILD_INSTALLED && ike_sa)
	{
		added(this, ike_sa, child_sa);
	}
	else if (state == CHILD_DESTROYING)
	{
		removed(this, child_sa);
	}
	return TRUE;
}

/**
 * CHILD SAs of an IKE SA moved to one with the given SPIs.
 */
static void migrate(private_qcd_children_t *this, ike_sa_t *ike_sa,
					ike_sa_id_t *id)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	child_t *child;

	this->mutex->lock(this->mutex);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		child = this->children->get(this->children, child_sa);
		if (child)
		{
			child->owner = get_owner(id);
			changed(this, child, TRUE);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

METHOD(listener_t, children_migrate, bool,
	private_qcd_children_t *this, ike_sa_t *ike_sa, ike_sa_id_t *new,
	uint32_t unique)
{
	migrate(this, ike_sa, new ?: ike_sa->get_id(ike_sa));
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	private_qcd_children_t *this, ike_sa_t *old, ike_sa_t *new)
{
	/* the new one has them already */
	migrate(this, new, new->get_id(new));
	return TRUE;
}

METHOD(qcd_children_t, find_outbound, u_int,
	private_qcd_children_t *this, uint32_t spi,
	qcd_owner_t owners[QCD_OWNERS_MAX])
{
	child_t *child;
	u_int count = 0;

	this->mutex->lock(this->mutex);
	child = this->outbound->get(this->outbound, spi_key(spi));
	for (; child && count < QCD_OWNERS_MAX; child = child->next)
	{
		owners[count++] = child->owner;
	}
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(qcd_children_t, has_inbound, bool,
	private_qcd_children_t *this, uint32_t spi)
{
	bool found;

	this->mutex->lock(this->mutex);
	found = this->inbound->get(this->inbound, spi_key(spi)) != NULL;
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(qcd_children_t, had_inbound, bool,
	private_qcd_children_t *this, uint32_t spi)
{
	time_t now = time_monotonic(NULL);
	bool found = FALSE;
	u_int i;

	this->mutex->lock(this->mutex);
	for (i = 0; !found && i < GONE_MAX; i++)
	{
		found = this->gone[i].in == spi && now - this->gone[i].time < GONE_TIME;
	}
	this->mutex->unlock(this->mutex);
	return found;
}

CALLBACK(filter, bool,
	void *data, enumerator_t *orig, va_list args)
{
	qcd_owner_t **owner;
	uint32_t *spi;
	child_t *child;
	void *key;

	VA_ARGS_VGET(args, spi, owner);
	if (!orig->enumerate(orig, &key, &child))
	{
		return FALSE;
	}
	*spi = child->in;
	*owner = &child->owner;
	return TRUE;
}

METHOD(qcd_children_t, create_enumerator, enumerator_t*,
	private_qcd_children_t *this)
{
	this->mutex->lock(this->mutex);
	return enumerator_create_filter(
					this->children->create_enumerator(this->children), filter,
					this->mutex, (void*)this->mutex->unlock);
}

METHOD(qcd_children_t, observe, void,
	private_qcd_children_t *this, qcd_children_cb_t cb, void *user)
{
	this->mutex->lock(this->mutex);
	this->cb = cb;
	this->user = user;
	this->mutex->unlock(this->mutex);
}

METHOD(qcd_children_t, get_version, uint32_t,
	private_qcd_children_t *this)
{
	uint32_t version;

	this->mutex->lock(this->mutex);
	version = this->version;
	this->mutex->unlock(this->mutex);
	return version;
}

METHOD(qcd_children_t, destroy, void,
	private_qcd_children_t *this)
{
	enumerator_t *enumerator;
	child_t *child;
	void *key;

	enumerator = this->children->create_enumerator(this->children);
	while (enumerator->enumerate(enumerator, &key, &child))
	{
		this->children->remove_at(this->children, enumerator);
		free(child);
	}
	enumerator->destroy(enumerator);
	this->children->destroy(this->children);
	this->inbound->destroy(this->inbound);
	this->outbound->destroy(this->outbound);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
qcd_children_t *qcd_children_create()
{
	private_qcd_children_t *this;

	INIT(this,
		.public = {
			.listener = {
				.child_state_change = _child_state_change,
				.children_migrate = _children_migrate,
				.ike_rekey = _ike_rekey,
			},
			.find_outbound = _find_outbound,
			.has_inbound = _has_inbound,
			.had_inbound = _had_inbound,
			.create_enumerator = _create_enumerator,
			.observe = _observe,
			.get_version = _get_version,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.children = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									 64),
		.inbound = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									64),
		.outbound = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									 64),
	);
	return &this->public;
}
