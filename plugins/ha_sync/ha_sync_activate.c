/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_activate.h"
#include "ha_sync_import.h"

#include <daemon.h>
#include <processing/jobs/delete_child_sa_job.h>
#include <processing/jobs/delete_ike_sa_job.h>
#include <processing/jobs/rekey_child_sa_job.h>
#include <processing/jobs/rekey_ike_sa_job.h>

/**
 * How long the peer may take to delete a rekeyed IKE SA, in s; as charon does.
 */
#define REKEYED_TIMEOUT 90

/**
 * Install our own virtual IPs, which the previous active used until now.
 */
static void install_local_vips(ike_sa_t *ike_sa, const ha_sync_ike_t *ike)
{
	host_t *vip;
	int i;

	for (i = 0; i < array_count(ike->dynamic.local_vips); i++)
	{
		array_get(ike->dynamic.local_vips, i, &vip);
		ike_sa->add_virtual_ip(ike_sa, TRUE, vip);
	}
}

/**
 * Preset the time of an event and queue a job for it.  charon schedules fresh
 * times from the configuration only if there are none, or later ones.
 */
static void preset(ike_sa_t *ike_sa, statistic_t stat, uint32_t in, job_t *job)
{
	ike_sa->set_statistic(ike_sa, stat, time_monotonic(NULL) + in);
	lib->scheduler->schedule_job(lib->scheduler, job, in);
}

/**
 * Establish the IKE_SA with the times that remained on the previous active.
 */
static void establish(ike_sa_t *ike_sa, const ha_sync_ike_t *ike)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);

	if (ike->rekey_in)
	{
		preset(ike_sa, STAT_REKEY, ike->rekey_in,
			   (job_t*)rekey_ike_sa_job_create(id, FALSE));
	}
	if (ike->reauth_in)
	{
		preset(ike_sa, STAT_REAUTH, ike->reauth_in,
			   (job_t*)rekey_ike_sa_job_create(id, TRUE));
	}
	ike_sa->set_state(ike_sa, IKE_ESTABLISHED);
	ike_sa->set_statistic(ike_sa, STAT_ESTABLISHED,
						  time_monotonic(NULL) - ike->age);
	if (ike->delete_in)
	{
		preset(ike_sa, STAT_DELETE, ike->delete_in,
			   (job_t*)delete_ike_sa_job_create(id, TRUE));
	}
}

/**
 * Queue jobs for the times that remain of a CHILD_SA: the kernel counts from
 * when the copy was installed, and its events were ignored until now.
 */
static void schedule_child(ike_sa_t *ike_sa, const ha_sync_child_t *child)
{
	host_t *me = ike_sa->get_my_host(ike_sa);

	if (child->rekey_in && !child->rekeyed)
	{
		lib->scheduler->schedule_job(lib->scheduler,
			(job_t*)rekey_child_sa_job_create(child->protocol,
											  child->id.spi_in, me),
			child->rekey_in);
	}
	if (child->expire_in)
	{
		lib->scheduler->schedule_job(lib->scheduler,
			(job_t*)delete_child_sa_job_create(child->protocol,
											   child->id.spi_in, me, TRUE),
			child->expire_in);
	}
}

/**
 * Tell updown scripts and others about the CHILD_SAs.
 */
static void raise_child_events(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;

	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		if (child_sa->get_state(child_sa) == CHILD_INSTALLED)
		{
			charon->bus->child_updown(charon->bus, child_sa, TRUE);
		}
	}
	enumerator->destroy(enumerator);
}

void ha_sync_activate(ike_sa_t *ike_sa, const ha_sync_ike_t *ike,
					  array_t *children, ha_sync_counters_t *counters)
{
	ha_sync_child_t *child;
	int i;

	ike_sa->set_message_id(ike_sa, TRUE, ike->mids.send);
	ike_sa->set_message_id(ike_sa, FALSE, ike->mids.recv);
	for (i = 0; i < array_count(children); i++)
	{
		array_get(children, i, &child);
		counters->activate(counters, child, ike);
	}
	if (ike->dynamic.rekeyed)
	{	/* all that is left is the peer's delete */
		ike_sa->set_state(ike_sa, IKE_REKEYED);
		lib->scheduler->schedule_job(lib->scheduler,
			(job_t*)delete_ike_sa_job_create(ike_sa->get_id(ike_sa), TRUE),
			REKEYED_TIMEOUT);
		return;
	}
	install_local_vips(ike_sa, ike);
	establish(ike_sa, ike);
	charon->bus->ike_updown(charon->bus, ike_sa, TRUE);
	raise_child_events(ike_sa);
	for (i = 0; i < array_count(children); i++)
	{
		array_get(children, i, &child);
		schedule_child(ike_sa, child);
	}
}
