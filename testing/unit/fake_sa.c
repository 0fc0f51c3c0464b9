/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>

#include "fake_sa.h"

METHOD(ike_sa_t, get_id, ike_sa_id_t*,
	fake_sa_t *this)
{
	return this->id;
}

METHOD(ike_sa_t, get_unique_id, uint32_t,
	fake_sa_t *this)
{
	return this->unique_id;
}

METHOD(ike_sa_t, get_name, char*,
	fake_sa_t *this)
{
	return this->name;
}

METHOD(ike_sa_t, get_version, ike_version_t,
	fake_sa_t *this)
{
	return IKEV2;
}

METHOD(ike_sa_t, get_state, ike_sa_state_t,
	fake_sa_t *this)
{
	return this->state;
}

METHOD(ike_sa_t, set_state, void,
	fake_sa_t *this, ike_sa_state_t state)
{
	this->state = state;
}

METHOD(ike_sa_t, set_statistic, void,
	fake_sa_t *this, statistic_t kind, uint32_t value)
{
}

METHOD(ike_sa_t, enable_extension, void,
	fake_sa_t *this, ike_extension_t extension)
{
	this->extensions |= extension;
}

METHOD(ike_sa_t, supports_extension, bool,
	fake_sa_t *this, ike_extension_t extension)
{
	return (this->extensions & extension) != 0;
}

METHOD(ike_sa_t, has_condition, bool,
	fake_sa_t *this, ike_condition_t condition)
{
	return (this->conditions & condition) != 0;
}

METHOD(ike_sa_t, set_condition, void,
	fake_sa_t *this, ike_condition_t condition, bool enable)
{
	if (enable)
	{
		this->conditions |= condition;
	}
	else
	{
		this->conditions &= ~condition;
	}
}

METHOD(ike_sa_t, get_message_id, uint32_t,
	fake_sa_t *this, bool initiate)
{
	return initiate ? this->send : this->recv;
}

METHOD(ike_sa_t, set_message_id, void,
	fake_sa_t *this, bool initiate, uint32_t mid)
{
	this->resets++;
	this->active = NULL;
	if (initiate)
	{
		this->send = mid;
	}
	else
	{
		this->recv = mid;
	}
}

METHOD(ike_sa_t, get_my_host, host_t*,
	fake_sa_t *this)
{
	return this->me;
}

METHOD(ike_sa_t, get_other_host, host_t*,
	fake_sa_t *this)
{
	return this->other;
}

METHOD(ike_sa_t, get_my_id, identification_t*,
	fake_sa_t *this)
{
	return this->my_id;
}

METHOD(ike_sa_t, get_other_id, identification_t*,
	fake_sa_t *this)
{
	return this->other_id;
}

METHOD(ike_sa_t, get_keymat, keymat_t*,
	fake_sa_t *this)
{
	return &this->keymat.public;
}

METHOD(ike_sa_t, create_task_enumerator, enumerator_t*,
	fake_sa_t *this, task_queue_t queue)
{
	ck_assert_int_eq(queue, TASK_QUEUE_ACTIVE);
	return this->active ? enumerator_create_single(this->active, NULL)
						: enumerator_create_empty();
}

METHOD(ike_sa_t, create_child_sa_enumerator, enumerator_t*,
	fake_sa_t *this)
{
	return enumerator_create_empty();
}

METHOD(ike_sa_t, queue_task, void,
	fake_sa_t *this, task_t *task)
{
	DESTROY_IF(this->task);
	this->task = task;
	this->queued++;
}

METHOD(ike_sa_t, initiate, status_t,
	fake_sa_t *this, child_cfg_t *child_cfg, child_init_args_t *args)
{
	this->initiated++;
	return SUCCESS;
}

/*
 * Described in header.
 */
void fake_sa_init(fake_sa_t *this, bool initiator, u_char in, u_char out)
{
	*this = (fake_sa_t){
		.public = {
			.get_id = _get_id,
			.get_unique_id = _get_unique_id,
			.get_name = _get_name,
			.get_version = _get_version,
			.get_state = _get_state,
			.set_state = _set_state,
			.set_statistic = _set_statistic,
			.enable_extension = _enable_extension,
			.supports_extension = _supports_extension,
			.has_condition = _has_condition,
			.set_condition = _set_condition,
			.get_message_id = _get_message_id,
			.set_message_id = _set_message_id,
			.get_my_host = _get_my_host,
			.get_other_host = _get_other_host,
			.get_my_id = _get_my_id,
			.get_other_id = _get_other_id,
			.get_keymat = _get_keymat,
			.create_task_enumerator = _create_task_enumerator,
			.create_child_sa_enumerator = _create_child_sa_enumerator,
			.queue_task = _queue_task,
			.initiate = _initiate,
		},
		.id = ike_sa_id_create(IKEV2_MAJOR_VERSION, FAKE_SPI_I, FAKE_SPI_R,
							   initiator),
		.unique_id = 1,
		.name = "fake",
		.state = IKE_ESTABLISHED,
		.me = host_create_from_string("192.0.2.1", 4500),
		.other = host_create_from_string("192.0.2.2", 4500),
		.keymat = fake_keymat(in, out),
	};
}

/*
 * Described in header.
 */
void fake_sa_deinit(fake_sa_t *this)
{
	DESTROY_IF(this->task);
	DESTROY_IF(this->id);
	DESTROY_IF(this->me);
	DESTROY_IF(this->other);
	DESTROY_IF(this->my_id);
	DESTROY_IF(this->other_id);
	memset(this, 0, sizeof(*this));
}

/**
 * Implements bus_t.log, where libcharon logs.
 */
static void ignore_log(bus_t *this, debug_t group, level_t level, char *fmt,
					   ...)
{
}

/*
 * Described in header.
 */
bus_t fake_bus = { .log = ignore_log };
