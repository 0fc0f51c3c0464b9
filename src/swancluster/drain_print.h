/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup drain_print drain_print
 * @{ @ingroup swancluster
 *
 * Output of the commands "drain" and "redirect" for people.
 */

#ifndef DRAIN_PRINT_H_
#define DRAIN_PRINT_H_

#include "reply.h"

#include <stdio.h>

/**
 * Print the progress of a drain, one line.
 *
 * @param reply		reply, or its section about the drain
 * @param out		where to print to
 * @return			TRUE while clients are left that may still leave
 */
bool drain_print(reply_t *reply, FILE *out);

/**
 * Print the reply to "redirect".
 *
 * @param reply		reply
 * @param out		where to print to
 */
void redirect_print(reply_t *reply, FILE *out);

#endif /** DRAIN_PRINT_H_ @}*/
