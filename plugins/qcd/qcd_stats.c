/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_stats.h"
#include "qcd_limit.h"

#include <collections/linked_list.h>
#include <threading/mutex.h>

#include <inttypes.h>
#include <time.h>
#include <stdio.h>

/**
 * Events kept.
 */
#define EVENTS 50

/**
 * Events logged per second at most.
 */
#define EVENT_RATE 10

typedef struct private_qcd_stats_t private_qcd_stats_t;
typedef struct event_t event_t;

ENUM(qcd_stats_names, QCD_TOKENS_GIVEN, QCD_SIR_RECOVERED,
	"tokens-given",
	"unknown-ike",
	"tokens-sent",
	"plain-sent",
	"held-here",
	"held-elsewhere",
	"not-ready",
	"answers-limited",
	"tokens-stored",
	"unprotected",
	"malformed",
	"checks-limited",
	"tokens-right",
	"tokens-wrong",
	"reestablished",
	"removed",
	"liveness-checks",
	"hints-limited",
	"esp-unknown",
	"esp-answered",
	"esp-answered-protected",
	"esp-answered-tokens",
	"esp-limited",
	"taps",
	"sir-queries-sent",
	"sir-queries-received",
	"sir-acks",
	"sir-nacks",
	"sir-wrong-cookies",
	"sir-recovered",
);

/**
 * An event.
 */
struct event_t {

	/** when, wall clock */
	time_t time;

	/** what */
	char text[200];
};

/**
 * Private data.
 */
struct private_qcd_stats_t {

	/** public interface */
	qcd_stats_t public;

	/** counters */
	uint64_t counters[QCD_COUNTERS];

	/** limit of events */
	qcd_limit_t *limit;

	/** protects all below */
	mutex_t *mutex;

	/** latest events, as event_t */
	linked_list_t *events;

	/** events not logged since the last one that was */
	uint64_t skipped;
};

METHOD(qcd_stats_t, count_, void,
	private_qcd_stats_t *this, qcd_counter_t counter)
{
	__atomic_fetch_add(&this->counters[counter], 1, __ATOMIC_RELAXED);
}

METHOD(qcd_stats_t, get, uint64_t,
	private_qcd_stats_t *this, qcd_counter_t counter)
{
	return __atomic_load_n(&this->counters[counter], __ATOMIC_RELAXED);
}

METHOD(qcd_stats_t, event, void,
	private_qcd_stats_t *this, const char *fmt, ...)
{
	event_t *event, *old = NULL;
	uint64_t skipped = 0;
	va_list args;

	if (!this->limit->allow(this->limit, NULL))
	{
		__atomic_fetch_add(&this->skipped, 1, __ATOMIC_RELAXED);
		return;
	}
	INIT(event,
		.time = time(NULL),
	);
	va_start(args, fmt);
	vsnprintf(event->text, sizeof(event->text), fmt, args);
	va_end(args);
	skipped = __atomic_exchange_n(&this->skipped, 0, __ATOMIC_RELAXED);
	if (skipped)
	{
		DBG1(DBG_IKE, "qcd: %" PRIu64 " events were not logged", skipped);
	}
	DBG1(DBG_IKE, "qcd: %s", event->text);
	this->mutex->lock(this->mutex);
	this->events->insert_last(this->events, event);
	if (this->events->get_count(this->events) > EVENTS)
	{
		this->events->remove_first(this->events, (void**)&old);
	}
	this->mutex->unlock(this->mutex);
	free(old);
}

CALLBACK(filter, bool,
	void *data, enumerator_t *orig, va_list args)
{
	event_t *event;
	time_t *when;
	char **text;

	VA_ARGS_VGET(args, when, text);
	if (!orig->enumerate(orig, &event))
	{
		return FALSE;
	}
	*when = event->time;
	*text = event->text;
	return TRUE;
}

METHOD(qcd_stats_t, create_enumerator, enumerator_t*,
	private_qcd_stats_t *this)
{
	this->mutex->lock(this->mutex);
	return enumerator_create_filter(
						this->events->create_enumerator(this->events), filter,
						this->mutex, (void*)this->mutex->unlock);
}

METHOD(qcd_stats_t, destroy, void,
	private_qcd_stats_t *this)
{
	this->events->destroy_function(this->events, free);
	this->limit->destroy(this->limit);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
qcd_stats_t *qcd_stats_create()
{
	private_qcd_stats_t *this;

	INIT(this,
		.public = {
			.count = _count_,
			.get = _get,
			.event = _event,
			.create_enumerator = _create_enumerator,
			.destroy = _destroy,
		},
		.limit = qcd_limit_create(EVENT_RATE, EVENT_RATE),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.events = linked_list_create(),
	);
	return &this->public;
}
