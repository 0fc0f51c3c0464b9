/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_codec_auth stub_codec_auth
 * @{ @ingroup ike_sa_stub
 *
 * Authentication rounds and identities of stubs as octets, see stub_codec.h.
 * No locking.
 */

#ifndef STUB_CODEC_AUTH_H_
#define STUB_CODEC_AUTH_H_

#include "stub.h"

#include <bio/bio_writer.h>

/**
 * Append an attribute with an identity.
 *
 * @param writer	writer to append to
 * @param type		type of the attribute
 * @param id		identity, nothing is appended for NULL
 */
void stub_codec_put_id(bio_writer_t *writer, uint8_t type,
					   identification_t *id);

/**
 * Read the value of an attribute with an identity.
 *
 * @param value		value
 * @param id		receives the identity, has to be NULL before
 * @return			FALSE if it's malformed, or was there before
 */
bool stub_codec_get_id(chunk_t value, identification_t **id);

/**
 * Encode an authentication round.
 *
 * @param auth		authentication round
 * @return			octets, allocated
 */
chunk_t stub_codec_put_auth(stub_auth_t *auth);

/**
 * Decode an authentication round.
 *
 * @param data		octets
 * @return			authentication round, NULL if they are malformed
 */
stub_auth_t *stub_codec_get_auth(chunk_t data);

#endif /** STUB_CODEC_AUTH_H_ @}*/
