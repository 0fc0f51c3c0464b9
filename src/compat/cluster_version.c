/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <link.h>

#include "cluster_version.h"

/**
 * What precedes the version in the line that every strongSwan daemon logs
 * when it starts.  The daemon's version is not to be had in another way: the
 * loader has it from 6.1 on only, vici may not be loaded yet.
 */
#define MARK "(strongSwan "

/**
 * Find the version in a range of memory, terminated by a comma or parenthesis.
 */
static bool find_version(chunk_t range, chunk_t *version)
{
	u_char *pos;
	size_t len;

	while ((pos = memmem(range.ptr, range.len, MARK, strlen(MARK))))
	{
		range = chunk_skip(range, pos - range.ptr + strlen(MARK));
		for (len = 0; len < range.len && range.ptr[len]; len++)
		{
			if (range.ptr[len] == ',' || range.ptr[len] == ')')
			{
				*version = chunk_create(range.ptr, len);
				return TRUE;
			}
		}
	}
	return FALSE;
}

/**
 * Look through the constants of the main program, which is listed first.
 */
static int search_program(struct dl_phdr_info *info, size_t size, void *data)
{
	const ElfW(Phdr) *phdr;
	int i;

	for (i = 0; i < info->dlpi_phnum; i++)
	{
		phdr = &info->dlpi_phdr[i];
		if (phdr->p_type == PT_LOAD &&
			(phdr->p_flags & PF_R) && !(phdr->p_flags & PF_W) &&
			find_version(chunk_create(
								(u_char*)(info->dlpi_addr + phdr->p_vaddr),
								phdr->p_filesz), data))
		{
			break;
		}
	}
	return 1;
}

/*
 * Described in header.
 */
bool cluster_check_version_of(const char *plugin, const char *version)
{
	chunk_t daemon = chunk_empty;

	if (!streq(version, VERSION))
	{
		DBG1(DBG_LIB, "%s was built for strongSwan %s, but "
			 "libstrongswan-cluster for %s: install both from the same build",
			 plugin, version, VERSION);
		return FALSE;
	}
	dl_iterate_phdr(search_program, &daemon);
	if (!daemon.ptr)
	{
		DBG1(DBG_LIB, "%s can't tell the version of this program and is not "
			 "used: it is no strongSwan IKE daemon", plugin);
		return FALSE;
	}
	if (!chunk_equals(daemon, chunk_from_str((char*)version)))
	{
		DBG1(DBG_LIB, "%s was built for strongSwan %s and is not used by this "
			 "daemon of version %.*s: build strongswan-cluster again for the "
			 "installed strongSwan", plugin, version, (int)daemon.len,
			 daemon.ptr);
		return FALSE;
	}
	return TRUE;
}
