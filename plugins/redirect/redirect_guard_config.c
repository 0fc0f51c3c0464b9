/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_guard_config.h"
#include "redirect_option.h"

/** limits of RFC 5685, 7 */
#define MAX_REDIRECTS_DEFAULT 5
#define PERIOD_DEFAULT 300

/** section of the common options, and of those of connections */
#define COMMON "guard"
#define CONNECTIONS "guard.connections"

/**
 * Names of all options.
 */
static const char *known[] = {
	"init", "ports", "keep_inner", "max_redirects", "period",
	"resolve_timeout", "targets", "identity", "identities", NULL,
};

/**
 * Get an option of a connection, or the common one.
 */
static char *get_str(const char *section, const char *name)
{
	char *value = NULL;

	if (section)
	{
		value = redirect_option_str(section, name);
	}
	return value ?: redirect_option_str(COMMON, name);
}

/**
 * Get a number.
 */
static uint32_t get_number(const char *section, const char *name, uint32_t min,
						   uint32_t max, uint32_t def)
{
	def = redirect_option_number(COMMON, name, min, max, def);
	return section ? redirect_option_number(section, name, min, max, def) : def;
}

/**
 * Get a yes or no.
 */
static bool get_bool(const char *section, const char *name, bool def)
{
	def = redirect_option_bool(COMMON, name, def);
	return section ? redirect_option_bool(section, name, def) : def;
}

/**
 * Split targets into subnets and names.
 */
static void get_targets(redirect_guard_config_t *config, char *value)
{
	enumerator_t *enumerator;
	linked_list_t *list;
	host_t *host;
	char *token;
	int bits;

	config->restricted = value != NULL;
	enumerator = enumerator_create_token(value ?: "", ", ", " ");
	while (enumerator->enumerate(enumerator, &token))
	{
		if (!*token)
		{
			continue;
		}
		host = host_create_from_subnet(token, &bits);
		if (!host)
		{
			config->names = config->names ?: linked_list_create();
			config->names->insert_last(config->names, strdup(token));
			continue;
		}
		host->destroy(host);
		list = redirect_match_subnets(token, "guard.targets");
		if (!config->subnets)
		{
			config->subnets = list;
			continue;
		}
		while (list->remove_first(list, (void**)&host) == SUCCESS)
		{
			config->subnets->insert_last(config->subnets, host);
		}
		list->destroy(list);
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header.
 */
void redirect_guard_config_load(const char *connection,
								redirect_guard_config_t *config)
{
	char buf[128], *section = NULL;

	memset(config, 0, sizeof(*config));
	if (connection)
	{
		snprintf(buf, sizeof(buf), CONNECTIONS ".%s", connection);
		section = buf;
	}
	config->init = get_bool(section, "init", TRUE);
	config->ports = get_bool(section, "ports", TRUE);
	config->keep_inner = get_bool(section, "keep_inner", TRUE);
	config->max_redirects = get_number(section, "max_redirects", 0, 100,
									   MAX_REDIRECTS_DEFAULT);
	config->period = get_number(section, "period", 1, 86400, PERIOD_DEFAULT);
	config->resolve_timeout = get_number(section, "resolve_timeout", 1, 60, 5);
	get_targets(config, get_str(section, "targets"));
	config->identity = redirect_match_ids(get_str(section, "identity"));
	config->identities = redirect_match_ids(get_str(section, "identities"));
}

/*
 * Described in header.
 */
void redirect_guard_config_check()
{
	enumerator_t *enumerator;
	char section[128], *name;

	redirect_option_check(COMMON, known);
	enumerator = redirect_option_sections(CONNECTIONS);
	while (enumerator->enumerate(enumerator, &name))
	{
		snprintf(section, sizeof(section), CONNECTIONS ".%s", name);
		redirect_option_check(section, known);
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header.
 */
bool redirect_guard_config_allows(const redirect_guard_config_t *config,
								  const ike_wire_gateway_t *gateway)
{
	char name[IKE_WIRE_GATEWAY_MAX + 1];
	host_t *host;
	bool allowed;

	if (!config->restricted)
	{
		return TRUE;
	}
	host = ike_wire_gateway_to_host(gateway);
	if (host)
	{	/* be it written as a name */
		allowed = redirect_match_host(config->subnets, host);
		host->destroy(host);
		return allowed;
	}
	memcpy(name, gateway->identity.ptr, gateway->identity.len);
	name[gateway->identity.len] = '\0';
	return redirect_match_name(config->names, name);
}

/*
 * Described in header.
 */
bool redirect_guard_config_trusts(const redirect_guard_config_t *config,
								  identification_t *id, bool listed)
{
	if (!config->identity && !config->identities)
	{
		return TRUE;
	}
	if (listed && config->identities &&
		redirect_match_id(config->identities, id))
	{
		return TRUE;
	}
	return config->identity ? redirect_match_id(config->identity, id) : !listed;
}

/*
 * Described in header.
 */
void redirect_guard_config_clear(redirect_guard_config_t *config)
{
	redirect_match_subnets_destroy(config->subnets);
	redirect_match_names_destroy(config->names);
	redirect_match_ids_destroy(config->identity);
	redirect_match_ids_destroy(config->identities);
	memset(config, 0, sizeof(*config));
}
