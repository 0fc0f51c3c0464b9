/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_pool_held.h"

#include <library.h>
#include <collections/array.h>
#include <collections/hashtable.h>
#include <threading/mutex.h>

typedef struct private_stub_pool_held_t private_stub_pool_held_t;
typedef struct held_t held_t;

/**
 * Private data.
 */
struct private_stub_pool_held_t {

	/** public interface */
	stub_pool_held_t public;

	/** host_t => held_t */
	hashtable_t *held;

	/** protects it */
	mutex_t *mutex;
};

/**
 * An address that is held.
 */
struct held_t {
	/** address */
	host_t *vip;
	/** pools it is from */
	linked_list_t *pools;
	/** identity that has it there */
	identification_t *filler;
	/** who uses it, or NULL */
	identification_t *user;
	/** by how many IKE_SAs, also those that are not confirmed yet */
	u_int uses;
	/** since when nobody does */
	time_t since;
	/** TRUE if it's not held anymore, the pool gives it to the filler first */
	bool back;
};

/**
 * Destroy an entry.
 */
static void held_destroy(held_t *held)
{
	held->vip->destroy(held->vip);
	held->pools->destroy_function(held->pools, free);
	held->filler->destroy(held->filler);
	DESTROY_IF(held->user);
	free(held);
}

/**
 * Clone a list of names.
 */
static linked_list_t *clone_names(linked_list_t *names)
{
	linked_list_t *clone = linked_list_create();
	enumerator_t *enumerator;
	char *name;

	enumerator = names->create_enumerator(names);
	while (enumerator->enumerate(enumerator, &name))
	{
		clone->insert_last(clone, strdup(name));
	}
	enumerator->destroy(enumerator);
	return clone;
}

/**
 * Check if two lists have a name in common.
 */
static bool have_common(linked_list_t *a, linked_list_t *b)
{
	enumerator_t *enumerator;
	char *name;
	bool found = FALSE;

	enumerator = a->create_enumerator(a);
	while (!found && enumerator->enumerate(enumerator, &name))
	{
		found = b->find_first(b, linked_list_match_str, NULL, name);
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Find an address that is held, mutex held.
 */
static held_t *find(private_stub_pool_held_t *this, host_t *vip)
{
	held_t *held = this->held->get(this->held, vip);

	return held && !held->back ? held : NULL;
}

/**
 * Let one more IKE_SA of an identity use an address, mutex held.
 */
static void use_one(held_t *held, identification_t *id)
{
	if (!held->user)
	{
		held->user = id->clone(id);
	}
	held->uses++;
}

METHOD(stub_pool_held_t, add, void,
	private_stub_pool_held_t *this, linked_list_t *pools, host_t *vip,
	identification_t *filler, identification_t *user)
{
	held_t *held, *old;

	INIT(held,
		.vip = vip,
		.pools = clone_names(pools),
		.filler = filler->clone(filler),
		.since = time_monotonic(NULL),
	);
	if (user)
	{
		use_one(held, user);
	}
	this->mutex->lock(this->mutex);
	/* given back, and then given to another filler */
	old = this->held->put(this->held, vip, held);
	this->mutex->unlock(this->mutex);
	if (old)
	{
		held_destroy(old);
	}
}

METHOD(stub_pool_held_t, use, bool,
	private_stub_pool_held_t *this, host_t *vip, identification_t *id,
	bool *good)
{
	held_t *held;

	this->mutex->lock(this->mutex);
	held = find(this, vip);
	if (held)
	{
		*good = !held->user || held->user->equals(held->user, id);
		if (*good)
		{
			use_one(held, id);
		}
	}
	this->mutex->unlock(this->mutex);
	return held != NULL;
}

METHOD(stub_pool_held_t, use_any, host_t*,
	private_stub_pool_held_t *this, linked_list_t *pools, int family,
	identification_t *id)
{
	enumerator_t *enumerator;
	held_t *held;
	host_t *vip = NULL;

	this->mutex->lock(this->mutex);
	enumerator = this->held->create_enumerator(this->held);
	while (!vip && enumerator->enumerate(enumerator, NULL, &held))
	{
		if (!held->user && !held->back && have_common(held->pools, pools) &&
			held->vip->get_family(held->vip) == family)
		{
			use_one(held, id);
			vip = held->vip->clone(held->vip);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return vip;
}

METHOD(stub_pool_held_t, release, bool,
	private_stub_pool_held_t *this, host_t *vip, identification_t *id)
{
	held_t *held;

	this->mutex->lock(this->mutex);
	held = find(this, vip);
	if (held && held->user && held->user->equals(held->user, id) &&
		--held->uses == 0)
	{
		held->user->destroy(held->user);
		held->user = NULL;
		held->since = time_monotonic(NULL);
	}
	this->mutex->unlock(this->mutex);
	return held != NULL;
}

METHOD(stub_pool_held_t, is_held, bool,
	private_stub_pool_held_t *this, host_t *vip)
{
	bool is;

	this->mutex->lock(this->mutex);
	is = find(this, vip) != NULL;
	this->mutex->unlock(this->mutex);
	return is;
}

METHOD(stub_pool_held_t, take_back, identification_t*,
	private_stub_pool_held_t *this, host_t *vip)
{
	identification_t *filler = NULL;
	held_t *held;

	this->mutex->lock(this->mutex);
	held = this->held->get(this->held, vip);
	if (held && held->back)
	{
		this->held->remove(this->held, vip);
		filler = held->filler->clone(held->filler);
		held_destroy(held);
	}
	this->mutex->unlock(this->mutex);
	return filler;
}

METHOD(stub_pool_held_t, expire, void,
	private_stub_pool_held_t *this, time_t idle, stub_pool_back_t cb,
	void *user)
{
	time_t now = time_monotonic(NULL);
	array_t *expired = array_create(0, 0);
	enumerator_t *enumerator;
	held_t *held;

	this->mutex->lock(this->mutex);
	enumerator = this->held->create_enumerator(this->held);
	while (enumerator->enumerate(enumerator, NULL, &held))
	{
		if (!held->user && !held->back && held->since + idle < now)
		{
			held->back = TRUE;
			array_insert(expired, ARRAY_TAIL, held);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	/* nobody else destroys them now, or changes what is passed */
	while (array_remove(expired, ARRAY_TAIL, &held))
	{
		cb(user, held->pools, held->vip, held->filler);
	}
	array_destroy(expired);
}

METHOD(stub_pool_held_t, destroy, void,
	private_stub_pool_held_t *this)
{
	enumerator_t *enumerator;
	held_t *held;

	enumerator = this->held->create_enumerator(this->held);
	while (enumerator->enumerate(enumerator, NULL, &held))
	{
		this->held->remove_at(this->held, enumerator);
		held_destroy(held);
	}
	enumerator->destroy(enumerator);
	this->held->destroy(this->held);
	this->mutex->destroy(this->mutex);
	free(this);
}

/**
 * Hash an address.
 */
static u_int hash(const void *key)
{
	host_t *host = (host_t*)key;

	return chunk_hash(host->get_address(host));
}

/**
 * Compare addresses.
 */
static bool equals(const void *a, const void *b)
{
	host_t *host = (host_t*)a;

	return host->ip_equals(host, (host_t*)b);
}

/*
 * Described in header.
 */
stub_pool_held_t *stub_pool_held_create()
{
	private_stub_pool_held_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.use = _use,
			.use_any = _use_any,
			.release = _release,
			.is_held = _is_held,
			.take_back = _take_back,
			.expire = _expire,
			.destroy = _destroy,
		},
		.held = hashtable_create(hash, equals, 32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
