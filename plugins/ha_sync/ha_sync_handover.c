/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_handover.h"

#include <library.h>

#include <errno.h>
#include <stdio.h>

/**
 * Number in track_file that makes keepalived give the addresses away.
 */
#define TRACK_UNWILLING (-200)

/**
 * Check if there is no other group than this one.
 */
static bool is_only_group(char *group)
{
	enumerator_t *enumerator;
	bool only = TRUE;
	char *name;

	if (lib->settings->get_str(lib->settings, "%s.plugins.ha-sync.addresses",
							   NULL, lib->ns))
	{	/* the group "default" */
		return FALSE;
	}
	enumerator = lib->settings->create_section_enumerator(lib->settings,
									"%s.plugins.ha-sync.groups", lib->ns);
	while (enumerator->enumerate(enumerator, &name))
	{
		only = only && streq(name, group);
	}
	enumerator->destroy(enumerator);
	return only;
}

/**
 * Get the file of a group.  The one that is set for the plugin is that of the
 * addresses set there, or of the only group: another group never moves with it.
 */
static char *get_file(char *group)
{
	char *path;

	path = lib->settings->get_str(lib->settings,
							"%s.plugins.ha-sync.groups.%s.track_file", NULL,
							lib->ns, group);
	if (!path && (streq(group, "default") || is_only_group(group)))
	{
		path = lib->settings->get_str(lib->settings,
							"%s.plugins.ha-sync.track_file", NULL, lib->ns);
	}
	return path;
}

/*
 * Described in header.
 */
char *ha_sync_handover_willing(char *group, bool willing)
{
	char *path, *msg = NULL;
	FILE *file;
	int len = 0;
	bool ok;

	path = get_file(group);
	if (!path)
	{
		len = asprintf(&msg, "the cluster manager moves the addresses: let it "
					   "do so, or set track_file for group '%s' in "
					   "strongswan.d/charon/ha-sync.conf", group);
		return len < 0 ? strdup("out of memory") : msg;
	}
	file = fopen(path, "w");
	ok = file && fprintf(file, "%d\n", willing ? 0 : TRACK_UNWILLING) > 0;
	if (file && fclose(file) != 0)
	{
		ok = FALSE;
	}
	if (!ok)
	{
		len = asprintf(&msg, "writing track_file '%s' failed: %s", path,
					   strerror(errno));
	}
	return len < 0 ? strdup("out of memory") : msg;
}

/*
 * Described in header.
 */
void ha_sync_handover_hint(char *group, bool willing)
{
	char *msg;

	if (get_file(group))
	{
		msg = ha_sync_handover_willing(group, willing);
		if (msg)
		{
			DBG1(DBG_CFG, "ha-sync: %s; correct that and run 'swancluster "
				 "%s %s', the cluster manager does not know", msg,
				 willing ? "activate" : "standby", group);
			free(msg);
		}
	}
}

/**
 * Let the cluster manager move the addresses.
 */
static char *by_address(ha_sync_ownership_t *ownership,
						ha_sync_address_keep_t *keep, char *group,
						char *member, u_int ms, bool *done)
{
	char *msg;

	/* before they go; released when ownership settles */
	keep->keep(keep, group, ms);
	msg = ha_sync_handover_willing(group, FALSE);
	if (!msg)
	{
		*done = ownership->wait_other(ownership, group, member, ms);
		ha_sync_handover_hint(group, TRUE);
	}
	if (!*done)
	{
		keep->release(keep, group);
	}
	return msg;
}

/**
 * Ask the other member to be active, takeover = manual.
 */
static void by_command(ha_sync_ownership_t *ownership, char *group,
					   char *member, u_int ms, bool *done)
{
	ownership->hand_over(ownership, group, member);
	*done = ownership->wait_other(ownership, group, member, ms);
	if (!*done)
	{
		ownership->take_back(ownership, group);
	}
}

/*
 * Described in header.
 */
char *ha_sync_handover(ha_sync_ownership_t *ownership,
					   ha_sync_address_keep_t *keep, char *group,
					   char *member, u_int ms)
{
	ha_sync_ownership_status_t status;
	char *msg = NULL;
	int len = 0;
	bool done = FALSE;

	if (!ownership->get_status(ownership, group, &status))
	{
		len = asprintf(&msg, "no group '%s'", group);
	}
	else
	{
		if (status.manual)
		{
			by_command(ownership, group, member, ms, &done);
		}
		else
		{
			msg = by_address(ownership, keep, group, member, ms, &done);
		}
		if (!msg && !done)
		{
			ownership->get_status(ownership, group, &status);
			len = status.active_member && !status.active ?
				asprintf(&msg, "the cluster manager let '%s' be active for "
						 "group '%s', not '%s'", status.active_member, group,
						 member) :
				asprintf(&msg, "'%s' did not get active for group '%s' within "
						 "%u s, so it was taken back", member, group,
						 ms / 1000);
		}
	}
	return len < 0 ? strdup("out of memory") : msg;
}
