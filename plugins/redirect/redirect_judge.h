/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_judge redirect_judge
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_JUDGE_H_
#define REDIRECT_JUDGE_H_

#include "redirect_guard_config.h"

#include <encoding/message.h>
#include <encoding/payloads/notify_payload.h>
#include <sa/ike_sa.h>

typedef struct redirect_judge_t redirect_judge_t;
typedef enum redirect_verdict_t redirect_verdict_t;

/**
 * What becomes of a REDIRECT.
 */
enum redirect_verdict_t {
	/** charon gets to see it */
	REDIRECT_FOLLOW,
	/** it must not be followed */
	REDIRECT_REFUSE,
	/** the message is to be ignored, it will be processed again */
	REDIRECT_LATER,
};

/**
 * Counts a REDIRECT that is to be followed.
 *
 * @param user		user data
 * @param ike_sa	IKE SA
 * @param config	options
 * @param port		port of the gateway, 0 for the usual one
 * @param init		it's in an IKE_SA_INIT response
 * @return			FALSE if it's one too many
 */
typedef bool (*redirect_judge_count_t)(void *user, ike_sa_t *ike_sa,
							const redirect_guard_config_t *config,
							uint16_t port, bool init);

/**
 * Decides if a REDIRECT is followed: by the options, the number of redirects,
 * and whether the gateway has an address.
 *
 * Locking: an atomic number; redirect_resolver has a mutex.
 */
struct redirect_judge_t {

	/**
	 * Decide about a REDIRECT.
	 *
	 * What charon does not understand is replaced in the notify: ports, and
	 * names that were looked up.
	 *
	 * @param ike_sa	IKE SA the message is for
	 * @param message	message, decrypted
	 * @param notify	REDIRECT in it
	 * @param init		it's an IKE_SA_INIT response
	 * @return			what becomes of it
	 */
	redirect_verdict_t (*judge)(redirect_judge_t *this, ike_sa_t *ike_sa,
								message_t *message, notify_payload_t *notify,
								bool init);

	/**
	 * Get how many were refused, malformed ones aside.
	 *
	 * @return			number
	 */
	uint32_t (*get_refused)(redirect_judge_t *this);

	/**
	 * Destroy a redirect_judge_t.
	 */
	void (*destroy)(redirect_judge_t *this);
};

/**
 * Create a redirect_judge_t.
 *
 * @param count		counts REDIRECTs that are to be followed
 * @param user		data for it
 * @return			object
 */
redirect_judge_t *redirect_judge_create(redirect_judge_count_t count,
										void *user);

#endif /** REDIRECT_JUDGE_H_ @}*/
