/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_records stub_records
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_RECORDS_H_
#define STUB_RECORDS_H_

#include "stub_message.h"
#include "stub_stats.h"

typedef struct stub_records_t stub_records_t;

/**
 * Records in memory, by the hash of their index: those of other members, and
 * what this gateway told them itself.  Who used a stub up is remembered for a
 * while, so that its record is not accepted again; so is what this gateway told
 * to be gone, for members that did not hear it.
 *
 * Locking: a mutex inside, a leaf.
 */
struct stub_records_t {

	/**
	 * Add a record, or replace it.
	 *
	 * @param hash		hash of the index
	 * @param record	record, cloned
	 * @param own		index if it's this gateway's, else 0
	 * @return			FALSE if there are too many (counted, logged once), or
	 *					its stub was used up
	 */
	bool (*put)(stub_records_t *this, const uint8_t hash[STUB_HASH_LEN],
				chunk_t record, uint64_t own);

	/**
	 * Get a record that did not expire.
	 *
	 * @param hash		hash of the index
	 * @return			record, allocated, empty if there is none
	 */
	chunk_t (*get)(stub_records_t *this, const uint8_t hash[STUB_HASH_LEN]);

	/**
	 * Remove a record.
	 *
	 * @param hash		hash of the index
	 * @return			index if it's this gateway's, else 0
	 */
	uint64_t (*remove)(stub_records_t *this,
					   const uint8_t hash[STUB_HASH_LEN]);

	/**
	 * Remember who used a stub up; of two that did not know of each other the
	 * one whose name comes first.
	 *
	 * @param hash		hash of the index
	 * @param member	name of the member
	 * @param user		if it's this gateway, data that goes with it, else NULL;
	 *					adopted if TRUE is returned
	 * @param lost		receives the data that goes with a member which used it
	 *					first, but has a name that comes later; else NULL
	 * @return			FALSE if another one used it before, and this one has no
	 *					right to it: this gateway never has
	 */
	bool (*use)(stub_records_t *this, const uint8_t hash[STUB_HASH_LEN],
				char *member, void *user, void **lost);

	/**
	 * Get who used a stub up.
	 *
	 * @param hash		hash of the index
	 * @return			name, on the heap, NULL if it's not known
	 */
	char *(*get_user)(stub_records_t *this, const uint8_t hash[STUB_HASH_LEN]);

	/**
	 * Remember that this gateway told that a stub is gone.
	 *
	 * @param hash		hash of the index
	 */
	void (*gone)(stub_records_t *this, const uint8_t hash[STUB_HASH_LEN]);

	/**
	 * Get the contents of messages that tell of this gateway's stubs.
	 *
	 * @return			messages, chunk_t* on the heap
	 */
	array_t *(*get_own)(stub_records_t *this);

	/**
	 * Get the contents of messages that tell what this gateway used up, and
	 * what it told to be gone.  To be sent after records that may be older.
	 *
	 * @param member	name of this gateway
	 * @return			messages, chunk_t* on the heap
	 */
	array_t *(*get_past)(stub_records_t *this, const char *member);

	/**
	 * Remove what expired.
	 */
	void (*expire)(stub_records_t *this);

	/**
	 * Get the number of records.
	 *
	 * @param own		receives number of this gateway's
	 * @return			number of those of others
	 */
	u_int (*count)(stub_records_t *this, u_int *own);

	/**
	 * Destroy a stub_records_t.
	 */
	void (*destroy)(stub_records_t *this);
};

/**
 * Create an empty table.
 *
 * @param max		records there may be, read when one is added
 * @param stats		counters
 * @return			table
 */
stub_records_t *stub_records_create(const uint32_t *max, stub_stats_t *stats);

#endif /** STUB_RECORDS_H_ @}*/
