/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sa_spis.h"

#include <collections/hashtable.h>

typedef struct private_sa_spis_t private_sa_spis_t;
typedef struct sa_t sa_t;
typedef struct spi_t spi_t;

/**
 * An IKE SA.
 */
struct sa_t {

	/** SPIs of initiator and responder */
	uint64_t spi[2];
};

/**
 * An SPI.
 */
struct spi_t {

	/** SPI */
	uint64_t spi;

	/** IKE SAs that use it */
	u_int uses;
};

/**
 * Private data.
 */
struct private_sa_spis_t {

	/** public interface */
	sa_spis_t public;

	/** IKE SAs, as sa_t, key is the object */
	hashtable_t *sas;

	/** SPIs, as spi_t, key is the object */
	hashtable_t *spis;
};

/**
 * Hash an IKE SA.  SPIs are random, but the peer's is not chosen by us.
 */
static u_int hash_sa(const sa_t *sa)
{
	return chunk_hash(chunk_from_thing(sa->spi));
}

/**
 * Compare IKE SAs.
 */
static bool equals_sa(const sa_t *a, const sa_t *b)
{
	return a->spi[0] == b->spi[0] && a->spi[1] == b->spi[1];
}

/**
 * Hash an SPI.
 */
static u_int hash_spi(const spi_t *spi)
{
	return chunk_hash(chunk_from_thing(spi->spi));
}

/**
 * Compare SPIs.
 */
static bool equals_spi(const spi_t *a, const spi_t *b)
{
	return a->spi == b->spi;
}

/**
 * An IKE SA uses an SPI; 0 is none.
 */
static void use_spi(private_sa_spis_t *this, uint64_t spi)
{
	spi_t *found, key = { .spi = spi };

	if (!spi)
	{
		return;
	}
	found = this->spis->get(this->spis, &key);
	if (!found)
	{
		INIT(found,
			.spi = spi,
		);
		this->spis->put(this->spis, found, found);
	}
	found->uses++;
}

/**
 * An IKE SA no longer uses an SPI.
 */
static void release_spi(private_sa_spis_t *this, uint64_t spi)
{
	spi_t *found, key = { .spi = spi };

	found = this->spis->get(this->spis, &key);
	if (found && --found->uses == 0)
	{
		this->spis->remove(this->spis, found);
		free(found);
	}
}

METHOD(sa_spis_t, add, void,
	private_sa_spis_t *this, uint64_t spi_i, uint64_t spi_r)
{
	sa_t *sa, key = { .spi = { spi_i, spi_r } };

	if (this->sas->get(this->sas, &key))
	{
		return;
	}
	INIT(sa,
		.spi = { spi_i, spi_r },
	);
	this->sas->put(this->sas, sa, sa);
	use_spi(this, spi_i);
	use_spi(this, spi_r);
}

METHOD(sa_spis_t, remove_, void,
	private_sa_spis_t *this, uint64_t spi_i, uint64_t spi_r)
{
	sa_t *sa, key = { .spi = { spi_i, spi_r } };

	sa = this->sas->remove(this->sas, &key);
	if (sa)
	{
		release_spi(this, spi_i);
		release_spi(this, spi_r);
		free(sa);
	}
}

METHOD(sa_spis_t, uses, bool,
	private_sa_spis_t *this, uint64_t spi)
{
	spi_t key = { .spi = spi };

	return this->spis->get(this->spis, &key) != NULL;
}

METHOD(sa_spis_t, count, u_int,
	private_sa_spis_t *this)
{
	return this->sas->get_count(this->sas);
}

CALLBACK(filter, bool,
	void *data, enumerator_t *orig, va_list args)
{
	uint64_t *spi_i, *spi_r;
	void *key;
	sa_t *sa;

	VA_ARGS_VGET(args, spi_i, spi_r);
	if (!orig->enumerate(orig, &key, &sa))
	{
		return FALSE;
	}
	*spi_i = sa->spi[0];
	*spi_r = sa->spi[1];
	return TRUE;
}

METHOD(sa_spis_t, create_enumerator, enumerator_t*,
	private_sa_spis_t *this)
{
	return enumerator_create_filter(this->sas->create_enumerator(this->sas),
									filter, NULL, NULL);
}

/**
 * Free what is in a table.
 */
static void destroy_table(hashtable_t *table)
{
	enumerator_t *enumerator;
	void *key, *value;

	enumerator = table->create_enumerator(table);
	while (enumerator->enumerate(enumerator, &key, &value))
	{
		table->remove_at(table, enumerator);
		free(value);
	}
	enumerator->destroy(enumerator);
	table->destroy(table);
}

METHOD(sa_spis_t, destroy, void,
	private_sa_spis_t *this)
{
	destroy_table(this->sas);
	destroy_table(this->spis);
	free(this);
}

/*
 * Described in header.
 */
sa_spis_t *sa_spis_create()
{
	private_sa_spis_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.remove = _remove_,
			.uses = _uses,
			.count = _count,
			.create_enumerator = _create_enumerator,
			.destroy = _destroy,
		},
		.sas = hashtable_create((hashtable_hash_t)hash_sa,
								(hashtable_equals_t)equals_sa, 64),
		.spis = hashtable_create((hashtable_hash_t)hash_spi,
								 (hashtable_equals_t)equals_spi, 64),
	);
	return &this->public;
}
