/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_stats qcd_stats
 * @{ @ingroup qcd
 */

#ifndef QCD_STATS_H_
#define QCD_STATS_H_

#include <library.h>
#include <collections/enumerator.h>

typedef enum qcd_counter_t qcd_counter_t;
typedef struct qcd_stats_t qcd_stats_t;

/**
 * What is counted; the names in the status are in qcd_stats_names.
 */
enum qcd_counter_t {
	/** maker: tokens given to peers in protected messages */
	QCD_TOKENS_GIVEN,
	/** maker: requests for unknown IKE SAs that could be answered */
	QCD_UNKNOWN_IKE,
	/** maker: answers with INVALID_IKE_SPI and tokens */
	QCD_TOKENS_SENT,
	/** maker: answers without tokens, as it's not known if the SA lives */
	QCD_PLAIN_SENT,
	/** maker: no answer, as the SA or one with one of its SPIs lives here */
	QCD_HELD_HERE,
	/** maker: no answer, as another member has the SA */
	QCD_HELD_ELSEWHERE,
	/** maker: nothing sent, as there's no connection for the peer (yet) */
	QCD_NOT_READY,
	/** maker: no answer due to a limit */
	QCD_ANSWERS_LIMITED,
	/** taker: tokens stored */
	QCD_TOKENS_STORED,
	/** taker: unprotected notifies received */
	QCD_UNPROTECTED,
	/** taker: malformed ones, and those that are none of ours */
	QCD_MALFORMED,
	/** taker: tokens not verified due to a limit */
	QCD_CHECKS_LIMITED,
	/** taker: tokens verified, and right */
	QCD_TOKENS_RIGHT,
	/** taker: tokens verified, and wrong */
	QCD_TOKENS_WRONG,
	/** taker: IKE SAs removed, and made anew */
	QCD_REESTABLISHED,
	/** taker: IKE SAs removed only, as configured */
	QCD_REMOVED,
	/** taker: liveness checks started for a hint */
	QCD_LIVENESS,
	/** taker: hints that started none, due to a limit */
	QCD_HINTS_LIMITED,
	/** ESP packets for unknown SPIs seen */
	QCD_ESP_UNKNOWN,
	/** INVALID_SPI sent, not protected */
	QCD_ESP_ANSWERED,
	/** INVALID_SPI sent over the peer's IKE SA */
	QCD_ESP_PROTECTED,
	/** INVALID_SPI sent with tokens */
	QCD_ESP_TOKENS,
	/** not answered due to a limit */
	QCD_ESP_LIMITED,
	/** times the packet tap was opened */
	QCD_TAPS,
	/** SIR: queries sent, and received */
	QCD_SIR_QUERIES,
	QCD_SIR_QUERIED,
	/** SIR: ACKs and NACKs with a good cookie */
	QCD_SIR_ACKS,
	QCD_SIR_NACKS,
	/** SIR: replies with a wrong cookie */
	QCD_SIR_WRONG,
	/** SIR: IKE SAs made anew */
	QCD_SIR_RECOVERED,
	/** number of counters */
	QCD_COUNTERS,
};

/**
 * Names of counters.
 */
extern enum_name_t *qcd_stats_names;

/**
 * Counters, and the latest events.
 *
 * Locking: counters are atomic; a mutex inside for events, a leaf.
 */
struct qcd_stats_t {

	/**
	 * Count something.
	 */
	void (*count)(qcd_stats_t *this, qcd_counter_t counter);

	/**
	 * Get a counter.
	 */
	uint64_t (*get)(qcd_stats_t *this, qcd_counter_t counter);

	/**
	 * Log an event and keep it.
	 *
	 * At most 10 a second are: the others are counted, and their number is
	 * logged with the next one.
	 *
	 * @param fmt		format string, libstrongswan's printf specifiers
	 */
	void (*event)(qcd_stats_t *this, const char *fmt, ...);

	/**
	 * Enumerate the latest events, oldest first.
	 *
	 * @return			enumerator over time_t (wall clock), char*
	 */
	enumerator_t *(*create_enumerator)(qcd_stats_t *this);

	/**
	 * Destroy a qcd_stats_t.
	 */
	void (*destroy)(qcd_stats_t *this);
};

/**
 * Create counters.
 *
 * @return			counters, 0 all
 */
qcd_stats_t *qcd_stats_create();

#endif /** QCD_STATS_H_ @}*/
