/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike_wire_secret.h"

typedef struct private_secret_ke_t private_secret_ke_t;

/**
 * Private data.
 */
struct private_secret_ke_t {

	/** public interface */
	key_exchange_t public;

	/** room for set_seed(), which a charon built with TESTABLE_KE may look
	 * for at the end of the interface */
	void *room[2];

	/** stored shared secret */
	chunk_t secret;
};

METHOD(key_exchange_t, get_shared_secret, bool,
	private_secret_ke_t *this, chunk_t *secret)
{
	*secret = chunk_clone(this->secret);
	return TRUE;
}

METHOD(key_exchange_t, set_public_key, bool,
	private_secret_ke_t *this, chunk_t value)
{
	return TRUE;
}

METHOD(key_exchange_t, get_public_key, bool,
	private_secret_ke_t *this, chunk_t *value)
{
	*value = chunk_empty;
	return TRUE;
}

METHOD(key_exchange_t, get_method, key_exchange_method_t,
	private_secret_ke_t *this)
{
	return KE_NONE;
}

METHOD(key_exchange_t, destroy, void,
	private_secret_ke_t *this)
{
	chunk_clear(&this->secret);
	free(this);
}

/*
 * Described in header.
 */
key_exchange_t *ike_wire_secret_create(chunk_t secret)
{
	private_secret_ke_t *this;

	INIT(this,
		.public = {
			.get_shared_secret = _get_shared_secret,
			.set_public_key = _set_public_key,
			.get_public_key = _get_public_key,
			.get_method = _get_method,
			.destroy = _destroy,
		},
		.secret = chunk_clone(secret),
	);
	return &this->public;
}
