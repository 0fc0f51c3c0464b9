/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_test.h"
#include "stub_redis.h"
#include "stub_redis_link.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <collections/hashtable.h>
#include <threading/mutex.h>
#include <threading/thread.h>

/** arguments of a command at most, octets of its name and key */
#define ARGS 8
#define KEY_MAX 128

/** octets the server buffers */
#define BUFFER (4 * 1024 * 1024)

/** how long to wait for the store's thread, in ms */
#define PATIENCE 15000

/** how long a function of the store may take at most in a hook, in ms */
#define NO_WAIT 100

/**
 * A value of the server.
 */
typedef struct {
	char *key;
	chunk_t data;
} value_t;

static void value_destroy(value_t *value)
{
	if (value)
	{
		chunk_free(&value->data);
		free(value->key);
		free(value);
	}
}

/**
 * A server that speaks RESP: SET, GET, DEL, as far as the store uses them.
 */
static struct {
	int listener;
	thread_t *thread;
	/** key => value_t */
	hashtable_t *values;
	/** commands processed, most of them that were there at once, options
	 * seen */
	u_int commands, bundle, expiring;
	/** does not answer; breaks the connection instead of the next answer; does
	 * not accept connections; refuses changes; ends */
	bool hangs, breaks, down, read_only, stop;
	/** protects all above */
	mutex_t *mutex;
} server;

static stub_config_t config;
static stub_stats_t *stats;
static stub_store_t *store;

/** results of look-ups; calls of stub_lost_cb_t */
static u_int ended, found, lost_calls;

/**
 * Read a number after a type, FALSE if it's not complete.
 */
static bool read_number(chunk_t *data, char type, int *number)
{
	u_char *end;

	end = memchr(data->ptr, '\n', data->len);
	if (!end)
	{
		return FALSE;
	}
	ck_assert_int_eq(data->ptr[0], type);
	*number = atoi((char*)data->ptr + 1);
	*data = chunk_skip(*data, end + 1 - data->ptr);
	return TRUE;
}

/**
 * Read a command, number of arguments or 0 if it's not complete.
 */
static int read_command(chunk_t *data, chunk_t args[ARGS])
{
	chunk_t rest = *data;
	int count, len, i;

	if (!rest.len || !read_number(&rest, '*', &count))
	{
		return 0;
	}
	ck_assert_int_le(count, ARGS);
	for (i = 0; i < count; i++)
	{
		if (!rest.len || !read_number(&rest, '$', &len) ||
			rest.len < (size_t)len + 2)
		{
			return 0;
		}
		args[i] = chunk_create(rest.ptr, len);
		rest = chunk_skip(rest, len + 2);
	}
	*data = rest;
	return count;
}

static bool is(chunk_t arg, char *word)
{
	return chunk_equals(arg, chunk_from_str(word));
}

/**
 * Set a value, remove it if there is none.
 */
static void set_value(char *key, chunk_t data)
{
	value_t *value = NULL;

	if (data.ptr)
	{
		INIT(value,
			.key = strdup(key),
			.data = chunk_clone(data),
		);
	}
	value_destroy(server.values->remove(server.values, key));
	if (value)
	{
		server.values->put(server.values, value->key, value);
	}
}

/**
 * Do what a command wants, append the reply.
 */
static chunk_t process(chunk_t out, chunk_t *args, int count)
{
	char key[KEY_MAX], head[32];
	value_t *value;
	int i;

	ck_assert_int_ge(count, 2);
	snprintf(key, sizeof(key), "%.*s", (int)args[1].len, args[1].ptr);
	value = server.values->get(server.values, key);
	if (is(args[0], "GET"))
	{
		if (!value)
		{
			return chunk_cat("mc", out, chunk_from_str("$-1\r\n"));
		}
		snprintf(head, sizeof(head), "$%zu\r\n", value->data.len);
		return chunk_cat("mccc", out, chunk_from_str(head), value->data,
						 chunk_from_str("\r\n"));
	}
	if (server.read_only)
	{
		return chunk_cat("mc", out,
						 chunk_from_str("-READONLY You can't write\r\n"));
	}
	if (is(args[0], "DEL"))
	{
		out = chunk_cat("mc", out, chunk_from_str(value ? ":1\r\n" : ":0\r\n"));
		set_value(key, chunk_empty);
		return out;
	}
	ck_assert(is(args[0], "SET"));
	for (i = 3; i < count; i++)
	{
		if (is(args[i], "NX") && value)
		{
			return chunk_cat("mc", out, chunk_from_str("$-1\r\n"));
		}
		server.expiring += is(args[i], "EX") ? 1 : 0;
	}
	set_value(key, args[2]);
	return chunk_cat("mc", out, chunk_from_str("+OK\r\n"));
}

/**
 * Get a flag.
 */
static bool flag(bool *what)
{
	bool set;

	server.mutex->lock(server.mutex);
	set = *what;
	server.mutex->unlock(server.mutex);
	return set;
}

static void set_flag(bool *what, bool set)
{
	server.mutex->lock(server.mutex);
	*what = set;
	server.mutex->unlock(server.mutex);
}

/**
 * Process the commands that are in the buffer.
 */
static bool process_all(int fd, chunk_t *data)
{
	chunk_t args[ARGS], out = chunk_empty;
	u_int bundle = 0;
	bool ok;
	int count;

	server.mutex->lock(server.mutex);
	while ((count = read_command(data, args)))
	{
		out = process(out, args, count);
		bundle++;
	}
	server.commands += bundle;
	server.bundle = max(server.bundle, bundle);
	server.mutex->unlock(server.mutex);
	ok = !(bundle && flag(&server.breaks)) &&
		 (!out.len || write(fd, out.ptr, out.len) == (ssize_t)out.len);
	if (bundle)
	{
		set_flag(&server.breaks, FALSE);
	}
	chunk_free(&out);
	return ok;
}

/**
 * Serve a connection until it ends.
 */
static void serve(int fd)
{
	u_char *buffer = malloc(BUFFER);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t got;
	chunk_t data;
	bool good = TRUE;

	while (good && !flag(&server.stop) && !flag(&server.down))
	{
		if (flag(&server.hangs))
		{
			usleep(5000);
			continue;
		}
		if (poll(&pfd, 1, 10) == 1 && !flag(&server.hangs))
		{
			got = read(fd, buffer + len, BUFFER - len);
			good = got > 0;
			len += max(got, 0);
			data = chunk_create(buffer, len);
			good = good && process_all(fd, &data);
			memmove(buffer, data.ptr, data.len);
			len = data.len;
		}
	}
	free(buffer);
	close(fd);
}

/**
 * Listen on a port, the same one if there was one.
 */
static void start_listening()
{
	static struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server.listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_ge(server.listener, 0);
	setsockopt(server.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	ck_assert_int_eq(bind(server.listener, (struct sockaddr*)&address,
						  sizeof(address)), 0);
	ck_assert_int_eq(listen(server.listener, 5), 0);
	ck_assert_int_eq(getsockname(server.listener, (struct sockaddr*)&address,
								 &len), 0);
	lib->settings->set_int(lib->settings, "%s.plugins.ike-sa-stub.redis.port",
						   ntohs(address.sin_port), lib->ns);
}

static void *run_server(void *unused)
{
	struct pollfd pfd = { .events = POLLIN };

	while (!flag(&server.stop))
	{
		if (flag(&server.down))
		{
			if (server.listener >= 0)
			{
				close(server.listener);
				server.listener = -1;
			}
			usleep(5000);
			continue;
		}
		if (server.listener < 0)
		{
			start_listening();
		}
		pfd.fd = server.listener;
		if (poll(&pfd, 1, 10) == 1)
		{
			serve(accept(server.listener, NULL, NULL));
		}
	}
	return NULL;
}

/**
 * Wait for something.
 */
#define await(condition) ({ \
	u_int _i; \
	bool _done = FALSE; \
	for (_i = 0; _i < PATIENCE / 5 && !_done; _i++) \
	{ \
		_done = (condition); \
		if (!_done) \
		{ \
			usleep(5000); \
		} \
	} \
	ck_assert_msg(_done, "%s did not come true", #condition); })

/**
 * Do something that must not wait.
 */
#define at_once(what) ({ \
	timeval_t _start, _end; \
	time_monotonic(&_start); \
	what; \
	time_monotonic(&_end); \
	timersub(&_end, &_start, &_end); \
	ck_assert_int_lt(_end.tv_sec * 1000 + _end.tv_usec / 1000, NO_WAIT); })

/**
 * Keys of the server of some kind.
 */
static u_int count_keys(char *prefix)
{
	enumerator_t *enumerator;
	u_int count = 0;
	char *key;

	server.mutex->lock(server.mutex);
	enumerator = server.values->create_enumerator(server.values);
	while (enumerator->enumerate(enumerator, &key, NULL))
	{
		count += strpfx(key, prefix) ? 1 : 0;
	}
	enumerator->destroy(enumerator);
	server.mutex->unlock(server.mutex);
	return count;
}

static void lookup_done(void *user, stub_t *stub)
{
	found += stub ? 1 : 0;
	__atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
	stub_unref(stub);
}

static void lost(void *user)
{
	__atomic_add_fetch(&lost_calls, 1, __ATOMIC_SEQ_CST);
}

/**
 * Start a look-up.
 */
static bool lookup(uint64_t index)
{
	bool waits;

	at_once(waits = store->lookup(store, index,
								  chunk_from_chars(192, 168, 0, 1), lookup_done,
								  NULL));
	return waits;
}

/**
 * Put a stub.
 */
static void put(uint64_t index)
{
	stub_t *stub = stub_test_create(index, 100);

	at_once(store->put(store, stub));
	stub_unref(stub);
}

static void setup()
{
	lib->processor->set_threads(lib->processor, 4);
	memset(&server, 0, sizeof(server));
	ended = found = lost_calls = 0;
	server.mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	server.values = hashtable_create(hashtable_hash_str, hashtable_equals_str,
									 32);
	lib->settings->set_str(lib->settings, "%s.plugins.ike-sa-stub.redis.host",
						   "127.0.0.1", lib->ns);
	lib->settings->set_bool(lib->settings, "%s.plugins.ike-sa-stub.redis.tls",
							FALSE, lib->ns);
	start_listening();
	server.thread = thread_create(run_server, NULL);
	stats = stub_stats_create();
	config = (stub_config_t){
		.store = STUB_STORE_REDIS,
		.lookup_timeout = 200,
	};
	store = stub_redis_create(&config, stats,
							  stub_seal_create(chunk_from_str("secret")));
	ck_assert(store);
	/* known to be there */
	put(htobe64(1000));
	await(count_keys("strongswan:stub:") == 1);
	await(lookup(htobe64(1000)));
	await(ended == 1);
	ck_assert_int_eq(found, 1);
	ended = found = 0;
}

static void free_value(value_t *value, const void *key)
{
	value_destroy(value);
}

static void teardown()
{
	set_flag(&server.stop, TRUE);
	/* as charon does before plugins are unloaded: no timer has the store */
	lib->processor->cancel(lib->processor);
	store->destroy(store);
	server.thread->join(server.thread);
	if (server.listener >= 0)
	{
		close(server.listener);
	}
	server.values->destroy_function(server.values, (void*)free_value);
	server.mutex->destroy(server.mutex);
	stats->destroy(stats);
}

/**
 * X10, G5: stubs are stored encrypted, with an expiry, found and removed.
 */
START_TEST(test_store)
{
	enumerator_t *enumerator;
	value_t *value;
	char *key;
	char *secrets[] = { "carol", "strongswan", "0123456789abcdef" };
	u_int i, seen = 0;

	put(TEST_SPI_R);
	await(count_keys("strongswan:stub:") == 2);
	ck_assert_int_eq(server.expiring, 2);
	enumerator = server.values->create_enumerator(server.values);
	while (enumerator->enumerate(enumerator, &key, &value))
	{
		ck_assert_int_gt(value->data.len, STUB_SEAL_OVERHEAD + 200);
		for (i = 0; i < countof(secrets); i++)
		{
			ck_assert(!memmem(value->data.ptr, value->data.len, secrets[i],
							  strlen(secrets[i])));
		}
		ck_assert(!strstr(key, "1112131415161718"));
		seen++;
	}
	enumerator->destroy(enumerator);
	ck_assert_int_eq(seen, 2);

	ck_assert(lookup(TEST_SPI_R));
	await(ended == 1);
	ck_assert_int_eq(found, 1);
	ck_assert(lookup(TEST_SPI_I));
	await(ended == 2);
	ck_assert_int_eq(found, 1);
	at_once(store->remove(store, TEST_SPI_R));
	await(count_keys("strongswan:stub:") == 1);
	ck_assert(lookup(TEST_SPI_R));
	await(ended == 3);
	ck_assert_int_eq(found, 1);
}
END_TEST

/**
 * G5: a record in the place of another one is not used.
 */
START_TEST(test_swapped)
{
	enumerator_t *enumerator;
	value_t *value, *first = NULL;
	chunk_t swap;
	char *key;

	put(TEST_SPI_R);
	await(count_keys("strongswan:stub:") == 2);
	enumerator = server.values->create_enumerator(server.values);
	while (enumerator->enumerate(enumerator, &key, &value))
	{
		if (first)
		{
			swap = first->data;
			first->data = value->data;
			value->data = swap;
		}
		first = value;
	}
	enumerator->destroy(enumerator);
	ck_assert(lookup(TEST_SPI_R));
	await(ended == 1);
	ck_assert_int_eq(found, 0);
	ck_assert_int_eq(stats->get(stats, STUB_BAD_RECORD), 1);
}
END_TEST

/**
 * G8: who uses a stub second learns it, and nobody finds it again.
 */
START_TEST(test_used_twice)
{
	put(TEST_SPI_R);
	at_once(store->claim(store, TEST_SPI_R, lost, malloc(1)));
	await(count_keys("strongswan:used:") == 1);
	await(count_keys("strongswan:stub:") == 1);
	ck_assert_int_eq(lost_calls, 0);
	at_once(store->claim(store, TEST_SPI_R, lost, malloc(1)));
	await(lost_calls == 1);
	ck_assert(lookup(TEST_SPI_R));
	await(ended == 1);
	ck_assert_int_eq(found, 0);
}
END_TEST

/**
 * G8: who uses a stub is not taken for somebody else if the server did what it
 * was told, but the connection broke before that was known.
 */
START_TEST(test_used_once)
{
	u_int commands;

	put(TEST_SPI_R);
	await(count_keys("strongswan:stub:") == 2);
	set_flag(&server.breaks, TRUE);
	commands = server.commands;
	at_once(store->claim(store, TEST_SPI_R, lost, malloc(1)));
	/* twice: set, get, and delete */
	await(server.commands >= commands + 6);
	ck_assert(!flag(&server.breaks));
	ck_assert_int_eq(count_keys("strongswan:used:"), 1);
	/* what comes later is processed later */
	await(lookup(htobe64(1000)));
	await(ended == 1);
	ck_assert_int_eq(found, 1);
	ck_assert_int_eq(lost_calls, 0);
	at_once(store->claim(store, TEST_SPI_R, lost, malloc(1)));
	await(lost_calls == 1);
}
END_TEST

/**
 * Many commands go out together.
 */
START_TEST(test_pipelining)
{
	u_int i;

	set_flag(&server.hangs, TRUE);
	for (i = 1; i <= 500; i++)
	{
		put(htobe64(i));
	}
	set_flag(&server.hangs, FALSE);
	await(count_keys("strongswan:stub:") == 501);
	ck_assert_int_gt(server.bundle, 50);
}
END_TEST

/**
 * X10: a server that hangs is waited for by nobody but look-ups, and these not
 * longer than lookup_timeout; when that's known there are none.  What was to be
 * done is done when it is back.
 */
START_TEST(test_hangs)
{
	timeval_t start, end;
	u_int ms;

	put(TEST_SPI_R);
	await(count_keys("strongswan:stub:") == 2);
	set_flag(&server.hangs, TRUE);
	time_monotonic(&start);
	ck_assert(lookup(TEST_SPI_R));
	put(htobe64(5));
	at_once(store->remove(store, TEST_SPI_R));
	at_once(store->claim(store, htobe64(1000), lost, malloc(1)));
	await(ended == 1);
	time_monotonic(&end);
	timersub(&end, &start, &end);
	ms = end.tv_sec * 1000 + end.tv_usec / 1000;
	ck_assert_int_ge(ms, 190);
	ck_assert_int_lt(ms, 900);
	ck_assert_int_eq(found, 0);
	ck_assert_int_eq(stats->get(stats, STUB_LOOKUPS_LATE), 1);

	await(!lookup(TEST_SPI_R));
	set_flag(&server.hangs, FALSE);
	await(count_keys("strongswan:used:") == 1);
	await(count_keys("strongswan:stub:") == 1);
	await(lookup(htobe64(5)));
	await(found == 1);
}
END_TEST

/**
 * X10: so is one that's gone; it's used again when it's back.
 */
START_TEST(test_down)
{
	set_flag(&server.down, TRUE);
	await(server.listener < 0);
	await(!lookup(htobe64(1000)));
	put(TEST_SPI_R);
	ck_assert(!lookup(TEST_SPI_R));
	set_flag(&server.down, FALSE);
	await(count_keys("strongswan:stub:") == 2);
	await(lookup(TEST_SPI_R));
	await(found == 1);
}
END_TEST

/** file of the server's certificate, which is its own CA, and its key */
static char cert_file[] = "/tmp/test_stub_redis.XXXXXX";
static EVP_PKEY *server_key;
static X509 *server_cert;

/** lines logged about the server, the last of them */
static u_int lines;
static char last_line[512];

/** bus_t.log as it was */
static void (*log_line)(bus_t *bus, debug_t group, level_t level, char *fmt,
						...);

/**
 * Make a certificate with names, as of subjectAltName.
 */
static void make_cert(char *names)
{
	X509_EXTENSION *extension;
	X509_NAME *name;
	FILE *file;

	server_key = EVP_EC_gen("P-256");
	server_cert = X509_new();
	ck_assert(server_key && server_cert);
	X509_set_version(server_cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(server_cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(server_cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(server_cert), 600);
	X509_set_pubkey(server_cert, server_key);
	name = X509_get_subject_name(server_cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (u_char*)"server", -1,
							   -1, 0);
	X509_set_issuer_name(server_cert, name);
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
	ck_assert(extension);
	X509_add_ext(server_cert, extension, -1);
	X509_EXTENSION_free(extension);
	ck_assert(X509_sign(server_cert, server_key, EVP_sha256()));
	file = fopen(cert_file, "w");
	ck_assert(file && PEM_write_X509(file, server_cert));
	fclose(file);
}

/**
 * Do the handshake with all that connect.
 */
static void *run_tls_server(void *unused)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	struct pollfd pfd = { .fd = server.listener, .events = POLLIN };
	SSL *ssl;
	int fd;

	SSL_CTX_use_certificate(ctx, server_cert);
	SSL_CTX_use_PrivateKey(ctx, server_key);
	while (!flag(&server.stop))
	{
		if (poll(&pfd, 1, 10) == 1)
		{
			fd = accept(server.listener, NULL, NULL);
			ssl = SSL_new(ctx);
			SSL_set_fd(ssl, fd);
			SSL_accept(ssl);
			SSL_free(ssl);
			close(fd);
		}
	}
	SSL_CTX_free(ctx);
	return NULL;
}

/**
 * Count lines of the plugin.
 */
static void count_line(level_t level, char *fmt, va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), fmt, args);
	if (level == 1 && strpfx(line, "ike-sa-stub: "))
	{
		lines++;
		strcpy(last_line, line);
	}
}

/**
 * Implements dbg
 */
static void count_dbg(debug_t group, level_t level, char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	count_line(level, fmt, args);
	va_end(args);
}

/**
 * Implements bus_t.log
 */
static void count_log(bus_t *bus, debug_t group, level_t level, char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	count_line(level, fmt, args);
	va_end(args);
}

static void watch_log()
{
	dbg = count_dbg;
	log_line = charon->bus->log;
	charon->bus->log = count_log;
}

static void unwatch_log()
{
	dbg = dbg_default;
	charon->bus->log = log_line;
}

static void set_option(char *name, char *value)
{
	lib->settings->set_str(lib->settings, "%s.plugins.ike-sa-stub.redis.%s",
						   value, lib->ns, name);
}

static void setup_options()
{
	memset(&server, 0, sizeof(server));
	server.mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	/* the store's thread has it blocked */
	signal(SIGPIPE, SIG_IGN);
	close(mkstemp(cert_file));
	set_option("host", "127.0.0.1");
	set_option("tls", "yes");
	set_option("ca", cert_file);
	start_listening();
	lines = 0;
	watch_log();
}

static void teardown_options()
{
	unwatch_log();
	set_option("ca", NULL);
	set_option("server_name", NULL);
	close(server.listener);
	unlink(cert_file);
	server.mutex->destroy(server.mutex);
}

/**
 * Connect to a server some times.
 */
static bool connect_tls(char *names, char *server_name, u_int times)
{
	stub_redis_link_t *redis;
	bool good = FALSE;

	make_cert(names);
	set_option("server_name", server_name);
	set_flag(&server.stop, FALSE);
	server.thread = thread_create(run_tls_server, NULL);
	redis = stub_redis_link_create();
	ck_assert(redis);
	while (times--)
	{
		good = redis->connect(redis) != NULL;
	}
	redis->destroy(redis);
	set_flag(&server.stop, TRUE);
	server.thread->join(server.thread);
	X509_free(server_cert);
	EVP_PKEY_free(server_key);
	return good;
}

/**
 * The server's certificate has to have the name or address that's configured.
 */
START_TEST(test_tls_name)
{
	ck_assert(connect_tls("DNS:valkey.example,IP:127.0.0.1", NULL, 1));
	ck_assert(connect_tls("DNS:valkey.example", "valkey.example", 1));
	ck_assert(connect_tls("IP:10.1.0.30", "10.1.0.30", 1));
	ck_assert_int_eq(lines, 0);
	ck_assert(!connect_tls("DNS:valkey.example,IP:127.0.0.1", "other.example",
						   3));
	ck_assert_int_eq(lines, 1);
	ck_assert(strstr(last_line, "its certificate is not accepted for "
					 "'other.example'"));
	ck_assert(!connect_tls("DNS:valkey.example", NULL, 1));
	ck_assert_int_eq(lines, 2);
	ck_assert(strstr(last_line, "not accepted for '127.0.0.1'"));
	ck_assert(!connect_tls("IP:10.1.0.30", "10.1.0.31", 1));
	ck_assert(!connect_tls("DNS:*.example", "a.valkey.example", 1));
	ck_assert_int_eq(lines, 4);
}
END_TEST

/**
 * Create a store that's not used, FALSE if it's refused.
 */
static bool create_store()
{
	stub_store_t *created;

	created = stub_redis_create(&config, stats,
								stub_seal_create(chunk_from_str("secret")));
	if (created)
	{
		created->destroy(created);
	}
	return created != NULL;
}

/**
 * Options that are wrong are told, one by one.
 */
START_TEST(test_options)
{
	char prefix[91], *wrong[] = { "abc", "0", "65536", "-1", "6379x" };
	stub_redis_link_t *redis;
	u_int i;

	stats = stub_stats_create();
	set_option("tls", "no");
	set_option("host", "127.0.0.1");
	memset(prefix, 'x', sizeof(prefix));
	prefix[89] = 0;
	set_option("prefix", prefix);
	ck_assert(create_store());
	ck_assert_int_eq(lines, 0);
	prefix[89] = 'x';
	prefix[90] = 0;
	set_option("prefix", prefix);
	ck_assert(!create_store());
	ck_assert_int_eq(lines, 1);
	ck_assert(strstr(last_line, "prefix"));
	set_option("prefix", NULL);
	lines = 0;

	set_option("pasword", "secret");
	ck_assert(create_store());
	ck_assert_int_eq(lines, 1);
	ck_assert(strstr(last_line, "'pasword'"));
	ck_assert(!strstr(last_line, "secret"));
	set_option("pasword", NULL);
	lines = 0;

	for (i = 0; i < countof(wrong); i++)
	{
		set_option("port", wrong[i]);
		redis = stub_redis_link_create();
		ck_assert(redis);
		redis->destroy(redis);
		ck_assert_int_eq(lines, i + 1);
		ck_assert(strstr(last_line, "port = "));
	}
	stats->destroy(stats);
}
END_TEST

/**
 * A server that refuses changes, as one that's not the primary anymore, is told
 * once, and what was to be done is done when it does not do so anymore.
 */
START_TEST(test_read_only)
{
	u_int commands;

	put(TEST_SPI_R);
	await(count_keys("strongswan:stub:") == 2);
	lines = 0;
	watch_log();
	set_flag(&server.read_only, TRUE);
	at_once(store->claim(store, TEST_SPI_R, lost, malloc(1)));
	await(lines == 1);
	ck_assert(strstr(last_line, "READONLY"));
	await(!lookup(TEST_SPI_R));
	/* attempts go on */
	commands = server.commands;
	await(server.commands >= commands + 6);
	ck_assert_int_eq(count_keys("strongswan:stub:"), 2);
	ck_assert_int_eq(lines, 1);
	set_flag(&server.read_only, FALSE);
	await(count_keys("strongswan:stub:") == 1);
	ck_assert_int_eq(count_keys("strongswan:used:"), 1);
	await(lines == 2);
	ck_assert(strstr(last_line, "can be used again"));
	ck_assert_int_eq(lost_calls, 0);
	unwatch_log();
}
END_TEST

static Suite *stub_redis_suite()
{
	Suite *s = suite_create("stub redis");
	TCase *tc;

	tc = tcase_create("redis");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_store);
	tcase_add_test(tc, test_swapped);
	tcase_add_test(tc, test_used_twice);
	tcase_add_test(tc, test_used_once);
	tcase_add_test(tc, test_pipelining);
	tcase_add_test(tc, test_hangs);
	tcase_add_test(tc, test_down);
	tcase_add_test(tc, test_read_only);
	suite_add_tcase(s, tc);

	tc = tcase_create("options");
	tcase_add_checked_fixture(tc, setup_options, teardown_options);
	tcase_add_test(tc, test_tls_name);
	tcase_add_test(tc, test_options);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	return stub_test_run(stub_redis_suite(), "random nonce openssl");
}
