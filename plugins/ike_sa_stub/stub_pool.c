/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_pool.h"
#include "stub_pool_held.h"

#include <collections/array.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/** how identities that hold addresses begin, a number follows */
#define FILLER "ike-sa-stub-held-"

/** addresses that may be taken to get at one */
#define MAX_FILL 65536

/** attempts to get an address for its own identity: it may have others, of
 * which it was not using any, and gets these first */
#define MAX_TRIES 8

/** s for which an address nobody wants is held */
#define HOLD_TIME 3600

/** interval in which these are looked for, in s */
#define EXPIRE_INTERVAL 60

typedef struct private_stub_pool_t private_stub_pool_t;
typedef struct provider_t provider_t;

/**
 * Gives out what is held.
 */
struct provider_t {
	/** for charon */
	attribute_provider_t public;
	/** the pool */
	private_stub_pool_t *pool;
};

/**
 * Private data.
 */
struct private_stub_pool_t {

	/** public interface */
	stub_pool_t public;

	/** identity that gets the next address that is held: each has one of its
	 * own, as charon's pools look at all an identity has before it gets
	 * another */
	identification_t *filler;

	/** its number, used by those that acquire */
	u_int fillers;

	/** host of these */
	host_t *nowhere;

	/** gives what is held to clients without a stub if pools have no more */
	provider_t provider;

	/** TRUE if charon knows it */
	bool registered;

	/** one acquires at a time, protects all above */
	mutex_t *acquiring;

	/** addresses that are held */
	stub_pool_held_t *held;
};

/**
 * Check if an identity holds addresses.
 */
static bool is_filler(identification_t *id)
{
	chunk_t name = id->get_encoding(id);

	return name.len > strlen(FILLER) &&
		   memeq(name.ptr, FILLER, strlen(FILLER));
}

/**
 * Make the identity for the next address that is held.
 */
static void next_filler(private_stub_pool_t *this)
{
	char name[sizeof(FILLER) + 10];

	DESTROY_IF(this->filler);
	snprintf(name, sizeof(name), FILLER "%u", ++this->fillers);
	this->filler = identification_create_from_string(name);
}

METHOD(attribute_provider_t, acquire_address, host_t*,
	provider_t *provider, linked_list_t *pools, ike_sa_t *ike_sa,
	host_t *requested)
{
	private_stub_pool_t *this = provider->pool;
	identification_t *id = ike_sa->get_other_eap_id(ike_sa);

	if (is_filler(id))
	{
		return NULL;
	}
	return this->held->use_any(this->held, pools,
							   requested->get_family(requested), id);
}

METHOD(attribute_provider_t, release_address, bool,
	provider_t *provider, linked_list_t *pools, host_t *vip, ike_sa_t *ike_sa)
{
	private_stub_pool_t *this = provider->pool;

	if (ike_sa->get_state(ike_sa) == IKE_DESTROYING)
	{	/* gone() did it, this would be a second time */
		return this->held->is_held(this->held, vip);
	}
	return this->held->release(this->held, vip,
							   ike_sa->get_other_eap_id(ike_sa));
}

METHOD(attribute_provider_t, create_attribute_enumerator, enumerator_t*,
	provider_t *provider, linked_list_t *pools, ike_sa_t *ike_sa,
	linked_list_t *vips)
{
	return enumerator_create_empty();
}

/**
 * Create an IKE_SA that stands for a client.
 */
static ike_sa_t *create_client(identification_t *id, host_t *peer)
{
	ike_sa_id_t *ike_id;
	ike_sa_t *ike_sa;

	ike_id = ike_sa_id_create(IKEV2_MAJOR_VERSION, 0, 0, FALSE);
	ike_sa = ike_sa_create(ike_id, FALSE, IKEV2);
	ike_id->destroy(ike_id);
	ike_sa->set_other_id(ike_sa, id->clone(id));
	ike_sa->set_other_host(ike_sa, peer->clone(peer));
	return ike_sa;
}

/**
 * Destroy such an IKE_SA, the thread has the one it had before.
 */
static void destroy_client(ike_sa_t *client, ike_sa_t *current)
{
	client->destroy(client);
	charon->bus->set_sa(charon->bus, current);
}

/**
 * Have a pool give an address to an identity that holds it.
 */
static host_t *get_address(private_stub_pool_t *this, linked_list_t *pools,
						   host_t *vip, ike_sa_t *client,
						   identification_t *filler)
{
	host_t *got;

	client->set_other_id(client, filler->clone(filler));
	got = charon->attributes->acquire_address(charon->attributes, pools, client,
											  vip);
	if (got && got->get_family(got) != vip->get_family(vip))
	{
		got->destroy(got);
		got = NULL;
	}
	return got;
}

/**
 * Acquire an address that was held and given back, if the pool has not given it
 * to somebody else.
 */
static bool take_back(private_stub_pool_t *this, linked_list_t *pools,
					  host_t *vip, identification_t *id)
{
	ike_sa_t *current = charon->bus->get_sa(charon->bus), *client;
	identification_t *filler;
	bool found = FALSE;
	host_t *got;

	filler = this->held->take_back(this->held, vip);
	if (!filler)
	{
		return FALSE;
	}
	client = create_client(filler, this->nowhere);
	got = get_address(this, pools, vip, client, filler);
	if (got)
	{
		found = got->ip_equals(got, vip);
		this->held->add(this->held, pools, got, filler, found ? id : NULL);
	}
	destroy_client(client, current);
	filler->destroy(filler);
	return found;
}

/**
 * Hold what comes before an address; TRUE if that is held itself then.
 */
static bool fill(private_stub_pool_t *this, linked_list_t *pools, host_t *vip,
				 identification_t *id)
{
	ike_sa_t *current = charon->bus->get_sa(charon->bus), *client;
	host_t *got;
	u_int i;
	int order = -1;

	if (!this->registered)
	{	/* not before, it has to come after those that have the pools */
		this->registered = TRUE;
		charon->attributes->add_provider(charon->attributes,
										 &this->provider.public);
	}
	client = create_client(this->filler, this->nowhere);
	for (i = 0; i < MAX_FILL && order < 0; i++)
	{
		got = get_address(this, pools, vip, client, this->filler);
		if (!got)
		{
			break;
		}
		order = chunk_compare(got->get_address(got), vip->get_address(vip));
		if (order > 0)
		{	/* given out before, by the pool; the same filler gets this one
			 * again as the next one */
			charon->attributes->release_address(charon->attributes, pools, got,
												client);
			got->destroy(got);
		}
		else
		{
			this->held->add(this->held, pools, got, this->filler,
							order == 0 ? id : NULL);
			next_filler(this);
		}
	}
	destroy_client(client, current);
	return order == 0;
}

/**
 * Acquire an address the pool may have given to the identity before.
 */
static bool acquire_own(linked_list_t *pools, host_t *vip, identification_t *id,
						host_t *peer)
{
	ike_sa_t *current = charon->bus->get_sa(charon->bus), *client;
	array_t *others = array_create(0, 0);
	bool found = FALSE;
	host_t *got;
	u_int i;

	client = create_client(id, peer);
	for (i = 0; i < MAX_TRIES && !found; i++)
	{
		got = charon->attributes->acquire_address(charon->attributes, pools,
												  client, vip);
		if (!got)
		{
			break;
		}
		found = got->ip_equals(got, vip);
		if (found)
		{
			got->destroy(got);
		}
		else
		{
			array_insert(others, ARRAY_TAIL, got);
		}
	}
	while (array_remove(others, ARRAY_TAIL, &got))
	{
		charon->attributes->release_address(charon->attributes, pools, got,
											client);
		got->destroy(got);
	}
	array_destroy(others);
	destroy_client(client, current);
	return found;
}

METHOD(stub_pool_t, acquire, bool,
	private_stub_pool_t *this, linked_list_t *pools, host_t *vip,
	identification_t *id, host_t *peer, bool known)
{
	bool good;

	this->acquiring->lock(this->acquiring);
	if (!this->held->use(this->held, vip, id, &good))
	{
		good = (known && acquire_own(pools, vip, id, peer)) ||
			   take_back(this, pools, vip, id) ||
			   fill(this, pools, vip, id) || acquire_own(pools, vip, id, peer);
	}
	this->acquiring->unlock(this->acquiring);
	return good;
}

METHOD(stub_pool_t, release, void,
	private_stub_pool_t *this, linked_list_t *pools, host_t *vip,
	identification_t *id)
{
	ike_sa_t *current = charon->bus->get_sa(charon->bus), *client;

	if (!this->held->release(this->held, vip, id))
	{
		client = create_client(id, this->nowhere);
		charon->attributes->release_address(charon->attributes, pools, vip,
											client);
		destroy_client(client, current);
	}
}

METHOD(stub_pool_t, gone, void,
	private_stub_pool_t *this, ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	host_t *vip;

	enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, FALSE);
	while (enumerator->enumerate(enumerator, &vip))
	{
		this->held->release(this->held, vip,
							ike_sa->get_other_eap_id(ike_sa));
	}
	enumerator->destroy(enumerator);
}

/**
 * Give an address back, with an IKE_SA that's created for the first one.
 * Implements stub_pool_back_t
 */
static void give_back(ike_sa_t **client, linked_list_t *pools, host_t *vip,
					  identification_t *filler)
{
	host_t *nowhere;

	if (*client)
	{
		(*client)->set_other_id(*client, filler->clone(filler));
	}
	else
	{
		nowhere = host_create_any(AF_INET);
		*client = create_client(filler, nowhere);
		nowhere->destroy(nowhere);
	}
	charon->attributes->release_address(charon->attributes, pools, vip,
										*client);
}

/**
 * Job: give back what nobody wanted for long.
 */
static job_requeue_t expire(private_stub_pool_t *this)
{
	ike_sa_t *client = NULL;

	this->acquiring->lock(this->acquiring);
	this->held->expire(this->held, HOLD_TIME, (stub_pool_back_t)give_back,
					   &client);
	if (client)
	{
		destroy_client(client, NULL);
	}
	this->acquiring->unlock(this->acquiring);
	return JOB_RESCHEDULE(EXPIRE_INTERVAL);
}

METHOD(stub_pool_t, destroy, void,
	private_stub_pool_t *this)
{
	if (this->registered)
	{
		charon->attributes->remove_provider(charon->attributes,
											&this->provider.public);
	}
	this->held->destroy(this->held);
	this->filler->destroy(this->filler);
	this->nowhere->destroy(this->nowhere);
	this->acquiring->destroy(this->acquiring);
	free(this);
}

/*
 * Described in header.
 */
stub_pool_t *stub_pool_create()
{
	private_stub_pool_t *this;

	INIT(this,
		.public = {
			.acquire = _acquire,
			.release = _release,
			.gone = _gone,
			.destroy = _destroy,
		},
		.provider = {
			.public = {
				.acquire_address = _acquire_address,
				.release_address = _release_address,
				.create_attribute_enumerator = _create_attribute_enumerator,
			},
		},
		.nowhere = host_create_any(AF_INET),
		.acquiring = mutex_create(MUTEX_TYPE_DEFAULT),
		.held = stub_pool_held_create(),
	);
	this->provider.pool = this;
	next_filler(this);
	lib->scheduler->schedule_job(lib->scheduler,
		(job_t*)callback_job_create((void*)expire, this, NULL, NULL),
		EXPIRE_INTERVAL);
	return &this->public;
}
