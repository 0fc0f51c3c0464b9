/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_lease_table.h"

#include <collections/hashtable.h>
#include <collections/linked_list.h>
#include <threading/mutex.h>

typedef struct private_redirect_lease_table_t private_redirect_lease_table_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_redirect_lease_table_t {

	/** public interface */
	redirect_lease_table_t public;

	/** protects all below */
	mutex_t *mutex;

	/** linked_list_t of entry_t by address; nearly all have one entry */
	hashtable_t *vips;

	/** leases of this daemon, and of others */
	u_int own, others;
};

/**
 * A lease.
 */
struct entry_t {
	/** inner address */
	host_t *vip;
	/** identity of the client */
	identification_t *id;
	/** name of the member, NULL for this daemon */
	char *owner;
	/** address the client has as that of its gateway, may be NULL */
	host_t *gateway;
	/** number of users */
	u_int users;
	/** it's not from a pool of this daemon */
	bool adopted;
	/** see mark() */
	bool marked;
	/** unique ID of the IKE SA of a client told to leave, 0 if it was not */
	uint32_t leaving;
	/** see hand_over() */
	bool handed_over;
};

/**
 * Hash an address.
 */
static u_int hash(host_t *vip)
{
	return chunk_hash(vip->get_address(vip));
}

/**
 * Compare addresses.
 */
static bool equals(host_t *a, host_t *b)
{
	return a->ip_equals(a, b);
}

/**
 * Compare names, NULL is this daemon.
 */
static bool same_owner(const char *a, const char *b)
{
	return a == b || (a && b && streq(a, b));
}

/**
 * Free a lease.
 */
static void entry_destroy(entry_t *entry)
{
	entry->vip->destroy(entry->vip);
	entry->id->destroy(entry->id);
	DESTROY_IF(entry->gateway);
	free(entry->owner);
	free(entry);
}

/**
 * Find a lease, any identity if it is NULL.
 */
static entry_t *find_entry(private_redirect_lease_table_t *this, host_t *vip,
						   identification_t *id, const char *owner)
{
	enumerator_t *enumerator;
	linked_list_t *list;
	entry_t *entry, *found = NULL;

	list = this->vips->get(this->vips, vip);
	if (list)
	{
		enumerator = list->create_enumerator(list);
		while (!found && enumerator->enumerate(enumerator, &entry))
		{
			if (same_owner(entry->owner, owner) &&
				(!id || id->equals(id, entry->id)))
			{
				found = entry;
			}
		}
		enumerator->destroy(enumerator);
	}
	return found;
}

/**
 * Remove and free a lease.
 */
static void drop(private_redirect_lease_table_t *this, entry_t *entry)
{
	linked_list_t *list;

	*(entry->owner ? &this->others : &this->own) -= 1;
	list = this->vips->remove(this->vips, entry->vip);
	list->remove(list, entry, NULL);
	if (!list->get_count(list))
	{
		list->destroy(list);
		entry_destroy(entry);
		return;
	}
	/* the key was the address of the first one */
	entry_destroy(entry);
	list->get_first(list, (void**)&entry);
	this->vips->put(this->vips, entry->vip, list);
}

METHOD(redirect_lease_table_t, add, bool,
	private_redirect_lease_table_t *this, host_t *vip, identification_t *id,
	const char *owner, host_t *gateway, bool adopted)
{
	linked_list_t *list;
	entry_t *entry;
	bool new;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, vip, id, owner);
	new = !entry && this->own + this->others < REDIRECT_LEASE_MAX;
	if (new)
	{
		INIT(entry,
			.vip = vip->clone(vip),
			.id = id->clone(id),
			.owner = strdupnull(owner),
			.adopted = adopted,
		);
		list = this->vips->get(this->vips, vip);
		if (!list)
		{
			list = linked_list_create();
			this->vips->put(this->vips, entry->vip, list);
		}
		list->insert_last(list, entry);
		*(owner ? &this->others : &this->own) += 1;
	}
	if (entry)
	{
		entry->users = owner ? 1 : entry->users + 1;
		entry->marked = entry->handed_over = FALSE;
		entry->leaving = 0;
		DESTROY_IF(entry->gateway);
		entry->gateway = gateway ? gateway->clone(gateway) : NULL;
	}
	this->mutex->unlock(this->mutex);
	return new;
}

METHOD(redirect_lease_table_t, remove_, bool,
	private_redirect_lease_table_t *this, host_t *vip, identification_t *id,
	const char *owner, bool *adopted)
{
	entry_t *entry;
	bool gone = FALSE;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, vip, id, owner);
	if (adopted)
	{
		*adopted = entry && entry->adopted;
	}
	if (entry && --entry->users == 0)
	{
		drop(this, entry);
		gone = TRUE;
	}
	this->mutex->unlock(this->mutex);
	return gone;
}

METHOD(redirect_lease_table_t, is_taken, bool,
	private_redirect_lease_table_t *this, host_t *vip)
{
	enumerator_t *enumerator;
	linked_list_t *list;
	entry_t *entry;
	bool taken = FALSE;

	this->mutex->lock(this->mutex);
	list = this->vips->get(this->vips, vip);
	if (list)
	{
		enumerator = list->create_enumerator(list);
		while (!taken && enumerator->enumerate(enumerator, &entry))
		{
			taken = entry->owner || entry->adopted;
		}
		enumerator->destroy(enumerator);
	}
	this->mutex->unlock(this->mutex);
	return taken;
}

METHOD(redirect_lease_table_t, get_rival, identification_t*,
	private_redirect_lease_table_t *this, host_t *vip, identification_t *id)
{
	identification_t *rival = NULL;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, vip, NULL, NULL);
	if (entry && !entry->handed_over && !id->equals(id, entry->id))
	{
		rival = entry->id->clone(entry->id);
	}
	this->mutex->unlock(this->mutex);
	return rival;
}

METHOD(redirect_lease_table_t, is_adopted, bool,
	private_redirect_lease_table_t *this, host_t *vip, identification_t *id)
{
	entry_t *entry;
	bool adopted;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, vip, id, NULL);
	adopted = entry && entry->adopted;
	this->mutex->unlock(this->mutex);
	return adopted;
}

/**
 * Find the lease of a client in a list that may be taken over.
 */
static entry_t *find_in(private_redirect_lease_table_t *this,
						linked_list_t *list, identification_t *id,
						redirect_lease_filter_t filter, void *user)
{
	enumerator_t *enumerator;
	entry_t *entry, *found = NULL;

	enumerator = list->create_enumerator(list);
	while (!found && enumerator->enumerate(enumerator, &entry))
	{
		if (entry->owner && id->equals(id, entry->id) &&
			!find_entry(this, entry->vip, NULL, NULL) &&
			filter(user, entry->owner, entry->gateway))
		{
			found = entry;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(redirect_lease_table_t, find, host_t*,
	private_redirect_lease_table_t *this, identification_t *id,
	host_t *requested, redirect_lease_filter_t filter, void *user)
{
	entry_t *found = NULL, *other;
	enumerator_t *enumerator;
	linked_list_t *list;
	bool several = FALSE;
	host_t *vip;

	this->mutex->lock(this->mutex);
	if (!requested->is_anyaddr(requested))
	{
		list = this->vips->get(this->vips, requested);
		found = list ? find_in(this, list, id, filter, user) : NULL;
	}
	if (!found)
	{
		enumerator = this->vips->create_enumerator(this->vips);
		while (!several && enumerator->enumerate(enumerator, &vip, &list))
		{
			other = vip->get_family(vip) == requested->get_family(requested) ?
					find_in(this, list, id, filter, user) : NULL;
			several = found && other;
			found = found ?: other;
		}
		enumerator->destroy(enumerator);
	}
	vip = found && !several ? found->vip->clone(found->vip) : NULL;
	this->mutex->unlock(this->mutex);
	return vip;
}

METHOD(redirect_lease_table_t, leaves, void,
	private_redirect_lease_table_t *this, host_t *vip, identification_t *id,
	uint32_t ike_sa)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, vip, id, NULL);
	if (entry)
	{
		entry->leaving = ike_sa;
	}
	this->mutex->unlock(this->mutex);
}

METHOD(redirect_lease_table_t, get_leaving, uint32_t,
	private_redirect_lease_table_t *this, host_t *vip, identification_t *id)
{
	entry_t *entry;
	uint32_t ike_sa;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, vip, id, NULL);
	ike_sa = entry ? entry->leaving : 0;
	this->mutex->unlock(this->mutex);
	return ike_sa;
}

METHOD(redirect_lease_table_t, hand_over, void,
	private_redirect_lease_table_t *this, host_t *vip, identification_t *id)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, vip, id, NULL);
	if (entry)
	{
		entry->handed_over = TRUE;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Find the member that serves an address, NULL if it's this daemon or nobody.
 */
static char *find_owner(private_redirect_lease_table_t *this, host_t *vip)
{
	enumerator_t *enumerator;
	linked_list_t *list;
	entry_t *entry;
	char *owner = NULL;
	bool here = FALSE;

	list = this->vips->get(this->vips, vip);
	if (list)
	{
		enumerator = list->create_enumerator(list);
		while (enumerator->enumerate(enumerator, &entry))
		{
			/* the latest, while a client moves there are two */
			owner = entry->owner ?: owner;
			here |= !entry->owner && !entry->handed_over;
		}
		enumerator->destroy(enumerator);
	}
	return here ? NULL : owner;
}

METHOD(redirect_lease_table_t, get_owner, char*,
	private_redirect_lease_table_t *this, host_t *vip)
{
	char *owner;

	this->mutex->lock(this->mutex);
	owner = strdupnull(find_owner(this, vip));
	this->mutex->unlock(this->mutex);
	return owner;
}

METHOD(redirect_lease_table_t, mark, void,
	private_redirect_lease_table_t *this, const char *owner)
{
	enumerator_t *vips, *enumerator;
	linked_list_t *list;
	entry_t *entry;
	host_t *vip;

	this->mutex->lock(this->mutex);
	vips = this->vips->create_enumerator(this->vips);
	while (vips->enumerate(vips, &vip, &list))
	{
		enumerator = list->create_enumerator(list);
		while (enumerator->enumerate(enumerator, &entry))
		{
			entry->marked |= same_owner(entry->owner, owner);
		}
		enumerator->destroy(enumerator);
	}
	vips->destroy(vips);
	this->mutex->unlock(this->mutex);
}

METHOD(redirect_lease_table_t, sweep, array_t*,
	private_redirect_lease_table_t *this, const char *owner)
{
	enumerator_t *vips, *enumerator;
	array_t *swept, *addresses;
	linked_list_t *list;
	entry_t *entry;
	host_t *vip;

	swept = array_create(0, 0);
	addresses = array_create(0, 0);
	this->mutex->lock(this->mutex);
	vips = this->vips->create_enumerator(this->vips);
	while (vips->enumerate(vips, &vip, &list))
	{
		enumerator = list->create_enumerator(list);
		while (enumerator->enumerate(enumerator, &entry))
		{
			if (entry->marked && same_owner(entry->owner, owner))
			{
				array_insert(swept, ARRAY_TAIL, entry);
			}
		}
		enumerator->destroy(enumerator);
	}
	vips->destroy(vips);
	while (array_remove(swept, ARRAY_TAIL, &entry))
	{
		vip = entry->vip->clone(entry->vip);
		array_insert(addresses, ARRAY_TAIL, vip);
		drop(this, entry);
	}
	this->mutex->unlock(this->mutex);
	array_destroy(swept);
	return addresses;
}

/**
 * Get copies of the leases of this daemon.
 */
static linked_list_t *copy_own(private_redirect_lease_table_t *this)
{
	enumerator_t *vips, *enumerator;
	linked_list_t *list, *copies;
	entry_t *entry, *copy;
	host_t *vip;

	copies = linked_list_create();
	this->mutex->lock(this->mutex);
	vips = this->vips->create_enumerator(this->vips);
	while (vips->enumerate(vips, &vip, &list))
	{
		enumerator = list->create_enumerator(list);
		while (enumerator->enumerate(enumerator, &entry))
		{
			if (!entry->owner)
			{
				INIT(copy,
					.vip = vip->clone(vip),
					.id = entry->id->clone(entry->id),
					.gateway = entry->gateway ?
							   entry->gateway->clone(entry->gateway) : NULL,
				);
				copies->insert_last(copies, copy);
			}
		}
		enumerator->destroy(enumerator);
	}
	vips->destroy(vips);
	this->mutex->unlock(this->mutex);
	return copies;
}

METHOD(redirect_lease_table_t, each, void,
	private_redirect_lease_table_t *this, redirect_lease_cb_t cb, void *user)
{
	linked_list_t *copies;
	entry_t *entry;
	bool go = TRUE;

	copies = copy_own(this);
	while (copies->remove_first(copies, (void**)&entry) == SUCCESS)
	{
		go = go && cb(user, entry->vip, entry->id, entry->gateway);
		entry_destroy(entry);
	}
	copies->destroy(copies);
}

METHOD(redirect_lease_table_t, count, void,
	private_redirect_lease_table_t *this, u_int *own, u_int *others)
{
	this->mutex->lock(this->mutex);
	*own = this->own;
	*others = this->others;
	this->mutex->unlock(this->mutex);
}

METHOD(redirect_lease_table_t, destroy, void,
	private_redirect_lease_table_t *this)
{
	enumerator_t *enumerator;
	linked_list_t *list;
	host_t *vip;

	enumerator = this->vips->create_enumerator(this->vips);
	while (enumerator->enumerate(enumerator, &vip, &list))
	{
		this->vips->remove_at(this->vips, enumerator);
		list->destroy_function(list, (void*)entry_destroy);
	}
	enumerator->destroy(enumerator);
	this->vips->destroy(this->vips);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
redirect_lease_table_t *redirect_lease_table_create()
{
	private_redirect_lease_table_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.remove = _remove_,
			.is_taken = _is_taken,
			.get_rival = _get_rival,
			.is_adopted = _is_adopted,
			.find = _find,
			.leaves = _leaves,
			.get_leaving = _get_leaving,
			.hand_over = _hand_over,
			.get_owner = _get_owner,
			.mark = _mark,
			.sweep = _sweep,
			.each = _each,
			.count = _count,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.vips = hashtable_create((hashtable_hash_t)hash,
								 (hashtable_equals_t)equals, 64),
	);
	return &this->public;
}
