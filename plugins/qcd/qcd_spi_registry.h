/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_spi_registry qcd_spi_registry
 * @{ @ingroup qcd
 */

#ifndef QCD_SPI_REGISTRY_H_
#define QCD_SPI_REGISTRY_H_

#include "qcd_children.h"

#include "sync_channel.h"

typedef struct qcd_spi_registry_t qcd_spi_registry_t;

/**
 * Which CHILD SPI of which member belongs, or belonged before its daemon was
 * restarted, to which IKE SA: what qcd_spi_map is for this daemon (RFC 6290,
 * 8.2).
 *
 * Members tell each other over the sync channel (domain SYNC_QCD), and a member
 * that comes back is told what it had.  It may be old: a token made with it
 * then is a wrong one, which is no harm.
 *
 * Locking: a mutex inside, a leaf; changes of this daemon's CHILD SAs are
 * appended to the channel's queues with the lock of qcd_children.
 */
struct qcd_spi_registry_t {

	/** on the sync channel, internal */
	sync_subscriber_t subscriber;

	/**
	 * Find the IKE SA an SPI of any member belongs or belonged to.
	 *
	 * @param spi		inbound SPI, in network order
	 * @param owner		receives IKE SA
	 * @return			FALSE if it is not known
	 */
	bool (*find)(qcd_spi_registry_t *this, uint32_t spi, qcd_owner_t *owner);

	/**
	 * Leave the channel, destroy; not called by threads of the channel.
	 */
	void (*destroy)(qcd_spi_registry_t *this);
};

/** types of messages: a member's CHILD SAs that are there from now on, or are
 * gone; those the receiver had before it was restarted */
#define QCD_SPI_ADD 1
#define QCD_SPI_REMOVE 2
#define QCD_SPI_YOURS 3

/** octets of a CHILD SA in a message: its SPI, those of its IKE SA */
#define QCD_SPI_LEN (sizeof(uint32_t) + 2 * sizeof(uint64_t))

/** CHILD SAs in a message at most */
#define QCD_SPI_BATCH (SYNC_MAX_BODY / QCD_SPI_LEN)

/**
 * Create it for a channel, for tests.
 *
 * @param channel	sync channel
 * @param children	CHILD SAs of this daemon
 * @return			object, not subscribed
 */
qcd_spi_registry_t *qcd_spi_registry_create_for(sync_channel_t *channel,
												qcd_children_t *children);

/**
 * Create it, subscribed to the daemon's sync channel.
 *
 * @param children	CHILD SAs of this daemon
 * @return			object, NULL if there's no channel
 */
qcd_spi_registry_t *qcd_spi_registry_create(qcd_children_t *children);

#endif /** QCD_SPI_REGISTRY_H_ @}*/
