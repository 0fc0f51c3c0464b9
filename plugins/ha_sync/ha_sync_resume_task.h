/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_resume_task ha_sync_resume_task
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_RESUME_TASK_H_
#define HA_SYNC_RESUME_TASK_H_

#include "ha_sync_record.h"
#include "ha_sync_request.h"

#include <sa/task.h>

/**
 * Called when the request is not under way anymore.
 *
 * @param user		data
 * @param spis		its IKE SA
 */
typedef void (*ha_sync_resume_done_t)(void *user, const ha_sync_spis_t *spis);

/**
 * Create a task that takes the place of one of another member, which has sent
 * its request already, and does what follows the response.
 *
 * To be queued and initiated at once, with the IKE_SA's next message ID set to
 * that of the request.  If the message IDs are set to others it ends silently.
 *
 * Locking: none, belongs to the IKE_SA.
 *
 * @param ike_sa	IKE_SA
 * @param spis		names it
 * @param mid		message ID of the request
 * @param type		exchange type of the request
 * @param request	what it asks for, adopted and cleared
 * @param done		called when the task ends
 * @param user		data for it
 * @return			task
 */
task_t *ha_sync_resume_task_create(ike_sa_t *ike_sa,
								   const ha_sync_spis_t *spis, uint32_t mid,
								   exchange_type_t type,
								   ha_sync_request_t *request,
								   ha_sync_resume_done_t done, void *user);

#endif /** HA_SYNC_RESUME_TASK_H_ @}*/
