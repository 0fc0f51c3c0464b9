/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_limit.h"

#include <threading/mutex.h>

/**
 * Buckets of sources, a power of two.
 */
#define BUCKETS 1024

/**
 * What doing it once costs; rates in 1/s times a time in ms are in this unit.
 */
#define COST 1000

typedef struct private_qcd_limit_t private_qcd_limit_t;
typedef struct bucket_t bucket_t;

/**
 * A token bucket.
 */
struct bucket_t {

	/** when it was filled last, in ms, 0 for never */
	uint64_t filled;

	/** what is in it, in 1/COST */
	uint64_t level;
};

/**
 * Private data.
 */
struct private_qcd_limit_t {

	/** public interface */
	qcd_limit_t public;

	/** protects all below */
	mutex_t *mutex;

	/** rates, per second */
	uint32_t total, source;

	/** the bucket of all */
	bucket_t all;

	/** those of sources */
	bucket_t buckets[BUCKETS];

	/** key of the hash */
	u_char key[16];
};

/**
 * Get the time in ms, never 0.
 */
static uint64_t now_ms()
{
	timeval_t now;

	time_monotonic(&now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_usec / 1000 + 1;
}

/**
 * Fill a bucket with what is due, check if something can be taken.  A clock
 * that went back gives nothing, and no difference below 0: that would be a full
 * one.
 */
static bool fill(bucket_t *bucket, uint32_t rate, uint64_t now)
{
	uint64_t limit = (uint64_t)rate * COST, elapsed;

	now = max(now, bucket->filled);
	elapsed = now - bucket->filled;
	/* a full one gets no more, and the product stays small */
	if (!bucket->filled || elapsed >= 1000)
	{
		bucket->level = limit;
	}
	else
	{
		bucket->level = min(limit, bucket->level + elapsed * rate);
	}
	bucket->filled = now;
	return bucket->level >= COST;
}

/**
 * Get the bucket of a source.
 */
static bucket_t *get_bucket(private_qcd_limit_t *this, host_t *source)
{
	uint32_t hash;

	hash = chunk_mac(source->get_address(source), this->key);
	return &this->buckets[hash & (BUCKETS - 1)];
}

METHOD(qcd_limit_t, allow, bool,
	private_qcd_limit_t *this, host_t *source)
{
	bucket_t *bucket = source ? get_bucket(this, source) : NULL;
	uint64_t now;
	bool ok;

	this->mutex->lock(this->mutex);
	/* read here, others may have filled it while we waited */
	now = now_ms();
	ok = (!bucket || fill(bucket, this->source, now)) &&
		 fill(&this->all, this->total, now);
	if (ok)
	{
		this->all.level -= COST;
		if (bucket)
		{
			bucket->level -= COST;
		}
	}
	this->mutex->unlock(this->mutex);
	return ok;
}

METHOD(qcd_limit_t, peek, bool,
	private_qcd_limit_t *this, host_t *source)
{
	bucket_t *bucket = get_bucket(this, source);
	uint64_t now;
	bool ok;

	this->mutex->lock(this->mutex);
	now = now_ms();
	ok = fill(bucket, this->source, now) && fill(&this->all, this->total, now);
	this->mutex->unlock(this->mutex);
	return ok;
}

METHOD(qcd_limit_t, set, void,
	private_qcd_limit_t *this, uint32_t total, uint32_t source)
{
	this->mutex->lock(this->mutex);
	this->total = total;
	this->source = source;
	this->mutex->unlock(this->mutex);
}

METHOD(qcd_limit_t, destroy, void,
	private_qcd_limit_t *this)
{
	this->mutex->destroy(this->mutex);
	free(this);
}

/**
 * Choose the key of the hash; one that can be guessed would only let others use
 * up the limit of an address.
 */
static void choose_key(private_qcd_limit_t *this)
{
	uint64_t now = now_ms();
	rng_t *rng;

	rng = lib->crypto->create_rng(lib->crypto, RNG_WEAK);
	if (!rng || !rng->get_bytes(rng, sizeof(this->key), this->key))
	{
		memcpy(this->key, &now, sizeof(now));
	}
	DESTROY_IF(rng);
}

/*
 * Described in header.
 */
qcd_limit_t *qcd_limit_create(uint32_t total, uint32_t source)
{
	private_qcd_limit_t *this;

	INIT(this,
		.public = {
			.allow = _allow,
			.peek = _peek,
			.set = _set,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.total = total,
		.source = source,
	);
	choose_key(this);
	return &this->public;
}
