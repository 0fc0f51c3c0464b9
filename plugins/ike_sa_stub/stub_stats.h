/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_stats stub_stats
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_STATS_H_
#define STUB_STATS_H_

#include <library.h>

typedef struct stub_stats_t stub_stats_t;
typedef enum stub_counter_t stub_counter_t;

/**
 * What is counted.
 */
enum stub_counter_t {
	/** stubs made, for gateways and clients */
	STUB_MADE,
	/** stubs not kept: too many */
	STUB_REFUSED_FULL,
	/** stubs that expired */
	STUB_EXPIRED,
	/** stubs removed as the IKE SA was deleted */
	STUB_REVOKED,
	/** client: SYNs sent, retransmissions and after cookies included */
	STUB_SYN_SENT,
	/** client: IKE SAs resumed */
	STUB_RESUMED,
	/** client: ordinary responses to a SYN */
	STUB_FELL_BACK,
	/** client: answers without or with a wrong proof */
	STUB_BAD_ANSWER,
	/** gateway: SYNs received */
	STUB_SYN_RECEIVED,
	/** gateway: SYNs that are malformed */
	STUB_SYN_MALFORMED,
	/** gateway: SYNs not looked at, too many of a source */
	STUB_SYN_LIMITED,
	/** gateway: no stub for a SYN */
	STUB_NOT_FOUND,
	/** gateway: wrong proof or none */
	STUB_WRONG_PROOF,
	/** gateway: a stub for another gateway's address */
	STUB_WRONG_ADDRESS,
	/** gateway: stubs that the configuration does not allow anymore */
	STUB_NOT_ALLOWED,
	/** gateway: stubs whose inner address somebody else has */
	STUB_ADDRESS_TAKEN,
	/** gateway: answers sent */
	STUB_ANSWERED,
	/** gateway: answers sent again */
	STUB_ANSWERED_AGAIN,
	/** gateway: IKE SAs the client confirmed */
	STUB_CONFIRMED,
	/** gateway: IKE SAs it did not confirm */
	STUB_UNCONFIRMED,
	/** gateway: IKE SAs removed as their stub was used before */
	STUB_USED_TWICE,
	/** look-ups elsewhere */
	STUB_LOOKUPS,
	/** look-ups that found a stub */
	STUB_LOOKUPS_FOUND,
	/** look-ups that took too long */
	STUB_LOOKUPS_LATE,
	/** look-ups not made: no connection, or not found a moment ago */
	STUB_LOOKUPS_SKIPPED,
	/** records from elsewhere that could not be decrypted or decoded */
	STUB_BAD_RECORD,
	/** messages that a bank could not be sent, it gets all again */
	STUB_UPDATES_MISSED,
	/** number of counters */
	STUB_COUNTERS,
};

/**
 * Names of counters.
 */
extern enum_name_t *stub_counter_names;

/**
 * Counters since the start of the daemon.
 *
 * Locking: none, counters are atomic; usable in hooks of charon's bus.
 */
struct stub_stats_t {

	/**
	 * Count.
	 *
	 * @param counter	what
	 * @param n			how many
	 */
	void (*add)(stub_stats_t *this, stub_counter_t counter, u_int n);

	/**
	 * Get a counter.
	 *
	 * @param counter	what
	 * @return			value
	 */
	uint64_t (*get)(stub_stats_t *this, stub_counter_t counter);

	/**
	 * Destroy a stub_stats_t.
	 */
	void (*destroy)(stub_stats_t *this);
};

/**
 * Create counters.
 *
 * @return			counters
 */
stub_stats_t *stub_stats_create();

#endif /** STUB_STATS_H_ @}*/
