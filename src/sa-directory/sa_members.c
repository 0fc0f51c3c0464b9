/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sa_members.h"
#include "sa_spis.h"

#include <collections/linked_list.h>
#include <threading/mutex.h>

typedef struct private_sa_members_t private_sa_members_t;
typedef struct member_t member_t;

/**
 * Private data.
 */
struct private_sa_members_t {

	/** public interface */
	sa_members_t public;

	/** sync channel */
	sync_channel_t *channel;

	/** protects all below */
	mutex_t *mutex;

	/** members that were connected once, as member_t */
	linked_list_t *members;
};

/**
 * Another member.
 */
struct member_t {

	/** name */
	char *name;

	/** IKE SAs */
	sa_spis_t *sas;

	/** those from before the snapshot that is being received, or NULL */
	sa_spis_t *old;

	/** TRUE if the list is complete, and changes are told */
	bool complete;
};

/**
 * Find a member, the caller has the lock.
 */
static member_t *find_member(private_sa_members_t *this, const char *name)
{
	enumerator_t *enumerator;
	member_t *member, *found = NULL;

	enumerator = this->members->create_enumerator(this->members);
	while (!found && enumerator->enumerate(enumerator, &member))
	{
		if (streq(member->name, name))
		{
			found = member;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Get a member, the caller has the lock.
 */
static member_t *get_member(private_sa_members_t *this, const char *name)
{
	member_t *member;

	member = find_member(this, name);
	if (!member)
	{
		INIT(member,
			.name = strdup(name),
			.sas = sa_spis_create(),
		);
		this->members->insert_last(this->members, member);
	}
	return member;
}

METHOD(sync_subscriber_t, receive, void,
	private_sa_members_t *this, char *name, uint8_t type, chunk_t body)
{
	member_t *member;
	uint64_t spi[2];

	if ((type != SA_MEMBERS_ADD && type != SA_MEMBERS_REMOVE) ||
		body.len % sizeof(spi))
	{	/* of a newer release */
		return;
	}
	this->mutex->lock(this->mutex);
	member = get_member(this, name);
	while (body.len)
	{
		memcpy(spi, body.ptr, sizeof(spi));
		body = chunk_skip(body, sizeof(spi));
		if (type == SA_MEMBERS_ADD)
		{
			member->sas->add(member->sas, spi[0], spi[1]);
		}
		else
		{
			member->sas->remove(member->sas, spi[0], spi[1]);
		}
	}
	this->mutex->unlock(this->mutex);
}

METHOD(sync_subscriber_t, resync_begin, void,
	private_sa_members_t *this, char *name)
{
	member_t *member;

	this->mutex->lock(this->mutex);
	member = get_member(this, name);
	DESTROY_IF(member->old);
	member->old = member->sas;
	member->sas = sa_spis_create();
	this->mutex->unlock(this->mutex);
}

METHOD(sync_subscriber_t, resync_end, void,
	private_sa_members_t *this, char *name)
{
	member_t *member;

	this->mutex->lock(this->mutex);
	member = get_member(this, name);
	DESTROY_IF(member->old);
	member->old = NULL;
	member->complete = TRUE;
	this->mutex->unlock(this->mutex);
}

METHOD(sync_subscriber_t, member_up, void,
	private_sa_members_t *this, char *name, uint64_t incarnation)
{
	/* what was missed may come from the backlog, but nothing says when that
	 * is complete: a snapshot does */
	this->channel->request_resync(this->channel, name, SYNC_DIRECTORY);
}

METHOD(sync_subscriber_t, member_down, void,
	private_sa_members_t *this, char *name)
{
	member_t *member;

	this->mutex->lock(this->mutex);
	member = get_member(this, name);
	member->complete = FALSE;
	this->mutex->unlock(this->mutex);
}

/**
 * Check if a member is known to use an SPI.
 */
static bool uses(member_t *member, uint64_t spi)
{
	return member->sas->uses(member->sas, spi) ||
		   (member->old && member->old->uses(member->old, spi));
}

METHOD(sa_members_t, find, sa_members_result_t,
	private_sa_members_t *this, uint64_t spi_i, uint64_t spi_r)
{
	sa_members_result_t result = SA_MEMBERS_NONE;
	enumerator_t *enumerator;
	sync_member_t *configured;
	member_t *member;

	/* those never connected are missing in our list */
	enumerator = this->channel->create_member_enumerator(this->channel);
	while (result != SA_MEMBERS_USED &&
		   enumerator->enumerate(enumerator, &configured))
	{
		this->mutex->lock(this->mutex);
		member = find_member(this, configured->name);
		if (!member || configured->state == SYNC_LINK_DOWN)
		{	/* what it had may have died with it */
			result = SA_MEMBERS_UNKNOWN;
		}
		else if (uses(member, spi_i) || uses(member, spi_r))
		{
			result = SA_MEMBERS_USED;
		}
		else if (!member->complete)
		{
			result = SA_MEMBERS_UNKNOWN;
		}
		this->mutex->unlock(this->mutex);
	}
	enumerator->destroy(enumerator);
	return result;
}

METHOD(sa_members_t, count, u_int,
	private_sa_members_t *this)
{
	enumerator_t *enumerator;
	member_t *member;
	u_int count = 0;

	this->mutex->lock(this->mutex);
	enumerator = this->members->create_enumerator(this->members);
	while (enumerator->enumerate(enumerator, &member))
	{
		count += member->sas->count(member->sas);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(sa_members_t, destroy, void,
	private_sa_members_t *this)
{
	member_t *member;

	while (this->members->remove_first(this->members,
									   (void**)&member) == SUCCESS)
	{
		member->sas->destroy(member->sas);
		DESTROY_IF(member->old);
		free(member->name);
		free(member);
	}
	this->members->destroy(this->members);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
sa_members_t *sa_members_create(sync_channel_t *channel,
				void (*snapshot)(sync_subscriber_t *subscriber, char *member,
								 sync_sink_t *sink))
{
	private_sa_members_t *this;

	INIT(this,
		.public = {
			.subscriber = {
				.receive = _receive,
				.snapshot = snapshot,
				.resync_begin = _resync_begin,
				.resync_end = _resync_end,
				.member_up = _member_up,
				.member_down = _member_down,
			},
			.find = _find,
			.count = _count,
			.destroy = _destroy,
		},
		.channel = channel,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.members = linked_list_create(),
	);
	return &this->public;
}
