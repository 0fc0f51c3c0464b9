/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup swancluster swancluster
 *
 * The operator's command line tool, see doc/swancluster.8.
 */

#include "command.h"

#include "cluster_control_uri.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

/**
 * Options of the command line.
 */
static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "to", required_argument, NULL, 't' },
	{ "uri", required_argument, NULL, 'u' },
	{ "rate", required_argument, NULL, 'r' },
	{ "deadline", required_argument, NULL, 'd' },
	{ "action", required_argument, NULL, 'a' },
	{ "no-wait", no_argument, NULL, 'n' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

/**
 * Print the help.
 */
static void print_help()
{
	u_int i;

	puts("usage: swancluster COMMAND [ARGUMENT] [OPTION...]\n\ncommands:");
	for (i = 0; commands[i].name; i++)
	{
		printf("  %-9s%-9s %s\n", commands[i].name, commands[i].arg ?: "",
			   commands[i].help);
	}
	puts("\noptions:\n"
		 "  -j, --json       print the whole reply as JSON\n"
		 "  -t, --to MEMBER  member that takes over (handover; default: any)\n"
		 "  -r, --rate N     clients redirected per second (drain)\n"
		 "  -d, --deadline S seconds until what is left is dealt with (drain)\n"
		 "  -a, --action A   what is done then: wait or delete (drain)\n"
		 "  -n, --no-wait    don't wait for the end of the drain\n"
		 "  -u, --uri URI    control socket of the daemon (default: "
		 "charon.cluster.socket\n"
		 "                   in strongswan.conf, else "
		 CLUSTER_CONTROL_URI ")\n"
		 "  -h, --help       print this\n"
		 "  -v, --version    print the version\n\n"
		 "GROUP is needed only if there are several groups of service "
		 "addresses.\n"
		 "exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 no daemon "
		 "answers");
}

/**
 * Take an option, returns FALSE if it ends the program with code.
 */
static bool parse_option(call_t *call, int opt, char *arg, int *code)
{
	char name[] = "-?";

	switch (opt)
	{
		case 'j':
			call->json = TRUE;
			return TRUE;
		case 't':
			call->to = optarg;
			return TRUE;
		case 'r':
			call->rate = optarg;
			return TRUE;
		case 'd':
			call->deadline = optarg;
			return TRUE;
		case 'a':
			call->action = optarg;
			return TRUE;
		case 'n':
			call->no_wait = TRUE;
			return TRUE;
		case 'u':
			call->uri = optarg;
			return TRUE;
		case 'h':
			print_help();
			*code = EXIT_SUCCESS;
			return FALSE;
		case 'v':
			puts("swancluster " CLUSTER_PACKAGE_VERSION);
			*code = EXIT_SUCCESS;
			return FALSE;
		case ':':
			*code = command_refuse("a value is missing after option", arg);
			return FALSE;
		default:
			/* of several short ones in an argument, it's not the argument */
			name[1] = optopt;
			*code = command_refuse("unknown option",
								   optopt && !strpfx(arg, "--") ? name : arg);
			return FALSE;
	}
}

/**
 * Check that the command takes what was given.
 */
static bool check_call(call_t *call, int argc, char *argv[], int *code)
{
	int max = call->command->arg ? 1 : 0;

	if (argc > max)
	{
		*code = command_refuse(max ? "one argument too many:" :
					   "the command takes no argument, but got", argv[max]);
		return FALSE;
	}
	if (call->json && !strchr(call->command->options, 'j'))
	{
		*code = command_refuse("--json is not for the command",
							   call->command->name);
		return FALSE;
	}
	if (call->to && !strchr(call->command->options, 't'))
	{
		*code = command_refuse("--to is not for the command",
							   call->command->name);
		return FALSE;
	}
	if ((call->rate || call->deadline || call->action || call->no_wait) &&
		!strchr(call->command->options, 'd'))
	{
		*code = command_refuse("--rate, --deadline, --action and --no-wait are "
					   "not for the command", call->command->name);
		return FALSE;
	}
	call->arg = argc ? argv[0] : NULL;
	return TRUE;
}

/**
 * Parse the command line, returns FALSE if it ends the program with code.
 */
static bool parse_call(call_t *call, int argc, char *argv[], int *code)
{
	int opt;

	/* options may be anywhere, and we have our own words for mistakes */
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":jt:r:d:a:nu:hv", options,
							  NULL)) != -1)
	{
		if (!parse_option(call, opt, argv[optind - 1], code))
		{
			return FALSE;
		}
	}
	if (optind == argc)
	{
		print_help();
		*code = EXIT_USAGE;
		return FALSE;
	}
	call->command = command_find(argv[optind]);
	if (!call->command)
	{
		*code = command_refuse("unknown command", argv[optind]);
		return FALSE;
	}
	return check_call(call, argc - optind - 1, argv + optind + 1, code);
}

int main(int argc, char *argv[])
{
	call_t call = {};
	int code;

	if (parse_call(&call, argc, argv, &code))
	{
		code = call.command->run(&call);
	}
	if (fflush(stdout) != 0 && errno != EPIPE)
	{
		fprintf(stderr, "swancluster: writing the output failed: %s\n",
				strerror(errno));
		return code ?: EXIT_FAILURE;
	}
	return code;
}
