/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_config sync_config
 * @{ @ingroup cluster
 *
 * The channel's options, section <ns>.cluster of strongswan.conf.
 */

#ifndef SYNC_CONFIG_H_
#define SYNC_CONFIG_H_

#include <library.h>
#include <collections/linked_list.h>
#include <networking/host.h>

/** TCP port members listen on by default */
#define SYNC_PORT 4510

/** longest interval of heartbeats, in ms */
#define SYNC_HEARTBEAT_MAX 10000

/** most members a cluster may have beside this one */
#define SYNC_PEERS_MAX 31

/** shortest cluster secret, in octets */
#define SYNC_SECRET_MIN 32

/** longest cluster secret, in octets */
#define SYNC_SECRET_MAX 4096

typedef struct sync_config_t sync_config_t;
typedef struct sync_peer_config_t sync_peer_config_t;

/**
 * Another member.
 */
struct sync_peer_config_t {
	/** its name */
	char *name;
	/** its address and port */
	host_t *address;
};

/**
 * The channel's options.
 */
struct sync_config_t {
	/** name of the cluster */
	char *cluster;
	/** name of this member */
	char *member;
	/** address and port to listen on */
	host_t *listen;
	/** interval of heartbeats, in ms */
	uint32_t heartbeat;
	/** silence after which a member counts as dead, in ms */
	uint32_t timeout;
	/** longest time a state waits for newer ones, in ms */
	uint32_t flush_interval;
	/** limit of the backlog, in octets */
	uint64_t backlog;
	/** cluster secret, empty with X.509 */
	chunk_t secret;
	/** files with the certificate, its private key and the CA, NULL with
	 * secret */
	char *cert, *key, *ca;
	/** other members, sync_peer_config_t */
	linked_list_t *peers;
};

/**
 * Read the options, log what is wrong with them.
 *
 * @return			options, NULL if they are wrong
 */
sync_config_t *sync_config_load();

/**
 * Destroy options.
 *
 * @param config	options, or NULL
 */
void sync_config_destroy(sync_config_t *config);

/**
 * Read a secret from a file that only its owner can read.
 *
 * @param file		path
 * @param secret	receives SYNC_SECRET_MIN to SYNC_SECRET_MAX octets,
 *					allocated
 * @return			FALSE if there is none (logged)
 */
bool sync_config_load_secret(const char *file, chunk_t *secret);

#endif /** SYNC_CONFIG_H_ @}*/
