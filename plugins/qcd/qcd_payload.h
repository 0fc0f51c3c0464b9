/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_payload qcd_payload
 * @{ @ingroup qcd
 *
 * What qcd adds to charon's messages and looks for in them.  Any thread that
 * has the message.
 */

#ifndef QCD_PAYLOAD_H_
#define QCD_PAYLOAD_H_

#include <encoding/message.h>

/**
 * Add a token (RFC 6290, 4.1).
 *
 * @param message	message
 * @param token		token, cloned
 */
void qcd_payload_add_token(message_t *message, chunk_t token);

/**
 * Get the new IKE SPI of a CREATE_CHILD_SA message that rekeys an IKE SA.
 *
 * @param message	message
 * @return			SPI in network order, 0 if it does not rekey one
 */
uint64_t qcd_payload_rekey_spi(message_t *message);

/**
 * Report unknown ESP SPIs: with INVALID_SPI, and as stock charon ignores that,
 * with a Delete.
 *
 * @param message	message
 * @param spis		inbound SPIs, in network order
 * @param count		number of them, not 0
 */
void qcd_payload_add_reports(message_t *message, uint32_t *spis, u_int count);

#endif /** QCD_PAYLOAD_H_ @}*/
