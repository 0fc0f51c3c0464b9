/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_hello sync_hello
 * @{ @ingroup cluster
 *
 * First frame of both sides of a link.  The side that connected sends first.
 * The frame's header and the attributes VERSION_MAJOR and VERSION_MINOR are
 * the same for all versions of the protocol, ever.
 */

#ifndef SYNC_HELLO_H_
#define SYNC_HELLO_H_

#include "sync_channel.h"

/** version of the protocol: members with another major one are refused */
#define SYNC_VERSION_MAJOR 1
#define SYNC_VERSION_MINOR 0

/** longest name of cluster and member, in octets */
#define SYNC_NAME_MAX 64

typedef struct sync_hello_t sync_hello_t;

/**
 * Content of a HELLO.
 */
struct sync_hello_t {
	/** version of the protocol */
	uint8_t major, minor;
	/** name of the cluster */
	char *cluster;
	/** name of the member that sends it */
	char *member;
	/** random number of its daemon's start, not 0 */
	uint64_t incarnation;
	/** optional parts of the protocol, none defined yet */
	uint64_t capabilities;
	/** interval of its heartbeats, in ms */
	uint32_t heartbeat;
	/** the receiver's incarnation it is in sync with, 0 if none */
	uint64_t known;
	/** last sequence number received of this incarnation */
	uint64_t last;
};

/**
 * Encode a HELLO.
 *
 * @param hello		content
 * @return			allocated body of the frame
 */
chunk_t sync_hello_encode(const sync_hello_t *hello);

/**
 * Decode a HELLO.
 *
 * Of another major version, only the version numbers are filled in.
 *
 * @param body		body of the frame
 * @return			allocated HELLO, NULL if malformed
 */
sync_hello_t *sync_hello_decode(chunk_t body);

/**
 * Destroy a decoded HELLO.
 *
 * @param hello		HELLO, or NULL
 */
void sync_hello_destroy(sync_hello_t *hello);

/**
 * Check the name of a cluster or member: letters, digits, '-', '_', '.'.
 *
 * @param name		name
 * @return			TRUE if well-formed, and not too long
 */
bool sync_name_valid(const char *name);

#endif /** SYNC_HELLO_H_ @}*/
