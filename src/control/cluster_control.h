/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup cluster_control cluster_control
 * @{ @ingroup cluster
 */

#ifndef CLUSTER_CONTROL_H_
#define CLUSTER_CONTROL_H_

#include <library.h>
#include <vici_builder.h>
#include <vici_message.h>

typedef struct cluster_control_t cluster_control_t;

/**
 * Handler of a command.
 *
 * Called by a worker thread of the daemon without locks held; may check out
 * IKE_SAs and wait, the other commands of the same connection wait with it.
 *
 * @param user		user data given with the command
 * @param request	arguments of the command
 * @param reply		empty message to add the reply to; the key "success"
 *					(yes/no) and, on failure, "errmsg" are added from the result
 * @return			NULL if successful, or an allocated message that says what
 *					is wrong and what to do next
 */
typedef char* (*cluster_command_t)(void *user, vici_message_t *request,
								   vici_builder_t *reply);

/**
 * Writer of a section of the status.
 *
 * @param user		user data
 * @param reply		message, inside of a section named like the provider
 */
typedef void (*cluster_status_t)(void *user, vici_builder_t *reply);

/**
 * The control socket of the cluster (<ns>.cluster.socket, default
 * unix:///run/charon.cluster.vici), speaks VICI; swancluster is its client.
 *
 * There is one for the daemon: the first cluster_control_get() makes it, the
 * last cluster_control_put() removes it.  Plugins that use it depend on the
 * feature CUSTOM:vici.  The section "members" of the status, about the sync
 * channel, is provided by itself.
 *
 * Locking: safe in any thread; a lock protects the list of commands only and
 * is not held while a handler runs.
 */
struct cluster_control_t {

	/**
	 * Register a command.
	 *
	 * @param name		name of command, static
	 * @param handler	handler
	 * @param user		data for the handler
	 */
	void (*add_command)(cluster_control_t *this, char *name,
						cluster_command_t handler, void *user);

	/**
	 * Remove a command, waits for calls of its handler under way.
	 *
	 * @param name		name of command
	 */
	void (*remove_command)(cluster_control_t *this, char *name);

	/**
	 * Add a section to the reply to the command "status".
	 *
	 * @param name		name of section, static
	 * @param provider	writer of the section
	 * @param user		data for the provider
	 */
	void (*add_status)(cluster_control_t *this, char *name,
					   cluster_status_t provider, void *user);

	/**
	 * Remove a section of the status, waits for calls under way.
	 *
	 * @param name		name of section
	 */
	void (*remove_status)(cluster_control_t *this, char *name);
};

/**
 * Get the control socket, open it if that was not done yet.
 *
 * @return			control socket, NULL if vici is not loaded or the socket
 *					can't be opened (logged); release it with
 *					cluster_control_put()
 */
cluster_control_t *cluster_control_get();

/**
 * Release the control socket, the last one closes it.
 */
void cluster_control_put();

#endif /** CLUSTER_CONTROL_H_ @}*/
