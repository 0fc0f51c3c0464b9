/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sa_directory sa_directory
 * @{ @ingroup cluster
 */

#ifndef SA_DIRECTORY_H_
#define SA_DIRECTORY_H_

#include <library.h>
#include <bus/listeners/listener.h>

typedef struct sa_directory_t sa_directory_t;
typedef enum sa_holder_t sa_holder_t;

/**
 * Who has an IKE SA.
 */
enum sa_holder_t {
	/** nobody */
	SA_HOLDER_NONE,
	/** this daemon has one that uses one of the SPIs */
	SA_HOLDER_HERE,
	/** another member has one */
	SA_HOLDER_MEMBER,
	/** this daemon has none, but about others not enough is known */
	SA_HOLDER_UNKNOWN,
};

/**
 * Which member of the cluster has which IKE SA, by SPIs only.
 *
 * There is one for the daemon: the first sa_directory_get() makes it, the last
 * sa_directory_put() removes it.  It needs no other plugin.  Without a cluster
 * (no <ns>.cluster.name) it knows this daemon's IKE SAs only, passive copies
 * included.
 *
 * An IKE SA is told to the others when its keys are derived: before it is
 * authenticated if it is a new one, before the peer can use it if it replaces
 * one.
 *
 * Locking: a mutex inside, held in hooks of charon's bus while messages are
 * appended to the channel's queues; nothing else is called with it.
 */
struct sa_directory_t {

	/** on charon's bus, internal */
	listener_t listener;

	/**
	 * Look for an IKE SA that uses one of two SPIs, in whatever role: SPIs are
	 * random, so whoever asks with one of an existing SA means that, or is up
	 * to no good (RFC 6290, 9.2).
	 *
	 * @param spi_i		initiator's SPI, in network order
	 * @param spi_r		responder's SPI
	 * @return			who has it
	 */
	sa_holder_t (*find)(sa_directory_t *this, uint64_t spi_i, uint64_t spi_r);

	/**
	 * As find(), for this daemon's IKE SAs only.
	 *
	 * @param spi_i		initiator's SPI, in network order
	 * @param spi_r		responder's SPI
	 * @return			TRUE if this daemon has one
	 */
	bool (*has)(sa_directory_t *this, uint64_t spi_i, uint64_t spi_r);

	/**
	 * Check if other members are configured.
	 *
	 * @return			TRUE if so
	 */
	bool (*is_cluster)(sa_directory_t *this);

	/**
	 * Get the numbers of IKE SAs.
	 *
	 * @param here		receives number of this daemon
	 * @param members	receives number of other members
	 */
	void (*count)(sa_directory_t *this, u_int *here, u_int *members);
};

/**
 * Get the daemon's directory, make it if there is none.
 *
 * Has to be called before there are IKE SAs, when plugins are loaded.
 *
 * @return			directory, NULL if the cluster's configuration is wrong
 *					(logged); release it with sa_directory_put()
 */
sa_directory_t *sa_directory_get();

/**
 * Release the directory; the last one removes it.
 */
void sa_directory_put();

#endif /** SA_DIRECTORY_H_ @}*/
