/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_capture.h"
#include "stub_keys.h"
#include "stub_tracked.h"

#include <collections/hashtable.h>
#include <sa/ikev2/keymat_v2.h>
#include <threading/mutex.h>

typedef struct private_stub_capture_t private_stub_capture_t;

/**
 * Private data.
 */
struct private_stub_capture_t {

	/** public interface */
	stub_capture_t public;

	/** options */
	stub_config_t *config;

	/** keeper of gateways' stubs */
	stub_keeper_t *keeper;

	/** clients' stubs on disk, or NULL */
	stub_file_t *file;

	/** counters */
	stub_stats_t *stats;

	/** unique ID of IKE_SA => stub_tracked_t */
	hashtable_t *tracked;

	/** protects tracked */
	mutex_t *mutex;
};

/**
 * Key for the table.
 */
static void *key(ike_sa_t *ike_sa)
{
	return (void*)(uintptr_t)ike_sa->get_unique_id(ike_sa);
}

/**
 * Get the entry of an IKE_SA, make one if there is none; mutex held.
 */
static stub_tracked_t *get_tracked(private_stub_capture_t *this,
								   ike_sa_t *ike_sa)
{
	stub_tracked_t *tracked;

	tracked = this->tracked->get(this->tracked, key(ike_sa));
	if (!tracked)
	{
		INIT(tracked);
		this->tracked->put(this->tracked, key(ike_sa), tracked);
	}
	return tracked;
}

/**
 * Look for the entry of an IKE_SA that was agreed on, NULL if there is none;
 * mutex held.  That of one that was taken over from another member (ha-sync) is
 * made from the stub which that has shared with us.
 */
static stub_tracked_t *find_agreed(private_stub_capture_t *this,
								   ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	stub_tracked_t *tracked;
	uint64_t index;
	stub_t *stub;

	tracked = this->tracked->get(this->tracked, key(ike_sa));
	if (tracked && tracked->agreed)
	{
		return tracked;
	}
	index = id->is_initiator(id) ? id->get_initiator_spi(id)
								 : id->get_responder_spi(id);
	stub = this->keeper->get_shared(this->keeper, index);
	if (!stub)
	{
		return NULL;
	}
	tracked = get_tracked(this, ike_sa);
	stub_tracked_agree(tracked, stub);
	tracked->chain = stub->chain;
	if (stub->role == STUB_CLIENT)
	{
		tracked->stub = stub;
	}
	else
	{
		tracked->index = index;
		stub_unref(stub);
	}
	return tracked;
}

/**
 * Stubs of clients were made or removed.
 */
static void changed(private_stub_capture_t *this)
{
	if (this->file)
	{
		this->file->changed(this->file);
	}
}

/**
 * Make a stub, mutex held.
 */
static void make_stub(private_stub_capture_t *this, ike_sa_t *ike_sa,
					  stub_tracked_t *tracked)
{
	keymat_v2_t *keymat = (keymat_v2_t*)ike_sa->get_keymat(ike_sa);
	pseudo_random_function_t prf;
	chunk_t sk_d;
	stub_t *stub;

	stub = stub_describe(ike_sa, tracked->role);
	if (!stub)
	{
		return;
	}
	prf = keymat->get_skd(keymat, &sk_d);
	stub_tracked_set_times(tracked, this->config, ike_sa, stub);
	stub->chain = tracked->chain;
	if (stub_keys_set(stub, prf, sk_d, tracked->secret, tracked->additional,
					  tracked->offer.hardened))
	{
		this->stats->add(this->stats, STUB_MADE, 1);
		if (tracked->role == STUB_CLIENT)
		{
			stub_unref(tracked->stub);
			tracked->stub = stub_ref(stub);
			this->keeper->share(this->keeper, stub);
			changed(this);
		}
		else
		{
			stub->unique_id = ike_sa->get_unique_id(ike_sa);
			if (this->keeper->put(this->keeper, stub))
			{
				tracked->index = stub_get_index(stub);
			}
		}
	}
	stub_unref(stub);
}

/**
 * Make the first stub of an IKE_SA, or forget the secrets, mutex held.
 */
static void make_first(private_stub_capture_t *this, ike_sa_t *ike_sa)
{
	stub_tracked_t *tracked;

	tracked = this->tracked->get(this->tracked, key(ike_sa));
	if (!tracked)
	{
		return;
	}
	if (tracked->agreed && tracked->secret.len)
	{
		make_stub(this, ike_sa, tracked);
	}
	/* the stub has what is needed */
	stub_tracked_wipe(tracked);
}

METHOD(listener_t, ike_keys, bool,
	private_stub_capture_t *this, ike_sa_t *ike_sa, array_t *kes,
	chunk_t dh_other, chunk_t nonce_i, chunk_t nonce_r, ike_sa_t *rekey,
	shared_key_t *shared, auth_method_t method)
{
	chunk_t secret, additional = chunk_empty;
	stub_tracked_t *tracked;

	if (ike_sa->get_version(ike_sa) != IKEV2 ||
		!key_exchange_concat_secrets(kes, &secret, &additional))
	{
		return TRUE;
	}
	this->mutex->lock(this->mutex);
	tracked = get_tracked(this, ike_sa);
	/* more come by IKE_INTERMEDIATE (RFC 9370, 2.2.2); others are new ones,
	 * also if IKE_SA_INIT is tried again */
	stub_tracked_set_secrets(tracked, rekey == ike_sa, secret, additional);
	this->mutex->unlock(this->mutex);
	return TRUE;
}

/**
 * The other side told a lifetime: the gateway decides, the client does as it is
 * told.
 */
static void agree(private_stub_capture_t *this, ike_sa_t *ike_sa,
				  stub_role_t role, const stub_offer_t *offer)
{
	stub_tracked_t *tracked;

	this->mutex->lock(this->mutex);
	tracked = get_tracked(this, ike_sa);
	tracked->agreed = TRUE;
	tracked->role = role;
	tracked->offer = *offer;
	tracked->offer.lifetime = min(offer->lifetime, this->config->lifetime);
	if (role == STUB_GATEWAY)
	{
		tracked->offer.hardened = offer->hardened && this->config->hardened;
		tracked->offer.pfs = offer->pfs || this->config->pfs;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Tell a client that there is a stub.
 */
static void tell(private_stub_capture_t *this, ike_sa_t *ike_sa,
				 message_t *message)
{
	uint64_t now = time(NULL);
	stub_offer_t offer;
	stub_tracked_t *tracked;
	stub_t *stub = NULL;

	this->mutex->lock(this->mutex);
	tracked = this->tracked->get(this->tracked, key(ike_sa));
	if (tracked && tracked->index)
	{
		offer = tracked->offer;
		stub = this->keeper->get(this->keeper, tracked->index, NULL);
	}
	this->mutex->unlock(this->mutex);
	if (stub && stub->expires > now)
	{
		offer.lifetime = stub->expires - now;
		stub_offer_add(message, &offer);
	}
	stub_unref(stub);
}

METHOD(listener_t, message, bool,
	private_stub_capture_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	stub_offer_t offer;
	bool request;

	if (!ike_sa || !plain || message->get_exchange_type(message) != IKE_AUTH ||
		message->get_major_version(message) != IKEV2_MAJOR_VERSION)
	{
		return TRUE;
	}
	request = message->get_request(message);
	if (incoming)
	{
		if ((request ? this->config->gateway : this->config->client) &&
			stub_offer_find(message, &offer))
		{
			agree(this, ike_sa, request ? STUB_GATEWAY : STUB_CLIENT, &offer);
		}
	}
	else if (!request)
	{
		tell(this, ike_sa, message);
	}
	else if (this->config->client &&
			 message->get_payload(message, PLV2_ID_INITIATOR))
	{
		offer = (stub_offer_t){
			.lifetime = this->config->lifetime,
			.hardened = this->config->hardened,
			.pfs = this->config->pfs,
		};
		stub_offer_add(message, &offer);
	}
	return TRUE;
}

METHOD(listener_t, ike_updown, bool,
	private_stub_capture_t *this, ike_sa_t *ike_sa, bool up)
{
	if (up && ike_sa->get_version(ike_sa) == IKEV2)
	{
		this->mutex->lock(this->mutex);
		make_first(this, ike_sa);
		this->mutex->unlock(this->mutex);
	}
	return TRUE;
}

/**
 * Take a client's stub, so that no other member has it either; mutex held.
 */
static stub_t *take_stub(private_stub_capture_t *this, stub_tracked_t *tracked)
{
	stub_t *stub = tracked->stub;

	tracked->stub = NULL;
	this->keeper->revoke(this->keeper, stub_get_index(stub));
	changed(this);
	return stub;
}

/**
 * Remove the stub of an IKE_SA, mutex held.
 */
static bool remove_stub(private_stub_capture_t *this, stub_tracked_t *tracked)
{
	bool removed = FALSE;

	if (tracked->index)
	{
		removed = this->keeper->revoke(this->keeper, tracked->index);
		tracked->index = 0;
	}
	if (tracked->stub)
	{
		removed = TRUE;
		stub_unref(take_stub(this, tracked));
	}
	return removed;
}

METHOD(listener_t, ike_rekey, bool,
	private_stub_capture_t *this, ike_sa_t *old_sa, ike_sa_t *new_sa)
{
	stub_tracked_t *old, *new;

	this->mutex->lock(this->mutex);
	old = find_agreed(this, old_sa);
	new = this->tracked->get(this->tracked, key(new_sa));
	if (old && new)
	{
		new->agreed = TRUE;
		new->role = old->role;
		new->offer = old->offer;
		new->reauth = old->reauth;
		make_first(this, new_sa);
		remove_stub(this, old);
	}
	else if (new)
	{
		stub_tracked_wipe(new);
	}
	this->mutex->unlock(this->mutex);
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_stub_capture_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	stub_tracked_t *tracked;

	if ((state != IKE_DELETING && state != IKE_DESTROYING) ||
		ike_sa->get_version(ike_sa) != IKEV2)
	{
		return TRUE;
	}
	this->mutex->lock(this->mutex);
	if (state == IKE_DESTROYING)
	{	/* the stub of a gateway stays */
		tracked = this->tracked->remove(this->tracked, key(ike_sa));
		if (tracked)
		{
			if (tracked->stub)
			{
				changed(this);
			}
			stub_tracked_destroy(tracked);
		}
	}
	else
	{
		tracked = find_agreed(this, ike_sa);
		if (tracked && remove_stub(this, tracked))
		{
			this->stats->add(this->stats, STUB_REVOKED, 1);
		}
	}
	this->mutex->unlock(this->mutex);
	return TRUE;
}

METHOD(stub_capture_t, take, stub_t*,
	private_stub_capture_t *this, ike_sa_t *ike_sa)
{
	stub_tracked_t *tracked;
	stub_t *stub = NULL;

	this->mutex->lock(this->mutex);
	tracked = find_agreed(this, ike_sa);
	if (tracked && tracked->stub)
	{
		stub = take_stub(this, tracked);
	}
	this->mutex->unlock(this->mutex);
	if (stub && !stub_is_valid(stub))
	{
		this->stats->add(this->stats, STUB_EXPIRED, 1);
		stub_unref(stub);
		return NULL;
	}
	return stub;
}

METHOD(stub_capture_t, resumed, void,
	private_stub_capture_t *this, ike_sa_t *ike_sa, stub_t *stub,
	chunk_t fresh)
{
	stub_tracked_t *tracked;

	this->mutex->lock(this->mutex);
	tracked = get_tracked(this, ike_sa);
	stub_tracked_wipe(tracked);
	stub_tracked_agree(tracked, stub);
	tracked->chain = fresh.len ? 0 : min(stub->chain + 1, STUB_CHAIN_MAX);
	if (tracked->chain < this->config->max_chain)
	{
		tracked->secret = chunk_clone(stub->secret);
		tracked->additional = chunk_cat("cc", stub->additional, fresh);
		make_first(this, ike_sa);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(stub_capture_t, is_gone, bool,
	private_stub_capture_t *this, stub_t *stub)
{
	bool gone = FALSE;

	/* with ha-sync another IKE_SA may have taken its place */
	if (stub->unique_id && !stub_keys_replicated())
	{
		this->mutex->lock(this->mutex);
		gone = !this->tracked->get(this->tracked,
								   (void*)(uintptr_t)stub->unique_id);
		this->mutex->unlock(this->mutex);
	}
	return gone;
}

METHOD(stub_capture_t, get_all, array_t*,
	private_stub_capture_t *this)
{
	enumerator_t *enumerator;
	stub_tracked_t *tracked;
	array_t *all;

	all = array_create(0, 0);
	this->mutex->lock(this->mutex);
	enumerator = this->tracked->create_enumerator(this->tracked);
	while (enumerator->enumerate(enumerator, NULL, &tracked))
	{
		if (tracked->stub)
		{
			array_insert(all, ARRAY_TAIL, stub_ref(tracked->stub));
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return all;
}

METHOD(stub_capture_t, destroy, void,
	private_stub_capture_t *this)
{
	enumerator_t *enumerator;
	stub_tracked_t *tracked;

	enumerator = this->tracked->create_enumerator(this->tracked);
	while (enumerator->enumerate(enumerator, NULL, &tracked))
	{
		stub_tracked_destroy(tracked);
	}
	enumerator->destroy(enumerator);
	this->tracked->destroy(this->tracked);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
stub_capture_t *stub_capture_create(stub_config_t *config,
									stub_keeper_t *keeper, stub_file_t *file,
									stub_stats_t *stats)
{
	private_stub_capture_t *this;

	INIT(this,
		.public = {
			.listener = {
				.ike_keys = _ike_keys,
				.message = _message,
				.ike_updown = _ike_updown,
				.ike_rekey = _ike_rekey,
				.ike_state_change = _ike_state_change,
			},
			.take = _take,
			.resumed = _resumed,
			.is_gone = _is_gone,
			.get_all = _get_all,
			.destroy = _destroy,
		},
		.config = config,
		.keeper = keeper,
		.file = file,
		.stats = stats,
		.tracked = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
