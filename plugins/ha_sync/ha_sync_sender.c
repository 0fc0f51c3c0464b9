/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_sender.h"

typedef struct private_ha_sync_sender_t private_ha_sync_sender_t;

/**
 * Private data.
 */
struct private_ha_sync_sender_t {

	/** public interface */
	ha_sync_sender_t public;

	/** channel to send to */
	sync_channel_t *channel;

	/** records about message IDs are events, too */
	bool sync;

	/** sequence number of the last record */
	uint64_t seq;
};

/**
 * Note the sequence number of a record, others may do so at the same time.
 */
static void note_seq(private_ha_sync_sender_t *this, uint64_t seq)
{
	uint64_t last = __atomic_load_n(&this->seq, __ATOMIC_RELAXED);

	while (last < seq &&
		   !__atomic_compare_exchange_n(&this->seq, &last, seq, TRUE,
										__ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

/**
 * Send an event.
 */
static void send_event(private_ha_sync_sender_t *this, ha_sync_type_t type,
					   chunk_t body)
{
	if (body.len)
	{	/* what can't be encoded was logged */
		note_seq(this, this->channel->send(this->channel, SYNC_HA, type, body));
	}
}

/**
 * Send an event, in a hook.
 */
static void post_event(private_ha_sync_sender_t *this, ha_sync_type_t type,
					   chunk_t body)
{
	if (body.len)
	{
		note_seq(this, this->channel->post(this->channel, SYNC_HA, type, body));
	}
}

METHOD(ha_sync_sender_t, ike, void,
	private_ha_sync_sender_t *this, chunk_t body)
{
	post_event(this, HA_SYNC_IKE, body);
}

METHOD(ha_sync_sender_t, ike_update, void,
	private_ha_sync_sender_t *this, chunk_t body)
{
	post_event(this, HA_SYNC_IKE_UPDATE, body);
}

METHOD(ha_sync_sender_t, mids, void,
	private_ha_sync_sender_t *this, const ha_sync_spis_t *spis,
	const ha_sync_mids_t *mids)
{
	chunk_t key = ha_sync_spis_encode(spis);

	if (__atomic_load_n(&this->sync, __ATOMIC_RELAXED))
	{	/* older ones must not come after these */
		this->channel->cancel_state(this->channel, SYNC_HA, key);
		post_event(this, HA_SYNC_IKE_MIDS, ha_sync_ike_mids_encode(spis, mids));
		chunk_free(&key);
		return;
	}
	this->channel->set_state(this->channel, SYNC_HA, HA_SYNC_IKE_MIDS, key,
							 ha_sync_ike_mids_encode(spis, mids));
	chunk_free(&key);
}

METHOD(ha_sync_sender_t, mids_now, void,
	private_ha_sync_sender_t *this, const ha_sync_spis_t *spis,
	const ha_sync_mids_t *mids)
{
	chunk_t key = ha_sync_spis_encode(spis);

	this->channel->cancel_state(this->channel, SYNC_HA, key);
	chunk_free(&key);
	send_event(this, HA_SYNC_IKE_MIDS, ha_sync_ike_mids_encode(spis, mids));
}

METHOD(ha_sync_sender_t, exchange_, void,
	private_ha_sync_sender_t *this, const ha_sync_spis_t *spis, chunk_t body)
{
	chunk_t key = ha_sync_spis_encode(spis);

	/* older message IDs must not come after these */
	this->channel->cancel_state(this->channel, SYNC_HA, key);
	chunk_free(&key);
	post_event(this, HA_SYNC_EXCHANGE, body);
}

METHOD(ha_sync_sender_t, ike_delete, void,
	private_ha_sync_sender_t *this, const ha_sync_spis_t *spis)
{
	chunk_t key = ha_sync_spis_encode(spis);

	this->channel->cancel_state(this->channel, SYNC_HA, key);
	send_event(this, HA_SYNC_IKE_DELETE, key);
}

METHOD(ha_sync_sender_t, child, void,
	private_ha_sync_sender_t *this, chunk_t body)
{
	post_event(this, HA_SYNC_CHILD, body);
}

METHOD(ha_sync_sender_t, child_delete, void,
	private_ha_sync_sender_t *this, const ha_sync_child_id_t *id)
{
	chunk_t key = ha_sync_child_id_encode(id);

	this->channel->cancel_state(this->channel, SYNC_HA, key);
	send_event(this, HA_SYNC_CHILD_DELETE, key);
}

METHOD(ha_sync_sender_t, child_use, void,
	private_ha_sync_sender_t *this, const ha_sync_child_id_t *id,
	const ha_sync_use_t *use)
{
	chunk_t key = ha_sync_child_id_encode(id);

	this->channel->set_state(this->channel, SYNC_HA, HA_SYNC_CHILD_USE, key,
							 ha_sync_child_use_encode(id, use));
	chunk_free(&key);
}

METHOD(ha_sync_sender_t, child_use_now, void,
	private_ha_sync_sender_t *this, const ha_sync_child_id_t *id,
	const ha_sync_use_t *use)
{
	chunk_t key = ha_sync_child_id_encode(id);

	this->channel->cancel_state(this->channel, SYNC_HA, key);
	chunk_free(&key);
	send_event(this, HA_SYNC_CHILD_USE, ha_sync_child_use_encode(id, use));
}

METHOD(ha_sync_sender_t, group, void,
	private_ha_sync_sender_t *this, const ha_sync_group_record_t *record)
{
	send_event(this, HA_SYNC_GROUP, ha_sync_group_encode(record));
}

METHOD(ha_sync_sender_t, set_sync, void,
	private_ha_sync_sender_t *this, bool sync)
{
	__atomic_store_n(&this->sync, sync, __ATOMIC_RELAXED);
}

METHOD(ha_sync_sender_t, get_seq, uint64_t,
	private_ha_sync_sender_t *this)
{
	return __atomic_load_n(&this->seq, __ATOMIC_RELAXED);
}

METHOD(ha_sync_sender_t, wake, void,
	private_ha_sync_sender_t *this)
{
	this->channel->wake(this->channel);
}

METHOD(ha_sync_sender_t, destroy, void,
	private_ha_sync_sender_t *this)
{
	free(this);
}

/*
 * Described in header.
 */
ha_sync_sender_t *ha_sync_sender_create(sync_channel_t *channel)
{
	private_ha_sync_sender_t *this;

	INIT(this,
		.public = {
			.ike = _ike,
			.ike_update = _ike_update,
			.mids = _mids,
			.mids_now = _mids_now,
			.exchange = _exchange_,
			.ike_delete = _ike_delete,
			.child = _child,
			.child_delete = _child_delete,
			.child_use = _child_use,
			.child_use_now = _child_use_now,
			.group = _group,
			.set_sync = _set_sync,
			.get_seq = _get_seq,
			.wake = _wake,
			.destroy = _destroy,
		},
		.channel = channel,
	);
	return &this->public;
}
