/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_maker qcd_maker
 * @{ @ingroup qcd
 */

#ifndef QCD_MAKER_H_
#define QCD_MAKER_H_

#include "qcd_config.h"
#include "qcd_secret.h"
#include "qcd_stats.h"

#include "ike_wire_notify.h"
#include "sa_directory.h"

#include <bus/listeners/listener.h>
#include <networking/host.h>

typedef struct qcd_maker_t qcd_maker_t;

/**
 * The maker's answer to protected requests for unknown IKE SAs: INVALID_IKE_SPI
 * and tokens, not protected (RFC 6290, 4.5).
 *
 * A token leaves in the clear only if neither SPI belongs to an IKE SA of this
 * daemon, in any role, nor to one of another member (RFC 6290, 9.2).
 *
 * Locking: none but those of what it uses; the hook of charon's bus queues a
 * job for what passes the limits.
 */
struct qcd_maker_t {

	/** added to charon's bus by the owner */
	listener_t listener;

	/**
	 * Get the tokens of an IKE SA that may be sent in the clear.
	 *
	 * @param spi_i		initiator's SPI, in network order
	 * @param spi_r		responder's SPI
	 * @param taker		address of the peer
	 * @param tokens	receives tokens
	 * @param holder	receives who has the IKE SA
	 * @return			number of tokens, 0 if none may be sent
	 */
	u_int (*get_tokens)(qcd_maker_t *this, uint64_t spi_i, uint64_t spi_r,
						host_t *taker,
						uint8_t tokens[QCD_TOKEN_SECRETS][QCD_TOKEN_LEN],
						sa_holder_t *holder);

	/**
	 * Check if a message is a request for an unknown IKE SA that is not going
	 * to be answered, so that charon is spared the work.
	 *
	 * @param data		IKE message
	 * @param src		where it came from
	 * @return			TRUE to drop it
	 */
	bool (*is_excess)(qcd_maker_t *this, chunk_t data, host_t *src);

	/**
	 * The options were changed.
	 */
	void (*reload)(qcd_maker_t *this);

	/**
	 * Destroy a qcd_maker_t.
	 */
	void (*destroy)(qcd_maker_t *this);
};

/**
 * Check if there is a connection for a peer: until swanctl loaded them, whoever
 * gave up its IKE SA could not make a new one.  It may be for another address
 * of this host, MOBIKE may have chosen the one the peer used.
 *
 * @param other		address of the peer
 * @return			TRUE if so
 */
bool qcd_maker_ready(host_t *other);

/**
 * Send an unprotected message.
 *
 * @param src		address and port to send it from
 * @param dst		address and port to send it to
 * @param message	message
 */
void qcd_maker_send(host_t *src, host_t *dst,
					const ike_wire_message_t *message);

/**
 * Create it.
 *
 * @param config	options
 * @param secret	secrets, NULL if there are none
 * @param directory	who has which IKE SA
 * @param stats		counters
 * @return			object
 */
qcd_maker_t *qcd_maker_create(qcd_config_t *config, qcd_secret_t *secret,
							  sa_directory_t *directory, qcd_stats_t *stats);

#endif /** QCD_MAKER_H_ @}*/
