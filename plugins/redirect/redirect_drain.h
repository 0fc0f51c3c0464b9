/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_drain redirect_drain
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_DRAIN_H_
#define REDIRECT_DRAIN_H_

#include "redirect_gateway.h"

typedef struct redirect_drain_t redirect_drain_t;
typedef struct redirect_progress_t redirect_progress_t;
typedef struct redirect_drain_options_t redirect_drain_options_t;

/**
 * How to drain.
 */
struct redirect_drain_options_t {
	/** clients redirected per second */
	uint32_t rate;
	/** time after which those that are left are dealt with, in s; 0 for none */
	uint32_t deadline;
	/** IKE SAs that are left then are deleted */
	bool delete;
};

/**
 * Progress of a drain.
 */
struct redirect_progress_t {
	/** this daemon is drained */
	bool draining;
	/** options */
	redirect_drain_options_t options;
	/** the numbers below are known */
	bool known;
	/** IKE SAs there were when it began */
	u_int total;
	/** those that are still there */
	u_int left;
	/** those of them that were sent a REDIRECT and did not leave yet */
	u_int leaving;
	/** those of them whose peer can't be redirected: it does not support it, or
	 * is the responder */
	u_int unable;
	/** those of them for which there is no gateway at the moment */
	u_int nowhere;
	/** REDIRECTs sent, and IKE SAs deleted after the deadline */
	u_int redirected, deleted;
	/** how long it took until now, or until it was empty, in s */
	u_int elapsed;
	/** how long it will take, in s; 0 if not known */
	u_int estimate;
	/** the deadline is over */
	bool late;
};

/**
 * Redirects established IKE SAs at a set rate: all of them while this daemon is
 * drained, and else those that rules of moment established are for.
 *
 * A drain lasts until undrain(), or the end of the daemon.
 *
 * Locking: a mutex for its state; nothing is called with it.  Another one for
 * drain() and undrain(), which tell members with it.  A thread of its own
 * checks out IKE SAs, with none of them.
 */
struct redirect_drain_t {

	/**
	 * Begin a drain, or change the options of the one under way.
	 *
	 * @param options	how
	 */
	void (*drain)(redirect_drain_t *this,
				  const redirect_drain_options_t *options);

	/**
	 * End a drain.
	 *
	 * @return			FALSE if there is none
	 */
	bool (*undrain)(redirect_drain_t *this);

	/**
	 * Get the progress.
	 *
	 * @param progress	receives progress
	 */
	void (*get_progress)(redirect_drain_t *this, redirect_progress_t *progress);

	/**
	 * Set options for rules.
	 *
	 * @param config	options
	 */
	void (*configure)(redirect_drain_t *this, const redirect_config_t *config);

	/**
	 * Destroy a redirect_drain_t.
	 */
	void (*destroy)(redirect_drain_t *this);
};

/**
 * Create a redirect_drain_t.
 *
 * @param gateway	redirects IKE SAs
 * @param policy	policy
 * @param members	members of the cluster
 * @return			object
 */
redirect_drain_t *redirect_drain_create(redirect_gateway_t *gateway,
							redirect_policy_t *policy,
							redirect_members_t *members);

#endif /** REDIRECT_DRAIN_H_ @}*/
