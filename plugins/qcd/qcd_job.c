/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_job.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <sa/ikev2/tasks/ike_dpd.h>

/**
 * The IKE_SA a job is about.
 */
typedef struct {

	/** its SPIs */
	uint64_t spi_i, spi_r;
} target_t;

/*
 * Described in header.
 */
ike_sa_t *qcd_job_checkout(uint64_t spi_i, uint64_t spi_r)
{
	ike_sa_t *ike_sa = NULL;
	ike_sa_id_t *id;
	int role;

	for (role = 0; !ike_sa && role < 2; role++)
	{
		id = ike_sa_id_create(IKEV2_MAJOR_VERSION, spi_i, spi_r, role == 0);
		ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
		id->destroy(id);
	}
	return ike_sa;
}

/**
 * Start the request.
 */
static job_requeue_t inform(target_t *target)
{
	ike_sa_t *ike_sa;

	ike_sa = qcd_job_checkout(target->spi_i, target->spi_r);
	if (!ike_sa)
	{
		return JOB_REQUEUE_NONE;
	}
	if (ike_sa->get_state(ike_sa) == IKE_ESTABLISHED)
	{
		ike_sa->queue_task(ike_sa, (task_t*)ike_dpd_create(TRUE));
		if (ike_sa->initiate(ike_sa, NULL, NULL) == DESTROY_ME)
		{
			charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
														ike_sa);
			return JOB_REQUEUE_NONE;
		}
	}
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	return JOB_REQUEUE_NONE;
}

/*
 * Described in header.
 */
void qcd_job_inform(uint64_t spi_i, uint64_t spi_r)
{
	target_t *target;

	INIT(target,
		.spi_i = spi_i,
		.spi_r = spi_r,
	);
	lib->processor->queue_job(lib->processor,
		(job_t*)callback_job_create_with_prio((callback_job_cb_t)inform,
											target, free, NULL, JOB_PRIO_HIGH));
}
