/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup request request
 * @{ @ingroup swancluster
 *
 * Requests to the daemon, by VICI over its control socket.
 */

#ifndef REQUEST_H_
#define REQUEST_H_

#include "reply.h"

typedef enum request_result_t request_result_t;
typedef struct request_arg_t request_arg_t;

/**
 * What became of a request; the values are exit codes of the program.
 */
enum request_result_t {
	/** it was done */
	REQUEST_DONE = 0,
	/** the daemon refused it, or failed */
	REQUEST_REFUSED = 1,
	/** there is no daemon that answers */
	REQUEST_UNREACHABLE = 3,
};

/**
 * Argument of a request.
 */
struct request_arg_t {
	/** key, NULL ends a list of arguments */
	char *key;
	/** value, NULL if the argument is not given */
	char *value;
};

/**
 * Send a request and wait for the reply.
 *
 * Initializes libvici, and with it libstrongswan, for the time of the call.
 * A daemon that does not answer within a bit more than its own limit for a
 * command (30 s) ends the process with REQUEST_UNREACHABLE and a message.
 *
 * @param uri		URI of the control socket, NULL for the one strongswan.conf
 *					says (charon.cluster.socket), or the default
 * @param command	name of command
 * @param args		arguments
 * @param reply		receives the reply, NULL if there is none
 * @param msg		receives an allocated message that says what is wrong and
 *					what to do next, NULL if result is REQUEST_DONE
 * @return			result
 */
request_result_t request_run(char *uri, char *command, request_arg_t *args,
							 reply_t **reply, char **msg);

#endif /** REQUEST_H_ @}*/
