/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_connect sync_connect
 * @{ @ingroup cluster
 */

#ifndef SYNC_CONNECT_H_
#define SYNC_CONNECT_H_

#include "sync_hello.h"
#include "sync_link.h"
#include "sync_wake.h"

/** longest time a TCP connection, TLS and the HELLOs may take, in ms */
#define SYNC_SETUP_TIME 5000

/**
 * Set a new socket's options: doesn't wait, sends small frames at once.
 *
 * @param fd		socket
 */
void sync_socket_setup(int fd);

/**
 * Connect to a member and do the TLS handshake.
 *
 * @param tls		TLS
 * @param from		our address, or %any
 * @param to		address and port of the member
 * @param wake		the attempt is given up if its thread shall end
 * @param why		receives allocated reason of a failure
 * @return			link, NULL on failure
 */
sync_link_t *sync_connect(sync_tls_t *tls, host_t *from, host_t *to,
						  sync_wake_t *wake, char **why);

/**
 * Send a HELLO over a new link and wait for the answer.
 *
 * @param link		link
 * @param hello		HELLO to send
 * @param wake		the attempt is given up if its thread shall end
 * @param why		receives allocated reason of a failure
 * @return			HELLO of the other side, NULL on failure
 */
sync_hello_t *sync_connect_hello(sync_link_t *link, sync_hello_t *hello,
								 sync_wake_t *wake, char **why);

/**
 * Send the first frame of a link, as far as the kernel takes it at once.
 *
 * @param link		link
 * @param frame		encoded frame, adopted
 */
void sync_connect_send(sync_link_t *link, chunk_t frame);

#endif /** SYNC_CONNECT_H_ @}*/
