/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_ke.h"

#include <collections/hashtable.h>
#include <sa/keymat.h>
#include <threading/mutex.h>

typedef struct private_shared_ke_t private_shared_ke_t;
typedef struct entry_t entry_t;

/**
 * A key exchange that charon and we have.
 */
struct private_shared_ke_t {

	/** implements key_exchange_t */
	key_exchange_t public;

	/** room for set_seed(), which a charon built with TESTABLE_KE may look
	 * for at the end of the interface */
	void *room[2];

	/** key exchange */
	key_exchange_t *ke;

	/** references */
	refcount_t refs;
};

/**
 * A keymat whose create_ke() was replaced.
 */
struct entry_t {
	/** keymat, the key */
	keymat_t *keymat;
	/** unique ID of the IKE_SA */
	uint32_t unique_id;
	/** what create_ke() was */
	key_exchange_t* (*create_ke)(keymat_t *this, key_exchange_method_t method);
	/** key exchange created last, or NULL */
	private_shared_ke_t *shared;
};

/** keymat_t => entry_t; charon's functions that we replace get no context */
static hashtable_t *entries;

/** protects entries */
static mutex_t *mutex;

METHOD(key_exchange_t, get_shared_secret, bool,
	private_shared_ke_t *this, chunk_t *secret)
{
	return this->ke->get_shared_secret(this->ke, secret);
}

METHOD(key_exchange_t, set_public_key, bool,
	private_shared_ke_t *this, chunk_t value)
{
	return this->ke->set_public_key(this->ke, value);
}

METHOD(key_exchange_t, get_public_key, bool,
	private_shared_ke_t *this, chunk_t *value)
{
	return this->ke->get_public_key(this->ke, value);
}

METHOD(key_exchange_t, get_method, key_exchange_method_t,
	private_shared_ke_t *this)
{
	return this->ke->get_method(this->ke);
}

METHOD(key_exchange_t, shared_destroy, void,
	private_shared_ke_t *this)
{
	if (ref_put(&this->refs))
	{
		this->ke->destroy(this->ke);
		free(this);
	}
}

/**
 * Share a key exchange.
 */
static private_shared_ke_t *shared_create(key_exchange_t *ke)
{
	private_shared_ke_t *this;

	INIT(this,
		.public = {
			.get_shared_secret = _get_shared_secret,
			.set_public_key = _set_public_key,
			.get_public_key = _get_public_key,
			.get_method = _get_method,
			.destroy = _shared_destroy,
		},
		.ke = ke,
		.refs = 1,
	);
	return this;
}

/**
 * Replaces create_ke() of a keymat.
 */
static key_exchange_t *create_ke(keymat_t *keymat, key_exchange_method_t method)
{
	key_exchange_t* (*create)(keymat_t*, key_exchange_method_t) = NULL;
	private_shared_ke_t *shared = NULL, *old = NULL;
	key_exchange_t *ke;
	entry_t *entry;

	mutex->lock(mutex);
	entry = entries->get(entries, keymat);
	create = entry ? entry->create_ke : NULL;
	mutex->unlock(mutex);

	ke = create ? create(keymat, method) : NULL;
	if (!ke)
	{
		return NULL;
	}
	shared = shared_create(ke);
	mutex->lock(mutex);
	entry = entries->get(entries, keymat);
	if (entry)
	{
		old = entry->shared;
		entry->shared = shared;
		ref_get(&shared->refs);
	}
	mutex->unlock(mutex);
	if (old)
	{
		shared_destroy(old);
	}
	return &shared->public;
}

/*
 * Described in header.
 */
bool stub_ke_share(ike_sa_t *ike_sa)
{
	keymat_t *keymat = ike_sa->get_keymat(ike_sa);
	entry_t *entry;

	INIT(entry,
		.keymat = keymat,
		.unique_id = ike_sa->get_unique_id(ike_sa),
		.create_ke = keymat->create_ke,
	);
	mutex->lock(mutex);
	entry = entries->put(entries, keymat, entry);
	keymat->create_ke = create_ke;
	mutex->unlock(mutex);
	/* there can't be one, the keymat is new */
	free(entry);
	return TRUE;
}

/**
 * Find the entry of an IKE_SA, whose keymat may have been replaced; mutex held.
 */
static entry_t *find(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	entry_t *entry, *found = NULL;

	enumerator = entries->create_enumerator(entries);
	while (!found && enumerator->enumerate(enumerator, NULL, &entry))
	{
		if (entry->unique_id == ike_sa->get_unique_id(ike_sa))
		{
			found = entry;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Get the key exchange of an IKE_SA.
 */
static private_shared_ke_t *get_shared(ike_sa_t *ike_sa)
{
	private_shared_ke_t *shared = NULL;
	entry_t *entry;

	mutex->lock(mutex);
	entry = find(ike_sa);
	if (entry && entry->shared)
	{
		shared = entry->shared;
		ref_get(&shared->refs);
	}
	mutex->unlock(mutex);
	return shared;
}

/*
 * Described in header.
 */
bool stub_ke_is_shared(ike_sa_t *ike_sa, key_exchange_method_t method)
{
	private_shared_ke_t *shared = get_shared(ike_sa);
	bool found;

	found = shared && get_method(shared) == method;
	if (shared)
	{
		shared_destroy(shared);
	}
	return found;
}

/*
 * Described in header.
 */
bool stub_ke_get_secret(ike_sa_t *ike_sa, key_exchange_method_t method,
						chunk_t value, chunk_t *secret)
{
	private_shared_ke_t *shared = get_shared(ike_sa);
	bool good;

	good = shared && get_method(shared) == method &&
		   set_public_key(shared, value) && get_shared_secret(shared, secret);
	if (shared)
	{
		shared_destroy(shared);
	}
	return good;
}

/*
 * Described in header.
 */
void stub_ke_forget(ike_sa_t *ike_sa)
{
	keymat_t *keymat = ike_sa->get_keymat(ike_sa);
	private_shared_ke_t *shared = NULL;
	entry_t *entry;

	mutex->lock(mutex);
	entry = find(ike_sa);
	if (entry)
	{
		entries->remove(entries, entry->keymat);
		if (entry->keymat == keymat && keymat->create_ke == create_ke)
		{
			keymat->create_ke = entry->create_ke;
		}
		shared = entry->shared;
		free(entry);
	}
	mutex->unlock(mutex);
	if (shared)
	{
		shared_destroy(shared);
	}
}

/*
 * Described in header.
 */
void stub_ke_init()
{
	entries = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 8);
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
}

/*
 * Described in header.
 */
void stub_ke_deinit()
{
	enumerator_t *enumerator;
	entry_t *entry;

	enumerator = entries->create_enumerator(entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		if (entry->shared)
		{
			shared_destroy(entry->shared);
		}
		free(entry);
	}
	enumerator->destroy(enumerator);
	entries->destroy(entries);
	mutex->destroy(mutex);
}
