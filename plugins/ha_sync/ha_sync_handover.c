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

/*
 * Described in header.
 */
char *ha_sync_handover_willing(bool willing)
{
	char *path, *msg = NULL;
	FILE *file;
	int len = 0;
	bool ok;

	path = lib->settings->get_str(lib->settings,
							"%s.plugins.ha-sync.track_file", NULL, lib->ns);
	if (!path)
	{
		return strdup("the cluster manager moves the addresses: let it do so, "
					  "or set track_file in strongswan.d/charon/ha-sync.conf");
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
void ha_sync_handover_hint(bool willing)
{
	char *msg;

	if (lib->settings->get_str(lib->settings,
							"%s.plugins.ha-sync.track_file", NULL, lib->ns))
	{
		msg = ha_sync_handover_willing(willing);
		if (msg)
		{
			DBG1(DBG_CFG, "ha-sync: %s; correct that and run 'swancluster "
				 "%s', the cluster manager does not know", msg,
				 willing ? "activate" : "standby");
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
	msg = ha_sync_handover_willing(FALSE);
	if (!msg)
	{
		*done = ownership->wait_other(ownership, group, member, ms);
		ha_sync_handover_hint(TRUE);
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
			len = asprintf(&msg, "'%s' did not get active for group '%s' "
						   "within %u s, so it was taken back", member, group,
						   ms / 1000);
		}
	}
	return len < 0 ? strdup("out of memory") : msg;
}
