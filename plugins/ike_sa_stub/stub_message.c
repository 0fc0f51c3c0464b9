/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_message.h"
#include "stub_syn.h"

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

/** octets of a header */
#define HEADER_LEN 4

/** there is another content */
#define NEXT_CONTENT 1

/** type octet of a content */
#define TYPE_CONTENT 0

typedef struct private_stub_message_t private_stub_message_t;

/**
 * Private data.
 */
struct private_stub_message_t {

	/** public interface */
	stub_message_t public;

	/** message so far */
	bio_writer_t *writer;

	/** where the last header starts */
	size_t last;

	/** contents */
	u_int count;
};

/**
 * Add a content of up to two parts.
 */
static bool add_content(private_stub_message_t *this, chunk_t a, chunk_t b)
{
	chunk_t buf = this->writer->get_buf(this->writer);
	size_t len = HEADER_LEN + a.len + b.len;

	if (buf.len + len > STUB_MESSAGE_MAX)
	{
		return FALSE;
	}
	buf.ptr[this->last] = NEXT_CONTENT;
	this->last = buf.len;
	this->writer->write_uint8(this->writer, 0);
	this->writer->write_uint8(this->writer, TYPE_CONTENT);
	this->writer->write_uint16(this->writer, len);
	this->writer->write_data(this->writer, a);
	this->writer->write_data(this->writer, b);
	this->count++;
	return TRUE;
}

METHOD(stub_message_t, add, bool,
	private_stub_message_t *this, const stub_item_t *item)
{
	uint8_t head[STUB_HASH_LEN + 1];

	memcpy(head, item->hash, STUB_HASH_LEN);
	head[STUB_HASH_LEN] = item->kind;
	return add_content(this, chunk_from_thing(head),
				item->kind == STUB_ITEM_GONE ? chunk_empty : item->record);
}

METHOD(stub_message_t, add_get, bool,
	private_stub_message_t *this, uint64_t index, host_t *gateway)
{
	chunk_t content;
	bool ok;

	content = stub_syn_encode(index, gateway);
	ok = add_content(this, content, chunk_empty);
	chunk_free(&content);
	return ok;
}

METHOD(stub_message_t, count_, u_int,
	private_stub_message_t *this)
{
	return this->count;
}

METHOD(stub_message_t, get, chunk_t,
	private_stub_message_t *this)
{
	return chunk_clone(this->writer->get_buf(this->writer));
}

METHOD(stub_message_t, destroy, void,
	private_stub_message_t *this)
{
	this->writer->destroy(this->writer);
	free(this);
}

/*
 * Described in header.
 */
stub_message_t *stub_message_create(stub_message_type_t type)
{
	private_stub_message_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.add_get = _add_get,
			.count = _count_,
			.get = _get,
			.destroy = _destroy,
		},
		.writer = bio_writer_create(1024),
	);
	this->writer->write_uint8(this->writer, 0);
	this->writer->write_uint8(this->writer, type);
	this->writer->write_uint16(this->writer, HEADER_LEN);
	return &this->public;
}

/**
 * Read a header and what it counts.
 */
static bool read_part(bio_reader_t *reader, uint8_t *next, uint8_t *type,
					  chunk_t *content)
{
	uint16_t len;

	return reader->read_uint8(reader, next) &&
		   reader->read_uint8(reader, type) &&
		   reader->read_uint16(reader, &len) && len >= HEADER_LEN &&
		   reader->read_data(reader, len - HEADER_LEN, content) &&
		   *next <= NEXT_CONTENT;
}

/*
 * Described in header.
 */
bool stub_message_parse(chunk_t data, stub_message_type_t *type,
						array_t **contents)
{
	bio_reader_t *reader;
	uint8_t next = 0, kind = 0;
	chunk_t content;
	bool good;

	*contents = array_create(sizeof(chunk_t), 0);
	reader = bio_reader_create(data);
	good = data.len <= STUB_MESSAGE_MAX &&
		   read_part(reader, &next, &kind, &content) && !content.len &&
		   kind >= STUB_MESSAGE_UPDATE && kind <= STUB_MESSAGE_DOWNLOAD;
	*type = kind;
	while (good && next)
	{
		good = read_part(reader, &next, &kind, &content) &&
			   kind == TYPE_CONTENT && content.len;
		if (good)
		{
			array_insert(*contents, ARRAY_TAIL, &content);
		}
	}
	good = good && !reader->remaining(reader);
	reader->destroy(reader);
	if (!good)
	{
		array_destroy(*contents);
		*contents = NULL;
	}
	return good;
}

/*
 * Described in header.
 */
bool stub_message_parse_item(chunk_t content, stub_item_t *item)
{
	if (content.len < STUB_HASH_LEN + 1)
	{
		return FALSE;
	}
	memcpy(item->hash, content.ptr, STUB_HASH_LEN);
	item->kind = content.ptr[STUB_HASH_LEN];
	item->record = chunk_skip(content, STUB_HASH_LEN + 1);
	switch (item->kind)
	{
		case STUB_ITEM_RECORD:
			return stub_seal_expires(item->record) != 0;
		case STUB_ITEM_GONE:
			return !item->record.len;
		case STUB_ITEM_USED:
			return item->record.len && item->record.len <= STUB_NAME_MAX;
		default:
			return FALSE;
	}
}

/*
 * Described in header.
 */
bool stub_message_parse_get(chunk_t content, uint64_t *index, chunk_t *address)
{
	stub_syn_t syn;

	if (!stub_syn_parse(content, &syn))
	{
		return FALSE;
	}
	*index = syn.spi;
	*address = syn.address;
	return TRUE;
}
