/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * stalls US
 *
 * Measures what this machine adds to work that waits for nothing: a thread that
 * is woken by a packet, as those of charon are, walks through memory; some of
 * these walks are a sample and take US microseconds together.  Ended by SIGTERM
 * it prints the 99th percentile of the samples, less the median, in us: timer
 * ticks, other threads, and what a hypervisor does meanwhile.
 */

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

/** walks of a sample, about as many as there are hooks in a handshake */
#define WALKS 8

/** samples the length of a walk is adjusted after, and how often that is done:
 * what is cold takes many times longer than in a loop */
#define ADJUST 40
#define ROUNDS 6

/** steps of a walk at first */
#define STEPS 500

/** most samples, those of some minutes */
#define MAX 100000

/** nodes that are walked along, each has a cache line of its own */
#define NODES 4096

typedef struct node_t node_t;

struct node_t {
	node_t *next;
	char rest[64 - sizeof(node_t*)];
};

static node_t nodes[NODES];
static double samples[MAX];
static int count, sockets[2];
static volatile sig_atomic_t ended;

static void end(int sig)
{
	ended = sig;
}

static double now()
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

/**
 * Link the nodes to a ring, in an order that caches don't foresee.
 */
static void make_ring()
{
	int order[NODES], i, j, tmp;

	for (i = 0; i < NODES; i++)
	{
		order[i] = i;
	}
	for (i = NODES - 1; i > 0; i--)
	{
		j = rand() % (i + 1);
		tmp = order[i];
		order[i] = order[j];
		order[j] = tmp;
	}
	for (i = 0; i < NODES; i++)
	{
		nodes[order[i]].next = &nodes[order[(i + 1) % NODES]];
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double*)a, y = *(const double*)b;

	return x < y ? -1 : x > y;
}

/**
 * Get a percentile of the samples.
 */
static double percentile(int percent)
{
	qsort(samples, count, sizeof(*samples), compare);
	return samples[count * percent / 100];
}

/**
 * Walk when woken, wait in between.
 */
static void *walk(void *arg)
{
	double us = *(double*)arg, start, sum = 0;
	int steps = STEPS, walks = 0, rounds = 0, i;
	node_t *node = nodes;
	char byte;

	while (count < MAX && recv(sockets[1], &byte, 1, 0) == 1)
	{
		start = now();
		for (i = 0; i < steps; i++)
		{
			node = node->next;
			node->rest[0]++;
		}
		sum += now() - start;
		if (++walks == WALKS)
		{
			samples[count++] = sum;
			sum = walks = 0;
			if (rounds < ROUNDS && count == ADJUST)
			{
				steps = steps * us / percentile(50) + 1;
				count = 0;
				rounds++;
			}
		}
	}
	return NULL;
}

int main(int argc, char *argv[])
{
	struct timespec pause = { .tv_nsec = 1000000 };
	pthread_t thread;
	double us, median;

	us = argc == 2 ? atof(argv[1]) : 0;
	if (us <= 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets) != 0)
	{
		fprintf(stderr, "usage: stalls US\n");
		return 1;
	}
	signal(SIGTERM, end);
	make_ring();
	pthread_create(&thread, NULL, walk, &us);
	while (!ended)
	{
		nanosleep(&pause, NULL);
		send(sockets[0], "", 1, MSG_DONTWAIT);
	}
	shutdown(sockets[1], SHUT_RDWR);
	pthread_join(thread, NULL);
	median = percentile(50);
	printf("%.1f\n", percentile(99) - median);
	return 0;
}
