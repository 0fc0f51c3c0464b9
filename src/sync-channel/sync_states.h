/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_states sync_states
 * @{ @ingroup cluster
 */

#ifndef SYNC_STATES_H_
#define SYNC_STATES_H_

#include "sync_backlog.h"

typedef struct sync_states_t sync_states_t;

/**
 * States that wait for the next flush, only the newest of each is kept.
 *
 * Locking: one mutex of its own, taken before the backlog's.
 */
struct sync_states_t {

	/**
	 * Set a state.
	 *
	 * @param domain	domain
	 * @param type		type
	 * @param key		what the state is for, cloned
	 * @param body		body, adopted and cleared
	 */
	void (*set)(sync_states_t *this, sync_domain_t domain, uint8_t type,
				chunk_t key, chunk_t body);

	/**
	 * Drop states of any type.
	 *
	 * @param domain	domain
	 * @param key		what the states are for
	 */
	void (*cancel)(sync_states_t *this, sync_domain_t domain, chunk_t key);

	/**
	 * Append all states to the backlog.
	 */
	void (*flush)(sync_states_t *this);

	/**
	 * Destroy a sync_states_t, states in it are lost.
	 */
	void (*destroy)(sync_states_t *this);
};

/**
 * Create a set of states.
 *
 * @param backlog	where they go to
 * @return			set of states
 */
sync_states_t *sync_states_create(sync_backlog_t *backlog);

#endif /** SYNC_STATES_H_ @}*/
