/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_seal.h"
#include "stub_codec.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#define KEY_LEN 32
#define KEY_ID_LEN 4
#define EXPIRES_LEN 8
#define NONCE_LEN 12
#define TAG_LEN 16
#define HEADER_LEN (KEY_ID_LEN + EXPIRES_LEN + NONCE_LEN)

typedef struct private_stub_seal_t private_stub_seal_t;

/**
 * Private data.
 */
struct private_stub_seal_t {

	/** public interface */
	stub_seal_t public;

	/** key for records, and for hashes */
	uint8_t key[KEY_LEN], hash_key[KEY_LEN];

	/** ID of the key for records */
	uint8_t id[KEY_ID_LEN];
};

/**
 * HMAC-SHA-256 of a label or an index.
 */
static bool hmac(chunk_t key, chunk_t data, uint8_t out[KEY_LEN])
{
	unsigned int len;

	return HMAC(EVP_sha256(), key.ptr, key.len, data.ptr, data.len, out,
				&len) && len == KEY_LEN;
}

METHOD(stub_seal_t, hash, void,
	private_stub_seal_t *this, uint64_t index, uint8_t hash[STUB_HASH_LEN])
{
	uint8_t out[KEY_LEN] = {};

	hmac(chunk_from_thing(this->hash_key), chunk_from_thing(index), out);
	memcpy(hash, out, STUB_HASH_LEN);
}

/**
 * Encrypt or decrypt; header is ID, expiry and nonce of a record.
 */
static bool crypt_record(private_stub_seal_t *this, bool encrypt,
						 const uint8_t *hash, const uint8_t *header,
						 chunk_t in, uint8_t *out, uint8_t *tag)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len;
	bool ok;

	ok = ctx &&
		 EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, this->key,
						   header + KEY_ID_LEN + EXPIRES_LEN, encrypt) &&
		 EVP_CipherUpdate(ctx, NULL, &len, header, KEY_ID_LEN + EXPIRES_LEN) &&
		 EVP_CipherUpdate(ctx, NULL, &len, hash, STUB_HASH_LEN) &&
		 EVP_CipherUpdate(ctx, out, &len, in.ptr, in.len) &&
		 (encrypt ||
		  EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag)) &&
		 EVP_CipherFinal_ex(ctx, out + len, &len) &&
		 (!encrypt ||
		  EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN, tag));
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

METHOD(stub_seal_t, seal, chunk_t,
	private_stub_seal_t *this, stub_t *stub)
{
	uint8_t id[STUB_HASH_LEN];
	chunk_t plain, record = chunk_empty;

	plain = stub_encode(stub);
	if (!plain.len)
	{
		return chunk_empty;
	}
	hash(this, stub_get_index(stub), id);
	record = chunk_alloc(STUB_SEAL_OVERHEAD + plain.len);
	memcpy(record.ptr, this->id, KEY_ID_LEN);
	htoun64(record.ptr + KEY_ID_LEN, stub->expires);
	if (RAND_bytes(record.ptr + KEY_ID_LEN + EXPIRES_LEN, NONCE_LEN) != 1 ||
		!crypt_record(this, TRUE, id, record.ptr, plain,
					  record.ptr + HEADER_LEN,
					  record.ptr + HEADER_LEN + plain.len))
	{
		chunk_free(&record);
	}
	chunk_clear(&plain);
	return record;
}

METHOD(stub_seal_t, open_, stub_t*,
	private_stub_seal_t *this, const uint8_t hash_in[STUB_HASH_LEN],
	chunk_t record)
{
	uint8_t id[STUB_HASH_LEN];
	stub_t *stub = NULL;
	chunk_t in, plain;

	if (record.len <= STUB_SEAL_OVERHEAD ||
		record.len > STUB_SEAL_OVERHEAD + STUB_CODEC_MAX ||
		!memeq(record.ptr, this->id, KEY_ID_LEN))
	{
		return NULL;
	}
	in = chunk_create(record.ptr + HEADER_LEN, record.len - STUB_SEAL_OVERHEAD);
	plain = chunk_alloc(in.len);
	if (crypt_record(this, FALSE, hash_in, record.ptr, in, plain.ptr,
					 record.ptr + HEADER_LEN + in.len))
	{
		stub = stub_decode(plain);
	}
	chunk_clear(&plain);
	if (stub)
	{
		hash(this, stub_get_index(stub), id);
		if (!memeq_const(id, hash_in, STUB_HASH_LEN) ||
			stub->expires != stub_seal_expires(record))
		{
			stub_unref(stub);
			stub = NULL;
		}
	}
	return stub;
}

/*
 * Described in header.
 */
uint64_t stub_seal_expires(chunk_t record)
{
	return record.len > STUB_SEAL_OVERHEAD ? untoh64(record.ptr + KEY_ID_LEN)
										   : 0;
}

METHOD(stub_seal_t, destroy, void,
	private_stub_seal_t *this)
{
	memwipe(this->key, sizeof(this->key));
	memwipe(this->hash_key, sizeof(this->hash_key));
	free(this);
}

/*
 * Described in header.
 */
stub_seal_t *stub_seal_create(chunk_t secret)
{
	private_stub_seal_t *this;
	uint8_t id[KEY_LEN];
	bool ok;

	INIT(this,
		.public = {
			.hash = _hash,
			.seal = _seal,
			.open = _open_,
			.destroy = _destroy,
		},
	);
	ok = hmac(secret, chunk_from_str("ike-sa-stub key"), this->key) &&
		 hmac(secret, chunk_from_str("ike-sa-stub index"), this->hash_key) &&
		 hmac(secret, chunk_from_str("ike-sa-stub key id"), id);
	memcpy(this->id, id, KEY_ID_LEN);
	if (!ok)
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
