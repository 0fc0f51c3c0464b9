/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_mid_caps ha_sync_mid_caps
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_MID_CAPS_H_
#define HA_SYNC_MID_CAPS_H_

#include <bus/listeners/listener.h>
#include <sa/ike_sa.h>

/**
 * Status notify without data: who sends it runs this plugin.  From the range
 * for private use, as are all error types it stands for (RFC 7296, 2.21.2
 * allows new ones only to peers that understand them).
 */
#define HA_SYNC_PLUGIN_SUPPORTED 41011

typedef struct ha_sync_mid_caps_t ha_sync_mid_caps_t;
typedef enum ha_sync_cap_t ha_sync_cap_t;

/**
 * What both sides of an IKE SA support.  The bits are sent to other members,
 * so they never change.
 */
enum ha_sync_cap_t {
	/** message IDs can be synced: IKEV2_MESSAGE_ID_SYNC_SUPPORTED */
	HA_SYNC_CAP_MID = (1<<0),
	/** replay counters can be synced: IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED */
	HA_SYNC_CAP_REPLAY = (1<<1),
	/** the peer runs this plugin: it knows Simultaneous Failover Failure, and
	 * message ID 0 with every cipher */
	HA_SYNC_CAP_PLUGIN = (1<<2),
	/** not negotiated: message IDs are not synced since the last takeover,
	 * state UNSYNED of draft-zhang; see mark() */
	HA_SYNC_UNSYNED = (1<<8),
};

/**
 * Negotiates in IKE_AUTH what can be synced (RFC 6311, 5), in either role, and
 * knows it for each IKE SA.
 *
 * An initiator offers in its first request, charon itself offers message IDs;
 * a responder agrees in its last response to what was offered, nothing else.
 * A stock responder agrees to nothing.  An IKE SA that is rekeyed passes on
 * what it has.
 *
 * charon's extension EXT_IKE_MESSAGE_ID_SYNC is HA_SYNC_CAP_MID: it is set when
 * it is agreed, and records of IKE SAs carry it as any other extension.
 *
 * Has to be added to the bus before listeners that ask it.
 *
 * Locking: one mutex, a leaf.  All may be called in hooks of charon's bus, with
 * the IKE_SA checked out.
 */
struct ha_sync_mid_caps_t {

	/** registered at charon's bus by the owner */
	listener_t listener;

	/**
	 * Check what was negotiated.
	 *
	 * @param ike_sa	IKE_SA
	 * @param caps		capabilities
	 * @return			TRUE if it has all of them
	 */
	bool (*has)(ha_sync_mid_caps_t *this, ike_sa_t *ike_sa,
				ha_sync_cap_t caps);

	/**
	 * Get what was negotiated.
	 *
	 * @param ike_sa	IKE_SA
	 * @return			capabilities
	 */
	ha_sync_cap_t (*get)(ha_sync_mid_caps_t *this, ike_sa_t *ike_sa);

	/**
	 * Set what another member negotiated.
	 *
	 * Forgotten when the IKE_SA is destroyed.
	 *
	 * @param ike_sa	IKE_SA
	 * @param caps		capabilities and HA_SYNC_UNSYNED, unknown bits are
	 *					ignored; for HA_SYNC_CAP_MID the extension counts only
	 */
	void (*set)(ha_sync_mid_caps_t *this, ike_sa_t *ike_sa,
				ha_sync_cap_t caps);

	/**
	 * Mark an IKE SA as HA_SYNC_UNSYNED, or not.
	 *
	 * @param ike_sa	IKE_SA
	 * @param unsyned	TRUE to mark it
	 */
	void (*mark)(ha_sync_mid_caps_t *this, ike_sa_t *ike_sa, bool unsyned);

	/**
	 * Count IKE SAs that are marked.
	 *
	 * @return			number, copies included
	 */
	u_int (*count)(ha_sync_mid_caps_t *this);

	/**
	 * Destroy a ha_sync_mid_caps_t, removed from the bus before.
	 */
	void (*destroy)(ha_sync_mid_caps_t *this);
};

/**
 * Create an object that knows of no IKE SA.
 *
 * @return				object
 */
ha_sync_mid_caps_t *ha_sync_mid_caps_create();

#endif /** HA_SYNC_MID_CAPS_H_ @}*/
