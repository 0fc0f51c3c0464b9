/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Measures what a failover does to traffic.
 *
 *	traffic serve [-p PORT]		answers flows, in the foreground
 *	traffic start -d ADDR [-s SOURCE] [-p PORT] [-r RATE] [-l LENGTH]
 *								starts a flow in the background, returns when
 *								the first packet came back (at most 10 s)
 *	traffic stop				ends it, after what is on its way arrived
 *	traffic report [-a FILE|MS] [-L LOST] [-G MS] [-E MS]
 *								prints what happened to the flow; fails if more
 *								was lost, a gap was longer, or the longest ended
 *								later after the time given with -a
 *
 * A flow has two independent directions: "up" is sent by the client at RATE
 * packets per second, "down" by the server at the same rate, whether or not
 * anything arrives.  Every packet of the server tells what arrived at the
 * server so far, so the client's log is complete once both directions work.
 *
 * Times are milliseconds since 1970 of the one kernel all hosts run on.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MAGIC 0x54524146
#define MAX_FLOWS 16
#define MAX_LENGTH 1400
/** how long after the client's last packet others may still arrive, in ms */
#define DRAIN 1500
/** packets of a flow that are sent before others are received: a machine that is
 * too slow for the rate would do nothing else */
#define BURST 50
/** what waits for a process that an emulated machine does not run for a second,
 * in octets */
#define RECEIVE_BUFFER (4 << 20)
/** longest flow, in packets, for the bitmap that finds duplicates */
#define MAX_PACKETS (1 << 22)
/** where the client keeps its log and the id of its process */
#define LOG_FILE "/run/traffic.log"
#define PID_FILE "/run/traffic.pid"

/**
 * What arrived of one direction.
 */
typedef struct {
	uint64_t received;
	uint64_t duplicates;
	uint64_t last;		/* time of last new packet, ms */
	uint64_t gap;		/* longest time without a packet, ms */
	uint64_t gap_end;	/* when it ended */
} counts_t;

/**
 * A packet, in the byte order of the one machine all this runs on.
 */
typedef struct {
	uint32_t magic;
	uint32_t rate;		/* 0 from the client: flow ends */
	uint64_t seq;
	uint64_t time;
	uint64_t flow;
	counts_t arrived;	/* from the server only */
} packet_t;

/**
 * Receiving side of a direction.
 */
typedef struct {
	counts_t counts;
	uint8_t *seen;
} receiver_t;

/**
 * A flow at the server.
 */
typedef struct {
	struct sockaddr_storage peer;
	socklen_t peer_len;
	uint64_t flow;
	uint64_t seq;
	uint64_t start;
	uint32_t rate;
	size_t len;
	receiver_t receiver;
} flow_t;

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static void die(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(1);
}

/**
 * Note the arrival of a packet, FALSE if it is a duplicate.
 */
static bool note(receiver_t *this, uint64_t seq, uint64_t now)
{
	counts_t *counts = &this->counts;

	if (seq >= MAX_PACKETS)
	{
		return false;
	}
	if (!this->seen && !(this->seen = calloc(1, MAX_PACKETS / 8)))
	{
		die("out of memory");
	}
	if (this->seen[seq / 8] & 1 << seq % 8)
	{
		counts->duplicates++;
		return false;
	}
	this->seen[seq / 8] |= 1 << seq % 8;
	counts->received++;
	if (counts->last && now > counts->last && now - counts->last > counts->gap)
	{
		counts->gap = now - counts->last;
		counts->gap_end = now;
	}
	counts->last = now;
	return true;
}

/**
 * Make a timer that fires every ms.
 */
static int open_timer(unsigned ms)
{
	struct itimerspec its = {
		.it_value.tv_nsec = ms * 1000000L,
		.it_interval.tv_nsec = ms * 1000000L,
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0 || timerfd_settime(fd, 0, &its, NULL))
	{
		die("timer");
	}
	return fd;
}

static int open_socket(int family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int size = RECEIVE_BUFFER;

	if (fd < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
	{
		die("socket");
	}
	return fd;
}

/**
 * Packets that should have been sent by now.
 */
static uint64_t due(uint64_t start, uint32_t rate)
{
	return (now_ms() - start) * rate / 1000;
}

static flow_t *find_flow(flow_t *flows, packet_t *packet)
{
	flow_t *unused = NULL;
	int i;

	for (i = 0; i < MAX_FLOWS; i++)
	{
		if (flows[i].rate && flows[i].flow == packet->flow)
		{
			return &flows[i];
		}
		if (!flows[i].rate && !unused)
		{
			unused = &flows[i];
		}
	}
	return packet->rate ? unused : NULL;
}

/**
 * A packet came in at the server.
 */
static void serve_packet(flow_t *flows, packet_t *packet, size_t len,
						 struct sockaddr_storage *peer, socklen_t peer_len)
{
	uint64_t now = now_ms();
	flow_t *flow;

	if (len < sizeof(*packet) || packet->magic != MAGIC ||
		!(flow = find_flow(flows, packet)))
	{
		return;
	}
	if (!packet->rate)
	{
		free(flow->receiver.seen);
		memset(flow, 0, sizeof(*flow));
		return;
	}
	if (!flow->rate)
	{
		flow->flow = packet->flow;
		flow->rate = packet->rate;
		flow->start = now;
	}
	flow->len = len;
	memcpy(&flow->peer, peer, sizeof(*peer));
	flow->peer_len = peer_len;
	note(&flow->receiver, packet->seq, now);
}

static void serve_flows(int fd, flow_t *flows)
{
	uint8_t buf[MAX_LENGTH] = {};
	packet_t *packet = (packet_t*)buf;
	flow_t *flow;
	int i;

	for (flow = flows; flow < flows + MAX_FLOWS; flow++)
	{
		for (i = 0; i < BURST && flow->rate &&
					flow->seq < due(flow->start, flow->rate); i++)
		{
			*packet = (packet_t){
				.magic = MAGIC, .rate = flow->rate, .seq = flow->seq++,
				.time = now_ms(), .flow = flow->flow,
				.arrived = flow->receiver.counts,
			};
			sendto(fd, buf, flow->len, 0, (void*)&flow->peer, flow->peer_len);
		}
	}
}

static int serve(int port)
{
	struct sockaddr_in6 addr = {
		.sin6_family = AF_INET6, .sin6_port = htons(port),
		.sin6_addr = IN6ADDR_ANY_INIT,
	};
	static flow_t flows[MAX_FLOWS];
	int fd = open_socket(AF_INET6), timer = open_timer(1), off = 0;
	struct sockaddr_storage peer;
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN }, { .fd = timer, .events = POLLIN },
	};
	uint8_t buf[MAX_LENGTH];
	socklen_t peer_len;
	uint64_t ticks;
	ssize_t len;

	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (void*)&addr, sizeof(addr)))
	{
		die("bind");
	}
	while (!stopped)
	{
		if (poll(fds, 2, -1) < 0)
		{
			continue;
		}
		while (peer_len = sizeof(peer),
			   (len = recvfrom(fd, buf, sizeof(buf), 0, (void*)&peer,
							   &peer_len)) >= 0)
		{
			serve_packet(flows, (packet_t*)buf, len, &peer, peer_len);
		}
		if (read(timer, &ticks, sizeof(ticks)) > 0)
		{
			serve_flows(fd, flows);
		}
	}
	return 0;
}

/**
 * Sends and logs a flow until stopped.
 */
static void run_client(int fd, FILE *log, uint32_t rate, size_t length,
					   int ready)
{
	uint8_t out[MAX_LENGTH] = {}, in[MAX_LENGTH];
	packet_t *packet = (packet_t*)out, *got = (packet_t*)in;
	int timer = open_timer(1);
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN }, { .fd = timer, .events = POLLIN },
	};
	uint64_t seq = 0, highest = 0, start = now_ms(), end = 0, ticks, failed = 0;
	receiver_t receiver = {};
	counts_t arrived = {};
	int i;

	*packet = (packet_t){
		.magic = MAGIC, .rate = rate, .flow = start << 20 | getpid(),
	};
	while (!end || now_ms() < end)
	{
		if (stopped && !end)
		{
			end = now_ms() + DRAIN;
		}
		poll(fds, 2, -1);
		while (recv(fd, in, sizeof(in), 0) >= (ssize_t)sizeof(*got))
		{
			if (got->magic != MAGIC || got->flow != packet->flow)
			{
				continue;
			}
			if (ready >= 0)
			{
				if (write(ready, "x", 1) != 1)
				{
					die("write");
				}
				close(ready);
				ready = -1;
			}
			if (note(&receiver, got->seq, now_ms()))
			{
				fprintf(log, "%llu %llu %llu\n", (unsigned long long)got->seq,
						(unsigned long long)got->time,
						(unsigned long long)now_ms());
				if (got->seq + 1 > highest)
				{
					highest = got->seq + 1;
					arrived = got->arrived;
				}
			}
		}
		if (read(timer, &ticks, sizeof(ticks)) > 0)
		{
			for (i = 0; !end && i < BURST && seq < due(start, rate); i++)
			{
				packet->seq = seq++;
				packet->time = now_ms();
				/* a route or a policy that is missing loses a packet as well */
				failed += send(fd, out, length, 0) < 0;
			}
		}
	}
	packet->rate = 0;
	for (i = 0; i < 5; i++)
	{
		failed += send(fd, out, length, 0) < 0;
	}
	fprintf(log, "up sent %llu received %llu duplicates %llu gap %llu end %llu "
			"last %llu refused %llu\n", (unsigned long long)seq,
			(unsigned long long)arrived.received,
			(unsigned long long)arrived.duplicates,
			(unsigned long long)arrived.gap,
			(unsigned long long)arrived.gap_end,
			(unsigned long long)arrived.last, (unsigned long long)failed);
	fprintf(log, "down sent %llu received %llu duplicates %llu gap %llu end "
			"%llu last %llu refused 0\n", (unsigned long long)highest,
			(unsigned long long)receiver.counts.received,
			(unsigned long long)receiver.counts.duplicates,
			(unsigned long long)receiver.counts.gap,
			(unsigned long long)receiver.counts.gap_end,
			(unsigned long long)receiver.counts.last);
	fclose(log);
}

/**
 * Connects a socket to the server.
 */
static int connect_to(char *dst, char *src, int port)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM,
	}, *to, *from = NULL;
	char service[8];
	int fd;

	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(dst, service, &hints, &to) ||
		(src && getaddrinfo(src, NULL, &hints, &from)))
	{
		fprintf(stderr, "traffic: '%s' or '%s' is not an address\n", dst,
				src ?: "");
		exit(1);
	}
	fd = open_socket(to->ai_family);
	if (from && bind(fd, from->ai_addr, from->ai_addrlen))
	{
		die(src);
	}
	if (connect(fd, to->ai_addr, to->ai_addrlen))
	{
		die(dst);
	}
	return fd;
}

static int start(char *dst, char *src, int port, uint32_t rate, size_t length)
{
	int fd = connect_to(dst, src, port), pipefd[2];
	struct pollfd pfd;
	FILE *log, *file;
	pid_t pid;

	unlink(LOG_FILE);
	log = fopen(LOG_FILE, "we");
	if (!log || pipe2(pipefd, O_CLOEXEC))
	{
		die(LOG_FILE);
	}
	pid = fork();
	if (pid < 0)
	{
		die("fork");
	}
	if (!pid)
	{
		int null = open("/dev/null", O_RDWR);

		setsid();
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		run_client(fd, log, rate, length, pipefd[1]);
		_exit(0);
	}
	file = fopen(PID_FILE, "we");
	if (!file)
	{
		die(PID_FILE);
	}
	fprintf(file, "%d\n", pid);
	fclose(file);
	pfd = (struct pollfd){ .fd = pipefd[0], .events = POLLIN };
	if (poll(&pfd, 1, 10000) != 1)
	{
		printf("traffic: nothing came back from %s within 10 s\n", dst);
		return 1;
	}
	printf("traffic: flow to %s is running\n", dst);
	return 0;
}

static int stop(void)
{
	FILE *file = fopen(PID_FILE, "re");
	int pid, i;

	if (!file || fscanf(file, "%d", &pid) != 1)
	{
		printf("traffic: no flow is running\n");
		return 1;
	}
	fclose(file);
	unlink(PID_FILE);
	kill(pid, SIGTERM);
	for (i = 0; i < 100 && !kill(pid, 0); i++)
	{
		usleep(100000);
	}
	printf("traffic: stopped\n");
	return 0;
}

/**
 * A point in time, or a file that holds one.
 */
static uint64_t parse_time(char *arg)
{
	unsigned long long when = 0;
	FILE *file = fopen(arg, "re");

	if (!file)
	{
		return strtoull(arg, NULL, 10);
	}
	if (fscanf(file, "%llu", &when) != 1)
	{
		when = 0;
	}
	fclose(file);
	return when;
}

static int report(uint64_t after, long max_lost, long max_gap, long max_end)
{
	unsigned long long seq, sent, got, dup, gap, end, last, refused, first = 0;
	FILE *log = fopen(LOG_FILE, "re");
	char line[256], dir[8];
	int lines = 0;
	bool ok = true;

	if (!log)
	{
		die(LOG_FILE);
	}
	while (fgets(line, sizeof(line), log))
	{
		if (sscanf(line, "%llu %llu %llu", &seq, &sent, &got) == 3)
		{
			/* the packet has to be sent after it, too, not just be late */
			if (after && !first && sent >= after)
			{
				first = got;
			}
			continue;
		}
		if (sscanf(line, "%7s sent %llu received %llu duplicates %llu gap %llu "
				   "end %llu last %llu refused %llu", dir, &sent, &got, &dup,
				   &gap, &end, &last, &refused) != 8)
		{
			continue;
		}
		lines++;
		printf("%s: sent=%llu received=%llu lost=%llu duplicates=%llu "
			   "gap_ms=%llu gap_end=%llu", dir, sent, got,
			   sent > got ? sent - got : 0, dup, gap, end);
		if (first && !strcmp(dir, "down"))
		{
			printf(" first_after_ms=%llu", first - after);
		}
		printf("\n");
		if (!got || dup || (max_lost >= 0 && sent > got + max_lost) ||
			(max_gap >= 0 && gap > (unsigned long long)max_gap) ||
			(max_end >= 0 && end > after + (unsigned long long)max_end))
		{
			ok = false;
		}
		if (after && last <= after)
		{
			printf("%s: nothing arrived after the failover\n", dir);
			ok = false;
		}
	}
	fclose(log);
	if (lines != 2)
	{
		printf("traffic: the flow was not stopped, its log is not complete\n");
		ok = false;
	}
	printf("traffic: %s\n", ok ? "OK" : "FAILED");
	return ok ? 0 : 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: traffic serve|start|stop|report [options], see "
			"traffic.c\n");
	return 2;
}

int main(int argc, char *argv[])
{
	char *dst = NULL, *src = NULL;
	long max_lost = -1, max_gap = -1, max_end = -1;
	int opt, port = 9000;
	uint32_t rate = 100;
	size_t length = 200;
	uint64_t after = 0;

	while ((opt = getopt(argc, argv, "d:s:p:r:l:a:L:G:E:")) != -1)
	{
		switch (opt)
		{
			case 'd': dst = optarg; break;
			case 's': src = optarg; break;
			case 'p': port = atoi(optarg); break;
			case 'r': rate = atoi(optarg); break;
			case 'l': length = atoi(optarg); break;
			case 'a': after = parse_time(optarg); break;
			case 'L': max_lost = atol(optarg); break;
			case 'G': max_gap = atol(optarg); break;
			case 'E': max_end = atol(optarg); break;
			default: return usage();
		}
	}
	if (optind != argc - 1 || !rate || length < sizeof(packet_t) ||
		length > MAX_LENGTH)
	{
		return usage();
	}
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	if (!strcmp(argv[optind], "serve"))
	{
		return serve(port);
	}
	if (!strcmp(argv[optind], "start") && dst)
	{
		return start(dst, src, port, rate, length);
	}
	if (!strcmp(argv[optind], "stop"))
	{
		return stop();
	}
	if (!strcmp(argv[optind], "report"))
	{
		return report(after, max_lost, max_gap, max_end);
	}
	return usage();
}
