/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_load redirect_load
 * @{ @ingroup redirect
 *
 * What a member tells the others about its load, on the sync channel in the
 * domain SYNC_REDIRECT: attributes (sync_tlv.h), unknown ones are skipped.
 */

#ifndef REDIRECT_LOAD_H_
#define REDIRECT_LOAD_H_

#include <library.h>
#include <networking/host.h>

typedef struct redirect_load_t redirect_load_t;

/** type of the message */
#define REDIRECT_MESSAGE_LOAD 1

/** range of a member's weight */
#define REDIRECT_WEIGHT_MIN 1
#define REDIRECT_WEIGHT_MAX 10000
#define REDIRECT_WEIGHT_DEFAULT 100

/**
 * A member's load, and where clients find it.
 */
struct redirect_load_t {
	/** addresses clients are sent to, NULL if it has none of the family; the
	 * port is 0 if it's the usual one */
	host_t *ipv4, *ipv6;
	/** name clients are sent to, NULL to send them to an address */
	char *fqdn;
	/** address on the network behind the gateways, NULL if not configured */
	host_t *inner;
	/** share of the clients, relative to others */
	uint32_t weight;
	/** IKE SAs at which it is full, 0 for no limit */
	uint32_t limit;
	/** IKE SAs that it has, passive copies excluded */
	uint32_t ike_sas;
	/** those not established yet */
	uint32_t half_open;
	/** jobs waiting for a thread */
	uint32_t jobs;
	/** use of all its CPUs, in % */
	uint8_t cpu;
	/** IKE SAs that those half open, jobs and CPU count as when members are
	 * compared, by its own options */
	uint32_t busy;
	/** it wants no clients, as it is drained */
	bool draining;
	/** it wants no clients, as it is above a limit of its own */
	bool full;
};

/**
 * Encode a load.
 *
 * @param load		load
 * @return			message, allocated
 */
chunk_t redirect_load_encode(const redirect_load_t *load);

/**
 * Decode a load.
 *
 * @param data		message
 * @param load		receives load, to be cleared
 * @return			FALSE if it is malformed, nothing is to be cleared then
 */
bool redirect_load_decode(chunk_t data, redirect_load_t *load);

/**
 * Copy a load.
 *
 * @param load		load
 * @param copy		receives the copy, to be cleared
 */
void redirect_load_copy(const redirect_load_t *load, redirect_load_t *copy);

/**
 * Free what is in a load.
 *
 * @param load		load
 */
void redirect_load_clear(redirect_load_t *load);

#endif /** REDIRECT_LOAD_H_ @}*/
