/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_hello.h"
#include "sync_tlv.h"

#include <ctype.h>

/**
 * Attributes of a HELLO.
 */
enum {
	ATTR_VERSION_MAJOR = 1,
	ATTR_VERSION_MINOR = 2,
	ATTR_CLUSTER = 3,
	ATTR_MEMBER = 4,
	ATTR_INCARNATION = 5,
	ATTR_CAPABILITIES = 6,
	ATTR_HEARTBEAT = 7,
	ATTR_KNOWN = 8,
	ATTR_LAST = 9,
};

/*
 * Described in header.
 */
chunk_t sync_hello_encode(const sync_hello_t *hello)
{
	bio_writer_t *writer = bio_writer_create(128);
	chunk_t body;

	sync_tlv_put_int(writer, ATTR_VERSION_MAJOR, hello->major);
	sync_tlv_put_int(writer, ATTR_VERSION_MINOR, hello->minor);
	sync_tlv_put_str(writer, ATTR_CLUSTER, hello->cluster);
	sync_tlv_put_str(writer, ATTR_MEMBER, hello->member);
	sync_tlv_put_int(writer, ATTR_INCARNATION, hello->incarnation);
	sync_tlv_put_int(writer, ATTR_CAPABILITIES, hello->capabilities);
	sync_tlv_put_int(writer, ATTR_HEARTBEAT, hello->heartbeat);
	if (hello->known)
	{
		sync_tlv_put_int(writer, ATTR_KNOWN, hello->known);
		sync_tlv_put_int(writer, ATTR_LAST, hello->last);
	}
	body = writer->extract_buf(writer);
	writer->destroy(writer);
	return body;
}

/**
 * Parse an attribute into a HELLO.
 */
static bool parse_attr(sync_hello_t *this, uint8_t type, chunk_t value)
{
	switch (type)
	{
		case ATTR_VERSION_MAJOR:
			return sync_tlv_int(value, sizeof(this->major), &this->major);
		case ATTR_VERSION_MINOR:
			return sync_tlv_int(value, sizeof(this->minor), &this->minor);
		default:
			break;
	}
	if (this->major != SYNC_VERSION_MAJOR)
	{	/* the others may have changed */
		return TRUE;
	}
	switch (type)
	{
		case ATTR_CLUSTER:
			return sync_tlv_str(value, &this->cluster);
		case ATTR_MEMBER:
			return sync_tlv_str(value, &this->member);
		case ATTR_INCARNATION:
			return sync_tlv_int(value, sizeof(this->incarnation),
								&this->incarnation);
		case ATTR_CAPABILITIES:
			return sync_tlv_int(value, sizeof(this->capabilities),
								&this->capabilities);
		case ATTR_HEARTBEAT:
			return sync_tlv_int(value, sizeof(this->heartbeat),
								&this->heartbeat);
		case ATTR_KNOWN:
			return sync_tlv_int(value, sizeof(this->known), &this->known);
		case ATTR_LAST:
			return sync_tlv_int(value, sizeof(this->last), &this->last);
		default:
			return TRUE;
	}
}

/**
 * Check if all that's needed was there.
 */
static bool is_complete(sync_hello_t *this)
{
	return this->major != SYNC_VERSION_MAJOR ||
		   (this->incarnation && this->heartbeat && this->cluster &&
			sync_name_valid(this->cluster) && this->member &&
			sync_name_valid(this->member));
}

/*
 * Described in header.
 */
sync_hello_t *sync_hello_decode(chunk_t body)
{
	bio_reader_t *reader;
	sync_hello_t *this;
	chunk_t value;
	uint8_t type;
	bool ok = TRUE;

	INIT(this);

	reader = bio_reader_create(body);
	while (ok && sync_tlv_get(reader, &type, &value))
	{
		/* the version comes first, without it nothing can be understood */
		ok = parse_attr(this, type, value) && this->major;
	}
	ok = ok && reader->remaining(reader) == 0 && this->major &&
		 is_complete(this);
	reader->destroy(reader);
	if (!ok)
	{
		sync_hello_destroy(this);
		return NULL;
	}
	return this;
}

/*
 * Described in header.
 */
void sync_hello_destroy(sync_hello_t *this)
{
	if (this)
	{
		free(this->cluster);
		free(this->member);
		free(this);
	}
}

/*
 * Described in header.
 */
bool sync_name_valid(const char *name)
{
	size_t len = strlen(name), i;

	if (!len || len > SYNC_NAME_MAX)
	{
		return FALSE;
	}
	for (i = 0; i < len; i++)
	{
		if (!isalnum((u_char)name[i]) && !strchr("-_.", name[i]))
		{
			return FALSE;
		}
	}
	return TRUE;
}
