/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_cookie qcd_cookie
 * @{ @ingroup qcd
 */

#ifndef QCD_COOKIE_H_
#define QCD_COOKIE_H_

#include <library.h>
#include <networking/host.h>

/** length of a cookie, in octets: version, time in ms, MAC */
#define QCD_COOKIE_LEN 21

/** time a cookie is valid, in ms */
#define QCD_COOKIE_LIFETIME 10000

typedef struct qcd_cookie_t qcd_cookie_t;

/**
 * Stateless cookies of SIR queries: who returns one has seen a query of ours
 * for these SPIs, between these addresses, a short time ago.
 *
 * The secret changes every 2 minutes, the previous one is kept.
 *
 * Locking: a mutex inside, a leaf.
 */
struct qcd_cookie_t {

	/**
	 * Make the cookie of a query.
	 *
	 * @param spi_i		initiator's SPI of the IKE SA
	 * @param spi_r		responder's SPI
	 * @param src		where the query is sent from
	 * @param dst		where it is sent to
	 * @param now		time in ms, as of qcd_cookie_now()
	 * @param cookie	receives cookie, QCD_COOKIE_LEN octets
	 * @return			FALSE on failure
	 */
	bool (*make)(qcd_cookie_t *this, uint64_t spi_i, uint64_t spi_r,
				 host_t *src, host_t *dst, uint64_t now, uint8_t *cookie);

	/**
	 * Check the cookie of a reply.
	 *
	 * @param spi_i		initiator's SPI of the IKE SA
	 * @param spi_r		responder's SPI
	 * @param src		where the query was sent from: the reply's destination
	 * @param dst		where it was sent to: the reply's source
	 * @param now		time in ms
	 * @param cookie	cookie as received
	 * @param age		receives age in ms
	 * @return			TRUE if it is ours, and not too old
	 */
	bool (*check)(qcd_cookie_t *this, uint64_t spi_i, uint64_t spi_r,
				  host_t *src, host_t *dst, uint64_t now, chunk_t cookie,
				  uint32_t *age);

	/**
	 * Destroy a qcd_cookie_t.
	 */
	void (*destroy)(qcd_cookie_t *this);
};

/**
 * Get the time.
 *
 * @return			time in ms, from an arbitrary point
 */
uint64_t qcd_cookie_now();

/**
 * Create it, secrets are made when they are needed.
 *
 * @return			object
 */
qcd_cookie_t *qcd_cookie_create();

#endif /** QCD_COOKIE_H_ @}*/
