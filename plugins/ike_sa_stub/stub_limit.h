/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_limit stub_limit
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_LIMIT_H_
#define STUB_LIMIT_H_

#include <networking/host.h>

typedef struct stub_limit_t stub_limit_t;

/**
 * How many SYNs of a source are looked at per second.  Sources share a fixed
 * number of slots, so it takes the same memory whatever is sent.
 *
 * Locking: none, counts are atomic; usable in hooks of charon's bus.
 */
struct stub_limit_t {

	/**
	 * Count a SYN.
	 *
	 * @param source	where it is from
	 * @param rate		how many per second are good, 0 for any number
	 * @return			FALSE if it's too many
	 */
	bool (*count)(stub_limit_t *this, host_t *source, uint32_t rate);

	/**
	 * Destroy a stub_limit_t.
	 */
	void (*destroy)(stub_limit_t *this);
};

/**
 * Create a stub_limit_t.
 *
 * @return			limit
 */
stub_limit_t *stub_limit_create();

#endif /** STUB_LIMIT_H_ @}*/
