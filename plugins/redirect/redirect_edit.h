/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_edit redirect_edit
 * @{ @ingroup redirect
 *
 * What is changed in messages before charon sees, or after it made them.
 */

#ifndef REDIRECT_EDIT_H_
#define REDIRECT_EDIT_H_

#include <encoding/message.h>
#include <sa/ike_sa.h>

/**
 * Remove the REDIRECTs in a message.
 *
 * @param message	message
 */
void redirect_edit_strip(message_t *message);

/**
 * Remove the KE payload of a request that is answered without one.
 *
 * @param message	IKE_SA_INIT request
 */
void redirect_edit_remove_ke(message_t *message);

/**
 * Send an IKE_SA_INIT request to a port of the gateway: UDP encapsulation, as
 * with NAT, is used for other ports than 500 from the beginning.
 *
 * @param ike_sa	IKE_SA, its hosts are changed, too
 * @param message	request
 * @param port		port
 */
void redirect_edit_set_port(ike_sa_t *ike_sa, message_t *message,
							uint16_t port);

/**
 * Announce that ports in REDIRECTs are understood.
 *
 * @param message	IKE_SA_INIT request
 */
void redirect_edit_announce_ports(message_t *message);

#endif /** REDIRECT_EDIT_H_ @}*/
