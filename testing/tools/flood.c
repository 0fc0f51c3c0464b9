/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Sends what nobody asked for, as fast as it can, to a test host:
 *
 *	flood [-t SECONDS] ADDRESS
 *
 * In turn an IKE message that looks like a protected INFORMATIONAL request with
 * random SPIs, and an ESP packet with a random SPI.  Ends after SECONDS, 10 at
 * most, and prints how many there were.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_SECONDS 10
#define PROTOCOL_ESP 50
#define IKE_LEN 80
#define ESP_LEN 100

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/** xorshift, SPIs have to differ only */
static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

int main(int argc, char *argv[])
{
	/* header: SK first, version 2.0, INFORMATIONAL, from the initiator */
	uint8_t ike[IKE_LEN] = { [16] = 46, 0x20, 37, 0x08, [27] = IKE_LEN,
							 [31] = IKE_LEN - 28 };
	uint8_t esp[ESP_LEN] = { 0 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(500) };
	unsigned long sent[2] = { 0, 0 };
	double seconds = MAX_SECONDS, end;
	uint64_t state, spi[2];
	int opt, udp, raw;

	while ((opt = getopt(argc, argv, "t:")) != -1)
	{
		if (opt != 't')
		{
			return 2;
		}
		seconds = atof(optarg);
	}
	if (optind + 1 != argc || inet_pton(AF_INET, argv[optind],
										&to.sin_addr) != 1)
	{
		fprintf(stderr, "usage: flood [-t SECONDS] ADDRESS\n");
		return 2;
	}
	if (seconds > MAX_SECONDS)
	{
		seconds = MAX_SECONDS;
	}
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	raw = socket(AF_INET, SOCK_RAW, PROTOCOL_ESP);
	if (udp < 0 || raw < 0 ||
		getrandom(&state, sizeof(state), 0) != sizeof(state))
	{
		perror("flood");
		return 1;
	}
	end = now() + seconds;
	while (now() < end)
	{
		spi[0] = next(&state);
		spi[1] = next(&state);
		memcpy(ike, spi, sizeof(spi));
		memcpy(esp, spi, sizeof(uint32_t));
		esp[0] |= 0x80;
		if (sendto(udp, ike, sizeof(ike), 0, (void*)&to, sizeof(to)) > 0)
		{
			sent[0]++;
		}
		if (sendto(raw, esp, sizeof(esp), 0, (void*)&to, sizeof(to)) > 0)
		{
			sent[1]++;
		}
	}
	printf("flood: sent %lu IKE messages and %lu ESP packets in %.0f s\n",
		   sent[0], sent[1], seconds);
	return 0;
}
