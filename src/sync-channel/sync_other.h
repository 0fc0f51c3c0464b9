/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_other sync_other
 * @{ @ingroup cluster
 */

#ifndef SYNC_OTHER_H_
#define SYNC_OTHER_H_

#include "sync_config.h"
#include "sync_session.h"

typedef struct sync_other_t sync_other_t;

/**
 * Another member: keeps a link to it by a thread of its own.  Of two members
 * the one whose name sorts first connects, the other one accepts.
 *
 * Locking: one mutex of its own, held while the session is told to end,
 * taken before the session's.
 */
struct sync_other_t {

	/**
	 * Get the name.
	 *
	 * @return			name, internal data
	 */
	char *(*get_name)(sync_other_t *this);

	/**
	 * Get the protocol's state.
	 *
	 * @return			session, internal data
	 */
	sync_session_t *(*get_session)(sync_other_t *this);

	/**
	 * Check if connections from an address may be the member's.
	 *
	 * @param host		address, the port does not matter
	 * @return			TRUE if it's the member's address
	 */
	bool (*has_address)(sync_other_t *this, host_t *host);

	/**
	 * Take over a link the member has set up and said HELLO on.
	 *
	 * @param link		link, adopted if not refused
	 * @param hello		HELLO, adopted if not refused
	 * @return			NULL, or allocated reason to refuse it
	 */
	char *(*adopt)(sync_other_t *this, sync_link_t *link, sync_hello_t *hello);

	/**
	 * A link could not be set up: log it if it is news.
	 *
	 * @param why		reason
	 */
	void (*failed)(sync_other_t *this, const char *why);

	/**
	 * Use new options; a changed address ends the link.
	 *
	 * @param config	options of the channel
	 * @param peer		options of the member
	 * @param tls		TLS for links from now on, a reference is kept
	 */
	void (*configure)(sync_other_t *this, sync_config_t *config,
					  sync_peer_config_t *peer, sync_tls_t *tls);

	/**
	 * Get what is known of the member.
	 *
	 * @param member	receives data; name, address and error are allocated
	 */
	void (*get_info)(sync_other_t *this, sync_member_t *member);

	/**
	 * Begin to end the link, and don't set up another one.
	 *
	 * @param why		reason to tell the member
	 */
	void (*stop)(sync_other_t *this, char *why);

	/**
	 * Destroy a sync_other_t, stopped before; waits for its thread.
	 */
	void (*destroy)(sync_other_t *this);
};

/**
 * Create a sync_other_t, start its thread.
 *
 * @param config		options of the channel
 * @param peer			options of the member
 * @param tls			TLS, a reference is kept
 * @param incarnation	our incarnation
 * @param backlog		frames to send
 * @param commit		told what the member processed
 * @param subscribers	who gets what is received
 * @return				sync_other_t, NULL on failure
 */
sync_other_t *sync_other_create(sync_config_t *config,
						sync_peer_config_t *peer, sync_tls_t *tls,
						uint64_t incarnation, sync_backlog_t *backlog,
						sync_commit_t *commit,
						sync_subscribers_t *subscribers);

#endif /** SYNC_OTHER_H_ @}*/
