/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_table stub_table
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_TABLE_H_
#define STUB_TABLE_H_

#include "stub.h"

typedef struct stub_table_t stub_table_t;

/**
 * A gateway's stubs in memory, by index, i.e. the gateway's SPI.
 *
 * Locking: a mutex inside, a leaf.  Look-ups may be done in hooks of charon's
 * bus.
 */
struct stub_table_t {

	/**
	 * Add a stub, or replace the one with its index.
	 *
	 * @param stub		stub, a reference is taken
	 * @return			FALSE if there are too many
	 */
	bool (*put)(stub_table_t *this, stub_t *stub);

	/**
	 * Get a stub that is valid.
	 *
	 * @param index		SPI of the gateway, in network order
	 * @return			stub, to be released, NULL if there is none
	 */
	stub_t *(*get)(stub_table_t *this, uint64_t index);

	/**
	 * Remove a stub; only one caller succeeds.
	 *
	 * @param index		SPI of the gateway
	 * @return			stub, to be released, NULL if there is none
	 */
	stub_t *(*take)(stub_table_t *this, uint64_t index);

	/**
	 * Remove all.
	 */
	void (*clear)(stub_table_t *this);

	/**
	 * Remove expired stubs.
	 *
	 * @return			number of them
	 */
	u_int (*expire)(stub_table_t *this);

	/**
	 * Get the number of stubs.
	 *
	 * @return			number
	 */
	u_int (*count)(stub_table_t *this);

	/**
	 * Get all stubs.
	 *
	 * @return			stub_t*, each to be released
	 */
	array_t *(*get_all)(stub_table_t *this);

	/**
	 * Change how many there may be.
	 *
	 * @param max		number
	 */
	void (*set_max)(stub_table_t *this, u_int max);

	/**
	 * Destroy a stub_table_t.
	 */
	void (*destroy)(stub_table_t *this);
};

/**
 * Create an empty table.
 *
 * @param max		stubs there may be
 * @return			table
 */
stub_table_t *stub_table_create(u_int max);

#endif /** STUB_TABLE_H_ @}*/
