/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_address_keep.h"

#include <daemon.h>
#include <threading/mutex.h>

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <libmnl/libmnl.h>

/**
 * Interface the addresses are put on.
 */
#define LOOPBACK "lo"

/**
 * Answer ARP requests only for addresses of the interface they come in.
 */
#define ARP_IGNORE 1

/**
 * Send ARP requests only with addresses of the interface they go out.
 */
#define ARP_ANNOUNCE 2

typedef struct private_ha_sync_address_keep_t private_ha_sync_address_keep_t;
typedef struct kept_t kept_t;

/**
 * Private data.
 */
struct private_ha_sync_address_keep_t {

	/** public interface */
	ha_sync_address_keep_t public;

	/** groups of service addresses */
	ha_sync_groups_t *groups;

	/** knows the interfaces of addresses */
	ha_sync_address_watch_t *watch;

	/** kept_t* */
	array_t *kept;

	/** protects kept */
	mutex_t *mutex;
};

/**
 * An address that is kept.
 */
struct kept_t {
	/** name of its group */
	char *group;
	/** address */
	host_t *host;
	/** interface it is taken from */
	char interface[IF_NAMESIZE];
	/** settings of that interface before, -1 if not changed */
	int ignore, announce;
};

/**
 * Read or write a setting of an interface, negative if that fails.
 */
static int setting(char *interface, char *name, int value)
{
	char path[128];
	FILE *file;
	int result = -1;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", interface,
			 name);
	file = fopen(path, value < 0 ? "r" : "w");
	if (file)
	{
		if (value < 0)
		{
			result = fscanf(file, "%d", &result) == 1 ? result : -1;
		}
		else
		{
			result = fprintf(file, "%d\n", value) > 0 ? value : -1;
		}
		if (fclose(file) != 0)
		{
			result = -1;
		}
	}
	return result;
}

/**
 * Raise a setting of an interface; the kernel uses the higher one of it and
 * "all".  Old is set if it was changed.
 */
static bool raise_setting(char *interface, char *name, int value, int *old)
{
	int now;

	now = setting(interface, name, -1);
	if (max(now, setting("all", name, -1)) >= value)
	{
		return TRUE;
	}
	if (now < 0 || setting(interface, name, value) != value)
	{
		DBG1(DBG_CFG, "ha-sync: setting %s of interface %s failed: %s; set "
			 "sysctl net.ipv4.conf.all.%s=%d for a handover without loss", name,
			 interface, strerror(errno), name, value);
		return FALSE;
	}
	*old = now;
	return TRUE;
}

/**
 * Send a request to the kernel, FALSE (and errno) if it failed.
 */
static bool request(struct nlmsghdr *hdr)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct mnl_socket *socket;
	ssize_t len = -1;
	int result = MNL_CB_ERROR;

	socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!socket)
	{
		return FALSE;
	}
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
		mnl_socket_sendto(socket, hdr, hdr->nlmsg_len) >= 0)
	{
		len = mnl_socket_recvfrom(socket, buf, sizeof(buf));
	}
	if (len >= 0)
	{
		result = mnl_cb_run(buf, len, hdr->nlmsg_seq,
							mnl_socket_get_portid(socket), NULL, NULL);
	}
	mnl_socket_close(socket);
	return result != MNL_CB_ERROR;
}

/**
 * Put an address on the loopback interface for some time, or remove it.
 */
static bool manage(host_t *host, bool add, uint32_t seconds)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct ifa_cacheinfo lifetime = {
		.ifa_prefered = seconds,
		.ifa_valid = seconds,
	};
	chunk_t addr = host->get_address(host);
	struct ifaddrmsg *msg;
	struct nlmsghdr *hdr;

	hdr = mnl_nlmsg_put_header(buf);
	hdr->nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR;
	hdr->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK |
					   (add ? NLM_F_CREATE | NLM_F_REPLACE : 0);
	hdr->nlmsg_seq = 1;
	msg = mnl_nlmsg_put_extra_header(hdr, sizeof(*msg));
	msg->ifa_family = AF_INET;
	msg->ifa_prefixlen = 32;
	msg->ifa_scope = RT_SCOPE_HOST;
	msg->ifa_index = if_nametoindex(LOOPBACK);
	mnl_attr_put(hdr, IFA_LOCAL, addr.len, addr.ptr);
	mnl_attr_put(hdr, IFA_ADDRESS, addr.len, addr.ptr);
	mnl_attr_put_strz(hdr, IFA_LABEL, HA_SYNC_KEPT_LABEL);
	if (add)
	{
		mnl_attr_put(hdr, IFA_CACHEINFO, sizeof(lifetime), &lifetime);
	}
	return request(hdr);
}

/**
 * Undo what keep_one() did.
 */
static void release_one(kept_t *kept)
{
	manage(kept->host, FALSE, 0);
	if (kept->ignore >= 0)
	{
		setting(kept->interface, "arp_ignore", kept->ignore);
	}
	if (kept->announce >= 0)
	{
		setting(kept->interface, "arp_announce", kept->announce);
	}
	kept->host->destroy(kept->host);
	free(kept->group);
	free(kept);
}

/**
 * Keep an address, adopts it.  Mutex held.
 */
static void keep_one(private_ha_sync_address_keep_t *this, char *group,
					 host_t *host, uint32_t seconds)
{
	kept_t *kept;

	INIT(kept,
		.group = strdup(group),
		.host = host,
		.ignore = -1,
		.announce = -1,
	);
	if (host->get_family(host) == AF_INET &&
		if_indextoname(this->watch->get_interface(this->watch, host),
					   kept->interface) &&
		raise_setting(kept->interface, "arp_ignore", ARP_IGNORE,
					  &kept->ignore) &&
		raise_setting(kept->interface, "arp_announce", ARP_ANNOUNCE,
					  &kept->announce))
	{
		if (manage(host, TRUE, seconds))
		{
			array_insert(this->kept, ARRAY_TAIL, kept);
			return;
		}
		DBG1(DBG_CFG, "ha-sync: keeping address %H on %s while it moves "
			 "failed: %s; packets may be lost", host, LOOPBACK,
			 strerror(errno));
	}
	release_one(kept);
}

METHOD(ha_sync_address_keep_t, release, void,
	private_ha_sync_address_keep_t *this, char *group)
{
	kept_t *kept;
	int i;

	this->mutex->lock(this->mutex);
	/* newest first: the oldest one has the settings before all of them */
	for (i = array_count(this->kept) - 1; i >= 0; i--)
	{
		array_get(this->kept, i, &kept);
		if (!group || streq(kept->group, group))
		{
			array_remove(this->kept, i, NULL);
			release_one(kept);
		}
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_address_keep_t, keep, void,
	private_ha_sync_address_keep_t *this, char *group, u_int ms)
{
	array_t *addresses;
	host_t *host;

	release(this, group);
	addresses = this->groups->get_addresses(this->groups, group);
	this->mutex->lock(this->mutex);
	while (addresses && array_remove(addresses, ARRAY_HEAD, &host))
	{
		keep_one(this, group, host, ms / 1000 + 1);
	}
	this->mutex->unlock(this->mutex);
	array_destroy(addresses);
}

METHOD(ha_sync_address_keep_t, destroy, void,
	private_ha_sync_address_keep_t *this)
{
	release(this, NULL);
	array_destroy(this->kept);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_address_keep_t *ha_sync_address_keep_create(ha_sync_groups_t *groups,
											ha_sync_address_watch_t *watch)
{
	private_ha_sync_address_keep_t *this;

	INIT(this,
		.public = {
			.keep = _keep,
			.release = _release,
			.destroy = _destroy,
		},
		.groups = groups,
		.watch = watch,
		.kept = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
