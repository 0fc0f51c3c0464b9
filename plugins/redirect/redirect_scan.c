/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_scan.h"

#include <daemon.h>

/**
 * Check if an IKE SA is established.
 */
static bool is_established(ike_sa_t *ike_sa)
{
	return ike_sa->get_state(ike_sa) == IKE_ESTABLISHED ||
		   ike_sa->get_state(ike_sa) == IKE_REKEYING;
}

/**
 * Check if the peer of an IKE SA can be told to go elsewhere.
 */
static bool is_able(ike_sa_t *ike_sa)
{
	return ike_sa->get_version(ike_sa) == IKEV2 &&
		   !ike_sa->has_condition(ike_sa, COND_ORIGINAL_INITIATOR) &&
		   ike_sa->supports_extension(ike_sa, EXT_IKE_REDIRECTION);
}

/**
 * Look at an IKE SA, returns TRUE if it's to be redirected.
 */
static bool look_at(redirect_scan_t *scan, ike_sa_t *ike_sa)
{
	time_t since;

	if (!is_established(ike_sa))
	{
		return FALSE;
	}
	scan->left++;
	if (!is_able(ike_sa))
	{
		scan->unable++;
		return FALSE;
	}
	if (ike_sa->has_condition(ike_sa, COND_REDIRECTED))
	{
		scan->leaving++;
		return FALSE;
	}
	since = ike_sa->get_statistic(ike_sa, STAT_ESTABLISHED);
	return scan->draining || time_monotonic(NULL) - since >= scan->dwell;
}

/**
 * Look at all IKE SAs: those a scan is for, or all if it's NULL.
 */
static array_t *collect(redirect_scan_t *scan)
{
	enumerator_t *enumerator;
	ike_sa_t *ike_sa;
	array_t *ids;
	uint32_t id;

	ids = array_create(sizeof(id), 0);
	enumerator = charon->ike_sa_manager->create_enumerator(
												charon->ike_sa_manager, TRUE);
	while (enumerator->enumerate(enumerator, &ike_sa))
	{
		if (scan ? look_at(scan, ike_sa) : is_established(ike_sa))
		{
			id = ike_sa->get_unique_id(ike_sa);
			array_insert(ids, ARRAY_TAIL, &id);
		}
	}
	enumerator->destroy(enumerator);
	return ids;
}

/*
 * Described in header.
 */
array_t *redirect_scan(redirect_scan_t *scan)
{
	return collect(scan);
}

/*
 * Described in header.
 */
array_t *redirect_scan_established()
{
	return collect(NULL);
}
