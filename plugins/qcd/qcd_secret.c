/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_secret.h"

#include <threading/mutex.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/** length of a line of the file */
#define LINE_LEN (2 * QCD_TOKEN_LEN + 1)

typedef struct private_qcd_secret_t private_qcd_secret_t;
typedef struct secrets_t secrets_t;

/**
 * Secrets.
 */
struct secrets_t {

	/** secrets, the current one first */
	uint8_t secret[QCD_TOKEN_SECRETS][QCD_TOKEN_LEN];

	/** number of secrets */
	u_int count;
};

/**
 * Private data.
 */
struct private_qcd_secret_t {

	/** public interface */
	qcd_secret_t public;

	/** path of the file */
	char *file;

	/** TRUE if the current secret is derived from the cluster secret */
	bool shared;

	/** held while new secrets are made and saved; locked before mutex */
	mutex_t *renewing;

	/** protects all below, hooks of charon's bus wait for it */
	mutex_t *mutex;

	/** secrets */
	secrets_t secrets;
};

METHOD(qcd_secret_t, make, bool,
	private_qcd_secret_t *this, uint64_t spi_i, uint64_t spi_r, host_t *taker,
	uint8_t *token)
{
	bool ok;

	this->mutex->lock(this->mutex);
	ok = qcd_token_make(chunk_from_thing(this->secrets.secret[0]), spi_i, spi_r,
						taker, token);
	this->mutex->unlock(this->mutex);
	return ok;
}

METHOD(qcd_secret_t, make_all, u_int,
	private_qcd_secret_t *this, uint64_t spi_i, uint64_t spi_r, host_t *taker,
	uint8_t tokens[QCD_TOKEN_SECRETS][QCD_TOKEN_LEN])
{
	u_int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < this->secrets.count; i++)
	{
		if (!qcd_token_make(chunk_from_thing(this->secrets.secret[i]), spi_i,
							spi_r, taker, tokens[i]))
		{
			break;
		}
	}
	this->mutex->unlock(this->mutex);
	return i;
}

METHOD(qcd_secret_t, count, u_int,
	private_qcd_secret_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->secrets.count;
	this->mutex->unlock(this->mutex);
	return count;
}

/**
 * Make the directories a file is in.
 */
static void make_directories(const char *file)
{
	char path[PATH_MAX], *pos;

	if (snprintf(path, sizeof(path), "%s", file) >= (int)sizeof(path))
	{
		return;
	}
	for (pos = strchr(path + 1, '/'); pos; pos = strchr(pos + 1, '/'))
	{
		*pos = '\0';
		/* errors show when the file is made */
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
		{
			return;
		}
		*pos = '/';
	}
}

/**
 * Write data to a new file, and to the disk.
 */
static bool write_file(const char *path, chunk_t data)
{
	bool ok;
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
	{
		return FALSE;
	}
	ok = write(fd, data.ptr, data.len) == (ssize_t)data.len && fsync(fd) == 0;
	return close(fd) == 0 && ok;
}

/**
 * Make the rename of a file durable; no error if that is not possible.
 */
static void sync_directory(const char *file)
{
	char path[PATH_MAX], *pos;
	int fd;

	snprintf(path, sizeof(path), "%s", file);
	pos = strrchr(path, '/');
	if (!pos)
	{
		return;
	}
	pos[1] = '\0';
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1)
	{
		ignore_result(fsync(fd));
		close(fd);
	}
}

/**
 * Replace the file, it is the old or the new one at any time.
 */
static bool save(private_qcd_secret_t *this, secrets_t *secrets)
{
	char buf[QCD_TOKEN_SECRETS * LINE_LEN + 1], path[PATH_MAX];
	size_t len = 0;
	bool ok;
	u_int i;

	for (i = 0; i < secrets->count; i++)
	{
		chunk_to_hex(chunk_from_thing(secrets->secret[i]), buf + len, FALSE);
		len += LINE_LEN;
		buf[len - 1] = '\n';
	}
	ok = snprintf(path, sizeof(path), "%s.new", this->file) <
															(int)sizeof(path);
	ok = ok && write_file(path, chunk_create((u_char*)buf, len)) &&
		 rename(path, this->file) == 0;
	if (ok)
	{
		sync_directory(this->file);
	}
	memwipe(buf, sizeof(buf));
	return ok;
}

/**
 * Put a secret before the others, the oldest one is dropped if it's too many.
 */
static void push(secrets_t *secrets, const uint8_t *secret)
{
	secrets->count = min(secrets->count + 1, QCD_TOKEN_SECRETS);
	memmove(secrets->secret[1], secrets->secret[0],
			(secrets->count - 1) * QCD_TOKEN_LEN);
	memcpy(secrets->secret[0], secret, QCD_TOKEN_LEN);
}

/**
 * Make a random secret the current one, and save it; nothing changes on
 * failure.  Nobody else changes secrets: the caller has renewing locked, or is
 * about to create this.
 */
static bool renew(private_qcd_secret_t *this)
{
	secrets_t secrets = this->secrets;
	uint8_t secret[QCD_TOKEN_LEN];
	rng_t *rng;
	bool ok;

	rng = lib->crypto->create_rng(lib->crypto, RNG_TRUE);
	ok = rng && rng->get_bytes(rng, sizeof(secret), secret);
	DESTROY_IF(rng);
	if (ok)
	{
		push(&secrets, secret);
		ok = save(this, &secrets);
	}
	if (ok)
	{
		this->mutex->lock(this->mutex);
		this->secrets = secrets;
		this->mutex->unlock(this->mutex);
	}
	memwipe(&secrets, sizeof(secrets));
	memwipe(secret, sizeof(secret));
	return ok;
}

METHOD(qcd_secret_t, rotate, char*,
	private_qcd_secret_t *this)
{
	char *msg = NULL;
	bool ok;

	if (this->shared)
	{
		return strdup("all members have to change it at the same time: make a "
					  "new cluster secret (swancluster genkey), copy it to all "
					  "members, and restart them one after the other; the "
					  "tokens of the old one stay valid");
	}
	this->renewing->lock(this->renewing);
	ok = renew(this);
	this->renewing->unlock(this->renewing);
	if (!ok && asprintf(&msg, "'%s' can't be written (%s), the secret is not "
						"changed", this->file, strerror(errno)) < 0)
	{
		msg = strdup("out of memory");
	}
	return msg;
}

/**
 * Parse the content of the file.
 */
static bool parse(private_qcd_secret_t *this, chunk_t data)
{
	chunk_t line, secret;
	char *pos;
	u_int i;

	if (!data.len || data.len % LINE_LEN ||
		data.len / LINE_LEN > QCD_TOKEN_SECRETS)
	{
		return FALSE;
	}
	for (i = 0; i < data.len / LINE_LEN; i++)
	{
		line = chunk_create(data.ptr + i * LINE_LEN, LINE_LEN - 1);
		for (pos = (char*)line.ptr; pos < (char*)line.ptr + line.len; pos++)
		{
			if (!strchr("0123456789abcdefABCDEF", *pos) || !*pos)
			{
				return FALSE;
			}
		}
		if (*pos != '\n')
		{
			return FALSE;
		}
		secret = chunk_from_hex(line, (char*)this->secrets.secret[i]);
		this->secrets.count = i + (secret.len == QCD_TOKEN_LEN);
	}
	return TRUE;
}

/**
 * Read the file, errno is ENOENT if there's none.
 */
static bool load(private_qcd_secret_t *this)
{
	char buf[QCD_TOKEN_SECRETS * LINE_LEN + 1];
	struct stat st;
	ssize_t len;
	bool ok;
	int fd;

	fd = open(this->file, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
	{
		if (errno != ENOENT)
		{
			DBG1(DBG_CFG, "qcd: secret_file '%s' can't be read: %s", this->file,
				 strerror(errno));
			errno = 0;
		}
		return FALSE;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_mode & 077)
	{
		DBG1(DBG_CFG, "qcd: secret_file '%s' is open to others, not used; "
			 "'chmod 600 %s', and remove it if somebody may have read it",
			 this->file, this->file);
		close(fd);
		errno = 0;
		return FALSE;
	}
	len = read(fd, buf, sizeof(buf));
	close(fd);
	ok = len > 0 && parse(this, chunk_create((u_char*)buf, len));
	memwipe(buf, sizeof(buf));
	if (!ok)
	{
		DBG1(DBG_CFG, "qcd: secret_file '%s' is damaged, not used; restore it, "
			 "or remove it to get a new one: peers with tokens of the old one "
			 "then wait for their timeouts", this->file);
		errno = 0;
	}
	return ok;
}

/**
 * Read or make the secrets.
 */
static bool setup(private_qcd_secret_t *this, chunk_t shared)
{
	errno = 0;
	if (!load(this))
	{
		if (errno != ENOENT)
		{
			return FALSE;
		}
		make_directories(this->file);
		if (!shared.len && !renew(this))
		{
			DBG1(DBG_CFG, "qcd: secret_file '%s' can't be made: %s", this->file,
				 strerror(errno));
			return FALSE;
		}
	}
	if (shared.len &&
		(!this->secrets.count ||
		 !memeq_const(shared.ptr, this->secrets.secret[0], QCD_TOKEN_LEN)))
	{
		push(&this->secrets, shared.ptr);
		if (!save(this, &this->secrets))
		{	/* it can be derived again, it's the previous ones that are lost */
			DBG1(DBG_CFG, "qcd: secret_file '%s' can't be written: %s; after a "
				 "change of the cluster secret older tokens will be useless",
				 this->file, strerror(errno));
		}
	}
	return TRUE;
}

METHOD(qcd_secret_t, destroy, void,
	private_qcd_secret_t *this)
{
	memwipe(&this->secrets, sizeof(this->secrets));
	this->renewing->destroy(this->renewing);
	this->mutex->destroy(this->mutex);
	free(this->file);
	free(this);
}

/*
 * Described in header.
 */
qcd_secret_t *qcd_secret_create(const char *file, chunk_t shared)
{
	private_qcd_secret_t *this;

	INIT(this,
		.public = {
			.make = _make,
			.make_all = _make_all,
			.rotate = _rotate,
			.count = _count,
			.destroy = _destroy,
		},
		.file = strdup(file),
		.shared = shared.len > 0,
		.renewing = mutex_create(MUTEX_TYPE_DEFAULT),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	if (!setup(this, shared))
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
