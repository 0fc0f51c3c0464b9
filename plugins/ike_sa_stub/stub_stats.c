/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_stats.h"

ENUM(stub_counter_names, STUB_MADE, STUB_UPDATES_MISSED,
	"made",
	"refused-full",
	"expired",
	"revoked",
	"syn-sent",
	"resumed",
	"fell-back",
	"bad-answer",
	"syn-received",
	"syn-malformed",
	"syn-limited",
	"not-found",
	"wrong-proof",
	"wrong-address",
	"not-allowed",
	"address-taken",
	"answered",
	"answered-again",
	"confirmed",
	"unconfirmed",
	"used-twice",
	"lookups",
	"lookups-found",
	"lookups-late",
	"lookups-skipped",
	"bad-record",
	"updates-missed",
);

typedef struct private_stub_stats_t private_stub_stats_t;

/**
 * Private data.
 */
struct private_stub_stats_t {

	/** public interface */
	stub_stats_t public;

	/** counters */
	uint64_t counters[STUB_COUNTERS];
};

METHOD(stub_stats_t, add, void,
	private_stub_stats_t *this, stub_counter_t counter, u_int n)
{
	__atomic_add_fetch(&this->counters[counter], n, __ATOMIC_RELAXED);
}

METHOD(stub_stats_t, get, uint64_t,
	private_stub_stats_t *this, stub_counter_t counter)
{
	return __atomic_load_n(&this->counters[counter], __ATOMIC_RELAXED);
}

METHOD(stub_stats_t, destroy, void,
	private_stub_stats_t *this)
{
	free(this);
}

/*
 * Described in header.
 */
stub_stats_t *stub_stats_create()
{
	private_stub_stats_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.get = _get,
			.destroy = _destroy,
		},
	);
	return &this->public;
}
