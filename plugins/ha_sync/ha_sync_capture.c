/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_capture.h"
#include "ha_sync_describe.h"
#include "ha_sync_tracked.h"
#include "ha_sync_witness.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <processing/jobs/callback_job.h>
#include <sa/ikev2/keymat_v2.h>
#include <threading/mutex.h>

typedef struct private_ha_sync_capture_t private_ha_sync_capture_t;
typedef struct refresh_t refresh_t;

/**
 * Private data.
 */
struct private_ha_sync_capture_t {

	/** public interface */
	ha_sync_capture_t public;

	/** groups of service addresses */
	ha_sync_groups_t *groups;

	/** registry to store records in */
	ha_sync_registry_t *registry;

	/** sends records */
	ha_sync_sender_t *sender;

	/** watches the kernel's counters */
	ha_sync_counters_t *counters;

	/** knows what can be synced with peers */
	ha_sync_mid_caps_t *caps;

	/** holds packets until records are acknowledged */
	ha_sync_gate_t *gate;

	/** takes the time spent in hooks */
	ha_sync_hook_time_t *times;

	/** looks at messages, in hooks only */
	ha_sync_witness_t *witness;

	/** unique ID of IKE_SA => ha_sync_tracked_t */
	hashtable_t *tracked;

	/** TRUE if the end of SAs is not replicated anymore; atomic */
	bool frozen;

	/** protects tracked, not what is in there */
	mutex_t *mutex;
};

/**
 * Data for a job that looks at an IKE_SA after a response was processed.
 */
struct refresh_t {
	/** the capture */
	private_ha_sync_capture_t *this;
	/** unique ID of the IKE_SA */
	uint32_t unique_id;
};

/**
 * Find what is known about an IKE_SA, which the caller has checked out.
 */
static ha_sync_tracked_t *find(private_ha_sync_capture_t *this,
							   ike_sa_t *ike_sa)
{
	ha_sync_tracked_t *tracked;

	this->mutex->lock(this->mutex);
	tracked = this->tracked->get(this->tracked, ha_sync_describe_key(ike_sa));
	this->mutex->unlock(this->mutex);
	return tracked;
}

/**
 * Start to watch an IKE_SA, which the caller has checked out.
 */
static void put(private_ha_sync_capture_t *this, ike_sa_t *ike_sa,
				ha_sync_tracked_t *tracked)
{
	this->mutex->lock(this->mutex);
	tracked = this->tracked->put(this->tracked, ha_sync_describe_key(ike_sa),
								 tracked);
	this->mutex->unlock(this->mutex);
	DESTROY_IF(tracked);
}

/**
 * Check if the end of SAs is not replicated anymore.
 */
static bool is_frozen(private_ha_sync_capture_t *this)
{
	return __atomic_load_n(&this->frozen, __ATOMIC_RELAXED);
}

/**
 * Note the records about an IKE_SA that were sent since a sequence number.
 */
static void note_records(private_ha_sync_capture_t *this,
						 ha_sync_tracked_t *tracked, uint64_t since)
{
	uint64_t seq = this->sender->get_seq(this->sender);

	if (seq != since)
	{	/* others may have sent records, too: they are no later than a packet
		 * that leaves now */
		tracked->seq = seq;
	}
}

/**
 * Tell what changed of an IKE_SA.
 */
static void update(private_ha_sync_capture_t *this, ike_sa_t *ike_sa,
				   ha_sync_tracked_t *tracked)
{
	uint64_t seq = this->sender->get_seq(this->sender);

	if (tracked->update(tracked, ike_sa) && tracked->timing)
	{	/* the first CHILD SA */
		this->times->add(this->times, tracked->hook_time);
		tracked->timing = FALSE;
	}
	note_records(this, tracked, seq);
}

/**
 * Tell that an IKE_SA is gone.
 */
static void tell_gone(private_ha_sync_capture_t *this, ike_sa_t *ike_sa,
					  ha_sync_tracked_t *tracked)
{
	uint64_t seq = this->sender->get_seq(this->sender);

	tracked->gone(tracked, ike_sa);
	note_records(this, tracked, seq);
}

/**
 * The packet of a message is about to leave, it has to wait until another
 * member knows all about the IKE_SA.
 */
static void hold(private_ha_sync_capture_t *this, ike_sa_t *ike_sa,
				 ha_sync_tracked_t *tracked)
{
	ha_sync_spis_t spis;

	if (tracked->seq)
	{
		ha_sync_describe_spis(ike_sa, &spis);
		this->gate->hold(this->gate, &spis, tracked->seq);
	}
}

/**
 * Get the SK_d a rekeyed IKE_SA's keys are derived with.  For IKE_INTERMEDIATE
 * it is the IKE_SA's own, which the replica has got when it comes to that.
 */
static bool describe_rekey(ike_sa_t *ike_sa, ike_sa_t *rekey,
						   ha_sync_round_t *round, ha_sync_spis_t *old)
{
	keymat_v2_t *keymat = (keymat_v2_t*)rekey->get_keymat(rekey);
	chunk_t skd;

	round->prf = keymat->get_skd(keymat, &skd);
	if (rekey == ike_sa)
	{
		return FALSE;
	}
	round->sk_d = chunk_clone(skd);
	ha_sync_describe_spis(rekey, old);
	return TRUE;
}

METHOD(listener_t, ike_keys, bool,
	private_ha_sync_capture_t *this, ike_sa_t *ike_sa, array_t *kes,
	chunk_t dh_other, chunk_t nonce_i, chunk_t nonce_r, ike_sa_t *rekey,
	shared_key_t *shared, auth_method_t method)
{
	ha_sync_tracked_t *tracked;
	ha_sync_round_t *round;
	ha_sync_spis_t old;
	bool rekeyed = FALSE;
	char *group;

	group = this->groups->find(this->groups, ike_sa->get_my_host(ike_sa));
	if (!group || ike_sa->get_version(ike_sa) != IKEV2)
	{
		return TRUE;
	}
	INIT(round,
		.prf = PRF_UNDEFINED,
		.nonce_i = chunk_clone(nonce_i),
		.nonce_r = chunk_clone(nonce_r),
	);
	if (!key_exchange_concat_secrets(kes, &round->secret, &round->additional))
	{
		ha_sync_round_destroy(round);
		return TRUE;
	}
	if (rekey)
	{
		rekeyed = describe_rekey(ike_sa, rekey, round, &old);
	}
	tracked = find(this, ike_sa);
	if (!tracked)
	{
		tracked = ha_sync_tracked_create(group, this->registry, this->sender,
										 this->counters, this->caps);
		put(this, ike_sa, tracked);
	}
	tracked->add_round(tracked, round, rekeyed ? &old : NULL);
	return TRUE;
}

METHOD(listener_t, child_derived_keys, bool,
	private_ha_sync_capture_t *this, ike_sa_t *ike_sa, child_sa_t *child_sa,
	bool initiator, chunk_t encr_i, chunk_t encr_r, chunk_t integ_i,
	chunk_t integ_r)
{
	ha_sync_tracked_t *tracked;

	tracked = find(this, ike_sa);
	if (tracked)
	{
		tracked->add_child_keys(tracked, child_sa->get_spi(child_sa, TRUE),
								initiator, encr_i, encr_r, integ_i, integ_r);
	}
	return TRUE;
}

/**
 * Job: tell what a processed response changed.
 */
static job_requeue_t refresh(refresh_t *data)
{
	private_ha_sync_capture_t *this = data->this;
	ha_sync_tracked_t *tracked;
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													data->unique_id);
	if (ike_sa)
	{
		tracked = find(this, ike_sa);
		if (tracked)
		{
			tracked->refresh = FALSE;
			update(this, ike_sa, tracked);
		}
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
		this->sender->wake(this->sender);
		this->counters->wake(this->counters);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Queue a job to look at an IKE_SA.
 */
static void queue_refresh(private_ha_sync_capture_t *this, ike_sa_t *ike_sa,
						  ha_sync_tracked_t *tracked)
{
	refresh_t *data;

	if (tracked->refresh)
	{
		return;
	}
	tracked->refresh = TRUE;
	INIT(data,
		.this = this,
		.unique_id = ike_sa->get_unique_id(ike_sa),
	);
	lib->processor->queue_job(lib->processor,
		(job_t*)callback_job_create_with_prio((void*)refresh, data, free,
											  NULL, JOB_PRIO_HIGH));
}

METHOD(listener_t, message, bool,
	private_ha_sync_capture_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	ha_sync_tracked_t *tracked;

	tracked = ike_sa ? find(this, ike_sa) : NULL;
	if (!tracked)
	{
		return TRUE;
	}
	this->witness->message(this->witness, tracked, ike_sa, message, incoming,
						   plain);
	if (incoming && plain && !message->get_request(message))
	{
		queue_refresh(this, ike_sa, tracked);
	}
	return TRUE;
}

METHOD(ha_sync_capture_t, spent, void,
	private_ha_sync_capture_t *this, ike_sa_t *ike_sa, uint64_t ns)
{
	ha_sync_tracked_t *tracked;

	tracked = find(this, ike_sa);
	if (tracked && tracked->timing)
	{
		tracked->hook_time += ns;
	}
}

METHOD(ha_sync_capture_t, leaving, void,
	private_ha_sync_capture_t *this)
{
	ike_sa_t *ike_sa = charon->bus->get_sa(charon->bus);
	ha_sync_tracked_t *tracked;

	tracked = ike_sa ? find(this, ike_sa) : NULL;
	if (!tracked || !tracked->due)
	{
		return;
	}
	tracked->due = FALSE;
	update(this, ike_sa, tracked);
	if (tracked->farewell && !is_frozen(this))
	{
		tell_gone(this, ike_sa, tracked);
	}
	hold(this, ike_sa, tracked);
}

METHOD(listener_t, ike_rekey, bool,
	private_ha_sync_capture_t *this, ike_sa_t *old, ike_sa_t *new)
{
	ha_sync_tracked_t *old_tracked, *new_tracked;

	old_tracked = find(this, old);
	new_tracked = find(this, new);
	if (old_tracked && new_tracked)
	{
		new_tracked->inherit(new_tracked, old_tracked);
		new_tracked->timing = FALSE;
		update(this, new, new_tracked);
		/* the peer learns of it by a message of the old one */
		old_tracked->seq = max(old_tracked->seq, new_tracked->seq);
	}
	return TRUE;
}

/**
 * Remove what is known about an IKE_SA.
 */
static void forget_ike(private_ha_sync_capture_t *this, ike_sa_t *ike_sa,
					   bool tell)
{
	ha_sync_tracked_t *tracked;

	this->mutex->lock(this->mutex);
	tracked = this->tracked->remove(this->tracked,
									ha_sync_describe_key(ike_sa));
	this->mutex->unlock(this->mutex);
	if (tracked)
	{
		if (tell && !is_frozen(this))
		{
			tracked->gone(tracked, ike_sa);
		}
		tracked->destroy(tracked);
	}
}

METHOD(listener_t, ike_state_change, bool,
	private_ha_sync_capture_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	if (state == IKE_DESTROYING)
	{
		forget_ike(this, ike_sa, ike_sa->get_state(ike_sa) != IKE_PASSIVE);
	}
	return TRUE;
}

METHOD(ha_sync_capture_t, adopt, void,
	private_ha_sync_capture_t *this, ike_sa_t *ike_sa, const ha_sync_ike_t *ike)
{
	ha_sync_tracked_t *tracked;
	char *group;

	group = this->groups->find(this->groups, ike_sa->get_my_host(ike_sa));
	if (!group)
	{
		return;
	}
	tracked = ha_sync_tracked_create(group, this->registry, this->sender,
									 this->counters, this->caps);
	tracked->timing = FALSE;
	tracked->adopt(tracked, ike_sa, ike);
	put(this, ike_sa, tracked);
}

METHOD(ha_sync_capture_t, set_mids, void,
	private_ha_sync_capture_t *this, ike_sa_t *ike_sa,
	const ha_sync_mids_t *mids)
{
	uint64_t seq = this->sender->get_seq(this->sender);
	ha_sync_tracked_t *tracked;

	tracked = find(this, ike_sa);
	if (tracked)
	{
		tracked->set_mids(tracked, ike_sa, mids);
		note_records(this, tracked, seq);
	}
}

METHOD(ha_sync_capture_t, forget, void,
	private_ha_sync_capture_t *this, ike_sa_t *ike_sa)
{
	forget_ike(this, ike_sa, FALSE);
}

METHOD(ha_sync_capture_t, gone, void,
	private_ha_sync_capture_t *this, ike_sa_t *ike_sa)
{
	forget_ike(this, ike_sa, TRUE);
}

METHOD(ha_sync_capture_t, freeze, void,
	private_ha_sync_capture_t *this)
{
	__atomic_store_n(&this->frozen, TRUE, __ATOMIC_RELAXED);
}

METHOD(ha_sync_capture_t, destroy, void,
	private_ha_sync_capture_t *this)
{
	enumerator_t *enumerator;
	ha_sync_tracked_t *tracked;

	enumerator = this->tracked->create_enumerator(this->tracked);
	while (enumerator->enumerate(enumerator, NULL, &tracked))
	{
		tracked->destroy(tracked);
	}
	enumerator->destroy(enumerator);
	this->tracked->destroy(this->tracked);
	this->witness->destroy(this->witness);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_capture_t *ha_sync_capture_create(ha_sync_groups_t *groups,
										  ha_sync_registry_t *registry,
										  ha_sync_sender_t *sender,
										  ha_sync_counters_t *counters,
										  ha_sync_mid_caps_t *caps,
										  ha_sync_gate_t *gate,
										  ha_sync_hook_time_t *times)
{
	private_ha_sync_capture_t *this;

	INIT(this,
		.public = {
			.listener = {
				.ike_keys = _ike_keys,
				.child_derived_keys = _child_derived_keys,
				.message = _message,
				.ike_rekey = _ike_rekey,
				.ike_state_change = _ike_state_change,
			},
			.spent = _spent,
			.leaving = _leaving,
			.adopt = _adopt,
			.set_mids = _set_mids,
			.forget = _forget,
			.gone = _gone,
			.freeze = _freeze,
			.destroy = _destroy,
		},
		.groups = groups,
		.registry = registry,
		.sender = sender,
		.counters = counters,
		.caps = caps,
		.gate = gate,
		.times = times,
		.witness = ha_sync_witness_create(gate),
		.tracked = hashtable_create(ha_sync_describe_hash, hashtable_equals_ptr,
									64),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
