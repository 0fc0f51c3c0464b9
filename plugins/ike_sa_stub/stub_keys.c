/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_keys.h"
#include "ike_wire_secret.h"

#include <sa/ikev2/keymat_v2.h>

/**
 * Calculate a PRF.
 */
static bool calculate(pseudo_random_function_t alg, chunk_t key, chunk_t seed,
					  chunk_t *out)
{
	prf_t *prf;
	bool ok;

	prf = lib->crypto->create_prf(lib->crypto, alg);
	ok = prf && prf->set_key(prf, key) && prf->allocate_bytes(prf, seed, out);
	DESTROY_IF(prf);
	return ok;
}

/**
 * As above, the seed is adopted and cleared.
 */
static bool calculate_clear(pseudo_random_function_t alg, chunk_t key,
							chunk_t seed, chunk_t *out)
{
	bool ok;

	ok = calculate(alg, key, seed, out);
	chunk_clear(&seed);
	return ok;
}

/*
 * Described in header.
 */
bool stub_keys_set(stub_t *stub, pseudo_random_function_t prf, chunk_t sk_d,
				   chunk_t secret, chunk_t additional, bool hardened)
{
	chunk_t label = chunk_from_str("stub key");

	stub->prf = prf;
	stub->hardened = hardened;
	if (!hardened)
	{
		stub->sk_d = chunk_clone(sk_d);
		stub->secret = chunk_clone(secret);
		stub->additional = chunk_clone(additional);
		return TRUE;
	}
	return calculate_clear(prf, sk_d, chunk_cat("ccc", label,
									chunk_from_thing(stub->spi_i),
									chunk_from_thing(stub->spi_r)),
						   &stub->sk_d) &&
		   calculate_clear(prf, stub->sk_d, chunk_cat("cc", secret, additional),
						   &stub->secret);
}

/**
 * Calculate a proof, the seed is adopted.
 */
static bool make_proof(stub_t *stub, chunk_t seed, chunk_t *proof)
{
	chunk_t key, label = chunk_from_str("stub proof");
	bool ok;

	ok = calculate_clear(stub->prf, stub->sk_d, chunk_cat("ccc", label,
									chunk_from_thing(stub->spi_i),
									chunk_from_thing(stub->spi_r)), &key);
	if (ok)
	{
		ok = calculate(stub->prf, key, seed, proof);
		chunk_clear(&key);
	}
	chunk_free(&seed);
	return ok;
}

/*
 * Described in header.
 */
bool stub_keys_proof_i(stub_t *stub, uint64_t spi_i, chunk_t ni, chunk_t syn,
					   chunk_t *proof)
{
	return make_proof(stub, chunk_cat("cccc", chunk_from_str("i"),
									  chunk_from_thing(spi_i), ni, syn), proof);
}

/*
 * Described in header.
 */
bool stub_keys_proof_r(stub_t *stub, uint64_t spi_i, uint64_t spi_r, chunk_t ni,
					   chunk_t nr, chunk_t *proof)
{
	return make_proof(stub, chunk_cat("ccccc", chunk_from_str("r"), ni, nr,
									  chunk_from_thing(spi_i),
									  chunk_from_thing(spi_r)), proof);
}

/**
 * What an IKE_SA that stands for the old one answers in this thread.
 */
static _Thread_local struct {
	keymat_v2_t keymat;
	stub_t *stub;
} old;

METHOD(keymat_v2_t, get_skd, pseudo_random_function_t,
	keymat_v2_t *this, chunk_t *skd)
{
	*skd = old.stub->sk_d;
	return old.stub->prf;
}

static keymat_t *get_old_keymat(ike_sa_t *ike_sa)
{
	return &old.keymat.keymat;
}

/*
 * Described in header.
 */
bool stub_keys_replicated()
{
	plugin_feature_t feature = PLUGIN_PROVIDE(CUSTOM, "ha-sync");
	static enum { UNKNOWN, ABSENT, PRESENT } state;

	if (state == UNKNOWN)
	{
		state = lib->plugins->has_feature(lib->plugins, feature) ? PRESENT
																 : ABSENT;
	}
	return state == PRESENT;
}

/**
 * Tell ha-sync, as other derivations are told by charon, so that the IKE SA is
 * replicated: it looks like the rekeying of one it does not know.
 */
static void announce(stub_t *stub, ike_sa_t *ike_sa, array_t *kes, chunk_t ni,
					 chunk_t nr)
{
	ike_sa_t *current, *unknown;
	ike_sa_id_t *id;

	if (!stub_keys_replicated())
	{
		return;
	}
	current = charon->bus->get_sa(charon->bus);
	id = ike_sa_id_create(IKEV2_MAJOR_VERSION, 0, 0, FALSE);
	unknown = ike_sa_create(id, FALSE, IKEV2);
	id->destroy(id);
	old.keymat.get_skd = _get_skd;
	old.stub = stub;
	unknown->get_keymat = get_old_keymat;
	charon->bus->ike_keys(charon->bus, ike_sa, kes, chunk_empty, ni, nr,
						  unknown, NULL, AUTH_NONE);
	/* this sets the thread's IKE_SA to NULL */
	unknown->destroy(unknown);
	charon->bus->set_sa(charon->bus, current);
	old.stub = NULL;
}

/*
 * Described in header.
 */
bool stub_keys_derive(stub_t *stub, ike_sa_t *ike_sa, chunk_t ni, chunk_t nr,
					  chunk_t fresh)
{
	keymat_v2_t *keymat = (keymat_v2_t*)ike_sa->get_keymat(ike_sa);
	chunk_t additional;
	array_t *kes = NULL;
	bool ok;

	array_insert_create(&kes, ARRAY_TAIL, ike_wire_secret_create(stub->secret));
	additional = chunk_cat("cc", stub->additional, fresh);
	if (additional.len)
	{
		array_insert_create(&kes, ARRAY_TAIL,
							ike_wire_secret_create(additional));
	}
	chunk_clear(&additional);
	ok = keymat->derive_ike_keys(keymat, stub->proposal, kes, ni, nr,
								 ike_sa->get_id(ike_sa), stub->prf, stub->sk_d);
	if (ok)
	{
		announce(stub, ike_sa, kes, ni, nr);
	}
	array_destroy_offset(kes, offsetof(key_exchange_t, destroy));
	return ok;
}
