/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_replay_state ha_sync_replay_state
 * @{ @ingroup ha_sync
 *
 * Replay state of an SA as the kernel has it in its messages: read it, change
 * it.  No locking: functions on the caller's data.
 */

#ifndef HA_SYNC_REPLAY_STATE_H_
#define HA_SYNC_REPLAY_STATE_H_

#include "ha_sync_kernel_replay.h"

#include <linux/xfrm.h>
#include <libmnl/libmnl.h>

typedef struct ha_sync_replay_state_t ha_sync_replay_state_t;

/**
 * Longest bitmap of the replay window (in words) the kernel accepts.
 */
#define HA_SYNC_MAX_BITMAP (XFRMA_REPLAY_ESN_MAX / 8 / sizeof(uint32_t))

/**
 * Replay state and use of an SA as the kernel keeps it.
 */
struct ha_sync_replay_state_t {
	/** names the SA */
	struct xfrm_usersa_id sa;
	/** source of the SA */
	xfrm_address_t src;
	/** XFRM_AE_* flags */
	uint32_t flags;
	/** mark */
	struct xfrm_mark mark;
	/** TRUE if the kernel uses esn and bitmap, FALSE if legacy */
	bool has_bitmap;
	/** state without bitmap */
	struct xfrm_replay_state legacy;
	/** state with bitmap */
	struct xfrm_replay_state_esn esn;
	/** bitmap behind esn */
	uint32_t bitmap[HA_SYNC_MAX_BITMAP];
	/** use */
	struct xfrm_lifetime_cur use;
	/** read back timer threshold in 100 ms, 0 if not contained */
	uint32_t timer;
};

/**
 * Parse a message.
 *
 * @param hdr		XFRM_MSG_NEWAE, complete
 * @param state		receives the state
 * @return			FALSE if it is another message, or malformed
 */
bool ha_sync_replay_state_parse(const struct nlmsghdr *hdr,
								ha_sync_replay_state_t *state);

/**
 * Get numbers and use.
 *
 * @param state		state
 * @param replay	receives them
 */
void ha_sync_replay_state_get(const ha_sync_replay_state_t *state,
							  ha_sync_replay_t *replay);

/**
 * Change sequence numbers: the outbound one goes up only, inbound everything up
 * to a number is refused.
 *
 * @param state		state to change
 * @param replay	numbers
 * @param flags		which of them
 * @return			FALSE if nothing changed
 */
bool ha_sync_replay_state_set_numbers(ha_sync_replay_state_t *state,
									  const ha_sync_replay_t *replay,
									  ha_sync_replay_flag_t flags);

/**
 * Change the use: octets and packets go up, the first use back.
 *
 * @param state		state to change
 * @param replay	use
 * @return			FALSE if nothing changed
 */
bool ha_sync_replay_state_set_use(ha_sync_replay_state_t *state,
								  const ha_sync_replay_t *replay);

#endif /** HA_SYNC_REPLAY_STATE_H_ @}*/
