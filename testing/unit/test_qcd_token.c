/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <library.h>

#include "qcd_cookie.h"
#include "qcd_secret.h"
#include "qcd_token.h"

/** octets 0, 1, ... 31 */
static u_char secret[QCD_TOKEN_LEN];

/** SPIs as charon has them */
#define SPI_I htobe64(0x0102030405060708ULL)
#define SPI_R htobe64(0x1112131415161718ULL)

static void set_secret()
{
	u_int i;

	for (i = 0; i < sizeof(secret); i++)
	{
		secret[i] = i;
	}
}

/**
 * F2, F4: HMAC-SHA-256 over SPI-I | SPI-R, computed with OpenSSL's command.
 */
START_TEST(test_vector)
{
	u_char vector[] = {
		0x07, 0x21, 0x5b, 0x99, 0x8b, 0x9a, 0x99, 0x0c,
		0x5c, 0xc6, 0xa1, 0x60, 0xe9, 0x18, 0x0b, 0x48,
		0x7d, 0xc8, 0x0d, 0x13, 0xa7, 0xe4, 0x64, 0xed,
		0x0d, 0x12, 0x98, 0xcf, 0xbf, 0x65, 0x24, 0x67,
	}, address[] = {
		0x06, 0xd5, 0x26, 0xd2, 0x5b, 0x5f, 0x9a, 0x04,
		0x0d, 0xa6, 0xaf, 0xbc, 0xe8, 0xa4, 0xde, 0xf6,
		0xa4, 0x0f, 0xa8, 0x94, 0x0c, 0xef, 0x0b, 0xa7,
		0x25, 0x83, 0xd6, 0x4e, 0x56, 0xb0, 0x94, 0xe0,
	};
	uint8_t token[QCD_TOKEN_LEN];
	host_t *host;

	set_secret();
	ck_assert(qcd_token_make(chunk_from_thing(secret), SPI_I, SPI_R, NULL,
							 token));
	ck_assert(memeq(token, vector, sizeof(token)));
	/* F5: with the taker's address, whatever its port */
	host = host_create_from_string("192.168.0.100", 4500);
	ck_assert(qcd_token_make(chunk_from_thing(secret), SPI_I, SPI_R, host,
							 token));
	ck_assert(memeq(token, address, sizeof(token)));
	host->destroy(host);
}
END_TEST

/**
 * F3: no two pairs of SPIs have the same token, nor has one with SPIs swapped.
 */
START_TEST(test_different)
{
	uint8_t a[QCD_TOKEN_LEN], b[QCD_TOKEN_LEN];

	set_secret();
	ck_assert(qcd_token_make(chunk_from_thing(secret), SPI_I, SPI_R, NULL, a));
	ck_assert(qcd_token_make(chunk_from_thing(secret), SPI_R, SPI_I, NULL, b));
	ck_assert(!memeq(a, b, sizeof(a)));
	secret[31] ^= 1;
	ck_assert(qcd_token_make(chunk_from_thing(secret), SPI_I, SPI_R, NULL, b));
	ck_assert(!memeq(a, b, sizeof(a)));
}
END_TEST

/** directory for files */
static char dir[] = "/tmp/test_qcd_token-XXXXXX";
static char file[64], deep[64];

static void setup()
{
	ck_assert(mkdtemp(dir) != NULL);
	snprintf(file, sizeof(file), "%s/secret", dir);
	snprintf(deep, sizeof(deep), "%s/a/b/secret", dir);
}

static void teardown()
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
	strcpy(dir, "/tmp/test_qcd_token-XXXXXX");
}

/**
 * F2, F3: made once, 0600, the same after a restart.
 */
START_TEST(test_secret_file)
{
	uint8_t a[QCD_TOKEN_LEN], b[QCD_TOKEN_LEN];
	qcd_secret_t *this;
	struct stat st;

	setup();
	this = qcd_secret_create(deep, chunk_empty);
	ck_assert(this != NULL);
	ck_assert(this->make(this, SPI_I, SPI_R, NULL, a));
	this->destroy(this);
	ck_assert_int_eq(stat(deep, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	this = qcd_secret_create(deep, chunk_empty);
	ck_assert(this->make(this, SPI_I, SPI_R, NULL, b));
	ck_assert(memeq(a, b, sizeof(a)));
	ck_assert_uint_eq(this->count(this), 1);
	this->destroy(this);
	teardown();
}
END_TEST

/**
 * F6: up to 3 previous secrets, newest first, that survive a restart.
 */
START_TEST(test_rotate)
{
	uint8_t all[QCD_TOKEN_SECRETS][QCD_TOKEN_LEN], old[6][QCD_TOKEN_LEN];
	qcd_secret_t *this;
	u_int i, j;

	setup();
	this = qcd_secret_create(file, chunk_empty);
	for (i = 0; i < 6; i++)
	{
		ck_assert(this->make(this, SPI_I, SPI_R, NULL, old[i]));
		ck_assert_uint_eq(this->count(this), min(i + 1, 4));
		this->destroy(this);
		this = qcd_secret_create(file, chunk_empty);
		ck_assert_uint_eq(this->make_all(this, SPI_I, SPI_R, NULL, all),
						  min(i + 1, 4));
		for (j = 0; j <= i && j < 4; j++)
		{
			ck_assert(memeq(all[j], old[i - j], QCD_TOKEN_LEN));
		}
		ck_assert(this->rotate(this) == NULL);
	}
	this->destroy(this);
	teardown();
}
END_TEST

/** secrets that are rotated, and the token made meanwhile */
static qcd_secret_t *rotated;
static uint8_t meanwhile[QCD_TOKEN_LEN];

METHOD(rng_t, get_bytes, bool,
	rng_t *this, size_t len, uint8_t *buffer)
{
	/* the test would not end if a lock were held here */
	ck_assert(rotated->make(rotated, SPI_I, SPI_R, NULL, meanwhile));
	memset(buffer, 0x77, len);
	return TRUE;
}

METHOD(rng_t, destroy_rng, void,
	rng_t *this)
{
}

METHOD(crypto_factory_t, create_rng, rng_t*,
	crypto_factory_t *this, rng_quality_t quality)
{
	static rng_t rng;

	ck_assert_int_eq(quality, RNG_TRUE);
	rng.get_bytes = _get_bytes;
	rng.destroy = _destroy_rng;
	return &rng;
}

/**
 * F6: tokens are made while a new secret is waited for, with the old one; it
 * stays the current one if the new one can't be saved.
 */
START_TEST(test_rotate_waits)
{
	uint8_t all[QCD_TOKEN_SECRETS][QCD_TOKEN_LEN], old[QCD_TOKEN_LEN];
	rng_t *(*real)(crypto_factory_t *this, rng_quality_t quality);
	char command[96], *msg;

	setup();
	rotated = qcd_secret_create(file, chunk_empty);
	ck_assert(rotated->make(rotated, SPI_I, SPI_R, NULL, old));
	real = lib->crypto->create_rng;
	lib->crypto->create_rng = _create_rng;
	ck_assert(rotated->rotate(rotated) == NULL);
	ck_assert(memeq(meanwhile, old, sizeof(old)));
	ck_assert_uint_eq(rotated->make_all(rotated, SPI_I, SPI_R, NULL, all), 2);
	ck_assert(memeq(all[1], old, sizeof(old)));
	ck_assert(!memeq(all[0], old, sizeof(old)));
	memcpy(old, all[0], sizeof(old));
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
	msg = rotated->rotate(rotated);
	ck_assert(strstr(msg, "No such file or directory"));
	free(msg);
	ck_assert_uint_eq(rotated->make_all(rotated, SPI_I, SPI_R, NULL, all), 2);
	ck_assert(memeq(all[0], old, sizeof(old)));
	rotated->destroy(rotated);
	lib->crypto->create_rng = real;
	teardown();
}
END_TEST

/**
 * A file that others can read, or that is damaged, is neither used nor changed.
 */
START_TEST(test_bad_files)
{
	char *bad[] = {
		"", "x", "00", "zz0102030405060708090a0b0c0d0e0f"
		"101112131415161718191a1b1c1d1e1f\n",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	};
	chunk_t line = chunk_from_str("000102030405060708090a0b0c0d0e0f"
								  "101112131415161718191a1b1c1d1e1f\n"), five;
	qcd_secret_t *this;
	chunk_t *content;
	u_int i;

	setup();
	for (i = 0; i < countof(bad); i++)
	{
		ck_assert(chunk_write(chunk_from_str(bad[i]), file, 0077, TRUE));
		ck_assert(qcd_secret_create(file, chunk_empty) == NULL);
		content = chunk_map(file, FALSE);
		if (content)
		{
			ck_assert(!bad[i][0] ||
					  chunk_equals(*content, chunk_from_str(bad[i])));
			chunk_unmap(content);
		}
	}
	five = chunk_cat("ccccc", line, line, line, line, line);
	ck_assert(chunk_write(five, file, 0077, TRUE));
	ck_assert(qcd_secret_create(file, chunk_empty) == NULL);
	chunk_free(&five);
	ck_assert(chunk_write(line, file, 0077, TRUE));
	this = qcd_secret_create(file, chunk_empty);
	ck_assert(this != NULL);
	this->destroy(this);
	ck_assert_int_eq(chmod(file, 0640), 0);
	ck_assert(qcd_secret_create(file, chunk_empty) == NULL);
	teardown();
}
END_TEST

/**
 * In a cluster the secret is that of the cluster secret on all members; what
 * it was before stays a previous one.
 */
START_TEST(test_cluster)
{
	uint8_t shared[QCD_TOKEN_LEN], other[QCD_TOKEN_LEN];
	uint8_t all[QCD_TOKEN_SECRETS][QCD_TOKEN_LEN], token[QCD_TOKEN_LEN];
	qcd_secret_t *this;
	char *msg;

	setup();
	ck_assert(qcd_token_cluster_secret(chunk_from_str("one"), shared));
	ck_assert(qcd_token_cluster_secret(chunk_from_str("two"), other));
	ck_assert(!memeq(shared, other, sizeof(shared)));
	this = qcd_secret_create(file, chunk_from_thing(shared));
	ck_assert(this->make(this, SPI_I, SPI_R, NULL, token));
	ck_assert(qcd_token_make(chunk_from_thing(shared), SPI_I, SPI_R, NULL,
							 all[0]));
	ck_assert(memeq(token, all[0], sizeof(token)));
	msg = this->rotate(this);
	ck_assert(msg != NULL);
	free(msg);
	this->destroy(this);
	this = qcd_secret_create(file, chunk_from_thing(shared));
	ck_assert_uint_eq(this->count(this), 1);
	this->destroy(this);
	this = qcd_secret_create(file, chunk_from_thing(other));
	ck_assert_uint_eq(this->make_all(this, SPI_I, SPI_R, NULL, all), 2);
	ck_assert(memeq(token, all[1], sizeof(token)));
	this->destroy(this);
	teardown();
}
END_TEST

/**
 * SIR K1, K2, S5: a cookie is good for its SPIs and addresses, for 10 s.
 */
START_TEST(test_cookie)
{
	uint8_t buf[QCD_COOKIE_LEN], bad[QCD_COOKIE_LEN];
	chunk_t cookie = chunk_from_thing(buf);
	host_t *src, *dst, *port;
	qcd_cookie_t *this;
	uint32_t age;
	u_int i;

	src = host_create_from_string("192.168.0.100", 500);
	dst = host_create_from_string("192.168.0.5", 500);
	port = host_create_from_string("192.168.0.5", 501);
	this = qcd_cookie_create();
	ck_assert(this->make(this, 1, 2, src, dst, 5000, buf));
	ck_assert(this->check(this, 1, 2, src, dst, 5040, cookie, &age));
	ck_assert_uint_eq(age, 40);
	/* N1, Q5: other addresses, ports, SPIs, a direction not swapped back */
	ck_assert(!this->check(this, 1, 2, src, port, 5040, cookie, &age));
	ck_assert(!this->check(this, 1, 2, dst, src, 5040, cookie, &age));
	ck_assert(!this->check(this, 2, 1, src, dst, 5040, cookie, &age));
	/* too old, from the future */
	ck_assert(this->check(this, 1, 2, src, dst, 14999, cookie, &age));
	ck_assert(!this->check(this, 1, 2, src, dst, 15000, cookie, &age));
	ck_assert(!this->check(this, 1, 2, src, dst, 4999, cookie, &age));
	for (i = 0; i < 8 * sizeof(buf); i++)
	{
		memcpy(bad, buf, sizeof(bad));
		bad[i / 8] ^= 1 << i % 8;
		ck_assert(!this->check(this, 1, 2, src, dst, 5040,
							   chunk_from_thing(bad), &age));
	}
	for (i = 0; i < sizeof(buf); i++)
	{
		ck_assert(!this->check(this, 1, 2, src, dst, 5040,
							   chunk_create(buf, i), &age));
	}
	/* the secret changes after 2 min, the previous one is kept */
	ck_assert(this->make(this, 1, 2, src, dst, 124999, buf));
	ck_assert(this->make(this, 1, 2, src, dst, 125001, bad));
	ck_assert(buf[0] != bad[0]);
	ck_assert(this->check(this, 1, 2, src, dst, 125100, cookie, &age));
	ck_assert(this->check(this, 1, 2, src, dst, 125100, chunk_from_thing(bad),
						  &age));
	this->destroy(this);
	src->destroy(src);
	dst->destroy(dst);
	port->destroy(port);
}
END_TEST

static Suite *qcd_token_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("qcd_token");
	tc = tcase_create("qcd_token");
	tcase_add_test(tc, test_vector);
	tcase_add_test(tc, test_different);
	tcase_add_test(tc, test_secret_file);
	tcase_add_test(tc, test_rotate);
	tcase_add_test(tc, test_rotate_waits);
	tcase_add_test(tc, test_bad_files);
	tcase_add_test(tc, test_cluster);
	tcase_add_test(tc, test_cookie);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_qcd_token"))
	{
		library_deinit();
		return EXIT_FAILURE;
	}
	/* the crypto of the installed strongSwan */
	lib->plugins->load(lib->plugins, "random nonce openssl");

	sr = srunner_create(qcd_token_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);

	library_deinit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
