/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_raise.h"

#include <daemon.h>
#include <processing/jobs/rekey_child_sa_job.h>

#include <inttypes.h>
#include <netinet/in.h>

/**
 * Check if a CHILD_SA has an outbound SA in the kernel.
 */
static bool is_outbound(child_sa_t *child_sa)
{
	return child_sa->get_outbound_state(child_sa) & CHILD_OUTBOUND_SA;
}

/**
 * Check if a CHILD_SA has extended sequence numbers.
 */
static bool has_esn(child_sa_t *child_sa)
{
	proposal_t *proposal = child_sa->get_proposal(child_sa);
	uint16_t esn = NO_EXT_SEQ_NUMBERS;

	return proposal &&
		   proposal->get_algorithm(proposal, EXTENDED_SEQUENCE_NUMBERS, &esn,
								   NULL) && esn == EXT_SEQ_NUMBERS;
}

/**
 * Check if the CHILD SAs are what the delta was made for.
 */
static bool fits(ike_sa_t *ike_sa, bool esn)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	bool fits = TRUE;

	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		fits = fits && (!is_outbound(child_sa) || has_esn(child_sa) == esn);
	}
	enumerator->destroy(enumerator);
	return fits;
}

/**
 * Have a CHILD_SA rekeyed whose numbers would be used up.  The IKE_SA is
 * checked out, so a job does it.
 */
static void rekey(ike_sa_t *ike_sa, child_sa_t *child_sa)
{
	DBG1(DBG_CHD, "ha-sync: replay counter of CHILD_SA %s{%u} would wrap, "
		 "rekeying it", child_sa->get_name(child_sa),
		 child_sa->get_unique_id(child_sa));
	lib->processor->queue_job(lib->processor,
		(job_t*)rekey_child_sa_job_create(child_sa->get_protocol(child_sa),
										  child_sa->get_spi(child_sa, TRUE),
										  ike_sa->get_my_host(ike_sa)));
}

/**
 * Raise the counter of a CHILD_SA, FALSE on failure.
 */
static bool raise_one(ike_sa_t *ike_sa, child_sa_t *child_sa,
					  ha_sync_kernel_replay_t *kernel, uint64_t delta, bool esn)
{
	ha_sync_sa_id_t id = {
		.dst = ike_sa->get_other_host(ike_sa),
		.spi = child_sa->get_spi(child_sa, FALSE),
		.proto = child_sa->get_protocol(child_sa) == PROTO_AH ? IPPROTO_AH
															  : IPPROTO_ESP,
		.mark = child_sa->get_mark(child_sa, FALSE),
		.esn = esn,
		.child = child_sa->get_spi(child_sa, TRUE),
	};
	ha_sync_replay_t replay, now;
	uint64_t limit = esn ? UINT64_MAX : UINT32_MAX;

	if (!kernel->get(kernel, &id, &replay))
	{
		return FALSE;
	}
	if (delta >= limit - min(replay.oseq, limit))
	{
		rekey(ike_sa, child_sa);
		return TRUE;
	}
	replay.oseq += delta;
	if (!kernel->set(kernel, &id, &replay, HA_SYNC_REPLAY_OSEQ) ||
		!kernel->get(kernel, &id, &now) || now.oseq < replay.oseq)
	{
		DBG1(DBG_CHD, "ha-sync: failed to raise the replay counter of CHILD_SA "
			 "%s{%u}, packets may be lost until it is rekeyed",
			 child_sa->get_name(child_sa), child_sa->get_unique_id(child_sa));
		return FALSE;
	}
	DBG2(DBG_CHD, "ha-sync: replay counter of CHILD_SA %s{%u} raised to %"
		 PRIu64, child_sa->get_name(child_sa),
		 child_sa->get_unique_id(child_sa), now.oseq);
	return TRUE;
}

/*
 * Described in header.
 */
u_int ha_sync_raise(ike_sa_t *ike_sa, ha_sync_kernel_replay_t *kernel,
					uint64_t delta, bool esn)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	u_int done = 0;

	if (!fits(ike_sa, esn))
	{
		DBG1(DBG_CHD, "ha-sync: %H sent a replay counter of %d octets, but has "
			 "CHILD SAs %s ESN, ignored", ike_sa->get_other_host(ike_sa),
			 esn ? 8 : 4, esn ? "without" : "with");
		return 0;
	}
	delta = max(delta, HA_SYNC_RAISE_MIN);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		if (is_outbound(child_sa) &&
			raise_one(ike_sa, child_sa, kernel, delta, esn))
		{
			done++;
		}
	}
	enumerator->destroy(enumerator);
	return done;
}
