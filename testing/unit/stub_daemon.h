/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * A charon for tests of both sides of an exchange: its bus and IKE_SAs are
 * real; packets, jobs and the only IKE_SA that can be checked out are kept for
 * the test.  No locking, there are no other threads.
 */

#ifndef STUB_DAEMON_H_
#define STUB_DAEMON_H_

#include "stub_test.h"

#include <daemon.h>

/** SPIs of the new IKE SA, and of another one */
#define NEW_SPI_I htobe64(0x2122232425262728ULL)
#define NEW_SPI_R htobe64(0x3132333435363738ULL)
#define OTHER_SPI htobe64(0x4142434445464748ULL)

/** addresses of client and gateway */
#define CLIENT_ADDRESS "192.168.0.100"
#define GATEWAY_ADDRESS "192.168.0.1"

/** nonce of the client */
#define CLIENT_NONCE chunk_from_str("nonce of the client, 32 octets..")

typedef struct stub_daemon_t stub_daemon_t;

/**
 * What the daemon keeps.
 */
struct stub_daemon_t {
	/** a stub without inner addresses and new key exchange, its connection */
	stub_t *stub;
	peer_cfg_t *peer_cfg;
	/** IKE_SA that can be checked out, of the test, NULL for none */
	ike_sa_t *sa;
	/** TRUE if it was checked in to be destroyed */
	bool destroyed;
	/** name of the connection in the configuration, NULL for none */
	char *connection;
	/** packet that was sent last, NULL if none was, and how many were */
	packet_t *sent;
	u_int packets;
	/** jobs that wait to be run, at once or later */
	linked_list_t *jobs, *scheduled;
	/** number of IKE_SA_INITs counted as half open */
	u_int half_open;
};

/**
 * Initialize libcharon.
 *
 * @return			daemon, a static object
 */
stub_daemon_t *stub_daemon_init();

/**
 * Make an IKE_SA between client and gateway, and let it be checked out.
 *
 * @param initiator	TRUE for that of the client
 */
void stub_daemon_create_sa(bool initiator);

/**
 * Make a message between client and gateway.
 *
 * @param exchange	exchange type
 * @param request	TRUE for a request of the client, else a response
 * @param mid		message ID
 * @return			message
 */
message_t *stub_daemon_message(exchange_type_t exchange, bool request,
							   uint32_t mid);

/**
 * Add payloads that an ordinary IKE_SA_INIT has: SA and KE.
 *
 * @param message	message
 */
void stub_daemon_add_ordinary(message_t *message);

/**
 * Add a nonce to a message.
 *
 * @param message	message
 * @param nonce		nonce, cloned
 */
void stub_daemon_add_nonce(message_t *message, chunk_t nonce);

/**
 * Show a message to a listener, before it is parsed and, if charon would go on
 * with it, afterwards.
 *
 * @param listener	listener
 * @param packet	message as it is on the wire
 * @return			TRUE if the message is charon's
 */
bool stub_daemon_receive(listener_t *listener, packet_t *packet);

/**
 * Run the first job of a list.
 *
 * @param list		jobs or scheduled
 */
void stub_daemon_run(linked_list_t *list);

/**
 * Destroy IKE_SA and jobs.
 */
void stub_daemon_clear();

/**
 * Deinitialize libcharon.
 */
void stub_daemon_deinit();

#endif /** STUB_DAEMON_H_ */
