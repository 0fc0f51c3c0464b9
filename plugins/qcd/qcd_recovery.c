/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_recovery.h"
#include "qcd_job.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

#include <stdio.h>

/**
 * An IKE SA lost again within this time after a recovery waits, in ms.
 */
#define WINDOW 60000

/**
 * First and longest time it waits, in ms.
 */
#define DELAY_MIN 1000
#define DELAY_MAX 60000

/** how much later than that it may be done, in ms: the peer answers each
 * request with a token */
#define SLACK 1000

/**
 * Peers remembered at most; those of the past are forgotten then.
 */
#define PEERS_MAX 4096

typedef struct private_qcd_recovery_t private_qcd_recovery_t;
typedef struct peer_t peer_t;
typedef struct work_t work_t;

/**
 * Private data.
 */
struct private_qcd_recovery_t {

	/** public interface */
	qcd_recovery_t public;

	/** taker's store */
	qcd_store_t *store;

	/** counters */
	qcd_stats_t *stats;

	/** protects all below */
	mutex_t *mutex;

	/** peers recovered from lately, as peer_t by name */
	hashtable_t *peers;
};

/**
 * A peer with which an IKE SA was lost.
 */
struct peer_t {

	/** connection, address and identity */
	char *name;

	/** when the latest recovery started or will start, in ms */
	uint64_t time;

	/** how long it waited, in ms */
	uint32_t delay;
};

/**
 * An IKE SA to be recovered.
 */
struct work_t {

	/** recovery */
	private_qcd_recovery_t *this;

	/** IKE SA */
	qcd_owner_t owner;

	/** TRUE if it waited already */
	bool waited;
};

/**
 * Get the time in ms.
 */
static uint64_t now_ms()
{
	timeval_t now;

	time_monotonic(&now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

/**
 * Free a peer.
 */
static void destroy_peer(peer_t *peer)
{
	free(peer->name);
	free(peer);
}

/**
 * Forget peers that were not lost lately, the caller has the lock.
 */
static void forget_peers(private_qcd_recovery_t *this, uint64_t now)
{
	enumerator_t *enumerator;
	peer_t *peer;
	char *name;

	enumerator = this->peers->create_enumerator(this->peers);
	while (enumerator->enumerate(enumerator, &name, &peer))
	{
		if (now > peer->time + WINDOW)
		{
			this->peers->remove_at(this->peers, enumerator);
			destroy_peer(peer);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Get how long the recovery has to wait, in ms; -1 if one waits already.
 */
static int get_delay(private_qcd_recovery_t *this, ike_sa_t *ike_sa)
{
	char name[512];
	uint64_t now;
	peer_t *peer;
	int delay = 0;

	/* peers behind a NAT differ by their identities; ports may change each time
	 * a peer is lost */
	snprintf(name, sizeof(name), "%s %H %Y", ike_sa->get_name(ike_sa),
			 ike_sa->get_other_host(ike_sa), ike_sa->get_other_eap_id(ike_sa));
	this->mutex->lock(this->mutex);
	now = now_ms();
	peer = this->peers->get(this->peers, name);
	if (!peer)
	{
		if (this->peers->get_count(this->peers) >= PEERS_MAX)
		{
			forget_peers(this, now);
		}
		INIT(peer,
			.name = strdup(name),
		);
		this->peers->put(this->peers, peer->name, peer);
	}
	else if (peer->delay && now < peer->time + SLACK)
	{
		delay = -1;
	}
	else if (now < peer->time + WINDOW)
	{
		delay = peer->delay ? min(2 * peer->delay, DELAY_MAX) : DELAY_MIN;
	}
	if (delay >= 0)
	{
		peer->time = now + delay;
		peer->delay = delay;
	}
	this->mutex->unlock(this->mutex);
	return delay;
}

/**
 * Have reestablish() do what any of the CHILD_SA's actions asks for: it looks
 * at the dpd action only, but the peer's side of the SA is closed, not dead.
 */
static void set_actions(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	child_cfg_t *config;
	action_t action;

	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		config = child_sa->get_config(child_sa);
		action = child_sa->get_dpd_action(child_sa) |
				 child_sa->get_close_action(child_sa) |
				 config->get_start_action(config);
		child_sa->set_dpd_action(child_sa, action);
	}
	enumerator->destroy(enumerator);
}

/**
 * Check that nobody is just ending the IKE_SA for good: one that is deleted to
 * be made anew (reauthentication) still is.
 */
static bool is_wanted(ike_sa_t *ike_sa)
{
	return ike_sa->get_state(ike_sa) != IKE_DELETING ||
		   ike_sa->has_condition(ike_sa, COND_REAUTHENTICATING);
}

/**
 * Remove the IKE_SA, which is checked out; the peer is told nothing.
 */
static void replace(private_qcd_recovery_t *this, ike_sa_t *ike_sa)
{
	bool again;

	set_actions(ike_sa);
	again = is_wanted(ike_sa) && ike_sa->reestablish(ike_sa) == SUCCESS;
	this->stats->count(this->stats, again ? QCD_REESTABLISHED : QCD_REMOVED);
	this->stats->event(this->stats, "%s[%u] removed, the peer lost it; %s",
					   ike_sa->get_name(ike_sa), ike_sa->get_unique_id(ike_sa),
					   again ? "making it anew" :
					   "nothing asks for a new one");
	if (ike_sa->get_state(ike_sa) != IKE_REKEYED)
	{
		charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
	}
	charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager, ike_sa);
}

/**
 * Job: recover.
 */
static job_requeue_t recover_job(work_t *work)
{
	private_qcd_recovery_t *this = work->this;
	ike_sa_t *ike_sa;
	int delay = 0;

	ike_sa = qcd_job_checkout(work->owner.spi_i, work->owner.spi_r);
	if (!ike_sa)
	{
		return JOB_REQUEUE_NONE;
	}
	switch (ike_sa->get_state(ike_sa))
	{
		case IKE_ESTABLISHED:
		case IKE_REKEYING:
		case IKE_REKEYED:
		case IKE_DELETING:
			break;
		default:
			delay = -1;
			break;
	}
	if (!delay && !work->waited)
	{
		delay = get_delay(this, ike_sa);
	}
	if (!delay)
	{
		replace(this, ike_sa);
		return JOB_REQUEUE_NONE;
	}
	if (delay > 0)
	{
		this->stats->event(this->stats, "%s[%u] is lost again within a minute, "
						   "waiting %d ms", ike_sa->get_name(ike_sa),
						   ike_sa->get_unique_id(ike_sa), delay);
	}
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	if (delay < 0)
	{
		return JOB_REQUEUE_NONE;
	}
	work->waited = TRUE;
	return JOB_RESCHEDULE_MS(delay);
}

METHOD(qcd_recovery_t, recover, void,
	private_qcd_recovery_t *this, qcd_owner_t *owner)
{
	work_t *work;

	INIT(work,
		.this = this,
		.owner = *owner,
	);
	lib->processor->queue_job(lib->processor,
		(job_t*)callback_job_create_with_prio((callback_job_cb_t)recover_job,
											work, free, NULL, JOB_PRIO_HIGH));
}

METHOD(qcd_recovery_t, check, void,
	private_qcd_recovery_t *this, qcd_owner_t *owner)
{
	packet_t *packet;

	packet = this->store->get_request(this->store, owner->spi_i, owner->spi_r);
	if (packet)
	{
		charon->sender->send(charon->sender, packet);
	}
	else
	{
		qcd_job_inform(owner->spi_i, owner->spi_r);
	}
}

METHOD(qcd_recovery_t, destroy, void,
	private_qcd_recovery_t *this)
{
	enumerator_t *enumerator;
	peer_t *peer;
	char *name;

	enumerator = this->peers->create_enumerator(this->peers);
	while (enumerator->enumerate(enumerator, &name, &peer))
	{
		this->peers->remove_at(this->peers, enumerator);
		destroy_peer(peer);
	}
	enumerator->destroy(enumerator);
	this->peers->destroy(this->peers);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
qcd_recovery_t *qcd_recovery_create(qcd_store_t *store, qcd_stats_t *stats)
{
	private_qcd_recovery_t *this;

	INIT(this,
		.public = {
			.recover = _recover,
			.check = _check,
			.destroy = _destroy,
		},
		.store = store,
		.stats = stats,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.peers = hashtable_create(hashtable_hash_str, hashtable_equals_str, 16),
	);
	return &this->public;
}
