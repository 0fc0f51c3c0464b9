/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_config.h"
#include "stub_syn.h"
#include "sync_option.h"

#include <inttypes.h>

ENUM(stub_store_type_names, STUB_STORE_MEMORY, STUB_STORE_REDIS,
	"memory",
	"members",
	"bank",
	"redis",
);

/**
 * Get a string.
 */
static char *get_str(const char *name, char *def)
{
	return lib->settings->get_str(lib->settings, "%s.plugins.ike-sa-stub.%s",
								  def, lib->ns, name);
}

/**
 * Get a yes or no.
 */
static bool get_bool(const char *name, bool def)
{
	return lib->settings->get_bool(lib->settings, "%s.plugins.ike-sa-stub.%s",
								   def, lib->ns, name);
}

/**
 * Get a number in a range.
 */
static uint32_t get_number(const char *name, uint32_t min, uint32_t max,
						   uint32_t def)
{
	char *value = get_str(name, NULL);
	uint64_t number;

	if (!value)
	{
		return def;
	}
	/* a negative number becomes a huge one */
	number = settings_value_as_uint64(value, UINT64_MAX);
	if (number < min || number > max)
	{
		DBG1(DBG_CFG, "ike-sa-stub: %s = %s is wrong, it's a number from %u to "
			 "%u; using %u", name, value, min, max, def);
		return def;
	}
	return number;
}

/**
 * Get a time in s, the value may have a unit.
 */
static uint32_t get_time(const char *name, uint32_t min, uint32_t max,
						 uint32_t def)
{
	char *value = get_str(name, NULL);
	uint32_t seconds;

	if (!value)
	{
		return def;
	}
	seconds = settings_value_as_time(value, UINT32_MAX);
	if (seconds < min || seconds > max)
	{
		DBG1(DBG_CFG, "ike-sa-stub: %s = %s is wrong, it's a time from %u s to "
			 "%u s; using %u s", name, value, min, max, def);
		return def;
	}
	return seconds;
}

/**
 * Check which of two words an option is.
 */
static bool is_first(const char *name, char *first, char *second)
{
	char *value = get_str(name, first);

	if (!streq(value, first) && !streq(value, second))
	{
		DBG1(DBG_CFG, "ike-sa-stub: %s = '%s' is not known, use '%s' or '%s'; "
			 "using '%s'", name, value, first, second, first);
		return TRUE;
	}
	return streq(value, first);
}

/**
 * Read where stubs are.
 */
static stub_store_type_t get_store()
{
	char *value = get_str("store", "memory");
	stub_store_type_t store;

	if (!enum_from_name(stub_store_type_names, value, &store))
	{
		DBG1(DBG_CFG, "ike-sa-stub: store = '%s' is not known, use 'memory', "
			 "'members', 'bank' or 'redis'; using 'memory'", value);
		return STUB_STORE_MEMORY;
	}
	return store;
}

/*
 * Described in header.
 */
void stub_config_load(stub_config_t *config, bool first)
{
	const char *known[] = {
		"load", "gateway", "client", "lifetime", "store", "lookup_timeout",
		"confirm_timeout", "proof", "keys", "pfs", "rekey_after", "max_chain",
		"max_stubs", "rate", "banks", "secret_file",
		"client_file", "syn_payload", "proof_notify", "lifetime_notify", NULL,
	};
	stub_store_type_t store;
	char *banks;

	sync_option_check("ike-sa-stub", known);
	config->gateway = get_bool("gateway", TRUE);
	config->client = get_bool("client", TRUE);
	config->lifetime = get_time("lifetime", 1, STUB_LIFETIME_MAX, 3600);
	config->lookup_timeout = get_number("lookup_timeout", 10, 5000, 200);
	config->confirm_timeout = get_time("confirm_timeout", 1, 60, 10);
	config->proof = is_first("proof", "require", "optional");
	config->hardened = is_first("keys", "hardened", "draft");
	config->pfs = get_bool("pfs", FALSE);
	config->rekey_after = get_time("rekey_after", 0, 86400, 300);
	config->max_chain = get_number("max_chain", 1, 255, 16);
	config->max_stubs = get_number("max_stubs", 1, 10000000, 100000);
	config->rate = get_number("rate", 0, 1000000, 100);
	store = get_store();
	banks = get_str("banks", "");
	if (!first)
	{
		if (store != config->store || !streq(banks, config->banks))
		{
			DBG1(DBG_CFG, "ike-sa-stub: the store changes when the daemon is "
				 "restarted");
		}
		return;
	}
	config->store = store;
	config->banks = strdup(banks);
	stub_types.syn = get_number("syn_payload", 128, 255,
								STUB_PAYLOAD_SYN_DEFAULT);
	stub_types.proof = get_number("proof_notify", 40960, 65535,
								  STUB_NOTIFY_PROOF_DEFAULT);
	stub_types.lifetime = get_number("lifetime_notify", 40960, 65535,
									 STUB_NOTIFY_LIFETIME_DEFAULT);
}

/*
 * Described in header.
 */
void stub_config_clear(stub_config_t *config)
{
	free(config->banks);
}
