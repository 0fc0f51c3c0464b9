/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_registry_entry ha_sync_registry_entry
 * @{ @ingroup ha_sync
 *
 * What the registry knows of one SA.
 *
 * Locking: none, the caller holds the registry's mutex.
 */

#ifndef HA_SYNC_REGISTRY_ENTRY_H_
#define HA_SYNC_REGISTRY_ENTRY_H_

#include "ha_sync_record.h"

typedef struct ha_sync_ike_entry_t ha_sync_ike_entry_t;
typedef struct ha_sync_child_entry_t ha_sync_child_entry_t;

/**
 * An IKE SA in the registry.
 */
struct ha_sync_ike_entry_t {
	/** record, not to be replaced but by put_ike() */
	ha_sync_ike_t *ike;
	/** when the record was put, time_monotonic() */
	time_t time;
	/** its children (ha_sync_child_entry_t*), NULL if none */
	array_t *children;
	/** its last messages, NULL if none are known */
	ha_sync_exchange_t *exchange;
	/** TRUE if the response in there is of another member */
	bool foreign;
	/** why it could not be replicated, or NULL */
	char *failure;
	/** TRUE if put since the registry's last mark() */
	bool seen;
	/** used by the registry to make a list */
	bool listed;
};

/**
 * A CHILD SA in the registry.
 */
struct ha_sync_child_entry_t {
	/** record, not to be replaced but by put_child() */
	ha_sync_child_t *child;
	/** when the record was put, time_monotonic() */
	time_t time;
	/** outbound sequence number given to the kernel on a standby, 0 if none */
	uint64_t given;
	/** TRUE if put since the registry's last mark() */
	bool seen;
};

/**
 * Clone an IKE SA with the times of now: what is overdue is due in 1 s.
 *
 * @param entry		IKE SA
 * @return			clone
 */
ha_sync_ike_t *ha_sync_entry_clone_ike(ha_sync_ike_entry_t *entry);

/**
 * Clone a CHILD SA with the times of now: what is overdue is due in 1 s.
 *
 * @param entry		CHILD SA
 * @return			clone
 */
ha_sync_child_t *ha_sync_entry_clone_child(ha_sync_child_entry_t *entry);

/**
 * Set the message IDs of an IKE SA; the request it has kept goes unless one is
 * pending.
 *
 * @param entry		IKE SA
 * @param mids		message IDs
 */
void ha_sync_entry_set_mids(ha_sync_ike_entry_t *entry,
							const ha_sync_mids_t *mids);

/**
 * Keep the newest messages of an IKE SA.
 *
 * @param entry		IKE SA
 * @param new		messages; those that are adopted are taken out of the
 *					record, unless it is adopted itself: it is entry->exchange
 *					then
 */
void ha_sync_entry_keep_messages(ha_sync_ike_entry_t *entry,
								 ha_sync_exchange_t *new);

/**
 * Raise counters to those of another use, where these are higher.
 *
 * @param use		counters to change
 * @param other		other counters
 */
void ha_sync_use_raise(ha_sync_use_t *use, const ha_sync_use_t *other);

#endif /** HA_SYNC_REGISTRY_ENTRY_H_ @}*/
