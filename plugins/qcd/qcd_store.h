/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_store qcd_store
 * @{ @ingroup qcd
 */

#ifndef QCD_STORE_H_
#define QCD_STORE_H_

#include <library.h>
#include <networking/packet.h>

/** tokens kept for an IKE SA (RFC 6290, 5: earlier ones may be) */
#define QCD_STORE_TOKENS 4

typedef struct qcd_store_t qcd_store_t;

/**
 * What a taker knows about the IKE SAs it may lose: their tokens' digests, the
 * request under way, when a hint was taken last.
 *
 * An IKE SA is known by its SPIs (RFC 6290, 5.3), in network order.
 *
 * Locking: a mutex inside, a leaf; all functions may be called in hooks of
 * charon's bus.
 */
struct qcd_store_t {

	/**
	 * Store the token of an IKE SA, besides those it has; the oldest one is
	 * dropped if there are QCD_STORE_TOKENS.
	 *
	 * @param spi_i		initiator's SPI
	 * @param spi_r		responder's SPI
	 * @param token		token
	 * @return			FALSE if its length is wrong
	 */
	bool (*add)(qcd_store_t *this, uint64_t spi_i, uint64_t spi_r,
				chunk_t token);

	/**
	 * Store the token of an IKE SA that replaces another one.  It is removed
	 * with that, unless the new one is there by then.
	 *
	 * @param old_i		initiator's SPI of the old IKE SA
	 * @param old_r		responder's SPI of the old IKE SA
	 * @param spi_i		initiator's SPI
	 * @param spi_r		responder's SPI
	 * @param token		token
	 * @return			FALSE if its length is wrong
	 */
	bool (*add_next)(qcd_store_t *this, uint64_t old_i, uint64_t old_r,
					 uint64_t spi_i, uint64_t spi_r, chunk_t token);

	/**
	 * An IKE SA is established.
	 */
	void (*live)(qcd_store_t *this, uint64_t spi_i, uint64_t spi_r);

	/**
	 * Remove all of an IKE SA.
	 */
	void (*remove)(qcd_store_t *this, uint64_t spi_i, uint64_t spi_r);

	/**
	 * Check if an IKE SA is established, and if it has a token.
	 *
	 * @param tokens	receives number of tokens, or NULL
	 * @return			TRUE if the IKE SA is established
	 */
	bool (*find)(qcd_store_t *this, uint64_t spi_i, uint64_t spi_r,
				 u_int *tokens);

	/**
	 * Compare a token with those of an established IKE SA, in constant time.
	 *
	 * @param token		token as received
	 * @return			TRUE if one matches
	 */
	bool (*verify)(qcd_store_t *this, uint64_t spi_i, uint64_t spi_r,
				   chunk_t token);

	/**
	 * Take a hint that an IKE SA may be gone, at most one per interval.
	 *
	 * @param interval	interval in ms
	 * @return			FALSE if there was one already, or the IKE SA is not
	 *					known
	 */
	bool (*hint)(qcd_store_t *this, uint64_t spi_i, uint64_t spi_r,
				 uint32_t interval);

	/**
	 * A request was sent, or answered.
	 *
	 * @param packet	request, cloned; NULL if there's none under way
	 */
	void (*set_request)(qcd_store_t *this, uint64_t spi_i, uint64_t spi_r,
						packet_t *packet);

	/**
	 * Get the request under way.
	 *
	 * @return			clone of the packet, NULL if there is none
	 */
	packet_t *(*get_request)(qcd_store_t *this, uint64_t spi_i,
							 uint64_t spi_r);

	/**
	 * Count what is stored.
	 *
	 * @param tokens	receives number of tokens
	 * @return			number of IKE SAs
	 */
	u_int (*count)(qcd_store_t *this, u_int *tokens);

	/**
	 * Destroy a qcd_store_t.
	 */
	void (*destroy)(qcd_store_t *this);
};

/**
 * Create an empty store.
 *
 * @return			store
 */
qcd_store_t *qcd_store_create();

#endif /** QCD_STORE_H_ @}*/
