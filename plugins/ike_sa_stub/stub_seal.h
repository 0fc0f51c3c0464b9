/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_seal stub_seal
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_SEAL_H_
#define STUB_SEAL_H_

#include "stub.h"

/** octets of a hashed index */
#define STUB_HASH_LEN 16

/** octets a record has beside the stub */
#define STUB_SEAL_OVERHEAD 40

typedef struct stub_seal_t stub_seal_t;

/**
 * Stubs as they are outside of the gateway's memory: encrypted by AES-256-GCM
 * with a key of the cluster, and known by the hash of their index.
 *
 * A record is: ID of the key (4 octets), when it expires (8, in s since 1970),
 * nonce (12), ciphertext, tag (16).  ID, expiry and hash are authenticated, so
 * that a record can't stand for another one.
 *
 * Locking: none, constant once made.
 */
struct stub_seal_t {

	/**
	 * Hash an index.
	 *
	 * @param index		SPI of the gateway, in network order
	 * @param hash		receives hash
	 */
	void (*hash)(stub_seal_t *this, uint64_t index,
				 uint8_t hash[STUB_HASH_LEN]);

	/**
	 * Encrypt a stub.
	 *
	 * @param stub		stub
	 * @return			record, allocated, empty on failure
	 */
	chunk_t (*seal)(stub_seal_t *this, stub_t *stub);

	/**
	 * Decrypt a record.
	 *
	 * @param hash		hash it was found by
	 * @param record	record
	 * @return			stub, to be released, NULL if the record is no good for
	 *					that hash or key
	 */
	stub_t *(*open)(stub_seal_t *this, const uint8_t hash[STUB_HASH_LEN],
					chunk_t record);

	/**
	 * Destroy a stub_seal_t.
	 */
	void (*destroy)(stub_seal_t *this);
};

/**
 * Get when a record expires.
 *
 * @param record	record
 * @return			s since 1970, 0 if it's too short to be one
 */
uint64_t stub_seal_expires(chunk_t record);

/**
 * Create a stub_seal_t.
 *
 * @param secret	secret of the cluster
 * @return			object, NULL if OpenSSL can't do it
 */
stub_seal_t *stub_seal_create(chunk_t secret);

#endif /** STUB_SEAL_H_ @}*/
