/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_kernel_replay ha_sync_kernel_replay
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_KERNEL_REPLAY_H_
#define HA_SYNC_KERNEL_REPLAY_H_

#include <library.h>
#include <networking/host.h>
#include <ipsec/ipsec_types.h>

#include <linux/netlink.h>

typedef struct ha_sync_kernel_replay_t ha_sync_kernel_replay_t;
typedef struct ha_sync_sa_id_t ha_sync_sa_id_t;
typedef struct ha_sync_replay_t ha_sync_replay_t;
typedef enum ha_sync_replay_flag_t ha_sync_replay_flag_t;

/**
 * Names an SA in the kernel.
 *
 * The kernel finds the SA by destination, SPI, protocol and mark; the source,
 * ports of UDP encapsulation and the interface ID play no role.
 */
struct ha_sync_sa_id_t {
	/** destination of the SA, port ignored; not owned */
	host_t *dst;
	/** SPI, network order */
	uint32_t spi;
	/** IPPROTO_ESP or IPPROTO_AH */
	uint8_t proto;
	/** mark of the SA, all zero if none */
	mark_t mark;
	/** TRUE if the SA has extended sequence numbers (RFC 4303, 2.2.1) */
	bool esn;
	/** inbound SPI of its CHILD SA, for the caller: outbound SPIs are chosen by
	 * peers, so two CHILD SAs may have the same one */
	uint32_t child;
	/** TRUE if it's the CHILD SA's inbound SA, for the caller */
	bool inbound;
};

/**
 * Counters of an SA.
 */
struct ha_sync_replay_t {
	/** sequence number of the last packet sent, 64 bit with ESN */
	uint64_t oseq;
	/** highest sequence number received and accepted, 64 bit with ESN; stays
	 * zero if the SA has no replay window */
	uint64_t seq;
	/** octets processed by the SA */
	uint64_t bytes;
	/** packets processed by the SA */
	uint64_t packets;
	/** when the SA was used first, seconds since 1970; 0 if never */
	uint64_t use_time;
};

/**
 * What set() shall change.
 */
enum ha_sync_replay_flag_t {
	/** outbound sequence number */
	HA_SYNC_REPLAY_OSEQ = (1<<0),
	/** inbound sequence number, everything up to it is refused afterwards */
	HA_SYNC_REPLAY_SEQ = (1<<1),
	/** octets, packets and, if not zero, time of first use */
	HA_SYNC_REPLAY_USE = (1<<2),
};

/**
 * Reads and writes sequence numbers, use, and event thresholds of SAs in the
 * kernel (XFRM_MSG_GETAE/XFRM_MSG_NEWAE).
 *
 * Every function is one or two short system calls and can be called by any
 * thread, but not in hooks of charon's bus.  Errors are logged once for each
 * kind; an SA that is not in the kernel (any more) is logged on level 2 only,
 * as it may just have been deleted.
 *
 * Locking: one mutex for the socket, a leaf: nothing else is called or locked
 * while it is held.
 */
struct ha_sync_kernel_replay_t {

	/**
	 * Read the counters of an SA.
	 *
	 * @param id		SA
	 * @param replay	receives counters
	 * @return			FALSE if not in the kernel or on failure
	 */
	bool (*get)(ha_sync_kernel_replay_t *this, const ha_sync_sa_id_t *id,
				ha_sync_replay_t *replay);

	/**
	 * Change the counters of an SA.
	 *
	 * No value ever goes back: what the kernel has stays if it is higher (a
	 * sequence number sent twice would be refused by the peer and would use
	 * the same IV twice with counter-mode ciphers).
	 *
	 * The kernel can only read and write, not compare: packets the SA
	 * processes during the call (some 10 us) may be forgotten.  So use _OSEQ
	 * only as long as no traffic is sent with the SA, i.e. on a standby.
	 *
	 * @param id		SA
	 * @param replay	new values
	 * @param flags		values to set; not changed if nothing remains to be done
	 * @return			FALSE if not in the kernel, if a number does not fit
	 *					(above 2^32 - 1 without ESN), or on failure
	 */
	bool (*set)(ha_sync_kernel_replay_t *this, const ha_sync_sa_id_t *id,
				const ha_sync_replay_t *replay, ha_sync_replay_flag_t flags);

	/**
	 * Set when the kernel tells listeners about an SA (XFRM_MSG_NEWAE to the
	 * group XFRMNLGRP_AEVENTS), counters do not change.
	 *
	 * @param id		SA
	 * @param packets	tell after that many packets
	 * @param ms		tell after that time if the SA was used since the last
	 *					event, in milliseconds; rounded to the kernel's ticks
	 * @return			FALSE if not in the kernel or on failure
	 */
	bool (*set_thresholds)(ha_sync_kernel_replay_t *this,
						   const ha_sync_sa_id_t *id, uint32_t packets,
						   uint32_t ms);

	/**
	 * Destroy a ha_sync_kernel_replay_t.
	 */
	void (*destroy)(ha_sync_kernel_replay_t *this);
};

/**
 * Parse an XFRM_MSG_NEWAE message.
 *
 * @param hdr			message
 * @param id			receives SA, with dst allocated if TRUE is returned;
 *						esn is FALSE as the message does not tell it
 * @param replay		receives counters
 * @param flags			receives XFRM_AE_* flags, NULL if not of interest
 * @return				FALSE if it's not such a message, or malformed
 */
bool ha_sync_kernel_replay_parse(const struct nlmsghdr *hdr,
								 ha_sync_sa_id_t *id, ha_sync_replay_t *replay,
								 uint32_t *flags);

/**
 * Create a ha_sync_kernel_replay_t.
 *
 * @return				object, NULL if the netlink socket fails (logged)
 */
ha_sync_kernel_replay_t *ha_sync_kernel_replay_create();

#endif /** HA_SYNC_KERNEL_REPLAY_H_ @}*/
