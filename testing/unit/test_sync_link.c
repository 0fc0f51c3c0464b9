/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Who gets a link and who does not: authentication, names, hostile connections.
 */

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "sync_connect.h"
#include "sync_test.h"
#include "sync_tlv.h"
#include "sync_wake.h"

/** connections an address may have that are being set up */
#define SETUPS_PER_ADDRESS 4

/** another secret, long enough */
static char *other_secret = "not the secret of the others, but long enough!";

START_TEST(test_wrong_secret)
{
	sync_config_t *config = test_config("sun", 2, 2);
	test_member_t *moon, *sun;

	chunk_clear(&config->secret);
	config->secret = chunk_clone(chunk_from_str(other_secret));
	sun = test_member_create(config, TRUE);
	moon = test_member_create(test_config("moon", 1, 2), TRUE);
	/* both sides say what to look at */
	test_await_error(moon, "sun", "is the cluster secret");
	test_await_error(sun, "moon", "is the cluster secret");
	ck_assert_int_eq(test_info(moon, "sun").state, SYNC_LINK_DOWN);
	ck_assert_int_eq(test_info(sun, "moon").state, SYNC_LINK_DOWN);
	ck_assert_uint_eq(test_info(sun, "moon").connects, 0);
	ck_assert_uint_eq(test_events(moon) + test_events(sun), 0);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

START_TEST(test_other_cluster)
{
	sync_config_t *config = test_config("sun", 2, 2);
	test_member_t *moon, *sun;

	free(config->cluster);
	config->cluster = strdup("other");
	sun = test_member_create(config, TRUE);
	moon = test_member_create(test_config("moon", 1, 2), TRUE);
	test_await_error(moon, "sun", "the cluster's name");
	test_await_error(sun, "moon", "the cluster's name");
	ck_assert_uint_eq(test_events(moon) + test_events(sun), 0);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * A second host with the name of a member that is connected.
 */
START_TEST(test_name_twice)
{
	test_member_t *moon, *sun, *second;
	sync_config_t *config;
	u_int pos;

	sun = test_member_create(test_config("sun", 2, 3), TRUE);
	moon = test_member_create(test_config("moon", 1, 3), TRUE);
	test_await(sun, 0, "end moon");
	test_await(moon, 0, "end sun");
	pos = test_events(sun);
	/* at the address of mars */
	config = test_config("moon", 3, 2);
	second = test_member_create(config, TRUE);
	test_await_error(second, "sun", "connected says that it is member 'moon'");
	ck_assert_uint_eq(test_events(sun), pos);
	ck_assert_int_eq(test_info(sun, "moon").state, SYNC_LINK_UP);
	ck_assert(test_info(sun, "moon").error == NULL);
	ck_assert_uint_eq(test_info(sun, "moon").connects, 1);
	test_send(moon, "still there");
	test_await(sun, 0, "moon 1 still there");
	test_member_destroy(second);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * A member that thinks it is the one it connects to, or is not in its list.
 */
static struct {
	char *name, *error;
} strangers[] = {
	{ "sun", "say that they are member 'sun'" },
	{ "pluto", "is not in the list of members" },
	/* the one that has to accept connects */
	{ "venus", "name sorts first" },
};

START_TEST(test_stranger)
{
	test_member_t *sun, *second;
	sync_config_t *config;
	sync_peer_config_t *peer;

	sun = test_member_create(test_config("sun", 2, 4), TRUE);
	config = test_config(strangers[_i].name, 3, 2);
	/* whatever its own name is, it connects */
	peer = test_peer(config, "sun");
	free(peer->name);
	peer->name = strdup("zeus");
	second = test_member_create(config, TRUE);
	test_await_error(second, "zeus", strangers[_i].error);
	ck_assert_uint_eq(test_events(sun), 0);
	test_member_destroy(second);
	test_member_destroy(sun);
}
END_TEST

/**
 * Another member is where one is expected.
 */
START_TEST(test_other_address)
{
	test_member_t *moon, *sun;
	sync_config_t *config;
	sync_peer_config_t *peer;

	config = test_config("moon", 1, 2);
	peer = test_peer(config, "sun");
	free(peer->name);
	peer->name = strdup("star");
	sun = test_member_create(test_config("sun", 2, 2), TRUE);
	moon = test_member_create(config, TRUE);
	test_await_error(moon, "star", "at its address is member 'sun'");
	ck_assert_uint_eq(test_count(moon, "up star"), 0);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * Files made for X.509, in a directory of their own.
 */
static char dir[] = "/tmp/test_sync_link.XXXXXX";

/**
 * Name of a file in the directory.
 */
static char *file_name(const char *name, const char *suffix)
{
	char *path;

	ck_assert_int_ge(asprintf(&path, "%s/%s.%s", dir, name, suffix), 0);
	return path;
}

/**
 * Write a key or a certificate.
 */
static void write_pem(const char *name, EVP_PKEY *key, X509 *cert)
{
	char *path = file_name(name, key ? "key" : "cert");
	FILE *file = fopen(path, "w");

	ck_assert(file != NULL);
	if (key)
	{
		ck_assert(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
	}
	else
	{
		ck_assert(PEM_write_X509(file, cert));
	}
	fclose(file);
	free(path);
}

/**
 * Make a certificate for a name, of a CA or self-signed; write both files.
 */
static X509 *make_cert(const char *name, const char *file, X509 *ca,
					   EVP_PKEY *ca_key, EVP_PKEY **key_out)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	X509 *cert = X509_new();
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	X509_NAME *subject;

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), random() % 1000000 + 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	subject = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (u_char*)name, -1,
							   -1, 0);
	X509_set_issuer_name(cert, ca ? X509_get_subject_name(ca) : subject);
	X509V3_set_ctx(&ctx, ca ?: cert, cert, NULL, NULL, 0);
	if (!ca)
	{
		ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_basic_constraints,
								  "critical,CA:TRUE");
		X509_add_ext(cert, ext, -1);
		X509_EXTENSION_free(ext);
	}
	ck_assert(X509_sign(cert, ca_key ?: key, EVP_sha256()) > 0);
	write_pem(file, NULL, cert);
	write_pem(file, key, NULL);
	if (key_out)
	{
		*key_out = key;
	}
	else
	{
		EVP_PKEY_free(key);
	}
	return cert;
}

static void setup_x509()
{
	EVP_PKEY *key, *other_key;
	X509 *ca, *other;

	ck_assert(mkdtemp(dir) != NULL);
	ca = make_cert("Test CA", "ca", NULL, NULL, &key);
	other = make_cert("Test CA", "otherca", NULL, NULL, &other_key);
	X509_free(make_cert("moon", "moon", ca, key, NULL));
	X509_free(make_cert("sun", "sun", ca, key, NULL));
	X509_free(make_cert("moon", "foreign", other, other_key, NULL));
	X509_free(ca);
	X509_free(other);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
}

static void teardown_x509()
{
	char *names[] = { "ca", "otherca", "moon", "sun", "foreign" }, *path;
	u_int i;

	for (i = 0; i < countof(names); i++)
	{
		path = file_name(names[i], "key");
		unlink(path);
		free(path);
		path = file_name(names[i], "cert");
		unlink(path);
		free(path);
	}
	rmdir(dir);
}

/**
 * Options with a certificate.
 */
static sync_config_t *x509_config(char *name, u_int number, char *cert)
{
	sync_config_t *config = test_config(name, number, 2);

	chunk_clear(&config->secret);
	config->cert = file_name(cert, "cert");
	config->key = file_name(cert, "key");
	config->ca = file_name("ca", "cert");
	return config;
}

START_TEST(test_x509)
{
	test_member_t *moon, *sun;

	sun = test_member_create(x509_config("sun", 2, "sun"), TRUE);
	moon = test_member_create(x509_config("moon", 1, "moon"), TRUE);
	test_await(sun, 0, "end moon");
	test_await(moon, 0, "end sun");
	test_send(moon, "hello");
	test_await(sun, 0, "moon 1 hello");
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

START_TEST(test_x509_other_cluster)
{
	sync_config_t *config = x509_config("moon", 1, "moon");
	test_member_t *moon, *sun;

	free(config->cluster);
	config->cluster = strdup("other");
	sun = test_member_create(x509_config("sun", 2, "sun"), TRUE);
	moon = test_member_create(config, TRUE);
	test_await_error(moon, "sun", "cluster 'other' is not ours, 'test'");
	test_await_error(sun, "moon", "cluster 'other' is not ours, 'test'");
	ck_assert_uint_eq(test_events(moon) + test_events(sun), 0);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * Certificates that are not those of the members, and who notices.
 */
static struct {
	char *moon, *sun, *moon_error, *sun_error;
} wrong[] = {
	/* the certificate of another member */
	{ "sun", "sun", "the certificate is not for member 'moon'",
		"the certificate is not for member 'moon'" },
	{ "moon", "moon", "whose certificate says another name", NULL },
	/* of another CA */
	{ "foreign", "sun", NULL, "of the configured CA" },
	{ "moon", "foreign", "of the configured CA", NULL },
};

START_TEST(test_x509_wrong)
{
	test_member_t *moon, *sun;

	sun = test_member_create(x509_config("sun", 2, wrong[_i].sun), TRUE);
	moon = test_member_create(x509_config("moon", 1, wrong[_i].moon), TRUE);
	if (wrong[_i].moon_error)
	{
		test_await_error(moon, "sun", wrong[_i].moon_error);
	}
	if (wrong[_i].sun_error)
	{
		test_await_error(sun, "moon", wrong[_i].sun_error);
	}
	ck_assert_uint_eq(test_count(moon, "up sun"), 0);
	ck_assert_uint_eq(test_count(sun, "begin moon"), 0);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

START_TEST(test_x509_secret)
{
	test_member_t *moon, *sun;

	/* one uses the secret, the other one certificates */
	sun = test_member_create(test_config("sun", 2, 2), TRUE);
	moon = test_member_create(x509_config("moon", 1, "moon"), TRUE);
	test_await_error(moon, "sun", "TLS handshake failed");
	test_await_error(sun, "moon", "TLS handshake failed");
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

START_TEST(test_x509_files)
{
	sync_config_t *config = x509_config("moon", 1, "moon");

	free(config->key);
	config->key = file_name("sun", "key");
	ck_assert(sync_channel_create(config) == NULL);
	config = x509_config("moon", 1, "nonexistent");
	ck_assert(sync_channel_create(config) == NULL);
	config = x509_config("moon", 1, "moon");
	free(config->ca);
	config->ca = file_name("moon", "key");
	ck_assert(sync_channel_create(config) == NULL);
}
END_TEST

START_TEST(test_port_in_use)
{
	test_member_t *moon;

	moon = test_member_create(test_config("moon", 1, 2), TRUE);
	ck_assert(sync_channel_create(test_config("moon", 1, 2)) == NULL);
	test_member_destroy(moon);
}
END_TEST

/**
 * What is sent without TLS.
 */
static chunk_t garbage[] = {
	chunk_from_chars(0),
	chunk_from_chars('G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P', '/',
					 '1', '.', '1', '\r', '\n', '\r', '\n'),
	/* a HELLO in clear */
	chunk_from_chars(0, 3, 0, 1, 0, 1, 0, 0),
	/* start of a TLS record as long as it can be, and of a longer one */
	chunk_from_chars(0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3),
	chunk_from_chars(0x16, 3, 1, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 3, 3),
	/* an alert */
	chunk_from_chars(0x15, 3, 3, 0, 2, 2, 40),
};

START_TEST(test_garbage)
{
	test_member_t *moon, *sun;
	u_char noise[5000];
	chunk_t data = chunk_from_thing(noise);
	size_t i;
	int fd;

	sun = test_member_create(test_config("sun", 2, 3), TRUE);
	fd = test_connect(3, 2);
	for (i = 0; i < sizeof(noise); i++)
	{
		noise[i] = random();
	}
	if ((size_t)_i < countof(garbage))
	{
		data = garbage[_i];
	}
	ck_assert_int_eq(send(fd, data.ptr, data.len, MSG_NOSIGNAL), data.len);
	moon = test_member_create(test_config("moon", 1, 3), TRUE);
	test_await(sun, 0, "end moon");
	/* at the latest when the time to set up a link is over */
	ck_assert(test_is_closed(fd, 2 * SYNC_SETUP_TIME));
	close(fd);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

START_TEST(test_unknown_address)
{
	test_member_t *sun;
	int fd;

	sun = test_member_create(test_config("sun", 2, 2), TRUE);
	fd = test_connect(0, 2);
	/* at once */
	ck_assert(test_is_closed(fd, SYNC_SETUP_TIME / 2));
	close(fd);
	test_member_destroy(sun);
}
END_TEST

/** descriptors this process may have; the kernel's poll() wants to be allowed
 * as many as it is asked for */
#define DESCRIPTORS 512

/**
 * CPU time used by this process, in ms.
 */
static u_int get_cpu_time()
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/**
 * A connection that can't be accepted, as there are no descriptors left, does
 * not keep a CPU busy.
 */
START_TEST(test_no_descriptors)
{
	struct rlimit old, limit;
	test_member_t *sun;
	u_int used, count = 0;
	int fd, fds[DESCRIPTORS];

	sun = test_member_create(test_config("sun", 2, 2), TRUE);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	limit = old;
	limit.rlim_cur = DESCRIPTORS;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while ((fd = dup(STDOUT_FILENO)) >= 0)
	{
		fds[count++] = fd;
	}
	/* one is left, for the client */
	close(fds[--count]);
	fd = test_connect(0, 2);
	used = get_cpu_time();
	ck_assert(!test_is_closed(fd, 1000));
	ck_assert_uint_lt(get_cpu_time() - used, 100);
	/* it is accepted later */
	while (count)
	{
		close(fds[--count]);
	}
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	ck_assert(test_is_closed(fd, SYNC_SETUP_TIME / 2));
	close(fd);
	test_member_destroy(sun);
}
END_TEST

START_TEST(test_half_open)
{
	test_member_t *moon, *sun;
	int fds[200];
	u_int i, closed = 0;
	uint64_t start;

	sun = test_member_create(test_config("sun", 2, 4), TRUE);
	for (i = 0; i < countof(fds); i++)
	{
		fds[i] = test_connect(i % 2 ? 3 : 4, 2);
	}
	/* they are all there, and say nothing */
	start = sync_now();
	moon = test_member_create(test_config("moon", 1, 2), TRUE);
	test_await(sun, 0, "end moon");
	ck_assert_uint_lt(sync_now() - start, SYNC_SETUP_TIME);
	for (i = 0; i < countof(fds); i++)
	{
		closed += test_is_closed(fds[i], 1);
	}
	ck_assert_uint_ge(closed, countof(fds) - 2 * SETUPS_PER_ADDRESS);
	/* nobody stays for ever */
	for (i = 0; i < countof(fds); i++)
	{
		ck_assert(test_is_closed(fds[i], 2 * SYNC_SETUP_TIME));
		close(fds[i]);
	}
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * A member with the right secret, and no manners.
 */
typedef struct {
	sync_wake_t *wake;
	sync_tls_t *tls;
	sync_link_t *link;
} rogue_t;

/**
 * Connect as moon to sun, up to the end of the TLS handshake.
 */
static rogue_t rogue_connect()
{
	sync_config_t *config = test_config("moon", 1, 2);
	rogue_t rogue;
	sigset_t set;
	char *why = NULL;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);

	rogue.wake = sync_wake_create();
	rogue.tls = sync_tls_create(config);
	rogue.link = sync_connect(rogue.tls, config->listen,
							  test_peer(config, "sun")->address, rogue.wake,
							  &why);
	ck_assert_msg(rogue.link != NULL, "%s", why);
	sync_config_destroy(config);
	return rogue;
}

/**
 * Connect as moon to sun, and exchange HELLOs.
 */
static rogue_t rogue_hello(uint32_t heartbeat, uint64_t known, uint64_t last)
{
	rogue_t rogue = rogue_connect();
	sync_hello_t *answer, hello = {
		.major = SYNC_VERSION_MAJOR,
		.minor = SYNC_VERSION_MINOR + 1,
		.cluster = "test",
		.member = "moon",
		.incarnation = 4711,
		.capabilities = UINT64_MAX,
		.heartbeat = heartbeat,
		.known = known,
		.last = last,
	};
	char *why = NULL;

	answer = sync_connect_hello(rogue.link, &hello, rogue.wake, &why);
	ck_assert_msg(answer != NULL, "%s", why);
	ck_assert_str_eq(answer->member, "sun");
	sync_hello_destroy(answer);
	return rogue;
}

static void rogue_destroy(rogue_t *rogue)
{
	rogue->link->destroy(rogue->link);
	rogue->tls->destroy(rogue->tls);
	rogue->wake->destroy(rogue->wake);
}

/**
 * Receive until the other side ends the link; returns the last reason it gave,
 * allocated, or NULL.
 */
static char *rogue_end(rogue_t *rogue)
{
	uint64_t deadline = sync_now() + TEST_PATIENCE;
	char *why = NULL, *reason = NULL;
	sync_frame_t frame;
	size_t len;

	while (rogue->link->receive(rogue->link, &len, &why))
	{
		while (rogue->link->next(rogue->link, &frame, &why) == SUCCESS)
		{
			if (frame.domain == SYNC_CONTROL &&
				(frame.type == SYNC_REFUSED || frame.type == SYNC_GOODBYE))
			{
				free(reason);
				reason = sync_frame_get_reason(frame.body);
			}
		}
		ck_assert_uint_lt(sync_now(), deadline);
		usleep(5000);
	}
	free(why);
	return reason;
}

/**
 * A HELLO of the next version.
 */
static chunk_t version_hello()
{
	sync_hello_t hello = {
		.major = SYNC_VERSION_MAJOR + 1,
	};

	return sync_frame_control(SYNC_HELLO, sync_hello_encode(&hello));
}

START_TEST(test_version)
{
	test_member_t *sun;
	rogue_t rogue;
	char *reason;

	sun = test_member_create(test_config("sun", 2, 2), TRUE);
	rogue = rogue_connect();
	sync_connect_send(rogue.link, version_hello());
	reason = rogue_end(&rogue);
	ck_assert(reason && strstr(reason, "version 2 of the protocol was offered, "
							   "this member speaks 1"));
	free(reason);
	test_await_error(sun, "moon", "version 2 of the protocol was offered, this "
					 "member speaks 1");
	rogue_destroy(&rogue);
	test_member_destroy(sun);
}
END_TEST

START_TEST(test_no_hello)
{
	test_member_t *moon, *sun;
	rogue_t rogue;

	sun = test_member_create(test_config("sun", 2, 2), TRUE);
	rogue = rogue_connect();
	sync_connect_send(rogue.link, sync_frame_control_int(SYNC_HEARTBEAT,
													SYNC_ATTR_SEQUENCE, 0));
	free(rogue_end(&rogue));
	test_await_error(sun, "moon", "did not start with a HELLO");
	rogue_destroy(&rogue);
	moon = test_member_create(test_config("moon", 1, 2), TRUE);
	test_await(sun, 0, "end moon");
	ck_assert_uint_eq(test_count(sun, "up moon"), 1);
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * What ends a link, after the HELLOs, and the reason.
 */
static struct {
	chunk_t data;
	char *reason;
} ends[] = {
	/* a body longer than allowed */
	{ chunk_from_chars(0xff, 0xff, 1, 1, 0), "malformed frame" },
	{ chunk_from_chars(0xf0, 0x01, 1, 1, 0), "malformed frame" },
	/* a sequence number without START */
	{ chunk_from_chars(0, 0, 1, 1, 1, 0, 0, 0, 1), "out of sequence" },
	/* START 5, then 7 */
	{ chunk_from_chars(0, 4, 0, SYNC_START, 0, 1, 0, 1, 5,
					   0, 0, 1, 1, 1, 0, 0, 0, 7), "out of sequence" },
	/* START without number, with 0, with one that's too long */
	{ chunk_from_chars(0, 0, 0, SYNC_START, 0), "malformed control frame" },
	{ chunk_from_chars(0, 3, 0, SYNC_START, 0, 1, 0, 0),
		"malformed control frame" },
	{ chunk_from_chars(0, 12, 0, SYNC_START, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0,
					   1), "malformed control frame" },
	/* attributes that don't fit */
	{ chunk_from_chars(0, 4, 0, SYNC_HEARTBEAT, 0, 1, 0, 2, 5),
		"malformed control frame" },
	{ chunk_from_chars(0, 2, 0, SYNC_RESYNC_REQUEST, 0, 2, 0),
		"malformed control frame" },
	{ chunk_from_chars(0, 5, 0, SYNC_RESYNC_BEGIN, 0, 2, 0, 2, 1, 1),
		"malformed control frame" },
	/* a reason for the log */
	{ chunk_from_chars(0, 6, 0, SYNC_GOODBYE, 0, 3, 0, 3, 'a', '\n', 'b'),
		"a?b" },
	{ chunk_from_chars(0, 0, 0, SYNC_REFUSED, 0), "no reason given" },
};

START_TEST(test_malformed)
{
	test_member_t *moon, *sun;
	rogue_t rogue;

	sun = test_member_create(test_config("sun", 2, 2), TRUE);
	rogue = rogue_hello(100, 0, 0);
	sync_connect_send(rogue.link, chunk_clone(ends[_i].data));
	free(rogue_end(&rogue));
	test_await_error(sun, "moon", ends[_i].reason);
	rogue_destroy(&rogue);
	test_await(sun, 0, "down moon");
	/* there's no harm but to the link */
	moon = test_member_create(test_config("moon", 1, 2), TRUE);
	test_await(sun, test_await(sun, 0, "down moon"), "end moon");
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

/**
 * What is none of our business is skipped, and the link goes on.
 */
START_TEST(test_unknown_frames)
{
	test_member_t *sun;
	rogue_t rogue;
	u_char data[] = {
		/* control frame, domain and attribute nobody knows, with flags */
		0, 3, 0, 99, 0xfe, 'a', 'b', 'c',
		0, 0, 77, 1, 0,
		0, 4, 0, SYNC_RESYNC_REQUEST, 0, 2, 0, 1, 200,
		0, 4, 0, SYNC_RESYNC_END, 0, 2, 0, 1, 200,
		/* an end of what did not begin, an acknowledgement of what was not
		 * sent */
		0, 4, 0, SYNC_RESYNC_END, 0, 2, 0, 1, SYNC_HA,
		0, 11, 0, SYNC_HEARTBEAT, 0, 1, 0, 8, 255, 255, 255, 255, 255, 255,
			255, 255,
		0, 4, 0, SYNC_START, 0, 1, 0, 1, 5,
		0, 2, SYNC_HA, 1, 1, 0, 0, 0, 5, 'o', 'k',
	};

	sun = test_member_create(test_config("sun", 2, 2), TRUE);
	rogue = rogue_hello(100, 1, UINT64_MAX);
	sync_connect_send(rogue.link, chunk_clone(chunk_from_thing(data)));
	test_await(sun, 0, "moon 1 ok");
	ck_assert_uint_eq(test_count(sun, "end moon"), 0);
	test_await_state(sun, "moon", SYNC_LINK_UP);
	rogue_destroy(&rogue);
	test_await(sun, 0, "down moon");
	test_member_destroy(sun);
}
END_TEST

/**
 * A member that tells silly numbers in its HELLO.
 */
START_TEST(test_silly_hello)
{
	test_member_t *moon, *sun;
	uint64_t incarnation;
	rogue_t rogue;
	u_int pos;

	sun = test_member_create(test_config("sun", 2, 2), TRUE);
	incarnation = sun->channel->get_incarnation(sun->channel);
	test_send(sun, "first");
	rogue = rogue_hello(UINT32_MAX, incarnation, _i ? UINT64_MAX : 1000);
	test_await(sun, 0, "up moon");
	/* it can't have what was not sent: a full resync */
	test_await_state(sun, "moon", SYNC_LINK_RESYNC);
	ck_assert_uint_eq(test_info(sun, "moon").catchups, 0);
	ck_assert_uint_eq(test_info(sun, "moon").resyncs_out, 1);
	rogue_destroy(&rogue);
	pos = test_await(sun, 0, "down moon");
	moon = test_member_create(test_config("moon", 1, 2), TRUE);
	test_await(sun, pos, "end moon");
	test_member_destroy(moon);
	test_member_destroy(sun);
}
END_TEST

START_TEST(test_silent_member)
{
	sync_config_t *config = test_config("sun", 2, 2);
	test_member_t *sun;
	rogue_t rogue;

	/* it says HELLO, and nothing more */
	config->timeout = TEST_SHORT_TIMEOUT;
	sun = test_member_create(config, TRUE);
	rogue = rogue_hello(100, 0, 0);
	test_await(sun, 0, "up moon");
	test_await(sun, 0, "down moon");
	test_await_error(sun, "moon", "nothing received for");
	rogue_destroy(&rogue);
	test_member_destroy(sun);
}
END_TEST

/**
 * A member that asks for snapshots all the time and reads nothing.
 */
START_TEST(test_request_flood)
{
	u_char request[] = {
		0, 16, 0, SYNC_RESYNC_REQUEST, 0,
		2, 0, 1, 1, 2, 0, 1, 2, 2, 0, 1, 3, 2, 0, 1, 4,
	};
	test_member_t *sun;
	uint64_t end;
	rogue_t rogue;
	char *why = NULL;
	chunk_t space;

	sun = test_member_create(test_config("sun", 2, 2), TRUE);
	sun->items = 3;
	sun->item_len = SYNC_MAX_BODY;
	rogue = rogue_hello(100, 0, 0);
	test_await(sun, 0, "up moon");
	for (end = sync_now() + 2000; sync_now() < end;)
	{
		space = rogue.link->get_space(rogue.link);
		while (space.len > SYNC_FRAME_MAX)
		{
			memcpy(space.ptr, request, sizeof(request));
			rogue.link->added(rogue.link, 1, sizeof(request));
			space = chunk_skip(space, sizeof(request));
		}
		ck_assert(rogue.link->flush(rogue.link, &why));
	}
	/* still there, and not impressed */
	ck_assert_uint_eq(test_count(sun, "down moon"), 0);
	rogue_destroy(&rogue);
	test_await(sun, 0, "down moon");
	test_member_destroy(sun);
}
END_TEST

static Suite *sync_link_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("sync_link");
	tc = tcase_create("names");
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_wrong_secret);
	tcase_add_test(tc, test_other_cluster);
	tcase_add_test(tc, test_name_twice);
	tcase_add_loop_test(tc, test_stranger, 0, countof(strangers));
	tcase_add_test(tc, test_other_address);
	tcase_add_test(tc, test_port_in_use);
	suite_add_tcase(s, tc);

	tc = tcase_create("x509");
	tcase_set_timeout(tc, 120);
	tcase_add_unchecked_fixture(tc, setup_x509, teardown_x509);
	tcase_add_test(tc, test_x509);
	tcase_add_test(tc, test_x509_other_cluster);
	tcase_add_loop_test(tc, test_x509_wrong, 0, countof(wrong));
	tcase_add_test(tc, test_x509_secret);
	tcase_add_test(tc, test_x509_files);
	suite_add_tcase(s, tc);

	tc = tcase_create("strangers");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_garbage, 0, countof(garbage) + 1);
	tcase_add_test(tc, test_unknown_address);
	tcase_add_test(tc, test_no_descriptors);
	tcase_add_test(tc, test_half_open);
	suite_add_tcase(s, tc);

	tc = tcase_create("members");
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_version);
	tcase_add_test(tc, test_no_hello);
	tcase_add_loop_test(tc, test_malformed, 0, countof(ends));
	tcase_add_test(tc, test_unknown_frames);
	tcase_add_loop_test(tc, test_silly_hello, 0, 2);
	tcase_add_test(tc, test_silent_member);
	tcase_add_test(tc, test_request_flood);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	if (!sync_test_init("test_sync_link"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}
	return sync_test_run(sync_link_suite());
}
