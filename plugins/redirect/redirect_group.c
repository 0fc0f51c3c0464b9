/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_group.h"

#include "ike_wire_redirect.h"

/**
 * Split "name:port" or "[address]:port"; changes value.
 */
static bool split_port(char *value, char **name, uint16_t *port)
{
	char *colon, *end;
	u_long number;

	*port = 0;
	*name = value;
	if (*value == '[')
	{
		end = strchr(value, ']');
		if (!end)
		{
			return FALSE;
		}
		*name = value + 1;
		*end++ = '\0';
		if (!*end)
		{
			return TRUE;
		}
		colon = end;
	}
	else
	{
		colon = strchr(value, ':');
		if (!colon || strchr(colon + 1, ':'))
		{	/* none, or an IPv6 address */
			return TRUE;
		}
	}
	if (*colon != ':')
	{
		return FALSE;
	}
	*colon = '\0';
	number = strtoul(colon + 1, &end, 10);
	*port = number;
	return end != colon + 1 && !*end && number && number <= UINT16_MAX;
}

/*
 * Described in header.
 */
bool redirect_entry_parse(const char *value, redirect_entry_t *entry)
{
	ike_wire_gateway_t gateway;
	char *copy, *name;
	bool good;

	memset(entry, 0, sizeof(*entry));
	entry->weight = 1;
	copy = strdup(value);
	good = split_port(copy, &name, &entry->port);
	if (good)
	{
		entry->name = strdup(name);
		entry->host = host_create_from_string(name, 0);
		entry->gateway = entry->host ?
				identification_create_from_sockaddr(
								entry->host->get_sockaddr(entry->host)) :
				identification_create_from_encoding(ID_FQDN,
												chunk_from_str(entry->name));
		good = ike_wire_gateway_from_id(entry->gateway, entry->port, &gateway);
	}
	free(copy);
	if (!good)
	{
		redirect_entry_clear(entry);
	}
	return good;
}

/*
 * Described in header.
 */
void redirect_entry_clear(redirect_entry_t *entry)
{
	DESTROY_IF(entry->gateway);
	DESTROY_IF(entry->host);
	free(entry->name);
	memset(entry, 0, sizeof(*entry));
}

/*
 * Described in header.
 */
redirect_member_t *redirect_entry_member(const redirect_entry_t *entry,
								redirect_member_t *members[], u_int count)
{
	u_int i;

	for (i = 0; i < count; i++)
	{
		if (entry->host ? redirect_choose_is_at(members[i], entry->host) :
			(streq(members[i]->name, entry->name) ||
			 (members[i]->load.fqdn &&
			  strcaseeq(members[i]->load.fqdn, entry->name))))
		{
			return members[i];
		}
	}
	return NULL;
}

/**
 * Parse a target and its weight, returns what is wrong.
 */
static const char *parse_weighted(char *value, redirect_entry_t *entry)
{
	u_long weight = 1;
	char *space, *end;

	space = strpbrk(value, " \t");
	if (space)
	{
		*space++ = '\0';
		space += strspn(space, " \t");
		weight = strtoul(space, &end, 10);
		if (*end || !weight || weight > REDIRECT_WEIGHT_MAX)
		{
			return "its weight is no number from 1 to 10000";
		}
	}
	if (!redirect_entry_parse(value, entry))
	{
		return "it is neither an address nor a name";
	}
	entry->weight = weight;
	return NULL;
}

/*
 * Described in header.
 */
redirect_group_t *redirect_group_parse(const char *name, const char *value)
{
	enumerator_t *enumerator;
	redirect_group_t *group;
	const char *wrong = NULL;
	char *token, *copy;

	INIT(group,
		.name = strdup(name),
	);
	enumerator = enumerator_create_token(value, ",", " \t");
	while (!wrong && enumerator->enumerate(enumerator, &token))
	{
		copy = strdup(token);
		wrong = group->count == REDIRECT_GROUP_MAX ? "there are too many" :
				parse_weighted(copy, &group->entries[group->count]);
		free(copy);
		if (wrong)
		{
			DBG1(DBG_CFG, "redirect: group '%s' is ignored because of '%s': "
				 "%s", name, token, wrong);
			break;
		}
		group->count++;
	}
	enumerator->destroy(enumerator);
	if (wrong || !group->count)
	{
		redirect_group_destroy(group);
		return NULL;
	}
	return group;
}

/**
 * Check if an entry may be chosen.
 */
static bool is_possible(redirect_entry_t *entry, redirect_member_t *members[],
						u_int count, const redirect_query_t *query)
{
	redirect_member_t *member;

	member = redirect_entry_member(entry, members, count);
	if (!member)
	{	/* not one of ours: nothing is known about its state */
		return !(query->from && entry->host &&
				 entry->host->ip_equals(entry->host, query->from));
	}
	if (member->self)
	{
		return !query->leave;
	}
	return redirect_choose_possible(member, query->client) &&
		   !(query->from && redirect_choose_is_at(member, query->from));
}

/**
 * Check if a client comes from an entry of the group.
 */
static bool is_from(redirect_group_t *group, redirect_member_t *members[],
					u_int count, host_t *from)
{
	redirect_member_t *member;
	u_int i;

	for (i = 0; from && i < group->count; i++)
	{
		member = redirect_entry_member(&group->entries[i], members, count);
		if (member ? redirect_choose_is_at(member, from) :
			(group->entries[i].host &&
			 group->entries[i].host->ip_equals(group->entries[i].host, from)))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Find the entry that is a member a client had last.
 */
static redirect_entry_t *find_sticky(redirect_group_t *group, bool possible[],
									 redirect_member_t *members[], u_int count,
									 char *sticky)
{
	redirect_member_t *member;
	u_int i;

	for (i = 0; sticky && i < group->count; i++)
	{
		member = redirect_entry_member(&group->entries[i], members, count);
		if (possible[i] && streq(member ? member->name :
								 group->entries[i].name, sticky))
		{
			return &group->entries[i];
		}
	}
	return NULL;
}

/*
 * Described in header.
 */
redirect_entry_t *redirect_group_choose(redirect_group_t *group,
								redirect_member_t *members[], u_int count,
								const redirect_query_t *query)
{
	redirect_entry_t *entry, *best;
	bool possible[REDIRECT_GROUP_MAX];
	int64_t total = 0;
	u_int i;

	if (!query->leave &&
		(query->chosen || is_from(group, members, count, query->from)))
	{	/* the other one has chosen already */
		return NULL;
	}
	for (i = 0; i < group->count; i++)
	{
		possible[i] = is_possible(&group->entries[i], members, count, query);
	}
	best = find_sticky(group, possible, members, count, query->sticky);
	if (best)
	{
		return best;
	}
	for (i = 0; i < group->count; i++)
	{
		entry = &group->entries[i];
		if (!possible[i])
		{
			continue;
		}
		entry->current += entry->weight;
		total += entry->weight;
		if (!best || entry->current > best->current)
		{
			best = entry;
		}
	}
	if (best)
	{
		best->current -= total;
	}
	return best;
}

/*
 * Described in header.
 */
void redirect_group_destroy(redirect_group_t *group)
{
	while (group->count--)
	{
		redirect_entry_clear(&group->entries[group->count]);
	}
	free(group->name);
	free(group);
}
