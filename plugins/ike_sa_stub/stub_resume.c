/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_resume.h"
#include "compat.h"

#include <processing/jobs/rekey_ike_sa_job.h>

/**
 * Extensions that are found anew with each IKE_SA_INIT.
 */
#define NEGOTIATED (EXT_NATT | EXT_IKE_FRAGMENTATION | EXT_IKE_REDIRECTION)

/*
 * Described in header.
 */
void stub_resume_prepare(stub_t *stub, ike_sa_t *ike_sa)
{
	bool gateway = stub->role == STUB_GATEWAY;
	identification_t *me, *other;
	stub_auth_t *auth;
	int i;

	me = gateway ? stub->gateway_id : stub->client_id;
	other = gateway ? stub->client_id : stub->gateway_id;
	ike_sa->set_my_id(ike_sa, me->clone(me));
	ike_sa->set_other_id(ike_sa, other->clone(other));
	ike_sa->set_proposal(ike_sa, stub->proposal);
	for (i = 0; i < array_count(stub->auths); i++)
	{
		array_get(stub->auths, i, &auth);
		ike_sa->add_auth_cfg(ike_sa, auth->gateway == gateway,
							 stub_auth_to_cfg(auth));
	}
}

/**
 * Set when the client has to authenticate again, at the latest.
 */
static void set_reauth(stub_t *stub, ike_sa_t *ike_sa)
{
	uint64_t now = time(NULL), left;

	if (stub->reauth)
	{
		left = stub->reauth > now ? stub->reauth - now : 0;
		ike_sa->set_statistic(ike_sa, STAT_REAUTH,
							  time_monotonic(NULL) + left);
		lib->scheduler->schedule_job(lib->scheduler,
			(job_t*)rekey_ike_sa_job_create(ike_sa->get_id(ike_sa), TRUE),
			left);
	}
}

/*
 * Described in header.
 */
void stub_resume_establish(stub_t *stub, ike_sa_t *ike_sa,
						   uint32_t rekey_after)
{
	uint32_t bit;

	for (bit = 1; bit < CLUSTER_PRIVATE_EXTENSION; bit <<= 1)
	{
		if (stub->extensions & bit & ~NEGOTIATED)
		{
			ike_sa->enable_extension(ike_sa, bit);
		}
	}
	for (bit = 1; bit < CLUSTER_PRIVATE_CONDITION; bit <<= 1)
	{
		if (stub->conditions & bit)
		{
			ike_sa->set_condition(ike_sa, bit, TRUE);
		}
	}
	ike_sa->set_condition(ike_sa, COND_AUTHENTICATED, TRUE);
	set_reauth(stub, ike_sa);
	ike_sa->set_state(ike_sa, IKE_ESTABLISHED);
	if (rekey_after)
	{
		lib->scheduler->schedule_job(lib->scheduler,
			(job_t*)rekey_ike_sa_job_create(ike_sa->get_id(ike_sa), FALSE),
			rekey_after);
	}
}
