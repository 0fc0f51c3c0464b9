/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub stub
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_H_
#define STUB_H_

#include <time.h>

#include <daemon.h>
#include <collections/array.h>
#include <crypto/prfs/prf.h>
#include <crypto/proposal/proposal.h>

typedef struct stub_t stub_t;
typedef struct stub_auth_t stub_auth_t;
typedef struct stub_attr_t stub_attr_t;
typedef enum stub_role_t stub_role_t;

/** octets of an SPI of an IKE SA */
#define STUB_SPI_LEN 8

/** stubs made from one another without a new key exchange, at most */
#define STUB_CHAIN_MAX 255

/**
 * What a stub is for.
 */
enum stub_role_t {
	/** a gateway's, to answer a SYN */
	STUB_GATEWAY = 0,
	/** a client's, to send one */
	STUB_CLIENT = 1,
};

/**
 * A completed authentication round.
 */
struct stub_auth_t {
	/** TRUE if it's the gateway that authenticated itself */
	bool gateway;
	/** auth_class_t */
	uint32_t auth_class;
	/** eap_type_t and its vendor */
	uint32_t eap_type, eap_vendor;
	/** identity, or NULL */
	identification_t *id;
	/** EAP identity, or NULL */
	identification_t *eap_id;
	/** groups, identification_t */
	array_t *groups;
	/** certificate of the one who authenticated and intermediate CA
	 * certificates, certificate_t*, the first one is the subject's; parsed, as
	 * that costs more than anything else when they are checked again */
	array_t *certs;
};

/**
 * A configuration attribute a client got.
 */
struct stub_attr_t {
	/** configuration_attribute_type_t */
	uint16_t type;
	/** its value */
	chunk_t value;
};

/**
 * What is left of an IKE SA to make another one from
 * (draft-xu-ike-sa-sync-00, 3.2).
 *
 * Nothing changes once it is shared, so it needs no lock; it is counted by
 * references.
 */
struct stub_t {
	/** references */
	refcount_t refs;
	/** what it's for */
	stub_role_t role;
	/** SPIs of the IKE SA, in network order */
	uint64_t spi_i, spi_r;
	/** unique ID of that IKE_SA in this daemon, 0 if it may be elsewhere */
	uint32_t unique_id;
	/** TRUE if the gateway was the initiator of the IKE SA (after a rekeying
	 * by it) */
	bool gateway_initiator;
	/** address of the gateway as the client or the gateway see it */
	host_t *gateway;
	/** TRUE if the gateway is behind a NAT: clients know it by another
	 * address */
	bool any_address;
	/** accepted proposal */
	proposal_t *proposal;
	/** PRF that goes with sk_d */
	pseudo_random_function_t prf;
	/** TRUE if sk_d and secret can't be traced back to those of the IKE SA */
	bool hardened;
	/** TRUE if there has to be a new key exchange with the SYN */
	bool pfs;
	/** SK_d, or what is kept in its place */
	chunk_t sk_d;
	/** shared secret of the first key exchange, or what is kept in its place */
	chunk_t secret;
	/** shared secrets of additional key exchanges (RFC 9370), in order */
	chunk_t additional;
	/** identities of gateway and client */
	identification_t *gateway_id, *client_id;
	/** authentication rounds, stub_auth_t* */
	array_t *auths;
	/** name of the connection */
	char *peer_cfg;
	/** ike_extension_t bits */
	uint32_t extensions;
	/** ike_condition_t bits that go on */
	uint32_t conditions;
	/** inner addresses of the client, host_t* */
	array_t *vips;
	/** what else a client got, stub_attr_t*; clients only */
	array_t *attrs;
	/** until when it may be used, and when the client has to authenticate again
	 * (0 if never), in s since 1970 */
	uint64_t expires, reauth;
	/** lifetime that was agreed on, in s */
	uint32_t lifetime;
	/** number of resumptions since the last key exchange */
	uint8_t chain;
};

/**
 * Create an empty stub.
 *
 * @return			stub with one reference
 */
stub_t *stub_create();

/**
 * Get another reference.
 *
 * @param stub		stub
 * @return			the same stub
 */
stub_t *stub_ref(stub_t *stub);

/**
 * Release a reference, the last one wipes the stub; no effect for NULL.
 *
 * @param stub		stub
 */
void stub_unref(stub_t *stub);

/**
 * Get the SPI this side has chosen: the index of the stub.  A client's is not
 * that of the gateway, who could choose one that we know stubs of others by.
 *
 * @param stub		stub
 * @return			SPI, in network order
 */
uint64_t stub_get_index(stub_t *stub);

/**
 * Get the SPI of the gateway, which is in the SYN.
 *
 * @param stub		stub
 * @return			SPI, in network order
 */
uint64_t stub_get_gateway_spi(stub_t *stub);

/**
 * Check if a stub may still be used.
 *
 * @param stub		stub
 * @return			FALSE if it's expired
 */
bool stub_is_valid(stub_t *stub);

/**
 * Destroy an authentication round.
 *
 * @param auth		authentication round
 */
void stub_auth_destroy(stub_auth_t *auth);

/**
 * Destroy an attribute.
 *
 * @param attr		attribute
 */
void stub_attr_destroy(stub_attr_t *attr);

/**
 * Describe an IKE_SA, which is established and checked out by the caller: all
 * but keys, lifetimes and chain.  May be called in hooks of charon's bus.
 *
 * @param ike_sa	IKE_SA
 * @param role		role of this side
 * @return			stub, NULL if the IKE_SA has no configuration or proposal
 */
stub_t *stub_describe(ike_sa_t *ike_sa, stub_role_t role);

/**
 * Make an authentication configuration of a round.
 *
 * @param auth		authentication round
 * @return			configuration
 */
auth_cfg_t *stub_auth_to_cfg(stub_auth_t *auth);

#endif /** STUB_H_ @}*/
