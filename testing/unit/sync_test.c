/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_test.h"
#include "sync_wake.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <threading/thread.h>

/** connections a proxy passes on at most */
#define PROXY_MAX 64

typedef struct pipe_t pipe_t;

/**
 * A direction of a connection through a proxy.
 */
struct pipe_t {
	test_proxy_t *proxy;
	int from, to;
	thread_t *thread;
};

/**
 * A proxy.
 */
struct test_proxy_t {
	/** listens here */
	int fd;
	/** addresses connections come from and go to */
	host_t *source, *target;
	/** the thread */
	thread_t *thread;
	/** lock for all below */
	mutex_t *mutex;
	condvar_t *changed;
	bool cut, stalled, ended;
	pipe_t pipes[2 * PROXY_MAX];
	u_int count;
};

/**
 * Names of members, by number.
 */
static char *names[] = { NULL, "moon", "sun", "mars", "venus" };

/** the cluster secret */
static char *secret = "a secret of the tests, at least 32 octets long";

/**
 * Port of all members, of this process only.
 */
static uint16_t get_port()
{
	return 20000 + getpid() % 12000;
}

bool sync_test_init(const char *name)
{
	rng_t *rng;

	/* no configuration */
	if (!library_init("", name) ||
		!lib->plugins->load(lib->plugins, "random openssl"))
	{
		return FALSE;
	}
	rng = lib->crypto->create_rng(lib->crypto, RNG_WEAK);
	DESTROY_IF(rng);
	if (!rng)
	{
		fprintf(stderr, "no random numbers: strongSwan's plugins random or "
				"openssl are needed\n");
	}
	return rng != NULL;
}

int sync_test_run(void *suite)
{
	SRunner *sr;
	int failed;

	sr = srunner_create(suite);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

host_t *test_address(u_int number)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "127.8.0.%u", number ?: 99);
	return host_create_from_string(buf, get_port());
}

sync_config_t *test_config(char *name, u_int number, u_int members)
{
	sync_peer_config_t *peer;
	sync_config_t *config;
	u_int i;

	INIT(config,
		.cluster = strdup("test"),
		.member = strdup(name),
		.listen = test_address(number),
		.heartbeat = TEST_HEARTBEAT,
		.timeout = TEST_TIMEOUT,
		.flush_interval = TEST_FLUSH,
		.backlog = 64 * 1024 * 1024,
		.secret = chunk_clone(chunk_from_str(secret)),
		.peers = linked_list_create(),
	);
	for (i = 1; i <= members; i++)
	{
		if (i != number)
		{
			INIT(peer,
				.name = strdup(names[i]),
				.address = test_address(i),
			);
			config->peers->insert_last(config->peers, peer);
		}
	}
	return config;
}

sync_peer_config_t *test_peer(sync_config_t *config, char *name)
{
	sync_peer_config_t *peer, *found = NULL;
	enumerator_t *enumerator;

	enumerator = config->peers->create_enumerator(config->peers);
	while (enumerator->enumerate(enumerator, &peer))
	{
		if (streq(peer->name, name))
		{
			found = peer;
		}
	}
	enumerator->destroy(enumerator);
	ck_assert(found != NULL);
	return found;
}

/**
 * Note an event, with the lock held.
 */
static void note(test_member_t *this, char *format, ...)
{
	va_list args;

	this->events = realloc(this->events, (this->count + 1) * sizeof(char*));
	va_start(args, format);
	if (vasprintf(&this->events[this->count], format, args) >= 0)
	{
		this->count++;
	}
	va_end(args);
	this->changed->broadcast(this->changed);
}

/**
 * Note an event without arguments but the member.
 */
static void note_member(sync_subscriber_t *sub, char *what, char *member)
{
	test_member_t *this = (test_member_t*)sub;

	this->mutex->lock(this->mutex);
	note(this, "%s %s", what, member);
	this->mutex->unlock(this->mutex);
}

static void member_up(sync_subscriber_t *sub, char *member,
					  uint64_t incarnation)
{
	ck_assert(incarnation != 0);
	note_member(sub, "up", member);
}

static void member_down(sync_subscriber_t *sub, char *member)
{
	note_member(sub, "down", member);
}

static void resync_begin(sync_subscriber_t *sub, char *member)
{
	note_member(sub, "begin", member);
}

static void resync_end(sync_subscriber_t *sub, char *member)
{
	note_member(sub, "end", member);
}

static void receive(sync_subscriber_t *sub, char *member, uint8_t type,
					chunk_t body)
{
	test_member_t *this = (test_member_t*)sub;

	this->mutex->lock(this->mutex);
	this->receiving++;
	this->changed->broadcast(this->changed);
	while (this->block_receive)
	{
		this->changed->wait(this->changed, this->mutex);
	}
	this->receiving--;
	note(this, "%s %u %.*s", member, type, (int)min(body.len, 32), body.ptr);
	this->mutex->unlock(this->mutex);
}

static void snapshot(sync_subscriber_t *sub, char *member, sync_sink_t *sink)
{
	test_member_t *this = (test_member_t*)sub;
	chunk_t body;
	u_int i;

	for (i = 0; TRUE; i++)
	{
		this->mutex->lock(this->mutex);
		this->writing = i + 1;
		this->changed->broadcast(this->changed);
		while (this->block_snapshot)
		{
			this->changed->wait(this->changed, this->mutex);
		}
		if (i >= this->items && !this->endless)
		{
			break;
		}
		body = chunk_alloc(max(this->item_len, 16));
		memset(body.ptr, 0, body.len);
		snprintf(body.ptr, body.len, "item%u", i);
		body.len = this->item_len ?: strlen(body.ptr);
		this->mutex->unlock(this->mutex);
		if (!sink->add(sink, 2, body))
		{
			this->mutex->lock(this->mutex);
			break;
		}
	}
	this->writing = 0;
	this->mutex->unlock(this->mutex);
}

test_member_t *test_member_create(sync_config_t *config, bool subscribe)
{
	test_member_t *this;

	INIT(this,
		.public = {
			.receive = receive,
			.snapshot = snapshot,
			.resync_begin = resync_begin,
			.resync_end = resync_end,
			.member_up = member_up,
			.member_down = member_down,
		},
		.name = strdup(config->member),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.changed = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	this->channel = sync_channel_create(config);
	ck_assert(this->channel != NULL);
	if (subscribe)
	{
		test_member_subscribe(this);
	}
	return this;
}

void test_member_subscribe(test_member_t *this)
{
	this->channel->subscribe(this->channel, SYNC_HA, &this->public);
}

void test_member_unsubscribe(test_member_t *this)
{
	this->channel->unsubscribe(this->channel, SYNC_HA);
}

uint64_t test_send(test_member_t *this, char *format, ...)
{
	char *text = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	ck_assert_int_ge(len, 0);
	return this->channel->send(this->channel, SYNC_HA, 1,
							   chunk_create(text, len));
}

/**
 * Wait for a change until a deadline, with the lock held.
 */
static void wait_change(test_member_t *this, uint64_t deadline,
						const char *what)
{
	uint64_t now = sync_now();
	u_int i;

	if (now >= deadline)
	{
		for (i = 0; i < this->count; i++)
		{
			fprintf(stderr, "  %s: %s\n", this->name, this->events[i]);
		}
		ck_abort_msg("%s waits for '%s'", this->name, what);
	}
	this->changed->timed_wait(this->changed, this->mutex, deadline - now);
}

u_int test_await(test_member_t *this, u_int from, char *format, ...)
{
	uint64_t deadline = sync_now() + TEST_PATIENCE;
	bool found = FALSE;
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	this->mutex->lock(this->mutex);
	while (!found)
	{
		while (!found && from < this->count)
		{
			found = streq(this->events[from++], what);
		}
		if (!found)
		{
			wait_change(this, deadline, what);
		}
	}
	this->mutex->unlock(this->mutex);
	return from;
}

u_int test_count(test_member_t *this, char *format, ...)
{
	u_int i, count = 0;
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	this->mutex->lock(this->mutex);
	for (i = 0; i < this->count; i++)
	{
		count += streq(this->events[i], what);
	}
	this->mutex->unlock(this->mutex);
	return count;
}

u_int test_events(test_member_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->count;
	this->mutex->unlock(this->mutex);
	return count;
}

void test_block(test_member_t *this, bool receive, bool snapshot)
{
	this->mutex->lock(this->mutex);
	this->block_receive = receive;
	this->block_snapshot = snapshot;
	this->changed->broadcast(this->changed);
	this->mutex->unlock(this->mutex);
}

void test_await_receiving(test_member_t *this)
{
	uint64_t deadline = sync_now() + TEST_PATIENCE;

	this->mutex->lock(this->mutex);
	while (!this->receiving)
	{
		wait_change(this, deadline, "call of receive()");
	}
	this->mutex->unlock(this->mutex);
}

void test_await_writing(test_member_t *this)
{
	uint64_t deadline = sync_now() + TEST_PATIENCE;

	this->mutex->lock(this->mutex);
	while (!this->writing)
	{
		wait_change(this, deadline, "call of snapshot()");
	}
	this->mutex->unlock(this->mutex);
}

sync_member_t test_info(test_member_t *this, char *other)
{
	static char error[512];
	enumerator_t *enumerator;
	sync_member_t *member, found = {};

	enumerator = this->channel->create_member_enumerator(this->channel);
	while (enumerator->enumerate(enumerator, &member))
	{
		if (streq(member->name, other))
		{
			found = *member;
			found.name = other;
			found.address = NULL;
			if (member->error)
			{
				snprintf(error, sizeof(error), "%s", member->error);
				found.error = error;
			}
		}
	}
	enumerator->destroy(enumerator);
	ck_assert(found.name != NULL);
	return found;
}

void test_await_error(test_member_t *this, char *other, char *text)
{
	uint64_t deadline = sync_now() + TEST_PATIENCE;
	sync_member_t info;

	do
	{
		info = test_info(this, other);
		if (info.error && strstr(info.error, text))
		{
			return;
		}
		usleep(10000);
	}
	while (sync_now() < deadline);
	ck_abort_msg("%s says of %s: '%s', not '%s'", this->name, other,
				 info.error ?: "no error", text);
}

void test_await_state(test_member_t *this, char *other,
					  sync_link_state_t state)
{
	uint64_t deadline = sync_now() + TEST_PATIENCE;
	sync_member_t info;

	do
	{
		info = test_info(this, other);
		if (info.state == state)
		{
			return;
		}
		usleep(10000);
	}
	while (sync_now() < deadline);
	ck_abort_msg("link of %s to %s in state %d, not %d: %s", this->name, other,
				 info.state, state, info.error ?: "no error");
}

void test_member_destroy(test_member_t *this)
{
	u_int i;

	test_block(this, FALSE, FALSE);
	test_member_unsubscribe(this);
	sync_channel_destroy(this->channel);
	for (i = 0; i < this->count; i++)
	{
		free(this->events[i]);
	}
	free(this->events);
	this->changed->destroy(this->changed);
	this->mutex->destroy(this->mutex);
	free(this->name);
	free(this);
}

/**
 * Pass data on in one direction.
 */
static void *pass(pipe_t *pipe)
{
	test_proxy_t *this = pipe->proxy;
	u_char buf[16384];
	ssize_t len;

	while ((len = recv(pipe->from, buf, sizeof(buf), 0)) > 0)
	{
		this->mutex->lock(this->mutex);
		while (this->stalled && !this->cut && !this->ended)
		{
			this->changed->wait(this->changed, this->mutex);
		}
		this->mutex->unlock(this->mutex);
		if (send(pipe->to, buf, len, MSG_NOSIGNAL) != len)
		{
			break;
		}
	}
	shutdown(pipe->from, SHUT_RDWR);
	shutdown(pipe->to, SHUT_RDWR);
	return NULL;
}

/**
 * Open a socket bound to an address, any port.
 */
static int open_from(host_t *source)
{
	host_t *from = source->clone(source);
	int fd;

	from->set_port(from, 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, from->get_sockaddr(from),
						  *from->get_sockaddr_len(from)), 0);
	from->destroy(from);
	return fd;
}

/**
 * Pass a connection on, with the lock held.
 */
static void pass_connection(test_proxy_t *this, int client)
{
	int server = -1, i;
	pipe_t *pipe;

	if (!this->cut && this->count + 2 <= countof(this->pipes))
	{
		server = open_from(this->source);
		if (connect(server, this->target->get_sockaddr(this->target),
					*this->target->get_sockaddr_len(this->target)) == 0)
		{
			for (i = 0; i < 2; i++)
			{
				pipe = &this->pipes[this->count++];
				*pipe = (pipe_t){
					.proxy = this,
					.from = i ? server : client,
					.to = i ? client : server,
				};
				pipe->thread = thread_create((thread_main_t)pass, pipe);
			}
			return;
		}
		close(server);
	}
	close(client);
}

/**
 * Main function of a proxy.
 */
static void *run_proxy(test_proxy_t *this)
{
	struct pollfd pfd = { .fd = this->fd, .events = POLLIN };
	bool ended = FALSE;
	int fd;

	while (!ended)
	{
		poll(&pfd, 1, 20);
		this->mutex->lock(this->mutex);
		ended = this->ended;
		if (!ended && pfd.revents)
		{
			fd = accept(this->fd, NULL, NULL);
			if (fd >= 0)
			{
				pass_connection(this, fd);
			}
		}
		this->mutex->unlock(this->mutex);
	}
	return NULL;
}

test_proxy_t *test_proxy_create(sync_config_t *config, char *to)
{
	sync_peer_config_t *peer = test_peer(config, to);
	socklen_t len = sizeof(struct sockaddr_in);
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f080064),
	};
	test_proxy_t *this;

	INIT(this,
		.source = config->listen->clone(config->listen),
		.target = peer->address,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.changed = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	this->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(this->fd, (struct sockaddr*)&addr, len), 0);
	ck_assert_int_eq(listen(this->fd, 8), 0);
	ck_assert_int_eq(getsockname(this->fd, (struct sockaddr*)&addr, &len), 0);
	peer->address = host_create_from_sockaddr((struct sockaddr*)&addr);
	this->thread = thread_create((thread_main_t)run_proxy, this);
	return this;
}

void test_proxy_cut(test_proxy_t *this)
{
	u_int i;

	this->mutex->lock(this->mutex);
	this->cut = TRUE;
	this->changed->broadcast(this->changed);
	for (i = 0; i < this->count; i++)
	{
		shutdown(this->pipes[i].from, SHUT_RDWR);
	}
	this->mutex->unlock(this->mutex);
	/* the thread starts no new ones now */
	for (i = 0; i < this->count; i++)
	{
		this->pipes[i].thread->join(this->pipes[i].thread);
	}
	for (i = 0; i < this->count; i++)
	{	/* each is the first end of one direction */
		close(this->pipes[i].from);
	}
	this->count = 0;
}

void test_proxy_allow(test_proxy_t *this)
{
	this->mutex->lock(this->mutex);
	this->cut = this->stalled = FALSE;
	this->changed->broadcast(this->changed);
	this->mutex->unlock(this->mutex);
}

void test_proxy_stall(test_proxy_t *this)
{
	this->mutex->lock(this->mutex);
	this->stalled = TRUE;
	this->mutex->unlock(this->mutex);
}

void test_proxy_destroy(test_proxy_t *this)
{
	test_proxy_cut(this);
	this->mutex->lock(this->mutex);
	this->ended = TRUE;
	this->mutex->unlock(this->mutex);
	this->thread->join(this->thread);
	close(this->fd);
	this->source->destroy(this->source);
	this->target->destroy(this->target);
	this->changed->destroy(this->changed);
	this->mutex->destroy(this->mutex);
	free(this);
}

int test_connect(u_int from, u_int to)
{
	host_t *source = test_address(from), *target = test_address(to);
	int fd;

	fd = open_from(source);
	ck_assert_int_eq(connect(fd, target->get_sockaddr(target),
							 *target->get_sockaddr_len(target)), 0);
	source->destroy(source);
	target->destroy(target);
	return fd;
}

bool test_is_closed(int fd, u_int ms)
{
	uint64_t now = sync_now(), deadline = now + ms;
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	u_char buf[1024];

	for (; now < deadline; now = sync_now())
	{
		if (poll(&pfd, 1, deadline - now) > 0 &&
			recv(fd, buf, sizeof(buf), MSG_DONTWAIT) <= 0)
		{
			return TRUE;
		}
	}
	return FALSE;
}
