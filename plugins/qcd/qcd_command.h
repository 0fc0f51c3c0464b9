/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_command qcd_command
 * @{ @ingroup qcd
 */

#ifndef QCD_COMMAND_H_
#define QCD_COMMAND_H_

#include "qcd_config.h"
#include "qcd_secret.h"
#include "qcd_stats.h"
#include "qcd_store.h"

#include "cluster_control.h"
#include "sa_directory.h"

typedef struct qcd_command_t qcd_command_t;

/**
 * Commands "qcd" and "qcd-rotate" of the control socket.
 *
 * Locking: none but those of what it uses.
 */
struct qcd_command_t {

	/**
	 * Remove the commands, destroy.
	 */
	void (*destroy)(qcd_command_t *this);
};

/**
 * Add the commands.
 *
 * @param control	control socket
 * @param config	options
 * @param secret	secrets, or NULL
 * @param directory	who has which IKE SA
 * @param store		tokens of peers
 * @param stats		counters and events
 * @return			object
 */
qcd_command_t *qcd_command_create(cluster_control_t *control,
								  qcd_config_t *config, qcd_secret_t *secret,
								  sa_directory_t *directory,
								  qcd_store_t *store, qcd_stats_t *stats);

#endif /** QCD_COMMAND_H_ @}*/
