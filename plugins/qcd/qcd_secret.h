/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_secret qcd_secret
 * @{ @ingroup qcd
 */

#ifndef QCD_SECRET_H_
#define QCD_SECRET_H_

#include "qcd_token.h"

typedef struct qcd_secret_t qcd_secret_t;

/**
 * The secrets tokens are made with: the current one and up to 3 previous ones
 * (RFC 6290, 5.1), kept in a file that survives restarts.
 *
 * The file has a line of 64 hexadecimal digits for each secret, the current one
 * first.  It is made on the first start, mode 0600, and replaced as a whole.  A
 * file that others can read, or that is damaged, is never used nor changed.
 *
 * In a cluster the current secret is derived from the cluster secret; when that
 * changes, what was the current one stays as a previous one.
 *
 * Locking: a mutex inside, a leaf that is never held while something is waited
 * for: all but rotate() may be called in hooks of charon's bus.  rotate() holds
 * another one, waits for the RNG and the disk, and for other calls of it.
 */
struct qcd_secret_t {

	/**
	 * Make the token for an IKE SA to be given to its peer.
	 *
	 * @param spi_i		initiator's SPI
	 * @param spi_r		responder's SPI
	 * @param taker		taker's address if it is part of the token, or NULL
	 * @param token		receives token, QCD_TOKEN_LEN octets
	 * @return			FALSE on failure
	 */
	bool (*make)(qcd_secret_t *this, uint64_t spi_i, uint64_t spi_r,
				 host_t *taker, uint8_t *token);

	/**
	 * Make the tokens the peer of an IKE SA may have got, with all secrets.
	 *
	 * @param spi_i		initiator's SPI
	 * @param spi_r		responder's SPI
	 * @param taker		taker's address if it is part of the token, or NULL
	 * @param tokens	receives tokens
	 * @return			number of tokens, 0 on failure
	 */
	u_int (*make_all)(qcd_secret_t *this, uint64_t spi_i, uint64_t spi_r,
					  host_t *taker,
					  uint8_t tokens[QCD_TOKEN_SECRETS][QCD_TOKEN_LEN]);

	/**
	 * Make a new current secret.
	 *
	 * @return			NULL, or an allocated message that says what is wrong
	 */
	char *(*rotate)(qcd_secret_t *this);

	/**
	 * Get the number of secrets.
	 *
	 * @return			1 to QCD_TOKEN_SECRETS
	 */
	u_int (*count)(qcd_secret_t *this);

	/**
	 * Destroy a qcd_secret_t.
	 */
	void (*destroy)(qcd_secret_t *this);
};

/**
 * Read the secrets, or make the first one.
 *
 * @param file		path of the file, its directory is made if it is missing
 * @param shared	secret derived from the cluster secret, QCD_TOKEN_LEN
 *					octets; empty if this daemon is on its own
 * @return			secrets, NULL if there are none to be used (logged)
 */
qcd_secret_t *qcd_secret_create(const char *file, chunk_t shared);

#endif /** QCD_SECRET_H_ @}*/
