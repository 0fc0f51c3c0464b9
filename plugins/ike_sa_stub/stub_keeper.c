/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_keeper.h"
#include "stub_members.h"
#ifdef CLUSTER_HIREDIS
#include "stub_redis.h"
#endif
#include "stub_table.h"
#include "sync_config.h"

#include <processing/jobs/callback_job.h>

/** interval in which expired stubs are removed, in s */
#define EXPIRE_INTERVAL 30

typedef struct private_stub_keeper_t private_stub_keeper_t;

/**
 * Private data.
 */
struct private_stub_keeper_t {

	/** public interface */
	stub_keeper_t public;

	/** options */
	stub_config_t *config;

	/** counters */
	stub_stats_t *stats;

	/** stubs in memory */
	stub_table_t *table;

	/** store elsewhere, or NULL */
	stub_store_t *store;
};

METHOD(stub_keeper_t, remember, bool,
	private_stub_keeper_t *this, stub_t *stub)
{
	if (!this->table->put(this->table, stub))
	{
		this->stats->add(this->stats, STUB_REFUSED_FULL, 1);
		return FALSE;
	}
	return TRUE;
}

METHOD(stub_keeper_t, put, bool,
	private_stub_keeper_t *this, stub_t *stub)
{
	if (!remember(this, stub))
	{
		return FALSE;
	}
	if (this->store)
	{
		this->store->put(this->store, stub);
	}
	return TRUE;
}

METHOD(stub_keeper_t, share, void,
	private_stub_keeper_t *this, stub_t *stub)
{
	if (this->config->store == STUB_STORE_MEMBERS)
	{
		this->store->put(this->store, stub);
	}
}

METHOD(stub_keeper_t, get_shared, stub_t*,
	private_stub_keeper_t *this, uint64_t index)
{
	return this->store ? this->store->get(this->store, index) : NULL;
}

METHOD(stub_keeper_t, revoke_, bool,
	private_stub_keeper_t *this, uint64_t index)
{
	stub_t *stub;
	bool found;

	stub = this->table->take(this->table, index);
	if (!stub)
	{
		stub = get_shared(this, index);
	}
	found = stub != NULL;
	stub_unref(stub);
	if (this->store)
	{
		this->store->remove(this->store, index);
	}
	return found;
}

METHOD(stub_keeper_t, get, stub_t*,
	private_stub_keeper_t *this, uint64_t index, bool *foreign)
{
	stub_t *stub;

	stub = this->table->get(this->table, index);
	if (foreign)
	{
		*foreign = FALSE;
		if (!stub)
		{
			stub = get_shared(this, index);
			*foreign = TRUE;
		}
	}
	return stub;
}

METHOD(stub_keeper_t, lookup, bool,
	private_stub_keeper_t *this, uint64_t index, chunk_t address,
	stub_lookup_cb_t cb, void *user)
{
	return this->store &&
		   this->store->lookup(this->store, index, address, cb, user);
}

METHOD(stub_keeper_t, forget, void,
	private_stub_keeper_t *this, uint64_t index)
{
	stub_unref(this->table->take(this->table, index));
}

METHOD(stub_keeper_t, consume, bool,
	private_stub_keeper_t *this, stub_t *stub, stub_lost_cb_t lost, void *user)
{
	uint64_t index = stub_get_index(stub);
	stub_t *taken;

	taken = this->table->take(this->table, index);
	if (!taken)
	{
		free(user);
		return FALSE;
	}
	stub_unref(taken);
	if (this->store)
	{
		this->store->claim(this->store, index, lost, user);
	}
	else
	{
		free(user);
	}
	return TRUE;
}

METHOD(stub_keeper_t, flush, u_int,
	private_stub_keeper_t *this)
{
	array_t *all = this->table->get_all(this->table);
	u_int count = array_count(all);
	stub_t *stub;

	while (array_remove(all, ARRAY_HEAD, &stub))
	{
		revoke_(this, stub_get_index(stub));
		stub_unref(stub);
	}
	array_destroy(all);
	return count;
}

METHOD(stub_keeper_t, count_, u_int,
	private_stub_keeper_t *this)
{
	return this->table->count(this->table);
}

METHOD(stub_keeper_t, get_all, array_t*,
	private_stub_keeper_t *this)
{
	return this->table->get_all(this->table);
}

METHOD(stub_keeper_t, get_store, stub_store_t*,
	private_stub_keeper_t *this)
{
	return this->store;
}

METHOD(stub_keeper_t, reload, void,
	private_stub_keeper_t *this)
{
	this->table->set_max(this->table, this->config->max_stubs);
}

/**
 * Job: remove expired stubs.
 */
static job_requeue_t expire(private_stub_keeper_t *this)
{
	this->stats->add(this->stats, STUB_EXPIRED,
					 this->table->expire(this->table));
	return JOB_RESCHEDULE(EXPIRE_INTERVAL);
}

METHOD(stub_keeper_t, destroy, void,
	private_stub_keeper_t *this)
{
	DESTROY_IF(this->store);
	this->table->destroy(this->table);
	free(this);
}

/**
 * A stub of ours is gone elsewhere.  Implements stub_gone_cb_t
 */
static void gone(private_stub_keeper_t *this, uint64_t index)
{
	forget(this, index);
}

/**
 * Read the secret that records are encrypted with.
 */
static bool load_secret(chunk_t *secret)
{
	sync_config_t *cluster;
	char *file;

	file = lib->settings->get_str(lib->settings,
						"%s.plugins.ike-sa-stub.secret_file", NULL, lib->ns);
	if (file)
	{
		return sync_config_load_secret(file, secret);
	}
	cluster = sync_config_load();
	if (!cluster)
	{
		return FALSE;
	}
	*secret = chunk_clone(cluster->secret);
	sync_config_destroy(cluster);
	if (!secret->len)
	{
		DBG1(DBG_CFG, "ike-sa-stub: a cluster with certificates needs "
			 "secret_file for the store");
	}
	return secret->len > 0;
}

/**
 * Create the store.
 */
static bool create_store(private_stub_keeper_t *this)
{
	stub_seal_t *seal;
	chunk_t secret;

	if (this->config->store == STUB_STORE_MEMORY)
	{
		return TRUE;
	}
	if (!load_secret(&secret))
	{
		return FALSE;
	}
	seal = stub_seal_create(secret);
	chunk_clear(&secret);
	if (!seal)
	{
		DBG1(DBG_CFG, "ike-sa-stub: OpenSSL does not provide AES-256-GCM");
		return FALSE;
	}
	switch (this->config->store)
	{
		case STUB_STORE_MEMBERS:
		case STUB_STORE_BANK:
			this->store = stub_members_create(this->config, this->stats, seal,
											(stub_gone_cb_t)gone, this);
			break;
		default:
#ifdef CLUSTER_HIREDIS
			this->store = stub_redis_create(this->config, this->stats, seal);
#else
			DBG1(DBG_CFG, "ike-sa-stub: built without hiredis, store = redis "
				 "can't be used");
			seal->destroy(seal);
#endif
			break;
	}
	return this->store != NULL;
}

/*
 * Described in header.
 */
stub_keeper_t *stub_keeper_create(stub_config_t *config, stub_stats_t *stats)
{
	private_stub_keeper_t *this;

	INIT(this,
		.public = {
			.put = _put,
			.revoke = _revoke_,
			.get = _get,
			.share = _share,
			.get_shared = _get_shared,
			.lookup = _lookup,
			.remember = _remember,
			.forget = _forget,
			.consume = _consume,
			.flush = _flush,
			.count = _count_,
			.get_all = _get_all,
			.get_store = _get_store,
			.reload = _reload,
			.destroy = _destroy,
		},
		.config = config,
		.stats = stats,
		.table = stub_table_create(config->max_stubs),
	);
	if (!create_store(this))
	{
		destroy(this);
		return NULL;
	}
	lib->scheduler->schedule_job(lib->scheduler,
		(job_t*)callback_job_create((void*)expire, this, NULL, NULL),
		EXPIRE_INTERVAL);
	return &this->public;
}
