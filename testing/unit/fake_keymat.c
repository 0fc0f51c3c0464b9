/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fake_keymat.h"

/** a cipher block, IV and ICV, in octets */
#define BLOCK 16
#define IV 16
#define ICV 12

/**
 * Calculate the ICV.
 */
static void get_icv(fake_aead_t *this, chunk_t assoc, chunk_t iv,
					chunk_t crypt, u_char *icv)
{
	uint32_t hash = this->key;
	chunk_t parts[] = { assoc, iv, crypt };
	size_t i, j;

	for (i = 0; i < countof(parts); i++)
	{
		for (j = 0; j < parts[i].len; j++)
		{
			hash = hash * 31 + parts[i].ptr[j];
		}
	}
	memset(icv, this->key, ICV);
	memcpy(icv, &hash, sizeof(hash));
}

METHOD(aead_t, aead_encrypt, bool,
	fake_aead_t *this, chunk_t plain, chunk_t assoc, chunk_t iv,
	chunk_t *encrypted)
{
	memxor(plain.ptr, iv.ptr, min(plain.len, iv.len));
	get_icv(this, assoc, iv, plain, plain.ptr + plain.len);
	return encrypted == NULL;
}

METHOD(aead_t, aead_decrypt, bool,
	fake_aead_t *this, chunk_t encrypted, chunk_t assoc, chunk_t iv,
	chunk_t *plain)
{
	chunk_t crypt = chunk_create(encrypted.ptr, encrypted.len - ICV);
	u_char icv[ICV];

	this->decrypted++;
	get_icv(this, assoc, iv, crypt, icv);
	if (!memeq(icv, crypt.ptr + crypt.len, ICV))
	{
		return FALSE;
	}
	memxor(crypt.ptr, iv.ptr, min(crypt.len, iv.len));
	return plain == NULL;
}

METHOD(aead_t, get_block_size, size_t,
	fake_aead_t *this)
{
	return BLOCK;
}

METHOD(aead_t, get_icv_size, size_t,
	fake_aead_t *this)
{
	return ICV;
}

METHOD(aead_t, get_iv_size, size_t,
	fake_aead_t *this)
{
	return IV;
}

METHOD(aead_t, get_iv_gen, iv_gen_t*,
	fake_aead_t *this)
{
	return &this->iv_gen;
}

/**
 * Implements iv_gen_t.get_iv
 */
static bool get_iv(iv_gen_t *this, uint64_t seq, size_t size, uint8_t *buffer)
{
	memset(buffer, 0x17, size);
	return TRUE;
}

METHOD(keymat_t, get_version, ike_version_t,
	fake_keymat_t *this)
{
	return IKEV2;
}

METHOD(keymat_t, get_aead, aead_t*,
	fake_keymat_t *this, bool in)
{
	if (in)
	{
		return &this->in.public;
	}
	return this->broken ? NULL : &this->out.public;
}

/**
 * Make a cipher.
 */
static fake_aead_t make_aead(u_char key)
{
	return (fake_aead_t){
		.public = {
			.encrypt = _aead_encrypt,
			.decrypt = _aead_decrypt,
			.get_block_size = _get_block_size,
			.get_icv_size = _get_icv_size,
			.get_iv_size = _get_iv_size,
			.get_iv_gen = _get_iv_gen,
		},
		.iv_gen.get_iv = get_iv,
		.key = key,
	};
}

/*
 * Described in header.
 */
fake_keymat_t fake_keymat(u_char in, u_char out)
{
	return (fake_keymat_t){
		.public = {
			.get_version = _get_version,
			.get_aead = _get_aead,
		},
		.in = make_aead(in),
		.out = make_aead(out),
	};
}

/**
 * Implements rng_t.get_bytes
 */
static bool get_bytes(rng_t *this, size_t len, uint8_t *buffer)
{
	static uint8_t next;

	while (len--)
	{
		*buffer++ = ++next;
	}
	return TRUE;
}

/*
 * Described in header.
 */
rng_t *fake_rng(rng_quality_t quality)
{
	rng_t *this;

	INIT(this,
		.get_bytes = get_bytes,
		.destroy = (void*)free,
	);
	return this;
}
