/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_match.h"

#include <selectors/traffic_selector.h>

#include <fnmatch.h>

/**
 * Parse an address or a subnet.
 */
static traffic_selector_t *parse_subnet(char *value)
{
	traffic_selector_t *ts = NULL;
	host_t *host;
	int bits;

	host = host_create_from_subnet(value, &bits);
	if (host)
	{
		ts = traffic_selector_create_from_subnet(host, bits, 0, 0, 65535);
	}
	return ts;
}

/*
 * Described in header.
 */
linked_list_t *redirect_match_subnets(char *value, const char *what)
{
	enumerator_t *enumerator;
	traffic_selector_t *ts;
	linked_list_t *list = NULL;
	char *token;

	if (!value)
	{
		return NULL;
	}
	enumerator = enumerator_create_token(value, ", ", " ");
	while (enumerator->enumerate(enumerator, &token))
	{
		if (!*token)
		{
			continue;
		}
		ts = parse_subnet(token);
		if (!ts)
		{
			DBG1(DBG_CFG, "redirect: '%s' in %s is neither an address nor a "
				 "subnet, it is ignored; write e.g. 192.0.2.0/24", token, what);
			continue;
		}
		list = list ?: linked_list_create();
		list->insert_last(list, ts);
	}
	enumerator->destroy(enumerator);
	return list;
}

/*
 * Described in header.
 */
bool redirect_match_host(linked_list_t *subnets, host_t *host)
{
	enumerator_t *enumerator;
	traffic_selector_t *ts;
	bool found = FALSE;

	if (!subnets)
	{
		return FALSE;
	}
	enumerator = subnets->create_enumerator(subnets);
	while (!found && enumerator->enumerate(enumerator, &ts))
	{
		found = ts->includes(ts, host);
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header.
 */
void redirect_match_subnets_destroy(linked_list_t *subnets)
{
	DESTROY_OFFSET_IF(subnets, offsetof(traffic_selector_t, destroy));
}

/*
 * Described in header.
 */
linked_list_t *redirect_match_ids(char *value)
{
	enumerator_t *enumerator;
	linked_list_t *list = NULL;
	char *token;

	if (!value)
	{
		return NULL;
	}
	/* a DN has commas of its own */
	enumerator = enumerator_create_token(value, strchr(value, '=') ? "" : ",",
										 " ");
	while (enumerator->enumerate(enumerator, &token))
	{
		if (*token)
		{
			list = list ?: linked_list_create();
			list->insert_last(list, identification_create_from_string(token));
		}
	}
	enumerator->destroy(enumerator);
	return list;
}

/*
 * Described in header.
 */
bool redirect_match_id(linked_list_t *ids, identification_t *id)
{
	enumerator_t *enumerator;
	identification_t *pattern;
	bool found = FALSE;

	if (!ids)
	{
		return FALSE;
	}
	enumerator = ids->create_enumerator(ids);
	while (!found && enumerator->enumerate(enumerator, &pattern))
	{
		found = id->matches(id, pattern) != ID_MATCH_NONE;
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header.
 */
void redirect_match_ids_destroy(linked_list_t *ids)
{
	DESTROY_OFFSET_IF(ids, offsetof(identification_t, destroy));
}

/*
 * Described in header.
 */
linked_list_t *redirect_match_names(char *value)
{
	enumerator_t *enumerator;
	linked_list_t *list = NULL;
	char *token;

	if (!value)
	{
		return NULL;
	}
	enumerator = enumerator_create_token(value, ", ", " ");
	while (enumerator->enumerate(enumerator, &token))
	{
		if (*token)
		{
			list = list ?: linked_list_create();
			list->insert_last(list, strdup(token));
		}
	}
	enumerator->destroy(enumerator);
	return list;
}

/*
 * Described in header.
 */
bool redirect_match_name(linked_list_t *names, const char *name)
{
	enumerator_t *enumerator;
	char *pattern;
	bool found = FALSE;

	if (!names)
	{
		return FALSE;
	}
	enumerator = names->create_enumerator(names);
	while (!found && enumerator->enumerate(enumerator, &pattern))
	{
		found = fnmatch(pattern, name, FNM_CASEFOLD) == 0;
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header.
 */
void redirect_match_names_destroy(linked_list_t *names)
{
	DESTROY_FUNCTION_IF(names, free);
}
