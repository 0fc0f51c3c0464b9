/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_limit.h"

/** slots sources share */
#define SLOTS 4096

typedef struct private_stub_limit_t private_stub_limit_t;

/**
 * Private data.
 */
struct private_stub_limit_t {

	/** public interface */
	stub_limit_t public;

	/** for each slot: the second (lower 32 bits of it) and the number of SYNs
	 * in it, in the upper and lower half */
	uint64_t slots[SLOTS];
};

METHOD(stub_limit_t, count, bool,
	private_stub_limit_t *this, host_t *source, uint32_t rate)
{
	uint64_t second, old, new, *slot;

	if (!rate)
	{
		return TRUE;
	}
	/* chunk_hash() is keyed by a random number */
	slot = &this->slots[chunk_hash(source->get_address(source)) % SLOTS];
	second = (uint64_t)(uint32_t)time_monotonic(NULL) << 32;
	old = __atomic_load_n(slot, __ATOMIC_RELAXED);
	do
	{
		new = (old & ~(uint64_t)UINT32_MAX) == second ? old + 1 : second + 1;
		if ((uint32_t)new > rate)
		{
			return FALSE;
		}
	}
	while (!__atomic_compare_exchange_n(slot, &old, new, TRUE,
										__ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return TRUE;
}

METHOD(stub_limit_t, destroy, void,
	private_stub_limit_t *this)
{
	free(this);
}

/*
 * Described in header.
 */
stub_limit_t *stub_limit_create()
{
	private_stub_limit_t *this;

	INIT(this,
		.public = {
			.count = _count,
			.destroy = _destroy,
		},
	);
	return &this->public;
}
