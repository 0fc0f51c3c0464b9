/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "lease_free.h"

#include <daemon.h>
#include <collections/array.h>

/**
 * Get an address that no pool has, of the family of another.
 */
static host_t *get_other(host_t *requested)
{
	return host_create_from_string(requested->get_family(requested) == AF_INET
				? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
				0);
}

/**
 * Log how many addresses were skipped.
 */
static void log_skipped(identification_t *id, u_int count, host_t *vip)
{
	if (!vip && count > LEASE_FREE_SKIP)
	{
		DBG1(DBG_CFG, "the first %u virtual IPs a pool offers to '%Y' are "
			 "leased by the cluster, it gets none; give each member a pool of "
			 "its own", count, id);
	}
	else if (count > 1)
	{
		DBG1(DBG_CFG, "%u more virtual IPs leased by the cluster were not "
			 "given to '%Y'", count - 1, id);
	}
}

/*
 * Described in header.
 */
host_t *lease_free_acquire(attribute_manager_t *original,
						   attribute_manager_t *manager, linked_list_t *pools,
						   ike_sa_t *ike_sa, host_t *requested,
						   lease_free_taken_t taken, void *user)
{
	identification_t *id = ike_sa->get_other_eap_id(ike_sa);
	host_t *vip, *other, *skip;
	array_t *skipped;

	/* a pool gives an online address again unless another is requested */
	other = get_other(requested);
	skipped = array_create(0, 0);
	vip = original->acquire_address(manager, pools, ike_sa, requested);
	/* a provider that gives what is asked for has nothing else */
	while (vip && (vip->ip_equals(vip, other) || taken(user, vip, id)))
	{
		dbg(DBG_CFG, array_count(skipped) ? 2 : 1, "virtual IP %H is leased by "
			"the cluster, not given to '%Y'", vip, id);
		array_insert(skipped, ARRAY_TAIL, vip);
		vip = array_count(skipped) > LEASE_FREE_SKIP ? NULL :
			  original->acquire_address(manager, pools, ike_sa, other);
	}
	other->destroy(other);
	log_skipped(id, array_count(skipped), vip);
	/* not earlier, or we'd have got the same again */
	while (array_remove(skipped, ARRAY_HEAD, &skip))
	{
		original->release_address(manager, pools, skip, ike_sa);
		skip->destroy(skip);
	}
	array_destroy(skipped);
	return vip;
}
