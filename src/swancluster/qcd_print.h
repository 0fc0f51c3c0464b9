/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_print qcd_print
 * @{ @ingroup swancluster
 *
 * Crash detection (plugin qcd) for people.
 */

#ifndef QCD_PRINT_H_
#define QCD_PRINT_H_

#include "reply.h"

#include <stdio.h>

/**
 * Write what the plugin does, what it counted, and its latest events.
 *
 * @param reply		reply to the command "qcd"
 * @param out		where to write it to
 */
void qcd_print(reply_t *reply, FILE *out);

#endif /** QCD_PRINT_H_ @}*/
