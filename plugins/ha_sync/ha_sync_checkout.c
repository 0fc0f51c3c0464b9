/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_checkout.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>

typedef struct job_data_t job_data_t;

/**
 * Data of a job.
 */
struct job_data_t {
	/** called by the job */
	ha_sync_checkout_cb_t cb;
	/** data for it */
	void *user;
	/** IKE SA */
	ha_sync_spis_t spis;
};

/*
 * Described in header.
 */
ike_sa_id_t *ha_sync_checkout_id(const ha_sync_spis_t *spis)
{
	return ike_sa_id_create(IKEV2_MAJOR_VERSION, spis->i, spis->r,
							spis->initiator);
}

/*
 * Described in header.
 */
ike_sa_t *ha_sync_checkout(const ha_sync_spis_t *spis)
{
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;

	id = ha_sync_checkout_id(spis);
	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	id->destroy(id);
	return ike_sa;
}

/**
 * The job.
 */
static job_requeue_t run(job_data_t *data)
{
	data->cb(data->user, &data->spis);
	return JOB_REQUEUE_NONE;
}

/*
 * Described in header.
 */
job_t *ha_sync_checkout_job(ha_sync_checkout_cb_t cb, void *user,
							const ha_sync_spis_t *spis)
{
	job_data_t *data;

	INIT(data,
		.cb = cb,
		.user = user,
		.spis = *spis,
	);
	return (job_t*)callback_job_create_with_prio((void*)run, data, free, NULL,
												 JOB_PRIO_HIGH);
}
