/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_rule.h"
#include "redirect_option.h"

/**
 * Names of all options.
 */
static const char *known[] = {
	"connections", "ids", "sources", "groups", "moments", "order", "target",
	NULL,
};

/**
 * Read the moments, 0 if they are wrong.
 */
static u_int get_moments(const char *rule, char *value)
{
	enumerator_t *enumerator;
	u_int moments = 0;
	char *token;

	enumerator = enumerator_create_token(value, ", ", " ");
	while (enumerator->enumerate(enumerator, &token))
	{
		if (streq(token, "init"))
		{
			moments |= REDIRECT_INIT;
		}
		else if (streq(token, "auth"))
		{
			moments |= REDIRECT_AUTH;
		}
		else if (streq(token, "established"))
		{
			moments |= REDIRECT_ESTABLISHED;
		}
		else if (*token)
		{
			DBG1(DBG_CFG, "redirect: rule '%s': there is no moment '%s', use "
				 "init, auth or established", rule, token);
			moments = 0;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return moments;
}

/**
 * Read the target.
 */
static bool get_target(redirect_rule_t *rule, char *value)
{
	if (!value)
	{
		DBG1(DBG_CFG, "redirect: rule '%s' has no target, it is ignored; set "
			 "target to self, least-loaded, group:<name>, an address or a "
			 "name", rule->name);
		return FALSE;
	}
	if (streq(value, "self"))
	{
		rule->kind = REDIRECT_SELF;
		return TRUE;
	}
	if (streq(value, "least-loaded"))
	{
		rule->kind = REDIRECT_LEAST;
		return TRUE;
	}
	if (strpfx(value, "group:"))
	{
		rule->kind = REDIRECT_GROUP;
		rule->group = strdup(value + strlen("group:"));
		return TRUE;
	}
	rule->kind = REDIRECT_FIXED;
	if (!redirect_entry_parse(value, &rule->target))
	{
		DBG1(DBG_CFG, "redirect: rule '%s' is ignored: its target '%s' is "
			 "neither an address nor a name of at most 255 characters",
			 rule->name, value);
		return FALSE;
	}
	if (!strpbrk(value, ".:"))
	{
		DBG1(DBG_CFG, "redirect: rule '%s' sends clients to a host named '%s'; "
			 "if that is not meant, set target to self, least-loaded, "
			 "group:<name>, an address or a name", rule->name, value);
	}
	return TRUE;
}

/**
 * What a rule needs is known later than one of its moments.
 */
static void check_moments(redirect_rule_t *rule)
{
	if ((rule->ids || rule->groups) && rule->moments & REDIRECT_INIT)
	{
		/* an identity that is not authenticated must not tell anybody who
		 * is served where (RFC 5685, 11) */
		rule->moments &= ~REDIRECT_INIT;
		DBG1(DBG_CFG, "redirect: rule '%s' does not apply to moment init: "
			 "identities and groups are not known before authentication",
			 rule->name);
	}
}

/*
 * Described in header.
 */
redirect_rule_t *redirect_rule_load(const char *name)
{
	redirect_rule_t *rule;
	char section[128], *sources;
	bool good;

	INIT(rule,
		.name = strdup(name),
	);
	snprintf(section, sizeof(section), "rules.%s", name);
	redirect_option_check(section, known);
	rule->order = redirect_option_number(section, "order", 0, UINT32_MAX, 100);
	rule->moments = get_moments(name,
						redirect_option_str(section, "moments") ?: "init");
	rule->connections = redirect_match_names(
						redirect_option_str(section, "connections"));
	rule->ids = redirect_match_ids(redirect_option_str(section, "ids"));
	rule->groups = redirect_match_ids(redirect_option_str(section, "groups"));
	sources = redirect_option_str(section, "sources");
	rule->sources = redirect_match_subnets(sources, section);
	good = get_target(rule, redirect_option_str(section, "target"));
	check_moments(rule);
	if (!good || !rule->moments || (sources && !rule->sources))
	{	/* one whose subnets were all wrong must not match everybody */
		redirect_rule_destroy(rule);
		return NULL;
	}
	return rule;
}

/**
 * Check the names of connections.
 */
static bool matches_connections(const redirect_rule_t *rule,
								const redirect_client_t *client)
{
	enumerator_t *enumerator;
	bool matches;
	char *name;

	if (!rule->connections)
	{
		return TRUE;
	}
	matches = client->connections &&
			  client->connections->get_count(client->connections);
	if (matches)
	{
		enumerator = client->connections->create_enumerator(
														client->connections);
		while (matches && enumerator->enumerate(enumerator, &name))
		{
			matches = redirect_match_name(rule->connections, name);
		}
		enumerator->destroy(enumerator);
	}
	return matches;
}

/**
 * Check the groups.
 */
static bool matches_groups(const redirect_rule_t *rule,
						   const redirect_client_t *client)
{
	enumerator_t *enumerator;
	identification_t *group;
	bool matches = FALSE;

	if (!rule->groups)
	{
		return TRUE;
	}
	if (client->groups)
	{
		enumerator = client->groups->create_enumerator(client->groups);
		while (!matches && enumerator->enumerate(enumerator, &group))
		{
			matches = redirect_match_id(rule->groups, group);
		}
		enumerator->destroy(enumerator);
	}
	return matches;
}

/*
 * Described in header.
 */
bool redirect_rule_matches(const redirect_rule_t *rule,
						   const redirect_client_t *client)
{
	return rule->moments & client->moment &&
		   (!rule->sources || redirect_match_host(rule->sources,
												  client->remote)) &&
		   (!rule->ids || (client->id && redirect_match_id(rule->ids,
														   client->id))) &&
		   matches_connections(rule, client) && matches_groups(rule, client);
}

/*
 * Described in header.
 */
void redirect_rule_destroy(redirect_rule_t *rule)
{
	redirect_match_names_destroy(rule->connections);
	redirect_match_ids_destroy(rule->ids);
	redirect_match_ids_destroy(rule->groups);
	redirect_match_subnets_destroy(rule->sources);
	redirect_entry_clear(&rule->target);
	free(rule->group);
	free(rule->name);
	free(rule);
}
