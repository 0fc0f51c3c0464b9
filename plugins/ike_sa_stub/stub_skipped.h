/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_skipped stub_skipped
 * @{ @ingroup ike_sa_stub
 *
 * What tasks of charon would have done on a client, had they not been skipped
 * as the IKE_SA is made from a stub.  No locking; the IKE_SA is checked out by
 * the caller.
 */

#ifndef STUB_SKIPPED_H_
#define STUB_SKIPPED_H_

#include "stub.h"
#include "stub_answer.h"

/**
 * Have charon look at the notifies for NAT detection in an answer; it changes
 * to port 4500 then.
 *
 * @param ike_sa	IKE_SA
 * @param message	message with the answer, not parsed
 * @param answer	answer
 */
void stub_skipped_natd(ike_sa_t *ike_sa, message_t *message,
					   stub_answer_t *answer);

/**
 * Remove the tasks that the answer makes needless, they are all queued when it
 * comes.
 *
 * @param ike_sa	IKE_SA
 */
void stub_skipped_remove(ike_sa_t *ike_sa);

/**
 * Install addresses and attributes the client had.  Not to be called in hooks
 * of charon's bus.
 *
 * @param ike_sa	IKE_SA
 * @param stub		stub
 */
void stub_skipped_config(ike_sa_t *ike_sa, stub_t *stub);

/**
 * Go on with what is queued, or else a liveness check: the gateway waits for a
 * protected message.
 *
 * @param ike_sa	IKE_SA
 * @return			as of ike_sa_t.initiate()
 */
status_t stub_skipped_initiate(ike_sa_t *ike_sa);

#endif /** STUB_SKIPPED_H_ @}*/
