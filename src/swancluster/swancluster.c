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

#include "genkey.h"
#include "qcd_print.h"
#include "reply.h"
#include "reply_print.h"
#include "request.h"
#include "status_print.h"

#include "cluster_control_uri.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

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
 * Print an error.
 */
static void print_error(const char *msg)
{
	fputs("swancluster: ", stderr);
	reply_print_str(msg, stderr);
	fputc('\n', stderr);
}

/**
 * Refuse the command line.
 */
static int refuse(const char *what, const char *arg)
{
	fprintf(stderr, "swancluster: %s '", what);
	reply_print_str(arg, stderr);
	fputs("', see: swancluster --help\n", stderr);
	return EXIT_USAGE;
}

/**
 * Run a request; print prints a successful reply.
 */
static int run_request(call_t *call, request_arg_t *args,
					   void (*print)(call_t *call, reply_t *reply))
{
	request_result_t result;
	reply_t *reply;
	char *msg;

	result = request_run(call->uri, call->command->name, args, &reply, &msg);
	if (reply && call->json)
	{
		reply_print_json(reply, stdout);
	}
	else if (result == REQUEST_DONE)
	{
		print(call, reply);
	}
	if (msg)
	{
		print_error(msg);
	}
	if (reply)
	{
		reply_destroy(reply);
	}
	free(msg);
	return result;
}

/**
 * Print the reply to "status".
 */
static void print_status(call_t *call, reply_t *reply)
{
	status_print(reply, stdout);
}

/**
 * Command "status".
 */
static int run_status(call_t *call)
{
	request_arg_t args[] = {
		{ NULL, NULL },
	};

	return run_request(call, args, print_status);
}

/**
 * Print the reply to a command that changes who is active.
 */
static void print_change(call_t *call, reply_t *reply)
{
	const char *active = reply_get_str(reply, "active", NULL);

	if (active)
	{
		reply_print_str(active, stdout);
		fputs(" is active", stdout);
	}
	else
	{
		fprintf(stdout, "this member is %s",
				streq(call->command->name, "activate") ? "active" : "standby");
	}
	fputs(" for group '", stdout);
	reply_print_str(reply_get_str(reply, "group", "?"), stdout);
	fputs("' after ", stdout);
	reply_print_str(reply_get_str(reply, "ms", "?"), stdout);
	fputs(" ms\n", stdout);
}

/**
 * Commands "activate", "standby" and "handover".
 */
static int run_change(call_t *call)
{
	request_arg_t args[] = {
		{ "group", call->arg },
		{ "to", call->to },
		{ NULL, NULL },
	};

	return run_request(call, args, print_change);
}

/**
 * Print the reply to "resync".
 */
static void print_resync(call_t *call, reply_t *reply)
{
	fputs("full resync requested from ", stdout);
	reply_print_str(call->arg ?: "all connected members", stdout);
	fputs(", watch it with: swancluster status\n", stdout);
}

/**
 * Command "resync".
 */
static int run_resync(call_t *call)
{
	request_arg_t args[] = {
		{ "member", call->arg },
		{ NULL, NULL },
	};

	return run_request(call, args, print_resync);
}

/**
 * Print the reply to "qcd".
 */
static void print_qcd(call_t *call, reply_t *reply)
{
	qcd_print(reply, stdout);
}

/**
 * Print the reply to "qcd-rotate".
 */
static void print_rotate(call_t *call, reply_t *reply)
{
	fputs("new tokens are made with a new secret, ", stdout);
	reply_print_str(reply_get_str(reply, "secrets", "?"), stdout);
	fputs(" secrets are in use\n", stdout);
}

/**
 * Command "qcd".
 */
static int run_qcd(call_t *call)
{
	static const command_t rotate = { "qcd-rotate", NULL, "j", "", NULL };
	request_arg_t args[] = {
		{ NULL, NULL },
	};

	if (!call->arg)
	{
		return run_request(call, args, print_qcd);
	}
	if (!streq(call->arg, "rotate"))
	{
		return refuse("'qcd' takes 'rotate' only, not", call->arg);
	}
	call->command = &rotate;
	return run_request(call, args, print_rotate);
}

/**
 * Command "genkey".
 */
static int run_genkey(call_t *call)
{
	char *msg;

	msg = genkey(call->arg);
	if (msg)
	{
		print_error(msg);
		free(msg);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

/**
 * All commands.
 */
static const command_t commands[] = {
	{ "status", NULL, "j",
	  "show this member, the others, and the SAs replicated", run_status },
	{ "activate", "[GROUP]", "j",
	  "make this member active, or willing to be again", run_change },
	{ "standby", "[GROUP]", "j",
	  "make this member standby until 'activate'", run_change },
	{ "handover", "[GROUP]", "jt",
	  "let another member take over from this active one", run_change },
	{ "resync", "[MEMBER]", "j",
	  "get a full copy from another member, or all", run_resync },
	{ "qcd", "[rotate]", "j",
	  "show crash detection; make a new secret for its tokens", run_qcd },
	{ "genkey", "[FILE]", "",
	  "make a cluster secret (stdout without FILE)", run_genkey },
};

/**
 * Options of the command line.
 */
static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "to", required_argument, NULL, 't' },
	{ "uri", required_argument, NULL, 'u' },
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
	for (i = 0; i < countof(commands); i++)
	{
		printf("  %-9s%-9s %s\n", commands[i].name, commands[i].arg ?: "",
			   commands[i].help);
	}
	puts("\noptions:\n"
		 "  -j, --json       print the whole reply as JSON\n"
		 "  -t, --to MEMBER  member that takes over (handover; default: any)\n"
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
 * Find a command.
 */
static const command_t *find_command(const char *name)
{
	u_int i;

	for (i = 0; i < countof(commands); i++)
	{
		if (streq(commands[i].name, name))
		{
			return &commands[i];
		}
	}
	return NULL;
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
			*code = refuse("a value is missing after option", arg);
			return FALSE;
		default:
			/* of several short ones in an argument, it's not the argument */
			name[1] = optopt;
			*code = refuse("unknown option", optopt && !strpfx(arg, "--") ?
						   name : arg);
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
		*code = refuse(max ? "one argument too many:" :
					   "the command takes no argument, but got", argv[max]);
		return FALSE;
	}
	if (call->json && !strchr(call->command->options, 'j'))
	{
		*code = refuse("--json is not for the command", call->command->name);
		return FALSE;
	}
	if (call->to && !strchr(call->command->options, 't'))
	{
		*code = refuse("--to is not for the command", call->command->name);
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
	while ((opt = getopt_long(argc, argv, ":jt:u:hv", options, NULL)) != -1)
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
	call->command = find_command(argv[optind]);
	if (!call->command)
	{
		*code = refuse("unknown command", argv[optind]);
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
