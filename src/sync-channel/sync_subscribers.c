/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_subscribers.h"

#include <threading/condvar.h>
#include <threading/mutex.h>

typedef struct private_sync_subscribers_t private_sync_subscribers_t;
typedef struct subscription_t subscription_t;

/**
 * Subscription of a domain.
 */
struct subscription_t {
	/** subscriber, NULL if none or ending */
	sync_subscriber_t *subscriber;
	/** number of the subscription */
	u_int id;
	/** calls under way */
	u_int users;
};

/**
 * Private data.
 */
struct private_sync_subscribers_t {

	/** public interface */
	sync_subscribers_t public;

	/** lock for all below */
	mutex_t *mutex;

	/** signalled when the last call of a domain ended */
	condvar_t *idle;

	/** subscriptions by domain */
	subscription_t domains[SYNC_DOMAIN_COUNT];

	/** number of last subscription */
	u_int id;
};

METHOD(sync_subscribers_t, add, bool,
	private_sync_subscribers_t *this, sync_domain_t domain,
	sync_subscriber_t *subscriber)
{
	subscription_t *subscription;
	bool added = FALSE;

	if (domain == SYNC_CONTROL || domain >= SYNC_DOMAIN_COUNT)
	{
		return FALSE;
	}
	subscription = &this->domains[domain];
	this->mutex->lock(this->mutex);
	if (!subscription->subscriber)
	{
		subscription->subscriber = subscriber;
		subscription->id = ++this->id;
		added = TRUE;
	}
	this->mutex->unlock(this->mutex);
	return added;
}

METHOD(sync_subscribers_t, remove_, void,
	private_sync_subscribers_t *this, sync_domain_t domain)
{
	subscription_t *subscription;

	if (domain >= SYNC_DOMAIN_COUNT)
	{
		return;
	}
	subscription = &this->domains[domain];
	this->mutex->lock(this->mutex);
	subscription->subscriber = NULL;
	while (subscription->users)
	{
		this->idle->wait(this->idle, this->mutex);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(sync_subscribers_t, enter, sync_subscriber_t*,
	private_sync_subscribers_t *this, u_int domain, u_int *id)
{
	sync_subscriber_t *subscriber;

	if (domain >= SYNC_DOMAIN_COUNT)
	{
		return NULL;
	}
	this->mutex->lock(this->mutex);
	subscriber = this->domains[domain].subscriber;
	if (subscriber)
	{
		this->domains[domain].users++;
		if (id)
		{
			*id = this->domains[domain].id;
		}
	}
	this->mutex->unlock(this->mutex);
	return subscriber;
}

METHOD(sync_subscribers_t, leave, void,
	private_sync_subscribers_t *this, u_int domain)
{
	this->mutex->lock(this->mutex);
	if (--this->domains[domain].users == 0)
	{
		this->idle->broadcast(this->idle);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(sync_subscribers_t, is_ending, bool,
	private_sync_subscribers_t *this, u_int domain)
{
	bool ending;

	this->mutex->lock(this->mutex);
	ending = this->domains[domain].subscriber == NULL;
	this->mutex->unlock(this->mutex);
	return ending;
}

METHOD(sync_subscribers_t, destroy, void,
	private_sync_subscribers_t *this)
{
	this->idle->destroy(this->idle);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
sync_subscribers_t *sync_subscribers_create()
{
	private_sync_subscribers_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.remove = _remove_,
			.enter = _enter,
			.leave = _leave,
			.is_ending = _is_ending,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.idle = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	return &this->public;
}
