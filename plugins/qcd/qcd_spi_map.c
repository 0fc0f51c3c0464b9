/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_spi_map.h"

#include <daemon.h>
#include <bio/bio_reader.h>
#include <bio/bio_writer.h>
#include <collections/hashtable.h>
#include <processing/jobs/callback_job.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/** start of the file, with its version */
#define MAGIC "qcd-map1"

/** octets of an entry */
#define ENTRY_LEN (sizeof(uint32_t) + 2 * sizeof(uint64_t))

/** interval of writing, in s */
#define INTERVAL 1

typedef struct private_qcd_spi_map_t private_qcd_spi_map_t;

/**
 * Private data.
 */
struct private_qcd_spi_map_t {

	/** public interface */
	qcd_spi_map_t public;

	/** path of the file */
	char *file;

	/** CHILD SAs */
	qcd_children_t *children;

	/** entries read, and their table by SPI */
	qcd_spi_map_entry_t *entries;
	hashtable_t *table;

	/** version of the CHILD SAs that was written last */
	uint32_t version;

	/** TRUE if it was logged that the file can't be written */
	bool failed;
};

/*
 * Described in header.
 */
int qcd_spi_map_parse(chunk_t data, qcd_spi_map_entry_t **entries)
{
	qcd_spi_map_entry_t *entry;
	bio_reader_t *reader;
	u_int count, i;
	chunk_t spi, spi_i, spi_r;

	if (!chunk_equals(chunk_create(data.ptr, min(data.len, strlen(MAGIC))),
					  chunk_from_str(MAGIC)))
	{
		return -1;
	}
	data = chunk_skip(data, strlen(MAGIC));
	count = data.len / ENTRY_LEN;
	if (data.len % ENTRY_LEN || count > QCD_SPI_MAP_MAX)
	{
		return -1;
	}
	*entries = calloc(max(1, count), sizeof(**entries));
	reader = bio_reader_create(data);
	for (i = 0; i < count; i++)
	{
		entry = &(*entries)[i];
		if (reader->read_data(reader, sizeof(entry->spi), &spi) &&
			reader->read_data(reader, sizeof(uint64_t), &spi_i) &&
			reader->read_data(reader, sizeof(uint64_t), &spi_r))
		{
			memcpy(&entry->spi, spi.ptr, spi.len);
			memcpy(&entry->owner.spi_i, spi_i.ptr, spi_i.len);
			memcpy(&entry->owner.spi_r, spi_r.ptr, spi_r.len);
		}
	}
	reader->destroy(reader);
	return count;
}

/*
 * Described in header.
 */
chunk_t qcd_spi_map_encode(const qcd_spi_map_entry_t *entries, u_int count)
{
	bio_writer_t *writer;
	chunk_t data;
	u_int i;

	writer = bio_writer_create(strlen(MAGIC) + count * ENTRY_LEN);
	writer->write_data(writer, chunk_from_str(MAGIC));
	for (i = 0; i < count; i++)
	{
		writer->write_data(writer, chunk_from_thing(entries[i].spi));
		writer->write_data(writer, chunk_from_thing(entries[i].owner.spi_i));
		writer->write_data(writer, chunk_from_thing(entries[i].owner.spi_r));
	}
	data = writer->extract_buf(writer);
	writer->destroy(writer);
	return data;
}

/**
 * Get the content of the file for the CHILD SAs there are now.
 */
static chunk_t get_content(private_qcd_spi_map_t *this)
{
	qcd_spi_map_entry_t *entries;
	enumerator_t *enumerator;
	qcd_owner_t *owner;
	uint32_t spi;
	u_int count = 0;
	chunk_t data;

	entries = calloc(QCD_SPI_MAP_MAX, sizeof(*entries));
	enumerator = this->children->create_enumerator(this->children);
	while (count < QCD_SPI_MAP_MAX &&
		   enumerator->enumerate(enumerator, &spi, &owner))
	{
		entries[count].spi = spi;
		entries[count++].owner = *owner;
	}
	enumerator->destroy(enumerator);
	data = qcd_spi_map_encode(entries, count);
	free(entries);
	return data;
}

/**
 * Write the file, and to the disk before it replaces the old one: after a crash
 * of the machine it is one of both, not an empty one.
 */
static bool write_file(private_qcd_spi_map_t *this, chunk_t data)
{
	char path[PATH_MAX];
	bool ok;
	int fd;

	if (snprintf(path, sizeof(path), "%s.new", this->file) >= (int)sizeof(path))
	{
		return FALSE;
	}
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
	{
		return FALSE;
	}
	ok = write(fd, data.ptr, data.len) == (ssize_t)data.len && fsync(fd) == 0;
	return close(fd) == 0 && ok && rename(path, this->file) == 0;
}

/**
 * Write the file if there is something new; what can't be written is tried
 * again the next time.
 */
static void save(private_qcd_spi_map_t *this)
{
	uint32_t version = this->children->get_version(this->children);
	chunk_t data;

	if (version == this->version)
	{
		return;
	}
	data = get_content(this);
	if (write_file(this, data))
	{
		this->version = version;
		this->failed = FALSE;
	}
	else if (!this->failed)
	{
		DBG1(DBG_CFG, "qcd: spi_map '%s' can't be written: %s", this->file,
			 strerror(errno));
		this->failed = TRUE;
	}
	chunk_free(&data);
}

/**
 * Job: write the file.
 */
static job_requeue_t save_job(private_qcd_spi_map_t *this)
{
	save(this);
	return JOB_RESCHEDULE(INTERVAL);
}

METHOD(qcd_spi_map_t, find, bool,
	private_qcd_spi_map_t *this, uint32_t spi, qcd_owner_t *owner)
{
	qcd_spi_map_entry_t *entry;

	entry = this->table->get(this->table, (void*)(uintptr_t)spi);
	if (entry)
	{
		*owner = entry->owner;
	}
	return entry != NULL;
}

METHOD(qcd_spi_map_t, destroy, void,
	private_qcd_spi_map_t *this)
{
	save(this);
	this->table->destroy(this->table);
	free(this->entries);
	free(this->file);
	free(this);
}

/**
 * Read the file.
 */
static void load(private_qcd_spi_map_t *this)
{
	struct stat st;
	chunk_t *data;
	int count, i;

	if (stat(this->file, &st) != 0)
	{
		if (errno != ENOENT)
		{
			DBG1(DBG_CFG, "qcd: spi_map '%s' can't be read: %s", this->file,
				 strerror(errno));
		}
		return;
	}
	if (!S_ISREG(st.st_mode) || st.st_mode & 077)
	{
		DBG1(DBG_CFG, "qcd: spi_map '%s' is open to others, not read",
			 this->file);
		return;
	}
	data = chunk_map(this->file, FALSE);
	if (!data)
	{
		DBG1(DBG_CFG, "qcd: spi_map '%s' can't be read: %s", this->file,
			 strerror(errno));
		return;
	}
	count = qcd_spi_map_parse(*data, &this->entries);
	chunk_unmap(data);
	if (count < 0)
	{
		DBG1(DBG_CFG, "qcd: spi_map '%s' is damaged, not used", this->file);
	}
	for (i = 0; i < count; i++)
	{
		this->table->put(this->table,
						 (void*)(uintptr_t)this->entries[i].spi,
						 &this->entries[i]);
	}
}

/*
 * Described in header.
 */
qcd_spi_map_t *qcd_spi_map_create(const char *file, qcd_children_t *children)
{
	private_qcd_spi_map_t *this;

	INIT(this,
		.public = {
			.find = _find,
			.destroy = _destroy,
		},
		.file = strdup(file),
		.children = children,
		.table = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
								  64),
	);
	load(this);
	lib->scheduler->schedule_job(lib->scheduler,
		(job_t*)callback_job_create((callback_job_cb_t)save_job, this, NULL,
									NULL), INTERVAL);
	return &this->public;
}
