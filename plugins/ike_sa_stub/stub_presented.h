/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_presented stub_presented
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_PRESENTED_H_
#define STUB_PRESENTED_H_

#include "stub.h"

typedef struct stub_presented_t stub_presented_t;
typedef struct stub_presented_entry_t stub_presented_entry_t;

/**
 * A client's IKE_SA that is made from a stub.
 */
struct stub_presented_entry_t {
	/** IKE_SA, and its SPI when it was created */
	ike_sa_t *ike_sa;
	uint64_t spi_i;
	/** stub */
	stub_t *stub;
	/** nonce that was sent last */
	chunk_t nonce;
	/** shared secret of a new key exchange */
	chunk_t fresh;
	/** TRUE if keys are derived, a job does the rest */
	bool answered;
	/** TRUE if there was a bad answer */
	bool suspicious;
};

/**
 * A client's IKE_SAs that present a stub.
 *
 * Locking: a mutex inside, a leaf, protects the table; an entry is used while
 * its IKE_SA is checked out.
 */
struct stub_presented_t {

	/**
	 * Add an IKE_SA.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller, not initiated yet
	 * @param stub		stub, adopted
	 */
	void (*add)(stub_presented_t *this, ike_sa_t *ike_sa, stub_t *stub);

	/**
	 * Find the entry of an IKE_SA.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @return			entry, NULL if there is none
	 */
	stub_presented_entry_t *(*find)(stub_presented_t *this, ike_sa_t *ike_sa);

	/**
	 * Find the entry for an IKE_SA_INIT request: while charon re-establishes an
	 * IKE_SA it sends the first one of the new IKE_SA in the name of the old
	 * one.
	 *
	 * @param ike_sa	IKE_SA in whose name it is sent
	 * @param message	request
	 * @return			entry, NULL if there is none
	 */
	stub_presented_entry_t *(*find_request)(stub_presented_t *this,
											ike_sa_t *ike_sa,
											message_t *message);

	/**
	 * Remove the entry of an IKE_SA from the table.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @return			entry, to be destroyed, NULL if there is none
	 */
	stub_presented_entry_t *(*take)(stub_presented_t *this, ike_sa_t *ike_sa);

	/**
	 * Remove and destroy the entry of an IKE_SA, if there is one, and forget
	 * its key exchange.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 */
	void (*remove)(stub_presented_t *this, ike_sa_t *ike_sa);

	/**
	 * Get the number of entries.
	 *
	 * @return			number
	 */
	u_int (*count)(stub_presented_t *this);

	/**
	 * Destroy a stub_presented_t.
	 */
	void (*destroy)(stub_presented_t *this);
};

/**
 * Create a stub_presented_t.
 *
 * @return			empty table
 */
stub_presented_t *stub_presented_create();

/**
 * Destroy an entry that was taken from the table.
 *
 * @param entry		entry
 */
void stub_presented_entry_destroy(stub_presented_entry_t *entry);

#endif /** STUB_PRESENTED_H_ @}*/
