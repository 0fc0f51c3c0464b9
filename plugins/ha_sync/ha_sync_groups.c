/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_groups.h"

#include <threading/rwlock.h>

typedef struct private_ha_sync_groups_t private_ha_sync_groups_t;
typedef struct group_t group_t;

/**
 * Most groups and addresses that make sense; a limit for typing errors only.
 */
#define MAX_GROUPS 64
#define MAX_ADDRESSES 64

/**
 * A group of addresses.
 */
struct group_t {
	/** name */
	char *name;
	/** host_t* */
	array_t *addresses;
};

/**
 * Private data.
 */
struct private_ha_sync_groups_t {

	/** public interface */
	ha_sync_groups_t public;

	/** group_t*, never removed so that names stay valid; those that are not
	 * configured anymore have no addresses */
	array_t *groups;

	/** protects groups */
	rwlock_t *lock;
};

/**
 * Destroy a group.
 */
static void group_destroy(group_t *group)
{
	array_destroy_offset(group->addresses, offsetof(host_t, destroy));
	free(group->name);
	free(group);
}

/**
 * Parse an address, NULL if it's wrong, or one too many.
 */
static host_t *parse_address(char *name, char *token, int count)
{
	host_t *host;

	if (count >= MAX_ADDRESSES)
	{
		DBG1(DBG_CFG, "ha-sync: more than %d addresses in group '%s', correct "
			 "that in strongswan.d/charon/ha-sync.conf", MAX_ADDRESSES, name);
		return NULL;
	}
	host = host_create_from_string(token, 0);
	if (!host)
	{
		DBG1(DBG_CFG, "ha-sync: service address '%s' of group '%s' is not an "
			 "IP address, correct it in strongswan.d/charon/ha-sync.conf",
			 token, name);
	}
	return host;
}

/**
 * Parse a list of addresses, NULL if it's wrong.
 */
static array_t *parse_addresses(char *name, char *value)
{
	enumerator_t *enumerator;
	array_t *addresses;
	host_t *host;
	char *token;

	addresses = array_create(0, 0);
	enumerator = enumerator_create_token(value, " ,", " \t");
	while (enumerator->enumerate(enumerator, &token))
	{
		if (!*token)
		{
			continue;
		}
		host = parse_address(name, token, array_count(addresses));
		if (!host)
		{
			enumerator->destroy(enumerator);
			array_destroy_offset(addresses, offsetof(host_t, destroy));
			return NULL;
		}
		array_insert(addresses, ARRAY_TAIL, host);
	}
	enumerator->destroy(enumerator);
	if (!array_count(addresses))
	{
		DBG1(DBG_CFG, "ha-sync: no service address configured for group '%s', "
			 "set 'addresses' in strongswan.d/charon/ha-sync.conf", name);
		array_destroy(addresses);
		return NULL;
	}
	return addresses;
}

/**
 * Parse a group into a list.
 */
static bool parse_group(array_t *groups, char *name, char *value)
{
	group_t *group;
	array_t *addresses;

	if (array_count(groups) >= MAX_GROUPS)
	{
		DBG1(DBG_CFG, "ha-sync: more than %d groups of service addresses, "
			 "correct that in strongswan.d/charon/ha-sync.conf", MAX_GROUPS);
		return FALSE;
	}
	addresses = parse_addresses(name, value ?: "");
	if (!addresses)
	{
		return FALSE;
	}
	INIT(group,
		.name = strdup(name),
		.addresses = addresses,
	);
	array_insert(groups, ARRAY_TAIL, group);
	return TRUE;
}

/**
 * Read all groups from the configuration, NULL if it's wrong.
 */
static array_t *parse_groups()
{
	enumerator_t *enumerator;
	array_t *groups;
	bool ok = TRUE;
	char *name, *value;

	groups = array_create(0, 0);
	enumerator = lib->settings->create_section_enumerator(lib->settings,
									"%s.plugins.ha-sync.groups", lib->ns);
	while (ok && enumerator->enumerate(enumerator, &name))
	{
		value = lib->settings->get_str(lib->settings,
							"%s.plugins.ha-sync.groups.%s.addresses", NULL,
							lib->ns, name);
		ok = parse_group(groups, name, value);
	}
	enumerator->destroy(enumerator);
	value = lib->settings->get_str(lib->settings,
							"%s.plugins.ha-sync.addresses", NULL, lib->ns);
	if (ok && (value || !array_count(groups)))
	{
		ok = parse_group(groups, "default", value);
	}
	if (!ok)
	{
		array_destroy_function(groups, (void*)group_destroy, NULL);
		return NULL;
	}
	return groups;
}

/**
 * Find a group by name.
 */
static group_t *find_group(private_ha_sync_groups_t *this, char *name)
{
	group_t *group;
	int i;

	for (i = 0; i < array_count(this->groups); i++)
	{
		array_get(this->groups, i, &group);
		if (streq(group->name, name))
		{
			return group;
		}
	}
	return NULL;
}

METHOD(ha_sync_groups_t, find, char*,
	private_ha_sync_groups_t *this, host_t *host)
{
	group_t *group;
	host_t *address;
	char *found = NULL;
	int i, j;

	this->lock->read_lock(this->lock);
	for (i = 0; !found && i < array_count(this->groups); i++)
	{
		array_get(this->groups, i, &group);
		for (j = 0; j < array_count(group->addresses); j++)
		{
			array_get(group->addresses, j, &address);
			if (address->ip_equals(address, host))
			{
				found = group->name;
				break;
			}
		}
	}
	this->lock->unlock(this->lock);
	return found;
}

METHOD(ha_sync_groups_t, get_names, array_t*,
	private_ha_sync_groups_t *this)
{
	array_t *names;
	group_t *group;
	int i;

	names = array_create(0, 0);
	this->lock->read_lock(this->lock);
	for (i = 0; i < array_count(this->groups); i++)
	{
		array_get(this->groups, i, &group);
		if (array_count(group->addresses))
		{
			array_insert(names, ARRAY_TAIL, group->name);
		}
	}
	this->lock->unlock(this->lock);
	return names;
}

METHOD(ha_sync_groups_t, get_addresses, array_t*,
	private_ha_sync_groups_t *this, char *name)
{
	array_t *copy = NULL;
	group_t *group;
	host_t *host;
	int i;

	this->lock->read_lock(this->lock);
	group = find_group(this, name);
	if (group)
	{
		copy = array_create(0, 0);
		for (i = 0; i < array_count(group->addresses); i++)
		{
			array_get(group->addresses, i, &host);
			array_insert(copy, ARRAY_TAIL, host->clone(host));
		}
	}
	this->lock->unlock(this->lock);
	return copy;
}

METHOD(ha_sync_groups_t, reload, bool,
	private_ha_sync_groups_t *this)
{
	array_t *groups, *addresses;
	group_t *group, *old;
	int i;

	groups = parse_groups();
	if (!groups)
	{
		return FALSE;
	}
	this->lock->write_lock(this->lock);
	for (i = 0; i < array_count(this->groups); i++)
	{
		array_get(this->groups, i, &old);
		array_destroy_offset(old->addresses, offsetof(host_t, destroy));
		old->addresses = array_create(0, 0);
	}
	while (array_remove(groups, ARRAY_HEAD, &group))
	{
		old = find_group(this, group->name);
		if (old)
		{
			addresses = old->addresses;
			old->addresses = group->addresses;
			group->addresses = addresses;
			group_destroy(group);
		}
		else
		{
			array_insert(this->groups, ARRAY_TAIL, group);
		}
	}
	this->lock->unlock(this->lock);
	array_destroy(groups);
	return TRUE;
}

METHOD(ha_sync_groups_t, destroy, void,
	private_ha_sync_groups_t *this)
{
	array_destroy_function(this->groups, (void*)group_destroy, NULL);
	this->lock->destroy(this->lock);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_groups_t *ha_sync_groups_create()
{
	private_ha_sync_groups_t *this;
	array_t *groups;

	groups = parse_groups();
	if (!groups)
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.find = _find,
			.get_names = _get_names,
			.get_addresses = _get_addresses,
			.reload = _reload,
			.destroy = _destroy,
		},
		.groups = groups,
		.lock = rwlock_create(RWLOCK_TYPE_DEFAULT),
	);
	return &this->public;
}
