/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_config.h"
#include "qcd_limit.h"

#include "ike_wire_notify.h"
#include "sync_option.h"

#include <inttypes.h>

/** section of the options */
#define SECTION "%s.plugins.qcd."

/** range of private-use status notifies (RFC 7296, 3.10.1) */
#define PRIVATE_STATUS_MIN 40960
#define PRIVATE_STATUS_MAX 65535

/**
 * Names of all options.
 */
static const char *known[] = {
	"load", "maker", "taker", "token_address", "answer_alone", "secret_file",
	"answers", "answers_source", "answers_window", "checks", "checks_source",
	"hint_interval", "esp_watch", "esp_answers", "esp_answers_source",
	"spi_map", "detection", "sir_notify", "sir_dampening", NULL,
};

/**
 * Read a number with a range.
 */
static uint32_t get_number(char *name, uint32_t min, uint32_t max, uint32_t def)
{
	uint64_t number;
	char *value;

	value = lib->settings->get_str(lib->settings, SECTION "%s", NULL, lib->ns,
								   name);
	if (!value)
	{
		return def;
	}
	/* a negative number becomes a huge one */
	number = settings_value_as_uint64(value, UINT64_MAX);
	if (number < min || number > max)
	{
		DBG1(DBG_CFG, "qcd: %s = %s is wrong, it's a number from %u to %u; "
			 "using %u", name, value, min, max, def);
		return def;
	}
	return number;
}

/**
 * Read a yes or no: what strongSwan takes for neither has the default, as it
 * has for strongSwan, but that is said.
 */
static bool get_bool(char *name, bool def)
{
	char *value;
	bool yes;

	value = lib->settings->get_str(lib->settings, SECTION "%s", NULL, lib->ns,
								   name);
	yes = settings_value_as_bool(value, def);
	if (value && yes != settings_value_as_bool(value, !def))
	{
		DBG1(DBG_CFG, "qcd: %s = %s is wrong, it's yes, true, enabled or 1, or "
			 "no, false, disabled or 0; using %s", name, value,
			 def ? "yes" : "no");
	}
	return yes;
}

/**
 * Read which mechanisms are used.
 */
static void get_detection(bool *qcd, bool *sir)
{
	enumerator_t *enumerator;
	char *value, *token;

	*qcd = *sir = FALSE;
	value = lib->settings->get_str(lib->settings, SECTION "detection", "qcd",
								   lib->ns);
	enumerator = enumerator_create_token(value, ",", " ");
	while (enumerator->enumerate(enumerator, &token))
	{
		if (streq(token, "qcd"))
		{
			*qcd = TRUE;
		}
		else if (streq(token, "sir"))
		{
			*sir = TRUE;
		}
		else if (*token)
		{
			DBG1(DBG_CFG, "qcd: detection = '%s' has '%s', which is not known: "
				 "use 'qcd', 'sir', or 'qcd, sir'", value, token);
		}
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header.
 */
void qcd_config_clear(qcd_config_t *config)
{
	free(config->spi_map);
	config->spi_map = NULL;
}

/*
 * Described in header.
 */
void qcd_config_load(qcd_config_t *config)
{
	bool qcd;
	char *map;

	sync_option_check("qcd", known);
	get_detection(&qcd, &config->sir);
	config->maker = get_bool("maker", TRUE) && qcd;
	config->taker = get_bool("taker", TRUE) && qcd;
	config->token_address = get_bool("token_address", FALSE);
	config->answer_alone = get_bool("answer_alone", FALSE);
	config->answers = get_number("answers", 1, QCD_LIMIT_MAX, 1000);
	config->answers_source = get_number("answers_source", 1, QCD_LIMIT_MAX, 5);
	config->answers_window = get_number("answers_window", 0, 86400, 300);
	config->checks = get_number("checks", 1, QCD_LIMIT_MAX, 200);
	config->checks_source = get_number("checks_source", 1, QCD_LIMIT_MAX, 10);
	config->hint_interval = get_number("hint_interval", 1, 3600, 10) * 1000;
	config->esp_watch = get_bool("esp_watch", TRUE);
	config->esp_answers = get_number("esp_answers", 1, QCD_LIMIT_MAX, 500);
	config->esp_answers_source = get_number("esp_answers_source", 1,
											QCD_LIMIT_MAX, 2);
	config->sir_notify = get_number("sir_notify", PRIVATE_STATUS_MIN,
									PRIVATE_STATUS_MAX, IKE_WIRE_CHECK_SPI);
	config->sir_dampening = get_number("sir_dampening", 1, 3600, 30);
	map = lib->settings->get_str(lib->settings, SECTION "spi_map", NULL,
								 lib->ns);
	if (!config->spi_map && map && *map)
	{	/* not changed by a reload */
		config->spi_map = strdup(map);
	}
}
