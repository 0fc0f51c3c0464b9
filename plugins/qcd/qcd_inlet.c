/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_inlet.h"

#include <daemon.h>

typedef struct private_qcd_inlet_t private_qcd_inlet_t;

/**
 * Private data.
 */
struct private_qcd_inlet_t {

	/** public interface */
	qcd_inlet_t public;

	/** what charon uses in place of its own */
	socket_manager_t socket;

	/** charon's own */
	socket_manager_t *real;

	/** called with packets */
	qcd_inlet_cb_t cb;

	/** data for it */
	void *user;
};

/**
 * The socket_manager_t is inside of our object.
 */
static private_qcd_inlet_t *from_socket(socket_manager_t *socket)
{
	return (private_qcd_inlet_t*)((char*)socket -
								  offsetof(private_qcd_inlet_t, socket));
}

/**
 * Get the IKE message in a packet, empty if it is ESP or a keepalive; as
 * charon's receiver does it.
 */
static chunk_t get_ike(packet_t *packet)
{
	host_t *src = packet->get_source(packet);
	host_t *dst = packet->get_destination(packet);
	chunk_t data = packet->get_data(packet);

	if (src->get_port(src) != IKEV2_UDP_PORT &&
		dst->get_port(dst) != IKEV2_UDP_PORT)
	{
		if (data.len < sizeof(uint32_t) || untoh32(data.ptr) != 0)
		{
			return chunk_empty;
		}
		data = chunk_skip(data, sizeof(uint32_t));
	}
	return data;
}

/**
 * Implements socket_manager_t.receive
 */
static status_t socket_receive(socket_manager_t *socket, packet_t **packet)
{
	private_qcd_inlet_t *this = from_socket(socket);
	status_t status;
	chunk_t data;

	while (TRUE)
	{
		status = this->real->receive(this->real, packet);
		if (status != SUCCESS)
		{
			return status;
		}
		data = get_ike(*packet);
		if (!data.len || !this->cb(this->user, *packet, data))
		{
			return SUCCESS;
		}
		(*packet)->destroy(*packet);
	}
}

/**
 * Implements socket_manager_t.send
 */
static status_t socket_send(socket_manager_t *socket, packet_t *packet)
{
	private_qcd_inlet_t *this = from_socket(socket);

	return this->real->send(this->real, packet);
}

/**
 * Implements socket_manager_t.get_port
 */
static uint16_t socket_get_port(socket_manager_t *socket, bool nat_t)
{
	private_qcd_inlet_t *this = from_socket(socket);

	return this->real->get_port(this->real, nat_t);
}

/**
 * Implements socket_manager_t.supported_families
 */
static socket_family_t socket_families(socket_manager_t *socket)
{
	private_qcd_inlet_t *this = from_socket(socket);

	return this->real->supported_families(this->real);
}

/**
 * Implements socket_manager_t.add_socket
 */
static void socket_add(socket_manager_t *socket, socket_constructor_t create)
{
	private_qcd_inlet_t *this = from_socket(socket);

	this->real->add_socket(this->real, create);
}

/**
 * Implements socket_manager_t.remove_socket
 */
static void socket_remove(socket_manager_t *socket, socket_constructor_t create)
{
	private_qcd_inlet_t *this = from_socket(socket);

	this->real->remove_socket(this->real, create);
}

/**
 * Implements socket_manager_t.destroy; charon destroys its socket after plugins
 * are unloaded, so this is not called.
 */
static void socket_destroy(socket_manager_t *socket)
{
}

METHOD(qcd_inlet_t, destroy, void,
	private_qcd_inlet_t *this)
{
	if (charon->socket == &this->socket)
	{
		charon->socket = this->real;
	}
	free(this);
}

/*
 * Described in header.
 */
qcd_inlet_t *qcd_inlet_create(qcd_inlet_cb_t cb, void *user)
{
	private_qcd_inlet_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.socket = {
			.receive = socket_receive,
			.send = socket_send,
			.get_port = socket_get_port,
			.supported_families = socket_families,
			.add_socket = socket_add,
			.remove_socket = socket_remove,
			.destroy = socket_destroy,
		},
		.real = charon->socket,
		.cb = cb,
		.user = user,
	);
	charon->socket = &this->socket;
	return &this->public;
}
