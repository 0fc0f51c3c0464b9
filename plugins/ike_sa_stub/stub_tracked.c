/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_tracked.h"

/*
 * Described in header.
 */
void stub_tracked_wipe(stub_tracked_t *this)
{
	chunk_clear(&this->secret);
	chunk_clear(&this->additional);
}

/*
 * Described in header.
 */
void stub_tracked_destroy(stub_tracked_t *this)
{
	stub_tracked_wipe(this);
	stub_unref(this->stub);
	free(this);
}

/*
 * Described in header.
 */
void stub_tracked_set_secrets(stub_tracked_t *this, bool more, chunk_t secret,
							  chunk_t additional)
{
	if (more)
	{
		this->additional = chunk_cat("sss", this->additional, secret,
									 additional);
	}
	else
	{
		stub_tracked_wipe(this);
		this->secret = secret;
		this->additional = additional;
	}
}

/*
 * Described in header.
 */
void stub_tracked_agree(stub_tracked_t *this, stub_t *stub)
{
	this->agreed = TRUE;
	this->role = stub->role;
	this->offer.lifetime = stub->lifetime;
	this->offer.hardened = stub->hardened;
	this->offer.pfs = stub->pfs;
	this->reauth = stub->reauth;
}

/*
 * Described in header.
 */
void stub_tracked_set_times(stub_tracked_t *this, stub_config_t *config,
							ike_sa_t *ike_sa, stub_t *stub)
{
	uint64_t now = time(NULL), expires;
	time_t mono = time_monotonic(NULL), at;

	at = ike_sa->get_statistic(ike_sa, STAT_REAUTH);
	if (at)
	{
		this->reauth = now + max(0, at - mono);
	}
	expires = now + min(this->offer.lifetime, config->lifetime);
	at = ike_sa->get_statistic(ike_sa, STAT_DELETE);
	if (at)
	{
		expires = min(expires, now + max(0, at - mono));
	}
	if (this->reauth)
	{
		expires = min(expires, this->reauth);
	}
	stub->expires = expires;
	stub->reauth = this->reauth;
	stub->lifetime = this->offer.lifetime;
	stub->pfs = this->offer.pfs;
}
