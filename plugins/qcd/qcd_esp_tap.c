/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_esp_tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

/** protocols */
#define PROTOCOL_UDP 17
#define PROTOCOL_ESP 50

/** IKE's port */
#define PORT_IKE 500

/** lengths of headers, in octets */
#define IP4_HEADER_MIN 20
#define IP6_HEADER 40
#define UDP_HEADER 8

/** SPIs up to this one are reserved (RFC 4303, 2.1) */
#define SPI_RESERVED 255

/** memory for packets that were not read yet, in octets */
#define BUFFER (256 * 1024)

typedef struct private_qcd_esp_tap_t private_qcd_esp_tap_t;

/**
 * Private data.
 */
struct private_qcd_esp_tap_t {

	/** public interface */
	qcd_esp_tap_t public;

	/** NAT-T port */
	uint16_t nat_t;

	/** sockets for IPv4 and IPv6 */
	int fd[2];
};

/**
 * Get a host from an address in a packet.
 */
static host_t *get_host(int family, const u_char *address, uint16_t port)
{
	chunk_t chunk = chunk_create((u_char*)address, family == AF_INET ? 4 : 16);

	return host_create_from_chunk(family, chunk, port);
}

/*
 * Described in header.
 */
bool qcd_esp_parse(chunk_t data, uint16_t nat_t, qcd_esp_packet_t *packet)
{
	uint16_t sport = PORT_IKE, dport = PORT_IKE;
	size_t header, addresses;
	uint8_t protocol;
	int family;
	chunk_t esp;

	if (data.len >= IP4_HEADER_MIN && data.ptr[0] >> 4 == 4)
	{
		family = AF_INET;
		header = (data.ptr[0] & 0x0f) * sizeof(uint32_t);
		protocol = data.ptr[9];
		addresses = 12;
		/* only the first fragment has an SPI */
		if (header < IP4_HEADER_MIN || untoh16(data.ptr + 6) & 0x1fff)
		{
			return FALSE;
		}
	}
	else if (data.len >= IP6_HEADER && data.ptr[0] >> 4 == 6)
	{
		family = AF_INET6;
		header = IP6_HEADER;
		protocol = data.ptr[6];
		addresses = 8;
	}
	else
	{
		return FALSE;
	}
	if (data.len < header)
	{
		return FALSE;
	}
	esp = chunk_skip(data, header);
	packet->udp = protocol == PROTOCOL_UDP;
	if (packet->udp && esp.len >= UDP_HEADER)
	{
		sport = untoh16(esp.ptr);
		dport = untoh16(esp.ptr + 2);
		esp = chunk_skip(esp, UDP_HEADER);
		protocol = dport == nat_t ? PROTOCOL_ESP : 0;
	}
	if (protocol != PROTOCOL_ESP || esp.len < sizeof(packet->spi) ||
		untoh32(esp.ptr) <= SPI_RESERVED)
	{	/* a Non-ESP marker is an SPI of 0 */
		return FALSE;
	}
	memcpy(&packet->spi, esp.ptr, sizeof(packet->spi));
	packet->src = get_host(family, data.ptr + addresses, sport);
	packet->dst = get_host(family, data.ptr + addresses +
						   (family == AF_INET ? 4 : 16), dport);
	return TRUE;
}

/**
 * Receive from a socket.
 */
static bool receive(private_qcd_esp_tap_t *this, int fd,
					qcd_esp_packet_t *packet)
{
	u_char buf[QCD_ESP_SNAP];
	ssize_t len;

	while (fd != -1)
	{
		len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (len < 0)
		{
			return FALSE;
		}
		if (qcd_esp_parse(chunk_create(buf, len), this->nat_t, packet))
		{
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(qcd_esp_tap_t, read_, bool,
	private_qcd_esp_tap_t *this, qcd_esp_packet_t *packet)
{
	return receive(this, this->fd[0], packet) ||
		   receive(this, this->fd[1], packet);
}

METHOD(qcd_esp_tap_t, destroy, void,
	private_qcd_esp_tap_t *this)
{
	int i;

	for (i = 0; i < 2; i++)
	{
		if (this->fd[i] != -1)
		{
			close(this->fd[i]);
		}
	}
	free(this);
}

/**
 * Attach the filter for IPv4: packets sent to this host's link address, ESP, or
 * UDP to the NAT-T port, no fragment but the first.
 */
static bool filter4(int fd, uint16_t nat_t)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, 9),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 7, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROTOCOL_ESP, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROTOCOL_UDP, 0, 4),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nat_t, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, QCD_ESP_SNAP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {
		.len = countof(code),
		.filter = code,
	};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
					  sizeof(program)) == 0;
}

/**
 * Attach the filter for IPv6, without extension headers.
 */
static bool filter6(int fd, uint16_t nat_t)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, 6),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROTOCOL_ESP, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROTOCOL_UDP, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, IP6_HEADER + 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nat_t, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, QCD_ESP_SNAP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {
		.len = countof(code),
		.filter = code,
	};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
					  sizeof(program)) == 0;
}

/**
 * Open the socket for a protocol.
 */
static int open_socket(uint16_t ethertype, uint16_t nat_t,
					   bool (*filter)(int fd, uint16_t nat_t))
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ethertype),
	};
	int fd, len = BUFFER;

	/* nothing is received before it is bound, so not without the filter */
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
	{
		return -1;
	}
	ignore_result(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &len, sizeof(len)));
	if (!filter(fd, nat_t) ||
		bind(fd, (struct sockaddr*)&addr, sizeof(addr)) != 0)
	{
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * Described in header.
 */
qcd_esp_tap_t *qcd_esp_tap_create(uint16_t nat_t)
{
	private_qcd_esp_tap_t *this;

	INIT(this,
		.public = {
			.read = _read_,
			.destroy = _destroy,
		},
		.nat_t = nat_t,
		.fd = {
			open_socket(ETH_P_IP, nat_t, filter4),
			open_socket(ETH_P_IPV6, nat_t, filter6),
		},
	);
	if (this->fd[0] == -1 && this->fd[1] == -1)
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
