/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_checkout ha_sync_checkout
 * @{ @ingroup ha_sync
 *
 * Gets at charon's IKE_SAs by the names of IKE SAs.
 *
 * Locking: none.  Checking out waits for the thread that has the IKE_SA, so it
 * is done with no lock held, and not in hooks; these start a job.
 */

#ifndef HA_SYNC_CHECKOUT_H_
#define HA_SYNC_CHECKOUT_H_

#include "ha_sync_record.h"

#include <processing/jobs/job.h>
#include <sa/ike_sa.h>

/**
 * Called by a job for an IKE SA, with nothing checked out.
 *
 * @param user		data
 * @param spis		name of the IKE SA
 */
typedef void (*ha_sync_checkout_cb_t)(void *user, const ha_sync_spis_t *spis);

/**
 * Get the ID of an IKE SA for the IKE_SA manager.
 *
 * @param spis		name of the IKE SA
 * @return			ID
 */
ike_sa_id_t *ha_sync_checkout_id(const ha_sync_spis_t *spis);

/**
 * Check an IKE_SA out.
 *
 * @param spis		name of the IKE SA
 * @return			IKE_SA, to be checked in by the caller; NULL if it's gone
 */
ike_sa_t *ha_sync_checkout(const ha_sync_spis_t *spis);

/**
 * Create a job of high priority for an IKE SA.
 *
 * @param cb		called by the job, once
 * @param user		data for it, has to be there until no jobs are run anymore
 * @param spis		name of the IKE SA, copied
 * @return			job, to be queued or scheduled
 */
job_t *ha_sync_checkout_job(ha_sync_checkout_cb_t cb, void *user,
							const ha_sync_spis_t *spis);

#endif /** HA_SYNC_CHECKOUT_H_ @}*/
