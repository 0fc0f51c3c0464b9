/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_config stub_config
 * @{ @ingroup ike_sa_stub
 *
 * Options of the plugin, <ns>.plugins.ike-sa-stub of strongswan.conf.
 */

#ifndef STUB_CONFIG_H_
#define STUB_CONFIG_H_

#include <library.h>

typedef struct stub_config_t stub_config_t;
typedef enum stub_store_type_t stub_store_type_t;

/**
 * Where stubs are beside the gateway's memory.
 */
enum stub_store_type_t {
	/** nowhere */
	STUB_STORE_MEMORY,
	/** in the memory of all members */
	STUB_STORE_MEMBERS,
	/** in that of members that are banks */
	STUB_STORE_BANK,
	/** in a Valkey or Redis server */
	STUB_STORE_REDIS,
};

/**
 * Names of stores, as configured.
 */
extern enum_name_t *stub_store_type_names;

/**
 * Options.
 *
 * Numbers and flags may change when the configuration is read again; readers
 * need no lock, they see the old value or the new one.
 */
struct stub_config_t {
	/** answer SYNs, send them */
	bool gateway, client;
	/** longest lifetime of a stub, in s */
	uint32_t lifetime;
	/** where stubs are; fixed after the start */
	stub_store_type_t store;
	/** how long a look-up elsewhere may take, in ms */
	uint32_t lookup_timeout;
	/** how long a new IKE SA waits for the client's first message, in s */
	uint32_t confirm_timeout;
	/** TRUE if SYNs and answers without proof are refused */
	bool proof;
	/** TRUE to harden keys, if the other side does as well */
	bool hardened;
	/** TRUE for a new key exchange with the SYN */
	bool pfs;
	/** time until a resumed IKE SA is rekeyed, in s, 0 for never */
	uint32_t rekey_after;
	/** resumptions in a row without a new key exchange */
	uint32_t max_chain;
	/** stubs in memory */
	uint32_t max_stubs;
	/** SYNs looked at per second and source address, 0 for all */
	uint32_t rate;
	/** names of members that are banks, separated by spaces; fixed after the
	 * start */
	char *banks;
};

/**
 * Read the options; a wrong one is logged, its default is used.
 *
 * @param config	receives options
 * @param first		FALSE if they are read again
 */
void stub_config_load(stub_config_t *config, bool first);

/**
 * Free what the options hold.
 *
 * @param config	options
 */
void stub_config_clear(stub_config_t *config);

#endif /** STUB_CONFIG_H_ @}*/
