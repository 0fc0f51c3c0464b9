/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_record_fields.h"

ENUM_BEGIN(ha_sync_type_names, HA_SYNC_GROUP, HA_SYNC_CHILD_USE,
	"group",
	"IKE SA",
	"IKE SA update",
	"message IDs",
	"IKE SA delete",
	"CHILD SA",
	"CHILD SA delete",
	"CHILD SA use",
);
ENUM_NEXT(ha_sync_type_names, HA_SYNC_EXCHANGE, HA_SYNC_EXCHANGE,
		  HA_SYNC_CHILD_USE,
	"exchange",
);
ENUM_END(ha_sync_type_names, HA_SYNC_EXCHANGE);

/*
 * Described in header
 */
bool ha_sync_spis_equals(const ha_sync_spis_t *a, const ha_sync_spis_t *b)
{
	return a->i == b->i && a->r == b->r && a->initiator == b->initiator;
}

/*
 * Described in header
 */
u_int ha_sync_spis_hash(const void *key)
{
	const ha_sync_spis_t *spis = key;

	return chunk_hash_inc(chunk_from_thing(spis->i),
						  chunk_hash(chunk_from_thing(spis->r)));
}

/*
 * Described in header
 */
bool ha_sync_spis_equals_key(const void *a, const void *b)
{
	return ha_sync_spis_equals(a, b);
}

/**
 * Decode a message to a new struct, NULL if refused.
 */
static void *decode(const ha_sync_table_t *table, chunk_t body)
{
	void *data;

	data = malloc(table->size);
	if (!ha_sync_fields_decode(table, body, data))
	{
		free(data);
		return NULL;
	}
	return data;
}

/**
 * Clone a struct.
 */
static void *clone_struct(const ha_sync_table_t *table, const void *data)
{
	void *clone;

	clone = malloc(table->size);
	ha_sync_fields_clone(table, data, clone);
	return clone;
}

/*
 * Described in header
 */
chunk_t ha_sync_group_encode(const ha_sync_group_record_t *record)
{
	return ha_sync_fields_encode(&ha_sync_group_table, record);
}

/*
 * Described in header
 */
ha_sync_group_record_t *ha_sync_group_decode(chunk_t body)
{
	return decode(&ha_sync_group_table, body);
}

/*
 * Described in header
 */
chunk_t ha_sync_ike_encode(const ha_sync_ike_t *ike)
{
	return ha_sync_fields_encode(&ha_sync_ike_table, ike);
}

/*
 * Described in header
 */
ha_sync_ike_t *ha_sync_ike_decode(chunk_t body)
{
	return decode(&ha_sync_ike_table, body);
}

/*
 * Described in header
 */
chunk_t ha_sync_ike_update_encode(const ha_sync_spis_t *spis,
								  const ha_sync_dynamic_t *dynamic)
{
	ha_sync_update_t update = {
		.spis = *spis,
		.dynamic = *dynamic,
	};

	return ha_sync_fields_encode(&ha_sync_update_table, &update);
}

/*
 * Described in header
 */
bool ha_sync_ike_update_decode(chunk_t body, ha_sync_spis_t *spis,
							   ha_sync_dynamic_t *dynamic)
{
	ha_sync_update_t update;
	bool ok;

	ok = ha_sync_fields_decode(&ha_sync_update_table, body, &update);
	*spis = update.spis;
	*dynamic = update.dynamic;
	return ok;
}

/*
 * Described in header
 */
chunk_t ha_sync_ike_mids_encode(const ha_sync_spis_t *spis,
								const ha_sync_mids_t *mids)
{
	ha_sync_ike_mids_t record = {
		.spis = *spis,
		.mids = *mids,
	};

	return ha_sync_fields_encode(&ha_sync_ike_mids_table, &record);
}

/*
 * Described in header
 */
bool ha_sync_ike_mids_decode(chunk_t body, ha_sync_spis_t *spis,
							 ha_sync_mids_t *mids)
{
	ha_sync_ike_mids_t record;
	bool ok;

	ok = ha_sync_fields_decode(&ha_sync_ike_mids_table, body, &record);
	*spis = record.spis;
	*mids = record.mids;
	return ok;
}

/*
 * Described in header
 */
chunk_t ha_sync_spis_encode(const ha_sync_spis_t *spis)
{
	return ha_sync_fields_encode(&ha_sync_name_table, spis);
}

/*
 * Described in header
 */
bool ha_sync_spis_decode(chunk_t body, ha_sync_spis_t *spis)
{
	return ha_sync_fields_decode(&ha_sync_name_table, body, spis);
}

/*
 * Described in header
 */
chunk_t ha_sync_child_encode(const ha_sync_child_t *child)
{
	return ha_sync_fields_encode(&ha_sync_child_table, child);
}

/*
 * Described in header
 */
ha_sync_child_t *ha_sync_child_decode(chunk_t body)
{
	return decode(&ha_sync_child_table, body);
}

/*
 * Described in header
 */
chunk_t ha_sync_child_id_encode(const ha_sync_child_id_t *id)
{
	return ha_sync_fields_encode(&ha_sync_child_id_table, id);
}

/*
 * Described in header
 */
bool ha_sync_child_id_decode(chunk_t body, ha_sync_child_id_t *id)
{
	return ha_sync_fields_decode(&ha_sync_child_id_table, body, id);
}

/*
 * Described in header
 */
chunk_t ha_sync_child_use_encode(const ha_sync_child_id_t *id,
								 const ha_sync_use_t *use)
{
	ha_sync_child_use_t record = {
		.id = *id,
		.use = *use,
	};

	return ha_sync_fields_encode(&ha_sync_child_use_table, &record);
}

/*
 * Described in header
 */
bool ha_sync_child_use_decode(chunk_t body, ha_sync_child_id_t *id,
							  ha_sync_use_t *use)
{
	ha_sync_child_use_t record;
	bool ok;

	ok = ha_sync_fields_decode(&ha_sync_child_use_table, body, &record);
	*id = record.id;
	*use = record.use;
	return ok;
}

/*
 * Described in header
 */
chunk_t ha_sync_exchange_encode(const ha_sync_exchange_t *exchange)
{
	return ha_sync_fields_encode(&ha_sync_exchange_table, exchange);
}

/*
 * Described in header
 */
ha_sync_exchange_t *ha_sync_exchange_decode(chunk_t body)
{
	return decode(&ha_sync_exchange_table, body);
}

/*
 * Described in header
 */
ha_sync_ike_t *ha_sync_ike_clone(const ha_sync_ike_t *ike)
{
	return clone_struct(&ha_sync_ike_table, ike);
}

/*
 * Described in header
 */
ha_sync_child_t *ha_sync_child_clone(const ha_sync_child_t *child)
{
	return clone_struct(&ha_sync_child_table, child);
}

/*
 * Described in header
 */
ha_sync_exchange_t *ha_sync_exchange_clone(const ha_sync_exchange_t *exchange)
{
	return clone_struct(&ha_sync_exchange_table, exchange);
}

/*
 * Described in header
 */
void ha_sync_dynamic_clone(const ha_sync_dynamic_t *dynamic,
						   ha_sync_dynamic_t *out)
{
	ha_sync_fields_clone(&ha_sync_dynamic_table, dynamic, out);
}

/*
 * Described in header
 */
void ha_sync_group_record_destroy(ha_sync_group_record_t *record)
{
	ha_sync_fields_destroy(&ha_sync_group_table, record);
}

/*
 * Described in header
 */
void ha_sync_round_destroy(ha_sync_round_t *round)
{
	ha_sync_fields_destroy(&ha_sync_round_table, round);
}

/*
 * Described in header
 */
void ha_sync_auth_destroy(ha_sync_auth_t *auth)
{
	ha_sync_fields_destroy(&ha_sync_auth_table, auth);
}

/*
 * Described in header
 */
void ha_sync_dynamic_clear(ha_sync_dynamic_t *dynamic)
{
	if (dynamic)
	{
		ha_sync_fields_clear(&ha_sync_dynamic_table, dynamic);
	}
}

/*
 * Described in header
 */
void ha_sync_ike_destroy(ha_sync_ike_t *ike)
{
	ha_sync_fields_destroy(&ha_sync_ike_table, ike);
}

/*
 * Described in header
 */
void ha_sync_child_destroy(ha_sync_child_t *child)
{
	ha_sync_fields_destroy(&ha_sync_child_table, child);
}

/*
 * Described in header
 */
void ha_sync_exchange_destroy(ha_sync_exchange_t *exchange)
{
	ha_sync_fields_destroy(&ha_sync_exchange_table, exchange);
}
