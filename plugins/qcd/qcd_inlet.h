/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_inlet qcd_inlet
 * @{ @ingroup qcd
 */

#ifndef QCD_INLET_H_
#define QCD_INLET_H_

#include <library.h>
#include <networking/packet.h>

typedef struct qcd_inlet_t qcd_inlet_t;

/**
 * Called with a packet that may be an IKE message.
 *
 * By charon's thread that receives packets, so it must be quick; nothing may be
 * locked that is held while a packet is waited for.
 *
 * @param user		user data
 * @param packet	packet
 * @param data		IKE message in it
 * @return			TRUE if it was taken, FALSE to give it to charon
 */
typedef bool (*qcd_inlet_cb_t)(void *user, packet_t *packet, chunk_t data);

/**
 * Sees packets before charon does, which drops unprotected messages: those of
 * INFORMATIONAL exchanges before any hook, if it was built with mediation.
 *
 * Takes the place of charon->socket; exists between the features of
 * "libcharon-receiver".
 *
 * Locking: none.
 */
struct qcd_inlet_t {

	/**
	 * Put charon's own socket back, destroy.
	 */
	void (*destroy)(qcd_inlet_t *this);
};

/**
 * Create it.
 *
 * @param cb		called with packets
 * @param user		data for it
 * @return			object
 */
qcd_inlet_t *qcd_inlet_create(qcd_inlet_cb_t cb, void *user);

#endif /** QCD_INLET_H_ @}*/
