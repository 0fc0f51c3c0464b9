/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_hook_time.h"

#include <threading/mutex.h>

#include <stdlib.h>
#include <time.h>

/**
 * Number of handshakes kept for the percentiles.
 */
#define SAMPLES 4096

typedef struct private_ha_sync_hook_time_t private_ha_sync_hook_time_t;

/**
 * Private data.
 */
struct private_ha_sync_hook_time_t {

	/** public interface */
	ha_sync_hook_time_t public;

	/** latest samples, in ns, a ring */
	uint64_t samples[SAMPLES];

	/** number of samples since the start */
	uint64_t count;

	/** protects all of this */
	mutex_t *mutex;
};

uint64_t ha_sync_hook_now()
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

METHOD(ha_sync_hook_time_t, add, void,
	private_ha_sync_hook_time_t *this, uint64_t ns)
{
	this->mutex->lock(this->mutex);
	this->samples[this->count++ % SAMPLES] = ns;
	this->mutex->unlock(this->mutex);
}

/**
 * Compare two samples.
 */
static int compare(const void *a, const void *b)
{
	uint64_t x = *(uint64_t*)a, y = *(uint64_t*)b;

	return x < y ? -1 : x > y;
}

METHOD(ha_sync_hook_time_t, get, uint64_t,
	private_ha_sync_hook_time_t *this, uint64_t *median, uint64_t *p99)
{
	uint64_t *copy, count;
	size_t used;

	copy = malloc(sizeof(this->samples));
	this->mutex->lock(this->mutex);
	count = this->count;
	memcpy(copy, this->samples, sizeof(this->samples));
	this->mutex->unlock(this->mutex);

	*median = *p99 = 0;
	used = min(count, SAMPLES);
	if (used)
	{
		qsort(copy, used, sizeof(*copy), compare);
		*median = copy[used / 2];
		*p99 = copy[min(used - 1, used * 99 / 100)];
	}
	free(copy);
	return count;
}

METHOD(ha_sync_hook_time_t, destroy, void,
	private_ha_sync_hook_time_t *this)
{
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_hook_time_t *ha_sync_hook_time_create()
{
	private_ha_sync_hook_time_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.get = _get,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
