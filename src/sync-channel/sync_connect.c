/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_connect.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/**
 * Allocate a reason.
 */
static char *reason(const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	return len < 0 ? strdup("failed") : text;
}

/*
 * Described in header.
 */
void sync_socket_setup(int fd)
{
	int on = 1;

	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/**
 * Wait for events on a socket; FALSE if it takes too long or we're woken.
 */
static bool await(int fd, short events, sync_wake_t *wake, uint64_t deadline,
				  char **why)
{
	struct pollfd pfd[] = {
		{
			.fd = fd,
			.events = events,
		}, {
			.fd = wake->get_fd(wake),
			.events = POLLIN,
		},
	};
	uint64_t now;

	while (!wake->is_ended(wake))
	{
		now = sync_now();
		if (now >= deadline || poll(pfd, countof(pfd), deadline - now) <= 0)
		{
			*why = reason("no answer for %d ms", SYNC_SETUP_TIME);
			return FALSE;
		}
		if (pfd[0].revents)
		{
			return TRUE;
		}
		wake->reset(wake);
	}
	*why = strdup("given up");
	return FALSE;
}

/**
 * Open a TCP connection.
 */
static int open_socket(host_t *from, host_t *to, sync_wake_t *wake,
					   uint64_t deadline, char **why)
{
	socklen_t len = sizeof(int);
	int fd, error = 0;

	fd = socket(to->get_family(to), SOCK_STREAM, 0);
	if (fd < 0)
	{
		*why = reason("socket: %s", strerror(errno));
		return -1;
	}
	sync_socket_setup(fd);
	if (!from->is_anyaddr(from) && from->get_family(from) == to->get_family(to))
	{
		/* the others know us by this address */
		from = from->clone(from);
		from->set_port(from, 0);
		error = bind(fd, from->get_sockaddr(from),
					 *from->get_sockaddr_len(from)) ? errno : 0;
		from->destroy(from);
	}
	if (!error && connect(fd, to->get_sockaddr(to), *to->get_sockaddr_len(to)))
	{
		error = errno;
		if (error == EINPROGRESS)
		{
			if (!await(fd, POLLOUT, wake, deadline, why))
			{
				close(fd);
				return -1;
			}
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
		}
	}
	if (error)
	{
		*why = reason("connecting failed: %s", strerror(error));
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * Described in header.
 */
sync_link_t *sync_connect(sync_tls_t *tls, host_t *from, host_t *to,
						  sync_wake_t *wake, char **why)
{
	uint64_t deadline = sync_now() + SYNC_SETUP_TIME;
	sync_link_t *link;
	status_t status;
	int fd;

	fd = open_socket(from, to, wake, deadline, why);
	if (fd < 0)
	{
		return NULL;
	}
	link = sync_link_create(tls, fd, to->clone(to), FALSE);
	if (!link)
	{
		*why = strdup("TLS could not be set up");
		return NULL;
	}
	while ((status = link->handshake(link, why)) == NEED_MORE)
	{
		if (!await(fd, link->get_events(link, TRUE), wake, deadline, why))
		{
			status = FAILED;
			break;
		}
	}
	if (status != SUCCESS)
	{
		link->destroy(link);
		return NULL;
	}
	return link;
}

/*
 * Described in header.
 */
void sync_connect_send(sync_link_t *link, chunk_t frame)
{
	chunk_t space = link->get_space(link);
	char *error = NULL;

	memcpy(space.ptr, frame.ptr, frame.len);
	link->added(link, 1, frame.len);
	chunk_clear(&frame);
	link->flush(link, &error);
	free(error);
}

/**
 * Parse the first frame of the other side.
 */
static sync_hello_t *parse_answer(sync_frame_t *frame, char **why)
{
	sync_hello_t *hello = NULL;
	char *text;

	if (frame->domain == SYNC_CONTROL && frame->type == SYNC_REFUSED)
	{
		text = sync_frame_get_reason(frame->body);
		*why = reason("refused by the other side: %s", text);
		free(text);
		return NULL;
	}
	if (frame->domain == SYNC_CONTROL && frame->type == SYNC_HELLO)
	{
		hello = sync_hello_decode(frame->body);
	}
	if (!hello)
	{
		*why = strdup("the answer is not a HELLO");
	}
	return hello;
}

/*
 * Described in header.
 */
sync_hello_t *sync_connect_hello(sync_link_t *link, sync_hello_t *hello,
								 sync_wake_t *wake, char **why)
{
	uint64_t deadline = sync_now() + SYNC_SETUP_TIME;
	sync_frame_t frame;
	status_t status;
	size_t len;

	sync_connect_send(link, sync_frame_control(SYNC_HELLO,
											   sync_hello_encode(hello)));
	while (link->receive(link, &len, why))
	{
		status = link->next(link, &frame, why);
		if (status == SUCCESS)
		{
			return parse_answer(&frame, why);
		}
		if (status == FAILED ||
			!await(link->get_fd(link), link->get_events(link, TRUE), wake,
				   deadline, why))
		{
			break;
		}
	}
	return NULL;
}
