/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_codec stub_codec
 * @{ @ingroup ike_sa_stub
 *
 * Stubs as octets: attributes, those unknown are skipped, so that members of
 * different releases understand each other.  No locking.
 */

#ifndef STUB_CODEC_H_
#define STUB_CODEC_H_

#include "stub.h"

/** longest encoding of a stub, in octets */
#define STUB_CODEC_MAX (48 * 1024)

/**
 * Encode a stub.
 *
 * @param stub		stub
 * @return			octets, allocated, they contain secrets; empty if it's
 *					longer than STUB_CODEC_MAX
 */
chunk_t stub_encode(stub_t *stub);

/**
 * Decode a stub.
 *
 * @param data		octets
 * @return			stub, to be released, NULL if they are malformed
 */
stub_t *stub_decode(chunk_t data);

#endif /** STUB_CODEC_H_ @}*/
