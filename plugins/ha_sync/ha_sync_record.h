/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_record ha_sync_record
 * @{ @ingroup ha_sync
 *
 * What members tell each other about IKE and CHILD SAs.  A record is plain
 * data: it is made by the capture on the active, kept by the registry of every
 * member, and turned into a passive IKE_SA by the replica on a standby.
 *
 * Records own everything they point to.  No locking: a record belongs to one
 * thread, or to the registry, which hands out clones.
 *
 * On the channel a record is its length (two octets) followed by attributes of
 * sync_tlv.h, so a truncated one is always refused.  Zero and empty members
 * are not sent.  Attribute types: ha_sync_record_fields.h.
 */

#ifndef HA_SYNC_RECORD_H_
#define HA_SYNC_RECORD_H_

#include <library.h>
#include <collections/array.h>
#include <networking/host.h>
#include <utils/identification.h>
#include <crypto/proposal/proposal.h>
#include <selectors/traffic_selector.h>

typedef enum ha_sync_type_t ha_sync_type_t;
typedef struct ha_sync_group_record_t ha_sync_group_record_t;
typedef struct ha_sync_spis_t ha_sync_spis_t;
typedef struct ha_sync_round_t ha_sync_round_t;
typedef struct ha_sync_auth_t ha_sync_auth_t;
typedef struct ha_sync_mids_t ha_sync_mids_t;
typedef struct ha_sync_dynamic_t ha_sync_dynamic_t;
typedef struct ha_sync_ike_t ha_sync_ike_t;
typedef struct ha_sync_child_t ha_sync_child_t;
typedef struct ha_sync_child_id_t ha_sync_child_id_t;
typedef struct ha_sync_use_t ha_sync_use_t;
typedef struct ha_sync_exchange_t ha_sync_exchange_t;

/** length of a hash of a request (SHA-1, as charon's task manager uses it) */
#define HA_SYNC_HASH_LEN 20

/** most octets of a message, with all its fragments, that is replicated */
#define HA_SYNC_MAX_PACKETS 8192

/**
 * Types of messages in the domain SYNC_HA.
 */
enum ha_sync_type_t {
	/** a member's view of a group: ha_sync_group_record_t */
	HA_SYNC_GROUP = 1,
	/** a new IKE SA, or all about a known one: ha_sync_ike_t */
	HA_SYNC_IKE = 2,
	/** what changed of an IKE SA: ha_sync_spis_t, ha_sync_dynamic_t */
	HA_SYNC_IKE_UPDATE = 3,
	/** message IDs (a state): ha_sync_spis_t, ha_sync_mids_t */
	HA_SYNC_IKE_MIDS = 4,
	/** an IKE SA is gone: ha_sync_spis_t */
	HA_SYNC_IKE_DELETE = 5,
	/** a new CHILD SA, or all about a known one: ha_sync_child_t */
	HA_SYNC_CHILD = 6,
	/** a CHILD SA is gone: ha_sync_child_id_t */
	HA_SYNC_CHILD_DELETE = 7,
	/** replay counters and use (a state): ha_sync_child_id_t, ha_sync_use_t */
	HA_SYNC_CHILD_USE = 8,
	/** message IDs with the messages behind them: ha_sync_exchange_t */
	HA_SYNC_EXCHANGE = 40,
};

/**
 * What a member says about a group of service addresses.
 */
struct ha_sync_group_record_t {
	/** name of the group */
	char *name;
	/** highest epoch the member knows */
	uint64_t epoch;
	/** TRUE if the member is active for the group in this epoch */
	bool active;
	/** TRUE if the member is the one that was activated in this epoch */
	bool owner;
	/** TRUE if the member holds all addresses of the group */
	bool held;
	/** number of IKE SAs the member knows for the group */
	uint32_t ikes;
	/** member that was asked to be active instead, or NULL */
	char *successor;
};

/**
 * Names an IKE SA.
 */
struct ha_sync_spis_t {
	/** SPIs as in ike_sa_id_t (network order) */
	uint64_t i, r;
	/** TRUE if the cluster is the original initiator of this IKE SA */
	bool initiator;
};

/**
 * One key derivation of an IKE SA: the initial one, one more for each
 * IKE_INTERMEDIATE exchange with a key exchange (RFC 9370, 2.2.2), or that of
 * an IKE rekey.
 */
struct ha_sync_round_t {
	/** PRF of the IKE SA whose SK_d is used, PRF_UNDEFINED if initial */
	uint16_t prf;
	/** SK_d of the old IKE SA; empty if initial, or if it is that of the
	 * round before (IKE_INTERMEDIATE) */
	chunk_t sk_d;
	/** shared secret of the first key exchange */
	chunk_t secret;
	/** concatenated shared secrets of additional ones, may be empty */
	chunk_t additional;
	/** nonces */
	chunk_t nonce_i, nonce_r;
};

/**
 * A completed authentication round.
 */
struct ha_sync_auth_t {
	/** TRUE if the cluster authenticated itself, FALSE if the peer */
	bool local;
	/** auth_class_t */
	uint8_t auth_class;
	/** eap_type_t and vendor, 0 if no EAP */
	uint32_t eap_type, eap_vendor;
	/** identity, EAP identity; may be NULL */
	identification_t *id, *eap_id;
	/** groups (identification_t*), may be NULL */
	array_t *groups;
};

/**
 * Message IDs of an IKE SA, as ike_sa_t.set_message_id() takes them.
 */
struct ha_sync_mids_t {
	/** message ID of the cluster's next request */
	uint32_t send;
	/** expected message ID of the peer's next request */
	uint32_t recv;
	/** TRUE if the cluster's request send - 1 has no response yet */
	bool pending;
};

/**
 * What may change while an IKE SA lives.
 */
struct ha_sync_dynamic_t {
	/** addresses and ports of the cluster and of the peer */
	host_t *local, *remote;
	/** ike_extension_t and ike_condition_t bits */
	uint32_t extensions, conditions;
	/** additional addresses of the peer (host_t*, MOBIKE), may be NULL */
	array_t *peer_addrs;
	/** virtual IPs of the cluster and of the peer (host_t*), may be NULL */
	array_t *local_vips, *remote_vips;
	/** TRUE if a rekeyed IKE SA waits for its delete */
	bool rekeyed;
	/** what can be synced with the peer, ha_sync_cap_t bits */
	uint32_t caps;
};

/**
 * All about an IKE SA.
 */
struct ha_sync_ike_t {
	/** names the IKE SA */
	ha_sync_spis_t spis;
	/** the IKE SA this one replaced by a rekey, all 0 if none */
	ha_sync_spis_t old;
	/** address group it belongs to */
	char *group;
	/** name of the connection */
	char *peer_cfg;
	/** negotiated proposal */
	proposal_t *proposal;
	/** key derivations, in order (ha_sync_round_t*) */
	array_t *rounds;
	/** ID of the PPK mixed in after IKE_AUTH (RFC 8784), or NULL */
	identification_t *ppk_id;
	/** identities of cluster and peer */
	identification_t *local_id, *remote_id;
	/** authentication rounds (ha_sync_auth_t*) */
	array_t *auths;
	/** what may change */
	ha_sync_dynamic_t dynamic;
	/** message IDs */
	ha_sync_mids_t mids;
	/** seconds since it was established */
	uint32_t age;
	/** seconds until rekey, reauthentication and deletion; 0 if none is
	 * scheduled */
	uint32_t rekey_in, reauth_in, delete_in;
};

/**
 * Names a CHILD SA.
 */
struct ha_sync_child_id_t {
	/** its IKE SA */
	ha_sync_spis_t ike;
	/** inbound SPI of the cluster (network order) */
	uint32_t spi_in;
};

/**
 * Use of a CHILD SA.
 */
struct ha_sync_use_t {
	/** last outbound sequence number, 64 bit with ESN */
	uint64_t oseq;
	/** highest inbound sequence number, 64 bit with ESN */
	uint64_t seq;
	/** octets and packets, inbound and outbound */
	uint64_t bytes_in, packets_in, bytes_out, packets_out;
};

/**
 * All about a CHILD SA.
 */
struct ha_sync_child_t {
	/** names the CHILD SA */
	ha_sync_child_id_t id;
	/** outbound SPI (network order) */
	uint32_t spi_out;
	/** IPComp CPIs (network order), 0 if none */
	uint16_t cpi_in, cpi_out;
	/** name of the child configuration */
	char *name;
	/** protocol_id_t, ipsec_mode_t, ipcomp_transform_t */
	uint8_t protocol, mode, ipcomp;
	/** TRUE if the cluster initiated this CHILD SA */
	bool initiator;
	/** TRUE for UDP encapsulation */
	bool encap;
	/** TRUE if the outbound SA is not installed yet (rekey responder) */
	bool outbound_pending;
	/** TRUE if it was rekeyed and waits for its delete */
	bool rekeyed;
	/** reqid */
	uint32_t reqid;
	/** marks (value and mask) and interface IDs */
	uint32_t mark_in, mask_in, mark_out, mask_out, if_id_in, if_id_out;
	/** security label, or NULL */
	char *label;
	/** inbound SPI of the CHILD SA it replaces, 0 if none */
	uint32_t rekey_spi;
	/** negotiated proposal */
	proposal_t *proposal;
	/** keys: encryption and integrity, of initiator and responder */
	chunk_t encr_i, encr_r, integ_i, integ_r;
	/** negotiated traffic selectors (traffic_selector_t*) */
	array_t *local_ts, *remote_ts;
	/** close and DPD actions (action_t) */
	uint8_t close_action, dpd_action;
	/** use */
	ha_sync_use_t use;
	/** seconds since it was installed */
	uint32_t age;
	/** seconds until soft and hard expiry, 0 if none */
	uint32_t rekey_in, expire_in;
};

/**
 * The last messages of an IKE SA.
 *
 * A message is what left for the network: one IKE packet, or all fragments of
 * it one after the other, in order.  Their headers have their lengths (RFC
 * 7296, 3.1).
 */
struct ha_sync_exchange_t {
	/** names the IKE SA */
	ha_sync_spis_t spis;
	/** message IDs */
	ha_sync_mids_t mids;
	/** the response to the peer's last request; empty if there is nothing new,
	 * as is the hash */
	chunk_t response;
	/** the cluster's request without response; empty if there is none, or
	 * nothing new */
	chunk_t request;
	/** hash of the peer's last request, or its first fragment */
	uint8_t hash[HA_SYNC_HASH_LEN];
};

/**
 * Names for ha_sync_type_t, as they appear in logs.
 */
extern enum_name_t *ha_sync_type_names;

/**
 * Compare names of IKE SAs.
 *
 * @param a			name
 * @param b			name
 * @return			TRUE if SPIs and role are equal
 */
bool ha_sync_spis_equals(const ha_sync_spis_t *a, const ha_sync_spis_t *b);

/**
 * Hash the name of an IKE SA, for a hashtable with names as keys.
 *
 * Peers choose one of the SPIs; the hash is keyed by libstrongswan.
 *
 * @param key		ha_sync_spis_t
 * @return			hash
 */
u_int ha_sync_spis_hash(const void *key);

/**
 * Compare names of IKE SAs, for a hashtable with names as keys.
 *
 * @param a			ha_sync_spis_t
 * @param b			ha_sync_spis_t
 * @return			TRUE if they are the same
 */
bool ha_sync_spis_equals_key(const void *a, const void *b);

/*
 * Encoders return the body of a message.  It may hold keys: whoever receives
 * it has to chunk_clear() it.  A record that lacks what a standby needs, or is
 * beyond the limits of the decoders (see ha_sync_record_fields.c), is not
 * encoded: this is logged and chunk_empty is returned.
 *
 * Decoders refuse what is truncated, malformed, out of range, or lacks what is
 * needed, and skip attributes they don't know.  They log why at level 2, the
 * caller knows who sent it.
 *
 * All of them are safe in any thread; encoders may be called in hooks of
 * charon's bus.
 */

/**
 * Encode what a member says about a group (HA_SYNC_GROUP).
 *
 * @param record	record; its name is required
 * @return			allocated body, chunk_empty if refused
 */
chunk_t ha_sync_group_encode(const ha_sync_group_record_t *record);

/**
 * Decode what a member says about a group (HA_SYNC_GROUP).
 *
 * @param body		body of the message
 * @return			record, NULL if refused
 */
ha_sync_group_record_t *ha_sync_group_decode(chunk_t body);

/**
 * Encode all about an IKE SA (HA_SYNC_IKE).
 *
 * Required are: spis, group, peer_cfg, proposal, the first of rounds with its
 * nonces, every round's secret, local_id, remote_id, dynamic.local and
 * dynamic.remote.
 *
 * @param ike		record
 * @return			allocated body, chunk_empty if refused
 */
chunk_t ha_sync_ike_encode(const ha_sync_ike_t *ike);

/**
 * Decode all about an IKE SA (HA_SYNC_IKE).
 *
 * @param body		body of the message
 * @return			record with all that ha_sync_ike_encode() requires, NULL if
 *					refused
 */
ha_sync_ike_t *ha_sync_ike_decode(chunk_t body);

/**
 * Encode what changed of an IKE SA (HA_SYNC_IKE_UPDATE).
 *
 * @param spis		names the IKE SA
 * @param dynamic	all that may change, not only what did; its local and
 *					remote are required
 * @return			allocated body, chunk_empty if refused
 */
chunk_t ha_sync_ike_update_encode(const ha_sync_spis_t *spis,
								  const ha_sync_dynamic_t *dynamic);

/**
 * Decode what changed of an IKE SA (HA_SYNC_IKE_UPDATE).
 *
 * @param body		body of the message
 * @param spis		receives name
 * @param dynamic	receives data, to be released with
 *					ha_sync_dynamic_clear(); empty if refused
 * @return			FALSE if refused
 */
bool ha_sync_ike_update_decode(chunk_t body, ha_sync_spis_t *spis,
							   ha_sync_dynamic_t *dynamic);

/**
 * Encode message IDs of an IKE SA (HA_SYNC_IKE_MIDS).
 *
 * @param spis		names the IKE SA
 * @param mids		message IDs
 * @return			allocated body, chunk_empty if refused
 */
chunk_t ha_sync_ike_mids_encode(const ha_sync_spis_t *spis,
								const ha_sync_mids_t *mids);

/**
 * Decode message IDs of an IKE SA (HA_SYNC_IKE_MIDS).
 *
 * @param body		body of the message
 * @param spis		receives name
 * @param mids		receives message IDs
 * @return			FALSE if refused
 */
bool ha_sync_ike_mids_decode(chunk_t body, ha_sync_spis_t *spis,
							 ha_sync_mids_t *mids);

/**
 * Encode the name of an IKE SA (HA_SYNC_IKE_DELETE).
 *
 * @param spis		names the IKE SA, both SPIs are required
 * @return			allocated body, chunk_empty if refused
 */
chunk_t ha_sync_spis_encode(const ha_sync_spis_t *spis);

/**
 * Decode the name of an IKE SA (HA_SYNC_IKE_DELETE).
 *
 * @param body		body of the message
 * @param spis		receives name
 * @return			FALSE if refused
 */
bool ha_sync_spis_decode(chunk_t body, ha_sync_spis_t *spis);

/**
 * Encode all about a CHILD SA (HA_SYNC_CHILD).
 *
 * Required are: id, spi_out, name, protocol, mode, proposal, at least one
 * traffic selector on each side, and keys for encryption, or integrity, or
 * both, each of the same length for initiator and responder.
 *
 * @param child		record
 * @return			allocated body, chunk_empty if refused
 */
chunk_t ha_sync_child_encode(const ha_sync_child_t *child);

/**
 * Decode all about a CHILD SA (HA_SYNC_CHILD).
 *
 * @param body		body of the message
 * @return			record with all that ha_sync_child_encode() requires, NULL
 *					if refused
 */
ha_sync_child_t *ha_sync_child_decode(chunk_t body);

/**
 * Encode the name of a CHILD SA (HA_SYNC_CHILD_DELETE).
 *
 * @param id		name, SPIs are required
 * @return			allocated body, chunk_empty if refused
 */
chunk_t ha_sync_child_id_encode(const ha_sync_child_id_t *id);

/**
 * Decode the name of a CHILD SA (HA_SYNC_CHILD_DELETE).
 *
 * @param body		body of the message
 * @param id		receives name
 * @return			FALSE if refused
 */
bool ha_sync_child_id_decode(chunk_t body, ha_sync_child_id_t *id);

/**
 * Encode counters and use of a CHILD SA (HA_SYNC_CHILD_USE).
 *
 * @param id		names the CHILD SA
 * @param use		counters and use
 * @return			allocated body, chunk_empty if refused
 */
chunk_t ha_sync_child_use_encode(const ha_sync_child_id_t *id,
								 const ha_sync_use_t *use);

/**
 * Decode counters and use of a CHILD SA (HA_SYNC_CHILD_USE).
 *
 * @param body		body of the message
 * @param id		receives name
 * @param use		receives counters and use
 * @return			FALSE if refused
 */
bool ha_sync_child_use_decode(chunk_t body, ha_sync_child_id_t *id,
							  ha_sync_use_t *use);

/**
 * Encode the last messages of an IKE SA (HA_SYNC_EXCHANGE).
 *
 * @param exchange	record, spis are required
 * @return			allocated body, chunk_empty if refused
 */
chunk_t ha_sync_exchange_encode(const ha_sync_exchange_t *exchange);

/**
 * Decode the last messages of an IKE SA (HA_SYNC_EXCHANGE).
 *
 * @param body		body of the message
 * @return			record, its messages are well-formed and of this IKE SA,
 *					NULL if refused
 */
ha_sync_exchange_t *ha_sync_exchange_decode(chunk_t body);

/**
 * Clone an IKE SA's record with all it owns.
 *
 * @param ike		record
 * @return			clone, to be destroyed with ha_sync_ike_destroy()
 */
ha_sync_ike_t *ha_sync_ike_clone(const ha_sync_ike_t *ike);

/**
 * Clone a CHILD SA's record with all it owns.
 *
 * @param child		record
 * @return			clone, to be destroyed with ha_sync_child_destroy()
 */
ha_sync_child_t *ha_sync_child_clone(const ha_sync_child_t *child);

/**
 * Clone the last messages of an IKE SA.
 *
 * @param exchange	record
 * @return			clone, to be destroyed with ha_sync_exchange_destroy()
 */
ha_sync_exchange_t *ha_sync_exchange_clone(const ha_sync_exchange_t *exchange);

/**
 * Clone what may change of an IKE SA.
 *
 * @param dynamic	data
 * @param out		receives clone, to be released with ha_sync_dynamic_clear()
 */
void ha_sync_dynamic_clone(const ha_sync_dynamic_t *dynamic,
						   ha_sync_dynamic_t *out);

/**
 * Destroy a group's record.
 *
 * @param record	record, may be NULL
 */
void ha_sync_group_record_destroy(ha_sync_group_record_t *record);

/**
 * Destroy a key derivation; secrets are cleared.
 *
 * @param round		round, may be NULL
 */
void ha_sync_round_destroy(ha_sync_round_t *round);

/**
 * Destroy an authentication round.
 *
 * @param auth		round, may be NULL
 */
void ha_sync_auth_destroy(ha_sync_auth_t *auth);

/**
 * Release what the struct points to and zero it; the struct itself stays.
 *
 * @param dynamic	data, may be NULL
 */
void ha_sync_dynamic_clear(ha_sync_dynamic_t *dynamic);

/**
 * Destroy an IKE SA's record; secrets are cleared.
 *
 * @param ike		record, may be NULL
 */
void ha_sync_ike_destroy(ha_sync_ike_t *ike);

/**
 * Destroy a CHILD SA's record; keys are cleared.
 *
 * @param child		record, may be NULL
 */
void ha_sync_child_destroy(ha_sync_child_t *child);

/**
 * Destroy the last messages of an IKE SA.
 *
 * @param exchange	record, may be NULL
 */
void ha_sync_exchange_destroy(ha_sync_exchange_t *exchange);

#endif /** HA_SYNC_RECORD_H_ @}*/
