/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_outlet.h"

#include <daemon.h>

/**
 * Number of filters at most.
 */
#define FILTERS_MAX 4

typedef struct private_ha_sync_outlet_t private_ha_sync_outlet_t;
typedef struct filter_t filter_t;

/**
 * A filter.
 */
struct filter_t {
	/** looks at packets */
	ha_sync_outlet_filter_t pass;
	/** data for it */
	void *user;
};

/**
 * Private data.
 */
struct private_ha_sync_outlet_t {

	/** public interface */
	ha_sync_outlet_t public;

	/** takes charon's packets */
	sender_t sender;

	/** charon's own sender */
	sender_t *real;

	/** called when the shutdown starts */
	ha_sync_outlet_stopping_t stopping;

	/** called when a packet is about to leave */
	ha_sync_outlet_leaving_t leaving;

	/** data for them */
	void *user;

	/** looks at packets, in this order */
	filter_t filters[FILTERS_MAX];
	u_int count;

	/** TRUE if packets are dropped */
	bool silent;
};

/**
 * The sender_t is inside of our object.
 */
static private_ha_sync_outlet_t *from_sender(sender_t *sender)
{
	return (private_ha_sync_outlet_t*)((char*)sender -
								offsetof(private_ha_sync_outlet_t, sender));
}

/**
 * Implements sender_t.send
 */
static void sender_send(sender_t *sender, packet_t *packet)
{
	private_ha_sync_outlet_t *this = from_sender(sender);
	u_int i;

	if (this->silent || !this->leaving(this->user, packet))
	{
		packet->destroy(packet);
		return;
	}
	for (i = 0; i < this->count; i++)
	{
		if (!this->filters[i].pass(this->filters[i].user, packet))
		{
			return;
		}
	}
	this->real->send(this->real, packet);
}

/**
 * Implements sender_t.send_no_marker
 */
static void sender_send_no_marker(sender_t *sender, packet_t *packet)
{
	private_ha_sync_outlet_t *this = from_sender(sender);

	if (this->silent || !this->leaving(this->user, packet))
	{
		packet->destroy(packet);
		return;
	}
	this->real->send_no_marker(this->real, packet);
}

/**
 * Implements sender_t.flush
 */
static void sender_flush(sender_t *sender)
{
	private_ha_sync_outlet_t *this = from_sender(sender);

	this->real->flush(this->real);
}

/**
 * Implements sender_t.destroy; charon destroys its sender after plugins are
 * unloaded, so this is not called.
 */
static void sender_destroy(sender_t *sender)
{
}

METHOD(listener_t, alert, bool,
	private_ha_sync_outlet_t *this, ike_sa_t *ike_sa, alert_t alert,
	va_list args)
{
	if (alert == ALERT_SHUTDOWN_SIGNAL && this->stopping(this->user))
	{
		DBG1(DBG_CFG, "ha-sync: other members take over, not deleting the SAs");
		this->silent = TRUE;
	}
	return TRUE;
}

METHOD(ha_sync_outlet_t, add_filter, void,
	private_ha_sync_outlet_t *this, ha_sync_outlet_filter_t filter, void *user)
{
	if (this->count < FILTERS_MAX)
	{
		this->filters[this->count++] = (filter_t){
			.pass = filter,
			.user = user,
		};
	}
}

METHOD(ha_sync_outlet_t, send_, void,
	private_ha_sync_outlet_t *this, packet_t *packet)
{
	this->real->send(this->real, packet);
}

METHOD(ha_sync_outlet_t, destroy, void,
	private_ha_sync_outlet_t *this)
{
	if (charon->sender == &this->sender)
	{
		charon->sender = this->real;
	}
	free(this);
}

/*
 * Described in header.
 */
ha_sync_outlet_t *ha_sync_outlet_create(ha_sync_outlet_stopping_t stopping,
										ha_sync_outlet_leaving_t leaving,
										void *user)
{
	private_ha_sync_outlet_t *this;

	INIT(this,
		.public = {
			.listener = {
				.alert = _alert,
			},
			.add_filter = _add_filter,
			.send = _send_,
			.destroy = _destroy,
		},
		.sender = {
			.send = sender_send,
			.send_no_marker = sender_send_no_marker,
			.flush = sender_flush,
			.destroy = sender_destroy,
		},
		.real = charon->sender,
		.stopping = stopping,
		.leaving = leaving,
		.user = user,
	);
	charon->sender = &this->sender;
	return &this->public;
}
