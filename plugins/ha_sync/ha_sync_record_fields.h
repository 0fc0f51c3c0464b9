/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_record_fields ha_sync_record_fields
 * @{ @ingroup ha_sync
 *
 * How records are made up: a table of fields for each struct of
 * ha_sync_record.h drives encoding, decoding, cloning and clearing, so that a
 * new member of a struct takes one attribute type and one line in a table.
 *
 * Used by the files of the record only.  No locking: tables are constant.
 */

#ifndef HA_SYNC_RECORD_FIELDS_H_
#define HA_SYNC_RECORD_FIELDS_H_

#include "ha_sync_record.h"

typedef enum ha_sync_attr_t ha_sync_attr_t;
typedef enum ha_sync_kind_t ha_sync_kind_t;
typedef struct ha_sync_field_t ha_sync_field_t;
typedef struct ha_sync_table_t ha_sync_table_t;
typedef struct ha_sync_update_t ha_sync_update_t;
typedef struct ha_sync_ike_mids_t ha_sync_ike_mids_t;
typedef struct ha_sync_child_use_t ha_sync_child_use_t;

/**
 * Types of attributes on the channel.  They are the same in all messages,
 * never change their meaning, and are not used again once given up (members of
 * different releases talk to each other during an upgrade).
 */
enum ha_sync_attr_t {
	/** name of the IKE SA: SPIs of initiator and responder (8 octets each), 1
	 * if the cluster is the original initiator (one octet) */
	HA_ATTR_SPIS = 1,
	/** name of the IKE SA replaced by a rekey */
	HA_ATTR_OLD_SPIS = 2,
	/** name of an address group */
	HA_ATTR_GROUP = 3,
	/** epoch of a group */
	HA_ATTR_EPOCH = 4,
	/** 1 if active for the group */
	HA_ATTR_ACTIVE = 5,
	/** 1 if all addresses of the group are held */
	HA_ATTR_HELD = 6,
	/** number of IKE SAs of the group */
	HA_ATTR_IKES = 7,
	/** name of a connection */
	HA_ATTR_PEER_CFG = 8,
	/** proposal: protocol, number, length of SPI (0 or 8), SPI; for each
	 * transform its type (one octet, 0x80 added if a key size follows),
	 * algorithm and, perhaps, key size (two octets each) */
	HA_ATTR_PROPOSAL = 9,
	/** key derivation (attributes), in order */
	HA_ATTR_ROUND = 10,
	/** identity of the PPK */
	HA_ATTR_PPK_ID = 11,
	/** identity of the cluster: type (one octet), encoding; other identities
	 * that are equal to it are sent as HA_SYNC_ID_SAME and this type */
	HA_ATTR_LOCAL_ID = 12,
	/** identity of the peer, as HA_ATTR_LOCAL_ID */
	HA_ATTR_REMOTE_ID = 13,
	/** authentication round (attributes), in order */
	HA_ATTR_AUTH = 14,
	/** address and port of the cluster */
	HA_ATTR_LOCAL_HOST = 15,
	/** address and port of the peer */
	HA_ATTR_REMOTE_HOST = 16,
	/** ike_extension_t bits */
	HA_ATTR_EXTENSIONS = 17,
	/** ike_condition_t bits */
	HA_ATTR_CONDITIONS = 18,
	/** additional address of the peer, any number */
	HA_ATTR_PEER_ADDR = 19,
	/** virtual IP of the cluster, any number */
	HA_ATTR_LOCAL_VIP = 20,
	/** virtual IP of the peer, any number */
	HA_ATTR_REMOTE_VIP = 21,
	/** 1 if the SA was rekeyed and waits for its delete */
	HA_ATTR_REKEYED = 22,
	/** next message ID to send */
	HA_ATTR_MID_SEND = 23,
	/** next message ID to receive */
	HA_ATTR_MID_RECV = 24,
	/** 1 if a request of the cluster has no response yet */
	HA_ATTR_MID_PENDING = 25,
	/** age in s */
	HA_ATTR_AGE = 26,
	/** time until rekeying in s */
	HA_ATTR_REKEY_IN = 27,
	/** time until reauthentication in s */
	HA_ATTR_REAUTH_IN = 28,
	/** time until the SA is deleted or expires in s */
	HA_ATTR_EXPIRE_IN = 29,
	/** 1 if the member was activated in the epoch */
	HA_ATTR_OWNER = 30,

	/** in a round: PRF of the old IKE SA */
	HA_ATTR_PRF = 40,
	/** in a round: SK_d of the old IKE SA */
	HA_ATTR_SK_D = 41,
	/** in a round: shared secret of the first key exchange */
	HA_ATTR_SECRET = 42,
	/** in a round: shared secrets of additional key exchanges */
	HA_ATTR_ADDITIONAL = 43,
	/** in a round: nonce of the initiator */
	HA_ATTR_NONCE_I = 44,
	/** in a round: nonce of the responder */
	HA_ATTR_NONCE_R = 45,

	/** in an authentication: 1 if the cluster authenticated itself */
	HA_ATTR_LOCAL = 50,
	/** in an authentication: auth_class_t */
	HA_ATTR_AUTH_CLASS = 51,
	/** in an authentication: eap_type_t */
	HA_ATTR_EAP_TYPE = 52,
	/** in an authentication: vendor of the EAP type */
	HA_ATTR_EAP_VENDOR = 53,
	/** in an authentication: identity */
	HA_ATTR_ID = 54,
	/** in an authentication: EAP identity */
	HA_ATTR_EAP_ID = 55,
	/** in an authentication: identity of a group, any number */
	HA_ATTR_ID_GROUP = 56,

	/** inbound SPI of a CHILD SA (4 octets) */
	HA_ATTR_SPI_IN = 70,
	/** outbound SPI of a CHILD SA (4 octets) */
	HA_ATTR_SPI_OUT = 71,
	/** inbound CPI (2 octets) */
	HA_ATTR_CPI_IN = 72,
	/** outbound CPI (2 octets) */
	HA_ATTR_CPI_OUT = 73,
	/** name of a child configuration */
	HA_ATTR_NAME = 74,
	/** protocol_id_t */
	HA_ATTR_PROTOCOL = 75,
	/** ipsec_mode_t */
	HA_ATTR_MODE = 76,
	/** ipcomp_transform_t */
	HA_ATTR_IPCOMP = 77,
	/** 1 if the cluster initiated the CHILD SA */
	HA_ATTR_INITIATOR = 78,
	/** 1 if encapsulated in UDP */
	HA_ATTR_ENCAP = 79,
	/** 1 if the outbound SA is not installed yet */
	HA_ATTR_OUTBOUND_PENDING = 80,
	/** reqid */
	HA_ATTR_REQID = 81,
	/** value of inbound mark */
	HA_ATTR_MARK_IN = 82,
	/** mask of inbound mark */
	HA_ATTR_MASK_IN = 83,
	/** value of outbound mark */
	HA_ATTR_MARK_OUT = 84,
	/** mask of outbound mark */
	HA_ATTR_MASK_OUT = 85,
	/** inbound interface ID */
	HA_ATTR_IF_ID_IN = 86,
	/** outbound interface ID */
	HA_ATTR_IF_ID_OUT = 87,
	/** security label */
	HA_ATTR_LABEL = 88,
	/** inbound SPI of the CHILD SA that is replaced (4 octets) */
	HA_ATTR_REKEY_SPI = 89,
	/** encryption key of the initiator */
	HA_ATTR_ENCR_I = 90,
	/** encryption key of the responder */
	HA_ATTR_ENCR_R = 91,
	/** integrity key of the initiator */
	HA_ATTR_INTEG_I = 92,
	/** integrity key of the responder */
	HA_ATTR_INTEG_R = 93,
	/** traffic selector of the cluster, any number: type, protocol (one octet
	 * each), ports (two octets each), first and last address */
	HA_ATTR_LOCAL_TS = 94,
	/** traffic selector of the peer, any number */
	HA_ATTR_REMOTE_TS = 95,
	/** action_t when the peer closes the CHILD SA */
	HA_ATTR_CLOSE_ACTION = 96,
	/** action_t when the peer is dead */
	HA_ATTR_DPD_ACTION = 97,

	/** last outbound sequence number */
	HA_ATTR_OSEQ = 110,
	/** highest inbound sequence number */
	HA_ATTR_SEQ = 111,
	/** inbound octets */
	HA_ATTR_BYTES_IN = 112,
	/** inbound packets */
	HA_ATTR_PACKETS_IN = 113,
	/** outbound octets */
	HA_ATTR_BYTES_OUT = 114,
	/** outbound packets */
	HA_ATTR_PACKETS_OUT = 115,
	/** name of the member asked to be active for a group */
	HA_ATTR_SUCCESSOR = 116,

	/** hash of the peer's last request (20 octets) */
	HA_ATTR_HASH = 150,
	/** packets of the response to it, one after the other */
	HA_ATTR_RESPONSE = 151,
	/** packets of the cluster's request without response */
	HA_ATTR_REQUEST = 152,

	/** ha_sync_cap_t bits */
	HA_ATTR_CAPS = 190,

	/** number of types, for arrays */
	HA_ATTR_COUNT,
};

/** type of an identity that was sent before: its attribute type follows */
#define HA_SYNC_ID_SAME 255

/** longest encoding of an identity */
#define HA_SYNC_MAX_ID 4096

/** most transforms of a proposal */
#define HA_SYNC_MAX_TRANSFORMS 64

/** length of a name of an IKE SA on the channel */
#define HA_SYNC_SPIS_LEN 17

/** length of a traffic selector on the channel, without addresses */
#define HA_SYNC_TS_LEN 6

/** octets of the length that precedes the attributes of a message */
#define HA_SYNC_HEADER_LEN 2

/** marks a transform with a key size */
#define HA_SYNC_KEY_SIZE 0x80

/**
 * What a field is.
 */
enum ha_sync_kind_t {
	/** end of a table */
	HA_KIND_END = 0,
	/** integer or bool of "size" octets, "max" is its highest value */
	HA_KIND_INT,
	/** "size" octets as they are, e.g. an SPI */
	HA_KIND_RAW,
	/** ha_sync_spis_t */
	HA_KIND_SPIS,
	/** char*, "max" octets */
	HA_KIND_STR,
	/** chunk_t of "max" octets, treated as a secret */
	HA_KIND_CHUNK,
	/** host_t* */
	HA_KIND_HOST,
	/** identification_t* */
	HA_KIND_ID,
	/** proposal_t* */
	HA_KIND_PROPOSAL,
	/** traffic_selector_t* */
	HA_KIND_TS,
	/** pointer to an allocated struct, described by "table" */
	HA_KIND_STRUCT,
	/** array_t* of "item", at most "max" */
	HA_KIND_LIST,
	/** fields of an embedded struct, described by "table" */
	HA_KIND_INLINE,
};

/**
 * One member of a struct.
 */
struct ha_sync_field_t {
	/** type of attribute */
	ha_sync_attr_t type;
	/** what it is */
	ha_sync_kind_t kind;
	/** name, for logs */
	const char *name;
	/** where it is in the struct */
	size_t offset;
	/** its size in octets */
	size_t size;
	/** limit of value, length or number of items */
	uint64_t max;
	/** TRUE if it must not be zero or empty */
	bool required;
	/** TRUE if other identities may refer to it */
	bool shared;
	/** kind of list items */
	ha_sync_kind_t item;
	/** embedded struct, or struct of list items */
	const ha_sync_table_t *table;
};

/**
 * A struct.
 */
struct ha_sync_table_t {
	/** what it is, for logs */
	const char *name;
	/** its size in octets */
	size_t size;
	/** its members, the last one is HA_KIND_END */
	const ha_sync_field_t *fields;
	/** checks what depends on more than one member: returns the name of the
	 * wrong one, NULL if all is fine; may be NULL */
	const char *(*check)(const void *data);
};

/**
 * Content of HA_SYNC_IKE_UPDATE.
 */
struct ha_sync_update_t {
	/** name */
	ha_sync_spis_t spis;
	/** data */
	ha_sync_dynamic_t dynamic;
};

/**
 * Content of HA_SYNC_IKE_MIDS.
 */
struct ha_sync_ike_mids_t {
	/** name */
	ha_sync_spis_t spis;
	/** message IDs */
	ha_sync_mids_t mids;
};

/**
 * Content of HA_SYNC_CHILD_USE.
 */
struct ha_sync_child_use_t {
	/** name */
	ha_sync_child_id_t id;
	/** counters and use */
	ha_sync_use_t use;
};

/** tables of the structs, those that are a message first */
extern const ha_sync_table_t ha_sync_group_table, ha_sync_ike_table,
							 ha_sync_update_table, ha_sync_ike_mids_table,
							 ha_sync_name_table, ha_sync_child_table,
							 ha_sync_child_id_table, ha_sync_child_use_table,
							 ha_sync_round_table, ha_sync_auth_table,
							 ha_sync_dynamic_table, ha_sync_exchange_table;

/**
 * Check if a field is neither zero nor empty.
 *
 * @param field		field, not HA_KIND_INLINE
 * @param data		struct that has it
 * @return			TRUE if there is something to send
 */
bool ha_sync_field_present(const ha_sync_field_t *field, const void *data);

/**
 * Check a struct: what is required, limits, what depends on each other.
 *
 * @param table		describes the struct
 * @param data		struct
 * @return			name of a member that is wrong, NULL if all is fine
 */
const char *ha_sync_fields_check(const ha_sync_table_t *table,
								 const void *data);

/**
 * Get an integer field.
 *
 * @param field		field, HA_KIND_INT
 * @param data		struct that has it
 * @return			value
 */
uint64_t ha_sync_field_get_int(const ha_sync_field_t *field, const void *data);

/**
 * Encode a struct to the body of a message; wrong ones are refused and logged.
 *
 * @param table		describes the struct
 * @param data		struct
 * @return			allocated body, chunk_empty if refused
 */
chunk_t ha_sync_fields_encode(const ha_sync_table_t *table, const void *data);

/**
 * Decode the body of a message to a struct.
 *
 * @param table		describes the struct
 * @param body		body
 * @param data		struct, zeroed and filled in; all zero if refused
 * @return			FALSE if refused
 */
bool ha_sync_fields_decode(const ha_sync_table_t *table, chunk_t body,
						   void *data);

/**
 * Clone a struct and what it points to.
 *
 * @param table		describes the struct
 * @param data		struct
 * @param out		receives clone
 */
void ha_sync_fields_clone(const ha_sync_table_t *table, const void *data,
						  void *out);

/**
 * Release what a struct points to, clear secrets, zero the struct.
 *
 * @param table		describes the struct
 * @param data		struct
 */
void ha_sync_fields_clear(const ha_sync_table_t *table, void *data);

/**
 * Clear and free a struct.
 *
 * @param table		describes the struct
 * @param data		allocated struct, may be NULL
 */
void ha_sync_fields_destroy(const ha_sync_table_t *table, void *data);

#endif /** HA_SYNC_RECORD_FIELDS_H_ @}*/
