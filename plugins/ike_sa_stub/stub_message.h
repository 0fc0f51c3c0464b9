/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_message stub_message
 * @{ @ingroup ike_sa_stub
 *
 * Messages between gateways and banks, in the draft's format
 * (draft-xu-ike-sa-sync-00, 3.6): a header, then any number of contents, each
 *
 *	next payload (1 octet): 1 if another one follows, 0 if not
 *	type (1 octet): of the message in the header, 0 in a content
 *	length (2 octets), these four included
 *
 * No locking.
 */

#ifndef STUB_MESSAGE_H_
#define STUB_MESSAGE_H_

#include "stub_seal.h"

typedef struct stub_message_t stub_message_t;
typedef struct stub_item_t stub_item_t;
typedef enum stub_message_type_t stub_message_type_t;
typedef enum stub_item_kind_t stub_item_kind_t;

/** octets of a message at most, as of a message on the sync channel */
#define STUB_MESSAGE_MAX (56 * 1024)

/** octets of a member's name at most */
#define STUB_NAME_MAX 255

/**
 * Types of messages.
 */
enum stub_message_type_t {
	/** a gateway tells of stubs */
	STUB_MESSAGE_UPDATE = 1,
	/** a gateway asks for stubs: SPI and address of the old gateway */
	STUB_MESSAGE_GET = 2,
	/** answer */
	STUB_MESSAGE_DOWNLOAD = 3,
};

/**
 * What the content of an Update or Download is.
 */
enum stub_item_kind_t {
	/** a record */
	STUB_ITEM_RECORD = 0,
	/** the stub was removed; in a Download: there is none */
	STUB_ITEM_GONE = 1,
	/** the stub was used up: name of the member that did */
	STUB_ITEM_USED = 2,
};

/**
 * Content of an Update or Download: hash of the index (16 octets), kind (1
 * octet), then the record, the name, or nothing.
 */
struct stub_item_t {
	/** hash of the index */
	uint8_t hash[STUB_HASH_LEN];
	/** what it is */
	stub_item_kind_t kind;
	/** record or name, points to the message */
	chunk_t record;
};

/**
 * Builds messages.
 */
struct stub_message_t {

	/**
	 * Add an Update's or Download's content.
	 *
	 * @param item		content
	 * @return			FALSE if it does not fit anymore
	 */
	bool (*add)(stub_message_t *this, const stub_item_t *item);

	/**
	 * Add a Get's content.
	 *
	 * @param index		SPI of the gateway, in network order
	 * @param gateway	its address
	 * @return			FALSE if it does not fit anymore
	 */
	bool (*add_get)(stub_message_t *this, uint64_t index, host_t *gateway);

	/**
	 * Get the number of contents.
	 *
	 * @return			number
	 */
	u_int (*count)(stub_message_t *this);

	/**
	 * Get the message.
	 *
	 * @return			octets, allocated
	 */
	chunk_t (*get)(stub_message_t *this);

	/**
	 * Destroy a stub_message_t.
	 */
	void (*destroy)(stub_message_t *this);
};

/**
 * Start a message.
 *
 * @param type		type
 * @return			message without contents
 */
stub_message_t *stub_message_create(stub_message_type_t type);

/**
 * Parse a message.
 *
 * @param data		octets
 * @param type		receives type
 * @param contents	receives contents, chunk_t that point to data; to be
 *					destroyed
 * @return			FALSE if it's malformed
 */
bool stub_message_parse(chunk_t data, stub_message_type_t *type,
						array_t **contents);

/**
 * Parse the content of an Update or Download.
 *
 * @param content	content
 * @param item		receives what it is
 * @return			FALSE if it's malformed
 */
bool stub_message_parse_item(chunk_t content, stub_item_t *item);

/**
 * Parse the content of a Get.
 *
 * @param content	content
 * @param index		receives SPI of the gateway, in network order
 * @param address	receives its address, 4 or 16 octets
 * @return			FALSE if it's malformed
 */
bool stub_message_parse_get(chunk_t content, uint64_t *index,
							chunk_t *address);

#endif /** STUB_MESSAGE_H_ @}*/
