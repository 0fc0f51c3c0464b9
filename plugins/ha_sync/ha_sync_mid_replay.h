/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_mid_replay ha_sync_mid_replay
 * @{ @ingroup ha_sync
 *
 * Asking a peer to skip numbers of its outgoing replay counters after a
 * takeover (RFC 6311, 5.2 and 6.4), the cluster's role.
 */

#ifndef HA_SYNC_MID_REPLAY_H_
#define HA_SYNC_MID_REPLAY_H_

#include "ha_sync_mid_caps.h"

#include <collections/array.h>
#include <sa/task.h>

/**
 * Check if a peer can be asked: the capability must have been negotiated, and
 * there is only one number for all CHILD SAs, so all need to have extended
 * sequence numbers, or none (RFC 6311, 6.4); logged if they are mixed.
 *
 * @param caps		what was negotiated
 * @param ike_sa	IKE_SA, checked out by the caller
 * @param children	records of its CHILD SAs (ha_sync_child_t*), may be NULL
 * @param esn		receives TRUE if they have extended sequence numbers
 * @return			TRUE if so, FALSE if there are no CHILD SAs, too
 */
bool ha_sync_mid_replay_usable(ha_sync_mid_caps_t *caps, ike_sa_t *ike_sa,
							   array_t *children, bool *esn);

/**
 * Create a task that asks in an INFORMATIONAL of its own, when message IDs are
 * not synced (RFC 6311, 5, second case).
 *
 * For charon's task manager it is a liveness check, with a notify in it.
 *
 * @param data		data of the notify, adopted
 * @return			task, to be queued
 */
task_t *ha_sync_mid_replay_task_create(chunk_t data);

#endif /** HA_SYNC_MID_REPLAY_H_ @}*/
