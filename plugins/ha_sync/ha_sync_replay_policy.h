/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_replay_policy ha_sync_replay_policy
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_REPLAY_POLICY_H_
#define HA_SYNC_REPLAY_POLICY_H_

#include "ha_sync_record.h"
#include "ha_sync_rekey.h"

#include <sa/ike_sa.h>

typedef enum ha_sync_replay_mode_t ha_sync_replay_mode_t;
typedef struct ha_sync_replay_rules_t ha_sync_replay_rules_t;
typedef struct ha_sync_replay_action_t ha_sync_replay_action_t;
typedef struct ha_sync_replay_policy_t ha_sync_replay_policy_t;

/**
 * Option replay_policy: what to do about packets that the previous active may
 * have received after its last report (RFC 6027, 3.5).
 */
enum ha_sync_replay_mode_t {
	/** accept each of them at most once */
	HA_SYNC_REPLAY_LEARN,
	/** refuse them, and ask the peer to skip their numbers (RFC 6311, 5.2) */
	HA_SYNC_REPLAY_ADVANCE,
	/** refuse all that comes with the SA, and rekey it */
	HA_SYNC_REPLAY_REKEY,
};

/**
 * What is configured.
 */
struct ha_sync_replay_rules_t {
	/** inbound packets, option replay_policy */
	ha_sync_replay_mode_t mode;
	/** rekey SAs with counter-mode ciphers, option rekey_after_failover */
	bool rekey;
	/** most packets between two reports, either direction, option margin */
	uint64_t margin;
};

/**
 * What to do with a CHILD SA that becomes active.
 */
struct ha_sync_replay_action_t {
	/** inbound number up to which all is refused */
	uint64_t seq;
	/** TRUE to rekey it */
	bool rekey;
	/** TRUE if it is in use and can't receive until it is rekeyed */
	bool urgent;
};

/**
 * Decides what becomes of CHILD SAs at a takeover, by RFC 6027, 3.4, 3.5 and
 * 3.7.1.
 *
 * Locking: rules are read by the thread of ownership and changed by reload();
 * a mutex protects them.
 */
struct ha_sync_replay_policy_t {

	/**
	 * Decide about all children of an IKE SA that becomes active: sets the
	 * inbound number in their records, and queues rekeyings.
	 *
	 * @param children	records (ha_sync_child_t*), changed; may be NULL
	 * @param planned	TRUE if the previous active told its last numbers
	 * @param jumps		TRUE if the peer can be asked to skip numbers
	 * @return			how many numbers the peer has to be asked to skip, for
	 *					all its SAs (RFC 6311, 5.2); 0 if none
	 */
	uint32_t (*apply)(ha_sync_replay_policy_t *this, array_t *children,
					  bool planned, bool jumps);

	/**
	 * The peer did not skip numbers as it was asked to: rekey instead.
	 *
	 * @param children	records of the IKE SA's children, may be NULL
	 */
	void (*refused)(ha_sync_replay_policy_t *this, array_t *children);

	/**
	 * The configuration changed.
	 *
	 * @return			FALSE if it is wrong (logged), it stays as it was
	 */
	bool (*reload)(ha_sync_replay_policy_t *this);

	/**
	 * Destroy a ha_sync_replay_policy_t.
	 */
	void (*destroy)(ha_sync_replay_policy_t *this);
};

/**
 * Decide about one CHILD SA.
 *
 * @param rules		what is configured
 * @param child		its record
 * @param planned	TRUE if the previous active told its last numbers
 * @param jumps		TRUE if the peer can be asked to skip numbers
 * @return			what to do
 */
ha_sync_replay_action_t ha_sync_replay_decide(
									const ha_sync_replay_rules_t *rules,
									const ha_sync_child_t *child, bool planned,
									bool jumps);

/**
 * Create the policy from the configuration.
 *
 * @param rekey		queue for rekeyings
 * @return			policy, NULL if the configuration is wrong (logged)
 */
ha_sync_replay_policy_t *ha_sync_replay_policy_create(ha_sync_rekey_t *rekey);

#endif /** HA_SYNC_REPLAY_POLICY_H_ @}*/
