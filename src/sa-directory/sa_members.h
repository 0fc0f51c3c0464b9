/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sa_members sa_members
 * @{ @ingroup sa_directory
 */

#ifndef SA_MEMBERS_H_
#define SA_MEMBERS_H_

#include "sync_channel.h"

typedef struct sa_members_t sa_members_t;

/**
 * What a member has, as far as known.
 */
typedef enum {
	/** all members are known not to use the SPIs */
	SA_MEMBERS_NONE,
	/** a member uses one of the SPIs */
	SA_MEMBERS_USED,
	/** a member is not connected, or its list not complete yet */
	SA_MEMBERS_UNKNOWN,
} sa_members_result_t;

/**
 * The IKE SAs of the other members, told by them over the sync channel (domain
 * SYNC_DIRECTORY): 16 octets for an SA, as many in a message as fit.
 *
 * Locking: a mutex inside, a leaf.
 */
struct sa_members_t {

	/** to be subscribed by the owner; snapshot is the owner's */
	sync_subscriber_t subscriber;

	/**
	 * Look for a member with an IKE SA that uses one of two SPIs.
	 *
	 * @param spi_i		initiator's SPI, in network order
	 * @param spi_r		responder's SPI
	 * @return			what is known
	 */
	sa_members_result_t (*find)(sa_members_t *this, uint64_t spi_i,
								uint64_t spi_r);

	/**
	 * Get the number of IKE SAs of the other members.
	 *
	 * @return			number
	 */
	u_int (*count)(sa_members_t *this);

	/**
	 * Destroy a sa_members_t.
	 */
	void (*destroy)(sa_members_t *this);
};

/** types of messages: IKE SAs that are there from now on, or are gone */
#define SA_MEMBERS_ADD 1
#define SA_MEMBERS_REMOVE 2

/** octets of an IKE SA in a message */
#define SA_MEMBERS_LEN (2 * sizeof(uint64_t))

/** IKE SAs in a message at most */
#define SA_MEMBERS_BATCH (SYNC_MAX_BODY / SA_MEMBERS_LEN)

/**
 * Create the list of members.
 *
 * @param channel	sync channel
 * @param snapshot	implements sync_subscriber_t.snapshot
 * @return			members
 */
sa_members_t *sa_members_create(sync_channel_t *channel,
				void (*snapshot)(sync_subscriber_t *subscriber, char *member,
								 sync_sink_t *sink));

#endif /** SA_MEMBERS_H_ @}*/
