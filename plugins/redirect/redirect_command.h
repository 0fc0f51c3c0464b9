/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_command redirect_command
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_COMMAND_H_
#define REDIRECT_COMMAND_H_

#include "redirect_drain.h"
#include "redirect_gateway.h"
#include "redirect_guard.h"
#include "redirect_members.h"

#include "cluster_control.h"

typedef struct redirect_command_t redirect_command_t;

/**
 * Commands on the control socket: "drain" and "undrain", "drain-status" and
 * "redirect" to show the progress, and the load of members with counters.
 *
 * Locking: none.
 */
struct redirect_command_t {

	/**
	 * Destroy a redirect_command_t, the commands are gone.
	 */
	void (*destroy)(redirect_command_t *this);
};

/**
 * Register the commands.
 *
 * @param control	control socket
 * @param members	members of the cluster
 * @param gateway	redirects clients
 * @param drain		drains this daemon
 * @param guard		client's side
 * @return			object
 */
redirect_command_t *redirect_command_create(cluster_control_t *control,
							redirect_members_t *members,
							redirect_gateway_t *gateway,
							redirect_drain_t *drain, redirect_guard_t *guard);

#endif /** REDIRECT_COMMAND_H_ @}*/
