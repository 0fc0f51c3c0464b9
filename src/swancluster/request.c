/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "request.h"

#include "cluster_control_uri.h"

#include <libvici.h>

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/**
 * How long to wait for a reply, in s.  handover waits up to 30 s for the other
 * member, and may wait for another command before it.
 */
#define REPLY_TIMEOUT 75

/**
 * Allocate a message.
 */
static char *message(const char *fmt, ...)
{
	va_list args;
	char *msg;

	va_start(args, fmt);
	if (vasprintf(&msg, fmt, args) < 0)
	{
		msg = NULL;
	}
	va_end(args);
	return msg ?: strdup("out of memory");
}

/**
 * Signal handler: libvici waits for ever.
 */
static void timed_out(int signo)
{
	static const char msg[] = "swancluster: the daemon does not answer; see "
					"its log, and restart it if it hangs\n";

	if (write(STDERR_FILENO, msg, sizeof(msg) - 1) < 0)
	{
		/* there's nobody to tell */
	}
	_exit(REQUEST_UNREACHABLE);
}

/**
 * Say why there is no connection.
 */
static char *explain_connect(char *uri, int error)
{
	switch (error)
	{
		case ENOENT:
			return message("no control socket '%s': start the daemon, or look "
					"for 'ha-sync' in its log if it runs (plugin not loaded, "
					"or wrong configuration)", uri);
		case ECONNREFUSED:
			return message("nobody listens on '%s': start the daemon, or look "
					"for 'ha-sync' in its log if it runs", uri);
		case EACCES:
		case EPERM:
			return message("no permission for '%s': run swancluster as root, "
					"or as the user or group the daemon runs as", uri);
		case 0:
		case EINVAL:
			return message("'%s' is not the URI of a socket, use unix://PATH",
					uri);
		default:
			return message("connecting to '%s' failed: %s", uri,
					strerror(error));
	}
}

/**
 * Say why there is no reply.
 */
static char *explain_submit(char *command, int error)
{
	switch (error)
	{
		case ENOENT:
			return message("the daemon does not know '%s': the plugin for it "
					"is not loaded, or its configuration is wrong; look for "
					"'ha-sync' in the daemon's log", command);
		case EBADMSG:
			return message("the daemon's reply is malformed: are swancluster "
					"and the plugins of the same release?");
		default:
			return message("the daemon closed the connection (%s): did it "
					"stop? See its log", strerror(error));
	}
}

/**
 * Add a parsed value.
 */
static bool add_value(vici_res_t *res, reply_t *node, char *name)
{
	void *value;
	int len;

	value = vici_parse_value(res, &len);
	if (!value)
	{
		return FALSE;
	}
	reply_add_value(node, name, chunk_create(value, len));
	return TRUE;
}

/**
 * Make a tree of a reply, NULL if it's malformed.
 */
static reply_t *parse(vici_res_t *res)
{
	reply_t *root, *node;

	root = node = reply_create();
	while (node)
	{
		switch (vici_parse(res))
		{
			case VICI_PARSE_BEGIN_SECTION:
				node = reply_add(node, REPLY_SECTION, vici_parse_name(res));
				continue;
			case VICI_PARSE_BEGIN_LIST:
				node = reply_add(node, REPLY_LIST, vici_parse_name(res));
				continue;
			case VICI_PARSE_END_SECTION:
			case VICI_PARSE_END_LIST:
				node = node->parent;
				continue;
			case VICI_PARSE_KEY_VALUE:
				if (add_value(res, node, vici_parse_name(res)))
				{
					continue;
				}
				break;
			case VICI_PARSE_LIST_ITEM:
				if (add_value(res, node, NULL))
				{
					continue;
				}
				break;
			case VICI_PARSE_END:
				if (node == root)
				{
					return root;
				}
				break;
			default:
				break;
		}
		break;
	}
	reply_destroy(root);
	return NULL;
}

/**
 * Send the request, get the reply.
 */
static request_result_t submit(vici_conn_t *conn, char *command,
						request_arg_t *args, reply_t **reply, char **msg)
{
	vici_req_t *req;
	vici_res_t *res;

	req = vici_begin(command);
	for (; args->key; args++)
	{
		if (args->value)
		{
			vici_add_key_valuef(req, args->key, "%s", args->value);
		}
	}
	alarm(REPLY_TIMEOUT);
	res = vici_submit(req, conn);
	alarm(0);
	if (!res)
	{
		*msg = explain_submit(command, errno);
		return errno == ENOENT ? REQUEST_REFUSED : REQUEST_UNREACHABLE;
	}
	*reply = parse(res);
	vici_free_res(res);
	if (!*reply)
	{
		*msg = explain_submit(command, EBADMSG);
		return REQUEST_REFUSED;
	}
	if (!reply_get_bool(*reply, "success"))
	{
		*msg = strdup(reply_get_str(*reply, "errmsg", "the daemon refused it "
									"without a reason, see its log"));
		return REQUEST_REFUSED;
	}
	return REQUEST_DONE;
}

/**
 * Connect to the daemon.
 */
static vici_conn_t *connect_daemon(char *uri, char **msg)
{
	vici_conn_t *conn;

	uri = uri ?: lib->settings->get_str(lib->settings, "charon.cluster.socket",
										CLUSTER_CONTROL_URI);
	/* we say it in our own words */
	dbg_default_set_level(0);
	errno = 0;
	conn = vici_connect(uri);
	if (!conn)
	{
		*msg = explain_connect(uri, errno);
	}
	dbg_default_set_level(1);
	return conn;
}

/*
 * Described in header.
 */
request_result_t request_run(char *uri, char *command, request_arg_t *args,
							 reply_t **reply, char **msg)
{
	request_result_t result = REQUEST_UNREACHABLE;
	struct sigaction action = {
		.sa_handler = timed_out,
	};
	vici_conn_t *conn;

	*reply = NULL;
	*msg = NULL;
	sigaction(SIGALRM, &action, NULL);
	/* a daemon that goes down is an error to report */
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	vici_init();
	conn = connect_daemon(uri, msg);
	if (conn)
	{
		result = submit(conn, command, args, reply, msg);
		vici_disconnect(conn);
	}
	vici_deinit();
	return result;
}
