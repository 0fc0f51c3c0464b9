/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <daemon.h>
#include <sa/keymat.h>

#include "ike_wire_zero.h"

/** IKE header and that of the encrypted payload, padding length, in octets */
#define HEADERS 32
#define PADDING 1

/** type of Simultaneous Failover Failure */
#define FAILURE 8311

int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len);

/**
 * Cipher that takes everything as authentic, and changes nothing.
 */
static bool decrypt(aead_t *this, chunk_t encrypted, chunk_t assoc, chunk_t iv,
					chunk_t *plain)
{
	return plain == NULL;
}

static size_t get_one(aead_t *this)
{
	return 1;
}

static size_t get_none(aead_t *this)
{
	return 0;
}

static aead_t aead = {
	.decrypt = decrypt,
	.get_block_size = get_one,
	.get_iv_size = get_none,
	.get_icv_size = get_none,
};

static aead_t *get_aead(keymat_t *this, bool in)
{
	return &aead;
}

static ike_version_t get_version(keymat_t *this)
{
	return IKEV2;
}

static keymat_t keymat = {
	.get_version = get_version,
	.get_aead = get_aead,
};

static keymat_t *get_keymat(ike_sa_t *this)
{
	return &keymat;
}

static ike_sa_t ike_sa = {
	.get_keymat = get_keymat,
};

/**
 * Implements bus_t.log.  Nothing is logged: it would be all that is done.
 */
static void fake_log(bus_t *this, debug_t group, level_t level, char *fmt, ...)
{
}

static bus_t bus = { .log = fake_log };
static daemon_t fake_charon = { .bus = &bus };

static void dbg_silent(debug_t group, level_t level, char *fmt, ...)
{
}

/**
 * What is accepted must be what the notifies may have.
 */
static void check(const ike_wire_zero_t *zero)
{
	ike_wire_sync_t response;
	uint64_t delta;
	chunk_t data;

	if (zero->has_delta && zero->delta_len != 4 && zero->delta_len != 8)
	{
		abort();
	}
	if (zero->has_delta && zero->delta_len == 4 && zero->delta > UINT32_MAX)
	{
		abort();
	}
	if (zero->has_sync)
	{
		data = ike_wire_sync_encode(&zero->sync);
		if (!ike_wire_sync_parse(data, &response) ||
			ike_wire_delta_parse(data, &delta))
		{
			abort();
		}
		chunk_free(&data);
		if (ike_wire_sync_answer(5, 3, &zero->sync, &response) &&
			(response.recv < zero->sync.send || response.recv < 4 ||
			 response.send < zero->sync.recv || response.send < 5))
		{
			abort();
		}
	}
}

/**
 * The input is the type of the first payload, and the decrypted payloads.
 */
int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	static bool initialized = FALSE;
	uint8_t data[1024] = {};
	ike_wire_zero_t zero;
	message_t *message;
	size_t total;

	if (!initialized)
	{
		library_init("", "fuzz_ike_wire");
		dbg = dbg_silent;
		charon = &fake_charon;
		initialized = TRUE;
	}
	if (len < 1 || len - 1 > sizeof(data) - HEADERS - PADDING)
	{
		return 0;
	}
	total = HEADERS + len - 1 + PADDING;
	memset(data, 0x11, 16);
	data[16] = PLV2_ENCRYPTED;
	data[17] = IKEV2_MAJOR_VERSION << 4;
	data[18] = INFORMATIONAL;
	htoun32(data + 24, total);
	data[28] = buf[0];
	htoun16(data + 30, total - 28);
	memcpy(data + HEADERS, buf + 1, len - 1);

	message = message_create_from_packet(packet_create_from_data(
						host_create_from_string("192.0.2.1", 500),
						host_create_from_string("192.0.2.2", 500),
						chunk_clone(chunk_create(data, total))));
	if (message->parse_header(message) == SUCCESS &&
		ike_wire_zero_parse(&ike_sa, message, FAILURE, &zero))
	{
		check(&zero);
	}
	message->destroy(message);
	return 0;
}
