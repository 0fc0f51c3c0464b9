/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_core.h"
#include "redirect_command.h"
#include "redirect_drain.h"
#include "redirect_gateway.h"
#include "redirect_guard.h"
#include "redirect_guard_config.h"
#include "redirect_lease.h"
#include "redirect_meter.h"
#include "redirect_policy.h"

#include "cluster_control.h"
#include "sync_channel.h"

#include <daemon.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

typedef struct private_redirect_core_t private_redirect_core_t;

/**
 * Private data.
 */
struct private_redirect_core_t {

	/** public interface */
	redirect_core_t public;

	/** for messages of other members, to members and leases */
	sync_subscriber_t subscriber;

	/** options */
	redirect_config_t config;

	/** sync channel, NULL if there is no cluster */
	sync_channel_t *channel;

	/** objects, in the order of creation */
	redirect_members_t *members;
	redirect_meter_t *meter;
	redirect_policy_t *policy;
	redirect_gateway_t *gateway;
	/** NULL if inner addresses are not kept */
	redirect_lease_t *lease;
	redirect_drain_t *drain;
	redirect_guard_t *guard;
	cluster_control_t *control;
	redirect_command_t *command;

	/** thread that measures the load and tells it */
	thread_t *thread;

	/** protects all below */
	mutex_t *mutex;

	/** wakes the thread */
	condvar_t *condvar;

	/** interval, in ms */
	uint32_t interval;

	/** the thread has to end */
	bool end;
};

/**
 * Get our data.
 */
static private_redirect_core_t *from_subscriber(sync_subscriber_t *subscriber)
{
	return (private_redirect_core_t*)((char*)subscriber -
								offsetof(private_redirect_core_t, subscriber));
}

/**
 * Implements sync_subscriber_t.receive
 */
static void received(sync_subscriber_t *subscriber, char *member, uint8_t type,
					 chunk_t body)
{
	private_redirect_core_t *this = from_subscriber(subscriber);
	sync_subscriber_t *members = &this->members->subscriber;

	members->receive(members, member, type, body);
	if (this->lease)
	{
		this->lease->subscriber.receive(&this->lease->subscriber, member, type,
										body);
	}
}

/**
 * Implements sync_subscriber_t.snapshot
 */
static void snapshot(sync_subscriber_t *subscriber, char *member,
					 sync_sink_t *sink)
{
	private_redirect_core_t *this = from_subscriber(subscriber);
	sync_subscriber_t *members = &this->members->subscriber;

	members->snapshot(members, member, sink);
	if (this->lease)
	{
		this->lease->subscriber.snapshot(&this->lease->subscriber, member,
										 sink);
	}
}

/**
 * Implements sync_subscriber_t.resync_begin
 */
static void resync_begin(sync_subscriber_t *subscriber, char *member)
{
	private_redirect_core_t *this = from_subscriber(subscriber);

	if (this->lease)
	{
		this->lease->subscriber.resync_begin(&this->lease->subscriber, member);
	}
}

/**
 * Implements sync_subscriber_t.resync_end
 */
static void resync_end(sync_subscriber_t *subscriber, char *member)
{
	private_redirect_core_t *this = from_subscriber(subscriber);

	if (this->lease)
	{
		this->lease->subscriber.resync_end(&this->lease->subscriber, member);
	}
}

/**
 * Implements sync_subscriber_t.member_up
 */
static void member_up(sync_subscriber_t *subscriber, char *member,
					  uint64_t incarnation)
{
	sync_subscriber_t *members;

	members = &from_subscriber(subscriber)->members->subscriber;
	members->member_up(members, member, incarnation);
}

/**
 * Implements sync_subscriber_t.member_down
 */
static void member_down(sync_subscriber_t *subscriber, char *member)
{
	sync_subscriber_t *members;

	members = &from_subscriber(subscriber)->members->subscriber;
	members->member_down(members, member);
}

/**
 * Measure the load and tell it, in intervals.
 */
static void *measure(private_redirect_core_t *this)
{
	while (TRUE)
	{
		this->meter->sample(this->meter);
		this->meter->update(this->meter, this->members);
		this->members->tell(this->members);

		this->mutex->lock(this->mutex);
		if (!this->end)
		{
			this->condvar->timed_wait(this->condvar, this->mutex,
									  this->interval);
		}
		if (this->end)
		{
			this->mutex->unlock(this->mutex);
			return NULL;
		}
		this->mutex->unlock(this->mutex);
	}
}

/**
 * Give options to all objects.
 */
static void configure(private_redirect_core_t *this)
{
	redirect_config_t old = this->config;

	redirect_config_load(&this->config);
	redirect_guard_config_check();
	if (this->channel && !this->config.self.ipv4 && !this->config.self.ipv6 &&
		!this->config.self.fqdn)
	{
		DBG1(DBG_CFG, "redirect: other members can't send clients here, set "
			 "address, address6 or fqdn");
	}
	this->policy->reload(this->policy, &this->config);
	this->meter->configure(this->meter, &this->config.shed, &this->config.cost);
	this->drain->configure(this->drain, &this->config);
	/* adopts what is in it */
	this->members->configure(this->members, &this->config.self,
							 this->config.stale);
	memset(&this->config.self, 0, sizeof(this->config.self));
	/* not earlier, the policy used it */
	redirect_config_clear(&old);

	this->mutex->lock(this->mutex);
	this->interval = this->config.interval;
	this->condvar->signal(this->condvar);
	this->mutex->unlock(this->mutex);
}

METHOD(redirect_core_t, reload, bool,
	private_redirect_core_t *this)
{
	configure(this);
	return TRUE;
}

METHOD(redirect_core_t, destroy, void,
	private_redirect_core_t *this)
{
	DESTROY_IF(this->command);
	if (this->control)
	{
		cluster_control_put();
	}
	this->mutex->lock(this->mutex);
	this->end = TRUE;
	this->condvar->signal(this->condvar);
	this->mutex->unlock(this->mutex);
	if (this->thread)
	{
		this->thread->join(this->thread);
	}
	charon->bus->remove_listener(charon->bus, &this->guard->listener);
	this->guard->destroy(this->guard);
	this->drain->destroy(this->drain);
	if (this->channel)
	{
		this->channel->unsubscribe(this->channel, SYNC_REDIRECT);
	}
	DESTROY_IF(this->lease);
	charon->redirect->remove_provider(charon->redirect,
									  &this->gateway->provider);
	charon->bus->remove_listener(charon->bus, &this->gateway->listener);
	this->gateway->destroy(this->gateway);
	this->policy->destroy(this->policy);
	charon->bus->remove_listener(charon->bus, &this->meter->listener);
	this->meter->destroy(this->meter);
	this->members->destroy(this->members);
	if (this->channel)
	{
		sync_channel_put();
	}
	redirect_config_clear(&this->config);
	this->condvar->destroy(this->condvar);
	this->mutex->destroy(this->mutex);
	free(this);
}

/**
 * Create the objects.
 */
static void create_objects(private_redirect_core_t *this)
{
	this->members = redirect_members_create(this->channel ?
							this->channel->get_name(this->channel) : "self",
							this->channel);
	this->meter = redirect_meter_create();
	this->policy = redirect_policy_create(this->members);
	this->gateway = redirect_gateway_create(this->policy, this->meter,
											this->members);
	this->drain = redirect_drain_create(this->gateway, this->policy,
										this->members);
	this->guard = redirect_guard_create();
}

/**
 * Start to work.
 */
static void start(private_redirect_core_t *this)
{
	charon->bus->add_listener(charon->bus, &this->meter->listener);
	charon->bus->add_listener(charon->bus, &this->gateway->listener);
	charon->bus->add_listener(charon->bus, &this->guard->listener);
	charon->redirect->add_provider(charon->redirect, &this->gateway->provider);
	if (this->channel)
	{
		this->channel->subscribe(this->channel, SYNC_REDIRECT,
								 &this->subscriber);
	}
	this->thread = thread_create((thread_main_t)measure, this);
	this->control = cluster_control_get();
	if (this->control)
	{
		this->command = redirect_command_create(this->control, this->members,
							this->gateway, this->drain, this->guard);
	}
}

/*
 * Described in header.
 */
redirect_core_t *redirect_core_create()
{
	private_redirect_core_t *this;
	sync_channel_t *channel = NULL;

	if (lib->settings->get_str(lib->settings, "%s.cluster.name", NULL, lib->ns))
	{
		channel = sync_channel_get();
		if (!channel)
		{
			DBG1(DBG_CFG, "redirect: not active, correct the cluster's "
				 "configuration and restart the daemon");
			return NULL;
		}
	}
	INIT(this,
		.public = {
			.reload = _reload,
			.destroy = _destroy,
		},
		.subscriber = {
			.receive = received,
			.snapshot = snapshot,
			.resync_begin = resync_begin,
			.resync_end = resync_end,
			.member_up = member_up,
			.member_down = member_down,
		},
		.channel = channel,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	create_objects(this);
	configure(this);
	if (this->config.leases && channel)
	{	/* not changed by a reload */
		this->lease = redirect_lease_create(channel, this->members,
											this->gateway);
	}
	start(this);
	return &this->public;
}
