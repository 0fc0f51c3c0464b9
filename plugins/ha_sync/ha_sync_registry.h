/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_registry ha_sync_registry
 * @{ @ingroup ha_sync
 *
 * What is known about the replicated SAs, the same on all members.
 */

#ifndef HA_SYNC_REGISTRY_H_
#define HA_SYNC_REGISTRY_H_

#include "ha_sync_record.h"

typedef struct ha_sync_registry_t ha_sync_registry_t;
typedef struct ha_sync_counts_t ha_sync_counts_t;

/**
 * Number of SAs in the registry.
 */
struct ha_sync_counts_t {
	/** IKE SAs, CHILD SAs, IKE SAs that could not be replicated */
	uint32_t ikes, children, failed;
};

/**
 * The latest record of every replicated SA: of those this member is active
 * for, and of those it keeps as a standby.
 *
 * Times in records (age, *_in) are stored as points in time and are those of
 * the moment when a record is handed out; what is overdue by then is due in
 * 1 s.
 *
 * Locking: one mutex inside, never held while anything else is called; all
 * functions return quickly and may be called in hooks of charon's bus.
 */
struct ha_sync_registry_t {

	/**
	 * Add or replace an IKE SA.
	 *
	 * If it is known, its children, and its failure reason, stay.  If
	 * ike->old is known, its children move to this one (RFC 7296, 2.18): the
	 * IKE SA in their names changes.  Of two with the same inbound SPI, the
	 * one it has itself stays.
	 *
	 * @param ike		record, adopted
	 * @return			TRUE if it was not known before
	 */
	bool (*put_ike)(ha_sync_registry_t *this, ha_sync_ike_t *ike);

	/**
	 * Change an IKE SA.
	 *
	 * @param spis		name
	 * @param dynamic	new data, adopted (the members, not the struct, which is
	 *					zeroed)
	 * @return			FALSE if not known
	 */
	bool (*put_dynamic)(ha_sync_registry_t *this, const ha_sync_spis_t *spis,
						ha_sync_dynamic_t *dynamic);

	/**
	 * Set an IKE SA's message IDs.
	 *
	 * @param spis		name
	 * @param mids		message IDs
	 * @return			FALSE if not known
	 */
	bool (*put_mids)(ha_sync_registry_t *this, const ha_sync_spis_t *spis,
					 const ha_sync_mids_t *mids);

	/**
	 * Set an IKE SA's message IDs and the messages behind them.
	 *
	 * Messages it has not stay, but a request goes once it has a response,
	 * also by put_mids().  At most HA_SYNC_MAX_PACKETS are kept of each.
	 *
	 * @param exchange	record, adopted
	 * @param own		TRUE if the messages are of charon on this member, which
	 *					sends them again itself
	 * @return			FALSE if the IKE SA is not known
	 */
	bool (*put_exchange)(ha_sync_registry_t *this,
						 ha_sync_exchange_t *exchange, bool own);

	/**
	 * Get a copy of the last messages of an IKE SA, with its message IDs.
	 *
	 * @param spis		name
	 * @return			clone, NULL if none are known
	 */
	ha_sync_exchange_t* (*get_exchange)(ha_sync_registry_t *this,
										const ha_sync_spis_t *spis);

	/**
	 * Get the response of another member to a request that is received again.
	 *
	 * @param spis		name
	 * @param mid		message ID of the request
	 * @param hash		hash of the request
	 * @return			cloned packets, chunk_empty if not known
	 */
	chunk_t (*get_response)(ha_sync_registry_t *this,
							const ha_sync_spis_t *spis, uint32_t mid,
							const uint8_t hash[HA_SYNC_HASH_LEN]);

	/**
	 * Remove an IKE SA and its children, and the failure noted for it.
	 *
	 * @param spis		name
	 * @return			FALSE if not known
	 */
	bool (*remove_ike)(ha_sync_registry_t *this, const ha_sync_spis_t *spis);

	/**
	 * Add or replace a CHILD SA; if it is known, its use never goes back.
	 *
	 * @param child		record, adopted
	 * @return			FALSE if its IKE SA is not known, it is destroyed then
	 */
	bool (*put_child)(ha_sync_registry_t *this, ha_sync_child_t *child);

	/**
	 * Set use and counters of a CHILD SA.  None of them ever goes back: the
	 * higher value stays.
	 *
	 * @param id		name
	 * @param use		use
	 * @return			FALSE if not known
	 */
	bool (*put_use)(ha_sync_registry_t *this, const ha_sync_child_id_t *id,
					const ha_sync_use_t *use);

	/**
	 * Note the outbound sequence number the kernel is given on a standby, if
	 * the one it was given before is too low.  It is known as long as the CHILD
	 * SA is.
	 *
	 * @param id		name
	 * @param enough	lowest number that is enough, UINT64_MAX to note any
	 * @param number	number the kernel gets
	 * @return			TRUE if noted, or if the CHILD SA is not known; FALSE if
	 *					the one it was given before is enough
	 */
	bool (*give)(ha_sync_registry_t *this, const ha_sync_child_id_t *id,
				 uint64_t enough, uint64_t number);

	/**
	 * Get the outbound sequence number noted by give().
	 *
	 * @param id		name
	 * @return			number, 0 if none, or if not known
	 */
	uint64_t (*get_given)(ha_sync_registry_t *this,
						  const ha_sync_child_id_t *id);

	/**
	 * Remove a CHILD SA.
	 *
	 * @param id		name
	 * @return			FALSE if not known
	 */
	bool (*remove_child)(ha_sync_registry_t *this,
						 const ha_sync_child_id_t *id);

	/**
	 * Get a copy of an IKE SA.
	 *
	 * @param spis		name
	 * @return			clone, NULL if not known
	 */
	ha_sync_ike_t* (*get_ike)(ha_sync_registry_t *this,
							  const ha_sync_spis_t *spis);

	/**
	 * Get the group an IKE SA belongs to.
	 *
	 * @param spis		name
	 * @return			allocated name of the group, NULL if not known
	 */
	char* (*get_group)(ha_sync_registry_t *this, const ha_sync_spis_t *spis);

	/**
	 * Get an IKE SA's addresses.
	 *
	 * @param spis		name
	 * @param local		receives the cluster's address, cloned
	 * @param remote	receives the peer's address, cloned
	 * @return			FALSE if not known
	 */
	bool (*get_hosts)(ha_sync_registry_t *this, const ha_sync_spis_t *spis,
					  host_t **local, host_t **remote);

	/**
	 * Check if the peer of an IKE SA has virtual IPs.
	 *
	 * @param spis		name
	 * @return			TRUE if so, FALSE if not or not known
	 */
	bool (*has_vips)(ha_sync_registry_t *this, const ha_sync_spis_t *spis);

	/**
	 * Get an IKE SA's message IDs.
	 *
	 * @param spis		name
	 * @param mids		receives message IDs
	 * @return			FALSE if not known
	 */
	bool (*get_mids)(ha_sync_registry_t *this, const ha_sync_spis_t *spis,
					 ha_sync_mids_t *mids);

	/**
	 * Get copies of an IKE SA's children.
	 *
	 * @param spis		name
	 * @return			ha_sync_child_t*, to be destroyed with
	 *					ha_sync_child_destroy(); NULL if none
	 */
	array_t* (*get_children)(ha_sync_registry_t *this,
							 const ha_sync_spis_t *spis);

	/**
	 * Get a copy of a CHILD SA.
	 *
	 * @param id		name
	 * @return			clone, NULL if not known
	 */
	ha_sync_child_t* (*get_child)(ha_sync_registry_t *this,
								  const ha_sync_child_id_t *id);

	/**
	 * Find a CHILD SA by its SPI.
	 *
	 * Outbound SPIs are chosen by peers, so two CHILD SAs may have the same
	 * one: the one put first is found then.
	 *
	 * @param spi		SPI (network order)
	 * @param inbound	TRUE for the cluster's inbound SPI, FALSE for outbound
	 * @param id		receives its name
	 * @return			FALSE if not known
	 */
	bool (*find_child)(ha_sync_registry_t *this, uint32_t spi, bool inbound,
					   ha_sync_child_id_t *id);

	/**
	 * List the IKE SAs of a group, those replaced by a rekey before the new.
	 *
	 * @param group		name of group, NULL for all
	 * @return			allocated ha_sync_spis_t*, to be freed; never NULL
	 */
	array_t* (*list)(ha_sync_registry_t *this, char *group);

	/**
	 * Note why an IKE SA has no (complete) replica.  Does nothing if the IKE
	 * SA is not known.
	 *
	 * @param spis		name
	 * @param reason	reason, cloned; NULL if it has one
	 * @return			TRUE if that is not what was noted before
	 */
	bool (*set_failure)(ha_sync_registry_t *this, const ha_sync_spis_t *spis,
						char *reason);

	/**
	 * Enumerate failures.
	 *
	 * @return			enumerator over (ha_sync_spis_t*, char *peer_cfg,
	 *					char *reason), over a copy
	 */
	enumerator_t* (*create_failure_enumerator)(ha_sync_registry_t *this);

	/**
	 * Start a sweep: mark all IKE and CHILD SAs of a group as not seen.
	 *
	 * put_ike() and put_child() mark as seen.
	 *
	 * @param group		name of group
	 */
	void (*mark)(ha_sync_registry_t *this, char *group);

	/**
	 * End a sweep: list the SAs not seen since mark().
	 *
	 * @param group		name of group
	 * @param ikes		receives allocated ha_sync_spis_t*; never NULL
	 * @param children	receives allocated ha_sync_child_id_t* of IKE SAs that
	 *					were seen; never NULL
	 */
	void (*unseen)(ha_sync_registry_t *this, char *group, array_t **ikes,
				   array_t **children);

	/**
	 * Count SAs of a group.
	 *
	 * @param group		name of group, NULL for all
	 * @return			counts
	 */
	ha_sync_counts_t (*count)(ha_sync_registry_t *this, char *group);

	/**
	 * Destroy a ha_sync_registry_t.
	 */
	void (*destroy)(ha_sync_registry_t *this);
};

/**
 * Create a registry.
 *
 * @return			registry
 */
ha_sync_registry_t *ha_sync_registry_create();

#endif /** HA_SYNC_REGISTRY_H_ @}*/
