/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_command stub_command
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_COMMAND_H_
#define STUB_COMMAND_H_

#include "stub_client.h"
#include "stub_gateway.h"
#include "cluster_control.h"

typedef struct stub_command_t stub_command_t;

/**
 * Commands of operators: "stubs" shows counters and lists stubs, without
 * secrets; "stubs-flush" removes all.
 *
 * Locking: none.
 */
struct stub_command_t {

	/**
	 * Destroy a stub_command_t.
	 */
	void (*destroy)(stub_command_t *this);
};

/**
 * Create the commands.
 *
 * @param control	control socket
 * @param config	options
 * @param keeper	keeper of gateways' stubs
 * @param capture	has clients' stubs
 * @param gateway	gateway
 * @param client	client
 * @param stats		counters
 * @return			commands
 */
stub_command_t *stub_command_create(cluster_control_t *control,
									stub_config_t *config,
									stub_keeper_t *keeper,
									stub_capture_t *capture,
									stub_gateway_t *gateway,
									stub_client_t *client,
									stub_stats_t *stats);

#endif /** STUB_COMMAND_H_ @}*/
