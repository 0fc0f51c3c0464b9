/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_replica.h"

#include <sa/ike_sa.h>
#include <threading/thread_value.h>

typedef struct private_redirect_replica_t private_redirect_replica_t;

/**
 * Private data.
 */
struct private_redirect_replica_t {

	/** public interface */
	redirect_replica_t public;

	/** called when an IKE_SA gets active or passive */
	redirect_replica_cb_t cb;

	/** data for it */
	void *user;

	/** the copy a thread is destroying: charon releases its addresses when its
	 * state does not tell any more what it was */
	thread_value_t *destroyed;
};

/**
 * Check if an IKE_SA in a state is one this daemon serves.
 */
static bool is_live(ike_sa_state_t state)
{
	return state == IKE_ESTABLISHED || state == IKE_REKEYING ||
		   state == IKE_REKEYED || state == IKE_DELETING;
}

METHOD(listener_t, ike_state_change, bool,
	private_redirect_replica_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	ike_sa_state_t before = ike_sa->get_state(ike_sa);

	if (state == IKE_DESTROYING)
	{
		this->destroyed->set(this->destroyed,
							 before == IKE_PASSIVE ? ike_sa : NULL);
	}
	else if (before == IKE_PASSIVE && state == IKE_ESTABLISHED)
	{
		this->cb(this->user, ike_sa, TRUE);
	}
	else if (is_live(before) && state == IKE_PASSIVE)
	{
		this->cb(this->user, ike_sa, FALSE);
	}
	return TRUE;
}

METHOD(redirect_replica_t, is_destroyed, bool,
	private_redirect_replica_t *this, ike_sa_t *ike_sa)
{
	return this->destroyed->get(this->destroyed) == ike_sa;
}

METHOD(redirect_replica_t, destroy, void,
	private_redirect_replica_t *this)
{
	this->destroyed->destroy(this->destroyed);
	free(this);
}

/*
 * Described in header.
 */
redirect_replica_t *redirect_replica_create(redirect_replica_cb_t cb,
											void *user)
{
	private_redirect_replica_t *this;

	INIT(this,
		.public = {
			.listener = {
				.ike_state_change = _ike_state_change,
			},
			.is_destroyed = _is_destroyed,
			.destroy = _destroy,
		},
		.cb = cb,
		.user = user,
		.destroyed = thread_value_create(NULL),
	);
	return &this->public;
}
