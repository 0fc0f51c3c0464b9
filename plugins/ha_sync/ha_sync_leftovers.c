/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_leftovers.h"

#include <collections/array.h>

#include <errno.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <libmnl/libmnl.h>

typedef struct leftover_t leftover_t;

/**
 * An SA to be removed.
 */
struct leftover_t {
	/** names it */
	struct xfrm_usersa_id id;
	/** mark, 0 if none */
	struct xfrm_mark mark;
};

/**
 * What got_sa() works on.
 */
typedef struct {
	/** groups of service addresses */
	ha_sync_groups_t *groups;
	/** SAs to be removed, leftover_t */
	array_t *found;
} dump_t;

/**
 * Check if an address is a service address.
 */
static bool is_ours(ha_sync_groups_t *groups, int family,
					const xfrm_address_t *addr)
{
	host_t *host;
	bool ours;

	host = host_create_from_chunk(family, chunk_create((u_char*)addr,
										family == AF_INET ? 4 : 16), 0);
	ours = host && groups->find(groups, host);
	DESTROY_IF(host);
	return ours;
}

/**
 * Look at an SA.
 */
static int got_sa(const struct nlmsghdr *hdr, void *user)
{
	const struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(hdr);
	dump_t *dump = user;
	struct nlattr *attr;
	leftover_t leftover = {};

	if (hdr->nlmsg_type != XFRM_MSG_NEWSA ||
		mnl_nlmsg_get_payload_len(hdr) < sizeof(*info) ||
		(info->family != AF_INET && info->family != AF_INET6) ||
		(!is_ours(dump->groups, info->family, &info->id.daddr) &&
		 !is_ours(dump->groups, info->family, &info->saddr)))
	{
		return MNL_CB_OK;
	}
	leftover.id.daddr = info->id.daddr;
	leftover.id.spi = info->id.spi;
	leftover.id.proto = info->id.proto;
	leftover.id.family = info->family;
	mnl_attr_for_each(attr, hdr, sizeof(*info))
	{
		if (mnl_attr_get_type(attr) == XFRMA_MARK &&
			mnl_attr_get_payload_len(attr) >= sizeof(leftover.mark))
		{
			memcpy(&leftover.mark, mnl_attr_get_payload(attr),
				   sizeof(leftover.mark));
		}
	}
	array_insert(dump->found, ARRAY_TAIL, &leftover);
	return MNL_CB_OK;
}

/**
 * Receive the answer to a request, FALSE (and errno) if it failed.
 */
static bool receive(struct mnl_socket *socket, dump_t *dump)
{
	char buf[MNL_SOCKET_DUMP_SIZE];
	int done = MNL_CB_OK;
	ssize_t len;

	while (done == MNL_CB_OK)
	{
		len = mnl_socket_recvfrom(socket, buf, sizeof(buf));
		if (len < 0)
		{
			return FALSE;
		}
		done = mnl_cb_run(buf, len, 1, mnl_socket_get_portid(socket),
						  dump ? got_sa : NULL, dump);
	}
	return done == MNL_CB_STOP;
}

/**
 * Find the SAs of service addresses.
 */
static bool find_all(struct mnl_socket *socket, dump_t *dump)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *hdr;

	hdr = mnl_nlmsg_put_header(buf);
	hdr->nlmsg_type = XFRM_MSG_GETSA;
	hdr->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	hdr->nlmsg_seq = 1;
	return mnl_socket_sendto(socket, hdr, hdr->nlmsg_len) >= 0 &&
		   receive(socket, dump);
}

/**
 * Remove an SA.
 */
static bool remove_one(struct mnl_socket *socket, const leftover_t *leftover)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *hdr;

	hdr = mnl_nlmsg_put_header(buf);
	hdr->nlmsg_type = XFRM_MSG_DELSA;
	hdr->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	hdr->nlmsg_seq = 1;
	memcpy(mnl_nlmsg_put_extra_header(hdr, sizeof(leftover->id)),
		   &leftover->id, sizeof(leftover->id));
	if (leftover->mark.m)
	{
		mnl_attr_put(hdr, XFRMA_MARK, sizeof(leftover->mark),
					 &leftover->mark);
	}
	return mnl_socket_sendto(socket, hdr, hdr->nlmsg_len) >= 0 &&
		   receive(socket, NULL);
}

/*
 * Described in header.
 */
void ha_sync_leftovers_remove(ha_sync_groups_t *groups)
{
	dump_t dump = {
		.groups = groups,
	};
	struct mnl_socket *socket;
	leftover_t leftover;
	u_int removed = 0, total;

	socket = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC);
	if (!socket)
	{	/* without kernel IPsec there is nothing in the way */
		return;
	}
	dump.found = array_create(sizeof(leftover_t), 0);
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
		!find_all(socket, &dump) && errno != EOPNOTSUPP && errno != EINVAL)
	{
		DBG1(DBG_KNL, "ha-sync: looking for SAs that were left in the kernel "
			 "failed: %s", strerror(errno));
	}
	total = array_count(dump.found);
	while (array_remove(dump.found, ARRAY_HEAD, &leftover))
	{
		removed += remove_one(socket, &leftover) ? 1 : 0;
	}
	if (total)
	{
		DBG1(DBG_KNL, "ha-sync: removed %u of %u SAs of service addresses that "
			 "an earlier daemon left in the kernel", removed, total);
	}
	array_destroy(dump.found);
	mnl_socket_close(socket);
}
