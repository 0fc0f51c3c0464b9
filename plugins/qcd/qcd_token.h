/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_token qcd_token
 * @{ @ingroup qcd
 *
 * The stateless token (RFC 6290, 5.1 and 5.2).
 */

#ifndef QCD_TOKEN_H_
#define QCD_TOKEN_H_

#include <library.h>
#include <networking/host.h>

/** length of our tokens and secrets, in octets */
#define QCD_TOKEN_LEN 32

/** secrets used at the same time: the current and 3 previous ones */
#define QCD_TOKEN_SECRETS 4

/**
 * Make the token of an IKE SA: PRF_HMAC_SHA2_256(secret, SPI-I | SPI-R), with
 * the address of the taker appended if there is one.
 *
 * The order of SPIs is the same on both sides, whoever made the SA (F4).
 *
 * @param secret	secret
 * @param spi_i		initiator's SPI, in network order
 * @param spi_r		responder's SPI, in network order
 * @param taker		taker's address, its port is ignored; or NULL
 * @param token		receives token, QCD_TOKEN_LEN octets
 * @return			FALSE if the PRF is not available
 */
bool qcd_token_make(chunk_t secret, uint64_t spi_i, uint64_t spi_r,
					host_t *taker, uint8_t *token);

/**
 * Derive the secret that all members of a cluster share.
 *
 * @param cluster	cluster secret
 * @param secret	receives secret, QCD_TOKEN_LEN octets
 * @return			FALSE if the PRF is not available
 */
bool qcd_token_cluster_secret(chunk_t cluster, uint8_t *secret);

/**
 * Make the digest of a token that a taker keeps in its place (RFC 6290, 9.1).
 *
 * @param token		token
 * @param digest	receives digest, HASH_SIZE_SHA256 octets
 * @return			FALSE if the hash function is not available
 */
bool qcd_token_digest(chunk_t token, uint8_t *digest);

#endif /** QCD_TOKEN_H_ @}*/
