/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * announce INTERFACE ADDRESS...
 *
 * Tells the neighbours that an address moved here, as a cluster manager does:
 * gratuitous ARP (RFC 5227, 3) for IPv4, an unsolicited neighbour
 * advertisement (RFC 4861, 7.2.6) for IPv6, each three times.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/** how often it is said, should the wire lose one */
#define REPEAT 3

static void die(const char *what)
{
	fprintf(stderr, "announce: %s: %s\n", what, strerror(errno));
	exit(1);
}

/**
 * Append octets to a frame.
 */
static size_t add(unsigned char *frame, size_t len, const void *data, size_t n)
{
	memcpy(frame + len, data, n);
	return len + n;
}

static size_t build_arp(unsigned char *frame, const unsigned char *mac,
						const void *addr)
{
	unsigned char all[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct ether_header eth = { .ether_type = htons(ETHERTYPE_ARP) };
	struct arphdr arp = {
		.ar_hrd = htons(ARPHRD_ETHER), .ar_pro = htons(ETHERTYPE_IP),
		.ar_hln = ETH_ALEN, .ar_pln = 4, .ar_op = htons(ARPOP_REQUEST),
	};
	size_t len;

	memcpy(eth.ether_dhost, all, ETH_ALEN);
	memcpy(eth.ether_shost, mac, ETH_ALEN);
	len = add(frame, 0, &eth, sizeof(eth));
	len = add(frame, len, &arp, sizeof(arp));
	len = add(frame, len, mac, ETH_ALEN);
	len = add(frame, len, addr, 4);
	len = add(frame, len, all, ETH_ALEN);
	return add(frame, len, addr, 4);
}

/**
 * Internet checksum (RFC 1071) over pseudo header and message.
 */
static uint16_t checksum(const struct ip6_hdr *ip, const unsigned char *data,
						 size_t len)
{
	const unsigned char *addrs = (const unsigned char*)&ip->ip6_src;
	uint32_t sum = len + IPPROTO_ICMPV6;
	size_t i;

	for (i = 0; i < 32; i += 2)
	{
		sum += addrs[i] << 8 | addrs[i + 1];
	}
	for (i = 0; i < len; i += 2)
	{
		sum += data[i] << 8 | data[i + 1];
	}
	while (sum >> 16)
	{
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return htons(~sum);
}

static size_t build_na(unsigned char *frame, const unsigned char *mac,
					   const void *addr)
{
	unsigned char group[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 1 };
	unsigned char option[2] = { ND_OPT_TARGET_LINKADDR, 1 };
	struct ether_header eth = { .ether_type = htons(ETHERTYPE_IPV6) };
	struct nd_neighbor_advert na = {
		.nd_na_type = ND_NEIGHBOR_ADVERT,
		.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE | ND_NA_FLAG_ROUTER,
	};
	size_t size = sizeof(na) + sizeof(option) + ETH_ALEN, len, start;
	struct ip6_hdr ip = {
		.ip6_flow = htonl(6 << 28), .ip6_plen = htons(size),
		.ip6_nxt = IPPROTO_ICMPV6, .ip6_hlim = 255,
	};

	memcpy(eth.ether_dhost, group, ETH_ALEN);
	memcpy(eth.ether_shost, mac, ETH_ALEN);
	memcpy(&ip.ip6_src, addr, 16);
	inet_pton(AF_INET6, "ff02::1", &ip.ip6_dst);
	memcpy(&na.nd_na_target, addr, 16);
	len = add(frame, 0, &eth, sizeof(eth));
	start = len = add(frame, len, &ip, sizeof(ip));
	len = add(frame, len, &na, sizeof(na));
	len = add(frame, len, option, sizeof(option));
	len = add(frame, len, mac, ETH_ALEN);
	na.nd_na_cksum = checksum(&ip, frame + start, size);
	add(frame, start, &na, sizeof(na));
	return len;
}

int main(int argc, char *argv[])
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), i, round;
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN };
	unsigned char frame[128], addr[16], mac[ETH_ALEN];
	struct ifreq ifr = {};
	size_t len;

	if (argc < 3)
	{
		fprintf(stderr, "usage: announce INTERFACE ADDRESS...\n");
		return 2;
	}
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", argv[1]);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &ifr))
	{
		die(argv[1]);
	}
	memcpy(mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	to.sll_ifindex = if_nametoindex(argv[1]);
	for (round = 0; round < REPEAT; round++)
	{
		for (i = 2; i < argc; i++)
		{
			if (inet_pton(AF_INET, argv[i], addr) == 1)
			{
				len = build_arp(frame, mac, addr);
			}
			else if (inet_pton(AF_INET6, argv[i], addr) == 1)
			{
				len = build_na(frame, mac, addr);
			}
			else
			{
				fprintf(stderr, "announce: '%s' is not an address\n", argv[i]);
				return 2;
			}
			if (sendto(fd, frame, len, 0, (void*)&to, sizeof(to)) < 0)
			{
				die("send");
			}
		}
		usleep(20000);
	}
	return 0;
}
