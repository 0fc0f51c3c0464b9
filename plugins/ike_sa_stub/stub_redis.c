/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_redis.h"
#include "stub_lookups.h"
#include "stub_redis_command.h"
#include "stub_redis_link.h"
#include "sync_wake.h"

#include <collections/array.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

/** commands that may wait for the server */
#define MAX_WAITING 100000

/** commands that go out together */
#define MAX_BATCH 256

/** octets that tell a store from others */
#define NAME_LEN 16

/** s between attempts to connect */
#define RETRY 1

/** s between lines about commands the server refuses */
#define TELL_INTERVAL 60

typedef struct private_stub_redis_t private_stub_redis_t;

/**
 * Private data.
 */
struct private_stub_redis_t {

	/** public interface */
	stub_store_t public;

	/** options */
	stub_config_t *config;

	/** counters */
	stub_stats_t *stats;

	/** encrypts records */
	stub_seal_t *seal;

	/** look-ups under way */
	stub_lookups_t *lookups;

	/** connection, used by the thread only */
	stub_redis_link_t *link;

	/** when it was told that the server refused a command, as above */
	time_t told;

	/** prefix of keys */
	char *prefix;

	/** random name of this store, in hex, and claims it made */
	char name[2 * NAME_LEN + 1];
	refcount_t claims;

	/** thread */
	thread_t *thread;

	/** commands that wait, stub_redis_command_t* */
	array_t *commands;

	/** TRUE if the server could be reached last time */
	bool up;

	/** TRUE if the thread has to end */
	bool stop;

	/** protects all above, from commands on */
	mutex_t *mutex;

	/** signaled when there is a command, or stop is set */
	condvar_t *condvar;
};

/**
 * Queue a command, adopted; FALSE if there are too many.
 */
static bool queue(private_stub_redis_t *this, stub_redis_command_t *command,
				  bool only_up)
{
	bool ok;

	this->mutex->lock(this->mutex);
	ok = array_count(this->commands) < MAX_WAITING && (this->up || !only_up);
	if (ok)
	{
		array_insert(this->commands, ARRAY_TAIL, command);
		this->condvar->signal(this->condvar);
	}
	this->mutex->unlock(this->mutex);
	if (!ok)
	{
		stub_redis_command_destroy(command);
	}
	return ok;
}

METHOD(stub_store_t, put, void,
	private_stub_redis_t *this, stub_t *stub)
{
	stub_redis_command_t *command;

	command = stub_redis_command_create(this->seal, STUB_REDIS_PUT,
										stub_get_index(stub));
	command->stub = stub_ref(stub);
	if (!queue(this, command, FALSE))
	{
		this->stats->add(this->stats, STUB_REFUSED_FULL, 1);
	}
}

METHOD(stub_store_t, remove_, void,
	private_stub_redis_t *this, uint64_t index)
{
	queue(this, stub_redis_command_create(this->seal, STUB_REDIS_REMOVE, index),
		  FALSE);
}

METHOD(stub_store_t, get, stub_t*,
	private_stub_redis_t *this, uint64_t index)
{
	return NULL;
}

METHOD(stub_store_t, lookup, bool,
	private_stub_redis_t *this, uint64_t index, chunk_t address,
	stub_lookup_cb_t cb, void *user)
{
	stub_redis_command_t *command;
	bool up;

	this->mutex->lock(this->mutex);
	up = this->up;
	this->mutex->unlock(this->mutex);
	command = stub_redis_command_create(this->seal, STUB_REDIS_GET, index);
	if (!this->lookups->start(this->lookups, command->hash, up ? 1 : 0, cb,
							  user))
	{
		stub_redis_command_destroy(command);
		return FALSE;
	}
	/* if it's not queued the look-up's time is over some time */
	queue(this, command, TRUE);
	return TRUE;
}

METHOD(stub_store_t, claim, void,
	private_stub_redis_t *this, uint64_t index, stub_lost_cb_t lost,
	void *user)
{
	stub_redis_command_t *command;

	command = stub_redis_command_create(this->seal, STUB_REDIS_CLAIM, index);
	snprintf(command->token, sizeof(command->token), "%s-%u", this->name,
			 ref_get(&this->claims));
	command->lost = lost;
	command->user = user;
	queue(this, command, FALSE);
}

/**
 * The server answered a look-up.
 */
static void found(private_stub_redis_t *this, stub_redis_command_t *command,
				  redisReply *reply)
{
	stub_t *stub = NULL;

	if (reply->type == REDIS_REPLY_STRING)
	{
		stub = this->seal->open(this->seal, command->hash,
								chunk_create(reply->str, reply->len));
		if (!stub || !stub_is_valid(stub))
		{
			this->stats->add(this->stats, STUB_BAD_RECORD, 1);
			stub_unref(stub);
			stub = NULL;
		}
	}
	this->lookups->answer(this->lookups, command->hash, stub);
	stub_unref(stub);
}

/**
 * The server refused a command: FALSE if it does so with all or all that change
 * something until an operator or time helps, or another server has the address.
 */
static bool refused(private_stub_redis_t *this, const char *error)
{
	const char *lasting[] = {
		"READONLY", "NOAUTH", "NOPERM", "LOADING", "MASTERDOWN", "MISCONF",
		"NOREPLICAS", "CLUSTERDOWN",
	};
	time_t now = time_monotonic(NULL);
	u_int i;

	for (i = 0; i < countof(lasting); i++)
	{
		if (strpfx(error, lasting[i]))
		{
			this->link->fail(this->link, error, TRUE);
			return FALSE;
		}
	}
	if (!this->told || this->told + TELL_INTERVAL <= now)
	{
		DBG1(DBG_CFG, "ike-sa-stub: server refuses a command: %s", error);
		this->told = now;
	}
	return TRUE;
}

/**
 * Process the replies to a command, FALSE if the connection was closed.
 */
static bool receive(private_stub_redis_t *this, redisContext *context,
					stub_redis_command_t *command)
{
	redisReply *reply;
	bool lost = FALSE, good = TRUE;
	int i;

	for (i = 0; good && i < command->replies; i++)
	{
		reply = NULL;
		if (redisGetReply(context, (void**)&reply) != REDIS_OK)
		{
			this->link->fail(this->link, context->errstr, FALSE);
			return FALSE;
		}
		if (reply->type == REDIS_REPLY_ERROR)
		{
			good = refused(this, reply->str);
		}
		else if (command->type == STUB_REDIS_GET)
		{
			found(this, command, reply);
		}
		else if (stub_redis_command_is_lost(command, i, reply))
		{
			lost = TRUE;
		}
		freeReplyObject(reply);
	}
	/* not earlier: a command with a reply missing is sent once more */
	if (lost && good)
	{
		command->lost(command->user);
	}
	return good;
}

/**
 * Put what was not done back, but look-ups: nobody waits that long.
 */
static void put_back(private_stub_redis_t *this, array_t *batch)
{
	stub_redis_command_t *command;

	this->mutex->lock(this->mutex);
	this->up = FALSE;
	while (array_remove(batch, ARRAY_TAIL, &command))
	{
		if (command->type == STUB_REDIS_GET)
		{
			stub_redis_command_destroy(command);
		}
		else
		{
			array_insert(this->commands, ARRAY_HEAD, command);
		}
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Run commands.
 */
static void run_batch(private_stub_redis_t *this, array_t *batch)
{
	redisContext *context;
	stub_redis_command_t *command;
	int i;

	context = this->link->connect(this->link);
	if (!context)
	{
		put_back(this, batch);
		return;
	}
	for (i = 0; i < array_count(batch); i++)
	{
		array_get(batch, i, &command);
		stub_redis_command_append(command, context, this->seal, this->prefix);
	}
	while (array_get(batch, ARRAY_HEAD, &command))
	{
		if (!receive(this, context, command))
		{
			put_back(this, batch);
			return;
		}
		array_remove(batch, ARRAY_HEAD, NULL);
		/* servers that refuse changes may answer look-ups */
		if (command->replies && command->type != STUB_REDIS_GET)
		{
			this->link->works(this->link);
		}
		stub_redis_command_destroy(command);
	}
	this->mutex->lock(this->mutex);
	this->up = TRUE;
	this->mutex->unlock(this->mutex);
}

/**
 * Take commands that wait, mutex held.
 */
static array_t *take_batch(private_stub_redis_t *this)
{
	array_t *batch = array_create(0, 0);
	stub_redis_command_t *command;

	while (array_count(batch) < MAX_BATCH &&
		   array_remove(this->commands, ARRAY_HEAD, &command))
	{
		array_insert(batch, ARRAY_TAIL, command);
	}
	return batch;
}

/**
 * The thread.
 */
static void *work(private_stub_redis_t *this)
{
	array_t *batch;

	sync_thread_setup();
	this->mutex->lock(this->mutex);
	while (!this->stop)
	{
		batch = take_batch(this);
		this->mutex->unlock(this->mutex);
		/* without commands, to know if the server can be reached */
		run_batch(this, batch);
		array_destroy_function(batch, (void*)stub_redis_command_destroy, NULL);
		this->mutex->lock(this->mutex);
		if (!this->stop && (!this->up || !array_count(this->commands)))
		{
			this->condvar->timed_wait(this->condvar, this->mutex,
									  RETRY * 1000);
		}
	}
	this->mutex->unlock(this->mutex);
	return NULL;
}

METHOD(stub_store_t, status, void,
	private_stub_redis_t *this, vici_builder_t *reply)
{
	this->mutex->lock(this->mutex);
	reply->add_kv(reply, "server", "%s", this->up ? "up" : "down");
	reply->add_kv(reply, "waiting", "%u", array_count(this->commands));
	this->mutex->unlock(this->mutex);
}

METHOD(stub_store_t, destroy, void,
	private_stub_redis_t *this)
{
	if (this->thread)
	{
		this->mutex->lock(this->mutex);
		this->stop = TRUE;
		this->condvar->signal(this->condvar);
		this->mutex->unlock(this->mutex);
		this->thread->join(this->thread);
	}
	this->lookups->destroy(this->lookups);
	DESTROY_IF(this->link);
	this->seal->destroy(this->seal);
	array_destroy_function(this->commands, (void*)stub_redis_command_destroy,
						   NULL);
	this->condvar->destroy(this->condvar);
	this->mutex->destroy(this->mutex);
	free(this->prefix);
	free(this);
}

/**
 * Check that keys are not longer than they may be, without the end of the hash
 * several stubs have the same one.
 */
static bool check_prefix(private_stub_redis_t *this)
{
	if (strlen(this->prefix) > STUB_REDIS_PREFIX)
	{
		DBG1(DBG_CFG, "ike-sa-stub: prefix of section redis is too long, it "
			 "has %u characters at most", STUB_REDIS_PREFIX);
		return FALSE;
	}
	return TRUE;
}

/**
 * Make the name of this store.
 */
static bool make_name(private_stub_redis_t *this)
{
	uint8_t octets[NAME_LEN];
	rng_t *rng;
	bool ok;

	rng = lib->crypto->create_rng(lib->crypto, RNG_WEAK);
	ok = rng && rng->get_bytes(rng, sizeof(octets), octets);
	DESTROY_IF(rng);
	if (!ok)
	{
		DBG1(DBG_CFG, "ike-sa-stub: no random numbers for the claims of "
			 "store = redis");
		return FALSE;
	}
	chunk_to_hex(chunk_from_thing(octets), this->name, FALSE);
	return TRUE;
}

/*
 * Described in header.
 */
stub_store_t *stub_redis_create(stub_config_t *config, stub_stats_t *stats,
								stub_seal_t *seal)
{
	private_stub_redis_t *this;

	INIT(this,
		.public = {
			.put = _put,
			.remove = _remove_,
			.claim = _claim,
			.get = _get,
			.lookup = _lookup,
			.status = _status,
			.destroy = _destroy,
		},
		.config = config,
		.stats = stats,
		.seal = seal,
		.lookups = stub_lookups_create(config, stats),
		.link = stub_redis_link_create(),
		.prefix = strdup(lib->settings->get_str(lib->settings,
						"%s.plugins.ike-sa-stub.redis.prefix", "strongswan",
						lib->ns)),
		.commands = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	if (!this->link || !check_prefix(this) || !make_name(this))
	{
		destroy(this);
		return NULL;
	}
	this->thread = thread_create((thread_main_t)work, this);
	if (!this->thread)
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
