/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_record_fields.h"

/**
 * Clone something that is pointed to.
 */
static void *clone_object(const ha_sync_field_t *field, ha_sync_kind_t kind,
						  void *object)
{
	proposal_t *proposal;
	identification_t *id;
	traffic_selector_t *ts;
	host_t *host;
	void *clone;

	switch (kind)
	{
		case HA_KIND_STR:
			return strdup(object);
		case HA_KIND_HOST:
			host = object;
			return host->clone(host);
		case HA_KIND_ID:
			id = object;
			return id->clone(id);
		case HA_KIND_PROPOSAL:
			proposal = object;
			return proposal->clone(proposal, 0);
		case HA_KIND_TS:
			ts = object;
			return ts->clone(ts);
		default:
			clone = malloc(field->table->size);
			ha_sync_fields_clone(field->table, object, clone);
			return clone;
	}
}

/**
 * Destroy something that is pointed to.
 */
static void destroy_object(const ha_sync_field_t *field, ha_sync_kind_t kind,
						   void *object)
{
	proposal_t *proposal = object;
	identification_t *id = object;
	traffic_selector_t *ts = object;
	host_t *host = object;

	switch (kind)
	{
		case HA_KIND_STR:
			free(object);
			break;
		case HA_KIND_HOST:
			DESTROY_IF(host);
			break;
		case HA_KIND_ID:
			DESTROY_IF(id);
			break;
		case HA_KIND_PROPOSAL:
			DESTROY_IF(proposal);
			break;
		case HA_KIND_TS:
			DESTROY_IF(ts);
			break;
		default:
			ha_sync_fields_destroy(field->table, object);
			break;
	}
}

/**
 * Replace what a copied field points to by a clone.
 */
static void clone_field(const ha_sync_field_t *field, void *member)
{
	array_t *list, **array = member;
	chunk_t *chunk = member;
	void *item, **object = member;
	int i;

	switch (field->kind)
	{
		case HA_KIND_INT:
		case HA_KIND_RAW:
		case HA_KIND_SPIS:
			break;
		case HA_KIND_CHUNK:
			*chunk = chunk_clone(*chunk);
			break;
		case HA_KIND_LIST:
			list = *array;
			*array = NULL;
			for (i = 0; array_get(list, i, &item); i++)
			{
				array_insert_create(array, ARRAY_TAIL,
									clone_object(field, field->item, item));
			}
			break;
		default:
			if (*object)
			{
				*object = clone_object(field, field->kind, *object);
			}
			break;
	}
}

/**
 * Release what a field points to.
 */
static void clear_field(const ha_sync_field_t *field, void *member)
{
	array_t **array = member;
	void *item, **object = member;

	switch (field->kind)
	{
		case HA_KIND_INT:
		case HA_KIND_RAW:
		case HA_KIND_SPIS:
			break;
		case HA_KIND_CHUNK:
			chunk_clear((chunk_t*)member);
			break;
		case HA_KIND_LIST:
			while (array_remove(*array, ARRAY_TAIL, &item))
			{
				destroy_object(field, field->item, item);
			}
			array_destroy(*array);
			break;
		default:
			destroy_object(field, field->kind, *object);
			break;
	}
}

/*
 * Described in header
 */
void ha_sync_fields_clone(const ha_sync_table_t *table, const void *data,
						  void *out)
{
	const ha_sync_field_t *field;

	memmove(out, data, table->size);
	for (field = table->fields; field->kind != HA_KIND_END; field++)
	{
		if (field->kind == HA_KIND_INLINE)
		{
			ha_sync_fields_clone(field->table,
								 (const char*)data + field->offset,
								 (char*)out + field->offset);
		}
		else
		{
			clone_field(field, (char*)out + field->offset);
		}
	}
}

/*
 * Described in header
 */
void ha_sync_fields_clear(const ha_sync_table_t *table, void *data)
{
	const ha_sync_field_t *field;

	for (field = table->fields; field->kind != HA_KIND_END; field++)
	{
		if (field->kind == HA_KIND_INLINE)
		{
			ha_sync_fields_clear(field->table, (char*)data + field->offset);
		}
		else
		{
			clear_field(field, (char*)data + field->offset);
		}
	}
	memset(data, 0, table->size);
}

/*
 * Described in header
 */
void ha_sync_fields_destroy(const ha_sync_table_t *table, void *data)
{
	if (data)
	{
		ha_sync_fields_clear(table, data);
		free(data);
	}
}
