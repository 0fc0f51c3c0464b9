/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_lookups.h"

#include <collections/array.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/** look-ups under way at most */
#define MAX_LOOKUPS 1024

/** slots for what was not found, and for how many s that's remembered */
#define NEGATIVES 1024
#define NEGATIVE_TIME 2

typedef struct private_stub_lookups_t private_stub_lookups_t;
typedef struct lookup_t lookup_t;
typedef struct negative_t negative_t;
typedef struct lookup_timer_t lookup_timer_t;

/**
 * Something that was not found.
 */
struct negative_t {
	/** hash of the index */
	uint8_t hash[STUB_HASH_LEN];
	/** until when */
	time_t until;
};

/**
 * Private data.
 */
struct private_stub_lookups_t {

	/** public interface */
	stub_lookups_t public;

	/** options */
	stub_config_t *config;

	/** counters */
	stub_stats_t *stats;

	/** look-ups under way, lookup_t* */
	array_t *lookups;

	/** number of the last one */
	uint32_t last;

	/** what was not found */
	negative_t negatives[NEGATIVES];

	/** protects all above */
	mutex_t *mutex;
};

/**
 * A look-up.
 */
struct lookup_t {
	/** its number */
	uint32_t number;
	/** hash of the index */
	uint8_t hash[STUB_HASH_LEN];
	/** answers that may still come */
	u_int answers;
	/** who wants to know */
	stub_lookup_cb_t cb;
	void *user;
};

/**
 * What a timer is for.
 */
struct lookup_timer_t {
	/** the look-ups */
	private_stub_lookups_t *this;
	/** number of the look-up */
	uint32_t number;
};

/**
 * Find the slot for what was not found.
 */
static negative_t *get_slot(private_stub_lookups_t *this, const uint8_t *hash)
{
	return &this->negatives[untoh16((void*)hash) % NEGATIVES];
}

/**
 * End look-ups that were removed from the list.
 */
static void end(array_t *ended, stub_t *stub)
{
	lookup_t *lookup;

	while (array_remove(ended, ARRAY_HEAD, &lookup))
	{
		lookup->cb(lookup->user, stub ? stub_ref(stub) : NULL);
		free(lookup);
	}
	array_destroy(ended);
}

/**
 * Job: end a look-up that takes too long.
 */
static job_requeue_t expire(lookup_timer_t *timer)
{
	private_stub_lookups_t *this = timer->this;
	lookup_t *lookup;
	array_t *ended = array_create(0, 0);
	int i;

	this->mutex->lock(this->mutex);
	for (i = array_count(this->lookups) - 1; i >= 0; i--)
	{
		array_get(this->lookups, i, &lookup);
		if (lookup->number == timer->number)
		{
			array_remove(this->lookups, i, NULL);
			array_insert(ended, ARRAY_TAIL, lookup);
		}
	}
	this->mutex->unlock(this->mutex);
	this->stats->add(this->stats, STUB_LOOKUPS_LATE, array_count(ended));
	end(ended, NULL);
	return JOB_REQUEUE_NONE;
}

/**
 * Start a look-up's timer.
 */
static void start_timer(private_stub_lookups_t *this, uint32_t number)
{
	lookup_timer_t *timer;

	INIT(timer,
		.this = this,
		.number = number,
	);
	lib->scheduler->schedule_job_ms(lib->scheduler,
		(job_t*)callback_job_create_with_prio((void*)expire, timer, free, NULL,
											  JOB_PRIO_HIGH),
		this->config->lookup_timeout);
}

METHOD(stub_lookups_t, start, bool,
	private_stub_lookups_t *this, const uint8_t hash[STUB_HASH_LEN],
	u_int answers, stub_lookup_cb_t cb, void *user)
{
	negative_t *slot;
	lookup_t *lookup;
	uint32_t number = 0;

	this->mutex->lock(this->mutex);
	slot = get_slot(this, hash);
	if (answers && array_count(this->lookups) < MAX_LOOKUPS &&
		(slot->until <= time_monotonic(NULL) ||
		 !memeq(slot->hash, hash, STUB_HASH_LEN)))
	{
		INIT(lookup,
			.number = ++this->last ?: ++this->last,
			.answers = answers,
			.cb = cb,
			.user = user,
		);
		memcpy(lookup->hash, hash, STUB_HASH_LEN);
		array_insert(this->lookups, ARRAY_TAIL, lookup);
		number = lookup->number;
	}
	this->mutex->unlock(this->mutex);
	if (!number)
	{
		this->stats->add(this->stats, STUB_LOOKUPS_SKIPPED, 1);
		return FALSE;
	}
	start_timer(this, number);
	return TRUE;
}

METHOD(stub_lookups_t, answer, bool,
	private_stub_lookups_t *this, const uint8_t hash[STUB_HASH_LEN],
	stub_t *stub)
{
	array_t *ended = array_create(0, 0);
	negative_t *slot;
	lookup_t *lookup;
	bool found = FALSE;
	int i;

	this->mutex->lock(this->mutex);
	for (i = array_count(this->lookups) - 1; i >= 0; i--)
	{
		array_get(this->lookups, i, &lookup);
		if (memeq(lookup->hash, hash, STUB_HASH_LEN))
		{
			found = TRUE;
			if (stub || --lookup->answers == 0)
			{
				array_remove(this->lookups, i, NULL);
				array_insert(ended, ARRAY_TAIL, lookup);
			}
		}
	}
	if (!stub && array_count(ended))
	{
		slot = get_slot(this, hash);
		memcpy(slot->hash, hash, STUB_HASH_LEN);
		slot->until = time_monotonic(NULL) + NEGATIVE_TIME;
	}
	this->mutex->unlock(this->mutex);
	end(ended, stub);
	return found;
}

METHOD(stub_lookups_t, is_awaited, bool,
	private_stub_lookups_t *this, const uint8_t hash[STUB_HASH_LEN])
{
	lookup_t *lookup;
	bool found = FALSE;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; !found && i < array_count(this->lookups); i++)
	{
		array_get(this->lookups, i, &lookup);
		found = memeq(lookup->hash, hash, STUB_HASH_LEN);
	}
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(stub_lookups_t, destroy, void,
	private_stub_lookups_t *this)
{
	end(this->lookups, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
stub_lookups_t *stub_lookups_create(stub_config_t *config, stub_stats_t *stats)
{
	private_stub_lookups_t *this;

	INIT(this,
		.public = {
			.start = _start,
			.answer = _answer,
			.is_awaited = _is_awaited,
			.destroy = _destroy,
		},
		.config = config,
		.stats = stats,
		.lookups = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
