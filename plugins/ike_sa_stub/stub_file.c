/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_file.h"
#include "stub_seal.h"
#include "sync_config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/** for how many ms changes are collected */
#define WRITE_DELAY 200

/** octets of the file at most */
#define FILE_MAX (64 * 1024 * 1024)

typedef struct private_stub_file_t private_stub_file_t;

/**
 * Private data.
 */
struct private_stub_file_t {

	/** public interface */
	stub_file_t public;

	/** path */
	char *file;

	/** encrypts stubs */
	stub_seal_t *seal;

	/** counters */
	stub_stats_t *stats;

	/** who knows present stubs */
	array_t* (*get_all)(void *user);
	void *user;

	/** stubs that were in the file, stub_t* */
	array_t *saved;

	/** TRUE if a job to write the file is queued, or at work: there is only
	 * one, so that what is newer is written last */
	bool queued;

	/** TRUE if something changed since the job has looked */
	bool changes;

	/** protects saved, queued and changes */
	mutex_t *mutex;
};

METHOD(stub_file_t, set_source, void,
	private_stub_file_t *this, array_t* (*get_all)(void *user), void *user)
{
	this->get_all = get_all;
	this->user = user;
}

/**
 * Append stubs, and release them: hash, length and record of each.
 */
static void append(private_stub_file_t *this, bio_writer_t *writer,
				   array_t *stubs)
{
	uint8_t hash[STUB_HASH_LEN];
	chunk_t record;
	stub_t *stub;

	while (array_remove(stubs, ARRAY_HEAD, &stub))
	{
		record = stub_is_valid(stub) ? this->seal->seal(this->seal, stub)
									 : chunk_empty;
		if (record.len)
		{
			this->seal->hash(this->seal, stub_get_index(stub), hash);
			writer->write_data(writer, chunk_from_thing(hash));
			writer->write_data32(writer, record);
			chunk_free(&record);
		}
		stub_unref(stub);
	}
	array_destroy(stubs);
}

/**
 * Write a new file in the place of the old one.
 */
static bool replace(private_stub_file_t *this, chunk_t data)
{
	char path[PATH_MAX];
	bool ok;
	int fd;

	if (snprintf(path, sizeof(path), "%s.new", this->file) >=
														(int)sizeof(path))
	{
		return FALSE;
	}
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
	{
		return FALSE;
	}
	/* the name must not be there before the content is, if power fails */
	ok = write(fd, data.ptr, data.len) == (ssize_t)data.len && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	return ok && rename(path, this->file) == 0;
}

/**
 * Get references to what was in the file.
 */
static array_t *get_saved(private_stub_file_t *this)
{
	array_t *stubs = array_create(0, 0);
	stub_t *stub;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(this->saved); i++)
	{
		array_get(this->saved, i, &stub);
		array_insert(stubs, ARRAY_TAIL, stub_ref(stub));
	}
	this->changes = FALSE;
	this->mutex->unlock(this->mutex);
	return stubs;
}

/**
 * Job: write the file.
 */
static job_requeue_t write_file(private_stub_file_t *this)
{
	bio_writer_t *writer = bio_writer_create(0);
	bool again;

	append(this, writer, get_saved(this));
	if (this->get_all)
	{
		append(this, writer, this->get_all(this->user));
	}
	if (!replace(this, writer->get_buf(writer)))
	{
		DBG1(DBG_CFG, "ike-sa-stub: client_file '%s' can't be written: %s",
			 this->file, strerror(errno));
	}
	writer->destroy(writer);
	this->mutex->lock(this->mutex);
	again = this->queued = this->changes;
	this->mutex->unlock(this->mutex);
	return again ? JOB_RESCHEDULE_MS(WRITE_DELAY) : JOB_REQUEUE_NONE;
}

METHOD(stub_file_t, changed, void,
	private_stub_file_t *this)
{
	bool queue;

	this->mutex->lock(this->mutex);
	queue = !this->queued;
	this->queued = TRUE;
	this->changes = TRUE;
	this->mutex->unlock(this->mutex);
	if (queue)
	{
		lib->scheduler->schedule_job_ms(lib->scheduler,
			(job_t*)callback_job_create((void*)write_file, this, NULL, NULL),
			WRITE_DELAY);
	}
}

METHOD(stub_file_t, take, stub_t*,
	private_stub_file_t *this, const char *peer_cfg)
{
	stub_t *stub, *found = NULL;
	int i;

	this->mutex->lock(this->mutex);
	for (i = array_count(this->saved) - 1; i >= 0 && !found; i--)
	{
		array_get(this->saved, i, &stub);
		if (streq(stub->peer_cfg, peer_cfg))
		{
			found = stub;
			array_remove(this->saved, i, NULL);
		}
	}
	this->mutex->unlock(this->mutex);
	if (found)
	{
		changed(this);
		if (!stub_is_valid(found))
		{
			this->stats->add(this->stats, STUB_EXPIRED, 1);
			stub_unref(found);
			found = NULL;
		}
	}
	return found;
}

/**
 * Read what is in the file.
 */
static void parse(private_stub_file_t *this, chunk_t data)
{
	bio_reader_t *reader = bio_reader_create(data);
	chunk_t hash, record;
	stub_t *stub;

	while (reader->read_data(reader, STUB_HASH_LEN, &hash) &&
		   reader->read_data32(reader, &record))
	{
		stub = this->seal->open(this->seal, hash.ptr, record);
		if (stub && stub->role == STUB_CLIENT && stub_is_valid(stub))
		{
			array_insert(this->saved, ARRAY_TAIL, stub);
			continue;
		}
		this->stats->add(this->stats, stub ? STUB_EXPIRED : STUB_BAD_RECORD, 1);
		stub_unref(stub);
	}
	reader->destroy(reader);
}

/**
 * Read the file, if it is there and nobody else can.
 */
static void load(private_stub_file_t *this)
{
	struct stat st;
	chunk_t data;
	int fd;

	fd = open(this->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
	{
		if (errno != ENOENT)
		{
			DBG1(DBG_CFG, "ike-sa-stub: client_file '%s' can't be read: %s",
				 this->file, strerror(errno));
		}
		return;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !(st.st_mode & 077) &&
		st.st_size <= FILE_MAX)
	{
		data = chunk_alloc(st.st_size);
		if (read(fd, data.ptr, data.len) == (ssize_t)data.len)
		{
			parse(this, data);
		}
		chunk_free(&data);
		DBG1(DBG_CFG, "ike-sa-stub: %d stubs of IKE SAs before the restart",
			 array_count(this->saved));
	}
	else
	{
		DBG1(DBG_CFG, "ike-sa-stub: client_file '%s' is open to others or too "
			 "long, not used; 'chmod 600' or remove it", this->file);
	}
	close(fd);
}

METHOD(stub_file_t, destroy, void,
	private_stub_file_t *this)
{
	array_destroy_function(this->saved, (void*)stub_unref, NULL);
	DESTROY_IF(this->seal);
	this->mutex->destroy(this->mutex);
	free(this->file);
	free(this);
}

/*
 * Described in header.
 */
stub_file_t *stub_file_create(const char *file, const char *secret_file,
							  stub_stats_t *stats)
{
	private_stub_file_t *this;
	chunk_t secret;

	if (!secret_file)
	{
		DBG1(DBG_CFG, "ike-sa-stub: client_file needs secret_file, "
			 "'swancluster genkey' writes one");
		return NULL;
	}
	if (!sync_config_load_secret(secret_file, &secret))
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.set_source = _set_source,
			.changed = _changed,
			.take = _take,
			.destroy = _destroy,
		},
		.file = strdup(file),
		.seal = stub_seal_create(secret),
		.stats = stats,
		.saved = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	chunk_clear(&secret);
	if (!this->seal)
	{
		destroy(this);
		return NULL;
	}
	load(this);
	return &this->public;
}
