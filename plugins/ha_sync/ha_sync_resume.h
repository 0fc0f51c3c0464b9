/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_resume ha_sync_resume
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_RESUME_H_
#define HA_SYNC_RESUME_H_

#include "ha_sync_capture.h"
#include "ha_sync_record.h"

#include <networking/packet.h>
#include <sa/ike_sa.h>

typedef struct ha_sync_resume_t ha_sync_resume_t;

/**
 * Finishes requests that a member which failed had under way.
 *
 * The peer may have got such a request or not, and may have answered.  If not,
 * it waits for its message ID; if so, it knows what it answered, and accepts
 * nothing else under this ID.  So the same octets are sent until there is a
 * response, and nothing else meanwhile, as the window is one request.
 *
 * A task of ours makes charon's task manager do that: it takes the exchange,
 * its timers and its end.  The message it builds has the right message ID, but
 * no content: instead of it, the replicated packets leave (substitute()).  When
 * the response is there, the new active does what the old one would have done,
 * as far as it can:
 *
 * - CHILD SA deleted, IKE SA deleted: done here, too.
 * - CHILD SA created: keys are not known here, as the key exchange was the old
 *   active's.  The peer's is deleted, and if it was a rekeying it starts again.
 * - IKE SA rekeyed: not repeated, as the peer's new IKE SA would be out of
 *   reach.  An empty request takes its message ID: if the peer did not get the
 *   old one, all goes on; if it did, the IKE SA is lost.
 *
 * Locking: a mutex protects the table of requests under way; it is not held
 * while others are called.
 */
struct ha_sync_resume_t {

	/**
	 * Start again the request an IKE SA had under way.
	 *
	 * The IKE_SA is live, with the message IDs of the record.
	 *
	 * @param ike_sa	IKE_SA, checked out by the caller
	 * @param exchange	its last messages, ha_sync_resume_wanted()
	 * @param status	receives DESTROY_ME if the IKE_SA can't be used anymore
	 * @return			FALSE if the request can't be read, and is not finished
	 */
	bool (*start)(ha_sync_resume_t *this, ike_sa_t *ike_sa,
				  const ha_sync_exchange_t *exchange, status_t *status);

	/**
	 * Put the octets of the old active's request in a packet that stands for
	 * it.
	 *
	 * May be called by any thread, for every packet that leaves.
	 *
	 * @param packet	packet that leaves
	 */
	void (*substitute)(ha_sync_resume_t *this, packet_t *packet);

	/**
	 * Destroy a ha_sync_resume_t.
	 */
	void (*destroy)(ha_sync_resume_t *this);
};

/**
 * Check if an IKE SA has a request under way that can be finished.
 *
 * @param exchange		its last messages
 * @return				TRUE if so
 */
bool ha_sync_resume_wanted(const ha_sync_exchange_t *exchange);

/**
 * Create a ha_sync_resume_t.
 *
 * @param capture		watches live IKE_SAs
 * @return				object
 */
ha_sync_resume_t *ha_sync_resume_create(ha_sync_capture_t *capture);

#endif /** HA_SYNC_RESUME_H_ @}*/
