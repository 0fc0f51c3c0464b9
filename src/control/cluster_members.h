/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup cluster_members cluster_members
 * @{ @ingroup cluster
 */

#ifndef CLUSTER_MEMBERS_H_
#define CLUSTER_MEMBERS_H_

#include <library.h>
#include <vici_builder.h>

/**
 * Write what is known about this member and the others to a status: the
 * section "channel", missing if there is no sync channel, and the section
 * "members" with a section for every other member.
 *
 * Units: "since" in s in the state, "bytes_*" and "backlog_used" in octets,
 * all counters since the channel exists.  An incarnation is 16 hex digits.
 *
 * Safe in any thread.
 *
 * @param reply		reply to write to, outside of any section
 */
void cluster_members_status(vici_builder_t *reply);

#endif /** CLUSTER_MEMBERS_H_ @}*/
