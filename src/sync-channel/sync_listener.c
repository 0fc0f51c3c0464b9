/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_listener.h"
#include "sync_connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <threading/thread.h>

/** connections that are being set up at the same time, from the same address
 * and in all: nobody can take the place of another member */
#define SETUPS_PER_ADDRESS 4
#define SETUPS_MAX (SETUPS_PER_ADDRESS * SYNC_PEERS_MAX)

/** connections the kernel keeps for us */
#define LISTEN_BACKLOG 32

/** time no connection is accepted after that failed, in ms: if there are no
 * descriptors left, the one that waits would wake us all the time */
#define ACCEPT_PAUSE 100

typedef struct private_sync_listener_t private_sync_listener_t;
typedef struct setup_t setup_t;

/**
 * A connection that is being set up.
 */
struct setup_t {
	/** link, NULL if there's none */
	sync_link_t *link;
	/** TLS handshake is done */
	bool secured;
	/** time at which it's given up, in ms */
	uint64_t deadline;
};

/**
 * Private data.
 */
struct private_sync_listener_t {

	/** public interface */
	sync_listener_t public;

	/** functions */
	sync_listener_cb_t cb;

	/** socket */
	int fd;

	/** wakes the thread */
	sync_wake_t *wake;

	/** the thread */
	thread_t *thread;

	/** time from which on connections are accepted, in ms */
	uint64_t accepting;

	/** connections being set up */
	setup_t setups[SETUPS_MAX];
};

/**
 * End a connection that is being set up.
 */
static void end_setup(private_sync_listener_t *this, setup_t *setup,
					  const char *why)
{
	this->cb.failed(this->cb.user, setup->link->get_peer(setup->link), why);
	setup->link->destroy(setup->link);
	setup->link = NULL;
}

/**
 * Find a free place for a connection from an address.
 */
static setup_t *find_place(private_sync_listener_t *this, host_t *host)
{
	setup_t *place = NULL;
	int i, same = 0;

	for (i = 0; i < SETUPS_MAX; i++)
	{
		if (!this->setups[i].link)
		{
			place = place ?: &this->setups[i];
		}
		else if (host->ip_equals(host,
					this->setups[i].link->get_peer(this->setups[i].link)))
		{
			same++;
		}
	}
	return same < SETUPS_PER_ADDRESS ? place : NULL;
}

/**
 * Create the host of a peer; IPv4 on an IPv6 socket is IPv4 to us.
 */
static host_t *create_peer(struct sockaddr_storage *addr)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6*)addr;

	if (addr->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr))
	{
		return host_create_from_chunk(AF_INET,
						chunk_create(sin6->sin6_addr.s6_addr + 12, 4),
						ntohs(sin6->sin6_port));
	}
	return host_create_from_sockaddr((struct sockaddr*)addr);
}

/**
 * Accept a connection.
 */
static void accept_connection(private_sync_listener_t *this)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	sync_tls_t *tls;
	setup_t *setup;
	host_t *host;
	int fd;

	fd = accept(this->fd, (struct sockaddr*)&addr, &len);
	if (fd < 0)
	{
		this->accepting = sync_now() + ACCEPT_PAUSE;
		return;
	}
	host = create_peer(&addr);
	if (!host || !this->cb.is_welcome(this->cb.user, host))
	{
		if (host)
		{
			this->cb.failed(this->cb.user, host, "not a member's address");
			host->destroy(host);
		}
		close(fd);
		return;
	}
	setup = find_place(this, host);
	if (!setup)
	{
		this->cb.failed(this->cb.user, host, "too many connections at once");
		host->destroy(host);
		close(fd);
		return;
	}
	sync_socket_setup(fd);
	tls = this->cb.get_tls(this->cb.user);
	*setup = (setup_t){
		.link = sync_link_create(tls, fd, host, TRUE),
		.deadline = sync_now() + SYNC_SETUP_TIME,
	};
	tls->destroy(tls);
}

/**
 * Pass a HELLO on.
 */
static void pass_hello(private_sync_listener_t *this, setup_t *setup,
					   sync_frame_t *frame)
{
	sync_hello_t *hello = NULL;
	char *why;

	if (frame->domain == SYNC_CONTROL && frame->type == SYNC_HELLO)
	{
		hello = sync_hello_decode(frame->body);
	}
	if (!hello)
	{
		end_setup(this, setup, "did not start with a HELLO");
		return;
	}
	why = this->cb.hello(this->cb.user, setup->link, hello);
	if (why)
	{
		sync_connect_send(setup->link,
						  sync_frame_control_str(SYNC_REFUSED, why));
		end_setup(this, setup, why);
		sync_hello_destroy(hello);
		free(why);
	}
	setup->link = NULL;
}

/**
 * Go on with a connection.
 */
static void proceed(private_sync_listener_t *this, setup_t *setup)
{
	status_t status = SUCCESS;
	sync_frame_t frame;
	char *why = NULL;
	size_t len;

	if (!setup->secured)
	{
		status = setup->link->handshake(setup->link, &why);
		setup->secured = status == SUCCESS;
	}
	if (status == SUCCESS)
	{
		status = FAILED;
		if (setup->link->receive(setup->link, &len, &why))
		{
			status = setup->link->next(setup->link, &frame, &why);
		}
		if (status == SUCCESS)
		{
			pass_hello(this, setup, &frame);
		}
	}
	if (status == FAILED)
	{
		end_setup(this, setup, why);
		free(why);
	}
}

/**
 * Wait for events: the listening socket, the wake-up, all connections.
 */
static void wait_for_events(private_sync_listener_t *this, struct pollfd *pfd)
{
	uint64_t now = sync_now(), next = UINT64_MAX;
	setup_t *setup;
	int i;

	pfd[0] = (struct pollfd){
		.fd = this->fd,
		.events = POLLIN,
	};
	if (now < this->accepting)
	{
		pfd[0].fd = -1;
		next = this->accepting;
	}
	pfd[1] = (struct pollfd){
		.fd = this->wake->get_fd(this->wake),
		.events = POLLIN,
	};
	for (i = 0; i < SETUPS_MAX; i++)
	{
		setup = &this->setups[i];
		pfd[i + 2] = (struct pollfd){
			.fd = -1,
		};
		if (setup->link)
		{
			pfd[i + 2].fd = setup->link->get_fd(setup->link);
			pfd[i + 2].events = setup->link->get_events(setup->link, TRUE);
			next = min(next, setup->deadline);
		}
	}
	poll(pfd, SETUPS_MAX + 2, next == UINT64_MAX ? -1 :
									(next > now ? (int)(next - now) : 0));
}

/**
 * Main function of the thread.
 */
static void *listen_thread(private_sync_listener_t *this)
{
	struct pollfd pfd[SETUPS_MAX + 2];
	setup_t *setup;
	int i;

	sync_thread_setup();
	while (!this->wake->is_ended(this->wake))
	{
		wait_for_events(this, pfd);
		for (i = 0; i < SETUPS_MAX; i++)
		{
			setup = &this->setups[i];
			if (setup->link && pfd[i + 2].revents)
			{
				proceed(this, setup);
			}
			if (setup->link && sync_now() >= setup->deadline)
			{
				end_setup(this, setup, "said nothing");
			}
		}
		if (pfd[0].revents)
		{
			accept_connection(this);
		}
	}
	return NULL;
}

METHOD(sync_listener_t, destroy, void,
	private_sync_listener_t *this)
{
	int i;

	if (this->thread)
	{
		this->wake->end(this->wake);
		this->thread->join(this->thread);
	}
	for (i = 0; i < SETUPS_MAX; i++)
	{
		DESTROY_IF(this->setups[i].link);
	}
	DESTROY_IF(this->wake);
	if (this->fd >= 0)
	{
		close(this->fd);
	}
	free(this);
}

/**
 * Open the listening socket.
 */
static bool open_socket(private_sync_listener_t *this, host_t *listen_on)
{
	int on = 1, off = 0;

	this->fd = socket(listen_on->get_family(listen_on),
					  SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (this->fd < 0)
	{
		return FALSE;
	}
	setsockopt(this->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* the address may come after the daemon */
	setsockopt(this->fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on));
	if (listen_on->get_family(listen_on) == AF_INET6)
	{
		setsockopt(this->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	}
	return bind(this->fd, listen_on->get_sockaddr(listen_on),
				*listen_on->get_sockaddr_len(listen_on)) == 0 &&
		   listen(this->fd, LISTEN_BACKLOG) == 0;
}

/*
 * Described in header.
 */
sync_listener_t *sync_listener_create(host_t *listen_on, sync_listener_cb_t *cb)
{
	private_sync_listener_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.cb = *cb,
	);
	if (!open_socket(this, listen_on))
	{
		DBG1(DBG_NET, "cluster: listening on %#H failed: %s", listen_on,
			 strerror(errno));
		_destroy(this);
		return NULL;
	}
	this->wake = sync_wake_create();
	if (!this->wake)
	{
		_destroy(this);
		return NULL;
	}
	this->thread = thread_create((thread_main_t)listen_thread, this);
	return &this->public;
}
