/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * Keys that protect IKE messages of tests against the tests' manipulations, and
 * nothing else.
 */

#ifndef FAKE_KEYMAT_H_
#define FAKE_KEYMAT_H_

#include <sa/keymat.h>

typedef struct fake_aead_t fake_aead_t;
typedef struct fake_keymat_t fake_keymat_t;

/**
 * A cipher.
 */
struct fake_aead_t {
	aead_t public;
	iv_gen_t iv_gen;
	/** key */
	u_char key;
	/** number of calls to decrypt() */
	u_int decrypted;
};

/**
 * Keys of one side.
 */
struct fake_keymat_t {
	keymat_t public;
	/** ciphers */
	fake_aead_t in, out;
	/** TRUE if nothing can be sent */
	bool broken;
};

/**
 * Make the keys of one side.
 *
 * @param in		key of what is received
 * @param out		key of what is sent
 * @return			keys
 */
fake_keymat_t fake_keymat(u_char in, u_char out);

/**
 * Source of bad random numbers, for padding and nonces: to be given to
 * lib->crypto->add_rng().
 *
 * @param quality	ignored
 * @return			RNG
 */
rng_t *fake_rng(rng_quality_t quality);

#endif /** FAKE_KEYMAT_H_ */
