/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup command command
 * @{ @ingroup swancluster
 *
 * What swancluster can do: each command asks the daemon, prints the reply, and
 * has an exit code, see request_result_t.
 *
 * No locking: the tool has one thread.
 */

#ifndef COMMAND_H_
#define COMMAND_H_

#include <library.h>

/**
 * Exit code for a command line we don't understand.
 */
#define EXIT_USAGE 2

typedef struct call_t call_t;
typedef struct command_t command_t;

/**
 * What the command line says.
 */
struct call_t {

	/** command */
	const command_t *command;

	/** its argument, NULL if none */
	char *arg;

	/** --to */
	char *to;

	/** --rate, --deadline, --action */
	char *rate, *deadline, *action;

	/** --no-wait */
	bool no_wait;

	/** --uri */
	char *uri;

	/** --json */
	bool json;
};

/**
 * A command.
 */
struct command_t {

	/** name */
	char *name;

	/** its argument, NULL if it takes none */
	char *arg;

	/** options it takes beside --uri, characters */
	char *options;

	/** description */
	char *help;

	/** run it, returns exit code */
	int (*run)(call_t *call);
};

/**
 * All commands, the last one has no name.
 */
extern const command_t commands[];

/**
 * Find a command.
 *
 * @param name		name
 * @return			command, NULL if there's none of this name
 */
const command_t *command_find(const char *name);

/**
 * Refuse the command line, with a line on stderr.
 *
 * @param what		what's wrong
 * @param arg		what it's wrong with, printed in quotes, made fit for it
 * @return			EXIT_USAGE
 */
int command_refuse(const char *what, const char *arg);

#endif /** COMMAND_H_ @}*/
