/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_others sync_others
 * @{ @ingroup cluster
 */

#ifndef SYNC_OTHERS_H_
#define SYNC_OTHERS_H_

#include "sync_listener.h"
#include "sync_other.h"

typedef struct sync_others_t sync_others_t;

/**
 * All other members, as configured, and who of those that connect is one.
 *
 * Locking: one read/write lock, written by set_config() only; held while
 * functions of members and their sessions are called, not while a member is
 * destroyed.
 */
struct sync_others_t {

	/**
	 * Use new options: add, change and remove members.
	 *
	 * @param config	options, adopted unless they can't be used
	 * @return			FALSE if files can't be used (logged)
	 */
	bool (*set_config)(sync_others_t *this, sync_config_t *config);

	/**
	 * Get the functions the listener needs.
	 *
	 * @param cb		receives functions, valid as long as this object
	 */
	void (*get_listener_cb)(sync_others_t *this, sync_listener_cb_t *cb);

	/**
	 * Tell all members that there are new frames in the backlog.
	 */
	void (*poke)(sync_others_t *this);

	/**
	 * Drop the frames of the backlog all members have.
	 */
	void (*release)(sync_others_t *this);

	/**
	 * Send a frame to one member only.
	 *
	 * @param member	name of the member
	 * @param frame		encoded frame, adopted and cleared
	 * @return			FALSE if there's no link to it, or its queue is full
	 */
	bool (*send)(sync_others_t *this, char *member, chunk_t frame);

	/**
	 * Ask for snapshots, or give them.
	 *
	 * @param member	name of the member, NULL for all
	 * @param domains	mask: 1 << sync_domain_t
	 * @param ask		TRUE to ask
	 * @param give		TRUE to give
	 * @return			FALSE if no such member is connected
	 */
	bool (*resync)(sync_others_t *this, char *member, u_int domains, bool ask,
				   bool give);

	/**
	 * Somebody subscribed.
	 */
	void (*subscribed)(sync_others_t *this);

	/**
	 * Enumerate what is known of the members.
	 *
	 * @return			enumerator over sync_member_t*
	 */
	enumerator_t *(*create_enumerator)(sync_others_t *this);

	/**
	 * Say farewell to all at the same time, and destroy this object.
	 *
	 * The listener must not exist anymore.
	 */
	void (*destroy)(sync_others_t *this);
};

/**
 * Create a sync_others_t, without members yet.
 *
 * @param incarnation	our incarnation
 * @param backlog		frames to send
 * @param commit		told what members processed
 * @param subscribers	who gets what is received
 * @return				sync_others_t
 */
sync_others_t *sync_others_create(uint64_t incarnation,
								  sync_backlog_t *backlog,
								  sync_commit_t *commit,
								  sync_subscribers_t *subscribers);

#endif /** SYNC_OTHERS_H_ @}*/
