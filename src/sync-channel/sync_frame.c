/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_frame.h"
#include "sync_tlv.h"

/** longest reason of another member that is logged, in octets */
#define REASON_MAX 256

ENUM(sync_control_names, SYNC_HELLO, SYNC_ACK_REQUEST,
	"HELLO",
	"REFUSED",
	"HEARTBEAT",
	"RESYNC_REQUEST",
	"RESYNC_BEGIN",
	"RESYNC_END",
	"RESYNC_ABORT",
	"START",
	"GOODBYE",
	"ACK_REQUEST",
);

ENUM(sync_domain_names, SYNC_CONTROL, SYNC_QCD,
	"control",
	"ha-sync",
	"redirect",
	"stub",
	"directory",
	"qcd",
);

/*
 * Described in header.
 */
chunk_t sync_frame_encode(const sync_frame_t *frame)
{
	size_t header = SYNC_FRAME_HEADER;
	chunk_t data;

	if (frame->body.len > SYNC_MAX_BODY)
	{
		return chunk_empty;
	}
	if (frame->flags & SYNC_FRAME_SEQUENCED)
	{
		header += SYNC_FRAME_SEQ;
	}
	data = chunk_alloc(header + frame->body.len);
	htoun16(data.ptr, frame->body.len);
	data.ptr[2] = frame->domain;
	data.ptr[3] = frame->type;
	data.ptr[4] = frame->flags;
	if (frame->flags & SYNC_FRAME_SEQUENCED)
	{
		htoun32(data.ptr + SYNC_FRAME_HEADER, frame->seq);
	}
	if (frame->body.len)
	{
		memcpy(data.ptr + header, frame->body.ptr, frame->body.len);
	}
	return data;
}

/*
 * Described in header.
 */
status_t sync_frame_decode(chunk_t data, sync_frame_t *frame, size_t *len)
{
	size_t header = SYNC_FRAME_HEADER, body;

	if (data.len < header)
	{
		return NEED_MORE;
	}
	body = untoh16(data.ptr);
	if (body > SYNC_MAX_BODY)
	{
		return FAILED;
	}
	*frame = (sync_frame_t){
		.domain = data.ptr[2],
		.type = data.ptr[3],
		.flags = data.ptr[4],
	};
	if (frame->flags & SYNC_FRAME_SEQUENCED)
	{
		header += SYNC_FRAME_SEQ;
	}
	if (data.len < header + body)
	{
		return NEED_MORE;
	}
	if (frame->flags & SYNC_FRAME_SEQUENCED)
	{
		frame->seq = untoh32(data.ptr + SYNC_FRAME_HEADER);
	}
	frame->body = chunk_create(data.ptr + header, body);
	*len = header + body;
	return SUCCESS;
}

/*
 * Described in header.
 */
chunk_t sync_frame_control(sync_control_t type, chunk_t body)
{
	sync_frame_t frame = {
		.domain = SYNC_CONTROL,
		.type = type,
		.body = body,
	};
	chunk_t data;

	data = sync_frame_encode(&frame);
	chunk_clear(&body);
	return data;
}

/*
 * Described in header.
 */
chunk_t sync_frame_control_int(sync_control_t type, uint8_t attr,
							   uint64_t value)
{
	bio_writer_t *writer = bio_writer_create(16);
	chunk_t body;

	sync_tlv_put_int(writer, attr, value);
	body = writer->extract_buf(writer);
	writer->destroy(writer);
	return sync_frame_control(type, body);
}

/*
 * Described in header.
 */
chunk_t sync_frame_control_str(sync_control_t type, char *reason)
{
	bio_writer_t *writer = bio_writer_create(128);
	chunk_t body;

	sync_tlv_put_str(writer, SYNC_ATTR_REASON, reason);
	body = writer->extract_buf(writer);
	writer->destroy(writer);
	return sync_frame_control(type, body);
}

/*
 * Described in header.
 */
bool sync_frame_get_int(chunk_t body, uint8_t attr, uint64_t *value)
{
	bio_reader_t *reader = bio_reader_create(body);
	bool found = FALSE;
	chunk_t data;
	uint8_t type;

	while (sync_tlv_get(reader, &type, &data))
	{
		if (type == attr)
		{
			found = sync_tlv_int(data, sizeof(*value), value);
		}
	}
	found = found && reader->remaining(reader) == 0;
	reader->destroy(reader);
	return found;
}

/*
 * Described in header.
 */
bool sync_frame_get_domains(chunk_t body, u_int *domains)
{
	bio_reader_t *reader = bio_reader_create(body);
	chunk_t data;
	uint8_t type, domain;
	bool ok = TRUE;

	*domains = 0;
	while (sync_tlv_get(reader, &type, &data))
	{
		if (type == SYNC_ATTR_DOMAIN)
		{
			if (!sync_tlv_int(data, sizeof(domain), &domain))
			{
				ok = FALSE;
			}
			else if (domain != SYNC_CONTROL && domain < SYNC_DOMAIN_COUNT)
			{
				*domains |= 1 << domain;
			}
		}
	}
	ok = ok && reader->remaining(reader) == 0;
	reader->destroy(reader);
	return ok;
}

/*
 * Described in header.
 */
char *sync_frame_get_reason(chunk_t body)
{
	bio_reader_t *reader = bio_reader_create(body);
	char *reason = NULL, *pos;
	chunk_t data;
	uint8_t type;

	while (sync_tlv_get(reader, &type, &data))
	{
		if (type == SYNC_ATTR_REASON)
		{
			data.len = min(data.len, REASON_MAX);
			sync_tlv_str(data, &reason);
		}
	}
	reader->destroy(reader);
	if (!reason)
	{
		return strdup("no reason given");
	}
	for (pos = reason; *pos; pos++)
	{
		if (*pos < 0x20 || *pos > 0x7e)
		{
			*pos = '?';
		}
	}
	return reason;
}
