/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_redis_command.h"

#include <inttypes.h>

/** how long it's remembered who used a stub up, in s */
#define USED_TIME 600

/*
 * Described in header.
 */
stub_redis_command_t *stub_redis_command_create(stub_seal_t *seal,
												stub_redis_type_t type,
												uint64_t index)
{
	stub_redis_command_t *this;

	INIT(this,
		.type = type,
	);
	seal->hash(seal, index, this->hash);
	return this;
}

/*
 * Described in header.
 */
void stub_redis_command_destroy(stub_redis_command_t *this)
{
	stub_unref(this->stub);
	free(this->user);
	free(this);
}

/**
 * Make a key.
 */
static void make_key(stub_redis_command_t *this, const char *prefix,
					 const char *kind, char key[STUB_REDIS_KEY])
{
	char hex[2 * STUB_HASH_LEN + 1];

	chunk_to_hex(chunk_create(this->hash, STUB_HASH_LEN), hex, FALSE);
	snprintf(key, STUB_REDIS_KEY, "%s:%s:%s", prefix, kind, hex);
}

/**
 * Send a stub.
 */
static void append_put(stub_redis_command_t *this, redisContext *context,
					   stub_seal_t *seal, const char *key)
{
	uint64_t now = time(NULL);
	chunk_t record;

	if (this->stub->expires <= now)
	{
		return;
	}
	record = seal->seal(seal, this->stub);
	if (record.len)
	{
		redisAppendCommand(context, "SET %s %b EX %" PRIu64, key, record.ptr,
						   record.len, this->stub->expires - now);
		this->replies++;
	}
	chunk_free(&record);
}

/*
 * Described in header.
 */
void stub_redis_command_append(stub_redis_command_t *this,
							   redisContext *context, stub_seal_t *seal,
							   const char *prefix)
{
	char key[STUB_REDIS_KEY], used[STUB_REDIS_KEY];

	this->replies = 0;
	make_key(this, prefix, "stub", key);
	switch (this->type)
	{
		case STUB_REDIS_PUT:
			append_put(this, context, seal, key);
			return;
		case STUB_REDIS_GET:
			redisAppendCommand(context, "GET %s", key);
			break;
		case STUB_REDIS_CLAIM:
			make_key(this, prefix, "used", used);
			redisAppendCommand(context, "SET %s %s NX EX %d", used, this->token,
							   USED_TIME);
			/* not SET with GET, which servers before 7.0 don't do with NX */
			redisAppendCommand(context, "GET %s", used);
			this->replies += 2;
			/* fall-through */
		case STUB_REDIS_REMOVE:
			redisAppendCommand(context, "DEL %s", key);
			break;
	}
	this->replies++;
}

/*
 * Described in header.
 */
bool stub_redis_command_is_lost(stub_redis_command_t *this, int number,
								redisReply *reply)
{
	return this->type == STUB_REDIS_CLAIM && number == 1 &&
		   reply->type == REDIS_REPLY_STRING &&
		   !chunk_equals(chunk_create(reply->str, reply->len),
						 chunk_from_str(this->token));
}
