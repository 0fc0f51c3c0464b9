/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_request ha_sync_request
 * @{ @ingroup ha_sync
 *
 * What a request of the cluster asked for.
 */

#ifndef HA_SYNC_REQUEST_H_
#define HA_SYNC_REQUEST_H_

#include <sa/ike_sa.h>

typedef enum ha_sync_request_kind_t ha_sync_request_kind_t;
typedef struct ha_sync_request_t ha_sync_request_t;

/**
 * Kinds of requests, by what their response changes.
 */
enum ha_sync_request_kind_t {
	/** nothing: liveness checks, MOBIKE, other notifies */
	HA_REQUEST_OTHER,
	/** a CHILD SA is created or rekeyed */
	HA_REQUEST_CHILD_CREATE,
	/** CHILD SAs are deleted */
	HA_REQUEST_CHILD_DELETE,
	/** the IKE SA is rekeyed */
	HA_REQUEST_IKE_REKEY,
	/** the IKE SA is deleted */
	HA_REQUEST_IKE_DELETE,
};

/**
 * A request.
 */
struct ha_sync_request_t {
	/** its kind */
	ha_sync_request_kind_t kind;
	/** protocol of the CHILD SA */
	protocol_id_t protocol;
	/** CHILD_CREATE: inbound SPI of the new CHILD SA (network order) */
	uint32_t spi;
	/** CHILD_CREATE: inbound SPI of the one that is rekeyed, 0 if none */
	uint32_t rekey_spi;
	/** CHILD_DELETE: inbound SPIs of the cluster (uint32_t by value, network
	 * order) */
	array_t *deleted;
};

/**
 * Decrypt and read a request that another member has sent.
 *
 * Notes nothing in the IKE_SA.  No locking: it has to be checked out.
 *
 * @param ike_sa	its IKE_SA, with keys
 * @param packets	packets, checked
 * @param request	receives what it asks for, to be cleared
 * @return			FALSE if it can't be read
 */
bool ha_sync_request_read(ike_sa_t *ike_sa, chunk_t packets,
						  ha_sync_request_t *request);

/**
 * Release what the struct points to.
 *
 * @param request	request
 */
void ha_sync_request_clear(ha_sync_request_t *request);

#endif /** HA_SYNC_REQUEST_H_ @}*/
