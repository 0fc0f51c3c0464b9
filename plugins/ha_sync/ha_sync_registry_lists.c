/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_registry_lists.h"

typedef struct failure_t failure_t;

/**
 * Copy of a failure, for the enumerator.
 */
struct failure_t {
	/** name of the IKE SA */
	ha_sync_spis_t spis;
	/** its connection */
	char *peer_cfg;
	/** reason */
	char *reason;
};

/**
 * Check if an IKE SA belongs to a group, to any if NULL.
 */
static bool in_group(ha_sync_ike_entry_t *entry, char *group)
{
	return !group || streq(entry->ike->group, group);
}

/**
 * List an IKE SA after those it replaced, directly or not.
 */
static void list_entry(ha_sync_registry_index_t *index,
					   ha_sync_ike_entry_t *entry, char *group, array_t *list)
{
	array_t *chain;

	/* not recursive, and stops at what was listed, whatever a member sends:
	 * chains may be long or closed */
	chain = array_create(0, 0);
	while (entry && !entry->listed)
	{
		entry->listed = TRUE;
		array_insert(chain, ARRAY_TAIL, entry);
		entry = index->get_ike(index, &entry->ike->old);
	}
	while (array_remove(chain, ARRAY_TAIL, &entry))
	{
		if (in_group(entry, group))
		{
			array_insert(list, ARRAY_TAIL, chunk_clone(
							chunk_from_thing(entry->ike->spis)).ptr);
		}
	}
	array_destroy(chain);
}

array_t *ha_sync_registry_list(ha_sync_registry_index_t *index, char *group)
{
	enumerator_t *enumerator;
	ha_sync_ike_entry_t *entry;
	array_t *list;

	list = array_create(0, 0);
	enumerator = index->create_enumerator(index);
	while (enumerator->enumerate(enumerator, &entry))
	{
		entry->listed = FALSE;
	}
	enumerator->destroy(enumerator);
	enumerator = index->create_enumerator(index);
	while (enumerator->enumerate(enumerator, &entry))
	{
		list_entry(index, entry, group, list);
	}
	enumerator->destroy(enumerator);
	return list;
}

/**
 * Destroy copies of failures.
 */
static void destroy_failures(void *data)
{
	array_t *failures = data;
	failure_t *failure;

	while (array_remove(failures, ARRAY_TAIL, &failure))
	{
		free(failure->peer_cfg);
		free(failure->reason);
		free(failure);
	}
	array_destroy(failures);
}

CALLBACK(filter_failures, bool,
	void *data, enumerator_t *orig, va_list args)
{
	ha_sync_spis_t **spis;
	char **peer_cfg, **reason;
	failure_t *failure;

	VA_ARGS_VGET(args, spis, peer_cfg, reason);
	if (!orig->enumerate(orig, &failure))
	{
		return FALSE;
	}
	*spis = &failure->spis;
	*peer_cfg = failure->peer_cfg;
	*reason = failure->reason;
	return TRUE;
}

enumerator_t *ha_sync_registry_failures(ha_sync_registry_index_t *index)
{
	enumerator_t *enumerator;
	ha_sync_ike_entry_t *entry;
	failure_t *failure;
	array_t *failures;

	failures = array_create(0, 0);
	enumerator = index->create_enumerator(index);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (entry->failure)
		{
			INIT(failure,
				.spis = entry->ike->spis,
				.peer_cfg = strdup(entry->ike->peer_cfg),
				.reason = strdup(entry->failure),
			);
			array_insert(failures, ARRAY_TAIL, failure);
		}
	}
	enumerator->destroy(enumerator);
	return enumerator_create_filter(array_create_enumerator(failures),
									filter_failures, failures,
									destroy_failures);
}

void ha_sync_registry_mark(ha_sync_registry_index_t *index, char *group)
{
	enumerator_t *enumerator;
	ha_sync_child_entry_t *child;
	ha_sync_ike_entry_t *entry;
	int i;

	enumerator = index->create_enumerator(index);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (in_group(entry, group))
		{
			entry->seen = FALSE;
			for (i = 0; array_get(entry->children, i, &child); i++)
			{
				child->seen = FALSE;
			}
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * List the children of an IKE SA not seen since mark().
 */
static void unseen_children(ha_sync_ike_entry_t *entry, array_t *list)
{
	ha_sync_child_entry_t *child;
	int i;

	for (i = 0; array_get(entry->children, i, &child); i++)
	{
		if (!child->seen)
		{
			array_insert(list, ARRAY_TAIL, chunk_clone(
							chunk_from_thing(child->child->id)).ptr);
		}
	}
}

void ha_sync_registry_unseen(ha_sync_registry_index_t *index, char *group,
							 array_t **ikes, array_t **children)
{
	enumerator_t *enumerator;
	ha_sync_ike_entry_t *entry;

	*ikes = array_create(0, 0);
	*children = array_create(0, 0);
	enumerator = index->create_enumerator(index);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (!in_group(entry, group))
		{
			continue;
		}
		if (entry->seen)
		{
			unseen_children(entry, *children);
		}
		else
		{
			array_insert(*ikes, ARRAY_TAIL, chunk_clone(
							chunk_from_thing(entry->ike->spis)).ptr);
		}
	}
	enumerator->destroy(enumerator);
}

ha_sync_counts_t ha_sync_registry_count(ha_sync_registry_index_t *index,
										char *group)
{
	ha_sync_counts_t counts = {};
	enumerator_t *enumerator;
	ha_sync_ike_entry_t *entry;

	enumerator = index->create_enumerator(index);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (in_group(entry, group))
		{
			counts.ikes++;
			counts.children += array_count(entry->children);
			counts.failed += entry->failure ? 1 : 0;
		}
	}
	enumerator->destroy(enumerator);
	return counts;
}
