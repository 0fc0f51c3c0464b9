/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_members.h"

#include <threading/mutex.h>

/** other members a cluster may have, see sync_config.h, and this one */
#define MEMBERS_MAX 32

typedef struct private_redirect_members_t private_redirect_members_t;
typedef struct entry_t entry_t;

/**
 * A member.
 */
struct entry_t {

	/** what others get to see */
	redirect_member_t member;

	/** its link is up */
	bool up;

	/** when it told its load, in ms; 0 if it did not since its link is up */
	uint64_t told;
};

/**
 * Private data.
 */
struct private_redirect_members_t {

	/** public interface */
	redirect_members_t public;

	/** sync channel, NULL if there is no cluster */
	sync_channel_t *channel;

	/** protects all below */
	mutex_t *mutex;

	/** held while our load is read and told, so that the newest one is last;
	 * the first one if both are needed */
	mutex_t *telling;

	/** members, this daemon is the first; pointers for callers */
	entry_t *entries[MEMBERS_MAX];
	redirect_member_t *members[MEMBERS_MAX];

	/** number of members */
	u_int count;

	/** silence after which a member counts as dead, in ms */
	uint32_t stale;
};

/**
 * Get the time, in ms.
 */
static uint64_t get_now()
{
	timeval_t tv;

	time_monotonic(&tv);
	return tv.tv_sec * 1000ULL + tv.tv_usec / 1000;
}

/**
 * Get our data.
 */
static private_redirect_members_t *from_subscriber(
											sync_subscriber_t *subscriber)
{
	return (private_redirect_members_t*)((char*)subscriber -
								offsetof(redirect_members_t, subscriber));
}

/**
 * Find a member, or add it; the caller has the lock.
 */
static entry_t *get_entry(private_redirect_members_t *this, const char *name)
{
	entry_t *entry;
	u_int i;

	for (i = 0; i < this->count; i++)
	{
		if (streq(this->entries[i]->member.name, name))
		{
			return this->entries[i];
		}
	}
	if (this->count == MEMBERS_MAX)
	{
		return NULL;
	}
	INIT(entry,
		.member = {
			.name = strdup(name),
			.self = this->count == 0,
			.load = {
				.weight = REDIRECT_WEIGHT_DEFAULT,
			},
		},
	);
	this->entries[this->count] = entry;
	this->members[this->count++] = &entry->member;
	return entry;
}

/**
 * Implements sync_subscriber_t.receive
 */
static void receive_load(sync_subscriber_t *subscriber, char *member,
						 uint8_t type, chunk_t body)
{
	private_redirect_members_t *this = from_subscriber(subscriber);
	redirect_load_t load;
	entry_t *entry;

	if (type != REDIRECT_MESSAGE_LOAD)
	{
		return;
	}
	if (!redirect_load_decode(body, &load))
	{
		DBG1(DBG_CFG, "redirect: the load told by member '%s' is malformed, it "
			 "gets no clients", member);
		return;
	}
	this->mutex->lock(this->mutex);
	entry = get_entry(this, member);
	if (entry && !entry->member.self)
	{
		redirect_load_clear(&entry->member.load);
		entry->member.load = load;
		entry->member.pending = 0;
		entry->told = get_now();
		memset(&load, 0, sizeof(load));
	}
	this->mutex->unlock(this->mutex);
	redirect_load_clear(&load);
}

/**
 * Note if a member's link is up.
 */
static void set_up(private_redirect_members_t *this, char *member, bool up)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = get_entry(this, member);
	if (entry)
	{
		entry->up = up;
		entry->told = 0;
		entry->member.pending = 0;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Implements sync_subscriber_t.member_up
 */
static void member_up(sync_subscriber_t *subscriber, char *member,
					  uint64_t incarnation)
{
	set_up(from_subscriber(subscriber), member, TRUE);
}

/**
 * Implements sync_subscriber_t.member_down
 */
static void member_down(sync_subscriber_t *subscriber, char *member)
{
	set_up(from_subscriber(subscriber), member, FALSE);
}

/**
 * Encode this daemon's load.
 */
static chunk_t encode_self(private_redirect_members_t *this)
{
	chunk_t body;

	this->mutex->lock(this->mutex);
	body = redirect_load_encode(&this->entries[0]->member.load);
	this->mutex->unlock(this->mutex);
	return body;
}

/**
 * Implements sync_subscriber_t.snapshot
 */
static void snapshot(sync_subscriber_t *subscriber, char *member,
					 sync_sink_t *sink)
{
	sink->add(sink, REDIRECT_MESSAGE_LOAD,
			  encode_self(from_subscriber(subscriber)));
}

METHOD(redirect_members_t, tell, void,
	private_redirect_members_t *this)
{
	if (this->channel)
	{
		this->telling->lock(this->telling);
		this->channel->set_state(this->channel, SYNC_REDIRECT,
								 REDIRECT_MESSAGE_LOAD, chunk_from_str("load"),
								 encode_self(this));
		this->telling->unlock(this->telling);
	}
}

METHOD(redirect_members_t, configure, void,
	private_redirect_members_t *this, redirect_load_t *load, uint32_t stale)
{
	enumerator_t *enumerator;
	redirect_load_t *self;
	sync_member_t *member;

	this->mutex->lock(this->mutex);
	this->stale = stale;
	self = &this->entries[0]->member.load;
	DESTROY_IF(self->ipv4);
	DESTROY_IF(self->ipv6);
	DESTROY_IF(self->inner);
	free(self->fqdn);
	self->ipv4 = load->ipv4;
	self->ipv6 = load->ipv6;
	self->inner = load->inner;
	self->fqdn = load->fqdn;
	self->weight = load->weight;
	self->limit = load->limit;
	this->mutex->unlock(this->mutex);

	if (this->channel)
	{	/* one that never was connected is a member, too, and a dead one */
		enumerator = this->channel->create_member_enumerator(this->channel);
		while (enumerator->enumerate(enumerator, &member))
		{
			this->mutex->lock(this->mutex);
			get_entry(this, member->name);
			this->mutex->unlock(this->mutex);
		}
		enumerator->destroy(enumerator);
	}
}

METHOD(redirect_members_t, use, void,
	private_redirect_members_t *this, redirect_members_cb_t cb, void *user)
{
	uint64_t now = get_now();
	entry_t *entry;
	u_int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < this->count; i++)
	{
		entry = this->entries[i];
		entry->member.alive = entry->member.self ||
			(entry->up && entry->told && now <= entry->told + this->stale);
	}
	cb(user, this->members, this->count);
	this->mutex->unlock(this->mutex);
}

METHOD(redirect_members_t, destroy, void,
	private_redirect_members_t *this)
{
	while (this->count--)
	{
		redirect_load_clear(&this->entries[this->count]->member.load);
		free(this->entries[this->count]->member.name);
		free(this->entries[this->count]);
	}
	this->mutex->destroy(this->mutex);
	this->telling->destroy(this->telling);
	free(this);
}

/*
 * Described in header.
 */
redirect_members_t *redirect_members_create(const char *name,
											sync_channel_t *channel)
{
	private_redirect_members_t *this;

	INIT(this,
		.public = {
			.subscriber = {
				.receive = receive_load,
				.snapshot = snapshot,
				.member_up = member_up,
				.member_down = member_down,
			},
			.tell = _tell,
			.configure = _configure,
			.use = _use,
			.destroy = _destroy,
		},
		.channel = channel,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.telling = mutex_create(MUTEX_TYPE_DEFAULT),
		.stale = 3500,
	);
	get_entry(this, name);
	return &this->public;
}
