/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_hooks.h"

typedef struct private_ha_sync_hooks_t private_ha_sync_hooks_t;
typedef struct called_t called_t;

/**
 * Listeners that have a hook, in order.
 */
struct called_t {
	listener_t **listeners;
	u_int count;
};

/**
 * Private data.
 */
struct private_ha_sync_hooks_t {

	/** public interface */
	ha_sync_hooks_t public;

	/** told the time */
	ha_sync_capture_t *capture;

	/** those to call for each event */
	called_t ike_keys;
	called_t child_derived_keys;
	called_t message;
	called_t ike_rekey;
	called_t ike_state_change;
	called_t ike_update;
	called_t child_updown;
};

/**
 * Call a hook of all listeners that have it.
 */
#define CALL(this, hook, ...) \
	do \
	{ \
		u_int i; \
		\
		for (i = 0; i < (this)->hook.count; i++) \
		{ \
			(this)->hook.listeners[i]->hook((this)->hook.listeners[i], \
											__VA_ARGS__); \
		} \
	} \
	while (0)

/**
 * Add a listener to those to call if it has a hook.
 */
#define ADD(this, hook, listener, max) \
	do \
	{ \
		if ((listener)->hook) \
		{ \
			add(&(this)->hook, listener, max); \
		} \
	} \
	while (0)

/**
 * Add a listener to those to call.
 */
static void add(called_t *called, listener_t *listener, u_int max)
{
	if (!called->listeners)
	{
		called->listeners = calloc(max, sizeof(listener_t*));
	}
	called->listeners[called->count++] = listener;
}

/**
 * Tell the time since a hook began.
 */
static void spent(private_ha_sync_hooks_t *this, ike_sa_t *ike_sa,
				  uint64_t start)
{
	if (ike_sa)
	{
		this->capture->spent(this->capture, ike_sa,
							 ha_sync_hook_now() - start);
	}
}

METHOD(listener_t, ike_keys, bool,
	private_ha_sync_hooks_t *this, ike_sa_t *ike_sa, array_t *kes,
	chunk_t dh_other, chunk_t nonce_i, chunk_t nonce_r, ike_sa_t *rekey,
	shared_key_t *shared, auth_method_t method)
{
	uint64_t start = ha_sync_hook_now();

	CALL(this, ike_keys, ike_sa, kes, dh_other, nonce_i, nonce_r, rekey, shared,
		 method);
	spent(this, ike_sa, start);
	return TRUE;
}

METHOD(listener_t, child_derived_keys, bool,
	private_ha_sync_hooks_t *this, ike_sa_t *ike_sa, child_sa_t *child_sa,
	bool initiator, chunk_t encr_i, chunk_t encr_r, chunk_t integ_i,
	chunk_t integ_r)
{
	uint64_t start = ha_sync_hook_now();

	CALL(this, child_derived_keys, ike_sa, child_sa, initiator, encr_i, encr_r,
		 integ_i, integ_r);
	spent(this, ike_sa, start);
	return TRUE;
}

METHOD(listener_t, message, bool,
	private_ha_sync_hooks_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	uint64_t start = ha_sync_hook_now();

	CALL(this, message, ike_sa, message, incoming, plain);
	spent(this, ike_sa, start);
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	private_ha_sync_hooks_t *this, ike_sa_t *old, ike_sa_t *new)
{
	uint64_t start = ha_sync_hook_now();

	CALL(this, ike_rekey, old, new);
	spent(this, new, start);
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_ha_sync_hooks_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	uint64_t start = ha_sync_hook_now();

	CALL(this, ike_state_change, ike_sa, state);
	spent(this, ike_sa, start);
	return TRUE;
}

METHOD(listener_t, ike_update, bool,
	private_ha_sync_hooks_t *this, ike_sa_t *ike_sa, host_t *local,
	host_t *remote)
{
	uint64_t start = ha_sync_hook_now();

	CALL(this, ike_update, ike_sa, local, remote);
	spent(this, ike_sa, start);
	return TRUE;
}

METHOD(listener_t, child_updown, bool,
	private_ha_sync_hooks_t *this, ike_sa_t *ike_sa, child_sa_t *child_sa,
	bool up)
{
	uint64_t start = ha_sync_hook_now();

	CALL(this, child_updown, ike_sa, child_sa, up);
	spent(this, ike_sa, start);
	return TRUE;
}

METHOD(ha_sync_hooks_t, destroy, void,
	private_ha_sync_hooks_t *this)
{
	free(this->ike_keys.listeners);
	free(this->child_derived_keys.listeners);
	free(this->message.listeners);
	free(this->ike_rekey.listeners);
	free(this->ike_state_change.listeners);
	free(this->ike_update.listeners);
	free(this->child_updown.listeners);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_hooks_t *ha_sync_hooks_create(ha_sync_capture_t *capture,
									  listener_t *listeners[], u_int count)
{
	private_ha_sync_hooks_t *this;
	u_int i;

	INIT(this,
		.public = {
			.listener = {
				.ike_keys = _ike_keys,
				.child_derived_keys = _child_derived_keys,
				.message = _message,
				.ike_rekey = _ike_rekey,
				.ike_state_change = _ike_state_change,
				.ike_update = _ike_update,
				.child_updown = _child_updown,
			},
			.destroy = _destroy,
		},
		.capture = capture,
	);
	for (i = 0; i < count; i++)
	{
		ADD(this, ike_keys, listeners[i], count);
		ADD(this, child_derived_keys, listeners[i], count);
		ADD(this, message, listeners[i], count);
		ADD(this, ike_rekey, listeners[i], count);
		ADD(this, ike_state_change, listeners[i], count);
		ADD(this, ike_update, listeners[i], count);
		ADD(this, child_updown, listeners[i], count);
	}
	return &this->public;
}
