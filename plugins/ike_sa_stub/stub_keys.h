/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_keys stub_keys
 * @{ @ingroup ike_sa_stub
 *
 * The key schedule.  No locking; may be called in hooks of charon's bus.
 */

#ifndef STUB_KEYS_H_
#define STUB_KEYS_H_

#include "stub.h"

/**
 * Give a stub its keys.
 *
 * Hardened keys are prf(SK_d, "stub key" | SPIi | SPIr) in the place of SK_d,
 * and prf of that and the shared secrets in place of these: who gets hold of
 * the stub can't decrypt what the IKE SA protected.
 *
 * @param stub			stub, with SPIs
 * @param prf			PRF of the IKE SA
 * @param sk_d			SK_d of the IKE SA
 * @param secret		shared secret of the first key exchange
 * @param additional	shared secrets of additional key exchanges
 * @param hardened		TRUE for hardened keys
 * @return				FALSE if the PRF can't be used
 */
bool stub_keys_set(stub_t *stub, pseudo_random_function_t prf, chunk_t sk_d,
				   chunk_t secret, chunk_t additional, bool hardened);

/**
 * Make the proof of a client: prf(K, "i" | SPIi | Ni | SYN), with K = prf(SK_d,
 * "stub proof" | old SPIi | old SPIr).
 *
 * @param stub		stub
 * @param spi_i		SPI of the client in the new IKE SA, in network order
 * @param ni		nonce of the client
 * @param syn		what follows the SYN payload's header
 * @param proof		receives proof, allocated
 * @return			FALSE if the PRF can't be used
 */
bool stub_keys_proof_i(stub_t *stub, uint64_t spi_i, chunk_t ni, chunk_t syn,
					   chunk_t *proof);

/**
 * Make the proof of a gateway: prf(K, "r" | Ni | Nr | SPIi | SPIr).
 *
 * @param stub		stub
 * @param spi_i		SPI of the client in the new IKE SA, in network order
 * @param spi_r		SPI of the gateway
 * @param ni		nonce of the client
 * @param nr		nonce of the gateway
 * @param proof		receives proof, allocated
 * @return			FALSE if the PRF can't be used
 */
bool stub_keys_proof_r(stub_t *stub, uint64_t spi_i, uint64_t spi_r, chunk_t ni,
					   chunk_t nr, chunk_t *proof);

/**
 * Derive the keys of a new IKE_SA as in a rekeying of the old one:
 * SKEYSEED = prf(SK_d, secret | Ni | Nr | additional secrets).
 *
 * @param stub		stub
 * @param ike_sa	IKE_SA, checked out by the caller, its SPIs are set
 * @param ni		nonce of the client
 * @param nr		nonce of the gateway
 * @param fresh		shared secret of a new key exchange, goes with the
 *					additional secrets; may be empty
 * @return			FALSE on failure
 */
bool stub_keys_derive(stub_t *stub, ike_sa_t *ike_sa, chunk_t ni, chunk_t nr,
					  chunk_t fresh);

/**
 * Check if ha-sync is loaded, which is told keys and replicates IKE_SAs.  All
 * plugins have to be loaded; looked up once, as charon goes through all their
 * features.
 *
 * @return			TRUE if so
 */
bool stub_keys_replicated();

#endif /** STUB_KEYS_H_ @}*/
