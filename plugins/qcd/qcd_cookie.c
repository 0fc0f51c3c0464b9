/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_cookie.h"

#include <threading/mutex.h>

/** time a secret is used for new cookies, in ms */
#define SECRET_LIFETIME 120000

/** length of a secret, in octets */
#define SECRET_LEN 32

/** length of the MAC in a cookie, and of what the PRF returns, in octets */
#define MAC_LEN 16
#define PRF_LEN 32

typedef struct private_qcd_cookie_t private_qcd_cookie_t;
typedef struct secret_t secret_t;

/**
 * A secret.
 */
struct secret_t {

	/** version, in cookies */
	uint8_t version;

	/** when it was made, in ms, 0 if there's none */
	uint64_t time;

	/** random octets */
	uint8_t key[SECRET_LEN];
};

/**
 * Private data.
 */
struct private_qcd_cookie_t {

	/** public interface */
	qcd_cookie_t public;

	/** protects all below */
	mutex_t *mutex;

	/** current and previous secret */
	secret_t current, previous;
};

/*
 * Described in header.
 */
uint64_t qcd_cookie_now()
{
	timeval_t now;

	time_monotonic(&now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_usec / 1000 + 1;
}

/**
 * Make a new secret if it's time, the caller has the lock.
 */
static bool refresh(private_qcd_cookie_t *this, uint64_t now)
{
	secret_t new = {
		.version = this->current.version + 1,
		.time = now,
	};
	rng_t *rng;
	bool ok;

	if (this->current.time && now - this->current.time < SECRET_LIFETIME)
	{
		return TRUE;
	}
	rng = lib->crypto->create_rng(lib->crypto, RNG_STRONG);
	ok = rng && rng->get_bytes(rng, sizeof(new.key), new.key);
	DESTROY_IF(rng);
	if (ok)
	{
		this->previous = this->current;
		this->current = new;
	}
	memwipe(&new, sizeof(new));
	return ok;
}

/**
 * Compute the MAC over a query and its addresses.
 */
static bool compute(secret_t *secret, uint32_t time, uint64_t spi_i,
					uint64_t spi_r, host_t *src, host_t *dst, uint8_t *mac)
{
	uint16_t sport = src->get_port(src), dport = dst->get_port(dst);
	uint8_t buf[PRF_LEN];
	chunk_t seed;
	prf_t *prf;
	bool ok;

	seed = chunk_cat("ccccccc", chunk_from_thing(time),
					 chunk_from_thing(spi_i), chunk_from_thing(spi_r),
					 src->get_address(src), dst->get_address(dst),
					 chunk_from_thing(sport), chunk_from_thing(dport));
	prf = lib->crypto->create_prf(lib->crypto, PRF_HMAC_SHA2_256);
	ok = prf && prf->set_key(prf, chunk_from_thing(secret->key)) &&
		 prf->get_bytes(prf, seed, buf);
	DESTROY_IF(prf);
	memcpy(mac, buf, MAC_LEN);
	chunk_free(&seed);
	return ok;
}

METHOD(qcd_cookie_t, make, bool,
	private_qcd_cookie_t *this, uint64_t spi_i, uint64_t spi_r, host_t *src,
	host_t *dst, uint64_t now, uint8_t *cookie)
{
	bool ok;

	this->mutex->lock(this->mutex);
	ok = refresh(this, now);
	if (ok)
	{
		cookie[0] = this->current.version;
		htoun32(cookie + 1, (uint32_t)now);
		ok = compute(&this->current, (uint32_t)now, spi_i, spi_r, src, dst,
					 cookie + 1 + sizeof(uint32_t));
	}
	this->mutex->unlock(this->mutex);
	return ok;
}

METHOD(qcd_cookie_t, check, bool,
	private_qcd_cookie_t *this, uint64_t spi_i, uint64_t spi_r, host_t *src,
	host_t *dst, uint64_t now, chunk_t cookie, uint32_t *age)
{
	secret_t *secret = NULL;
	uint8_t mac[MAC_LEN];
	uint32_t time;
	bool ok;

	if (cookie.len != QCD_COOKIE_LEN)
	{
		return FALSE;
	}
	time = untoh32(cookie.ptr + 1);
	/* the difference is right when the 32 bits wrapped */
	*age = (uint32_t)now - time;
	this->mutex->lock(this->mutex);
	if (this->current.time && this->current.version == cookie.ptr[0])
	{
		secret = &this->current;
	}
	else if (this->previous.time && this->previous.version == cookie.ptr[0])
	{
		secret = &this->previous;
	}
	ok = secret && *age < QCD_COOKIE_LIFETIME &&
		 compute(secret, time, spi_i, spi_r, src, dst, mac) &&
		 memeq_const(mac, cookie.ptr + 1 + sizeof(uint32_t), MAC_LEN);
	this->mutex->unlock(this->mutex);
	return ok;
}

METHOD(qcd_cookie_t, destroy, void,
	private_qcd_cookie_t *this)
{
	this->mutex->destroy(this->mutex);
	memwipe(this, sizeof(*this));
	free(this);
}

/*
 * Described in header.
 */
qcd_cookie_t *qcd_cookie_create()
{
	private_qcd_cookie_t *this;

	INIT(this,
		.public = {
			.make = _make,
			.check = _check,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
