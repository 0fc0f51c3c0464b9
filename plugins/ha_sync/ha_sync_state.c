/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_state.h"
#include "ha_sync_checkout.h"
#include "ha_sync_describe.h"
#include "ha_sync_failed.h"
#include "ha_sync_held.h"
#include "ha_sync_packets.h"

#include <ike_wire_zero.h>

#include <daemon.h>
#include <sa/task_manager.h>

typedef struct private_ha_sync_state_t private_ha_sync_state_t;

/**
 * Private data.
 */
struct private_ha_sync_state_t {

	/** public interface */
	ha_sync_state_t public;

	/** knows what was negotiated, and what is UNSYNED */
	ha_sync_mid_caps_t *caps;

	/** starts syncs */
	ha_sync_mid_guard_t *guard;

	/** does syncs */
	ha_sync_mid_sync_t *mid_sync;

	/** IKE SAs that send no requests: FAILED ones, and UNSYNED ones until they
	 * are synced if the peer runs this plugin */
	ha_sync_held_t *held;

	/** what becomes of FAILED ones */
	ha_sync_failed_t *failed;

	/** type of the notify Simultaneous Failover Failure */
	uint16_t notify;
};

/**
 * Check an IKE_SA in.
 */
static void checkin(ike_sa_t *ike_sa)
{
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
}

/**
 * Check if ordinary messages have to wait for the sync of an IKE_SA.
 */
static bool is_strict(private_ha_sync_state_t *this, ike_sa_t *ike_sa)
{
	return this->caps->has(this->caps, ike_sa, HA_SYNC_UNSYNED |
						   HA_SYNC_CAP_PLUGIN | HA_SYNC_CAP_MID);
}

/**
 * Check if an IKE_SA is live, it may have become a copy again.
 */
static bool is_live(ike_sa_t *ike_sa)
{
	return ike_sa->get_state(ike_sa) == IKE_ESTABLISHED ||
		   ike_sa->get_state(ike_sa) == IKE_REKEYING;
}

/**
 * Job: check if the peer answered.
 */
static void check_later(private_ha_sync_state_t *this,
						const ha_sync_spis_t *spis)
{
	ike_sa_t *ike_sa;

	ike_sa = ha_sync_checkout(spis);
	if (ike_sa)
	{
		if (is_live(ike_sa) && is_strict(this, ike_sa))
		{
			this->failed->fail(this->failed, ike_sa, "the peer did not answer");
		}
		checkin(ike_sa);
	}
}

/**
 * How long charon waits for a response before it gives a peer up, in ms.
 */
static uint32_t get_patience()
{
	retransmission_t retransmission;
	uint32_t patience = 0;
	u_int i;

	retransmission_parse_default(&retransmission);
	for (i = 0; i <= retransmission.tries; i++)
	{
		patience += retransmission_timeout(&retransmission, i, FALSE);
	}
	return patience;
}

METHOD(ha_sync_state_t, start, void,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa)
{
	ha_sync_spis_t spis;

	if (!this->caps->has(this->caps, ike_sa, HA_SYNC_CAP_MID))
	{
		return;
	}
	this->caps->mark(this->caps, ike_sa, TRUE);
	if (is_strict(this, ike_sa))
	{
		this->held->add(this->held, ike_sa, FALSE);
		this->guard->hurry(this->guard, ike_sa,
						   "took over, the peer runs this plugin");
		ha_sync_describe_spis(ike_sa, &spis);
		lib->scheduler->schedule_job_ms(lib->scheduler,
					ha_sync_checkout_job((void*)check_later, this, &spis),
					get_patience());
	}
}

/**
 * Job: check if the previous active's request got its response.
 */
static void sync_later(private_ha_sync_state_t *this,
					   const ha_sync_spis_t *spis)
{
	ike_sa_t *ike_sa;

	ike_sa = ha_sync_checkout(spis);
	if (ike_sa)
	{
		if (is_live(ike_sa) &&
			this->caps->has(this->caps, ike_sa, HA_SYNC_UNSYNED) &&
			!this->held->has(this->held, spis))
		{
			this->guard->add(this->guard, ike_sa, 0, FALSE);
			this->guard->hurry(this->guard, ike_sa,
							   "no response to the previous active's request");
			start(this, ike_sa);
		}
		checkin(ike_sa);
	}
}

METHOD(ha_sync_state_t, resume, void,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa)
{
	ha_sync_spis_t spis;

	if (this->caps->has(this->caps, ike_sa, HA_SYNC_CAP_MID))
	{
		this->caps->mark(this->caps, ike_sa, TRUE);
		ha_sync_describe_spis(ike_sa, &spis);
		lib->scheduler->schedule_job_ms(lib->scheduler,
					ha_sync_checkout_job((void*)sync_later, this, &spis),
					HA_SYNC_STATE_RESUME);
	}
}

METHOD(ha_sync_state_t, is_unsyned, bool,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa)
{
	return this->caps->has(this->caps, ike_sa, HA_SYNC_UNSYNED);
}

METHOD(ha_sync_state_t, judge, ha_sync_verdict_t,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa)
{
	if (this->held->is_failed(this->held, ike_sa) || is_strict(this, ike_sa))
	{
		return HA_SYNC_REFUSE;
	}
	if (this->caps->has(this->caps, ike_sa, HA_SYNC_UNSYNED))
	{	/* the peer does not know the notify (RFC 7296, 2.21.2) */
		return HA_SYNC_DROP;
	}
	return HA_SYNC_ANSWER;
}

METHOD(ha_sync_state_t, fail, void,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa, char *why)
{
	this->failed->fail(this->failed, ike_sa, why);
}

/**
 * Job: the peer refused our sync.
 */
static void fail_later(private_ha_sync_state_t *this,
					   const ha_sync_spis_t *spis)
{
	ike_sa_t *ike_sa;

	ike_sa = ha_sync_checkout(spis);
	if (ike_sa)
	{
		if (is_live(ike_sa) &&
			this->caps->has(this->caps, ike_sa, HA_SYNC_UNSYNED))
		{
			this->failed->fail(this->failed, ike_sa,
							   "the peer failed over at the same time");
		}
		checkin(ike_sa);
	}
}

/**
 * Look at a response with message ID 0: is it the notify, about our current
 * request?
 */
static void process_response(private_ha_sync_state_t *this, ike_sa_t *ike_sa,
							 message_t *message)
{
	ike_wire_zero_t zero;
	ha_sync_spis_t spis;

	if (ike_wire_zero_parse(ike_sa, message, this->notify, &zero) &&
		zero.has_failure && !zero.has_other && !zero.has_sync &&
		!zero.has_delta &&
		this->mid_sync->waits_for(this->mid_sync, ike_sa, zero.nonce))
	{
		ha_sync_describe_spis(ike_sa, &spis);
		lib->processor->queue_job(lib->processor,
					ha_sync_checkout_job((void*)fail_later, this, &spis));
	}
}

/**
 * Check if a message is part of a sync.
 */
static bool is_zero(message_t *message)
{
	return message->get_message_id(message) == 0 &&
		   message->get_exchange_type(message) != IKE_SA_INIT;
}

/**
 * Look at a verified response to a request of ours: if no sync is under way,
 * both sides agree on message IDs again.
 *
 * The first request on an IKE SA has message ID 0, too, so its response is told
 * from those to a sync by what is in there; mid_sync has marked the response to
 * its own.
 */
static void process_answer(private_ha_sync_state_t *this, ike_sa_t *ike_sa,
						   message_t *message)
{
	ha_sync_spis_t spis;

	if (message->get_exchange_type(message) == EXCHANGE_TYPE_UNDEFINED ||
		message->get_notify(message, this->notify) ||
		!this->caps->has(this->caps, ike_sa, HA_SYNC_UNSYNED))
	{
		return;
	}
	ha_sync_describe_spis(ike_sa, &spis);
	if (!this->held->has(this->held, &spis))
	{
		this->caps->mark(this->caps, ike_sa, FALSE);
	}
}

METHOD(listener_t, message, bool,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	ha_sync_spis_t spis;
	bool request, strict;

	if (!ike_sa || !incoming)
	{
		return TRUE;
	}
	request = message->get_request(message);
	if (plain)
	{
		if (!request)
		{
			process_answer(this, ike_sa, message);
		}
		return TRUE;
	}
	strict = is_strict(this, ike_sa);
	ha_sync_describe_spis(ike_sa, &spis);
	if (strict && is_zero(message))
	{
		if (!request)
		{
			process_response(this, ike_sa, message);
		}
	}
	else if ((strict && request) || this->held->has(this->held, &spis))
	{
		DBG2(DBG_IKE, "ha-sync: message IDs are not synced, message ignored");
		ike_wire_ignore(ike_sa, message);
	}
	return TRUE;
}

METHOD(ha_sync_state_t, pass, bool,
	private_ha_sync_state_t *this, packet_t *packet)
{
	ha_sync_spis_t spis;
	uint32_t mid;

	return !ha_sync_packets_is_request(packet->get_data(packet), &spis, &mid) ||
		   mid == 0 || !this->held->has(this->held, &spis);
}

METHOD(listener_t, child_updown, bool,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa, child_sa_t *child_sa,
	bool up)
{
	if (up)
	{
		this->failed->replaced(this->failed, ike_sa);
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_ha_sync_state_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	ha_sync_spis_t spis;

	if (state == IKE_DESTROYING || state == IKE_PASSIVE)
	{
		ha_sync_describe_spis(ike_sa, &spis);
		this->held->remove(this->held, &spis);
	}
	return TRUE;
}

/**
 * Implements ha_sync_mid_sync_done_t.
 */
static void done(private_ha_sync_state_t *this, ike_sa_t *ike_sa)
{
	ha_sync_spis_t spis;

	this->caps->mark(this->caps, ike_sa, FALSE);
	ha_sync_describe_spis(ike_sa, &spis);
	this->held->remove(this->held, &spis);
}

METHOD(ha_sync_state_t, get_counts, void,
	private_ha_sync_state_t *this, ha_sync_state_counts_t *counts)
{
	*counts = (ha_sync_state_counts_t){
		.unsyned = this->caps->count(this->caps),
		.failing = this->held->get_failed(this->held),
	};
	this->failed->get_counts(this->failed, &counts->failed,
							 &counts->initiated);
}

METHOD(ha_sync_state_t, status, void,
	private_ha_sync_state_t *this, vici_builder_t *reply)
{
	ha_sync_state_counts_t counts;

	get_counts(this, &counts);
	reply->add_kv(reply, "unsyned", "%u", counts.unsyned);
	reply->add_kv(reply, "failing", "%u", counts.failing);
	reply->add_kv(reply, "failed", "%u", counts.failed);
	reply->add_kv(reply, "initiated", "%u", counts.initiated);
}

METHOD(ha_sync_state_t, reload, void,
	private_ha_sync_state_t *this)
{
	this->failed->reload(this->failed);
}

METHOD(ha_sync_state_t, destroy, void,
	private_ha_sync_state_t *this)
{
	this->mid_sync->set_done(this->mid_sync, NULL, NULL);
	this->failed->destroy(this->failed);
	this->held->destroy(this->held);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_state_t *ha_sync_state_create(ha_sync_mid_caps_t *caps,
									  ha_sync_capture_t *capture,
									  ha_sync_mid_guard_t *guard,
									  ha_sync_mid_sync_t *mid_sync)
{
	private_ha_sync_state_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message,
				.child_updown = _child_updown,
				.ike_state_change = _ike_state_change,
			},
			.start = _start,
			.resume = _resume,
			.is_unsyned = _is_unsyned,
			.judge = _judge,
			.pass = _pass,
			.fail = _fail,
			.get_counts = _get_counts,
			.status = _status,
			.reload = _reload,
			.destroy = _destroy,
		},
		.caps = caps,
		.guard = guard,
		.mid_sync = mid_sync,
		.held = ha_sync_held_create(),
		.notify = ha_sync_failure_notify(),
	);
	this->failed = ha_sync_failed_create(this->held, caps, capture);
	mid_sync->set_done(mid_sync, (void*)done, this);
	return &this->public;
}
