/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_spi.h"

#include <daemon.h>

/**
 * charon's defaults of spi_min and spi_max.
 */
#define SPI_MIN 0xc0000000
#define SPI_MAX 0xcfffffff

/**
 * Fewest SPIs a member can do with.
 */
#define MIN_PART 16

typedef struct private_ha_sync_spi_t private_ha_sync_spi_t;
typedef struct bound_t bound_t;

/**
 * An end of the range of inbound SPIs.
 */
struct bound_t {
	/** name of charon's option */
	char *option;
	/** its default */
	uint32_t def;
	/** what is configured, NULL if it's the default */
	char *configured;
	/** what we set, NULL if nothing */
	char *set;
};

/**
 * Private data.
 */
struct private_ha_sync_spi_t {

	/** public interface */
	ha_sync_spi_t public;

	/** ends of the range of inbound SPIs */
	bound_t min, max;

	/** random octets of IKE SPIs */
	rng_t *rng;

	/** number of this member */
	uint8_t number;

	/** octet of IKE SPIs that has it, from 0 */
	int octet;
};

/*
 * Described in header.
 */
bool ha_sync_spi_part(u_int number, u_int count, uint32_t *min, uint32_t *max)
{
	uint64_t all, part;

	if (*min > *max || number >= count)
	{
		return FALSE;
	}
	all = (uint64_t)*max - *min + 1;
	part = all / count;
	if (part < MIN_PART)
	{
		return FALSE;
	}
	*min += number * part;
	if (number < count - 1)
	{	/* the last one gets the rest, too */
		*max = *min + part - 1;
	}
	return TRUE;
}

/**
 * Read what is configured; what we set ourselves is not.
 */
static uint32_t read_bound(bound_t *bound)
{
	char *value;

	value = lib->settings->get_str(lib->settings, "%s.%s", NULL, lib->ns,
								   bound->option);
	if (!bound->set || !streq(value, bound->set))
	{	/* the configuration was loaded again */
		free(bound->configured);
		bound->configured = strdupnull(value);
	}
	/* as charon does */
	return settings_value_as_int(bound->configured, bound->def);
}

/**
 * Set a bound, or what was configured if it's NULL.
 */
static void set_bound(bound_t *bound, uint32_t *value)
{
	char buf[16];

	free(bound->set);
	bound->set = NULL;
	if (value)
	{
		snprintf(buf, sizeof(buf), "0x%.8x", *value);
		bound->set = strdup(buf);
	}
	lib->settings->set_str(lib->settings, "%s.%s",
						   bound->set ?: bound->configured, lib->ns,
						   bound->option);
}

/**
 * Take our part of the inbound SPIs.
 */
static void take_part(private_ha_sync_spi_t *this, u_int count)
{
	uint32_t a, b, min, max;

	a = read_bound(&this->min);
	b = read_bound(&this->max);
	min = min(a, b);
	max = max(a, b);
	if (!ha_sync_spi_part(this->number, count, &min, &max))
	{
		DBG1(DBG_CFG, "ha-sync: the range from spi_min to spi_max is too small "
			 "for %u members, so members may use the same SPIs; make it larger "
			 "in strongswan.conf", count);
		set_bound(&this->min, NULL);
		set_bound(&this->max, NULL);
		return;
	}
	set_bound(&this->min, &min);
	set_bound(&this->max, &max);
	DBG2(DBG_CFG, "ha-sync: member %u of %u, inbound SPIs from %.8x to %.8x",
		 this->number + 1, count, min, max);
}

/**
 * Choose an IKE SPI, callback of charon's IKE_SA manager.
 */
CALLBACK(choose_ike_spi, uint64_t,
	private_ha_sync_spi_t *this)
{
	uint64_t spi;

	if (!this->rng->get_bytes(this->rng, sizeof(spi), (uint8_t*)&spi))
	{
		return 0;
	}
	/* in network order, i.e. octet by octet as it is sent */
	((uint8_t*)&spi)[this->octet] = this->number;
	return spi;
}

/**
 * Find the last octet of IKE SPIs that charon does not overwrite, -1 if none.
 */
static int find_octet()
{
	uint64_t mask;
	int octet;

	mask = settings_value_as_uint64(lib->settings->get_str(lib->settings,
								"%s.spi_mask", NULL, lib->ns), 0);
	for (octet = sizeof(mask) - 1; octet >= 0; octet--, mask >>= 8)
	{
		if (!(mask & 0xff))
		{
			break;
		}
	}
	return octet;
}

/**
 * Compare our name with another one.
 */
static bool is_after(const char *self, const char *other)
{
	return strcmp(self, other) > 0;
}

METHOD(ha_sync_spi_t, reload, void,
	private_ha_sync_spi_t *this, char *self, array_t *others)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	char *other;
	int i;

	manager->set_spi_cb(manager, NULL, NULL);
	this->number = 0;
	for (i = 0; i < array_count(others); i++)
	{
		array_get(others, i, &other);
		this->number += is_after(self, other);
	}
	take_part(this, array_count(others) + 1);
	this->octet = find_octet();
	if (this->octet < 0)
	{
		DBG1(DBG_CFG, "ha-sync: spi_mask leaves no octet of IKE SPIs for the "
			 "number of the member; give each its own spi_label");
	}
	else if (this->rng)
	{
		manager->set_spi_cb(manager, choose_ike_spi, this);
	}
}

METHOD(ha_sync_spi_t, destroy, void,
	private_ha_sync_spi_t *this)
{
	charon->ike_sa_manager->set_spi_cb(charon->ike_sa_manager, NULL, NULL);
	if (this->min.set)
	{
		set_bound(&this->min, NULL);
		set_bound(&this->max, NULL);
	}
	free(this->min.configured);
	free(this->max.configured);
	DESTROY_IF(this->rng);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_spi_t *ha_sync_spi_create()
{
	private_ha_sync_spi_t *this;

	INIT(this,
		.public = {
			.reload = _reload,
			.destroy = _destroy,
		},
		.min = {
			.option = "spi_min",
			.def = SPI_MIN,
		},
		.max = {
			.option = "spi_max",
			.def = SPI_MAX,
		},
		.rng = lib->crypto->create_rng(lib->crypto, RNG_WEAK),
	);
	return &this->public;
}
