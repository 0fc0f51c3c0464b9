/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_config.h"
#include "redirect_option.h"

#include "ike_wire_redirect.h"
#include "sync_option.h"

/**
 * Names of all options, and of those in sections.
 */
static const char *known[] = {
	"load", "address", "address6", "fqdn", "inner_address", "port", "weight",
	"limit", "anycast", "interval", "stale", "hysteresis", "sticky", "dwell",
	"scan_interval", "rate", "deadline", "deadline_action", "leases", NULL,
};
static const char *known_shed[] = {
	"ike_sas", "half_open", "jobs", "cpu", NULL,
};
static const char *known_cost[] = {
	"half_open", "job", "cpu", NULL,
};

/**
 * Read an address.
 */
static host_t *get_address(const char *name, int family, uint16_t port)
{
	host_t *host;
	char *value;

	value = redirect_option_str("", name);
	if (!value)
	{
		return NULL;
	}
	host = host_create_from_string(value, port);
	if (!host || host->is_anyaddr(host) ||
		(family != AF_UNSPEC && host->get_family(host) != family))
	{
		DBG1(DBG_CFG, "redirect: %s = %s is ignored, it is no IPv%s address",
			 name, value, family == AF_INET6 ? "6" : "4");
		DESTROY_IF(host);
		return NULL;
	}
	return host;
}

/**
 * Read the name clients are sent to.
 */
static char *get_fqdn()
{
	char *value;

	value = redirect_option_str("", "fqdn");
	if (value && !ike_wire_gateway_is_name(chunk_from_str(value)))
	{
		DBG1(DBG_CFG, "redirect: fqdn = %s is ignored, it is no host name of "
			 "at most %d characters", value, IKE_WIRE_GATEWAY_MAX);
		return NULL;
	}
	return strdupnull(value);
}

/*
 * Described in header.
 */
void redirect_config_load(redirect_config_t *config)
{
	redirect_load_t *self = &config->self;
	uint32_t port;

	memset(config, 0, sizeof(*config));
	sync_option_check("redirect", known);
	redirect_option_check("shed", known_shed);
	redirect_option_check("cost", known_cost);
	port = redirect_option_number("", "port", 0, UINT16_MAX, 0);
	self->ipv4 = get_address("address", AF_INET, port);
	self->ipv6 = get_address("address6", AF_INET6, port);
	self->inner = get_address("inner_address", AF_UNSPEC, 0);
	self->fqdn = get_fqdn();
	self->weight = redirect_option_number("", "weight", REDIRECT_WEIGHT_MIN,
							REDIRECT_WEIGHT_MAX, REDIRECT_WEIGHT_DEFAULT);
	self->limit = redirect_option_number("", "limit", 0, UINT32_MAX, 0);
	config->anycast = redirect_match_subnets(redirect_option_str("", "anycast"),
											 "anycast");
	config->interval = redirect_option_number("", "interval", 100, 60000, 1000);
	config->stale = redirect_option_number("", "stale", config->interval,
										   600000, config->interval * 7 / 2);
	config->hysteresis = redirect_option_number("", "hysteresis", 0, 1000, 5);
	config->sticky = redirect_option_number("", "sticky", 0, 86400, 300);
	config->dwell = redirect_option_number("", "dwell", 0, 86400, 60);
	config->scan = redirect_option_number("", "scan_interval", 1, 3600, 5);
	config->rate = redirect_option_number("", "rate", 1, REDIRECT_RATE_MAX, 50);
	config->leases = redirect_option_bool("", "leases", FALSE);
	config->shed.ike_sas = redirect_option_number("shed", "ike_sas", 0,
												  UINT32_MAX, 0);
	config->shed.half_open = redirect_option_number("shed", "half_open", 0,
													UINT32_MAX, 0);
	config->shed.jobs = redirect_option_number("shed", "jobs", 0,
											   UINT32_MAX, 0);
	config->shed.cpu = redirect_option_number("shed", "cpu", 0, 100, 0);
	config->cost.half_open = redirect_option_number("cost", "half_open", 0,
													REDIRECT_COST_MAX, 1);
	config->cost.job = redirect_option_number("cost", "job", 0,
											  REDIRECT_COST_MAX, 0);
	config->cost.cpu = redirect_option_number("cost", "cpu", 0,
											  REDIRECT_COST_MAX, 0);
}

/*
 * Described in header.
 */
void redirect_config_clear(redirect_config_t *config)
{
	redirect_load_clear(&config->self);
	redirect_match_subnets_destroy(config->anycast);
	config->anycast = NULL;
}
