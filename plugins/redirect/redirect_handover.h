/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_handover redirect_handover
 * @{ @ingroup redirect
 *
 * The moment when the traffic of a client that moves to another member moves,
 * too.
 *
 * A client drops what comes with its old CHILD SA once the new one is
 * installed, but the old gateway learns of that by the Delete only.  So the new
 * gateway looks for the first packet of the client, and the old one then
 * removes its CHILD SAs, without telling the client, which is about to delete
 * them.
 */

#ifndef REDIRECT_HANDOVER_H_
#define REDIRECT_HANDOVER_H_

#include <networking/host.h>
#include <utils/identification.h>

/**
 * Called when a client has sent something, or its address was let go.
 *
 * @param vip		inner address
 * @param id		identity of the client
 */
typedef void (*redirect_handover_cb_t)(host_t *vip, identification_t *id);

/**
 * Wait for the first packet of a client on a new IKE SA, at most 10 s.
 *
 * @param ike_sa	unique ID of the IKE SA
 * @param vip		inner address
 * @param id		identity of the client
 * @param used		called by a job if there was one
 */
void redirect_handover_watch(uint32_t ike_sa, host_t *vip, identification_t *id,
							 redirect_handover_cb_t used);

/**
 * Remove the CHILD SAs of a client that was redirected and sends elsewhere now,
 * once none of them is being made, rekeyed or deleted; they stay if that takes
 * more than 10 s.
 *
 * @param ike_sa	unique ID of the IKE SA
 * @param vip		inner address
 * @param id		identity of the client
 * @param gone		called by a job if they were removed
 */
void redirect_handover_let_go(uint32_t ike_sa, host_t *vip,
							  identification_t *id,
							  redirect_handover_cb_t gone);

/**
 * Delete the IKE SAs of a client whose address another client has, by a job
 * that waits for those that are checked out.
 *
 * @param vip		inner address
 * @param id		identity of the client
 */
void redirect_handover_give_way(host_t *vip, identification_t *id);

#endif /** REDIRECT_HANDOVER_H_ @}*/
