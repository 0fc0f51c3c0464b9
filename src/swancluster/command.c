/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "command.h"
#include "genkey.h"
#include "drain_print.h"
#include "qcd_print.h"
#include "reply.h"
#include "reply_print.h"
#include "request.h"
#include "status_print.h"
#include "stub_print.h"

#include <stdio.h>

/**
 * Print an error.
 */
static void print_error(const char *msg)
{
	fputs("swancluster: ", stderr);
	reply_print_str(msg, stderr);
	fputc('\n', stderr);
}

/*
 * Described in header.
 */
int command_refuse(const char *what, const char *arg)
{
	fprintf(stderr, "swancluster: %s '", what);
	reply_print_str(arg, stderr);
	fputs("', see: swancluster --help\n", stderr);
	return EXIT_USAGE;
}

/**
 * For requests without arguments.
 */
static request_arg_t no_args[] = {
	{ NULL, NULL },
};

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
	return run_request(call, no_args, print_status);
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

	if (!call->arg)
	{
		return run_request(call, no_args, print_qcd);
	}
	if (!streq(call->arg, "rotate"))
	{
		return command_refuse("'qcd' takes 'rotate' only, not", call->arg);
	}
	call->command = &rotate;
	return run_request(call, no_args, print_rotate);
}

/**
 * Print the reply to "stubs".
 */
static void print_stubs(call_t *call, reply_t *reply)
{
	stub_print(reply, stdout);
}

/**
 * Print the reply to "stubs-flush".
 */
static void print_stubs_flush(call_t *call, reply_t *reply)
{
	reply_print_str(reply_get_str(reply, "removed", "?"), stdout);
	fputs(" stubs removed\n", stdout);
}

/**
 * Command "stubs".
 */
static int run_stubs(call_t *call)
{
	static const command_t flush = { "stubs-flush", NULL, "j", "", NULL };

	if (!call->arg)
	{
		return run_request(call, no_args, print_stubs);
	}
	if (!streq(call->arg, "flush"))
	{
		return command_refuse("'stubs' takes 'flush' only, not", call->arg);
	}
	call->command = &flush;
	return run_request(call, no_args, print_stubs_flush);
}

/**
 * What is left of the drain, filled in by its last reply.
 */
static bool drain_goes_on;

/**
 * Print the reply to "drain" and "drain-status".
 */
static void print_drain(call_t *call, reply_t *reply)
{
	drain_goes_on = drain_print(reply, stdout);
	fflush(stdout);
}

/**
 * Command "drain": begins it, and shows the progress until it is done.
 */
static int run_drain(call_t *call)
{
	static const command_t status = { "drain-status", NULL, "j", "", NULL };
	request_arg_t args[] = {
		{ "rate", call->rate },
		{ "deadline", call->deadline },
		{ "action", call->action },
		{ NULL, NULL },
	};
	int code;

	if (call->arg)
	{
		if (!streq(call->arg, "status"))
		{
			return command_refuse("'drain' takes 'status' only, not",
								  call->arg);
		}
		call->command = &status;
		return run_request(call, no_args, print_drain);
	}
	code = run_request(call, args, print_drain);
	call->command = &status;
	while (code == EXIT_SUCCESS && drain_goes_on && !call->json &&
		   !call->no_wait)
	{
		sleep(1);
		code = run_request(call, no_args, print_drain);
	}
	return code;
}

/**
 * Print the reply to "undrain".
 */
static void print_undrain(call_t *call, reply_t *reply)
{
	fputs("this member serves clients again\n", stdout);
}

/**
 * Command "undrain".
 */
static int run_undrain(call_t *call)
{
	return run_request(call, no_args, print_undrain);
}

/**
 * Print the reply to "redirect".
 */
static void print_redirect(call_t *call, reply_t *reply)
{
	redirect_print(reply, stdout);
}

/**
 * Command "redirect".
 */
static int run_redirect(call_t *call)
{
	return run_request(call, no_args, print_redirect);
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

/*
 * Described in header.
 */
const command_t commands[] = {
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
	{ "stubs", "[flush]", "j",
	  "show stubs to resume IKE SAs from; remove them", run_stubs },
	{ "redirect", NULL, "j",
	  "show the load of all members, and redirected clients", run_redirect },
	{ "drain", "[status]", "jdran",
	  "redirect all clients to other members, show progress", run_drain },
	{ "undrain", NULL, "j",
	  "serve clients again", run_undrain },
	{ "genkey", "[FILE]", "",
	  "make a cluster secret (stdout without FILE)", run_genkey },
	{ NULL, NULL, NULL, NULL, NULL },
};

/*
 * Described in header.
 */
const command_t *command_find(const char *name)
{
	u_int i;

	for (i = 0; commands[i].name; i++)
	{
		if (streq(commands[i].name, name))
		{
			return &commands[i];
		}
	}
	return NULL;
}
