/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_election.h"
#include "ha_sync_views.h"

#include <stdio.h>

/**
 * How long the holder of new addresses waits for the connected active to give
 * up, in ms.  ESP flows meanwhile; a crashed host is noticed later than that.
 */
#define CLAIM_DELAY 300

/**
 * How long who gave up lets its SAs serve packets that still come, in ms: until
 * others are active, and after they are.  Half of the margin of sequence
 * numbers must cover what an SA sends meanwhile, see ha_sync_counters.c.
 */
#define SETTLE_DELAY 2000
#define SETTLE_GRACE 300

typedef struct private_ha_sync_election_t private_ha_sync_election_t;

/**
 * Private data.
 */
struct private_ha_sync_election_t {

	/** public interface */
	ha_sync_election_t public;

	/** our name */
	char *self;

	/** name of the group */
	char *name;

	/** the other members */
	ha_sync_members_t *members;

	/** what they said */
	ha_sync_views_t *views;

	/** FALSE if the group was removed from the configuration */
	bool configured;

	/** only commands change the active */
	bool manual;

	/** we are active */
	bool active;

	/** we are the owner in the highest known epoch */
	bool owner;

	/** we hold all addresses */
	bool held;

	/** when we got the addresses, or the command to activate, in ms; 0 if a
	 * split brain was lost since */
	uint64_t claimed;

	/** when we became active, in ms */
	uint64_t activated;

	/** command for takeover = manual */
	bool wanted;

	/** told to be standby */
	bool stood_down;

	/** when to turn what was live into copies, in ms; 0 if nothing was */
	uint64_t settle;

	/** TRUE if another member was seen active since we gave up */
	bool succeeded;

	/** member asked to be active instead of us, or NULL */
	char *successor;

	/** two actives seen */
	bool split_brain;

	/** highest known epoch */
	uint64_t epoch;

	/** why we wait, static */
	char *waiting;

	/** tell the others with the next decision */
	bool tell;
};

/**
 * Check if we should be active.
 */
static bool wants(private_ha_sync_election_t *this)
{
	return this->configured && !this->stood_down &&
		   (this->manual ? this->wanted : this->held);
}

METHOD(ha_sync_election_t, get_name, char*,
	private_ha_sync_election_t *this)
{
	return this->name;
}

METHOD(ha_sync_election_t, configure, void,
	private_ha_sync_election_t *this, bool configured, bool manual)
{
	this->configured = configured;
	this->manual = manual;
}

METHOD(ha_sync_election_t, is_configured, bool,
	private_ha_sync_election_t *this)
{
	return this->configured;
}

METHOD(ha_sync_election_t, set_held, void,
	private_ha_sync_election_t *this, bool held, uint64_t now)
{
	if (held == this->held)
	{
		return;
	}
	DBG1(DBG_CFG, "ha-sync: addresses of group '%s' %s", this->name,
		 held ? "are here" : "are gone");
	this->held = held;
	this->tell = TRUE;
	if (!this->manual)
	{
		this->claimed = held ? now : 0;
	}
}

METHOD(ha_sync_election_t, record, void,
	private_ha_sync_election_t *this, ha_sync_member_t *member,
	const ha_sync_group_record_t *record, uint64_t now)
{
	this->views->put(this->views, member, record, now);
	if (streq(record->successor, this->self) && record->owner &&
		!record->active && this->manual)
	{
		this->wanted = TRUE;
		this->stood_down = FALSE;
		this->claimed = now;
	}
	if (record->epoch > this->epoch)
	{
		this->epoch = record->epoch;
		this->owner = FALSE;
		this->tell = TRUE;
	}
}

METHOD(ha_sync_election_t, forget, void,
	private_ha_sync_election_t *this, ha_sync_member_t *member)
{
	this->views->forget(this->views, member);
}

METHOD(ha_sync_election_t, tell, void,
	private_ha_sync_election_t *this)
{
	this->tell = TRUE;
}

/**
 * Decide while we are active.
 */
static ha_sync_decision_t decide_active(private_ha_sync_election_t *this,
										ha_sync_view_t *other)
{
	if (!wants(this))
	{
		return HA_SYNC_GIVE_UP;
	}
	/* no epoch is higher than ours, record() sees to that */
	if (other && other->epoch == this->epoch &&
		(!this->owner || strcmp(other->member->name, this->self) > 0))
	{
		return HA_SYNC_LOSE;
	}
	if (!this->owner)
	{	/* somebody knows a higher epoch, but isn't active */
		return HA_SYNC_RAISE;
	}
	return HA_SYNC_KEEP;
}

/**
 * Decide while we are standby.
 */
static ha_sync_decision_t decide_standby(private_ha_sync_election_t *this,
										 ha_sync_view_t *other, uint64_t now,
										 uint64_t *until)
{
	this->waiting = NULL;
	if (!wants(this))
	{
		return HA_SYNC_KEEP;
	}
	this->waiting = this->members->must_wait(this->members, now, until);
	if (this->waiting)
	{
		return HA_SYNC_KEEP;
	}
	if (other && !this->claimed)
	{
		this->waiting = "another member is active in a higher epoch, take "
						"the addresses away from one of them";
		return HA_SYNC_KEEP;
	}
	if (other && now < this->claimed + CLAIM_DELAY)
	{
		this->waiting = "another member is still active";
		*until = this->claimed + CLAIM_DELAY;
		return HA_SYNC_KEEP;
	}
	return HA_SYNC_ACTIVATE;
}

/**
 * Log the begin and the end of a split brain.
 */
static void set_split_brain(private_ha_sync_election_t *this,
							ha_sync_view_t *other)
{
	bool split;

	split = other && (this->active ? other->time > this->activated
								   : wants(this) && !this->claimed);
	if (split && !this->split_brain)
	{
		DBG1(DBG_CFG, "ha-sync: split brain, '%s' is active for group '%s' "
			 "too; check why both members hold its addresses",
			 other->member->name, this->name);
	}
	else if (!split && this->split_brain)
	{
		DBG1(DBG_CFG, "ha-sync: split brain of group '%s' is over", this->name);
	}
	this->split_brain = split;
}

/**
 * Decide while SAs of ours may still get packets.
 */
static ha_sync_decision_t decide_leaving(private_ha_sync_election_t *this,
										 ha_sync_view_t *other, uint64_t now,
										 uint64_t *until)
{
	if (other && !this->succeeded)
	{
		this->succeeded = TRUE;
		this->settle = min(this->settle, now + SETTLE_GRACE);
	}
	if (wants(this) || !this->members->any_up(this->members))
	{	/* nobody takes over */
		return HA_SYNC_SETTLE;
	}
	if (other && this->held)
	{	/* we still get packets, and may not use the other's numbers */
		return HA_SYNC_KEEP;
	}
	if (now < this->settle)
	{
		*until = this->settle;
		return HA_SYNC_KEEP;
	}
	return HA_SYNC_SETTLE;
}

METHOD(ha_sync_election_t, decide, ha_sync_decision_t,
	private_ha_sync_election_t *this, uint64_t now, uint64_t *until,
	char **winner)
{
	ha_sync_decision_t decision;
	ha_sync_view_t *other;

	other = this->views->get_active(this->views);
	decision = this->active ? decide_active(this, other) :
			   this->settle ? decide_leaving(this, other, now, until)
							: decide_standby(this, other, now, until);
	set_split_brain(this, other);
	*winner = decision == HA_SYNC_LOSE ? other->member->name : NULL;
	return decision == HA_SYNC_KEEP && this->tell ? HA_SYNC_TELL : decision;
}

/**
 * Forget the member asked to be active.
 */
static void clear_successor(private_ha_sync_election_t *this)
{
	free(this->successor);
	this->successor = NULL;
}

METHOD(ha_sync_election_t, activated, bool,
	private_ha_sync_election_t *this, uint64_t now)
{
	bool planned;

	planned = this->owner || this->views->gave_up(this->views, this->epoch);
	this->epoch++;
	clear_successor(this);
	this->active = this->owner = TRUE;
	this->activated = now;
	this->waiting = NULL;
	return planned;
}

METHOD(ha_sync_election_t, deactivated, void,
	private_ha_sync_election_t *this, bool lost, uint64_t now)
{
	this->active = FALSE;
	this->succeeded = FALSE;
	if (lost)
	{	/* the other one has what came since, we don't */
		this->claimed = 0;
		this->owner = FALSE;
	}
	else
	{
		this->settle = now + SETTLE_DELAY;
	}
}

METHOD(ha_sync_election_t, settled, void,
	private_ha_sync_election_t *this)
{
	this->settle = 0;
}

METHOD(ha_sync_election_t, get_record, ha_sync_group_record_t*,
	private_ha_sync_election_t *this, bool told)
{
	ha_sync_group_record_t *record;

	INIT(record,
		.name = strdup(this->name),
		.epoch = this->epoch,
		.active = this->active,
		.owner = this->owner,
		.held = this->held,
		.successor = strdupnull(this->successor),
	);
	if (told)
	{
		this->tell = FALSE;
	}
	return record;
}

METHOD(ha_sync_election_t, accepts, bool,
	private_ha_sync_election_t *this, ha_sync_member_t *member)
{
	ha_sync_view_t *view;

	view = this->views->get(this->views, member);
	return view && this->configured && !this->active && !this->settle &&
		   view->owner && view->epoch == this->epoch;
}

METHOD(ha_sync_election_t, owns, bool,
	private_ha_sync_election_t *this)
{
	return this->owner;
}

METHOD(ha_sync_election_t, is_active, bool,
	private_ha_sync_election_t *this)
{
	return this->active;
}

METHOD(ha_sync_election_t, get_other, ha_sync_member_t*,
	private_ha_sync_election_t *this)
{
	ha_sync_view_t *other;

	other = this->views->get_active(this->views);
	return other ? other->member : NULL;
}

/**
 * Let this member be active, from now on.
 */
static void claim(private_ha_sync_election_t *this, uint64_t now)
{
	clear_successor(this);
	this->wanted = TRUE;
	this->claimed = now;
}

METHOD(ha_sync_election_t, activate, char*,
	private_ha_sync_election_t *this, uint64_t now)
{
	ha_sync_view_t *other;
	char *msg = NULL;
	int len = 0;

	this->stood_down = FALSE;
	other = this->views->get_active(this->views);
	if (other && !this->active && (this->manual || !this->held))
	{
		len = asprintf(&msg, "'%s' is active for group '%s', run 'swancluster "
					   "handover' there", other->member->name, this->name);
	}
	else if (!this->manual && !this->held)
	{
		len = asprintf(&msg, "this member does not hold the addresses of group "
					   "'%s'; let the cluster manager move them here, or set "
					   "takeover = manual", this->name);
	}
	else
	{
		claim(this, now);
	}
	return len < 0 ? strdup("out of memory") : msg;
}

METHOD(ha_sync_election_t, stand_down, void,
	private_ha_sync_election_t *this)
{
	this->stood_down = TRUE;
	this->wanted = FALSE;
}

METHOD(ha_sync_election_t, hand_over, void,
	private_ha_sync_election_t *this, char *member)
{
	clear_successor(this);
	this->successor = strdup(member);
	this->wanted = FALSE;
}

METHOD(ha_sync_election_t, take_back, void,
	private_ha_sync_election_t *this, uint64_t now)
{
	claim(this, now);
}

METHOD(ha_sync_election_t, get_status, void,
	private_ha_sync_election_t *this, ha_sync_ownership_status_t *status)
{
	ha_sync_view_t *other;

	other = this->views->get_active(this->views);
	*status = (ha_sync_ownership_status_t){
		.group = this->name,
		.active = this->active,
		.held = this->held,
		.split_brain = this->split_brain,
		.stood_down = this->stood_down,
		.manual = this->manual,
		.epoch = this->epoch,
		.active_member = this->active ? this->self
									  : other ? other->member->name : NULL,
		.waiting = this->waiting,
	};
}

METHOD(ha_sync_election_t, destroy, void,
	private_ha_sync_election_t *this)
{
	this->views->destroy(this->views);
	free(this->successor);
	free(this->name);
	free(this->self);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_election_t *ha_sync_election_create(char *self, char *name,
											ha_sync_members_t *members)
{
	private_ha_sync_election_t *this;

	INIT(this,
		.public = {
			.get_name = _get_name,
			.configure = _configure,
			.is_configured = _is_configured,
			.set_held = _set_held,
			.record = _record,
			.forget = _forget,
			.tell = _tell,
			.decide = _decide,
			.activated = _activated,
			.deactivated = _deactivated,
			.settled = _settled,
			.get_record = _get_record,
			.accepts = _accepts,
			.owns = _owns,
			.is_active = _is_active,
			.get_other = _get_other,
			.activate = _activate,
			.stand_down = _stand_down,
			.hand_over = _hand_over,
			.take_back = _take_back,
			.get_status = _get_status,
			.destroy = _destroy,
		},
		.self = strdup(self),
		.name = strdup(name),
		.members = members,
		.views = ha_sync_views_create(),
		.tell = TRUE,
	);
	return &this->public;
}
