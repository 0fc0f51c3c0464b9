/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_handover.h"

#include <daemon.h>
#include <collections/array.h>
#include <processing/jobs/callback_job.h>

/** interval of looks, in ms, and their number */
#define INTERVAL 50
#define LOOKS 200

typedef struct handover_t handover_t;

/**
 * What a job does.
 */
struct handover_t {
	/** unique ID of the IKE SA */
	uint32_t ike_sa;
	/** inner address */
	host_t *vip;
	/** identity of the client */
	identification_t *id;
	/** called at the end */
	redirect_handover_cb_t cb;
	/** looks that are left */
	u_int looks;
};

/**
 * Free a job's data.
 */
static void handover_destroy(handover_t *handover)
{
	handover->vip->destroy(handover->vip);
	handover->id->destroy(handover->id);
	free(handover);
}

/**
 * Make a job.
 */
static callback_job_t *create_job(callback_job_cb_t execute, uint32_t ike_sa,
								  host_t *vip, identification_t *id,
								  redirect_handover_cb_t cb)
{
	handover_t *handover;

	INIT(handover,
		.ike_sa = ike_sa,
		.vip = vip->clone(vip),
		.id = id->clone(id),
		.cb = cb,
		.looks = LOOKS,
	);
	return callback_job_create(execute, handover,
							   (callback_job_cleanup_t)handover_destroy, NULL);
}

/**
 * Check if a packet came by any of an IKE SA's CHILD SAs.
 */
static bool was_used(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	uint64_t bytes = 0;

	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (!bytes && enumerator->enumerate(enumerator, &child_sa))
	{
		child_sa->get_usestats(child_sa, TRUE, NULL, &bytes, NULL);
	}
	enumerator->destroy(enumerator);
	return bytes != 0;
}

/**
 * Job: look for a packet.
 */
static job_requeue_t look(handover_t *handover)
{
	ike_sa_t *ike_sa;
	bool used;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													handover->ike_sa);
	if (!ike_sa)
	{
		return JOB_REQUEUE_NONE;
	}
	used = was_used(ike_sa);
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	if (used)
	{
		handover->cb(handover->vip, handover->id);
		return JOB_REQUEUE_NONE;
	}
	return --handover->looks ? JOB_RESCHEDULE_MS(INTERVAL) : JOB_REQUEUE_NONE;
}

/*
 * Described in header.
 */
void redirect_handover_watch(uint32_t ike_sa, host_t *vip, identification_t *id,
							 redirect_handover_cb_t used)
{
	lib->scheduler->schedule_job_ms(lib->scheduler,
		(job_t*)create_job((callback_job_cb_t)look, ike_sa, vip, id, used),
		INTERVAL);
}

/**
 * Check if a task of a kind that keeps pointers to CHILD_SAs is in a queue.
 */
static bool has_task(ike_sa_t *ike_sa, task_queue_t queue)
{
	enumerator_t *enumerator;
	bool found = FALSE;
	task_t *task;

	enumerator = ike_sa->create_task_enumerator(ike_sa, queue);
	while (!found && enumerator->enumerate(enumerator, &task))
	{
		switch (task->get_type(task))
		{
			case TASK_CHILD_CREATE:
			case TASK_CHILD_REKEY:
			case TASK_CHILD_DELETE:
			case TASK_IKE_REKEY:
				found = TRUE;
				break;
			default:
				break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Check if CHILD SAs are being changed by an exchange under way.
 */
static bool is_busy(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	bool busy;

	busy = has_task(ike_sa, TASK_QUEUE_ACTIVE) ||
		   has_task(ike_sa, TASK_QUEUE_PASSIVE);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (!busy && enumerator->enumerate(enumerator, &child_sa))
	{
		busy = child_sa->get_state(child_sa) != CHILD_INSTALLED;
	}
	enumerator->destroy(enumerator);
	return busy;
}

/**
 * Remove all CHILD SAs of an IKE SA, without a Delete.
 */
static void remove_children(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	array_t *children;

	children = array_create(0, 0);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		array_insert(children, ARRAY_TAIL, child_sa);
	}
	enumerator->destroy(enumerator);
	while (array_remove(children, ARRAY_HEAD, &child_sa))
	{
		charon->bus->child_updown(charon->bus, child_sa, FALSE);
		ike_sa->destroy_child_sa(ike_sa, child_sa->get_protocol(child_sa),
								 child_sa->get_spi(child_sa, TRUE));
	}
	array_destroy(children);
}

/**
 * Job: remove the CHILD SAs, not while tasks of charon's use them.
 */
static job_requeue_t let_go(handover_t *handover)
{
	bool redirected, busy;
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													handover->ike_sa);
	if (!ike_sa)
	{
		return JOB_REQUEUE_NONE;
	}
	redirected = ike_sa->has_condition(ike_sa, COND_REDIRECTED);
	busy = redirected && is_busy(ike_sa);
	if (redirected && !busy)
	{
		remove_children(ike_sa);
	}
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	if (busy)
	{
		return --handover->looks ? JOB_RESCHEDULE_MS(INTERVAL)
								 : JOB_REQUEUE_NONE;
	}
	if (redirected)
	{
		handover->cb(handover->vip, handover->id);
	}
	return JOB_REQUEUE_NONE;
}

/*
 * Described in header.
 */
void redirect_handover_let_go(uint32_t ike_sa, host_t *vip,
							  identification_t *id, redirect_handover_cb_t gone)
{
	lib->processor->queue_job(lib->processor,
		(job_t*)create_job((callback_job_cb_t)let_go, ike_sa, vip, id, gone));
}

/**
 * Check if an IKE_SA is that of a client with an inner address.
 */
static bool has_address(ike_sa_t *ike_sa, handover_t *handover)
{
	identification_t *id = ike_sa->get_other_eap_id(ike_sa);
	enumerator_t *enumerator;
	bool found = FALSE;
	host_t *vip;

	if (!id->equals(id, handover->id))
	{
		return FALSE;
	}
	enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, FALSE);
	while (!found && enumerator->enumerate(enumerator, &vip))
	{
		found = vip->ip_equals(vip, handover->vip);
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Delete an IKE SA.
 */
static void delete_ike_sa(uint32_t unique_id)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													unique_id);
	if (ike_sa && ike_sa->delete(ike_sa, FALSE) == DESTROY_ME)
	{
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	else if (ike_sa)
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
}

/**
 * Job: delete the IKE SAs with an address.
 */
static job_requeue_t give_way(handover_t *handover)
{
	enumerator_t *enumerator;
	uint32_t unique_id;
	ike_sa_t *ike_sa;
	array_t *ids;

	ids = array_create(sizeof(unique_id), 0);
	enumerator = charon->ike_sa_manager->create_enumerator(
											charon->ike_sa_manager, TRUE);
	while (enumerator->enumerate(enumerator, &ike_sa))
	{
		if (has_address(ike_sa, handover))
		{
			unique_id = ike_sa->get_unique_id(ike_sa);
			array_insert(ids, ARRAY_TAIL, &unique_id);
		}
	}
	enumerator->destroy(enumerator);
	while (array_remove(ids, ARRAY_HEAD, &unique_id))
	{
		delete_ike_sa(unique_id);
	}
	array_destroy(ids);
	return JOB_REQUEUE_NONE;
}

/*
 * Described in header.
 */
void redirect_handover_give_way(host_t *vip, identification_t *id)
{
	lib->processor->queue_job(lib->processor,
		(job_t*)create_job((callback_job_cb_t)give_way, 0, vip, id, NULL));
}
