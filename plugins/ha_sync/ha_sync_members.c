/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_members.h"

#include <collections/array.h>

/**
 * How long a member that starts waits for the others, in ms: it must not be
 * active before it knows what they know.
 */
#define START_DELAY 3000

/**
 * How long a wait for a resync may hold up an activation, in ms.
 */
#define RESYNC_DELAY 60000

typedef struct private_ha_sync_members_t private_ha_sync_members_t;

/**
 * Private data.
 */
struct private_ha_sync_members_t {

	/** public interface */
	ha_sync_members_t public;

	/** ha_sync_member_t*, never removed */
	array_t *members;

	/** when start() was called, in ms */
	uint64_t started;
};

METHOD(ha_sync_members_t, get, ha_sync_member_t*,
	private_ha_sync_members_t *this, char *name)
{
	ha_sync_member_t *member;
	int i;

	for (i = 0; i < array_count(this->members); i++)
	{
		array_get(this->members, i, &member);
		if (streq(member->name, name))
		{
			return member;
		}
	}
	INIT(member,
		.name = strdup(name),
	);
	array_insert(this->members, ARRAY_TAIL, member);
	return member;
}

METHOD(ha_sync_members_t, start, void,
	private_ha_sync_members_t *this, uint64_t now)
{
	this->started = now;
}

METHOD(ha_sync_members_t, up, ha_sync_member_t*,
	private_ha_sync_members_t *this, char *name, uint64_t incarnation)
{
	ha_sync_member_t *member;

	member = get(this, name);
	member->up = TRUE;
	member->reported = FALSE;
	member->resync = FALSE;
	if (member->incarnation == incarnation)
	{
		return NULL;
	}
	member->incarnation = incarnation;
	return member;
}

METHOD(ha_sync_members_t, down, void,
	private_ha_sync_members_t *this, char *name)
{
	ha_sync_member_t *member;

	member = get(this, name);
	member->up = FALSE;
	member->resync = FALSE;
}

METHOD(ha_sync_members_t, any_up, bool,
	private_ha_sync_members_t *this)
{
	ha_sync_member_t *member;
	int i;

	for (i = 0; i < array_count(this->members); i++)
	{
		array_get(this->members, i, &member);
		if (member->up)
		{
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(ha_sync_members_t, must_wait, char*,
	private_ha_sync_members_t *this, uint64_t now, uint64_t *until)
{
	ha_sync_member_t *member;
	int i;

	for (i = 0; i < array_count(this->members); i++)
	{
		array_get(this->members, i, &member);
		if (member->resync && now < this->started + RESYNC_DELAY)
		{
			*until = this->started + RESYNC_DELAY;
			return "receiving the state of another member";
		}
		if (!member->reported && now < this->started + START_DELAY)
		{
			*until = this->started + START_DELAY;
			return "waiting for the other members after the start";
		}
	}
	return NULL;
}

/**
 * Destroy a member.
 */
static void member_destroy(ha_sync_member_t *member)
{
	free(member->name);
	free(member);
}

METHOD(ha_sync_members_t, destroy, void,
	private_ha_sync_members_t *this)
{
	array_destroy_function(this->members, (void*)member_destroy, NULL);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_members_t *ha_sync_members_create()
{
	private_ha_sync_members_t *this;

	INIT(this,
		.public = {
			.get = _get,
			.start = _start,
			.up = _up,
			.down = _down,
			.any_up = _any_up,
			.must_wait = _must_wait,
			.destroy = _destroy,
		},
		.members = array_create(0, 0),
	);
	return &this->public;
}
