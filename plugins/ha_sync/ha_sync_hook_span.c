/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_hook_span.h"

#include <stddef.h>

typedef struct private_ha_sync_hook_span_t private_ha_sync_hook_span_t;

/**
 * Private data.
 */
struct private_ha_sync_hook_span_t {

	/** public interface */
	ha_sync_hook_span_t public;

	/** told the time */
	ha_sync_capture_t *capture;

	/** events that are under way: a listener may cause another event */
	u_int depth;

	/** when the first one began, in ns */
	uint64_t start;
};

/**
 * Get the object of a listener.
 */
static private_ha_sync_hook_span_t *from_first(listener_t *listener)
{
	return (private_ha_sync_hook_span_t*)((char*)listener -
								offsetof(ha_sync_hook_span_t, first));
}

/**
 * Get the object of a listener.
 */
static private_ha_sync_hook_span_t *from_last(listener_t *listener)
{
	return (private_ha_sync_hook_span_t*)((char*)listener -
								offsetof(ha_sync_hook_span_t, last));
}

/**
 * An event begins.
 */
static bool begin(listener_t *listener)
{
	private_ha_sync_hook_span_t *this = from_first(listener);

	if (!this->depth++)
	{
		this->start = ha_sync_hook_now();
	}
	return TRUE;
}

/**
 * An event of an IKE_SA, which may be NULL, was handled.
 */
static bool end(listener_t *listener, ike_sa_t *ike_sa)
{
	private_ha_sync_hook_span_t *this = from_last(listener);

	if (!--this->depth && ike_sa)
	{
		this->capture->spent(this->capture, ike_sa,
							 ha_sync_hook_now() - this->start);
	}
	return TRUE;
}

/**
 * Implements listener_t.ike_keys
 */
static bool ike_keys_first(listener_t *this, ike_sa_t *ike_sa, array_t *kes,
						   chunk_t dh_other, chunk_t nonce_i, chunk_t nonce_r,
						   ike_sa_t *rekey, shared_key_t *shared,
						   auth_method_t method)
{
	return begin(this);
}

/**
 * Implements listener_t.ike_keys
 */
static bool ike_keys_last(listener_t *this, ike_sa_t *ike_sa, array_t *kes,
						  chunk_t dh_other, chunk_t nonce_i, chunk_t nonce_r,
						  ike_sa_t *rekey, shared_key_t *shared,
						  auth_method_t method)
{
	return end(this, ike_sa);
}

/**
 * Implements listener_t.child_derived_keys
 */
static bool child_keys_first(listener_t *this, ike_sa_t *ike_sa,
							 child_sa_t *child_sa, bool initiator,
							 chunk_t encr_i, chunk_t encr_r, chunk_t integ_i,
							 chunk_t integ_r)
{
	return begin(this);
}

/**
 * Implements listener_t.child_derived_keys
 */
static bool child_keys_last(listener_t *this, ike_sa_t *ike_sa,
							child_sa_t *child_sa, bool initiator,
							chunk_t encr_i, chunk_t encr_r, chunk_t integ_i,
							chunk_t integ_r)
{
	return end(this, ike_sa);
}

/**
 * Implements listener_t.message
 */
static bool message_first(listener_t *this, ike_sa_t *ike_sa,
						  message_t *message, bool incoming, bool plain)
{
	return begin(this);
}

/**
 * Implements listener_t.message
 */
static bool message_last(listener_t *this, ike_sa_t *ike_sa,
						 message_t *message, bool incoming, bool plain)
{
	return end(this, ike_sa);
}

/**
 * Implements listener_t.ike_state_change
 */
static bool ike_state_first(listener_t *this, ike_sa_t *ike_sa,
							ike_sa_state_t state)
{
	return begin(this);
}

/**
 * Implements listener_t.ike_state_change
 */
static bool ike_state_last(listener_t *this, ike_sa_t *ike_sa,
						   ike_sa_state_t state)
{
	return end(this, ike_sa);
}

/**
 * Implements listener_t.child_updown
 */
static bool child_updown_first(listener_t *this, ike_sa_t *ike_sa,
							   child_sa_t *child_sa, bool up)
{
	return begin(this);
}

/**
 * Implements listener_t.child_updown
 */
static bool child_updown_last(listener_t *this, ike_sa_t *ike_sa,
							  child_sa_t *child_sa, bool up)
{
	return end(this, ike_sa);
}

METHOD(ha_sync_hook_span_t, destroy, void,
	private_ha_sync_hook_span_t *this)
{
	free(this);
}

/*
 * Described in header.
 */
ha_sync_hook_span_t *ha_sync_hook_span_create(ha_sync_capture_t *capture)
{
	private_ha_sync_hook_span_t *this;

	INIT(this,
		.public = {
			.first = {
				.ike_keys = ike_keys_first,
				.child_derived_keys = child_keys_first,
				.message = message_first,
				.ike_state_change = ike_state_first,
				.child_updown = child_updown_first,
			},
			.last = {
				.ike_keys = ike_keys_last,
				.child_derived_keys = child_keys_last,
				.message = message_last,
				.ike_state_change = ike_state_last,
				.child_updown = child_updown_last,
			},
			.destroy = _destroy,
		},
		.capture = capture,
	);
	return &this->public;
}
