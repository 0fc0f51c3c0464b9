/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_failed.h"
#include "ha_sync_checkout.h"
#include "ha_sync_describe.h"
#include "ha_sync_mid_queue.h"

#include <daemon.h>
#include <utils/utils/atomics.h>

typedef struct private_ha_sync_failed_t private_ha_sync_failed_t;

/**
 * Private data.
 */
struct private_ha_sync_failed_t {

	/** public interface */
	ha_sync_failed_t public;

	/** IKE SAs that send no requests, FAILED ones among them */
	ha_sync_held_t *held;

	/** knows what is UNSYNED */
	ha_sync_mid_caps_t *caps;

	/** watches live IKE_SAs */
	ha_sync_capture_t *capture;

	/** IKE SAs to be set up again */
	ha_sync_mid_queue_t *queue;

	/** numbers since the daemon's start: failed, set up again by us */
	refcount_t failed, initiated;
};

/**
 * Job: destroy a FAILED IKE_SA, without a message to the peer.
 */
static void destroy_later(private_ha_sync_failed_t *this,
						  const ha_sync_spis_t *spis)
{
	ike_sa_t *ike_sa;

	if (!this->held->remove(this->held, spis))
	{
		return;
	}
	ike_sa = ha_sync_checkout(spis);
	if (ike_sa)
	{
		DBG1(DBG_IKE, "ha-sync: dropping IKE_SA %s[%u], which failed",
			 ike_sa->get_name(ike_sa), ike_sa->get_unique_id(ike_sa));
		charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
}

/**
 * Set an IKE SA up again, called by a job of the queue.
 */
static void reestablish(private_ha_sync_failed_t *this,
						const ha_sync_spis_t *spis)
{
	ike_sa_t *ike_sa;

	ike_sa = ha_sync_checkout(spis);
	if (!ike_sa)
	{
		return;
	}
	if (this->held->is_failed(this->held, ike_sa))
	{	/* as if to reauthenticate: with all CHILD SAs, whatever is configured
		 * for a peer that's gone */
		ike_sa->set_condition(ike_sa, COND_REAUTHENTICATING, TRUE);
		if (ike_sa->reestablish(ike_sa) == SUCCESS)
		{
			ref_get(&this->initiated);
		}
		else
		{
			DBG1(DBG_IKE, "ha-sync: could not set up IKE_SA %s[%u] again, "
				 "initiate it by hand", ike_sa->get_name(ike_sa),
				 ike_sa->get_unique_id(ike_sa));
		}
	}
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
}

METHOD(ha_sync_failed_t, fail, void,
	private_ha_sync_failed_t *this, ike_sa_t *ike_sa, char *why)
{
	ha_sync_spis_t spis;
	bool initiator;

	if (!this->held->add(this->held, ike_sa, TRUE))
	{
		return;
	}
	initiator = ike_sa->has_condition(ike_sa, COND_ORIGINAL_INITIATOR);
	DBG1(DBG_IKE, "ha-sync: IKE_SA %s[%u] failed, %s; %s",
		 ike_sa->get_name(ike_sa), ike_sa->get_unique_id(ike_sa), why,
		 initiator ? "setting it up again" : "the peer sets it up again");
	ref_get(&this->failed);

	this->caps->mark(this->caps, ike_sa, FALSE);
	this->capture->gone(this->capture, ike_sa);
	/* charon starts nothing in this state, and the sync ends */
	ike_sa->set_state(ike_sa, IKE_REKEYED);
	ha_sync_describe_spis(ike_sa, &spis);
	if (initiator)
	{
		this->queue->add(this->queue, &spis);
	}
	lib->scheduler->schedule_job(lib->scheduler,
			ha_sync_checkout_job((void*)destroy_later, this, &spis),
			HA_SYNC_FAILED_TIMEOUT);
}

METHOD(ha_sync_failed_t, replaced, void,
	private_ha_sync_failed_t *this, ike_sa_t *ike_sa)
{
	ha_sync_spis_t spis;

	if (!this->held->is_failed(this->held, ike_sa) &&
		this->held->find_replaced(this->held, ike_sa, &spis))
	{
		lib->scheduler->schedule_job_ms(lib->scheduler,
					ha_sync_checkout_job((void*)destroy_later, this, &spis),
					HA_SYNC_FAILED_OVERLAP);
	}
}

METHOD(ha_sync_failed_t, get_counts, void,
	private_ha_sync_failed_t *this, uint32_t *failed, uint32_t *initiated)
{
	*failed = ref_cur(&this->failed);
	*initiated = ref_cur(&this->initiated);
}

METHOD(ha_sync_failed_t, reload, void,
	private_ha_sync_failed_t *this)
{
	this->queue->reload(this->queue);
}

METHOD(ha_sync_failed_t, destroy, void,
	private_ha_sync_failed_t *this)
{
	this->queue->destroy(this->queue);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_failed_t *ha_sync_failed_create(ha_sync_held_t *held,
										ha_sync_mid_caps_t *caps,
										ha_sync_capture_t *capture)
{
	private_ha_sync_failed_t *this;

	INIT(this,
		.public = {
			.fail = _fail,
			.replaced = _replaced,
			.get_counts = _get_counts,
			.reload = _reload,
			.destroy = _destroy,
		},
		.held = held,
		.caps = caps,
		.capture = capture,
	);
	this->queue = ha_sync_mid_queue_create((void*)reestablish, this);
	return &this->public;
}
