/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_pending stub_pending
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_PENDING_H_
#define STUB_PENDING_H_

#include "stub_answering.h"

typedef struct stub_pending_t stub_pending_t;
typedef struct stub_pending_entry_t stub_pending_entry_t;
typedef enum stub_pending_state_t stub_pending_state_t;

/**
 * How far a gateway is with a request that has a SYN.
 */
enum stub_pending_state_t {
	/** a job goes on, the request is dropped if it comes again */
	STUB_PENDING_WAITING,
	/** the request is to be processed as if it had no SYN */
	STUB_PENDING_ORDINARY,
	/** answered, not confirmed yet */
	STUB_PENDING_ANSWERED,
};

/**
 * An IKE_SA whose request has a SYN.
 */
struct stub_pending_entry_t {
	/** state */
	stub_pending_state_t state;
	/** request and answer */
	stub_answering_t *answering;
	/** TRUE if the stub is not this gateway's own */
	bool foreign;
};

/**
 * A gateway's IKE_SAs whose requests have a SYN, until they are confirmed.
 *
 * Locking: a mutex inside, a leaf, protects the table; an entry is used while
 * its IKE_SA is checked out.
 */
struct stub_pending_t {

	/**
	 * Add an IKE_SA.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @param request	request, adopted
	 * @param state		state
	 * @return			entry
	 */
	stub_pending_entry_t *(*add)(stub_pending_t *this, ike_sa_t *ike_sa,
								 stub_request_t *request,
								 stub_pending_state_t state);

	/**
	 * Find the entry of an IKE_SA.
	 *
	 * @param unique_id	ID of an IKE_SA the caller has checked out
	 * @return			entry, NULL if there is none
	 */
	stub_pending_entry_t *(*find)(stub_pending_t *this, uint32_t unique_id);

	/**
	 * Remove the entry of an IKE_SA, if there is one; a job releases addresses,
	 * so this may be called in hooks of charon's bus.
	 *
	 * @param unique_id	ID of an IKE_SA the caller has checked out
	 */
	void (*remove)(stub_pending_t *this, uint32_t unique_id);

	/**
	 * Get the number of entries.
	 *
	 * @return			number
	 */
	u_int (*count)(stub_pending_t *this);

	/**
	 * Destroy a stub_pending_t.
	 */
	void (*destroy)(stub_pending_t *this);
};

/**
 * Create a stub_pending_t.
 *
 * @return			empty table
 */
stub_pending_t *stub_pending_create();

#endif /** STUB_PENDING_H_ @}*/
