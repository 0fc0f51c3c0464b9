/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_views.h"

typedef struct private_ha_sync_views_t private_ha_sync_views_t;

/**
 * Private data.
 */
struct private_ha_sync_views_t {

	/** public interface */
	ha_sync_views_t public;

	/** ha_sync_view_t* */
	array_t *views;
};

METHOD(ha_sync_views_t, get, ha_sync_view_t*,
	private_ha_sync_views_t *this, ha_sync_member_t *member)
{
	ha_sync_view_t *view;
	int i;

	for (i = 0; i < array_count(this->views); i++)
	{
		array_get(this->views, i, &view);
		if (view->member == member)
		{
			return view;
		}
	}
	return NULL;
}

METHOD(ha_sync_views_t, put, void,
	private_ha_sync_views_t *this, ha_sync_member_t *member,
	const ha_sync_group_record_t *record, uint64_t now)
{
	ha_sync_view_t *view;

	view = get(this, member);
	if (!view)
	{
		INIT(view,
			.member = member,
		);
		array_insert(this->views, ARRAY_TAIL, view);
	}
	view->epoch = record->epoch;
	view->active = record->active;
	view->owner = record->owner;
	view->time = now;
}

/**
 * Check if an active member comes before another one.
 */
static bool is_better(ha_sync_view_t *a, ha_sync_view_t *b)
{
	if (a->epoch != b->epoch)
	{
		return a->epoch > b->epoch;
	}
	return strcmp(a->member->name, b->member->name) > 0;
}

METHOD(ha_sync_views_t, get_active, ha_sync_view_t*,
	private_ha_sync_views_t *this)
{
	ha_sync_view_t *view, *best = NULL;
	int i;

	for (i = 0; i < array_count(this->views); i++)
	{
		array_get(this->views, i, &view);
		if (view->member->up && view->active &&
			(!best || is_better(view, best)))
		{
			best = view;
		}
	}
	return best;
}

METHOD(ha_sync_views_t, gave_up, bool,
	private_ha_sync_views_t *this, uint64_t epoch)
{
	ha_sync_view_t *view;
	int i;

	for (i = 0; i < array_count(this->views); i++)
	{
		array_get(this->views, i, &view);
		if (view->owner && view->epoch == epoch)
		{
			return !view->active;
		}
	}
	return FALSE;
}

METHOD(ha_sync_views_t, forget, void,
	private_ha_sync_views_t *this, ha_sync_member_t *member)
{
	ha_sync_view_t *view;
	int i;

	for (i = 0; i < array_count(this->views); i++)
	{
		array_get(this->views, i, &view);
		if (view->member == member)
		{
			array_remove(this->views, i, NULL);
			free(view);
			return;
		}
	}
}

METHOD(ha_sync_views_t, destroy, void,
	private_ha_sync_views_t *this)
{
	array_destroy_function(this->views, (void*)free, NULL);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_views_t *ha_sync_views_create()
{
	private_ha_sync_views_t *this;

	INIT(this,
		.public = {
			.put = _put,
			.get = _get,
			.get_active = _get_active,
			.gave_up = _gave_up,
			.forget = _forget,
			.destroy = _destroy,
		},
		.views = array_create(0, 0),
	);
	return &this->public;
}
