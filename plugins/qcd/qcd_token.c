/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_token.h"

/**
 * Compute a PRF over a seed, cleared by the caller.
 */
static bool compute(chunk_t key, chunk_t seed, uint8_t *out)
{
	prf_t *prf;
	bool ok;

	prf = lib->crypto->create_prf(lib->crypto, PRF_HMAC_SHA2_256);
	ok = prf && prf->get_block_size(prf) == QCD_TOKEN_LEN &&
		 prf->set_key(prf, key) && prf->get_bytes(prf, seed, out);
	DESTROY_IF(prf);
	return ok;
}

/*
 * Described in header.
 */
bool qcd_token_make(chunk_t secret, uint64_t spi_i, uint64_t spi_r,
					host_t *taker, uint8_t *token)
{
	u_char buf[2 * sizeof(uint64_t) + 16];
	chunk_t seed = { buf, 2 * sizeof(uint64_t) }, address;

	memcpy(buf, &spi_i, sizeof(spi_i));
	memcpy(buf + sizeof(spi_i), &spi_r, sizeof(spi_r));
	if (taker)
	{
		address = taker->get_address(taker);
		memcpy(buf + seed.len, address.ptr, address.len);
		seed.len += address.len;
	}
	return compute(secret, seed, token);
}

/*
 * Described in header.
 */
bool qcd_token_cluster_secret(chunk_t cluster, uint8_t *secret)
{
	return compute(cluster, chunk_from_str("strongswan-cluster qcd secret"),
				   secret);
}

/*
 * Described in header.
 */
bool qcd_token_digest(chunk_t token, uint8_t *digest)
{
	hasher_t *hasher;
	bool ok;

	hasher = lib->crypto->create_hasher(lib->crypto, HASH_SHA256);
	ok = hasher && hasher->get_hash(hasher, token, digest);
	DESTROY_IF(hasher);
	return ok;
}
