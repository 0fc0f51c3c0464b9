/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_redis_command stub_redis_command
 * @{ @ingroup ike_sa_stub
 *
 * Commands for a Valkey or Redis server.  No locking.
 */

#ifndef STUB_REDIS_COMMAND_H_
#define STUB_REDIS_COMMAND_H_

#include "stub_seal.h"
#include "stub_store.h"

#include <hiredis/hiredis.h>

/** octets of a key at most, with the end */
#define STUB_REDIS_KEY 128

/** octets of its first part at most: two colons, the kind, and the hash
 * follow */
#define STUB_REDIS_PREFIX (STUB_REDIS_KEY - 2 * STUB_HASH_LEN - 7)

/** octets of a claim's value at most, with the end */
#define STUB_REDIS_TOKEN 48

typedef struct stub_redis_command_t stub_redis_command_t;
typedef enum stub_redis_type_t stub_redis_type_t;

/**
 * What is to be done.
 */
enum stub_redis_type_t {
	STUB_REDIS_PUT,
	STUB_REDIS_REMOVE,
	STUB_REDIS_GET,
	/** the second reply tells whose the stub is */
	STUB_REDIS_CLAIM,
};

/**
 * A command.
 */
struct stub_redis_command_t {
	/** what to do */
	stub_redis_type_t type;
	/** hash of the index */
	uint8_t hash[STUB_HASH_LEN];
	/** what tells a claim from all others */
	char token[STUB_REDIS_TOKEN];
	/** stub to put */
	stub_t *stub;
	/** whom to tell that somebody else was faster */
	stub_lost_cb_t lost;
	void *user;
	/** replies that will come */
	int replies;
};

/**
 * Create a command.
 *
 * @param seal		hashes the index
 * @param type		what to do
 * @param index		SPI of the gateway, in network order
 * @return			command
 */
stub_redis_command_t *stub_redis_command_create(stub_seal_t *seal,
												stub_redis_type_t type,
												uint64_t index);

/**
 * Append what the server is sent for a command, and set how many replies there
 * will be.
 *
 * @param this		command
 * @param context	connection
 * @param seal		encrypts records
 * @param prefix	first part of keys, STUB_REDIS_PREFIX octets at most
 */
void stub_redis_command_append(stub_redis_command_t *this,
							   redisContext *context, stub_seal_t *seal,
							   const char *prefix);

/**
 * Check if a reply to a claim says that the stub is somebody else's.
 *
 * A claim may be sent twice, if the connection broke before its replies were
 * here, so that the key is there is not enough.
 *
 * @param this		claim
 * @param number	number of the reply, from 0
 * @param reply		reply
 * @return			TRUE if somebody else was faster
 */
bool stub_redis_command_is_lost(stub_redis_command_t *this, int number,
								redisReply *reply);

/**
 * Destroy a command.
 *
 * @param this		command
 */
void stub_redis_command_destroy(stub_redis_command_t *this);

#endif /** STUB_REDIS_COMMAND_H_ @}*/
