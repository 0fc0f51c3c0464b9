/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_children qcd_children
 * @{ @ingroup qcd
 */

#ifndef QCD_CHILDREN_H_
#define QCD_CHILDREN_H_

#include <library.h>
#include <bus/listeners/listener.h>

typedef struct qcd_children_t qcd_children_t;
typedef struct qcd_owner_t qcd_owner_t;

/** owners of an outbound SPI that are returned at most */
#define QCD_OWNERS_MAX 8

/**
 * IKE SA of a CHILD SA.
 */
struct qcd_owner_t {
	/** its SPIs, in network order */
	uint64_t spi_i, spi_r;
};

/**
 * Called when a CHILD SA is there, when its IKE SA changed, or when it is gone;
 * in hooks of charon's bus and with the lock held: it may append to the sync
 * channel's queues, and nothing else.
 *
 * @param user		user data
 * @param there		FALSE if it is gone
 * @param spi		inbound SPI, in network order
 * @param owner		IKE SA
 */
typedef void (*qcd_children_cb_t)(void *user, bool there, uint32_t spi,
								  const qcd_owner_t *owner);

/**
 * SPIs of the CHILD SAs of this daemon.
 *
 * Locking: a mutex inside, held while the observer is called, else a leaf.
 */
struct qcd_children_t {

	/** added to charon's bus by the owner */
	listener_t listener;

	/**
	 * Get the IKE SAs with a CHILD SA that sends with an SPI; peers choose
	 * them, so there may be several.
	 *
	 * @param spi		outbound SPI, in network order
	 * @param owners	receives IKE SAs, QCD_OWNERS_MAX at most
	 * @return			number of IKE SAs
	 */
	u_int (*find_outbound)(qcd_children_t *this, uint32_t spi,
						   qcd_owner_t owners[QCD_OWNERS_MAX]);

	/**
	 * Check if a CHILD SA of this daemon has an SPI.
	 *
	 * @param spi		inbound SPI, in network order
	 * @return			TRUE if so
	 */
	bool (*has_inbound)(qcd_children_t *this, uint32_t spi);

	/**
	 * Check if a CHILD SA had an SPI until recently: its last packets may
	 * still arrive.  Looks through some thousand SPIs.
	 *
	 * @param spi		inbound SPI, in network order
	 * @return			TRUE if so
	 */
	bool (*had_inbound)(qcd_children_t *this, uint32_t spi);

	/**
	 * Enumerate inbound SPIs.
	 *
	 * @return			enumerator over uint32_t spi, qcd_owner_t*; has the
	 *					lock
	 */
	enumerator_t *(*create_enumerator)(qcd_children_t *this);

	/**
	 * Set who is told about changes.
	 *
	 * @param cb		function, NULL for none
	 * @param user		user data
	 */
	void (*observe)(qcd_children_t *this, qcd_children_cb_t cb, void *user);

	/**
	 * Get a number that changes with the CHILD SAs.
	 *
	 * @return			number
	 */
	uint32_t (*get_version)(qcd_children_t *this);

	/**
	 * Destroy a qcd_children_t.
	 */
	void (*destroy)(qcd_children_t *this);
};

/**
 * Create it, has to be done before there are CHILD SAs.
 *
 * @return			object
 */
qcd_children_t *qcd_children_create();

#endif /** QCD_CHILDREN_H_ @}*/
