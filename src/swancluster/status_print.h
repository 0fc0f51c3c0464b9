/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup status_print status_print
 * @{ @ingroup swancluster
 *
 * The status as an overview for people; reply_print_json() has all of it.
 */

#ifndef STATUS_PRINT_H_
#define STATUS_PRINT_H_

#include "reply.h"

#include <stdio.h>

/**
 * Write an overview of the status: this member, the links to the others, the
 * groups of service addresses, SAs without a copy, and what was measured.
 *
 * Sections a daemon does not send (older plugins) are left out.
 *
 * @param status	reply to the command "status"
 * @param out		where to write it to
 */
void status_print(reply_t *status, FILE *out);

#endif /** STATUS_PRINT_H_ @}*/
