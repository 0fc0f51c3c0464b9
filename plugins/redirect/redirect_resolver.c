/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_resolver.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <collections/linked_list.h>
#include <encoding/message.h>
#include <processing/jobs/callback_job.h>
#include <processing/jobs/process_message_job.h>
#include <threading/mutex.h>

/** for how long an address is used, in s: until the message was processed */
#define LIFETIME 10

typedef struct private_redirect_resolver_t private_redirect_resolver_t;
typedef struct entry_t entry_t;
typedef struct lookup_t lookup_t;

/**
 * Private data.
 */
struct private_redirect_resolver_t {

	/** public interface */
	redirect_resolver_t public;

	/** the owner and look-ups under way */
	refcount_t refs;

	/** protects all below */
	mutex_t *mutex;

	/** entry_t by name */
	hashtable_t *names;

	/** look-ups that wait for a job, lookup_t */
	linked_list_t *waiting;

	/** jobs */
	u_int jobs;
};

/**
 * A name.
 */
struct entry_t {
	/** name */
	char *name;
	/** its address, NULL while it is looked up */
	host_t *host;
	/** until when the entry is valid, in s */
	time_t until;
};

/**
 * A look-up.
 */
struct lookup_t {
	/** resolver */
	private_redirect_resolver_t *this;
	/** name */
	char *name;
	/** packet to process again */
	packet_t *packet;
};

/**
 * Free a name.
 */
static void entry_destroy(entry_t *entry)
{
	DESTROY_IF(entry->host);
	free(entry->name);
	free(entry);
}

/**
 * Remove what is not valid any more; the caller has the lock.
 */
static void expire(private_redirect_resolver_t *this, time_t now)
{
	enumerator_t *enumerator;
	entry_t *entry;
	char *name;

	enumerator = this->names->create_enumerator(this->names);
	while (enumerator->enumerate(enumerator, &name, &entry))
	{
		if (entry->until < now)
		{
			this->names->remove_at(this->names, enumerator);
			entry_destroy(entry);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Give a reference back.
 */
static void put(private_redirect_resolver_t *this)
{
	if (ref_put(&this->refs))
	{
		expire(this, time_monotonic(NULL) + LIFETIME * 100);
		this->names->destroy(this->names);
		this->waiting->destroy(this->waiting);
		this->mutex->destroy(this->mutex);
		free(this);
	}
}

/**
 * Free a look-up.
 */
static void lookup_destroy(lookup_t *lookup)
{
	DESTROY_IF(lookup->packet);
	put(lookup->this);
	free(lookup->name);
	free(lookup);
}

/**
 * Process the message again.
 */
static void process_again(lookup_t *lookup)
{
	message_t *message;

	message = message_create_from_packet(lookup->packet);
	lookup->packet = NULL;
	if (message->parse_header(message) == SUCCESS)
	{
		lib->processor->queue_job(lib->processor,
								  (job_t*)process_message_job_create(message));
	}
	else
	{
		message->destroy(message);
	}
}

/**
 * Note what was found, returns TRUE if the message has to be processed again.
 */
static bool found(private_redirect_resolver_t *this, lookup_t *lookup,
				  host_t *host)
{
	bool again = FALSE, late;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->names->get(this->names, lookup->name);
	late = entry && entry->until < time_monotonic(NULL);
	if (late)
	{
		DBG1(DBG_IKE, "redirect: looking up '%s' took too long, redirect "
			 "ignored", lookup->name);
	}
	else if (entry && host)
	{
		DESTROY_IF(entry->host);
		entry->host = host;
		entry->until = time_monotonic(NULL) + LIFETIME;
		host = NULL;
		again = TRUE;
	}
	if (entry && !again)
	{	/* not known, with the next message it's tried again */
		this->names->remove(this->names, lookup->name);
		entry_destroy(entry);
		if (!host && !late)
		{
			DBG1(DBG_IKE, "redirect: gateway '%s' has no address, redirect "
				 "ignored", lookup->name);
		}
	}
	this->mutex->unlock(this->mutex);
	DESTROY_IF(host);
	return again;
}

/**
 * Check if somebody still waits for a name.
 */
static bool is_wanted(private_redirect_resolver_t *this, lookup_t *lookup)
{
	entry_t *entry;
	bool wanted;

	this->mutex->lock(this->mutex);
	entry = this->names->get(this->names, lookup->name);
	wanted = entry && entry->until >= time_monotonic(NULL);
	this->mutex->unlock(this->mutex);
	return wanted;
}

/**
 * Get the next look-up, NULL if none waits: the job ends.
 */
static lookup_t *get_next(private_redirect_resolver_t *this)
{
	lookup_t *lookup = NULL;

	this->mutex->lock(this->mutex);
	if (this->waiting->remove_first(this->waiting, (void**)&lookup) != SUCCESS)
	{
		this->jobs--;
	}
	this->mutex->unlock(this->mutex);
	return lookup;
}

static job_requeue_t look_up(lookup_t *lookup);

/**
 * Start a job for a look-up.
 */
static void start(lookup_t *lookup)
{
	lib->processor->queue_job(lib->processor,
				(job_t*)callback_job_create((callback_job_cb_t)look_up, lookup,
							(callback_job_cleanup_t)lookup_destroy, NULL));
}

/**
 * Job: look up a name.
 */
static job_requeue_t look_up(lookup_t *lookup)
{
	private_redirect_resolver_t *this = lookup->this;
	host_t *host = NULL;
	lookup_t *next;

	if (is_wanted(this, lookup))
	{
		host = lib->hosts->resolve(lib->hosts, lookup->name, AF_UNSPEC);
	}
	if (found(this, lookup, host))
	{
		process_again(lookup);
	}
	next = get_next(this);
	if (next)
	{
		start(next);
	}
	return JOB_REQUEUE_NONE;
}

METHOD(redirect_resolver_t, get, host_t*,
	private_redirect_resolver_t *this, const char *name)
{
	host_t *host = NULL;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->names->get(this->names, name);
	if (entry && entry->host && entry->until >= time_monotonic(NULL))
	{
		host = entry->host->clone(entry->host);
	}
	this->mutex->unlock(this->mutex);
	return host;
}

METHOD(redirect_resolver_t, lookup_, bool,
	private_redirect_resolver_t *this, const char *name, uint32_t timeout,
	packet_t *packet)
{
	time_t now = time_monotonic(NULL);
	lookup_t *lookup = NULL;
	entry_t *entry;
	bool good;

	this->mutex->lock(this->mutex);
	expire(this, now);
	good = this->names->get(this->names, name) ||
		   this->names->get_count(this->names) < REDIRECT_RESOLVER_MAX;
	if (good && !this->names->get(this->names, name))
	{
		INIT(entry,
			.name = strdup(name),
			.until = now + timeout,
		);
		this->names->put(this->names, entry->name, entry);
		ref_get(&this->refs);
		INIT(lookup,
			.this = this,
			.name = strdup(name),
			.packet = packet,
		);
		packet = NULL;
		if (this->jobs == REDIRECT_RESOLVER_JOBS)
		{
			this->waiting->insert_last(this->waiting, lookup);
			lookup = NULL;
		}
		else
		{
			this->jobs++;
		}
	}
	this->mutex->unlock(this->mutex);
	if (lookup)
	{
		start(lookup);
	}
	DESTROY_IF(packet);
	return good;
}

METHOD(redirect_resolver_t, destroy, void,
	private_redirect_resolver_t *this)
{
	linked_list_t *waiting;
	lookup_t *lookup;

	this->mutex->lock(this->mutex);
	waiting = this->waiting;
	this->waiting = linked_list_create();
	this->mutex->unlock(this->mutex);
	while (waiting->remove_first(waiting, (void**)&lookup) == SUCCESS)
	{
		lookup_destroy(lookup);
	}
	waiting->destroy(waiting);
	put(this);
}

/*
 * Described in header.
 */
redirect_resolver_t *redirect_resolver_create()
{
	private_redirect_resolver_t *this;

	INIT(this,
		.public = {
			.get = _get,
			.lookup = _lookup_,
			.destroy = _destroy,
		},
		.refs = 1,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.names = hashtable_create(hashtable_hash_str, hashtable_equals_str,
								  16),
		.waiting = linked_list_create(),
	);
	return &this->public;
}
