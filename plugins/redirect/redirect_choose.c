/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_choose.h"

/** scale of scores, so that a member's weight divides without much loss */
#define SCALE 1000000ULL

/*
 * Described in header.
 */
uint64_t redirect_choose_score(const redirect_member_t *member)
{
	uint64_t clients;

	clients = (uint64_t)member->load.ike_sas + member->load.busy +
			  member->pending;
	return clients * SCALE / max(member->load.weight, REDIRECT_WEIGHT_MIN);
}

/*
 * Described in header.
 */
bool redirect_choose_possible(const redirect_member_t *member, host_t *client)
{
	const redirect_load_t *load = &member->load;

	if (!member->alive || load->draining || load->full ||
		(load->limit && (uint64_t)load->ike_sas + load->half_open +
						member->pending >= load->limit))
	{
		return FALSE;
	}
	return load->fqdn || (client->get_family(client) == AF_INET ? load->ipv4 :
																  load->ipv6);
}

/*
 * Described in header.
 */
bool redirect_choose_is_at(const redirect_member_t *member, host_t *host)
{
	return (member->load.ipv4 &&
			member->load.ipv4->ip_equals(member->load.ipv4, host)) ||
		   (member->load.ipv6 &&
			member->load.ipv6->ip_equals(member->load.ipv6, host));
}

/**
 * The score another has to be below of to be better: with small numbers one
 * client more or less is no reason.
 */
static uint64_t get_bound(const redirect_member_t *other, uint32_t hysteresis)
{
	uint64_t score = redirect_choose_score(other);

	return score + score * hysteresis / 100 + SCALE / max(other->load.weight,
														  REDIRECT_WEIGHT_MIN);
}

/**
 * Find the best other member, and the one the client comes from.
 */
static redirect_member_t *find_best(redirect_member_t *members[], u_int count,
									const redirect_query_t *query,
									redirect_member_t **self,
									redirect_member_t **from)
{
	redirect_member_t *best = NULL;
	u_int i;

	*self = *from = NULL;
	for (i = 0; i < count; i++)
	{
		if (members[i]->self)
		{
			*self = members[i];
		}
		else if (query->from && redirect_choose_is_at(members[i], query->from))
		{
			*from = members[i];
		}
		else if (redirect_choose_possible(members[i], query->client) &&
				 (!best || redirect_choose_score(members[i]) <
						   redirect_choose_score(best)))
		{
			best = members[i];
		}
	}
	return best;
}

/**
 * Get the member a client had if that is good enough.
 */
static redirect_member_t *find_sticky(redirect_member_t *members[], u_int count,
									  const redirect_query_t *query,
									  redirect_member_t *from,
									  redirect_member_t *best)
{
	uint64_t bound = get_bound(best, 2 * query->hysteresis);
	u_int i;

	for (i = 0; query->sticky && i < count; i++)
	{
		if (streq(members[i]->name, query->sticky) && members[i] != from &&
			!(members[i]->self && query->leave) &&
			(members[i]->self ||
			 redirect_choose_possible(members[i], query->client)) &&
			redirect_choose_score(members[i]) <= bound)
		{
			return members[i];
		}
	}
	return NULL;
}

/*
 * Described in header.
 */
redirect_member_t *redirect_choose_least(redirect_member_t *members[],
								u_int count, const redirect_query_t *query)
{
	redirect_member_t *self, *from, *best, *sticky;

	best = find_best(members, count, query, &self, &from);
	if (!query->leave && (from || query->chosen))
	{
		return NULL;
	}
	if (!best)
	{	/* back to where it came from if it's the only one that can */
		return query->leave && from &&
			   redirect_choose_possible(from, query->client) ? from : NULL;
	}
	sticky = find_sticky(members, count, query, from, best);
	if (sticky)
	{
		return sticky->self ? NULL : sticky;
	}
	if (!query->leave && self && redirect_choose_score(self) <=
								 get_bound(best, query->hysteresis))
	{
		return NULL;
	}
	return best;
}
