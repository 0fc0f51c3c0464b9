/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_packets.h"
#include "ha_sync_record_fields.h"

#include <stddef.h>

#include <crypto/prfs/prf.h>
#include <credentials/auth_cfg.h>
#include <ipsec/ipsec_types.h>

/* Limits of what a message may hold: far above what a real SA has, so that
 * they only stop nonsense, and a message can't be blown up to much more memory
 * than it has octets. */

/** longest name of a group, configuration or label */
#define MAX_STR 1024
/** longest key, SK_d or nonce (RFC 7296, 3.9) */
#define MAX_KEY 256
/** shortest nonce (RFC 7296, 3.9) */
#define MIN_NONCE 16
/** longest shared secret: MODP-8192 has 1024 octets */
#define MAX_SECRET 4096
/** key derivations: initial, and 7 additional key exchanges (RFC 9370) */
#define MAX_ROUNDS 64
/** authentication rounds (RFC 4739), both directions */
#define MAX_AUTHS 32
/** groups of an authentication */
#define MAX_ID_GROUPS 64
/** addresses in a list */
#define MAX_HOSTS 64
/** traffic selectors of one side; a TS payload has at most 255 */
#define MAX_TS 256
/** highest combination of action_t, a flag set */
#define MAX_ACTION 3

/** start of a field's entry */
#define FIELD(s, attr, k, m) \
	.type = HA_ATTR_##attr, .kind = HA_KIND_##k, .name = #m, \
	.offset = offsetof(s, m), .size = sizeof(((s*)0)->m)

/** the fields of an embedded struct */
#define INLINE(s, m, t) \
	{ .kind = HA_KIND_INLINE, .name = #m, .offset = offsetof(s, m), \
	  .table = &t }

/** end of a table */
#define END { .kind = HA_KIND_END }

static const ha_sync_field_t name_fields[] = {
	{ .type = HA_ATTR_SPIS, .kind = HA_KIND_SPIS, .name = "spis",
	  .size = sizeof(ha_sync_spis_t), .required = TRUE },
	END
};

const ha_sync_table_t ha_sync_name_table = {
	"name of IKE SA", sizeof(ha_sync_spis_t), name_fields, NULL
};

static const ha_sync_field_t group_fields[] = {
#define S ha_sync_group_record_t
	{ FIELD(S, GROUP, STR, name), .max = MAX_STR, .required = TRUE },
	{ FIELD(S, EPOCH, INT, epoch) },
	{ FIELD(S, ACTIVE, INT, active), .max = TRUE },
	{ FIELD(S, OWNER, INT, owner), .max = TRUE },
	{ FIELD(S, HELD, INT, held), .max = TRUE },
	{ FIELD(S, IKES, INT, ikes) },
	{ FIELD(S, SUCCESSOR, STR, successor), .max = MAX_STR },
	END
#undef S
};

const ha_sync_table_t ha_sync_group_table = {
	"group", sizeof(ha_sync_group_record_t), group_fields, NULL
};

static const ha_sync_field_t round_fields[] = {
#define S ha_sync_round_t
	{ FIELD(S, PRF, INT, prf) },
	{ FIELD(S, SK_D, CHUNK, sk_d), .max = MAX_KEY },
	{ FIELD(S, SECRET, CHUNK, secret), .max = MAX_SECRET, .required = TRUE },
	{ FIELD(S, ADDITIONAL, CHUNK, additional), .max = MAX_SECRET },
	{ FIELD(S, NONCE_I, CHUNK, nonce_i), .max = MAX_KEY },
	{ FIELD(S, NONCE_R, CHUNK, nonce_r), .max = MAX_KEY },
	END
#undef S
};

/**
 * Nonces come in pairs, an SK_d is useless without its PRF.
 */
static const char *check_round(const void *data)
{
	const ha_sync_round_t *round = data;

	if (!round->nonce_i.len != !round->nonce_r.len ||
		(round->nonce_i.len && min(round->nonce_i.len,
								   round->nonce_r.len) < MIN_NONCE))
	{
		return "nonce";
	}
	if (round->sk_d.len && (!round->prf || round->prf == PRF_UNDEFINED))
	{
		return "prf";
	}
	return NULL;
}

const ha_sync_table_t ha_sync_round_table = {
	"key derivation", sizeof(ha_sync_round_t), round_fields, check_round,
};

static const ha_sync_field_t auth_fields[] = {
#define S ha_sync_auth_t
	{ FIELD(S, LOCAL, INT, local), .max = TRUE },
	{ FIELD(S, AUTH_CLASS, INT, auth_class), .max = AUTH_CLASS_XAUTH },
	{ FIELD(S, EAP_TYPE, INT, eap_type) },
	{ FIELD(S, EAP_VENDOR, INT, eap_vendor) },
	{ FIELD(S, ID, ID, id) },
	{ FIELD(S, EAP_ID, ID, eap_id) },
	{ FIELD(S, ID_GROUP, LIST, groups), .max = MAX_ID_GROUPS,
	  .item = HA_KIND_ID },
	END
#undef S
};

const ha_sync_table_t ha_sync_auth_table = {
	"authentication", sizeof(ha_sync_auth_t), auth_fields, NULL
};

static const ha_sync_field_t mids_fields[] = {
#define S ha_sync_mids_t
	{ FIELD(S, MID_SEND, INT, send) },
	{ FIELD(S, MID_RECV, INT, recv) },
	{ FIELD(S, MID_PENDING, INT, pending), .max = TRUE },
	END
#undef S
};

static const ha_sync_table_t mids_table = {
	"message IDs", sizeof(ha_sync_mids_t), mids_fields, NULL
};

static const ha_sync_field_t dynamic_fields[] = {
#define S ha_sync_dynamic_t
	{ FIELD(S, LOCAL_HOST, HOST, local), .required = TRUE },
	{ FIELD(S, REMOTE_HOST, HOST, remote), .required = TRUE },
	{ FIELD(S, EXTENSIONS, INT, extensions) },
	{ FIELD(S, CONDITIONS, INT, conditions) },
	{ FIELD(S, PEER_ADDR, LIST, peer_addrs), .max = MAX_HOSTS,
	  .item = HA_KIND_HOST },
	{ FIELD(S, LOCAL_VIP, LIST, local_vips), .max = MAX_HOSTS,
	  .item = HA_KIND_HOST },
	{ FIELD(S, REMOTE_VIP, LIST, remote_vips), .max = MAX_HOSTS,
	  .item = HA_KIND_HOST },
	{ FIELD(S, REKEYED, INT, rekeyed), .max = TRUE },
	{ FIELD(S, CAPS, INT, caps) },
	END
#undef S
};

const ha_sync_table_t ha_sync_dynamic_table = {
	"IKE SA's state", sizeof(ha_sync_dynamic_t), dynamic_fields, NULL
};

static const ha_sync_field_t ike_fields[] = {
#define S ha_sync_ike_t
	{ FIELD(S, SPIS, SPIS, spis), .required = TRUE },
	{ FIELD(S, OLD_SPIS, SPIS, old) },
	{ FIELD(S, GROUP, STR, group), .max = MAX_STR, .required = TRUE },
	{ FIELD(S, PEER_CFG, STR, peer_cfg), .max = MAX_STR, .required = TRUE },
	{ FIELD(S, PROPOSAL, PROPOSAL, proposal), .required = TRUE },
	{ FIELD(S, ROUND, LIST, rounds), .max = MAX_ROUNDS, .required = TRUE,
	  .item = HA_KIND_STRUCT, .table = &ha_sync_round_table },
	{ FIELD(S, PPK_ID, ID, ppk_id) },
	/* before all that may refer to them */
	{ FIELD(S, LOCAL_ID, ID, local_id), .required = TRUE, .shared = TRUE },
	{ FIELD(S, REMOTE_ID, ID, remote_id), .required = TRUE, .shared = TRUE },
	{ FIELD(S, AUTH, LIST, auths), .max = MAX_AUTHS,
	  .item = HA_KIND_STRUCT, .table = &ha_sync_auth_table },
	INLINE(S, dynamic, ha_sync_dynamic_table),
	INLINE(S, mids, mids_table),
	{ FIELD(S, AGE, INT, age) },
	{ FIELD(S, REKEY_IN, INT, rekey_in) },
	{ FIELD(S, REAUTH_IN, INT, reauth_in) },
	{ FIELD(S, EXPIRE_IN, INT, delete_in) },
	END
#undef S
};

/**
 * Without nonces and SK_d the first round can't be derived.
 */
static const char *check_ike(const void *data)
{
	const ha_sync_ike_t *ike = data;
	ha_sync_round_t *first;

	if (ike->proposal->get_protocol(ike->proposal) != PROTO_IKE)
	{
		return "proposal";
	}
	if (!array_get(ike->rounds, ARRAY_HEAD, &first) || !first->nonce_i.len)
	{
		return "nonce";
	}
	if (first->prf && first->prf != PRF_UNDEFINED && !first->sk_d.len)
	{
		return "sk_d";
	}
	return NULL;
}

const ha_sync_table_t ha_sync_ike_table = {
	"IKE SA", sizeof(ha_sync_ike_t), ike_fields, check_ike,
};

static const ha_sync_field_t update_fields[] = {
	{ FIELD(ha_sync_update_t, SPIS, SPIS, spis), .required = TRUE },
	INLINE(ha_sync_update_t, dynamic, ha_sync_dynamic_table),
	END
};

const ha_sync_table_t ha_sync_update_table = {
	"IKE SA update", sizeof(ha_sync_update_t), update_fields, NULL
};

static const ha_sync_field_t ike_mids_fields[] = {
	{ FIELD(ha_sync_ike_mids_t, SPIS, SPIS, spis), .required = TRUE },
	INLINE(ha_sync_ike_mids_t, mids, mids_table),
	END
};

const ha_sync_table_t ha_sync_ike_mids_table = {
	"message IDs", sizeof(ha_sync_ike_mids_t), ike_mids_fields, NULL
};

static const ha_sync_field_t exchange_fields[] = {
#define S ha_sync_exchange_t
	{ FIELD(S, SPIS, SPIS, spis), .required = TRUE },
	INLINE(S, mids, mids_table),
	{ FIELD(S, RESPONSE, CHUNK, response), .max = HA_SYNC_MAX_PACKETS },
	{ FIELD(S, REQUEST, CHUNK, request), .max = HA_SYNC_MAX_PACKETS },
	{ FIELD(S, HASH, RAW, hash) },
	END
#undef S
};

/**
 * Messages are complete, of this IKE SA, and what the message IDs say.
 */
static const char *check_exchange(const void *data)
{
	const ha_sync_exchange_t *exchange = data;

	if (exchange->response.len &&
		!ha_sync_packets_check(exchange->response, &exchange->spis, FALSE))
	{
		return "response";
	}
	if (exchange->request.len &&
		(!exchange->mids.pending ||
		 !ha_sync_packets_check(exchange->request, &exchange->spis, TRUE)))
	{
		return "request";
	}
	return NULL;
}

const ha_sync_table_t ha_sync_exchange_table = {
	"exchange", sizeof(ha_sync_exchange_t), exchange_fields, check_exchange,
};

static const ha_sync_field_t child_id_fields[] = {
#define S ha_sync_child_id_t
	{ FIELD(S, SPIS, SPIS, ike), .required = TRUE },
	{ FIELD(S, SPI_IN, RAW, spi_in), .required = TRUE },
	END
#undef S
};

const ha_sync_table_t ha_sync_child_id_table = {
	"name of CHILD SA", sizeof(ha_sync_child_id_t), child_id_fields, NULL
};

static const ha_sync_field_t use_fields[] = {
#define S ha_sync_use_t
	{ FIELD(S, OSEQ, INT, oseq) },
	{ FIELD(S, SEQ, INT, seq) },
	{ FIELD(S, BYTES_IN, INT, bytes_in) },
	{ FIELD(S, PACKETS_IN, INT, packets_in) },
	{ FIELD(S, BYTES_OUT, INT, bytes_out) },
	{ FIELD(S, PACKETS_OUT, INT, packets_out) },
	END
#undef S
};

static const ha_sync_table_t use_table = {
	"use", sizeof(ha_sync_use_t), use_fields, NULL
};

static const ha_sync_field_t child_use_fields[] = {
	INLINE(ha_sync_child_use_t, id, ha_sync_child_id_table),
	INLINE(ha_sync_child_use_t, use, use_table),
	END
};

const ha_sync_table_t ha_sync_child_use_table = {
	"use of CHILD SA", sizeof(ha_sync_child_use_t), child_use_fields, NULL
};

static const ha_sync_field_t child_fields[] = {
#define S ha_sync_child_t
	INLINE(S, id, ha_sync_child_id_table),
	{ FIELD(S, SPI_OUT, RAW, spi_out), .required = TRUE },
	{ FIELD(S, CPI_IN, RAW, cpi_in) },
	{ FIELD(S, CPI_OUT, RAW, cpi_out) },
	{ FIELD(S, NAME, STR, name), .max = MAX_STR, .required = TRUE },
	{ FIELD(S, PROTOCOL, INT, protocol), .max = PROTO_ESP, .required = TRUE },
	{ FIELD(S, MODE, INT, mode), .max = MODE_BEET, .required = TRUE },
	{ FIELD(S, IPCOMP, INT, ipcomp), .max = IPCOMP_LZJH },
	{ FIELD(S, INITIATOR, INT, initiator), .max = TRUE },
	{ FIELD(S, ENCAP, INT, encap), .max = TRUE },
	{ FIELD(S, OUTBOUND_PENDING, INT, outbound_pending), .max = TRUE },
	{ FIELD(S, REKEYED, INT, rekeyed), .max = TRUE },
	{ FIELD(S, REQID, INT, reqid) },
	{ FIELD(S, MARK_IN, INT, mark_in) },
	{ FIELD(S, MASK_IN, INT, mask_in) },
	{ FIELD(S, MARK_OUT, INT, mark_out) },
	{ FIELD(S, MASK_OUT, INT, mask_out) },
	{ FIELD(S, IF_ID_IN, INT, if_id_in) },
	{ FIELD(S, IF_ID_OUT, INT, if_id_out) },
	{ FIELD(S, LABEL, STR, label), .max = MAX_STR },
	{ FIELD(S, REKEY_SPI, RAW, rekey_spi) },
	{ FIELD(S, PROPOSAL, PROPOSAL, proposal), .required = TRUE },
	{ FIELD(S, ENCR_I, CHUNK, encr_i), .max = MAX_KEY },
	{ FIELD(S, ENCR_R, CHUNK, encr_r), .max = MAX_KEY },
	{ FIELD(S, INTEG_I, CHUNK, integ_i), .max = MAX_KEY },
	{ FIELD(S, INTEG_R, CHUNK, integ_r), .max = MAX_KEY },
	{ FIELD(S, LOCAL_TS, LIST, local_ts), .max = MAX_TS, .required = TRUE,
	  .item = HA_KIND_TS },
	{ FIELD(S, REMOTE_TS, LIST, remote_ts), .max = MAX_TS, .required = TRUE,
	  .item = HA_KIND_TS },
	{ FIELD(S, CLOSE_ACTION, INT, close_action), .max = MAX_ACTION },
	{ FIELD(S, DPD_ACTION, INT, dpd_action), .max = MAX_ACTION },
	INLINE(S, use, use_table),
	{ FIELD(S, AGE, INT, age) },
	{ FIELD(S, REKEY_IN, INT, rekey_in) },
	{ FIELD(S, EXPIRE_IN, INT, expire_in) },
	END
#undef S
};

/**
 * A CHILD SA is ESP or AH, as its proposal says, and has keys for both
 * directions.
 */
static const char *check_child(const void *data)
{
	const ha_sync_child_t *child = data;

	if (child->protocol != PROTO_ESP && child->protocol != PROTO_AH)
	{
		return "protocol";
	}
	if (child->proposal->get_protocol(child->proposal) != child->protocol)
	{
		return "proposal";
	}
	if (child->encr_i.len != child->encr_r.len ||
		child->integ_i.len != child->integ_r.len ||
		(!child->encr_i.len && !child->integ_i.len))
	{
		return "keys";
	}
	return NULL;
}

const ha_sync_table_t ha_sync_child_table = {
	"CHILD SA", sizeof(ha_sync_child_t), child_fields, check_child,
};

/*
 * Described in header
 */
uint64_t ha_sync_field_get_int(const ha_sync_field_t *field, const void *data)
{
	const char *member = (const char*)data + field->offset;

	switch (field->size)
	{
		case sizeof(uint8_t):
			return *(const uint8_t*)member;
		case sizeof(uint16_t):
			return *(const uint16_t*)member;
		case sizeof(uint32_t):
			return *(const uint32_t*)member;
		default:
			return *(const uint64_t*)member;
	}
}

/*
 * Described in header
 */
bool ha_sync_field_present(const ha_sync_field_t *field, const void *data)
{
	const char *member = (const char*)data + field->offset;
	const ha_sync_spis_t *spis;
	size_t i;

	switch (field->kind)
	{
		case HA_KIND_INT:
			return ha_sync_field_get_int(field, data) != 0;
		case HA_KIND_RAW:
			for (i = 0; i < field->size; i++)
			{
				if (member[i])
				{
					return TRUE;
				}
			}
			return FALSE;
		case HA_KIND_SPIS:
			spis = (const ha_sync_spis_t*)member;
			return spis->i || spis->r;
		case HA_KIND_STR:
			return *(char* const*)member && **(char* const*)member;
		case HA_KIND_CHUNK:
			return ((const chunk_t*)member)->len > 0;
		case HA_KIND_LIST:
			return array_count(*(array_t* const*)member) > 0;
		default:
			return *(void* const*)member != NULL;
	}
}

/**
 * Check the limits of a field that is present.
 */
static bool in_range(const ha_sync_field_t *field, const void *data)
{
	const char *member = (const char*)data + field->offset;
	const ha_sync_spis_t *spis;

	switch (field->kind)
	{
		case HA_KIND_INT:
			return !field->max ||
				   ha_sync_field_get_int(field, data) <= field->max;
		case HA_KIND_SPIS:
			spis = (const ha_sync_spis_t*)member;
			return spis->i && spis->r;
		case HA_KIND_STR:
			return strlen(*(char* const*)member) <= field->max;
		case HA_KIND_CHUNK:
			return ((const chunk_t*)member)->len <= field->max;
		case HA_KIND_LIST:
			return (u_int)array_count(*(array_t* const*)member) <= field->max;
		default:
			return TRUE;
	}
}

/**
 * Check the structs in a list.
 */
static const char *check_items(const ha_sync_field_t *field, const void *data)
{
	array_t *array = *(array_t* const*)((const char*)data + field->offset);
	const char *wrong = NULL;
	void *item;
	int i;

	if (field->item == HA_KIND_STRUCT)
	{
		for (i = 0; !wrong && array_get(array, i, &item); i++)
		{
			wrong = ha_sync_fields_check(field->table, item);
		}
	}
	return wrong;
}

/*
 * Described in header
 */
const char *ha_sync_fields_check(const ha_sync_table_t *table,
								 const void *data)
{
	const ha_sync_field_t *field;
	const char *wrong = NULL;

	for (field = table->fields; !wrong && field->kind != HA_KIND_END; field++)
	{
		if (field->kind == HA_KIND_INLINE)
		{
			wrong = ha_sync_fields_check(field->table,
										 (const char*)data + field->offset);
		}
		else if (!ha_sync_field_present(field, data))
		{
			wrong = field->required ? field->name : NULL;
		}
		else if (!in_range(field, data))
		{
			wrong = field->name;
		}
		else if (field->kind == HA_KIND_LIST)
		{
			wrong = check_items(field, data);
		}
	}
	if (!wrong && table->check)
	{
		wrong = table->check(data);
	}
	return wrong;
}
