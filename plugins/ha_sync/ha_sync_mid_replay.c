/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_mid_replay.h"
#include "ha_sync_record.h"

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>

typedef struct private_task_t private_task_t;

/**
 * Private data of the task.
 */
struct private_task_t {

	/** public interface */
	task_t public;

	/** data of the notify */
	chunk_t data;
};

/**
 * Check if a CHILD SA has extended sequence numbers.
 */
static bool has_esn(const ha_sync_child_t *child)
{
	uint16_t esn = NO_EXT_SEQ_NUMBERS;

	child->proposal->get_algorithm(child->proposal, EXTENDED_SEQUENCE_NUMBERS,
								   &esn, NULL);
	return esn == EXT_SEQ_NUMBERS;
}

/*
 * Described in header.
 */
bool ha_sync_mid_replay_usable(ha_sync_mid_caps_t *caps, ike_sa_t *ike_sa,
							   array_t *children, bool *esn)
{
	ha_sync_child_t *child;
	int i, with = 0, count = array_count(children);

	if (!count || !caps->has(caps, ike_sa, HA_SYNC_CAP_REPLAY))
	{
		return FALSE;
	}
	for (i = 0; i < count; i++)
	{
		array_get(children, i, &child);
		with += has_esn(child) ? 1 : 0;
	}
	if (with && with < count)
	{
		DBG1(DBG_IKE, "ha-sync: %d of %d CHILD SAs with %H have extended "
			 "sequence numbers, so replay counters are not synced; configure "
			 "all of them or none", with, count,
			 ike_sa->get_other_host(ike_sa));
		return FALSE;
	}
	*esn = with > 0;
	return TRUE;
}

METHOD(task_t, build, status_t,
	private_task_t *this, message_t *message)
{
	message->add_notify(message, FALSE, IPSEC_REPLAY_COUNTER_SYNC, this->data);
	return NEED_MORE;
}

METHOD(task_t, process, status_t,
	private_task_t *this, message_t *message)
{
	DBG1(DBG_IKE, "ha-sync: replay counters synced");
	return SUCCESS;
}

METHOD(task_t, get_type, task_type_t,
	private_task_t *this)
{
	return TASK_IKE_DPD;
}

METHOD(task_t, migrate, void,
	private_task_t *this, ike_sa_t *ike_sa)
{
}

METHOD(task_t, destroy, void,
	private_task_t *this)
{
	chunk_free(&this->data);
	free(this);
}

/*
 * Described in header.
 */
task_t *ha_sync_mid_replay_task_create(chunk_t data)
{
	private_task_t *this;

	INIT(this,
		.public = {
			.build = _build,
			.process = _process,
			.get_type = _get_type,
			.migrate = _migrate,
			.destroy = _destroy,
		},
		.data = data,
	);
	return &this->public;
}
