/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_address_watch.h"

#include <daemon.h>
#include <collections/array.h>
#include <threading/mutex.h>
#include <threading/thread.h>

#include <errno.h>
#include <poll.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <libmnl/libmnl.h>

/**
 * Delay before addresses that could not be read are read again, ms.
 */
#define RETRY_DELAY 100

typedef struct private_ha_sync_address_watch_t private_ha_sync_address_watch_t;
typedef struct address_t address_t;

/**
 * Private data.
 */
struct private_ha_sync_address_watch_t {

	/** public interface */
	ha_sync_address_watch_t public;

	/** socket that gets events */
	struct mnl_socket *socket;

	/** callback and its data */
	void (*changed)(void *user);
	void *user;

	/** addresses, address_t */
	array_t *addresses;

	/** protects addresses */
	mutex_t *mutex;

	/** receives events */
	thread_t *thread;
};

/**
 * An address on an interface.
 */
struct address_t {
	/** index of the interface */
	uint32_t ifindex;
	/** AF_INET or AF_INET6 */
	uint8_t family;
	/** address in network order, zero padded */
	uint8_t addr[16];
};

/**
 * Find an address, returns its index or -1.  Mutex held if it's our list.
 */
static int find(array_t *addresses, const address_t *address)
{
	address_t current;
	int i;

	for (i = 0; i < array_count(addresses); i++)
	{
		array_get(addresses, i, &current);
		if (memeq(&current, address, sizeof(current)))
		{
			return i;
		}
	}
	return -1;
}

/**
 * Add or remove an address, returns TRUE if that changed something.
 */
static bool apply(array_t *addresses, const address_t *address, bool add)
{
	int i;

	i = find(addresses, address);
	if (add == (i >= 0))
	{
		return FALSE;
	}
	if (add)
	{
		array_insert(addresses, ARRAY_TAIL, (void*)address);
	}
	else
	{
		array_remove(addresses, i, NULL);
	}
	return TRUE;
}

/**
 * Check the flags of an address: not if another host may have it (RFC 4862,
 * 5.4), unless it may be used nevertheless (RFC 4429, 3.3).
 */
static bool is_usable(uint32_t flags)
{
	if (flags & IFA_F_DADFAILED)
	{
		return FALSE;
	}
	return !(flags & IFA_F_TENTATIVE) ||
			(flags & (IFA_F_OPTIMISTIC | IFA_F_NODAD));
}

/**
 * Parse a message and apply it to a list; returns TRUE if that changed
 * something.
 */
static bool handle(array_t *addresses, const struct nlmsghdr *hdr)
{
	struct ifaddrmsg *msg;
	struct nlattr *attr, *addr = NULL, *local = NULL;
	address_t address;
	uint32_t flags;
	bool kept = FALSE;
	size_t len;

	if ((hdr->nlmsg_type != RTM_NEWADDR && hdr->nlmsg_type != RTM_DELADDR) ||
		mnl_nlmsg_get_payload_len(hdr) < sizeof(*msg))
	{
		return FALSE;
	}
	msg = mnl_nlmsg_get_payload(hdr);
	flags = msg->ifa_flags;
	mnl_attr_for_each(attr, hdr, sizeof(*msg))
	{
		switch (mnl_attr_get_type(attr))
		{
			case IFA_ADDRESS:
				addr = attr;
				break;
			case IFA_LOCAL:
				local = attr;
				break;
			case IFA_LABEL:
				kept = mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0 &&
					   streq(mnl_attr_get_str(attr), HA_SYNC_KEPT_LABEL);
				break;
			case IFA_FLAGS:
				if (mnl_attr_get_payload_len(attr) >= sizeof(flags))
				{
					flags = mnl_attr_get_u32(attr);
				}
				break;
			default:
				break;
		}
	}
	/* IFA_ADDRESS is the peer's on point-to-point links */
	addr = local ?: addr;
	len = msg->ifa_family == AF_INET6 ? 16 : 4;
	if (kept || !addr || mnl_attr_get_payload_len(addr) != len ||
		(msg->ifa_family != AF_INET && msg->ifa_family != AF_INET6))
	{
		return FALSE;
	}
	memset(&address, 0, sizeof(address));
	address.ifindex = msg->ifa_index;
	address.family = msg->ifa_family;
	memcpy(address.addr, mnl_attr_get_payload(addr), len);
	return apply(addresses, &address,
				 hdr->nlmsg_type == RTM_NEWADDR && is_usable(flags));
}

/**
 * Handle a message of a dump.
 */
static int got_dumped(const struct nlmsghdr *hdr, void *data)
{
	handle(data, hdr);
	return MNL_CB_OK;
}

/**
 * Read all addresses with a socket, FALSE on failure or if the list is not
 * consistent.
 */
static bool dump(struct mnl_socket *socket, array_t *addresses)
{
	char buf[MNL_SOCKET_DUMP_SIZE];
	struct nlmsghdr *hdr;
	struct ifaddrmsg *msg;
	ssize_t len;
	int done = MNL_CB_OK;

	hdr = mnl_nlmsg_put_header(buf);
	hdr->nlmsg_type = RTM_GETADDR;
	hdr->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	hdr->nlmsg_seq = 1;
	msg = mnl_nlmsg_put_extra_header(hdr, sizeof(*msg));
	msg->ifa_family = AF_UNSPEC;
	if (mnl_socket_sendto(socket, hdr, hdr->nlmsg_len) < 0)
	{
		return FALSE;
	}
	while (done == MNL_CB_OK)
	{
		len = mnl_socket_recvfrom(socket, buf, sizeof(buf));
		if (len < 0)
		{
			return FALSE;
		}
		done = mnl_cb_run(buf, len, 1, mnl_socket_get_portid(socket),
						  got_dumped, addresses);
	}
	return done == MNL_CB_STOP;
}

/**
 * Compare two lists.
 */
static bool same(array_t *a, array_t *b)
{
	address_t current;
	int i;

	for (i = 0; i < array_count(a); i++)
	{
		array_get(a, i, &current);
		if (find(b, &current) < 0)
		{
			return FALSE;
		}
	}
	return array_count(a) == array_count(b);
}

/**
 * Read all addresses, FALSE on failure; changed is set if there were changes.
 */
static bool read_all(private_ha_sync_address_watch_t *this, bool *changed)
{
	struct mnl_socket *socket;
	array_t *addresses, *old;
	bool good;

	socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!socket)
	{
		return FALSE;
	}
	addresses = array_create(sizeof(address_t), 0);
	good = !mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) &&
		   dump(socket, addresses);
	mnl_socket_close(socket);
	old = addresses;
	if (good)
	{
		this->mutex->lock(this->mutex);
		*changed = !same(this->addresses, addresses);
		old = this->addresses;
		this->addresses = addresses;
		this->mutex->unlock(this->mutex);
	}
	array_destroy(old);
	return good;
}

/**
 * Data for got_event().
 */
typedef struct {
	private_ha_sync_address_watch_t *this;
	bool changed;
} event_data_t;

/**
 * Handle an event.
 */
static int got_event(const struct nlmsghdr *hdr, void *user)
{
	event_data_t *data = user;

	data->this->mutex->lock(data->this->mutex);
	data->changed |= handle(data->this->addresses, hdr);
	data->this->mutex->unlock(data->this->mutex);
	return MNL_CB_OK;
}

/**
 * Receive all events that wait; returns FALSE if some got lost.
 */
static bool receive(private_ha_sync_address_watch_t *this, bool *changed)
{
	char buf[MNL_SOCKET_DUMP_SIZE];
	event_data_t data = {
		.this = this,
	};
	ssize_t len;

	do
	{
		len = recv(mnl_socket_get_fd(this->socket), buf, sizeof(buf),
				   MSG_DONTWAIT);
		if (len > 0)
		{
			mnl_cb_run(buf, len, 0, 0, got_event, &data);
		}
	}
	while (len > 0);
	*changed = data.changed;
	return errno != ENOBUFS;
}

/**
 * Main function of the thread.
 */
static void *run(private_ha_sync_address_watch_t *this)
{
	struct pollfd pfd = {
		.fd = mnl_socket_get_fd(this->socket),
		.events = POLLIN,
	};
	bool lost = FALSE, changed, reread, old;

	thread_cancelability(FALSE);
	while (TRUE)
	{
		old = thread_cancelability(TRUE);
		poll(&pfd, 1, lost ? RETRY_DELAY : -1);
		thread_cancelability(old);

		lost |= !receive(this, &changed);
		if (lost)
		{
			DBG2(DBG_KNL, "kernel dropped address events, reading all");
			reread = FALSE;
			lost = !read_all(this, &reread);
			changed |= reread;
		}
		if (changed)
		{
			this->changed(this->user);
		}
	}
	return NULL;
}

METHOD(ha_sync_address_watch_t, get_interface, u_int,
	private_ha_sync_address_watch_t *this, host_t *addr)
{
	chunk_t data = addr->get_address(addr);
	address_t current;
	u_int found = 0;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(this->addresses) && !found; i++)
	{
		array_get(this->addresses, i, &current);
		if (current.family == addr->get_family(addr) &&
			memeq(current.addr, data.ptr, data.len))
		{
			found = current.ifindex;
		}
	}
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(ha_sync_address_watch_t, holds, bool,
	private_ha_sync_address_watch_t *this, host_t *addr)
{
	return get_interface(this, addr) != 0;
}

METHOD(ha_sync_address_watch_t, destroy, void,
	private_ha_sync_address_watch_t *this)
{
	if (this->thread)
	{
		this->thread->cancel(this->thread);
		this->thread->join(this->thread);
	}
	if (this->socket)
	{
		mnl_socket_close(this->socket);
	}
	array_destroy(this->addresses);
	this->mutex->destroy(this->mutex);
	free(this);
}

ha_sync_address_watch_t *ha_sync_address_watch_create(
										void (*changed)(void *user), void *user)
{
	private_ha_sync_address_watch_t *this;
	bool initial;

	INIT(this,
		.public = {
			.holds = _holds,
			.get_interface = _get_interface,
			.destroy = _destroy,
		},
		.socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC),
		.changed = changed,
		.user = user,
		.addresses = array_create(sizeof(address_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);

	/* subscribed first, no change gets lost */
	if (!this->socket ||
		mnl_socket_bind(this->socket, RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
						MNL_SOCKET_AUTOPID) ||
		!read_all(this, &initial))
	{
		DBG1(DBG_KNL, "listening for changes of addresses failed: %s",
			 strerror(errno));
		destroy(this);
		return NULL;
	}
	this->thread = thread_create((void*)run, this);
	return &this->public;
}
